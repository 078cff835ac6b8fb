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
	CELL_FAILED,  /* never began; errno set */
};

struct cell_cost {
	int signal;
	int64_t peak_rss, cpu_us;
};

/* Calls work(in, out, limits, reply) in a cell and copies the reply_size bytes that it leaves at
 * reply; at most CELL_REPLY_MAX.  in and out are the cell's own numbers of in_fd and out_fd.  The
 * caller has one thread only. */
#define CELL_REPLY_MAX 1024
enum cell_end cell_run(int in_fd, int out_fd, const struct media_limits *limits,
    void (*work)(int in, int out, const struct media_limits *limits, void *reply), void *reply,
    size_t reply_size, struct cell_cost *cost);

#endif
