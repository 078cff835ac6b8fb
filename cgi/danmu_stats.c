/* danmu_stats.c - numbers about what was written in a room's last show. */

#include "http/endpoint.h"
#include "model/danmu.h"

struct in {
	int64_t room_id;
};

static const struct param params[] = {
	{ "live_id", PARAM_ID, offsetof(struct in, room_id), .required = true, .doc = "the room" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/danmu/stats", API, VIEWER_NONE, .bare = FIELD_STATS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_STATS, OUT_ROW, &danmu_stats_shape, .doc = "the numbers" },
	{ 0 },
};

static const enum err errors[] = { E_LIVE_UNKNOWN, E_OK };

static enum err
danmu_stats(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct danmu_stats *stats = arena_zalloc(c->mem, sizeof(*stats));
	enum err e = danmu_numbers(c, in->room_id, stats);

	if (e == E_OK)
		reply_row(out, FIELD_STATS, &danmu_stats_shape, stats);
	return e;
}

ENDPOINT(danmu_stats, struct in, "Numbers about danmaku", .pool = 1)
