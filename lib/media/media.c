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

static bool
output_ok(const struct media_order *o, const struct media_output *out, int after)
{
	int64_t bytes;

	return out->rung > after && (size_t)out->rung < o->recipe->rungs_n &&
	       o->out_fds[out->rung] >= 0 && out->width > 0 && out->width <= LOOK_WIDEST &&
	       out->height > 0 && out->height <= LOOK_WIDEST && out->duration_ms > 0 &&
	       out->duration_ms <= LOOK_LONGEST_MS + 60000 &&
	       file_ok(o->out_fds[out->rung], o->limits, &bytes) && bytes == out->bytes;
}

/* A whole answer that says that all went well. */
static bool
answer_ok(const struct look *look, const struct media_order *o)
{
	int64_t bytes;

	if (!info_ok(&look->info) || (o->cover_fd >= 0 && !file_ok(o->cover_fd, o->limits, &bytes)))
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
judge(const struct look *look, const struct media_order *o, enum refuse *why)
{
	if (look->end == MEDIA_FAILED) {
		errno = look->error > 0 ? look->error : EIO;
		return MEDIA_FAILED;
	}
	if (look->end == MEDIA_REFUSED && look->why > REFUSE_NONE && look->why < REFUSE_COUNT) {
		*why = look->why;
		return MEDIA_REFUSED;
	}
	if (look->end == MEDIA_OK && answer_ok(look, o))
		return MEDIA_OK;
	log_error("media: the cell gave an answer that cannot be");
	*why = REFUSE_DAMAGED;
	return MEDIA_REFUSED;
}

/* Runs the order in a cell.  *look is to be used where the end is MEDIA_OK. */
static enum media_end
run(const struct media_order *o, struct look *look, struct media_info *info, enum refuse *why)
{
	int fds[1 + MEDIA_RUNGS_MAX] = { o->cover_fd };
	struct cell_plan plan = { .in_fd = o->in_fd,
		.out_fds = fds,
		.outs = 1,
		.limits = o->limits,
		.work = render_clip,
		.arg = o->recipe,
		.reply_size = sizeof *look,
		.progress = o->progress,
		.progress_arg = o->arg };
	struct cell_cost cost;
	enum media_end end = MEDIA_REFUSED;

	memset(info, 0, sizeof *info);
	*why = REFUSE_NONE;
	if (o->recipe != NULL) {
		if (o->recipe->rungs_n < 1 || o->recipe->rungs_n > MEDIA_RUNGS_MAX) {
			errno = EINVAL;
			return MEDIA_FAILED;
		}
		for (size_t i = 0; i < o->recipe->rungs_n; i++)
			fds[plan.outs++] = o->out_fds[i];
	}
	switch (cell_run(&plan, look, &cost)) {
	case CELL_FAILED:
		return MEDIA_FAILED;
	case CELL_STOPPED:
		end = MEDIA_STOPPED;
		break;
	case CELL_OVERRUN:
		log_warn("media: the cell was stopped after %lld ms of CPU time",
		    (long long)(cost.cpu_us / 1000));
		*why = REFUSE_TOO_COMPLEX;
		break;
	case CELL_CRASHED:
		log_error("media: the cell crashed (%s)",
		    cost.signal ? strsignal(cost.signal) : "no signal");
		*why = REFUSE_DAMAGED;
		break;
	case CELL_DONE:
		end = judge(look, o, why);
		break;
	}
	if (end == MEDIA_OK)
		*info = look->info;
	info->peak_rss = cost.peak_rss;
	info->cpu_ms = cost.cpu_us / 1000;
	return end;
}

enum media_end
media_cover(int in_fd, int out_fd, const struct media_limits *limits, struct media_info *info,
    enum refuse *why)
{
	struct media_order order = { .in_fd = in_fd, .cover_fd = out_fd, .limits = limits };
	struct look look = { 0 };

	if (out_fd < 0) {
		errno = EBADF;
		return MEDIA_FAILED;
	}
	return run(&order, &look, info, why);
}

enum media_end
media_render(const struct media_order *order, struct media_info *info, struct media_output *outs,
    size_t *outs_n, enum refuse *why)
{
	struct look look = { 0 };
	enum media_end end = run(order, &look, info, why);

	*outs_n = end == MEDIA_OK ? (size_t)look.outs_n : 0;
	memcpy(outs, look.outs, *outs_n * sizeof *outs);
	return end;
}
