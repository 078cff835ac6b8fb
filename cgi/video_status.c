/* video_status.c - what has become of a clip, for its owner while he waits. */

#include "http/endpoint.h"
#include "media/media.h"
#include "model/video.h"

struct in {
	int64_t video_id;
};

static const struct param params[] = {
	{ "video_id", PARAM_ID, offsetof(struct in, video_id), .required = true, .doc = "the clip" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/auth/video/status", API, VIEWER_REQUIRED, .bare = FIELD_STATUS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_STATUS, OUT_ROW, &video_status_shape, .doc = "state, percent, reason" },
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_VIDEO_UNKNOWN, E_NOT_OWNER, E_OK };

static enum err
video_status(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct video_status *status = arena_zalloc(c->mem, sizeof(*status));
	enum err e = video_state_of(c, in->video_id, status);

	if (e != E_OK)
		return e;
	status->reason = refuse_text(refuse_by_code(status->reason_code), c->lang == LANG_ZH);
	reply_row(out, FIELD_STATUS, &video_status_shape, status);
	return E_OK;
}

ENDPOINT(video_status, struct in, "What has become of a clip", .pool = 1)
