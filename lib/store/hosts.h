/* hosts.h - "host:port, host, [::1]:port" as a list, for database and cache servers. */
#ifndef STORE_HOSTS_H
#define STORE_HOSTS_H

#include <stddef.h>
#include <stdint.h>

#define HOSTS_MAX 64
#define HOST_NAME_SIZE 256

struct host {
	char name[HOST_NAME_SIZE];
	uint16_t port;
};

/* Reads the list into out[0..HOSTS_MAX), with port where none is given; blanks and empty parts do
 * not count.  Returns how many, or -1 where a part is no host. */
int hosts_parse(const char *list, uint16_t port, struct host *out);

#endif
