/* video_publish.c - a new clip, of a content that is new or of one that the author uploaded before.
 * Invariant: content, clip, job, counter and the note of its upload come in one transaction, or none
 * does. */
#include "model/video.h"

#include "model/mention.h"
#include "model/search.h"
#include "model/video_rules.h"
#include "store/jobs.h"

#define UPLOAD_AGE_MS (3 * 86400 * INT64_C(1000)) /* part.h: a part lives for one day */

SQL(video_insert,
    "INSERT INTO videos (id, author_id, title, visible, state, published_ms, updated_ms, "
    "play_path, cover_path, size_bytes, description, content_id, width, height, duration_ms, reason, "
    "original_path, percent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "iisiiiissisiiiissi", "");
SQL(video_sibling,
    "SELECT state, play_path, original_path, width, height, duration_ms, reason, percent FROM videos "
    "WHERE content_id = ? AND deleted = 0 LIMIT 1",
    "i", "issiiisi");
SQL(video_shared_cover,
    "SELECT path FROM media_files WHERE content_id = ? AND video_id = 0 AND kind = 3 AND remove_ms = 0 "
    "AND path LIKE '%.jpg' ORDER BY width DESC LIMIT 1",
    "i", "s");
SQL(upload_insert, "INSERT INTO uploads (user_id, upload_id, video_id, created_ms) VALUES (?, ?, ?, ?)",
    "isii", "");
SQL(upload_clip, "SELECT video_id FROM uploads WHERE user_id = ? AND upload_id = ?", "is", "i");
SQL(upload_sweep, "DELETE FROM uploads WHERE created_ms < ? LIMIT 10000", "i", "");

enum err
video_quota(struct call *c, int64_t author_id, int64_t size_bytes)
{
	int64_t stored;
	enum err e;

	if (c->conf->user_quota == 0)
		return E_OK;
	e = content_bytes_of(c, author_id, &stored);
	return e == E_OK && stored + size_bytes > c->conf->user_quota ? E_QUOTA : e;
}

/* What a clip is as the first row of a content says, and what is its own. */
struct insert {
	struct counted_write w;
	const struct video_new *v;
	int64_t id, content_id, job_id, published_ms;
	bool again;
	struct mention_list mentions[2];
};

static enum err
insert_row(struct insert *p, const struct val *like, const char *cover_path)
{
	const struct video_new *v = p->v;
	struct call *c = p->w.c;
	int64_t state = like[0].i;
	bool seen = video_visible(c, state, like[1].s, like[2].s);
	int64_t visible;
	enum err e = video_account_visible(c, v->author_id, &visible);

	if (e != E_OK)
		return e;
	e = db_exec(c->db, &video_insert,
	    ARGS(I(p->id), I(v->author_id), S(v->title), I(seen ? visible : VIDEO_HIDDEN), I(state), I(p->published_ms),
		I(p->published_ms), like[1], S(cover_path), I(v->size_bytes),
		S(v->description != NULL ? v->description : ""), I(p->content_id), like[3], like[4], like[5],
		like[6], like[2], like[7]),
	    NULL);

	p->w.deltas[0].by.works = seen;
	return e;
}

static enum err
insert_new(struct insert *p)
{
	const struct video_new *v = p->v;
	struct call *c = p->w.c;
	struct media_file original = { .kind = FILE_ORIGINAL, .size_bytes = v->size_bytes,
		.path = v->play_path, .codecs = "" };
	enum err e = content_add(c, v->author_id, p->content_id, v->sha256);

	if (e == E_OK)
		e = content_file_add(c, p->content_id, v->author_id, 0, &original);
	if (e == E_OK)
		e = insert_row(p, ARGS(I(VIDEO_RECEIVED), S(v->play_path), S(""), I(0), I(0), I(0), S(""), I(0)),
		    "");
	return e == E_OK ? jobs_add(c->db, p->job_id, JOB_COVER, p->content_id, c->now_ms) : e;
}

/* The lock keeps the last of the other clips from being deleted, and the worker from judging them,
 * until this one is there. */
static enum err
insert_again(struct insert *p)
{
	struct call *c = p->w.c;
	struct rows like = { 0 }, cover = { 0 };
	int64_t author_id;
	enum err e = content_lock(c, p->content_id, &author_id);

	if (e == E_OK)
		e = db_select(c->db, c->mem, &video_sibling, ARGS(I(p->content_id)), &like);
	if (e == E_OK && like.n == 0)
		return E_NO_ROW;
	if (e == E_OK)
		e = db_select(c->db, c->mem, &video_shared_cover, ARGS(I(p->content_id)), &cover);
	if (e == E_OK)
		e = insert_row(p, like.v, cover.n > 0 ? cover.v[0].s : "");
	/* Whoever sends it again after we failed wants it tried again. */
	if (e == E_OK && like.v[0].i == VIDEO_FAILED)
		e = jobs_add(c->db, p->job_id, JOB_COVER, p->content_id, c->now_ms);
	return e;
}

static enum err
publish_rows(void *arg)
{
	struct insert *p = arg;
	struct call *c = p->w.c;
	enum err e = E_OK;

	if (p->v->upload_id != NULL)
		e = db_exec(c->db, &upload_insert,
		    ARGS(I(p->v->author_id), S(p->v->upload_id), I(p->id), I(c->now_ms)), NULL);
	if (e == E_OK)
		e = p->again ? insert_again(p) : insert_new(p);
	for (size_t i = 0; e == E_OK && i < 2; i++)
		e = mention_write(c, &(struct mention_source){ p->id, p->id, p->v->author_id, { 0 } },
		    &p->mentions[i], true);
	if (e == E_OK)
		e = search_video_write(c, p->id);
	return e == E_OK && p->w.deltas[0].by.works > 0 ? counted_apply(&p->w) : e;
}

static enum err
publish(struct call *c, const struct video_new *v, int64_t content_id, int64_t *id)
{
	struct insert p = {
		.w = { .c = c, .n = 1, .deltas = { { v->author_id, { 0 } } } },
		.v = v,
		.id = call_new_id(c),
		.content_id = content_id != 0 ? content_id : call_new_id(c),
		.job_id = call_new_id(c),
		.published_ms = shm_unique_ms(&c->shm->last_publish_ms, c->now_ms),
		.again = content_id != 0,
	};
	struct row_ref refs[] = { video_ref(p.id), video_head_ref(), user_ref(v->author_id) };
	enum err e = mention_find(c, v->title, MENTION_TITLE, &p.mentions[0]);

	if (e == E_OK)
		e = mention_find(c, v->description, MENTION_DESCRIPTION, &p.mentions[1]);
	if (e == E_OK)
		e = counted_write(&p.w, refs, 3, publish_rows, &p);

	*id = p.id;
	if (e == E_OK)
		jobs_nudge(c->conf->media_socket);
	return e;
}

enum err
video_publish(struct call *c, const struct video_new *v, int64_t *id)
{
	return publish(c, v, 0, id);
}

enum err
video_publish_again(struct call *c, const struct video_new *v, int64_t content_id, int64_t *id)
{
	return publish(c, v, content_id, id);
}

enum err
video_of_upload(struct call *c, int64_t user_id, const char *upload_id, int64_t *id)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &upload_clip, ARGS(I(user_id), S(upload_id)), &r);

	*id = e == E_OK && r.n == 1 ? r.v[0].i : 0;
	return e;
}

enum err
video_sweep(struct call *c)
{
	enum err e = db_exec(c->db, &upload_sweep, ARGS(I(c->now_ms - UPLOAD_AGE_MS)), NULL);

	return e == E_OK ? content_sweep_all(c) : e;
}
