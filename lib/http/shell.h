/* shell.h - an endpoint as a command: `feed GET '/douyin/feed/?latest_time=0'`. */
#ifndef HTTP_SHELL_H
#define HTTP_SHELL_H

#include "http/endpoint.h"

/* Prints the reply.  Returns 0 for a success, 1 for an error, 2 where the usage or the
 * configuration is wrong. */
int shell_main(const struct endpoint *ep, int argc, char **argv);

#endif
