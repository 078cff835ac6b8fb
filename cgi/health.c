/* health.c - whether the service works: a load balancer asks this.  503 where no database answers.
 *
 * It also answers for every address below /api/ that is nobody's, as that dialect does. */

#include "http/endpoint.h"

struct in {
	char none;
};

static const struct param params[] = { { 0 } };

static const struct route routes[] = {
	{ GET, "/health", API, VIEWER_NONE, .plain = true },
	{ GET, "/api/", API, VIEWER_NONE, .plain = true },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_STATUS, OUT_STR, .doc = "OK" },
	{ 0 },
};

static const enum err errors[] = { E_OK };

static enum err
health(struct call *c, const void *arg, struct reply *out)
{
	enum err e = db_ping(c->db, NULL, 0);

	(void)arg;
	if (e == E_OK)
		reply_str(out, FIELD_STATUS, "OK");
	return e;
}

ENDPOINT(health, struct in, "Whether the service works", .pool = 1)
