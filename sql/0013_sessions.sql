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
