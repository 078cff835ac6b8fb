/* Rate limits: burst, pace, crowding, threads; a limit may be forgotten but never invented. */
#include "unit.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/id.h"
#include "base/text.h"
#include "store/limit.h"

#define T0 (ID_EPOCH_MS + INT64_C(86400000) * 900)

static struct shm *s;

static void
fresh(void)
{
	free(s);
	s = calloc(1, sizeof *s);
	if (s == NULL)
		abort();
}

CASE(burst_then_pace)
{
	fresh();
	for (int i = 0; i < 5; i++)
		CHECK_INT(limit_take(s, 1, T0, 200, 5), 0);
	CHECK_INT(limit_take(s, 1, T0, 200, 5), 200);
	CHECK_INT(limit_take(s, 1, T0 + 150, 200, 5), 50);
	CHECK_INT(limit_take(s, 1, T0 + 199, 200, 5), 1);
	CHECK_INT(limit_take(s, 1, T0 + 200, 200, 5), 0);
	CHECK_INT(limit_take(s, 1, T0 + 200, 200, 5), 200);
	/* Waiting restores the burst, and no more than it. */
	for (int i = 0; i < 5; i++)
		CHECK_INT(limit_take(s, 1, T0 + 1000000, 200, 5), 0);
	CHECK_INT(limit_take(s, 1, T0 + 1000000, 200, 5), 200);
}

CASE(refused_takes_nothing)
{
	fresh();
	CHECK_INT(limit_take(s, 1, T0, 1000, 1), 0);
	for (int i = 0; i < 100; i++)
		CHECK_INT(limit_take(s, 1, T0, 1000, 1), 1000);
	CHECK_INT(limit_take(s, 1, T0 + 1000, 1000, 1), 0);
}

CASE(keys_are_apart)
{
	fresh();
	for (uint64_t k = 0; k < 10000; k++)
		CHECK_INT(limit_take(s, k, T0, 60000, 1), 0);
	CHECK(limit_take(s, 9999, T0, 60000, 1) > 0);
}

CASE(no_limit)
{
	fresh();
	for (int i = 0; i < 100; i++)
		CHECK_INT(limit_take(s, 1, T0, 0, 1), 0);
	for (size_t i = 0; i < SHM_LIMITS; i++)
		CHECK(s->limits[i] == 0);
}

/* Far more keys than cells: a new one is never refused. */
CASE(crowded)
{
	fresh();
	for (uint64_t k = 0; k < 4 * SHM_LIMITS; k++)
		CHECK_INT(limit_take(s, hash_id((int64_t)k), T0, 60000, 1), 0);
}

CASE(clock_set_back)
{
	fresh();
	for (int i = 0; i < 3; i++)
		CHECK_INT(limit_take(s, 1, T0 + 86400000, 1000, 3), 0);
	CHECK_INT(limit_take(s, 1, T0, 1000, 3), 1000);
	/* Nonsense of a clock before the epoch, and of huge numbers. */
	CHECK_INT(limit_take(s, 2, -5, 1000, 1), 0);
	CHECK_INT(limit_take(s, 3, T0, INT64_MAX, INT64_MAX), 0);
	CHECK(limit_take(s, 3, T0, INT64_MAX, 1) > 0);
	CHECK_INT(limit_take(s, 4, T0, 1000, 0), 0);
}

static _Atomic int passed;

static void *
take(void *arg)
{
	(void)arg;
	for (int i = 0; i < 1000; i++)
		if (limit_take(s, 77, T0, 1000, 50) == 0)
			passed++;
	return NULL;
}

CASE(threads_share_a_burst)
{
	pthread_t t[4];

	fresh();
	for (int i = 0; i < 4; i++)
		CHECK(pthread_create(&t[i], NULL, take, NULL) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	CHECK(passed >= 50 && passed <= 54); /* each first take may find a free cell of its own */
	free(s);
	s = NULL;
}

UNIT_MAIN
