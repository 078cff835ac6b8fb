/* notification_unread.c - how many of the viewer's notifications are unread; clients may poll it. */

#include "http/endpoint.h"
#include "model/notification.h"

struct in {
	int64_t none;
};

static const struct param params[] = { { 0 } };

static const struct route routes[] = {
	{ GET, "/api/auth/notifications/unread", API, VIEWER_REQUIRED, .bare = FIELD_UNREAD },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_UNREAD, OUT_ROW, &notification_unread_shape, .doc = "all, and of each type" },
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_OK };

static enum err
notification_unread(struct call *c, const void *arg, struct reply *out)
{
	struct notification_unread *n = arena_zalloc(c->mem, sizeof(*n));
	enum err e = notifications_unread(c, n);

	(void)arg;
	if (e == E_OK)
		reply_row(out, FIELD_UNREAD, &notification_unread_shape, n);
	return e;
}

ENDPOINT(notification_unread, struct in, "How many notifications are unread", .pool = 2)
