/* comment_like.c - like a comment, or no longer. */

#include "http/endpoint.h"
#include "model/comment.h"

struct in {
	int64_t video_id, comment_id, action;
};

static const struct param params[] = {
	{ "video_id", PARAM_ID, offsetof(struct in, video_id), .required = true, .doc = "the clip" },
	{ "comment_id", PARAM_ID, offsetof(struct in, comment_id), .required = true,
	    .doc = "the comment on it" },
	{ "action_type", PARAM_INT, offsetof(struct in, action), .required = true, .min = 1, .max = 2,
	    .doc = "1: like, 2: unlike" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/auth/interaction/comment/like", API, VIEWER_REQUIRED, "action_type=1" },
	{ POST, "/api/auth/interaction/comment/unlike", API, VIEWER_REQUIRED, "action_type=2" },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_TOKEN, E_VIDEO_UNKNOWN, E_COMMENT_UNKNOWN, E_ALREADY, E_NOT_YET,
	E_TOO_FAST, E_OK };

static enum err
comment_like(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;

	(void)out;
	return comment_like_set(c, in->video_id, in->comment_id, in->action == 1);
}

ENDPOINT(comment_like, struct in, "Like or unlike a comment", .pool = 1, .rate = RATE_USER)
