/* user.c - a user's profile; without user_id (and in /api username) one's own. */

#include "http/endpoint.h"
#include "model/account.h"
#include "model/user.h"

struct in {
	int64_t user_id;
	const char *name;
	int64_t self;
};

static const struct param params[] = {
	{ "user_id", PARAM_ID, offsetof(struct in, user_id), .doc = "absent or 0: the viewer" },
	{ "username", PARAM_TEXT, offsetof(struct in, name), .only = ONLY_API,
	    .doc = "instead of user_id" },
	{ "self", PARAM_INT, offsetof(struct in, self), .max = 1, .only = ONLY_API, .doc = "1: with what only he is told" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/douyin/user/", DOUYIN, VIEWER_OPTIONAL },
	{ GET, "/api/auth/user/profile", API, VIEWER_REQUIRED, .set = "user_id=0&username=&self=1",
	    .bare = FIELD_SELF },
	{ GET, "/api/user/info", API, VIEWER_OPTIONAL, .set = "self=0", .bare = FIELD_USER },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_USER, OUT_ROW, &user_shape, .doc = "the profile" },
	{ FIELD_SELF, OUT_ROW, &self_shape, .doc = "one's own profile", .only = ONLY_API },
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_USER_UNKNOWN, E_OK };

static enum err
self_of(struct call *c, const struct user *u, struct reply *out)
{
	struct self *self = arena_zalloc(c->mem, sizeof(*self));
	enum err e = account_self(c, u, self);

	if (e == E_OK)
		reply_row(out, FIELD_SELF, &self_shape, self);
	return e;
}

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
	if (e == E_OK && in->self)
		e = self_of(c, u, out);
	return e;
}

ENDPOINT(user, struct in, "A user's profile", .marks = true)
