-- Entries of a list are 60 bytes now (recommend_rows.h): a kept version says all of its clips, so that its order stays
-- when some of them go.  The next run makes the lists.
DELETE FROM recommend_lists;
ALTER TABLE recommend_lists MODIFY entries VARBINARY(48000) NOT NULL;
UPDATE recommend_clips SET due = 1 WHERE shown_ms > UNIX_TIMESTAMP() * 1000 - 259200000;
