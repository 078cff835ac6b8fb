/* recommend_dismiss.c - "not interested": a clip, or all clips of an author, are recommended to the
 * viewer no more; or again, with undo. */

#include "http/endpoint.h"
#include "model/recommend.h"

struct in {
	int64_t video_id, author_id;
	bool undo;
};

static const struct param params[] = {
	{ "video_id", PARAM_ID, offsetof(struct in, video_id), .doc = "the clip" },
	{ "author_id", PARAM_ID, offsetof(struct in, author_id),
	    .doc = "or the author; one of the two is needed" },
	{ "undo", PARAM_BOOL, offsetof(struct in, undo), .doc = "true: show such again" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/auth/recommend/dismiss", API, VIEWER_REQUIRED },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_TOKEN, E_VIDEO_UNKNOWN, E_USER_UNKNOWN, E_SELF_DISMISS, E_ALREADY,
	E_NOT_YET, E_TOO_FAST, E_OK };

static enum err
recommend_dismiss(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;

	(void)out;
	if (in->video_id == 0 && in->author_id == 0)
		return call_param(c, "video_id", WHY_MISSING, 0);
	if (in->video_id != 0 && in->author_id != 0)
		return call_param(c, "author_id", WHY_TOO_MANY, 1);
	return recommend_dismissal(c, in->video_id, in->author_id, !in->undo);
}

ENDPOINT(recommend_dismiss, struct in, "Not interested in a clip or an author", .pool = 1,
    .rate = RATE_USER)
