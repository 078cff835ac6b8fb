/* live_list.c - the rooms that are live, those with most viewers first. */

#include "http/page.h"
#include "model/live.h"

struct in {
	struct page_in page;
	bool following;
};

static const struct param params[] = {
	API_PAGE_PARAMS_ELSE(struct in, 10, LIVE_LIST_MAX, 10),
	{ "following", PARAM_BOOL, offsetof(struct in, following),
	    .doc = "only those of users whom the viewer follows" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/live/list", API, VIEWER_OPTIONAL, .bare = FIELD_ROOMS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_ROOMS, OUT_ROWS, &live_room_shape, .doc = "most viewers first" },
	PAGE_OUTPUT,
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_OK };

static enum err
live_list(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct live_list list;
	struct page page;
	enum err e = page_of(c, &in->page, &page);

	if (e == E_OK && in->following && c->viewer_id == 0)
		e = E_TOKEN;
	if (e == E_OK)
		e = live_page(c, in->following, &page, &list);
	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_ROOMS, &live_room_shape, list.rows, list.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, list.last_a, list.last_b, list.more);
	return E_OK;
}

ENDPOINT(live_list, struct in, "The rooms that are live", .pool = 1, .marks = true)
