/* relation_action.c - follow a user, or no longer.  Doing it twice is a success that changes
 * nothing. */

#include "http/endpoint.h"
#include "model/follow.h"

struct in {
	int64_t user_id, action;
};

static const struct param params[] = {
	{ "to_user_id", PARAM_ID, offsetof(struct in, user_id), .required = true, .doc = "whom",
	    .api = "target_user_id" },
	{ "action_type", PARAM_INT, offsetof(struct in, action), .required = true, .min = 1, .max = 2,
	    .doc = "1: follow, 2: unfollow" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/douyin/relation/action/", DOUYIN, VIEWER_REQUIRED },
	{ POST, "/api/auth/social/follow", API, VIEWER_REQUIRED, .set = "action_type=1" },
	{ POST, "/api/auth/social/unfollow", API, VIEWER_REQUIRED, .set = "action_type=2" },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_TOKEN, E_USER_UNKNOWN, E_SELF_FOLLOW, E_ALREADY, E_NOT_YET,
	E_TOO_FAST, E_OK };

static enum err
relation_action(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;

	(void)out;
	return follow_set(c, in->user_id, in->action == 1);
}

ENDPOINT(relation_action, struct in, "Follow or unfollow a user", .pool = 6, .rate = RATE_USER)
