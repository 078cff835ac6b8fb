/* Statements without a server: the program's table of them, and the text of list parameters. */
#include "unit.h"

#include <stdlib.h>

#include "store/db.h"
#include "store/db_text.h"

SQL(first, "SELECT 1", "", "i");
SQL(second, "SELECT 2 WHERE ? = ?", "is", "i");
SQL(third, "DELETE FROM t WHERE a IN (?...)", "L", "");

CASE(table_has_each_once)
{
	const struct sql *const mine[] = { &first, &second, &third };
	size_t jobs = 0;

	for (size_t i = 0; i < 3; i++) {
		int seen = 0;

		for (const struct sql *const *p = sql_first(); p < sql_end(); p++)
			seen += *p == mine[i];
		CHECK_INT(seen, 1);
	}
	/* Also those of the library, and no empty entries between (red zones). */
	for (const struct sql *const *p = sql_first(); p < sql_end(); p++) {
		CHECK(*p != NULL);
		CHECK((*p)->name != NULL && (*p)->text != NULL && (*p)->in != NULL &&
		      (*p)->out != NULL);
		jobs += strncmp((*p)->name, "job_", 4) == 0;
	}
	CHECK_INT(jobs, 10);
}

static void
check_expand(const char *text, size_t bucket, const char *want)
{
	char *got = db_expand(text, bucket), copy[512];

	snprintf(copy, sizeof copy, "%s", got);
	free(got);
	CHECK_STR(copy, want);
}

CASE(expand)
{
	char *big;

	check_expand("", 4, "");
	check_expand("SELECT ?", 4, "SELECT ?");
	check_expand("(?...)", 1, "(?)");
	check_expand(
	    "a IN (?...) AND b IN (?...) AND c = ?", 2, "a IN (?,?) AND b IN (?,?) AND c = ?");
	check_expand("x(?...", 2, "x(?...");
	check_expand("(?...)(?...)", 4, "(?,?,?,?)(?,?,?,?)");
	big = db_expand("(?...)", 1024);
	CHECK_INT(strlen(big), 2049);
	CHECK_STR(big + 2045, "?,?)");
	free(big);
}

CASE(bucket)
{
	static const size_t in_out[][2] = { { 0, 1 }, { 1, 1 }, { 2, 2 }, { 3, 4 }, { 4, 4 },
		{ 5, 8 }, { 512, 512 }, { 513, 1024 }, { 1024, 1024 }, { 5000, 1024 } };

	for (size_t i = 0; i < sizeof in_out / sizeof *in_out; i++)
		CHECK_INT(db_bucket(in_out[i][0]), in_out[i][1]);
}

CASE(values)
{
	CHECK_INT(db_text(NULL).type, 0);
	CHECK_INT(S("").type, 's');
	CHECK_INT(S("abc").n, 3);
	CHECK_INT(SN("a\0b", 3).n, 3);
}

UNIT_MAIN
