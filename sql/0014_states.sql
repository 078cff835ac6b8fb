-- Who is leaving is found by the notifications that do not tell of him: they are few among all.
ALTER TABLE users ADD KEY by_status (status, id);

-- messages.hidden from here on: 1 its receiver removed it for himself, 2 a moderator hid it from him, 3 both.
