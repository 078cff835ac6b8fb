/* follow.c - follows and friends.  Invariant: both counters of a follow change in its row's
 * transaction, and only if the row did. */
#include "model/follow.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "model/counter.h"
#include "model/viewer.h"

SQL(follow_insert, "INSERT INTO follows (follower_id, followee_id, created_ms) VALUES (?, ?, ?)",
    "iii", "");
SQL(follow_delete, "DELETE FROM follows WHERE follower_id = ? AND followee_id = ?", "ii", "");
SQL(follow_page,
    "SELECT created_ms, followee_id FROM follows FORCE INDEX (by_time) WHERE follower_id = ? AND "
    "(created_ms < ? OR (created_ms = ? AND followee_id < ?)) "
    "ORDER BY created_ms DESC, followee_id DESC LIMIT ?, ?",
    "iiiiii", "ii");
SQL(follower_page,
    "SELECT created_ms, follower_id FROM follows FORCE INDEX (followers) WHERE followee_id = ? AND "
    "(created_ms < ? OR (created_ms = ? AND follower_id < ?)) "
    "ORDER BY created_ms DESC, follower_id DESC LIMIT ?, ?",
    "iiiiii", "ii");
SQL(friend_ids,
    "SELECT STRAIGHT_JOIN a.followee_id FROM follows a FORCE INDEX (by_time) JOIN follows b "
    "ON b.follower_id = a.followee_id AND b.followee_id = a.follower_id WHERE a.follower_id = ? "
    "ORDER BY a.created_ms DESC LIMIT 1000",
    "i", "i");
SQL(friend_page,
    "SELECT STRAIGHT_JOIN a.created_ms, a.followee_id FROM follows a FORCE INDEX (by_time) JOIN follows b "
    "ON b.follower_id = a.followee_id AND b.followee_id = a.follower_id WHERE a.follower_id = ? AND "
    "(a.created_ms < ? OR (a.created_ms = ? AND a.followee_id < ?)) "
    "ORDER BY a.created_ms DESC, a.followee_id DESC LIMIT ?, ?",
    "iiiiii", "ii");
/* A text that its receiver or a moderator hid is not his to see. */
#define LAST_TEXT                                                                                  \
	"IF(c.last_from_id <> ? AND COALESCE((SELECT m.hidden FROM messages m WHERE "              \
	"m.lo_id = c.lo_id AND m.hi_id = c.hi_id ORDER BY m.created_ms DESC LIMIT 1), 0) <> 0, '', " \
	"c.last_text) "
SQL(friend_messages,
    "SELECT c.hi_id AS other, c.last_ms, c.last_from_id, " LAST_TEXT "FROM conversations c "
    "WHERE c.lo_id = ? AND c.hi_id IN (?...) UNION ALL SELECT c.lo_id, c.last_ms, c.last_from_id, "
    LAST_TEXT "FROM conversations c WHERE c.hi_id = ? AND c.lo_id IN (?...)",
    "iiLiiL", "iiis");

SQL(friends_number,
    "SELECT COUNT(*) FROM follows a STRAIGHT_JOIN follows b ON b.follower_id = a.followee_id AND "
    "b.followee_id = a.follower_id WHERE a.follower_id = ? AND (? = 0 OR NOT EXISTS (SELECT 1 FROM "
    "blocks z WHERE z.user_id = ? AND z.other_id = a.followee_id AND z.kind IN (1, 2)))",
    "iii", "i");
SQL(relations_among,
    "SELECT followee_id AS other, 0 AS way FROM follows WHERE follower_id = ? AND "
    "followee_id IN (?...) UNION ALL SELECT follower_id, 1 FROM follows "
    "WHERE followee_id = ? AND follower_id IN (?...) UNION ALL SELECT followee_id, 2 FROM "
    "follow_requests WHERE follower_id = ? AND followee_id IN (?...) UNION ALL SELECT other_id, 3 FROM "
    "blocks WHERE user_id = ? AND other_id IN (?...) AND kind = 3",
    "iLiLiLiL", "ii");

SQL(follow_look, "SELECT private, status FROM users WHERE id = ? LOCK IN SHARE MODE", "i", "ii");
SQL(follow_barred, "SELECT 1 FROM blocks WHERE user_id = ? AND other_id = ? AND kind IN (1, 2)", "ii", "i");
SQL(follow_exists, "SELECT 1 FROM follows WHERE follower_id = ? AND followee_id = ?", "ii", "i");
SQL(request_insert, "INSERT INTO follow_requests (follower_id, followee_id, created_ms) VALUES (?, ?, ?)",
    "iii", "");
SQL(request_delete, "DELETE FROM follow_requests WHERE follower_id = ? AND followee_id = ?", "ii", "");
SQL(request_page,
    "SELECT created_ms, follower_id FROM follow_requests FORCE INDEX (requests) WHERE followee_id = ? AND "
    "(created_ms < ? OR (created_ms = ? AND follower_id < ?)) "
    "ORDER BY created_ms DESC, follower_id DESC LIMIT ?, ?",
    "iiiiii", "ii");
SQL(request_pick,
    "SELECT follower_id FROM follow_requests FORCE INDEX (requests) WHERE followee_id = ? "
    "ORDER BY created_ms, follower_id LIMIT 200",
    "i", "i");

struct write {
	struct counted_write w;
	int64_t follower_id, user_id, at_ms;
	bool requested, accept;
	bool all, over; /* everybody is accepted; but the account is not one that accepts everybody */
};

/* The followee's row is held: who blocks, or switches his account, changes it, so that nothing is
 * decided by what is no longer so. */
static enum err
look(struct write *f, bool *is_private)
{
	struct call *c = f->w.c;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &follow_look, ARGS(I(f->user_id)), &r);

	if (e != E_OK)
		return e;
	f->over = r.n == 0 || r.v[1].i == USER_LEAVING || (f->all && r.v[0].i != 0);
	if (f->over)
		return E_USER_UNKNOWN;
	*is_private = r.v[0].i != 0;
	e = db_select(c->db, c->mem, &follow_barred, ARGS(I(f->follower_id), I(f->user_id)), &r);
	return e == E_OK && r.n > 0 ? E_USER_UNKNOWN : e;
}

static enum err
insert_row(struct write *f)
{
	struct call *c = f->w.c;
	enum err e = db_exec(c->db, &follow_insert,
	    ARGS(I(f->follower_id), I(f->user_id), I(f->at_ms)), NULL);

	if (e == E_DUPLICATE)
		return E_ALREADY;
	return e == E_OK ? counted_apply(&f->w) : e;
}

static enum err
ask(struct write *f)
{
	struct call *c = f->w.c;
	struct rows r;
	enum err e =
	    db_select(c->db, c->mem, &follow_exists, ARGS(I(f->follower_id), I(f->user_id)), &r);

	if (e == E_OK && r.n > 0)
		return E_ALREADY;
	if (e == E_OK)
		e = db_exec(c->db, &request_insert, ARGS(I(f->follower_id), I(f->user_id), I(c->now_ms)),
		    NULL);
	f->requested = true;
	return e == E_DUPLICATE ? E_ALREADY : e;
}

static enum err
insert(void *arg)
{
	struct write *f = arg;
	bool is_private = false;
	enum err e = look(f, &is_private);

	f->requested = false;
	if (e != E_OK)
		return e;
	return is_private ? ask(f) : insert_row(f);
}

static enum err
removal(void *arg)
{
	struct write *f = arg;
	struct call *c = f->w.c;
	const struct val *pair = ARGS(I(f->follower_id), I(f->user_id));
	int64_t changed, asked;
	enum err e = db_exec(c->db, &request_delete, pair, &asked);

	if (e == E_OK)
		e = db_exec(c->db, &follow_delete, pair, &changed);
	if (e == E_OK && changed == 0)
		return asked > 0 ? E_OK : E_NOT_YET;
	return e == E_OK ? counted_apply(&f->w) : e;
}

/* What was asked is no longer asked: also by one of all who is barred, as who accepts all comes to an end
 * by that. */
static enum err
answer(void *arg)
{
	struct write *f = arg;
	struct call *c = f->w.c;
	bool is_private;
	int64_t changed;
	enum err e = look(f, &is_private);
	bool barred = e == E_USER_UNKNOWN;

	if (barred && (f->over || !f->all))
		return E_REQUEST_UNKNOWN;
	if (e == E_OK || barred)
		e = db_exec(c->db, &request_delete, ARGS(I(f->follower_id), I(f->user_id)), &changed);
	if (e == E_OK && changed == 0)
		return E_REQUEST_UNKNOWN;
	if (e != E_OK || barred || !f->accept)
		return e;
	e = insert_row(f);
	return e == E_ALREADY ? E_OK : e;
}

static enum err
write_follow(struct call *c, struct write *f, int64_t by, enum err (*fn)(void *arg))
{
	f->w.c = c;
	f->w.n = 2;
	f->w.deltas[0] = (struct counter_delta){ f->follower_id, { .follows = by } };
	f->w.deltas[1] = (struct counter_delta){ f->user_id, { .followers = by } };
	return counted_write(&f->w,
	    (struct row_ref[]){ user_ref(f->follower_id), user_ref(f->user_id),
		viewer_marks_ref(f->follower_id) },
	    3, fn, f);
}

enum err
follow_set(struct call *c, int64_t user_id, bool on, bool *requested)
{
	struct write f = { .follower_id = c->viewer_id, .user_id = user_id, .at_ms = c->now_ms };
	const struct user *user;
	enum err e;

	if (user_id == c->viewer_id)
		return E_SELF_FOLLOW;
	e = user_get(c, user_id, &user);
	if (e == E_OK)
		e = write_follow(c, &f, on ? 1 : -1, on ? insert : removal);
	if (requested != NULL)
		*requested = f.requested;
	return e;
}

enum err
follow_end(struct call *c, int64_t follower_id, int64_t user_id)
{
	struct write f = { .follower_id = follower_id, .user_id = user_id };

	return write_follow(c, &f, -1, removal);
}

enum err
follow_answer(struct call *c, int64_t user_id, bool accept)
{
	struct write f = { .follower_id = user_id, .user_id = c->viewer_id, .at_ms = c->now_ms,
		.accept = accept };

	return write_follow(c, &f, 1, answer);
}

enum err
follow_accept_all(struct call *c, int64_t user_id, bool (*more)(void *arg), void *arg)
{
	int64_t at_ms = 0;
	bool going = true;
	enum err e = E_OK;

	while (e == E_OK && going) {
		struct call_step before = call_step(c);
		struct rows r;

		e = db_select(c->db, c->mem, &request_pick, ARGS(I(user_id)), &r);
		going = e == E_OK && r.n > 0;
		for (size_t i = 0; e == E_OK && going && i < r.n; i++) {
			int64_t now_ms = clock_ms();
			struct write f = { .follower_id = r.v[i].i, .user_id = user_id, .accept = true,
				.all = true };

			/* Each has a moment of his own: lists keep the order in which they asked. */
			f.at_ms = at_ms = now_ms > at_ms ? now_ms : at_ms + 1;
			going = more(arg);
			if (going)
				e = write_follow(c, &f, 1, answer);
			going = going && !f.over;
			if (e == E_REQUEST_UNKNOWN)
				e = E_OK;
		}
		call_step_end(c, before);
	}
	return e;
}

enum err
follow_page_of(struct call *c, const struct sql *q, int64_t user_id, const struct page *p, bool all,
    struct follow_page *out)
{
	int64_t before = p->a ? p->a : INT64_MAX, *ids;
	struct rows r;
	size_t take;
	enum err e = db_select(c->db, c->mem, q,
	    ARGS(I(user_id), I(before), I(before), I(p->b), I((int64_t)p->skip), I((int64_t)p->n + 1)), &r);

	*out = (struct follow_page){ .last_a = 0 };
	if (e != E_OK)
		return e;
	take = r.n < p->n ? r.n : p->n;
	ids = arena_array(c->mem, take + 1, sizeof(*ids));
	out->more = r.n > p->n;
	for (size_t i = 0; i < take; i++) {
		out->last_a = r.v[i * r.cols].i;
		out->last_b = ids[i] = r.v[i * r.cols + 1].i;
	}
	if (take == 0)
		return E_OK;
	return all ? user_list_all(c, ids, take, &out->users) : user_list_of(c, ids, take, &out->users);
}

static enum err
page(struct call *c, const struct sql *q, int64_t user_id, const struct page *p,
    struct follow_page *out)
{
	const struct user *user;
	enum err e = user_seen(c, user_id, &user);

	return e == E_OK ? follow_page_of(c, q, user_id, p, false, out) : e;
}

enum err
follow_requests(struct call *c, const struct page *p, struct follow_page *out)
{
	return follow_page_of(c, &request_page, c->viewer_id, p, false, out);
}

enum err
follow_list(struct call *c, int64_t user_id, const struct page *p, struct follow_page *out)
{
	return page(c, &follow_page, user_id, p, out);
}

enum err
follower_list(struct call *c, int64_t user_id, const struct page *p, struct follow_page *out)
{
	return page(c, &follower_page, user_id, p, out);
}

#define R(m) offsetof(struct relation, m)
static const struct member relation_members[] = {
	{ { NULL, "userId" }, M_INT, R(user_id), NULL, "the other one" },
	{ { NULL, "isFollow" }, M_BOOL, R(follows), NULL, "the viewer follows him" },
	{ { NULL, "isFollowed" }, M_BOOL, R(followed), NULL, "he follows the viewer" },
	{ { NULL, "isMutual" }, M_BOOL, R(mutual), NULL, "both" },
	{ { NULL, "isRequested" }, M_TRUE, R(asked), NULL, "the viewer asks to follow him" },
	{ { NULL, "isMuted" }, M_TRUE, R(muted), NULL, "the viewer mutes him" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape relation_shape = { "Relation", relation_members, 0 };

enum err
follow_check(struct call *c, const int64_t *ids, size_t n, struct relation *out)
{
	struct rows r;
	enum err e;

	if (n == 0)
		return E_OK;
	e = db_select(c->db, c->mem, &relations_among,
	    ARGS(I(c->viewer_id), LIST(ids, n), I(c->viewer_id), LIST(ids, n), I(c->viewer_id), LIST(ids, n),
		I(c->viewer_id), LIST(ids, n)),
	    &r);
	for (size_t i = 0; e == E_OK && i < n; i++) {
		out[i] = (struct relation){ .user_id = ids[i] };
		for (size_t k = 0; k < r.n; k++) {
			const struct val *v = r.v + k * r.cols;

			out[i].follows |= v[0].i == ids[i] && v[1].i == 0;
			out[i].followed |= v[0].i == ids[i] && v[1].i == 1;
			out[i].asked |= v[0].i == ids[i] && v[1].i == 2;
			out[i].muted |= v[0].i == ids[i] && v[1].i == 3;
		}
		out[i].mutual = out[i].follows && out[i].followed;
	}
	return e;
}

enum err
friend_count(struct call *c, int64_t user_id, int64_t *out)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &friends_number,
	    ARGS(I(user_id), I(viewer_bars(c)), I(c->viewer_id)), &r);

	if (e == E_OK)
		*out = r.n == 1 ? r.v[0].i : 0;
	return e;
}

#define F(m) offsetof(struct friend, m)
static const struct member friend_members[] = {
	{ { "", "" }, M_INLINE, F(user), &user_shape, "" },
	{ { "message", "message" }, M_STR, F(message), NULL, "the newest message of the two" },
	{ { "msgType", "msgType" }, M_INT, F(message_type), NULL, "0: the viewer got it, 1: he sent it" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape friend_shape = { "FriendUser", friend_members, 0 };

static int
newest_first(const void *x, const void *y)
{
	const struct friend *const *a = x, *const *b = y;

	if ((*a)->last_ms != (*b)->last_ms)
		return (*a)->last_ms < (*b)->last_ms ? 1 : -1;
	return strcmp((*a)->user->name, (*b)->user->name);
}

static int
by_id(const void *x, const void *y)
{
	const struct friend *const *a = x, *const *b = y;

	return ((*a)->user->row.id > (*b)->user->row.id) - ((*a)->user->row.id < (*b)->user->row.id);
}

/* The newest message with each friend; f is sorted by id. */
static enum err
messages(struct call *c, struct friend **f, size_t n)
{
	int64_t *ids = arena_array(c->mem, n, sizeof(*ids));
	struct rows r;
	enum err e;

	for (size_t i = 0; i < n; i++)
		ids[i] = f[i]->user->row.id;
	e = db_select(c->db, c->mem, &friend_messages,
	    ARGS(I(c->viewer_id), I(c->viewer_id), LIST(ids, n), I(c->viewer_id), I(c->viewer_id),
		LIST(ids, n)),
	    &r);
	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		const struct val *v = r.v + i * r.cols;
		const struct user key_user = { .row.id = v[0].i };
		const struct friend key = { .user = &key_user }, *at = &key;
		struct friend **found = bsearch(&at, f, n, sizeof(*f), by_id);

		if (found != NULL) {
			(*found)->last_ms = v[1].i;
			(*found)->message_type = v[2].i == c->viewer_id;
			(*found)->message = v[3].s;
		}
	}
	return e;
}

/* Users as friends of user_id, in their order. */
static enum err
friends_of(struct call *c, int64_t user_id, const struct user_list *users, struct friend_list *out)
{
	struct friend *f = arena_array(c->mem, users->n + 1, sizeof(*f));
	struct friend **sorted = arena_array(c->mem, users->n + 1, sizeof(*sorted));

	out->rows = arena_array(c->mem, users->n + 1, sizeof(void *));
	for (size_t i = 0; i < users->n; i++) {
		f[i] = (struct friend){ .user = users->rows[i], .message = "" };
		out->rows[out->n++] = sorted[i] = &f[i];
	}
	/* What two people write is nobody else's. */
	if (user_id != c->viewer_id || users->n == 0)
		return E_OK;
	qsort(sorted, users->n, sizeof(*sorted), by_id);
	return messages(c, sorted, users->n);
}

enum err
friend_list(struct call *c, int64_t user_id, const struct page *p, struct friend_list *out)
{
	struct follow_page found;
	enum err e = page(c, &friend_page, user_id, p, &found);

	*out = (struct friend_list){ .last_a = found.last_a, .last_b = found.last_b, .more = found.more };
	return e == E_OK ? friends_of(c, user_id, &found.users, out) : e;
}

enum err
friend_list_by_message(struct call *c, int64_t user_id, const struct page *p, struct friend_list *out)
{
	size_t from = (size_t)p->a + p->skip, left;
	const struct user *user;
	struct user_list users;
	struct rows r;
	int64_t *ids;
	enum err e = user_seen(c, user_id, &user);

	*out = (struct friend_list){ 0 };
	if (e == E_OK)
		e = db_select(c->db, c->mem, &friend_ids, ARGS(I(user_id)), &r);
	if (e != E_OK || r.n == 0)
		return e;
	ids = arena_array(c->mem, r.n, sizeof(*ids));
	for (size_t i = 0; i < r.n; i++)
		ids[i] = r.v[i].i;
	e = user_list_of(c, ids, r.n, &users);
	if (e == E_OK)
		e = friends_of(c, user_id, &users, out);
	if (e != E_OK)
		return e;
	qsort(out->rows, out->n, sizeof(*out->rows), newest_first);
	left = from < out->n ? out->n - from : 0;
	out->rows += out->n - left;
	out->n = left < p->n ? left : p->n;
	out->more = left > p->n;
	out->last_a = (int64_t)(from + out->n);
	return E_OK;
}
