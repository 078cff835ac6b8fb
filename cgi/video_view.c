/* video_view.c - clients report what was played: a batch now and then, or one play.
 *
 * Nothing in a batch spoils the rest: what cannot have been (view.h) is ignored and counted as such. */

#include "base/id.h"
#include "http/endpoint.h"
#include "model/view.h"

struct in {
	struct list_in views;
	struct view one;
};

/* The plays of a batch begin at 0, a single one at its place in struct in. */
#define VIEW_PARAMS(at)                                                                            \
	{ "watched_ms", PARAM_INT, (at) + offsetof(struct view, watched_ms), .min = -ID_MAX,        \
	    .max = ID_MAX, .doc = "how long it played; the largest report of a play counts" },      \
	{ "duration_ms", PARAM_INT, (at) + offsetof(struct view, duration_ms), .min = -ID_MAX,      \
	    .max = ID_MAX, .doc = "length of the clip, used only while the server does not know it" }, \
	{ "completed", PARAM_BOOL, (at) + offsetof(struct view, completed),                         \
	    .doc = "believed only where no length is known: else 90 % watched are complete" },      \
	{ "at_ms", PARAM_INT, (at) + offsetof(struct view, at_ms), .min = -ID_MAX, .max = ID_MAX,   \
	    .doc = "when the play began, at most an hour ago; absent or 0: now" },                  \
	{ 0 },

static const struct param view_params[] = {
	{ "video_id", PARAM_ID, offsetof(struct view, video_id), .required = true, .doc = "the clip" },
	VIEW_PARAMS(0)
};

static const struct param params[] = {
	{ "views", PARAM_LIST, offsetof(struct in, views), .max = VIEW_BATCH_MAX, .of = view_params,
	    .of_size = sizeof(struct view), .doc = "the plays; absent: one play by these parameters" },
	{ "video_id", PARAM_ID, offsetof(struct in, one.video_id), .doc = "the clip of the one play" },
	VIEW_PARAMS(offsetof(struct in, one))
};

static const struct route routes[] = {
	{ POST, "/api/video/view", API, VIEWER_OPTIONAL },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_ACCEPTED, OUT_INT, .doc = "plays that were taken, repeated reports included" },
	{ FIELD_IGNORED, OUT_INT, .doc = "plays of clips that are not there, too old, or too long" },
	{ 0 },
};

static const enum err errors[] = { E_TOO_FAST, E_OK };

static enum err
video_view(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	const struct view *views = in->views.v;
	size_t n = in->views.n;
	int64_t accepted;
	enum err e;

	if (in->one.video_id != 0 && n == 0) {
		views = &in->one;
		n = 1;
	}
	if (n == 0)
		return call_param(c, "views", WHY_MISSING, 0);
	e = view_add(c, views, n, &accepted);
	if (e != E_OK)
		return e;
	reply_int(out, FIELD_ACCEPTED, accepted);
	reply_int(out, FIELD_IGNORED, (int64_t)n - accepted);
	return E_OK;
}

ENDPOINT(video_view, struct in, "Report plays of clips", .pool = 2, .rate = RATE_VIEWER)
