/* video_status.c - what has become of a clip or of an upload, for its owner while he waits. */

#include "http/endpoint.h"
#include "media/media.h"
#include "model/video.h"
#include "store/part.h"

struct in {
	int64_t video_id;
	const char *upload_id;
};

static const struct param params[] = {
	{ "video_id", PARAM_ID, offsetof(struct in, video_id), .doc = "the clip" },
	{ "upload_id", PARAM_TEXT, offsetof(struct in, upload_id), .max = 32,
	    .doc = "or the upload in parts: the end of its Location" },
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

static const enum err errors[] = { E_TOKEN, E_VIDEO_UNKNOWN, E_NOT_OWNER, E_UPLOAD_UNKNOWN, E_OK };

/* The clip that the upload has become, *id 0 where it still comes; then the status says so. */
static enum err
follow_upload(struct call *c, const char *upload_id, int64_t *id, struct video_status *status)
{
	struct part p;
	enum err e = video_of_upload(c, c->viewer_id, upload_id, id);

	if (e != E_OK || *id != 0)
		return e;
	e = part_look(c->mem, c->conf->media_dir, upload_id, c->viewer_id, c->now_ms, &p);
	if (e != E_OK)
		return e;
	*id = p.video_id;
	*status = (struct video_status){ .state = "uploading", .reason_code = "", .reason = "", .cover = "",
		.percent = p.length_bytes > 0 ? p.offset_bytes * 100 / p.length_bytes : 0 };
	return E_OK;
}

static enum err
video_status(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct video_status *status = arena_zalloc(c->mem, sizeof(*status));
	int64_t id = in->video_id;
	enum err e = E_OK;

	if (id == 0 && in->upload_id[0] == '\0')
		return call_param(c, "video_id", WHY_MISSING, 0);
	if (id == 0)
		e = follow_upload(c, in->upload_id, &id, status);
	if (e == E_OK && id != 0)
		e = video_state_of(c, id, status);
	if (e != E_OK)
		return e;
	if (status->reason[0] == '\0')
		status->reason = refuse_text(refuse_by_code(status->reason_code), c->lang == LANG_ZH);
	reply_row(out, FIELD_STATUS, &video_status_shape, status);
	return E_OK;
}

ENDPOINT(video_status, struct in, "What has become of a clip or an upload", .pool = 1)
