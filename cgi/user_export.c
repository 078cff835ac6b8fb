/* user_export.c - ask for a file of what is stored about the viewer, and what has become of it. */

#include "http/endpoint.h"
#include "model/export.h"

struct in {
	int64_t ask;
};

static const struct param params[] = {
	{ "ask", PARAM_INT, offsetof(struct in, ask), .max = 1, .doc = "1: make one" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/auth/user/export", API, VIEWER_REQUIRED, .set = "ask=1", .bare = FIELD_EXPORT },
	{ GET, "/api/auth/user/export", API, VIEWER_REQUIRED, .set = "ask=0", .bare = FIELD_EXPORT },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_EXPORT, OUT_ROW, &export_shape, .doc = "the last one" },
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_ALREADY, E_EXPORT_UNKNOWN, E_TOO_FAST, E_OK };

static enum err
user_export(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct export *row = arena_zalloc(c->mem, sizeof(*row));
	enum err e = in->ask ? export_ask(c) : E_OK;

	if (e == E_OK)
		e = export_state(c, row);
	if (e == E_OK)
		reply_row(out, FIELD_EXPORT, &export_shape, row);
	return e;
}

ENDPOINT(user_export, struct in, "Download what is stored about oneself", .pool = 1, .rate = RATE_USER)
