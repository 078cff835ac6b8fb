/* cell.h - runs one piece of work on a stranger's file in a process that can do nothing else.
 *
 * The reply is written by a process that may have been taken over: whoever reads it checks it. */
#ifndef MEDIA_CELL_H
#define MEDIA_CELL_H

#include "media/media.h"

enum cell_end {
	CELL_DONE,    /* the reply is whole */
	CELL_OVERRUN, /* stopped by the deadline, the CPU limit or for want of memory */
	CELL_CRASHED, /* ended without a reply; by a signal, or by itself where it is 0 */
	CELL_STOPPED, /* the caller's progress function said so */
	CELL_FAILED,  /* never began; errno set */
};

struct cell_cost {
	int signal;
	int64_t peak_rss, cpu_us;
};

#define CELL_REPLY_MAX 1024
#define CELL_OUTS_MAX 8

struct cell_plan {
	int in_fd;          /* read only, at any place */
	const int *out_fds; /* read and written at any place; -1: the work gets -1, too */
	int outs;
	const struct media_limits *limits;

	/* in and outs[0..] are the cell's own numbers of the descriptors above; limits are those
	 * above, with no more threads than the cell may start.  arg and what it points to are read
	 * in a copy of the caller's memory. */
	void (*work)(int in, const int *outs, const struct media_limits *limits, const void *arg,
	    void *reply);
	const void *arg;
	size_t reply_size;

	/* Called when the work got on, and each second; percent never falls.  false ends the cell:
	 * CELL_STOPPED.  NULL: nobody asks. */
	bool (*progress)(void *progress_arg, int percent);
	void *progress_arg;
};

/* Does the plan's work in a cell and copies the reply_size bytes (at most CELL_REPLY_MAX) that it
 * leaves at reply.  The caller has one thread only. */
enum cell_end cell_run(const struct cell_plan *plan, void *reply, struct cell_cost *cost);

/* For the work: tells how far it is, 0..100.  Numbers that do not rise are not sent. */
void cell_progress(int percent);

#endif
