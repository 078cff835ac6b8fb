/* video_stats.c - how often a clip was played, liked, commented on and shared. */

#include "http/endpoint.h"
#include "model/stats.h"

struct in {
	int64_t video_id;
};

static const struct param params[] = {
	{ "video_id", PARAM_ID, offsetof(struct in, video_id), .required = true, .doc = "the clip" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/video/stats", API, VIEWER_NONE, .bare = FIELD_STATS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_STATS, OUT_ROW, &video_stats_shape, .doc = "the numbers" },
	{ 0 },
};

static const enum err errors[] = { E_VIDEO_UNKNOWN, E_OK };

static enum err
video_stats(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct video_stats *stats = arena_zalloc(c->mem, sizeof(*stats));
	enum err e = stats_of_video(c, in->video_id, stats);

	if (e == E_OK)
		reply_row(out, FIELD_STATS, &video_stats_shape, stats);
	return e;
}

ENDPOINT(video_stats, struct in, "Numbers about a clip", .pool = 1)
