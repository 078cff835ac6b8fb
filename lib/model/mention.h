/* mention.h - @name in comments, titles and descriptions.
 *
 * Behind an '@' (also the full-width one) the longest name that exists counts, of at most
 * ACCOUNT_NAME_MAX characters without white space.  In scripts that put spaces between words a name
 * must end where a word does ("@bobby" is not bob); in others it may be followed by anything.  An '@'
 * within an address (ann@example.org) is none.  A name later taken makes no mention of an old text. */
#ifndef MODEL_MENTION_H
#define MODEL_MENTION_H

#include "model/call.h"

#define MENTION_MAX 20 /* in a text; further ones are plain text */

enum mention_field { MENTION_TITLE = 1, MENTION_DESCRIPTION = 2, MENTION_COMMENT = 3 };

struct mention {
	int64_t user_id;
	int64_t begin, end; /* in characters (code points), with the '@'; end is behind it */
	const char *name;
};
extern const struct shape mention_shape;

struct mention_list {
	enum mention_field field;
	size_t n;
	struct mention *v;
};

/* Where a text stands. */
struct mention_source {
	int64_t source_id, video_id, author_id;
	int64_t told[2]; /* who is told of the text by another notification anyway, or 0 */
};

/* Reads the names out of a text; before the transaction that writes it.  NULL: nothing. */
enum err mention_find(struct call *c, const char *text, enum mention_field field,
    struct mention_list *out) CHECKED;

/* In the transaction that writes the text: these instead of what this field mentioned before.
 * fresh: nothing was there before.  Who was mentioned before is not told again. */
enum err mention_write(struct call *c, const struct mention_source *s, const struct mention_list *list,
    bool fresh) CHECKED;

/* The mentions of n sources of one field, ids ascending: out[i] gets those of ids[i], in order, with
 * their names. */
enum err mention_of(struct call *c, enum mention_field field, const int64_t *ids, size_t n,
    struct shape_list *out) CHECKED;

/* In a transaction: none of these n sources mentions anybody any more. */
enum err mention_remove(struct call *c, const int64_t *ids, size_t n) CHECKED;

/* All of a clip that goes: of its title, description and comments.  May be repeated. */
enum err mention_purge(struct call *c, int64_t video_id) CHECKED;

#endif
