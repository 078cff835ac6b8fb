/* report.c - report a clip, a comment, a user or a message to the moderators; each counts once. */

#include "http/endpoint.h"
#include "model/report.h"

struct in {
	const char *kind, *reason, *text;
	int64_t id;
};

static const struct param params[] = {
	{ "kind", PARAM_TEXT, offsetof(struct in, kind), .required = true, .min = 1, .max = 16,
	    .doc = "video, comment, user or message" },
	{ "id", PARAM_ID, offsetof(struct in, id), .required = true, .doc = "which" },
	{ "reason", PARAM_TEXT, offsetof(struct in, reason), .required = true, .min = 1, .max = 16,
	    .doc = "spam, violence, sex, hate, fraud, minor, copyright or other" },
	{ "text", PARAM_LINES, offsetof(struct in, text), .max = REPORT_TEXT_MAX, .doc = "in the reporter's words" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/auth/report", API, VIEWER_REQUIRED },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_TOKEN, E_VIDEO_UNKNOWN, E_COMMENT_UNKNOWN, E_USER_UNKNOWN,
	E_MESSAGE_UNKNOWN, E_SELF_REPORT, E_ALREADY, E_TOO_FAST, E_OK };

static enum err
report(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct report_new r = { report_kind(in->kind), in->id, report_reason(in->reason), in->text };

	(void)out;
	if (r.kind == 0)
		return call_param(c, "kind", WHY_REPORT_KIND, 0);
	if (r.reason == 0)
		return call_param(c, "reason", WHY_REASON, 0);
	return report_add(c, &r);
}

ENDPOINT(report, struct in, "Report something to the moderators", .pool = 1, .rate = RATE_USER, .marks = true)
