/* rank_taste.c - what plays and likes say of a clip, and of a person's taste; see rank.h.  Invariant:
 * shares are from -1 to 1. */
#include "model/rank_taste.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define PRIOR_TRIALS 5.0

double
rank_decay(double value, int64_t age_ms, int64_t half_life_ms)
{
	return age_ms <= 0 ? value : value * exp2(-(double)age_ms / (double)half_life_ms);
}

double
rank_quality(double positives, double trials, double mean)
{
	double n, p, z = 1.0, low;

	if (positives < 0)
		positives = 0;
	if (trials < positives)
		trials = positives;
	n = trials + PRIOR_TRIALS;
	p = (positives + mean * PRIOR_TRIALS) / n;
	low = (p + z * z / (2 * n) - z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))) /
	    (1 + z * z / n);
	return low < 0 ? 0 : low > 1 ? 1 : low;
}

double
rank_luck(uint64_t luck, int64_t id)
{
	return (double)(hash_id((int64_t)(luck ^ hash_id(id))) >> 11) / 9007199254740992.0;
}

float
rank_event_weight(enum rank_event event, float quality, int64_t age_ms, int64_t half_life_ms)
{
	static const double weights[] = {
		[RANK_LIKED] = 1, [RANK_SHARED] = 1, [RANK_COMMENTED] = 0.75, [RANK_FINISHED] = 0.5,
		[RANK_DISMISSED] = -1, [RANK_FOLLOWED] = 0,
	};

	return (float)rank_decay(weights[event] - (double)quality, age_ms, half_life_ms);
}

float
rank_near_value(enum rank_event event, float quality)
{
	static const float values[] = {
		[RANK_LIKED] = 0.5f, [RANK_SHARED] = 0.5f, [RANK_COMMENTED] = 0.25f, [RANK_FINISHED] = 0.5f,
		[RANK_DISMISSED] = -1, [RANK_FOLLOWED] = 0.5f,
	};
	bool play = event == RANK_FINISHED || event == RANK_WATCHED || event == RANK_SKIPPED;

	return values[event] - (play ? quality : 0);
}

void
rank_taste_add(struct rank_taste *t, size_t *n, size_t most, int64_t id, float weight)
{
	size_t i = 0;

	while (i < *n && t[i].id != id)
		i++;
	if (i == most)
		return;
	if (i == *n)
		t[(*n)++] = (struct rank_taste){ .id = id };
	t[i].share += weight;
}

static int
by_share(const void *x, const void *y)
{
	const struct rank_taste *a = x, *b = y;

	if (a->share < b->share || a->share > b->share)
		return a->share < b->share ? 1 : -1;
	return (a->id > b->id) - (a->id < b->id);
}

void
rank_tastes(const struct rank_seed *seeds, size_t n, struct rank_tastes *out)
{
	float positive = 0, unit;

	*out = (struct rank_tastes){ .near_unit = 1 };
	for (size_t i = 0; i < n; i++) {
		const struct rank_card *c = &seeds[i].card;

		if (seeds[i].weight > 0)
			positive += seeds[i].weight;
		if (c->author_id != 0)
			rank_taste_add(out->authors, &out->authors_n, RANK_TASTES, c->author_id, seeds[i].weight);
		for (size_t k = 0; k < RANK_TAGS && c->tags[k] != 0; k++)
			rank_taste_add(out->tags, &out->tags_n, RANK_TASTES, c->tags[k], seeds[i].weight);
	}
	/* Two or three likes are little to go by: no share is counted of less than three. */
	unit = positive > 3 ? positive : 3;
	out->near_unit = sqrtf(unit);
	for (size_t i = 0; i < out->authors_n; i++)
		out->authors[i].share = fmaxf(-1, fminf(1, out->authors[i].share / unit));
	for (size_t i = 0; i < out->tags_n; i++)
		out->tags[i].share = fmaxf(-1, fminf(1, out->tags[i].share / unit));
	qsort(out->authors, out->authors_n, sizeof(*out->authors), by_share);
	qsort(out->tags, out->tags_n, sizeof(*out->tags), by_share);
}

size_t
rank_slot_of(const struct rank_taste *table, size_t slots, int64_t id)
{
	size_t i = hash_id(id) & (slots - 1);

	while (table[i].id != 0 && table[i].id != id)
		i = (i + 1) & (slots - 1);
	return i;
}

void
rank_relate(struct rank_tastes *t, int64_t author_id, float share)
{
	size_t i = rank_slot_of(t->related, RANK_RELATED, author_id);

	if (t->related[i].id == 0) {
		if (t->related_n >= RANK_RELATED * 3 / 4)
			return;
		t->related[i].id = author_id;
		t->related_n++;
	}
	t->related[i].share += share;
}

size_t
rank_related(const struct rank_tastes *t, struct rank_taste *out, size_t n)
{
	struct rank_taste all[RANK_RELATED] = { { 0 } };
	size_t found = 0;

	for (size_t i = 0; i < RANK_RELATED; i++)
		if (t->related[i].id != 0 && t->related[i].share > 0)
			all[found++] = t->related[i];
	qsort(all, found, sizeof(*all), by_share);
	if (n > found)
		n = found;
	memcpy(out, all, n * sizeof(*out));
	return n;
}
