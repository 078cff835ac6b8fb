/* video_delete.c - the owner removes a clip: out of everybody's sight at once, its rows, counters
 * and files by the media worker right after. */

#include "http/endpoint.h"
#include "model/video.h"

struct in {
	int64_t video_id;
};

static const struct param params[] = {
	{ "video_id", PARAM_ID, offsetof(struct in, video_id), .required = true, .doc = "the clip" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/auth/video/delete", API, VIEWER_REQUIRED },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_TOKEN, E_VIDEO_UNKNOWN, E_NOT_OWNER, E_TOO_FAST, E_OK };

static enum err
video_delete(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	enum err e = video_owned(c, in->video_id);

	(void)out;
	return e == E_OK ? video_remove(c, in->video_id, NULL, NULL) : e;
}

ENDPOINT(video_delete, struct in, "Remove a clip", .pool = 1, .rate = RATE_USER)
