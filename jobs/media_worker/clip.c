/* clip.c - what a clip is made into, in two steps: what takes moments (the look, the covers, the copy
 * where it fits to be copied), so that it can be seen soon; then what takes minutes.  Each step ends
 * with one transaction, and a step that is done again finds that it was done. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "worker.h"

#define COVERS 4
#define CHANCES 3

struct clip {
	struct work *w;
	struct video_task task;
	struct media_rung rungs[MEDIA_RUNGS_MAX];
	struct media_recipe recipe;
	struct video_facts facts;
	int64_t begun_ms;
};

static bool
read_number(const char **p, int *out)
{
	char *end;
	long n = strtol(*p, &end, 10);

	if (end == *p || n < 1 || n > 1000000)
		return false;
	*p = end;
	*out = (int)n;
	return true;
}

/* "720:2500:26,480:1200:28" */
static bool
read_recipe(struct clip *clip)
{
	const struct conf *conf = clip->w->c->conf;
	const char *p = conf->media_rungs;
	struct media_recipe *r = &clip->recipe;

	*r = (struct media_recipe){ .rungs = clip->rungs, .preset = conf->media_preset,
		.copy_max_kbps = (int)conf->media_copy_kbps };
	for (;;) {
		struct media_rung *rung = &clip->rungs[r->rungs_n];

		if (r->rungs_n == MEDIA_RUNGS_MAX || !read_number(&p, &rung->short_edge) || *p++ != ':' ||
		    !read_number(&p, &rung->max_kbps) || *p++ != ':' || !read_number(&p, &rung->crf))
			return false;
		r->rungs_n++;
		if (*p == '\0')
			return true;
		if (*p++ != ',')
			return false;
	}
}

/* Tells the owner how far it is, and keeps the job ours. */
static bool
progress(void *arg, int percent)
{
	struct work *w = arg;
	enum err e = video_progress(w->c, w->job->ref_id, percent);

	if (e == E_VIDEO_UNKNOWN)
		w->gone = true;
	else if (e != E_OK)
		log_warn("content %lld: its progress could not be told", (long long)w->job->ref_id);
	return !w->gone && work_alive(w);
}

/* The first look says nothing: it is over soon. */
static bool
look_progress(void *arg, int percent)
{
	(void)percent;
	return work_alive(arg);
}

static struct media_file *
add_file(struct clip *clip, enum file_kind kind, int64_t width, int64_t height, int64_t bytes,
    const char *path)
{
	struct media_file *f = &clip->facts.files[clip->facts.files_n++];

	*f = (struct media_file){ .kind = kind, .width = width, .height = height, .size_bytes = bytes,
		.path = path, .codecs = "" };
	return f;
}

/* What the cell's end means for the clip; E_OK: there is something to keep. */
static enum err
end_of(struct clip *clip, enum media_end end, enum refuse refused)
{
	struct work *w = clip->w;
	enum err e;

	/* Was the cell killed because it wanted too much, or by somebody who wanted its memory?  What
	 * ended soon gets another chance. */
	if (end == MEDIA_REFUSED && refused == REFUSE_TOO_COMPLEX && w->job->attempts < CHANCES &&
	    clock_ms() - clip->begun_ms < w->c->conf->media_wall * 1000 / 4) {
		w->why = "the cell was killed";
		return E_UNAVAILABLE;
	}
	switch (end) {
	case MEDIA_OK:
		return E_OK;
	case MEDIA_REFUSED:
		log_info("content %lld refused: %s", (long long)w->job->ref_id, refuse_code(refused));
		e = video_refuse(w->c, w->job->ref_id, refuse_code(refused));
		w->gone = e == E_OK || e == E_VIDEO_UNKNOWN || e == E_ALREADY;
		return w->gone ? E_VIDEO_UNKNOWN : e;
	case MEDIA_STOPPED:
		w->why = "stopped";
		return E_UNAVAILABLE;
	case MEDIA_FAILED:
		break;
	}
	w->why = arena_printf(w->c->mem, "no cell: %s", strerror(errno));
	return E_INTERNAL;
}

/* Covers of two sizes; of a clip that is no larger than the small one, one. */
static enum err
keep_covers(struct clip *clip, const struct media_picture *pictures, struct out *const *outs)
{
	enum err e = E_OK;

	for (size_t i = 0; e == E_OK && i < COVERS; i++) {
		const struct media_picture *p = &pictures[i];

		if (i >= COVERS / 2 && p->width == pictures[i - COVERS / 2].width)
			continue;
		e = work_keep(clip->w, outs[i]);
		add_file(clip, FILE_COVER, p->width, p->height, p->bytes, outs[i]->path);
	}
	return e;
}

static enum err
keep_outputs(struct clip *clip, const struct media_output *outs, size_t outs_n,
    struct out *const *files)
{
	enum err e = E_OK;

	for (size_t i = 0; e == E_OK && i < outs_n; i++) {
		const struct media_output *o = &outs[i];
		struct media_file *f = add_file(clip, FILE_RENDITION, o->width, o->height, o->bytes,
		    files[o->rung]->path);

		f->rung = clip->rungs[o->rung].short_edge;
		f->bitrate_kbps = o->duration_ms > 0 ? o->bytes * 8 / o->duration_ms : 0;
		f->codecs = arena_strdup(clip->w->c->mem, o->codecs);
		e = work_keep(clip->w, files[o->rung]);
	}
	return e;
}

/* Writes the rows. */
static enum err
made(struct clip *clip, bool whole)
{
	struct work *w = clip->w;
	enum err e;

	clip->facts.whole = whole;
	clip->facts.job_id = call_new_id(w->c);
	e = video_made(w->c, w->job->ref_id, &clip->facts);
	w->gone = e == E_VIDEO_UNKNOWN || e == E_ALREADY;
	if (e == E_OK)
		jobs_nudge(w->c->conf->media_socket);
	return e;
}

static enum err
look(struct clip *clip, int in)
{
	static const struct media_picture wanted[COVERS] = {
		{ .kind = MEDIA_JPEG, .short_edge = 720 }, { .kind = MEDIA_WEBP, .short_edge = 720 },
		{ .kind = MEDIA_JPEG, .short_edge = 360 }, { .kind = MEDIA_WEBP, .short_edge = 360 },
	};
	struct work *w = clip->w;
	struct media_limits limits = work_limits(w);
	struct media_picture pictures[COVERS];
	struct out *covers[COVERS], *copies[MEDIA_RUNGS_MAX];
	int out_fds[MEDIA_RUNGS_MAX] = { -1, -1, -1, -1 };
	struct media_order order = { .in_fd = in, .out_fds = out_fds, .pictures = pictures,
		.pictures_n = COVERS, .cover_at_ms = -1, .limits = &limits, .recipe = &clip->recipe,
		.progress = look_progress, .arg = w };
	struct media_output outs[MEDIA_RUNGS_MAX];
	struct media_info info;
	enum refuse refused = REFUSE_NONE;
	enum media_end end;
	size_t outs_n = 0;
	enum err e;

	clip->recipe.copy_only = true;
	for (size_t i = 0; i < COVERS; i++) {
		covers[i] = work_open(w, 'c', wanted[i].kind == MEDIA_JPEG ? "jpg" : "webp");
		if (covers[i] == NULL)
			return E_DISK;
		pictures[i] = wanted[i];
		pictures[i].fd = covers[i]->fd;
	}
	for (size_t i = 0; i < clip->recipe.rungs_n; i++) {
		copies[i] = work_open(w, 'v', "mp4");
		if (copies[i] == NULL)
			return E_DISK;
		out_fds[i] = copies[i]->fd;
	}
	end = media_render(&order, &info, outs, &outs_n, &refused);
	e = end_of(clip, end, refused);
	if (e != E_OK)
		return e;
	clip->facts.width = info.width;
	clip->facts.height = info.height;
	clip->facts.duration_ms = info.duration_ms;
	e = keep_outputs(clip, outs, outs_n, copies);
	if (e == E_OK)
		e = keep_covers(clip, pictures, covers);
	if (e != E_OK)
		return e;
	return made(clip, outs_n == 1 && outs[0].rung == (int)clip->recipe.rungs_n - 1 &&
	    info.duration_ms <= w->c->conf->hls_over * 1000);
}

static enum err
rest(struct clip *clip, int in)
{
	struct work *w = clip->w;
	struct media_limits limits = work_limits(w);
	struct out *files[MEDIA_RUNGS_MAX];
	int out_fds[MEDIA_RUNGS_MAX] = { -1, -1, -1, -1 };
	struct media_order order = { .in_fd = in, .out_fds = out_fds, .limits = &limits,
		.cover_at_ms = -1, .recipe = &clip->recipe, .progress = progress, .arg = w };
	const struct media_file *copy = &clip->task.copy;
	struct media_output outs[MEDIA_RUNGS_MAX];
	struct media_info info;
	enum refuse refused = REFUSE_NONE;
	size_t outs_n = 0, wanted = 0;
	enum err e = E_OK;

	for (size_t i = 0; i < clip->recipe.rungs_n; i++) {
		if (copy->path != NULL && clip->rungs[i].short_edge >= copy->rung)
			continue;
		files[i] = work_open(w, 'v', "mp4");
		if (files[i] == NULL)
			return E_DISK;
		out_fds[i] = files[i]->fd;
		wanted++;
	}
	if (wanted > 0) {
		enum media_end end = media_render(&order, &info, outs, &outs_n, &refused);

		e = end_of(clip, end, refused);
	}
	if (e == E_OK)
		e = keep_outputs(clip, outs, outs_n, files);
	if (e == E_OK && clip->task.duration_ms > w->c->conf->hls_over * 1000)
		e = hls_add(w, &clip->facts, copy->path != NULL ? copy : NULL);
	return e == E_OK ? made(clip, true) : e;
}

static enum err
work_on(struct clip *clip, enum err (*step)(struct clip *clip, int in))
{
	struct work *w = clip->w;
	struct call *c = w->c;
	enum err e;
	int in;

	if (!read_recipe(clip)) {
		w->why = "media_rungs in the configuration is not SHORT:KBPS:CRF,...";
		return E_INTERNAL;
	}
	e = video_progress(c, w->job->ref_id, 0);
	if (e == E_VIDEO_UNKNOWN)
		w->gone = true;
	if (e != E_OK)
		return e;
	in = files_open(c->mem, c->conf, clip->task.path);
	if (in < 0) {
		w->why = arena_printf(c->mem, "%s: %s", clip->task.path, strerror(errno));
		return E_DISK;
	}
	e = step(clip, in);
	close(in);
	return e;
}

/* Whether there is anything to do; E_OK with w->gone: no. */
static enum err
begin(struct clip *clip, struct work *w)
{
	enum err e;

	*clip = (struct clip){ .w = w, .begun_ms = clock_ms() };
	e = video_task(w->c, w->job->ref_id, &clip->task);
	if (e == E_VIDEO_UNKNOWN || (e == E_OK && (clip->task.state == VIDEO_READY ||
					clip->task.state == VIDEO_REFUSED))) {
		w->gone = true;
		return E_OK;
	}
	return e;
}

enum err
clip_first(struct work *w)
{
	struct clip clip;
	enum err e = begin(&clip, w);

	if (e != E_OK || w->gone)
		return e;
	if (!clip.task.seen_to)
		return work_on(&clip, look);
	/* Done before, and the other job is there; but somebody has sent it again after that failed. */
	return clip.task.state == VIDEO_FAILED ? work_on(&clip, rest) : E_OK;
}

enum err
clip_rungs(struct work *w)
{
	struct clip clip;
	enum err e = begin(&clip, w);

	return e != E_OK || w->gone ? e : work_on(&clip, rest);
}
