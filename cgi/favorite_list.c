/* favorite_list.c - the clips that a user likes, newest like first. */

#include "http/page.h"
#include "model/video.h"
#include "model/viewer.h"

static const struct param params[] = {
	USER_LIST_PARAMS(VIDEO_LIST_MAX),
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/douyin/favorite/list/", DOUYIN, VIEWER_OPTIONAL },
	/* GuGoTik's own tests ask by POST. */
	{ POST, "/douyin/favorite/list/", DOUYIN, VIEWER_OPTIONAL },
	{ GET, "/api/user/likes", API, VIEWER_OPTIONAL, .bare = FIELD_VIDEOS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_VIDEOS, OUT_ROWS, &video_shape, .on_error = true, .doc = "newest like first" },
	PAGE_OUTPUT,
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_USER_UNKNOWN, E_OK };

static enum err
favorite_list(struct call *c, const void *arg, struct reply *out)
{
	const struct user_list_in *in = arg;
	struct video_list list;
	struct page page;
	int64_t user_id;
	enum err e = viewer_or(c, in->user_id, &user_id);

	if (e == E_OK)
		e = page_of(c, &in->page, &page);
	if (e == E_OK)
		e = video_liked_by(c, user_id, &page, &list);
	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_VIDEOS, &video_shape, list.rows, list.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, list.last_a, list.last_b, list.more);
	return E_OK;
}

ENDPOINT(favorite_list, struct user_list_in, "The clips that a user likes", .pool = 2, .marks = true)
