/* user.c - a user's profile; without user_id (and in /api username) one's own. */

#include "http/endpoint.h"
#include "model/account.h"
#include "model/user.h"

struct in {
	int64_t user_id;
	const char *name;
};

static const struct param params[] = {
	{ "user_id", PARAM_ID, offsetof(struct in, user_id), .doc = "absent or 0: the viewer" },
	{ "username", PARAM_TEXT, offsetof(struct in, name), .only = ONLY_API,
	    .doc = "instead of user_id" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/douyin/user/", DOUYIN, VIEWER_OPTIONAL },
	{ GET, "/api/auth/user/profile", API, VIEWER_REQUIRED, .set = "user_id=0&username=",
	    .bare = FIELD_USER },
	{ GET, "/api/user/info", API, VIEWER_OPTIONAL, .bare = FIELD_USER },
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
	int64_t id = in->user_id;
	enum err e = E_OK;

	if (id == 0 && *in->name != '\0')
		e = account_id_of(c, in->name, &id);
	if (e == E_OK)
		e = user_profile(c, id, &u);
	if (e == E_OK)
		reply_row(out, FIELD_USER, &user_shape, u);
	return e;
}

ENDPOINT(user, struct in, "A user's profile", .marks = true)
