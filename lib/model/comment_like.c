/* comment_like.c - likes of comments.  Invariant: the unique row decides, and the comment's counter
 * changes in its transaction.
 *
 * Comments are sorted by `heat`, a copy of that number in the comment's row.  It is brought up to date
 * after each like while they are few, then after one of about heat / HEAT_EXACT: so a comment that
 * everybody likes at once does not queue them all behind its row, and the order is right within some
 * percent.  What is shown as the number of likes is always the counter. */
#include "model/comment.h"

#include "base/log.h"
#include "base/text.h"
#include "model/counter.h"
#include "model/video.h"

#define HEAT_EXACT 16

SQL(comment_heat, "SELECT heat, user_id FROM comments WHERE video_id = ? AND id = ?", "ii", "ii");
SQL(comment_heat_lock, "SELECT heat FROM comments WHERE video_id = ? AND id = ? FOR UPDATE", "ii", "i");
SQL(comment_heat_set,
    "UPDATE comments SET heat = (SELECT COALESCE(SUM(likes), 0) FROM counters WHERE owner_id = ?) "
    "WHERE video_id = ? AND id = ?",
    "iii", "");
SQL(comment_like_insert,
    "INSERT INTO comment_likes (video_id, comment_id, user_id, created_ms, author_id) "
    "SELECT video_id, id, ?, ?, user_id FROM comments WHERE video_id = ? AND id = ? LOCK IN SHARE MODE",
    "iiii", "");
SQL(comment_like_delete,
    "DELETE FROM comment_likes WHERE video_id = ? AND comment_id = ? AND user_id = ?", "iii", "");

struct like {
	struct counted_write w;
	int64_t video_id, comment_id;
	bool on;
};

static enum err
write_like(void *arg)
{
	struct like *l = arg;
	struct call *c = l->w.c;
	int64_t changed;
	enum err e = l->on
	    ? db_exec(c->db, &comment_like_insert,
		  ARGS(I(c->viewer_id), I(c->now_ms), I(l->video_id), I(l->comment_id)), &changed)
	    : db_exec(c->db, &comment_like_delete,
		  ARGS(I(l->video_id), I(l->comment_id), I(c->viewer_id)), &changed);

	if (e == E_DUPLICATE)
		return E_ALREADY;
	if (e == E_OK && changed == 0)
		return l->on ? E_COMMENT_UNKNOWN : E_NOT_YET;
	return e == E_OK ? counted_apply(&l->w) : e;
}

/* The lock first, then the sum in a statement of its own: the last one to write has seen all. */
static enum err
write_heat(void *arg)
{
	struct like *l = arg;
	struct call *c = l->w.c;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &comment_heat_lock, ARGS(I(l->video_id), I(l->comment_id)),
	    &r);

	return e == E_OK ? db_exec(c->db, &comment_heat_set,
			       ARGS(I(l->comment_id), I(l->video_id), I(l->comment_id)), NULL)
			 : e;
}

enum err
comment_like_set(struct call *c, int64_t video_id, int64_t comment_id, bool on)
{
	struct like l = { .w = { .c = c, .n = 1, .deltas = { { comment_id, { .likes = on ? 1 : -1 } } } },
		.video_id = video_id, .comment_id = comment_id, .on = on };
	const struct video *v;
	const struct user *author;
	struct rows r;
	uint32_t dice;
	enum err e = on ? video_seen(c, video_id, &v) : E_OK;

	if (e == E_OK)
		e = db_select(c->db, c->mem, &comment_heat, ARGS(I(video_id), I(comment_id)), &r);
	if (e == E_OK && r.n == 0)
		e = E_COMMENT_UNKNOWN;
	if (e == E_OK && on) {
		e = user_seen(c, r.v[1].i, &author);
		e = e == E_USER_UNKNOWN ? E_COMMENT_UNKNOWN : e;
	}
	if (e == E_OK)
		e = counted_write(&l.w, NULL, 0, write_like, &l);
	if (e != E_OK)
		return e;
	random_bytes(&dice, sizeof(dice));
	if (dice % (uint64_t)(r.v[0].i / HEAT_EXACT + 1) != 0)
		return E_OK;
	/* The like stands, whatever becomes of its place in the order. */
	if (db_transaction(c->db, write_heat, &l) != E_OK)
		log_warn("comment %lld stays where it is sorted", (long long)comment_id);
	return E_OK;
}
