/* recommend_fold.h - the work ahead of recommendations: what people did, folded into what they are shown.
 *
 * One run takes in what happened since the last one.  Any number may be started, on any host: a lease
 * lets one work, the others do nothing.  It may be broken off anywhere and repeated: nothing is lost
 * and nothing counted twice.  How: events older than FOLD_LATE_MS, of which no more can come, are
 * added to the base numbers of their clips in one transaction with the mark that says up to when; what
 * is younger is counted anew from the rows in each run and added to what is shown, not to the base. */
#ifndef MODEL_RECOMMEND_FOLD_H
#define MODEL_RECOMMEND_FOLD_H

#include "model/call.h"
#include "model/near.h"

/* A play may be reported an hour late (VIEW_LATE_MS); the rest is for transactions under way and
 * clocks that differ. */
#define FOLD_LATE_MS (INT64_C(65) * 60000)

struct fold_report {
	bool busy;          /* another run was at work: nothing was done */
	size_t clips;       /* whose numbers changed */
	size_t near_clips, near_authors; /* whose neighbours were looked for */
	size_t events;      /* of which neighbours were made */
	size_t hot, fresh, people; /* lengths of the lists */
};

/* One run.  near: look for neighbours now, also when it is not yet time. */
enum err fold_run(struct call *c, bool near, struct fold_report *out) CHECKED;

/* recommend_fold_near.c: neighbours of the clips and authors that were liked or watched since the run before; all
 * of them where since_ms is 0. */
enum err fold_near(struct call *c, int64_t since_ms, struct fold_report *out) CHECKED;

/* Keeps the lease; E_NO_ROW: it was lost, end the run. */
enum err fold_renew(struct call *c) CHECKED;

#endif
