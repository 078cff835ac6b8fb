/* render.h - rows to JSON text by their shapes.
 *
 * The text of a row with a stamp is kept in process memory, with holes where the viewer's marks
 * go, and spliced into later replies: byte for byte what a rendering would give. */
#ifndef HTTP_RENDER_H
#define HTTP_RENDER_H

#include "base/text.h"
#include "http/reply_internal.h"

#define FRAGMENTS 4096            /* slots */
#define FRAGMENT_BYTES (8u << 20) /* of all texts together */

struct render {
	enum dialect dialect;
	const struct call *call;
	const char *base, *media; /* addresses before M_URL and M_MEDIA */
	uint32_t base_id;         /* of the two; 0: nothing is kept */
	bool (*likes)(const struct call *c, int64_t video_id);
	bool (*follows)(const struct call *c, int64_t user_id);
	bool (*stars)(const struct call *c, int64_t video_id);
};

/* base: of request_base(). */
void render_init(struct render *r, const struct call *c, enum dialect d, const char *base);

/* One value as JSON.  A row that is NULL gives {}; in a list it is left out. */
void render_value(struct buf *b, const struct render *r, const struct reply_field *f);
void render_row(struct buf *b, const struct render *r, const struct shape *shape, const void *row);

/* Texts kept, and their bytes (tests). */
size_t render_kept(size_t *bytes);

#endif
