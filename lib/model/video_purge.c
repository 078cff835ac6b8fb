/* video_purge.c - the removal of a clip that was deleted.  Invariant: its files (those that no other
 * clip shares were marked when it was deleted) go before its row. */
#include "model/video.h"

#include "model/comment.h"
#include "model/star.h"
#include "model/viewer.h"

#define PURGE_BATCH 200

SQL(purge_look, "SELECT author_id, deleted, content_id FROM videos WHERE id = ?", "i", "iii");
SQL(purge_likes_pick, "SELECT user_id FROM likes WHERE video_id = ? LIMIT 200", "i", "i");
SQL(purge_like, "DELETE FROM likes WHERE user_id = ? AND video_id = ?", "ii", "");
SQL(purge_wish, "DELETE FROM picture_wishes WHERE owner_id = ?", "i", "");
SQL(purge_views, "DELETE FROM views WHERE video_id = ? LIMIT 1000", "i", "");
SQL(purge_dismissed, "DELETE FROM recommend_dismissed WHERE kind = 1 AND ref_id = ? LIMIT 1000", "i", "");
SQL(purge_known, "DELETE FROM recommend_clips WHERE video_id = ?", "i", "");
SQL(purge_near, "DELETE FROM recommend_near WHERE id = ?", "i", "");
SQL(purge_rules, "DELETE FROM comment_rules WHERE user_id = ? AND video_id = ?", "ii", "");
SQL(purge_counters, "DELETE FROM counters WHERE owner_id = ?", "i", "");
SQL(purge_video, "DELETE FROM videos WHERE id = ?", "i", "");

/* One like of a clip that goes: the row, what its giver gave, what the author got.  Or the rest of it. */
struct purge {
	struct counted_write w;
	int64_t id, user_id; /* who liked it; the author */
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
		e = db_exec(p->w.c->db, &purge_wish, ARGS(I(p->id)), NULL);
	if (e == E_OK)
		e = db_exec(p->w.c->db, &purge_rules, ARGS(I(p->user_id), I(p->id)), NULL);
	return e == E_OK ? db_exec(p->w.c->db, &purge_video, ARGS(I(p->id)), NULL) : e;
}

enum err
video_purge(struct call *c, int64_t id)
{
	struct rows r;
	int64_t author_id, content_id, changed;
	enum err e = db_select(c->db, c->mem, &purge_look, ARGS(I(id)), &r);

	if (e != E_OK || r.n == 0)
		return e;
	if (!r.v[1].i)
		return E_VIDEO_UNKNOWN;
	author_id = r.v[0].i;
	content_id = r.v[2].i;
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
	if (e == E_OK)
		e = comment_purge(c, id);
	if (e == E_OK)
		e = star_purge(c, id);
	for (changed = 1; e == E_OK && changed > 0;)
		e = db_exec(c->db, &purge_views, ARGS(I(id)), &changed);
	for (changed = 1; e == E_OK && changed > 0;)
		e = db_exec(c->db, &purge_dismissed, ARGS(I(id)), &changed);
	if (e == E_OK)
		e = db_exec(c->db, &purge_known, ARGS(I(id)), NULL);
	if (e == E_OK)
		e = db_exec(c->db, &purge_near, ARGS(I(id)), NULL);
	/* Files first: a row without files is found and repeated, a file without a row never. */
	if (e == E_OK)
		e = content_sweep(c, content_id);
	if (e != E_OK)
		return e;
	return counted_write(&(struct counted_write){ .c = c }, (struct row_ref[]){ video_ref(id) }, 1,
	    purge_rest, &(struct purge){ .w.c = c, .id = id, .user_id = author_id });
}
