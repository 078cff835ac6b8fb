/* picture.c - see picture.h.  Invariant: a wish has one row; who fulfils it names its id, so that an
 * older one can never come after a newer one. */
#include "model/picture.h"

#include <string.h>

#include "model/video.h"
#include "store/jobs.h"

#define CLEANUP_MS (10 * INT64_C(60000))

SQL(wish_put,
    "INSERT INTO picture_wishes (owner_id, content_id, id, path, at_ms) VALUES (?, ?, ?, ?, ?) "
    "ON DUPLICATE KEY UPDATE id = VALUES(id), path = VALUES(path), at_ms = VALUES(at_ms), state = 1, "
    "reason = ''",
    "iiisi", "");
SQL(wish_get, "SELECT content_id, id, path, at_ms, state, reason FROM picture_wishes WHERE owner_id = ?",
    "i", "iisiis");
SQL(wish_delete, "DELETE FROM picture_wishes WHERE owner_id = ? AND id = ?", "ii", "");
SQL(wish_refuse, "UPDATE picture_wishes SET state = 2, reason = ? WHERE owner_id = ? AND id = ?", "sii",
    "");
SQL(cover_set, "UPDATE videos SET cover_path = ?, own_cover = 1, updated_ms = ? WHERE id = ? AND deleted = 0",
    "sii", "");
SQL(avatar_set, "UPDATE users SET avatar = ?, updated_ms = ? WHERE id = ?", "sii", "");
SQL(preview_state, "SELECT preview FROM contents WHERE id = ?", "i", "i");
SQL(preview_begin, "UPDATE contents SET preview = 1 WHERE id = ? AND preview = 0", "i", "");
SQL(preview_set, "UPDATE contents SET preview = ? WHERE id = ?", "ii", "");

struct want {
	struct call *c;
	const struct picture_wish *wish;
	int64_t user_id, job_id;
};

/* A clip's files stand under its content, a user's under himself. */
static int64_t
place_of(const struct picture_wish *wish)
{
	return wish->content_id != 0 ? wish->content_id : wish->owner_id;
}

static enum err
want_rows(void *arg)
{
	struct want *p = arg;
	struct call *c = p->c;
	const struct picture_wish *w = p->wish;
	struct media_file source = { .kind = FILE_SOURCE, .size_bytes = w->size_bytes, .path = w->path,
		.codecs = "" };
	int64_t author_id;
	enum err e = w->content_id != 0 ? content_lock(c, w->content_id, &author_id) : E_OK;

	if (e == E_NO_ROW)
		return E_VIDEO_UNKNOWN;
	if (e == E_OK)
		e = content_doom(c, place_of(w), w->owner_id, FILE_SOURCE, c->now_ms);
	if (e == E_OK && w->path[0] != '\0')
		e = content_file_add(c, place_of(w), p->user_id, w->owner_id, &source);
	if (e == E_OK)
		e = db_exec(c->db, &wish_put,
		    ARGS(I(w->owner_id), I(w->content_id), I(w->id), S(w->path), I(w->at_ms)), NULL);
	return e == E_OK ? jobs_add(c->db, p->job_id, JOB_PICTURE, w->owner_id, c->now_ms) : e;
}

enum err
picture_want(struct call *c, struct picture_wish *wish)
{
	struct want p = { c, wish, c->viewer_id, call_new_id(c) };
	enum err e;

	wish->id = call_new_id(c);
	e = db_transaction(c->db, want_rows, &p);
	if (e == E_OK)
		jobs_nudge(c->conf->media_socket);
	return e;
}

enum err
picture_wanted(struct call *c, int64_t owner_id, struct picture_wish *out)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &wish_get, ARGS(I(owner_id)), &r);

	*out = (struct picture_wish){ .owner_id = owner_id };
	if (e == E_OK && r.n == 1 && r.v[4].i == 1)
		*out = (struct picture_wish){ .owner_id = owner_id, .content_id = r.v[0].i, .id = r.v[1].i,
			.path = r.v[2].s, .at_ms = r.v[3].i };
	return e;
}

enum err
picture_state(struct call *c, int64_t owner_id, const char **state)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &wish_get, ARGS(I(owner_id)), &r);

	*state = e != E_OK || r.n == 0 ? "" : r.v[4].i == 1 ? "making" : r.v[5].s;
	return e;
}

struct made {
	struct call *c;
	const struct picture_wish *wish;
	const struct media_file *files;
	size_t n;
	int64_t user_id, job_id, remove_ms;
};

static enum err
made_rows(void *arg)
{
	struct made *p = arg;
	struct call *c = p->c;
	const struct picture_wish *w = p->wish;
	enum file_kind kind = w->content_id != 0 ? FILE_COVER : FILE_AVATAR;
	int64_t changed = 0, place = place_of(w);
	enum err e = w->content_id != 0 ? content_lock(c, place, &p->user_id) : E_OK;

	if (e == E_OK)
		e = db_exec(c->db, &wish_delete, ARGS(I(w->owner_id), I(w->id)), &changed);
	if (e == E_OK && changed == 0)
		return E_NO_ROW;
	if (e == E_OK)
		e = content_doom(c, place, w->owner_id, kind, p->remove_ms);
	if (e == E_OK)
		e = content_doom(c, place, w->owner_id, FILE_SOURCE, c->now_ms);
	for (size_t i = 0; e == E_OK && i < p->n; i++)
		e = content_file_add(c, place, p->user_id, w->owner_id, &p->files[i]);
	if (e == E_OK)
		e = db_exec(c->db, kind == FILE_COVER ? &cover_set : &avatar_set,
		    ARGS(S(p->files[0].path), I(c->now_ms), I(w->owner_id)), &changed);
	/* The clip was deleted, its content has others. */
	if (e == E_OK && changed == 0)
		return E_NO_ROW;
	return e == E_OK ? jobs_add(c->db, p->job_id, JOB_CLEANUP, place, p->remove_ms) : e;
}

enum err
picture_made(struct call *c, const struct picture_wish *wish, const struct media_file *files, size_t n)
{
	struct made p = { c, wish, files, n, wish->owner_id, call_new_id(c), c->now_ms + CLEANUP_MS };
	struct row_ref ref = wish->content_id != 0 ? video_ref(wish->owner_id) : user_ref(wish->owner_id);

	return rows_write(c->rows, &ref, 1, made_rows, &p);
}

struct refusal {
	struct call *c;
	const struct picture_wish *wish;
	const char *reason;
};

static enum err
refuse_rows(void *arg)
{
	struct refusal *p = arg;
	const struct picture_wish *w = p->wish;
	enum err e = db_exec(p->c->db, &wish_refuse, ARGS(S(p->reason), I(w->owner_id), I(w->id)), NULL);

	return e == E_OK
	    ? content_doom(p->c, place_of(w), w->owner_id, FILE_SOURCE, p->c->now_ms)
	    : e;
}

enum err
picture_refused(struct call *c, const struct picture_wish *wish, const char *reason)
{
	enum err e = db_transaction(c->db, refuse_rows, &(struct refusal){ c, wish, reason });

	return e == E_OK ? content_sweep(c, place_of(wish)) : e;
}

struct preview_write {
	struct call *c;
	int64_t content_id, job_id;
	const struct media_file *file;
};

static enum err
preview_want(void *arg)
{
	struct preview_write *p = arg;
	struct call *c = p->c;
	int64_t changed;
	enum err e = db_exec(c->db, &preview_begin, ARGS(I(p->content_id)), &changed);

	/* Of all who ask at once, one has changed the row. */
	return e == E_OK && changed == 1
	    ? jobs_add(c->db, p->job_id, JOB_PREVIEW, p->content_id, c->now_ms)
	    : e;
}

enum err
preview_ask(struct call *c, int64_t content_id, enum preview *state, const char **path)
{
	struct preview_write p = { .c = c, .content_id = content_id };
	struct rows r;
	enum err e = db_select(c->db, c->mem, &preview_state, ARGS(I(content_id)), &r);

	*path = "";
	if (e != E_OK || r.n == 0)
		return e == E_OK ? E_VIDEO_UNKNOWN : e;
	*state = (enum preview)r.v[0].i;
	if (*state == PREVIEW_THERE)
		return content_path(c, content_id, FILE_PREVIEW, path);
	if (*state != PREVIEW_NONE)
		return E_OK;
	p.job_id = call_new_id(c);
	*state = PREVIEW_MAKING;
	e = db_transaction(c->db, preview_want, &p);
	if (e == E_OK)
		jobs_nudge(c->conf->media_socket);
	return e;
}

static enum err
preview_write(void *arg)
{
	struct preview_write *p = arg;
	struct call *c = p->c;
	enum preview state = p->file != NULL ? PREVIEW_THERE : PREVIEW_IMPOSSIBLE;
	int64_t author_id;
	enum err e = content_lock(c, p->content_id, &author_id);

	if (e == E_OK)
		e = db_exec(c->db, &preview_set, ARGS(I(state), I(p->content_id)), NULL);
	return e == E_OK && p->file != NULL
	    ? content_file_add(c, p->content_id, author_id, 0, p->file)
	    : e;
}

enum err
preview_end(struct call *c, int64_t content_id, const struct media_file *file)
{
	return db_transaction(c->db, preview_write,
	    &(struct preview_write){ .c = c, .content_id = content_id, .file = file });
}
