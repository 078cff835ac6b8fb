/* limit.c - see limit.h.
 *
 * A cell is one word: a tag of the key (24 bits) and the theoretical arrival time of GCRA (40 bits
 * of ms since ID_EPOCH_MS, until 2058).  A cell whose time has passed says nothing any more and is
 * free, so nobody cleans up.  The invariant: doubt lets pass. */
#include "store/limit.h"

#include <stddef.h>

#include "base/id.h"
#include "base/text.h"

#define TIME_BITS 40
#define TIME_MAX ((INT64_C(1) << TIME_BITS) - 1)
#define PROBES 4
#define SPAN_MAX (INT64_C(1) << 38)
#define TRIES 64

static int64_t
cell_time(uint64_t cell)
{
	return (int64_t)(cell & (uint64_t)TIME_MAX);
}

/* The key's own cell, else a free one, else the one that is free soonest. */
static _Atomic uint64_t *
find(struct shm *s, uint64_t hash, uint64_t tag, uint64_t *seen)
{
	_Atomic uint64_t *best = NULL;

	for (size_t i = 0; i < PROBES; i++) {
		_Atomic uint64_t *at = &s->limits[(hash + i) % SHM_LIMITS];
		uint64_t cell = atomic_load(at);

		if (cell >> TIME_BITS == tag) {
			*seen = cell;
			return at;
		}
		if (best == NULL || cell_time(cell) < cell_time(*seen)) {
			best = at;
			*seen = cell;
		}
	}
	return best;
}

int64_t
limit_take(struct shm *s, uint64_t key, int64_t now_ms, int64_t interval_ms, int64_t burst)
{
	uint64_t hash = hash_id((int64_t)key), tag = hash >> TIME_BITS;
	int64_t now = now_ms - ID_EPOCH_MS, span;

	if (interval_ms <= 0)
		return 0;
	if (tag == 0)
		tag = 1;
	if (burst < 1)
		burst = 1;
	if (now < 1)
		now = 1;
	if (__builtin_mul_overflow(interval_ms, burst, &span) || span > SPAN_MAX) {
		span = SPAN_MAX;
		if (interval_ms > span)
			interval_ms = span;
	}
	for (int try = 0; try < TRIES; try++) {
		uint64_t seen, next;
		_Atomic uint64_t *at = find(s, hash, tag, &seen);
		int64_t when = seen >> TIME_BITS == tag ? cell_time(seen) : 0;

		if (when < now)
			when = now;
		/* Further ahead than this limit ever goes: the clock was set back, or the limit was
		 * lowered. */
		if (when > now + span)
			when = now + span;
		if (when + interval_ms > now + span)
			return when + interval_ms - now - span;
		next = tag << TIME_BITS | (uint64_t)((when + interval_ms) & TIME_MAX);
		if (atomic_compare_exchange_strong(at, &seen, next))
			return 0;
	}
	return 0;
}
