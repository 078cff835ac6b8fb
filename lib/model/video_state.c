/* video_state.c - what becomes of a clip by its owner's or a moderator's hand, and what its owner is
 * told.  Invariant: every change of state locks the content, then the row; visible follows from the
 * rest, and the author's works follow from visible. */
#include "model/video.h"

#include <string.h>

#include "model/mention.h"
#include "model/picture.h"
#include "model/search.h"
#include "model/video_rules.h"
#include "model/words.h"
#include "store/jobs.h"

SQL(video_lock,
    "SELECT author_id, visible, state, deleted, play_path, original_path FROM videos "
    "WHERE id = ? FOR UPDATE",
    "i", "iiiiss");
SQL(video_look,
    "SELECT author_id, content_id, deleted, state, percent, reason, hidden FROM videos WHERE id = ?", "i",
    "iiiiisi");
SQL(video_hidden_why,
    "SELECT note FROM audit FORCE INDEX (about) WHERE about_id = ? AND kind = 1 AND thing_id = ? AND "
    "act = 'hide' ORDER BY id DESC LIMIT 1",
    "ii", "s");
SQL(video_set_state,
    "UPDATE videos SET hidden = ?, deleted = ?, visible = ?, updated_ms = ? WHERE id = ?", "iiiii", "");
SQL(video_set_text, "UPDATE videos SET title = ?, description = ?, updated_ms = ? WHERE id = ?",
    "ssii", "");
SQL(video_text, "SELECT title, description FROM videos WHERE id = ? FOR UPDATE", "i", "ss");

/* Whether most players show such a file before it has been processed. */
static bool
plays_as_it_came(const char *path)
{
	const char *ext = strrchr(path, '.');

	return ext != NULL &&
	    (strcmp(ext, ".mp4") == 0 || strcmp(ext, ".mov") == 0 || strcmp(ext, ".webm") == 0);
}

bool
video_visible(const struct call *c, int64_t state, const char *play_path, const char *original_path)
{
	if (state == VIDEO_REFUSED)
		return false;
	return state == VIDEO_READY || original_path[0] != '\0' ||
	    (c->conf->early_view && plays_as_it_came(play_path));
}

struct change {
	struct counted_write w;
	int64_t id, content_id;
	int hidden, deleted; /* hidden -1: as it is */
	int64_t job_id; /* of the removal, with deleted */
	enum err (*also)(void *arg); /* may be NULL */
	void *arg;
};

static enum err
change_row(void *arg)
{
	struct change *ch = arg;
	struct call *c = ch->w.c;
	struct rows r;
	int64_t visible, author_id;
	enum err e = content_lock(c, ch->content_id, &author_id);

	/* A content that is gone has no clip that is not deleted. */
	if (e == E_NO_ROW)
		return E_VIDEO_UNKNOWN;
	if (e == E_OK)
		e = db_select(c->db, c->mem, &video_lock, ARGS(I(ch->id)), &r);
	if (e != E_OK)
		return e;
	if (r.n == 0 || r.v[3].i)
		return E_VIDEO_UNKNOWN;
	e = video_account_visible(c, author_id, &visible);
	if (e != E_OK)
		return e;
	if (ch->deleted || ch->hidden || !video_visible(c, r.v[2].i, r.v[4].s, r.v[5].s))
		visible = VIDEO_HIDDEN;
	e = db_exec(c->db, &video_set_state,
	    ARGS(I(ch->hidden), I(ch->deleted), I(visible), I(c->now_ms), I(ch->id)), NULL);
	if (e == E_OK && ch->deleted)
		e = content_leave(c, ch->content_id, ch->id);
	if (e == E_OK && ch->deleted)
		e = jobs_add(c->db, ch->job_id, JOB_DELETE, ch->id, c->now_ms);
	if (e == E_OK && visible != r.v[1].i)
		e = search_video_write(c, ch->id);
	ch->w.deltas[0].by.works = (visible != VIDEO_HIDDEN) - (r.v[1].i != VIDEO_HIDDEN);
	if (e == E_OK && ch->w.deltas[0].by.works != 0)
		e = counted_apply(&ch->w);
	return e == E_OK && ch->also != NULL ? ch->also(ch->arg) : e;
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
	ch->content_id = r.v[1].i;
	ch->w.n = 1;
	ch->w.deltas[0] = (struct counter_delta){ .owner_id = r.v[0].i };
	return counted_write(&ch->w,
	    (struct row_ref[]){ video_ref(ch->id), video_head_ref(), user_ref(r.v[0].i) }, 3, change_row, ch);
}

enum err
video_hide(struct call *c, int64_t id, bool hidden, enum err (*also)(void *arg), void *arg)
{
	return change(&(struct change){ .w.c = c, .id = id, .hidden = hidden, .also = also, .arg = arg });
}

enum err
video_remove(struct call *c, int64_t id, enum err (*also)(void *arg), void *arg)
{
	enum err e = change(&(struct change){ .w.c = c, .id = id, .deleted = 1, .job_id = call_new_id(c),
	    .also = also, .arg = arg });

	if (e == E_OK)
		jobs_nudge(c->conf->media_socket);
	return e;
}

#define ST(m) offsetof(struct video_status, m)
static const struct member status_members[] = {
	{ { "video_id", "video_id" }, M_INT, ST(video_id), NULL, "the clip, 0 while it is uploading" },
	{ { "state", "state" }, M_STR, ST(state), NULL,
	    "uploading, received, processing, ready, hidden (by a moderator), refused or failed" },
	{ { "percent", "percent" }, M_INT, ST(percent), NULL, "how far uploading or processing is" },
	{ { "reason_code", "reason_code" }, M_STR, ST(reason_code), NULL, "why it was refused, or empty" },
	{ { "reason", "reason" }, M_STR, ST(reason), NULL,
	    "the same as a sentence; of a hidden clip what the moderator noted" },
	{ { "cover", "cover" }, M_STR, ST(cover), NULL,
	    "of a cover that was asked for: making, or why it was refused, as a code; else empty" },
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
	struct rows r, why = { 0 };
	enum err e = video_owned(c, id);

	if (e == E_OK)
		e = db_select(c->db, c->mem, &video_look, ARGS(I(id)), &r);
	if (e != E_OK)
		return e;
	if (r.n == 0 || r.v[2].i)
		return E_VIDEO_UNKNOWN;
	if (r.v[3].i == VIDEO_READY && r.v[6].i)
		e = db_select(c->db, c->mem, &video_hidden_why, ARGS(r.v[0], I(id)), &why);
	if (e != E_OK)
		return e;
	*out = (struct video_status){
		.cover = "",
		.video_id = id,
		.percent = r.v[3].i == VIDEO_READY ? 100 : r.v[4].i,
		.state = video_state_name(r.v[3].i, r.v[6].i),
		.reason_code = r.v[5].s,
		.reason = why.n > 0 ? why.v[0].s : "",
	};
	return picture_state(c, id, &out->cover);
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
