/* video_count.c - how many clips a user has, or all have together. */

#include "http/endpoint.h"
#include "model/stats.h"

struct in {
	int64_t user_id;
};

static const struct param params[] = {
	{ "user_id", PARAM_ID, offsetof(struct in, user_id),
	    .doc = "absent or 0: all users; that number may be cache_ttl old" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/video/count", API, VIEWER_NONE },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_NUMBER, OUT_INT, .doc = "visible clips" },
	{ 0 },
};

static const enum err errors[] = { E_USER_UNKNOWN, E_OK };

static enum err
video_count(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	int64_t n;
	enum err e = stats_video_count(c, in->user_id, &n);

	if (e == E_OK)
		reply_int(out, FIELD_NUMBER, n);
	return e;
}

ENDPOINT(video_count, struct in, "The number of clips", .pool = 1)
