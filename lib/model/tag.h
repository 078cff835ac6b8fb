/* tag.h - hashtags: words behind '#' in titles and descriptions, as rows.
 *
 * A tag is letters, digits, marks and '_' of any script, at most TAG_CHARS of them and not only
 * digits; it ends where anything else stands.  Tags that read alike (base/fold.h) are one.  A clip
 * has those rows while others see it. */
#ifndef MODEL_TAG_H
#define MODEL_TAG_H

#include "model/call.h"
#include "model/video.h"

#define TAG_CHARS 40
#define TAG_KEY_BYTES 500
#define TAGS_MAX 10 /* of a clip; more are text */
#define TAG_HOT_MAX 50
#define TAG_COUNTED 256 /* clips; of a tag that has more the number is the same for everybody */

struct tag {
	int64_t id, videos;
	const char *name;
};

struct tag_list {
	size_t n;
	const void **rows; /* struct tag */
};

extern const struct shape tag_shape;

/* A tag as it was written and as it is compared. */
struct tag_text {
	const char *key, *name;
};

/* The tags of a clip, each once. */
size_t tag_parse(struct arena *a, const char *title, const char *description,
    struct tag_text out[TAGS_MAX]);

/* Their keys, a line each. */
const char *tag_keys(struct arena *a, const char *title, const char *description);

/* In a transaction: a clip has the tags of these texts, where it had was (of tag_keys()); anew: some
 * of those may be missing. */
enum err tags_write(struct call *c, int64_t video_id, const char *was, const char *title,
    const char *description, bool anew) CHECKED;

/* The tags of ids in their order, those that exist.  Clips of those whom the viewer does not see are not
 * counted, and a tag without others is left out; but see TAG_COUNTED. */
enum err tag_list_of(struct call *c, const int64_t *ids, size_t n, struct tag_list *out) CHECKED;

/* (id) of those of n tags, ascending, that the viewer does not see: all their clips are of such people. */
enum err tags_hidden(struct call *c, const int64_t *ids, size_t n, struct rows *out) CHECKED;

/* Tags that the newest clips have, most used first. */
enum err tag_hot(struct call *c, size_t n, struct tag_list *out) CHECKED;

/* A page of the clips of a tag, with or without '#' before its name: newest first, or the most popular; its
 * cursor is b alone.  E_TAG_UNKNOWN where no clip has it. */
enum err tag_page(struct call *c, const char *name, bool popular, const struct page *p,
    struct video_list *out, const struct tag **tag) CHECKED;

#endif
