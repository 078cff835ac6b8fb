/* danmu_delete.c - take something away that was written over a live stream: its author may, and the
 * room's host. */

#include "http/endpoint.h"
#include "model/danmu.h"

struct in {
	int64_t room_id, id;
};

static const struct param params[] = {
	{ "live_id", PARAM_ID, offsetof(struct in, room_id), .required = true, .doc = "the room" },
	{ "danmu_id", PARAM_ID, offsetof(struct in, id), .required = true, .doc = "which" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/auth/danmu/delete", API, VIEWER_REQUIRED },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_TOKEN, E_LIVE_UNKNOWN, E_DANMU_UNKNOWN, E_NOT_OWNER, E_TOO_FAST,
	E_OK };

static enum err
danmu_delete(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;

	(void)out;
	return danmu_remove(c, in->room_id, in->id);
}

ENDPOINT(danmu_delete, struct in, "Take danmaku away", .pool = 1, .rate = RATE_USER)
