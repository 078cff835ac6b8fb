/* tag_videos.c - the clips of a tag. */

#include <string.h>

#include "http/page.h"
#include "model/tag.h"

#define PAGE_SIZE_MAX 50

struct in {
	struct page_in page;
	const char *tag, *sort;
};

static const struct param params[] = {
	{ "tag", PARAM_TEXT, offsetof(struct in, tag), .min = 1, .max = TAG_CHARS + 1, .required = true,
	    .doc = "its name, with or without '#'" },
	{ "sort", PARAM_TEXT, offsetof(struct in, sort), .max = 10,
	    .doc = "new (default): newest first; hot: most popular first" },
	API_PAGE_PARAMS(struct in, 10, PAGE_SIZE_MAX),
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/tag/videos", API, VIEWER_OPTIONAL },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_TAG, OUT_ROW, &tag_shape, .doc = "the tag" },
	{ FIELD_VIDEOS, OUT_ROWS, &video_shape, .doc = "its clips" },
	PAGE_OUTPUT,
	{ 0 },
};

static const enum err errors[] = { E_TAG_UNKNOWN, E_OK };

static enum err
tag_videos(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	bool hot = strcmp(in->sort, "hot") == 0;
	const struct tag *tag;
	struct video_list list;
	struct page page;
	enum err e;

	if (!hot && in->sort[0] != '\0' && strcmp(in->sort, "new") != 0)
		return call_param(c, "sort", WHY_SORT, 0);
	e = page_of(c, &in->page, &page);
	if (e == E_OK)
		e = tag_page(c, in->tag, hot, &page, &list, &tag);
	if (e != E_OK)
		return e;
	reply_row(out, FIELD_TAG, &tag_shape, tag);
	reply_rows(out, FIELD_VIDEOS, &video_shape, list.rows, list.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, list.last_a, list.last_b, list.more);
	return E_OK;
}

ENDPOINT(tag_videos, struct in, "The clips of a tag", .pool = 1, .marks = true)
