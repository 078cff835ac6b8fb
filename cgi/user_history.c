/* user_history.c - what the viewer watched, the last one first, each clip once. */

#include "http/page.h"
#include "model/view.h"

struct in {
	struct page_in page;
};

static const struct param params[] = {
	PAGE_PARAMS(struct in, VIEW_HISTORY_MAX),
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
	struct watched_page page;
	enum err e = view_history(
	    c, in->page.cursor.a, in->page.cursor.b, (size_t)in->page.size, &page);

	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_VIDEOS, &watched_shape, page.rows, page.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, page.last_a, page.last_b, page.more);
	return E_OK;
}

ENDPOINT(user_history, struct in, "What the viewer watched", .pool = 1, .marks = true)
