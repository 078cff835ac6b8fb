/* danmu_send.c - write over a live stream. */

#include "http/endpoint.h"
#include "model/danmu.h"

struct in {
	int64_t room_id, position;
	const char *content, *color;
};

static const struct param params[] = {
	{ "live_id", PARAM_ID, offsetof(struct in, room_id), .required = true, .doc = "the room" },
	{ "content", PARAM_TEXT, offsetof(struct in, content), .required = true, .min = 1,
	    .max = DANMU_TEXT_MAX, .doc = "not blank" },
	{ "color", PARAM_TEXT, offsetof(struct in, color), .doc = "#RRGGBB; absent: white" },
	{ "position", PARAM_INT, offsetof(struct in, position), .min = DANMU_SCROLL,
	    .max = DANMU_BOTTOM, .doc = "0: scrolls, 1: top, 2: bottom" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/auth/danmu/send", API, VIEWER_REQUIRED },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_DANMU_ID, OUT_INT, .doc = "of the new one" },
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_LIVE_UNKNOWN, E_LIVE_OFF, E_TOO_FAST, E_OK };

static enum err
danmu_send(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct danmu d = { .room_id = in->room_id, .content = in->content, .color = in->color,
		.position = in->position };
	enum err e = danmu_add(c, &d);

	if (e == E_OK)
		reply_int(out, FIELD_DANMU_ID, d.id);
	return e;
}

ENDPOINT(danmu_send, struct in, "Write over a live stream", .pool = 2, .rate = RATE_USER)
