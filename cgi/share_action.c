/* share_action.c - a clip was shared.  Who does it again within the hour counts once. */

#include "http/endpoint.h"
#include "model/star.h"

struct in {
	int64_t video_id;
	const char *target;
};

static const struct param params[] = {
	{ "video_id", PARAM_ID, offsetof(struct in, video_id), .required = true, .doc = "the clip" },
	{ "target", PARAM_TEXT, offsetof(struct in, target), .max = SHARE_TARGET_MAX,
	    .doc = "where to, in the client's own words" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/interaction/share", API, VIEWER_OPTIONAL, .bare = FIELD_COUNTS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_COUNTS, OUT_ROW, &video_counts_shape, .doc = "what the clip now counts" },
	{ 0 },
};

static const enum err errors[] = { E_VIDEO_UNKNOWN, E_TOO_FAST, E_OK };

static enum err
share_action(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	const struct video *v;
	enum err e = share_add(c, in->video_id, in->target);

	if (e == E_OK)
		e = video_get(c, in->video_id, true, &v);
	if (e == E_OK)
		reply_row(out, FIELD_COUNTS, &video_counts_shape, v);
	return e;
}

ENDPOINT(share_action, struct in, "Note that a clip was shared", .pool = 1, .rate = RATE_VIEWER)
