-- Plays: who watched which clip, when and for how long; one row for each window of view_window
-- seconds (slot_ms is its beginning), which is what makes a play count once.  user_id below 0: nobody
-- who logged in (see view.c).  report_id: the request that made the row.  hidden: the user removed
-- it from his history; it stays until its window can no longer be reported, so that nobody counts
-- twice by removing it.  Who reads plays asks for hidden = 0.
CREATE TABLE views (
	user_id BIGINT NOT NULL,
	video_id BIGINT NOT NULL,
	slot_ms BIGINT NOT NULL,
	at_ms BIGINT NOT NULL,
	watched_ms BIGINT NOT NULL,
	completed TINYINT NOT NULL,
	hidden TINYINT NOT NULL DEFAULT 0,
	report_id BIGINT NOT NULL,
	PRIMARY KEY (user_id, video_id, slot_ms),
	KEY by_time (user_id, at_ms, video_id),
	KEY by_video (video_id, at_ms),
	KEY prune (hidden, at_ms)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
