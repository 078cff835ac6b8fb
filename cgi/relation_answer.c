/* relation_answer.c - let one who asked follow the viewer, or decline. */

#include "http/endpoint.h"
#include "model/follow.h"

struct in {
	int64_t user_id, accept;
};

static const struct param params[] = {
	{ "target_user_id", PARAM_ID, offsetof(struct in, user_id), .required = true, .doc = "who asked" },
	{ "accept", PARAM_INT, offsetof(struct in, accept), .max = 1, .doc = "0: decline" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/auth/social/accept", API, VIEWER_REQUIRED, .set = "accept=1" },
	{ POST, "/api/auth/social/decline", API, VIEWER_REQUIRED, .set = "accept=0" },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_TOKEN, E_REQUEST_UNKNOWN, E_TOO_FAST, E_OK };

static enum err
relation_answer(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;

	(void)out;
	return follow_answer(c, in->user_id, in->accept == 1);
}

ENDPOINT(relation_answer, struct in, "Answer who asks to follow", .pool = 1, .rate = RATE_USER)
