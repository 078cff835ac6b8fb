/* recommend_videos.c - the clips that a user will probably like, the next ones at each call.
 *
 * What was shown is remembered, so asking again is the next page.  For nobody it is a mix of what
 * is trending and what is new, in an order that the first page draws and its cursor keeps. */

#include "base/text.h"
#include "http/page.h"
#include "model/recommend.h"

#define PAGE 10
#define PAGE_ELSE 20 /* who asks for too many, or none */

struct in {
	struct page_in page;
};

static const struct param params[] = {
	{ "page_size", PARAM_INT, offsetof(struct in, page.size), .min = 1, .max = RECOMMEND_MAX,
	    .dflt = PAGE, .otherwise = PAGE_ELSE, .doc = "at most this many clips" },
	{ "cursor", PARAM_CURSOR, offsetof(struct in, page.cursor),
	    .doc = "without a token: next_cursor of the page before; with one, just ask again" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/auth/recommend/videos", API, VIEWER_REQUIRED, .bare = FIELD_VIDEOS },
	{ GET, "/api/recommend/videos", API, VIEWER_OPTIONAL },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_VIDEOS, OUT_ROWS, &video_shape, .doc = "the likeliest first, with variety" },
	PAGE_OUTPUT,
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_OK };

static enum err
recommend_videos(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	size_t n = (size_t)in->page.size;
	struct video_list list;
	enum err e;

	if (c->viewer_id != 0) {
		e = recommend_next(c, n, &list);
	} else {
		uint64_t luck = (uint64_t)in->page.cursor.a;
		int64_t place = in->page.cursor.given ? in->page.cursor.b : 0;

		if (place < 0 || RECOMMEND_FROM(place) > RECOMMEND_ANYBODY_MAX)
			return call_param(c, "cursor", WHY_CURSOR, 0);
		if (!in->page.cursor.given) {
			random_bytes(&luck, sizeof(luck));
			luck >>= 11; /* a cursor holds 53 bits */
		}
		e = recommend_anybody(c, luck, place, n, &list);
	}
	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_VIDEOS, &video_shape, list.rows, list.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, list.last_a, list.last_b, list.more);
	return E_OK;
}

ENDPOINT(recommend_videos, struct in, "Clips that the user will probably like", .marks = true)
