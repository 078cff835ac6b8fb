/* mother.h - a loaded process of which the pool's workers are made, so that they share its memory.
 *
 * bin/spawn starts it like a worker, but with SPAWN_MOTHER in the environment: the number of a
 * descriptor, a socket of packets.  For each packet that comes the mother makes one worker, a child
 * of the supervisor like any other, and that worker answers with its process id (pid_t), or the
 * mother with a negative one if she cannot. */
#ifndef HTTP_MOTHER_H
#define HTTP_MOTHER_H

#include <stdbool.h>

/* The descriptor that SPAWN_MOTHER names, and the variable is gone; -1: this is to be no mother. */
int mother_control(void);

/* Initialises what every worker needs and none changes, the libraries.  Connects to nothing. */
void mother_load(void);

/* Makes workers.  Returns true in each of them, false in the mother when all is over (or where
 * this program cannot be one). */
bool mother_work(int control);

#endif
