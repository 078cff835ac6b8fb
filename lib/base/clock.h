/* clock.h - time: milliseconds since 1970 everywhere; other units only at the edges. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t clock_ms(void);      /* wall clock, ms since 1970 UTC */
int64_t clock_mono_us(void); /* monotonic, us: for measuring and deadlines */

/* What latest_time means (wire.md 1.4.5): absent, 0, negative, garbage or future is now_ms; from
 * 10^11 on milliseconds, below seconds (then *seconds is set to 1, else 0). */
int64_t clock_parse_latest(const char *s, size_t n, int64_t now_ms, int *seconds);

/* "MM-DD" and "YYYY-MM-DD hh:mm:ss" in a zone offset_min minutes east of UTC. */
void clock_month_day(char out[6], int64_t ms, int offset_min);
void clock_date_time(char out[20], int64_t ms, int offset_min);

#endif
