/* video_batch.c - clips by their ids, in that order; those that nobody may see are left out. */

#include "http/endpoint.h"
#include "model/video.h"

struct in {
	struct ids_in ids;
};

static const struct param params[] = {
	{ "ids", PARAM_IDS, offsetof(struct in, ids), .required = true, .doc = "at most 100 clips" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/video/batch", API, VIEWER_OPTIONAL, .bare = FIELD_VIDEOS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_VIDEOS, OUT_ROWS, &video_shape, .doc = "in the order of ids" },
	{ 0 },
};

static const enum err errors[] = { E_OK };

static enum err
video_batch(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct video_list list;
	enum err e = video_list_of(c, in->ids.v, in->ids.n, &list);

	if (e == E_OK)
		reply_rows(out, FIELD_VIDEOS, &video_shape, list.rows, list.n);
	return e;
}

ENDPOINT(video_batch, struct in, "Clips by their ids", .pool = 1, .marks = true)
