/* counter.c - counters over lanes.  Invariant: the sum over an owner's lanes is the number of the
 * rows that it counts, at every commit. */
#include "model/counter.h"

#include <assert.h>
#include <stdlib.h>

#define COLUMNS                                                                                    \
	"INSERT INTO counters (owner_id, lane, likes, comments, favorites, follows, followers, "    \
	"works, views, shares, stars)"
#define ONE "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define TYPES "iiiiiiiiiii"
#define VALUES (2 + COUNTERS)
#define ADD                                                                                        \
	" ON DUPLICATE KEY UPDATE likes = likes + VALUES(likes), comments = comments + "           \
	"VALUES(comments), favorites = favorites + VALUES(favorites), follows = follows + "        \
	"VALUES(follows), followers = followers + VALUES(followers), works = works + VALUES(works), " \
	"views = views + VALUES(views), shares = shares + VALUES(shares), stars = stars + "        \
	"VALUES(stars)"

SQL(counter_add_1, COLUMNS " VALUES " ONE ADD, TYPES, "");
SQL(counter_add_2, COLUMNS " VALUES " ONE ", " ONE ADD, TYPES TYPES, "");
SQL(counter_add_3, COLUMNS " VALUES " ONE ", " ONE ", " ONE ADD, TYPES TYPES TYPES, "");

static int
by_owner(const void *a, const void *b)
{
	const struct counter_delta *x = a, *y = b;

	return (x->owner_id > y->owner_id) - (x->owner_id < y->owner_id);
}

/* Sorts, and makes one of two deltas for the same owner (who likes his own clip). */
static size_t
normalise(struct counter_delta *d, size_t n)
{
	size_t out = 0;

	qsort(d, n, sizeof(*d), by_owner);
	for (size_t i = 0; i < n; i++) {
		if (out > 0 && d[out - 1].owner_id == d[i].owner_id) {
			struct counters *to = &d[out - 1].by;

#define M(name) to->name += d[i].by.name;
			COUNTER_TABLE(M)
#undef M
		} else {
			d[out++] = d[i];
		}
	}
	return out;
}

enum err
counted_apply(struct counted_write *w)
{
	static const struct sql *const add[] = { NULL, &counter_add_1, &counter_add_2, &counter_add_3 };
	struct val v[COUNTER_DELTAS * VALUES];
	size_t k = 0;

	for (size_t i = 0; i < w->n; i++) {
		const struct counters *by = &w->deltas[i].by;

		v[k++] = I(w->deltas[i].owner_id);
		v[k++] = I(w->lanes[i]);
#define M(name) v[k++] = I(by->name);
		COUNTER_TABLE(M)
#undef M
	}
	return w->n ? db_exec(w->c->db, add[w->n], v, NULL) : E_OK;
}

enum err
counted_write(struct counted_write *w, const struct row_ref *refs, size_t refs_n,
    enum err (*fn)(void *arg), void *arg)
{
	enum err e;

	assert(w->n <= COUNTER_DELTAS);
	w->n = normalise(w->deltas, w->n);
	for (size_t i = 0; i < w->n; i++)
		w->lanes[i] = shm_lane_take(w->c->shm, w->deltas[i].owner_id);
	e = rows_write(w->c->rows, refs, refs_n, fn, arg);
	for (size_t i = 0; i < w->n; i++)
		shm_lane_give(w->c->shm, w->deltas[i].owner_id, w->lanes[i]);
	return e;
}
