/* user_delete.c - the viewer deletes his account: at once out of sight, removed after leave_grace, until
 * then undone by logging in. */

#include "http/endpoint.h"
#include "model/account.h"
#include "model/leave.h"

struct in {
	const char *password;
};

static const struct param params[] = {
	{ "password", PARAM_SECRET, offsetof(struct in, password), .required = true, .min = 1,
	    .max = ACCOUNT_PASSWORD_API_MAX, .doc = "his password" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/auth/user/delete", API, VIEWER_REQUIRED },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_TOKEN, E_PASSWORD, E_FROZEN, E_TOO_FAST, E_OK };

static enum err
user_delete(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;

	(void)out;
	return leave_begin(c, in->password);
}

ENDPOINT(user_delete, struct in, "Delete one's account", .pool = 1, .nice = 5, .rate = RATE_ADDR)
