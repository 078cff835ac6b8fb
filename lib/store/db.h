/* db.h - MariaDB or MySQL: prepared statements only, batches, transactions that re-run.
 *
 * A statement stands once in the program, beside the function that uses it:
 *
 *     SQL(like_add, "INSERT INTO likes (user_id, video_id, created_ms) VALUES (?, ?, ?)", "iii", "");
 *
 *     e = db_exec(c->db, &like_add, ARGS(I(user_id), I(video_id), I(now_ms)), &changed);
 *
 * "in" and "out" give a type for each parameter and column: i = BIGINT, s = text or bytes.  A
 * list parameter is written "(?...)" in the text and L in "in": the statement is prepared for the
 * next size of 1, 2, 4, ... 1024 values and padded with its last value.  All statements are
 * in one linker section, so that a test prepares each against the real schema.
 *
 * The connection opens at the first statement, walks db_hosts in order, and is dropped after
 * 2006, 2013, 2055, 1047, 1053, 1243, 1615, 1927, 4031; the next statement opens it again.  A read outside a
 * transaction is retried once after a lost connection.  READ COMMITTED, utf8mb4, strict mode. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/err.h"
#include "store/shm.h"

#define DB_TRANSACTION_MS 12000 /* no statement of a transaction begins later than that */

struct sql {
	const char *name, *text, *in, *out;
};

/* Declares a statement for this file and enters it into the program's table. */
#define SQL(id, text_, in_, out_)                                                                  \
	static const struct sql id = { #id, text_, in_, out_ };                                     \
	static const struct sql *const id##_entry                                                   \
	    __attribute__((section("doufu_sql"), used, no_reorder)) = &id

/* The program's statements. */
const struct sql *const *sql_first(void);
const struct sql *const *sql_end(void);

struct val {
	char type;       /* 'i', 's', 'L' or 0 for NULL */
	int64_t i;
	const char *s;   /* in rows: NUL-terminated, of the arena */
	size_t n;        /* bytes of s, or values of list */
	const int64_t *list;
};

#define I(x) ((struct val){ .type = 'i', .i = (x) })
#define S(x) db_text(x)
#define SN(p, len) ((struct val){ .type = 's', .s = (p), .n = (len) })
#define LIST(p, len) ((struct val){ .type = 'L', .list = (p), .n = (len) })
#define ARGS(...) ((const struct val[]){ __VA_ARGS__ })
struct val db_text(const char *s);

/* A whole result, at most 65,536 rows: cell(r, c) is rows.v[r * rows.cols + c]. */
struct rows {
	size_t n, cols;
	const struct val *v;
};

/* shm may be NULL (no metrics).  Does not connect yet. */
struct db *db_new(const struct conf *conf, struct shm *shm);
void db_free(struct db *db);

/* Statements that this connection ran since it was made (tests and the request log). */
uint64_t db_statements(const struct db *db);

/* Runs a statement without a result.  *changed (may be NULL): rows really changed.
 * E_DUPLICATE: a unique key exists already.  E_UNAVAILABLE: no server answers.
 * E_DB: anything else (logged).  Outside a transaction it is one of its own. */
enum err db_exec(struct db *db, const struct sql *q, const struct val *args, int64_t *changed) CHECKED;

/* Runs a query and takes the whole result into the arena. */
enum err db_select(struct db *db, struct arena *a, const struct sql *q, const struct val *args,
    struct rows *out) CHECKED;

/* Runs fn in a transaction, commits where it returns E_OK, else rolls back and returns its error.
 * The whole of fn runs again (bounded, with jitter) after a deadlock, a lock time-out, a Galera
 * conflict, or a connection lost before COMMIT was sent: it must not keep state of an earlier run.
 * Where that does not help, or all runs together take longer than DB_TRANSACTION_MS, it is
 * E_UNAVAILABLE.  A connection lost during COMMIT is E_UNSURE, as nobody knows. */
enum err db_transaction(struct db *db, enum err (*fn)(void *arg), void *arg) CHECKED;

/* Raw text, several statements, on a connection of its own, for migrations only; E_DB puts the
 * server's message at why. */
enum err db_script(struct db *db, const char *text, char *why, size_t why_size) CHECKED;

/* Prepares a statement without running it: E_DB (logged) where its text, its parameters or the
 * types of its columns do not fit the schema. */
enum err db_check(struct db *db, const struct sql *q) CHECKED;

/* Whether a server answers; version (may be NULL) gets its version text. */
enum err db_ping(struct db *db, char *version, size_t size) CHECKED;

#endif
