/* render.h - what is made of a stranger's file, inside the cell: works for cell_run().
 *
 * Each reads the file in, writes to those of outs that are not -1, and fills a struct look. */
#ifndef MEDIA_RENDER_H
#define MEDIA_RENDER_H

#include "media/media.h"

/* arg: the struct media_order (its recipe NULL: the covers alone).  outs: its pictures, and from
 * MEDIA_PICTURES_MAX on its rungs. */
void render_clip(
    int in, const int *outs, const struct media_limits *limits, const void *arg, void *reply);

#endif
