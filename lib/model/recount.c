/* recount.c - counters against rows.  Invariant: what is reported as a difference was seen in one
 * transaction that held the owner's counters, so that nobody was between row and counter. */
#include "model/recount.h"

#include <stddef.h>
#include <string.h>

#include "model/counter.h"
#include "model/user.h"
#include "model/video.h"

#define BATCH 1000

SQL(recount_users, "SELECT id FROM users WHERE id > ? ORDER BY id LIMIT 1000", "i", "i");
SQL(recount_videos, "SELECT id FROM videos WHERE id > ? AND deleted = 0 ORDER BY id LIMIT 1000", "i",
    "i");
SQL(recount_comments, "SELECT id FROM comments FORCE INDEX (by_id) WHERE id > ? ORDER BY id LIMIT 1000",
    "i", "i");
SQL(recount_strays,
    "SELECT DISTINCT c.owner_id FROM counters c LEFT JOIN users u ON u.id = c.owner_id "
    "LEFT JOIN videos v ON v.id = c.owner_id LEFT JOIN comments m ON m.id = c.owner_id "
    "WHERE c.owner_id > ? AND u.id IS NULL AND v.id IS NULL AND m.id IS NULL "
    "ORDER BY c.owner_id LIMIT 1000",
    "i", "i");
#define SUMS                                                                                       \
	"SUM(likes), SUM(comments), SUM(favorites), SUM(follows), SUM(followers), SUM(works), "     \
	"SUM(views), SUM(shares), SUM(stars)"
SQL(recount_stored, "SELECT owner_id, " SUMS " FROM counters WHERE owner_id IN (?...) GROUP BY owner_id",
    "L", "iiiiiiiiii");
SQL(recount_lock, "SELECT owner_id FROM counters WHERE owner_id = ? FOR UPDATE", "i", "i");
SQL(recount_clear, "DELETE FROM counters WHERE owner_id = ?", "i", "");
SQL(recount_set,
    "INSERT INTO counters (owner_id, lane, likes, comments, favorites, follows, followers, works, "
    "views, shares, stars) VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "iiiiiiiiii", "");

/* What the rows say, one statement for each counter; of videos, of comments, of users. */
SQL(real_video_likes, "SELECT video_id, COUNT(*) FROM likes WHERE video_id IN (?...) GROUP BY video_id",
    "L", "ii");
SQL(real_video_comments,
    "SELECT video_id, COUNT(*) FROM comments WHERE video_id IN (?...) GROUP BY video_id", "L", "ii");
SQL(real_video_stars, "SELECT video_id, COUNT(*) FROM stars WHERE video_id IN (?...) GROUP BY video_id",
    "L", "ii");
SQL(real_video_shares,
    "SELECT video_id, COUNT(*) FROM shares WHERE video_id IN (?...) GROUP BY video_id", "L", "ii");
SQL(real_comment_likes,
    "SELECT c.id, COUNT(*) FROM comments c FORCE INDEX (by_id) STRAIGHT_JOIN comment_likes l "
    "ON l.video_id = c.video_id AND l.comment_id = c.id WHERE c.id IN (?...) GROUP BY c.id",
    "L", "ii");
SQL(real_comment_replies,
    "SELECT c.id, COUNT(*) FROM comments c FORCE INDEX (by_id) STRAIGHT_JOIN comments r "
    "FORCE INDEX (thread) ON r.video_id = c.video_id AND r.root_id = c.id WHERE c.id IN (?...) "
    "GROUP BY c.id",
    "L", "ii");
SQL(real_user_likes,
    "SELECT v.author_id, COUNT(*) FROM videos v STRAIGHT_JOIN likes l ON l.video_id = v.id "
    "WHERE v.author_id IN (?...) GROUP BY v.author_id",
    "L", "ii");
SQL(real_user_favorites,
    "SELECT user_id, COUNT(*) FROM likes WHERE user_id IN (?...) GROUP BY user_id", "L", "ii");
SQL(real_user_follows,
    "SELECT follower_id, COUNT(*) FROM follows WHERE follower_id IN (?...) GROUP BY follower_id", "L",
    "ii");
SQL(real_user_followers,
    "SELECT followee_id, COUNT(*) FROM follows WHERE followee_id IN (?...) GROUP BY followee_id", "L",
    "ii");
SQL(real_user_works,
    "SELECT author_id, COUNT(*) FROM videos WHERE author_id IN (?...) AND visible = 1 "
    "GROUP BY author_id",
    "L", "ii");

static const char *const names[] = {
#define M(name) #name,
	COUNTER_TABLE(M)
#undef M
};

/* Which of COUNTER_TABLE a statement counts. */
#define AT(name) ((int)(offsetof(struct counters, name) / sizeof(int64_t)))

struct source {
	const struct sql *q;
	int counter;
};
static const struct source video_sources[] = { { &real_video_likes, AT(likes) },
	{ &real_video_comments, AT(comments) }, { &real_video_stars, AT(stars) },
	{ &real_video_shares, AT(shares) }, { NULL, 0 } };
static const struct source comment_sources[] = { { &real_comment_likes, AT(likes) },
	{ &real_comment_replies, AT(comments) }, { NULL, 0 } };
static const struct source user_sources[] = { { &real_user_likes, AT(likes) },
	{ &real_user_favorites, AT(favorites) }, { &real_user_follows, AT(follows) },
	{ &real_user_followers, AT(followers) }, { &real_user_works, AT(works) }, { NULL, 0 } };
static const struct source no_sources[] = { { NULL, 0 } };

struct tally {
	int64_t stored[COUNTERS], real[COUNTERS];
};

/* Ids are ascending; NULL for one that is not among them. */
static struct tally *
tally_of(const int64_t *ids, struct tally *t, size_t n, int64_t id)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ids[mid] < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && ids[lo] == id ? &t[lo] : NULL;
}

static enum err
count(struct call *c, const struct source *from, const int64_t *ids, size_t n, struct tally *t)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &recount_stored, ARGS(LIST(ids, n)), &r);

	memset(t, 0, n * sizeof(*t));
	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		struct tally *one = tally_of(ids, t, n, r.v[i * r.cols].i);

		for (int k = 0; one != NULL && k < COUNTERS; k++)
			one->stored[k] = r.v[i * r.cols + 1 + (size_t)k].i;
		/* The rows of views are pruned: what was counted stands. */
		if (one != NULL && from->q != NULL)
			one->real[AT(views)] = one->stored[AT(views)];
	}
	for (; e == E_OK && from->q != NULL; from++) {
		e = db_select(c->db, c->mem, from->q, ARGS(LIST(ids, n)), &r);
		for (size_t i = 0; e == E_OK && i < r.n; i++) {
			struct tally *one = tally_of(ids, t, n, r.v[i * r.cols].i);

			if (one != NULL)
				one->real[from->counter] = r.v[i * r.cols + 1].i;
		}
	}
	return e;
}

struct one {
	struct call *c;
	const struct source *from;
	int64_t id;
	bool fix;
	struct tally tally;
};

/* Rows first, then their counters, is the order of every writer: who holds the counters keeps new
 * changes from being committed, and READ COMMITTED then sees both sides as they are. */
static enum err
look_again(void *arg)
{
	struct one *o = arg;
	struct call *c = o->c;
	struct val set[1 + COUNTERS];
	struct rows r;
	enum err e = db_select(c->db, c->mem, &recount_lock, ARGS(I(o->id)), &r);

	if (e == E_OK)
		e = count(c, o->from, &o->id, 1, &o->tally);
	if (e != E_OK || !o->fix || memcmp(o->tally.stored, o->tally.real, sizeof(o->tally.stored)) == 0)
		return e;
	e = db_exec(c->db, &recount_clear, ARGS(I(o->id)), NULL);
	if (e != E_OK || o->from->q == NULL)
		return e;
	set[0] = I(o->id);
	for (int k = 0; k < COUNTERS; k++)
		set[1 + k] = I(o->tally.real[k]);
	return db_exec(c->db, &recount_set, set, NULL);
}

static enum err
check_one(struct call *c, const struct source *from, int64_t id, bool fix, recount_report *report,
    int64_t *differences)
{
	struct one o = { .c = c, .from = from, .id = id, .fix = fix };
	enum err e = rows_write(c->rows, (struct row_ref[]){ user_ref(id), video_ref(id) }, 2,
	    look_again, &o);

	for (int k = 0; e == E_OK && k < COUNTERS; k++) {
		if (o.tally.stored[k] != o.tally.real[k]) {
			++*differences;
			report(id, names[k], o.tally.stored[k], o.tally.real[k]);
		}
	}
	return e;
}

static enum err
walk(struct call *c, const struct sql *pick, const struct source *from, bool fix,
    recount_report *report, int64_t *differences)
{
	int64_t ids[BATCH], after = 0;
	static struct tally t[BATCH];
	size_t n;
	enum err e;

	do {
		struct rows r;

		call_begin(c);
		e = db_select(c->db, c->mem, pick, ARGS(I(after)), &r);
		if (e != E_OK)
			return e;
		n = r.n < BATCH ? r.n : BATCH;
		for (size_t i = 0; i < n; i++)
			after = ids[i] = r.v[i * r.cols].i;
		if (n > 0)
			e = count(c, from, ids, n, t);
		for (size_t i = 0; e == E_OK && i < n; i++) {
			if (memcmp(t[i].stored, t[i].real, sizeof(t[i].stored)) != 0)
				e = check_one(c, from, ids[i], fix, report, differences);
		}
	} while (e == E_OK && n == BATCH);
	return e;
}

enum err
recount(struct call *c, bool fix, recount_report *report, int64_t *differences)
{
	enum err e;

	*differences = 0;
	e = walk(c, &recount_videos, video_sources, fix, report, differences);
	if (e == E_OK)
		e = walk(c, &recount_comments, comment_sources, fix, report, differences);
	if (e == E_OK)
		e = walk(c, &recount_users, user_sources, fix, report, differences);
	if (e == E_OK)
		e = walk(c, &recount_strays, no_sources, fix, report, differences);
	return e;
}
