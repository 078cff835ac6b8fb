/* video_rules.h - private to the video_*.c files: what follows from what in a clip's row, and who sees it. */
#ifndef MODEL_VIDEO_RULES_H
#define MODEL_VIDEO_RULES_H

#include "model/video.h"

/* Whether others may see a clip of this state that is neither hidden nor deleted.  original_path is
 * "" as long as play_path is what came. */
bool video_visible(const struct call *c, int64_t state, const char *play_path, const char *original_path);

/* In a transaction: what such a clip's `visible` is.  Holds the account as it is. */
enum err video_account_visible(struct call *c, int64_t author_id, int64_t *visible) CHECKED;

/* Which clips a list takes: those that may be seen, one's own in any state, those that may be shown
 * unasked, or those of the feed of everybody: there is none of a private account in it. */
enum video_taken { VIDEO_SEEN, VIDEO_OWN, VIDEO_UNASKED, VIDEO_FOR_ALL };

/* The clips of ids in their order, with authors and marks, into out->rows; the rest of out is the caller's. */
enum err video_items(struct call *c, const int64_t *ids, size_t n, enum video_taken taken,
    struct video_list *out) CHECKED;

#endif
