/* user.c - user rows, cached as u:<id> with the counters summed up.  Invariant: a row here shows
 * nothing private (no hash, no epoch: those are account.c's). */
#include "model/user.h"

#include "base/text.h"
#include "model/viewer.h"

SQL(user_load,
    "SELECT u.id, u.name, u.avatar, u.background, u.signature, c.likes, c.comments, c.favorites, "
    "c.follows, c.followers, c.works FROM users u LEFT JOIN counters c ON c.owner_id = u.id "
    "WHERE u.id IN (?...) ORDER BY u.id",
    "L", "issssiiiiii");

SQL(user_set,
    "UPDATE users SET avatar = COALESCE(?, avatar), signature = COALESCE(?, signature), "
    "updated_ms = ? WHERE id = ?",
    "ssii", "");

static enum err
load(void *ctx, const int64_t *ids, size_t n, struct rows_loader *into)
{
	struct call *c = ctx;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &user_load, ARGS(LIST(ids, n)), &r);

	for (size_t i = 0; e == E_OK && i < r.n;) {
		const struct val *v = r.v + i * r.cols;
		const char *avatar = v[2].s, *background = v[3].s;
		struct user u = {
			.row.id = v[0].i,
			.name = v[1].s,
			.avatar = avatar[0] ? avatar : c->conf->avatar,
			.background = background[0] ? background : c->conf->background,
			.signature = v[4].s,
		};

		/* One row of the join for each lane. */
		for (; i < r.n && r.v[i * r.cols].i == u.row.id; i++) {
			v = r.v + i * r.cols;
			u.n.likes += v[5].i;
			u.n.comments += v[6].i;
			u.n.favorites += v[7].i;
			u.n.follows += v[8].i;
			u.n.followers += v[9].i;
			u.n.works += v[10].i;
		}
		rows_put(into, &u, NULL, 0);
	}
	return e;
}

static const uint16_t strings[] = { offsetof(struct user, name), offsetof(struct user, avatar),
	offsetof(struct user, background), offsetof(struct user, signature), 0 };

const struct row_class user_class = {
	.key = 'u', .layout = 1, .local = 2048, .size = sizeof(struct user), .strings = strings,
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
	{ { NULL, "about" }, M_STR_OPT, offsetof(struct user, signature), NULL, "about himself" },
	{ { "total_favorited", NULL }, M_INT, offsetof(struct user, n.likes), NULL,
	    "likes that his clips got" },
	{ { "work_count", NULL }, M_INT, offsetof(struct user, n.works), NULL, "his visible clips" },
	{ { "favorite_count", NULL }, M_INT, offsetof(struct user, n.favorites), NULL,
	    "likes that he gave" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};

const struct shape user_shape = { "User", members, 1 };

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

enum err
user_profile(struct call *c, int64_t user_id, const struct user **out)
{
	int64_t id;
	enum err e = viewer_or(c, user_id, &id);

	if (e == E_OK)
		e = user_get(c, id, out);
	return e == E_OK ? viewer_know(c, NULL, 0, &id, 1) : e;
}

enum err
user_list_of(struct call *c, const int64_t *ids, size_t n, struct user_list *out)
{
	const struct user **found = arena_array(c->mem, n + 1, sizeof(*found));
	enum err e = user_by_ids(c, ids, n, found);

	*out = (struct user_list){ .rows = arena_array(c->mem, n + 1, sizeof(void *)) };
	for (size_t i = 0; e == E_OK && i < n; i++) {
		if (found[i] != NULL)
			out->rows[out->n++] = found[i];
	}
	return e == E_OK ? viewer_know(c, NULL, 0, ids, n) : e;
}

enum err
user_avatar_check(struct call *c, const char *avatar)
{
	return *avatar == '\0' || url_valid(avatar, "http", "https")
	    ? E_OK
	    : call_param(c, "avatar", WHY_NOT_URL, 0);
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
	enum err e = avatar != NULL ? user_avatar_check(c, avatar) : E_OK;

	return e == E_OK
	    ? rows_write(c->rows, (struct row_ref[]){ user_ref(c->viewer_id) }, 1, edit_row, &ed)
	    : e;
}
