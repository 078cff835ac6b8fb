/* shm.h - the memory that all programs of one host share: a mapped file of atomics, no locks.
 *
 * Nothing in it must survive: losing it costs speed and a few seconds of rate limits.  A killed
 * process can leave it in no state that harms. */
#ifndef STORE_SHM_H
#define STORE_SHM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define SHM_VERSIONS (1 << 18) /* 5,000 writes a second touch each about every 13 s */
#define SHM_LANES 65536
#define SHM_LIMITS 65536
#define SHM_FACTS 65536

/* Events counted for the whole host since the file was made. */
#define SHM_METRIC_TABLE(M)                                                                        \
	M(requests) M(errors) M(cache_hits) M(cache_misses) M(cache_skipped) M(cache_timeouts)      \
	M(db_reconnects) M(db_retries) M(rate_limited)

enum shm_metric {
#define M(name) SHM_##name,
	SHM_METRIC_TABLE(M)
#undef M
	    SHM_METRIC_COUNT
};

/* A fact that never changes: what stands to key.  check is key ^ value, so that a reader who
 * comes between two writers knows it. */
struct shm_fact {
	_Atomic int64_t key, value, check;
};

struct shm {
	_Atomic uint64_t magic;                      /* layout version: another one is made anew */
	uint64_t instance;                           /* random: this file and no other, see rows.c */
	_Atomic uint64_t id_word;                    /* see id_next() */
	_Atomic int64_t last_publish_ms;             /* see shm_unique_ms() */
	_Atomic uint64_t metrics[SHM_METRIC_COUNT];
	_Atomic uint64_t versions[SHM_VERSIONS];     /* of rows, by hash of class and id; see shm.c */
	_Atomic uint32_t lanes[SHM_LANES];           /* see shm_lane_take() */
	_Atomic uint64_t limits[SHM_LIMITS];         /* see limit.h */
	struct shm_fact facts[SHM_FACTS];            /* see shm_recall() */
};

/* Maps the file, making it (mode 0660) where it is missing or of another layout.  NULL with errno
 * set where that fails.  A new file starts its ids one second ahead of the clock. */
struct shm *shm_open_file(const char *path);
void shm_close(struct shm *s);

/* The version of a row.  A copy in process memory is good as long as the version is what it was
 * *before* the row was fetched.  Two rows may share a version: then one is fetched again for
 * nothing. */
uint32_t shm_version(const struct shm *s, char klass, int64_t id);
void shm_version_bump(struct shm *s, char klass, int64_t id);

/* Around a transaction that changes the row: both bump the version.  In between the row is held:
 * what a reader gets may be old or new, and he keeps it nowhere.  A writer that is killed in
 * between leaves a hold that ends SHM_HOLD_S seconds after the last one began; a transaction
 * never lasts so long. */
#define SHM_HOLD_S 60
void shm_hold(struct shm *s, char klass, int64_t id, int64_t now_ms);
void shm_release(struct shm *s, char klass, int64_t id);
bool shm_held(struct shm *s, char klass, int64_t id, int64_t now_ms);

/* A millisecond not given out before on this host: max(now_ms, last + 1). */
int64_t shm_unique_ms(_Atomic int64_t *last, int64_t now_ms);

/* Lanes spread a hot counter: each writer under way on this host for the same owner gets another
 * lane, 0..31, the lowest free one, so that a cold owner has one counter row and a hot one as
 * many as it needs.  Where all are taken (or leaked by killed writers) it is 31, and giving that
 * one back frees them all, so that leaks heal.  Correctness never depends on it. */
unsigned shm_lane_take(struct shm *s, int64_t owner_id);
void shm_lane_give(struct shm *s, int64_t owner_id, unsigned lane);

/* The value of a key that never has another one (the author of a clip), 0 where it was forgotten
 * or never told.  Keys and values are ids. */
int64_t shm_recall(const struct shm *s, int64_t key);
void shm_remember(struct shm *s, int64_t key, int64_t value);

void shm_count(struct shm *s, enum shm_metric m, uint64_t n);

#endif
