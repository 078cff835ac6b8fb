/* rows_pack.h - private to lib/store: rows as one piece of bytes without pointers (an image), and
 * back.  An image comes from memcached, so nothing in it is believed. */
#ifndef STORE_ROWS_PACK_H
#define STORE_ROWS_PACK_H

#include "store/rows.h"

/* The bytes that an image of this row takes, or 0 where it would be larger than ROW_MAX. */
size_t rows_image_size(const struct row_class *k, const void *tmpl, size_t tail_n);

/* Writes the image: the struct with offsets in place of its string pointers (0 for NULL), the
 * tail, the strings.  image: rows_image_size() bytes. */
void rows_image_make(const struct row_class *k, const void *tmpl, const void *tail, size_t tail_n,
    void *image);

/* Whether it is a whole image of the row id: sizes, and each string within and ended. */
bool rows_image_valid(const struct row_class *k, int64_t id, const void *image, size_t size);

/* Makes an aligned, valid image a row in place: offsets become pointers. */
void rows_image_fix(const struct row_class *k, void *image);

/* Whether a row has just the content of a valid image. */
bool rows_image_same(const struct row_class *k, const void *row, const void *image, size_t size);

#endif
