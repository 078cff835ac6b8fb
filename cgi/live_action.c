/* live_action.c - a host makes his room, goes live in it, and stops.
 *
 * The stream itself goes from the host to another server (rtmp_url); here is who is live. */

#include <string.h>

#include "base/text.h"
#include "http/endpoint.h"
#include "model/live.h"

struct in {
	int64_t action, room_id;
	const char *title, *cover_url, *rtmp_url;
	bool has_title, has_cover_url, has_rtmp_url;
};

static const struct param params[] = {
	{ "action", PARAM_INT, offsetof(struct in, action), .required = true, .min = 1, .max = 3,
	    .doc = "1: make the room, 2: go live, 3: stop" },
	{ "room_id", PARAM_ID, offsetof(struct in, room_id),
	    .doc = "absent or 0: one's own, which is made where there is none" },
	{ "title", PARAM_TEXT, offsetof(struct in, title), offsetof(struct in, has_title),
	    .max = LIVE_TITLE_MAX, .doc = "absent: as it is; of a new room: the host's name" },
	{ "cover_url", PARAM_TEXT, offsetof(struct in, cover_url), offsetof(struct in, has_cover_url),
	    .max = LIVE_URL_MAX, .doc = "http or https; absent: as it is, empty: none" },
	{ "rtmp_url", PARAM_TEXT, offsetof(struct in, rtmp_url), offsetof(struct in, has_rtmp_url),
	    .max = LIVE_URL_MAX, .doc = "rtmp or rtmps; absent: as it is, empty: none" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/auth/live/create", API, VIEWER_REQUIRED, .set = "action=1&room_id=&rtmp_url=",
	    .bare = FIELD_ROOM, .needs = "title" },
	{ POST, "/api/auth/live/start", API, VIEWER_REQUIRED, .set = "action=2", .bare = FIELD_ROOM },
	{ POST, "/api/auth/live/stop", API, VIEWER_REQUIRED,
	    .set = "action=3&title=&cover_url=&rtmp_url=" },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_ROOM, OUT_ROW, &live_room_shape, .doc = "the room; not for stop" },
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_LIVE_UNKNOWN, E_NOT_OWNER, E_LIVE_ON, E_LIVE_OFF,
	E_TOO_FAST, E_OK };

static enum err
live_action(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct live_words words = { .title = in->has_title ? in->title : NULL,
		.cover_url = in->has_cover_url ? in->cover_url : NULL,
		.rtmp_url = in->has_rtmp_url ? in->rtmp_url : NULL };
	struct live_room *room = arena_zalloc(c->mem, sizeof(*room));
	enum err e;

	if (in->action == 3)
		return live_stop(c, in->room_id);
	if (words.title != NULL && utf8_is_blank(words.title, strlen(words.title)))
		return call_param(c, "title", WHY_BLANK, 0);
	if (in->action == 1) {
		words.rtmp_url = NULL;
		e = live_create(c, &words, room);
	} else {
		e = live_start(c, in->room_id, &words, room);
	}
	if (e == E_OK)
		reply_row(out, FIELD_ROOM, &live_room_shape, room);
	return e;
}

ENDPOINT(live_action, struct in, "Make one's live room, go live, stop", .pool = 1,
    .rate = RATE_USER)
