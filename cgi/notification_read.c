/* notification_read.c - mark a notification of the viewer as read, or all of them, or those that he has been shown. */

#include "http/endpoint.h"
#include "model/notification.h"

struct in {
	int64_t id, until_ms;
};

static const struct param params[] = {
	{ "notification_id", PARAM_ID, offsetof(struct in, id), .doc = "absent or 0: all" },
	{ "until_ms", PARAM_INT, offsetof(struct in, until_ms), .max = INT64_C(1) << 52,
	    .doc = "all up to this createTimeMs: what came after the list that is shown stays unread; absent or 0: up to now" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/auth/notifications/read", API, VIEWER_REQUIRED },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_TOKEN, E_NOTIFICATION_UNKNOWN, E_OK };

static enum err
notification_read(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;

	(void)out;
	return notifications_read(c, in->id, in->until_ms);
}

ENDPOINT(notification_read, struct in, "Mark notifications as read", .pool = 1)
