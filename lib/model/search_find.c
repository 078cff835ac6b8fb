/* search_find.c - from a keyword to places.
 *
 * The lists of all grams that a hit must have go side by side from their best places down; what is
 * in all of them is looked up in search_docs: whether its text has the phrase, or all words.  It
 * ends when enough is found, so that a gram that every title has costs no more than another.
 * Invariant: no keyword makes one request work for much longer than WORK_MAX. */
#include "model/search.h"

#include <stdlib.h>
#include <string.h>

#include "base/fold.h"
#include "base/text.h"
#include "model/search_pack.h"

/* What a request may cost, in nanoseconds of a slow core: reckoned and not measured, so that the same
 * keyword always finds the same. */
#define WORK_MAX 40000000
#define SUGGEST_WORK_MAX 4000000
#define LOOK_COST 2000 /* of a thing that is looked up */
#define STEP_COST 10   /* of a place that is looked for in a list */
#define LOOK_MAX 512   /* things that are looked up at once; MariaDB copies a list of 1000 first */
#define SOME_MORE 8    /* than are reckoned to be needed */
#define SHORT 512      /* a list that is this short is looked up as it is */
#define DENSER 64      /* a list so many times as dense as the sparsest is not worth reading */
#define TERMS_MAX 24

#define LOCATE_4                                                                                   \
	"AND LOCATE(?, body) > 0 AND LOCATE(?, body) > 0 AND LOCATE(?, body) > 0 AND LOCATE(?, body) > 0 "
SQL(search_with_phrase, "SELECT place FROM search_docs WHERE id IN (?...) AND LOCATE(?, title) > 0",
    "Ls", "i");
SQL(search_with_words,
    "SELECT place FROM search_docs WHERE id IN (?...) AND LOCATE(?, title) = 0 " LOCATE_4 LOCATE_4,
    "Lsssssssss", "i");

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
	bool barred; /* the viewer does not see everybody */
	int64_t work, work_max;
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
make_plan(struct plan *p, struct call *c, enum search_kind kind, const char *keyword, int64_t work_max)
{
	*p = (struct plan){ .c = c, .kind = kind, .barred = search_barred(c), .work_max = work_max };
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

static size_t
open_each(struct search_list *lists, const int64_t *terms, size_t n, bool body)
{
	size_t out = 0;

	for (size_t i = 0, k; i < n; i++) {
		for (k = 0; k < i && terms[k] != terms[i];)
			k++;
		if (k == i)
			search_list_open(&lists[out++], terms[i], body);
	}
	return out;
}

/* The lists that a hit of a tier is in. */
static size_t
open_lists(struct plan *p, int tier, struct search_list *lists)
{
	int64_t terms[TERMS_MAX];
	size_t n = 0;

	if (p->whole) {
		/* What has the one gram in its title is no hit of the second tier. */
		search_list_open(&lists[0], p->terms[0] | tier, false);
		return 1;
	}
	if (tier == 0)
		return open_each(lists, p->terms, p->terms_n, false);
	/* The same grams, but for those that reach over the end of a word. */
	for (size_t i = 0; i < p->words_n; i++) {
		bool whole;

		n += fold_needed(p->words[i], p->kind, terms + n, TERMS_MAX - n, &whole);
	}
	return open_each(lists, terms, n, true);
}

static int
sparsest_first(const void *a, const void *b)
{
	const struct search_list *x = a, *y = b;

	if (x->floor != y->floor)
		return (x->floor > y->floor) - (x->floor < y->floor);
	return (x->n > y->n) - (x->n < y->n);
}

/* Reads all lists for the first time.  They are in the same order, so that the one that gets
 * farthest is the sparsest.  Beside a short one the others are not worth reading. */
static enum err
begin_lists(struct plan *p, int64_t place, struct search_list *lists, size_t *n)
{
	int64_t found;
	enum err e = E_OK;

	for (size_t i = 0; e == E_OK && i < *n; i++) {
		e = search_list_seek(&lists[i], p->c, place, &found, &p->work);
		if (lists[i].floor == 0 && lists[i].n <= SHORT) {
			lists[0] = lists[i];
			*n = 1;
		}
	}
	qsort(lists, *n, sizeof(*lists), sparsest_first);
	/* All have been read as far as lists[i] down to its floor. */
	for (size_t i = 1; e == E_OK && i < *n; i++) {
		size_t among = 0;

		while (among < lists[0].n && lists[0].places[among] >= lists[i].floor)
			among++;
		if (lists[i].n > DENSER * (among + 1))
			*n = i;
	}
	return e;
}

/* The best place that all lists have and that is not better than `place`; 0: none. */
static enum err
common(struct plan *p, struct search_list *lists, size_t n, int64_t place, int64_t *found)
{
	int64_t at = place;
	enum err e = E_OK;

	*found = 0;
	for (size_t i = 0; e == E_OK && i < n && at > 0; p->work += STEP_COST) {
		int64_t next;

		e = search_list_seek(&lists[i], p->c, at, &next, &p->work);
		i = next == at || i == 0 ? i + 1 : 0;
		at = next;
		/* Lists that have nothing in common are read to their ends. */
		if (p->work > p->work_max)
			break;
	}
	*found = e == E_OK ? at : 0;
	return e;
}

static int
descending(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x < *y) - (*x > *y);
}

/* Leaves of hits (of ids or places) those that the viewer sees. */
static enum err
seen(struct plan *p, int64_t *hits, size_t *n)
{
	if (!p->barred)
		return E_OK;
	p->work += LOOK_COST * (int64_t)*n;
	return search_seen(p->c, p->kind, hits, n);
}

static enum err
take(struct plan *p, struct hits *h, int64_t tier, int64_t *places, size_t n)
{
	enum err e = seen(p, places, &n);

	for (size_t i = 0; e == E_OK && i < n && h->n < h->want; i++)
		h->v[h->n++] = (struct hit){ tier, places[i] };
	return e;
}

/* What of n <= LOOK_MAX descending places is a hit. */
static enum err
look_up(struct plan *p, int tier, const int64_t *places, size_t n, struct hits *h)
{
	struct call *c = p->c;
	int64_t ids[LOOK_MAX], hits[LOOK_MAX];
	struct val v[2 + SEARCH_WORDS_MAX];
	struct rows r;
	size_t hits_n;
	enum err e;

	if (n == 0)
		return E_OK;
	for (size_t i = 0; i < n; i++)
		ids[i] = places[i] & PLACE_ID_MASK;
	v[0] = LIST(ids, n);
	v[1] = S(p->phrase);
	/* LOCATE finds nothing, "", everywhere. */
	for (size_t i = 0; i < SEARCH_WORDS_MAX; i++)
		v[2 + i] = S(i < p->words_n ? p->words[i] : "");
	e = db_select(c->db, c->mem, tier == 0 ? &search_with_phrase : &search_with_words, v, &r);
	if (e != E_OK)
		return e;
	p->work += LOOK_COST * (int64_t)n;
	hits_n = r.n < LOOK_MAX ? r.n : LOOK_MAX;
	for (size_t i = 0; i < hits_n; i++)
		hits[i] = r.v[i * r.cols].i;
	e = seen(p, hits, &hits_n);
	qsort(hits, hits_n, sizeof(*hits), descending);
	/* What stands elsewhere by now is found there. */
	for (size_t i = 0, k = 0; e == E_OK && i < hits_n && h->n < h->want; i++) {
		while (k < n && places[k] > hits[i])
			k++;
		if (k < n && places[k] == hits[i])
			h->v[h->n++] = (struct hit){ tier, hits[i] };
	}
	return e;
}

/* The hits of a tier below a place, until there are h->want. */
static enum err
walk(struct plan *p, int tier, int64_t before, struct hits *h)
{
	struct search_list lists[TERMS_MAX];
	int64_t places[LOOK_MAX], at = before > 0 ? before - 1 : 0;
	size_t lists_n = open_lists(p, tier, lists), known = 0, phrases = h->n, looked = 0, n;
	enum err e = begin_lists(p, at, lists, &lists_n);

	while (e == E_OK && at > 0 && h->n < h->want) {
		/* As many as give those that are wanted, if they are hits as often as those before. */
		size_t some = (h->want - h->n) * (looked + 1) / (h->n - phrases + 1) + SOME_MORE;

		if (some > LOOK_MAX)
			some = LOOK_MAX;
		for (n = 0; e == E_OK && n < some && at > 0 && p->work <= p->work_max; at -= at > 0) {
			e = common(p, lists, lists_n, at, &at);
			while (known < phrases && h->v[known].place > at)
				known++;
			if (at > 0 && (known == phrases || h->v[known].place != at))
				places[n++] = at;
		}
		if (e == E_OK && p->whole)
			e = take(p, h, tier, places, n);
		else if (e == E_OK)
			e = look_up(p, tier, places, n, h);
		looked += n;
		if (e == E_OK && at > 0 && h->n < h->want && p->work > p->work_max) {
			p->gave_up = true;
			p->stop = (struct hit){ tier, at + 1 };
			break;
		}
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
			return search_newest_clips(c, q, out);
		p = (struct plan){ .c = c, .kind = q->kind, .terms = { search_all_term(q->kind) },
			.terms_n = 1, .whole = true, .only_phrase = true, .barred = search_barred(c),
			.work_max = WORK_MAX };
	} else if (!make_plan(&p, c, q->kind, q->keyword, WORK_MAX)) {
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
			p.work = 0;
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
	if (!make_plan(&p, c, kind, typed, SUGGEST_WORK_MAX))
		return E_OK;
	p.only_phrase = true;
	e = collect(&p, 0, INT64_MAX, n, &h);
	for (size_t i = 0; e == E_OK && i < h.n; i++)
		(*ids)[(*found)++] = h.v[i].place & PLACE_ID_MASK;
	return e;
}

enum err
search_tagged(struct call *c, const char *key, int64_t before, size_t n, int64_t *places, size_t *found)
{
	struct plan p = { .c = c, .kind = SEARCH_VIDEO, .terms = { search_tag_term(key) },
		.terms_n = 1, .whole = true, .only_phrase = true, .barred = search_barred(c),
		.work_max = WORK_MAX };
	struct hits h;
	enum err e = collect(&p, 0, before, n, &h);

	*found = e == E_OK ? h.n : 0;
	for (size_t i = 0; i < *found; i++)
		places[i] = h.v[i].place;
	return e;
}
