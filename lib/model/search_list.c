/* search_list.c - see search_pack.h.  Invariant: what one read brings of rows and packs is of one
 * moment (one statement), so that a posting that is just being packed is in one of both. */
#include "model/search_pack.h"

#include <string.h>

#include "base/log.h"

#define STEP_MIN 2
#define STEP_MAX 32
#define ROWS_STEP 128 /* rows for each pack that is asked for */
#define ROW_COST 500 /* nanoseconds */
#define PACK_COST 6000
#define READ_COST 40000

#define ROWS_OF(tag)                                                                               \
	"(SELECT " tag ", place, NULL FROM search_postings WHERE term = ? AND place <= ? "          \
	"ORDER BY place DESC LIMIT ?)"
#define PACKS_OF(tag)                                                                              \
	"(SELECT " tag ", first, places FROM search_packs WHERE term = ? AND first <= ? "           \
	"ORDER BY first DESC LIMIT ?)"
SQL(search_list_one, ROWS_OF("0") " UNION ALL " PACKS_OF("1"), "iiiiii", "iis");
SQL(search_list_two,
    ROWS_OF("0") " UNION ALL " PACKS_OF("1") " UNION ALL " ROWS_OF("2") " UNION ALL " PACKS_OF("3"),
    "iiiiiiiiiiii", "iis");

void
search_list_open(struct search_list *l, int64_t term, bool body)
{
	*l = (struct search_list){ .term = term, .last_term = term | body, .floor = INT64_MAX,
		.step = STEP_MIN };
}

/* Merges each two neighbouring descending runs of v into one of out, each place once; *one: there is
 * but one run now.  Returns how many are left. */
static size_t
merge_pairs(const int64_t *v, size_t n, int64_t *out, bool *one)
{
	size_t out_n = 0, runs = 0;

	for (size_t a = 0, a_end, b, b_end; a < n; a = b_end, runs++) {
		for (a_end = a + 1; a_end < n && v[a_end] < v[a_end - 1];)
			a_end++;
		for (b = b_end = a_end; b_end < n && (b_end == b || v[b_end] < v[b_end - 1]);)
			b_end++;
		while (a < a_end || b < b_end) {
			int64_t next = b == b_end || (a < a_end && v[a] >= v[b]) ? v[a++] : v[b++];

			if (out_n == 0 || out[out_n - 1] != next)
				out[out_n++] = next;
		}
	}
	*one = runs <= 1;
	return out_n;
}

static void
room_for(struct search_list *l, struct arena *a, size_t n)
{
	if (l->room >= n)
		return;
	l->room = 2 * n;
	l->places = arena_array(a, l->room, sizeof(*l->places));
	l->spare = arena_array(a, l->room, sizeof(*l->spare));
}

/* All places of these rows and packs in one descending row. */
static void
unpack(struct search_list *l, struct call *c, const struct rows *r, int64_t *cost)
{
	size_t most = 0, n = 0;

	for (size_t i = 0; i < r->n; i++)
		most += search_pack_count(r->v[i * r->cols + 2].s, r->v[i * r->cols + 2].n);
	room_for(l, c->mem, most);
	for (size_t i = 0; i < r->n; i++) {
		const struct val *row = r->v + i * r->cols;

		if (row[2].type == 0) {
			l->spare[n++] = row[1].i;
			*cost += ROW_COST;
		} else {
			size_t got = search_pack_read(row[1].i, row[2].s, row[2].n, l->places);

			if (got == 0)
				log_error("a pack of term %lld is damaged: doufu search reindex",
				    (long long)l->term);
			while (got-- > 0)
				l->spare[n++] = l->places[got];
			*cost += PACK_COST;
		}
	}
	for (bool one = false; n > 0;) {
		int64_t *merged = l->places;

		n = merge_pairs(l->spare, n, merged, &one);
		if (one)
			break;
		l->places = l->spare;
		l->spare = merged;
	}
	l->n = n;
}

/* Reads on from a place. */
static enum err
fill(struct search_list *l, struct call *c, int64_t place, int64_t *cost)
{
	int64_t packs = l->step, rows = l->step * ROWS_STEP, counts[4] = { 0 }, floors[4] = { 0 };
	bool two = l->last_term != l->term;
	struct val v[12];
	struct rows r;
	enum err e;

	for (int i = 0; i < 12; i += 3) {
		v[i] = I(i < 6 ? l->term : l->last_term);
		v[i + 1] = I(place);
		v[i + 2] = I(i % 6 == 0 ? rows : packs);
	}
	e = db_select(c->db, c->mem, two ? &search_list_two : &search_list_one, v, &r);
	if (e != E_OK)
		return e;
	*cost += READ_COST;
	for (size_t i = 0; i < r.n; i++) {
		int64_t branch = r.v[i * r.cols].i & 3;

		counts[branch]++;
		if (counts[branch] == 1 || r.v[i * r.cols + 1].i < floors[branch])
			floors[branch] = r.v[i * r.cols + 1].i;
	}
	l->floor = 0;
	for (int i = 0; i < 4; i++) {
		if (counts[i] == (i % 2 == 0 ? rows : packs) && floors[i] > l->floor)
			l->floor = floors[i];
	}
	unpack(l, c, &r, cost);
	while (l->n > 0 && l->places[l->n - 1] < l->floor)
		l->n--;
	l->at = 0;
	l->step = l->step < STEP_MAX ? 2 * l->step : l->step;
	return E_OK;
}

/* The first of what was read that is not better than place: nearly always very near. */
static size_t
gallop(const struct search_list *l, int64_t place)
{
	size_t lo = l->at, step = 1, hi;

	while (lo + step < l->n && l->places[lo + step] > place) {
		lo += step;
		step *= 2;
	}
	hi = lo + step < l->n ? lo + step : l->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (l->places[mid] > place)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

enum err
search_list_seek(struct search_list *l, struct call *c, int64_t place, int64_t *found, int64_t *cost)
{
	enum err e = E_OK;

	*found = 0;
	while (e == E_OK && place > 0) {
		l->at = gallop(l, place);
		if (l->at < l->n) {
			*found = l->places[l->at];
			return E_OK;
		}
		if (l->floor == 0)
			return E_OK;
		if (l->floor <= place)
			place = l->floor - 1;
		if (place > 0)
			e = fill(l, c, place, cost);
	}
	return e;
}
