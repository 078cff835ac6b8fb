/* search.h - finding clips, users and tags: an inverted table of grams (base/fold.h) in plain InnoDB.
 *
 * What is in the index is what others may see, at every commit: the function that changes a row of
 * videos or users calls search_videos_write() or search_user_write() in its transaction.
 *
 * Each thing has a place, which all its postings carry: heat * 2^53 + id.  Heat is
 * 2 * log2(1 + popularity), so that popularity comes first and the newest of equal ones next, the
 * lists of two grams are in the same order, and a thing moves seldom when it is liked:
 * search_refresh() moves it. */
#ifndef MODEL_SEARCH_H
#define MODEL_SEARCH_H

#include "model/call.h"

#define SEARCH_KEYWORD_MAX 64 /* characters */
#define SEARCH_WORDS_MAX 8    /* words of a query that all have to be there; more are ignored */
#define SEARCH_TOTAL_MAX 1000 /* a total is exact up to here */
#define SEARCH_DEPTH_MAX 10000 /* hits that pages by number reach; a cursor goes on */
#define SEARCH_TITLE_CHARS 256 /* of a folded title */
#define SEARCH_BODY_CHARS 2000 /* of the folded name and description, which have at most 1,032 */
#define SEARCH_BATCH 256
#define SEARCH_STEP_CHARS 4096 /* of texts that a transaction writes: seconds, where all is packed */

enum search_kind { SEARCH_VIDEO = 1, SEARCH_USER = 2, SEARCH_TAG = 3 };

/* ---- search_index.c: inside the transaction that changes the rows ---- */

/* Before it: how much there is to do for each of n things, at most 1024, and how many of them, at least
 * one, a transaction may do. */
enum err search_weigh(struct call *c, const int64_t *ids, size_t n, int64_t *chars) CHECKED;
size_t search_step(const int64_t *chars, size_t n);

/* Makes index and tags of these clips say what their rows say; n is at most SEARCH_BATCH, and where they
 * may be long not more than search_step() says.  Locks the rows.  anew: trusts nothing that stands
 * there, and takes the popularity of now. */
enum err search_videos_write(struct call *c, const int64_t *ids, size_t n, bool anew) CHECKED;
enum err search_video_write(struct call *c, int64_t id) CHECKED;

/* The same for users. */
enum err search_users_write(struct call *c, const int64_t *ids, size_t n, bool anew) CHECKED;
enum err search_user_write(struct call *c, int64_t id) CHECKED;

/* ---- search_find.c ---- */

struct search_query {
	enum search_kind kind;
	/* In quotes: only the whole phrase.  "": all there is, clips newest first, others by place. */
	const char *keyword;
	int64_t page, size;     /* from 1; page * size is at most SEARCH_DEPTH_MAX */
	int64_t a, b;           /* cursor behind the row before */
	bool from_cursor;       /* then page does not matter */
};

struct search_hits {
	size_t n;
	int64_t *ids;
	int64_t last_a, last_b; /* the cursor behind the last hit */
	bool more;
	int64_t total;          /* at least so many */
	bool total_exact;       /* and not more */
	int64_t phrase;         /* of the total: titles that have the whole phrase, they come first */
};

/* First what has the keyword in its title as it stands, then what has all its words anywhere; each by
 * place.  A keyword without a letter finds nothing.  Only what the viewer sees, in pages and totals, as
 * far as his marks are known (viewer_know()). */
enum err search_find(struct call *c, const struct search_query *q, struct search_hits *out) CHECKED;

/* While somebody types: at most n things of a kind whose title has what was typed, by place; ids of
 * the arena. */
enum err search_typed(struct call *c, enum search_kind kind, const char *typed, size_t n,
    int64_t **ids, size_t *found) CHECKED;

/* The places of at most n clips with a tag (its key) that are worse than `before`; places has room. */
enum err search_tagged(struct call *c, const char *key, int64_t before, size_t n, int64_t *places,
    size_t *found) CHECKED;

/* ---- search_seen.c ---- */

/* Whether there is anybody whom the viewer does not see; his marks are known. */
bool search_barred(const struct call *c);

/* Drops of *n places (or ids) of a kind, at most 1024, what he does not see: clips of such people,
 * they themselves, and tags that only such clips have (of those with at most TAG_COUNTED clips). */
enum err search_seen(struct call *c, enum search_kind kind, int64_t *places, size_t *n) CHECKED;

/* Clips, newest first: what an empty keyword means. */
enum err search_newest_clips(struct call *c, const struct search_query *q,
    struct search_hits *out) CHECKED;

/* ---- search_admin.c, search_check.c ---- */

/* Looks through a piece of the index (at most n things, in turn, and the n newest) and moves what
 * became more popular.  For the housekeeping of the media worker.  The arena is reset. */
enum err search_refresh(struct call *c, size_t n, int64_t *moved) CHECKED;

/* The same for these things, at once: for who knows what something happened to.  ids are not of the
 * arena, which is reset. */
enum err search_refresh_of(struct call *c, const int64_t *ids, size_t n) CHECKED;

/* Indexes everything anew in batches, each a transaction; where it was broken off, it goes on.  told
 * may be NULL. */
enum err search_reindex(struct call *c, void (*told)(int64_t done), int64_t *done) CHECKED;

/* Whether search_reindex() has to run: nothing was indexed yet, or a run was broken off. */
enum err search_wants_reindex(struct call *c, bool *yes) CHECKED;

/* Compares the index with the rows; calls told for each difference.  While others write it may tell
 * of what is just changing. */
enum err search_check(struct call *c, void (*told)(int64_t id, const char *what),
    int64_t *differences) CHECKED;

/* ---- for the files of search and tags only ---- */

#define PLACE_ID_MASK INT64_C(0x1fffffffffffff)

int64_t search_place(int64_t id, int64_t popularity);

/* One thing as the index holds it. */
struct search_doc {
	int64_t id, place;
	enum search_kind kind;
	const char *title, *body, *tags; /* folded; body begins with title; keys of tags, a line each */
};

/* Two for each character, and those of the tags. */
#define SEARCH_TERMS_MAX 5000

/* Its terms, sorted, each once; at most SEARCH_TERMS_MAX. */
size_t search_terms(const struct search_doc *d, int64_t *out);

/* The term of a tag, under which its clips stand by place. */
int64_t search_tag_term(const char *key);

/* The term of all users, and of all tags. */
int64_t search_all_term(enum search_kind kind);

/* Changes the index from what it held (by id, NULL: nothing) to what it shall hold. */
struct search_change {
	const struct search_doc *old, *new;
	bool anew; /* put all postings, as some may be missing */
};
enum err search_apply(struct call *c, const struct search_change *changes, size_t n) CHECKED;

/* The things that stand in the index; out[i] is that of ids[i] or NULL.  Locks them. */
enum err search_docs_lock(struct call *c, const int64_t *ids, size_t n,
    const struct search_doc **out) CHECKED;

/* The ids (SEARCH_BATCH) behind *after, which moves, that the whole index is made of in these phases:
 * clips, users, what stands in the index, tags. */
#define SEARCH_PHASES 4
#define SEARCH_PHASE_DOCS 2 /* what stands in the index */
enum err search_next(struct call *c, int phase, int64_t *after, int64_t *ids, size_t *n) CHECKED;

/* (id, kind) of what of these must not stand in the index. */
enum err search_strays(struct call *c, const int64_t *ids, size_t n, struct rows *out) CHECKED;

/* (id, clips, clips as counted) of these tags. */
enum err search_tags_counted(struct call *c, const int64_t *ids, size_t n, struct rows *out) CHECKED;

/* ---- search_sums.c: postings that are there against those that things ask for ---- */

struct search_sums;

/* For free(). */
struct search_sums *search_sums_new(void);

/* Adds what a thing asks for; takes away all that is there. */
void search_sums_add(struct search_sums *s, const struct search_doc *d);
enum err search_sums_less(struct call *c, struct search_sums *s) CHECKED;

/* Then: whether what stands at a place may be right. */
bool search_sums_fit(const struct search_sums *s, int64_t place);

/* Counts postings, in rows and packs, that nothing asks for, and packs that cannot be read; and removes
 * them. */
enum err search_strays_of(struct call *c, struct search_sums *s, bool remove, int64_t *strays,
    int64_t *damaged) CHECKED;

/* Removes all of them; for an index whose things all have their postings. */
enum err search_mend(struct call *c) CHECKED;

/* How far the work of that name has come; 0 where it has not begun. */
enum err search_state_get(struct call *c, const char *name, int64_t *value) CHECKED;
enum err search_state_put(struct call *c, const char *name, int64_t value) CHECKED;

/* What a row makes: of a clip's title, description, and author's name; of a user's name. */
const struct search_doc *search_video_doc(struct call *c, int64_t id, const char *title,
    const char *description, const char *author);

#endif
