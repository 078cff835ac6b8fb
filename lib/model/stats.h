/* stats.h - what can be counted about a user, a clip, or the platform. */
#ifndef MODEL_STATS_H
#define MODEL_STATS_H

#include "model/call.h"

struct user_stats {
	int64_t user_id, videos, likes, comments, follows, followers, friends;
};
extern const struct shape user_stats_shape;

/* likes and comments: received on his visible clips; comments of those whom the viewer does not see are
 * not counted.  E_USER_UNKNOWN. */
enum err stats_of_user(struct call *c, int64_t user_id, struct user_stats *out) CHECKED;

struct video_stats {
	int64_t video_id, views, likes, comments, shares;
};
extern const struct shape video_stats_shape;

/* As they are in the database now.  E_VIDEO_UNKNOWN: none that others may see. */
enum err stats_of_video(struct call *c, int64_t video_id, struct video_stats *out) CHECKED;

/* Visible clips of a user (E_USER_UNKNOWN), or of all that are for everybody (user_id 0): that number may be cache_ttl
 * old. */
enum err stats_video_count(struct call *c, int64_t user_id, int64_t *out) CHECKED;

#endif
