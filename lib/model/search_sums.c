/* search_sums.c - whether the index holds what it is asked for, and nothing else.
 *
 * Postings are compared as sums: each (term, place) that the rows of search_docs ask for is added to
 * one of SUMS sums, each that rows and packs have is taken away.  Only where a sum is not 0 they are
 * looked at one by one.  Invariant: nothing is told or removed that was not looked up by itself, with
 * its thing's row held. */
#include "model/search.h"

#include <stdlib.h>

#include "base/text.h"
#include "model/search_pack.h"

#define SUMS (1u << 20)
#define PIECE 256 /* postings that are looked up at once */

SQL(search_all_rows,
    "SELECT term, place FROM search_postings WHERE term > ? OR (term = ? AND place > ?) "
    "ORDER BY term, place LIMIT 20000",
    "iii", "ii");
SQL(search_all_packs,
    "SELECT term, first, places FROM search_packs WHERE term > ? OR (term = ? AND first > ?) "
    "ORDER BY term, first LIMIT 512",
    "iii", "iis");
SQL(search_stray_take, "DELETE FROM search_postings WHERE term = ? AND place = ?", "ii", "");
/* Nothing holds the row of what is not there: it may come this moment. */
SQL(search_orphan_take,
    "DELETE FROM search_postings WHERE term = ? AND place = ? AND NOT EXISTS (SELECT 1 FROM search_docs d "
    "WHERE d.id = ? AND d.place = ?)",
    "iiii", "");
SQL(search_damaged_take, "DELETE FROM search_packs WHERE term = ? AND first = ? AND places = ?", "iis", "");

struct search_sums {
	uint64_t v[SUMS];
};

struct search_sums *
search_sums_new(void)
{
	return xcalloc(1, sizeof(struct search_sums));
}

static size_t
sum_of(int64_t place)
{
	return hash_id(place) % SUMS;
}

static uint64_t
posting_hash(int64_t term, int64_t place)
{
	return hash_id((int64_t)(hash_id(term) ^ (uint64_t)place));
}

void
search_sums_add(struct search_sums *s, const struct search_doc *d)
{
	int64_t terms[SEARCH_TERMS_MAX];
	size_t n = search_terms(d, terms);

	while (n-- > 0)
		s->v[sum_of(d->place)] += posting_hash(terms[n], d->place);
}

bool
search_sums_fit(const struct search_sums *s, int64_t place)
{
	return s->v[sum_of(place)] == 0;
}

/* ---- all postings ---- */

struct posting {
	int64_t term, place;
};

struct look {
	struct call *c;
	struct search_sums *sums;
	bool remove;
	int64_t strays, damaged;
	struct posting *v; /* those of a batch that are to be looked up */
	size_t n, cap, at, piece;
	int64_t found; /* of the piece under way */
};

static void
take_away(struct look *l, int64_t term, int64_t place)
{
	l->sums->v[sum_of(place)] -= posting_hash(term, place);
}

static void
suspect(struct look *l, int64_t term, int64_t place)
{
	if (search_sums_fit(l->sums, place))
		return;
	if (l->n == l->cap) {
		l->cap = l->cap > 0 ? 2 * l->cap : 1024;
		l->v = xrealloc(l->v, l->cap * sizeof(*l->v));
	}
	l->v[l->n++] = (struct posting){ term, place };
}

static int
by_term(const void *x, const void *y)
{
	const int64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

/* Whether a thing asks for it. */
static bool
wanted(const struct search_doc *d, const struct posting *p)
{
	int64_t terms[SEARCH_TERMS_MAX];
	size_t n;

	if (d == NULL || d->place != p->place)
		return false;
	n = search_terms(d, terms);
	return bsearch(&p->term, terms, n, sizeof(*terms), by_term) != NULL;
}

static enum err
judge(void *arg)
{
	struct look *l = arg;
	struct call *c = l->c;
	const struct posting *v = l->v + l->at;
	const struct search_doc *docs[PIECE];
	int64_t ids[PIECE], place, cost = 0;
	enum err e;

	for (size_t i = 0; i < l->piece; i++)
		ids[i] = v[i].place & PLACE_ID_MASK;
	e = search_docs_lock(c, ids, l->piece, docs);
	l->found = 0;
	for (size_t i = 0; e == E_OK && i < l->piece; i++) {
		struct search_list list;

		if (wanted(docs[i], &v[i]))
			continue;
		/* It may have gone since it was read.  No list has what is not positive. */
		search_list_open(&list, v[i].term, false);
		e = search_list_seek(&list, c, v[i].place, &place, &cost);
		if (e != E_OK || (v[i].place > 0 && place != v[i].place))
			continue;
		l->found++;
		if (l->remove && docs[i] != NULL)
			e = db_exec(c->db, &search_stray_take, ARGS(I(v[i].term), I(v[i].place)), NULL);
		else if (l->remove)
			e = db_exec(c->db, &search_orphan_take,
			    ARGS(I(v[i].term), I(v[i].place), I(ids[i]), I(v[i].place)), NULL);
		if (e == E_OK && l->remove)
			e = search_pack_take(c, &v[i].term, 1, v[i].place);
	}
	return e;
}

/* Those of the batch, piece by piece. */
static enum err
judge_all(struct look *l)
{
	enum err e = E_OK;

	for (l->at = 0; e == E_OK && l->at < l->n; l->at += l->piece) {
		l->piece = l->n - l->at < PIECE ? l->n - l->at : PIECE;
		call_begin(l->c);
		e = l->remove ? db_transaction(l->c->db, judge, l) : judge(l);
		l->strays += e == E_OK ? l->found : 0;
	}
	l->n = 0;
	return e;
}

static enum err
each_row(struct look *l, void (*visit)(struct look *, int64_t, int64_t))
{
	struct call *c = l->c;
	int64_t term = INT64_MIN, place = 0;
	struct rows r = { .n = 1 };
	enum err e = E_OK;

	while (e == E_OK && r.n > 0) {
		call_begin(c);
		e = db_select(c->db, c->mem, &search_all_rows, ARGS(I(term), I(term), I(place)), &r);
		for (size_t i = 0; e == E_OK && i < r.n; i++) {
			term = r.v[i * r.cols].i;
			place = r.v[i * r.cols + 1].i;
			visit(l, term, place);
		}
		if (e == E_OK)
			e = judge_all(l);
	}
	return e;
}

static enum err
each_pack(struct look *l, void (*visit)(struct look *, int64_t, int64_t))
{
	struct call *c = l->c;
	int64_t term = INT64_MIN, first = 0, places[SEARCH_PACK_BYTES + 1];
	struct rows r = { .n = 1 };
	enum err e = E_OK;

	while (e == E_OK && r.n > 0) {
		call_begin(c);
		e = db_select(c->db, c->mem, &search_all_packs, ARGS(I(term), I(term), I(first)), &r);
		for (size_t i = 0; e == E_OK && i < r.n; i++) {
			const struct val *v = r.v + i * r.cols;
			size_t n = 0;

			if (v[2].n <= SEARCH_PACK_BYTES)
				n = search_pack_read(v[1].i, v[2].s, v[2].n, places);
			term = v[0].i;
			first = v[1].i;
			l->damaged += n == 0 && visit == suspect;
			/* What it held stands in rows by then. */
			if (n == 0 && l->remove)
				e = db_exec(c->db, &search_damaged_take,
				    ARGS(I(term), I(first), SN(v[2].s, v[2].n)), NULL);
			while (n-- > 0)
				visit(l, term, places[n]);
		}
		if (e == E_OK)
			e = judge_all(l);
	}
	return e;
}

enum err
search_sums_less(struct call *c, struct search_sums *s)
{
	struct look l = { .c = c, .sums = s };
	enum err e = each_row(&l, take_away);

	return e == E_OK ? each_pack(&l, take_away) : e;
}

enum err
search_strays_of(struct call *c, struct search_sums *s, bool remove, int64_t *strays, int64_t *damaged)
{
	struct look l = { .c = c, .sums = s, .remove = remove };
	bool fits = true;
	enum err e;

	for (size_t i = 0; i < SUMS && fits; i++)
		fits = s->v[i] == 0;
	e = fits ? E_OK : each_row(&l, suspect);
	if (e == E_OK)
		e = each_pack(&l, suspect);
	free(l.v);
	*strays = l.strays;
	*damaged = l.damaged;
	return e;
}

enum err
search_mend(struct call *c)
{
	struct search_sums *s = search_sums_new();
	int64_t after = 0, ids[SEARCH_BATCH], strays, damaged;
	const struct search_doc *docs[SEARCH_BATCH];
	size_t n = 1;
	enum err e = E_OK;

	while (e == E_OK && n > 0) {
		call_begin(c);
		e = search_next(c, SEARCH_PHASE_DOCS, &after, ids, &n);
		if (e == E_OK && n > 0)
			e = search_docs_lock(c, ids, n, docs);
		for (size_t i = 0; e == E_OK && i < n; i++) {
			if (docs[i] != NULL)
				search_sums_add(s, docs[i]);
		}
	}
	if (e == E_OK)
		e = search_sums_less(c, s);
	if (e == E_OK)
		e = search_strays_of(c, s, true, &strays, &damaged);
	free(s);
	return e;
}
