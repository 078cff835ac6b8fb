/* star_list.c - the clips that the viewer has starred, newest star first. */

#include "http/page.h"
#include "model/star.h"

struct in {
	struct page_in page;
};

static const struct param params[] = {
	API_PAGE_PARAMS(struct in, 10, STAR_LIST_MAX),
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/auth/interaction/stars", API, VIEWER_REQUIRED, .bare = FIELD_VIDEOS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_VIDEOS, OUT_ROWS, &video_shape, .doc = "newest star first" },
	PAGE_OUTPUT,
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_OK };

static enum err
star_list(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct video_list list;
	struct page page;
	enum err e = page_of(c, &in->page, &page);

	if (e == E_OK)
		e = star_videos(c, &page, &list);
	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_VIDEOS, &video_shape, list.rows, list.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, list.last_a, list.last_b, list.more);
	return E_OK;
}

ENDPOINT(star_list, struct in, "The clips that the viewer has starred", .pool = 1, .marks = true)
