/* video_judge.c - what the media worker says of a content, for all clips that have it.  Invariant:
 * the content is locked while its clips are judged, so that a clip that is published meanwhile is
 * judged with them or begins as what they have become; a final word is said once. */
#include "model/video.h"

#include <string.h>

#include "model/search.h"
#include "model/video_rules.h"
#include "store/jobs.h"

#define CLEANUP_MS (10 * INT64_C(60000)) /* somebody may be watching what came */

SQL(judge_pick,
    "SELECT id, visible, state, play_path, original_path FROM videos "
    "WHERE content_id = ? AND deleted = 0 ORDER BY id FOR UPDATE",
    "i", "iiiss");
SQL(judge_ids, "SELECT id, author_id FROM videos WHERE content_id = ? AND deleted = 0", "i", "ii");
SQL(judge_state,
    "UPDATE videos SET state = ?, reason = ?, visible = IF(hidden = 1, 0, ?), updated_ms = ? "
    "WHERE content_id = ? AND deleted = 0",
    "isiii", "");
SQL(judge_seen,
    "UPDATE videos SET width = ?, height = ?, duration_ms = ?, "
    "cover_path = IF(own_cover = 1, cover_path, ?) WHERE content_id = ? AND deleted = 0",
    "iiisi", "");
SQL(judge_play,
    "UPDATE videos SET original_path = play_path, play_path = ? WHERE content_id = ? AND deleted = 0", "si",
    "");
SQL(judge_visible, "SELECT visible FROM videos WHERE content_id = ? AND deleted = 0 ORDER BY id", "i", "i");
SQL(judge_percent,
    "UPDATE videos SET percent = ?, state = 2 WHERE content_id = ? AND deleted = 0 AND "
    "state IN (1, 2, 5)",
    "ii", "");
SQL(judge_forget, "UPDATE videos SET original_path = '' WHERE content_id = ? AND state = 3", "i", "");
SQL(task_files,
    "SELECT kind, rung, path, width, height, size_bytes, bitrate_kbps, codecs FROM media_files "
    "WHERE content_id = ? AND video_id = 0 AND remove_ms = 0 AND kind IN (1, 2, 3) "
    "ORDER BY kind, rung DESC",
    "i", "iisiiiis");
SQL(task_state, "SELECT state, duration_ms FROM videos WHERE content_id = ? AND deleted = 0 LIMIT 1", "i",
    "ii");

struct judge {
	struct counted_write w;
	int64_t content_id, state;
	const char *reason;
	const struct video_facts *facts; /* NULL: none */
	struct rows clips;
};

static const char *
first_of(const struct video_facts *f, enum file_kind kind, const char *ext)
{
	for (size_t i = 0; i < f->files_n; i++) {
		const char *dot = strrchr(f->files[i].path, '.');

		if (f->files[i].kind == (int64_t)kind && dot != NULL && strcmp(dot + 1, ext) == 0)
			return f->files[i].path;
	}
	return "";
}

static enum err
add_facts(struct judge *j, int64_t author_id, const char *original_path)
{
	const struct video_facts *f = j->facts;
	const char *play = first_of(f, FILE_RENDITION, "mp4"), *cover = first_of(f, FILE_COVER, "jpg");
	struct call *c = j->w.c;
	int64_t at_ms = c->now_ms + (f->whole ? CLEANUP_MS : 0);
	enum err e = E_OK;

	for (size_t i = 0; e == E_OK && i < f->files_n; i++)
		e = content_file_add(c, j->content_id, author_id, 0, &f->files[i]);
	if (e == E_OK && cover[0] != '\0')
		e = db_exec(c->db, &judge_seen,
		    ARGS(I(f->width), I(f->height), I(f->duration_ms), S(cover), I(j->content_id)), NULL);
	if (e == E_OK && play[0] != '\0' && original_path[0] == '\0')
		e = db_exec(c->db, &judge_play, ARGS(S(play), I(j->content_id)), NULL);
	if (e == E_OK && f->whole)
		e = content_doom(c, j->content_id, 0, FILE_ORIGINAL, at_ms);
	return e == E_OK ? jobs_add(c->db, f->job_id, f->whole ? JOB_CLEANUP : JOB_RUNGS, j->content_id, at_ms)
			 : e;
}

static enum err
judge_rows(void *arg)
{
	struct judge *j = arg;
	struct call *c = j->w.c;
	const struct val *like;
	struct rows after;
	int64_t author_id, works = 0, visible;
	const char *play, *original;
	enum err e = content_lock(c, j->content_id, &author_id);

	if (e == E_OK)
		e = db_select(c->db, c->mem, &judge_pick, ARGS(I(j->content_id)), &j->clips);
	if (e == E_NO_ROW || (e == E_OK && j->clips.n == 0))
		return E_VIDEO_UNKNOWN;
	if (e != E_OK)
		return e;
	like = j->clips.v;
	if (like[2].i == VIDEO_READY || like[2].i == VIDEO_REFUSED)
		return E_ALREADY;
	original = like[4].s;
	play = like[3].s;
	if (j->facts != NULL) {
		e = add_facts(j, author_id, original);
		if (original[0] == '\0' && first_of(j->facts, FILE_RENDITION, "mp4")[0] != '\0')
			original = play;
	}
	if (e == E_OK)
		e = video_account_visible(c, author_id, &visible);
	if (e == E_OK && !video_visible(c, j->state, play, original))
		visible = VIDEO_HIDDEN;
	if (e == E_OK)
		e = db_exec(c->db, &judge_state,
		    ARGS(I(j->state), S(j->reason), I(visible), I(c->now_ms), I(j->content_id)), NULL);
	if (e == E_OK)
		e = db_select(c->db, c->mem, &judge_visible, ARGS(I(j->content_id)), &after);
	/* The content is locked: they are the same ones.  What can be found is what everybody can see; a
	 * clip of an account that was switched meanwhile changes that, too. */
	for (size_t i = 0; e == E_OK && i < j->clips.n && i < after.n; i++) {
		const struct val *was = j->clips.v + i * j->clips.cols;

		works += (after.v[i].i != VIDEO_HIDDEN) - (was[1].i != VIDEO_HIDDEN);
		if (after.v[i].i != was[1].i)
			e = search_video_write(c, was[0].i);
	}
	if (e != E_OK)
		return e;
	j->w.deltas[0] = (struct counter_delta){ author_id, { .works = works } };
	return works != 0 ? counted_apply(&j->w) : E_OK;
}

/* The rows of the clips of a content, their author's and the feed's head. */
static struct row_ref *
refs_of(struct call *c, const struct rows *clips, int64_t author_id, size_t *n)
{
	struct row_ref *refs = arena_array(c->mem, clips->n + 2, sizeof *refs);

	for (size_t i = 0; i < clips->n; i++)
		refs[i] = video_ref(clips->v[i * clips->cols].i);
	refs[clips->n] = video_head_ref();
	refs[clips->n + 1] = user_ref(author_id);
	*n = clips->n + 2;
	return refs;
}

static enum err
judge(struct judge *j)
{
	struct call *c = j->w.c;
	struct row_ref *refs;
	struct rows known;
	int64_t author_id;
	size_t n;
	enum err e = db_select(c->db, c->mem, &judge_ids, ARGS(I(j->content_id)), &known);

	if (e != E_OK)
		return e;
	if (known.n == 0)
		return E_VIDEO_UNKNOWN;
	author_id = known.v[1].i;
	j->w.n = 1;
	j->w.deltas[0] = (struct counter_delta){ .owner_id = author_id };
	refs = refs_of(c, &known, author_id, &n);
	e = counted_write(&j->w, refs, n, judge_rows, j);
	/* Those that were published between the look and the lock. */
	if (e == E_OK && j->clips.n > known.n) {
		refs = refs_of(c, &j->clips, author_id, &n);
		rows_drop(c->rows, refs, n);
	}
	return e;
}

enum err
video_made(struct call *c, int64_t content_id, const struct video_facts *facts)
{
	return judge(&(struct judge){ .w.c = c, .content_id = content_id, .reason = "", .facts = facts,
	    .state = facts->whole ? VIDEO_READY : VIDEO_PROCESSING });
}

enum err
video_refuse(struct call *c, int64_t content_id, const char *reason)
{
	return judge(&(struct judge){ .w.c = c, .content_id = content_id, .reason = reason,
	    .state = VIDEO_REFUSED });
}

enum err
video_failed(struct call *c, int64_t content_id)
{
	return judge(&(struct judge){ .w.c = c, .content_id = content_id, .reason = "",
	    .state = VIDEO_FAILED });
}

enum err
video_progress(struct call *c, int64_t content_id, int percent)
{
	struct row_ref *refs;
	struct rows clips;
	int64_t changed = 0;
	size_t n;
	enum err e = db_exec(c->db, &judge_percent, ARGS(I(percent), I(content_id)), &changed);

	if (e != E_OK || (changed > 0 && percent > 0))
		return e;
	e = db_select(c->db, c->mem, &judge_ids, ARGS(I(content_id)), &clips);
	if (e != E_OK)
		return e;
	if (clips.n == 0)
		return E_VIDEO_UNKNOWN;
	/* The percentage is asked for from the row itself: nothing that is cached changes but the
	 * state's name. */
	refs = refs_of(c, &clips, clips.v[1].i, &n);
	if (changed > 0)
		rows_drop(c->rows, refs, clips.n);
	return E_OK;
}

enum err
video_task(struct call *c, int64_t content_id, struct video_task *out)
{
	struct rows state, files;
	enum err e = db_select(c->db, c->mem, &task_state, ARGS(I(content_id)), &state);

	if (e == E_OK && state.n == 0)
		return E_VIDEO_UNKNOWN;
	if (e == E_OK)
		e = db_select(c->db, c->mem, &task_files, ARGS(I(content_id)), &files);
	if (e != E_OK)
		return e;
	*out = (struct video_task){ .state = state.v[0].i, .duration_ms = state.v[1].i, .path = "" };
	for (size_t i = 0; i < files.n; i++) {
		const struct val *v = files.v + i * files.cols;

		if (v[0].i == FILE_ORIGINAL)
			out->path = v[2].s;
		else if (v[0].i == FILE_RENDITION && out->copy.path == NULL)
			out->copy = (struct media_file){ .kind = FILE_RENDITION, .rung = v[1].i, .path = v[2].s,
				.width = v[3].i, .height = v[4].i, .size_bytes = v[5].i,
				.bitrate_kbps = v[6].i, .codecs = v[7].s };
		else if (v[0].i == FILE_COVER)
			out->seen_to = true;
	}
	return E_OK;
}

enum err
video_cleanup(struct call *c, int64_t content_id)
{
	enum err e = content_sweep(c, content_id);

	return e == E_OK ? db_exec(c->db, &judge_forget, ARGS(I(content_id)), NULL) : e;
}
