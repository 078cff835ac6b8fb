/* user_history.c - what the viewer watched, the last one first, each clip once. */

#include "http/page.h"
#include "model/view.h"

struct in {
	struct page_in page;
};

static const struct param params[] = {
	API_PAGE_PARAMS(struct in, 10, VIEW_HISTORY_MAX),
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/auth/user/history", API, VIEWER_REQUIRED },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_VIDEOS, OUT_ROWS, &watched_shape, .doc = "clips that are gone are left out" },
	PAGE_OUTPUT,
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_OK };

static enum err
user_history(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct watched_page list;
	struct page page;
	enum err e = page_of(c, &in->page, &page);

	if (e == E_OK)
		e = view_history(c, &page, &list);
	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_VIDEOS, &watched_shape, list.rows, list.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, list.last_a, list.last_b, list.more);
	return E_OK;
}

ENDPOINT(user_history, struct in, "What the viewer watched", .pool = 1, .marks = true)
