/* base_id.c - tests of ids (unique under four threads, sorted, 53 bits) and of exact integers. */
#include "base/id.h"

#include "unit.h"

#include <pthread.h>
#include <stdlib.h>

#define NOW INT64_C(1750000000000)
#define SECOND ((uint64_t)((NOW - ID_EPOCH_MS) / 1000))

CASE(layout)
{
	_Atomic uint64_t word = 0;
	int64_t id = id_next(&word, 5, NOW);

	CHECK_INT(id, (int64_t)(SECOND << 22 | 5u << 15));
	CHECK_INT(id, id_floor(NOW) | 5 << 15);
	CHECK_INT(id_next(&word, 5, NOW), id + 1);
	CHECK_INT(id_next(&word, 5, NOW + 999), id + 2);
	CHECK_INT(id_next(&word, 5, NOW + 1000), id_floor(NOW + 1000) | 5 << 15);
	CHECK_INT(atomic_load(&word), (SECOND + 1) << 15);
}

CASE(clock_set_back_keeps_order)
{
	_Atomic uint64_t word = 0;
	int64_t id = id_next(&word, 127, NOW);

	CHECK(id_next(&word, 127, NOW - 86400000) > id);
	CHECK(id_next(&word, 127, 0) > id);
	CHECK(id_next(&word, 127, INT64_MIN) > id);
}

CASE(full_second_borrows_from_the_next)
{
	_Atomic uint64_t word = 0;
	int64_t last = 0, id = 0;
	int i;

	for (i = 0; i < 32768; i++) {
		id = id_next(&word, 1, NOW);
		CHECK(id > last);
		last = id;
	}
	CHECK_INT(id >> 22, SECOND);
	CHECK_INT(id & 32767, 32767);
	id = id_next(&word, 1, NOW);
	CHECK_INT(id, id_floor(NOW + 1000) | 1 << 15);
	CHECK_INT(id_next(&word, 1, NOW + 1000), id + 1);
}

CASE(extremes)
{
	_Atomic uint64_t word = 0;
	int64_t last_ms = ID_EPOCH_MS + (INT64_C(1) << 31) * 1000 - 1;

	CHECK(id_next(&word, 0, 0) > 0); /* a clock before the epoch still gives a good id */
	CHECK_INT(id_floor(0), 0);
	CHECK_INT(id_floor(ID_EPOCH_MS), 0);
	CHECK_INT(id_floor(ID_EPOCH_MS + 1000), 1 << 22);
	CHECK(id_next(&word, 127, last_ms) <= ID_MAX);
	CHECK(id_next(&word, 128, last_ms) <= ID_MAX); /* never more than 7 bits of host */
	CHECK_INT(id_floor(last_ms) | 127 << 15 | 32767, ID_MAX);
}

#define THREADS 4
#define EACH 50000

static _Atomic uint64_t shared;
static int64_t made[THREADS * EACH];

static void *
make_ids(void *arg)
{
	int64_t *to = arg;
	int i;

	for (i = 0; i < EACH; i++)
		to[i] = id_next(&shared, 3, NOW + i / 100);
	return NULL;
}

static int
by_value(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

CASE(four_threads_never_meet)
{
	pthread_t threads[THREADS];
	int i, t;

	for (t = 0; t < THREADS; t++)
		CHECK(pthread_create(&threads[t], NULL, make_ids, made + t * EACH) == 0);
	for (t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	for (t = 0; t < THREADS; t++)
		for (i = 1; i < EACH; i++)
			CHECK(made[t * EACH + i] > made[t * EACH + i - 1]);
	qsort(made, THREADS * EACH, sizeof *made, by_value);
	for (i = 1; i < THREADS * EACH; i++)
		CHECK(made[i] != made[i - 1]);
}

CASE(integers_that_are_good)
{
	static const struct {
		const char *text;
		int64_t want;
	} good[] = {
		{ "0", 0 },
		{ "-0", 0 },
		{ "+5", 5 },
		{ "007", 7 },
		{ "42", 42 },
		{ "-42", -42 },
		{ "1e+06", 1000000 },
		{ "1E6", 1000000 },
		{ "1.234567e+06", 1234567 },
		{ "1.50e1", 15 },
		{ "1.0", 1 },
		{ "5.000000", 5 },
		{ "1e0", 1 },
		{ "1e-0", 1 },
		{ "10e-1", 1 },
		{ "-1200e-2", -12 },
		{ "0.001e3", 1 },
		{ "0e400", 0 },
		{ "0.000e-99999999999999999999", 0 },
		{ "000000000000000000000000000000000000000000000000000000000000001", 1 },
		{ "1000000000000000000000000000000000000000000e-42", 1 },
		{ "0.0000000000000000000000000000000000000000001e43", 1 },
		{ "7.0000000000000000000000000000000000000000000000000000000000000", 7 },
		{ "9007199254740991", ID_MAX },
		{ "9.007199254740991e+15", ID_MAX },
		{ "9223372036854775807", INT64_MAX },
		{ "-9223372036854775807", -INT64_MAX },
		{ "9.223372036854775807e18", INT64_MAX },
		{ "9e18", INT64_C(9000000000000000000) },
	};
	size_t i;

	for (i = 0; i < sizeof good / sizeof *good; i++) {
		int64_t v = -99;

		if (!id_parse_int(good[i].text, strlen(good[i].text), &v) || v != good[i].want)
			printf("# %s gives %lld\n", good[i].text, (long long)v);
		CHECK_INT(v, good[i].want);
	}
}

CASE(integers_that_are_not)
{
	static const char *const bad[] = { "", "+", "-", ".", "e", "e5", "1e", "1e+", "1e-", ".5",
		"1.", "1.e5", "1.5", "1.25e1", "15e-1", "1e-1", "1e400", "1e99999999999999999999",
		"-1e19", "1e-99999999999999999999", "0x10", "10L", "1,000", " 1", "1 ", "\t1",
		"1\n", "--1", "+-1", "1e1.0", "1e1e1", "1..0", "inf", "nan", "true",
		"9223372036854775808", "-9223372036854775808", "9999999999999999999",
		"10000000000000000000", "18446744073709551617", "99999999999999999999999999",
		"9.3e18", "1e19", "\xef\xbc\x91" };
	int64_t v = 77;
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (id_parse_int(bad[i], strlen(bad[i]), &v))
			printf("# \"%s\" gives %lld\n", bad[i], (long long)v);
		CHECK_INT(v, 77);
	}
	CHECK(!id_parse_int("1\0", 2, &v));
	CHECK(!id_parse_int("12", 0, &v));
}

CASE(integers_have_64_bytes_at_most)
{
	char text[65];
	int64_t v;

	memset(text, '0', sizeof text);
	text[63] = '1';
	CHECK(id_parse_int(text, 64, &v));
	CHECK_INT(v, 1);
	CHECK(!id_parse_int(text, 65, &v));
	memset(text, '9', sizeof text);
	CHECK(!id_parse_int(text, 64, &v));
}

CASE(only_n_bytes_are_read)
{
	int64_t v = 0;

	CHECK(id_parse_int("123", 2, &v));
	CHECK_INT(v, 12);
	CHECK(id_parse_int("1.5", 1, &v));
	CHECK_INT(v, 1);
	CHECK(!id_parse_int("1e5", 2, &v));
}

UNIT_MAIN
