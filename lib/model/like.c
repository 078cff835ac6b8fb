/* like.c - a like is a row; its counters (of the clip, its author, its giver) change in the same
 * transaction and only if the row did.  Invariant: a like's giver may see the clip when he gives it: the
 * clip's row is read under a shared lock, which a removal of the clip waits for. */
#include "model/like.h"

#include "model/counter.h"
#include "model/user.h"
#include "model/video.h"
#include "model/viewer.h"

/* The first is what nearly always does: who has no blocks likes what is for everybody. */
SQL(like_insert_plain,
    "INSERT INTO likes (user_id, video_id, created_ms) SELECT ?, id, ? FROM videos "
    "WHERE id = ? AND visible = 1 LOCK IN SHARE MODE",
    "iii", "");
SQL(like_insert,
    "INSERT INTO likes (user_id, video_id, created_ms) SELECT ?, v.id, ? FROM videos v "
    "WHERE v.id = ? AND " VIDEO_OPEN "LOCK IN SHARE MODE",
    "iii" VIDEO_OPEN_IN, "");
SQL(like_delete, "DELETE FROM likes WHERE user_id = ? AND video_id = ?", "ii", "");

struct like {
	struct counted_write w;
	int64_t video_id;
};

static enum err
like(void *arg)
{
	struct like *l = arg;
	struct call *c = l->w.c;
	const struct val *args = ARGS(I(c->viewer_id), I(c->now_ms), I(l->video_id), VIDEO_OPEN_TO(c));
	int64_t changed = 0;
	enum err e = c->unblocked ? db_exec(c->db, &like_insert_plain, args, &changed) : E_OK;

	if (e == E_OK && changed == 0)
		e = db_exec(c->db, &like_insert, args, &changed);

	if (e == E_DUPLICATE)
		return E_ALREADY;
	if (e == E_OK && changed == 0)
		return E_VIDEO_UNKNOWN;
	return e == E_OK ? counted_apply(&l->w) : e;
}

static enum err
unlike(void *arg)
{
	struct like *l = arg;
	struct call *c = l->w.c;
	int64_t changed;
	enum err e =
	    db_exec(c->db, &like_delete, ARGS(I(c->viewer_id), I(l->video_id)), &changed);

	if (e == E_OK && changed == 0)
		return E_NOT_YET;
	return e == E_OK ? counted_apply(&l->w) : e;
}

enum err
like_set(struct call *c, int64_t video_id, bool on)
{
	int64_t by = on ? 1 : -1;
	int64_t author_id;
	enum err e = video_author(c, video_id, &author_id);
	struct like l = { .w = { .c = c, .n = 3 }, .video_id = video_id };
	struct row_ref refs[4];

	if (e != E_OK)
		return e;
	l.w.deltas[0] = (struct counter_delta){ video_id, { .likes = by } };
	l.w.deltas[1] = (struct counter_delta){ author_id, { .likes = by } };
	l.w.deltas[2] = (struct counter_delta){ c->viewer_id, { .favorites = by } };
	refs[0] = video_ref(video_id);
	refs[1] = user_ref(author_id);
	refs[2] = user_ref(c->viewer_id);
	refs[3] = viewer_marks_ref(c->viewer_id);
	return counted_write(&l.w, refs, 4, on ? like : unlike, &l);
}
