/* picture.h - the pictures that people choose: a cover for one's clip, an avatar; and the preview of a
 * clip, which is made when somebody asks for it first.  All are made by the media worker. */
#ifndef MODEL_PICTURE_H
#define MODEL_PICTURE_H

#include "model/content.h"

/* What is wanted: an image that was sent (path) or the clip's frame at a time. */
struct picture_wish {
	int64_t owner_id;   /* a clip or a user */
	int64_t content_id; /* of the clip; 0: an avatar */
	int64_t id, at_ms;
	const char *path; /* in its place; "" */
	int64_t size_bytes;
};

/* Notes the wish (in place of an earlier one) and queues the job; id is filled in.  E_VIDEO_UNKNOWN.
 * The file is the wish's on success. */
enum err picture_want(struct call *c, struct picture_wish *wish) CHECKED;

/* The wish of a clip or a user that is still to be fulfilled; out->id 0: there is none. */
enum err picture_wanted(struct call *c, int64_t owner_id, struct picture_wish *out) CHECKED;

/* What became of the last one: "" (there is none, or it was fulfilled), "making", or why it was
 * refused, as refuse_code(). */
enum err picture_state(struct call *c, int64_t owner_id, const char **state) CHECKED;

/* Fulfilled: the files, in their places, become the clip's covers or the user's avatar; those before
 * are removed a while later, as clients hold their addresses.  E_NO_ROW: another wish has taken
 * its place, or the clip is gone; nothing changed. */
enum err picture_made(struct call *c, const struct picture_wish *wish, const struct media_file *files,
    size_t n) CHECKED;
enum err picture_refused(struct call *c, const struct picture_wish *wish, const char *reason) CHECKED;

/* The preview of a content: asks the worker for it where nobody did yet. */
enum preview { PREVIEW_NONE, PREVIEW_MAKING, PREVIEW_THERE, PREVIEW_IMPOSSIBLE };
enum err preview_ask(struct call *c, int64_t content_id, enum preview *state, const char **path) CHECKED;

/* The worker's answer; file NULL: it cannot be made.  E_NO_ROW: the content is gone. */
enum err preview_end(struct call *c, int64_t content_id, const struct media_file *file) CHECKED;

#endif
