/* star.h - stars (bookmarks) and shares of clips, and the counts that a clip has. */
#ifndef MODEL_STAR_H
#define MODEL_STAR_H

#include "model/call.h"
#include "model/video.h"

#define STAR_LIST_MAX 100
#define SHARE_TARGET_MAX 64 /* characters */

/* The viewer stars the clip (on) or no longer does.  E_VIDEO_UNKNOWN; E_ALREADY and E_NOT_YET when
 * nothing had to change. */
enum err star_set(struct call *c, int64_t video_id, bool on) CHECKED;

/* What the viewer has starred, newest star first (p->a, p->b: time of the star, id). */
enum err star_videos(struct call *c, const struct page *p, struct video_list *out) CHECKED;

/* The clip was shared, to target ("" where it is not told).  Whoever it is (a user, or else an
 * address) counts once in an hour for a clip; more often is no error.  E_VIDEO_UNKNOWN. */
enum err share_add(struct call *c, int64_t video_id, const char *target) CHECKED;

/* struct video: what its row counts. */
extern const struct shape video_counts_shape;

/* Whether the viewer likes and stars a clip. */
struct video_mark {
	int64_t video_id;
};
extern const struct shape video_mark_shape;

/* Removes stars and shares of a clip that goes.  May be repeated. */
enum err star_purge(struct call *c, int64_t video_id) CHECKED;

#endif
