/* model_near.c - tests of item-to-item neighbours against a naive count. */
#include "model/near.h"

#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "unit.h"

static size_t
place_of(struct near *m, int64_t clip)
{
	for (size_t i = 0; i < near_clips(m); i++)
		if (near_clip(m, i) == clip)
			return i;
	return (size_t)-1;
}

CASE(the_same_people_make_neighbours)
{
	struct near_event e[64];
	struct near_one out[NEAR_MAX];
	struct near *m;
	size_t n = 0, found;

	/* 1, 2 and 3 are liked by people 1..8, 4 and 5 by 9..16; 6 by one of each. */
	for (int u = 1; u <= 16; u++)
		for (int k = 0; k < (u <= 8 ? 3 : 2); k++)
			e[n++] = (struct near_event){ u, (u <= 8 ? 1 : 4) + k, 1000 + u, 0.5f };
	e[n++] = (struct near_event){ 1, 6, 5000, 0.5f };
	e[n++] = (struct near_event){ 9, 6, 5001, 0.5f };
	m = near_new(e, n);
	CHECK_INT(near_clips(m), 6);
	found = near_of(m, place_of(m, 1), out);
	CHECK_INT(found, 2);
	CHECK_INT(out[0].video_id + out[1].video_id, 5);
	CHECK(out[0].similarity > 0.5f && out[0].similarity <= 1);
	CHECK_INT(near_of(m, place_of(m, 4), out), 1);
	CHECK_INT(out[0].video_id, 5);
	CHECK_INT(near_of(m, place_of(m, 6), out), 0); /* one person is no sign */
	CHECK_INT(near_touched_ms(m, place_of(m, 6)), 5001);
	CHECK_INT(near_touched_ms(m, place_of(m, 1)), 1008);
	near_free(m);
}

CASE(what_everybody_likes_as_expected_is_no_neighbour)
{
	struct near_event e[200];
	struct near_one out[NEAR_MAX];
	struct near *m;
	size_t n = 0, found;

	/* All watch clip 1, half of them finish it: nothing to do with clip 2, which the even ones like
	 * better than the odd ones do. */
	for (int u = 1; u <= 40; u++) {
		e[n++] = (struct near_event){ u, 1, u, u / 2 % 2 ? 0.25f : -0.25f };
		e[n++] = (struct near_event){ u, 2, u, u % 2 ? -0.25f : 0.25f };
		e[n++] = (struct near_event){ u, 3, u, u % 2 ? -0.25f : 0.25f };
	}
	m = near_new(e, n);
	found = near_of(m, place_of(m, 2), out);
	CHECK_INT(found, 1);
	CHECK_INT(out[0].video_id, 3);
	near_free(m);
}

CASE(a_pair_counts_once)
{
	struct near_event e[40];
	struct near_one out[NEAR_MAX];
	struct near *m;
	size_t n = 0;

	for (int u = 1; u <= 2; u++)
		for (int k = 0; k < 10; k++) {
			e[n++] = (struct near_event){ u, 1, k, 0.1f };
			e[n++] = (struct near_event){ u, 2, k, 0.1f };
		}
	m = near_new(e, n);
	CHECK_INT(near_clips(m), 2);
	CHECK_INT(near_of(m, 0, out), 1);
	/* cosine 1, two people speak for it: 2 / (2 + 5) */
	CHECK(fabsf(out[0].similarity - 2.0f / 7) < 0.01f);
	near_free(m);
}

CASE(nothing_and_much)
{
	struct near_event none[1], *many = calloc(60000, sizeof(*many));
	struct near_one out[NEAR_MAX];
	struct near *m = near_new(none, 0);

	CHECK_INT(near_clips(m), 0);
	near_free(m);
	near_free(NULL);
	CHECK(many != NULL);
	for (int i = 0; i < 60000; i++) { /* one person with far more than counts, one clip of all */
		many[i] = i < 1000 ? (struct near_event){ 1, i + 1, i, 0.5f }
				   : (struct near_event){ 2 + i / 2, i % 2 ? 7 : 2000 + i % 97, i, 0.3f };
	}
	m = near_new(many, 60000);
	for (size_t i = 0; i < near_clips(m); i++) {
		size_t n = near_of(m, i, out);

		CHECK(n <= NEAR_MAX);
		for (size_t k = 0; k < n; k++) {
			CHECK(out[k].similarity > 0 && out[k].similarity <= 1);
			CHECK(out[k].video_id != near_clip(m, i));
			CHECK(k == 0 || out[k - 1].similarity >= out[k].similarity);
		}
	}
	near_free(m);
	free(many);
}

/* Against sums over all pairs, on people who do not like too much. */
CASE(as_the_naive_count)
{
	enum { USERS = 60, CLIPS = 25 };
	static float value[USERS][CLIPS];
	struct near_event e[USERS * CLIPS];
	struct near_one out[NEAR_MAX];
	struct near *m;
	size_t n = 0;

	for (int u = 0; u < USERS; u++)
		for (int k = 0; k < CLIPS; k++) {
			uint64_t luck = hash_id(u * 100 + k + 1);

			if (luck % 3)
				continue;
			value[u][k] = (float)(luck >> 8 & 255) / 256 - 0.45f;
			e[n++] = (struct near_event){ u + 1, k + 1, (int64_t)n, value[u][k] };
		}
	m = near_new(e, n);
	for (size_t i = 0; i < near_clips(m); i++) {
		size_t found = near_of(m, i, out), expected = 0;
		int a = (int)near_clip(m, i) - 1;

		for (int b = 0; b < CLIPS; b++) {
			float sum = 0, aa = 0, bb = 0, both = 0, want;

			for (int u = 0; u < USERS; u++) {
				sum += value[u][a] * value[u][b];
				aa += value[u][a] * value[u][a];
				bb += value[u][b] * value[u][b];
				both += value[u][a] != 0 && value[u][b] != 0;
			}
			if (a == b || both < 2 || sum <= 0)
				continue;
			expected++;
			want = sum / sqrtf(aa * bb) * both / (both + 5);
			for (size_t k = 0; k < found; k++)
				if (out[k].video_id == b + 1)
					CHECK(fabsf(out[k].similarity - want) < 1e-4f);
		}
		CHECK_INT(found, expected);
	}
	near_free(m);
}

UNIT_MAIN
