/* id.h - the 53-bit ids: 31 bits of seconds since 2024-01-01 UTC, 7 bits of host, 15 bits of a
 * per-host sequence.  They sort by time, need no server, and survive JavaScript and float64. */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_MAX ((INT64_C(1) << 53) - 1)
#define ID_EPOCH_MS INT64_C(1704067200000)

/* A new id.  word: one atomic word shared by all processes of the host, holding
 * (seconds << 15 | sequence) of the last id; where more than 32,768 ids are made in a second it
 * runs ahead into the next one.  host: 0..127. */
int64_t id_next(_Atomic uint64_t *word, unsigned host, int64_t now_ms);

/* A time before which no id of now_ms was made: the smallest id of that second. */
int64_t id_floor(int64_t now_ms);

/* The beginning of the second in which the id was made (ms since 1970). */
int64_t id_time_ms(int64_t id);

/* An exact integer out of the forms that clients send: [+-]digits, an optional fraction, an
 * optional exponent ("1.234567e+06", what Go prints for a float64).  false when it is anything
 * else, not a whole number, or beyond +-(2^63 - 1). */
bool id_parse_int(const char *p, size_t n, int64_t *out);

#endif
