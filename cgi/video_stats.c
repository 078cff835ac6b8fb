/* video_stats.c - the numbers of a clip: as lists show them (counts), or as they are now, with plays
 * (stats). */

#include "http/endpoint.h"
#include "model/star.h"
#include "model/stats.h"

struct in {
	int64_t video_id;
	bool now;
};

static const struct param params[] = {
	{ "video_id", PARAM_ID, offsetof(struct in, video_id), .required = true, .doc = "the clip" },
	{ "now", PARAM_BOOL, offsetof(struct in, now), .doc = "which numbers" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/interaction/counts", API, VIEWER_OPTIONAL, .set = "now=0", .bare = FIELD_COUNTS },
	{ GET, "/api/video/stats", API, VIEWER_OPTIONAL, .set = "now=1", .bare = FIELD_STATS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_COUNTS, OUT_ROW, &video_counts_shape, .doc = "what its row counts" },
	{ FIELD_STATS, OUT_ROW, &video_stats_shape, .doc = "the numbers" },
	{ 0 },
};

static const enum err errors[] = { E_VIDEO_UNKNOWN, E_OK };

static enum err
video_stats(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct video_stats *stats = arena_zalloc(c->mem, sizeof(*stats));
	const struct video *v = NULL;
	enum err e = in->now ? stats_of_video(c, in->video_id, stats) : video_seen(c, in->video_id, &v);

	if (e == E_OK && in->now)
		reply_row(out, FIELD_STATS, &video_stats_shape, stats);
	else if (e == E_OK)
		reply_row(out, FIELD_COUNTS, &video_counts_shape, v);
	return e;
}

ENDPOINT(video_stats, struct in, "Numbers about a clip", .pool = 1, .marks = true)
