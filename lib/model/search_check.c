/* search_check.c - compares the index with what it is made of.
 *
 * Postings are compared as sums: each (term, place) that the rows of search_docs ask for is added to
 * one of SUMS sums, each that the index has is taken away.  Only where a sum is not 0 things are
 * looked at one by one.  Invariant: nothing is told that was not looked up by itself. */
#include "model/search.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/search_pack.h"

#define SUMS (1u << 20)

SQL(search_text,
    "SELECT v.id, v.visible = 1, v.title, v.description, COALESCE(u.name, ''), COALESCE(d.title, ''), "
    "COALESCE(d.body, ''), COALESCE(d.tags, ''), COALESCE(d.place, 0) FROM videos v LEFT JOIN users u "
    "ON u.id = v.author_id LEFT JOIN search_docs d ON d.id = v.id WHERE v.id IN (?...) ORDER BY v.id",
    "L", "iissssssi");
SQL(search_user_text,
    "SELECT u.id, u.status, d.place IS NOT NULL FROM users u LEFT JOIN search_docs d ON d.id = u.id "
    "WHERE u.id IN (?...) ORDER BY u.id",
    "L", "iii");
SQL(search_all_rows,
    "SELECT term, place FROM search_postings WHERE term > ? OR (term = ? AND place > ?) "
    "ORDER BY term, place LIMIT 20000",
    "iii", "ii");
SQL(search_all_packs,
    "SELECT term, first, places FROM search_packs WHERE term > ? OR (term = ? AND first > ?) "
    "ORDER BY term, first LIMIT 512",
    "iii", "iis");
SQL(search_piece_end,
    "SELECT term, place FROM search_postings WHERE term > ? OR (term = ? AND place > ?) "
    "ORDER BY term, place LIMIT 19999, 1",
    "iii", "ii");
SQL(search_lost,
    "SELECT p.term, p.place FROM search_postings p LEFT JOIN search_docs d "
    "ON d.id = p.place & 9007199254740991 AND d.place = p.place "
    "WHERE (p.term > ? OR (p.term = ? AND p.place > ?)) AND (p.term < ? OR (p.term = ? AND p.place <= ?)) "
    "AND d.id IS NULL",
    "iiiiii", "ii");
SQL(search_orphan_take,
    "DELETE FROM search_postings WHERE term = ? AND place = ? AND NOT EXISTS (SELECT 1 FROM search_docs d "
    "WHERE d.id = ? AND d.place = ?)",
    "iiii", "");

/* Postings whose thing is not there, or stands elsewhere. */
enum err
search_orphans(struct call *c, bool remove, int64_t *found)
{
	int64_t term = INT64_MIN, place = 0, end_term, end_place;
	bool last = false;
	enum err e = E_OK;

	*found = 0;
	while (e == E_OK && !last) {
		struct rows r;

		call_begin(c);
		e = db_select(c->db, c->mem, &search_piece_end, ARGS(I(term), I(term), I(place)), &r);
		last = e == E_OK && r.n == 0;
		end_term = last ? INT64_MAX : r.v[0].i;
		end_place = last ? INT64_MAX : r.v[1].i;
		if (e == E_OK)
			e = db_select(c->db, c->mem, &search_lost,
			    ARGS(I(term), I(term), I(place), I(end_term), I(end_term), I(end_place)), &r);
		for (size_t i = 0; e == E_OK && i < r.n; i++) {
			int64_t t = r.v[i * r.cols].i, at = r.v[i * r.cols + 1].i, gone = 1;

			if (remove)
				e = db_exec(c->db, &search_orphan_take,
				    ARGS(I(t), I(at), I(at & PLACE_ID_MASK), I(at)), &gone);
			*found += gone;
		}
		term = end_term;
		place = end_place;
	}
	return e;
}

struct check {
	struct call *c;
	void (*told)(int64_t id, const char *what);
	int64_t n;
	uint64_t *sums;
};

static void
tell(struct check *k, int64_t id, const char *what)
{
	k->n++;
	if (k->told != NULL)
		k->told(id, what);
}

static uint64_t *
sum_of(struct check *k, int64_t place)
{
	return &k->sums[hash_id(place) % SUMS];
}

static uint64_t
posting_hash(int64_t term, int64_t place)
{
	return hash_id((int64_t)(hash_id(term) ^ (uint64_t)place));
}

static enum err
check_videos(struct check *k, const int64_t *ids, size_t n)
{
	struct rows r;
	enum err e = db_select(k->c->db, k->c->mem, &search_text, ARGS(LIST(ids, n)), &r);

	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		const struct val *v = r.v + i * r.cols;
		const struct search_doc *d = search_video_doc(k->c, v[0].i, v[2].s, v[3].s, v[4].s);

		if (!v[1].i)
			continue; /* check_docs() tells of those that are there all the same */
		if (v[8].i == 0)
			tell(k, v[0].i, "is not in the index");
		else if (strcmp(d->title, v[5].s) != 0 || strcmp(d->body, v[6].s) != 0 ||
		    strcmp(d->tags, v[7].s) != 0)
			tell(k, v[0].i, "has another text in the index");
	}
	return e;
}

static enum err
check_users(struct check *k, const int64_t *ids, size_t n)
{
	struct rows r;
	enum err e = db_select(k->c->db, k->c->mem, &search_user_text, ARGS(LIST(ids, n)), &r);

	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		if (r.v[i * r.cols + 1].i == 1 && !r.v[i * r.cols + 2].i)
			tell(k, r.v[i * r.cols].i, "is not in the index");
	}
	return e;
}

static enum err
check_docs(struct check *k, const int64_t *ids, size_t n)
{
	const struct search_doc *docs[SEARCH_BATCH];
	int64_t terms[SEARCH_TERMS_MAX];
	struct rows r;
	enum err e = search_strays(k->c, ids, n, &r);

	for (size_t i = 0; e == E_OK && i < r.n; i++)
		tell(k, r.v[i * r.cols].i, "is in the index, but must not be seen");
	if (e == E_OK)
		e = search_docs_lock(k->c, ids, n, docs);
	for (size_t i = 0; e == E_OK && i < n; i++) {
		size_t want = docs[i] != NULL ? search_terms(docs[i], terms) : 0;

		while (want-- > 0)
			*sum_of(k, docs[i]->place) += posting_hash(terms[want], docs[i]->place);
	}
	return e;
}

/* Takes away what there is. */
static enum err
sum_rows(struct check *k)
{
	int64_t term = INT64_MIN, place = 0;
	struct rows r = { .n = 1 };
	enum err e = E_OK;

	while (e == E_OK && r.n > 0) {
		call_begin(k->c);
		e = db_select(k->c->db, k->c->mem, &search_all_rows, ARGS(I(term), I(term), I(place)), &r);
		for (size_t i = 0; e == E_OK && i < r.n; i++) {
			term = r.v[i * r.cols].i;
			place = r.v[i * r.cols + 1].i;
			*sum_of(k, place) -= posting_hash(term, place);
		}
	}
	return e;
}

static enum err
sum_packs(struct check *k)
{
	int64_t term = INT64_MIN, first = 0, places[SEARCH_PACK_BYTES + 1];
	struct rows r = { .n = 1 };
	enum err e = E_OK;

	while (e == E_OK && r.n > 0) {
		call_begin(k->c);
		e = db_select(k->c->db, k->c->mem, &search_all_packs, ARGS(I(term), I(term), I(first)),
		    &r);
		for (size_t i = 0; e == E_OK && i < r.n; i++) {
			const struct val *v = r.v + i * r.cols;
			size_t n = 0;

			if (v[2].n <= SEARCH_PACK_BYTES)
				n = search_pack_read(v[1].i, v[2].s, v[2].n, places);

			term = v[0].i;
			first = v[1].i;
			while (n-- > 0)
				*sum_of(k, places[n]) -= posting_hash(term, places[n]);
		}
	}
	return e;
}

/* Those of these whose sum is wrong, posting by posting. */
static enum err
check_postings(struct check *k, const int64_t *ids, size_t n)
{
	const struct search_doc *docs[SEARCH_BATCH];
	int64_t terms[SEARCH_TERMS_MAX], found, cost = 0;
	enum err e = search_docs_lock(k->c, ids, n, docs);

	for (size_t i = 0; e == E_OK && i < n; i++) {
		size_t want = 0;

		if (docs[i] != NULL && *sum_of(k, docs[i]->place) != 0)
			want = search_terms(docs[i], terms);
		for (size_t t = 0; e == E_OK && t < want; t++) {
			struct search_list list;

			search_list_open(&list, terms[t], false);
			e = search_list_seek(&list, k->c, docs[i]->place, &found, &cost);
			if (e == E_OK && found != docs[i]->place) {
				tell(k, ids[i], "lacks postings");
				break;
			}
		}
	}
	return e;
}

static enum err
check_tags(struct check *k, const int64_t *ids, size_t n)
{
	struct rows r;
	enum err e = search_tags_counted(k->c, ids, n, &r);

	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		if (r.v[i * r.cols + 1].i != r.v[i * r.cols + 2].i)
			tell(k, r.v[i * r.cols].i, "is a tag with a wrong count");
	}
	return e;
}

static enum err
check_phase(struct check *k, int phase, enum err (*check)(struct check *, const int64_t *, size_t))
{
	int64_t after = 0, ids[SEARCH_BATCH];
	size_t n = 1;
	enum err e = E_OK;

	while (e == E_OK && n > 0) {
		call_begin(k->c);
		e = search_next(k->c, phase, &after, ids, &n);
		if (e == E_OK && n > 0)
			e = check(k, ids, n);
	}
	return e;
}

enum err
search_check(struct call *c, void (*told)(int64_t, const char *), int64_t *differences)
{
	static enum err (*const checks[SEARCH_PHASES])(struct check *, const int64_t *, size_t) = {
		check_videos, check_users, check_docs, check_tags };
	struct check k = { .c = c, .told = told, .sums = xcalloc(SUMS, sizeof(*k.sums)) };
	int64_t lost;
	enum err e = E_OK;

	for (int phase = 0; e == E_OK && phase < SEARCH_PHASES; phase++)
		e = check_phase(&k, phase, checks[phase]);
	if (e == E_OK)
		e = sum_rows(&k);
	if (e == E_OK)
		e = sum_packs(&k);
	if (e == E_OK)
		e = check_phase(&k, 2, check_postings);
	if (e == E_OK)
		e = search_orphans(c, false, &lost);
	if (e == E_OK && lost > 0)
		tell(&k, lost, "postings belong to nothing");
	*differences = k.n;
	free(k.sums);
	return e;
}
