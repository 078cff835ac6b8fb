-- What a clip was made into: one row for each rung (its wanted short edge).  videos.play_path is
-- the best of them once the clip is ready; original_path is then what was uploaded, until it is
-- removed.  percent: how far processing is.  videos.state 5: failed, our fault.
ALTER TABLE videos
	ADD COLUMN description VARCHAR(1000) NOT NULL DEFAULT '',
	ADD COLUMN original_path VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
	ADD COLUMN percent TINYINT NOT NULL DEFAULT 0;

CREATE TABLE renditions (
	video_id BIGINT NOT NULL,
	rung INT NOT NULL,
	path VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	width INT NOT NULL,
	height INT NOT NULL,
	size_bytes BIGINT NOT NULL,
	bitrate_kbps INT NOT NULL,
	PRIMARY KEY (video_id, rung)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
