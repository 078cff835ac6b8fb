/* danmu_list.c - what was written over a live stream, oldest first: the newest of it, or from a time
 * on.  Who asks again with next_cursor misses nothing of what has come since, and gets what was written
 * in the last seconds again: rows become visible out of order, so that he must look at their ids. */

#include "http/endpoint.h"
#include "model/danmu.h"

struct in {
	int64_t room_id, from_ms, until_ms, limit;
	struct cursor cursor;
};

static const struct param params[] = {
	{ "live_id", PARAM_ID, offsetof(struct in, room_id), .required = true, .doc = "the room" },
	{ "start_time", PARAM_INT, offsetof(struct in, from_ms),
	    .doc = "ms since 1970; absent or 0: the newest" },
	{ "end_time", PARAM_INT, offsetof(struct in, until_ms), .doc = "ms since 1970; absent or 0: now" },
	{ "limit", PARAM_INT, offsetof(struct in, limit), .min = 1, .max = DANMU_LIST_MAX, .dflt = 100,
	    .doc = "at most so many" },
	{ "cursor", PARAM_CURSOR, offsetof(struct in, cursor), .doc = "next_cursor of the answer before" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/danmu/list", API, VIEWER_OPTIONAL, .bare = FIELD_DANMUS },
	{ GET, "/api/danmu/history", API, VIEWER_OPTIONAL, .bare = FIELD_DANMUS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_DANMUS, OUT_ROWS, &danmu_shape, .doc = "oldest first" },
	{ FIELD_NEXT_CURSOR, OUT_CURSOR,
	    .doc = "send it as cursor to get what has come since; what was written in the last 3 seconds comes "
		   "again, so tell rows apart by id; \"\" where nothing was written yet" },
	{ 0 },
};

static const enum err errors[] = { E_LIVE_UNKNOWN, E_OK };

static enum err
danmu_list(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	const struct danmu_query q = { .room_id = in->room_id, .from_ms = in->from_ms,
		.until_ms = in->until_ms, .a = in->cursor.a, .b = in->cursor.b, .n = (size_t)in->limit };
	struct danmu_list list;
	enum err e;

	if (in->until_ms != 0 && in->until_ms < in->from_ms)
		return call_param(c, "end_time", WHY_TOO_SMALL, in->from_ms);
	e = danmu_page(c, &q, &list);
	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_DANMUS, &danmu_shape, list.rows, list.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, list.next_a, list.next_b, list.next_a != 0);
	return E_OK;
}

ENDPOINT(danmu_list, struct in, "What was written over a live stream", .pool = 2, .marks = true)
