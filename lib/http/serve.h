/* serve.h - one request from its environment to its reply. */
#ifndef HTTP_SERVE_H
#define HTTP_SERVE_H

#include "base/log.h"
#include "http/endpoint.h"
#include "http/io.h"

/* Reads the configuration where it is not read yet: what many processes may share.  false with a
 * sentence at why. */
bool serve_load(char *why, size_t why_size);

/* The same, opens the log and maps the shared memory; nothing connects yet.  least: log no more than
 * this, beside what log_level says. */
bool serve_open(const struct endpoint *ep, enum log_level least, char *why, size_t why_size);

/* Gives everything back (tests). */
void serve_close(void);

/* Serves one request; false where the reply is an error. */
bool serve_request(const struct endpoint *ep, struct io *io);

#endif
