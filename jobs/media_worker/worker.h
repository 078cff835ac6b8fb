/* worker.h - one job at work: its files, its lease, and the parts of the program that do it.
 *
 * The invariant: a file is first in incoming/, then in its place (work_keep()), then in the database;
 * what is in its place when the job ends without a row is removed, but after E_UNSURE. */
#ifndef MEDIA_WORKER_H
#define MEDIA_WORKER_H

#include <signal.h>

#include "media/media.h"
#include "model/picture.h"
#include "model/video.h"
#include "store/files.h"
#include "store/jobs.h"

#define OUTS_MAX 24

/* A file that is being made. */
struct out {
	int fd;           /* -1: in its place, or dropped */
	const char *at;   /* in incoming/ */
	const char *path; /* its place */
	bool kept;
};

struct work {
	struct call *c;
	struct job *job;
	const char *why; /* it failed */
	bool stopped;    /* by a signal: it was nobody's fault */
	bool gone;       /* what it was for is not there any more */
	int64_t renew_ms;
	struct out outs[OUTS_MAX];
	size_t outs_n;
};

extern volatile sig_atomic_t worker_stop;

/* A new file, 'v' or 'c', with that ending; NULL (why is set): none can be made. */
struct out *work_open(struct work *w, char kind, const char *ext);

/* Puts it in its place. */
enum err work_keep(struct work *w, struct out *out) CHECKED;

/* Ends all files; those in their places go, too, unless committed. */
void work_drop(struct work *w, bool committed);

/* The job is ours for so long. */
enum err work_renew(struct work *w, int64_t ms) CHECKED;

/* Keeps the job ours while a cell works; false: stop. */
bool work_alive(struct work *w);

/* How a cell may use the machine. */
struct media_limits work_limits(const struct work *w);

/* E_OK: done, or what it was for is gone. */
enum err clip_first(struct work *w) CHECKED; /* JOB_COVER: covers and the copy */
enum err clip_rungs(struct work *w) CHECKED; /* JOB_RUNGS: everything else */
enum err preview_make(struct work *w) CHECKED; /* JOB_PREVIEW */
enum err picture_make(struct work *w) CHECKED; /* JOB_PICTURE */

/* HLS of the renditions among the facts, and of the copy that was made before (NULL: none), added to
 * the facts. */
enum err hls_add(struct work *w, struct video_facts *facts, const struct media_file *copied) CHECKED;

#endif
