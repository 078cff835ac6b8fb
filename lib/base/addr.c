/* addr.c - addresses as keys.  Invariant: a client cannot change his key within the network that he
 * was given. */
#include "base/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/text.h"

uint64_t
addr_key(const char *addr)
{
	struct in6_addr a6;

	if (strchr(addr, ':') == NULL || inet_pton(AF_INET6, addr, &a6) != 1)
		return hash_bytes(addr, strlen(addr));
	if (IN6_IS_ADDR_V4MAPPED(&a6)) {
		char text[INET_ADDRSTRLEN];

		inet_ntop(AF_INET, &a6.s6_addr[12], text, sizeof text);
		return hash_bytes(text, strlen(text));
	}
	return hash_bytes(a6.s6_addr, 8);
}
