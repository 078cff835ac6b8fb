/* comment.c - comments come and go.  Invariant: the counters of a clip and of a root change in the
 * transaction of the comment's row, and only if that row did; who adds a reply or a like holds its
 * comment's row by a shared lock, who removes that holds it by an exclusive one first, so that
 * nothing is left under a comment that is gone. */
#include "model/comment.h"

#include "model/counter.h"
#include "model/mention.h"
#include "model/video.h"
#include "model/words.h"

#define DELETE_BATCH 500 /* replies removed in one transaction */

SQL(comment_insert,
    "INSERT INTO comments (video_id, id, user_id, content, created_ms, root_id, reply_to_id, "
    "to_user_id) SELECT id, ?, ?, ?, ?, ?, ?, ? FROM videos WHERE id = ? AND visible = 1 "
    "LOCK IN SHARE MODE",
    "iisiiiii", "");
SQL(comment_look, "SELECT user_id, root_id FROM comments WHERE video_id = ? AND id = ?", "ii", "ii");
SQL(comment_share,
    "SELECT id FROM comments WHERE video_id = ? AND id IN (?, ?) ORDER BY id LOCK IN SHARE MODE", "iii",
    "i");
SQL(comment_lock, "SELECT id FROM comments WHERE video_id = ? AND id = ? FOR UPDATE", "ii", "i");
SQL(comment_lock_replies,
    "SELECT id FROM comments FORCE INDEX (thread) WHERE video_id = ? AND root_id = ? "
    "ORDER BY id LIMIT 501 FOR UPDATE",
    "ii", "i");
SQL(comment_remove, "DELETE FROM comments WHERE video_id = ? AND id IN (?...)", "iL", "");
SQL(comment_remove_likes, "DELETE FROM comment_likes WHERE video_id = ? AND comment_id IN (?...)", "iL",
    "");
SQL(comment_remove_counters, "DELETE FROM counters WHERE owner_id IN (?...)", "L", "");
SQL(comment_purge_pick, "SELECT id FROM comments WHERE video_id = ? ORDER BY id LIMIT 500", "i", "i");
SQL(comment_purge_likes, "DELETE FROM comment_likes WHERE video_id = ? LIMIT 1000", "i", "");

struct addition {
	struct counted_write w;
	const struct comment *comment;
	const struct mention_list *mentions;
	struct mention_source source;
};

static enum err
insert(void *arg)
{
	struct addition *w = arg;
	const struct comment *m = w->comment;
	struct call *c = w->w.c;
	size_t above = m->reply_to_id == 0 ? 0 : m->reply_to_id == m->root_id ? 1 : 2;
	int64_t changed;
	struct rows r;
	enum err e = E_OK;

	if (above > 0)
		e = db_select(c->db, c->mem, &comment_share,
		    ARGS(I(m->video_id), I(m->root_id), I(m->reply_to_id)), &r);
	if (e == E_OK && above > 0 && r.n != above)
		return E_COMMENT_UNKNOWN;
	if (e == E_OK)
		e = db_exec(c->db, &comment_insert,
		    ARGS(I(m->id), I(m->user_id), S(m->content), I(m->created_ms), I(m->root_id),
			I(m->reply_to_id), I(m->to_user_id), I(m->video_id)),
		    &changed);
	if (e == E_OK && changed == 0)
		return E_VIDEO_UNKNOWN;
	if (e == E_OK)
		e = mention_write(c, &w->source, w->mentions, true);
	return e == E_OK ? counted_apply(&w->w) : e;
}

/* What is answered, and under which root. */
static enum err
answer(struct call *c, struct comment *m)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &comment_look, ARGS(I(m->video_id), I(m->reply_to_id)), &r);

	if (e != E_OK)
		return e;
	if (r.n == 0)
		return E_COMMENT_UNKNOWN;
	m->to_user_id = r.v[0].i;
	m->root_id = r.v[1].i != 0 ? r.v[1].i : m->reply_to_id;
	return E_OK;
}

/* The mentions of the new comment as a list shows them. */
static void
show(struct call *c, const struct mention_list *list, struct comment *m)
{
	const void **rows = arena_array(c->mem, list->n + 1, sizeof(void *));

	for (size_t i = 0; i < list->n; i++)
		rows[i] = &list->v[i];
	m->mentions = (struct shape_list){ list->n, rows };
}

enum err
comment_add(struct call *c, int64_t video_id, int64_t reply_to_id, const char *content,
    const struct comment **out)
{
	struct comment *m = arena_zalloc(c->mem, sizeof(*m));
	struct addition w = { .w = { .c = c, .n = 1 }, .comment = m };
	struct mention_list mentions;
	int64_t author_id;
	enum err e = user_get(c, c->viewer_id, &m->user);

	m->id = call_new_id(c);
	m->video_id = video_id;
	m->user_id = c->viewer_id;
	m->created_ms = c->now_ms;
	content = words_mask(c, WORDS_COMMENT, content);
	m->content = content;
	m->reply_to_id = reply_to_id;
	if (e == E_OK)
		e = video_author(c, video_id, &author_id);
	if (e == E_OK && reply_to_id != 0)
		e = answer(c, m);
	if (e == E_OK)
		e = mention_find(c, content, MENTION_COMMENT, &mentions);
	if (e != E_OK)
		return e;
	w.mentions = &mentions;
	w.source = (struct mention_source){ m->id, video_id, c->viewer_id, { author_id, m->to_user_id } };
	w.w.deltas[0] = (struct counter_delta){ video_id, { .comments = 1 } };
	if (m->root_id != 0)
		w.w.deltas[w.w.n++] = (struct counter_delta){ m->root_id, { .comments = 1 } };
	show(c, &mentions, m);
	*out = m;
	return counted_write(&w.w, (struct row_ref[]){ video_ref(video_id) }, 1, insert, &w);
}

struct removal {
	struct counted_write w;
	int64_t video_id, id, root_id;
	bool more; /* replies are left, and so is their root */
};

/* Where each stands among the sorted deltas. */
static struct counters *
delta_of(struct removal *rm, int64_t owner_id)
{
	size_t i = 0;

	while (i + 1 < rm->w.n && rm->w.deltas[i].owner_id != owner_id)
		i++;
	return &rm->w.deltas[i].by;
}

/* Everything of these comments but their rows in the counters. */
static enum err
remove_rows(struct call *c, int64_t video_id, const int64_t *ids, size_t n, int64_t *changed)
{
	enum err e = db_exec(c->db, &comment_remove_likes, ARGS(I(video_id), LIST(ids, n)), NULL);

	if (e == E_OK)
		e = mention_remove(c, ids, n);
	return e == E_OK ? db_exec(c->db, &comment_remove, ARGS(I(video_id), LIST(ids, n)), changed) : e;
}

static enum err
remove_thread(void *arg)
{
	struct removal *rm = arg;
	struct call *c = rm->w.c;
	int64_t *ids = arena_array(c->mem, DELETE_BATCH + 1, sizeof(*ids)), changed, n_root;
	struct rows r;
	size_t n = 0;
	enum err e = db_select(c->db, c->mem, &comment_lock, ARGS(I(rm->video_id), I(rm->id)), &r);

	if (e == E_OK && r.n == 0)
		return E_COMMENT_UNKNOWN;
	if (e == E_OK && rm->root_id == 0)
		e = db_select(c->db, c->mem, &comment_lock_replies, ARGS(I(rm->video_id), I(rm->id)), &r);
	if (e != E_OK)
		return e;
	for (; rm->root_id == 0 && n < r.n && n < DELETE_BATCH; n++)
		ids[n] = r.v[n].i;
	rm->more = rm->root_id == 0 && r.n > DELETE_BATCH;
	n_root = rm->root_id != 0 ? 1 : (int64_t)n;
	if (!rm->more)
		ids[n++] = rm->id;
	e = remove_rows(c, rm->video_id, ids, n, &changed);
	if (e != E_OK)
		return e;
	delta_of(rm, rm->video_id)->comments = -changed;
	delta_of(rm, rm->root_id != 0 ? rm->root_id : rm->id)->comments = -n_root;
	e = counted_apply(&rm->w);
	return e == E_OK ? db_exec(c->db, &comment_remove_counters, ARGS(LIST(ids, n)), NULL) : e;
}

enum err
comment_delete(struct call *c, int64_t video_id, int64_t comment_id)
{
	const struct video *v;
	int64_t root_id;
	struct rows r;
	bool more = true;
	enum err e = video_get(c, video_id, false, &v);

	if (e == E_OK)
		e = db_select(c->db, c->mem, &comment_look, ARGS(I(video_id), I(comment_id)), &r);
	if (e != E_OK)
		return e;
	if (r.n == 0)
		return E_COMMENT_UNKNOWN;
	if (r.v[0].i != c->viewer_id && v->author_id != c->viewer_id)
		return E_NOT_OWNER;
	root_id = r.v[1].i;
	while (e == E_OK && more) {
		struct removal rm = { .w = { .c = c, .n = 2, .deltas = { { video_id, { 0 } },
			{ root_id != 0 ? root_id : comment_id, { 0 } } } },
			.video_id = video_id, .id = comment_id, .root_id = root_id };

		e = counted_write(&rm.w, (struct row_ref[]){ video_ref(video_id) }, 1, remove_thread, &rm);
		more = rm.more;
	}
	return e;
}

struct purge {
	struct call *c;
	int64_t video_id;
	const int64_t *ids;
	size_t n;
};

static enum err
purge_batch(void *arg)
{
	struct purge *p = arg;
	enum err e = remove_rows(p->c, p->video_id, p->ids, p->n, NULL);

	return e == E_OK ? db_exec(p->c->db, &comment_remove_counters, ARGS(LIST(p->ids, p->n)), NULL) : e;
}

/* The clip's own counter goes with the clip; nobody adds to a clip that is not visible. */
enum err
comment_purge(struct call *c, int64_t video_id)
{
	struct purge p = { .c = c, .video_id = video_id };
	int64_t ids[DELETE_BATCH], changed = 1;
	struct rows r;
	enum err e;

	do {
		e = db_select(c->db, c->mem, &comment_purge_pick, ARGS(I(video_id)), &r);
		for (p.n = 0; e == E_OK && p.n < r.n && p.n < DELETE_BATCH; p.n++)
			ids[p.n] = r.v[p.n].i;
		p.ids = ids;
		if (e == E_OK && p.n > 0)
			e = db_transaction(c->db, purge_batch, &p);
	} while (e == E_OK && p.n == DELETE_BATCH);
	while (e == E_OK && changed > 0)
		e = db_exec(c->db, &comment_purge_likes, ARGS(I(video_id)), &changed);
	return e == E_OK ? mention_purge(c, video_id) : e;
}
