/* counter.h - the counters of users and videos: changed in the transaction of the row that they
 * count, spread over lanes where many write at once, read as the sum over the lanes. */
#ifndef MODEL_COUNTER_H
#define MODEL_COUNTER_H

#include "model/call.h"

/* Of a user: likes received, favorites (likes given), follows, followers, works; of a clip: likes,
 * comments, views, shares, stars; of a comment: likes, comments (its replies). */
#define COUNTER_TABLE(M)                                                                           \
	M(likes) M(comments) M(favorites) M(follows) M(followers) M(works) M(views) M(shares) M(stars)

struct counters {
#define M(name) int64_t name;
	COUNTER_TABLE(M)
#undef M
};

/* The same as one of a known length, in the order of the table. */
#define COUNTERS ((int)(sizeof(struct counters) / sizeof(int64_t)))

/* A change for one owner, a user or a video. */
struct counter_delta {
	int64_t owner_id;
	struct counters by;
};

#define COUNTER_DELTAS 3

/* A transaction that changes counters.  The caller fills c, deltas and n. */
struct counted_write {
	struct call *c;
	struct counter_delta deltas[COUNTER_DELTAS];
	size_t n;
	unsigned lanes[COUNTER_DELTAS]; /* set by counted_write() */
};

/* Runs fn(arg) as rows_write() does, with a lane held for each owner until it has ended.  fn
 * calls counted_apply() when its own row has really changed. */
enum err counted_write(struct counted_write *w, const struct row_ref *refs, size_t refs_n,
    enum err (*fn)(void *arg), void *arg) CHECKED;

/* In fn: adds all deltas in one statement, in order of id, so that two writers never wait for
 * each other in a circle. */
enum err counted_apply(struct counted_write *w) CHECKED;

#endif
