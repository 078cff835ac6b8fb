/* jobs.h - the job queue: a MariaDB table, a claim of one UPDATE, a lease, a cap on attempts.
 *
 * A job is claimed by whoever comes first; a worker that dies loses its lease and another takes
 * over, so work must be idempotent (write to a temporary name, rename).  After JOB_ATTEMPTS
 * failures a job is dead: it stays in the table for `doufu doctor` and `doufu jobs`. */
#ifndef STORE_JOBS_H
#define STORE_JOBS_H

#include "base/arena.h"
#include "base/err.h"
#include "store/db.h"

#define JOB_ATTEMPTS 5

enum job_kind { JOB_COVER = 1, JOB_DELETE = 2, JOB_CLEANUP = 3,
	JOB_ACCOUNT = 11, JOB_EXPORT = 12, JOB_LEAVE = 13 }; /* ref_id: a user id */

struct job {
	int64_t id, ref_id;
	enum job_kind kind;
	int attempts;      /* this one included */
	char token[33];    /* of the lease */
};

/* Adds a job; call it in the transaction that makes its work necessary.  ref_id: a video id. */
enum err jobs_add(struct db *db, int64_t id, enum job_kind kind, int64_t ref_id, int64_t run_at_ms) CHECKED;

/* Claims the job that is due longest for lease_ms.  *found is 0 where none is due. */
enum err jobs_claim(struct db *db, struct arena *a, int64_t now_ms, int64_t lease_ms,
    struct job *out, int *found) CHECKED;

/* Renews the lease; E_NO_ROW: it was lost, give up the work. */
enum err jobs_renew(struct db *db, const struct job *j, int64_t until_ms) CHECKED;

/* Done: deletes the job.  E_NO_ROW: the lease was lost meanwhile. */
enum err jobs_done(struct db *db, const struct job *j) CHECKED;

/* Failed: again after a pause that doubles (10 s, 20 s, ... 1 h), or dead at the cap. */
enum err jobs_fail(struct db *db, const struct job *j, int64_t now_ms, const char *why) CHECKED;

/* ms until the next job is due (0: now), or -1 where there is none. */
enum err jobs_next_due(struct db *db, struct arena *a, int64_t now_ms, int64_t *wait_ms) CHECKED;

/* Wakes the worker by an empty datagram; nobody listening is no error. */
void jobs_nudge(const char *socket_path);

#endif
