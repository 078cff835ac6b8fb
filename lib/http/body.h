/* body.h - reads a request's body: forms, JSON, uploads. */
#ifndef HTTP_BODY_H
#define HTTP_BODY_H

#include "http/request.h"

/* Reads the body, as far as it is good, and takes it apart into r->body and r->file.  file: the
 * name of the one part that is stored, NULL for none; c->conf gives the ceiling and the place.
 * In API a text that begins with '{' is JSON whatever its type, and E_BODY where the type is none that
 * is taken: a body that was not read would be one without parameters, which may mean all.  DOUYIN reads no such one.
 * E_TOO_LARGE, E_FILE_TOO_LARGE, E_BODY (or cut short), E_DISK, E_PARAM with c->problem set. */
enum err body_read(struct call *c, struct io *io, struct request *r, enum dialect dialect, const char *file)
    CHECKED;

/* Up to n bytes of a body that nobody takes apart; less only at its end, or where it was cut off. */
size_t body_piece(struct io *io, struct request *r, void *p, size_t n);

/* Reads and forgets what is left of the body, at most DRAIN_MAX: a client that is still sending
 * when we answer would see a broken connection instead of the reply. */
void body_drain(struct io *io, struct request *r);

#endif
