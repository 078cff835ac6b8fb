/* user_login.c - a token for a name and a password.
 *
 * One message for an unknown name and a wrong password.  After some failures the name is frozen
 * for the address that failed, each time longer. */

#include "http/endpoint.h"
#include "model/account.h"
#include "model/user.h"

struct in {
	const char *name, *password;
};

static const struct param params[] = {
	{ "username", PARAM_TEXT, offsetof(struct in, name), .required = true, .min = 1,
	    .max = ACCOUNT_NAME_MAX, .doc = "name" },
	{ "password", PARAM_SECRET, offsetof(struct in, password), .required = true, .min = 1,
	    .max = ACCOUNT_PASSWORD_MAX, .doc = "password", .only = ONLY_DOUYIN },
	{ "password", PARAM_SECRET, offsetof(struct in, password), .required = true, .min = 1,
	    .max = ACCOUNT_PASSWORD_API_MAX, .doc = "password", .only = ONLY_API },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/douyin/user/login/", DOUYIN, VIEWER_NONE },
	{ POST, "/api/user/login", API, VIEWER_NONE },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_USER_ID, OUT_INT, .on_error = true, .doc = "who logged in", .only = ONLY_DOUYIN },
	{ FIELD_USER, OUT_ROW, &user_shape, .doc = "who logged in", .only = ONLY_API },
	{ FIELD_TOKEN, OUT_STR, .on_error = true, .doc = "send it with every request" },
	{ 0 },
};

static const enum err errors[] = { E_LOGIN, E_FROZEN, E_ACCOUNT_DISABLED, E_TOO_FAST, E_OK };

static enum err
user_login(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	const struct user *user;
	struct account_login login;
	enum err e = account_login(c, in->name, in->password, &login);

	if (e == E_OK)
		e = user_get(c, login.user_id, &user);
	if (e != E_OK)
		return e;
	reply_int(out, FIELD_USER_ID, login.user_id);
	reply_row(out, FIELD_USER, &user_shape, user);
	reply_str(out, FIELD_TOKEN, login.token);
	return E_OK;
}

/* Hashing is slow on purpose: see user_register.c. */
ENDPOINT(user_login, struct in, "Log in", .pool = 2, .nice = 5, .rate = RATE_ADDR)
