/* cache.h - private to lib/store: memcached for rows.c, with a breaker.
 *
 * All writes are sent without asking for an answer, so that many cost one system call and no
 * wait.  What must not depend on their arrival is rows.c's affair. */
#ifndef STORE_CACHE_H
#define STORE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"
#include "store/shm.h"

#define CACHE_KEYS 1024

struct cache_key {
	char klass;
	int64_t id;
};

/* Gets what was found: value p[0..n), valid during the call. */
typedef void cache_found(void *arg, struct cache_key key, const void *p, size_t n, uint64_t cas);

/* NULL where no server is configured, or the list cannot be read (logged). */
struct cache *cache_new(const struct conf *conf, struct shm *shm);
void cache_free(struct cache *c);

/* Whether to try at all: false (and counted) while the breaker is open. */
bool cache_ready(struct cache *c);

/* Fetches at most CACHE_KEYS keys.  false: some server did not answer in time or at all. */
bool cache_get(struct cache *c, const struct cache_key *keys, size_t n, cache_found *found,
    void *arg);

/* Puts the same value under all keys; sent when this returns, but not waited for. */
void cache_mark(struct cache *c, const struct cache_key *keys, size_t n, const void *value,
    size_t size, int64_t ttl_s);

/* Puts a value where nothing is (cas 0), or where still that is which had this cas. */
void cache_fill(struct cache *c, struct cache_key key, const void *value, size_t size, uint64_t cas,
    int64_t ttl_s);

/* Sends the fills. */
void cache_flush(struct cache *c);

/* Whether all servers answer, whatever the breaker thinks. */
bool cache_alive(struct cache *c);

#endif
