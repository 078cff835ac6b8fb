/* search_pack.h - postings of frequent grams, hundreds in a row of search_packs, and the lists that
 * are read from there and from search_postings as one.
 *
 * A new posting is a row of search_postings.  Once a gram has SEARCH_PACK_MIN of them, housekeeping
 * moves them into packs: a list is read many times as fast from there, and takes a tenth of the
 * room.  Who publishes never touches a pack, so that clips with the same words do not wait for each
 * other; only what changes, moves or goes is taken out of its packs.
 *
 * Invariant: at every commit the rows and packs of a term together have the places that
 * search_terms() asks for, and no others.  Packs of a term do not overlap. */
#ifndef MODEL_SEARCH_PACK_H
#define MODEL_SEARCH_PACK_H

#include "model/call.h"

#define SEARCH_PACK_MIN 128 /* a gram with fewer rows stays as it is */
#define SEARCH_PACK_N 512   /* places of a full pack */
#define SEARCH_PACK_BYTES (9 * SEARCH_PACK_N)

/* Writes n > 0 ascending places, but for the first, as a pack's text: SEARCH_PACK_BYTES are enough
 * for SEARCH_PACK_N of them.  Returns its bytes. */
size_t search_pack_write(const int64_t *places, size_t n, char *out);

/* How many places a pack has; one that is damaged has less. */
size_t search_pack_count(const char *pack, size_t bytes);

/* The places of a pack, ascending; out has room for search_pack_count(), which is also what it
 * returns.  0: it is damaged. */
size_t search_pack_read(int64_t first, const char *pack, size_t bytes, int64_t *out);

/* Takes a place out of the packs of these terms, where they have it; in the transaction that removes
 * its rows, after them. */
enum err search_pack_take(struct call *c, const int64_t *terms, size_t n, int64_t place) CHECKED;

/* Packs the grams that have many rows: looks at `pieces` pieces of a few thousand grams, in turn;
 * SIZE_MAX: at all of them.  *packed: rows that went into packs.  Each of its transactions leaves a
 * right index. */
enum err search_pack(struct call *c, size_t pieces, int64_t *packed) CHECKED;

/* ---- search_list.c: the places of a gram, from the best one down ---- */

struct search_list {
	int64_t term, last_term; /* that and, where it differs, the next one */
	int64_t *places, *spare; /* what was read last, descending; and as much room again */
	size_t n, at, room;
	int64_t floor;           /* whatever stands between places[0] and here was read; 0: to the end */
	int64_t step;            /* packs that the next read asks for */
};

/* Of one term; body: and of the one after it, what has the gram only in its body. */
void search_list_open(struct search_list *l, int64_t term, bool body);

/* The best place that is not better than `place`, 0 where the list ends.  Places asked for may only
 * become worse.  *cost grows by what was read: about nanoseconds. */
enum err search_list_seek(struct search_list *l, struct call *c, int64_t place, int64_t *found,
    int64_t *cost) CHECKED;

#endif
