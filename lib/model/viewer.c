/* viewer.c - from a token to a viewer and his marks.  Invariant: viewer_id is set only after the
 * token's signature, times and epoch were all checked against the account as it is now. */
#include "model/viewer.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"

/* How many of the viewer's likes, follows and stars a marks row holds: those with the highest ids, which
 * are the newest clips and users.  Older ones are asked of the database. */
#define MARKS_MAX 512

#define TOKENS_KEPT 1024

SQL(account_load,
    "SELECT u.id, u.token_epoch, u.status, EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = u.id AND "
    "b.kind IN (1, 2)), COALESCE(s.session_id, 0) FROM users u LEFT JOIN sessions s FORCE INDEX (by_end) "
    "ON s.user_id = u.id AND s.epoch = u.token_epoch AND s.ended_ms > 0 WHERE u.id IN (?...) ORDER BY u.id",
    "L", "iiiii");
SQL(marks_load,
    "SELECT 0 AS kind, token_epoch AS a, status AS b FROM users WHERE id = ? UNION ALL "
    "(SELECT 1, video_id, 0 FROM likes WHERE user_id = ? ORDER BY video_id DESC LIMIT 512) "
    "UNION ALL "
    "(SELECT 2, followee_id, 0 FROM follows WHERE follower_id = ? ORDER BY followee_id DESC LIMIT 512) "
    "UNION ALL "
    "(SELECT 3, video_id, 0 FROM stars WHERE user_id = ? ORDER BY video_id DESC LIMIT 512) "
    "UNION ALL (SELECT DISTINCT 4, other_id, 0 FROM blocks WHERE user_id = ? AND kind IN (1, 2) "
    "ORDER BY other_id DESC LIMIT 512) UNION ALL "
    "(SELECT 5, other_id, 0 FROM blocks WHERE user_id = ? AND kind = 3 ORDER BY other_id DESC LIMIT 512) "
    "UNION ALL (SELECT 6, s.session_id, 0 FROM users u STRAIGHT_JOIN sessions s FORCE INDEX (by_end) "
    "ON s.user_id = u.id AND s.epoch = u.token_epoch AND s.ended_ms > 0 WHERE u.id = ? LIMIT 512)",
    "iiiiiii", "iii");
SQL(likes_among, "SELECT video_id FROM likes WHERE user_id = ? AND video_id IN (?...)", "iL", "i");
SQL(follows_among, "SELECT followee_id FROM follows WHERE follower_id = ? AND followee_id IN (?...)",
    "iL", "i");
SQL(stars_among, "SELECT video_id FROM stars WHERE user_id = ? AND video_id IN (?...)", "iL", "i");

SQL(viewer_role, "SELECT role FROM users WHERE id = ?", "i", "i");
SQL(hidden_among,
    "SELECT other_id FROM blocks WHERE user_id = ? AND other_id IN (?...) AND kind IN (1, 2)", "iL", "i");
SQL(muted_among, "SELECT other_id FROM blocks WHERE user_id = ? AND other_id IN (?...) AND kind = 3",
    "iL", "i");

/* Tail: the sessions that were ended, and might have tokens yet (session.h keeps them few). */
struct account {
	struct row row;
	int64_t epoch, status, blocks; /* blocks: there are any, his or of him */
	int64_t ended;
};

/* What a marks row holds, in the order of its tail. */
enum mark { LIKES, FOLLOWS, STARS, HIDDEN, MUTED, MARKS };

/* Tail: for each mark n descending ids, then an account's.  Every id >= floor is known. */
struct marks {
	struct account account;
	int64_t n[MARKS], floor[MARKS];
};

/* What one request knows: the row, and answers that were asked beside it. */
struct known {
	const int64_t *ids; /* descending */
	size_t n;
	int64_t floor;
	int64_t *more; /* below floor, ascending */
	size_t more_n;
};

struct viewer_marks {
	struct known known[MARKS];
};

static enum err
load_account(void *ctx, const int64_t *ids, size_t n, struct rows_loader *into)
{
	struct call *c = ctx;
	struct rows r;
	int64_t *ended;
	enum err e = db_select(c->db, c->mem, &account_load, ARGS(LIST(ids, n)), &r);

	if (e != E_OK)
		return e;
	ended = arena_array(c->mem, r.n, sizeof(*ended));
	for (size_t i = 0; i < r.n;) {
		const struct val *v = r.v + i * r.cols;
		struct account a = { .row.id = v[0].i, .epoch = v[1].i, .status = v[2].i,
			.blocks = v[3].i };

		for (; i < r.n && r.v[i * r.cols].i == a.row.id; i++) {
			if (r.v[i * r.cols + 4].i != 0)
				ended[a.ended++] = r.v[i * r.cols + 4].i;
		}
		rows_put(into, &a, ended, (size_t)a.ended);
	}
	return E_OK;
}

static int
descending(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x < *y) - (*x > *y);
}

static int
ascending(const void *a, const void *b)
{
	return descending(b, a);
}

static enum err
load_marks_of(struct call *c, int64_t id, struct rows_loader *into)
{
	int64_t *ids[MARKS + 1], *all = arena_array(c->mem, (MARKS + 1) * MARKS_MAX, sizeof(*all));
	struct marks m = { .account.row.id = id };
	struct rows r;
	size_t total = 0;
	enum err e = db_select(c->db, c->mem, &marks_load, ARGS(I(id), I(id), I(id), I(id), I(id), I(id), I(id)), &r);

	for (size_t k = 0; k <= MARKS; k++)
		ids[k] = arena_array(c->mem, MARKS_MAX, sizeof(**ids));
	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		const struct val *v = r.v + i * r.cols;
		size_t k = (size_t)v[0].i - 1;

		if (v[0].i == 0) {
			m.account.epoch = v[1].i;
			m.account.status = v[2].i;
		} else if (k < MARKS && m.n[k] < MARKS_MAX) {
			ids[k][m.n[k]++] = v[1].i;
		} else if (k == MARKS && m.account.ended < MARKS_MAX) {
			ids[k][m.account.ended++] = v[1].i;
		}
	}
	if (e != E_OK || m.account.epoch == 0)
		return e;
	for (size_t k = 0; k < MARKS; k++) {
		size_t n = (size_t)m.n[k];

		/* UNION promises no order. */
		qsort(ids[k], n, sizeof(**ids), descending);
		m.floor[k] = n == MARKS_MAX ? ids[k][n - 1] : 0;
		memcpy(all + total, ids[k], n * sizeof(*all));
		total += n;
	}
	m.account.blocks = m.n[HIDDEN] > 0;
	memcpy(all + total, ids[MARKS], (size_t)m.account.ended * sizeof(*all));
	rows_put(into, &m, all, total + (size_t)m.account.ended);
	return E_OK;
}

static enum err
load_marks(void *ctx, const int64_t *ids, size_t n, struct rows_loader *into)
{
	enum err e = E_OK;

	for (size_t i = 0; e == E_OK && i < n; i++)
		e = load_marks_of(ctx, ids[i], into);
	return e;
}

static const uint16_t no_strings[] = { 0 };

static const struct row_class account_class = {
	.key = 'a', .layout = 3, .local = 2048, .size = sizeof(struct account), .strings = no_strings,
	.tail_size = sizeof(int64_t), .load = load_account,
};

static const struct row_class marks_class = {
	.key = 'm', .layout = 5, .local = 512, .size = sizeof(struct marks), .strings = no_strings,
	.tail_size = sizeof(int64_t), .load = load_marks,
};

struct row_ref
viewer_account_ref(int64_t user_id)
{
	return (struct row_ref){ &account_class, user_id };
}

struct row_ref
viewer_marks_ref(int64_t user_id)
{
	return (struct row_ref){ &marks_class, user_id };
}

enum err
viewer_token(struct call *c, const struct token_claims *claims, const char **token)
{
	struct token_claims now = *claims;
	char *text;

	now.nbf_s = c->now_ms / 1000;
	text = viewer_token_write(c->conf->token_key, &now);

	if (text == NULL) {
		log_error("no token can be made: token_key is missing in %s", c->conf->secret_file);
		return E_INTERNAL;
	}
	*token = arena_strdup(c->mem, text);
	free(text);
	return E_OK;
}

/* A token that this process has checked before and sees again, byte for byte, needs no second
 * look at its signature; its times and epoch are looked at each time. */
static bool
token_check(struct call *c, const char *token, struct token_claims *claims)
{
	static struct kept {
		char *token;
		size_t n;
		struct token_claims claims;
	} kept[TOKENS_KEPT];
	size_t n = strlen(token);
	int64_t now_s = c->now_ms / 1000;
	struct kept *k = &kept[hash_bytes(token, n) % TOKENS_KEPT];

	if (k->n == n && n > 0 && memcmp(k->token, token, n) == 0) {
		*claims = k->claims;
		return claims->nbf_s <= now_s && now_s < claims->exp_s;
	}
	if (!viewer_token_read(c->conf->token_key, token, n, now_s, claims))
		return false;
	free(k->token);
	*k = (struct kept){ xstrdup(token), n, *claims };
	return true;
}

/* The tail of an account, or what follows the marks of a marks row. */
static bool
ended(const struct account *a, const int64_t *ids, int64_t session_id)
{
	for (int64_t i = 0; session_id != 0 && i < a->ended; i++) {
		if (ids[i] == session_id)
			return true;
	}
	return false;
}

static void
take_marks(struct call *c, const struct marks *m)
{
	const int64_t *ids = (const int64_t *)(m + 1);
	struct viewer_marks *vm = arena_zalloc(c->mem, sizeof(*vm));

	for (size_t k = 0; k < MARKS; k++) {
		vm->known[k] = (struct known){ ids, (size_t)m->n[k], m->floor[k], NULL, 0 };
		ids += m->n[k];
	}
	c->marks = vm;
}

enum err
viewer_find(struct call *c, const char *token, bool marks)
{
	const struct row_class *k = marks ? &marks_class : &account_class;
	struct token_claims claims;
	const void *row;
	const struct account *a;
	const int64_t *ids;
	enum err e;

	if (!token_check(c, token, &claims))
		return E_TOKEN;
	e = rows_get(c->rows, c->mem, k, c, &claims.user_id, 1, &row);
	if (e != E_OK)
		return e;
	a = row;
	if (a == NULL || a->epoch != claims.epoch)
		return E_TOKEN;
	ids = marks ? (const int64_t *)((const struct marks *)row + 1) : (const int64_t *)(a + 1);
	if (ended(a, ids + (a->row.tail_n - (uint64_t)a->ended), claims.session_id))
		return E_TOKEN;
	if (a->status != 1)
		return E_ACCOUNT_DISABLED;
	c->viewer_id = claims.user_id;
	c->token = claims;
	c->unblocked = a->blocks == 0;
	if (marks)
		take_marks(c, row);
	return E_OK;
}

/* Asks for those of ids that lie below the floor. */
static enum err
know(struct call *c, const struct sql *q, struct known *k, const int64_t *ids, size_t n)
{
	int64_t *ask, *more;
	size_t ask_n = 0, most;

	if (k->floor == 0 || n == 0)
		return E_OK;
	ask = arena_array(c->mem, n, sizeof(*ask));
	for (size_t i = 0; i < n; i++) {
		if (ids[i] < k->floor)
			ask[ask_n++] = ids[i];
	}
	if (ask_n == 0)
		return E_OK;
	more = arena_array(c->mem, k->more_n + ask_n, sizeof(*more));
	if (k->more_n > 0)
		memcpy(more, k->more, k->more_n * sizeof(*more));
	most = k->more_n + ask_n;
	k->more = more;
	for (size_t at = 0; at < ask_n; at += 1024) {
		size_t part = ask_n - at < 1024 ? ask_n - at : 1024;
		struct rows r;
		enum err e = db_select(c->db, c->mem, q, ARGS(I(c->viewer_id), LIST(ask + at, part)), &r);

		if (e != E_OK)
			return e;
		for (size_t i = 0; i < r.n && k->more_n < most; i++)
			k->more[k->more_n++] = r.v[i * r.cols].i;
	}
	qsort(k->more, k->more_n, sizeof(*k->more), ascending);
	return E_OK;
}

enum err
viewer_know(struct call *c, const int64_t *videos, size_t videos_n, const int64_t *users,
    size_t users_n)
{
	static const struct sql *const among[MARKS] = { &likes_among, &follows_among, &stars_among,
		&hidden_among, &muted_among };
	struct viewer_marks *vm;
	const void *row = NULL;
	enum err e = E_OK;

	if (c->viewer_id != 0 && c->marks == NULL) {
		e = rows_get(c->rows, c->mem, &marks_class, c, &c->viewer_id, 1, &row);
		if (e == E_OK && row != NULL)
			take_marks(c, row);
	}
	if (e != E_OK || c->marks == NULL)
		return e;
	/* Only this file makes marks, and never const ones. */
	vm = (struct viewer_marks *)(uintptr_t)c->marks;
	for (size_t k = 0; e == E_OK && k < MARKS; k++) {
		bool of_clips = k == LIKES || k == STARS;

		e = know(c, among[k], &vm->known[k], of_clips ? videos : users,
		    of_clips ? videos_n : users_n);
	}
	return e;
}

enum err
viewer_moderates(struct call *c)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &viewer_role, ARGS(I(c->viewer_id)), &r);

	return e == E_OK && (r.n == 0 || r.v[0].i == 0) ? E_FORBIDDEN : e;
}

enum err
viewer_or(struct call *c, int64_t user_id, int64_t *out)
{
	*out = user_id ? user_id : c->viewer_id;
	return *out ? E_OK : E_TOKEN;
}

static bool
knows(const struct known *k, int64_t id)
{
	if (id >= k->floor)
		return bsearch(&id, k->ids, k->n, sizeof(id), descending) != NULL;
	return k->more_n > 0 && bsearch(&id, k->more, k->more_n, sizeof(id), ascending) != NULL;
}

static bool
marked(const struct call *c, enum mark k, int64_t id)
{
	return c->marks != NULL && knows(&c->marks->known[k], id);
}

bool
viewer_likes(const struct call *c, int64_t video_id)
{
	return marked(c, LIKES, video_id);
}

bool
viewer_follows(const struct call *c, int64_t user_id)
{
	return marked(c, FOLLOWS, user_id);
}

bool
viewer_stars(const struct call *c, int64_t video_id)
{
	return marked(c, STARS, video_id);
}

bool
viewer_hides(const struct call *c, int64_t user_id)
{
	return marked(c, HIDDEN, user_id);
}

bool
viewer_mutes(const struct call *c, int64_t user_id)
{
	return marked(c, MUTED, user_id);
}

static const int64_t *
ids_of(const struct call *c, enum mark k, size_t *n)
{
	*n = c->marks != NULL ? c->marks->known[k].n : 0;
	return *n > 0 ? c->marks->known[k].ids : NULL;
}

const int64_t *
viewer_hidden(const struct call *c, size_t *n, bool *all)
{
	const int64_t *ids = ids_of(c, HIDDEN, n);

	*all = *n < MARKS_MAX;
	return ids;
}

const int64_t *
viewer_muted(const struct call *c, size_t *n)
{
	return ids_of(c, MUTED, n);
}

bool
viewer_bars(const struct call *c)
{
	return c->marks != NULL && c->marks->known[HIDDEN].n + c->marks->known[MUTED].n > 0;
}
