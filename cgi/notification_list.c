/* notification_list.c - what others did that concerns the viewer, the newest first.
 *
 * Its cursor is a time: what gets a newer event while the list is read moves to its beginning. */

#include "http/page.h"
#include "model/notification.h"

struct in {
	struct page_in page;
	const char *type;
};

static const struct param params[] = {
	API_PAGE_PARAMS(struct in, 20, NOTIFICATION_LIST_MAX),
	{ "type", PARAM_TEXT, offsetof(struct in, type), .max = 16,
	    .doc = "only follow, request, like, comment, reply, mention or message; absent: all" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/auth/notifications", API, VIEWER_REQUIRED, .bare = FIELD_NOTIFICATIONS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_NOTIFICATIONS, OUT_ROWS, &notification_shape, .doc = "newest first" },
	PAGE_OUTPUT,
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_OK };

static enum err
notification_list(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	int64_t type = notification_type(in->type);
	struct notification_page list;
	struct page page;
	enum err e = page_of(c, &in->page, &page);

	if (type == 0 && in->type[0] != '\0')
		return call_param(c, "type", WHY_NOTIFICATION, 0);
	if (e == E_OK)
		e = notifications_of(c, type, &page, &list);
	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_NOTIFICATIONS, &notification_shape, list.rows, list.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, list.last_a, list.last_b, list.more);
	return E_OK;
}

ENDPOINT(notification_list, struct in, "The viewer's notifications", .pool = 2, .marks = true)
