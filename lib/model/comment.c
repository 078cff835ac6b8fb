/* comment.c - comments.  Invariant: a clip's counter of comments changes in the transaction of
 * the comment's row, and only if that row did. */
#include "model/comment.h"

#include "model/counter.h"
#include "model/video.h"
#include "model/viewer.h"

SQL(comment_insert,
    "INSERT INTO comments (video_id, id, user_id, content, created_ms) "
    "SELECT id, ?, ?, ?, ? FROM videos WHERE id = ? AND visible = 1 LOCK IN SHARE MODE",
    "iisii", "");
SQL(comment_owner, "SELECT user_id FROM comments WHERE video_id = ? AND id = ?", "ii", "i");
SQL(comment_remove, "DELETE FROM comments WHERE video_id = ? AND id = ?", "ii", "");
SQL(comment_page,
    "SELECT id, user_id, content, created_ms FROM comments WHERE video_id = ? AND id < ? "
    "ORDER BY id DESC LIMIT ?, ?",
    "iiii", "iisi");

#define C(m) offsetof(struct comment, m)
static const struct member members[] = {
	{ { "id", "id" }, M_INT, C(id), NULL, "its id" },
	{ { "user", NULL }, M_ROW, C(user), &user_shape, "who wrote it" },
	{ { NULL, "userId" }, M_INT, C(user_id), NULL, "who wrote it" },
	{ { NULL, "videoId" }, M_INT, C(video_id), NULL, "the clip" },
	{ { "content", "content" }, M_STR, C(content), NULL, "text" },
	{ { "create_date", NULL }, M_MONTH_DAY, C(created_ms), NULL, "month and day, MM-DD" },
	{ { NULL, "createTime" }, M_DATE_TIME, C(created_ms), NULL, "date and time" },
	{ { NULL, "replyToId" }, M_INT, C(reply_to_id), NULL, "the comment it answers, or 0" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape comment_shape = { "Comment", members, 0 };

struct write {
	struct counted_write w;
	const struct comment *comment;
};

static enum err
insert(void *arg)
{
	struct write *w = arg;
	const struct comment *m = w->comment;
	int64_t changed;
	enum err e = db_exec(w->w.c->db, &comment_insert,
	    ARGS(I(m->id), I(m->user_id), S(m->content), I(m->created_ms), I(m->video_id)), &changed);

	if (e == E_OK && changed == 0)
		return E_VIDEO_UNKNOWN;
	return e == E_OK ? counted_apply(&w->w) : e;
}

static enum err
removal(void *arg)
{
	struct write *w = arg;
	int64_t changed;
	enum err e = db_exec(w->w.c->db, &comment_remove,
	    ARGS(I(w->comment->video_id), I(w->comment->id)), &changed);

	if (e == E_OK && changed == 0)
		return E_COMMENT_UNKNOWN;
	return e == E_OK ? counted_apply(&w->w) : e;
}

enum err
comment_add(struct call *c, int64_t video_id, const char *content, const struct comment **out)
{
	struct comment *m = arena_zalloc(c->mem, sizeof(*m));
	struct write w = {
		.w = { .c = c, .n = 1, .deltas = { { video_id, { .comments = 1 } } } },
		.comment = m,
	};
	enum err e = user_get(c, c->viewer_id, &m->user);

	if (e != E_OK)
		return e;
	m->id = call_new_id(c);
	m->video_id = video_id;
	m->user_id = c->viewer_id;
	m->created_ms = c->now_ms;
	m->content = content;
	*out = m;
	return counted_write(&w.w, (struct row_ref[]){ video_ref(video_id) }, 1, insert, &w);
}

enum err
comment_delete(struct call *c, int64_t video_id, int64_t comment_id)
{
	const struct comment m = { .id = comment_id, .video_id = video_id };
	struct write w = {
		.w = { .c = c, .n = 1, .deltas = { { video_id, { .comments = -1 } } } },
		.comment = &m,
	};
	const struct video *v;
	struct rows r;
	enum err e = video_get(c, video_id, false, &v);

	if (e == E_OK)
		e = db_select(c->db, c->mem, &comment_owner, ARGS(I(video_id), I(comment_id)), &r);
	if (e != E_OK)
		return e;
	if (r.n == 0)
		return E_COMMENT_UNKNOWN;
	if (r.v[0].i != c->viewer_id && v->author_id != c->viewer_id)
		return E_NOT_OWNER;
	return counted_write(&w.w, (struct row_ref[]){ video_ref(video_id) }, 1, removal, &w);
}

enum err
comment_of_video(struct call *c, int64_t video_id, const struct page *p, struct comment_list *out)
{
	const struct video *v;
	const struct user **users;
	struct comment *m;
	int64_t *ids;
	struct rows r;
	size_t take;
	enum err e = video_get(c, video_id, true, &v);

	*out = (struct comment_list){ 0 };
	if (e == E_OK)
		e = db_select(c->db, c->mem, &comment_page,
		    ARGS(I(video_id), I(p->a ? p->a : INT64_MAX), I((int64_t)p->skip), I((int64_t)p->n + 1)),
		    &r);
	if (e != E_OK)
		return e;
	take = r.n < p->n ? r.n : p->n;
	users = arena_array(c->mem, take + 1, sizeof(*users));
	ids = arena_array(c->mem, take + 1, sizeof(*ids));
	m = arena_array(c->mem, take + 1, sizeof(*m));
	out->rows = arena_array(c->mem, take + 1, sizeof(void *));
	out->more = r.n > p->n;
	for (size_t i = 0; i < take; i++)
		ids[i] = r.v[i * r.cols + 1].i;
	if (take > 0)
		e = user_by_ids(c, ids, take, users);
	if (e == E_OK)
		e = viewer_know(c, NULL, 0, ids, take);
	for (size_t i = 0; e == E_OK && i < take; i++) {
		const struct val *row = r.v + i * r.cols;

		out->last_id = row[0].i;
		if (users[i] == NULL)
			continue;
		m[i] = (struct comment){ .id = row[0].i, .video_id = video_id, .user_id = row[1].i,
			.content = row[2].s, .created_ms = row[3].i, .user = users[i] };
		out->rows[out->n++] = &m[i];
	}
	return e;
}
