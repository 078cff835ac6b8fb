/* comment.h - comments on clips. */
#ifndef MODEL_COMMENT_H
#define MODEL_COMMENT_H

#include "model/call.h"
#include "model/user.h"

#define COMMENT_TEXT_MAX 1000 /* characters */
#define COMMENT_LIST_MAX 500

struct comment {
	int64_t id, video_id, user_id, created_ms, reply_to_id;
	const char *content;
	const struct user *user;
};

struct comment_list {
	size_t n;
	const void **rows; /* struct comment */
	int64_t last_id;
	bool more;
};

extern const struct shape comment_shape;

/* The viewer comments; *out is the comment as it now stands.  E_VIDEO_UNKNOWN. */
enum err comment_add(struct call *c, int64_t video_id, const char *content,
    const struct comment **out) CHECKED;

/* By its author or by the clip's.  E_VIDEO_UNKNOWN, E_COMMENT_UNKNOWN, E_NOT_OWNER. */
enum err comment_delete(struct call *c, int64_t video_id, int64_t comment_id) CHECKED;

/* Newest first; p->a: the id of the row before.  E_VIDEO_UNKNOWN. */
enum err comment_of_video(struct call *c, int64_t video_id, const struct page *p,
    struct comment_list *out) CHECKED;

#endif
