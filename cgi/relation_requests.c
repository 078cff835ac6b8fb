/* relation_requests.c - who asks to follow the viewer, newest first. */

#include "http/page.h"
#include "model/follow.h"

struct in {
	struct page_in page;
};

static const struct param params[] = {
	API_PAGE_PARAMS(struct in, 10, 100),
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/auth/social/requests", API, VIEWER_REQUIRED, .bare = FIELD_USERS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_USERS, OUT_ROWS, &user_shape, .doc = "newest first" },
	PAGE_OUTPUT,
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_OK };

static enum err
relation_requests(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct follow_page list;
	struct page page;
	enum err e = page_of(c, &in->page, &page);

	if (e == E_OK)
		e = follow_requests(c, &page, &list);
	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_USERS, &user_shape, list.users.rows, list.users.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, list.last_a, list.last_b, list.more);
	return E_OK;
}

ENDPOINT(relation_requests, struct in, "Who asks to follow the viewer", .pool = 1, .marks = true)
