/* view.c - plays.  Invariant: a row of views was made by exactly one report, and that report added
 * it to counters.views in the same transaction; the primary key (who, clip, window) decides which
 * one.  Rows are only removed when their window can no longer be reported.
 *
 * A report of fifty plays takes as many statements as one of a single play: its numbers travel as
 * one JSON text. */
#include "model/view.h"

#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "store/limit.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)
#define BATCH 1000
#define SWEEP_MS 60000 /* one sweep takes no longer: the next one goes on */
#define JSON_ONE 160   /* bytes of a play */

/* A play of the JSON text. */
#define PLAYS                                                                                      \
	"JSON_TABLE(?, '$[*]' COLUMNS (video_id BIGINT PATH '$[0]', slot_ms BIGINT PATH '$[1]', "   \
	"at_ms BIGINT PATH '$[2]', watched_ms BIGINT PATH '$[3]', completed INT PATH '$[4]', "      \
	"lane INT PATH '$[5]')) j"

/* The lock keeps clips from being removed between this and the counters. */
SQL(view_clips,
    "SELECT v.id, v.duration_ms FROM videos v WHERE v.id IN (?...) AND " VIDEO_OPEN "ORDER BY v.id "
    "LOCK IN SHARE MODE",
    "L" VIDEO_OPEN_IN, "ii");
SQL(view_insert,
    "INSERT INTO views (user_id, video_id, slot_ms, at_ms, watched_ms, completed, report_id) "
    "SELECT ?, j.video_id, j.slot_ms, j.at_ms, j.watched_ms, j.completed, ? FROM " PLAYS
    " ON DUPLICATE KEY UPDATE watched_ms = GREATEST(views.watched_ms, VALUES(watched_ms)), "
    "completed = GREATEST(views.completed, VALUES(completed)), hidden = 0",
    "iis", "");
/* In order of the clips, so that two reports never wait for each other in a circle. */
SQL(view_count,
    "INSERT INTO counters (owner_id, lane, views) SELECT j.video_id, j.lane, COUNT(*) FROM " PLAYS
    " STRAIGHT_JOIN views w ON w.user_id = ? AND w.video_id = j.video_id AND w.slot_ms = j.slot_ms "
    "WHERE w.report_id = ? GROUP BY j.video_id, j.lane ORDER BY j.video_id "
    "ON DUPLICATE KEY UPDATE views = counters.views + VALUES(views)",
    "sii", "");
SQL(view_pages,
    "SELECT v.at_ms, v.video_id, v.watched_ms, v.completed FROM views v FORCE INDEX (by_time) "
    "WHERE v.user_id = ? AND v.hidden = 0 AND "
    "(v.at_ms < ? OR (v.at_ms = ? AND v.video_id < ?)) AND NOT EXISTS (SELECT 1 FROM views w "
    "WHERE w.user_id = v.user_id AND w.video_id = v.video_id AND w.slot_ms > v.slot_ms AND "
    "w.hidden = 0) ORDER BY v.at_ms DESC, v.video_id DESC LIMIT ?, ?",
    "iiiiii", "iiii");
SQL(view_hide_all,
    "UPDATE views SET hidden = 1, watched_ms = 0, completed = 0 WHERE user_id = ? AND hidden = 0 "
    "LIMIT 1000",
    "i", "");
SQL(view_hide_one,
    "UPDATE views SET hidden = 1, watched_ms = 0, completed = 0 WHERE user_id = ? AND "
    "video_id = ? AND hidden = 0 LIMIT 1000",
    "ii", "");
SQL(view_prune, "DELETE FROM views WHERE hidden = ? AND at_ms < ? LIMIT 1000", "ii", "");

struct play {
	int64_t video_id, slot_ms, at_ms, watched_ms, duration_ms;
	bool claimed; /* to be complete */
	int64_t times; /* reported so often in this batch */
	unsigned lane;
};

struct report {
	struct call *c;
	int64_t user_id, report_id;
	struct play *plays; /* in order of clip and window, each pair once */
	size_t plays_n;
	int64_t *ids; /* of the clips, ascending, each once */
	size_t ids_n;
	int64_t accepted;
};

/* Who is nobody counts by his address, under a number of that day that only our key gives. */
int64_t
view_number(const struct call *c)
{
	struct {
		char what[8];
		int64_t day;
		uint64_t addr;
	} told = { "view", c->now_ms / DAY_MS, addr_key(c->addr) };
	const char *key = c->conf->token_key;
	unsigned char mac[EVP_MAX_MD_SIZE];
	uint64_t number;

	if (c->viewer_id != 0)
		return c->viewer_id;
	if (HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)&told, sizeof(told), mac,
		NULL) == NULL)
		abort();
	memcpy(&number, mac, sizeof(number));
	return -(int64_t)(number & (uint64_t)ID_MAX) - 1;
}

/* false: no such play can have been. */
static bool
plausible(const struct call *c, const struct view *v, struct play *out)
{
	int64_t window_ms = c->conf->view_window * 1000, at_ms = v->at_ms != 0 ? v->at_ms : c->now_ms;

	if (at_ms > c->now_ms + VIEW_LATE_MS || at_ms < c->now_ms - VIEW_LATE_MS || v->watched_ms < 0 ||
	    v->watched_ms > VIEW_WATCHED_MAX_MS || v->duration_ms < 0 || v->video_id <= 0)
		return false;
	if (at_ms > c->now_ms) /* his clock is ahead */
		at_ms = c->now_ms;
	*out = (struct play){ .video_id = v->video_id, .slot_ms = at_ms - at_ms % window_ms,
		.at_ms = at_ms, .watched_ms = v->watched_ms, .duration_ms = v->duration_ms,
		.claimed = v->completed, .times = 1 };
	return true;
}

static int
by_clip(const void *a, const void *b)
{
	const struct play *x = a, *y = b;

	if (x->video_id != y->video_id)
		return x->video_id > y->video_id ? 1 : -1;
	return (x->slot_ms > y->slot_ms) - (x->slot_ms < y->slot_ms);
}

/* Sorts the plays, makes one of those of the same clip and window, and lists the clips. */
static void
normalise(struct report *r)
{
	size_t n = 0;

	qsort(r->plays, r->plays_n, sizeof(*r->plays), by_clip);
	for (size_t i = 0; i < r->plays_n; i++) {
		struct play *last = n > 0 ? &r->plays[n - 1] : NULL, *p = &r->plays[i];

		if (last != NULL && by_clip(last, p) == 0) {
			if (p->watched_ms > last->watched_ms)
				last->watched_ms = p->watched_ms;
			if (p->at_ms < last->at_ms)
				last->at_ms = p->at_ms;
			if (last->duration_ms == 0)
				last->duration_ms = p->duration_ms;
			last->claimed |= p->claimed;
			last->times++;
			continue;
		}
		if (last == NULL || last->video_id != p->video_id)
			r->ids[r->ids_n++] = p->video_id;
		r->plays[n++] = *p;
	}
	r->plays_n = n;
}

static bool
complete(const struct play *p, int64_t duration_ms)
{
	if (duration_ms == 0)
		duration_ms = p->duration_ms;
	if (duration_ms == 0)
		return p->claimed;
	return p->watched_ms * 100 >= duration_ms * VIEW_COMPLETE_PERCENT;
}

/* The plays of the clips that are there (id, duration_ms; ascending), as JSON. */
static struct val
as_json(struct report *r, const struct rows *clips)
{
	size_t size = r->plays_n * JSON_ONE + 3, n = 1, at = 0;
	char *text = arena_alloc(r->c->mem, size);

	text[0] = '[';
	r->accepted = 0;
	for (size_t i = 0; i < r->plays_n; i++) {
		const struct play *p = &r->plays[i];

		while (at < clips->n && clips->v[at * clips->cols].i < p->video_id)
			at++;
		if (at == clips->n || clips->v[at * clips->cols].i != p->video_id)
			continue;
		r->accepted += p->times;
		n += (size_t)snprintf(text + n, size - n, "%s[%lld,%lld,%lld,%lld,%d,%u]",
		    n > 1 ? "," : "", (long long)p->video_id, (long long)p->slot_ms, (long long)p->at_ms,
		    (long long)p->watched_ms, complete(p, clips->v[at * clips->cols + 1].i), p->lane);
	}
	text[n++] = ']';
	return SN(text, n);
}

static enum err
add(void *arg)
{
	struct report *r = arg;
	struct db *db = r->c->db;
	struct rows clips;
	struct val plays;
	enum err e = db_select(db, r->c->mem, &view_clips,
	    ARGS(LIST(r->ids, r->ids_n), VIDEO_OPEN_TO(r->c)), &clips);

	if (e != E_OK)
		return e;
	plays = as_json(r, &clips);
	if (r->accepted > 0)
		e = db_exec(db, &view_insert, ARGS(I(r->user_id), I(r->report_id), plays), NULL);
	if (e == E_OK && r->accepted > 0)
		e = db_exec(db, &view_count, ARGS(plays, I(r->user_id), I(r->report_id)), NULL);
	return e;
}

/* The rows that this report refreshes. */
static size_t
stale_rows(struct call *c, const int64_t *ids, size_t n, struct row_ref *out)
{
	static const char what[] = "view_refresh";
	uint64_t key = hash_bytes(what, sizeof(what));
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		if (limit_take(c->shm, key ^ hash_id(ids[i]), c->now_ms, VIEW_REFRESH_MS, 1) == 0)
			out[found++] = video_ref(ids[i]);
	}
	return found;
}

enum err
view_add(struct call *c, const struct view *views, size_t n, int64_t *accepted)
{
	struct play plays[VIEW_BATCH_MAX] = { { 0 } };
	int64_t ids[VIEW_BATCH_MAX] = { 0 };
	unsigned lanes[VIEW_BATCH_MAX] = { 0 };
	struct row_ref refs[VIEW_BATCH_MAX];
	struct report r = { .c = c, .user_id = view_number(c), .report_id = call_new_id(c),
		.plays = plays, .ids = ids };
	size_t id = 0;
	enum err e;

	*accepted = 0;
	for (size_t i = 0; i < n && i < VIEW_BATCH_MAX; i++)
		r.plays_n += plausible(c, &views[i], &plays[r.plays_n]);
	if (r.plays_n == 0)
		return E_OK;
	normalise(&r);
	for (size_t i = 0; i < r.ids_n; i++)
		lanes[i] = shm_lane_take(c->shm, ids[i]);
	for (size_t i = 0; i < r.plays_n; i++) {
		id += plays[i].video_id != ids[id];
		plays[i].lane = lanes[id];
	}
	e = rows_write(c->rows, refs, stale_rows(c, ids, r.ids_n, refs), add, &r);
	for (size_t i = 0; i < r.ids_n; i++)
		shm_lane_give(c->shm, ids[i], lanes[i]);
	if (e == E_OK)
		*accepted = r.accepted;
	return e;
}

#define WATCHED(m) offsetof(struct watched, m)
static const struct member watched_members[] = {
	{ { "", "" }, M_INLINE, WATCHED(item), &video_shape, "" },
	{ { NULL, "watchedAt" }, M_SECONDS, WATCHED(at_ms), NULL, "when it was last begun, seconds since 1970" },
	{ { NULL, "watchedMs" }, M_INT, WATCHED(watched_ms), NULL, "how much was watched then" },
	{ { NULL, "completed" }, M_BOOL, WATCHED(completed), NULL, "whether that was 90 % or more of it" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape watched_shape = { "WatchedVideo", watched_members, 0 };

enum err
view_history(struct call *c, const struct page *p, struct watched_page *out)
{
	int64_t before = p->a ? p->a : INT64_MAX, *ids;
	struct video_list videos;
	struct watched *row;
	struct rows r;
	size_t n = p->n, take, v = 0;
	enum err e = db_select(c->db, c->mem, &view_pages,
	    ARGS(I(c->viewer_id), I(before), I(before), I(p->b), I((int64_t)p->skip), I((int64_t)n + 1)), &r);

	*out = (struct watched_page){ 0 };
	if (e != E_OK)
		return e;
	take = r.n < n ? r.n : n;
	ids = arena_array(c->mem, take + 1, sizeof(*ids));
	for (size_t i = 0; i < take; i++) {
		out->last_a = r.v[i * r.cols].i;
		out->last_b = ids[i] = r.v[i * r.cols + 1].i;
	}
	out->more = r.n > n;
	e = video_list_of(c, ids, take, &videos);
	if (e != E_OK)
		return e;
	row = arena_array(c->mem, take + 1, sizeof(*row));
	out->rows = arena_array(c->mem, take + 1, sizeof(void *));
	/* videos.rows has the order of ids, with gaps. */
	for (size_t i = 0; i < take && v < videos.n; i++) {
		const struct video_item *item = videos.rows[v];
		const struct val *facts = r.v + i * r.cols;

		if (item->video->row.id != ids[i])
			continue;
		row[v] = (struct watched){ item, facts[0].i, facts[2].i, facts[3].i != 0 };
		out->rows[v] = &row[v];
		v++;
	}
	out->n = v;
	return E_OK;
}

enum err
view_forget(struct call *c, int64_t video_id)
{
	int64_t changed = BATCH;
	enum err e = E_OK;

	while (e == E_OK && changed == BATCH)
		e = video_id != 0 ? db_exec(c->db, &view_hide_one, ARGS(I(c->viewer_id), I(video_id)), &changed)
				  : db_exec(c->db, &view_hide_all, ARGS(I(c->viewer_id)), &changed);
	return e;
}

enum err
view_sweep(struct call *c)
{
	int64_t old_ms[] = { c->now_ms - c->conf->views_keep * 1000,
		c->now_ms - VIEW_LATE_MS - c->conf->view_window * 1000 };
	enum err e = E_OK;

	for (int hidden = 0; hidden < 2; hidden++) {
		int64_t changed = BATCH;

		while (e == E_OK && changed == BATCH && clock_ms() < c->now_ms + SWEEP_MS)
			e = db_exec(c->db, &view_prune, ARGS(I(hidden), I(old_ms[hidden])), &changed);
	}
	return e;
}
