/* near.h - which clips are liked by the same people: item-to-item neighbours, without a database.
 * The same serves for authors, who take the place of clips then.
 *
 * Out of events "this person liked that clip so much better or worse than people do" it finds, for a
 * clip, those that the same people liked: the cosine of these differences (adjusted cosine), shrunk
 * where few people speak for it.  So a clip that everybody likes is nobody's neighbour for that. */
#ifndef MODEL_NEAR_H
#define MODEL_NEAR_H

#include <stddef.h>
#include <stdint.h>

#define NEAR_MAX 50      /* neighbours of a clip */
#define NEAR_LIKED_MAX 256 /* newest events of one person that count */
#define NEAR_USERS_MAX 400 /* newest people of one clip that count */

struct near_event {
	int64_t user_id, video_id, at_ms;
	float value; /* above 0: liked better than expected */
};

struct near_one {
	int64_t video_id;
	float similarity; /* 0..1 */
};

struct near; /* opaque, of malloc'ed memory: about 32 bytes for each event */

/* Sorts the events in place and changes them: a pair of person and clip counts once, by the sum of
 * its values, which is cut off at -1 and 1. */
struct near *near_new(struct near_event *events, size_t n);
void near_free(struct near *m);

/* The clips that occur. */
size_t near_clips(const struct near *m);
int64_t near_clip(const struct near *m, size_t i);

/* When clip i was last liked, ms. */
int64_t near_touched_ms(const struct near *m, size_t i);

/* The neighbours of clip i, the most similar first; returns how many.  Every neighbour was watched by
 * at least two of the people. */
size_t near_of(struct near *m, size_t i, struct near_one out[NEAR_MAX]);

#endif
