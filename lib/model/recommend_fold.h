/* recommend_fold.h - the work ahead of recommendations: what people did, folded into what they are shown.
 *
 * One run takes in what happened since the last one.  Any number may be started, on any host: a lease
 * lets one work, the others do nothing.  It may be broken off anywhere and repeated: nothing is lost
 * and nothing counted twice.  How: events older than fold_late_ms(), of which no more can come, are
 * added to the base numbers of their clips in one transaction with the mark that says up to when; what
 * is younger is counted anew from the rows in each run and added to what is shown, not to the base.
 * Clips whose shown numbers are not final so are marked as due, and the next run shows them anew: what
 * was taken back meanwhile is gone then. */
#ifndef MODEL_RECOMMEND_FOLD_H
#define MODEL_RECOMMEND_FOLD_H

#include "model/call.h"
#include "model/near.h"

/* What an event says of a clip, in millionths: of a positive trial (a play is a trial), and for what is
 * trending.  A like, a star or a share is as much again as a play to the end. */
#define FOLD_FINISHED 500000
#define FOLD_LIKED 500000
#define FOLD_COMMENTED 250000
#define FOLD_PLAYED_HOT 200000
#define FOLD_FINISHED_HOT 800000
#define FOLD_LIKED_HOT 2000000
#define FOLD_SHARED_HOT 3000000
#define FOLD_COMMENTED_HOT 1500000

struct fold_report {
	bool busy;          /* another run was at work: nothing was done */
	size_t clips;       /* whose numbers changed */
	size_t near_clips, near_authors; /* whose neighbours were looked for */
	size_t events;      /* of which neighbours were made */
	size_t hot, fresh, people; /* lengths of the lists */
};

/* One run.  near: look for neighbours now, also when it is not yet time. */
enum err fold_run(struct call *c, bool near, struct fold_report *out) CHECKED;

/* After so long nothing of an event changes any more: a play may be reported VIEW_LATE_MS late, again
 * within its view_window. */
int64_t fold_late_ms(const struct conf *conf);

/* ---- for recommend_fold*.c only; what is malloc'ed is the caller's ---- */

struct fold_ids {
	int64_t *v;
	size_t n, cap;
};

void fold_ids_add(struct fold_ids *t, int64_t id);
void fold_ids_unique(struct fold_ids *t); /* sorts, too */

/* What happened to a clip, in millionths. */
struct fold_change {
	int64_t id, plays, positives, hot;
};

struct fold_changes {
	struct fold_change *v;
	size_t n, cap;
};

/* recommend_fold_events.c: what happened in [from_ms, to_ms), by ascending id; it may stop behind `most` clips.
 * Resets the arena. */
enum err fold_changes(struct call *c, int64_t from_ms, int64_t to_ms, size_t most,
    struct fold_changes *out) CHECKED;

/* recommend_fold_lists.c: makes the lists anew; touched: whose numbers changed.  Resets the arena and adds to
 * touched what was trending. */
enum err fold_lists(struct call *c, struct fold_ids *touched, struct fold_report *out) CHECKED;

/* recommend_fold_near.c: neighbours of the clips and authors that were liked or watched since the run before; all
 * of them where since_ms is 0. */
enum err fold_near(struct call *c, int64_t since_ms, struct fold_report *out) CHECKED;

/* Keeps the lease; E_NO_ROW: it was lost, end the run. */
enum err fold_renew(struct call *c) CHECKED;

#endif
