/* dialect.h - the envelope around a reply, and how errors map, in each dialect. */
#ifndef HTTP_DIALECT_H
#define HTTP_DIALECT_H

#include "http/render.h"

/* What became of a request. */
struct outcome {
	enum err e;
	const struct problem *problem; /* beside e, may be NULL */
	bool routed; /* a route was found: before that even /douyin says so by HTTP */
};

/* The dialect of a path that no route answers. */
enum dialect dialect_of_path(const char *path);

/* Whether the client reads it as a success. */
bool dialect_success(enum dialect d, enum err e);

/* HTTP status. */
int dialect_status(enum dialect d, const struct outcome *o);

/* The body.  In /api an error's sentence is for people, its name (err_word) for programs.  ep and route may be NULL (then r is not looked at). */
void dialect_body(struct buf *b, const struct render *r, const struct endpoint *ep,
    const struct route *route, const struct outcome *o, enum lang lang, const struct reply *reply);

#endif
