-- Counters of a clip's plays, shares and stars (bookmarks).
ALTER TABLE counters
	ADD COLUMN views BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN shares BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN stars BIGINT NOT NULL DEFAULT 0;
