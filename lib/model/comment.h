/* comment.h - comments on clips: top-level ones, one level of replies under each, and their likes.
 *
 * A reply may answer another reply: both stand under the same top-level comment, its root.  A clip's
 * counter counts both, a root's the replies under it. */
#ifndef MODEL_COMMENT_H
#define MODEL_COMMENT_H

#include "model/call.h"
#include "model/user.h"

#define COMMENT_TEXT_MAX 1000 /* characters */
#define COMMENT_LIST_MAX 500

/* likes, replies, liked and mentions are only filled in where a list says so. */
struct comment {
	int64_t id, video_id, user_id, created_ms, heat;
	int64_t root_id;     /* 0: top-level */
	int64_t reply_to_id; /* what it answers, 0: the clip */
	int64_t to_user_id;  /* whose that was, 0: nobody's */
	int64_t likes, replies;
	bool liked; /* by the viewer */
	const char *content;
	const struct user *user;
	struct shape_list mentions; /* struct mention */
};

enum comment_sort { COMMENT_NEW = 1, COMMENT_HOT = 2 };

/* Which comments of a clip. */
struct comment_query {
	int64_t video_id;
	enum {
		COMMENT_ALL, /* flat, newest first, without likes, replies and mentions */
		COMMENT_TOP, /* top-level, by sort */
		COMMENT_REPLIES, /* under root_id, oldest first */
	} which;
	enum comment_sort sort; /* COMMENT_HOT: the most liked first (within some percent, see comment_like.c) */
	int64_t root_id;
	struct page page;
};

struct comment_list {
	size_t n;
	const void **rows; /* struct comment */
	int64_t last_a, last_b;
	bool more;
};

extern const struct shape comment_shape;

/* The viewer comments, or answers the comment reply_to_id (0: none); *out is the comment as it now
 * stands.  Whom it mentions is noted with it (mention.h).  E_VIDEO_UNKNOWN, E_COMMENT_UNKNOWN. */
enum err comment_add(struct call *c, int64_t video_id, int64_t reply_to_id, const char *content,
    const struct comment **out) CHECKED;

/* By its author or by the clip's; with its replies and all likes.  E_VIDEO_UNKNOWN,
 * E_COMMENT_UNKNOWN, E_NOT_OWNER. */
enum err comment_delete(struct call *c, int64_t video_id, int64_t comment_id) CHECKED;

/* E_VIDEO_UNKNOWN; E_COMMENT_UNKNOWN where root_id is no top-level comment of the clip. */
enum err comment_list_of(struct call *c, const struct comment_query *q, struct comment_list *out) CHECKED;

/* The viewer likes the comment (on) or no longer does.  E_VIDEO_UNKNOWN, E_COMMENT_UNKNOWN; E_ALREADY
 * and E_NOT_YET when nothing had to change. */
enum err comment_like_set(struct call *c, int64_t video_id, int64_t comment_id, bool on) CHECKED;

/* Removes all comments of a clip that goes, with likes, counters and mentions.  May be repeated. */
enum err comment_purge(struct call *c, int64_t video_id) CHECKED;

#endif
