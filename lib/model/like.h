/* like.h - likes. */
#ifndef MODEL_LIKE_H
#define MODEL_LIKE_H

#include "model/call.h"

/* The viewer likes the clip (on) or no longer does.  E_VIDEO_UNKNOWN; E_ALREADY and E_NOT_YET
 * when nothing had to change. */
enum err like_set(struct call *c, int64_t video_id, bool on) CHECKED;

#endif
