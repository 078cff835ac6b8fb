/* db.c - see db.h.
 *
 * The invariant: within a transaction nothing reconnects and nothing runs after the server has
 * given it up (`spoilt`), since such a statement would commit by itself. */
#include "store/db.h"

#include <mysql.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "store/db_text.h"
#include "store/hosts.h"

#define ROWS_MAX 65536
#define TEXT_ROOM 512 /* longer values are fetched once more, into their own room */
#define TEXT_MAX (16ul << 20)
#define KEPT_MAX 64 /* prepared statements of a connection; the server's total is 16,382 */
#define TRIES 8
#define RETRY_US INT64_C(10000000)
#define DOWN_US 200000            /* no new attempt for so long after all hosts failed */
#define HOME_US INT64_C(30000000) /* then the first host of the list is tried again */
#define SCRIPT_TIMEOUT_S 86400

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

/* --- the table of statements ------------------------------------------------------------- */

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

/* --- connection -------------------------------------------------------------------------- */

struct db *
db_new(const struct conf *conf, struct shm *shm)
{
	struct db *db = xcalloc(1, sizeof *db);

	db->conf = conf;
	db->shm = shm;
	db->hosts_n = hosts_parse(conf->db_hosts, 3306, db->hosts);
	if (db->hosts_n < 0)
		log_error("db_hosts \"%s\" cannot be read", conf->db_hosts);
	return db;
}

static void
kept_free(struct kept *k)
{
	if (k->stmt != NULL)
		mysql_stmt_close(k->stmt);
	for (size_t i = 0; i < k->out_n; i++)
		free(k->columns[i].room);
	free(k->in);
	free(k->out);
	free(k->numbers);
	free(k->columns);
	*k = (struct kept){ 0 };
}

static void
disconnect(struct db *db)
{
	/* The connection first: then closing the handles sends nothing. */
	if (db->my != NULL)
		mysql_close(db->my);
	db->my = NULL;
	while (db->kept_n > 0)
		kept_free(&db->kept[--db->kept_n]);
}

void
db_free(struct db *db)
{
	if (db == NULL)
		return;
	disconnect(db);
	free(db);
}

uint64_t
db_statements(const struct db *db)
{
	return db->statements;
}

static void
next_host(struct db *db)
{
	if (db->hosts_n <= 1)
		return;
	if (db->host == 0)
		db->moved_us = clock_mono_us();
	db->host = (db->host + 1) % db->hosts_n;
}

static MYSQL *
new_handle(const struct db *db, unsigned answer_s)
{
	unsigned connect_s = (unsigned)db->conf->db_timeout;
	MYSQL *my = mysql_init(NULL);

	if (my == NULL)
		abort();
	/* A dead host answers nothing at all: the next one should not wait for long. */
	if (db->hosts_n > 1 && connect_s > 3)
		connect_s = 3;
	mysql_options(my, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
	mysql_options(my, MYSQL_OPT_READ_TIMEOUT, &answer_s);
	mysql_options(my, MYSQL_OPT_WRITE_TIMEOUT, &answer_s);
	mysql_options(my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
#ifdef MARIADB_PACKAGE_VERSION
	{
		/* Off in MySQL in any case, which warns about being asked. */
		db_flag no = 0;

		mysql_options(my, MYSQL_OPT_RECONNECT, &no);
		/* From 3.4 on the connector would insist on TLS over TCP. */
		mysql_options(my, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &no);
	}
#endif
	return my;
}

/* One host (or the socket).  NULL: it does not answer, or does not let us in (logged). */
static MYSQL *
connect_one(const struct db *db, unsigned answer_s)
{
	static const char level[] = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";
	static const char session[] =
	    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,"
	    "NO_ENGINE_SUBSTITUTION', autocommit = 1, innodb_lock_wait_timeout = 3";
	const struct conf *c = db->conf;
	const struct host *h = db->hosts_n > 0 ? &db->hosts[db->host] : NULL;
	const char *where = h != NULL ? h->name : c->db_socket;
	MYSQL *my = new_handle(db, answer_s);

	if (mysql_real_connect(my, h != NULL ? h->name : "localhost", c->db_user, c->db_password,
		c->db_name, h != NULL ? h->port : 0,
		h == NULL && c->db_socket[0] != '\0' ? c->db_socket : NULL, 0) != NULL &&
	    mysql_query(my, level) == 0 && mysql_query(my, session) == 0)
		return my;
	log_error("database %s: %u %s", where, mysql_errno(my), mysql_error(my));
	mysql_close(my);
	return NULL;
}

/* Each host once, beginning with the one in use. */
static MYSQL *
connect_any(struct db *db, unsigned answer_s)
{
	int n = db->hosts_n > 0 ? db->hosts_n : 1;

	if (db->hosts_n < 0)
		return NULL;
	if (db->host != 0 && clock_mono_us() - db->moved_us > HOME_US)
		db->host = 0;
	for (int i = 0; i < n; i++) {
		MYSQL *my = connect_one(db, answer_s);

		if (my != NULL)
			return my;
		next_host(db);
	}
	return NULL;
}

static bool
connected(struct db *db)
{
	if (db->my != NULL)
		return true;
	if (db->in_transaction && db->spoilt != FATE_OK)
		return false;
	if (clock_mono_us() < db->down_us)
		return false;
	db->my = connect_any(db, (unsigned)db->conf->db_timeout);
	if (db->my == NULL) {
		/* The requests that wait for us meanwhile would each wait for it again. */
		db->down_us = clock_mono_us() + DOWN_US;
		return false;
	}
	if (db->was_connected)
		shm_count(db->shm, SHM_db_reconnects, 1);
	db->was_connected = true;
	return true;
}

/* --- errors ------------------------------------------------------------------------------ */

/* What an error code means; drops the connection where it is of no more use. */
static enum fate
judge(struct db *db, const char *name, unsigned code, const char *text)
{
	switch (code) {
	case 1062: /* duplicate key */
	case 1169:
	case 1586:
		return FATE_DUPLICATE;
	case 1213: /* deadlock, or a Galera conflict */
	case 1205: /* lock time-out */
	case 1020: /* changed since the snapshot (MariaDB 11.6 and later) */
		log_debug("%s: %u %s", name, code, text);
		return FATE_AGAIN;
	case 2006: /* could not be sent */
	case 1243: /* the server lost our prepared statements */
	case 1615:
	case 4031: /* too long idle */
		log_info("%s: %u %s", name, code, text);
		disconnect(db);
		return FATE_LOST_BEFORE;
	case 1047: /* a Galera node without a cluster */
		log_warn("%s: %u %s", name, code, text);
		disconnect(db);
		next_host(db);
		return FATE_LOST_BEFORE;
	case 1053: /* is shutting down */
	case 1927: /* killed */
	case 2013: /* lost while waiting for the answer */
	case 2055:
		log_warn("%s: %u %s", name, code, text);
		disconnect(db);
		if (code == 1053)
			next_host(db);
		return FATE_LOST;
	default:
		log_error("%s: %u %s", name, code, text);
		/* The connector's other codes: it has lost its place in the stream. */
		if (code == 0 || (code >= 2000 && code < 3000))
			disconnect(db);
		return FATE_WRONG;
	}
}

static enum fate
judge_stmt(struct db *db, const struct kept *k)
{
	char text[256];

	/* A copy, as judge() may close the handle. */
	strncpy(text, mysql_stmt_error(k->stmt), sizeof text - 1);
	text[sizeof text - 1] = '\0';
	return judge(db, k->q->name, mysql_stmt_errno(k->stmt), text);
}

static enum fate
query(struct db *db, const char *text)
{
	char why[256];

	if (mysql_query(db->my, text) == 0)
		return FATE_OK;
	strncpy(why, mysql_error(db->my), sizeof why - 1);
	why[sizeof why - 1] = '\0';
	return judge(db, text, mysql_errno(db->my), why);
}

/* --- prepared statements ----------------------------------------------------------------- */

static void
forget(struct db *db, struct kept *k)
{
	kept_free(k);
	*k = db->kept[--db->kept_n];
	db->kept[db->kept_n] = (struct kept){ 0 };
}

static struct kept *
find_kept(struct db *db, const struct sql *q, size_t bucket)
{
	for (size_t i = 0; i < db->kept_n; i++)
		if (db->kept[i].q == q && db->kept[i].bucket == bucket)
			return &db->kept[i];
	return NULL;
}

static struct kept *
free_kept(struct db *db)
{
	struct kept *oldest = &db->kept[0];

	if (db->kept_n == KEPT_MAX) {
		for (size_t i = 1; i < KEPT_MAX; i++)
			if (db->kept[i].used < oldest->used)
				oldest = &db->kept[i];
		forget(db, oldest);
	}
	return &db->kept[db->kept_n++];
}

static void
make_binds(struct kept *k)
{
	k->in = xcalloc(k->in_n + 1, sizeof *k->in);
	k->numbers = xcalloc(k->in_n + 1, sizeof *k->numbers);
	k->out = xcalloc(k->out_n + 1, sizeof *k->out);
	k->columns = xcalloc(k->out_n + 1, sizeof *k->columns);
	for (size_t i = 0; i < k->out_n; i++) {
		struct column *c = &k->columns[i];
		MYSQL_BIND *b = &k->out[i];

		if (k->q->out[i] == 's') {
			c->room = xmalloc(TEXT_ROOM);
			b->buffer_type = MYSQL_TYPE_STRING;
			b->buffer = c->room;
			b->buffer_length = TEXT_ROOM;
		} else {
			b->buffer_type = MYSQL_TYPE_LONGLONG;
			b->buffer = &c->i;
			b->buffer_length = sizeof c->i;
		}
		b->length = &c->n;
		b->is_null = &c->null;
		b->error = &c->cut;
	}
}

/* Finds or prepares the statement for lists of this bucket. */
static enum fate
prepare(struct db *db, const struct sql *q, size_t bucket, struct kept **out)
{
	struct kept *k;
	char *text;
	int failed;
	enum fate f;

	if (!connected(db))
		return FATE_DEAD;
	k = *out = find_kept(db, q, bucket);
	if (k != NULL) {
		k->used = ++db->tick;
		return FATE_OK;
	}
	k = *out = free_kept(db);
	k->q = q;
	k->bucket = bucket;
	k->used = ++db->tick;
	for (const char *p = q->in; *p != '\0'; p++)
		k->in_n += *p == 'L' ? bucket : 1;
	k->out_n = strlen(q->out);
	make_binds(k);
	k->stmt = mysql_stmt_init(db->my);
	if (k->stmt == NULL)
		abort();
	text = db_expand(q->text, bucket);
	failed = mysql_stmt_prepare(k->stmt, text, strlen(text));
	free(text);
	if (failed == 0 && mysql_stmt_param_count(k->stmt) == k->in_n &&
	    mysql_stmt_field_count(k->stmt) == k->out_n &&
	    (k->out_n == 0 || mysql_stmt_bind_result(k->stmt, k->out) == 0))
		return FATE_OK;
	if (failed != 0) {
		f = judge_stmt(db, k);
		if (f == FATE_LOST)
			f = FATE_LOST_BEFORE;
	} else {
		log_error("%s: %lu parameters and %u columns do not fit \"%s\" and \"%s\"", q->name,
		    mysql_stmt_param_count(k->stmt), mysql_stmt_field_count(k->stmt), q->in,
		    q->out);
		f = FATE_WRONG;
	}
	if (db->my != NULL)
		forget(db, k);
	return f;
}

static void
bind_number(struct kept *k, size_t at, int64_t v)
{
	k->numbers[at] = v;
	k->in[at] = (MYSQL_BIND){ 0 };
	k->in[at].buffer_type = MYSQL_TYPE_LONGLONG;
	k->in[at].buffer = &k->numbers[at];
}

static void
bind_args(struct kept *k, const struct val *args)
{
	size_t at = 0;

	for (const char *p = k->q->in; *p != '\0'; p++, args++) {
		/* The connector does not write through the buffer of a parameter. */
		union {
			const char *from;
			void *to;
		} text = { .from = args->s != NULL ? args->s : "" };

		if (*p != args->type && args->type != 0) {
			log_error("%s: argument of type %c, not %c", k->q->name, args->type, *p);
			abort();
		}
		if (args->type == 'L') {
			for (size_t i = 0; i < k->bucket; i++)
				bind_number(k, at++, args->list[i < args->n ? i : args->n - 1]);
			continue;
		}
		if (args->type == 'i') {
			bind_number(k, at++, args->i);
			continue;
		}
		k->in[at] = (MYSQL_BIND){ 0 };
		k->in[at].buffer_type = args->type == 's' ? MYSQL_TYPE_STRING : MYSQL_TYPE_NULL;
		if (args->type == 's') {
			k->in[at].buffer = text.to;
			k->in[at].buffer_length = args->n;
		}
		at++;
	}
}

static size_t
bucket_of(const struct sql *q, const struct val *args)
{
	size_t most = 1;

	for (const char *p = q->in; *p != '\0'; p++, args++) {
		if (*p != 'L')
			continue;
		if (args->type != 'L' || args->n < 1 || args->n > DB_LIST_MAX) {
			log_error("%s: a list of %zu values", q->name, args->n);
			abort();
		}
		if (args->n > most)
			most = args->n;
	}
	return db_bucket(most);
}

/* --- results ----------------------------------------------------------------------------- */

static bool
take_text(struct kept *k, struct arena *a, size_t col, struct val *v)
{
	struct column *c = &k->columns[col];
	char *p;

	if (c->n > TEXT_MAX)
		return false;
	p = arena_alloc(a, c->n + 1);
	if (c->n <= TEXT_ROOM) {
		memcpy(p, c->room, c->n);
	} else {
		MYSQL_BIND b = { 0 };
		unsigned long n = 0;
		db_flag null = 0, cut = 0;

		b.buffer_type = MYSQL_TYPE_STRING;
		b.buffer = p;
		b.buffer_length = c->n;
		b.length = &n;
		b.is_null = &null;
		b.error = &cut;
		if (mysql_stmt_fetch_column(k->stmt, &b, (unsigned)col, 0) != 0 || n != c->n)
			return false;
	}
	p[c->n] = '\0';
	*v = (struct val){ .type = 's', .s = p, .n = c->n };
	return true;
}

static bool
take_row(struct kept *k, struct arena *a, struct val *v)
{
	for (size_t i = 0; i < k->out_n; i++, v++) {
		*v = (struct val){ .s = "" };
		if (k->columns[i].null)
			continue;
		if (k->q->out[i] == 's') {
			if (!take_text(k, a, i, v))
				return false;
		} else {
			v->type = 'i';
			v->i = k->columns[i].i;
		}
	}
	return true;
}

static enum fate
take_rows(struct db *db, struct kept *k, struct arena *a, struct rows *out)
{
	struct val *v = NULL;
	size_t n = 0, room = 0;
	enum fate f;
	int got;

	while ((got = mysql_stmt_fetch(k->stmt)) == 0 || got == MYSQL_DATA_TRUNCATED) {
		if (n == room) {
			struct val *more;

			room = room == 0 ? 16 : 2 * room;
			more = arena_array(a, room * k->out_n, sizeof *v);
			if (n > 0)
				memcpy(more, v, n * k->out_n * sizeof *v);
			v = more;
		}
		if (n == ROWS_MAX || !take_row(k, a, v + n * k->out_n)) {
			log_error("%s: the result is too large", k->q->name);
			mysql_stmt_free_result(k->stmt);
			return FATE_WRONG;
		}
		n++;
	}
	if (got != MYSQL_NO_DATA) {
		f = judge_stmt(db, k);
		/* A failure between rows leaves an open result. */
		if (db->my != NULL)
			mysql_stmt_free_result(k->stmt);
		return f == FATE_DUPLICATE ? FATE_WRONG : f;
	}
	mysql_stmt_free_result(k->stmt);
	*out = (struct rows){ .n = n, .cols = k->out_n, .v = v };
	return FATE_OK;
}

/* Runs a statement once.  a and out: NULL for a statement without a result. */
static enum fate
run(struct db *db, struct arena *a, const struct sql *q, const struct val *args, struct rows *out,
    int64_t *changed)
{
	struct kept *k;
	enum fate f = prepare(db, q, bucket_of(q, args), &k);

	if (f != FATE_OK)
		return f;
	bind_args(k, args);
	db->statements++;
	if ((k->in_n > 0 && mysql_stmt_bind_param(k->stmt, k->in) != 0) ||
	    mysql_stmt_execute(k->stmt) != 0)
		return judge_stmt(db, k);
	if (out != NULL && mysql_stmt_field_count(k->stmt) != k->out_n) {
		/* The table was changed under us. */
		log_error("%s: other columns than before", q->name);
		disconnect(db);
		return FATE_WRONG;
	}
	if (out != NULL)
		return take_rows(db, k, a, out);
	if (changed != NULL)
		*changed = (int64_t)mysql_stmt_affected_rows(k->stmt);
	return FATE_OK;
}

/* --- the rules of repetition ------------------------------------------------------------- */

static enum err
to_err(enum fate f)
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
	f = run(db, a, q, args, out, changed);
	/* Before COMMIT every loss is one before: the server rolls back. */
	if (f == FATE_LOST)
		f = FATE_LOST_BEFORE;
	if (f == FATE_WRONG && db->my == NULL)
		db->spoilt = FATE_DEAD;
	if (f == FATE_AGAIN || f == FATE_LOST_BEFORE || f == FATE_DEAD)
		db->spoilt = f;
	return to_err(f);
}

static enum err
run_outside(struct db *db, struct arena *a, const struct sql *q, const struct val *args,
    struct rows *out, int64_t *changed)
{
	int64_t begin_us = clock_mono_us();
	bool lost = false;

	for (int try = 1;; try++) {
		enum fate f = run(db, a, q, args, out, changed);

		if (f == FATE_LOST && out != NULL)
			f = FATE_LOST_BEFORE; /* a read may be repeated in any case */
		if (f == FATE_LOST_BEFORE && !lost) {
			lost = true;
			shm_count(db->shm, SHM_db_retries, 1);
			continue;
		}
		if (f != FATE_AGAIN || try >= TRIES || clock_mono_us() - begin_us > RETRY_US)
			return to_err(f);
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
	if (!connected(db)) {
		*done = true;
		return E_UNAVAILABLE;
	}
	f = query(db, "START TRANSACTION");
	if (f != FATE_OK) {
		db->spoilt = f == FATE_LOST ? FATE_LOST_BEFORE : f;
		*done = f == FATE_WRONG;
		return to_err(db->spoilt);
	}
	e = fn(arg);
	if (e == E_OK && db->spoilt == FATE_OK && clock_mono_us() > db->deadline_us) {
		log_error("the transaction takes too long to be committed");
		db->spoilt = FATE_DEAD;
	}
	if (e != E_OK || db->spoilt != FATE_OK) {
		if (db->my != NULL && query(db, "ROLLBACK") != FATE_OK)
			disconnect(db);
		*done = db->spoilt == FATE_OK || db->spoilt == FATE_DEAD;
		return db->spoilt == FATE_OK ? e : to_err(db->spoilt);
	}
	f = query(db, "COMMIT");
	if (f == FATE_OK) {
		*done = true;
		return E_OK;
	}
	if (f == FATE_AGAIN) {
		/* A conflict found at the end: Galera has rolled back, this makes sure. */
		if (query(db, "ROLLBACK") != FATE_OK)
			disconnect(db);
		db->spoilt = f;
		return to_err(f);
	}
	if (f == FATE_LOST_BEFORE) {
		db->spoilt = f;
		return to_err(f);
	}
	/* The server got it, and may have done it whatever it said. */
	disconnect(db);
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

/* --- migrations, checks ------------------------------------------------------------------ */

enum err
db_script(struct db *db, const char *text, char *why, size_t why_size)
{
	MYSQL *my = connect_any(db, SCRIPT_TIMEOUT_S);
	struct buf message;
	int more;

	if (why_size > 0)
		why[0] = '\0';
	if (my == NULL)
		return E_UNAVAILABLE;
	more = mysql_set_server_option(my, MYSQL_OPTION_MULTI_STATEMENTS_ON);
	if (more == 0)
		more = mysql_real_query(my, text, strlen(text));
	while (more == 0) {
		MYSQL_RES *result = mysql_store_result(my);

		if (result != NULL)
			mysql_free_result(result);
		more = mysql_next_result(my); /* -1: that was the last one */
	}
	if (more > 0 && why_size > 0) {
		buf_init(&message, 2048);
		buf_addf(&message, "%u %s", mysql_errno(my), mysql_error(my));
		strncat(why, message.p, why_size - 1);
		buf_free(&message);
	}
	mysql_close(my);
	return more > 0 ? E_DB : E_OK;
}

static bool
is_number(enum enum_field_types t)
{
	switch (t) {
	case MYSQL_TYPE_TINY:
	case MYSQL_TYPE_SHORT:
	case MYSQL_TYPE_INT24:
	case MYSQL_TYPE_LONG:
	case MYSQL_TYPE_LONGLONG:
	case MYSQL_TYPE_DECIMAL:
	case MYSQL_TYPE_NEWDECIMAL:
		return true;
	default:
		return false;
	}
}

enum err
db_check(struct db *db, const struct sql *q)
{
	struct kept *k;
	MYSQL_RES *meta;
	enum fate f = prepare(db, q, 1, &k);
	bool fits = true;

	if (f == FATE_LOST_BEFORE)
		f = prepare(db, q, 1, &k);
	if (f != FATE_OK || q->out[0] == '\0')
		return to_err(f);
	meta = mysql_stmt_result_metadata(k->stmt);
	if (meta == NULL)
		return E_DB;
	for (unsigned i = 0; i < k->out_n; i++) {
		const MYSQL_FIELD *field = mysql_fetch_field_direct(meta, i);

		if (is_number(field->type) != (q->out[i] == 'i')) {
			log_error("%s: column %s is no %c", q->name, field->name, q->out[i]);
			fits = false;
		}
	}
	mysql_free_result(meta);
	return fits ? E_OK : E_DB;
}

enum err
db_ping(struct db *db, char *version, size_t size)
{
	for (int try = 0; try < 2; try++) {
		if (!connected(db))
			break;
		if (mysql_ping(db->my) == 0) {
			if (version != NULL && size > 0) {
				version[0] = '\0';
				strncat(version, mysql_get_server_info(db->my), size - 1);
			}
			return E_OK;
		}
		disconnect(db);
	}
	return E_UNAVAILABLE;
}
