/* model_search_pack.c - tests of the packs that the search index keeps frequent grams in. */
#include "model/search_pack.h"

#include "model/search.h"
#include "unit.h"

CASE(places_come_back)
{
	static const int64_t cases[][4] = { { 1 }, { 1, 2, 3, 4 }, { 5, INT64_MAX - 1, INT64_MAX },
		{ 127, 255, 16639, 2113791 } };
	int64_t places[SEARCH_PACK_BYTES + 1];
	char text[SEARCH_PACK_BYTES];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t n = 1, bytes;

		while (n < 4 && cases[i][n] != 0)
			n++;
		bytes = search_pack_write(cases[i], n, text);
		CHECK_INT(search_pack_read(cases[i][0], text, bytes, places), n);
		for (size_t k = 0; k < n; k++)
			CHECK_INT(places[k], cases[i][k]);
	}
}

CASE(the_largest_pack_fits)
{
	static int64_t places[SEARCH_PACK_N], again[SEARCH_PACK_BYTES + 1];
	static char text[SEARCH_PACK_BYTES];
	size_t bytes;

	for (int64_t i = 0; i < SEARCH_PACK_N; i++)
		places[i] = 1 + i * (INT64_MAX / SEARCH_PACK_N);
	bytes = search_pack_write(places, SEARCH_PACK_N, text);
	CHECK(bytes <= sizeof(text));
	CHECK_INT(search_pack_read(1, text, bytes, again), SEARCH_PACK_N);
	CHECK_INT(again[SEARCH_PACK_N - 1], places[SEARCH_PACK_N - 1]);
}

CASE(damage_is_seen)
{
	int64_t out[100];

	CHECK_INT(search_pack_read(1, "", 0, out), 1);
	CHECK_INT(search_pack_read(0, "", 0, out), 0);
	CHECK_INT(search_pack_read(-5, "\1", 1, out), 0);
	CHECK_INT(search_pack_read(1, "\0", 1, out), 0);
	CHECK_INT(search_pack_read(1, "\x80", 1, out), 0);
	CHECK_INT(search_pack_read(1, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11, out), 0);
	CHECK_INT(search_pack_read(INT64_MAX, "\1", 1, out), 0);
	CHECK_INT(search_pack_read(INT64_MAX - 1, "\1\1", 2, out), 0);
}

UNIT_MAIN
