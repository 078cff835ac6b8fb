-- What can be found: clips that others see, active users, tags of such clips.  kind: 1 clip, 2 user,
-- 3 tag.  title and body (which begins with it) are folded (lib/base/fold.h): what is looked through;
-- tags: the keys of a clip's tags, a line each.  place is where it stands among all that is found:
-- popularity, then id, see lib/model/search.h.
CREATE TABLE search_docs (
	id BIGINT NOT NULL PRIMARY KEY,
	kind TINYINT NOT NULL,
	place BIGINT NOT NULL,
	title VARBINARY(2048) NOT NULL,
	body VARBINARY(6144) NOT NULL,
	tags VARBINARY(4096) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The inverted table: the number of a gram, and the places of what has it: read backwards, the most
-- popular and newest come first.  An even number stands for the title, the odd one after it for
-- what has the gram only in its body.
CREATE TABLE search_postings (
	term BIGINT NOT NULL,
	place BIGINT NOT NULL,
	PRIMARY KEY (term, place)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- How far the work that goes on in pieces has come.
CREATE TABLE search_state (
	name VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
	value BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- tag_key: the tag as compared; the key is the shard key of its own table, as with user_names.
CREATE TABLE tag_keys (
	tag_key VARBINARY(512) NOT NULL PRIMARY KEY,
	tag_id BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- name: as it was first written.
CREATE TABLE tags (
	id BIGINT NOT NULL PRIMARY KEY,
	name VARCHAR(64) NOT NULL,
	created_ms BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The tags of clips that others see.
CREATE TABLE tag_videos (
	tag_id BIGINT NOT NULL,
	video_id BIGINT NOT NULL,
	PRIMARY KEY (tag_id, video_id),
	KEY by_video (video_id, tag_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- How many they are: the sum over the lanes.  A clip has a lane of its own, so that a tag that
-- everybody uses does not queue all who publish.
CREATE TABLE tag_counts (
	tag_id BIGINT NOT NULL,
	lane TINYINT NOT NULL,
	videos BIGINT NOT NULL,
	PRIMARY KEY (tag_id, lane)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
