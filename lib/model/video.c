/* video.c - clips: rows cached as v:<id>, the newest ids cached as one list (the head of the
 * feed).  Invariant: visible = state is not refused, not hidden, not deleted, and playable; it
 * changes only together with the author's counter of works. */
#include "model/video.h"

#include <stdio.h>
#include <string.h>

#include "model/viewer.h"
#include "store/files.h"
#include "store/jobs.h"

/* Clips in the head of the feed: 17 pages that need no query. */
#define HEAD_MAX 512
#define HEAD_ID 1
#define PURGE_BATCH 200
#define CLEANUP_MS (10 * INT64_C(60000))

SQL(video_load,
    "SELECT v.id, v.author_id, v.published_ms, v.visible, v.state, v.title, v.play_path, "
    "v.cover_path, v.reason, v.description, c.likes, c.comments FROM videos v LEFT JOIN counters c "
    "ON c.owner_id = v.id WHERE v.id IN (?...) AND v.deleted = 0 ORDER BY v.id",
    "L", "iiiiisssssii");
SQL(video_head,
    "SELECT published_ms, id FROM videos FORCE INDEX (feed) WHERE visible = 1 "
    "ORDER BY published_ms DESC, id DESC LIMIT 512",
    "", "ii");
SQL(video_before,
    "SELECT published_ms, id FROM videos FORCE INDEX (feed) WHERE visible = 1 AND "
    "published_ms < ? ORDER BY published_ms DESC, id DESC LIMIT ?",
    "ii", "ii");
SQL(video_by_author,
    "SELECT published_ms, id FROM videos FORCE INDEX (author) WHERE author_id = ? AND "
    "deleted = 0 AND (visible = 1 OR ? = 1) AND "
    "(published_ms < ? OR (published_ms = ? AND id < ?)) "
    "ORDER BY published_ms DESC, id DESC LIMIT ?",
    "iiiiii", "ii");
SQL(video_by_like,
    "SELECT created_ms, video_id FROM likes FORCE INDEX (by_time) WHERE user_id = ? AND "
    "(created_ms < ? OR (created_ms = ? AND video_id < ?)) "
    "ORDER BY created_ms DESC, video_id DESC LIMIT ?",
    "iiiii", "ii");
SQL(video_bytes_of,
    "SELECT COALESCE((SELECT SUM(size_bytes) FROM videos WHERE author_id = ? AND deleted = 0), 0) + "
    "COALESCE((SELECT SUM(r.size_bytes) FROM videos v STRAIGHT_JOIN renditions r "
    "ON r.video_id = v.id WHERE v.author_id = ? AND v.deleted = 0), 0)",
    "ii", "i");
SQL(video_insert,
    "INSERT INTO videos (id, author_id, title, visible, state, published_ms, updated_ms, "
    "play_path, cover_path, size_bytes, description) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?)",
    "iisiiissis", "");
SQL(video_lock,
    "SELECT author_id, visible, state, hidden, deleted, play_path, cover_path, "
    "original_path, percent, reason FROM videos "
    "WHERE id = ? FOR UPDATE",
    "i", "iiiiisssis");
SQL(video_look,
    "SELECT author_id, visible, state, hidden, deleted, play_path, cover_path, "
    "original_path, percent, reason FROM videos "
    "WHERE id = ?",
    "i", "iiiiisssis");
SQL(video_set_state,
    "UPDATE videos SET state = ?, hidden = ?, deleted = ?, visible = ?, reason = ?, "
    "updated_ms = ? WHERE id = ?",
    "iiiisii", "");
SQL(video_set_facts, "UPDATE videos SET width = ?, height = ?, duration_ms = ? WHERE id = ?", "iiii",
    "");
SQL(video_set_play,
    "UPDATE videos SET original_path = play_path, play_path = ? WHERE id = ? AND original_path = ''",
    "si", "");
SQL(video_set_percent,
    "UPDATE videos SET percent = ?, state = 2 WHERE id = ? AND state IN (1, 2)", "ii", "");
SQL(video_set_text, "UPDATE videos SET title = ?, description = ?, updated_ms = ? WHERE id = ?",
    "ssii", "");
SQL(video_text, "SELECT title, description FROM videos WHERE id = ? FOR UPDATE", "i", "ss");
SQL(video_forget_original, "UPDATE videos SET original_path = '', size_bytes = 0 WHERE id = ?", "i", "");
SQL(rendition_add,
    "INSERT INTO renditions (video_id, rung, path, width, height, size_bytes, bitrate_kbps) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)",
    "iisiiii", "");
SQL(rendition_paths, "SELECT path FROM renditions WHERE video_id = ?", "i", "s");
SQL(purge_renditions, "DELETE FROM renditions WHERE video_id = ?", "i", "");
SQL(purge_likes_pick, "SELECT user_id FROM likes WHERE video_id = ? LIMIT 200", "i", "i");
SQL(purge_like, "DELETE FROM likes WHERE user_id = ? AND video_id = ?", "ii", "");
SQL(purge_comments, "DELETE FROM comments WHERE video_id = ? LIMIT 1000", "i", "");
SQL(purge_counters, "DELETE FROM counters WHERE owner_id = ?", "i", "");
SQL(purge_video, "DELETE FROM videos WHERE id = ?", "i", "");

struct head_entry {
	int64_t published_ms, id;
};

struct head {
	struct row row;
	int64_t n;
	int64_t whole; /* there are no older clips */
};

static const char *
state_name(int64_t state)
{
	static const char *const names[] = { "", "received", "processing", "ready", "refused", "failed" };

	return state >= 0 && state < (int64_t)(sizeof(names) / sizeof(*names)) ? names[state] : "";
}

static enum err
load(void *ctx, const int64_t *ids, size_t n, struct rows_loader *into)
{
	struct call *c = ctx;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &video_load, ARGS(LIST(ids, n)), &r);

	for (size_t i = 0; e == E_OK && i < r.n;) {
		const struct val *v = r.v + i * r.cols;
		struct video row = {
			.row.id = v[0].i,
			.author_id = v[1].i,
			.published_ms = v[2].i,
			.visible = v[3].i,
			.state = v[4].i,
			.title = v[5].s,
			.play_path = v[6].s,
			.cover_path = v[7].s,
			.state_name = state_name(v[4].i),
			.reason = v[8].s,
			.description = v[9].s,
		};

		/* One row of the join for each lane. */
		for (; i < r.n && r.v[i * r.cols].i == row.row.id; i++) {
			row.n.likes += r.v[i * r.cols + 10].i;
			row.n.comments += r.v[i * r.cols + 11].i;
		}
		rows_put(into, &row, NULL, 0);
	}
	return e;
}

static enum err
load_head(void *ctx, const int64_t *ids, size_t n, struct rows_loader *into)
{
	struct call *c = ctx;
	struct head h = { .row.id = HEAD_ID };
	struct head_entry *entries;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &video_head, ARGS({ 0 }), &r);

	if (e != E_OK || n != 1 || ids[0] != HEAD_ID)
		return e;
	entries = arena_array(c->mem, r.n + 1, sizeof(*entries));
	for (size_t i = 0; i < r.n; i++)
		entries[i] = (struct head_entry){ r.v[i * r.cols].i, r.v[i * r.cols + 1].i };
	h.n = (int64_t)r.n;
	h.whole = r.n < HEAD_MAX;
	rows_put(into, &h, entries, r.n);
	return E_OK;
}

static const uint16_t strings[] = { offsetof(struct video, title), offsetof(struct video, play_path),
	offsetof(struct video, cover_path), offsetof(struct video, state_name),
	offsetof(struct video, reason), offsetof(struct video, description), 0 };
static const uint16_t no_strings[] = { 0 };

const struct row_class video_class = {
	.key = 'v', .layout = 2, .local = 2048, .size = sizeof(struct video), .strings = strings,
	.load = load,
};

static const struct row_class head_class = {
	.key = 'f', .layout = 1, .local = 1, .size = sizeof(struct head), .strings = no_strings,
	.tail_size = sizeof(struct head_entry), .load = load_head,
};

#define V(m) offsetof(struct video, m)
static const struct member row_members[] = {
	{ { "id", "id" }, M_INT, V(row.id), NULL, "its id" },
	{ { NULL, "authorId" }, M_INT, V(author_id), NULL, "its author" },
	{ { "play_url", "url" }, M_MEDIA, V(play_path), NULL, "the clip; takes byte ranges" },
	{ { "cover_url", "coverUrl" }, M_MEDIA, V(cover_path), NULL, "a picture of it" },
	{ { "favorite_count", "likeCount" }, M_INT, V(n.likes), NULL, "likes" },
	{ { "comment_count", "commentCount" }, M_INT, V(n.comments), NULL, "comments" },
	{ { "is_favorite", "isLike" }, M_LIKED, V(row.id), NULL, "whether the viewer likes it" },
	{ { "title", "title" }, M_STR, V(title), NULL, "title" },
	{ { NULL, "description" }, M_STR, V(description), NULL, "description" },
	{ { NULL, "publishTime" }, M_SECONDS, V(published_ms), NULL, "seconds since 1970" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
static const struct member own_members[] = {
	{ { "state", "state" }, M_STR, V(state_name), NULL,
	    "received, processing, ready, refused or failed; only in one's own list" },
	{ { "reason", "reason" }, M_STR, V(reason), NULL, "why it was refused, as a code" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
static const struct shape row_shape = { "VideoRow", row_members, 1 };
static const struct shape own_row_shape = { "VideoState", own_members, 0 };

#define ITEM(m) offsetof(struct video_item, m)
static const struct member item_members[] = {
	{ { "", "" }, M_INLINE, ITEM(video), &row_shape, "" },
	{ { "author", NULL }, M_ROW, ITEM(author), &user_shape, "its author" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
static const struct member own_item_members[] = {
	{ { "", "" }, M_INLINE, ITEM(video), &row_shape, "" },
	{ { "", "" }, M_INLINE, ITEM(video), &own_row_shape, "" },
	{ { "author", NULL }, M_ROW, ITEM(author), &user_shape, "its author" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape video_shape = { "Video", item_members, 0 };
const struct shape video_own_shape = { "OwnVideo", own_item_members, 0 };

struct row_ref
video_ref(int64_t id)
{
	return (struct row_ref){ &video_class, id };
}

struct row_ref
video_head_ref(void)
{
	return (struct row_ref){ &head_class, HEAD_ID };
}

enum err
video_get(struct call *c, int64_t id, bool visible_only, const struct video **out)
{
	enum err e = rows_get(c->rows, c->mem, &video_class, c, &id, 1, (const void **)out);

	return e == E_OK && (*out == NULL || (visible_only && !(*out)->visible)) ? E_VIDEO_UNKNOWN : e;
}

enum err
video_author(struct call *c, int64_t id, int64_t *author_id)
{
	const struct video *v;
	enum err e;

	*author_id = shm_recall(c->shm, id);
	if (*author_id != 0)
		return E_OK;
	e = video_get(c, id, false, &v);
	if (e == E_OK) {
		*author_id = v->author_id;
		shm_remember(c->shm, id, v->author_id);
	}
	return e;
}

/* The clips of ids in their order, with authors and marks; those that the viewer may not see are
 * left out. */
static enum err
items(struct call *c, const int64_t *ids, size_t n, bool own, struct video_list *out)
{
	const struct video **videos = arena_array(c->mem, n + 1, sizeof(*videos));
	const struct user **authors = arena_array(c->mem, n + 1, sizeof(*authors));
	int64_t *author_ids = arena_array(c->mem, n + 1, sizeof(*author_ids));
	struct video_item *item = arena_array(c->mem, n + 1, sizeof(*item));
	size_t kept = 0;
	enum err e;

	out->rows = arena_array(c->mem, n + 1, sizeof(void *));
	out->n = 0;
	if (n == 0)
		return E_OK;
	e = rows_get(c->rows, c->mem, &video_class, c, ids, n, (const void **)videos);
	for (size_t i = 0; e == E_OK && i < n; i++) {
		if (videos[i] != NULL && (videos[i]->visible || own)) {
			videos[kept] = videos[i];
			author_ids[kept++] = videos[i]->author_id;
		}
	}
	if (e == E_OK && kept > 0)
		e = user_by_ids(c, author_ids, kept, authors);
	if (e == E_OK)
		e = viewer_know(c, ids, n, author_ids, kept);
	for (size_t i = 0; e == E_OK && i < kept; i++) {
		if (authors[i] == NULL)
			continue;
		item[i] = (struct video_item){ videos[i], authors[i] };
		out->rows[out->n++] = &item[i];
	}
	return e;
}

enum err
video_feed(struct call *c, int64_t before_ms, size_t n, struct video_list *out, int64_t *next_ms)
{
	int64_t ids[VIDEO_FEED_MAX], head_id = HEAD_ID, oldest_ms = c->now_ms;
	const struct head_entry *entry;
	const struct head *h;
	const void *row;
	size_t found = 0, i = 0;
	enum err e;

	*out = (struct video_list){ 0 };
	*next_ms = c->now_ms;
	if (n > VIDEO_FEED_MAX)
		n = VIDEO_FEED_MAX;
	e = rows_get(c->rows, c->mem, &head_class, c, &head_id, 1, &row);
	if (e != E_OK || row == NULL)
		return e;
	h = row;
	entry = (const struct head_entry *)(h + 1);
	/* A clip of this very millisecond, or of a host whose clock is ahead, is not hidden by "now". */
	if (before_ms < c->now_ms) {
		size_t lo = 0, hi = (size_t)h->n;

		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;

			if (entry[mid].published_ms < before_ms)
				hi = mid;
			else
				lo = mid + 1;
		}
		i = lo;
	}
	if (h->whole || (size_t)h->n - i >= n) {
		for (; found < n && i < (size_t)h->n; i++) {
			oldest_ms = entry[i].published_ms;
			ids[found++] = entry[i].id;
		}
	} else {
		struct rows r;

		e = db_select(c->db, c->mem, &video_before, ARGS(I(before_ms), I((int64_t)n)), &r);
		for (; e == E_OK && found < r.n && found < n; found++) {
			oldest_ms = r.v[found * r.cols].i;
			ids[found] = r.v[found * r.cols + 1].i;
		}
	}
	if (e == E_OK)
		e = items(c, ids, found, false, out);
	if (found > 0)
		*next_ms = oldest_ms;
	return e;
}

/* A page out of rows of (sort key, id), of which one more than n was asked for. */
static enum err
page(struct call *c, const struct rows *r, size_t n, bool own, struct video_list *out)
{
	size_t take = r->n < n ? r->n : n;
	int64_t *ids = arena_array(c->mem, take + 1, sizeof(*ids));

	*out = (struct video_list){ .more = r->n > n };
	for (size_t i = 0; i < take; i++) {
		out->last_a = r->v[i * r->cols].i;
		out->last_b = ids[i] = r->v[i * r->cols + 1].i;
	}
	return items(c, ids, take, own, out);
}

enum err
video_of_author(struct call *c, int64_t author_id, int64_t a, int64_t b, size_t n,
    struct video_list *out)
{
	bool own = author_id == c->viewer_id;
	int64_t before = a ? a : INT64_MAX;
	const struct user *author;
	struct rows r;
	enum err e = user_get(c, author_id, &author);

	if (e == E_OK)
		e = db_select(c->db, c->mem, &video_by_author,
		    ARGS(I(author_id), I(own), I(before), I(before), I(b), I((int64_t)n + 1)), &r);
	return e == E_OK ? page(c, &r, n, own, out) : e;
}

enum err
video_liked_by(struct call *c, int64_t user_id, int64_t a, int64_t b, size_t n,
    struct video_list *out)
{
	int64_t before = a ? a : INT64_MAX;
	const struct user *user;
	struct rows r;
	enum err e = user_get(c, user_id, &user);

	if (e == E_OK)
		e = db_select(c->db, c->mem, &video_by_like,
		    ARGS(I(user_id), I(before), I(before), I(b), I((int64_t)n + 1)), &r);
	return e == E_OK ? page(c, &r, n, false, out) : e;
}

enum err
video_quota(struct call *c, int64_t author_id, int64_t size_bytes)
{
	struct rows r;
	enum err e = E_OK;

	if (c->conf->user_quota == 0)
		return E_OK;
	e = db_select(c->db, c->mem, &video_bytes_of, ARGS(I(author_id), I(author_id)), &r);
	return e == E_OK && r.n == 1 && r.v[0].i + size_bytes > c->conf->user_quota ? E_QUOTA : e;
}

/* Whether most players show such a file before it has been processed. */
static bool
plays_as_it_came(const char *path)
{
	const char *ext = strrchr(path, '.');

	return ext != NULL &&
	    (strcmp(ext, ".mp4") == 0 || strcmp(ext, ".mov") == 0 || strcmp(ext, ".webm") == 0);
}

struct insert {
	struct counted_write w;
	const struct video_new *v;
	int64_t id, job_id, published_ms;
};

static enum err
publish_rows(void *arg)
{
	struct insert *p = arg;
	struct call *c = p->w.c;
	enum err e = db_exec(c->db, &video_insert,
	    ARGS(I(p->id), I(p->v->author_id), S(p->v->title), I(p->w.deltas[0].by.works),
		I(p->published_ms), I(p->published_ms), S(p->v->play_path), S(p->v->cover_path), I(p->v->size_bytes),
		S(p->v->description != NULL ? p->v->description : "")),
	    NULL);

	if (e == E_OK)
		e = jobs_add(c->db, p->job_id, JOB_COVER, p->id, c->now_ms);
	return e == E_OK ? counted_apply(&p->w) : e;
}

enum err
video_publish(struct call *c, const struct video_new *v, int64_t *id)
{
	struct insert p = {
		.w = { .c = c, .n = 1,
		    .deltas = { { v->author_id, { .works = plays_as_it_came(v->play_path) } } } },
		.v = v,
		.id = call_new_id(c),
		.job_id = call_new_id(c),
		.published_ms = shm_unique_ms(&c->shm->last_publish_ms, c->now_ms),
	};
	struct row_ref refs[] = { video_ref(p.id), video_head_ref(), user_ref(v->author_id) };
	enum err e = counted_write(&p.w, refs, 3, publish_rows, &p);

	*id = p.id;
	if (e == E_OK)
		jobs_nudge(c->conf->media_socket);
	return e;
}

/* Every change of state goes through here: the row is locked, `visible` follows from the rest,
 * and the author's works follow from visible. */
struct change {
	struct counted_write w;
	int64_t id, author_id;
	int state, hidden, deleted; /* -1: as it is */
	const char *reason;
	const struct video_facts *facts;
	int64_t job_id; /* of the removal, with deleted */
};

/* The renditions, and the best of them as what is played; what came is removed a while later, as
 * somebody may be watching it. */
static enum err
add_renditions(struct call *c, int64_t id, const struct video_facts *f)
{
	enum err e = E_OK;

	for (size_t i = 0; e == E_OK && i < f->renditions_n; i++) {
		const struct video_rendition *r = &f->renditions[i];

		e = db_exec(c->db, &rendition_add,
		    ARGS(I(id), I(r->rung), S(r->path), I(r->width), I(r->height), I(r->size_bytes),
			I(r->bitrate_kbps)),
		    NULL);
	}
	if (e == E_OK && f->renditions_n > 0)
		e = db_exec(c->db, &video_set_play, ARGS(S(f->renditions[0].path), I(id)), NULL);
	if (e == E_OK && f->renditions_n > 0)
		e = jobs_add(c->db, f->cleanup_job_id, JOB_CLEANUP, id, c->now_ms + CLEANUP_MS);
	return e;
}

static enum err
change_row(void *arg)
{
	struct change *ch = arg;
	struct call *c = ch->w.c;
	struct rows r;
	int64_t state, hidden, deleted, visible, was;
	enum err e = db_select(c->db, c->mem, &video_lock, ARGS(I(ch->id)), &r);

	if (e != E_OK)
		return e;
	if (r.n == 0 || r.v[4].i)
		return E_VIDEO_UNKNOWN;
	was = r.v[1].i;
	state = r.v[2].i;
	/* The worker's word counts once: a clip that was judged stays so. */
	if (ch->state >= 0) {
		if (state == VIDEO_READY || state == VIDEO_REFUSED)
			return E_OK;
		state = ch->state;
	}
	hidden = ch->hidden >= 0 ? ch->hidden : r.v[3].i;
	deleted = ch->deleted >= 0 ? ch->deleted : 0;
	visible = state != VIDEO_REFUSED && !hidden && !deleted &&
	    (state == VIDEO_READY || plays_as_it_came(r.v[5].s));
	e = db_exec(c->db, &video_set_state,
	    ARGS(I(state), I(hidden), I(deleted), I(visible), S(ch->reason), I(c->now_ms), I(ch->id)),
	    NULL);
	if (e == E_OK && ch->facts != NULL)
		e = db_exec(c->db, &video_set_facts,
		    ARGS(I(ch->facts->width), I(ch->facts->height), I(ch->facts->duration_ms), I(ch->id)),
		    NULL);
	if (e == E_OK && ch->facts != NULL)
		e = add_renditions(c, ch->id, ch->facts);
	if (e == E_OK && deleted)
		e = jobs_add(c->db, ch->job_id, JOB_DELETE, ch->id, c->now_ms);
	ch->w.deltas[0].by.works = visible - was;
	return e == E_OK && visible != was ? counted_apply(&ch->w) : e;
}

static enum err
change(struct change *ch)
{
	struct call *c = ch->w.c;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &video_look, ARGS(I(ch->id)), &r);

	if (e != E_OK)
		return e;
	if (r.n == 0)
		return E_VIDEO_UNKNOWN;
	ch->author_id = r.v[0].i;
	ch->w.n = 1;
	ch->w.deltas[0] = (struct counter_delta){ .owner_id = ch->author_id };
	return counted_write(&ch->w,
	    (struct row_ref[]){ video_ref(ch->id), video_head_ref(), user_ref(ch->author_id) }, 3,
	    change_row, ch);
}

#define CHANGE(c_, id_, ...)                                                                       \
	(&(struct change){ .w.c = (c_), .id = (id_), .reason = "", __VA_ARGS__ })

enum err
video_ready(struct call *c, int64_t id, const struct video_facts *facts)
{
	return change(CHANGE(c, id, .state = VIDEO_READY, .hidden = -1, .deleted = -1, .facts = facts));
}

enum err
video_refuse(struct call *c, int64_t id, const char *reason)
{
	struct change ch = { .w.c = c, .id = id, .state = VIDEO_REFUSED, .hidden = -1, .deleted = -1,
		.reason = reason };

	return change(&ch);
}

enum err
video_failed(struct call *c, int64_t id)
{
	return change(CHANGE(c, id, .state = VIDEO_FAILED, .hidden = -1, .deleted = -1));
}

enum err
video_progress(struct call *c, int64_t id, int percent)
{
	/* Asked for from the row itself, so nothing that is cached changes but the state's name. */
	enum err e = db_exec(c->db, &video_set_percent, ARGS(I(percent), I(id)), NULL);

	if (e == E_OK && percent == 0)
		rows_drop(c->rows, (struct row_ref[]){ video_ref(id) }, 1);
	return e;
}

#define ST(m) offsetof(struct video_status, m)
static const struct member status_members[] = {
	{ { "video_id", "video_id" }, M_INT, ST(video_id), NULL, "the clip" },
	{ { "state", "state" }, M_STR, ST(state), NULL,
	    "received, processing, ready, refused or failed" },
	{ { "percent", "percent" }, M_INT, ST(percent), NULL, "how far processing is" },
	{ { "reason_code", "reason_code" }, M_STR, ST(reason_code), NULL, "why it was refused, or empty" },
	{ { "reason", "reason" }, M_STR, ST(reason), NULL, "the same as a sentence" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape video_status_shape = { "VideoStatus", status_members, 0 };

enum err
video_owned(struct call *c, int64_t id)
{
	const struct video *v;
	enum err e = video_get(c, id, false, &v);

	return e == E_OK && v->author_id != c->viewer_id ? E_NOT_OWNER : e;
}

enum err
video_state_of(struct call *c, int64_t id, struct video_status *out)
{
	struct rows r;
	enum err e = video_owned(c, id);

	if (e == E_OK)
		e = db_select(c->db, c->mem, &video_look, ARGS(I(id)), &r);
	if (e != E_OK)
		return e;
	if (r.n == 0 || r.v[4].i)
		return E_VIDEO_UNKNOWN;
	*out = (struct video_status){
		.video_id = id,
		.percent = r.v[2].i == VIDEO_READY ? 100 : r.v[8].i,
		.state = state_name(r.v[2].i),
		.reason_code = r.v[9].s,
		.reason = "",
	};
	return E_OK;
}

struct edit {
	struct call *c;
	int64_t id;
	const char *title, *description;
};

static enum err
edit_row(void *arg)
{
	struct edit *ed = arg;
	struct call *c = ed->c;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &video_text, ARGS(I(ed->id)), &r);

	if (e != E_OK || r.n == 0)
		return e == E_OK ? E_VIDEO_UNKNOWN : e;
	return db_exec(c->db, &video_set_text,
	    ARGS(S(ed->title ? ed->title : r.v[0].s), S(ed->description ? ed->description : r.v[1].s),
		I(c->now_ms), I(ed->id)),
	    NULL);
}

enum err
video_edit(struct call *c, int64_t id, const char *title, const char *description)
{
	struct edit ed = { c, id, title, description };
	enum err e = video_owned(c, id);

	return e == E_OK
	    ? rows_write(c->rows, (struct row_ref[]){ video_ref(id) }, 1, edit_row, &ed)
	    : e;
}

enum err
video_hide(struct call *c, int64_t id, bool hidden)
{
	return change(CHANGE(c, id, .state = -1, .hidden = hidden, .deleted = -1));
}

enum err
video_remove(struct call *c, int64_t id)
{
	enum err e = change(CHANGE(c, id, .state = -1, .hidden = -1, .deleted = 1,
	    .job_id = call_new_id(c)));

	if (e == E_OK)
		jobs_nudge(c->conf->media_socket);
	return e;
}

enum err
video_files(struct call *c, int64_t id, struct video_files *out)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &video_look, ARGS(I(id)), &r);

	if (e != E_OK)
		return e;
	if (r.n == 0)
		return E_VIDEO_UNKNOWN;
	*out = (struct video_files){ .play_path = r.v[5].s, .cover_path = r.v[6].s,
		.original_path = r.v[7].s, .state = r.v[2].i, .deleted = r.v[4].i };
	return E_OK;
}

enum err
video_cleanup(struct call *c, int64_t id)
{
	struct video_files files;
	enum err e = video_files(c, id, &files);

	if (e == E_VIDEO_UNKNOWN || (e == E_OK && files.original_path[0] == '\0'))
		return E_OK;
	if (e != E_OK)
		return e;
	files_remove(c->mem, c->conf->media_dir, files.original_path);
	return db_exec(c->db, &video_forget_original, ARGS(I(id)), NULL);
}

/* One like of a clip that goes: the row, what its giver gave, what the author got. */
struct purge {
	struct counted_write w;
	int64_t id, user_id;
};

static enum err
purge_one_like(void *arg)
{
	struct purge *p = arg;
	int64_t changed;
	enum err e = db_exec(p->w.c->db, &purge_like, ARGS(I(p->user_id), I(p->id)), &changed);

	return e == E_OK && changed == 1 ? counted_apply(&p->w) : e;
}

static enum err
purge_rest(void *arg)
{
	struct purge *p = arg;
	enum err e = db_exec(p->w.c->db, &purge_counters, ARGS(I(p->id)), NULL);

	if (e == E_OK)
		e = db_exec(p->w.c->db, &purge_renditions, ARGS(I(p->id)), NULL);
	return e == E_OK ? db_exec(p->w.c->db, &purge_video, ARGS(I(p->id)), NULL) : e;
}

enum err
video_purge(struct call *c, int64_t id)
{
	struct rows r;
	int64_t author_id, changed = 1;
	struct rows paths;
	const struct val *file;
	enum err e = db_select(c->db, c->mem, &video_look, ARGS(I(id)), &r);

	if (e != E_OK || r.n == 0)
		return e;
	if (!r.v[4].i)
		return E_VIDEO_UNKNOWN;
	author_id = r.v[0].i;
	file = r.v + 5; /* what is played, the cover, what came */
	do {
		e = db_select(c->db, c->mem, &purge_likes_pick, ARGS(I(id)), &r);
		for (size_t i = 0; e == E_OK && i < r.n; i++) {
			int64_t user_id = r.v[i].i;
			struct purge p = {
				.w = { .c = c, .n = 3, .deltas = { { id, { .likes = -1 } },
							   { author_id, { .likes = -1 } },
							   { user_id, { .favorites = -1 } } } },
				.id = id, .user_id = user_id,
			};
			struct row_ref refs[] = { user_ref(author_id), user_ref(user_id),
				viewer_marks_ref(user_id) };

			e = counted_write(&p.w, refs, 3, purge_one_like, &p);
		}
	} while (e == E_OK && r.n == PURGE_BATCH);
	while (e == E_OK && changed > 0)
		e = db_exec(c->db, &purge_comments, ARGS(I(id)), &changed);
	if (e != E_OK)
		return e;
	/* Files first: a row without files is found and repeated, a file without a row never. */
	e = db_select(c->db, c->mem, &rendition_paths, ARGS(I(id)), &paths);
	if (e != E_OK)
		return e;
	for (size_t i = 0; i < paths.n; i++)
		files_remove(c->mem, c->conf->media_dir, paths.v[i].s);
	for (size_t i = 0; i < 3; i++) {
		if (file[i].n > 0)
			files_remove(c->mem, c->conf->media_dir, file[i].s);
	}
	return counted_write(&(struct counted_write){ .c = c }, (struct row_ref[]){ video_ref(id) }, 1,
	    purge_rest, &(struct purge){ .w.c = c, .id = id });
}
