/* user.c - user rows, cached as u:<id> with the counters summed up.  Invariant: a row here shows
 * nothing private (no hash, no epoch: those are account.c's). */
#include "model/user.h"

#include <string.h>

#include "base/text.h"
#include "model/video_rows.h"
#include "model/viewer.h"

#define HIDDEN_PAIRS 8192 /* of a user and one who is hidden, in one statement */

SQL(user_load, USER_ROWS_SQL " ORDER BY u.id", "L", VIDEO_ROWS_OUT);
/* How many of the second list follow one of the first, and how many he follows. */
SQL(user_hidden_counts,
    "SELECT 0 AS way, followee_id AS id, COUNT(*) FROM follows WHERE followee_id IN (?...) AND "
    "follower_id IN (?...) GROUP BY followee_id UNION ALL SELECT 1, follower_id, COUNT(*) FROM follows "
    "WHERE follower_id IN (?...) AND followee_id IN (?...) GROUP BY follower_id",
    "LLLL", "iii");
/* The same of a viewer who has more of them than are kept at hand; each pair may be there twice. */
SQL(user_hidden_counts_many,
    "SELECT 0 AS way, f.followee_id AS id, COUNT(DISTINCT f.follower_id) FROM blocks b JOIN follows f "
    "ON f.follower_id = b.other_id WHERE b.user_id = ? AND b.kind IN (1, 2) AND f.followee_id IN (?...) "
    "GROUP BY f.followee_id UNION ALL SELECT 1, f.follower_id, COUNT(DISTINCT f.followee_id) FROM blocks b "
    "JOIN follows f ON f.followee_id = b.other_id WHERE b.user_id = ? AND b.kind IN (1, 2) AND "
    "f.follower_id IN (?...) GROUP BY f.follower_id",
    "iLiL", "iii");

SQL(user_set,
    "UPDATE users SET avatar = COALESCE(?, avatar), signature = COALESCE(?, signature), "
    "updated_ms = ? WHERE id = ?",
    "ssii", "");

void
user_put_rows(struct call *c, const struct rows *r, struct rows_loader *into)
{
	for (size_t i = 0; i < r->n;) {
		const struct val *v = r->v + i * r->cols;
		const char *avatar = v[6].s, *background = v[7].s;
		struct user u = {
			.row.id = v[0].i,
			.name = v[5].s,
			.avatar = avatar[0] ? avatar : c->conf->avatar,
			.background = background[0] ? background : c->conf->background,
			.signature = v[8].s,
			.is_private = v[1].i != 0,
			.gone = v[2].i == USER_LEAVING,
		};

		if (v[20].i != USER_ROWS) {
			i++;
			continue;
		}
		/* One row of the join for each lane. */
		for (; i < r->n && r->v[i * r->cols].i == u.row.id; i++) {
			v = r->v + i * r->cols;
			u.n.likes += v[10].i;
			u.n.comments += v[11].i;
			u.n.favorites += v[12].i;
			u.n.follows += v[13].i;
			u.n.followers += v[14].i;
			u.n.works += v[15].i;
		}
		rows_put_as(into, &user_class, &u, NULL, 0);
	}
}

static enum err
load(void *ctx, const int64_t *ids, size_t n, struct rows_loader *into)
{
	struct call *c = ctx;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &user_load, ARGS(LIST(ids, n)), &r);

	if (e == E_OK)
		user_put_rows(c, &r, into);
	return e;
}

static const uint16_t strings[] = { offsetof(struct user, name), offsetof(struct user, avatar),
	offsetof(struct user, background), offsetof(struct user, signature), 0 };

const struct row_class user_class = {
	.key = 'u', .layout = 2, .local = 2048, .size = sizeof(struct user), .strings = strings,
	.load = load,
};

static const struct member members[] = {
	{ { "id", "id" }, M_INT, offsetof(struct user, row.id), NULL, "his id" },
	{ { "name", "username" }, M_STR, offsetof(struct user, name), NULL, "unique name" },
	{ { "follow_count", "followCount" }, M_INT, offsetof(struct user, n.follows), NULL,
	    "users that he follows" },
	{ { "follower_count", "followerCount" }, M_INT, offsetof(struct user, n.followers), NULL,
	    "users that follow him" },
	{ { "is_follow", "isFollow" }, M_FOLLOWED, offsetof(struct user, row.id), NULL,
	    "whether the viewer follows him" },
	{ { "avatar", "avatar" }, M_MEDIA, offsetof(struct user, avatar), NULL, "picture" },
	{ { "background_image", NULL }, M_URL, offsetof(struct user, background), NULL,
	    "header of his page" },
	{ { "signature", NULL }, M_STR, offsetof(struct user, signature), NULL, "about himself" },
	{ { NULL, "isPrivate" }, M_TRUE, offsetof(struct user, is_private), NULL,
	    "his clips are for his followers; absent: they are for everybody" },
	{ { NULL, "about" }, M_STR_OPT, offsetof(struct user, signature), NULL, "about himself" },
	{ { "total_favorited", NULL }, M_INT, offsetof(struct user, n.likes), NULL,
	    "likes that his clips got" },
	{ { "work_count", NULL }, M_INT, offsetof(struct user, n.works), NULL, "his visible clips" },
	{ { "favorite_count", NULL }, M_INT, offsetof(struct user, n.favorites), NULL,
	    "likes that he gave" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};

const struct shape user_shape = { "User", members, 1 };

static const struct member self_members[] = {
	{ { NULL, "" }, M_INLINE, offsetof(struct self, user), &user_shape, "" },
	{ { NULL, "isAdmin" }, M_TRUE, offsetof(struct self, moderates), NULL, "he moderates; absent: he does not" },
	{ { NULL, "notice" }, M_STR_OPT, offsetof(struct self, notice), NULL,
	    "what a moderator warned of, until it is read; absent: nothing" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape self_shape = { "Self", self_members, 0 };

struct row_ref
user_ref(int64_t id)
{
	return (struct row_ref){ &user_class, id };
}

enum err
user_by_ids(struct call *c, const int64_t *ids, size_t n, const struct user **out)
{
	return rows_get(c->rows, c->mem, &user_class, c, ids, n, (const void **)out);
}

enum err
user_get(struct call *c, int64_t id, const struct user **out)
{
	enum err e = user_by_ids(c, &id, 1, out);

	return e == E_OK && *out == NULL ? E_USER_UNKNOWN : e;
}

/* Takes those whom the viewer does not see out of the numbers.  Rows are shared: a copy changes, and
 * has no stamp, as nobody else sees it so. */
static enum err
count_hidden(struct call *c, const struct user **users, size_t n)
{
	int64_t *ids = arena_array(c->mem, n + 1, sizeof(*ids));
	size_t part = n, k = 0, hidden_n;
	bool all;
	const int64_t *hidden = viewer_hidden(c, &hidden_n, &all);
	struct rows r;

	if (hidden_n == 0)
		return E_OK;
	if (all)
		part = HIDDEN_PAIRS / hidden_n + 1;
	for (size_t i = 0; i < n; i++) {
		if (users[i] != NULL)
			ids[k++] = users[i]->row.id;
	}
	for (size_t at = 0; at < k; at += part) {
		struct val some = LIST(ids + at, k - at < part ? k - at : part), them = LIST(hidden, hidden_n);
		struct val me = I(c->viewer_id);
		enum err e = all
		    ? db_select(c->db, c->mem, &user_hidden_counts, ARGS(some, them, some, them), &r)
		    : db_select(c->db, c->mem, &user_hidden_counts_many, ARGS(me, some, me, some), &r);

		if (e != E_OK)
			return e;
		for (size_t i = 0; i < r.n * n; i++) {
			const struct val *v = r.v + i / n * r.cols;
			const struct user **at_user = &users[i % n];
			struct user *own;

			if (*at_user == NULL || (*at_user)->row.id != v[1].i)
				continue;
			own = arena_alloc(c->mem, (*at_user)->row.size);
			memcpy(own, *at_user, (*at_user)->row.size);
			own->row.stamp = 0;
			if (v[0].i == 0)
				own->n.followers -= v[2].i;
			else
				own->n.follows -= v[2].i;
			*at_user = own;
		}
	}
	return E_OK;
}

enum err
user_visible(struct call *c, const int64_t *ids, size_t n, const struct user **out)
{
	enum err e = user_by_ids(c, ids, n, out);

	if (e == E_OK)
		e = viewer_know(c, NULL, 0, ids, n);
	if (e != E_OK)
		return e;
	for (size_t i = 0; i < n; i++) {
		if (out[i] != NULL && (out[i]->gone || viewer_hides(c, ids[i])))
			out[i] = NULL;
	}
	return E_OK;
}

enum err
user_shown(struct call *c, const int64_t *ids, size_t n, const struct user **out)
{
	enum err e = user_visible(c, ids, n, out);

	return e == E_OK && n > 0 ? count_hidden(c, out, n) : e;
}

enum err
user_seen(struct call *c, int64_t id, const struct user **out)
{
	enum err e = user_shown(c, &id, 1, out);

	return e == E_OK && *out == NULL ? E_USER_UNKNOWN : e;
}

bool
user_opens(const struct call *c, const struct user *u)
{
	return !u->is_private || u->row.id == c->viewer_id || viewer_follows(c, u->row.id);
}

enum err
user_profile(struct call *c, int64_t user_id, const struct user **out)
{
	int64_t id;
	enum err e = viewer_or(c, user_id, &id);

	return e == E_OK ? user_seen(c, id, out) : e;
}

static void
list(struct call *c, const struct user **found, size_t n, struct user_list *out)
{
	*out = (struct user_list){ .rows = arena_array(c->mem, n + 1, sizeof(void *)) };
	for (size_t i = 0; i < n; i++) {
		if (found[i] != NULL)
			out->rows[out->n++] = found[i];
	}
}

enum err
user_list_of(struct call *c, const int64_t *ids, size_t n, struct user_list *out)
{
	const struct user **found = arena_array(c->mem, n + 1, sizeof(*found));
	enum err e = user_shown(c, ids, n, found);

	list(c, found, e == E_OK ? n : 0, out);
	return e;
}

enum err
user_list_all(struct call *c, const int64_t *ids, size_t n, struct user_list *out)
{
	const struct user **found = arena_array(c->mem, n + 1, sizeof(*found));
	enum err e = user_by_ids(c, ids, n, found);

	if (e == E_OK)
		e = viewer_know(c, NULL, 0, ids, n);
	list(c, found, e == E_OK ? n : 0, out);
	return e;
}

enum err
user_avatar_check(struct call *c, const char **avatar)
{
	char *small;

	if (**avatar == '\0')
		return E_OK;
	if (!url_valid(*avatar, "http", "https"))
		return call_param(c, "avatar", WHY_NOT_URL, 0);
	*avatar = small = arena_strdup(c->mem, *avatar);
	for (; *small != ':'; small++)
		*small |= 0x20;
	return E_OK;
}

struct edit {
	struct call *c;
	const char *avatar, *about;
};

static enum err
edit_row(void *arg)
{
	const struct edit *ed = arg;
	struct call *c = ed->c;
	const struct val none = { .type = 0 };

	return db_exec(c->db, &user_set,
	    ARGS(ed->avatar ? S(ed->avatar) : none, ed->about ? S(ed->about) : none, I(c->now_ms),
		I(c->viewer_id)),
	    NULL);
}

enum err
user_edit(struct call *c, const char *avatar, const char *about)
{
	struct edit ed = { c, avatar, about };
	enum err e = avatar != NULL ? user_avatar_check(c, &ed.avatar) : E_OK;

	return e == E_OK
	    ? rows_write(c->rows, (struct row_ref[]){ user_ref(c->viewer_id) }, 1, edit_row, &ed)
	    : e;
}
