/* user_stats.c - numbers about a user: clips, what they got, and who follows whom. */

#include "http/endpoint.h"
#include "model/stats.h"
#include "model/viewer.h"

struct in {
	int64_t user_id;
};

static const struct param params[] = {
	{ "user_id", PARAM_ID, offsetof(struct in, user_id), .doc = "absent or 0: the viewer" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/user/stats", API, VIEWER_OPTIONAL, .bare = FIELD_STATS },
	{ GET, "/api/social/stats", API, VIEWER_OPTIONAL, .bare = FIELD_STATS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_STATS, OUT_ROW, &user_stats_shape, .doc = "the numbers" },
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_USER_UNKNOWN, E_OK };

static enum err
user_stats(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct user_stats *stats = arena_zalloc(c->mem, sizeof(*stats));
	int64_t user_id;
	enum err e = viewer_or(c, in->user_id, &user_id);

	if (e == E_OK)
		e = stats_of_user(c, user_id, stats);
	if (e == E_OK)
		reply_row(out, FIELD_STATS, &user_stats_shape, stats);
	return e;
}

ENDPOINT(user_stats, struct in, "Numbers about a user", .pool = 1)
