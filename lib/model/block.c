/* block.c - blocks, mutes, private accounts.  Invariant: a block's transaction holds the rows of both
 * users, and who follows holds the followee's: so no follow stands beside a block. */
#include "model/block.h"

#include "base/clock.h"
#include "base/log.h"
#include "model/counter.h"
#include "model/message.h"
#include "model/notification.h"
#include "model/video.h"
#include "model/viewer.h"
#include "store/jobs.h"

SQL(block_lock, "SELECT id FROM users WHERE id IN (?, ?) ORDER BY id FOR UPDATE", "ii", "i");
SQL(block_number, "SELECT COUNT(*) FROM blocks FORCE INDEX (by_time) WHERE user_id = ? AND kind = ?", "ii",
    "i");
SQL(block_insert, "INSERT INTO blocks (user_id, other_id, kind, created_ms) VALUES (?, ?, ?, ?)", "iiii",
    "");
SQL(block_delete, "DELETE FROM blocks WHERE user_id = ? AND other_id = ? AND kind = ?", "iii", "");
SQL(block_unfollow, "DELETE FROM follows WHERE follower_id = ? AND followee_id = ?", "ii", "");
SQL(block_unask, "DELETE FROM follow_requests WHERE follower_id = ? AND followee_id = ?", "ii", "");
SQL(block_page,
    "SELECT created_ms, other_id FROM blocks FORCE INDEX (by_time) WHERE user_id = ? AND kind = 1 AND "
    "(created_ms < ? OR (created_ms = ? AND other_id < ?)) "
    "ORDER BY created_ms DESC, other_id DESC LIMIT ?, ?",
    "iiiiii", "ii");
SQL(mute_page,
    "SELECT created_ms, other_id FROM blocks FORCE INDEX (by_time) WHERE user_id = ? AND kind = 3 AND "
    "(created_ms < ? OR (created_ms = ? AND other_id < ?)) "
    "ORDER BY created_ms DESC, other_id DESC LIMIT ?, ?",
    "iiiiii", "ii");
SQL(privacy_write, "UPDATE users SET private = ?, updated_ms = ? WHERE id = ? AND private <> ?", "iiii", "");

struct change {
	struct counted_write w;
	int64_t user_id, job_id;
	enum block_kind kind;
	bool on;
};

/* Ends follow and request of one way; *changed: a follow ended. */
static enum err
part(struct call *c, int64_t from, int64_t to, int64_t *changed)
{
	enum err e = db_exec(c->db, &block_unask, ARGS(I(from), I(to)), NULL);

	return e == E_OK ? db_exec(c->db, &block_unfollow, ARGS(I(from), I(to)), changed) : e;
}

static struct counters *
delta_of(struct change *b, int64_t owner_id)
{
	return &b->w.deltas[b->w.deltas[0].owner_id == owner_id ? 0 : 1].by;
}

/* Both ways; counts what changed. */
static enum err
part_both(struct change *b)
{
	struct call *c = b->w.c;
	int64_t mine = 0, his = 0;
	enum err e = part(c, c->viewer_id, b->user_id, &mine);

	if (e == E_OK)
		e = part(c, b->user_id, c->viewer_id, &his);
	*delta_of(b, c->viewer_id) = (struct counters){ .follows = -mine, .followers = -his };
	*delta_of(b, b->user_id) = (struct counters){ .follows = -his, .followers = -mine };
	return e == E_OK && mine + his > 0 ? counted_apply(&b->w) : e;
}

static enum err
insert(void *arg)
{
	struct change *b = arg;
	struct call *c = b->w.c;
	int64_t me = c->viewer_id, him = b->user_id;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &block_lock, ARGS(I(me), I(him)), &r);

	if (e == E_OK && r.n != 2)
		return E_USER_UNKNOWN;
	if (e == E_OK)
		e = db_select(c->db, c->mem, &block_number, ARGS(I(me), I(b->kind)), &r);
	if (e == E_OK && r.v[0].i >= BLOCK_MAX)
		return E_BLOCKS_FULL;
	if (e == E_OK)
		e = db_exec(c->db, &block_insert, ARGS(I(me), I(him), I(b->kind), I(c->now_ms)), NULL);
	if (e == E_DUPLICATE)
		return E_ALREADY;
	if (e != E_OK || b->kind == MUTE)
		return e;
	e = db_exec(c->db, &block_insert, ARGS(I(him), I(me), I(BLOCKED), I(c->now_ms)), NULL);
	return e == E_OK ? part_both(b) : e;
}

static enum err
removal(void *arg)
{
	struct change *b = arg;
	struct call *c = b->w.c;
	int64_t changed;
	enum err e =
	    db_exec(c->db, &block_delete, ARGS(I(c->viewer_id), I(b->user_id), I(b->kind)), &changed);

	if (e == E_OK && changed == 0)
		return E_NOT_YET;
	return e == E_OK && b->kind == BLOCK
	    ? db_exec(c->db, &block_delete, ARGS(I(b->user_id), I(c->viewer_id), I(BLOCKED)), NULL)
	    : e;
}

enum err
block_set(struct call *c, int64_t user_id, enum block_kind kind, bool on)
{
	int64_t me = c->viewer_id;
	struct change b = { .w = { .c = c, .n = 2, .deltas = { { me, { 0 } }, { user_id, { 0 } } } },
		.user_id = user_id, .kind = kind, .on = on };
	struct row_ref refs[] = { viewer_marks_ref(me), notification_ref(me), viewer_marks_ref(user_id),
		notification_ref(user_id), user_ref(me), user_ref(user_id), message_inbox_ref(me),
		message_inbox_ref(user_id), viewer_account_ref(me), viewer_account_ref(user_id) };
	const struct user *user;
	enum err e;

	if (user_id == me)
		return E_SELF_BLOCK;
	e = user_get(c, user_id, &user);
	if (e == E_OK && user->gone && on)
		return E_USER_UNKNOWN;
	/* A mute is nobody else's. */
	return e == E_OK ? counted_write(&b.w, refs, kind == MUTE ? 2 : 10, on ? insert : removal, &b) : e;
}

enum err
block_list(struct call *c, enum block_kind kind, const struct page *p, struct follow_page *out)
{
	return follow_page_of(c, kind == MUTE ? &mute_page : &block_page, c->viewer_id, p, true, out);
}

static enum err
write_privacy(void *arg)
{
	struct change *b = arg;
	struct call *c = b->w.c;
	int64_t changed;
	enum err e = db_exec(c->db, &privacy_write, ARGS(I(b->on), I(c->now_ms), I(c->viewer_id), I(b->on)),
	    &changed);

	if (e == E_OK && changed == 0)
		return b->on ? E_ALREADY : E_NOT_YET;
	return e == E_OK
	    ? jobs_add(c->db, b->job_id, JOB_ACCOUNT, c->viewer_id, c->now_ms + PRIVACY_NOW_MS)
	    : e;
}

enum err
privacy_set(struct call *c, bool is_private)
{
	struct change b = { .w.c = c, .job_id = call_new_id(c), .on = is_private };
	struct row_ref ref = user_ref(c->viewer_id);
	enum err e = rows_write(c->rows, &ref, 1, write_privacy, &b);

	if (e == E_OK)
		privacy_follow_now(c, c->viewer_id);
	return e;
}

enum err
privacy_follow(struct call *c, int64_t user_id, bool (*more)(void *arg), void *arg)
{
	enum err e = video_follow_account(c, user_id, more, arg);

	return e == E_OK ? follow_accept_all(c, user_id, more, arg) : e;
}

static bool
still_now(void *arg)
{
	const struct call *c = arg;

	return clock_ms() < c->now_ms + PRIVACY_NOW_MS;
}

void
privacy_follow_now(struct call *c, int64_t user_id)
{
	if (privacy_follow(c, user_id, still_now, c) != E_OK)
		log_warn("the clips of user %lld follow his account later", (long long)user_id);
	/* Not before: the worker would want the same rows. */
	jobs_nudge(c->conf->media_socket);
}
