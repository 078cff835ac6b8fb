/* multipart.h - multipart/form-data (RFC 7578) as a stream, in constant memory.
 *
 * Bytes are pushed in as they come, in pieces of any size; the parts come out through a sink.  The
 * same events come out wherever the pieces were cut (data may come in other pieces). */
#ifndef HTTP_MULTIPART_H
#define HTTP_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define MULTIPART_BOUNDARY 70  /* RFC 2046 */
#define MULTIPART_HEADERS 8192 /* bytes of one part's headers */
#define MULTIPART_NAME 256

struct multipart_part {
	char name[MULTIPART_NAME]; /* a part without a name or with a longer one has "" */
	bool file;                 /* it has a file name (which nobody may trust) */
	bool file_named;           /* ... that is not empty: browsers send "" for no file */
};

/* What happens with the parts; an error ends the parsing and comes back from multipart_push(). */
struct multipart_sink {
	enum err (*begin)(void *arg, const struct multipart_part *part);
	enum err (*data)(void *arg, const char *p, size_t n);
	enum err (*end)(void *arg);
	void *arg;
};

struct multipart {
	const struct multipart_sink *sink;
	enum { M_PREAMBLE, M_DELIMITER, M_HEADERS, M_DATA, M_EPILOGUE, M_DAMAGED } state;
	char delimiter[4 + MULTIPART_BOUNDARY]; /* CR LF - - boundary */
	size_t delimiter_n;
	size_t matched; /* of the delimiter, before this piece */
	struct multipart_part part;
	size_t line_n; /* what is kept of headers, or of the delimiter line */
	char line[MULTIPART_HEADERS];
};

/* Whether the header names multipart/form-data. */
bool multipart_is(const char *content_type);

/* false: the boundary is missing or not one of RFC 2046. */
bool multipart_init(
    struct multipart *m, const char *content_type, const struct multipart_sink *sink);

/* E_PARAM: damaged (or headers beyond the ceiling), beside what the sink returns. */
enum err multipart_push(struct multipart *m, const char *p, size_t n) CHECKED;

/* Whether the closing delimiter came: without it the body was cut short. */
bool multipart_complete(const struct multipart *m);

#endif
