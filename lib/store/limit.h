/* limit.h - rate limits: GCRA cells in shared memory (one atomic word each), per host. */
#ifndef STORE_LIMIT_H
#define STORE_LIMIT_H

#include "store/shm.h"

/* Takes one from the bucket of key (a hash of who and what): burst at once, then one every
 * interval_ms.  Returns 0 when it may pass, else how many ms to wait.  interval_ms 0: no limit.
 * Where the table is crowded, the cell that is free soonest is taken over: a limit may be
 * forgotten, never invented. */
int64_t limit_take(struct shm *s, uint64_t key, int64_t now_ms, int64_t interval_ms, int64_t burst);

#endif
