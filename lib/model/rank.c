/* rank.c - see rank.h.  Invariant: a candidate is in the pool once, and picked at most once. */
#include "model/rank.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "model/rank_taste.h"

#define SLOTS (4 * RANK_POOL) /* of the hash table of candidates */
#define SKIP_SLOTS 8192
#define SKIPS (SKIP_SLOTS / 2)
#define SHARES 128 /* slots of a table of the shares of RANK_TASTES */

#define QUALITY_FLOOR 0.15f /* so that a good match of unknown quality has a chance */
#define NEAR_SCALE 3.0f     /* what people did says more than who made it */
#define MATCH_BASE 0.15f    /* and a good clip that matches nothing */
#define JITTER 0.10f
#define AUTHOR_AGAIN 0.45f /* what a second clip of an author counts, a third ... */
#define TAG_AGAIN 0.90f
#define DISLIKED (-0.5f)
#define SHORTLIST 512 /* of the best candidates that a page is picked out of */
#define CHOICES 3     /* new clips that luck offers for a place: the best match of them gets it */

struct lucky {
	double luck; /* the lower the sooner */
	uint16_t i;
};

struct rank_pool {
	struct rank_pick *v; /* RANK_POOL */
	size_t n;
	uint16_t *slots; /* number in v + 1, by id */
	int64_t *skips;  /* ids of clips and authors, below 0 for marks; 0: empty */
	size_t skips_n;
	bool marks; /* there are any */
	float hot_unit;

	/* After rank_score().  A page looks at a few of the best only: the others are never sorted. */
	uint16_t *best; /* by falling score */
	uint16_t *heap; /* the others, the best of them first */
	struct lucky *fresh; /* clips that are new */
	size_t best_n, heap_n, fresh_n, picked, explored;
	float explore;
	uint64_t luck;
	struct rank_taste counts[SHORTLIST]; /* of authors and tags picked so far */
	size_t counts_n;
};

struct rank_pool *
rank_pool_new(struct arena *a, float hot_unit)
{
	struct rank_pool *p = arena_zalloc(a, sizeof(*p));

	p->v = arena_alloc(a, RANK_POOL * sizeof(*p->v));
	p->slots = arena_zalloc(a, SLOTS * sizeof(*p->slots));
	p->skips = arena_zalloc(a, SKIP_SLOTS * sizeof(*p->skips));
	p->best = arena_alloc(a, RANK_POOL * sizeof(*p->best));
	p->heap = arena_alloc(a, RANK_POOL * sizeof(*p->heap));
	p->fresh = arena_alloc(a, RANK_POOL * sizeof(*p->fresh));
	p->hot_unit = hot_unit > 0 ? hot_unit : 1;
	return p;
}

static int64_t *
skip_slot(const struct rank_pool *p, int64_t id)
{
	size_t i = hash_id(id) & (SKIP_SLOTS - 1);

	while (p->skips[i] != 0 && p->skips[i] != id)
		i = (i + 1) & (SKIP_SLOTS - 1);
	return &p->skips[i];
}

void
rank_skip(struct rank_pool *p, int64_t id)
{
	int64_t *at = skip_slot(p, id);

	if (*at == 0 && p->skips_n < SKIPS) {
		*at = id;
		p->skips_n++;
	}
}

uint32_t
rank_mark(int64_t id)
{
	return (uint32_t)(hash_id(id) >> (64 - RANK_MARK_BITS));
}

void
rank_skip_mark(struct rank_pool *p, uint32_t mark)
{
	rank_skip(p, -1 - (int64_t)mark);
	p->marks = true;
}

static bool
is_skipped(const struct rank_pool *p, const struct rank_card *card)
{
	return *skip_slot(p, card->id) != 0 || *skip_slot(p, card->author_id) != 0 ||
	    (p->marks && *skip_slot(p, -1 - (int64_t)rank_mark(card->id)) != 0);
}

void
rank_add(struct rank_pool *p, const struct rank_card *card, enum rank_source source, float near)
{
	size_t i = hash_id(card->id) & (SLOTS - 1);
	struct rank_pick *v;

	while (p->slots[i] != 0 && p->v[p->slots[i] - 1].card.id != card->id)
		i = (i + 1) & (SLOTS - 1);
	if (p->slots[i] == 0) {
		if (p->n == RANK_POOL || is_skipped(p, card))
			return;
		p->v[p->n] = (struct rank_pick){ .card = *card };
		p->slots[i] = (uint16_t)++p->n;
	}
	v = &p->v[p->slots[i] - 1];
	v->sources |= source;
	v->near += near;
}

static float
share_of(const struct rank_taste *t, size_t n, int64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (t[i].id == id)
			return t[i].share;
	return 0;
}

/* Up to 1, half at `half`: one more sign says less the more there are. */
static float
saturate(float x, float half)
{
	return x <= 0 ? x : x / (x + half);
}

/* Whether candidate a goes before candidate b. */
static bool
better(const struct rank_pool *p, uint16_t a, uint16_t b)
{
	const struct rank_pick *x = &p->v[a], *y = &p->v[b];

	if (x->score > y->score || x->score < y->score)
		return x->score > y->score;
	return x->card.id > y->card.id;
}

static void
sift_down(struct rank_pool *p, size_t i)
{
	uint16_t v = p->heap[i];

	for (size_t child; (child = 2 * i + 1) < p->heap_n; i = child) {
		if (child + 1 < p->heap_n && better(p, p->heap[child + 1], p->heap[child]))
			child++;
		if (!better(p, p->heap[child], v))
			break;
		p->heap[i] = p->heap[child];
	}
	p->heap[i] = v;
}

/* The i-th best candidate, NULL where there are fewer; asked for in order. */
static struct rank_pick *
best_at(struct rank_pool *p, size_t i)
{
	while (i >= p->best_n && p->heap_n > 0) {
		p->best[p->best_n++] = p->heap[0];
		p->heap[0] = p->heap[--p->heap_n];
		sift_down(p, 0);
	}
	return i < p->best_n ? &p->v[p->best[i]] : NULL;
}

static void
by_hash(const struct rank_taste *t, size_t n, struct rank_taste table[SHARES])
{
	memset(table, 0, SHARES * sizeof(*table));
	for (size_t i = 0; i < n; i++)
		table[rank_slot_of(table, SHARES, t[i].id)] = t[i];
}

void
rank_score(struct rank_pool *p, const struct rank_tastes *t, const struct rank_weights *w,
    int64_t now_ms, uint64_t luck)
{
	struct rank_taste authors[SHARES], tags[SHARES];

	by_hash(t->authors, t->authors_n, authors);
	by_hash(t->tags, t->tags_n, tags);
	p->luck = luck;
	p->explore = w->explore;
	p->best_n = p->heap_n = p->fresh_n = 0;
	for (size_t i = 0; i < p->n; i++) {
		struct rank_pick *v = &p->v[i];
		float author = authors[rank_slot_of(authors, SHARES, v->card.author_id)].share;
		float related = t->related[rank_slot_of(t->related, RANK_RELATED, v->card.author_id)].share;
		float tag = 0;

		if (author < DISLIKED)
			continue;
		for (size_t k = 0; k < RANK_TAGS && v->card.tags[k] != 0; k++)
			tag += tags[rank_slot_of(tags, SHARES, v->card.tags[k])].share;
		v->near = NEAR_SCALE * w->near * saturate(v->near / t->near_unit, 0.1f);
		v->author = w->taste * saturate(author + related, 0.3f);
		v->tag = w->taste * saturate(tag, 0.3f);
		v->follow = v->sources & RANK_FOLLOW ? w->follow * 0.25f : 0;
		v->hot = v->card.hot > 0 ? w->hot * 0.25f * sqrtf(v->card.hot / p->hot_unit) : 0;
		v->match = fmaxf(0, v->near + v->author + v->tag + v->follow + v->hot);
		v->score = (v->card.quality + QUALITY_FLOOR) * (v->match + MATCH_BASE) *
		    (1 + JITTER * ((float)rank_luck(luck, v->card.id) - 0.5f));
		p->heap[p->heap_n++] = (uint16_t)i;
		if (v->sources & RANK_NEW && v->card.plays < w->audience &&
		    v->card.published_ms > now_ms - w->new_ms)
			p->fresh[p->fresh_n++] =
			    (struct lucky){ rank_luck(luck + 1, v->card.id), (uint16_t)i };
	}
	for (size_t i = p->heap_n / 2; i-- > 0;)
		sift_down(p, i);
}

/* How much the n-th clip of the same author, or of the same tags, still counts. */
static float
variety(const struct rank_pool *p, const struct rank_card *c)
{
	float keep = 1, times = share_of(p->counts, p->counts_n, c->author_id);

	if (times > 0)
		keep = powf(AUTHOR_AGAIN, times);
	for (size_t k = 0; k < RANK_TAGS && c->tags[k] != 0; k++) {
		times = share_of(p->counts, p->counts_n, c->tags[k]);
		if (times > 0)
			keep *= powf(TAG_AGAIN, times);
	}
	return keep;
}

static struct rank_pick *
take(struct rank_pool *p, struct rank_pick *v)
{
	v->gone = true;
	p->picked++;
	rank_taste_add(p->counts, &p->counts_n, SHORTLIST, v->card.author_id, 1);
	for (size_t k = 0; k < RANK_TAGS && v->card.tags[k] != 0; k++)
		rank_taste_add(p->counts, &p->counts_n, SHORTLIST, v->card.tags[k], 1);
	return v;
}

static struct rank_pick *
pick_best(struct rank_pool *p)
{
	struct rank_pick *found = NULL;
	float most = -1;
	size_t seen = 0;

	for (size_t i = 0; seen < SHORTLIST; i++) {
		struct rank_pick *v = best_at(p, i);

		if (v == NULL)
			break;
		if (v->gone)
			continue;
		/* All that follow have lower scores, and variety only takes away. */
		if (v->score <= most)
			break;
		seen++;
		if (v->score * variety(p, &v->card) > most) {
			most = v->score * variety(p, &v->card);
			found = v;
		}
	}
	return found;
}

/* Of the new clips that luck offers first, the one that is worth most. */
static struct rank_pick *
pick_fresh(struct rank_pool *p)
{
	struct lucky offered[CHOICES];
	struct rank_pick *found = NULL;
	float most = -1;
	size_t n = 0;

	for (size_t i = 0; i < p->fresh_n; i++) {
		struct lucky one = p->fresh[i];
		size_t at = n;

		if (p->v[one.i].gone || (n == CHOICES && one.luck >= offered[n - 1].luck))
			continue;
		if (n == CHOICES)
			at--;
		else
			n++;
		for (; at > 0 && one.luck < offered[at - 1].luck; at--)
			offered[at] = offered[at - 1];
		offered[at] = one;
	}
	for (size_t i = 0; i < n; i++) {
		struct rank_pick *v = &p->v[offered[i].i];
		float worth = (v->match + MATCH_BASE) * variety(p, &v->card);

		if (worth > most) {
			most = worth;
			found = v;
		}
	}
	if (found != NULL)
		found->explored = true;
	return found;
}

size_t
rank_pick(struct rank_pool *p, size_t n, const struct rank_pick **out)
{
	double offset = rank_luck(p->luck, -1);
	size_t made = 0;

	while (made < n) {
		struct rank_pick *v = NULL;

		/* The places of new clips lie evenly, from a place on that luck decides. */
		if ((double)p->explored + 1 <= (double)p->explore * (double)(p->picked + 1) + offset) {
			p->explored++;
			v = pick_fresh(p);
		}
		if (v == NULL)
			v = pick_best(p);
		if (v == NULL)
			break;
		out[made++] = take(p, v);
	}
	return made;
}

size_t
rank_pool_size(const struct rank_pool *p)
{
	return p->n;
}
