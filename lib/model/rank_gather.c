/* rank_gather.c - see rank_gather.h.  Invariant: a person for whom nothing is prepared still gets what all get. */
#include "model/rank_gather.h"

void
rank_add_list(struct rank_pool *p, struct rank_list l, enum rank_source source)
{
	for (size_t i = 0; i < l.n; i++)
		rank_add(p, &l.v[i], source, 0);
}

enum err
rank_know(const struct rank_shelf *s, struct rank_person *p)
{
	int64_t ids[RANK_AUTHORS] = { 0 };
	enum err e = E_OK;

	rank_tastes(p->seeds, p->seeds_n, &p->tastes);
	for (p->liked_n = 0; p->liked_n < p->tastes.authors_n && p->liked_n < RANK_AUTHORS &&
	    p->tastes.authors[p->liked_n].share > 0; p->liked_n++)
		ids[p->liked_n] = p->tastes.authors[p->liked_n].id;
	if (p->liked_n > 0)
		e = s->authors(s->ctx, ids, p->liked_n, p->liked);
	for (size_t i = 0; e == E_OK && i < p->liked_n; i++)
		for (size_t k = 0; k < p->liked[i].near_n; k++)
			rank_relate(&p->tastes, p->liked[i].near[k].video_id,
			    p->tastes.authors[i].share * p->liked[i].near[k].similarity);
	return e;
}

/* What is near to what he liked last, and the best of the tags that he likes. */
static enum err
add_around(const struct rank_shelf *s, const struct rank_person *p, struct rank_pool *pool)
{
	struct rank_nears near[RANK_SEEDS];
	struct rank_list tagged[RANK_LIKED_TAGS];
	int64_t clips[RANK_SEEDS] = { 0 }, tags[RANK_LIKED_TAGS] = { 0 };
	float weight[RANK_SEEDS];
	size_t clips_n = 0, tags_n = 0;
	enum err e = E_OK;

	for (size_t i = 0; i < p->seeds_n && clips_n < RANK_SEEDS; i++) {
		if (p->seeds[i].weight <= 0)
			continue;
		weight[clips_n] = p->seeds[i].weight;
		clips[clips_n++] = p->seeds[i].card.id;
	}
	for (; tags_n < p->tastes.tags_n && tags_n < RANK_LIKED_TAGS && p->tastes.tags[tags_n].share > 0; tags_n++)
		tags[tags_n] = p->tastes.tags[tags_n].id;
	if (clips_n + tags_n > 0)
		e = s->around(s->ctx, clips, clips_n, near, tags, tags_n, tagged);
	if (e != E_OK)
		return e;
	for (size_t i = 0; i < clips_n; i++)
		for (size_t k = 0; k < near[i].n; k++)
			rank_add(pool, &near[i].v[k].card, RANK_NEAR, weight[i] * (float)near[i].v[k].similarity);
	for (size_t i = 0; i < tags_n; i++)
		rank_add_list(pool, tagged[i], RANK_TAG);
	return E_OK;
}

/* The works of authors whom he likes, of related ones, and of those whom he follows. */
static enum err
add_authors(const struct rank_shelf *s, const struct rank_person *p, struct rank_pool *pool)
{
	struct rank_author found[2 * RANK_AUTHORS];
	struct rank_taste related[RANK_AUTHORS];
	int64_t ids[2 * RANK_AUTHORS] = { 0 };
	size_t related_n = rank_related(&p->tastes, related, RANK_AUTHORS), n = 0;
	enum err e = E_OK;

	for (size_t i = 0; i < p->liked_n; i++)
		rank_add_list(pool, p->liked[i].works, RANK_AUTHOR);
	while (n < related_n) {
		ids[n] = related[n].id;
		n++;
	}
	for (size_t i = 0; i < p->follows_n; i++)
		ids[n++] = p->follows[i];
	if (n > 0)
		e = s->authors(s->ctx, ids, n, found);
	for (size_t i = 0; e == E_OK && i < n; i++)
		rank_add_list(pool, found[i].works, i < related_n ? RANK_AUTHOR : RANK_FOLLOW);
	return e;
}

enum err
rank_gather(const struct rank_shelf *s, const struct rank_person *p, struct rank_list hot,
    struct rank_list fresh, struct rank_pool *pool)
{
	enum err e = add_around(s, p, pool);

	if (e == E_OK)
		e = add_authors(s, p, pool);
	rank_add_list(pool, hot, RANK_HOT);
	rank_add_list(pool, fresh, RANK_NEW);
	return e;
}
