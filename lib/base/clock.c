/* clock.c - what time it is, what time a client means, and dates for people.
 *
 * Invariant: inside the house a time is milliseconds since 1970; a zone is only an offset that is
 * added right before a date is written (never TZ, never localtime). */
#include "base/clock.h"

#include "base/id.h"

#include <time.h>

#define YEAR_0 INT64_C(-62167219200)    /* 0000-01-01 00:00:00 */
#define YEAR_9999 INT64_C(253402300799) /* 9999-12-31 23:59:59 */
#define FIRST_MS INT64_C(100000000000)  /* from here on latest_time is milliseconds */

int64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
clock_mono_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t
clock_parse_latest(const char *s, size_t n, int64_t now_ms, int *seconds)
{
	int64_t v;

	*seconds = 0;
	if (s == NULL || !id_parse_int(s, n, &v) || v <= 0)
		return now_ms;
	if (v < FIRST_MS) {
		*seconds = 1;
		v *= 1000;
	}
	return v < now_ms ? v : now_ms;
}

/* Fields of the date in the zone; what no four-digit year can show is held at the nearest end. */
static struct tm
date_of(int64_t ms, int offset_min)
{
	int64_t s = ms / 1000 - (ms % 1000 < 0) + (int64_t)offset_min * 60;
	time_t t = s < YEAR_0 ? YEAR_0 : s > YEAR_9999 ? YEAR_9999 : s;
	struct tm tm = { 0 };

	gmtime_r(&t, &tm);
	return tm;
}

/* v in two digits and what follows them. */
static char *
put2(char *out, int v, char after)
{
	out[0] = (char)('0' + v / 10 % 10);
	out[1] = (char)('0' + v % 10);
	out[2] = after;
	return out + 3;
}

void
clock_month_day(char out[6], int64_t ms, int offset_min)
{
	struct tm tm = date_of(ms, offset_min);

	out = put2(out, tm.tm_mon + 1, '-');
	put2(out, tm.tm_mday, '\0');
}

void
clock_date_time(char out[20], int64_t ms, int offset_min)
{
	struct tm tm = date_of(ms, offset_min);
	int year = tm.tm_year + 1900;

	put2(out, year / 100, '\0');
	out = put2(out + 2, year, '-');
	out = put2(out, tm.tm_mon + 1, '-');
	out = put2(out, tm.tm_mday, ' ');
	out = put2(out, tm.tm_hour, ':');
	out = put2(out, tm.tm_min, ':');
	put2(out, tm.tm_sec, '\0');
}
