/* io.h - where a request comes from and where its reply goes: FastCGI, CGI, or a shell.
 *
 * Nothing else in lib/http knows which of the three it is. */
#ifndef HTTP_IO_H
#define HTTP_IO_H

#include <stdbool.h>
#include <stddef.h>

struct io {
	char **env; /* "NAME=value", ends with NULL; valid until the request is over */

	/* Up to n bytes of the body; less only at its end, or where it was cut off. */
	size_t (*read)(struct io *io, void *p, size_t n);

	/* The whole reply: CGI header, empty line, body. */
	bool (*write)(struct io *io, const char *p, size_t n, size_t body_at);

	/* Reading goes on until the body ends, not beyond it, without a CONTENT_LENGTH. */
	bool ends;
	void *arg;
};

/* Serves FastCGI requests from descriptor 0 until SIGTERM: serve(arg, io) for each.  Returns the
 * exit status. */
int io_fastcgi(void (*serve)(void *arg, struct io *io), void *arg);

/* The one request of a CGI program. */
void io_cgi(void (*serve)(void *arg, struct io *io), void *arg);

/* Whether descriptor 0 is a FastCGI listener.  Call it first, and once: it sets up the signals, and libfcgi takes
 * them only the first time. */
bool io_is_fastcgi(void);

#endif
