/* viewer.c - from a token to a viewer and his marks.  Invariant: viewer_id is set only after the
 * token's signature, times and epoch were all checked against the account as it is now. */
#include "model/viewer.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "model/token.h"

/* How many of the viewer's likes, follows and stars a marks row holds: those with the highest ids, which
 * are the newest clips and users.  Older ones are asked of the database. */
#define MARKS_MAX 512

#define TOKENS_KEPT 1024

SQL(account_load, "SELECT id, token_epoch, status FROM users WHERE id IN (?...)", "L", "iii");
SQL(marks_load,
    "SELECT 0 AS kind, token_epoch AS a, status AS b FROM users WHERE id = ? UNION ALL "
    "(SELECT 1, video_id, 0 FROM likes WHERE user_id = ? ORDER BY video_id DESC LIMIT 512) "
    "UNION ALL "
    "(SELECT 2, followee_id, 0 FROM follows WHERE follower_id = ? ORDER BY followee_id DESC LIMIT 512) "
    "UNION ALL "
    "(SELECT 3, video_id, 0 FROM stars WHERE user_id = ? ORDER BY video_id DESC LIMIT 512)",
    "iiii", "iii");
SQL(likes_among, "SELECT video_id FROM likes WHERE user_id = ? AND video_id IN (?...)", "iL", "i");
SQL(follows_among, "SELECT followee_id FROM follows WHERE follower_id = ? AND followee_id IN (?...)",
    "iL", "i");

SQL(stars_among, "SELECT video_id FROM stars WHERE user_id = ? AND video_id IN (?...)", "iL", "i");

struct account {
	struct row row;
	int64_t epoch, status;
};

/* Tail: the likes, the follows, the stars, each with descending ids.  Every id >= floor is known. */
struct marks {
	struct account account;
	int64_t likes_n, likes_floor, follows_n, follows_floor, stars_n, stars_floor;
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
	struct known likes, follows, stars;
};

static enum err
load_account(void *ctx, const int64_t *ids, size_t n, struct rows_loader *into)
{
	struct call *c = ctx;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &account_load, ARGS(LIST(ids, n)), &r);

	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		const struct val *v = r.v + i * r.cols;
		struct account a = { .row.id = v[0].i, .epoch = v[1].i, .status = v[2].i };

		rows_put(into, &a, NULL, 0);
	}
	return e;
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
	int64_t *likes = arena_array(c->mem, 3 * MARKS_MAX, sizeof(*likes));
	int64_t *follows = arena_array(c->mem, MARKS_MAX, sizeof(*follows));
	int64_t *stars = arena_array(c->mem, MARKS_MAX, sizeof(*stars));
	struct marks m = { .account.row.id = id };
	struct rows r;
	enum err e = db_select(c->db, c->mem, &marks_load, ARGS(I(id), I(id), I(id), I(id)), &r);

	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		const struct val *v = r.v + i * r.cols;

		if (v[0].i == 0) {
			m.account.epoch = v[1].i;
			m.account.status = v[2].i;
		} else if (v[0].i == 1 && m.likes_n < MARKS_MAX) {
			likes[m.likes_n++] = v[1].i;
		} else if (v[0].i == 2 && m.follows_n < MARKS_MAX) {
			follows[m.follows_n++] = v[1].i;
		} else if (v[0].i == 3 && m.stars_n < MARKS_MAX) {
			stars[m.stars_n++] = v[1].i;
		}
	}
	if (e != E_OK || m.account.epoch == 0)
		return e;
	/* UNION promises no order. */
	qsort(likes, (size_t)m.likes_n, sizeof(*likes), descending);
	qsort(follows, (size_t)m.follows_n, sizeof(*follows), descending);
	qsort(stars, (size_t)m.stars_n, sizeof(*stars), descending);
	m.likes_floor = m.likes_n == MARKS_MAX ? likes[m.likes_n - 1] : 0;
	m.follows_floor = m.follows_n == MARKS_MAX ? follows[m.follows_n - 1] : 0;
	m.stars_floor = m.stars_n == MARKS_MAX ? stars[m.stars_n - 1] : 0;
	memcpy(likes + m.likes_n, follows, (size_t)m.follows_n * sizeof(*follows));
	memcpy(likes + m.likes_n + m.follows_n, stars, (size_t)m.stars_n * sizeof(*stars));
	rows_put(into, &m, likes, (size_t)(m.likes_n + m.follows_n + m.stars_n));
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
	.key = 'a', .layout = 1, .local = 2048, .size = sizeof(struct account), .strings = no_strings,
	.load = load_account,
};

static const struct row_class marks_class = {
	.key = 'm', .layout = 2, .local = 512, .size = sizeof(struct marks), .strings = no_strings,
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
viewer_token(struct call *c, int64_t user_id, int64_t epoch, const char **token)
{
	int64_t now_s = c->now_ms / 1000;
	char *text = viewer_token_write(c->conf->token_key,
	    &(struct token_claims){ user_id, epoch, now_s, now_s + c->conf->token_ttl });

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

enum err
viewer_find(struct call *c, const char *token, bool marks)
{
	const struct row_class *k = marks ? &marks_class : &account_class;
	struct token_claims claims;
	const void *row;
	const struct account *a;
	enum err e;

	if (!token_check(c, token, &claims))
		return E_TOKEN;
	e = rows_get(c->rows, c->mem, k, c, &claims.user_id, 1, &row);
	if (e != E_OK)
		return e;
	a = row;
	if (a == NULL || a->epoch != claims.epoch)
		return E_TOKEN;
	if (a->status != 1)
		return E_ACCOUNT_DISABLED;
	c->viewer_id = claims.user_id;
	if (marks) {
		const struct marks *m = row;
		const int64_t *ids = (const int64_t *)(m + 1);
		struct viewer_marks *vm = arena_zalloc(c->mem, sizeof(*vm));

		vm->likes = (struct known){ ids, (size_t)m->likes_n, m->likes_floor, NULL, 0 };
		vm->follows =
		    (struct known){ ids + m->likes_n, (size_t)m->follows_n, m->follows_floor, NULL, 0 };
		vm->stars = (struct known){ ids + m->likes_n + m->follows_n, (size_t)m->stars_n,
			m->stars_floor, NULL, 0 };
		c->marks = vm;
	}
	return E_OK;
}

/* Asks for those of ids that lie below the floor. */
static enum err
know(struct call *c, const struct sql *q, struct known *k, const int64_t *ids, size_t n)
{
	int64_t *ask;
	size_t ask_n = 0;

	if (k->floor == 0 || n == 0)
		return E_OK;
	ask = arena_array(c->mem, n, sizeof(*ask));
	for (size_t i = 0; i < n; i++) {
		if (ids[i] < k->floor)
			ask[ask_n++] = ids[i];
	}
	k->more = arena_array(c->mem, ask_n + 1, sizeof(*ask));
	k->more_n = 0;
	for (size_t at = 0; at < ask_n; at += 1024) {
		size_t part = ask_n - at < 1024 ? ask_n - at : 1024;
		struct rows r;
		enum err e = db_select(c->db, c->mem, q, ARGS(I(c->viewer_id), LIST(ask + at, part)), &r);

		if (e != E_OK)
			return e;
		for (size_t i = 0; i < r.n && k->more_n < ask_n; i++)
			k->more[k->more_n++] = r.v[i * r.cols].i;
	}
	qsort(k->more, k->more_n, sizeof(*k->more), ascending);
	return E_OK;
}

enum err
viewer_know(struct call *c, const int64_t *videos, size_t videos_n, const int64_t *users,
    size_t users_n)
{
	/* Only this file makes marks, and never const ones. */
	struct viewer_marks *vm = (struct viewer_marks *)(uintptr_t)c->marks;
	enum err e;

	if (vm == NULL)
		return E_OK;
	e = know(c, &likes_among, &vm->likes, videos, videos_n);
	if (e == E_OK)
		e = know(c, &stars_among, &vm->stars, videos, videos_n);
	return e == E_OK ? know(c, &follows_among, &vm->follows, users, users_n) : e;
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

bool
viewer_likes(const struct call *c, int64_t video_id)
{
	return c->marks != NULL && knows(&c->marks->likes, video_id);
}

bool
viewer_follows(const struct call *c, int64_t user_id)
{
	return c->marks != NULL && knows(&c->marks->follows, user_id);
}

bool
viewer_stars(const struct call *c, int64_t video_id)
{
	return c->marks != NULL && knows(&c->marks->stars, video_id);
}
