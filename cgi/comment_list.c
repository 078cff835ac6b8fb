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
	PAGE_PARAMS(struct in, COMMENT_LIST_MAX),
	{ "top", PARAM_INT, offsetof(struct in, top), .min = 0, .max = 1,
	    .doc = "1: only top-level comments, with their likes, replies and mentions" },
	{ "sort", PARAM_TEXT, offsetof(struct in, sort), .max = 3,
	    .doc = "of top-level comments; new: newest first, hot: most liked first" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/douyin/comment/list/", DOUYIN, VIEWER_OPTIONAL },
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
		.which = in->top ? COMMENT_TOP : COMMENT_ALL, .sort = hot ? COMMENT_HOT : COMMENT_NEW,
		.a = in->page.cursor.a, .b = in->page.cursor.b, .n = (size_t)in->page.size };
	struct comment_list list;
	enum err e;

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
