/* user_session_end.c - log out: here, elsewhere, or everywhere else.
 *
 * Whose token is replaced on the way gets the new one in the reply. */

#include "http/endpoint.h"
#include "model/session.h"

struct in {
	int64_t session_id;
	bool others;
};

static const struct param params[] = {
	{ "session_id", PARAM_ID, offsetof(struct in, session_id),
	    .doc = "one of /api/auth/user/sessions; also the one that asks" },
	{ "others", PARAM_BOOL, offsetof(struct in, others),
	    .doc = "true: all but the one that asks, whatever session_id says" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/auth/user/session/end", API, VIEWER_REQUIRED },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_TOKEN, OUT_STR,
	    .doc = "where it is there: use it from now on, the token that was sent is void (always after others)" },
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_SESSION_UNKNOWN, E_TOO_FAST, E_OK };

static enum err
user_session_end(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	const char *token = NULL;
	enum err e;

	if (!in->others && in->session_id == 0)
		return call_param(c, "session_id", WHY_MISSING, 0);
	e = in->others ? session_end_others(c, &token) : session_end(c, in->session_id, &token);
	if (e == E_OK && token != NULL)
		reply_str(out, FIELD_TOKEN, token);
	return e;
}

ENDPOINT(user_session_end, struct in, "Log out", .pool = 1, .rate = RATE_USER)
