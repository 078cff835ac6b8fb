/* page.h - the two parameters and the field with which every list pages, beside what its dialect
 * has: page_size, and cursor, which is the next_cursor of the page before. */
#ifndef HTTP_PAGE_H
#define HTTP_PAGE_H

#include "http/endpoint.h"

struct page_in {
	int64_t size;
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

/* The parameters of a list that belongs to a user, and how its program begins:
 * viewer_or(c, in->user_id, &user_id). */
struct user_list_in {
	struct page_in page;
	int64_t user_id;
};

#define USER_LIST_PARAMS(most)                                                                     \
	{ "user_id", PARAM_ID, offsetof(struct user_list_in, user_id),                              \
		.doc = "absent or 0: the viewer" },                                                 \
	PAGE_PARAMS(struct user_list_in, most)

/* In outputs. */
#define PAGE_OUTPUT                                                                                \
	{                                                                                           \
		FIELD_NEXT_CURSOR, OUT_CURSOR,                                                      \
		    .doc = "send it as cursor to get the next page; \"\" on the last one"           \
	}

#endif
