/* media.c - media.h for callers: the refusals, and what a cell's answer means.
 *
 * Nothing here touches libav.  The answer of a cell may come from a taken-over process, so every
 * member is checked before it is believed. */
#include "media/media.h"

#include "base/log.h"
#include "media/cell.h"
#include "media/look.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

const char *
refuse_code(enum refuse r)
{
	static const char *const codes[] = {
#define REFUSE(name, code, en, zh) code,
		REFUSE_TABLE(REFUSE)
#undef REFUSE
	};

	return (unsigned)r < REFUSE_COUNT ? codes[r] : "";
}

const char *
refuse_text(enum refuse r, bool chinese)
{
	static const char *const texts[][2] = {
#define REFUSE(name, code, en, zh) { en, zh },
		REFUSE_TABLE(REFUSE)
#undef REFUSE
	};

	return (unsigned)r < REFUSE_COUNT ? texts[r][chinese] : "";
}

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

/* What a whole answer comes to. */
static enum media_end
judge(const struct look *look, int out_fd, const struct media_limits *limits,
    struct media_info *info, enum refuse *why)
{
	struct stat cover;

	*why = REFUSE_NONE;
	if (look->end == MEDIA_FAILED) {
		errno = look->error > 0 ? look->error : EIO;
		return MEDIA_FAILED;
	}
	if (look->end == MEDIA_REFUSED && look->why > REFUSE_NONE && look->why < REFUSE_COUNT) {
		*why = look->why;
		return MEDIA_REFUSED;
	}
	if (look->end == MEDIA_OK && info_ok(&look->info)) {
		if (fstat(out_fd, &cover) != 0)
			return MEDIA_FAILED;
		if (cover.st_size > 0 && cover.st_size <= limits->output_bytes) {
			*info = look->info;
			return MEDIA_OK;
		}
	}
	log_error("media: the cell gave an answer that cannot be");
	*why = REFUSE_DAMAGED;
	return MEDIA_REFUSED;
}

enum media_end
media_cover(int in_fd, int out_fd, const struct media_limits *limits, struct media_info *info,
    enum refuse *why)
{
	struct look look = { 0 };
	struct cell_cost cost;
	enum media_end end = MEDIA_REFUSED;

	memset(info, 0, sizeof *info);
	*why = REFUSE_NONE;
	switch (cell_run(in_fd, out_fd, limits, look_at_clip, &look, sizeof look, &cost)) {
	case CELL_FAILED:
		return MEDIA_FAILED;
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
		end = judge(&look, out_fd, limits, info, why);
		break;
	}
	info->peak_rss = cost.peak_rss;
	return end;
}
