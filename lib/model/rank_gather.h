/* rank_gather.h - the candidates for a person: which of the prepared lists are asked for, and what each of them
 * puts into the pool.  Without a database: the programs look into cached rows, the simulator
 * (tests/bench/simulate.c) into its own memory, by the same functions. */
#ifndef MODEL_RANK_GATHER_H
#define MODEL_RANK_GATHER_H

#include "base/err.h"
#include "model/near.h"
#include "model/rank.h"

/* Cards in an order. */
struct rank_list {
	const struct rank_card *v;
	size_t n;
};

/* A clip's neighbours, the most similar first. */
struct rank_one {
	struct rank_card card;
	double similarity;
};
struct rank_nears {
	const struct rank_one *v;
	size_t n;
};

struct rank_author {
	struct rank_list works;      /* the newest first */
	const struct near_one *near; /* authors that the same people like */
	size_t near_n;
};

/* Where the prepared lists are; what there is none of has n = 0.  What is handed out lives as long as
 * the pool is used. */
struct rank_shelf {
	enum err (*authors)(void *ctx, const int64_t *ids, size_t n, struct rank_author *out);
	/* Neighbours of clips, and the best clips of tags. */
	enum err (*around)(void *ctx, const int64_t *clips, size_t clips_n, struct rank_nears *near,
	    const int64_t *tags, size_t tags_n, struct rank_list *tagged);
	void *ctx;
};

struct rank_person {
	const struct rank_seed *seeds; /* what he did, the newest first */
	const int64_t *follows;        /* RANK_AUTHORS at most, newest first */
	size_t seeds_n, follows_n;

	/* rank_know() */
	struct rank_tastes tastes;
	struct rank_author liked[RANK_AUTHORS]; /* the first of tastes.authors */
	size_t liked_n;
};

/* Fills in what follows from the seeds. */
enum err rank_know(const struct rank_shelf *s, struct rank_person *p) CHECKED;

/* Adds all candidates for him. */
enum err rank_gather(const struct rank_shelf *s, const struct rank_person *p, struct rank_list hot,
    struct rank_list fresh, struct rank_pool *pool) CHECKED;

/* Adds all cards of a list. */
void rank_add_list(struct rank_pool *p, struct rank_list l, enum rank_source source);

#endif
