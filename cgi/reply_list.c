/* reply_list.c - the replies under a top-level comment, oldest first. */

#include "http/page.h"
#include "model/comment.h"

struct in {
	struct page_in page;
	int64_t video_id, comment_id;
};

static const struct param params[] = {
	{ "video_id", PARAM_ID, offsetof(struct in, video_id), .required = true, .doc = "the clip" },
	{ "comment_id", PARAM_ID, offsetof(struct in, comment_id), .required = true,
	    .doc = "the top-level comment" },
	API_PAGE_PARAMS(struct in, 10, 100),
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/interaction/replies", API, VIEWER_OPTIONAL, .bare = FIELD_COMMENTS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_COMMENTS, OUT_ROWS, &comment_shape, .doc = "oldest first" },
	PAGE_OUTPUT,
	{ 0 },
};

static const enum err errors[] = { E_VIDEO_UNKNOWN, E_COMMENT_UNKNOWN, E_OK };

static enum err
reply_list(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct comment_query q = { .video_id = in->video_id, .which = COMMENT_REPLIES,
		.root_id = in->comment_id };
	struct comment_list list;
	enum err e = page_of(c, &in->page, &q.page);

	if (e == E_OK)
		e = comment_list_of(c, &q, &list);
	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_COMMENTS, &comment_shape, list.rows, list.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, list.last_a, list.last_b, list.more);
	return E_OK;
}

ENDPOINT(reply_list, struct in, "The replies to a comment", .pool = 1, .marks = true)
