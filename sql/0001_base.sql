-- The base schema.  It must survive sharding and Galera: ids made by the application, the shard
-- key in every primary and unique key, no foreign keys, triggers or auto_increment.  Times are
-- milliseconds since 1970; paths are relative to media_dir.

-- The name is the shard key of its own table, so that uniqueness needs no other shard.
-- name_key: the name as compared (NFKC, case folded).
CREATE TABLE user_names (
	name_key VARCHAR(128) NOT NULL PRIMARY KEY,
	user_id BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- status: 1 active, 2 disabled.  token_epoch: tokens of another epoch are void.
CREATE TABLE users (
	id BIGINT NOT NULL PRIMARY KEY,
	name VARCHAR(64) NOT NULL,
	pass_hash VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	status TINYINT NOT NULL DEFAULT 1,
	token_epoch BIGINT NOT NULL DEFAULT 1,
	avatar VARCHAR(500) NOT NULL DEFAULT '',
	background VARCHAR(500) NOT NULL DEFAULT '',
	signature VARCHAR(500) NOT NULL DEFAULT '',
	created_ms BIGINT NOT NULL,
	updated_ms BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- All counters of users and videos (ids are unique over both).  The value is the sum over the
-- lanes: a writer takes a lane that no other writer of the same owner uses just then, so that a
-- clip that everybody likes at once does not queue all writers behind one row.
-- likes: received (a user: on all his videos, visible or not, until they are removed); favorites:
-- given; works: visible videos.
CREATE TABLE counters (
	owner_id BIGINT NOT NULL,
	lane TINYINT NOT NULL,
	likes BIGINT NOT NULL DEFAULT 0,
	comments BIGINT NOT NULL DEFAULT 0,
	favorites BIGINT NOT NULL DEFAULT 0,
	follows BIGINT NOT NULL DEFAULT 0,
	followers BIGINT NOT NULL DEFAULT 0,
	works BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (owner_id, lane)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- state: 1 received, 2 processing, 3 ready, 4 refused.  hidden: by a moderator.  deleted: being
-- removed.  visible = not refused, hidden or deleted, and of a kind that plays before it is ready:
-- what others see, and what works count.
CREATE TABLE videos (
	id BIGINT NOT NULL PRIMARY KEY,
	author_id BIGINT NOT NULL,
	title VARCHAR(128) NOT NULL,
	visible TINYINT NOT NULL,
	state TINYINT NOT NULL,
	hidden TINYINT NOT NULL DEFAULT 0,
	deleted TINYINT NOT NULL DEFAULT 0,
	published_ms BIGINT NOT NULL,
	updated_ms BIGINT NOT NULL,
	play_path VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	cover_path VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	size_bytes BIGINT NOT NULL,
	width INT NOT NULL DEFAULT 0,
	height INT NOT NULL DEFAULT 0,
	duration_ms BIGINT NOT NULL DEFAULT 0,
	reason VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
	KEY feed (visible, published_ms, id),
	KEY author (author_id, published_ms, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE likes (
	user_id BIGINT NOT NULL,
	video_id BIGINT NOT NULL,
	created_ms BIGINT NOT NULL,
	PRIMARY KEY (user_id, video_id),
	KEY by_time (user_id, created_ms, video_id),
	KEY by_video (video_id, user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE follows (
	follower_id BIGINT NOT NULL,
	followee_id BIGINT NOT NULL,
	created_ms BIGINT NOT NULL,
	PRIMARY KEY (follower_id, followee_id),
	KEY by_time (follower_id, created_ms, followee_id),
	KEY followers (followee_id, created_ms, follower_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE comments (
	video_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	user_id BIGINT NOT NULL,
	content VARCHAR(1000) NOT NULL,
	created_ms BIGINT NOT NULL,
	PRIMARY KEY (video_id, id),
	KEY by_user (user_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The two of a conversation are lo_id < hi_id.  Its row is locked by every send, so that times
-- within a conversation are unique and in commit order: a reader that asks for what is newer than
-- the newest it has can miss nothing.
CREATE TABLE conversations (
	lo_id BIGINT NOT NULL,
	hi_id BIGINT NOT NULL,
	last_ms BIGINT NOT NULL,
	last_from_id BIGINT NOT NULL,
	last_text VARCHAR(1000) NOT NULL,
	PRIMARY KEY (lo_id, hi_id),
	KEY by_hi (hi_id, lo_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE messages (
	lo_id BIGINT NOT NULL,
	hi_id BIGINT NOT NULL,
	created_ms BIGINT NOT NULL,
	id BIGINT NOT NULL,
	from_id BIGINT NOT NULL,
	content VARCHAR(1000) NOT NULL,
	PRIMARY KEY (lo_id, hi_id, created_ms),
	KEY by_id (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Failed logins by name and address, and how long the pair is frozen.
CREATE TABLE login_guard (
	name_key VARCHAR(128) NOT NULL,
	addr VARCHAR(45) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	fails INT NOT NULL,
	since_ms BIGINT NOT NULL,
	level INT NOT NULL DEFAULT 0,
	frozen_until_ms BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (name_key, addr),
	KEY since (since_ms)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- kind: see lib/store/jobs.h.  token: of the lease of the one who works on it.
CREATE TABLE jobs (
	id BIGINT NOT NULL PRIMARY KEY,
	kind TINYINT NOT NULL,
	ref_id BIGINT NOT NULL,
	run_at_ms BIGINT NOT NULL,
	attempts INT NOT NULL DEFAULT 0,
	dead TINYINT NOT NULL DEFAULT 0,
	token CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
	error VARCHAR(500) NOT NULL DEFAULT '',
	KEY due (dead, run_at_ms, id),
	KEY token (token),
	KEY ref (ref_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
