-- Sessions, and whom likes of comments concern.

-- A log-in: what its token names.  It holds while it has not ended, its epoch is the account's and
-- expires_ms (of its token) is to come; rows behind that are removed.  client: its User-Agent, cut.
CREATE TABLE sessions (
	user_id BIGINT NOT NULL,
	session_id BIGINT NOT NULL,
	epoch BIGINT NOT NULL,
	ended_ms BIGINT NOT NULL DEFAULT 0,
	created_ms BIGINT NOT NULL,
	expires_ms BIGINT NOT NULL,
	client VARCHAR(100) NOT NULL,
	PRIMARY KEY (user_id, session_id),
	KEY by_end (user_id, epoch, ended_ms, session_id),
	KEY expired (expires_ms)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Who wrote the comment that is liked: he is told.
ALTER TABLE comment_likes
	ADD COLUMN author_id BIGINT NOT NULL DEFAULT 0,
	ADD KEY by_author (author_id, created_ms),
	ADD KEY by_comment (comment_id, created_ms, user_id);

UPDATE comment_likes l JOIN comments c ON c.video_id = l.video_id AND c.id = l.comment_id
	SET l.author_id = c.user_id;
