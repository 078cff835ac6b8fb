/* hls.c - a long clip's renditions as HLS: of each, one file of fragments with its playlist, by copy;
 * and one master playlist over them, the smallest first, which is where players begin. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "worker.h"

#define LIST_MAX (4 << 20)
#define RUNG_WALL_S 600

static int64_t
size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_size : 0;
}

/* The most bits a second of any segment, out of the playlist; 0: it cannot be read. */
static int64_t
peak_of(struct call *c, int fd)
{
	int64_t size = size_of(fd), peak = 0;
	char *text;
	double seconds = 0;

	if (size <= 0 || size > LIST_MAX)
		return 0;
	text = arena_alloc(c->mem, (size_t)size + 1);
	if (pread(fd, text, (size_t)size, 0) != size)
		return 0;
	text[size] = '\0';
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		if (strncmp(line, "#EXTINF:", 8) == 0) {
			seconds = strtod(line + 8, NULL);
		} else if (strncmp(line, "#EXT-X-BYTERANGE:", 17) == 0 && seconds > 0.1) {
			double bits = (double)strtoll(line + 17, NULL, 10) * 8 / seconds;

			peak = bits > (double)peak ? (int64_t)bits : peak;
			seconds = 0;
		}
	}
	return peak;
}

static void
add_file(struct video_facts *facts, enum file_kind kind, const struct media_file *of, int64_t bytes,
    const char *path)
{
	facts->files[facts->files_n++] = (struct media_file){ .kind = kind, .rung = of->rung,
		.width = of->width, .height = of->height, .size_bytes = bytes, .path = path, .codecs = "" };
}

/* The fragments and the playlist of one rendition, and its lines in the master. */
static enum err
add_rung(struct work *w, struct video_facts *facts, const struct media_file *of, struct buf *master)
{
	struct call *c = w->c;
	struct media_limits limits = work_limits(w);
	struct out *data = work_open(w, 'v', "m4s"), *list = work_open(w, 'v', "m3u8");
	enum refuse refused = REFUSE_NONE;
	int64_t bytes, list_bytes, peak;
	enum media_end end;
	enum err e;
	int in;

	if (data == NULL || list == NULL)
		return E_DISK;
	limits.wall_s = limits.wall_s < RUNG_WALL_S ? limits.wall_s : RUNG_WALL_S;
	e = work_renew(w, limits.wall_s * 1000);
	if (e != E_OK)
		return e;
	in = files_open(c->mem, c->conf, of->path);
	if (in < 0)
		return E_DISK;
	/* Both are two directories deep: v/ab/... */
	end = media_hls(in, data->fd, list->fd, arena_printf(c->mem, "../../%s", data->path), &limits,
	    &refused);
	close(in);
	if (end != MEDIA_OK) {
		w->why = arena_printf(c->mem, "HLS of %s: %s", of->path,
		    end == MEDIA_REFUSED ? refuse_code(refused) : strerror(errno));
		return E_INTERNAL;
	}
	bytes = size_of(data->fd);
	list_bytes = size_of(list->fd);
	peak = peak_of(c, list->fd);
	e = work_keep(w, data);
	if (e == E_OK)
		e = work_keep(w, list);
	if (e != E_OK)
		return e;
	add_file(facts, FILE_HLS, of, bytes, data->path);
	add_file(facts, FILE_PLAYLIST, of, list_bytes, list->path);
	if (peak < of->bitrate_kbps * 1000)
		peak = of->bitrate_kbps * 1000;
	buf_addf(master, "#EXT-X-STREAM-INF:BANDWIDTH=%lld,AVERAGE-BANDWIDTH=%lld,RESOLUTION=%lldx%lld",
	    (long long)peak, (long long)of->bitrate_kbps * 1000, (long long)of->width,
	    (long long)of->height);
	if (of->codecs[0] != '\0')
		buf_addf(master, ",CODECS=\"%s\"", of->codecs);
	buf_addf(master, "\n../../%s\n", list->path);
	return E_OK;
}

enum err
hls_add(struct work *w, struct video_facts *facts, const struct media_file *copied)
{
	struct media_file rungs[MEDIA_RUNGS_MAX + 1];
	struct out *master;
	size_t n = 0;
	struct buf text;
	enum err e = E_OK;

	if (copied != NULL)
		rungs[n++] = *copied;
	for (size_t i = 0; i < facts->files_n && n < MEDIA_RUNGS_MAX + 1; i++) {
		if (facts->files[i].kind == FILE_RENDITION)
			rungs[n++] = facts->files[i];
	}
	buf_init(&text, 65536);
	buf_adds(&text, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n");
	while (e == E_OK && n > 0)
		e = add_rung(w, facts, &rungs[--n], &text);
	master = e == E_OK ? work_open(w, 'v', "m3u8") : NULL;
	if (e == E_OK && (master == NULL || write(master->fd, text.p, text.len) != (ssize_t)text.len))
		e = E_DISK;
	if (e == E_OK)
		e = work_keep(w, master);
	if (e == E_OK)
		facts->files[facts->files_n++] = (struct media_file){ .kind = FILE_MASTER,
			.size_bytes = (int64_t)text.len, .path = master->path, .codecs = "" };
	buf_free(&text);
	return e;
}
