/* rows_pack.c - see rows_pack.h.  The invariant: after rows_image_valid() said yes, every string of
 * the row is NULL or ends within the row's own bytes, whatever was in them. */
#include "store/rows_pack.h"

#include <string.h>

static size_t
tail_start(const struct row_class *k)
{
	return (k->size + 7) & ~(size_t)7;
}

/* Where the strings begin, or 0 where the tail is too long. */
static size_t
strings_start(const struct row_class *k, size_t tail_n)
{
	size_t n;

	if (__builtin_mul_overflow(k->tail_size, tail_n, &n) ||
	    __builtin_add_overflow(n, tail_start(k), &n) || n > ROW_MAX ||
	    (k->tail_size == 0 && tail_n != 0))
		return 0;
	return n;
}

static uintptr_t
word_at(const void *p, size_t offset)
{
	uintptr_t w;

	memcpy(&w, (const char *)p + offset, sizeof w);
	return w;
}

static const char *
string_at(const void *p, size_t offset)
{
	const char *s;

	memcpy(&s, (const char *)p + offset, sizeof s);
	return s;
}

size_t
rows_image_size(const struct row_class *k, const void *tmpl, size_t tail_n)
{
	size_t n = strings_start(k, tail_n);

	if (n == 0)
		return 0;
	for (const uint16_t *at = k->strings; *at != 0; at++) {
		const char *s = string_at(tmpl, *at);

		if (s != NULL)
			n += strnlen(s, ROW_MAX) + 1;
		if (n > ROW_MAX)
			return 0;
	}
	return n;
}

void
rows_image_make(
    const struct row_class *k, const void *tmpl, const void *tail, size_t tail_n, void *image)
{
	char *p = image;
	size_t at_text = strings_start(k, tail_n);
	struct row head;

	memset(p + k->size, 0, tail_start(k) - k->size);
	memcpy(p, tmpl, k->size);
	if (tail_n > 0)
		memcpy(p + tail_start(k), tail, tail_n * k->tail_size);
	for (const uint16_t *at = k->strings; *at != 0; at++) {
		const char *s = string_at(tmpl, *at);
		uintptr_t offset = s != NULL ? at_text : 0;

		memcpy(p + *at, &offset, sizeof offset);
		if (s != NULL) {
			size_t n = strlen(s) + 1;

			memcpy(p + at_text, s, n);
			at_text += n;
		}
	}
	memcpy(&head, p, sizeof head);
	head.stamp = 0;
	head.size = (uint32_t)at_text;
	head.tail_n = (uint32_t)tail_n;
	memcpy(p, &head, sizeof head);
}

bool
rows_image_valid(const struct row_class *k, int64_t id, const void *image, size_t size)
{
	const char *p = image;
	struct row head;
	size_t first;

	if (size < k->size || size < sizeof head || size > ROW_MAX)
		return false;
	memcpy(&head, p, sizeof head);
	first = strings_start(k, head.tail_n);
	if (head.id != id || head.size != size || first == 0 || first > size)
		return false;
	for (const uint16_t *at = k->strings; *at != 0; at++) {
		uintptr_t offset = word_at(p, *at);

		if (offset == 0)
			continue;
		if (offset < first || offset >= size ||
		    memchr(p + offset, '\0', size - offset) == NULL)
			return false;
	}
	return true;
}

void
rows_image_fix(const struct row_class *k, void *image)
{
	char *p = image;

	for (const uint16_t *at = k->strings; *at != 0; at++) {
		uintptr_t offset = word_at(p, *at);
		const char *s = offset != 0 ? p + offset : NULL;

		memcpy(p + *at, &s, sizeof s);
	}
}

/* Compares the structs from one string pointer to the next; the pointers and the stamp differ. */
bool
rows_image_same(const struct row_class *k, const void *row, const void *image, size_t size)
{
	const char *r = row, *p = image;
	const size_t skip = sizeof(const char *);
	size_t done = sizeof(struct row);
	struct row a, b;

	memcpy(&a, r, sizeof a);
	memcpy(&b, p, sizeof b);
	if (a.id != b.id || a.size != size || a.tail_n != b.tail_n)
		return false;
	for (const uint16_t *at = k->strings; *at != 0; at++) {
		const char *s = string_at(r, *at);

		if ((s != NULL ? (uintptr_t)(s - r) : 0) != word_at(p, *at))
			return false;
		/* In rising order nearly always; else the bytes between are compared below. */
		if (*at >= done && memcmp(r + done, p + done, *at - done) != 0)
			return false;
		done = *at + skip;
	}
	return memcmp(r + done, p + done, size - done) == 0;
}
