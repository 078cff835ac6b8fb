/* jobs.h - the job queue: a MariaDB table, a claim of one UPDATE, a lease, a cap on attempts.
 *
 * A job is claimed by whoever comes first; a worker that dies loses its lease and another takes
 * over, so work must be idempotent (write to a temporary name, rename).  After JOB_ATTEMPTS
 * failures a job is dead: it stays in the table for `doufu doctor` and `doufu jobs`. */
#ifndef STORE_JOBS_H
#define STORE_JOBS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "store/db.h"

#define JOB_ATTEMPTS 5

/* ref_id is a content for COVER (the first look: covers, the copy), RUNGS, CLEANUP, PREVIEW; a clip
 * for DELETE; a clip or a user for PICTURE. */
enum job_kind { JOB_COVER = 1, JOB_DELETE, JOB_CLEANUP, JOB_RUNGS, JOB_PREVIEW, JOB_PICTURE };

/* What takes minutes waits in a queue of its own, so that it does not hold up what takes moments. */
enum job_lane { LANE_QUICK, LANE_SLOW };

struct job {
	int64_t id, ref_id;
	enum job_kind kind;
	int attempts;      /* this one included */
	bool dead;         /* its workers died again and again: it was given up, tell whom it concerns */
	char token[33];    /* of the lease */
};

/* Adds a job; call it in the transaction that makes its work necessary.  ref_id: see above. */
enum err jobs_add(struct db *db, int64_t id, enum job_kind kind, int64_t ref_id, int64_t run_at_ms) CHECKED;

/* Who claims in this process: its tokens begin with these characters, so that whoever watches it can
 * give its jobs back when it died (jobs_give_back()).  "": nobody watches, and a lease must end. */
#define JOB_OWNER 12
void jobs_owner(const char *owner);

/* What a dead owner had claimed is due now.  E_OK also where it had nothing. */
enum err jobs_give_back(struct db *db, const char owner[JOB_OWNER + 1], int64_t now_ms) CHECKED;

/* Claims the job of the lane that is due longest for lease_ms.  *found is 0 where none is due. */
enum err jobs_claim(struct db *db, struct arena *a, enum job_lane lane, int64_t now_ms, int64_t lease_ms,
    struct job *out, int *found) CHECKED;

/* Renews the lease; E_NO_ROW: it was lost, give up the work. */
enum err jobs_renew(struct db *db, const struct job *j, int64_t until_ms) CHECKED;

/* Done: deletes the job.  E_NO_ROW: the lease was lost meanwhile. */
enum err jobs_done(struct db *db, const struct job *j) CHECKED;

/* Failed: again after a pause that doubles (10 s, 20 s, ... 1 h), or dead at the cap. */
enum err jobs_fail(struct db *db, const struct job *j, int64_t now_ms, const char *why) CHECKED;

/* Given back unfinished, through no fault of its own: it is due now. */
enum err jobs_release(struct db *db, const struct job *j, int64_t now_ms) CHECKED;

/* ms until the next job of the lane is due (0: now), or -1 where there is none. */
enum err jobs_next_due(struct db *db, struct arena *a, enum job_lane lane, int64_t now_ms,
    int64_t *wait_ms) CHECKED;

/* Wakes the worker by an empty datagram; nobody listening is no error. */
void jobs_nudge(const char *socket_path);

#endif
