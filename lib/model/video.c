/* video.c - clips as a viewer is shown them.  Invariant: every clip that anybody is shown passes through
 * look(). */
#include "model/video.h"

#include <string.h>

#include "base/id.h"
#include "model/mention.h"
#include "model/video_rules.h"
#include "model/viewer.h"

#define HIDDEN_PAIRS 8192 /* of a clip and a user, in one statement */
#define PEOPLE_MAX 1024   /* asked for at once */

SQL(video_hidden_comments,
    "SELECT video_id, COUNT(*) FROM comments FORCE INDEX (by_author) WHERE video_id IN (?...) AND "
    "user_id IN (?...) GROUP BY video_id UNION ALL SELECT r.video_id, COUNT(*) FROM comments r "
    "FORCE INDEX (by_author) STRAIGHT_JOIN comments k FORCE INDEX (thread) ON k.video_id = r.video_id AND "
    "k.root_id = r.id WHERE r.video_id IN (?...) AND r.user_id IN (?...) AND r.root_id = 0 AND "
    "k.user_id NOT IN (?...) GROUP BY r.video_id",
    "LLLLL", "ii");
SQL(video_by_author,
    "SELECT published_ms, id FROM videos FORCE INDEX (author) WHERE author_id = ? AND "
    "deleted = 0 AND (visible > 0 OR ? = 1) AND "
    "(published_ms < ? OR (published_ms = ? AND id < ?)) "
    "ORDER BY published_ms DESC, id DESC LIMIT ?, ?",
    "iiiiiii", "ii");
SQL(video_by_like,
    "SELECT created_ms, video_id FROM likes FORCE INDEX (by_time) WHERE user_id = ? AND "
    "(created_ms < ? OR (created_ms = ? AND video_id < ?)) "
    "ORDER BY created_ms DESC, video_id DESC LIMIT ?, ?",
    "iiiiii", "ii");

/* Takes comments of those whom the viewer does not see, and what others answered under them, out of the
 * numbers; see user.c. */
static enum err
count_hidden(struct call *c, const struct video **videos, size_t n)
{
	size_t hidden_n, part;
	const int64_t *hidden = viewer_hidden(c, &hidden_n);
	int64_t *ids = arena_array(c->mem, n + 1, sizeof(*ids));
	struct rows r;

	if (hidden_n == 0)
		return E_OK;
	part = HIDDEN_PAIRS / hidden_n + 1;
	for (size_t i = 0; i < n; i++)
		ids[i] = videos[i]->row.id;
	for (size_t at = 0; at < n; at += part) {
		struct val some = LIST(ids + at, n - at < part ? n - at : part), who = LIST(hidden, hidden_n);
		enum err e = db_select(
		    c->db, c->mem, &video_hidden_comments, ARGS(some, who, some, who, who), &r);

		if (e != E_OK)
			return e;
		for (size_t i = 0; i < r.n * n; i++) {
			const struct val *v = r.v + i / n * r.cols;
			struct video *own;

			if (videos[i % n]->row.id != v[0].i)
				continue;
			own = arena_alloc(c->mem, videos[i % n]->row.size);
			memcpy(own, videos[i % n], videos[i % n]->row.size);
			own->row.stamp = 0;
			own->n.comments -= v[1].i;
			videos[i % n] = own;
		}
	}
	return E_OK;
}

/* Those whom a clip's texts name. */
static const struct video_mention *
mentions_of(const struct video *v)
{
	return (const struct video_mention *)((const char *)v + v->mentions.at);
}

/* What a viewer is shown of n clips. */
struct sight {
	const struct video **videos; /* NULL: not that one */
	const struct user **people;  /* their n authors, then all whom their texts name; NULL: not him */
	const size_t *named;         /* where those of each clip begin; NULL: they were not asked for */
};

/* Where those whom each clip names stand behind the n authors; returns the number of all. */
static size_t
place_mentions(struct call *c, struct sight *s, size_t n)
{
	size_t *named = arena_array(c->mem, n + 1, sizeof(*named)), all = n;

	for (size_t i = 0; i < n; i++) {
		named[i] = all;
		all += s->videos[i] != NULL ? s->videos[i]->mentions.n : 0;
	}
	s->named = named;
	return all;
}

/* The clips of ids into s->videos[0..n), and s->people. */
static enum err
look(struct call *c, const int64_t *ids, size_t n, enum video_taken taken, bool names, struct sight *s)
{
	int64_t *who, some = 0;
	size_t all = n;
	enum err e = rows_get(c->rows, c->mem, &video_class, c, ids, n, (const void **)s->videos);

	for (size_t i = 0; e == E_OK && i < n; i++) {
		if (s->videos[i] != NULL && !s->videos[i]->visible && taken != VIDEO_OWN)
			s->videos[i] = NULL;
		if (s->videos[i] != NULL)
			some = s->videos[i]->author_id;
	}
	if (e != E_OK || some == 0)
		return e;
	if (names)
		all = place_mentions(c, s, n);
	who = arena_array(c->mem, all, sizeof(*who));
	s->people = arena_array(c->mem, all, sizeof(*s->people));
	for (size_t i = 0; i < n; i++) {
		const struct video *v = s->videos[i];

		/* Where there is no clip, any author will do. */
		who[i] = v != NULL ? v->author_id : some;
		for (size_t k = 0; names && v != NULL && k < v->mentions.n; k++)
			who[s->named[i] + k] = mentions_of(v)[k].user_id;
	}
	for (size_t at = 0; e == E_OK && at < all; at += PEOPLE_MAX)
		e = user_shown(c, who + at, all - at < PEOPLE_MAX ? all - at : PEOPLE_MAX, s->people + at);
	for (size_t i = 0; e == E_OK && i < n; i++) {
		const struct user *author = s->people[i];

		if (s->videos[i] != NULL && (author == NULL || !user_opens(c, author) ||
		    (taken >= VIDEO_UNASKED && viewer_mutes(c, who[i])) ||
		    (taken == VIDEO_FOR_ALL && author->is_private)))
			s->videos[i] = NULL;
	}
	return e;
}

/* Writes whom a clip's texts name into its item, less those who are not shown: users[0..mentions.n). */
static void
name(struct call *c, const struct user *const *users, struct video_item *item)
{
	size_t n = item->video->mentions.n, at = 0;
	struct mention *m = arena_array(c->mem, n, sizeof(*m));
	const void **rows = arena_array(c->mem, n, sizeof(void *));

	for (size_t i = 0; i < n; i++) {
		const struct video_mention *v = &mentions_of(item->video)[i];
		struct shape_list *to = v->field == MENTION_TITLE ? &item->in_title : &item->in_description;

		if (users[i] == NULL)
			continue;
		m[at] = (struct mention){ v->user_id, v->begin, v->end, users[i]->name };
		rows[at] = &m[at];
		if (to->n++ == 0)
			to->rows = rows + at;
		at++;
	}
}

enum err
video_items(struct call *c, const int64_t *ids, size_t n, enum video_taken taken, struct video_list *out)
{
	struct sight s = { .videos = arena_array(c->mem, n + 1, sizeof(*s.videos)) };
	struct video_item *item = arena_array(c->mem, n + 1, sizeof(*item));
	size_t kept = 0;
	enum err e;

	out->rows = arena_array(c->mem, n + 1, sizeof(void *));
	out->n = 0;
	if (n == 0)
		return E_OK;
	e = look(c, ids, n, taken, true, &s);
	if (e != E_OK || s.people == NULL) /* none of them is there */
		return e;
	for (size_t i = 0; i < n; i++) {
		if (s.videos[i] == NULL)
			continue;
		item[kept] = (struct video_item){ .video = s.videos[i], .author = s.people[i] };
		if (s.videos[i]->mentions.n > 0)
			name(c, s.people + s.named[i], &item[kept]);
		s.videos[kept++] = s.videos[i];
	}
	e = count_hidden(c, s.videos, kept);
	if (e == E_OK)
		e = viewer_know(c, ids, n, NULL, 0);
	for (size_t i = 0; e == E_OK && i < kept; i++) {
		item[i].video = s.videos[i];
		out->rows[out->n++] = &item[i];
	}
	return e;
}

enum err
video_seen_by_ids(struct call *c, const int64_t *ids, size_t n, const struct video **out)
{
	struct sight s = { .videos = out };

	return n > 0 ? look(c, ids, n, VIDEO_SEEN, false, &s) : E_OK;
}

enum err
video_seen(struct call *c, int64_t id, const struct video **out)
{
	enum err e = video_seen_by_ids(c, &id, 1, out);

	if (e == E_OK && *out == NULL)
		return E_VIDEO_UNKNOWN;
	return e == E_OK ? count_hidden(c, out, 1) : e;
}

/* A page out of rows of (sort key, id), of which one more than n was asked for. */
static enum err
page(struct call *c, const struct rows *r, size_t n, enum video_taken taken, struct video_list *out)
{
	size_t take = r->n < n ? r->n : n;
	int64_t *ids = arena_array(c->mem, take + 1, sizeof(*ids));

	*out = (struct video_list){ .more = r->n > n };
	for (size_t i = 0; i < take; i++) {
		out->last_a = r->v[i * r->cols].i;
		out->last_b = ids[i] = r->v[i * r->cols + 1].i;
	}
	return video_items(c, ids, take, taken, out);
}

enum err
video_of_author(struct call *c, int64_t author_id, const struct page *p, struct video_list *out)
{
	bool own = author_id == c->viewer_id;
	int64_t before = p->a ? p->a : INT64_MAX;
	const struct user *author;
	struct rows r;
	enum err e = user_seen(c, author_id, &author);

	*out = (struct video_list){ 0 };
	if (e == E_OK && !user_opens(c, author))
		return E_OK;
	if (e == E_OK)
		e = db_select(c->db, c->mem, &video_by_author,
		    ARGS(I(author_id), I(own), I(before), I(before), I(p->b), I((int64_t)p->skip),
			I((int64_t)p->n + 1)),
		    &r);
	return e == E_OK ? page(c, &r, p->n, own ? VIDEO_OWN : VIDEO_SEEN, out) : e;
}

enum err
video_liked_by(struct call *c, int64_t user_id, const struct page *p, struct video_list *out)
{
	int64_t before = p->a ? p->a : INT64_MAX;
	const struct user *user;
	struct rows r;
	enum err e = user_seen(c, user_id, &user);

	if (e == E_OK)
		e = db_select(c->db, c->mem, &video_by_like,
		    ARGS(I(user_id), I(before), I(before), I(p->b), I((int64_t)p->skip), I((int64_t)p->n + 1)),
		    &r);
	return e == E_OK ? page(c, &r, p->n, VIDEO_SEEN, out) : e;
}

enum err
video_shown(struct call *c, int64_t id, const struct video_item **out)
{
	struct video_list one;
	enum err e = video_list_of(c, &id, 1, &one);

	if (e == E_OK && one.n == 1)
		*out = one.rows[0];
	return e == E_OK && one.n == 0 ? E_VIDEO_UNKNOWN : e;
}

enum err
video_of_digits(struct call *c, const char *digits, size_t n, const struct video_item **out)
{
	int64_t id;
	enum err e = id_parse_int(digits, n, &id) ? video_shown(c, id, out) : E_VIDEO_UNKNOWN;

	return e == E_VIDEO_UNKNOWN ? E_NOT_FOUND : e;
}

enum err
video_list_of(struct call *c, const int64_t *ids, size_t n, struct video_list *out)
{
	*out = (struct video_list){ 0 };
	return video_items(c, ids, n, VIDEO_SEEN, out);
}

enum err
video_list_for_feed(struct call *c, const int64_t *ids, size_t n, struct video_list *out)
{
	*out = (struct video_list){ 0 };
	return video_items(c, ids, n, VIDEO_UNASKED, out);
}
