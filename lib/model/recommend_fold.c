/* recommend_fold.c - see recommend_fold.h.  Invariant: base_* hold exactly the events before the mark `closed`. */
#include "model/recommend_fold.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/recommend_rows.h"
#include "model/search.h"

#define LEASE_MS 120000
#define STEP_MS (INT64_C(3600) * 1000)   /* closed at once, where few things happen */
#define STEP_LEAST_MS 1000
#define STEP_CLIPS 20000                 /* more than that: a smaller step */
#define BATCH 500                        /* clips of one statement */
#define PEOPLE_MAX 300
#define MICRO 1000000

SQL(fold_lease, "UPDATE recommend_marks SET value = ? WHERE name = 'lease' AND value < ?", "ii", "");
SQL(fold_lease_set, "UPDATE recommend_marks SET value = ? WHERE name = 'lease' AND value = ?", "ii", "");
SQL(fold_mark, "SELECT value FROM recommend_marks WHERE name = ?", "s", "i");
SQL(fold_mark_set, "UPDATE recommend_marks SET value = ? WHERE name = ?", "is", "");
SQL(fold_close, "UPDATE recommend_marks SET value = ? WHERE name = 'closed' AND value = ?", "ii", "");
/* A like, a star or a share is as much again as a play to the end; positives and hot in millionths. */
SQL(fold_events,
    "SELECT video_id, SUM(plays), SUM(positives), SUM(hot) FROM ("
    "SELECT video_id, COUNT(*) * 1000000 AS plays, SUM(completed) * 500000 AS positives, "
    "COUNT(*) * 200000 + SUM(completed) * 800000 AS hot FROM views FORCE INDEX (prune) "
    "WHERE hidden = 0 AND at_ms >= ? AND at_ms < ? GROUP BY video_id UNION ALL "
    "SELECT video_id, 0, COUNT(*) * 500000, COUNT(*) * 2000000 FROM likes FORCE INDEX (recent) "
    "WHERE created_ms >= ? AND created_ms < ? GROUP BY video_id UNION ALL "
    "SELECT video_id, 0, COUNT(*) * 500000, COUNT(*) * 2000000 FROM stars FORCE INDEX (recent) "
    "WHERE created_ms >= ? AND created_ms < ? GROUP BY video_id UNION ALL "
    "SELECT video_id, 0, COUNT(*) * 500000, COUNT(*) * 3000000 FROM shares FORCE INDEX (recent) "
    "WHERE created_ms >= ? AND created_ms < ? GROUP BY video_id UNION ALL "
    "SELECT video_id, 0, COUNT(*) * 250000, COUNT(*) * 1500000 FROM comments FORCE INDEX (recent) "
    "WHERE created_ms >= ? AND created_ms < ? GROUP BY video_id UNION ALL "
    "SELECT ref_id, COUNT(*) * 1000000, 0, 0 FROM recommend_dismissed FORCE INDEX (recent) "
    "WHERE created_ms >= ? AND created_ms < ? AND kind = 1 GROUP BY ref_id"
    ") e GROUP BY video_id ORDER BY video_id LIMIT 60000",
    "iiiiiiiiiiii", "iiii");
/* [[id, plays, positives, hot] ...], to_ms, half-lives. */
SQL(fold_add,
    "INSERT INTO recommend_clips (video_id, author_id, published_ms, base_ms, base_plays, "
    "base_positives, base_hot) SELECT v.id, v.author_id, v.published_ms, ?, j.plays, j.positives, "
    "j.hot FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$[0]', plays BIGINT PATH '$[1]', "
    "positives BIGINT PATH '$[2]', hot BIGINT PATH '$[3]')) j STRAIGHT_JOIN videos v ON v.id = j.id "
    "ON DUPLICATE KEY UPDATE "
    "base_plays = ROUND(base_plays * POW(0.5, (VALUES(base_ms) - base_ms) / ?)) + VALUES(base_plays), "
    "base_positives = ROUND(base_positives * POW(0.5, (VALUES(base_ms) - base_ms) / ?)) + "
    "VALUES(base_positives), "
    "base_hot = ROUND(base_hot * POW(0.5, (VALUES(base_ms) - base_ms) / ?)) + VALUES(base_hot), "
    "base_ms = VALUES(base_ms)",
    "isiii", "");
SQL(fold_base,
    "SELECT video_id, base_ms, base_plays, base_positives, base_hot FROM recommend_clips "
    "WHERE video_id IN (?...) ORDER BY video_id",
    "L", "iiiii");
SQL(fold_show,
    "INSERT INTO recommend_clips (video_id, author_id, published_ms, base_ms, shown_ms, plays, quality, "
    "hot) SELECT v.id, v.author_id, v.published_ms, ?, ?, j.plays, j.quality, j.hot FROM JSON_TABLE(?, "
    "'$[*]' COLUMNS (id BIGINT PATH '$[0]', plays BIGINT PATH '$[1]', quality BIGINT PATH '$[2]', "
    "hot BIGINT PATH '$[3]')) j STRAIGHT_JOIN videos v ON v.id = j.id ON DUPLICATE KEY UPDATE "
    "shown_ms = VALUES(shown_ms), plays = VALUES(plays), quality = VALUES(quality), hot = VALUES(hot)",
    "iis", "");
SQL(fold_list, "SELECT entries FROM recommend_lists WHERE id = ?", "i", "s");
SQL(fold_list_set,
    "INSERT INTO recommend_lists (id, entries, made_ms) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE "
    "entries = VALUES(entries), made_ms = VALUES(made_ms)",
    "isi", "");
SQL(fold_newest,
    "SELECT v.id, COALESCE(r.plays, 0) FROM videos v FORCE INDEX (feed) LEFT JOIN recommend_clips r "
    "ON r.video_id = v.id WHERE v.visible = 1 AND v.published_ms > ? "
    "ORDER BY v.published_ms DESC, v.id DESC LIMIT 4000",
    "i", "ii");
SQL(fold_gone,
    "SELECT r.video_id, v.id IS NULL FROM recommend_clips r LEFT JOIN videos v ON v.id = r.video_id "
    "WHERE r.video_id > ? ORDER BY r.video_id LIMIT 1000",
    "i", "ii");
SQL(fold_forget, "DELETE FROM recommend_clips WHERE video_id IN (?...)", "L", "");
SQL(fold_forget_near, "DELETE FROM recommend_near WHERE id IN (?...)", "L", "");

/* What happened to a clip, in millionths. */
struct change {
	int64_t id, plays, positives, hot;
};

struct ids {
	int64_t *v;
	size_t n, cap;
};

struct fold {
	struct call *c;
	struct ids touched; /* clips whose numbers change in this run, with repetitions */
	struct change *open; /* since `closed`, by ascending id */
	size_t open_n;
	int64_t closed_ms, mean;
	struct fold_report *report;

	/* Of the transaction under way. */
	const struct change *step;
	size_t step_n;
	int64_t to_ms;
};

static int64_t lease_until_ms;

static void
ids_add(struct ids *t, int64_t id)
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

static void
ids_unique(struct ids *t)
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
mark(struct call *c, const char *name, int64_t *out)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &fold_mark, ARGS(S(name)), &r);

	*out = e == E_OK && r.n == 1 ? r.v[0].i : 0;
	return e;
}

static enum err
mark_set(struct call *c, const char *name, int64_t value)
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

/* The changes of a span of time, ascending; of the arena. */
static enum err
changes(struct call *c, int64_t from_ms, int64_t to_ms, struct change **out, size_t *n)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &fold_events,
	    ARGS(I(from_ms), I(to_ms), I(from_ms), I(to_ms), I(from_ms), I(to_ms), I(from_ms), I(to_ms),
		I(from_ms), I(to_ms), I(from_ms), I(to_ms)),
	    &r);

	*n = e == E_OK ? r.n : 0;
	*out = arena_array(c->mem, *n + 1, sizeof(**out));
	for (size_t i = 0; i < *n; i++) {
		const struct val *v = r.v + i * r.cols;

		(*out)[i] = (struct change){ v[0].i, v[1].i, v[2].i, v[3].i };
	}
	return e;
}

/* [[1,2,3,4],...] */
static void
json_changes(struct buf *b, const struct change *v, size_t n)
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
	for (size_t at = 0; e == E_OK && at < f->step_n; at += BATCH) {
		json_changes(&b, f->step + at, f->step_n - at < BATCH ? f->step_n - at : BATCH);
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
	int64_t until_ms = clock_ms() - FOLD_LATE_MS, step_ms = STEP_MS;
	enum err e = mark(c, "closed", &f->closed_ms);

	/* The first run: what is older hardly counts any more. */
	if (e == E_OK && f->closed_ms == 0) {
		f->to_ms = until_ms - c->conf->recommend_window * 1000;
		f->step_n = 0;
		e = db_transaction(c->db, close_step, f);
		f->closed_ms = f->to_ms;
	}
	while (e == E_OK && f->closed_ms < until_ms) {
		struct change *step;

		arena_reset(c->mem);
		f->to_ms = f->closed_ms + step_ms < until_ms ? f->closed_ms + step_ms : until_ms;
		e = changes(c, f->closed_ms, f->to_ms, &step, &f->step_n);
		if (e == E_OK && f->step_n > STEP_CLIPS && step_ms > STEP_LEAST_MS) {
			step_ms /= 4;
			continue;
		}
		f->step = step;
		if (e == E_OK)
			e = db_transaction(c->db, close_step, f);
		if (e != E_OK)
			break;
		for (size_t i = 0; i < f->step_n; i++)
			ids_add(&f->touched, step[i].id);
		f->closed_ms = f->to_ms;
		if (f->step_n < STEP_CLIPS / 8 && step_ms < STEP_MS)
			step_ms *= 2;
		e = fold_renew(c);
	}
	return e;
}

static const struct change *
open_of(const struct fold *f, int64_t id)
{
	return bsearch(&id, f->open, f->open_n, sizeof(*f->open), by_id);
}

/* What is shown of a batch of clips: the base, decayed, and what came since. */
static enum err
show_batch(struct fold *f, const int64_t *ids, size_t n, struct buf *b, int64_t sums[2])
{
	struct call *c = f->c;
	int64_t half_ms = c->conf->recommend_half_life * 1000, trend_ms = c->conf->recommend_trend * 1000;
	struct change shown[BATCH];
	size_t at = 0;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &fold_base, ARGS(LIST(ids, n)), &r);

	for (size_t i = 0; e == E_OK && i < n; i++) {
		const struct change *open = open_of(f, ids[i]);
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
		shown[i] = (struct change){ ids[i], (int64_t)plays,
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
	enum err e = changes(c, f->closed_ms, INT64_MAX, &f->open, &f->open_n);

	for (size_t i = 0; i < f->open_n; i++)
		ids_add(&f->touched, f->open[i].id);
	ids_unique(&f->touched);
	f->report->clips = f->touched.n;
	if (e == E_OK)
		e = mark(c, "mean", &f->mean);
	if (f->mean == 0)
		f->mean = MICRO / 100 * RECOMMEND_MEAN;
	buf_init(&b, BATCH * 100);
	for (size_t at = 0; e == E_OK && at < f->touched.n; at += BATCH) {
		size_t n = f->touched.n - at < BATCH ? f->touched.n - at : BATCH;

		e = show_batch(f, f->touched.v + at, n, &b, sums);
		if (e == E_OK)
			e = fold_renew(c);
	}
	buf_free(&b);
	/* The mean moves slowly; few clips say nothing of it. */
	if (e == E_OK && sums[0] > 100 * 1000)
		e = mark_set(c, "mean", (int64_t)(0.9 * (double)f->mean +
		    0.1 * (double)sums[1] / (double)sums[0] * MICRO));
	return e;
}

static enum err
list_set(struct call *c, int64_t id, const int64_t *ids, size_t n)
{
	unsigned char *entries = arena_alloc(c->mem, 8 * n + 1);
	enum err e;

	for (size_t i = 0; i < n; i++)
		recommend_put64(entries + 8 * i, (uint64_t)ids[i]);
	e = db_exec(c->db, &fold_list_set, ARGS(I(id), SN((char *)entries, 8 * n), I(c->now_ms)), NULL);
	if (e == E_OK)
		rows_drop(c->rows, (struct row_ref[]){ { &recommend_list_class, id } }, 1);
	return e;
}

static int
hottest_first(const void *x, const void *y)
{
	const struct rank_card *a = x, *b = y;

	if (a->hot < b->hot || a->hot > b->hot)
		return a->hot < b->hot ? 1 : -1;
	return (a->id < b->id) - (a->id > b->id);
}

/* Authors by how hot their clips are; cards come hottest first. */
static enum err
people(struct fold *f, const struct rank_card *cards, size_t n)
{
	struct rank_card *authors = arena_array(f->c->mem, n + 1, sizeof(*authors));
	int64_t ids[PEOPLE_MAX];
	size_t authors_n = 0, kept = 0;

	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < authors_n && authors[k].id != cards[i].author_id)
			k++;
		if (k == authors_n)
			authors[authors_n++].id = cards[i].author_id;
		authors[k].hot += cards[i].hot;
	}
	if (authors_n > 0)
		qsort(authors, authors_n, sizeof(*authors), hottest_first);
	for (; kept < authors_n && kept < PEOPLE_MAX; kept++)
		ids[kept] = authors[kept].id;
	f->report->people = kept;
	return list_set(f->c, LIST_PEOPLE, ids, kept);
}

/* Only what was touched can have become hotter than what was hot before; where little happens, the
 * newest clips fill the list up. */
static enum err
hot_list(struct fold *f, const struct rows *newest)
{
	struct call *c = f->c;
	struct rank_card *cards;
	struct rows r;
	int64_t ids[RANK_HOT_MAX];
	size_t n, kept = 0;
	enum err e = db_select(c->db, c->mem, &fold_list, ARGS(I(LIST_HOT)), &r);

	if (e != E_OK)
		return e;
	for (size_t i = 0; r.n == 1 && i < r.v[0].n / 8; i++)
		ids_add(&f->touched, (int64_t)recommend_get64(r.v[0].s + 8 * i));
	ids_unique(&f->touched);
	e = recommend_cards(c, f->touched.v, f->touched.n, &cards, &n);
	if (e == E_OK && n > 0)
		qsort(cards, n, sizeof(*cards), hottest_first);
	for (; e == E_OK && kept < n && kept < RANK_HOT_MAX && cards[kept].hot > 0; kept++)
		ids[kept] = cards[kept].id;
	if (e == E_OK)
		e = people(f, cards, kept);
	for (size_t i = 0; e == E_OK && i < newest->n && kept < RANK_HOT_MAX; i++) {
		size_t k = 0;

		while (k < kept && ids[k] != newest->v[i * newest->cols].i)
			k++;
		if (k == kept)
			ids[kept++] = newest->v[i * newest->cols].i;
	}
	f->report->hot = kept;
	return e == E_OK ? list_set(c, LIST_HOT, ids, kept) : e;
}

struct fresh {
	int64_t id, plays;
};

static int
least_played_first(const void *x, const void *y)
{
	const struct fresh *a = x, *b = y;

	if (a->plays != b->plays)
		return a->plays < b->plays ? -1 : 1;
	return (a->id < b->id) - (a->id > b->id);
}

static enum err
new_list(struct fold *f, const struct rows *newest)
{
	struct call *c = f->c;
	struct fresh *all = arena_array(c->mem, newest->n + 1, sizeof(*all));
	int64_t ids[RANK_NEW_MAX];
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < newest->n; i++) {
		const struct val *v = newest->v + i * newest->cols;

		if (v[1].i < c->conf->recommend_audience * MICRO)
			all[n++] = (struct fresh){ v[0].i, v[1].i };
	}
	if (n > 0)
		qsort(all, n, sizeof(*all), least_played_first);
	for (; kept < n && kept < RANK_NEW_MAX; kept++)
		ids[kept] = all[kept].id;
	f->report->fresh = kept;
	return list_set(c, LIST_NEW, ids, kept);
}

static enum err
lists(struct fold *f)
{
	struct call *c = f->c;
	struct rows fresh, newest;
	enum err e = db_select(c->db, c->mem, &fold_newest, ARGS(I(c->now_ms - c->conf->recommend_new * 1000)),
	    &fresh);

	if (e == E_OK)
		e = new_list(f, &fresh);
	/* To fill up the trending list, also what is older. */
	newest = fresh;
	if (e == E_OK && fresh.n < RANK_HOT_MAX)
		e = db_select(c->db, c->mem, &fold_newest, ARGS(I(0)), &newest);
	return e == E_OK ? hot_list(f, &newest) : e;
}

/* Forgets a thousand clips at a time that were removed. */
static enum err
sweep(struct call *c)
{
	int64_t gone[1000], from;
	size_t n = 0;
	struct rows r;
	enum err e = mark(c, "swept", &from);

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
	return e == E_OK ? mark_set(c, "swept", r.n == 1000 ? r.v[999 * r.cols].i : 0) : e;
}

static enum err
run(struct fold *f, bool near)
{
	struct call *c = f->c;
	int64_t last_ms, moved, now_ms = clock_ms();
	enum err e = close_all(f);

	if (e == E_OK) {
		arena_reset(c->mem);
		c->now_ms = clock_ms();
		e = show_all(f);
	}
	if (e == E_OK)
		e = lists(f);
	if (e == E_OK)
		e = sweep(c);
	if (e == E_OK)
		e = search_refresh_of(c, f->touched.v, f->touched.n, &moved);
	if (e == E_OK)
		e = mark(c, "near", &last_ms);
	if (e != E_OK || (!near && now_ms - last_ms < c->conf->recommend_near_every * 1000))
		return e;
	/* What comes while this run lasts is looked at again in the next one. */
	e = fold_near(c, last_ms > FOLD_LATE_MS ? last_ms - FOLD_LATE_MS : 0, f->report);
	return e == E_OK ? mark_set(c, "near", now_ms) : e;
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
	free(f.touched.v);
	/* E_NO_ROW: another run has taken over. */
	if (e == E_NO_ROW) {
		out->busy = true;
		return E_OK;
	}
	given = db_exec(c->db, &fold_lease_set, ARGS(I(0), I(lease_until_ms)), NULL);
	return e == E_OK ? given : e;
}
