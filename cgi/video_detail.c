/* video_detail.c - one clip.
 *
 * Who opens a clip here is counted as a play of it, as clients of this dialect report none; once in
 * view_window like any other play (view.h), so that a client which does report counts once. */

#include "base/log.h"
#include "http/endpoint.h"
#include "model/view.h"

struct in {
	int64_t id;
};

static const struct param params[] = {
	{ "video_id", PARAM_ID, offsetof(struct in, id), .required = true, .doc = "the clip",
	    .api = "id" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/video/detail", API, VIEWER_OPTIONAL, .bare = FIELD_VIDEO },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_VIDEO, OUT_ROW, &video_shape, .doc = "the clip" },
	{ 0 },
};

static const enum err errors[] = { E_VIDEO_UNKNOWN, E_OK };

static enum err
video_detail(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	const struct view play = { .video_id = in->id };
	const struct video_item *item;
	int64_t accepted;
	enum err e = video_shown(c, in->id, &item);

	if (e != E_OK)
		return e;
	reply_row(out, FIELD_VIDEO, &video_shape, item);
	/* The clip can be shown all the same. */
	if (!c->head && view_add(c, &play, 1, &accepted) != E_OK)
		log_warn("the play of clip %lld was not counted", (long long)in->id);
	return E_OK;
}

ENDPOINT(video_detail, struct in, "A clip", .pool = 2, .marks = true)
