-- Live rooms, one for each host: a room's id is its host's user id, so that nobody can have two
-- and no other key is needed.  started_ms: when the show that is on, or the last one, began; viewers
-- and danmaku belong to a show by it.
CREATE TABLE live_rooms (
	id BIGINT NOT NULL PRIMARY KEY,
	title VARCHAR(128) NOT NULL,
	cover_url VARCHAR(500) NOT NULL DEFAULT '',
	rtmp_url VARCHAR(500) NOT NULL DEFAULT '',
	is_live TINYINT NOT NULL DEFAULT 0,
	viewer_count BIGINT NOT NULL DEFAULT 0,
	started_ms BIGINT NOT NULL DEFAULT 0,
	created_ms BIGINT NOT NULL,
	updated_ms BIGINT NOT NULL,
	KEY live (is_live, viewer_count, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Who watches: those of the show that is on are the rows with its started_ms, and viewer_count is
-- their number; rows of older shows mean nothing and are taken over when somebody comes again.
CREATE TABLE live_viewers (
	room_id BIGINT NOT NULL,
	user_id BIGINT NOT NULL,
	started_ms BIGINT NOT NULL,
	PRIMARY KEY (room_id, user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- position: 0 scrolls, 1 stays at the top, 2 at the bottom.  by_time also holds what is counted.
CREATE TABLE danmus (
	room_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	user_id BIGINT NOT NULL,
	content VARCHAR(100) NOT NULL,
	color CHAR(7) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	position TINYINT NOT NULL,
	created_ms BIGINT NOT NULL,
	PRIMARY KEY (room_id, id),
	KEY by_time (room_id, created_ms, id, user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
