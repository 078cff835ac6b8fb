/* favorite_action.c - like a clip, or no longer.  Doing it twice is a success that changes
 * nothing. */

#include "http/endpoint.h"
#include "model/like.h"

struct in {
	int64_t video_id, action;
};

static const struct param params[] = {
	{ "video_id", PARAM_ID, offsetof(struct in, video_id), .required = true, .doc = "the clip" },
	{ "action_type", PARAM_INT, offsetof(struct in, action), .required = true, .min = 1, .max = 2,
	    .doc = "1: like, 2: unlike" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/douyin/favorite/action/", DOUYIN, VIEWER_REQUIRED },
	{ POST, "/api/auth/interaction/like", API, VIEWER_REQUIRED, .set = "action_type=1" },
	{ POST, "/api/auth/interaction/unlike", API, VIEWER_REQUIRED, .set = "action_type=2" },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_TOKEN, E_VIDEO_UNKNOWN, E_ALREADY, E_NOT_YET, E_TOO_FAST, E_OK };

static enum err
favorite_action(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;

	(void)out;
	return like_set(c, in->video_id, in->action == 1);
}

/* A writer waits for the disk: more processes make bigger group commits. */
ENDPOINT(favorite_action, struct in, "Like or unlike a clip", .pool = 16, .rate = RATE_USER)
