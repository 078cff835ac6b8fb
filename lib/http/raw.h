/* raw.h - a request whose handler reads the body and answers by itself: resumable upload, pages.
 *
 * Route, viewer, rate, request id, log line and errors are as for any other program: the handler
 * returns an error, which is answered as JSON; or E_OK, and then its status and headers go out
 * with the body that raw_body() was given, or without one.  The headers that it sets go out with an error, too. */
#ifndef HTTP_RAW_H
#define HTTP_RAW_H

#include "base/text.h"
#include "http/request.h"

#define RAW_HEADERS_MAX 8000
#define RAW_METADATA_MAX 6000

struct raw {
	const struct endpoint *ep;
	const struct route *route; /* NULL: OPTIONS */
	const char *below;         /* the path's segment below the route, decoded; "" where there is none */
	int status;                /* of a success; 204 */
	const char *type, *text;   /* of the body; NULL: none */
	size_t text_n;
	struct request *request;
	struct io *io;
	size_t headers_n;
	char headers[RAW_HEADERS_MAX];
};

/* A header of the request by its CGI name ("HTTP_UPLOAD_OFFSET"), "" where it did not come. */
const char *raw_header(const struct raw *r, const char *name);

/* A header that is a whole number; false where it is none, or did not come. */
bool raw_number(const struct raw *r, const char *name, int64_t *out);

/* Up to n bytes of the body; less only at its end, or where it was cut off. */
size_t raw_read(struct raw *r, void *p, size_t n);

/* Adds a header to the reply; one that does not fit is left out. */
void raw_set(struct raw *r, const char *name, const char *value);
void raw_set_int(struct raw *r, const char *name, int64_t value);

/* The status, Content-Type and body of a success; the buffer's memory is given back.  E_INTERNAL
 * where the text did not fit into it. */
enum err raw_body(struct call *c, struct raw *r, int status, const char *type, struct buf *b) CHECKED;

/* Reads the query by the program's parameters into in.  E_PARAM with c->problem set. */
enum err raw_query(struct call *c, const struct raw *r, void *in) CHECKED;

/* Reads the text of an Upload-Metadata header ("name base64,name base64...") by the program's
 * parameters into in.  E_PARAM with c->problem set. */
enum err raw_metadata(struct call *c, const struct raw *r, const char *text, void *in) CHECKED;

#endif
