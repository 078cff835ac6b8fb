/* search_pack.c - see search_pack.h: the packs' text, and moving rows into them.
 * Invariant: a row is removed in the transaction that writes its place into a pack. */
#include "model/search_pack.h"

#include "model/search.h"

#define MOVE_MAX 4096 /* rows of one transaction */
#define LIST_MAX 1024 /* values of a list of a statement */

SQL(search_pack_terms,
    "SELECT term, n FROM (SELECT term, CAST(COUNT(*) AS SIGNED) AS n FROM search_postings WHERE term > ? "
    "GROUP BY term ORDER BY term LIMIT 4096) t ORDER BY term",
    "i", "ii");
SQL(search_pack_rows,
    "SELECT place FROM search_postings WHERE term = ? ORDER BY place LIMIT 4096 FOR UPDATE", "i", "i");
SQL(search_pack_firsts, "SELECT first FROM search_packs WHERE term = ? ORDER BY first FOR UPDATE", "i", "i");
SQL(search_pack_get, "SELECT places FROM search_packs WHERE term = ? AND first = ?", "ii", "s");
SQL(search_pack_drop, "DELETE FROM search_packs WHERE term = ? AND first = ?", "ii", "");
SQL(search_pack_put,
    "INSERT INTO search_packs (term, first, places) VALUES (?, ?, ?) "
    "ON DUPLICATE KEY UPDATE places = VALUES(places)",
    "iis", "");
SQL(search_pack_of,
    "SELECT first, places FROM search_packs WHERE term = ? AND first <= ? ORDER BY first DESC LIMIT 1 "
    "FOR UPDATE",
    "ii", "is");
SQL(search_pack_some,
    "SELECT term, MAX(first) FROM search_packs WHERE term IN (?...) AND first <= ? GROUP BY term", "Li", "ii");
SQL(search_pack_unlist, "DELETE FROM search_postings WHERE term = ? AND place IN (?...)", "iL", "");

size_t
search_pack_write(const int64_t *places, size_t n, char *out)
{
	char *at = out;

	for (size_t i = 1; i < n; i++) {
		uint64_t more = (uint64_t)places[i] - (uint64_t)places[i - 1];

		for (; more >= 0x80; more >>= 7)
			*at++ = (char)(more | 0x80);
		*at++ = (char)more;
	}
	return (size_t)(at - out);
}

size_t
search_pack_count(const char *pack, size_t bytes)
{
	size_t n = 1;

	/* The last byte of each difference. */
	for (size_t i = 0; i < bytes; i++)
		n += (unsigned char)pack[i] < 0x80;
	return n;
}

size_t
search_pack_read(int64_t first, const char *pack, size_t bytes, int64_t *out)
{
	const unsigned char *p = (const unsigned char *)pack, *end = p + bytes;
	size_t n = 1;

	if (first <= 0)
		return 0;
	for (out[0] = first; p < end; n++) {
		uint64_t more = 0;
		int shift = 0;

		for (; p < end && *p >= 0x80 && shift < 63; shift += 7)
			more |= (uint64_t)(*p++ & 0x7f) << shift;
		if (p == end || shift >= 63)
			return 0;
		more |= (uint64_t)*p++ << shift;
		if (more == 0 || more > (uint64_t)(INT64_MAX - out[n - 1]))
			return 0;
		out[n] = out[n - 1] + (int64_t)more;
	}
	return n;
}

struct move {
	struct call *c;
	int64_t term;
	size_t rows; /* that it moved */
};

/* Ascending places become packs.  Where new ones came behind all others, as most do, the packs are
 * filled; else they are left room, so that the next one does not make another pack. */
static enum err
put_packs(struct move *m, const int64_t *places, size_t n, bool appended)
{
	size_t packs = (n + SEARCH_PACK_N - 1) / SEARCH_PACK_N;
	size_t each = appended || packs == 0 ? SEARCH_PACK_N : (n + packs - 1) / packs;
	char text[SEARCH_PACK_BYTES];
	enum err e = E_OK;

	for (size_t done = 0; e == E_OK && done < n; done += each) {
		size_t k = n - done < each ? n - done : each;
		size_t bytes = search_pack_write(places + done, k, text);

		e = db_exec(m->c->db, &search_pack_put,
		    ARGS(I(m->term), I(places[done]), SN(text, bytes)), NULL);
	}
	return e;
}

/* Puts new places into the pack that begins at first (none: 0). */
static enum err
repack(struct move *m, int64_t first, const int64_t *new, size_t new_n)
{
	struct call *c = m->c;
	struct rows r = { 0 };
	int64_t *old = NULL, *all;
	size_t old_n = 0, n = 0;
	bool appended;
	enum err e = E_OK;

	if (first != 0)
		e = db_select(c->db, c->mem, &search_pack_get, ARGS(I(m->term), I(first)), &r);
	if (e == E_OK && r.n > 0) {
		old = arena_array(c->mem, search_pack_count(r.v[0].s, r.v[0].n), sizeof(*old));
		old_n = search_pack_read(first, r.v[0].s, r.v[0].n, old);
	}
	appended = old_n == 0 || new[0] > old[old_n - 1];
	all = arena_array(c->mem, old_n + new_n, sizeof(*all));
	for (size_t i = 0, k = 0; i < old_n || k < new_n;) {
		int64_t next = k == new_n || (i < old_n && old[i] <= new[k]) ? old[i++] : new[k++];

		if (n == 0 || all[n - 1] != next)
			all[n++] = next;
	}
	if (e == E_OK && first != 0 && all[0] != first)
		e = db_exec(c->db, &search_pack_drop, ARGS(I(m->term), I(first)), NULL);
	return e == E_OK ? put_packs(m, all, n, appended) : e;
}

/* Takes a place out of a pack of a term that may have it; *found: it did. */
static enum err
take_out(struct call *c, int64_t term, int64_t place, bool *any, bool *found)
{
	int64_t *places, first;
	size_t n, kept = 0, bytes;
	char text[SEARCH_PACK_BYTES];
	struct rows r;
	enum err e = db_select(c->db, c->mem, &search_pack_of, ARGS(I(term), I(place)), &r);

	*any = e == E_OK && r.n > 0;
	*found = false;
	if (!*any)
		return e;
	first = r.v[0].i;
	places = arena_array(c->mem, search_pack_count(r.v[1].s, r.v[1].n), sizeof(*places));
	n = search_pack_read(first, r.v[1].s, r.v[1].n, places);
	for (size_t i = 0; i < n; i++) {
		if (places[i] == place)
			*found = true;
		else
			places[kept++] = places[i];
	}
	if (!*found || kept > SEARCH_PACK_N)
		return E_OK;
	if (kept == 0 || places[0] != first)
		e = db_exec(c->db, &search_pack_drop, ARGS(I(term), I(first)), NULL);
	if (e != E_OK || kept == 0)
		return e;
	bytes = search_pack_write(places, kept, text);
	return db_exec(c->db, &search_pack_put, ARGS(I(term), I(places[0]), SN(text, bytes)), NULL);
}

/* Few terms have packs, or one that may have the place.  What is read without a lock is enough: who took
 * the rows away has waited for whoever was moving them, and a place that is in a pack never leaves the
 * packs but by this. */
enum err
search_pack_take(struct call *c, const int64_t *terms, size_t n, int64_t place)
{
	bool any, found;
	enum err e = E_OK;

	for (size_t at = 0; e == E_OK && at < n; at += LIST_MAX) {
		size_t part = n - at < LIST_MAX ? n - at : LIST_MAX;
		struct rows r;

		e = db_select(c->db, c->mem, &search_pack_some, ARGS(LIST(terms + at, part), I(place)), &r);
		for (size_t i = 0; e == E_OK && i < r.n; i++) {
			int64_t term = r.v[i * r.cols].i;

			e = take_out(c, term, place, &any, &found);
			/* While it waited for the pack, that may have been parted: now it is ours. */
			if (e == E_OK && any && !found)
				e = take_out(c, term, place, &any, &found);
		}
	}
	return e;
}

static enum err
move_rows(void *arg)
{
	struct move *m = arg;
	struct call *c = m->c;
	struct rows r, firsts;
	int64_t *places;
	enum err e = db_select(c->db, c->mem, &search_pack_rows, ARGS(I(m->term)), &r);

	m->rows = 0;
	if (e != E_OK || r.n < SEARCH_PACK_MIN)
		return e;
	e = db_select(c->db, c->mem, &search_pack_firsts, ARGS(I(m->term)), &firsts);
	places = arena_array(c->mem, r.n, sizeof(*places));
	for (size_t i = 0; i < r.n; i++)
		places[i] = r.v[i * r.cols].i;
	for (size_t i = 0, k = 0, n; e == E_OK && i < r.n; i += n) {
		/* The pack that it belongs to: the last one that begins not behind it, or the first one. */
		while (k + 1 < firsts.n && firsts.v[(k + 1) * firsts.cols].i <= places[i])
			k++;
		for (n = 1; i + n < r.n &&
		     (k + 1 >= firsts.n || places[i + n] < firsts.v[(k + 1) * firsts.cols].i);)
			n++;
		e = repack(m, firsts.n > 0 ? firsts.v[k * firsts.cols].i : 0, places + i, n);
	}
	for (size_t i = 0, n; e == E_OK && i < r.n; i += n) {
		n = r.n - i < LIST_MAX ? r.n - i : LIST_MAX;
		e = db_exec(c->db, &search_pack_unlist, ARGS(I(m->term), LIST(places + i, n)), NULL);
	}
	m->rows = r.n;
	return e;
}

/* Until less than SEARCH_PACK_MIN rows are left, or those that are left came meanwhile. */
static enum err
pack_term(struct call *c, int64_t term, int64_t rows, int64_t *packed)
{
	struct move m = { .c = c, .term = term };
	enum err e;

	do {
		call_begin(c);
		e = db_transaction(c->db, move_rows, &m);
		*packed += e == E_OK ? (int64_t)m.rows : 0;
		rows -= (int64_t)m.rows;
	} while (e == E_OK && m.rows > 0 && rows >= SEARCH_PACK_MIN);
	return e;
}

enum err
search_pack(struct call *c, size_t pieces, int64_t *packed)
{
	static int64_t terms[4096], counts[4096];
	int64_t after;
	size_t n = 1;
	enum err e = search_state_get(c, "pack", &after);

	*packed = 0;
	if (pieces == SIZE_MAX)
		after = INT64_MIN;
	for (size_t done = 0; e == E_OK && n > 0 && done < pieces; done++) {
		struct rows r;

		call_begin(c);
		e = db_select(c->db, c->mem, &search_pack_terms, ARGS(I(after)), &r);
		n = e == E_OK ? r.n : 0;
		/* Packing forgets the rows that were read. */
		for (size_t i = 0; i < n; i++) {
			terms[i] = r.v[i * r.cols].i;
			counts[i] = r.v[i * r.cols + 1].i;
		}
		after = n > 0 ? terms[n - 1] : INT64_MIN;
		for (size_t i = 0; e == E_OK && i < n; i++) {
			if (counts[i] >= SEARCH_PACK_MIN)
				e = pack_term(c, terms[i], counts[i], packed);
		}
		if (e == E_OK)
			e = search_state_put(c, "pack", after);
	}
	return e;
}
