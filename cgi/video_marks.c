/* video_marks.c - which of these clips the viewer likes, and which he has starred. */

#include "http/endpoint.h"
#include "model/star.h"
#include "model/viewer.h"

struct in {
	struct ids_in ids;
};

static const struct param params[] = {
	{ "video_ids", PARAM_IDS, offsetof(struct in, ids), .required = true,
	    .doc = "the clips, at most 100" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/auth/interaction/status", API, VIEWER_REQUIRED, .bare = FIELD_MARKS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_MARKS, OUT_ROWS, &video_mark_shape,
	    .doc = "one for each id in its order; false also for clips that are not there" },
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_OK };

static enum err
video_marks(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	size_t n = in->ids.n;
	struct video_mark *marks = arena_array(c->mem, n + 1, sizeof(*marks));
	const void **rows = arena_array(c->mem, n + 1, sizeof(void *));

	for (size_t i = 0; i < n; i++) {
		marks[i].video_id = in->ids.v[i];
		rows[i] = &marks[i];
	}
	reply_rows(out, FIELD_MARKS, &video_mark_shape, rows, n);
	return viewer_know(c, in->ids.v, n, NULL, 0);
}

ENDPOINT(video_marks, struct in, "Whether the viewer likes and stars clips", .pool = 1, .marks = true)
