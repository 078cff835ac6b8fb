/* render.c - one clip through media_render() as the worker does it: two rungs, a cover, no copy.
 *
 *     render CLIP DIR THREADS    writes 0.mp4, 1.mp4 and cover.jpg below DIR
 *
 * For tests/bench/media, which compares its CPU time with that of the ffmpeg command. */
#include "media/media.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

static int
fresh(const char *dir, const char *name)
{
	char path[1024];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
}

int
main(int argc, char **argv)
{
	static const struct media_rung rungs[] = { { 720, 2500, 26 }, { 480, 1200, 28 } };
	struct media_recipe recipe = {
		.rungs = rungs, .rungs_n = 2, .preset = "veryfast", .copy_max_kbps = 1
	};
	struct media_limits limits = { .memory_bytes = INT64_C(1) << 30,
		.cpu_s = 3600,
		.wall_s = 3600,
		.output_bytes = INT64_C(1) << 30 };
	struct media_picture cover = { .kind = MEDIA_JPEG, .short_edge = 720 };
	struct media_output outs[MEDIA_RUNGS_MAX];
	struct media_info info;
	enum refuse why;
	size_t outs_n;
	int fds[2];

	if (argc != 4) {
		fputs("usage: render CLIP DIR THREADS\n", stderr);
		return 2;
	}
	limits.threads = (int)strtol(argv[3], NULL, 10);
	fds[0] = fresh(argv[2], "0.mp4");
	fds[1] = fresh(argv[2], "1.mp4");
	cover.fd = fresh(argv[2], "cover.jpg");
	struct media_order order = { .in_fd = open(argv[1], O_RDONLY | O_CLOEXEC),
		.out_fds = fds,
		.pictures = &cover,
		.pictures_n = 1,
		.cover_at_ms = -1,
		.limits = &limits,
		.recipe = &recipe };
	if (media_render(&order, &info, outs, &outs_n, &why) != MEDIA_OK || outs_n != 2) {
		fprintf(stderr, "render: %s: %s\n", argv[1], refuse_code(why));
		return 1;
	}
	return 0;
}
