/* param.h - from text to the endpoint's struct, by the parameters that it declares. */
#ifndef HTTP_PARAM_H
#define HTTP_PARAM_H

#include "http/request.h"

/* Decodes all of ep's parameters into in (zeroed, ep->in_size bytes).  set: what the route means,
 * which beats what came.  E_PARAM with c->problem naming the parameter as the client wrote it. */
enum err params_decode(struct call *c, const struct endpoint *ep, const struct route *route,
    const struct request *r, const struct source *set, void *in) CHECKED;

/* Whether a parameter or field that is for `only` belongs to the dialect. */
bool only_fits(enum only only, enum dialect d);

/* The first value that is there and not empty, in the query and then in the body; else one that is
 * empty; else NULL. */
const struct pair *param_find(const struct request *r, const char *name);

/* The text of a cursor, at most CURSOR_TEXT bytes with its NUL, and back. */
#define CURSOR_TEXT 48
void cursor_write(char out[CURSOR_TEXT], int64_t a, int64_t b);
bool cursor_read(const char *p, size_t n, struct cursor *out);

#endif
