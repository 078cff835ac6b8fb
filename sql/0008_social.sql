-- What people do to each other: replies and likes of comments, stars, shares, mentions, what is read,
-- and notifications.

-- The newest likes of a clip are what its author is told.
ALTER TABLE likes
	DROP KEY by_video,
	ADD KEY by_video (video_id, created_ms, user_id);

-- root_id: the top-level comment under which a reply stands, 0 for such a comment itself.
-- reply_to_id, to_user_id: the comment that it answers (the top-level one or another reply), and
-- whose that was.  heat: the likes by which comments are sorted, near their true number (comment.c).
ALTER TABLE comments
	ADD COLUMN root_id BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN reply_to_id BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN to_user_id BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN heat BIGINT NOT NULL DEFAULT 0,
	ADD KEY thread (video_id, root_id, id),
	ADD KEY hot (video_id, root_id, heat, id),
	ADD KEY answered (to_user_id, id, reply_to_id, user_id),
	ADD KEY by_id (id);

CREATE TABLE comment_likes (
	video_id BIGINT NOT NULL,
	comment_id BIGINT NOT NULL,
	user_id BIGINT NOT NULL,
	created_ms BIGINT NOT NULL,
	PRIMARY KEY (video_id, comment_id, user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Stars are bookmarks: only who set them sees the list.
CREATE TABLE stars (
	user_id BIGINT NOT NULL,
	video_id BIGINT NOT NULL,
	created_ms BIGINT NOT NULL,
	PRIMARY KEY (user_id, video_id),
	KEY by_time (user_id, created_ms, video_id),
	KEY by_video (video_id, user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- slot is the hour since 1970: a share counts once in it.  user_id below 0: nobody who logged in, as
-- in views.
CREATE TABLE shares (
	video_id BIGINT NOT NULL,
	user_id BIGINT NOT NULL,
	slot BIGINT NOT NULL,
	created_ms BIGINT NOT NULL,
	target VARCHAR(64) NOT NULL DEFAULT '',
	PRIMARY KEY (video_id, user_id, slot),
	KEY by_time (video_id, created_ms)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row for each place where a text names a user.  source_id: the comment or clip; field: 1 title,
-- 2 description, 3 comment; begin_at, end_at: in characters, with the '@'.  notify: whether he is
-- told (not of his own text, and not where the same comment reaches him as a reply or on his clip).
CREATE TABLE mentions (
	user_id BIGINT NOT NULL,
	source_id BIGINT NOT NULL,
	field TINYINT NOT NULL,
	begin_at INT NOT NULL,
	end_at INT NOT NULL,
	video_id BIGINT NOT NULL,
	author_id BIGINT NOT NULL,
	notify TINYINT NOT NULL,
	created_ms BIGINT NOT NULL,
	PRIMARY KEY (user_id, source_id, field, begin_at),
	KEY by_time (user_id, created_ms),
	KEY by_source (source_id),
	KEY by_video (video_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- lo_read_ms: up to when lo_id has read what hi_id wrote; lo_unread: how many of hi_id's messages are
-- newer and not hidden.  The same the other way round.
ALTER TABLE conversations
	ADD COLUMN lo_read_ms BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN hi_read_ms BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN lo_unread BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN hi_unread BIGINT NOT NULL DEFAULT 0;

-- What stood there before this migration counts as read.
UPDATE conversations SET lo_read_ms = last_ms, hi_read_ms = last_ms;

-- hidden: its receiver removed it for himself.
ALTER TABLE messages
	ADD COLUMN hidden TINYINT NOT NULL DEFAULT 0;

-- A notification is a name for rows of other tables: of this type, about this subject, of this day
-- (from_key .. to_key - 1: ms, or ids for types 3 and 4).  What it says is read from those rows when
-- it is shown.  type: 1 follow, 2 like, 3 comment, 4 reply, 5 mention, 6 message.  subject_id: the
-- clip liked or commented on, the comment answered, the text that mentions him, who wrote, or 0.
-- last_ms: of the newest event found so far.  read_ms: what is not later is read.
CREATE TABLE notifications (
	user_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	type TINYINT NOT NULL,
	subject_id BIGINT NOT NULL,
	from_key BIGINT NOT NULL,
	to_key BIGINT NOT NULL,
	video_id BIGINT NOT NULL,
	last_ms BIGINT NOT NULL,
	read_ms BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (user_id, id),
	UNIQUE KEY what (user_id, type, subject_id, from_key),
	KEY by_time (user_id, last_ms, id),
	KEY prune (last_ms)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- seen_ms: up to when events were looked for; read_ms: all up to then is read.
CREATE TABLE notification_marks (
	user_id BIGINT NOT NULL PRIMARY KEY,
	seen_ms BIGINT NOT NULL DEFAULT 0,
	read_ms BIGINT NOT NULL DEFAULT 0
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
