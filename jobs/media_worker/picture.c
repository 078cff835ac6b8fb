/* picture.c - the pictures that were asked for: covers that their owners chose, avatars, previews. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "worker.h"

#define PICTURES 4
#define WALL_S 60 /* longest for one cell here */

static enum err
failed(struct work *w, enum media_end end)
{
	w->why = end == MEDIA_STOPPED ? "stopped" : arena_printf(w->c->mem, "no cell: %s", strerror(errno));
	return E_INTERNAL;
}

/* What there is of a clip to look at: what came, or else the best of what it was made into. */
static int
open_clip(struct work *w, int64_t content_id)
{
	const char *path;
	enum err e = content_path(w->c, content_id, FILE_ORIGINAL, &path);
	int fd;

	if (e == E_OK && path[0] == '\0')
		e = content_path(w->c, content_id, FILE_RENDITION, &path);
	if (e != E_OK || path[0] == '\0') {
		w->why = "the clip's files are not known";
		return -1;
	}
	fd = files_open(w->c->mem, w->c->conf, path);
	if (fd < 0)
		w->why = arena_printf(w->c->mem, "%s: %s", path, strerror(errno));
	return fd;
}

static enum err
keep_pictures(struct work *w, const struct picture_wish *wish, const struct media_picture *pictures,
    struct out *const *outs, size_t n)
{
	struct media_file files[PICTURES];
	size_t kept = 0;
	enum err e = E_OK;

	for (size_t i = 0; e == E_OK && i < n; i++) {
		const struct media_picture *p = &pictures[i];

		/* The small size of something small is the large one again. */
		if (i >= PICTURES / 2 && p->width == pictures[i - PICTURES / 2].width)
			continue;
		e = work_keep(w, outs[i]);
		files[kept++] = (struct media_file){ .kind = wish->content_id != 0 ? FILE_COVER : FILE_AVATAR,
			.width = p->width, .height = p->height, .size_bytes = p->bytes,
			.path = outs[i]->path, .codecs = "" };
	}
	if (e == E_OK)
		e = picture_made(w->c, wish, files, kept);
	w->gone = e == E_NO_ROW;
	/* The image that was sent goes now; where that fails, housekeeping does it. */
	if (e == E_OK &&
	    content_sweep(w->c, wish->content_id != 0 ? wish->content_id : wish->owner_id) != E_OK)
		log_warn("%s was not removed yet", wish->path);
	return e;
}

enum err
picture_make(struct work *w)
{
	static const struct media_picture cover[PICTURES] = {
		{ .kind = MEDIA_JPEG, .short_edge = 720 }, { .kind = MEDIA_WEBP, .short_edge = 720 },
		{ .kind = MEDIA_JPEG, .short_edge = 360 }, { .kind = MEDIA_WEBP, .short_edge = 360 },
	};
	static const struct media_picture avatar = { .kind = MEDIA_JPEG, .short_edge = 320,
		.square = true };
	struct media_limits limits = work_limits(w);
	struct media_picture pictures[PICTURES];
	struct out *outs[PICTURES];
	struct picture_wish wish;
	enum refuse refused = REFUSE_NONE;
	struct media_info info;
	enum media_end end;
	size_t n;
	enum err e = picture_wanted(w->c, w->job->ref_id, &wish);
	int in;

	if (e != E_OK || wish.id == 0)
		return e;
	n = wish.content_id != 0 ? PICTURES : 1;
	for (size_t i = 0; i < n; i++) {
		pictures[i] = wish.content_id != 0 ? cover[i] : avatar;
		outs[i] = work_open(w, 'c', pictures[i].kind == MEDIA_JPEG ? "jpg" : "webp");
		if (outs[i] == NULL)
			return E_DISK;
		pictures[i].fd = outs[i]->fd;
	}
	in = wish.path[0] != '\0' ? files_open(w->c->mem, w->c->conf, wish.path)
				  : open_clip(w, wish.content_id);
	if (in < 0)
		return E_DISK;
	limits.wall_s = limits.wall_s < WALL_S ? limits.wall_s : WALL_S;
	e = work_renew(w, limits.wall_s * 1000);
	if (e != E_OK) {
		close(in);
		return e;
	}
	end = wish.path[0] != '\0' ? media_image(in, pictures, n, &limits, &refused)
				   : media_cover(in, wish.at_ms, pictures, n, &limits, &info, &refused);
	close(in);
	if (end == MEDIA_REFUSED)
		return picture_refused(w->c, &wish, refuse_code(refused));
	return end == MEDIA_OK ? keep_pictures(w, &wish, pictures, outs, n) : failed(w, end);
}

enum err
preview_make(struct work *w)
{
	struct media_limits limits = work_limits(w);
	struct out *out = work_open(w, 'c', "webp");
	struct media_file file = { .kind = FILE_PREVIEW, .codecs = "" };
	enum refuse refused = REFUSE_NONE;
	enum media_end end;
	off_t size;
	int in = out != NULL ? open_clip(w, w->job->ref_id) : -1;
	enum err e;

	if (in < 0)
		return E_DISK;
	limits.wall_s = limits.wall_s < WALL_S ? limits.wall_s : WALL_S;
	e = work_renew(w, limits.wall_s * 1000);
	end = e == E_OK ? media_preview(in, out->fd, &limits, &refused) : MEDIA_STOPPED;
	close(in);
	if (end == MEDIA_REFUSED) {
		log_info("content %lld has no preview: %s", (long long)w->job->ref_id, refuse_code(refused));
		e = preview_end(w->c, w->job->ref_id, NULL);
	} else if (end == MEDIA_OK) {
		size = lseek(out->fd, 0, SEEK_END);
		file.path = out->path;
		file.size_bytes = size;
		e = work_keep(w, out);
		if (e == E_OK)
			e = preview_end(w->c, w->job->ref_id, &file);
	} else {
		return failed(w, end);
	}
	w->gone = e == E_NO_ROW;
	return e;
}
