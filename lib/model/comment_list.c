/* comment_list.c - comments as they are shown.  Invariant: a page costs the same number of statements
 * however many rows it has. */
#include "model/comment.h"

#include <stdlib.h>

#include "model/mention.h"
#include "model/video.h"
#include "model/viewer.h"

#define COLUMNS                                                                                    \
	"SELECT id, user_id, content, created_ms, root_id, reply_to_id, to_user_id, heat, hidden "   \
	"FROM comments "
#define TYPES "iisiiiiii"

SQL(comment_page, COLUMNS "WHERE video_id = ? AND id < ? ORDER BY id DESC LIMIT ?, ?", "iiii", TYPES);
SQL(comment_page_top,
    COLUMNS "FORCE INDEX (thread) WHERE video_id = ? AND root_id = 0 AND id < ? "
	    "ORDER BY id DESC LIMIT ?, ?",
    "iiii", TYPES);
SQL(comment_page_hot,
    COLUMNS "FORCE INDEX (hot) WHERE video_id = ? AND root_id = 0 AND (heat < ? OR (heat = ? AND id < ?)) "
	    "ORDER BY heat DESC, id DESC LIMIT ?, ?",
    "iiiiii", TYPES);
SQL(comment_page_replies,
    COLUMNS "FORCE INDEX (thread) WHERE video_id = ? AND root_id = ? AND id > ? ORDER BY id LIMIT ?, ?",
    "iiiii", TYPES);
SQL(comment_is_root, "SELECT user_id FROM comments WHERE video_id = ? AND id = ? AND root_id = 0", "ii",
    "i");
SQL(comment_authors, "SELECT id, user_id FROM comments WHERE video_id = ? AND id IN (?...)", "iL", "ii");
SQL(comment_hidden_replies,
    "SELECT root_id, COUNT(*) FROM comments FORCE INDEX (by_author) WHERE video_id = ? AND "
    "user_id IN (?...) AND root_id IN (?...) GROUP BY root_id",
    "iLL", "ii");
SQL(comment_counts,
    "SELECT owner_id, SUM(likes), SUM(comments) FROM counters WHERE owner_id IN (?...) "
    "GROUP BY owner_id",
    "L", "iii");
SQL(comment_liked,
    "SELECT comment_id FROM comment_likes WHERE video_id = ? AND comment_id IN (?...) AND user_id = ?",
    "iLi", "i");

const char *
comment_hidden_text(const struct call *c)
{
	return c->lang == LANG_ZH ? "（该评论已被管理员隐藏）" : "(hidden by a moderator)";
}

#define C(m) offsetof(struct comment, m)
static const struct member members[] = {
	{ { "id", "id" }, M_INT, C(id), NULL, "its id" },
	{ { "user", "user" }, M_ROW, C(user), &user_shape, "who wrote it" },
	{ { NULL, "userId" }, M_INT, C(user_id), NULL, "who wrote it" },
	{ { NULL, "videoId" }, M_INT, C(video_id), NULL, "the clip" },
	{ { "content", "content" }, M_STR, C(content), NULL, "text" },
	{ { "create_date", NULL }, M_MONTH_DAY, C(created_ms), NULL, "month and day, MM-DD" },
	{ { NULL, "createTime" }, M_DATE_TIME, C(created_ms), NULL, "date and time" },
	{ { NULL, "replyToId" }, M_INT, C(reply_to_id), NULL, "the comment it answers, or 0" },
	{ { NULL, "replyToUserId" }, M_INT, C(to_user_id), NULL, "whose that was, or 0" },
	{ { NULL, "rootId" }, M_INT, C(root_id), NULL,
	    "the top-level comment under which it stands, 0: it is one" },
	{ { NULL, "likeCount" }, M_INT, C(likes), NULL, "likes" },
	{ { NULL, "replyCount" }, M_INT, C(replies), NULL, "replies under a top-level comment" },
	{ { NULL, "isLike" }, M_BOOL, C(liked), NULL, "whether the viewer likes it" },
	{ { NULL, "mentions" }, M_LIST, C(mentions), &mention_shape, "whom it mentions" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape comment_shape = { "Comment", members, 0 };

static int
by_id(const void *a, const void *b)
{
	const struct comment *const *x = a, *const *y = b;

	return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

/* Likes, replies, the viewer's marks and the mentions of n rows. */
static enum err
details(struct call *c, struct comment **m, size_t n)
{
	int64_t *ids = arena_array(c->mem, n + 1, sizeof(*ids));
	struct shape_list *mentions = arena_array(c->mem, n + 1, sizeof(*mentions));
	struct rows counts, liked = { 0 }, fewer = { 0 };
	size_t hidden_n;
	const int64_t *hidden = viewer_hidden(c, &hidden_n);
	enum err e;

	if (n == 0)
		return E_OK;
	qsort(m, n, sizeof(struct comment *), by_id);
	for (size_t i = 0; i < n; i++)
		ids[i] = m[i]->id;
	e = db_select(c->db, c->mem, &comment_counts, ARGS(LIST(ids, n)), &counts);
	if (e == E_OK && c->viewer_id != 0)
		e = db_select(c->db, c->mem, &comment_liked,
		    ARGS(I(m[0]->video_id), LIST(ids, n), I(c->viewer_id)), &liked);
	if (e == E_OK && hidden_n > 0)
		e = db_select(c->db, c->mem, &comment_hidden_replies,
		    ARGS(I(m[0]->video_id), LIST(hidden, hidden_n), LIST(ids, n)), &fewer);
	if (e == E_OK)
		e = mention_of(c, MENTION_COMMENT, ids, n, mentions);
	if (e != E_OK)
		return e;
	for (size_t i = 0; i < counts.n + liked.n; i++) {
		bool count = i < counts.n;
		const struct val *v = count ? counts.v + i * counts.cols : liked.v + (i - counts.n);
		const struct comment key = { .id = v[0].i }, *p = &key;
		struct comment **found = bsearch(&p, m, n, sizeof(struct comment *), by_id);

		if (found == NULL)
			continue;
		if (count) {
			(*found)->likes = v[1].i;
			(*found)->replies = v[2].i;
		} else {
			(*found)->liked = true;
		}
	}
	for (size_t i = 0; i < fewer.n; i++) {
		const struct comment key = { .id = fewer.v[i * 2].i }, *p = &key;
		struct comment **found = bsearch(&p, m, n, sizeof(struct comment *), by_id);

		if (found != NULL)
			(*found)->replies -= fewer.v[i * 2 + 1].i;
	}
	for (size_t i = 0; i < n; i++) {
		if (!m[i]->hidden)
			m[i]->mentions = mentions[i];
	}
	return E_OK;
}

/* One row more than asked for, if there is one. */
static enum err
pick(struct call *c, const struct comment_query *q, struct rows *r)
{
	const struct page *p = &q->page;
	const struct user *author;
	int64_t before = p->a ? p->a : INT64_MAX, skip = (int64_t)p->skip, most = (int64_t)p->n + 1;
	enum err e;

	switch (q->which) {
	case COMMENT_ALL:
		break;
	case COMMENT_TOP:
		if (q->sort == COMMENT_HOT) {
			before = p->b ? p->a : INT64_MAX;
			return db_select(c->db, c->mem, &comment_page_hot,
			    ARGS(I(q->video_id), I(before), I(before), I(p->b), I(skip), I(most)), r);
		}
		return db_select(c->db, c->mem, &comment_page_top,
		    ARGS(I(q->video_id), I(before), I(skip), I(most)), r);
	case COMMENT_REPLIES:
		e = db_select(c->db, c->mem, &comment_is_root, ARGS(I(q->video_id), I(q->root_id)), r);
		if (e == E_OK && r->n == 0)
			return E_COMMENT_UNKNOWN;
		if (e == E_OK)
			e = user_seen(c, r->v[0].i, &author);
		if (e == E_USER_UNKNOWN)
			return E_COMMENT_UNKNOWN;
		return e == E_OK ? db_select(c->db, c->mem, &comment_page_replies,
				       ARGS(I(q->video_id), I(q->root_id), I(p->a), I(skip), I(most)), r)
				 : e;
	}
	return db_select(c->db, c->mem, &comment_page, ARGS(I(q->video_id), I(before), I(skip), I(most)), r);
}

/* gone[i]: the row stands under a comment whose author the viewer does not see, as /api shows none of
 * such a thread. */
static enum err
find_gone(struct call *c, int64_t video_id, const struct rows *r, size_t n, bool *gone)
{
	int64_t *roots = arena_array(c->mem, n + 1, sizeof(*roots)), *authors;
	size_t roots_n = 0;
	struct rows found;
	enum err e;

	for (size_t i = 0; i < n; i++) {
		if (r->v[i * r->cols + 4].i != 0)
			roots[roots_n++] = r->v[i * r->cols + 4].i;
	}
	if (roots_n == 0 || !viewer_bars(c))
		return E_OK;
	e = db_select(c->db, c->mem, &comment_authors, ARGS(I(video_id), LIST(roots, roots_n)), &found);
	if (e != E_OK)
		return e;
	authors = arena_array(c->mem, found.n + 1, sizeof(*authors));
	for (size_t k = 0; k < found.n; k++)
		authors[k] = found.v[k * 2 + 1].i;
	e = viewer_know(c, NULL, 0, authors, found.n);
	for (size_t k = 0; e == E_OK && k < found.n; k++) {
		for (size_t i = 0; viewer_hides(c, authors[k]) && i < n; i++)
			gone[i] |= r->v[i * r->cols + 4].i == found.v[k * 2].i;
	}
	return e;
}

enum err
comment_list_of(struct call *c, const struct comment_query *q, struct comment_list *out)
{
	bool hot = q->which == COMMENT_TOP && q->sort == COMMENT_HOT;
	const struct video *v;
	const struct user **users;
	struct comment *m, **sorted;
	int64_t *ids;
	struct rows r;
	size_t take;
	bool *gone;
	enum err e = video_seen(c, q->video_id, &v);

	*out = (struct comment_list){ 0 };
	if (e == E_OK)
		e = pick(c, q, &r);
	if (e != E_OK)
		return e;
	take = r.n < q->page.n ? r.n : q->page.n;
	users = arena_array(c->mem, take + 1, sizeof(*users));
	ids = arena_array(c->mem, take + 1, sizeof(*ids));
	m = arena_array(c->mem, take + 1, sizeof(*m));
	sorted = arena_array(c->mem, take + 1, sizeof(struct comment *));
	out->rows = arena_array(c->mem, take + 1, sizeof(void *));
	out->more = r.n > q->page.n;
	for (size_t i = 0; i < take; i++)
		ids[i] = r.v[i * r.cols + 1].i;
	gone = arena_zalloc(c->mem, take + 1);
	if (take > 0)
		e = user_shown(c, ids, take, users);
	if (e == E_OK && q->which == COMMENT_ALL)
		e = find_gone(c, q->video_id, &r, take, gone);
	for (size_t i = 0; e == E_OK && i < take; i++) {
		const struct val *row = r.v + i * r.cols;

		m[i] = (struct comment){ .id = row[0].i, .video_id = q->video_id, .user_id = row[1].i,
			.content = row[8].i ? comment_hidden_text(c) : row[2].s, .hidden = row[8].i != 0,
			.created_ms = row[3].i, .root_id = row[4].i,
			.reply_to_id = row[5].i, .to_user_id = row[6].i, .heat = row[7].i,
			.user = users[i] };
		out->last_a = hot ? row[7].i : row[0].i;
		out->last_b = hot ? row[0].i : 0;
		if (users[i] == NULL || gone[i])
			continue;
		sorted[out->n] = &m[i];
		out->rows[out->n++] = &m[i];
	}
	return e == E_OK && q->which != COMMENT_ALL ? details(c, sorted, out->n) : e;
}
