/* feed_following.c - the clips of those whom the viewer follows, newest first. */

#include "http/page.h"
#include "model/recommend.h"

struct in {
	struct page_in page;
};

static const struct param params[] = {
	API_PAGE_PARAMS(struct in, 10, RECOMMEND_FOLLOWING),
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/auth/feed/following", API, VIEWER_REQUIRED },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_VIDEOS, OUT_ROWS, &video_shape, .doc = "newest first" },
	PAGE_OUTPUT,
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_OK };

static enum err
feed_following(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct video_list list;
	struct page page;
	enum err e = page_of(c, &in->page, &page);

	if (e == E_OK)
		e = recommend_following(c, &page, &list);
	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_VIDEOS, &video_shape, list.rows, list.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, list.last_a, list.last_b, list.more);
	return E_OK;
}

ENDPOINT(feed_following, struct in, "The clips of those whom the viewer follows", .pool = 2,
    .marks = true)
