/* video_update.c - the owner changes a clip's title or description. */

#include <string.h>

#include "base/text.h"
#include "http/endpoint.h"
#include "model/video.h"

struct in {
	int64_t video_id;
	const char *title, *description;
	bool has_title, has_description;
};

static const struct param params[] = {
	{ "video_id", PARAM_ID, offsetof(struct in, video_id), .required = true, .doc = "the clip" },
	{ "title", PARAM_TEXT, offsetof(struct in, title), offsetof(struct in, has_title),
	    .max = VIDEO_TITLE_MAX, .doc = "absent: as it is" },
	{ "description", PARAM_LINES, offsetof(struct in, description),
	    offsetof(struct in, has_description), .max = VIDEO_DESCRIPTION_MAX,
	    .doc = "absent: as it is, empty: none" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/auth/video/update", API, VIEWER_REQUIRED },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_TOKEN, E_VIDEO_UNKNOWN, E_NOT_OWNER, E_TOO_FAST, E_OK };

static enum err
video_update(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;

	(void)out;
	if (in->has_title && utf8_is_blank(in->title, strlen(in->title)))
		return call_param(c, "title", WHY_BLANK, 0);
	return video_edit(c, in->video_id, in->has_title ? in->title : NULL,
	    in->has_description ? in->description : NULL);
}

ENDPOINT(video_update, struct in, "Change a clip's title or description", .pool = 1,
    .rate = RATE_USER)
