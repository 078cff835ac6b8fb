-- What a user uploaded, once: all his clips with the same bytes are of one content and share its
-- files.  sha256 is of the bytes as they came, NULL where they came before hashes were kept.  The
-- row goes with the last clip that is not deleted; whoever publishes, judges or deletes a clip locks
-- it first.  preview: 0 nobody asked yet, 1 being made, 2 there, 3 cannot be made.
CREATE TABLE contents (
	author_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	sha256 CHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
	preview TINYINT NOT NULL DEFAULT 0,
	PRIMARY KEY (author_id, id),
	UNIQUE KEY by_hash (author_id, sha256),
	KEY by_id (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Every kept file.  kind: see lib/model/content.h.  video_id: of that clip alone (a cover of its
-- own), 0: of all clips of the content.  remove_ms: when it is to be removed, 0: never; what is to be
-- removed is neither shown nor counted.
CREATE TABLE media_files (
	content_id BIGINT NOT NULL,
	path VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	author_id BIGINT NOT NULL,
	video_id BIGINT NOT NULL DEFAULT 0,
	kind TINYINT NOT NULL,
	rung INT NOT NULL DEFAULT 0,
	width INT NOT NULL DEFAULT 0,
	height INT NOT NULL DEFAULT 0,
	size_bytes BIGINT NOT NULL DEFAULT 0,
	bitrate_kbps INT NOT NULL DEFAULT 0,
	codecs VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
	remove_ms BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (content_id, path),
	KEY stored (author_id, remove_ms, size_bytes),
	KEY due (remove_ms)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Uploads in parts that have become clips: written with the clip, so that no upload becomes two.
CREATE TABLE uploads (
	user_id BIGINT NOT NULL,
	upload_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	video_id BIGINT NOT NULL,
	created_ms BIGINT NOT NULL,
	PRIMARY KEY (user_id, upload_id),
	KEY created (created_ms)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- cover_path '': the placeholder is shown.  own_cover: its owner chose it.
ALTER TABLE videos
	ADD COLUMN content_id BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN own_cover TINYINT NOT NULL DEFAULT 0,
	ADD KEY content (content_id, deleted, id);

-- lane: see lib/store/jobs.h.
ALTER TABLE jobs
	ADD COLUMN lane TINYINT NOT NULL DEFAULT 0,
	ADD KEY lane_due (lane, dead, run_at_ms, id),
	DROP KEY due;

-- The picture that an owner wants for his clip or a user for himself: an image that he sent (path), or
-- the frame at a time of the clip (at_ms).  content_id: of the clip, 0: an avatar.  state: 1 wanted, 2 refused (reason).
CREATE TABLE picture_wishes (
	owner_id BIGINT NOT NULL PRIMARY KEY,
	content_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	path VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
	at_ms BIGINT NOT NULL DEFAULT 0,
	state TINYINT NOT NULL DEFAULT 1,
	reason VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT ''
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What is there already: each clip is a content of its own.
UPDATE videos SET content_id = id;
INSERT INTO contents (author_id, id) SELECT author_id, id FROM videos WHERE deleted = 0;
INSERT INTO media_files (content_id, path, author_id, kind, rung, width, height, size_bytes, bitrate_kbps, remove_ms)
	SELECT r.video_id, r.path, v.author_id, 2, r.rung, r.width, r.height, r.size_bytes, r.bitrate_kbps, v.deleted
	FROM renditions r JOIN videos v ON v.id = r.video_id;
INSERT IGNORE INTO media_files (content_id, path, author_id, kind, size_bytes, remove_ms)
	SELECT id, IF(original_path = '', play_path, original_path), author_id, 1, size_bytes,
		IF(deleted = 1 OR original_path <> '', 1, 0)
	FROM videos;
INSERT INTO media_files (content_id, path, author_id, kind, remove_ms)
	SELECT id, cover_path, author_id, 3, IF(deleted = 1 OR state <> 3, 1, 0) FROM videos WHERE cover_path <> '';
UPDATE videos SET cover_path = '' WHERE state <> 3;
DROP TABLE renditions;
