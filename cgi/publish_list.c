/* publish_list.c - a user's clips, newest first.
 *
 * He himself sees more: those that were refused or hidden, and for each the state of its
 * processing and the reason when it was refused. */

#include "http/page.h"
#include "model/video.h"
#include "model/viewer.h"

static const struct param params[] = {
	USER_LIST_PARAMS(VIDEO_LIST_MAX),
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/douyin/publish/list/", DOUYIN, VIEWER_OPTIONAL },
	{ GET, "/api/user/videos", API, VIEWER_OPTIONAL, .bare = FIELD_VIDEOS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_VIDEOS, OUT_ROWS, &video_own_shape, .on_error = true,
	    .doc = "newest first; state and reason only in one's own list" },
	PAGE_OUTPUT,
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_USER_UNKNOWN, E_OK };

static enum err
publish_list(struct call *c, const void *arg, struct reply *out)
{
	const struct user_list_in *in = arg;
	const struct shape *shape;
	struct video_list list;
	struct page page;
	int64_t user_id;
	enum err e = viewer_or(c, in->user_id, &user_id);

	if (e == E_OK)
		e = page_of(c, &in->page, &page);
	if (e == E_OK)
		e = video_of_author(c, user_id, &page, &list);
	if (e != E_OK)
		return e;
	shape = user_id == c->viewer_id ? &video_own_shape : &video_shape;
	reply_rows(out, FIELD_VIDEOS, shape, list.rows, list.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, list.last_a, list.last_b, list.more);
	return E_OK;
}

ENDPOINT(publish_list, struct user_list_in, "A user's clips", .pool = 2, .marks = true)
