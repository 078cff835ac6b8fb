/* rank_taste.h - private to rank.c and rank_taste.c: tables of shares. */
#ifndef MODEL_RANK_TASTE_H
#define MODEL_RANK_TASTE_H

#include "model/rank.h"

/* Adds to the share of an id in a list of n, at most `most`; what comes when it is full is dropped. */
void rank_taste_add(struct rank_taste *t, size_t *n, size_t most, int64_t id, float weight);

/* Where an id stands in a table found by hash, or would: slots is a power of two, and some are free. */
size_t rank_slot_of(const struct rank_taste *table, size_t slots, int64_t id);

#endif
