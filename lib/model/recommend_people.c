/* recommend_people.c - the following feed, users to follow, and what a user does not want to see.
 * Invariant: nobody is told to follow himself, whom he follows, or whom he dismissed. */
#include "model/recommend.h"

#include <math.h>
#include <stdlib.h>

#include "model/recommend_user.h"
#include "model/viewer.h"

#define DAY_MS (INT64_C(86400) * 1000)
#define PEOPLE_MAX 512

/* A cursor holds the version of the list of popular users above the score of the last one. */
#define SCORE_BITS 22
#define SCORE_MASK ((INT64_C(1) << SCORE_BITS) - 1)
#define SCORE_UNITS 100000.0

/* The clips of each author in the window stand together in the index. */
SQL(following_page,
    "SELECT v.published_ms, v.id FROM follows f FORCE INDEX (by_time) STRAIGHT_JOIN videos v "
    "FORCE INDEX (author) ON v.author_id = f.followee_id WHERE f.follower_id = ? AND v.visible IN (1, 2) "
    "AND v.published_ms > ? AND v.published_ms <= ? AND (v.published_ms < ? OR v.id < ?) "
    "ORDER BY v.published_ms DESC, v.id DESC LIMIT ?, ?",
    "iiiiiii", "ii");
/* Who follows him, and whom those follow whom he follows (RANK_AUTHORS of them): the newest of each only, so that
 * one who follows everybody costs no more than another. */
#define FRIENDS                                                                                    \
	"(SELECT followee_id FROM follows FORCE INDEX (by_time) WHERE follower_id = ? "              \
	"ORDER BY created_ms DESC LIMIT 500)"
#define FRIENDS4 FRIENDS " UNION ALL " FRIENDS " UNION ALL " FRIENDS " UNION ALL " FRIENDS
#define FRIENDS12 FRIENDS4 " UNION ALL " FRIENDS4 " UNION ALL " FRIENDS4
SQL(people_around,
    "(SELECT 1 AS kind, follower_id AS id, 1 AS n FROM follows FORCE INDEX (followers) "
    "WHERE followee_id = ? ORDER BY created_ms DESC LIMIT 60) UNION ALL "
    "(SELECT 2, f.followee_id, COUNT(*) AS n FROM (" FRIENDS12 " UNION ALL " FRIENDS12 ") f "
    "GROUP BY f.followee_id ORDER BY n DESC, f.followee_id LIMIT 120)",
    "iiiiiiiiiiiiiiiiiiiiiiiii", "iii");
SQL(people_not,
    "SELECT followee_id AS id FROM follows WHERE follower_id = ? AND followee_id IN (?...) UNION ALL "
    "SELECT ref_id FROM recommend_dismissed WHERE user_id = ? AND kind = 2 AND ref_id IN (?...)",
    "iLiL", "i");
SQL(dismiss_add,
    "INSERT INTO recommend_dismissed (user_id, kind, ref_id, created_ms) VALUES (?, ?, ?, ?)", "iiii", "");
SQL(dismiss_remove, "DELETE FROM recommend_dismissed WHERE user_id = ? AND kind = ? AND ref_id = ?",
    "iii", "");

enum err
recommend_following(struct call *c, const struct page *p, struct video_list *out)
{
	/* Most pages lie in the first window; a wider one repeats it, as few clips are in it. */
	static const int64_t windows_ms[] = { 7 * DAY_MS, 90 * DAY_MS, INT64_MAX };
	int64_t before = p->a ? p->a : INT64_MAX, top = before < c->now_ms ? before : c->now_ms, *ids;
	size_t n = p->n, take;
	struct rows r = { 0 };
	enum err e = E_OK;

	*out = (struct video_list){ 0 };
	for (size_t i = 0; i < 3 && e == E_OK && r.n <= n; i++) {
		int64_t since = windows_ms[i] < top ? top - windows_ms[i] : 0;

		e = db_select(c->db, c->mem, &following_page,
		    ARGS(I(c->viewer_id), I(since), I(before), I(before), I(p->b), I((int64_t)p->skip),
			I((int64_t)n + 1)),
		    &r);
	}
	if (e != E_OK)
		return e;
	take = r.n < n ? r.n : n;
	ids = arena_array(c->mem, take + 1, sizeof(*ids));
	for (size_t i = 0; i < take; i++)
		ids[i] = r.v[i * r.cols + 1].i;
	e = video_list_for_feed(c, ids, take, out);
	if (take > 0) {
		out->last_a = r.v[(take - 1) * r.cols].i;
		out->last_b = ids[take - 1];
	}
	out->more = r.n > n;
	return e;
}

struct person {
	int64_t id;
	double points;
	int64_t score; /* the same in SCORE_UNITs: what the order and the cursor go by */
};

struct people {
	struct person v[PEOPLE_MAX];
	size_t n;
	int64_t version; /* of the list of popular users */
};

static void
add(struct people *p, int64_t id, double points)
{
	size_t i = 0;

	while (i < p->n && p->v[i].id != id)
		i++;
	if (i == PEOPLE_MAX)
		return;
	if (i == p->n)
		p->v[p->n++] = (struct person){ .id = id };
	p->v[i].points += points;
}

static int
likeliest_first(const void *x, const void *y)
{
	const struct person *a = x, *b = y;

	if (a->score != b->score)
		return a->score < b->score ? 1 : -1;
	return (a->id > b->id) - (a->id < b->id);
}

static enum err
popular(struct call *c, int64_t version, const struct recommend_list **out)
{
	int64_t id = recommend_list_id(LIST_PEOPLE, version);
	enum err e = rows_get(c->rows, c->mem, &recommend_list_class, c, &id, 1, (const void **)out);

	return e == E_OK && *out == NULL && version != 0 ? popular(c, 0, out) : e;
}

/* Everybody whom he might follow, the likeliest first. */
static enum err
gather(struct call *c, int64_t version, struct people *p)
{
	struct val args[1 + RANK_AUTHORS];
	struct rank_taste related[RANK_AUTHORS];
	const struct recommend_list *known = NULL;
	const struct rank_tastes *t;
	struct recommend_user *u;
	struct rank_list list;
	struct rows r;
	enum err e = recommend_user_load(c, c->viewer_id, &u);

	if (e == E_OK)
		e = popular(c, version, &known);
	/* All of it as it was then, so that the next page has the same order. */
	p->version = known != NULL ? known->version : 0;
	if (e == E_OK)
		e = recommend_user_tastes(c, u, p->version != 0 ? recommend_made_ms(p->version) : c->now_ms);
	args[0] = I(c->viewer_id);
	for (size_t i = 0; i < RANK_AUTHORS; i++)
		args[1 + i] = I(i < u->who.follows_n ? u->follows[i] : 0); /* nobody is 0 */
	if (e == E_OK)
		e = db_select(c->db, c->mem, &people_around, args, &r);
	if (e != E_OK)
		return e;
	for (size_t i = 0; i < r.n; i++) {
		const struct val *v = r.v + i * r.cols;

		/* A follow back is likely; friends of friends count by how many friends they are of. */
		add(p, v[1].i, v[0].i == 1 ? 3 : 1.5 * log2(1 + (double)v[2].i));
	}
	t = &u->who.tastes;
	for (size_t i = 0; i < u->who.liked_n; i++)
		add(p, t->authors[i].id, 6 * (double)t->authors[i].share);
	for (size_t i = 0, n = rank_related(t, related, RANK_AUTHORS); i < n; i++)
		add(p, related[i].id, 6 * (double)related[i].share);
	list = recommend_list_of(known);
	for (size_t i = 0; i < list.n; i++)
		add(p, list.v[i].id, 1.0 / (1 + 0.1 * (double)i));
	for (size_t i = 0; i < p->n; i++)
		p->v[i].score = (int64_t)(fmin(p->v[i].points * SCORE_UNITS, SCORE_MASK));
	qsort(p->v, p->n, sizeof(*p->v), likeliest_first);
	return E_OK;
}

enum err
recommend_people(struct call *c, const struct page *page, struct recommend_people *out)
{
	struct people *p = arena_zalloc(c->mem, sizeof(*p));
	struct person last = { .id = page->b, .score = page->a & SCORE_MASK };
	int64_t ids[PEOPLE_MAX];
	size_t kept = 0, skip = page->skip;
	struct rows r = { 0 };
	enum err e = gather(c, page->a >> SCORE_BITS, p);

	*out = (struct recommend_people){ .last_a = page->a };
	for (size_t i = 0; i < p->n; i++)
		ids[i] = p->v[i].id;
	if (e == E_OK && p->n > 0)
		e = db_select(c->db, c->mem, &people_not,
		    ARGS(I(c->viewer_id), LIST(ids, p->n), I(c->viewer_id), LIST(ids, p->n)), &r);
	if (e != E_OK)
		return e;
	for (size_t i = 0; i < p->n; i++) {
		size_t k = 0;

		while (k < r.n && r.v[k].i != p->v[i].id)
			k++;
		if (k < r.n || p->v[i].id == c->viewer_id || (last.id != 0 && likeliest_first(&p->v[i], &last) <= 0))
			continue;
		if (skip > 0) {
			skip--;
			continue;
		}
		out->more = kept == page->n;
		if (out->more)
			break;
		ids[kept++] = p->v[i].id;
		out->last_a = p->version << SCORE_BITS | p->v[i].score;
	}
	if (kept > 0)
		out->last_b = ids[kept - 1];
	return kept == 0 ? E_OK : user_list_of(c, ids, kept, &out->list);
}

enum err
recommend_dismissal(struct call *c, int64_t video_id, int64_t author_id, bool on)
{
	int64_t kind = video_id ? 1 : 2, ref_id = video_id ? video_id : author_id, changed = 0;
	const struct video *video;
	const struct user *user;
	enum err e;

	if (!on) {
		e = db_exec(c->db, &dismiss_remove, ARGS(I(c->viewer_id), I(kind), I(ref_id)), &changed);
		return e == E_OK && changed == 0 ? E_NOT_YET : e;
	}
	if (author_id == c->viewer_id)
		return E_SELF_DISMISS;
	e = video_id ? video_seen(c, video_id, &video) : user_get(c, author_id, &user);
	if (e == E_OK && video_id && video->author_id == c->viewer_id)
		return E_SELF_DISMISS;
	if (e == E_OK)
		e = db_exec(c->db, &dismiss_add,
		    ARGS(I(c->viewer_id), I(kind), I(ref_id), I(c->now_ms)), NULL);
	return e == E_DUPLICATE ? E_ALREADY : e;
}
