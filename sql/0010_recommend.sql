-- What a person is shown.  The job recommend_fold writes the first three tables; all of them can be
-- made again out of what people did (views, likes, stars, shares, comments), but for what was dismissed.

-- What happened lately, whatever clip it happened to.
ALTER TABLE likes ADD KEY recent (created_ms, video_id, user_id);
ALTER TABLE comments ADD KEY recent (created_ms, video_id);
ALTER TABLE stars ADD KEY recent (created_ms, video_id, user_id);
ALTER TABLE shares ADD KEY recent (created_ms, video_id);

-- base_*: events up to closed_ms of recommend_marks, decayed to base_ms, each counted once; plays,
-- quality and hot: with what came since, as shown, hot decayed to shown_ms.  Numbers are millionths.
CREATE TABLE recommend_clips (
	video_id BIGINT NOT NULL PRIMARY KEY,
	author_id BIGINT NOT NULL,
	published_ms BIGINT NOT NULL,
	base_ms BIGINT NOT NULL DEFAULT 0,
	base_plays BIGINT NOT NULL DEFAULT 0,
	base_positives BIGINT NOT NULL DEFAULT 0,
	base_hot BIGINT NOT NULL DEFAULT 0,
	shown_ms BIGINT NOT NULL DEFAULT 0,
	plays BIGINT NOT NULL DEFAULT 0,
	quality BIGINT NOT NULL DEFAULT 0,
	hot BIGINT NOT NULL DEFAULT 0
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The neighbours of a clip, or of an author (id says which): pairs of id and similarity, see recommend_fold.h.
CREATE TABLE recommend_near (
	id BIGINT NOT NULL PRIMARY KEY,
	near VARBINARY(1000) NOT NULL,
	made_ms BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Ids in order: 1 trending clips, 2 new clips, 3 popular authors.
CREATE TABLE recommend_lists (
	id BIGINT NOT NULL PRIMARY KEY,
	entries VARBINARY(16000) NOT NULL,
	made_ms BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- How far the job has come, and until when one is at work.
CREATE TABLE recommend_marks (
	name VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
	value BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO recommend_marks (name, value) VALUES ('lease', 0), ('closed', 0), ('near', 0), ('mean', 0),
	('swept', 0);

-- What a user was shown last, newest first: id and day in 64 bits each, see recommend_user.c.
CREATE TABLE recommend_users (
	user_id BIGINT NOT NULL PRIMARY KEY,
	served VARBINARY(8000) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- kind: 1 a clip, 2 an author.
CREATE TABLE recommend_dismissed (
	user_id BIGINT NOT NULL,
	kind TINYINT NOT NULL,
	ref_id BIGINT NOT NULL,
	created_ms BIGINT NOT NULL,
	PRIMARY KEY (user_id, kind, ref_id),
	KEY by_time (user_id, created_ms),
	KEY recent (created_ms, kind, ref_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
