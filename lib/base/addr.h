/* addr.h - who a network address stands for. */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <stdint.h>

/* A key for a client's address as text; an IPv6 network of 64 bits is one client, and an IPv4
 * address in IPv6 clothes is that address.  What is no address is a client of its own. */
uint64_t addr_key(const char *addr);

#endif
