/* video_cover.c - the owner chooses a clip's cover: an image that he sends, or a moment of the clip. */

#include "http/endpoint.h"
#include "media/media.h"
#include "model/picture.h"
#include "model/publish.h"
#include "model/video.h"

struct in {
	int64_t video_id, time_ms;
	struct file_in cover;
	bool has_time;
};

static const struct param params[] = {
	{ "video_id", PARAM_ID, offsetof(struct in, video_id), .required = true, .doc = "the clip" },
	{ "cover", PARAM_FILE, offsetof(struct in, cover),
	    .doc = "an image: JPEG, PNG or WebP, at most picture_max bytes" },
	{ "time_ms", PARAM_INT, offsetof(struct in, time_ms), offsetof(struct in, has_time), .max = 86400000,
	    .doc = "or the frame that is shown then" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/auth/video/cover", API, VIEWER_REQUIRED },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_TOKEN, E_VIDEO_UNKNOWN, E_NOT_OWNER, E_NOT_IMAGE, E_IMAGE_TOO_LARGE,
	E_COVER_TIME, E_NOT_READY, E_QUOTA, E_TOO_FAST, E_DISK, E_OK };

static enum err
video_cover(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct picture_wish wish = { .owner_id = in->video_id, .path = "", .at_ms = in->time_ms };
	bool image = in->cover.fd >= 0;
	const struct video *v;
	enum err e = video_owned(c, in->video_id);

	(void)out;
	if (e == E_OK && !image && !in->has_time)
		return call_param(c, "cover", WHY_MISSING, 0);
	if (e == E_OK)
		e = video_get(c, in->video_id, false, &v);
	if (e != E_OK)
		return e;
	wish.content_id = v->content_id;
	if (!image && v->duration_ms == 0)
		return E_NOT_READY;
	if (!image && in->time_ms > v->duration_ms)
		return E_COVER_TIME;
	if (!image)
		return picture_want(c, &wish);
	return publish_picture(c, &(struct publish_picture){ .incoming = in->cover.path,
	    .fd = file_in_take(&in->cover), .size_bytes = in->cover.size,
	    .ext = media_sniff_image(in->cover.head, in->cover.head_n) }, &wish);
}

ENDPOINT(video_cover, struct in, "Choose a clip's cover", .pool = 1, .rate = RATE_USER)
