/* live_detail.c - one live room. */

#include "http/endpoint.h"
#include "model/live.h"

struct in {
	int64_t room_id;
};

static const struct param params[] = {
	{ "room_id", PARAM_ID, offsetof(struct in, room_id), .required = true, .doc = "the room" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/live/detail", API, VIEWER_OPTIONAL, .bare = FIELD_ROOM },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_ROOM, OUT_ROW, &live_detail_shape, .doc = "the room; rtmpUrl only for its host" },
	{ 0 },
};

static const enum err errors[] = { E_LIVE_UNKNOWN, E_OK };

static enum err
live_detail(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct live_room *room = arena_zalloc(c->mem, sizeof(*room));
	struct live_detail *detail = arena_zalloc(c->mem, sizeof(*detail));
	enum err e = live_get(c, in->room_id, room);

	*detail = (struct live_detail){ room, room->viewer_count, room->started_ms };
	if (e == E_OK)
		reply_row(out, FIELD_ROOM, &live_detail_shape, detail);
	return e;
}

ENDPOINT(live_detail, struct in, "A live room", .pool = 1)
