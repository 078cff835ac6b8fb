/* db_inside.h - what the files db*.c share: one connection and its prepared statements.  Nobody else
 * includes it; db.h is the room's door. */
#ifndef STORE_DB_INSIDE_H
#define STORE_DB_INSIDE_H

#include <mysql.h>

#include "store/db.h"
#include "store/hosts.h"

#define KEPT_MAX 64 /* prepared statements of a connection; the server's total is 16,382 */

/* char in MariaDB, bool in MySQL 8. */
typedef __typeof__(*((MYSQL_BIND *)NULL)->is_null) db_flag;

/* How a statement ended. */
enum fate {
	FATE_OK,
	FATE_DUPLICATE,
	FATE_WRONG,       /* the server refused it (logged) */
	FATE_AGAIN,       /* rolled back, might do better next time */
	FATE_LOST_BEFORE, /* the connection is lost, and it was certainly not executed */
	FATE_LOST,        /* the connection is lost, nobody knows */
	FATE_DEAD,        /* no server answers */
};

struct column {
	char *room; /* TEXT_ROOM bytes for an s */
	long long i;
	unsigned long n;
	db_flag null, cut;
};

struct kept {
	const struct sql *q;
	size_t bucket;
	uint64_t used; /* tick of its last use */
	MYSQL_STMT *stmt;
	size_t in_n, out_n;
	MYSQL_BIND *in, *out;
	long long *numbers; /* in_n, what in points to */
	struct column *columns;
};

struct db {
	const struct conf *conf;
	struct shm *shm;
	struct host hosts[HOSTS_MAX];
	int hosts_n, host; /* hosts_n 0: the socket; host: the one in use, or to try first */
	int64_t moved_us;  /* when we left the first host */
	int64_t down_us;   /* until then no attempt to connect */
	MYSQL *my;
	bool was_connected;
	uint64_t statements, tick;
	struct kept kept[KEPT_MAX];
	size_t kept_n;

	bool in_transaction;
	int64_t deadline_us; /* of the transaction */
	enum fate spoilt;    /* FATE_OK, or why the transaction cannot go on */
};

/* db_link.c */

/* Is there a connection, or can one be had?  Never a new one within a transaction that broke. */
bool db_connected(struct db *db);

/* A connection of its own, to each host once, beginning with the one in use; NULL: none answers. */
MYSQL *db_connect_any(struct db *db, unsigned answer_s);

/* Drops the connection and its statements. */
void db_disconnect(struct db *db);

/* What an error code means (logged); drops the connection where it is of no more use. */
enum fate db_judge(struct db *db, const char *name, unsigned code, const char *text);

/* A statement without parameters or result, over the text protocol. */
enum fate db_query(struct db *db, const char *text);

/* db_statement.c */

/* Finds or prepares the statement for lists of this bucket. */
enum fate db_prepare(struct db *db, const struct sql *q, size_t bucket, struct kept **out);

/* Runs a statement once.  a and out: NULL for a statement without a result. */
enum fate db_run(struct db *db, struct arena *a, const struct sql *q, const struct val *args,
    struct rows *out, int64_t *changed);

void db_kept_free(struct kept *k);

/* db.c: what a caller is told. */
enum err db_fate(enum fate f);

#endif
