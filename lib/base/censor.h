/* censor.h - finds the words of a dictionary in a text, all at once (Aho-Corasick), also where they
 * are written in full width, in capitals, in traditional characters, with accents, or with spaces
 * and the like between their letters.
 *
 * A word of a script that parts its words (Latin) counts only as a whole word, and letters that are
 * spread must all be spread: "Scunthorpe" and "pass hit" stay as they are.
 *
 * The automaton is one flat image without pointers: processes share it as a mapped file. */
#ifndef BASE_CENSOR_H
#define BASE_CENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define CENSOR_WORD_CHARS 64       /* longer words are left out */
#define CENSOR_DICTIONARY_MAX (16u << 20) /* bytes */

struct censor; /* opaque: the image */

/* Out of a dictionary of n bytes: a word a line, UTF-8, '#' begins a comment line.  *words and
 * *left_out (may be NULL): lines that are words and lines that cannot be one.  censor_free(). */
struct censor *censor_build(const char *text, size_t n, size_t *words, size_t *left_out);
void censor_free(struct censor *x);

/* Its bytes, and whether bytes of a file are such an image. */
size_t censor_size(const struct censor *x);
bool censor_valid(const void *image, size_t size);

/* s itself where it has none of the words; else a copy of the arena with '*' for each of their
 * characters. */
const char *censor_mask(const struct censor *x, struct arena *a, const char *s);

#endif
