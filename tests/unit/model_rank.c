/* model_rank.c - tests of the pure part of recommendations: confidence, decay, tastes, variety, a first
 * audience. */
#include "model/rank.h"

#include "unit.h"

#define DAY_MS (INT64_C(86400000))
#define NOW_MS (1000 * DAY_MS)

static const struct rank_weights weights = { .near = 1, .taste = 1, .follow = 1, .hot = 1,
	.explore = 0.2f, .audience = 50, .new_ms = 3 * DAY_MS };
static const struct rank_weights no_new = { .near = 1, .taste = 1, .follow = 1, .hot = 1 };
static const struct rank_tastes nothing = { .near_unit = 1 };

static struct rank_card
card(int64_t id, int64_t author, float quality)
{
	return (struct rank_card){ .id = id, .author_id = author, .published_ms = NOW_MS - 10 * DAY_MS,
		.quality = quality, .plays = 1000 };
}

static struct arena *mem;

static struct rank_pool *
pool(void)
{
	if (mem == NULL)
		mem = arena_new();
	arena_reset(mem);
	return rank_pool_new(mem, 1);
}

CASE(few_do_not_beat_many)
{
	CHECK(rank_quality(3, 3, 0.3) < rank_quality(900, 1000, 0.3));
	CHECK(rank_quality(1, 1, 0.3) < rank_quality(2, 2, 0.3));
	CHECK(rank_quality(30, 100, 0.3) < rank_quality(300, 1000, 0.3));
	CHECK(rank_quality(10, 100, 0.3) < rank_quality(90, 100, 0.3));
	for (int n = 1; n < 100; n++) /* always more sure with more of the same */
		CHECK(rank_quality(n, 2 * n, 0.5) < rank_quality(n + 1, 2 * n + 2, 0.5));
}

CASE(quality_stays_in_its_range)
{
	static const double v[] = { -5, 0, 0.3, 1, 7, 1e9 };

	for (int i = 0; i < 6; i++)
		for (int k = 0; k < 6; k++)
			for (double mean = 0; mean <= 1; mean += 0.25) {
				double q = rank_quality(v[i], v[k], mean);

				CHECK(q >= 0 && q <= 1);
			}
	CHECK(rank_quality(0, 0, 0.2) > 0); /* unknown is not bad */
	CHECK(rank_quality(0, 0, 0.2) > rank_quality(0, 20, 0.2));
}

CASE(decay_halves)
{
	CHECK(rank_decay(8, 0, DAY_MS) == 8);
	CHECK(rank_decay(8, -5, DAY_MS) == 8);
	CHECK(rank_decay(8, DAY_MS, DAY_MS) > 3.999 && rank_decay(8, DAY_MS, DAY_MS) < 4.001);
	CHECK(rank_decay(8, 3 * DAY_MS, DAY_MS) < 1.001);
	CHECK(rank_decay(8, 100000 * DAY_MS, DAY_MS) >= 0);
}

CASE(events_say_what_is_not_expected)
{
	CHECK(rank_event_weight(RANK_LIKED, 0.2f, 0, DAY_MS) >
	    rank_event_weight(RANK_FINISHED, 0.2f, 0, DAY_MS));
	CHECK(rank_event_weight(RANK_FINISHED, 0.1f, 0, DAY_MS) >
	    rank_event_weight(RANK_FINISHED, 0.4f, 0, DAY_MS));
	CHECK(rank_event_weight(RANK_SKIPPED, 0.2f, 0, DAY_MS) < 0);
	CHECK(rank_event_weight(RANK_DISMISSED, 0.2f, 0, DAY_MS) <
	    rank_event_weight(RANK_SKIPPED, 0.2f, 0, DAY_MS));
	CHECK(rank_event_weight(RANK_LIKED, 0.2f, DAY_MS, DAY_MS) <
	    rank_event_weight(RANK_LIKED, 0.2f, 0, DAY_MS));
}

CASE(the_better_and_the_nearer_come_first)
{
	const struct rank_pick *out[4];
	struct rank_pool *p = pool();
	struct rank_card bad = card(1, 11, 0.1f), good = card(2, 12, 0.6f), near = card(3, 13, 0.4f);

	rank_add(p, &bad, RANK_HOT, 0);
	rank_add(p, &good, RANK_HOT, 0);
	rank_add(p, &near, RANK_NEAR, 0.5f);
	rank_score(p, &nothing, &no_new, NOW_MS, 1);
	CHECK_INT(rank_pick(p, 4, out), 3);
	CHECK_INT(out[0]->card.id, 3);
	CHECK_INT(out[1]->card.id, 2);
	CHECK_INT(out[2]->card.id, 1);
	CHECK_INT(rank_pick(p, 4, out), 0);
}

CASE(skipped_is_not_taken)
{
	const struct rank_pick *out[200];
	struct rank_pool *p = pool();

	rank_skip(p, 5);
	rank_skip(p, 1007); /* an author */
	rank_skip(p, 5);
	rank_skip_mark(p, rank_mark(11));
	rank_skip_mark(p, rank_mark(1001)); /* no author has a mark */
	for (int64_t i = 1; i <= 100; i++) {
		struct rank_card c = card(i, 1000 + i % 10, 0.3f);

		rank_add(p, &c, RANK_HOT, 0);
		rank_add(p, &c, RANK_NEW, 0.1f); /* twice: one candidate of two sources */
	}
	CHECK_INT(rank_pool_size(p), 88);
	rank_score(p, &nothing, &no_new, NOW_MS, 1);
	CHECK_INT(rank_pick(p, 200, out), 88);
	for (int i = 0; i < 88; i++) {
		CHECK(out[i]->card.id != 5 && out[i]->card.id != 11 && out[i]->card.author_id != 1007);
		CHECK_INT(out[i]->sources, RANK_HOT | RANK_NEW);
		for (int k = 0; k < i; k++)
			CHECK(out[i]->card.id != out[k]->card.id);
	}
}

CASE(the_pool_has_an_end)
{
	static const struct rank_pick *out[RANK_POOL + 10];
	struct rank_pool *p = pool();

	for (int64_t i = 1; i <= RANK_POOL + 500; i++) {
		struct rank_card c = card(i, i, 0.3f);

		rank_skip(p, 100000 + i);
		rank_skip(p, 200000 + i);
		rank_skip(p, 300000 + i);
		rank_add(p, &c, RANK_HOT, 0);
	}
	CHECK_INT(rank_pool_size(p), RANK_POOL);
	rank_score(p, &nothing, &no_new, NOW_MS, 1);
	CHECK_INT(rank_pick(p, 50, out), 50);
}

CASE(tastes_follow_from_seeds)
{
	struct rank_seed seeds[20];
	struct rank_tastes t;
	struct rank_taste related[8];

	for (int i = 0; i < 12; i++) {
		seeds[i] = (struct rank_seed){ card(i + 1, i < 8 ? 100 : 200, 0.3f), 1 };
		seeds[i].card.tags[0] = i < 8 ? 7 : 9;
	}
	for (int i = 12; i < 20; i++)
		seeds[i] = (struct rank_seed){ card(i + 1, 300, 0.3f), -1 };
	rank_tastes(seeds, 20, &t);
	CHECK_INT(t.authors_n, 3);
	CHECK_INT(t.authors[0].id, 100);
	CHECK_INT(t.authors[2].id, 300);
	CHECK(t.authors[0].share > 0.6f && t.authors[0].share < 0.7f && t.authors[2].share < 0);
	CHECK_INT(t.tags[0].id, 7);
	rank_relate(&t, 400, 0.2f);
	rank_relate(&t, 500, 0.1f);
	rank_relate(&t, 500, 0.3f);
	rank_relate(&t, 600, -0.3f);
	CHECK_INT(rank_related(&t, related, 8), 2);
	CHECK_INT(related[0].id, 500);
	for (int i = 0; i < 2 * RANK_RELATED; i++)
		rank_relate(&t, 1000 + i, 0.01f);
	CHECK_INT(rank_related(&t, related, 8), 8);
	/* One like is little: its author is no whole taste. */
	rank_tastes(seeds, 1, &t);
	CHECK(t.authors[0].share < 0.4f);
}

CASE(an_author_who_is_disliked_is_left_out)
{
	const struct rank_pick *out[4];
	struct rank_pool *p = pool();
	struct rank_card a = card(1, 300, 0.9f), b = card(2, 301, 0.1f);
	struct rank_seed seeds[4] = { { card(3, 300, 0.2f), -1 }, { card(4, 300, 0.2f), -1 } };
	struct rank_tastes t;

	rank_tastes(seeds, 2, &t);
	rank_add(p, &a, RANK_HOT, 0);
	rank_add(p, &b, RANK_HOT, 0);
	rank_score(p, &t, &no_new, NOW_MS, 1);
	CHECK_INT(rank_pick(p, 4, out), 1);
	CHECK_INT(out[0]->card.id, 2);
}

CASE(no_author_fills_a_page)
{
	const struct rank_pick *out[10];
	struct rank_pool *p = pool();
	int of_best = 0;

	for (int64_t i = 1; i <= 60; i++) { /* one author's clips are twice as good as all others */
		struct rank_card c = card(i, i <= 20 ? 100 : 100 + i, i <= 20 ? 0.6f : 0.3f);

		rank_add(p, &c, RANK_HOT, 0);
	}
	rank_score(p, &nothing, &no_new, NOW_MS, 1);
	CHECK_INT(rank_pick(p, 10, out), 10);
	for (int i = 0; i < 10; i++)
		of_best += out[i]->card.author_id == 100;
	CHECK(of_best >= 1 && of_best <= 3);
	CHECK_INT(out[0]->card.author_id, 100);
}

CASE(new_clips_get_their_share)
{
	const struct rank_pick *out[50];
	int explored_all = 0, seen[300] = { 0 }, different = 0;

	for (uint64_t luck = 1; luck <= 40; luck++) {
		struct rank_pool *p = pool();
		int explored = 0;

		for (int64_t i = 1; i <= 250; i++) {
			struct rank_card c = card(i, i, i <= 50 ? 0.02f : 0.5f);

			if (i <= 50) {
				c.plays = 0;
				c.published_ms = NOW_MS - DAY_MS;
			}
			rank_add(p, &c, i <= 50 ? RANK_NEW : RANK_HOT, 0);
		}
		rank_score(p, &nothing, &weights, NOW_MS, luck);
		CHECK_INT(rank_pick(p, 50, out), 50);
		for (int i = 0; i < 50; i++) {
			explored += out[i]->explored;
			CHECK(out[i]->explored == (out[i]->card.id <= 50));
			seen[out[i]->card.id]++;
		}
		CHECK(explored >= 9 && explored <= 11); /* a fifth of 50 */
		explored_all += explored;
	}
	for (int i = 1; i <= 50; i++)
		different += seen[i] > 0;
	CHECK(explored_all >= 40 * 9);
	CHECK(different > 45); /* chance gives almost every one a place */
}

CASE(what_is_known_is_not_new)
{
	const struct rank_pick *out[10];
	struct rank_pool *p = pool();

	for (int64_t i = 1; i <= 20; i++) {
		struct rank_card c = card(i, i, 0.3f); /* has plays, or is old */

		c.plays = i % 2 ? 1000 : 0;
		c.published_ms = i % 2 ? NOW_MS - DAY_MS : NOW_MS - 30 * DAY_MS;
		rank_add(p, &c, RANK_NEW, 0);
	}
	rank_score(p, &nothing, &weights, NOW_MS, 3);
	CHECK_INT(rank_pick(p, 10, out), 10);
	for (int i = 0; i < 10; i++)
		CHECK(!out[i]->explored);
}

CASE(the_same_luck_is_the_same_page)
{
	int64_t first[10];

	for (int turn = 0; turn < 3; turn++) {
		const struct rank_pick *out[10];
		struct rank_pool *p = pool();
		int same = 0;

		for (int64_t i = 1; i <= 100; i++) {
			struct rank_card c = card(i, i, 0.3f);

			rank_add(p, &c, RANK_HOT, 0);
		}
		rank_score(p, &nothing, &weights, NOW_MS, turn < 2 ? 7 : 8);
		CHECK_INT(rank_pick(p, 4, out), 4);
		CHECK_INT(rank_pick(p, 6, out + 4), 6); /* in two steps */
		for (int i = 0; i < 10; i++) {
			if (turn == 0)
				first[i] = out[i]->card.id;
			same += first[i] == out[i]->card.id;
		}
		CHECK(turn < 2 ? same == 10 : same < 10);
	}
	arena_free(mem);
	mem = NULL;
}

UNIT_MAIN
