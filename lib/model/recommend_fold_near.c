/* recommend_fold_near.c - neighbours of clips and of authors out of what people did lately.  Invariant:
 * everything here follows from rows that are there already, so a run that is broken off is
 * repeated. */
#include "model/recommend_fold.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/recommend_rows.h"

#define PAGE 20000 /* rows of a select */
#define BATCH 200  /* neighbours of one statement */

/* Pages by the time alone, as the index has it: what shares its millisecond with the last row of a page
 * may be left out, which is a handful among many. */
SQL(near_views,
    "SELECT at_ms, video_id, user_id, completed FROM views FORCE INDEX (prune) WHERE hidden = 0 AND "
    "at_ms < ? AND at_ms > ? ORDER BY at_ms DESC LIMIT 20000",
    "ii", "iiii");
SQL(near_likes,
    "SELECT created_ms, video_id, user_id, 1 FROM likes FORCE INDEX (recent) WHERE created_ms < ? AND "
    "created_ms > ? ORDER BY created_ms DESC LIMIT 20000",
    "ii", "iiii");
SQL(near_stars,
    "SELECT created_ms, video_id, user_id, 1 FROM stars FORCE INDEX (recent) WHERE created_ms < ? AND "
    "created_ms > ? ORDER BY created_ms DESC LIMIT 20000",
    "ii", "iiii");
SQL(near_shares,
    "SELECT created_ms, video_id, user_id, 1 FROM shares FORCE INDEX (recent) WHERE created_ms < ? AND "
    "created_ms > ? ORDER BY created_ms DESC LIMIT 20000",
    "ii", "iiii");
SQL(near_comments,
    "SELECT created_ms, video_id, user_id, 1 FROM comments FORCE INDEX (recent) WHERE created_ms < ? AND "
    "created_ms > ? AND hidden = 0 ORDER BY created_ms DESC LIMIT 20000",
    "ii", "iiii");
/* kind 1 a clip, 2 an author. */
SQL(near_dismissed,
    "SELECT created_ms, ref_id, user_id, kind FROM recommend_dismissed FORCE INDEX (recent) WHERE created_ms < ? AND "
    "created_ms > ? ORDER BY created_ms DESC LIMIT 20000",
    "ii", "iiii");
SQL(near_follows,
    "SELECT created_ms, followee_id, follower_id, 2 FROM follows FORCE INDEX (recent) WHERE created_ms < ? AND "
    "created_ms > ? ORDER BY created_ms DESC LIMIT 20000",
    "ii", "iiii");
SQL(near_facts,
    "SELECT video_id, author_id, quality FROM recommend_clips WHERE video_id IN (?...) "
    "ORDER BY video_id",
    "L", "iii");
SQL(near_set,
    "INSERT INTO recommend_near (id, near, made_ms) SELECT j.id, UNHEX(j.near), ? FROM JSON_TABLE(?, "
    "'$[*]' COLUMNS (id BIGINT PATH '$[0]', near VARCHAR(1300) PATH '$[1]')) j "
    "ON DUPLICATE KEY UPDATE near = VALUES(near), made_ms = VALUES(made_ms)",
    "is", "");

/* Where the rows come from, and what they say; OF_AUTHOR stands in the last column. */
#define OF_AUTHOR 2
static const struct source {
	const struct sql *q;
	enum rank_event event; /* RANK_FINISHED: where the last column says so */
} sources[] = { { &near_views, RANK_FINISHED }, { &near_likes, RANK_LIKED }, { &near_stars, RANK_LIKED },
	{ &near_shares, RANK_SHARED }, { &near_comments, RANK_COMMENTED }, { &near_dismissed, RANK_DISMISSED },
	{ &near_follows, RANK_FOLLOWED } };

/* value: enum rank_event until judge(); video_id is below 0 for an author. */
struct events {
	struct near_event *v;
	size_t n, cap;
};

/* What is known of a clip. */
struct fact {
	int64_t id, author_id;
	float quality;
};

static void
add(struct events *l, struct near_event e)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 4096;
		l->v = xrealloc(l->v, l->cap * sizeof(*l->v));
	}
	l->v[l->n++] = e;
}

/* The newest rows of a table in the window. */
static enum err
gather(struct call *c, const struct source *s, struct events *out)
{
	int64_t since_ms = c->now_ms - c->conf->recommend_window * 1000;
	int64_t at = INT64_MAX;
	size_t from = out->n, most = (size_t)c->conf->recommend_events;
	struct rows r = { .n = PAGE };
	enum err e = E_OK;

	while (e == E_OK && r.n == PAGE && out->n - from < most) {
		arena_reset(c->mem);
		e = db_select(c->db, c->mem, s->q, ARGS(I(at), I(since_ms)), &r);
		for (size_t i = 0; e == E_OK && i < r.n; i++) {
			const struct val *v = r.v + i * r.cols;
			enum rank_event event = s->event == RANK_FINISHED && !v[3].i ? RANK_WATCHED : s->event;

			at = v[0].i;
			/* Who is nobody is another one each day. */
			if (v[2].i > 0 && out->n - from < most)
				add(out, (struct near_event){ v[2].i, v[3].i == OF_AUTHOR ? -v[1].i : v[1].i, at,
					(float)event });
		}
		if (e == E_OK)
			e = fold_renew(c);
	}
	return e;
}

static int
by_id(const void *x, const void *y)
{
	const int64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

/* Authors and qualities of the clips that occur, ascending; malloc'ed. */
static enum err
facts_of(struct call *c, const struct events *l, struct fact **out, size_t *out_n)
{
	int64_t *ids = xcalloc(l->n + 1, sizeof(*ids));
	size_t n = 0, found = 0;
	enum err e = E_OK;

	for (size_t i = 0; i < l->n; i++)
		ids[i] = l->v[i].video_id;
	qsort(ids, l->n, sizeof(*ids), by_id);
	for (size_t i = 0; i < l->n; i++)
		if (n == 0 || ids[n - 1] != ids[i])
			ids[n++] = ids[i];
	*out = xcalloc(n + 1, sizeof(**out));
	for (size_t at = 0; e == E_OK && at < n; at += 1024) {
		struct rows r;

		arena_reset(c->mem);
		e = db_select(c->db, c->mem, &near_facts,
		    ARGS(LIST(ids + at, n - at < 1024 ? n - at : 1024)), &r);
		for (size_t i = 0; e == E_OK && i < r.n; i++) {
			const struct val *v = r.v + i * r.cols;

			(*out)[found++] = (struct fact){ v[0].i, v[1].i, (float)v[2].i / 1e6f };
		}
	}
	free(ids);
	*out_n = found;
	return e;
}

static enum err
write_batch(struct call *c, struct buf *b, struct row_ref *refs, size_t n)
{
	enum err e;

	if (n == 0)
		return E_OK;
	buf_addc(b, ']');
	e = db_exec(c->db, &near_set, ARGS(I(clock_ms()), SN(b->p, b->len)), NULL);
	rows_drop(c->rows, refs, n);
	buf_clear(b);
	return e == E_OK ? fold_renew(c) : e;
}

/* Neighbours of what was touched since, and of what is their neighbour, out of events that are
 * changed. */
static enum err
make(struct call *c, struct events *l, const struct row_class *k, int64_t since_ms, size_t *made)
{
	struct near *m = near_new(l->v, l->n);
	struct row_ref refs[BATCH];
	struct near_one found[NEAR_MAX];
	unsigned char packed[NEAR_MAX * 12];
	char hex[2 * sizeof(packed) + 1];
	struct buf b;
	size_t n = 0;
	enum err e = E_OK;

	buf_init(&b, BATCH * (sizeof(hex) + 40));
	for (size_t i = 0; e == E_OK && i < near_clips(m); i++) {
		size_t found_n;

		if (near_touched_ms(m, i) < since_ms)
			continue;
		found_n = near_of(m, i, found);
		hex_encode(hex, packed, recommend_pack_near(packed, found, found_n));
		buf_addf(&b, "%s[%lld,\"%s\"]", n ? "," : "[", (long long)near_clip(m, i), hex);
		refs[n++] = (struct row_ref){ k, near_clip(m, i) };
		++*made;
		if (n == BATCH) {
			e = write_batch(c, &b, refs, n);
			n = 0;
		}
	}
	if (e == E_OK)
		e = write_batch(c, &b, refs, n);
	buf_free(&b);
	near_free(m);
	return e;
}

/* How much better or worse than expected he liked it; those whose clip is gone are left out. */
static void
judge(struct events *l, const struct fact *facts, size_t facts_n, bool authors)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++) {
		struct near_event one = l->v[i];
		const struct fact *f = bsearch(&one.video_id, facts, facts_n, sizeof(*facts), by_id);

		if (one.video_id < 0 ? !authors : f == NULL)
			continue;
		one.value = rank_near_value((enum rank_event)one.value, f != NULL ? f->quality : 0);
		if (authors)
			one.video_id = f != NULL ? f->author_id : -one.video_id;
		l->v[kept++] = one;
	}
	l->n = kept;
}

enum err
fold_near(struct call *c, int64_t since_ms, struct fold_report *out)
{
	struct events l = { 0 }, copy = { 0 };
	struct fact *facts = NULL;
	size_t facts_n = 0;
	enum err e = E_OK;

	c->now_ms = clock_ms();
	for (size_t i = 0; e == E_OK && i < sizeof(sources) / sizeof(*sources); i++)
		e = gather(c, &sources[i], &l);
	out->events = l.n;
	if (e == E_OK && l.n > 0)
		e = facts_of(c, &l, &facts, &facts_n);
	if (e == E_OK && l.n > 0) {
		copy = (struct events){ xcalloc(l.n, sizeof(*l.v)), l.n, l.n };
		for (size_t i = 0; i < l.n; i++)
			copy.v[i] = l.v[i];
		judge(&copy, facts, facts_n, false);
		e = make(c, &copy, &recommend_near_class, since_ms, &out->near_clips);
	}
	if (e == E_OK && l.n > 0) {
		judge(&l, facts, facts_n, true);
		e = make(c, &l, &recommend_author_class, since_ms, &out->near_authors);
	}
	free(copy.v);
	free(facts);
	free(l.v);
	return e;
}
