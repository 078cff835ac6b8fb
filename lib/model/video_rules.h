/* video_rules.h - private to the video_*.c files: what follows from what in a clip's row. */
#ifndef MODEL_VIDEO_RULES_H
#define MODEL_VIDEO_RULES_H

#include "model/video.h"

/* Whether others may see a clip of this state that is neither hidden nor deleted.  original_path is
 * "" as long as play_path is what came. */
bool video_visible(const struct call *c, int64_t state, const char *play_path, const char *original_path);

#endif
