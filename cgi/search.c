/* search.c - clips, users or tags that have what somebody looks for. */

#include <string.h>

#include "http/endpoint.h"
#include "model/search.h"
#include "model/tag.h"
#include "model/user.h"
#include "model/video.h"

#define PAGE_SIZE_MAX 50

struct in {
	const char *keyword, *type;
	int64_t page, size;
	struct cursor cursor;
};

static const struct param params[] = {
	{ "keyword", PARAM_LINES, offsetof(struct in, keyword), .max = SEARCH_KEYWORD_MAX,
	    .doc = "what to look for; in quotes only as a whole; absent: everything" },
	{ "type", PARAM_TEXT, offsetof(struct in, type), .max = 10, .doc = "video (default), user or tag" },
	{ "page", PARAM_INT, offsetof(struct in, page), .min = 1, .max = SEARCH_DEPTH_MAX, .dflt = 1,
	    .doc = "page times page_size is at most 10,000; a cursor reaches further" },
	{ "page_size", PARAM_INT, offsetof(struct in, size), .min = 1, .max = PAGE_SIZE_MAX, .dflt = 10,
	    .doc = "rows in a page" },
	{ "cursor", PARAM_CURSOR, offsetof(struct in, cursor),
	    .doc = "next_cursor of the page before, instead of page: stable while clips come" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/search", API, VIEWER_OPTIONAL },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_VIDEOS, OUT_ROWS, &video_shape, .doc = "type video" },
	{ FIELD_USERS, OUT_ROWS, &user_shape, .doc = "type user" },
	{ FIELD_TAGS, OUT_ROWS, &tag_shape, .doc = "type tag" },
	{ FIELD_TOTAL, OUT_INT, .doc = "hits" },
	{ FIELD_TOTAL_EXACT, OUT_BOOL, .doc = "false: there are more hits than total says" },
	{ FIELD_PHRASE_TOTAL, OUT_INT, .doc = "hits, the first ones, with the whole keyword in the title" },
	{ FIELD_PAGE, OUT_INT, .doc = "as asked for" },
	{ FIELD_SIZE, OUT_INT, .doc = "page_size as asked for" },
	{ FIELD_NEXT_CURSOR, OUT_CURSOR, .doc = "send it as cursor to get the next page; \"\" on the last one" },
	{ 0 },
};

static const enum err errors[] = { E_OK };

static enum err
rows(struct call *c, const struct search_query *q, const struct search_hits *h, struct reply *out)
{
	struct video_list videos;
	struct user_list users;
	struct tag_list tags;
	enum err e;

	switch (q->kind) {
	case SEARCH_VIDEO:
		e = video_list_of(c, h->ids, h->n, &videos);
		if (e == E_OK)
			reply_rows(out, FIELD_VIDEOS, &video_shape, videos.rows, videos.n);
		return e;
	case SEARCH_USER:
		e = user_list_of(c, h->ids, h->n, &users);
		if (e == E_OK)
			reply_rows(out, FIELD_USERS, &user_shape, users.rows, users.n);
		return e;
	case SEARCH_TAG:
		e = tag_list_of(c, h->ids, h->n, &tags);
		if (e == E_OK)
			reply_rows(out, FIELD_TAGS, &tag_shape, tags.rows, tags.n);
		return e;
	}
	return E_INTERNAL;
}

static enum err
search(struct call *c, const void *arg, struct reply *out)
{
	static const char *const kinds[] = { "", "video", "user", "tag" };
	const struct in *in = arg;
	struct search_query q = { .kind = SEARCH_VIDEO, .keyword = in->keyword, .page = in->page,
		.size = in->size, .a = in->cursor.a, .b = in->cursor.b, .from_cursor = in->cursor.given };
	struct search_hits hits;
	enum err e;

	if (in->type[0] != '\0') {
		while (q.kind <= SEARCH_TAG && strcmp(in->type, kinds[q.kind]) != 0)
			q.kind++;
		if (q.kind > SEARCH_TAG)
			return call_param(c, "type", WHY_KIND, 0);
	}
	if (!q.from_cursor && q.page * q.size > SEARCH_DEPTH_MAX)
		return call_param(c, "page", WHY_TOO_BIG, SEARCH_DEPTH_MAX / q.size);
	e = search_find(c, &q, &hits);
	if (e == E_OK)
		e = rows(c, &q, &hits, out);
	if (e != E_OK)
		return e;
	reply_int(out, FIELD_TOTAL, hits.total);
	reply_bool(out, FIELD_TOTAL_EXACT, hits.total_exact);
	reply_int(out, FIELD_PHRASE_TOTAL, hits.phrase);
	reply_int(out, FIELD_PAGE, q.page);
	reply_int(out, FIELD_SIZE, q.size);
	reply_cursor(out, FIELD_NEXT_CURSOR, hits.last_a, hits.last_b, hits.more);
	return E_OK;
}

ENDPOINT(search, struct in, "Search for clips, users or tags", .pool = 3, .marks = true)
