/* render.h - what is made of a clip, inside the cell: the cover and the outputs. */
#ifndef MEDIA_RENDER_H
#define MEDIA_RENDER_H

#include "media/media.h"

/* For cell_run(): in is the clip, outs[0] the cover and outs[1..] the rungs (-1: not wanted), arg
 * the recipe (NULL: the cover alone); fills a struct look. */
void render_clip(
    int in, const int *outs, const struct media_limits *limits, const void *arg, void *reply);

#endif
