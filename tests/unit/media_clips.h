/* media_clips.h - clips of their own for the tests of media: what is drawn and played in them, and
 * how their bytes are read, written and spoilt. */
#ifndef TESTS_MEDIA_CLIPS_H
#define TESTS_MEDIA_CLIPS_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media/clip.h"

/* The whole file, its size at *size; the caller frees it. */
__attribute__((unused)) static unsigned char *
slurp(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	unsigned char *p = malloc(64 << 20);

	*size = 0;
	if (f != NULL && p != NULL)
		*size = fread(p, 1, 64 << 20, f);
	if (f != NULL)
		fclose(f);
	return p;
}

__attribute__((unused)) static bool
spill(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	return f != NULL && fwrite(p, 1, n, f) == n && fclose(f) == 0;
}

/* White in the upper left corner, dark stripes elsewhere. */
__attribute__((unused)) static void
draw_corner(uint8_t *rgb, int w, int h, int frame, void *arg)
{
	(void)frame;
	(void)arg;
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++)
			memset(rgb + (y * w + x) * 3,
			    x < w / 2 && y < h / 2 ? 250 : 20 + (x / 4 + y / 4) % 8 * 6, 3);
}

__attribute__((unused)) static void
draw_noise(uint8_t *rgb, int w, int h, int frame, void *arg)
{
	unsigned seed = (unsigned)frame;

	(void)arg;
	for (int i = 0; i < w * h * 3; i++) {
		seed = seed * 1103515245u + 12345u;
		rgb[i] = (uint8_t)(seed >> 16);
	}
}

__attribute__((unused)) static void
play_tone(float *to, int n, int64_t from, void *arg)
{
	(void)arg;
	for (int i = 0; i < n; i++)
		to[i] = 0.3f * sinf((float)((from + i) % CLIP_RATE) * 440 * 6.2831853f / CLIP_RATE);
}

/* Overwrites what follows (skip bytes after) the first `tag` in the file. */
__attribute__((unused)) static bool
patch(const char *path, const char *tag, size_t skip, const void *with, size_t n)
{
	size_t size;
	unsigned char *p = slurp(path, &size), *at = memmem(p, size, tag, 4);
	bool ok = at != NULL && (size_t)(at - p) + skip + n <= size;

	if (ok)
		memcpy(at + skip, with, n);
	ok = ok && spill(path, p, size);
	free(p);
	return ok;
}

#endif
