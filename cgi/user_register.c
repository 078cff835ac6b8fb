/* user_register.c - a new account, logged in at once.
 *
 * On failure the reply still carries user_id 0 and token "": the official client and tests read
 * them always (wire.md 0, fact 3). */

#include "http/endpoint.h"
#include "model/account.h"
#include "model/user.h"

struct in {
	const char *name, *password, *avatar, *about;
};

static const struct param params[] = {
	{ "username", PARAM_TEXT, offsetof(struct in, name), .required = true, .min = 1,
	    .max = ACCOUNT_NAME_MAX, .doc = "unique name" },
	{ "password", PARAM_SECRET, offsetof(struct in, password), .required = true, .min = 1,
	    .max = ACCOUNT_PASSWORD_MAX, .doc = "any characters but control characters",
	    .only = ONLY_DOUYIN },
	{ "password", PARAM_SECRET, offsetof(struct in, password), .required = true, .min = 1,
	    .max = ACCOUNT_PASSWORD_API_MAX, .doc = "any characters but control characters",
	    .only = ONLY_API },
	{ "avatar", PARAM_TEXT, offsetof(struct in, avatar), .max = USER_AVATAR_MAX,
	    .doc = "address of a picture, http or https", .only = ONLY_API },
	{ "about", PARAM_LINES, offsetof(struct in, about), .max = USER_ABOUT_MAX,
	    .doc = "about oneself", .only = ONLY_API },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/douyin/user/register/", DOUYIN, VIEWER_NONE },
	{ POST, "/api/user/register", API, VIEWER_NONE },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_USER_ID, OUT_INT, .on_error = true, .doc = "of the new user", .only = ONLY_DOUYIN },
	{ FIELD_USER, OUT_ROW, &user_shape, .doc = "the new user", .only = ONLY_API },
	{ FIELD_TOKEN, OUT_STR, .on_error = true, .doc = "send it with every request" },
	{ 0 },
};

static const enum err errors[] = { E_NAME_TAKEN, E_NAME_WORDS, E_TOO_FAST, E_OK };

static enum err
user_register(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	const struct account_new a = { in->name, in->password, in->avatar, in->about };
	const struct user *user;
	struct account_login login;
	enum err e = account_register(c, &a, &login);

	if (e == E_OK)
		e = user_get(c, login.user_id, &user);
	if (e != E_OK)
		return e;
	reply_int(out, FIELD_USER_ID, login.user_id);
	reply_row(out, FIELD_USER, &user_shape, user);
	reply_str(out, FIELD_TOKEN, login.token);
	return E_OK;
}

/* Hashing is slow on purpose: few processes of its own, and nice ones, so that nobody else waits. */
ENDPOINT(user_register, struct in, "Make an account", .pool = 2, .nice = 5, .rate = RATE_ADDR)
