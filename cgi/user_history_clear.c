/* user_history_clear.c - the viewer forgets what he watched; view counts stay as they are. */

#include "http/endpoint.h"
#include "model/view.h"

struct in {
	int64_t video_id;
};

static const struct param params[] = {
	{ "video_id", PARAM_ID, offsetof(struct in, video_id), .doc = "this clip; absent or 0: all" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/auth/user/history/clear", API, VIEWER_REQUIRED },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_TOKEN, E_TOO_FAST, E_OK };

static enum err
user_history_clear(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;

	(void)out;
	return view_forget(c, in->video_id);
}

ENDPOINT(user_history_clear, struct in, "Clear the watch history", .pool = 1, .rate = RATE_USER)
