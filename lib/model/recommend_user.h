/* recommend_user.h - what one user did lately, read in one statement; for lib/model/recommend*.c
 * only. */
#ifndef MODEL_RECOMMEND_USER_H
#define MODEL_RECOMMEND_USER_H

#include "model/recommend_rows.h"

#define EVENTS_MAX 344

struct recommend_event {
	int64_t video_id, at_ms;
	enum rank_event what;
};

struct recommend_user {
	int64_t id;
	struct recommend_event events[EVENTS_MAX]; /* newest first, each clip once */
	int64_t follows[RANK_AUTHORS];             /* newest first */
	int64_t dismissed_authors[64];
	size_t events_n, dismissed_n;
	bool whole; /* these are all likes, stars, plays and dismissals that he has */
	const char *served; /* as in recommend_users */
	size_t served_bytes;
	struct rank_person who; /* his follows; the rest by recommend_user_tastes() */
};

/* E_OK also for a user who did nothing yet. */
enum err recommend_user_load(struct call *c, int64_t user_id, struct recommend_user **out) CHECKED;

/* The prepared lists as cached rows. */
struct rank_shelf recommend_shelf(struct call *c);

/* Fills in what follows from the events, out of cached rows; at_ms: how long ago they were then counts. */
enum err recommend_user_tastes(struct call *c, struct recommend_user *u, int64_t at_ms) CHECKED;

/* Keeps what he was shown within recommend_again, what he did and what he dismissed out of the pool. */
void recommend_user_skips(struct call *c, const struct recommend_user *u, struct rank_pool *p);

/* Remembers that he was shown these clips.  *stored is false, and nothing changed, where another request has
 * shown him some since u was loaded; anyhow: also then. */
enum err recommend_user_served(struct call *c, const struct recommend_user *u, const int64_t *ids, size_t n,
    bool anyhow, bool *stored) CHECKED;

/* recommend_page.c: removes from picks what he watched (within recommend_again), likes, starred or
 * dismissed, however long ago; the order stays.  Fetches the rows of the clips and their authors, too,
 * so that they are at hand.  n is at most 512. */
enum err recommend_user_unseen(struct call *c, const struct recommend_user *u,
    const struct rank_pick **picks, size_t *n) CHECKED;

#endif
