/* search_seen.c - what of the hits a viewer sees, and clips without a keyword.  Invariant: a viewer
 * whom nothing is hidden from costs no statement here; for one who has blocks, what he does not see is
 * dropped before anything is counted. */
#include "model/search.h"

#include <stdlib.h>

#include "model/tag.h"
#include "model/viewer.h"

#define READ_ROWS 1024 /* clips of one statement */
#define READS_MAX 24   /* statements of a walk: SEARCH_DEPTH_MAX clips, and more than as many again */

SQL(search_newest,
    "SELECT published_ms, id FROM videos FORCE INDEX (feed) WHERE visible = 1 AND (published_ms < ? OR "
    "(published_ms = ? AND id < ?)) ORDER BY published_ms DESC, id DESC LIMIT ?, ?",
    "iiiii", "ii");
SQL(search_newest_count,
    "SELECT COUNT(*) FROM (SELECT 1 FROM videos FORCE INDEX (feed) WHERE visible = 1 LIMIT 1001) n", "",
    "i");
SQL(search_newest_authors,
    "SELECT published_ms, id, author_id FROM videos FORCE INDEX (feed) WHERE visible = 1 AND "
    "(published_ms < ? OR (published_ms = ? AND id < ?)) ORDER BY published_ms DESC, id DESC LIMIT 1024",
    "iii", "iii");
SQL(search_videos_hidden,
    "SELECT v.id FROM videos v STRAIGHT_JOIN blocks b ON b.user_id = ? AND b.other_id = v.author_id AND "
    "b.kind IN (1, 2) WHERE v.id IN (?...) ORDER BY v.id",
    "iL", "i");

bool
search_barred(const struct call *c)
{
	size_t n;
	bool all;

	return viewer_hidden(c, &n, &all) != NULL;
}

static int
by_first(const void *x, const void *y)
{
	const struct val *a = x, *b = y;

	return (a->i > b->i) - (a->i < b->i);
}

/* The rows' first column is ascending. */
static bool
among(const struct rows *r, int64_t id)
{
	const struct val key = I(id);

	return r->n > 0 && bsearch(&key, r->v, r->n, r->cols * sizeof(*r->v), by_first) != NULL;
}

enum err
search_seen(struct call *c, enum search_kind kind, int64_t *places, size_t *n)
{
	int64_t *ids = arena_array(c->mem, *n + 1, sizeof(*ids));
	struct rows hidden = { 0 };
	size_t kept = 0;
	enum err e = E_OK;

	for (size_t i = 0; i < *n; i++)
		ids[i] = places[i] & PLACE_ID_MASK;
	if (*n == 0)
		return E_OK;
	switch (kind) {
	case SEARCH_VIDEO:
		e = db_select(c->db, c->mem, &search_videos_hidden, ARGS(I(c->viewer_id), LIST(ids, *n)),
		    &hidden);
		break;
	case SEARCH_USER:
		e = viewer_know(c, NULL, 0, ids, *n);
		break;
	case SEARCH_TAG:
		e = tags_hidden(c, ids, *n, &hidden);
		break;
	}
	for (size_t i = 0; e == E_OK && i < *n; i++) {
		if (kind == SEARCH_USER ? !viewer_hides(c, ids[i]) : !among(&hidden, ids[i]))
			places[kept++] = places[i];
	}
	*n = kept;
	return e;
}

/* Clips behind (a, b), newest first, as many as are wanted. */
struct newest {
	int64_t (*v)[2]; /* (time, id) */
	size_t n;
	int64_t a, b;    /* so far it has looked */
	bool end;        /* and there was nothing more */
};

static enum err
newest_seen(struct call *c, int64_t a, int64_t b, size_t want, struct newest *out)
{
	int64_t *authors = arena_array(c->mem, READ_ROWS, sizeof(*authors));
	enum err e = E_OK;

	*out = (struct newest){ .v = arena_array(c->mem, want, sizeof(*out->v)), .a = a, .b = b };
	for (int reads = 0; e == E_OK && out->n < want && !out->end && reads < READS_MAX; reads++) {
		struct rows r;

		e = db_select(c->db, c->mem, &search_newest_authors, ARGS(I(out->a), I(out->a), I(out->b)),
		    &r);
		for (size_t i = 0; e == E_OK && i < r.n && i < READ_ROWS; i++)
			authors[i] = r.v[i * r.cols + 2].i;
		if (e == E_OK)
			e = viewer_know(c, NULL, 0, authors, r.n);
		for (size_t i = 0; e == E_OK && i < r.n && out->n < want; i++) {
			out->a = r.v[i * r.cols].i;
			out->b = r.v[i * r.cols + 1].i;
			if (viewer_hides(c, authors[i]))
				continue;
			out->v[out->n][0] = out->a;
			out->v[out->n++][1] = out->b;
		}
		out->end = e == E_OK && out->n < want && r.n < READ_ROWS;
	}
	return e;
}

/* For one who does not see all of them. */
static enum err
newest_of_barred(struct call *c, const struct search_query *q, struct search_hits *out)
{
	size_t first = q->from_cursor ? 0 : (size_t)((q->page - 1) * q->size);
	size_t want = first + (size_t)q->size + 1;
	struct newest w;
	enum err e = newest_seen(c, INT64_MAX, 0, want > SEARCH_TOTAL_MAX ? want : SEARCH_TOTAL_MAX + 1, &w);

	if (e != E_OK)
		return e;
	out->total = w.n > SEARCH_TOTAL_MAX ? SEARCH_TOTAL_MAX : (int64_t)w.n;
	out->total_exact = w.end && w.n <= SEARCH_TOTAL_MAX;
	while (q->from_cursor && first < w.n &&
	    (w.v[first][0] > q->a || (w.v[first][0] == q->a && w.v[first][1] >= q->b)))
		first++;
	if (q->from_cursor && w.n - first <= (size_t)q->size && !w.end) {
		e = newest_seen(c, q->a, q->b, (size_t)q->size + 1, &w);
		first = 0;
	}
	out->ids = arena_array(c->mem, (size_t)q->size + 1, sizeof(*out->ids));
	for (size_t i = first; i < w.n && out->n < (size_t)q->size; i++) {
		out->last_a = w.v[i][0];
		out->last_b = out->ids[out->n++] = w.v[i][1];
	}
	out->more = w.n > first + out->n;
	/* It has not come to the end: the next page looks there. */
	if (!out->more && !w.end) {
		out->more = true;
		out->last_a = w.a;
		out->last_b = w.b;
	}
	return e;
}

enum err
search_newest_clips(struct call *c, const struct search_query *q, struct search_hits *out)
{
	int64_t a = q->from_cursor ? q->a : INT64_MAX, b = q->from_cursor ? q->b : 0;
	int64_t skip = q->from_cursor ? 0 : (q->page - 1) * q->size;
	struct rows r;
	enum err e;

	if (search_barred(c))
		return newest_of_barred(c, q, out);
	e = db_select(c->db, c->mem, &search_newest_count, ARGS({ 0 }), &r);
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
