/* star.c - stars and shares.  Invariant: as with likes, the unique row decides, the clip's counter
 * changes in its transaction, and the clip is visible while it does. */
#include "model/star.h"

#include "model/counter.h"
#include "model/view.h"
#include "model/viewer.h"

#define HOUR_MS INT64_C(3600000)

/* As in like.c. */
SQL(star_insert_plain,
    "INSERT INTO stars (user_id, video_id, created_ms) SELECT ?, id, ? FROM videos "
    "WHERE id = ? AND visible = 1 LOCK IN SHARE MODE",
    "iii", "");
SQL(star_insert,
    "INSERT INTO stars (user_id, video_id, created_ms) SELECT ?, v.id, ? FROM videos v "
    "WHERE v.id = ? AND " VIDEO_OPEN "LOCK IN SHARE MODE",
    "iii" VIDEO_OPEN_IN, "");
SQL(star_delete, "DELETE FROM stars WHERE user_id = ? AND video_id = ?", "ii", "");
SQL(star_page,
    "SELECT created_ms, video_id FROM stars FORCE INDEX (by_time) WHERE user_id = ? AND "
    "(created_ms < ? OR (created_ms = ? AND video_id < ?)) "
    "ORDER BY created_ms DESC, video_id DESC LIMIT ?, ?",
    "iiiiii", "ii");
SQL(share_insert,
    "INSERT INTO shares (video_id, user_id, slot, created_ms, target) SELECT v.id, ?, ?, ?, ? "
    "FROM videos v WHERE v.id = ? AND " VIDEO_OPEN "LOCK IN SHARE MODE",
    "iiisi" VIDEO_OPEN_IN, "");
SQL(star_purge_pick, "SELECT user_id FROM stars WHERE video_id = ? LIMIT 500", "i", "i");
SQL(star_purge_rows, "DELETE FROM stars WHERE video_id = ? AND user_id IN (?...)", "iL", "");
SQL(share_purge_rows, "DELETE FROM shares WHERE video_id = ? LIMIT 1000", "i", "");

#define V(m) offsetof(struct video, m)
static const struct member counts[] = {
	{ { NULL, "videoId" }, M_INT, V(row.id), NULL, "the clip" },
	{ { NULL, "likeCount" }, M_INT, V(n.likes), NULL, "likes" },
	{ { NULL, "commentCount" }, M_INT, V(n.comments), NULL, "comments and replies" },
	{ { NULL, "starCount" }, M_INT, V(n.stars), NULL, "users who starred it" },
	{ { NULL, "shareCount" }, M_INT, V(n.shares), NULL, "shares" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape video_counts_shape = { "VideoCounts", counts, 0 };

#define K(m) offsetof(struct video_mark, m)
static const struct member marks[] = {
	{ { NULL, "videoId" }, M_INT, K(video_id), NULL, "the clip" },
	{ { NULL, "isLike" }, M_LIKED, K(video_id), NULL, "whether the viewer likes it" },
	{ { NULL, "isStar" }, M_STARRED, K(video_id), NULL, "whether the viewer starred it" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape video_mark_shape = { "VideoMark", marks, 0 };

struct write {
	struct counted_write w;
	int64_t video_id;
	const char *target;
};

static enum err
star(void *arg)
{
	struct write *s = arg;
	struct call *c = s->w.c;
	const struct val *args = ARGS(I(c->viewer_id), I(c->now_ms), I(s->video_id), VIDEO_OPEN_TO(c));
	int64_t changed = 0;
	enum err e = c->unblocked ? db_exec(c->db, &star_insert_plain, args, &changed) : E_OK;

	if (e == E_OK && changed == 0)
		e = db_exec(c->db, &star_insert, args, &changed);

	if (e == E_DUPLICATE)
		return E_ALREADY;
	if (e == E_OK && changed == 0)
		return E_VIDEO_UNKNOWN;
	return e == E_OK ? counted_apply(&s->w) : e;
}

static enum err
unstar(void *arg)
{
	struct write *s = arg;
	struct call *c = s->w.c;
	int64_t changed;
	enum err e = db_exec(c->db, &star_delete, ARGS(I(c->viewer_id), I(s->video_id)), &changed);

	if (e == E_OK && changed == 0)
		return E_NOT_YET;
	return e == E_OK ? counted_apply(&s->w) : e;
}

enum err
star_set(struct call *c, int64_t video_id, bool on)
{
	struct write s = { .w = { .c = c, .n = 1, .deltas = { { video_id, { .stars = on ? 1 : -1 } } } },
		.video_id = video_id };
	int64_t author_id;
	enum err e = video_author(c, video_id, &author_id);

	return e == E_OK
	    ? counted_write(&s.w,
		  (struct row_ref[]){ video_ref(video_id), viewer_marks_ref(c->viewer_id) }, 2,
		  on ? star : unstar, &s)
	    : e;
}

enum err
star_videos(struct call *c, const struct page *p, struct video_list *out)
{
	int64_t before = p->a ? p->a : INT64_MAX, *ids, last_a = 0, last_b = 0;
	struct rows r;
	size_t take;
	enum err e = db_select(c->db, c->mem, &star_page,
	    ARGS(I(c->viewer_id), I(before), I(before), I(p->b), I((int64_t)p->skip),
		I((int64_t)p->n + 1)),
	    &r);

	*out = (struct video_list){ 0 };
	if (e != E_OK)
		return e;
	take = r.n < p->n ? r.n : p->n;
	ids = arena_array(c->mem, take + 1, sizeof(*ids));
	for (size_t i = 0; i < take; i++) {
		last_a = r.v[i * r.cols].i;
		last_b = ids[i] = r.v[i * r.cols + 1].i;
	}
	e = video_list_of(c, ids, take, out);
	out->last_a = last_a;
	out->last_b = last_b;
	out->more = r.n > p->n;
	return e;
}

static enum err
share(void *arg)
{
	struct write *s = arg;
	struct call *c = s->w.c;
	int64_t changed;
	enum err e = db_exec(c->db, &share_insert,
	    ARGS(I(view_number(c)), I(c->now_ms / HOUR_MS), I(c->now_ms), S(s->target), I(s->video_id),
		VIDEO_OPEN_TO(c)),
	    &changed);

	if (e == E_DUPLICATE)
		return E_ALREADY;
	if (e == E_OK && changed == 0)
		return E_VIDEO_UNKNOWN;
	return e == E_OK ? counted_apply(&s->w) : e;
}

enum err
share_add(struct call *c, int64_t video_id, const char *target)
{
	struct write s = { .w = { .c = c, .n = 1, .deltas = { { video_id, { .shares = 1 } } } },
		.video_id = video_id, .target = target };
	enum err e =
	    counted_write(&s.w, (struct row_ref[]){ video_ref(video_id) }, 1, share, &s);

	return e == E_ALREADY ? E_OK : e;
}

enum err
star_purge(struct call *c, int64_t video_id)
{
	int64_t changed = 1;
	struct rows r;
	enum err e;

	do {
		int64_t *ids;

		e = db_select(c->db, c->mem, &star_purge_pick, ARGS(I(video_id)), &r);
		ids = arena_array(c->mem, 500, sizeof(*ids));
		for (size_t i = 0; e == E_OK && i < r.n && i < 500; i++)
			ids[i] = r.v[i].i;
		if (e == E_OK && r.n > 0)
			e = db_exec(c->db, &star_purge_rows, ARGS(I(video_id), LIST(ids, r.n)), NULL);
	} while (e == E_OK && r.n > 0);
	while (e == E_OK && changed > 0)
		e = db_exec(c->db, &share_purge_rows, ARGS(I(video_id)), &changed);
	return e;
}
