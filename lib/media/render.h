/* render.h - what is made of a stranger's file, inside the cell: works for cell_run().
 *
 * Each reads the file in, writes to those of outs that are not -1, and fills a struct look. */
#ifndef MEDIA_RENDER_H
#define MEDIA_RENDER_H

#include "media/media.h"

#include <stdarg.h>

/* arg: the struct media_order (its recipe NULL: the covers alone).  outs: its pictures, and from
 * MEDIA_PICTURES_MAX on its rungs. */
void render_clip(
    int in, const int *outs, const struct media_limits *limits, const void *arg, void *reply);

/* arg: a struct still.  outs: its pictures. */
struct still {
	const struct media_picture *pictures;
	size_t n;
};
void render_still(
    int in, const int *outs, const struct media_limits *limits, const void *arg, void *reply);

/* outs[0]: the animation. */
void render_preview(
    int in, const int *outs, const struct media_limits *limits, const void *arg, void *reply);

/* arg: what the playlist calls the file.  outs[0]: the file, outs[1]: the playlist. */
void render_hls(
    int in, const int *outs, const struct media_limits *limits, const void *arg, void *reply);

/* For av_log_set_callback(): a stranger's file has nothing to say. */
void render_say_nothing(void *context, int level, const char *fmt, va_list args);

#endif
