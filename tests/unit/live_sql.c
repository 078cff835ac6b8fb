/* live_sql.c - every statement of the library is prepared against the real schema, so that a typing
 * error in SQL is found here and not by a user.  Needs the configuration of a running, migrated
 * stack in DOUFU_CONF and says so where there is none. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/conf.h"
#include "store/db.h"

CASE(all_statements_prepare)
{
	const struct conf *conf;
	struct arena *a;
	struct db *db;
	char why[300];
	size_t n = 0;

	if (getenv("DOUFU_CONF") == NULL) {
		puts("skip all_statements_prepare: DOUFU_CONF names no running stack");
		return;
	}
	conf = conf_load(NULL, why, sizeof(why));
	CHECK(conf != NULL);
	a = arena_new();
	db = db_new(conf, NULL);
	for (const struct sql *const *q = sql_first(); q < sql_end(); q++) {
		if (*q == NULL)
			continue;
		n++;
		if (db_check(db, *q) != E_OK) {
			printf("# %s: %s\n", (*q)->name, (*q)->text);
			CHECK(!"prepares");
		}
	}
	CHECK(n > 40);
	db_free(db);
	arena_free(a);
}

UNIT_MAIN
