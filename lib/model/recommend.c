/* recommend.c - see recommend.h.  Invariant: what a page shows was looked up as unseen, visible and
 * not dismissed in the same request, whatever the prepared lists say. */
#include "model/recommend.h"

#include <string.h>

#include "model/recommend_user.h"
#include "model/viewer.h"

#define ROUNDS 3 /* a page that turns out half seen, or half invisible, is filled up so often */
#define PART 200 /* picks that are looked at together */
#define TRIES 4  /* where requests of the same user meet */

/* In a cursor: a version of the lists (31 bits), and from which place on (12 bits). */
#define RECOMMEND_VERSION(place) ((place) >> 12)
#define RECOMMEND_PLACE(version, from) ((version) << 12 | (int64_t)(from))

static struct rank_weights
weights(const struct conf *conf)
{
	return (struct rank_weights){
		.near = (float)conf->recommend_near / 100,
		.taste = (float)conf->recommend_taste / 100,
		.follow = (float)conf->recommend_follow / 100,
		.hot = (float)conf->recommend_hot / 100,
		.explore = (float)conf->recommend_explore / 100,
		.audience = (float)conf->recommend_audience,
		.new_ms = conf->recommend_new * 1000,
	};
}

/* The lists that all have in common, of one version where it is still there (0: of now); either may be
 * NULL. */
static enum err
lists(struct call *c, int64_t version, const struct recommend_list **hot, const struct recommend_list **fresh)
{
	int64_t ids[] = { recommend_list_id(LIST_HOT, version), recommend_list_id(LIST_NEW, version) };
	const void *row[2] = { NULL, NULL };
	enum err e = rows_get(c->rows, c->mem, &recommend_list_class, c, ids, 2, row);

	*hot = row[0];
	*fresh = row[1];
	return e == E_OK && version != 0 && (*hot == NULL || *fresh == NULL) ? lists(c, 0, hot, fresh) : e;
}

/* The same, but those of now as the run of the job kept them: clips that are gone since have their places, as they
 * have on the pages that follow. */
static enum err
kept_lists(struct call *c, int64_t version, const struct recommend_list **hot, const struct recommend_list **fresh)
{
	enum err e = lists(c, version, hot, fresh);

	return e == E_OK && version == 0 && *hot != NULL && (*hot)->version != 0 ? lists(c, (*hot)->version, hot, fresh) : e;
}

static float
hot_unit(const struct recommend_list *hot)
{
	return hot != NULL && hot->row.tail_n > 0 ? recommend_list_of(hot).v[0].hot : 0;
}

static enum err
candidates(struct call *c, struct recommend_user **who, struct rank_pool **out)
{
	const struct recommend_list *hot, *fresh;
	struct rank_weights w = weights(c->conf);
	struct rank_shelf shelf = recommend_shelf(c);
	struct recommend_user *u;
	enum err e = recommend_user_load(c, c->viewer_id, &u);

	*who = u;
	if (e == E_OK)
		e = recommend_user_tastes(c, u, c->now_ms);
	if (e == E_OK)
		e = lists(c, 0, &hot, &fresh);
	if (e != E_OK)
		return e;
	*out = rank_pool_new(c->mem, hot_unit(hot));
	recommend_user_skips(c, u, *out);
	e = rank_gather(&shelf, &u->who, recommend_list_of(hot), recommend_list_of(fresh), *out);
	if (e == E_OK)
		rank_score(*out, &u->who.tastes, &w, c->now_ms, (uint64_t)(c->now_ms ^ u->id));
	return e;
}

/* Until n picks are found that he has not seen. */
static enum err
pick_unseen(struct call *c, const struct recommend_user *u, struct rank_pool *p, size_t n,
    const struct rank_pick **out, size_t *out_n)
{
	enum err e = E_OK;

	*out_n = 0;
	for (int round = 0; round < ROUNDS && e == E_OK && *out_n < n; round++) {
		size_t want = n - *out_n + (round > 0 ? n : 0);
		size_t got = rank_pick(p, want, out + *out_n);

		e = recommend_user_unseen(c, u, out + *out_n, &got);
		*out_n += got;
		if (got == 0 && round > 0)
			break;
	}
	if (*out_n > n)
		*out_n = n;
	return e;
}

/* A page under way. */
struct choice {
	struct recommend_user *u;
	struct rank_pool *pool;
	const struct rank_pick **picks; /* of the rows of the list */
	struct video_list list;
	int64_t *ids; /* what is to be remembered: the rows, and what turned out to be invisible before them */
	size_t ids_n;
};

/* Adds those of the next picks that he may see, until there are n; *got: how many were looked at. */
static enum err
choose_more(struct call *c, size_t n, size_t want, struct choice *o, size_t *got)
{
	const struct rank_pick **picks = arena_array(c->mem, 2 * want + 1, sizeof(*picks));
	int64_t *ids = arena_array(c->mem, want + 1, sizeof(*ids));
	struct video_list seen;
	size_t at = 0;
	enum err e = pick_unseen(c, o->u, o->pool, want, picks, got);

	for (size_t i = 0; e == E_OK && i < *got; i++)
		ids[i] = picks[i]->card.id;
	if (e == E_OK)
		e = video_list_for_feed(c, ids, *got, &seen);
	for (size_t i = 0; e == E_OK && i < *got; i++) {
		if (o->list.n == n) {
			o->list.more = true;
			break;
		}
		o->ids[o->ids_n++] = ids[i];
		if (at < seen.n && ((const struct video_item *)seen.rows[at])->video->row.id == ids[i]) {
			o->picks[o->list.n] = picks[i];
			o->list.rows[o->list.n++] = seen.rows[at++];
		}
	}
	return e;
}

/* The next n that the viewer may see.  A few more are looked at than are wanted, for what has just become
 * invisible; where that is not enough, again. */
static enum err
choose(struct call *c, size_t n, struct choice *o)
{
	size_t spare = n / 4 + 2, rounds = ROUNDS + n / PART, got = 1;
	enum err e;

	*o = (struct choice){ .u = NULL };
	e = candidates(c, &o->u, &o->pool);
	o->picks = arena_array(c->mem, n + 1, sizeof(*o->picks));
	o->list.rows = arena_array(c->mem, n + 1, sizeof(*o->list.rows));
	o->ids = arena_array(c->mem, rounds * (n + spare) + 1, sizeof(*o->ids));
	for (size_t i = 0; e == E_OK && i < rounds && got > 0 && o->list.n < n; i++) {
		size_t want = n - o->list.n + spare;

		e = choose_more(c, n, want < PART ? want : PART, o, &got);
	}
	return e;
}

enum err
recommend_explain(struct call *c, size_t n, const struct rank_pick ***picks, struct video_list *out,
    size_t *candidates_n)
{
	struct choice o;
	enum err e = viewer_know(c, NULL, 0, NULL, 0);

	if (e == E_OK)
		e = choose(c, n, &o);
	if (e != E_OK)
		return e;
	*picks = o.picks;
	*out = o.list;
	*candidates_n = rank_pool_size(o.pool);
	return E_OK;
}

enum err
recommend_next(struct call *c, size_t n, struct video_list *out)
{
	struct choice o = { .u = NULL };
	bool stored = false;
	enum err e = E_OK;

	/* Another request of his may have shown the same meanwhile. */
	for (int i = 0; e == E_OK && !stored && i < TRIES; i++) {
		e = choose(c, n, &o);
		stored = c->head;
		if (e == E_OK && !stored)
			e = recommend_user_served(c, o.u, o.ids, o.ids_n, i + 1 == TRIES, &stored);
	}
	*out = o.list;
	return e;
}

enum err
recommend_anybody(struct call *c, uint64_t luck, int64_t place, size_t n, struct video_list *out)
{
	const struct recommend_list *hot, *fresh;
	struct rank_weights w = weights(c->conf);
	struct rank_tastes nothing = { .near_unit = 1 };
	size_t from = RECOMMEND_FROM(place), picked, ids_n = 0;
	int64_t version = RECOMMEND_VERSION(place), *ids;
	const struct rank_pick **picks;
	struct rank_pool *p;
	enum err e = kept_lists(c, version, &hot, &fresh);

	*out = (struct video_list){ 0 };
	if (e != E_OK)
		return e;
	if (n > RECOMMEND_ANYBODY_MAX - from)
		n = RECOMMEND_ANYBODY_MAX - from;
	version = hot != NULL ? hot->version : 0;
	p = rank_pool_new(c->mem, hot_unit(hot));
	rank_add_list(p, recommend_list_of(hot), RANK_HOT);
	rank_add_list(p, recommend_list_of(fresh), RANK_NEW);
	rank_score(p, &nothing, &w, version != 0 ? recommend_made_ms(version) : c->now_ms, luck);
	picks = arena_array(c->mem, from + n + 2, sizeof(*picks));
	ids = arena_array(c->mem, n + 1, sizeof(*ids));
	picked = rank_pick(p, from + n + 1, picks);
	for (size_t i = from; i < picked && ids_n < n; i++)
		ids[ids_n++] = picks[i]->card.id;
	e = video_list_for_feed(c, ids, ids_n, out);
	out->last_a = (int64_t)luck;
	out->last_b = RECOMMEND_PLACE(version, from + n);
	out->more = picked > from + n && from + n < RECOMMEND_ANYBODY_MAX;
	return e;
}

enum err
recommend_hot(struct call *c, int64_t place, size_t n, struct video_list *out)
{
	const struct recommend_list *hot, *fresh;
	size_t from = RECOMMEND_FROM(place), ids_n = 0;
	struct rank_list l;
	int64_t *ids;
	enum err e = kept_lists(c, RECOMMEND_VERSION(place), &hot, &fresh);

	*out = (struct video_list){ 0 };
	if (e != E_OK)
		return e;
	l = recommend_list_of(hot);
	ids = arena_array(c->mem, n + 1, sizeof(*ids));
	for (size_t i = from; i < l.n && ids_n < n; i++)
		ids[ids_n++] = l.v[i].id;
	e = video_list_for_feed(c, ids, ids_n, out);
	out->last_a = RECOMMEND_PLACE(hot != NULL ? hot->version : 0, from + n);
	out->more = l.n > from + n;
	return e;
}
