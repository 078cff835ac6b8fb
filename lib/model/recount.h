/* recount.h - every counter against the rows that it counts. */
#ifndef MODEL_RECOUNT_H
#define MODEL_RECOUNT_H

#include "model/call.h"

/* Called for each difference. */
typedef void recount_report(int64_t owner_id, const char *counter, int64_t stored, int64_t real);

/* Goes through all videos, comments and users, a thousand at a time.  A difference is looked at again with
 * the owner's counters locked, so that writers at work are no difference; with fix it is set
 * right.  *differences counts what was found. */
enum err recount(struct call *c, bool fix, recount_report *report, int64_t *differences) CHECKED;

#endif
