/* live_visit.c - a user comes to a live room or goes; who comes gets the stream's path and what was
 * written last. */

#include "http/endpoint.h"
#include "model/danmu.h"
#include "model/live.h"

#define NEWEST 20

struct in {
	int64_t action, room_id;
};

static const struct param params[] = {
	{ "action", PARAM_INT, offsetof(struct in, action), .required = true, .min = 1, .max = 2,
	    .doc = "1: join, 2: leave" },
	{ "room_id", PARAM_ID, offsetof(struct in, room_id), .required = true, .doc = "the room" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/auth/live/join", API, VIEWER_REQUIRED, .set = "action=1" },
	{ POST, "/api/auth/live/leave", API, VIEWER_REQUIRED, .set = "action=2" },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_VIEWER_COUNT, OUT_INT, .doc = "users who watch now" },
	{ FIELD_HLS_URL, OUT_STR, .doc = "path of the stream; only for join" },
	{ FIELD_DANMUS, OUT_ROWS, &danmu_shape, .doc = "the newest 20, oldest first; only for join" },
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_LIVE_UNKNOWN, E_LIVE_OFF, E_TOO_FAST, E_OK };

static enum err
live_visit(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	bool joins = in->action == 1;
	struct live_room room;
	struct danmu_list list;
	enum err e = live_watch(c, in->room_id, joins, &room);

	if (e == E_OK)
		reply_int(out, FIELD_VIEWER_COUNT, room.viewer_count);
	if (e != E_OK || !joins)
		return e;
	e = danmu_page(c, &(struct danmu_query){ .room_id = in->room_id, .n = NEWEST }, &list);
	if (e != E_OK)
		return e;
	reply_str(out, FIELD_HLS_URL, room.hls_url);
	reply_rows(out, FIELD_DANMUS, &danmu_shape, list.rows, list.n);
	return E_OK;
}

ENDPOINT(live_visit, struct in, "Join or leave a live room", .pool = 1, .rate = RATE_USER)
