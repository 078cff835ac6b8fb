/* media.c - media.h for callers: what a cell's answer means.
 *
 * Nothing here touches libav.  The answer of a cell may come from a taken-over process, so every
 * member is checked before it is believed. */
#include "media/media.h"

#include "base/log.h"
#include "media/cell.h"
#include "media/look.h"
#include "media/render.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* What a cell is to do, and how its answer is checked. */
struct work {
	struct cell_plan plan;
	const struct media_order *order;
	struct media_picture *pictures; /* of a still */
	size_t pictures_n;
	/* Whether an answer that says that all went well can be. */
	bool (*ok)(struct look *look, const struct work *w);
};

/* A name as libav has them, ended within its array. */
static bool
name_ok(const char name[24])
{
	size_t len = strnlen(name, 24);

	return len < 24 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

static bool
info_ok(const struct media_info *i)
{
	return i->width > 0 && i->width <= LOOK_WIDEST && i->height > 0 &&
	       i->height <= LOOK_WIDEST &&
	       (i->rotation == 0 || i->rotation == 90 || i->rotation == 180 ||
		   i->rotation == 270) &&
	       i->duration_ms > 0 && i->duration_ms <= LOOK_LONGEST_MS && i->cover_ms >= 0 &&
	       i->cover_ms <= LOOK_LONGEST_MS && i->video_codec[0] != '\0' &&
	       name_ok(i->video_codec) && name_ok(i->audio_codec);
}

static bool
file_ok(int fd, const struct media_limits *limits, int64_t *bytes)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return false;
	*bytes = st.st_size;
	return st.st_size > 0 && st.st_size <= limits->output_bytes;
}

/* Names of codecs, ended within their array. */
static bool
codecs_ok(const char codecs[32])
{
	size_t len = strnlen(codecs, 32);

	return len > 0 && len < 32 &&
	       strspn(codecs, "abcdefghijklmnopqrstuvwxyz0123456789.,") == len;
}

static bool
output_ok(const struct media_order *o, const struct media_output *out, int after)
{
	int64_t bytes;

	return out->rung > after && (size_t)out->rung < o->recipe->rungs_n &&
	       o->out_fds[out->rung] >= 0 && out->width > 0 && out->width <= LOOK_WIDEST &&
	       out->height > 0 && out->height <= LOOK_WIDEST && out->duration_ms > 0 &&
	       out->duration_ms <= LOOK_LONGEST_MS + 60000 && codecs_ok(out->codecs) &&
	       file_ok(o->out_fds[out->rung], o->limits, &bytes) && bytes == out->bytes;
}

/* Whether the picture's file is there, and takes what is known of it. */
static bool
picture_ok(struct media_picture *p, const struct look_picture *made,
    const struct media_limits *limits)
{
	if (p->fd < 0)
		return true;
	p->width = made->width;
	p->height = made->height;
	return p->width > 0 && p->width <= LOOK_WIDEST && p->height > 0 &&
	       p->height <= LOOK_WIDEST && file_ok(p->fd, limits, &p->bytes);
}

static bool
pictures_ok(struct media_picture *pictures, size_t n, const struct look *look,
    const struct media_limits *limits)
{
	for (size_t i = 0; i < n; i++)
		if (!picture_ok(&pictures[i], &look->pictures[i], limits))
			return false;
	return true;
}

static bool
clip_ok(struct look *look, const struct work *w)
{
	const struct media_order *o = w->order;

	if (!info_ok(&look->info) || !pictures_ok(o->pictures, o->pictures_n, look, o->limits))
		return false;
	if (look->outs_n < 0 || look->outs_n > (o->recipe != NULL ? MEDIA_RUNGS_MAX : 0))
		return false;
	for (int i = 0; i < look->outs_n; i++)
		if (!output_ok(o, &look->outs[i], i > 0 ? look->outs[i - 1].rung : -1))
			return false;
	return true;
}

/* What a whole answer comes to. */
static enum media_end
judge(struct look *look, const struct work *w, enum refuse *why)
{
	if (look->end == MEDIA_FAILED) {
		errno = look->error > 0 ? look->error : EIO;
		return MEDIA_FAILED;
	}
	if (look->end == MEDIA_REFUSED && look->why > REFUSE_NONE && look->why < REFUSE_COUNT) {
		*why = look->why;
		return MEDIA_REFUSED;
	}
	if (look->end == MEDIA_OK && w->ok(look, w))
		return MEDIA_OK;
	log_error("media: the cell gave an answer that cannot be");
	*why = REFUSE_DAMAGED;
	return MEDIA_REFUSED;
}

/* Does the work in a cell.  *look is to be used where the end is MEDIA_OK. */
static enum media_end
run(const struct work *w, struct look *look, struct cell_cost *cost, enum refuse *why)
{
	memset(look, 0, sizeof *look);
	memset(cost, 0, sizeof *cost);
	*why = REFUSE_NONE;
	switch (cell_run(&w->plan, look, cost)) {
	case CELL_FAILED:
		return MEDIA_FAILED;
	case CELL_STOPPED:
		return MEDIA_STOPPED;
	case CELL_OVERRUN:
		log_warn("media: the cell was stopped after %lld ms of CPU time",
		    (long long)(cost->cpu_us / 1000));
		*why = REFUSE_TOO_COMPLEX;
		return MEDIA_REFUSED;
	case CELL_CRASHED:
		log_error("media: the cell crashed (%s)",
		    cost->signal ? strsignal(cost->signal) : "no signal");
		*why = REFUSE_DAMAGED;
		return MEDIA_REFUSED;
	case CELL_DONE:
		break;
	}
	return judge(look, w, why);
}

static enum media_end
invalid(void)
{
	errno = EINVAL;
	return MEDIA_FAILED;
}

static bool
pictures_are_asked_well(const struct media_picture *p, size_t n)
{
	if (n > MEDIA_PICTURES_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (p[i].short_edge < 2 || p[i].short_edge > 8192 ||
		    (p[i].kind != MEDIA_JPEG && p[i].kind != MEDIA_WEBP))
			return false;
	return true;
}

/* The order's descriptors in the places where the works expect them. */
static void
place(int fds[CELL_OUTS_MAX], const struct media_order *o)
{
	for (int i = 0; i < CELL_OUTS_MAX; i++)
		fds[i] = -1;
	for (size_t i = 0; i < o->pictures_n; i++)
		fds[i] = o->pictures[i].fd;
	for (size_t i = 0; o->recipe != NULL && i < o->recipe->rungs_n; i++)
		fds[MEDIA_PICTURES_MAX + i] = o->out_fds[i];
}

static struct cell_plan
plan_for(int in_fd, const int *fds, const struct media_limits *limits)
{
	return (struct cell_plan){ .in_fd = in_fd,
		.out_fds = fds,
		.outs = CELL_OUTS_MAX,
		.limits = limits,
		.reply_size = sizeof(struct look) };
}

static enum media_end
run_order(const struct media_order *o, struct look *look, struct media_info *info, enum refuse *why)
{
	int fds[CELL_OUTS_MAX];
	struct work w = { .plan = plan_for(o->in_fd, fds, o->limits), .order = o, .ok = clip_ok };
	struct cell_cost cost;
	enum media_end end;

	memset(info, 0, sizeof *info);
	*why = REFUSE_NONE;
	if (!pictures_are_asked_well(o->pictures, o->pictures_n) || o->cover_at_ms < -1)
		return invalid();
	if (o->recipe != NULL && (o->recipe->rungs_n < 1 || o->recipe->rungs_n > MEDIA_RUNGS_MAX))
		return invalid();
	place(fds, o);
	w.plan.work = render_clip;
	w.plan.arg = o;
	w.plan.progress = o->progress;
	w.plan.progress_arg = o->arg;
	end = run(&w, look, &cost, why);
	if (end == MEDIA_OK)
		*info = look->info;
	info->peak_rss = cost.peak_rss;
	info->cpu_ms = cost.cpu_us / 1000;
	return end;
}

enum media_end
media_cover(int in_fd, int64_t at_ms, struct media_picture *pictures, size_t pictures_n,
    const struct media_limits *limits, struct media_info *info, enum refuse *why)
{
	struct media_order order = { .in_fd = in_fd,
		.pictures = pictures,
		.pictures_n = pictures_n,
		.cover_at_ms = at_ms,
		.limits = limits };
	struct look look;

	return run_order(&order, &look, info, why);
}

enum media_end
media_render(const struct media_order *order, struct media_info *info, struct media_output *outs,
    size_t *outs_n, enum refuse *why)
{
	struct look look;
	enum media_end end = run_order(order, &look, info, why);

	*outs_n = end == MEDIA_OK ? (size_t)look.outs_n : 0;
	memcpy(outs, look.outs, *outs_n * sizeof *outs);
	return end;
}

static bool
still_ok(struct look *look, const struct work *w)
{
	return pictures_ok(w->pictures, w->pictures_n, look, w->plan.limits);
}

enum media_end
media_image(int in_fd, struct media_picture *pictures, size_t n, const struct media_limits *limits,
    enum refuse *why)
{
	const struct media_order places = { .pictures = pictures, .pictures_n = n };
	const struct still still = { pictures, n };
	int fds[CELL_OUTS_MAX];
	struct work w = { .plan = plan_for(in_fd, fds, limits),
		.pictures = pictures,
		.pictures_n = n,
		.ok = still_ok };
	struct cell_cost cost;
	struct look look;

	*why = REFUSE_NONE;
	if (!pictures_are_asked_well(pictures, n))
		return invalid();
	place(fds, &places);
	w.plan.work = render_still;
	w.plan.arg = &still;
	return run(&w, &look, &cost, why);
}

/* Every file that was to be written is there. */
static bool
files_ok(struct look *look, const struct work *w)
{
	int64_t bytes;

	(void)look;
	for (int i = 0; i < w->plan.outs; i++)
		if (!file_ok(w->plan.out_fds[i], w->plan.limits, &bytes))
			return false;
	return true;
}

enum media_end
media_preview(int in_fd, int out_fd, const struct media_limits *limits, enum refuse *why)
{
	struct work w = { .plan = plan_for(in_fd, &out_fd, limits), .ok = files_ok };
	struct cell_cost cost;
	struct look look;

	w.plan.outs = 1;
	w.plan.work = render_preview;
	return run(&w, &look, &cost, why);
}

enum media_end
media_hls(int in_fd, int out_fd, int list_fd, const char *uri, const struct media_limits *limits,
    enum refuse *why)
{
	const int fds[] = { out_fd, list_fd };
	struct work w = { .plan = plan_for(in_fd, fds, limits), .ok = files_ok };
	struct cell_cost cost;
	struct look look;
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_./";
	size_t len = strlen(uri);

	*why = REFUSE_NONE;
	if (len < 1 || len > 200 || uri[0] == '/' || strspn(uri, allowed) != len)
		return invalid();
	w.plan.outs = 2;
	w.plan.work = render_hls;
	w.plan.arg = uri;
	return run(&w, &look, &cost, why);
}
