/* Images of rows: there and back, and what memcached might hand us instead of one. */
#include "unit.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/text.h"
#include "store/rows_pack.h"

struct thing {
	struct row row;
	const char *name;
	int32_t small;
	const char *note;
	bool flag;
	char pad[3];
	int32_t last;
};

static const uint16_t strings[] = { offsetof(struct thing, name), offsetof(struct thing, note), 0 };
static const struct row_class plain = {
	.key = 't', .size = sizeof(struct thing), .strings = strings
};
static const struct row_class tailed = {
	.key = 't', .size = sizeof(struct thing), .strings = strings, .tail_size = 12
};

static void *
image_of(
    const struct row_class *k, const struct thing *t, const void *tail, size_t tail_n, size_t *n)
{
	char *p;

	*n = rows_image_size(k, t, tail_n);
	if (*n == 0)
		abort();
	p = xmalloc(*n); /* exactly: ASan sees a byte too many */
	rows_image_make(k, t, tail, tail_n, p);
	return p;
}

CASE(there_and_back)
{
	struct thing t = {
		.row = { .id = 5, .stamp = 9 }, .name = "Liu", .small = -3, .flag = true, .last = 77
	};
	const int32_t tail[2][3] = { { 1, 2, 3 }, { 4, 5, 6 } };
	size_t n;
	char *image = image_of(&tailed, &t, tail, 2, &n);
	struct thing *back;

	CHECK(rows_image_valid(&tailed, 5, image, n));
	rows_image_fix(&tailed, image);
	back = (struct thing *)(void *)image;
	CHECK_INT(back->row.id, 5);
	CHECK_INT(back->row.stamp, 0);
	CHECK_INT(back->row.size, n);
	CHECK_INT(back->row.tail_n, 2);
	CHECK_STR(back->name, "Liu");
	CHECK(back->note == NULL);
	CHECK_INT(back->small, -3);
	CHECK_INT(back->last, 77);
	CHECK(memcmp(image + ((sizeof t + 7) & ~7ul), tail, sizeof tail) == 0);
	free(image);
}

CASE(same)
{
	struct thing t = { .row = { .id = 5 }, .name = "a", .note = "b", .small = 1, .last = 2 };
	size_t n, m;
	char *row = image_of(&plain, &t, NULL, 0, &n), *image;

	rows_image_fix(&plain, row);
	((struct row *)(void *)row)->stamp = 4;
#define OTHER(change, want)                                              \
	do {                                                             \
		struct thing o = t;                                      \
		o.change;                                                \
		image = image_of(&plain, &o, NULL, 0, &m);               \
		CHECK_INT(rows_image_same(&plain, row, image, m), want); \
		free(image);                                             \
	} while (0)
	OTHER(small = 1, true);
	OTHER(row.stamp = 88, true);
	OTHER(name = "A", false);
	OTHER(name = NULL, false);
	OTHER(note = "c", false);
	OTHER(note = "bb", false);
	OTHER(small = 2, false);
	OTHER(flag = true, false);
	OTHER(last = 3, false);
	OTHER(row.id = 6, false);
	free(row);
}

CASE(ceilings)
{
	static char text[ROW_MAX + 10];
	struct thing t = { .row = { .id = 1 }, .name = text, .note = "" };
	size_t n, base = sizeof t + 2;
	char *image;

	memset(text, 'x', ROW_MAX - base);
	image = image_of(&plain, &t, NULL, 0, &n);
	CHECK_INT(n, ROW_MAX);
	CHECK(rows_image_valid(&plain, 1, image, n));
	free(image);
	text[ROW_MAX - base] = 'x';
	CHECK_INT(rows_image_size(&plain, &t, 0), 0);
	memset(text, 'x', sizeof text - 1);
	CHECK_INT(rows_image_size(&plain, &t, 0), 0);
	t.name = "";
	CHECK_INT(rows_image_size(&tailed, &t, ROW_MAX), 0);
	CHECK_INT(rows_image_size(&tailed, &t, SIZE_MAX / 12 + 2), 0);
	CHECK_INT(rows_image_size(&tailed, &t, SIZE_MAX), 0);
	CHECK_INT(rows_image_size(&plain, &t, 1), 0);
}

CASE(cut_anywhere)
{
	struct thing t = { .row = { .id = 5 }, .name = "name", .note = "note" };
	size_t n;
	char *image = image_of(&plain, &t, NULL, 0, &n);

	for (size_t cut = 0; cut < n; cut++) {
		char *part = xmalloc(cut + 1);

		memcpy(part, image, cut);
		CHECK(!rows_image_valid(&plain, 5, part, cut));
		free(part);
	}
	CHECK(!rows_image_valid(&plain, 6, image, n));
	image[n - 1] = 'x'; /* the end of the last string */
	CHECK(!rows_image_valid(&plain, 5, image, n));
	free(image);
}

/* Each byte with each of some values: whatever is called valid must be readable. */
CASE(damaged_bytes)
{
	static const unsigned char values[] = { 0, 1, 7, 0x28, 0x40, 0x7f, 0x80, 0xff };
	struct thing t = { .row = { .id = 5 }, .name = "name", .note = "note" };
	const int32_t tail[3] = { 1, 2, 3 };
	size_t n, total = 0;
	char *image = image_of(&tailed, &t, tail, 1, &n);

	for (size_t at = 0; at < n; at++) {
		for (size_t v = 0; v < sizeof values; v++) {
			char *copy = xmalloc(n);

			memcpy(copy, image, n);
			copy[at] = (char)values[v];
			if (rows_image_valid(&tailed, 5, copy, n)) {
				struct thing *b = (struct thing *)(void *)copy;

				rows_image_fix(&tailed, copy);
				total += b->name != NULL ? strlen(b->name) : 0;
				total += b->note != NULL ? strlen(b->note) : 0;
				CHECK(b->row.size == n);
				CHECK(((sizeof t + 7) & ~7ul) + b->row.tail_n * 12ul <= n);
			}
			free(copy);
		}
	}
	CHECK(total > 0);
	free(image);
}

UNIT_MAIN
