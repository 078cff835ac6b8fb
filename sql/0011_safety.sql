-- Safety for people: blocks and mutes, private accounts, reports, moderation, comment rules, leaving.

-- kind: 1 user_id blocks other_id, 2 is blocked by him, 3 mutes him.  A block is two rows (1 and 2), so
-- that everything that somebody may not see is found under his own id.
CREATE TABLE blocks (
	user_id BIGINT NOT NULL,
	other_id BIGINT NOT NULL,
	kind TINYINT NOT NULL,
	created_ms BIGINT NOT NULL,
	PRIMARY KEY (user_id, other_id, kind),
	KEY by_time (user_id, kind, created_ms, other_id),
	KEY by_other (other_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Who asks to follow a private account.
CREATE TABLE follow_requests (
	follower_id BIGINT NOT NULL,
	followee_id BIGINT NOT NULL,
	created_ms BIGINT NOT NULL,
	PRIMARY KEY (follower_id, followee_id),
	KEY requests (followee_id, created_ms, follower_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- private: only followers see his clips.  status 3: leaving, out of sight until purge_at_ms.
-- role 1: moderates.  suspended_until_ms: until then he cannot log in; notice: why, or what he was
-- warned of.
-- videos.visible is 1: for everybody, 2: for followers (the account is private), 3: for nobody while
-- the account is leaving; it follows users.private and status within seconds (a job), and what is
-- shown is decided by those.
ALTER TABLE users
	ADD COLUMN private TINYINT NOT NULL DEFAULT 0,
	ADD COLUMN role TINYINT NOT NULL DEFAULT 0,
	ADD COLUMN suspended_until_ms BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN notice VARCHAR(500) NOT NULL DEFAULT '',
	ADD COLUMN purge_at_ms BIGINT NOT NULL DEFAULT 0;

-- What somebody wrote on a clip, who is not seen.  hidden: by a moderator.
ALTER TABLE comments
	ADD COLUMN hidden TINYINT NOT NULL DEFAULT 0,
	ADD KEY by_author (video_id, user_id);

-- kind: 1 video, 2 comment, 3 user, 4 message.  One for each who reports a thing.  open: nobody has
-- decided yet.  about_id: the user whose thing it is; content: what it was when it was reported.
CREATE TABLE reports (
	kind TINYINT NOT NULL,
	thing_id BIGINT NOT NULL,
	reporter_id BIGINT NOT NULL,
	about_id BIGINT NOT NULL,
	reason TINYINT NOT NULL,
	open TINYINT NOT NULL DEFAULT 1,
	created_ms BIGINT NOT NULL,
	text VARCHAR(1000) NOT NULL DEFAULT '',
	PRIMARY KEY (kind, thing_id, reporter_id),
	KEY by_reporter (reporter_id),
	KEY by_about (about_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The queue: one row for each thing with open reports.
CREATE TABLE report_queue (
	kind TINYINT NOT NULL,
	thing_id BIGINT NOT NULL,
	about_id BIGINT NOT NULL,
	video_id BIGINT NOT NULL,
	reports BIGINT NOT NULL,
	first_ms BIGINT NOT NULL,
	content VARCHAR(1000) NOT NULL,
	PRIMARY KEY (kind, thing_id),
	KEY oldest (first_ms, thing_id),
	KEY about (about_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Every act of a moderator (admin_id 0: the admin command).
CREATE TABLE audit (
	id BIGINT NOT NULL PRIMARY KEY,
	admin_id BIGINT NOT NULL,
	act VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	kind TINYINT NOT NULL,
	thing_id BIGINT NOT NULL,
	about_id BIGINT NOT NULL,
	until_ms BIGINT NOT NULL,
	created_ms BIGINT NOT NULL,
	note VARCHAR(500) NOT NULL,
	KEY about (about_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Who may comment on a clip, or (video_id 0) on all clips of an author.  mode: 0 as the author's
-- rule says, 1 everybody, 2 followers, 3 nobody.  words: folded, each between two line ends.
CREATE TABLE comment_rules (
	user_id BIGINT NOT NULL,
	video_id BIGINT NOT NULL,
	mode TINYINT NOT NULL,
	words TEXT NOT NULL,
	PRIMARY KEY (user_id, video_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The last export of a user's data.  state: 1 being made, 2 ready, 3 failed.
CREATE TABLE exports (
	user_id BIGINT NOT NULL PRIMARY KEY,
	state TINYINT NOT NULL,
	path VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
	size_bytes BIGINT NOT NULL DEFAULT 0,
	created_ms BIGINT NOT NULL,
	expires_ms BIGINT NOT NULL DEFAULT 0
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What an account that ends leaves behind is found by its id.
ALTER TABLE comment_likes ADD KEY by_user (user_id, video_id, comment_id);
ALTER TABLE shares ADD KEY by_user (user_id, video_id, slot);
ALTER TABLE live_viewers ADD KEY by_user (user_id, room_id);
ALTER TABLE danmus ADD KEY by_user (user_id, room_id, id);
