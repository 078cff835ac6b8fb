/* video_hot.c - what is trending: plays, likes and comments of late, the hottest first. */

#include "http/page.h"
#include "model/recommend.h"

struct in {
	struct page_in page;
};

static const struct param params[] = {
	API_PAGE_PARAMS(struct in, 10, RECOMMEND_MAX),
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/video/hot", API, VIEWER_OPTIONAL },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_VIDEOS, OUT_ROWS, &video_shape, .doc = "the hottest first" },
	PAGE_OUTPUT,
	{ 0 },
};

static const enum err errors[] = { E_OK };

static enum err
video_hot(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct video_list list;
	struct page page;
	enum err e = page_of(c, &in->page, &page);

	if (e == E_OK && (page.a < 0 || RECOMMEND_FROM(page.a) > RANK_HOT_MAX))
		return call_param(c, "cursor", WHY_CURSOR, 0);
	if (e == E_OK)
		e = recommend_hot(c, page.a + (int64_t)page.skip, page.n, &list);
	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_VIDEOS, &video_shape, list.rows, list.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, list.last_a, list.last_b, list.more);
	return E_OK;
}

ENDPOINT(video_hot, struct in, "Trending clips", .pool = 1, .marks = true)
