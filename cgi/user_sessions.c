/* user_sessions.c - where the viewer is logged in, newest first. */

#include "http/endpoint.h"
#include "model/session.h"

struct in {
	int64_t none;
};

static const struct param params[] = { { 0 } };

static const struct route routes[] = {
	{ GET, "/api/auth/user/sessions", API, VIEWER_REQUIRED, .bare = FIELD_SESSIONS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_SESSIONS, OUT_ROWS, &session_shape, .doc = "newest first, at most 100" },
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_OK };

static enum err
user_sessions(struct call *c, const void *arg, struct reply *out)
{
	struct session_list *list = arena_zalloc(c->mem, sizeof(*list));
	enum err e = session_list(c, list);

	(void)arg;
	if (e == E_OK)
		reply_rows(out, FIELD_SESSIONS, &session_shape, list->rows, list->n);
	return e;
}

ENDPOINT(user_sessions, struct in, "Where one is logged in", .pool = 1)
