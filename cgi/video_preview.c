/* video_preview.c - a short moving picture of a clip, made when somebody asks for it first.  Ask again
 * while the state is "making". */

#include "http/endpoint.h"
#include "model/picture.h"
#include "model/video.h"

struct in {
	int64_t video_id;
};

static const struct param params[] = {
	{ "video_id", PARAM_ID, offsetof(struct in, video_id), .required = true, .doc = "the clip" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/video/preview", API, VIEWER_OPTIONAL, .bare = FIELD_PREVIEW },
	{ 0 },
};

struct preview_row {
	const char *url, *state;
};
static const struct member members[] = {
	{ { "url", "url" }, M_MEDIA, offsetof(struct preview_row, url), NULL,
	    "an animated WebP, at most 3 s; empty until it is there" },
	{ { "state", "state" }, M_STR, offsetof(struct preview_row, state), NULL, "making, ready or impossible" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
static const struct shape shape = { "Preview", members, 0 };

static const struct output outputs[] = {
	{ FIELD_PREVIEW, OUT_ROW, &shape, .doc = "its address, or that it is being made" },
	{ 0 },
};

static const enum err errors[] = { E_VIDEO_UNKNOWN, E_NOT_READY, E_OK };

static enum err
video_preview(struct call *c, const void *arg, struct reply *out)
{
	static const char *const states[] = { "making", "making", "ready", "impossible" };
	const struct in *in = arg;
	struct preview_row *row = arena_zalloc(c->mem, sizeof *row);
	enum preview state = PREVIEW_MAKING;
	const struct video *v;
	enum err e = video_get(c, in->video_id, true, &v);

	if (e == E_OK && v->duration_ms == 0)
		return E_NOT_READY;
	if (e == E_OK)
		e = preview_ask(c, v->content_id, &state, &row->url);
	if (e != E_OK)
		return e;
	row->state = states[state];
	reply_row(out, FIELD_PREVIEW, &shape, row);
	return E_OK;
}

ENDPOINT(video_preview, struct in, "A moving picture of a clip", .pool = 1)
