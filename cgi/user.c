/* user.c - a user's profile; without user_id one's own. */

#include "http/endpoint.h"
#include "model/user.h"

struct in {
	int64_t user_id;
};

static const struct param params[] = {
	{ "user_id", PARAM_ID, offsetof(struct in, user_id), .doc = "absent or 0: the viewer" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/douyin/user/", DOUYIN, VIEWER_OPTIONAL },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_USER, OUT_ROW, &user_shape, .doc = "the profile" },
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_USER_UNKNOWN, E_OK };

static enum err
user(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	const struct user *u;
	enum err e = user_profile(c, in->user_id, &u);

	if (e == E_OK)
		reply_row(out, FIELD_USER, &user_shape, u);
	return e;
}

ENDPOINT(user, struct in, "A user's profile", .marks = true)
