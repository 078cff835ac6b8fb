/* order.h - what bin/spawn sends to bin/mother for a worker: a packet of this, with the pool's listening
 * socket (SCM_RIGHTS).  The answer is a pid_t: the new process's, by itself, or a negative error number. */
#ifndef JOBS_ORDER_H
#define JOBS_ORDER_H

struct order {
	char name[64]; /* of the pool, which is the program's; ends with NUL */
	int nice;
	int idle_s;    /* 0: for ever; else what the process is told by SPAWN_IDLE */
};

#endif
