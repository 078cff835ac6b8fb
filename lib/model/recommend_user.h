/* recommend_user.h - what one user did lately, read in one statement; for lib/model/recommend*.c
 * only. */
#ifndef MODEL_RECOMMEND_USER_H
#define MODEL_RECOMMEND_USER_H

#include "model/recommend_rows.h"

#define EVENTS_MAX 280

struct recommend_event {
	int64_t video_id, at_ms;
	enum rank_event what;
};

struct recommend_user {
	int64_t id;
	struct recommend_event events[EVENTS_MAX]; /* newest first, each clip once */
	int64_t follows[RANK_AUTHORS];             /* newest first */
	int64_t dismissed_authors[64];
	size_t events_n, follows_n, dismissed_n;
	bool whole; /* these are all likes, plays and dismissals that he has */
	const char *served; /* as in recommend_users */
	size_t served_bytes;

	/* recommend_user_tastes() */
	struct rank_seed seeds[EVENTS_MAX];
	size_t seeds_n;
	struct rank_tastes tastes;
	const struct recommend_author *liked[RANK_AUTHORS];
	size_t liked_n;
};

/* E_OK also for a user who did nothing yet. */
enum err recommend_user_load(struct call *c, int64_t user_id, struct recommend_user **out) CHECKED;

/* Fills in what follows from the events, out of cached rows. */
enum err recommend_user_tastes(struct call *c, struct recommend_user *u) CHECKED;

/* Keeps what he was shown within recommend_again, what he did and what he dismissed out of the pool. */
void recommend_user_skips(struct call *c, const struct recommend_user *u, struct rank_pool *p);

/* Remembers that he was shown these clips. */
enum err recommend_user_served(struct call *c, int64_t user_id, const int64_t *ids, size_t n) CHECKED;

/* recommend_page.c: removes from picks what he watched (within recommend_again), likes, starred or
 * dismissed, however long ago; the order stays.  Fetches the rows of the clips and their authors, too,
 * so that they are at hand.  n is at most 512. */
enum err recommend_user_unseen(struct call *c, const struct recommend_user *u,
    const struct rank_pick **picks, size_t *n) CHECKED;

#endif
