/* leave_purge.c - removes what an account that has ended left behind.  Invariant: each row goes with
 * what counts it, the user's own row last: so the work can stop anywhere and begin again. */
#include "model/leave.h"

#include "model/comment.h"
#include "model/content.h"
#include "model/counter.h"
#include "model/follow.h"
#include "model/like.h"
#include "model/live.h"
#include "model/message.h"
#include "model/search.h"
#include "model/star.h"
#include "model/user.h"
#include "model/video.h"
#include "model/viewer.h"

#define AGAIN_MS 10000

SQL(gone_look, "SELECT status, purge_at_ms FROM users WHERE id = ?", "i", "ii");
SQL(gone_videos,
    "SELECT id, deleted FROM videos FORCE INDEX (author) WHERE author_id = ? AND id > ? ORDER BY id LIMIT 200",
    "ii", "ii");
SQL(gone_likes, "SELECT video_id, 0 FROM likes WHERE user_id = ? AND video_id > ? ORDER BY video_id LIMIT 200",
    "ii", "ii");
SQL(gone_stars, "SELECT video_id, 0 FROM stars WHERE user_id = ? AND video_id > ? ORDER BY video_id LIMIT 200",
    "ii", "ii");
SQL(gone_comments,
    "SELECT id, video_id FROM comments FORCE INDEX (by_user) WHERE user_id = ? AND id > ? ORDER BY id LIMIT 200",
    "ii", "ii");
SQL(gone_comment_likes,
    "SELECT comment_id, video_id FROM comment_likes FORCE INDEX (by_user) WHERE user_id = ? AND "
    "comment_id > ? ORDER BY comment_id LIMIT 200",
    "ii", "ii");
SQL(gone_follows,
    "SELECT followee_id, 0 FROM follows WHERE follower_id = ? AND followee_id > ? ORDER BY followee_id LIMIT 200",
    "ii", "ii");
SQL(gone_followers,
    "SELECT follower_id, 0 FROM follows FORCE INDEX (followers) WHERE followee_id = ? AND follower_id > ? "
    "ORDER BY follower_id LIMIT 200",
    "ii", "ii");
SQL(gone_shares,
    "SELECT video_id, slot FROM shares FORCE INDEX (by_user) WHERE user_id = ? AND video_id >= ? "
    "ORDER BY video_id LIMIT 200",
    "ii", "ii");
SQL(gone_share, "DELETE FROM shares WHERE video_id = ? AND user_id = ? AND slot = ?", "iii", "");
SQL(gone_talks,
    "SELECT hi_id, lo_id FROM conversations WHERE lo_id = ? AND hi_id > ? ORDER BY hi_id LIMIT 200", "ii",
    "ii");
SQL(gone_talks_hi,
    "SELECT lo_id, hi_id FROM conversations FORCE INDEX (by_hi) WHERE hi_id = ? AND lo_id > ? "
    "ORDER BY lo_id LIMIT 200",
    "ii", "ii");
SQL(gone_messages, "DELETE FROM messages WHERE lo_id = ? AND hi_id = ? LIMIT 1000", "ii", "");
SQL(gone_talk, "DELETE FROM conversations WHERE lo_id = ? AND hi_id = ?", "ii", "");

/* What nobody counts, a thousand at a time; each has the user's id as its only parameter. */
SQL(gone_requests, "DELETE FROM follow_requests WHERE follower_id = ? LIMIT 1000", "i", "");
SQL(gone_asked, "DELETE FROM follow_requests WHERE followee_id = ? LIMIT 1000", "i", "");
SQL(gone_blocks, "DELETE FROM blocks WHERE user_id = ? LIMIT 1000", "i", "");
SQL(gone_blocked, "DELETE FROM blocks WHERE other_id = ? LIMIT 1000", "i", "");
SQL(gone_views, "DELETE FROM views WHERE user_id = ? LIMIT 1000", "i", "");
SQL(gone_mentions, "DELETE FROM mentions WHERE user_id = ? LIMIT 1000", "i", "");
SQL(gone_notices, "DELETE FROM notifications WHERE user_id = ? LIMIT 1000", "i", "");
SQL(gone_notice_marks, "DELETE FROM notification_marks WHERE user_id = ?", "i", "");
SQL(gone_danmus, "DELETE FROM danmus WHERE user_id = ? LIMIT 1000", "i", "");
SQL(gone_room_danmus, "DELETE FROM danmus WHERE room_id = ? LIMIT 1000", "i", "");
SQL(gone_room_viewers, "DELETE FROM live_viewers WHERE room_id = ? LIMIT 1000", "i", "");
SQL(gone_room, "DELETE FROM live_rooms WHERE id = ?", "i", "");
SQL(gone_rules, "DELETE FROM comment_rules WHERE user_id = ? LIMIT 1000", "i", "");
SQL(gone_about, "DELETE FROM reports WHERE about_id = ? LIMIT 1000", "i", "");
SQL(gone_queue, "DELETE FROM report_queue WHERE about_id = ? LIMIT 1000", "i", "");
SQL(gone_reports,
    "SELECT thing_id, kind FROM reports FORCE INDEX (by_reporter) WHERE reporter_id = ? AND thing_id > ? "
    "ORDER BY thing_id LIMIT 200",
    "ii", "ii");
SQL(gone_open, "DELETE FROM reports WHERE kind = ? AND thing_id = ? AND reporter_id = ? AND open = 1", "iii",
    "");
SQL(gone_report, "DELETE FROM reports WHERE kind = ? AND thing_id = ? AND reporter_id = ?", "iii", "");
SQL(gone_fewer, "UPDATE report_queue SET reports = reports - 1 WHERE kind = ? AND thing_id = ?", "ii", "");
SQL(gone_none, "DELETE FROM report_queue WHERE kind = ? AND thing_id = ? AND reports <= 0", "ii", "");
SQL(gone_export, "DELETE FROM exports WHERE user_id = ?", "i", "");
SQL(gone_uploads, "DELETE FROM uploads WHERE user_id = ? LIMIT 1000", "i", "");
SQL(gone_wish, "DELETE FROM picture_wishes WHERE owner_id = ?", "i", "");
SQL(gone_files, "UPDATE media_files SET remove_ms = 1 WHERE content_id = ? AND remove_ms <> 1", "i", "");
SQL(gone_sessions, "DELETE FROM sessions WHERE user_id = ? LIMIT 1000", "i", "");
SQL(gone_names, "DELETE FROM user_names WHERE user_id = ? LIMIT 10", "i", "");
SQL(gone_counters, "DELETE FROM counters WHERE owner_id = ?", "i", "");
SQL(gone_user, "DELETE FROM users WHERE id = ?", "i", "");
SQL(gone_served, "DELETE FROM recommend_users WHERE user_id = ?", "i", "");
SQL(gone_dismissed, "DELETE FROM recommend_dismissed WHERE user_id = ? LIMIT 1000", "i", "");
SQL(gone_unwanted, "DELETE FROM recommend_dismissed WHERE kind = 2 AND ref_id = ? LIMIT 1000", "i", "");
SQL(gone_answered, "UPDATE comments SET to_user_id = 0 WHERE to_user_id = ? LIMIT 1000", "i", "");
SQL(gone_near, "DELETE FROM recommend_near WHERE id = ?", "i", "");
SQL(gone_watching,
    "SELECT room_id, 0 FROM live_viewers FORCE INDEX (by_user) WHERE user_id = ? AND room_id > ? "
    "ORDER BY room_id LIMIT 200",
    "ii", "ii");
SQL(gone_watcher, "DELETE FROM live_viewers WHERE user_id = ? AND room_id = ?", "ii", "");

struct purge {
	struct counted_write w;
	int64_t user_id, a, b;
};

/* What is no longer there, or goes with a clip that is being removed, is done. */
static enum err
done(enum err e)
{
	return e == E_NOT_YET || e == E_VIDEO_UNKNOWN || e == E_COMMENT_UNKNOWN || e == E_USER_UNKNOWN ||
		e == E_LIVE_UNKNOWN || e == E_LIVE_OFF
	    ? E_OK
	    : e;
}

/* Calls fn for all rows (id, more) of a query over (user, id), as long as `alive` says so. */
static enum err
each(struct call *c, const struct sql *q, int64_t user_id,
    enum err (*fn)(struct call *c, int64_t user_id, int64_t id, int64_t more), bool (*alive)(void *arg),
    void *arg)
{
	int64_t after = 0;
	size_t n = 200;
	enum err e = E_OK;

	while (e == E_OK && n == 200) {
		struct call_step before = call_step(c);
		struct rows r;

		e = db_select(c->db, c->mem, q, ARGS(I(user_id), I(after)), &r);
		n = r.n;
		for (size_t i = 0; e == E_OK && i < n; i++) {
			after = r.v[i * r.cols].i;
			e = alive(arg) ? done(fn(c, user_id, after, r.v[i * r.cols + 1].i)) : E_UNAVAILABLE;
		}
		call_step_end(c, before);
	}
	return e;
}

static enum err
drop_video(struct call *c, int64_t user_id, int64_t id, int64_t deleted)
{
	(void)user_id;
	return deleted ? E_OK : video_remove(c, id, NULL, NULL);
}

static enum err
drop_like(struct call *c, int64_t user_id, int64_t id, int64_t more)
{
	(void)user_id, (void)more;
	return like_set(c, id, false);
}

static enum err
drop_star(struct call *c, int64_t user_id, int64_t id, int64_t more)
{
	(void)user_id, (void)more;
	return star_set(c, id, false);
}

static enum err
drop_comment(struct call *c, int64_t user_id, int64_t id, int64_t video_id)
{
	(void)user_id;
	return comment_delete(c, video_id, id);
}

static enum err
drop_comment_like(struct call *c, int64_t user_id, int64_t id, int64_t video_id)
{
	(void)user_id;
	return comment_like_set(c, video_id, id, false);
}

static enum err
drop_follow(struct call *c, int64_t user_id, int64_t id, int64_t more)
{
	(void)more;
	return follow_end(c, user_id, id);
}

static enum err
drop_follower(struct call *c, int64_t user_id, int64_t id, int64_t more)
{
	(void)more;
	return follow_end(c, id, user_id);
}

static enum err
write_share(void *arg)
{
	struct purge *p = arg;
	int64_t changed;
	enum err e = db_exec(p->w.c->db, &gone_share, ARGS(I(p->a), I(p->user_id), I(p->b)), &changed);

	return e == E_OK && changed > 0 ? counted_apply(&p->w) : e;
}

static enum err
drop_share(struct call *c, int64_t user_id, int64_t video_id, int64_t slot)
{
	struct purge p = { .w = { .c = c, .n = 1, .deltas = { { video_id, { .shares = -1 } } } },
		.user_id = user_id, .a = video_id, .b = slot };

	return counted_write(&p.w, (struct row_ref[]){ video_ref(video_id) }, 1, write_share, &p);
}

static enum err
write_talk(void *arg)
{
	struct purge *p = arg;

	return db_exec(p->w.c->db, &gone_talk, ARGS(I(p->a), I(p->b)), NULL);
}

static enum err
drop_talk(struct call *c, int64_t user_id, int64_t other, int64_t self)
{
	struct purge p = { .w.c = c, .a = other < self ? other : self, .b = other < self ? self : other };
	int64_t changed = 1;
	enum err e = E_OK;

	(void)user_id;
	while (e == E_OK && changed > 0)
		e = db_exec(c->db, &gone_messages, ARGS(I(p.a), I(p.b)), &changed);
	return e == E_OK ? rows_write(c->rows,
			       (struct row_ref[]){ message_inbox_ref(other), message_inbox_ref(self) }, 2,
			       write_talk, &p)
			 : e;
}

static enum err
drop_watching(struct call *c, int64_t user_id, int64_t room_id, int64_t more)
{
	struct live_room room;
	enum err e = done(live_watch(c, room_id, false, &room));

	(void)more;
	return e == E_OK ? db_exec(c->db, &gone_watcher, ARGS(I(user_id), I(room_id)), NULL) : e;
}

static enum err
write_report(void *arg)
{
	struct purge *p = arg;
	struct call *c = p->w.c;
	const struct val *thing = ARGS(I(p->b), I(p->a), I(p->user_id));
	int64_t changed;
	enum err e = db_exec(c->db, &gone_fewer, thing, NULL);

	/* The queue's row first, as who reports locks it last and who acts first. */
	if (e == E_OK)
		e = db_exec(c->db, &gone_open, thing, &changed);
	if (e == E_OK && changed == 0)
		return E_NOT_YET;
	return e == E_OK ? db_exec(c->db, &gone_none, thing, NULL) : e;
}

static enum err
drop_report(struct call *c, int64_t user_id, int64_t thing_id, int64_t kind)
{
	struct purge p = { .w.c = c, .user_id = user_id, .a = thing_id, .b = kind };
	enum err e = done(db_transaction(c->db, write_report, &p));

	return e == E_OK ? db_exec(c->db, &gone_report, ARGS(I(kind), I(thing_id), I(user_id)), NULL) : e;
}

static enum err
drop_uncounted(struct call *c, int64_t user_id, bool (*alive)(void *arg), void *arg)
{
	static const struct sql *const all[] = { &gone_requests, &gone_asked, &gone_blocks, &gone_blocked,
		&gone_views, &gone_mentions, &gone_notices, &gone_notice_marks, &gone_danmus, &gone_room_danmus,
		&gone_room_viewers, &gone_room, &gone_rules, &gone_about, &gone_queue,
		&gone_export, &gone_uploads, &gone_wish, &gone_sessions,
		&gone_names,
		&gone_served, &gone_dismissed, &gone_unwanted, &gone_near,
		&gone_answered };
	enum err e = E_OK;

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		int64_t changed = 1;

		while (e == E_OK && changed > 0)
			e = alive(arg) ? db_exec(c->db, all[i], ARGS(I(user_id)), &changed) : E_UNAVAILABLE;
	}
	if (e == E_OK)
		e = db_exec(c->db, &gone_files, ARGS(I(user_id)), NULL);
	return e == E_OK ? content_sweep(c, user_id) : e;
}

static enum err
write_end(void *arg)
{
	struct purge *p = arg;
	struct call *c = p->w.c;
	enum err e = db_exec(c->db, &gone_user, ARGS(I(p->user_id)), NULL);

	if (e == E_OK)
		e = search_user_write(c, p->user_id);
	return e == E_OK ? db_exec(c->db, &gone_counters, ARGS(I(p->user_id)), NULL) : e;
}

enum err
leave_purge(struct call *c, int64_t user_id, bool (*alive)(void *arg), void *arg, int64_t *again_ms)
{
	static const struct {
		const struct sql *q;
		enum err (*drop)(struct call *c, int64_t user_id, int64_t id, int64_t more);
	} steps[] = { { &gone_videos, drop_video }, { &gone_likes, drop_like }, { &gone_stars, drop_star },
		{ &gone_comment_likes, drop_comment_like }, { &gone_comments, drop_comment },
		{ &gone_follows, drop_follow }, { &gone_followers, drop_follower }, { &gone_shares, drop_share },
		{ &gone_talks, drop_talk }, { &gone_talks_hi, drop_talk }, { &gone_watching, drop_watching },
		{ &gone_reports, drop_report } };
	struct purge p = { .w.c = c, .user_id = user_id };
	struct rows r;
	enum err e = db_select(c->db, c->mem, &gone_look, ARGS(I(user_id)), &r);

	*again_ms = 0;
	if (e != E_OK || r.n == 0 || r.v[0].i != USER_LEAVING)
		return e;
	if (r.v[1].i > c->now_ms) {
		*again_ms = r.v[1].i;
		return E_OK;
	}
	/* What he did is undone by himself. */
	c->viewer_id = user_id;
	for (size_t i = 0; e == E_OK && i < sizeof(steps) / sizeof(*steps); i++)
		e = each(c, steps[i].q, user_id, steps[i].drop, alive, arg);
	c->viewer_id = 0;
	if (e == E_OK)
		e = db_select(c->db, c->mem, &gone_videos, ARGS(I(user_id), I(0)), &r);
	/* His clips are removed by jobs of their own, and his likes and comments under them with them. */
	if (e == E_OK && r.n > 0) {
		*again_ms = c->now_ms + AGAIN_MS;
		return E_OK;
	}
	if (e == E_OK)
		e = drop_uncounted(c, user_id, alive, arg);
	return e == E_OK ? rows_write(c->rows,
			       (struct row_ref[]){ user_ref(user_id), viewer_account_ref(user_id),
				   viewer_marks_ref(user_id) },
			       3, write_end, &p)
			 : e;
}
