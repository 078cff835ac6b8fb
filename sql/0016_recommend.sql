-- due: the numbers that are shown of a clip hold events that may yet be taken back, or do not hold yet
-- what was added to the base: the next run shows it anew.
ALTER TABLE recommend_clips
	ADD COLUMN due TINYINT NOT NULL DEFAULT 0,
	ADD KEY due (due, video_id);

-- Entries of a list are 20 bytes now (recommend_rows.h), and the last versions of each are kept under ids of their own;
-- the next run makes them out of what was shown lately.
DELETE FROM recommend_lists;
UPDATE recommend_clips SET due = 1 WHERE shown_ms > UNIX_TIMESTAMP() * 1000 - 259200000;

-- What a user was shown last, newest first, takes 5 bytes a clip instead of 8 (recommend_user.c): it begins anew.
DELETE FROM recommend_users;

-- Whom people follow lately, what a user shared last, who dismissed a clip or an author.
ALTER TABLE follows ADD KEY recent (created_ms, followee_id, follower_id);
ALTER TABLE shares ADD KEY by_user_time (user_id, created_ms, video_id);
ALTER TABLE recommend_dismissed ADD KEY by_ref (kind, ref_id, user_id);
