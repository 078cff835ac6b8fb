/* recommend.c - see recommend.h.  Invariant: what a page shows was looked up as unseen, visible and
 * not dismissed in the same request, whatever the prepared lists say. */
#include "model/recommend.h"

#include <string.h>

#include "model/recommend_user.h"

#define ROUNDS 3 /* a page that turns out half seen is filled up so often */

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

/* The lists that all have in common; either may be NULL. */
static enum err
lists(struct call *c, const struct recommend_list **hot, const struct recommend_list **fresh)
{
	static const int64_t ids[] = { LIST_HOT, LIST_NEW };
	const void *row[2] = { NULL, NULL };
	enum err e = rows_get(c->rows, c->mem, &recommend_list_class, c, ids, 2, row);

	*hot = row[0];
	*fresh = row[1];
	return e;
}

static float
hot_unit(const struct recommend_list *hot)
{
	return hot != NULL && hot->row.tail_n > 0 ? recommend_list_tail(hot)[0].hot : 0;
}

static void
add_list(struct rank_pool *p, const struct recommend_list *l, enum rank_source source)
{
	for (uint32_t i = 0; l != NULL && i < l->row.tail_n; i++)
		rank_add(p, &recommend_list_tail(l)[i], source, 0);
}

static void
add_works(struct rank_pool *p, const struct recommend_author *a, enum rank_source source)
{
	for (uint32_t i = 0; a != NULL && i < a->row.tail_n; i++)
		rank_add(p, &recommend_author_tail(a)[i], source, 0);
}

/* What is near to what he liked last. */
static enum err
add_near(struct call *c, const struct recommend_user *u, struct rank_pool *p)
{
	const struct recommend_near *near[RANK_SEEDS];
	float weight[RANK_SEEDS];
	int64_t ids[RANK_SEEDS];
	size_t n = 0;
	enum err e = E_OK;

	for (size_t i = 0; i < u->seeds_n && n < RANK_SEEDS; i++) {
		if (u->seeds[i].weight <= 0)
			continue;
		weight[n] = u->seeds[i].weight;
		ids[n++] = u->seeds[i].card.id;
	}
	if (n > 0)
		e = rows_get(c->rows, c->mem, &recommend_near_class, c, ids, n, (const void **)near);
	for (size_t i = 0; e == E_OK && i < n; i++)
		for (uint32_t k = 0; near[i] != NULL && k < near[i]->row.tail_n; k++) {
			const struct recommend_one *one = &recommend_near_tail(near[i])[k];

			rank_add(p, &one->card, RANK_NEAR, weight[i] * (float)one->similarity);
		}
	return e;
}

/* The works of authors whom he likes, of related ones, and of those whom he follows. */
static enum err
add_authors(struct call *c, const struct recommend_user *u, struct rank_pool *p)
{
	const struct recommend_author *rows[2 * RANK_AUTHORS];
	struct rank_taste related[RANK_AUTHORS];
	int64_t ids[2 * RANK_AUTHORS];
	size_t related_n = rank_related(&u->tastes, related, RANK_AUTHORS), n = 0;
	enum err e = E_OK;

	for (size_t i = 0; i < u->liked_n; i++)
		add_works(p, u->liked[i], RANK_AUTHOR);
	while (n < related_n) {
		ids[n] = related[n].id;
		n++;
	}
	for (size_t i = 0; i < u->follows_n; i++)
		ids[n++] = u->follows[i];
	if (n > 0)
		e = rows_get(c->rows, c->mem, &recommend_author_class, c, ids, n, (const void **)rows);
	for (size_t i = 0; e == E_OK && i < n; i++)
		add_works(p, rows[i], i < related_n ? RANK_AUTHOR : RANK_FOLLOW);
	return e;
}

static enum err
candidates(struct call *c, int64_t user_id, struct recommend_user **who, struct rank_pool **out)
{
	const struct recommend_list *hot, *fresh;
	struct rank_weights w = weights(c->conf);
	struct recommend_user *u;
	enum err e = recommend_user_load(c, user_id, &u);

	*who = u;
	if (e == E_OK)
		e = recommend_user_tastes(c, u);
	if (e == E_OK)
		e = lists(c, &hot, &fresh);
	if (e != E_OK)
		return e;
	*out = rank_pool_new(c->mem, hot_unit(hot));
	recommend_user_skips(c, u, *out);
	e = add_near(c, u, *out);
	if (e == E_OK)
		e = add_authors(c, u, *out);
	add_list(*out, hot, RANK_HOT);
	add_list(*out, fresh, RANK_NEW);
	rank_score(*out, &u->tastes, &w, c->now_ms, (uint64_t)(c->now_ms ^ user_id));
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

enum err
recommend_explain(struct call *c, int64_t user_id, size_t n, const struct rank_pick ***out,
    size_t *out_n, size_t *candidates_n)
{
	struct recommend_user *u;
	struct rank_pool *p;
	enum err e = candidates(c, user_id, &u, &p);

	*out = arena_array(c->mem, 2 * n + 1, sizeof(**out));
	if (e == E_OK)
		e = pick_unseen(c, u, p, n, *out, out_n);
	*candidates_n = e == E_OK ? rank_pool_size(p) : 0;
	return e;
}

enum err
recommend_next(struct call *c, size_t n, struct video_list *out)
{
	size_t spare = n / 4 + 2, picks_n, candidates_n; /* for what has just become invisible */
	const struct rank_pick **picks;
	int64_t *ids;
	enum err e = recommend_explain(c, c->viewer_id, n + spare, &picks, &picks_n, &candidates_n);

	*out = (struct video_list){ 0 };
	if (e != E_OK)
		return e;
	ids = arena_array(c->mem, picks_n + 1, sizeof(*ids));
	for (size_t i = 0; i < picks_n; i++)
		ids[i] = picks[i]->card.id;
	e = video_list_for_feed(c, ids, picks_n, out);
	if (e != E_OK)
		return e;
	if (out->n > n)
		out->n = n;
	out->more = picks_n > n;
	for (size_t i = 0; i < out->n; i++)
		ids[i] = ((const struct video_item *)out->rows[i])->video->row.id;
	return recommend_user_served(c, c->viewer_id, ids, out->n);
}

enum err
recommend_anybody(struct call *c, uint64_t luck, size_t from, size_t n, struct video_list *out)
{
	const struct recommend_list *hot, *fresh;
	struct rank_weights w = weights(c->conf);
	struct rank_tastes nothing = { .near_unit = 1 };
	const struct rank_pick **picks;
	struct rank_pool *p;
	int64_t *ids;
	size_t picked;
	enum err e = lists(c, &hot, &fresh);

	*out = (struct video_list){ 0 };
	if (e != E_OK)
		return e;
	p = rank_pool_new(c->mem, hot_unit(hot));
	add_list(p, hot, RANK_HOT);
	add_list(p, fresh, RANK_NEW);
	rank_score(p, &nothing, &w, c->now_ms, luck);
	picks = arena_array(c->mem, from + n + 2, sizeof(*picks));
	ids = arena_array(c->mem, n + 1, sizeof(*ids));
	picked = rank_pick(p, from + n + 1, picks);
	for (size_t i = from; i < picked && i < from + n; i++)
		ids[i - from] = picks[i]->card.id;
	e = video_list_for_feed(c, ids, picked < from ? 0 : picked - from < n ? picked - from : n, out);
	out->last_a = (int64_t)luck;
	out->last_b = (int64_t)(from + n);
	out->more = picked > from + n;
	return e;
}

enum err
recommend_hot(struct call *c, size_t from, size_t n, struct video_list *out)
{
	const struct recommend_list *hot, *fresh;
	size_t all;
	int64_t *ids;
	enum err e = lists(c, &hot, &fresh);

	*out = (struct video_list){ 0 };
	if (e != E_OK)
		return e;
	all = hot != NULL ? hot->row.tail_n : 0;
	ids = arena_array(c->mem, n + 1, sizeof(*ids));
	for (size_t i = from; i < all && i < from + n; i++)
		ids[i - from] = recommend_list_tail(hot)[i].id;
	e = video_list_for_feed(c, ids, all < from ? 0 : all - from < n ? all - from : n, out);
	out->last_a = (int64_t)(from + n);
	out->more = all > from + n;
	return e;
}
