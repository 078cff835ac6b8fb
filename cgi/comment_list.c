/* comment_list.c - the comments on a clip: all, or the top-level ones by time or by likes. */

#include <string.h>

#include "http/page.h"
#include "model/comment.h"

struct in {
	struct page_in page;
	int64_t video_id, top;
	const char *sort;
};

static const struct param params[] = {
	{ "video_id", PARAM_ID, offsetof(struct in, video_id), .required = true, .doc = "the clip" },
	BOTH_PAGE_PARAMS(struct in, COMMENT_LIST_MAX, 10, 100),
	{ "top", PARAM_INT, offsetof(struct in, top), .min = 0, .max = 1,
	    .doc = "1: only top-level comments, with their likes, replies and mentions", .only = ONLY_API },
	{ "sort", PARAM_TEXT, offsetof(struct in, sort), .max = 3,
	    .doc = "new: newest first, hot: most liked first", .only = ONLY_API },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/douyin/comment/list/", DOUYIN, VIEWER_OPTIONAL },
	{ GET, "/api/interaction/comments", API, VIEWER_OPTIONAL, "top=1", FIELD_COMMENTS },
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
	bool hot = strcmp(in->sort, "hot") == 0;
	struct comment_query q = { .video_id = in->video_id,
		.which = in->top ? COMMENT_TOP : COMMENT_ALL, .sort = hot ? COMMENT_HOT : COMMENT_NEW };
	struct comment_list list;
	enum err e = page_of(c, &in->page, &q.page);

	if (e != E_OK)
		return e;
	if (!hot && in->sort[0] != '\0' && strcmp(in->sort, "new") != 0)
		return call_param(c, "sort", WHY_SORT, 0);
	e = comment_list_of(c, &q, &list);
	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_COMMENTS, &comment_shape, list.rows, list.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, list.last_a, list.last_b, list.more);
	return E_OK;
}

ENDPOINT(comment_list, struct in, "The comments on a clip", .marks = true)
