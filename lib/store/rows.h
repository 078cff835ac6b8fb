/* rows.h - hot rows, read through: process memory, then memcached, then SQL.
 *
 * MariaDB is the truth.  memcached holds packed rows under <prefix><class>:<id>; a small table in
 * process memory stands before it.  The rules that keep them honest:
 *
 *  - Writers go through rows_write(): it *holds* the rows in shared memory (which bumps their
 *    versions), runs the transaction, releases them (which bumps again), and *drops* their keys in
 *    memcached (a mark that may be replaced by compare-and-swap).  Where there are other hosts it
 *    holds the keys in memcached, too (a mark over which nobody may fill).  A writer that dies in
 *    between leaves holds that end by themselves after longer than a transaction can last.  After
 *    E_UNSURE the rows stay held, as the server might yet commit.
 *  - A reader that misses fills with cas over the mark that it saw, or with add over nothing, and
 *    not at all when it took longer than FILL_MS: so a slow reader can never put back an old row.
 *  - A row in memcached carries the host's instance and version with which it was filled.  A reader
 *    of the same host believes it only while that is the version: so here a lost mark, an
 *    ejected server that comes back or a late packet do no harm; other hosts rely on the marks.
 *  - A row in process memory is used while its version is what it was before the fetch, and for
 *    at most LOCAL_MS, or LOCAL_SHARED_MS where there are other hosts: they do not share versions.
 *    Rows of a `prepared` class, which no request changes, are kept longer.
 *  - Every entry has a TTL with jitter; unknown ids are kept as unknown for UNKNOWN_S.
 *
 * After two time-outs in a row memcached is skipped for a second; where it is gone, everything
 * still works. */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/err.h"
#include "store/db.h"
#include "store/shm.h"

#define HOLD_S 30
#define DROP_S 60
#define FILL_MS 5000
#define LOCAL_MS 5000      /* where this is the only host */
#define LOCAL_SHARED_MS 1000
#define PREPARED_LOCAL_MS 60000
#define PREPARED_S 600
#define UNKNOWN_S 30
#define ROW_MAX 65536

/* The head of every row struct.  A row is one piece of memory: the struct, then its strings and
 * its tail; rows_build() makes it so. */
struct row {
	int64_t id;
	uint64_t stamp; /* the same as long as the content is the same, in this process; 0: unknown */
	uint32_t size;  /* bytes of the whole piece */
	uint32_t tail_n; /* elements of the tail */
};

struct rows_loader; /* what a load function puts its rows into */

/* A class of rows: users, videos ... static, one for each. */
struct row_class {
	char key;                 /* its letter in cache keys and versions */
	uint8_t layout;           /* raise it when the struct changes */
	uint16_t local;           /* entries in process memory, a power of two */
	size_t size;              /* sizeof the struct */
	const uint16_t *strings;  /* offsetof of each const char * in it, ends with 0 */
	size_t tail_size;         /* size of a tail element, 0 for none; the tail begins at size,
	                           * rounded up to 8 */
	bool prepared; /* a job makes these, and nobody minds that they are PREPARED_S old; or
	                * cache_ttl, where that is longer */
	/* Loads ids[0..n) by SQL, calling rows_put() for each that exists.  ctx: from rows_get(). */
	enum err (*load)(void *ctx, const int64_t *ids, size_t n, struct rows_loader *into);
};

/* The store of one process: one for all classes.  cache servers come from conf. */
struct rows_store *rows_store_new(const struct conf *conf, struct shm *shm, struct db *db);
void rows_store_free(struct rows_store *s);

/* Fetches a batch.  out[i] is the row of ids[i], or NULL where there is none; the rows live as
 * long as the arena.  Ids may repeat.  n is at most 1024.
 * ctx goes to the load function. */
enum err rows_get(struct rows_store *s, struct arena *a, const struct row_class *k, void *ctx,
    const int64_t *ids, size_t n, const void **out) CHECKED;

/* Fetches rows of several classes (at most 4) in one trip to memcached; out as above.  What is missing is
 * loaded by the functions of the classes, or, where load is not NULL, all of it by one call of load,
 * which gets parts of the missing ids (n may be 0; out is nobody's) in the same order, and calls
 * rows_put_as().  All parts together have at most 1024 ids. */
struct rows_part {
	const struct row_class *k;
	const int64_t *ids;
	size_t n;
	const void **out;
};
enum err rows_get_parts(struct rows_store *s, struct arena *a, const struct rows_part *parts,
    size_t parts_n,
    enum err (*load)(void *ctx, const struct rows_part *missing, struct rows_loader *into),
    void *ctx) CHECKED;

/* In a load function: the row that was found.  tmpl: the struct with its strings anywhere, its
 * row.id set; tail: n elements (may be NULL). */
void rows_put(struct rows_loader *into, const void *tmpl, const void *tail, size_t tail_n);

/* The same for a row of that class, where there are several.  What nobody asked for is ignored. */
void rows_put_as(struct rows_loader *into, const struct row_class *k, const void *tmpl,
    const void *tail, size_t tail_n);

/* One row that a transaction changes. */
struct row_ref {
	const struct row_class *k;
	int64_t id;
};

/* Runs fn(arg) as db_transaction() does, keeping the cached copies of the rows honest. */
enum err rows_write(struct rows_store *s, const struct row_ref *refs, size_t n,
    enum err (*fn)(void *arg), void *arg) CHECKED;

/* Forgets rows now, for what changed outside rows_write() (recount, tests). */
void rows_drop(struct rows_store *s, const struct row_ref *refs, size_t n);

/* Whether memcached answers (doctor). */
bool rows_cache_alive(struct rows_store *s);

#endif
