/* video_state.c - publishing, and what becomes of a clip.  Invariant: every change of state locks
 * the row first; visible follows from the rest, and the author's works follow from visible. */
#include "model/video.h"

#include <string.h>

#include "base/clock.h"
#include "model/mention.h"
#include "model/search.h"
#include "model/words.h"
#include "store/jobs.h"

#define FOLLOW_BATCH 200
#define CLEANUP_MS (10 * INT64_C(60000))

SQL(video_bytes_of,
    "SELECT COALESCE((SELECT SUM(size_bytes) FROM videos WHERE author_id = ? AND deleted = 0), 0) + "
    "COALESCE((SELECT SUM(r.size_bytes) FROM videos v STRAIGHT_JOIN renditions r "
    "ON r.video_id = v.id WHERE v.author_id = ? AND v.deleted = 0), 0)",
    "ii", "i");
SQL(video_insert,
    "INSERT INTO videos (id, author_id, title, visible, state, published_ms, updated_ms, "
    "play_path, cover_path, size_bytes, description) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?)",
    "iisiiissis", "");
SQL(video_account, "SELECT private, status FROM users WHERE id = ? LOCK IN SHARE MODE", "i", "ii");
SQL(video_stale,
    "SELECT v.id FROM videos v FORCE INDEX (author) STRAIGHT_JOIN users u ON u.id = v.author_id "
    "WHERE v.author_id = ? AND v.visible > 0 AND "
    "v.visible <> IF(u.status = 3, 3, IF(u.private = 1, 2, 1)) ORDER BY v.published_ms DESC, v.id DESC "
    "LIMIT 200",
    "i", "i");
SQL(video_set_visible, "UPDATE videos SET visible = ? WHERE id IN (?...) AND visible > 0", "iL", "");
SQL(video_lock,
    "SELECT author_id, visible, state, hidden, deleted, play_path, cover_path, "
    "original_path, percent, reason FROM videos "
    "WHERE id = ? FOR UPDATE",
    "i", "iiiiisssis");
SQL(video_look,
    "SELECT author_id, visible, state, hidden, deleted, play_path, cover_path, "
    "original_path, percent, reason FROM videos "
    "WHERE id = ?",
    "i", "iiiiisssis");
SQL(video_set_state,
    "UPDATE videos SET state = ?, hidden = ?, deleted = ?, visible = ?, reason = ?, "
    "updated_ms = ? WHERE id = ?",
    "iiiisii", "");
SQL(video_set_facts, "UPDATE videos SET width = ?, height = ?, duration_ms = ? WHERE id = ?", "iiii",
    "");
SQL(video_set_play,
    "UPDATE videos SET original_path = play_path, play_path = ? WHERE id = ? AND original_path = ''",
    "si", "");
SQL(video_set_percent,
    "UPDATE videos SET percent = ?, state = 2 WHERE id = ? AND state IN (1, 2)", "ii", "");
SQL(video_set_text, "UPDATE videos SET title = ?, description = ?, updated_ms = ? WHERE id = ?",
    "ssii", "");
SQL(video_text, "SELECT title, description FROM videos WHERE id = ? FOR UPDATE", "i", "ss");
SQL(rendition_add,
    "INSERT INTO renditions (video_id, rung, path, width, height, size_bytes, bitrate_kbps) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)",
    "iisiiii", "");

enum err
video_quota(struct call *c, int64_t author_id, int64_t size_bytes)
{
	struct rows r;
	enum err e = E_OK;

	if (c->conf->user_quota == 0)
		return E_OK;
	e = db_select(c->db, c->mem, &video_bytes_of, ARGS(I(author_id), I(author_id)), &r);
	return e == E_OK && r.n == 1 && r.v[0].i + size_bytes > c->conf->user_quota ? E_QUOTA : e;
}

/* Whether most players show such a file before it has been processed. */
static bool
plays_as_it_came(const char *path)
{
	const char *ext = strrchr(path, '.');

	return ext != NULL &&
	    (strcmp(ext, ".mp4") == 0 || strcmp(ext, ".mov") == 0 || strcmp(ext, ".webm") == 0);
}

struct insert {
	struct counted_write w;
	const struct video_new *v;
	int64_t id, job_id, published_ms;
	struct mention_list mentions[2];
};

/* What a clip is that may be seen at all.  Holds the account as it is. */
static enum err
visible_of_account(struct call *c, int64_t author_id, int64_t *visible)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &video_account, ARGS(I(author_id)), &r);

	*visible = VIDEO_PUBLIC;
	if (e == E_OK && r.n > 0)
		*visible = r.v[1].i == USER_LEAVING ? VIDEO_LEAVING : r.v[0].i ? VIDEO_FOLLOWERS : VIDEO_PUBLIC;
	return e;
}

static enum err
publish_rows(void *arg)
{
	struct insert *p = arg;
	struct call *c = p->w.c;
	int64_t visible;
	enum err e = visible_of_account(c, p->v->author_id, &visible);

	if (e != E_OK)
		return e;
	e = db_exec(c->db, &video_insert,
	    ARGS(I(p->id), I(p->v->author_id), S(p->v->title), I(p->w.deltas[0].by.works * visible),
		I(p->published_ms), I(p->published_ms), S(p->v->play_path), S(p->v->cover_path), I(p->v->size_bytes),
		S(p->v->description != NULL ? p->v->description : "")),
	    NULL);

	if (e == E_OK)
		e = jobs_add(c->db, p->job_id, JOB_COVER, p->id, c->now_ms);
	for (size_t i = 0; e == E_OK && i < 2; i++)
		e = mention_write(c, &(struct mention_source){ p->id, p->id, p->v->author_id, { 0 } },
		    &p->mentions[i], true);
	if (e == E_OK)
		e = search_video_write(c, p->id);
	return e == E_OK ? counted_apply(&p->w) : e;
}

enum err
video_publish(struct call *c, const struct video_new *v, int64_t *id)
{
	struct insert p = {
		.w = { .c = c, .n = 1,
		    .deltas = { { v->author_id, { .works = plays_as_it_came(v->play_path) } } } },
		.v = v,
		.id = call_new_id(c),
		.job_id = call_new_id(c),
		.published_ms = shm_unique_ms(&c->shm->last_publish_ms, c->now_ms),
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

/* Every change of state goes through here: the row is locked, `visible` follows from the rest,
 * and the author's works follow from visible. */
struct change {
	struct counted_write w;
	int64_t id, author_id;
	int state, hidden, deleted; /* -1: as it is */
	const char *reason;
	const struct video_facts *facts;
	int64_t job_id; /* of the removal, with deleted */
};

/* The renditions, and the best of them as what is played; what came is removed a while later, as
 * somebody may be watching it. */
static enum err
add_renditions(struct call *c, int64_t id, const struct video_facts *f)
{
	enum err e = E_OK;

	for (size_t i = 0; e == E_OK && i < f->renditions_n; i++) {
		const struct video_rendition *r = &f->renditions[i];

		e = db_exec(c->db, &rendition_add,
		    ARGS(I(id), I(r->rung), S(r->path), I(r->width), I(r->height), I(r->size_bytes),
			I(r->bitrate_kbps)),
		    NULL);
	}
	if (e == E_OK && f->renditions_n > 0)
		e = db_exec(c->db, &video_set_play, ARGS(S(f->renditions[0].path), I(id)), NULL);
	if (e == E_OK && f->renditions_n > 0)
		e = jobs_add(c->db, f->cleanup_job_id, JOB_CLEANUP, id, c->now_ms + CLEANUP_MS);
	return e;
}

static enum err
change_row(void *arg)
{
	struct change *ch = arg;
	struct call *c = ch->w.c;
	struct rows r;
	int64_t state, hidden, deleted, visible, was;
	enum err e = db_select(c->db, c->mem, &video_lock, ARGS(I(ch->id)), &r);

	if (e != E_OK)
		return e;
	if (r.n == 0 || r.v[4].i)
		return E_VIDEO_UNKNOWN;
	was = r.v[1].i;
	state = r.v[2].i;
	/* The worker's word counts once: a clip that was judged stays so. */
	if (ch->state >= 0) {
		if (state == VIDEO_READY || state == VIDEO_REFUSED)
			return E_OK;
		state = ch->state;
	}
	hidden = ch->hidden >= 0 ? ch->hidden : r.v[3].i;
	deleted = ch->deleted >= 0 ? ch->deleted : 0;
	e = visible_of_account(c, ch->author_id, &visible);
	if (e != E_OK)
		return e;
	if (state == VIDEO_REFUSED || hidden || deleted ||
	    (state != VIDEO_READY && !plays_as_it_came(r.v[5].s)))
		visible = VIDEO_HIDDEN;
	e = db_exec(c->db, &video_set_state,
	    ARGS(I(state), I(hidden), I(deleted), I(visible), S(ch->reason), I(c->now_ms), I(ch->id)),
	    NULL);
	if (e == E_OK && ch->facts != NULL)
		e = db_exec(c->db, &video_set_facts,
		    ARGS(I(ch->facts->width), I(ch->facts->height), I(ch->facts->duration_ms), I(ch->id)),
		    NULL);
	if (e == E_OK && ch->facts != NULL)
		e = add_renditions(c, ch->id, ch->facts);
	if (e == E_OK && deleted)
		e = jobs_add(c->db, ch->job_id, JOB_DELETE, ch->id, c->now_ms);
	if (e == E_OK && visible != was)
		e = search_video_write(c, ch->id);
	ch->w.deltas[0].by.works = (visible != VIDEO_HIDDEN) - (was != VIDEO_HIDDEN);
	return e == E_OK && ch->w.deltas[0].by.works != 0 ? counted_apply(&ch->w) : e;
}

static enum err
change(struct change *ch)
{
	struct call *c = ch->w.c;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &video_look, ARGS(I(ch->id)), &r);

	if (e != E_OK)
		return e;
	if (r.n == 0)
		return E_VIDEO_UNKNOWN;
	ch->author_id = r.v[0].i;
	ch->w.n = 1;
	ch->w.deltas[0] = (struct counter_delta){ .owner_id = ch->author_id };
	return counted_write(&ch->w,
	    (struct row_ref[]){ video_ref(ch->id), video_head_ref(), user_ref(ch->author_id) }, 3,
	    change_row, ch);
}

#define CHANGE(c_, id_, ...)                                                                       \
	(&(struct change){ .w.c = (c_), .id = (id_), .reason = "", __VA_ARGS__ })

enum err
video_ready(struct call *c, int64_t id, const struct video_facts *facts)
{
	return change(CHANGE(c, id, .state = VIDEO_READY, .hidden = -1, .deleted = -1, .facts = facts));
}

enum err
video_refuse(struct call *c, int64_t id, const char *reason)
{
	struct change ch = { .w.c = c, .id = id, .state = VIDEO_REFUSED, .hidden = -1, .deleted = -1,
		.reason = reason };

	return change(&ch);
}

enum err
video_failed(struct call *c, int64_t id)
{
	return change(CHANGE(c, id, .state = VIDEO_FAILED, .hidden = -1, .deleted = -1));
}

enum err
video_progress(struct call *c, int64_t id, int percent)
{
	/* Asked for from the row itself, so nothing that is cached changes but the state's name. */
	enum err e = db_exec(c->db, &video_set_percent, ARGS(I(percent), I(id)), NULL);

	if (e == E_OK && percent == 0)
		rows_drop(c->rows, (struct row_ref[]){ video_ref(id) }, 1);
	return e;
}

#define ST(m) offsetof(struct video_status, m)
static const struct member status_members[] = {
	{ { "video_id", "video_id" }, M_INT, ST(video_id), NULL, "the clip" },
	{ { "state", "state" }, M_STR, ST(state), NULL,
	    "received, processing, ready, refused or failed" },
	{ { "percent", "percent" }, M_INT, ST(percent), NULL, "how far processing is" },
	{ { "reason_code", "reason_code" }, M_STR, ST(reason_code), NULL, "why it was refused, or empty" },
	{ { "reason", "reason" }, M_STR, ST(reason), NULL, "the same as a sentence" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape video_status_shape = { "VideoStatus", status_members, 0 };

enum err
video_owned(struct call *c, int64_t id)
{
	const struct video *v;
	enum err e = video_get(c, id, &v);

	return e == E_OK && v->author_id != c->viewer_id ? E_NOT_OWNER : e;
}

enum err
video_state_of(struct call *c, int64_t id, struct video_status *out)
{
	struct rows r;
	enum err e = video_owned(c, id);

	if (e == E_OK)
		e = db_select(c->db, c->mem, &video_look, ARGS(I(id)), &r);
	if (e != E_OK)
		return e;
	if (r.n == 0 || r.v[4].i)
		return E_VIDEO_UNKNOWN;
	*out = (struct video_status){
		.video_id = id,
		.percent = r.v[2].i == VIDEO_READY ? 100 : r.v[8].i,
		.state = video_state_name(r.v[2].i),
		.reason_code = r.v[9].s,
		.reason = "",
	};
	return E_OK;
}

struct edit {
	struct call *c;
	int64_t id;
	const char *title, *description;
	struct mention_list mentions[2];
};

static enum err
edit_row(void *arg)
{
	struct edit *ed = arg;
	struct call *c = ed->c;
	const struct mention_source source = { ed->id, ed->id, c->viewer_id, { 0 } };
	struct rows r;
	enum err e = db_select(c->db, c->mem, &video_text, ARGS(I(ed->id)), &r);

	if (e != E_OK || r.n == 0)
		return e == E_OK ? E_VIDEO_UNKNOWN : e;
	if (ed->title != NULL)
		e = mention_write(c, &source, &ed->mentions[0], false);
	if (e == E_OK && ed->description != NULL)
		e = mention_write(c, &source, &ed->mentions[1], false);
	if (e == E_OK)
		e = db_exec(c->db, &video_set_text,
		    ARGS(S(ed->title ? ed->title : r.v[0].s), S(ed->description ? ed->description : r.v[1].s),
			I(c->now_ms), I(ed->id)),
		    NULL);
	return e == E_OK ? search_video_write(c, ed->id) : e;
}

enum err
video_edit(struct call *c, int64_t id, const char *title, const char *description)
{
	struct edit ed = { c, id, title != NULL ? words_mask(c, WORDS_TITLE, title) : NULL,
		description != NULL ? words_mask(c, WORDS_TITLE, description) : NULL, { { 0 } } };
	enum err e = video_owned(c, id);

	if (e == E_OK)
		e = mention_find(c, ed.title, MENTION_TITLE, &ed.mentions[0]);
	if (e == E_OK)
		e = mention_find(c, ed.description, MENTION_DESCRIPTION, &ed.mentions[1]);
	return e == E_OK
	    ? rows_write(c->rows, (struct row_ref[]){ video_ref(id) }, 1, edit_row, &ed)
	    : e;
}

struct follow {
	struct call *c;
	int64_t author_id;
	const int64_t *ids;
	size_t n;
};

static enum err
follow_batch(void *arg)
{
	const struct follow *f = arg;
	int64_t visible;
	enum err e = visible_of_account(f->c, f->author_id, &visible);

	if (e == E_OK)
		e = db_exec(f->c->db, &video_set_visible, ARGS(I(visible), LIST(f->ids, f->n)), NULL);
	return e == E_OK ? search_videos_write(f->c, f->ids, f->n, false) : e;
}

/* The cached rows of the clips may keep the old value: only indexes ask for more than whether it is 0. */
enum err
video_follow_account(struct call *c, int64_t author_id, int64_t until_ms)
{
	const struct row_ref head = video_head_ref();
	int64_t ids[FOLLOW_BATCH];
	struct follow f = { .c = c, .author_id = author_id, .ids = ids };
	struct rows r;
	enum err e;

	do {
		e = db_select(c->db, c->mem, &video_stale, ARGS(I(author_id)), &r);
		for (f.n = 0; e == E_OK && f.n < r.n && f.n < FOLLOW_BATCH; f.n++)
			ids[f.n] = r.v[f.n].i;
		if (e == E_OK && f.n > 0)
			e = rows_write(c->rows, &head, 1, follow_batch, &f);
	} while (e == E_OK && f.n > 0 && clock_ms() < until_ms);
	return e;
}

enum err
video_hide(struct call *c, int64_t id, bool hidden)
{
	return change(CHANGE(c, id, .state = -1, .hidden = hidden, .deleted = -1));
}

enum err
video_remove(struct call *c, int64_t id)
{
	enum err e = change(CHANGE(c, id, .state = -1, .hidden = -1, .deleted = 1,
	    .job_id = call_new_id(c)));

	if (e == E_OK)
		jobs_nudge(c->conf->media_socket);
	return e;
}
