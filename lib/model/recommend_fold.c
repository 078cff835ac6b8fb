/* recommend_fold.c - see recommend_fold.h.  Invariant: base_* hold exactly the events before the mark `closed`. */
#include "model/recommend_fold.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "model/rank.h"
#include "model/recommend_rows.h"
#include "model/search.h"
#include "model/view.h"

#define LEASE_MS 120000
#define LATE_MORE_MS (INT64_C(5) * 60000) /* for transactions under way, and clocks that differ */
#define FIRST_MS (INT64_C(30) * 86400000)
#define STEP_MS (INT64_C(3600) * 1000)   /* closed at once, where few things happen */
#define STEP_LEAST_MS 1000
#define STEP_CLIPS 20000                 /* more than that: a smaller step */
#define BATCH 500                        /* clips of one statement */
#define DUE_PAGE 20000                   /* the LIMIT of fold_due */
#define MICRO 1000000

SQL(fold_lease, "UPDATE recommend_marks SET value = ? WHERE name = 'lease' AND value < ?", "ii", "");
SQL(fold_lease_set, "UPDATE recommend_marks SET value = ? WHERE name = 'lease' AND value = ?", "ii", "");
SQL(fold_mark, "SELECT value FROM recommend_marks WHERE name = ?", "s", "i");
SQL(fold_mark_set, "UPDATE recommend_marks SET value = ? WHERE name = ?", "is", "");
SQL(fold_close, "UPDATE recommend_marks SET value = ? WHERE name = 'closed' AND value = ?", "ii", "");
/* [[id, plays, positives, hot] ...], to_ms, half-lives. */
SQL(fold_add,
    "INSERT INTO recommend_clips (video_id, author_id, published_ms, base_ms, base_plays, "
    "base_positives, base_hot, due) SELECT v.id, v.author_id, v.published_ms, ?, j.plays, j.positives, "
    "j.hot, 1 FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$[0]', plays BIGINT PATH '$[1]', "
    "positives BIGINT PATH '$[2]', hot BIGINT PATH '$[3]')) j STRAIGHT_JOIN videos v ON v.id = j.id "
    "ON DUPLICATE KEY UPDATE "
    "base_plays = ROUND(base_plays * POW(0.5, (VALUES(base_ms) - base_ms) / ?)) + VALUES(base_plays), "
    "base_positives = ROUND(base_positives * POW(0.5, (VALUES(base_ms) - base_ms) / ?)) + "
    "VALUES(base_positives), "
    "base_hot = ROUND(base_hot * POW(0.5, (VALUES(base_ms) - base_ms) / ?)) + VALUES(base_hot), "
    "base_ms = VALUES(base_ms), due = 1",
    "isiii", "");
SQL(fold_due,
    "SELECT video_id FROM recommend_clips FORCE INDEX (due) WHERE due = 1 AND video_id > ? "
    "ORDER BY video_id LIMIT 20000",
    "i", "i");
SQL(fold_settle, "UPDATE recommend_clips SET due = 0 WHERE video_id IN (?...)", "L", "");
SQL(fold_base,
    "SELECT video_id, base_ms, base_plays, base_positives, base_hot FROM recommend_clips "
    "WHERE video_id IN (?...) ORDER BY video_id",
    "L", "iiiii");
SQL(fold_show,
    "INSERT INTO recommend_clips (video_id, author_id, published_ms, base_ms, shown_ms, plays, quality, "
    "hot, due) SELECT v.id, v.author_id, v.published_ms, ?, ?, j.plays, j.quality, j.hot, 1 FROM JSON_TABLE(?, "
    "'$[*]' COLUMNS (id BIGINT PATH '$[0]', plays BIGINT PATH '$[1]', quality BIGINT PATH '$[2]', "
    "hot BIGINT PATH '$[3]')) j STRAIGHT_JOIN videos v ON v.id = j.id ON DUPLICATE KEY UPDATE "
    "shown_ms = VALUES(shown_ms), plays = VALUES(plays), quality = VALUES(quality), hot = VALUES(hot), due = 1",
    "iis", "");
SQL(fold_gone,
    "SELECT r.video_id, v.id IS NULL FROM recommend_clips r LEFT JOIN videos v ON v.id = r.video_id "
    "WHERE r.video_id > ? ORDER BY r.video_id LIMIT 1000",
    "i", "ii");
SQL(fold_forget, "DELETE FROM recommend_clips WHERE video_id IN (?...)", "L", "");
SQL(fold_forget_near, "DELETE FROM recommend_near WHERE id IN (?...)", "L", "");

struct fold {
	struct call *c;
	struct fold_ids due;       /* clips that are to be shown anew whatever came, ascending */
	struct fold_ids touched;   /* with those of open: clips whose numbers change in this run */
	struct fold_changes open;  /* since `closed`, ascending */
	int64_t closed_ms, mean;
	struct fold_report *report;

	/* Of the transaction under way. */
	struct fold_changes step;
	int64_t to_ms;
};

static int64_t lease_until_ms;

int64_t
fold_late_ms(const struct conf *conf)
{
	return VIEW_LATE_MS + conf->view_window * 1000 + LATE_MORE_MS;
}

void
fold_ids_add(struct fold_ids *t, int64_t id)
{
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 1024;
		t->v = xrealloc(t->v, t->cap * sizeof(*t->v));
	}
	t->v[t->n++] = id;
}

static int
by_id(const void *x, const void *y)
{
	const int64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

void
fold_ids_unique(struct fold_ids *t)
{
	size_t out = 0;

	if (t->n > 0)
		qsort(t->v, t->n, sizeof(*t->v), by_id);
	for (size_t i = 0; i < t->n; i++)
		if (out == 0 || t->v[out - 1] != t->v[i])
			t->v[out++] = t->v[i];
	t->n = out;
}

static enum err
fold_mark_get(struct call *c, const char *name, int64_t *out)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &fold_mark, ARGS(S(name)), &r);

	*out = e == E_OK && r.n == 1 ? r.v[0].i : 0;
	return e;
}

static enum err
fold_mark_put(struct call *c, const char *name, int64_t value)
{
	return db_exec(c->db, &fold_mark_set, ARGS(I(value), S(name)), NULL);
}

enum err
fold_renew(struct call *c)
{
	int64_t until_ms = clock_ms() + LEASE_MS, changed;
	enum err e;

	if (until_ms < lease_until_ms + LEASE_MS / 4)
		return E_OK;
	e = db_exec(c->db, &fold_lease_set, ARGS(I(until_ms), I(lease_until_ms)), &changed);
	if (e == E_OK && changed == 0)
		return E_NO_ROW;
	lease_until_ms = until_ms;
	return e;
}

/* [[1,2,3,4],...] */
static void
json_changes(struct buf *b, const struct fold_change *v, size_t n)
{
	buf_clear(b);
	buf_addc(b, '[');
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%s[%lld,%lld,%lld,%lld]", i ? "," : "", (long long)v[i].id,
		    (long long)v[i].plays, (long long)v[i].positives, (long long)v[i].hot);
	buf_addc(b, ']');
}

static enum err
close_step(void *arg)
{
	struct fold *f = arg;
	struct call *c = f->c;
	int64_t half_ms = c->conf->recommend_half_life * 1000, trend_ms = c->conf->recommend_trend * 1000;
	int64_t changed;
	struct buf b;
	enum err e = db_exec(c->db, &fold_close, ARGS(I(f->to_ms), I(f->closed_ms)), &changed);

	if (e == E_OK && changed == 0)
		return E_NO_ROW; /* somebody else did it */
	buf_init(&b, BATCH * 100);
	for (size_t at = 0; e == E_OK && at < f->step.n; at += BATCH) {
		json_changes(&b, f->step.v + at, f->step.n - at < BATCH ? f->step.n - at : BATCH);
		e = db_exec(c->db, &fold_add,
		    ARGS(I(f->to_ms), SN(b.p, b.len), I(half_ms), I(half_ms), I(trend_ms)), NULL);
	}
	buf_free(&b);
	return e;
}

/* Adds what is old enough to the base numbers, step by step. */
static enum err
close_all(struct fold *f)
{
	struct call *c = f->c;
	int64_t until_ms = clock_ms() - fold_late_ms(c->conf), step_ms = STEP_MS;
	enum err e = fold_mark_get(c, "closed", &f->closed_ms);

	/* The first run: what is older hardly counts any more. */
	if (e == E_OK && f->closed_ms == 0) {
		f->to_ms = until_ms - FIRST_MS;
		e = db_transaction(c->db, close_step, f);
		f->closed_ms = f->to_ms;
	}
	while (e == E_OK && f->closed_ms < until_ms) {
		f->to_ms = f->closed_ms + step_ms < until_ms ? f->closed_ms + step_ms : until_ms;
		e = fold_changes(c, f->closed_ms, f->to_ms, step_ms > STEP_LEAST_MS ? STEP_CLIPS : SIZE_MAX,
		    &f->step);
		if (e == E_OK && f->step.n > STEP_CLIPS && step_ms > STEP_LEAST_MS) {
			step_ms /= 4;
			continue;
		}
		if (e == E_OK)
			e = db_transaction(c->db, close_step, f);
		if (e != E_OK)
			break;
		f->closed_ms = f->to_ms;
		if (f->step.n < STEP_CLIPS / 8 && step_ms < STEP_MS)
			step_ms *= 2;
		e = fold_renew(c);
	}
	return e;
}

static const struct fold_change *
open_of(const struct fold *f, int64_t id)
{
	return f->open.n > 0 ? bsearch(&id, f->open.v, f->open.n, sizeof(*f->open.v), by_id) : NULL;
}

/* Clips that were shown with events that could be taken back, or whose base changed since: also where
 * the run that did it was broken off. */
static enum err
find_due(struct fold *f)
{
	struct call *c = f->c;
	struct rows r = { .n = DUE_PAGE };
	int64_t after = 0;
	enum err e = E_OK;

	while (e == E_OK && r.n == DUE_PAGE) {
		arena_reset(c->mem);
		e = db_select(c->db, c->mem, &fold_due, ARGS(I(after)), &r);
		for (size_t i = 0; e == E_OK && i < r.n; i++)
			fold_ids_add(&f->due, after = r.v[i].i);
	}
	return e;
}

/* What was shown without open events stays as it is, until something happens to it. */
static enum err
settle(struct fold *f)
{
	int64_t ids[1024];
	size_t n = 0;
	enum err e = E_OK;

	for (size_t i = 0; e == E_OK && i <= f->due.n; i++) {
		if (i < f->due.n && open_of(f, f->due.v[i]) == NULL)
			ids[n++] = f->due.v[i];
		if (n == 0 || (n < 1024 && i < f->due.n))
			continue;
		e = db_exec(f->c->db, &fold_settle, ARGS(LIST(ids, n)), NULL);
		n = 0;
		if (e == E_OK)
			e = fold_renew(f->c);
	}
	return e;
}

/* What is shown of a batch of clips: the base, decayed, and what came since. */
static enum err
show_batch(struct fold *f, const int64_t *ids, size_t n, struct buf *b, int64_t sums[2])
{
	struct call *c = f->c;
	int64_t half_ms = c->conf->recommend_half_life * 1000, trend_ms = c->conf->recommend_trend * 1000;
	struct fold_change shown[BATCH];
	size_t at = 0;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &fold_base, ARGS(LIST(ids, n)), &r);

	for (size_t i = 0; e == E_OK && i < n; i++) {
		const struct fold_change *open = open_of(f, ids[i]);
		double plays = open ? (double)open->plays : 0, positives = open ? (double)open->positives : 0;
		double hot = open ? (double)open->hot : 0, mean = (double)f->mean / MICRO;

		while (at < r.n && r.v[at * r.cols].i < ids[i])
			at++;
		if (at < r.n && r.v[at * r.cols].i == ids[i]) {
			const struct val *v = r.v + at * r.cols;
			int64_t age_ms = c->now_ms - v[1].i;

			plays += rank_decay((double)v[2].i, age_ms, half_ms);
			positives += rank_decay((double)v[3].i, age_ms, half_ms);
			hot += rank_decay((double)v[4].i, age_ms, trend_ms);
		}
		/* Where clients report no plays, those who like a clip are all that is known of it. */
		if (plays < positives)
			plays = positives;
		sums[0] += (int64_t)plays / 1000;
		sums[1] += (int64_t)positives / 1000;
		shown[i] = (struct fold_change){ ids[i], (int64_t)plays,
			(int64_t)(rank_quality(positives / MICRO, plays / MICRO, mean) * MICRO), (int64_t)hot };
	}
	if (e != E_OK)
		return e;
	json_changes(b, shown, n);
	return db_exec(c->db, &fold_show, ARGS(I(f->closed_ms), I(c->now_ms), SN(b->p, b->len)), NULL);
}

static enum err
show_all(struct fold *f)
{
	struct call *c = f->c;
	int64_t sums[2] = { 0, 0 };
	struct buf b;
	enum err e = find_due(f);

	if (e == E_OK)
		e = fold_changes(c, f->closed_ms, INT64_MAX, SIZE_MAX, &f->open);
	for (size_t i = 0; i < f->due.n; i++)
		fold_ids_add(&f->touched, f->due.v[i]);
	for (size_t i = 0; i < f->open.n; i++)
		fold_ids_add(&f->touched, f->open.v[i].id);
	fold_ids_unique(&f->touched);
	f->report->clips = f->touched.n;
	if (e == E_OK)
		e = fold_mark_get(c, "mean", &f->mean);
	if (f->mean == 0)
		f->mean = MICRO / 100 * RECOMMEND_MEAN;
	buf_init(&b, BATCH * 100);
	for (size_t at = 0; e == E_OK && at < f->touched.n; at += BATCH) {
		size_t n = f->touched.n - at < BATCH ? f->touched.n - at : BATCH;

		arena_reset(c->mem);
		e = show_batch(f, f->touched.v + at, n, &b, sums);
		if (e == E_OK)
			e = fold_renew(c);
	}
	buf_free(&b);
	/* The mean moves slowly; few clips say nothing of it. */
	if (e == E_OK && sums[0] > 100 * 1000)
		e = fold_mark_put(c, "mean", (int64_t)(0.9 * (double)f->mean +
		    0.1 * (double)sums[1] / (double)sums[0] * MICRO));
	return e;
}

/* Forgets a thousand clips at a time that were removed. */
static enum err
sweep(struct call *c)
{
	int64_t gone[1000], from;
	size_t n = 0;
	struct rows r;
	enum err e = fold_mark_get(c, "swept", &from);

	if (e == E_OK)
		e = db_select(c->db, c->mem, &fold_gone, ARGS(I(from)), &r);
	if (e != E_OK)
		return e;
	for (size_t i = 0; i < r.n; i++)
		if (r.v[i * r.cols + 1].i)
			gone[n++] = r.v[i * r.cols].i;
	if (n > 0)
		e = db_exec(c->db, &fold_forget, ARGS(LIST(gone, n)), NULL);
	if (e == E_OK && n > 0)
		e = db_exec(c->db, &fold_forget_near, ARGS(LIST(gone, n)), NULL);
	return e == E_OK ? fold_mark_put(c, "swept", r.n == 1000 ? r.v[999 * r.cols].i : 0) : e;
}

static enum err
run(struct fold *f, bool near)
{
	struct call *c = f->c;
	struct fold_report *out = f->report;
	int64_t last_ms, now_ms = clock_ms();
	enum err e = close_all(f);

	if (e == E_OK) {
		arena_reset(c->mem);
		c->now_ms = clock_ms();
		e = show_all(f);
	}
	if (e == E_OK)
		e = fold_lists(c, &f->touched, out);
	if (e == E_OK)
		e = settle(f);
	if (e == E_OK)
		e = sweep(c);
	if (e == E_OK)
		e = fold_mark_get(c, "near", &last_ms);
	/* Search orders by it, too, and looks again by itself: what fails there is nothing to stop for. */
	if (e == E_OK && search_refresh_of(c, f->touched.v, f->touched.n) != E_OK)
		log_warn("what became more popular was not moved in the search index");
	if (e != E_OK || (!near && now_ms - last_ms < c->conf->recommend_near_every * 1000))
		return e;
	/* What comes while this run lasts is looked at again in the next one. */
	e = fold_near(c, last_ms > fold_late_ms(c->conf) ? last_ms - fold_late_ms(c->conf) : 0, out);
	return e == E_OK ? fold_mark_put(c, "near", now_ms) : e;
}

enum err
fold_run(struct call *c, bool near, struct fold_report *out)
{
	struct fold f = { .c = c, .report = out };
	int64_t changed, now_ms = clock_ms();
	enum err e, given;

	*out = (struct fold_report){ .busy = false };
	e = db_exec(c->db, &fold_lease, ARGS(I(now_ms + LEASE_MS), I(now_ms)), &changed);
	if (e != E_OK || changed == 0) {
		out->busy = e == E_OK;
		return e;
	}
	lease_until_ms = now_ms + LEASE_MS;
	e = run(&f, near);
	free(f.due.v);
	free(f.touched.v);
	free(f.open.v);
	free(f.step.v);
	/* E_NO_ROW: another run has taken over. */
	if (e == E_NO_ROW) {
		out->busy = true;
		return E_OK;
	}
	given = db_exec(c->db, &fold_lease_set, ARGS(I(0), I(lease_until_ms)), NULL);
	return e == E_OK ? given : e;
}
