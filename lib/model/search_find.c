/* search_find.c - from a keyword to places.
 *
 * Of all grams that a hit must have, the list of the rarest is read from its best place on, in
 * pieces, and what stands there is looked at: whether its text has the phrase, or all words.  It
 * ends when enough is found, so that a gram that every title has costs no more than another.
 * Invariant: no keyword makes one request read more than SCAN_MAX postings. */
#include "model/search.h"

#include <string.h>

#include "base/fold.h"
#include "base/text.h"

#define SCAN_MAX 40000
#define LOOSE_MAX 5120 /* of them for hits that have only the words */
#define SUGGEST_SCAN_MAX 4000
#define PIECE_MIN 1024
#define PIECE_MAX 4096
#define RARE 256 /* how far a list is read to see how rare its gram is */
#define TERMS_MAX 24

#define DEPTH "(SELECT place FROM search_postings WHERE term = ? ORDER BY place DESC LIMIT 255, 1)"
#define DEPTHS_4 DEPTH ", " DEPTH ", " DEPTH ", " DEPTH
SQL(search_depths, "SELECT " DEPTHS_4 ", " DEPTHS_4, "iiiiiiii", "iiiiiiii");
SQL(search_list,
    "SELECT place FROM search_postings WHERE term = ? AND place < ? ORDER BY place DESC LIMIT ?", "iii",
    "i");
SQL(search_piece,
    "SELECT place FROM search_postings WHERE term = ? AND place < ? ORDER BY place DESC LIMIT ?, 1", "iii",
    "i");
SQL(search_piece_2,
    "SELECT u.place FROM ((SELECT place FROM search_postings WHERE term = ? AND place < ? "
    "ORDER BY place DESC LIMIT ?) UNION ALL (SELECT place FROM search_postings WHERE term = ? AND "
    "place < ? ORDER BY place DESC LIMIT ?)) u ORDER BY u.place DESC LIMIT ?, 1",
    "iiiiiii", "i");
#define FROM_DOCS " STRAIGHT_JOIN search_docs d ON d.id = p.place & 9007199254740991"
#define BETWEEN " AND p.place < ? AND p.place >= ? "
#define LOCATE_4                                                                                   \
	"AND LOCATE(?, d.body) > 0 AND LOCATE(?, d.body) > 0 AND LOCATE(?, d.body) > 0 "            \
	"AND LOCATE(?, d.body) > 0 "
#define LAST " ORDER BY p.place DESC LIMIT ?"
SQL(search_phrase,
    "SELECT p.place FROM search_postings p FORCE INDEX (PRIMARY)" FROM_DOCS " WHERE p.term = ?" BETWEEN
    "AND LOCATE(?, d.title) > 0" LAST,
    "iiisi", "i");
SQL(search_phrase_2,
    "SELECT p.place FROM search_postings p FORCE INDEX (PRIMARY) STRAIGHT_JOIN search_postings q "
    "ON q.term = ? AND q.place = p.place" FROM_DOCS " WHERE p.term = ?" BETWEEN
    "AND LOCATE(?, d.title) > 0" LAST,
    "iiiisi", "i");
SQL(search_words,
    "SELECT p.place FROM search_postings p FORCE INDEX (PRIMARY)" FROM_DOCS " WHERE p.term IN (?, ?)" BETWEEN
    "AND LOCATE(?, d.title) = 0 " LOCATE_4 LOCATE_4 LAST,
    "iiiisssssssssi", "i");
SQL(search_words_2,
    "SELECT p.place FROM search_postings p FORCE INDEX (PRIMARY) LEFT JOIN search_postings q "
    "ON q.term = ? AND q.place = p.place LEFT JOIN search_postings r ON r.term = ? AND r.place = p.place"
    FROM_DOCS " WHERE p.term IN (?, ?)" BETWEEN "AND (q.place IS NOT NULL OR r.place IS NOT NULL) "
    "AND LOCATE(?, d.title) = 0 " LOCATE_4 LOCATE_4 LAST,
    "iiiiiisssssssssi", "i");
SQL(search_newest,
    "SELECT published_ms, id FROM videos FORCE INDEX (feed) WHERE visible = 1 AND (published_ms < ? OR "
    "(published_ms = ? AND id < ?)) ORDER BY published_ms DESC, id DESC LIMIT ?, ?",
    "iiiii", "ii");
SQL(search_newest_count,
    "SELECT COUNT(*) FROM (SELECT 1 FROM videos FORCE INDEX (feed) WHERE visible = 1 LIMIT 1001) n", "",
    "i");

/* tier 0: the phrase in the title; 1: the words anywhere. */
struct hit {
	int64_t tier, place;
};

struct plan {
	struct call *c;
	enum search_kind kind;
	const char *phrase;
	int64_t terms[TERMS_MAX];
	size_t terms_n;
	bool whole; /* the one term says all */
	const char *words[SEARCH_WORDS_MAX];
	size_t words_n;
	bool only_phrase;
	int64_t term[2][2]; /* the sparsest two of each tier, once they were chosen; or twice the same */
	bool chosen[2];
	int64_t scanned, scan_max;
	bool gave_up; /* the bound was met, at: */
	struct hit stop;
};

struct hits {
	struct hit *v;
	size_t n, want;
};

/* Without the quotes around it, where there are some. */
static const char *
unquoted(struct arena *a, const char *s, bool *quoted)
{
	static const char *const quotes[][2] = { { "\"", "\"" }, { "“", "”" }, { "「", "」" },
		{ "『", "』" }, { "＂", "＂" } };
	size_t n;

	s += strspn(s, " ");
	n = strlen(s);
	while (n > 0 && s[n - 1] == ' ')
		n--;
	*quoted = false;
	for (size_t i = 0; i < sizeof(quotes) / sizeof(*quotes); i++) {
		size_t open = strlen(quotes[i][0]), close = strlen(quotes[i][1]);

		if (n > open + close && memcmp(s, quotes[i][0], open) == 0 &&
		    memcmp(s + n - close, quotes[i][1], close) == 0) {
			*quoted = true;
			return arena_strndup(a, s + open, n - open - close);
		}
	}
	return arena_strndup(a, s, n);
}

/* false where nothing is left of the keyword. */
static bool
make_plan(struct plan *p, struct call *c, enum search_kind kind, const char *keyword, int64_t scan_max)
{
	*p = (struct plan){ .c = c, .kind = kind, .scan_max = scan_max };
	p->phrase = fold_text(c->mem, unquoted(c->mem, keyword, &p->only_phrase), SEARCH_TITLE_CHARS);
	p->terms_n = fold_needed(p->phrase, kind, p->terms, TERMS_MAX, &p->whole);
	if (p->terms_n == 0)
		return false;
	if (!p->only_phrase && !p->whole)
		p->words_n = fold_cut(c->mem, p->phrase, p->words, SEARCH_WORDS_MAX);
	if (p->whole) {
		p->words[0] = p->phrase;
		p->words_n = 1;
	}
	return true;
}

/* How good the places of the RARE-th postings of these lists are; 0 where a list is shorter. */
static enum err
depths(struct plan *p, const int64_t *terms, size_t n, int64_t *places)
{
	enum err e = E_OK;

	for (size_t done = 0; e == E_OK && done < n; done += 8) {
		struct val v[8];
		struct rows r;

		for (size_t i = 0; i < 8; i++)
			v[i] = I(done + i < n ? terms[done + i] : 0);
		e = db_select(p->c->db, p->c->mem, &search_depths, v, &r);
		for (size_t i = 0; e == E_OK && i < 8 && done + i < n; i++)
			places[done + i] = r.v[i].type == 'i' ? r.v[i].i : 0;
	}
	return e;
}

/* All lists are in the same order, so that the one that gets farthest in RARE postings is the
 * sparsest of them.  Chooses the sparsest two. */
static enum err
choose(struct plan *p, int tier)
{
	int64_t terms[TERMS_MAX] = { 0 }, bodies[TERMS_MAX], place[TERMS_MAX], body[TERMS_MAX] = { 0 };
	int64_t best[2] = { INT64_MAX, INT64_MAX }, *chosen = p->term[tier];
	size_t n = 0;
	enum err e = E_OK;

	if (p->chosen[tier])
		return E_OK;
	if (tier == 0) {
		n = p->terms_n;
		memcpy(terms, p->terms, n * sizeof(*terms));
	} else {
		/* The same grams, but for those that reach over the end of a word. */
		for (size_t i = 0; i < p->words_n; i++) {
			bool whole;

			n += fold_needed(p->words[i], p->kind, terms + n, TERMS_MAX - n, &whole);
		}
		for (size_t i = 0; i < n; i++)
			bodies[i] = terms[i] | 1;
	}
	chosen[0] = chosen[1] = terms[0];
	p->chosen[tier] = true;
	if (n == 1)
		return E_OK;
	e = depths(p, terms, n, place);
	if (e == E_OK && tier == 1)
		e = depths(p, bodies, n, body);
	for (size_t i = 0; e == E_OK && i < n; i++) {
		int64_t at = place[i] > body[i] ? place[i] : body[i];

		if (at < best[0]) {
			best[1] = best[0];
			chosen[1] = chosen[0];
			best[0] = at;
			chosen[0] = terms[i];
		} else if (at < best[1] && terms[i] != chosen[0]) {
			best[1] = at;
			chosen[1] = terms[i];
		}
	}
	/* A short list needs no second one. */
	if (best[0] == 0)
		chosen[1] = chosen[0];
	return e;
}

static enum err
take(struct hits *h, int64_t tier, const struct rows *r)
{
	for (size_t i = 0; i < r->n; i++)
		h->v[h->n++] = (struct hit){ tier, r->v[i * r->cols].i };
	return E_OK;
}

/* Where the next n postings below `before` end: those >= *place. */
static enum err
piece(struct plan *p, int tier, int64_t before, int64_t n, int64_t *place)
{
	struct call *c = p->c;
	int64_t t = p->term[tier][0];
	struct rows r;
	enum err e = tier == 0
	    ? db_select(c->db, c->mem, &search_piece, ARGS(I(t), I(before), I(n - 1)), &r)
	    : db_select(c->db, c->mem, &search_piece_2,
		  ARGS(I(t), I(before), I(n), I(t | 1), I(before), I(n), I(n - 1)), &r);

	*place = e == E_OK && r.n > 0 ? r.v[0].i : 0;
	return e;
}

static enum err
match(struct plan *p, int tier, int64_t before, int64_t from, size_t want, struct rows *r)
{
	struct call *c = p->c;
	int64_t t = p->term[tier][0], u = p->term[tier][1];
	struct val w[SEARCH_WORDS_MAX], phrase = S(p->phrase), limit = I((int64_t)want);

	if (tier == 0)
		return t == u ? db_select(c->db, c->mem, &search_phrase,
				    ARGS(I(t), I(before), I(from), phrase, limit), r)
			      : db_select(c->db, c->mem, &search_phrase_2,
				    ARGS(I(u), I(t), I(before), I(from), phrase, limit), r);
	/* LOCATE finds nothing, "", everywhere. */
	for (size_t i = 0; i < SEARCH_WORDS_MAX; i++)
		w[i] = S(i < p->words_n ? p->words[i] : "");
	return t == u
	    ? db_select(c->db, c->mem, &search_words,
		  ARGS(I(t), I(t | 1), I(before), I(from), phrase, w[0], w[1], w[2], w[3], w[4], w[5], w[6],
		      w[7], limit),
		  r)
	    : db_select(c->db, c->mem, &search_words_2,
		  ARGS(I(u), I(u | 1), I(t), I(t | 1), I(before), I(from), phrase, w[0], w[1], w[2], w[3],
		      w[4], w[5], w[6], w[7], limit),
		  r);
}

/* The hits of a tier below a place, until there are h->want. */
static enum err
walk(struct plan *p, int tier, int64_t before, struct hits *h)
{
	struct call *c = p->c;
	int64_t n = PIECE_MIN, from = 1, loose = 0;
	struct rows r;
	enum err e = choose(p, tier);

	if (e == E_OK && p->whole) {
		e = db_select(c->db, c->mem, &search_list,
		    ARGS(I(p->term[tier][0] | tier), I(before), I((int64_t)(h->want - h->n))), &r);
		return e == E_OK ? take(h, tier, &r) : e;
	}
	for (; e == E_OK && from != 0 && h->n < h->want; before = from) {
		if (p->scanned + n > p->scan_max || (tier == 1 && (loose += n) > LOOSE_MAX)) {
			p->gave_up = true;
			p->stop = (struct hit){ tier, before };
			break;
		}
		e = piece(p, tier, before, n, &from);
		if (e == E_OK)
			e = match(p, tier, before, from, h->want - h->n, &r);
		if (e == E_OK)
			e = take(h, tier, &r);
		p->scanned += n;
		n = n < PIECE_MAX ? 4 * n : n;
	}
	return e;
}

/* Hits behind (tier, before), at most want; all of them where fewer came and the bound was not met. */
static enum err
collect(struct plan *p, int64_t tier, int64_t before, size_t want, struct hits *h)
{
	enum err e = E_OK;

	*h = (struct hits){ .v = arena_array(p->c->mem, want + 1, sizeof(*h->v)), .want = want };
	for (; e == E_OK && tier < 2 && h->n < want && !p->gave_up; tier++) {
		if (tier == 0 || (!p->only_phrase && p->words_n > 0))
			e = walk(p, (int)tier, before, h);
		before = INT64_MAX;
	}
	return e;
}

static void
slice(struct plan *p, const struct search_query *q, const struct hits *h, size_t first, struct search_hits *out)
{
	out->ids = arena_array(p->c->mem, (size_t)q->size + 1, sizeof(*out->ids));
	for (size_t i = first; i < h->n && out->n < (size_t)q->size; i++) {
		out->ids[out->n++] = h->v[i].place & PLACE_ID_MASK;
		out->last_a = h->v[i].tier;
		out->last_b = h->v[i].place;
	}
	out->more = h->n > first + out->n;
	/* There may be others behind the bound: the next page looks there. */
	if (!out->more && p->gave_up) {
		out->more = true;
		out->last_a = p->stop.tier;
		out->last_b = p->stop.place;
	}
}

/* Clips, newest first: what an empty keyword means. */
static enum err
newest(struct call *c, const struct search_query *q, struct search_hits *out)
{
	int64_t a = q->from_cursor ? q->a : INT64_MAX, b = q->from_cursor ? q->b : 0;
	int64_t skip = q->from_cursor ? 0 : (q->page - 1) * q->size;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &search_newest_count, ARGS({ 0 }), &r);

	if (e != E_OK)
		return e;
	out->total = r.v[0].i > SEARCH_TOTAL_MAX ? SEARCH_TOTAL_MAX : r.v[0].i;
	out->total_exact = r.v[0].i <= SEARCH_TOTAL_MAX;
	e = db_select(c->db, c->mem, &search_newest, ARGS(I(a), I(a), I(b), I(skip), I(q->size + 1)), &r);
	if (e != E_OK)
		return e;
	out->ids = arena_array(c->mem, r.n + 1, sizeof(*out->ids));
	for (size_t i = 0; i < r.n && out->n < (size_t)q->size; i++) {
		out->last_a = r.v[i * r.cols].i;
		out->last_b = out->ids[out->n++] = r.v[i * r.cols + 1].i;
	}
	out->more = r.n > out->n;
	return E_OK;
}

enum err
search_find(struct call *c, const struct search_query *q, struct search_hits *out)
{
	size_t first = q->from_cursor ? 0 : (size_t)((q->page - 1) * q->size);
	size_t need = first + (size_t)q->size + 1;
	struct plan p;
	struct hits h;
	enum err e;

	*out = (struct search_hits){ .total_exact = true };
	if (q->keyword[strspn(q->keyword, " ")] == '\0') {
		if (q->kind == SEARCH_VIDEO)
			return newest(c, q, out);
		p = (struct plan){ .c = c, .kind = q->kind, .terms = { search_all_term(q->kind) },
			.terms_n = 1, .whole = true, .only_phrase = true };
	} else if (!make_plan(&p, c, q->kind, q->keyword, SCAN_MAX)) {
		return E_OK;
	}
	if (need < SEARCH_TOTAL_MAX + 1)
		need = SEARCH_TOTAL_MAX + 1;
	e = collect(&p, 0, INT64_MAX, need, &h);
	if (e != E_OK)
		return e;
	out->total_exact = h.n <= SEARCH_TOTAL_MAX && !p.gave_up;
	out->total = h.n <= SEARCH_TOTAL_MAX ? (int64_t)h.n : SEARCH_TOTAL_MAX;
	while (out->phrase < out->total && h.v[out->phrase].tier == 0)
		out->phrase++;
	if (q->from_cursor) {
		while (first < h.n &&
		    (h.v[first].tier < q->a || (h.v[first].tier == q->a && h.v[first].place >= q->b)))
			first++;
		if (h.n - first <= (size_t)q->size && (h.n == need || p.gave_up)) {
			p.scanned = 0;
			p.gave_up = false;
			e = collect(&p, q->a > 0, q->b, (size_t)q->size + 1, &h);
			first = 0;
		}
	}
	if (e == E_OK)
		slice(&p, q, &h, first < h.n ? first : h.n, out);
	return e;
}

enum err
search_typed(struct call *c, enum search_kind kind, const char *typed, size_t n, int64_t **ids,
    size_t *found)
{
	struct plan p;
	struct hits h;
	enum err e;

	*found = 0;
	*ids = arena_array(c->mem, n + 1, sizeof(**ids));
	if (!make_plan(&p, c, kind, typed, SUGGEST_SCAN_MAX))
		return E_OK;
	p.only_phrase = true;
	e = collect(&p, 0, INT64_MAX, n, &h);
	for (size_t i = 0; e == E_OK && i < h.n; i++)
		(*ids)[(*found)++] = h.v[i].place & PLACE_ID_MASK;
	return e;
}
