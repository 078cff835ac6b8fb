/* admin_act.c - a moderator acts on a thing, which ends its reports. */

#include "http/endpoint.h"
#include "model/report.h"

struct in {
	const char *act, *kind, *note;
	int64_t id, until_s;
};

static const struct param params[] = {
	{ "act", PARAM_TEXT, offsetof(struct in, act), .required = true, .min = 1, .max = 16,
	    .doc = "hide, restore (a video, a comment, a message; restore: a user), warn, suspend (whose it is) "
	      "or dismiss" },
	{ "kind", PARAM_TEXT, offsetof(struct in, kind), .required = true, .min = 1, .max = 16,
	    .doc = "video, comment, user or message" },
	{ "id", PARAM_ID, offsetof(struct in, id), .required = true, .doc = "which" },
	{ "until", PARAM_INT, offsetof(struct in, until_s), .max = INT64_C(253402300799),
	    .doc = "end of a suspension, seconds since 1970" },
	{ "note", PARAM_LINES, offsetof(struct in, note), .max = REPORT_NOTE_MAX,
	    .doc = "why: the user is told, and it stands in the audit; needed to warn" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/admin/act", API, VIEWER_ADMIN },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_TOKEN, E_FORBIDDEN, E_VIDEO_UNKNOWN, E_COMMENT_UNKNOWN, E_USER_UNKNOWN,
	E_MESSAGE_UNKNOWN, E_SELF_ACT, E_OK };

static enum err
admin_act(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;

	(void)out;
	return report_do(c, &(struct report_act){ in->act, in->kind, in->note, in->id, in->until_s * 1000 });
}

ENDPOINT(admin_act, struct in, "Act on what is reported", .pool = 1)
