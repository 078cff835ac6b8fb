/* tus.h - resumable upload, tus 1.0.0: core, creation, creation-with-upload, checksum, expiration and
 * termination, over lib/store/part.h. */
#ifndef HTTP_TUS_H
#define HTTP_TUS_H

#include "http/raw.h"
#include "store/part.h"

/* Headers of every reply, for struct endpoint. */
#define TUS_HEADERS                                                                                \
	"Tus-Resumable: 1.0.0\r\nAccess-Control-Expose-Headers: Upload-Offset, Location, "          \
	"Upload-Length, Tus-Version, Tus-Resumable, Tus-Max-Size, Tus-Extension, "                  \
	"Upload-Metadata, Upload-Expires, X-Video-Id, X-Request-Id\r\n"

struct tus {
	/* Whether an upload of p->length_bytes and p->note (Upload-Metadata) may begin. */
	enum err (*may)(struct call *c, struct raw *r, const struct part *p);

	/* All bytes are there: makes something of them and calls part_done(), or on an error leaves the
	 * part for another try, or removes it.  The same upload may be handed over again after a
	 * crash. */
	enum err (*whole)(struct call *c, struct raw *r, struct part *p);
};

/* Serves one request, as a raw handler does. */
enum err tus_serve(struct call *c, struct raw *r, const struct tus *t) CHECKED;

#endif
