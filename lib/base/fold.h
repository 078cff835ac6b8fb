/* fold.h - texts as search and the list of forbidden words compare them: NFKC, case folded,
 * simplified Chinese, without what cannot be seen; and the grams under which search finds them.
 *
 * A folded text has GRAM characters (those of scripts that do not part their words, and symbols as
 * emoji), words (letters and digits of all other scripts; FOLD_WORD stands before each of them), and
 * one space for whatever stands in between.  So a search for a part of a folded text finds words by
 * their beginning and Chinese anywhere. */
#ifndef BASE_FOLD_H
#define BASE_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define FOLD_WORD '\x1f'
#define FOLD_CHAR_MAX 18 /* characters that one may become (U+FDFA) */

enum fold_class { FOLD_GAP, FOLD_IN_WORD, FOLD_GRAM };

/* A letter, digit or mark of any script. */
bool fold_letter(uint32_t c);

/* What a character is, folded or not. */
enum fold_class fold_class(uint32_t c);

/* The folded text of the arena, at most max_chars of its characters (FOLD_WORD and spaces counted); cut
 * at a whole one.  Bytes that are no UTF-8 are gaps. */
const char *fold_text(struct arena *a, const char *s, size_t max_chars);

/* The same with everything in it kept as it folds: for keys that are compared as a whole. */
const char *fold_key(struct arena *a, const char *p, size_t bytes);

/* One character folded by itself, at out; returns how many came of it, 0 for what cannot be seen. */
size_t fold_char(uint32_t c, uint32_t out[FOLD_CHAR_MAX]);

/* ---- grams: numbers for characters, pairs of neighbours, beginnings of words, and whole words with
 * the first character of what follows ---- */

/* The numbers of all grams of a folded text, at most max (more are dropped); even, of another
 * sequence for each salt.  With repetitions. */
size_t fold_grams(const char *p, uint64_t salt, int64_t *out, size_t max);

/* Grams that every text has that contains this folded piece, as few as do for that.  *whole: there
 * is one, and it says all (a text that has it contains the piece). */
size_t fold_needed(const char *p, uint64_t salt, int64_t *out, size_t max, bool *whole);

/* Cuts a folded query into what it is about: the words of a dictionary (ICU) among GRAM characters,
 * without particles between them, and the words that are told by FOLD_WORD.  Each is a piece
 * of the text.  At most max. */
size_t fold_cut(struct arena *a, const char *p, const char **out, size_t max);

#endif
