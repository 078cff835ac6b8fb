/* video_counts.c - the likes, comments, stars and shares of a clip. */

#include "http/endpoint.h"
#include "model/star.h"

struct in {
	int64_t video_id;
};

static const struct param params[] = {
	{ "video_id", PARAM_ID, offsetof(struct in, video_id), .required = true, .doc = "the clip" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/interaction/counts", API, VIEWER_NONE, .bare = FIELD_COUNTS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_COUNTS, OUT_ROW, &video_counts_shape, .doc = "what the clip counts" },
	{ 0 },
};

static const enum err errors[] = { E_VIDEO_UNKNOWN, E_OK };

static enum err
video_counts(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	const struct video *v;
	enum err e = video_get(c, in->video_id, true, &v);

	if (e == E_OK)
		reply_row(out, FIELD_COUNTS, &video_counts_shape, v);
	return e;
}

ENDPOINT(video_counts, struct in, "The counts of a clip", .pool = 1)
