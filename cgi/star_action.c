/* star_action.c - star (bookmark) a clip, or no longer.  Only who did sees his list. */

#include "http/endpoint.h"
#include "model/star.h"

struct in {
	int64_t video_id, action;
};

static const struct param params[] = {
	{ "video_id", PARAM_ID, offsetof(struct in, video_id), .required = true, .doc = "the clip" },
	{ "action_type", PARAM_INT, offsetof(struct in, action), .required = true, .min = 1, .max = 2,
	    .doc = "1: star, 2: unstar" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/auth/interaction/star", API, VIEWER_REQUIRED, "action_type=1" },
	{ POST, "/api/auth/interaction/unstar", API, VIEWER_REQUIRED, "action_type=2" },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_TOKEN, E_VIDEO_UNKNOWN, E_ALREADY, E_NOT_YET, E_TOO_FAST, E_OK };

static enum err
star_action(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;

	(void)out;
	return star_set(c, in->video_id, in->action == 1);
}

ENDPOINT(star_action, struct in, "Star or unstar a clip", .pool = 2, .rate = RATE_USER)
