/* repair.c - see repair.h.  Invariant: a repair is one transaction under the content's lock, and asks
 * again there whether it is needed. */
#include "model/repair.h"

#include "model/picture.h"
#include "model/video.h"
#include "store/jobs.h"

#define LATE_MS (60 * INT64_C(60000)) /* of what is due, before it counts as forgotten */

/* Of each kind: what is wrong, and the ids. */
SQL(stuck_clips,
    "SELECT DISTINCT v.content_id FROM videos v WHERE v.deleted = 0 AND v.state IN (1, 2, 5) AND NOT EXISTS "
    "(SELECT 1 FROM jobs j WHERE j.ref_id = v.content_id AND j.kind IN (1, 4) AND j.dead = 0) LIMIT 1000",
    "", "i");
SQL(stuck_deleted,
    "SELECT v.id FROM videos v WHERE v.deleted = 1 AND NOT EXISTS (SELECT 1 FROM jobs j "
    "WHERE j.ref_id = v.id AND j.kind = 2 AND j.dead = 0) LIMIT 1000",
    "", "i");
SQL(stuck_previews,
    "SELECT c.id FROM contents c WHERE c.preview = 1 AND NOT EXISTS (SELECT 1 FROM jobs j "
    "WHERE j.ref_id = c.id AND j.kind = 5 AND j.dead = 0) LIMIT 1000",
    "", "i");
SQL(stuck_pictures,
    "SELECT w.owner_id FROM picture_wishes w WHERE w.state = 1 AND NOT EXISTS (SELECT 1 FROM jobs j "
    "WHERE j.ref_id = w.owner_id AND j.kind = 6 AND j.dead = 0) LIMIT 1000",
    "", "i");
SQL(stuck_files,
    "SELECT DISTINCT content_id FROM media_files WHERE remove_ms > 0 AND remove_ms < ? LIMIT 1000", "i",
    "i");
SQL(empty_contents,
    "SELECT c.id FROM contents c WHERE NOT EXISTS (SELECT 1 FROM videos v WHERE v.content_id = c.id "
    "AND v.deleted = 0) LIMIT 1000",
    "", "i");
SQL(stray_files,
    "SELECT DISTINCT f.content_id FROM media_files f WHERE f.remove_ms = 0 AND NOT EXISTS "
    "(SELECT 1 FROM contents c WHERE c.id = f.content_id) AND NOT EXISTS "
    "(SELECT 1 FROM users u WHERE u.id = f.content_id) LIMIT 1000",
    "", "i");

SQL(repair_forget_jobs, "DELETE FROM jobs WHERE ref_id = ? AND kind = ? AND dead = 1", "ii", "");
SQL(repair_preview, "UPDATE contents SET preview = 0 WHERE id = ?", "i", "");
SQL(repair_state, "UPDATE videos SET state = ?, percent = 0 WHERE content_id = ? AND deleted = 0", "ii", "");
SQL(repair_page,
    "SELECT content_id, video_id, kind, path FROM media_files WHERE remove_ms = 0 AND "
    "(content_id > ? OR (content_id = ? AND path > ?)) ORDER BY content_id, path LIMIT ?",
    "iisi", "iiis");
SQL(lost_row, "DELETE FROM media_files WHERE content_id = ? AND path = ?", "is", "");
SQL(lost_hls, "UPDATE media_files SET remove_ms = ? WHERE content_id = ? AND kind IN (5, 6, 7) AND remove_ms = 0",
    "ii", "");
SQL(lost_left,
    "SELECT kind, path FROM media_files WHERE content_id = ? AND video_id IN (0, ?) AND kind = ? AND "
    "remove_ms = 0 AND (kind <> 3 OR path LIKE '%.jpg') ORDER BY video_id DESC, width DESC LIMIT 1",
    "iii", "is");
SQL(lost_play, "UPDATE videos SET play_path = ? WHERE content_id = ? AND play_path = ?", "sis", "");
SQL(lost_original, "UPDATE videos SET play_path = ?, original_path = '' WHERE content_id = ? AND deleted = 0",
    "si", "");
SQL(lost_cover, "UPDATE videos SET cover_path = ? WHERE content_id = ? AND cover_path = ?", "sis", "");
SQL(lost_avatar, "UPDATE users SET avatar = '' WHERE id = ? AND avatar = ?", "is", "");
SQL(repair_clips, "SELECT id FROM videos WHERE content_id = ?", "i", "i");

struct stuck {
	const char *what;
	const struct sql *find;
	enum job_kind kind;
};
static const struct stuck stucks[] = {
	{ "clips that nobody processes, content", &stuck_clips, JOB_COVER },
	{ "a deleted clip that nobody removes,", &stuck_deleted, JOB_DELETE },
	{ "a preview that nobody makes, content", &stuck_previews, JOB_PREVIEW },
	{ "a chosen picture that nobody makes, of", &stuck_pictures, JOB_PICTURE },
	{ "files that nobody removes, content", &stuck_files, JOB_CLEANUP },
};

struct requeue {
	struct call *c;
	int64_t id, job_id;
	enum job_kind kind;
};

static enum err
requeue(void *arg)
{
	struct requeue *q = arg;
	struct call *c = q->c;
	enum err e = db_exec(c->db, &repair_forget_jobs, ARGS(I(q->id), I(q->kind)), NULL);

	/* The first look finds what is done already; after it, only a failed clip goes on from there. */
	if (e == E_OK && q->kind == JOB_COVER)
		e = db_exec(c->db, &repair_forget_jobs, ARGS(I(q->id), I(JOB_RUNGS)), NULL);
	if (e == E_OK && q->kind == JOB_COVER)
		e = db_exec(c->db, &repair_state, ARGS(I(VIDEO_FAILED), I(q->id)), NULL);
	return e == E_OK ? jobs_add(c->db, q->job_id, q->kind, q->id, c->now_ms) : e;
}

static enum err
forget_content(void *arg)
{
	struct requeue *q = arg;

	return content_leave(q->c, q->id, 0);
}

static enum err
doom_all(void *arg)
{
	struct requeue *q = arg;
	enum err e = E_OK;

	for (int kind = FILE_ORIGINAL; e == E_OK && kind < FILE_KINDS; kind++)
		e = content_doom(q->c, q->id, 0, (enum file_kind)kind, q->c->now_ms);
	return e == E_OK ? jobs_add(q->c->db, q->job_id, JOB_CLEANUP, q->id, q->c->now_ms) : e;
}

/* Forgets the cached rows of a content's clips. */
static enum err
drop_clips(struct call *c, int64_t content_id)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &repair_clips, ARGS(I(content_id)), &r);

	for (size_t i = 0; e == E_OK && i < r.n; i++)
		rows_drop(c->rows, (struct row_ref[]){ video_ref(r.v[i].i) }, 1);
	return e;
}

static enum err
each(struct call *c, const struct sql *find, const char *what, enum err (*fn)(void *arg),
    enum job_kind kind, bool fix, repair_report *report, int64_t *found)
{
	struct rows r;
	enum err e = find == &stuck_files
	    ? db_select(c->db, c->mem, find, ARGS(I(c->now_ms - LATE_MS)), &r)
	    : db_select(c->db, c->mem, find, ARGS({ 0 }), &r);

	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		struct requeue q = { c, r.v[i].i, call_new_id(c), kind };

		report(what, q.id);
		++*found;
		if (fix)
			e = db_transaction(c->db, fn, &q);
		/* Clips whose state changed. */
		if (e == E_OK && fix && kind == JOB_COVER)
			e = drop_clips(c, q.id);
	}
	return e;
}

enum err
repair_stuck(struct call *c, bool fix, repair_report *report, int64_t *found)
{
	enum err e = E_OK;

	*found = 0;
	for (size_t i = 0; e == E_OK && i < sizeof stucks / sizeof *stucks; i++)
		e = each(c, stucks[i].find, stucks[i].what, requeue, stucks[i].kind, fix, report, found);
	if (e == E_OK)
		e = each(c, &empty_contents, "a content without clips,", forget_content, JOB_DELETE, fix, report,
		    found);
	if (e == E_OK)
		e = each(c, &stray_files, "files without a content,", doom_all, JOB_CLEANUP, fix, report, found);
	if (fix && *found > 0)
		jobs_nudge(c->conf->media_socket);
	return e;
}

enum err
repair_files(struct call *c, int64_t content_id, const char *path, size_t n, struct repair_file *out,
    size_t *out_n)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &repair_page,
	    ARGS(I(content_id), I(content_id), S(path), I((int64_t)n)), &r);

	*out_n = 0;
	for (size_t i = 0; e == E_OK && i < r.n && i < n; i++) {
		const struct val *v = r.v + i * r.cols;

		out[(*out_n)++] = (struct repair_file){ v[0].i, v[1].i, v[2].i, v[3].s };
	}
	return e;
}

struct lost {
	struct call *c;
	const struct repair_file *f;
	int64_t job_id;
	bool nothing_left; /* to play and to process */
	bool only_made;    /* what came is lost, something was made of it */
};

static enum err
left_of(struct lost *l, enum file_kind kind, const char **path)
{
	struct rows r;
	enum err e = db_select(l->c->db, l->c->mem, &lost_left,
	    ARGS(I(l->f->content_id), I(l->f->video_id), I(kind)), &r);

	*path = e == E_OK && r.n > 0 ? r.v[1].s : "";
	return e;
}

/* What is played is lost: the next best, or everything anew from what came. */
static enum err
play_another(struct lost *l)
{
	struct call *c = l->c;
	const struct repair_file *f = l->f;
	const char *rendition, *original;
	enum err e = left_of(l, FILE_RENDITION, &rendition);

	l->only_made = e == E_OK && rendition[0] != '\0' && f->kind == FILE_ORIGINAL;
	if (e == E_OK && rendition[0] != '\0')
		return db_exec(c->db, &lost_play, ARGS(S(rendition), I(f->content_id), S(f->path)), NULL);
	if (e == E_OK)
		e = left_of(l, FILE_ORIGINAL, &original);
	if (e != E_OK)
		return e;
	/* Refused afterwards, if it is not ready by then: video_refuse() keeps the counters. */
	l->nothing_left = original[0] == '\0';
	if (!l->nothing_left)
		e = db_exec(c->db, &lost_original, ARGS(S(original), I(f->content_id)), NULL);
	if (e == E_OK)
		e = content_doom(c, f->content_id, 0, FILE_COVER, c->now_ms);
	if (e == E_OK)
		e = db_exec(c->db, &repair_state, ARGS(I(VIDEO_FAILED), I(f->content_id)), NULL);
	return e == E_OK && !l->nothing_left
	    ? jobs_add(c->db, l->job_id, JOB_COVER, f->content_id, c->now_ms)
	    : e;
}

static enum err
forget(void *arg)
{
	struct lost *l = arg;
	struct call *c = l->c;
	const struct repair_file *f = l->f;
	const char *other;
	int64_t author_id;
	enum err e = content_lock(c, f->content_id, &author_id);

	if (e == E_OK || e == E_NO_ROW)
		e = db_exec(c->db, &lost_row, ARGS(I(f->content_id), S(f->path)), NULL);
	if (e != E_OK)
		return e;
	switch ((enum file_kind)f->kind) {
	case FILE_ORIGINAL:
	case FILE_RENDITION:
		return play_another(l);
	case FILE_COVER:
		e = left_of(l, FILE_COVER, &other);
		return e == E_OK
		    ? db_exec(c->db, &lost_cover, ARGS(S(other), I(f->content_id), S(f->path)), NULL)
		    : e;
	case FILE_PREVIEW:
		return db_exec(c->db, &repair_preview, ARGS(I(f->content_id)), NULL);
	case FILE_HLS:
	case FILE_PLAYLIST:
	case FILE_MASTER:
		return db_exec(c->db, &lost_hls, ARGS(I(c->now_ms), I(f->content_id)), NULL);
	case FILE_AVATAR:
		return db_exec(c->db, &lost_avatar, ARGS(I(f->content_id), S(f->path)), NULL);
	case FILE_SOURCE:
	case FILE_EXPORT:
	case FILE_KINDS:
		break;
	}
	return E_OK;
}

enum err
repair_lost(struct call *c, const struct repair_file *f)
{
	struct lost l = { .c = c, .f = f, .job_id = call_new_id(c) };
	struct video_facts whole = { .whole = true, .job_id = call_new_id(c) };
	enum err e = db_transaction(c->db, forget, &l);

	if (e == E_OK && l.nothing_left)
		e = video_refuse(c, f->content_id, "unreadable");
	else if (e == E_OK && l.only_made)
		e = video_made(c, f->content_id, &whole);
	if (e == E_VIDEO_UNKNOWN || e == E_ALREADY)
		e = E_OK;
	if (f->kind == FILE_AVATAR)
		rows_drop(c->rows, (struct row_ref[]){ user_ref(f->content_id) }, 1);
	jobs_nudge(c->conf->media_socket);
	return e == E_OK ? drop_clips(c, f->content_id) : e;
}
