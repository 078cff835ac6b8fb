/* view.h - plays of clips: counted once for each viewer, clip and view_window, and kept for
 * views_keep as the viewer's history and as what recommendation reads.
 *
 * counters.views is right at every commit.  Rows show it a little late on purpose, so that a clip
 * that everybody watches is not thrown out of every cache by each play: a play refreshes the cached
 * row at most once in VIEW_REFRESH_MS on each host, the last ones show within cache_ttl. */
#ifndef MODEL_VIEW_H
#define MODEL_VIEW_H

#include "model/video.h"

#define VIEW_BATCH_MAX 50
#define VIEW_LATE_MS (INT64_C(3600) * 1000)           /* how long ago a reported play may have begun */
#define VIEW_WATCHED_MAX_MS (INT64_C(4) * 3600 * 1000) /* of one play, with its repetitions */
#define VIEW_REFRESH_MS 10000
#define VIEW_COMPLETE_PERCENT 90
#define VIEW_HISTORY_MAX 100

/* What a client reports of a play. */
struct view {
	int64_t video_id;
	int64_t at_ms;       /* when it began; 0: now */
	int64_t watched_ms;  /* the larger of two reports counts */
	int64_t duration_ms; /* 0: not told; ours counts where we know it */
	bool completed;      /* believed only where no duration is known */
};

/* Takes the plays of the viewer, or of the client's address where he is nobody: those of visible
 * clips that began within the last VIEW_LATE_MS and lasted 0 to VIEW_WATCHED_MAX_MS; *accepted says
 * how many, the others change nothing.  A repeated report is accepted and not counted again.
 * n is at most VIEW_BATCH_MAX. */
enum err view_add(struct call *c, const struct view *views, size_t n, int64_t *accepted) CHECKED;

/* Whose plays and shares the caller's are: the viewer's, or below 0 for his address on this day. */
int64_t view_number(const struct call *c);

/* A clip of a history, as it was last watched. */
struct watched {
	const struct video_item *item;
	int64_t at_ms, watched_ms;
	bool completed;
};
extern const struct shape watched_shape;

struct watched_page {
	size_t n;
	const void **rows;      /* struct watched, last watched first */
	int64_t last_a, last_b; /* the cursor behind the last row: time, clip */
	bool more;
};

/* What the viewer watched, each clip once; clips that are gone are left out. */
enum err view_history(struct call *c, const struct page *p, struct watched_page *out) CHECKED;

/* Removes a clip from the viewer's history, or all of them (video_id 0); counts stay. */
enum err view_forget(struct call *c, int64_t video_id) CHECKED;

/* Removes plays older than views_keep, and what was removed from histories. */
enum err view_sweep(struct call *c) CHECKED;

#endif
