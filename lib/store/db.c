/* db.c - see db.h: the rules of repetition, and transactions.
 *
 * The invariant: within a transaction nothing reconnects and nothing runs after the server has
 * given it up (`spoilt`), since such a statement would commit by itself. */
#include "store/db.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "store/db_inside.h"

#define TRIES 8
#define RETRY_US INT64_C(10000000)

/* Made by the linker, absent in a program without statements.  gcc gives variables in a section
 * of their own no red zones, so the entries are dense under ASan, too. */
extern const struct sql *const __start_doufu_sql[] __attribute__((weak));
extern const struct sql *const __stop_doufu_sql[] __attribute__((weak));

const struct sql *const *
sql_first(void)
{
	return __start_doufu_sql;
}

const struct sql *const *
sql_end(void)
{
	return __stop_doufu_sql;
}

struct val
db_text(const char *s)
{
	if (s == NULL)
		return (struct val){ 0 };
	return (struct val){ .type = 's', .s = s, .n = strlen(s) };
}

enum err
db_fate(enum fate f)
{
	switch (f) {
	case FATE_OK:
		return E_OK;
	case FATE_DUPLICATE:
		return E_DUPLICATE;
	case FATE_WRONG:
		return E_DB;
	case FATE_LOST:
		return E_UNSURE;
	case FATE_AGAIN:
	case FATE_LOST_BEFORE:
	case FATE_DEAD:
		break;
	}
	return E_UNAVAILABLE;
}

/* Before the next try: none of us should meet the same others again. */
static void
back_off(struct db *db, int try)
{
	unsigned char r;
	int64_t most_ms = INT64_C(4) << try;
	struct timespec t = { 0 };

	shm_count(db->shm, SHM_db_retries, 1);
	random_bytes(&r, sizeof r);
	if (most_ms > 50)
		most_ms = 50;
	t.tv_nsec = (1 + r * most_ms / 256) * 1000000;
	nanosleep(&t, NULL);
}

/* A statement of the transaction that is under way. */
static enum err
run_inside(struct db *db, struct arena *a, const struct sql *q, const struct val *args,
    struct rows *out, int64_t *changed)
{
	enum fate f;

	if (db->spoilt == FATE_OK && clock_mono_us() > db->deadline_us) {
		log_error("%s: the transaction takes too long", q->name);
		db->spoilt = FATE_DEAD;
	}
	if (db->spoilt != FATE_OK)
		return E_UNAVAILABLE;
	f = db_run(db, a, q, args, out, changed);
	/* Before COMMIT every loss is one before: the server rolls back. */
	if (f == FATE_LOST)
		f = FATE_LOST_BEFORE;
	if (f == FATE_WRONG && db->my == NULL)
		db->spoilt = FATE_DEAD;
	if (f == FATE_AGAIN || f == FATE_LOST_BEFORE || f == FATE_DEAD)
		db->spoilt = f;
	return db_fate(f);
}

static enum err
run_outside(struct db *db, struct arena *a, const struct sql *q, const struct val *args,
    struct rows *out, int64_t *changed)
{
	int64_t begin_us = clock_mono_us();
	bool lost = false;

	for (int try = 1;; try++) {
		enum fate f = db_run(db, a, q, args, out, changed);

		if (f == FATE_LOST && out != NULL)
			f = FATE_LOST_BEFORE; /* a read may be repeated in any case */
		if (f == FATE_LOST_BEFORE && !lost) {
			lost = true;
			shm_count(db->shm, SHM_db_retries, 1);
			continue;
		}
		if (f != FATE_AGAIN || try >= TRIES || clock_mono_us() - begin_us > RETRY_US)
			return db_fate(f);
		back_off(db, try);
	}
}

static enum err
run_by_rules(struct db *db, struct arena *a, const struct sql *q, const struct val *args,
    struct rows *out, int64_t *changed)
{
	if ((q->out[0] != '\0') != (out != NULL)) {
		log_error(
		    "%s: db_exec takes statements without a result, db_select others", q->name);
		abort();
	}
	return (db->in_transaction ? run_inside : run_outside)(db, a, q, args, out, changed);
}

enum err
db_exec(struct db *db, const struct sql *q, const struct val *args, int64_t *changed)
{
	if (changed != NULL)
		*changed = 0;
	return run_by_rules(db, NULL, q, args, NULL, changed);
}

enum err
db_select(
    struct db *db, struct arena *a, const struct sql *q, const struct val *args, struct rows *out)
{
	*out = (struct rows){ .cols = strlen(q->out) };
	return run_by_rules(db, a, q, args, out, NULL);
}

/* One run of a transaction.  *done: the outcome stands, there is nothing to repeat. */
static enum err
transact(struct db *db, enum err (*fn)(void *arg), void *arg, bool *done)
{
	enum err e;
	enum fate f;

	db->spoilt = FATE_OK;
	*done = false;
	if (!db_connected(db)) {
		*done = true;
		return E_UNAVAILABLE;
	}
	f = db_query(db, "START TRANSACTION");
	if (f != FATE_OK) {
		db->spoilt = f == FATE_LOST ? FATE_LOST_BEFORE : f;
		*done = f == FATE_WRONG;
		return db_fate(db->spoilt);
	}
	e = fn(arg);
	if (e == E_OK && db->spoilt == FATE_OK && clock_mono_us() > db->deadline_us) {
		log_error("the transaction takes too long to be committed");
		db->spoilt = FATE_DEAD;
	}
	if (e != E_OK || db->spoilt != FATE_OK) {
		if (db->my != NULL && db_query(db, "ROLLBACK") != FATE_OK)
			db_disconnect(db);
		*done = db->spoilt == FATE_OK || db->spoilt == FATE_DEAD;
		return db->spoilt == FATE_OK ? e : db_fate(db->spoilt);
	}
	f = db_query(db, "COMMIT");
	if (f == FATE_OK) {
		*done = true;
		return E_OK;
	}
	if (f == FATE_AGAIN) {
		/* A conflict found at the end: Galera has rolled back, this makes sure. */
		if (db_query(db, "ROLLBACK") != FATE_OK)
			db_disconnect(db);
		db->spoilt = f;
		return db_fate(f);
	}
	if (f == FATE_LOST_BEFORE) {
		db->spoilt = f;
		return db_fate(f);
	}
	/* The server got it, and may have done it whatever it said. */
	db_disconnect(db);
	*done = true;
	return E_UNSURE;
}

enum err
db_transaction(struct db *db, enum err (*fn)(void *arg), void *arg)
{
	int64_t begin_us = clock_mono_us();
	bool done, lost = false;
	enum err e;

	if (db->in_transaction) {
		log_error("a transaction within a transaction");
		abort();
	}
	db->in_transaction = true;
	db->deadline_us = begin_us + INT64_C(1000) * DB_TRANSACTION_MS;
	for (int try = 1;; try++) {
		e = transact(db, fn, arg, &done);
		if (done || try >= TRIES || clock_mono_us() - begin_us > RETRY_US)
			break;
		if (db->spoilt == FATE_LOST_BEFORE && !lost) {
			/* Mostly a connection that was idle for too long: a new one will do. */
			lost = true;
			shm_count(db->shm, SHM_db_retries, 1);
		} else {
			back_off(db, try);
		}
	}
	db->in_transaction = false;
	db->spoilt = FATE_OK;
	return e;
}
