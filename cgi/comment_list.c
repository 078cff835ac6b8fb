/* comment_list.c - the comments on a clip, newest first. */

#include "http/page.h"
#include "model/comment.h"

struct in {
	struct page_in page;
	int64_t video_id;
};

static const struct param params[] = {
	{ "video_id", PARAM_ID, offsetof(struct in, video_id), .required = true, .doc = "the clip" },
	BOTH_PAGE_PARAMS(struct in, COMMENT_LIST_MAX, 10, 100),
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/douyin/comment/list/", DOUYIN, VIEWER_OPTIONAL },
	{ GET, "/api/interaction/comments", API, VIEWER_OPTIONAL, .bare = FIELD_COMMENTS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_COMMENTS, OUT_ROWS, &comment_shape, .on_error = true, .doc = "newest first" },
	PAGE_OUTPUT,
	{ 0 },
};

static const enum err errors[] = { E_VIDEO_UNKNOWN, E_OK };

static enum err
comment_list(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct comment_list list;
	struct page page;
	enum err e = page_of(c, &in->page, &page);

	if (e == E_OK)
		e = comment_of_video(c, in->video_id, &page, &list);
	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_COMMENTS, &comment_shape, list.rows, list.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, list.last_id, 0, list.more);
	return E_OK;
}

ENDPOINT(comment_list, struct in, "The comments on a clip", .marks = true)
