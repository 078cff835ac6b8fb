/* live_sql.c - what needs a server: every statement of the library is prepared against the real schema, so that a
 * typing error in SQL is found here and not by a user; and what comes of an error between two rows.
 * Needs the configuration of a running, migrated stack in DOUFU_CONF and says so where there is none. */
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

SQL(live_wait, "SET SESSION innodb_lock_wait_timeout = 0", "", "");
SQL(live_lock, "SELECT value FROM recommend_marks WHERE name = 'near' FOR UPDATE", "", "i");
SQL(live_lock_both, "SELECT value FROM recommend_marks WHERE name IN ('mean', 'near') ORDER BY name FOR UPDATE", "", "i");

struct pair {
	struct db *holder, *waiter;
	struct arena *a;
	enum err e;
};

static enum err
hold(void *arg)
{
	struct pair *p = arg;
	struct rows r;
	enum err e = db_select(p->holder, p->a, &live_lock, ARGS({ 0 }), &r);

	CHECK(e == E_OK && r.n == 1);
	CHECK(db_exec(p->waiter, &live_wait, ARGS({ 0 }), NULL) == E_OK);
	p->e = db_select(p->waiter, p->a, &live_lock_both, ARGS({ 0 }), &r);
	return e;
}

/* The server has sent a row when it finds that it may not have the next one. */
CASE(a_lock_between_two_rows_is_a_lock)
{
	const struct conf *conf;
	struct pair p = { .a = arena_new() };
	char why[300];

	if (getenv("DOUFU_CONF") == NULL) {
		puts("skip a_lock_between_two_rows_is_a_lock: DOUFU_CONF names no running stack");
		return;
	}
	conf = conf_load(NULL, why, sizeof(why));
	CHECK(conf != NULL);
	p.holder = db_new(conf, NULL);
	p.waiter = db_new(conf, NULL);
	CHECK(db_transaction(p.holder, hold, &p) == E_OK);
	CHECK(p.e == E_UNAVAILABLE); /* as it may be asked again, not E_DB */
	db_free(p.holder);
	db_free(p.waiter);
	arena_free(p.a);
}

UNIT_MAIN
