/* reply_internal.h - what a handler put into its reply: values by reference, no text yet.
 *
 * Rows and strings must live until the reply is rendered, which is right after the handler. */
#ifndef HTTP_REPLY_INTERNAL_H
#define HTTP_REPLY_INTERNAL_H

#include "http/endpoint.h"
#include "http/param.h"

struct reply_field {
	enum field field;
	enum output_type type;
	int64_t i;
	const char *s;
	const struct shape *shape;
	const void *row;
	const void *const *rows;
	size_t n;
	char cursor[CURSOR_TEXT];
};

/* In the order in which the fields were first set. */
struct reply {
	size_t n;
	struct reply_field v[FIELD_COUNT];
};

const char *field_name(enum field f, enum dialect d);

#endif
