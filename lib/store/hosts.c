/* hosts.c - see hosts.h.  The invariant: what it accepts fits into struct host, uncut. */
#include "store/hosts.h"

#include <string.h>

static const char *
skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

static int
parse_port(const char *p, const char *end, uint16_t *out)
{
	unsigned port = 0;

	if (p == end || end - p > 5)
		return -1;
	for (; p < end; p++) {
		if (*p < '0' || *p > '9')
			return -1;
		port = port * 10 + (unsigned)(*p - '0');
	}
	if (port == 0 || port > UINT16_MAX)
		return -1;
	*out = (uint16_t)port;
	return 0;
}

static int
parse_one(const char *p, const char *end, uint16_t port, struct host *out)
{
	const char *name = p, *stop, *colon;

	if (*p == '[') {
		name = p + 1;
		stop = memchr(name, ']', (size_t)(end - name));
		if (stop == NULL)
			return -1;
		colon = stop + 1 < end ? stop + 1 : NULL;
		if (colon != NULL && *colon != ':')
			return -1;
	} else {
		colon = memchr(p, ':', (size_t)(end - p));
		stop = colon != NULL ? colon : end;
	}
	if (stop == name || (size_t)(stop - name) >= sizeof out->name)
		return -1;
	for (const char *c = name; c < stop; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return -1;
	out->port = port;
	if (colon != NULL && parse_port(colon + 1, end, &out->port) != 0)
		return -1;
	memcpy(out->name, name, (size_t)(stop - name));
	out->name[stop - name] = '\0';
	return 0;
}

int
hosts_parse(const char *list, uint16_t port, struct host *out)
{
	int n = 0;

	for (const char *p = list; *p != '\0';) {
		const char *end = strchrnul(p, ','), *next = *end == ',' ? end + 1 : end;

		p = skip_blanks(p, end);
		while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		if (p < end) {
			if (n == HOSTS_MAX || parse_one(p, end, port, &out[n]) != 0)
				return -1;
			n++;
		}
		p = next;
	}
	return n;
}
