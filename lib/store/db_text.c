/* db_text.c - see db_text.h.  The invariant: the text differs by the bucket only, so that there
 * are few prepared statements for lists of any length. */
#include "store/db_text.h"

#include <string.h>

#include "base/arena.h"

static const char mark[] = "(?...)";

size_t
db_bucket(size_t n)
{
	size_t bucket = 1;

	while (bucket < n && bucket < DB_LIST_MAX)
		bucket *= 2;
	return bucket;
}

char *
db_expand(const char *text, size_t bucket)
{
	size_t lists = 0, size;
	char *out, *w;
	const char *p, *at;

	for (p = text; (at = strstr(p, mark)) != NULL; p = at + strlen(mark))
		lists++;
	size = strlen(text) + 1 + lists * (2 * bucket + 1);
	w = out = xmalloc(size);
	for (p = text; (at = strstr(p, mark)) != NULL; p = at + strlen(mark)) {
		memcpy(w, p, (size_t)(at - p));
		w += at - p;
		for (size_t i = 0; i < bucket; i++) {
			*w++ = i == 0 ? '(' : ',';
			*w++ = '?';
		}
		*w++ = ')';
	}
	memcpy(w, p, strlen(p) + 1);
	return out;
}
