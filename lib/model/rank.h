/* rank.h - which clips a person is shown: scores, mixing and variety, without a database.
 *
 * The one who asks fills a pool with candidates out of several sources, scores them by what the
 * person liked lately, and picks a page.  The simulator (tests/bench/simulate.c) calls the same
 * functions as the programs do.  All of it follows from its arguments: the same ones, `luck`
 * included, give the same page. */
#ifndef MODEL_RANK_H
#define MODEL_RANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define RANK_TAGS 3
#define RANK_TASTES 48  /* authors and tags, each, that a person's tastes hold */
#define RANK_RELATED 512 /* slots of a hash table */
#define RANK_POOL 4096  /* candidates at most */

/* What is known of a clip without its row. */
struct rank_card {
	int64_t id, author_id, published_ms;
	float quality; /* rank_quality() */
	float hot;     /* decayed engagement, see recommend_fold.c */
	float plays;   /* decayed */
	int64_t tags[RANK_TAGS]; /* ids of its tags, 0: none */
};

/* What a person did with a clip, and what it says of his taste (rank_event_weight()). */
enum rank_event { RANK_LIKED, RANK_SHARED, RANK_COMMENTED, RANK_FINISHED, RANK_WATCHED, RANK_SKIPPED,
	RANK_SEEN, RANK_DISMISSED, RANK_FOLLOWED };

#define RANK_SEEDS 32     /* newest likes and plays whose neighbours are candidates */
#define RANK_WORKS 20     /* newest clips of an author that are candidates */
#define RANK_AUTHORS 24   /* authors, liked or followed, whose clips are candidates */
#define RANK_HOT_MAX 400  /* clips in the trending list */
#define RANK_NEW_MAX 800  /* in the list of new ones */
#define RANK_TAGGED 60    /* in the list of a tag: the best of its newest RANK_TAG_NEWEST */
#define RANK_TAG_NEWEST 500
#define RANK_LIKED_TAGS 6 /* tags whose lists are candidates */

/* Something that the person did with a clip: weight above 0 where he liked it, below where not. */
struct rank_seed {
	struct rank_card card;
	float weight;
};

struct rank_taste {
	int64_t id; /* of an author, or a tag */
	float share; /* -1..1: how much of what he liked (or disliked) was of this author or tag */
};

struct rank_tastes {
	struct rank_taste authors[RANK_TASTES], tags[RANK_TASTES]; /* by falling share */
	struct rank_taste related[RANK_RELATED]; /* authors liked by those who like his, in no order */
	size_t authors_n, tags_n, related_n;
	float near_unit; /* what the similarities to his seeds are divided by */
};

/* Where a candidate comes from; it may have several. */
enum rank_source {
	RANK_NEAR = 1,    /* who liked what he liked also liked this */
	RANK_AUTHOR = 2,  /* of an author whose clips he liked */
	RANK_TAG = 4,     /* of a tag that he liked */
	RANK_FOLLOW = 8,  /* of an author whom he follows */
	RANK_HOT = 16,    /* trending */
	RANK_NEW = 32,    /* so new that it needs an audience */
};

struct rank_pick {
	struct rank_card card;
	uint32_t sources; /* enum rank_source */
	float near, author, tag, follow, hot; /* what each adds to the match */
	float match, score;                   /* score = (quality + a floor) * (match + a base) */
	bool explored; /* shown to find out how good it is */
	bool gone;     /* taken, or dropped */
};

/* The weights of the configuration, 1 = as much as the others. */
struct rank_weights {
	float near, taste, follow, hot;
	float explore;    /* share of the page that new clips get */
	float audience;   /* plays below which a clip counts as new */
	int64_t new_ms;   /* and the age */
};

struct rank_pool; /* opaque */

/* value after age_ms, where it halves every half_life_ms. */
double rank_decay(double value, int64_t age_ms, int64_t half_life_ms);

/* How sure it is that people like a clip, 0..1: the lower end of the Wilson interval (z = 1) of
 * positives among trials, to which five trials of the average clip (mean, 0..1) are added; so few
 * trials say little.  positives above trials count as trials. */
double rank_quality(double positives, double trials, double mean);

/* A number from 0 to 1 that follows from the two. */
double rank_luck(uint64_t luck, int64_t id);

/* Above 0: he likes such clips better than people do, below: less.  quality: the clip's, what was to be
 * expected of anybody. */
float rank_event_weight(enum rank_event event, float quality, int64_t age_ms, int64_t half_life_ms);

/* What each row of an event says in the search for neighbours (near.h), where quality is the clip's.  A play
 * that was liked is two rows; RANK_FOLLOWED is of an author alone. */
float rank_near_value(enum rank_event event, float quality);

/* Says that `author_id` is liked by those who like an author of the tastes: share is that one's,
 * times the similarity of the two.  After rank_tastes(). */
void rank_relate(struct rank_tastes *t, int64_t author_id, float share);

/* The related authors by falling share, at most n: returns how many.  Their clips are candidates. */
size_t rank_related(const struct rank_tastes *t, struct rank_taste *out, size_t n);

/* The tastes that follow from the seeds. */
void rank_tastes(const struct rank_seed *seeds, size_t n, struct rank_tastes *out);

/* An empty pool of the arena.  hot_unit: the `hot` of the most trending clip. */
struct rank_pool *rank_pool_new(struct arena *a, float hot_unit);

/* Candidates with this id, or of this author, are not taken: call it before rank_add(). */
void rank_skip(struct rank_pool *p, int64_t id);

/* What is remembered of a clip in RANK_MARK_BITS: of 1,600 clips that are, one in 300,000 others is taken for
 * one.  And the same as rank_skip() for such a mark. */
#define RANK_MARK_BITS 29
uint32_t rank_mark(int64_t id);
void rank_skip_mark(struct rank_pool *p, uint32_t mark);

/* Adds a candidate, or a source to one.  near: its similarity to a seed times that seed's weight.
 * What comes when the pool is full is dropped. */
void rank_add(struct rank_pool *p, const struct rank_card *card, enum rank_source source, float near);

/* Scores all candidates; the clips of authors whose share is below -0.5 are dropped. */
void rank_score(struct rank_pool *p, const struct rank_tastes *t, const struct rank_weights *w,
    int64_t now_ms, uint64_t luck);

/* Picks the next n at most, after rank_score(): the best first, but fewer of one author or tag the
 * more of it there are already, and new clips in their share of the places.  Picks are taken out
 * of the pool: the next call goes on.  Returns how many. */
size_t rank_pick(struct rank_pool *p, size_t n, const struct rank_pick **out);

/* How many candidates are in the pool (tests and explanations). */
size_t rank_pool_size(const struct rank_pool *p);

#endif
