/* base_clock.c - tests of what latest_time means and of dates in a zone. */
#include "base/clock.h"

#include "unit.h"

#include <stdlib.h>
#include <time.h>

#define NOW INT64_C(1750000000123)

static int in_seconds;

static int64_t
latest(const char *s)
{
	in_seconds = -1;
	return clock_parse_latest(s, s != NULL ? strlen(s) : 0, NOW, &in_seconds);
}

CASE(latest_time_that_means_now)
{
	static const char *const now[] = { NULL, "", "0", "-1", "-1750000000000", "garbage", "0x10",
		"1.5", "NaN", "null", " 1700000000", "1750000000124", "99999999999999",
		"9223372036854775807", "9223372036854775808", "1e400" };
	size_t i;

	for (i = 0; i < sizeof now / sizeof *now; i++) {
		CHECK_INT(latest(now[i]), NOW);
		CHECK_INT(in_seconds, 0);
	}
}

CASE(latest_time_in_both_units)
{
	CHECK_INT(latest("1700000000000"), INT64_C(1700000000000));
	CHECK_INT(in_seconds, 0);
	CHECK_INT(latest("100000000000"), INT64_C(100000000000)); /* the first milliseconds: 1973 */
	CHECK_INT(in_seconds, 0);
	CHECK_INT(latest("99999999999"), NOW); /* the last seconds: year 5138 */
	CHECK_INT(in_seconds, 1);
	CHECK_INT(latest("1700000000"), INT64_C(1700000000000));
	CHECK_INT(in_seconds, 1);
	CHECK_INT(latest("1"), 1000);
	CHECK_INT(in_seconds, 1);
	CHECK_INT(latest("1750000001"), NOW); /* the future, yet asked in seconds */
	CHECK_INT(in_seconds, 1);
	CHECK_INT(latest("1750000000122"), NOW - 1);
	CHECK_INT(latest("1.7e+12"), INT64_C(1700000000000));
	CHECK_INT(in_seconds, 0);
	CHECK_INT(latest("1.7e+09"), INT64_C(1700000000000));
	CHECK_INT(in_seconds, 1);
}

static const char *
date(int64_t ms, int offset_min)
{
	static char out[20];

	clock_date_time(out, ms, offset_min);
	return out;
}

static const char *
day(int64_t ms, int offset_min)
{
	static char out[6];

	clock_month_day(out, ms, offset_min);
	return out;
}

CASE(dates)
{
	CHECK_STR(date(0, 0), "1970-01-01 00:00:00");
	CHECK_STR(date(0, 480), "1970-01-01 08:00:00");
	CHECK_STR(date(0, -840), "1969-12-31 10:00:00");
	CHECK_STR(date(-1, 0), "1969-12-31 23:59:59");
	CHECK_STR(date(999, 0), "1970-01-01 00:00:00");
	CHECK_STR(date(INT64_C(1709164800000), 0), "2024-02-29 00:00:00");
	CHECK_STR(date(INT64_C(1704067199999), 0), "2023-12-31 23:59:59");
	CHECK_STR(day(INT64_C(1704067199999), 0), "12-31");
	CHECK_STR(day(INT64_C(1704067199999), 480), "01-01");
	CHECK_STR(day(INT64_C(1709164800000), -1), "02-28");
}

CASE(dates_at_the_ends)
{
	CHECK_STR(date(INT64_MAX, 840), "9999-12-31 23:59:59");
	CHECK_STR(date(INT64_MIN, -840), "0000-01-01 00:00:00");
	CHECK_STR(date(INT64_C(253402300799999), 0), "9999-12-31 23:59:59");
	CHECK_STR(date(INT64_C(253402300800000), 0), "9999-12-31 23:59:59");
	CHECK_STR(date(INT64_C(253402300799999), -60), "9999-12-31 22:59:59");
	CHECK_STR(day(INT64_MIN, 0), "01-01");
}

CASE(the_zone_of_the_process_does_not_matter)
{
	setenv("TZ", "America/New_York", 1);
	tzset();
	CHECK_STR(date(INT64_C(1709164800000), 480), "2024-02-29 08:00:00");
	unsetenv("TZ");
	tzset();
}

CASE(clocks_run)
{
	int64_t a = clock_mono_us(), b = clock_mono_us();

	CHECK(b >= a);
	CHECK(clock_ms() / 1000 - time(NULL) <= 1 && time(NULL) - clock_ms() / 1000 <= 1);
}

UNIT_MAIN
