/* look.h - what happens inside the cell: one clip is checked and its cover written. */
#ifndef MEDIA_LOOK_H
#define MEDIA_LOOK_H

#include "media/media.h"

#define LOOK_LONGEST_MS 3600000
/* 8192 pixels, each up to ten times as wide as high. */
#define LOOK_WIDEST 81920

/* The answer that leaves the cell: plain bytes, believed by nobody. */
struct look {
	enum media_end end;
	enum refuse why;
	int error; /* MEDIA_FAILED: errno */
	struct media_info info;
};

/* For cell_run(): reads the clip in descriptor in, writes the cover to out, fills a struct look. */
void look_at_clip(int in, int out, const struct media_limits *limits, void *reply);

#endif
