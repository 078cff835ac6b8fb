/* page.h - the parameters and the field with which every list pages: page_size, and cursor, which is
 * the next_cursor of the page before; in /api also page, which counts from 1.
 *
 * A cursor names the last row that was seen, so that nothing is repeated or left out while rows
 * arrive.  Pages by number count rows instead and reach PAGE_REACH of them. */
#ifndef HTTP_PAGE_H
#define HTTP_PAGE_H

#include "http/endpoint.h"

#define PAGE_REACH 1000

struct page_in {
	int64_t size, number; /* number 0: the first */
	struct cursor cursor;
};

/* In params: in_type has a member `struct page_in page`. */
#define PAGE_PARAMS(in_type, most)                                                                 \
	{ "page_size", PARAM_INT, offsetof(in_type, page.size), .min = 1, .max = (most),           \
		.dflt = (most), .doc = "rows in a page" },                                          \
	{                                                                                           \
		"cursor", PARAM_CURSOR, offsetof(in_type, page.cursor),                             \
		    .doc = "next_cursor of the page before; absent: from the beginning"             \
	}

/* The same for a list that answers in /api, too, where it has other page sizes and numbers. */
#define BOTH_PAGE_PARAMS(in_type, most, api_dflt, api_most)                                         \
	{ "page_size", PARAM_INT, offsetof(in_type, page.size), .min = 1, .max = (most),           \
		.dflt = (most), .doc = "rows in a page", .only = ONLY_DOUYIN },                     \
	API_PAGE_PARAMS(in_type, api_dflt, api_most)

/* The same for a list that answers in /api alone. */
#define API_PAGE_PARAMS(in_type, api_dflt, api_most) API_PAGE_PARAMS_ELSE(in_type, api_dflt, api_most, 0)

/* The same where the dialect has a size for who asks for too many or too few; 0: they are wrong. */
#define API_PAGE_PARAMS_ELSE(in_type, api_dflt, api_most, api_else)                                \
	{ "page", PARAM_INT, offsetof(in_type, page.number), .min = 1, .max = PAGE_REACH,          \
		.dflt = 1, .only = ONLY_API,                                                        \
		.doc = "counts from 1, up to row 1000; a cursor beats it" },                        \
	{ "page_size", PARAM_INT, offsetof(in_type, page.size), .min = 1, .max = (api_most),       \
		.dflt = (api_dflt), .otherwise = (api_else), .doc = "rows in a page", .only = ONLY_API },                    \
	{                                                                                           \
		"cursor", PARAM_CURSOR, offsetof(in_type, page.cursor),                             \
		    .doc = "next_cursor of the page before; absent: from the beginning"             \
	}

/* What page the model is asked for.  E_PARAM where it lies beyond PAGE_REACH rows. */
static inline enum err
page_of(struct call *c, const struct page_in *in, struct page *out)
{
	bool by_cursor = in->cursor.given || in->number == 0;

	*out = (struct page){ .a = in->cursor.a, .b = in->cursor.b, .n = (size_t)in->size };
	if (by_cursor)
		return E_OK;
	if (in->number * in->size > PAGE_REACH)
		return call_param(c, "page", WHY_TOO_DEEP, PAGE_REACH);
	out->skip = (size_t)((in->number - 1) * in->size);
	return E_OK;
}

/* The parameters of a list that belongs to a user, and how its program begins:
 * viewer_or(c, in->user_id, &user_id). */
struct user_list_in {
	struct page_in page;
	int64_t user_id;
};

#define USER_LIST_PARAMS(most)                                                                     \
	{ "user_id", PARAM_ID, offsetof(struct user_list_in, user_id),                              \
		.doc = "absent or 0: the viewer" },                                                 \
	BOTH_PAGE_PARAMS(struct user_list_in, most, 10, 100)

/* In outputs. */
#define PAGE_OUTPUT                                                                                \
	{                                                                                           \
		FIELD_NEXT_CURSOR, OUT_CURSOR,                                                      \
		    .doc = "send it as cursor to get the next page; \"\" on the last one"           \
	}

#endif
