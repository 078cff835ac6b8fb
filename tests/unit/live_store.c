/* The store against a real MariaDB and memcached.
 *
 * Runs only where DOUFU_TEST_DB_SOCKET and DOUFU_TEST_CACHE name them: a socket, or hosts as in
 * db_hosts and cache_servers.  DOUFU_TEST_DB_USER (no password) must own the database doufu_unit;
 * its tables are made anew. */
#include "unit.h"

#include <libmemcached/memcached.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "store/jobs.h"
#include "store/rows.h"

static const char *server, *cache;
static struct conf conf = { .db_hosts = "",
	.db_socket = "",
	.db_name = "doufu_unit",
	.db_user = "",
	.db_password = "",
	.db_timeout = 10,
	.cache_servers = "",
	.cache_prefix = "unit",
	.cache_ttl = 120 };
static char dir[] = "/tmp/doufu-live-XXXXXX";
static struct shm *shm, *elsewhere; /* this host's, and that of "another host" */
static struct db *db, *other;
static struct arena *a;

static const char schema[] =
    "DROP TABLE IF EXISTS kinds, things, jobs;"
    "CREATE TABLE kinds (id BIGINT NOT NULL PRIMARY KEY, n INT, s VARCHAR(20), t MEDIUMTEXT,"
    " b VARBINARY(20), u VARCHAR(20) NOT NULL, UNIQUE KEY u (u)) ENGINE=InnoDB"
    " DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;"
    "CREATE TABLE things (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL,"
    " n BIGINT NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;"
    "CREATE TABLE jobs (id BIGINT NOT NULL PRIMARY KEY, kind TINYINT NOT NULL,"
    " ref_id BIGINT NOT NULL, run_at_ms BIGINT NOT NULL, attempts INT NOT NULL DEFAULT 0,"
    " dead TINYINT NOT NULL DEFAULT 0, lane TINYINT NOT NULL DEFAULT 0,"
    " token CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',"
    " error VARCHAR(500) NOT NULL DEFAULT '', KEY lane_due (lane, dead, run_at_ms, id), KEY token (token),"
    " KEY ref (ref_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;";

SQL(kind_add, "INSERT INTO kinds (id, n, s, t, b, u) VALUES (?, ?, ?, ?, ?, ?)", "iissss", "");
SQL(kind_set, "UPDATE kinds SET n = ? WHERE id = ?", "ii", "");
SQL(kind_get, "SELECT id, n, s, t, b FROM kinds WHERE id = ?", "i", "iisss");
SQL(kind_in, "SELECT id FROM kinds WHERE id IN (?...) AND n = ? ORDER BY id", "Li", "i");
SQL(kind_two_lists, "SELECT COUNT(*) FROM kinds WHERE id IN (?...) OR id IN (?...)", "LL", "i");
SQL(kind_sum, "SELECT SUM(n), COUNT(*), MAX(n), AVG(n) FROM kinds", "", "iiis");
SQL(kind_clear, "DELETE FROM kinds", "", "");
SQL(thing_set,
    "INSERT INTO things (id, name, n) VALUES (?, ?, ?)"
    " ON DUPLICATE KEY UPDATE name = VALUES(name), n = VALUES(n)",
    "isi", "");
SQL(thing_inc, "UPDATE things SET n = n + 1 WHERE id = ?", "i", "");
SQL(things_get, "SELECT id, name, n FROM things WHERE id IN (?...)", "L", "isi");
SQL(thing_n, "SELECT n FROM things WHERE id = ?", "i", "i");
SQL(my_number, "SELECT CONNECTION_ID()", "", "i");
SQL(many, "SELECT a.id FROM kinds a, kinds b, kinds c LIMIT ?", "i", "i");
SQL(wrong_table, "SELECT id FROM nowhere", "", "i");
SQL(wrong_columns, "SELECT id, n FROM kinds", "", "i");
SQL(wrong_type, "SELECT id, s FROM kinds", "", "ii");
SQL(wrong_parameters, "SELECT id FROM kinds WHERE id = ?", "ii", "i");

static void
pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static int64_t
number_of(struct db *of)
{
	struct rows r;

	if (db_select(of, a, &my_number, NULL, &r) != E_OK || r.n != 1)
		abort();
	return r.v[0].i;
}

static void
kill_connection(int64_t number)
{
	char text[40], why[100];

	snprintf(text, sizeof text, "KILL %lld", (long long)number);
	if (db_script(other, text, why, sizeof why) != E_OK)
		abort();
	/* The server closes it a moment later. */
	pause_ms(50);
}

static enum err
add_kind(int64_t id, int64_t n)
{
	return db_exec(db, &kind_add,
	    ARGS(
		I(id), I(n), S(NULL), S(NULL), S(NULL), S(arena_printf(a, "u%lld", (long long)id))),
	    NULL);
}

static void
clear_kinds(void)
{
	if (db_exec(db, &kind_clear, NULL, NULL) != E_OK)
		abort();
}

static int64_t
count_kinds(void)
{
	struct rows r;

	if (db_select(other, a, &kind_sum, NULL, &r) != E_OK)
		abort();
	return r.v[1].i;
}

/* --- db ---------------------------------------------------------------------------------- */

CASE(db_types)
{
	static char big[100001];
	struct rows r;
	int64_t changed = -1;

	clear_kinds();
	memset(big, 'x', sizeof big - 1);
	CHECK_INT(db_exec(db, &kind_add,
		      ARGS(I(1), I(-5), S("豆腐 \xf0\x9f\x8e\xac"), SN(big, 100000), SN("a\0b", 3),
			  S("one")),
		      &changed),
	    E_OK);
	CHECK_INT(changed, 1);
	CHECK_INT(db_exec(db, &kind_add,
		      ARGS(I(INT64_MAX), S(NULL), S(NULL), S(NULL), S(NULL), S("two")), NULL),
	    E_OK);
	CHECK_INT(db_exec(db, &kind_add,
		      ARGS(I(INT64_MIN), I(0), S(""), SN(big, 512), S(""), S("3")), NULL),
	    E_OK);
	CHECK_INT(db_select(db, a, &kind_get, ARGS(I(1)), &r), E_OK);
	CHECK_INT(r.n, 1);
	CHECK_INT(r.cols, 5);
	CHECK_INT(r.v[0].type, 'i');
	CHECK_INT(r.v[1].i, -5);
	CHECK_STR(r.v[2].s, "豆腐 \xf0\x9f\x8e\xac");
	CHECK_INT(r.v[3].n, 100000);
	CHECK_STR(r.v[3].s, big);
	CHECK_INT(r.v[4].n, 3);
	CHECK(memcmp(r.v[4].s, "a\0b", 4) == 0);
	CHECK_INT(db_select(db, a, &kind_get, ARGS(I(INT64_MAX)), &r), E_OK);
	CHECK_INT(r.v[0].i, INT64_MAX);
	for (int i = 1; i < 5; i++) {
		CHECK_INT(r.v[i].type, 0);
		CHECK_INT(r.v[i].i, 0);
		CHECK_STR(r.v[i].s, "");
	}
	CHECK_INT(db_select(db, a, &kind_get, ARGS(I(INT64_MIN)), &r), E_OK);
	CHECK_INT(r.v[2].type, 's');
	CHECK_INT(r.v[2].n, 0);
	CHECK_INT(r.v[3].n, 512);
	CHECK_INT(db_select(db, a, &kind_get, ARGS(I(2)), &r), E_OK);
	CHECK_INT(r.n, 0);
	/* SUM and AVG are DECIMAL. */
	CHECK_INT(db_select(db, a, &kind_sum, NULL, &r), E_OK);
	CHECK_INT(r.v[0].i, -5);
	CHECK_INT(r.v[1].i, 3);
	CHECK_STR(r.v[3].s, "-2.5000");
	clear_kinds();
	CHECK_INT(db_select(db, a, &kind_sum, NULL, &r), E_OK);
	CHECK_INT(r.v[0].type, 0);
}

CASE(db_changed)
{
	int64_t changed;

	clear_kinds();
	CHECK_INT(add_kind(1, 1), E_OK);
	CHECK_INT(db_exec(db, &kind_set, ARGS(I(2), I(1)), &changed), E_OK);
	CHECK_INT(changed, 1);
	CHECK_INT(db_exec(db, &kind_set, ARGS(I(2), I(1)), &changed), E_OK);
	CHECK_INT(changed, 0);
	CHECK_INT(db_exec(db, &kind_set, ARGS(I(2), I(9)), &changed), E_OK);
	CHECK_INT(changed, 0);
	CHECK_INT(add_kind(1, 1), E_DUPLICATE);
	/* Strict: neither cut nor garbled. */
	CHECK_INT(db_exec(db, &kind_add,
		      ARGS(I(3), I(1), S("123456789012345678901"), S(""), S(""), S("x")), NULL),
	    E_DB);
	CHECK_INT(
	    db_exec(db, &kind_add, ARGS(I(3), I(1), S("\xff"), S(""), S(""), S("x")), NULL), E_DB);
	CHECK_INT(
	    db_exec(db, &kind_add, ARGS(I(3), I(INT64_MAX), S(""), S(""), S(""), S("x")), NULL),
	    E_DB);
	CHECK_INT(count_kinds(), 1);
}

CASE(db_lists)
{
	static int64_t ids[1024];
	static const size_t sizes[] = { 1, 2, 3, 4, 5, 127, 128, 129, 700, 1023, 1024 };
	struct rows r;

	clear_kinds();
	for (int i = 0; i < 1024; i++) {
		ids[i] = 2 * i;
		if (i % 100 == 0)
			CHECK_INT(add_kind(ids[i], 7), E_OK);
	}
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		CHECK_INT(db_select(db, a, &kind_in, ARGS(LIST(ids, sizes[i]), I(7)), &r), E_OK);
		CHECK_INT(r.n, (sizes[i] + 99) / 100);
		CHECK_INT(r.v[r.n - 1].i, (int64_t)(r.n - 1) * 200);
	}
	CHECK_INT(
	    db_select(db, a, &kind_two_lists, ARGS(LIST(ids, 1), LIST(ids + 100, 201)), &r), E_OK);
	CHECK_INT(r.v[0].i, 4);
}

/* More statements than a connection keeps. */
CASE(db_many_statements)
{
	static struct sql q[100];
	static char text[100][60];
	struct rows r;

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 100; i++) {
			snprintf(text[i], sizeof text[i], "SELECT %d + ?", i);
			q[i] = (struct sql){ "generated", text[i], "i", "i" };
			CHECK_INT(db_select(db, a, &q[i], ARGS(I(1000)), &r), E_OK);
			CHECK_INT(r.v[0].i, 1000 + i);
		}
	}
}

CASE(db_large_result)
{
	struct rows r;

	clear_kinds();
	for (int i = 0; i < 50; i++)
		CHECK_INT(add_kind(i, 1), E_OK);
	CHECK_INT(db_select(db, a, &many, ARGS(I(65536)), &r), E_OK);
	CHECK_INT(r.n, 65536);
	CHECK_INT(db_select(db, a, &many, ARGS(I(65537)), &r), E_DB);
	CHECK_INT(r.n, 0);
	CHECK_INT(db_select(db, a, &many, ARGS(I(3)), &r), E_OK);
	CHECK_INT(r.n, 3);
}

CASE(db_check_finds_errors)
{
	struct rows r;

	CHECK_INT(db_check(db, &kind_get), E_OK);
	CHECK_INT(db_check(db, &kind_add), E_OK);
	CHECK_INT(db_check(db, &wrong_table), E_DB);
	CHECK_INT(db_check(db, &wrong_columns), E_DB);
	CHECK_INT(db_check(db, &wrong_type), E_DB);
	CHECK_INT(db_check(db, &wrong_parameters), E_DB);
	CHECK_INT(db_select(db, a, &wrong_table, NULL, &r), E_DB);
	CHECK_INT(db_select(db, a, &wrong_columns, NULL, &r), E_DB);
}

CASE(db_scripts)
{
	char why[200], version[50];

	CHECK_INT(db_script(db, "SELECT 1; DO 2; SELECT 3", why, sizeof why), E_OK);
	CHECK_INT(db_script(db, "DO 1; NONSENSE; DO 2", why, sizeof why), E_DB);
	CHECK(strstr(why, "1064") != NULL && strstr(why, "NONSENSE") != NULL);
	CHECK_INT(db_ping(db, version, sizeof version), E_OK);
	CHECK(version[0] >= '1' && version[0] <= '9');
}

struct plan {
	int runs;
	enum err give;
	int fail_at; /* kills its own connection in this run */
	bool swallow;
};

static enum err
two_rows(void *arg)
{
	struct plan *p = arg;
	enum err e;

	p->runs++;
	e = add_kind(1, 1);
	if (e == E_OK && p->runs == p->fail_at)
		kill_connection(number_of(db));
	if (e == E_OK)
		e = add_kind(2, 2);
	if (p->swallow)
		return E_OK;
	return e == E_OK ? p->give : e;
}

CASE(transaction_ends)
{
	struct plan p = { .give = E_ALREADY };

	clear_kinds();
	CHECK_INT(db_transaction(db, two_rows, &p), E_ALREADY);
	CHECK_INT(count_kinds(), 0);
	p.give = E_OK;
	CHECK_INT(db_transaction(db, two_rows, &p), E_OK);
	CHECK_INT(count_kinds(), 2);
	CHECK_INT(db_transaction(db, two_rows, &p), E_DUPLICATE);
	CHECK_INT(p.runs, 3);
	/* An error of one statement does not end it: here the caller decides. */
	p.swallow = true;
	CHECK_INT(db_transaction(db, two_rows, &p), E_OK);
}

CASE(transaction_survives_a_lost_connection)
{
	struct plan p = { .fail_at = 1 };

	clear_kinds();
	CHECK_INT(db_transaction(db, two_rows, &p), E_OK);
	CHECK_INT(p.runs, 2);
	CHECK_INT(count_kinds(), 2);
	/* Also where fn does not tell. */
	clear_kinds();
	p = (struct plan){ .fail_at = 1, .swallow = true };
	CHECK_INT(db_transaction(db, two_rows, &p), E_OK);
	CHECK_INT(p.runs, 2);
	CHECK_INT(count_kinds(), 2);
	/* Lost while idle, before it began. */
	clear_kinds();
	p = (struct plan){ 0 };
	kill_connection(number_of(db));
	CHECK_INT(db_transaction(db, two_rows, &p), E_OK);
	CHECK_INT(p.runs, 1);
}

static enum err
lost_at_commit(void *arg)
{
	enum err e = add_kind(1, 1);

	if (++*(int *)arg == 1)
		kill_connection(number_of(db));
	return e;
}

/* What the client meets then is up to the way: the COMMIT cannot be sent (and all runs again), or
 * is sent and not answered. */
CASE(transaction_lost_at_commit)
{
	int runs = 0;
	enum err e;

	clear_kinds();
	e = db_transaction(db, lost_at_commit, &runs);
	CHECK((e == E_OK && runs == 2) || (e == E_UNSURE && runs == 1));
	CHECK_INT(count_kinds(), e == E_OK);
}

static enum err
nested(void *arg)
{
	return db_transaction(db, nested, arg);
}

CASE(transaction_nested_is_a_bug)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		log_open("unit", "/dev/null", LOG_ERROR);
		db = db_new(&conf, NULL);
		_exit(db_transaction(db, nested, NULL));
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status));
}

struct cross {
	struct db *db;
	int64_t first, second;
	int to, from; /* pipes */
	int runs;
	bool lie;
};

static enum err
lock_both(void *arg)
{
	struct cross *x = arg;
	char c = 'x';
	enum err e = db_exec(x->db, &thing_inc, ARGS(I(x->first)), NULL);

	/* Both hold their first row before either asks for the second. */
	if (x->runs++ == 0 && (write(x->to, &c, 1) != 1 || read(x->from, &c, 1) != 1))
		abort();
	if (e == E_OK)
		e = db_exec(x->db, &thing_inc, ARGS(I(x->second)), NULL);
	return x->lie && e != E_OK ? E_NOT_YET : e;
}

static int64_t
thing_now(int64_t id)
{
	struct rows r;

	if (db_select(other, a, &thing_n, ARGS(I(id)), &r) != E_OK || r.n != 1)
		abort();
	return r.v[0].i;
}

static void
set_thing(int64_t id, const char *name, int64_t n)
{
	if (db_exec(other, &thing_set, ARGS(I(id), S(name), I(n)), NULL) != E_OK)
		abort();
}

CASE(deadlock_runs_again)
{
	for (int round = 0; round < 4; round++) {
		int up[2], down[2], status;
		struct cross x = { .first = 1, .second = 2, .lie = round % 2 == 1 };
		uint64_t before = shm->metrics[SHM_db_retries];
		pid_t child;
		enum err e;

		set_thing(1, "", 0);
		set_thing(2, "", 0);
		CHECK(pipe(up) == 0 && pipe(down) == 0);
		child = fork();
		if (child == 0) {
			struct cross y = { db_new(&conf, shm), 2, 1, up[1], down[0], 0, x.lie };

			_exit(db_transaction(y.db, lock_both, &y));
		}
		x.db = db;
		x.to = down[1];
		x.from = up[0];
		e = db_transaction(db, lock_both, &x);
		CHECK(waitpid(child, &status, 0) == child);
		close(up[0]), close(up[1]), close(down[0]), close(down[1]);
		CHECK_INT(e, E_OK);
		CHECK_INT(status, 0);
		CHECK_INT(thing_now(1), 2);
		CHECK_INT(thing_now(2), 2);
		CHECK(shm->metrics[SHM_db_retries] > before);
	}
}

static enum err
hold_long(void *arg)
{
	enum err e = db_exec(db, &thing_inc, ARGS(I(1)), NULL);

	if (write(*(int *)arg, "x", 1) != 1)
		abort();
	pause_ms(3500);
	return e;
}

CASE(lock_time_out_runs_again)
{
	int up[2], status;
	char c;
	pid_t child;

	set_thing(1, "", 0);
	CHECK(pipe(up) == 0);
	child = fork();
	if (child == 0) {
		db = db_new(&conf, NULL);
		_exit(db_transaction(db, hold_long, &up[1]));
	}
	CHECK(read(up[0], &c, 1) == 1);
	CHECK_INT(db_exec(db, &thing_inc, ARGS(I(1)), NULL), E_OK);
	CHECK(waitpid(child, &status, 0) == child);
	close(up[0]), close(up[1]);
	CHECK_INT(status, 0);
	CHECK_INT(thing_now(1), 2);
}

CASE(killed_while_idle)
{
	struct rows r;
	uint64_t before = shm->metrics[SHM_db_reconnects];
	enum err e;

	clear_kinds();
	CHECK_INT(add_kind(1, 1), E_OK);
	kill_connection(number_of(db));
	CHECK_INT(db_select(db, a, &kind_get, ARGS(I(1)), &r), E_OK);
	CHECK_INT(r.n, 1);
	kill_connection(number_of(db));
	/* A write: only where it was certainly not sent. */
	e = add_kind(2, 1);
	CHECK(e == E_OK || (e == E_UNSURE && conf.db_hosts[0] != '\0'));
	CHECK_INT(count_kinds(), 1 + (e == E_OK));
	kill_connection(number_of(db));
	CHECK_INT(db_ping(db, NULL, 0), E_OK);
	CHECK_INT(shm->metrics[SHM_db_reconnects], before + 3);
}

CASE(no_server)
{
	struct conf nowhere = conf;
	struct db *d;
	struct rows r;
	struct plan p = { 0 };
	int64_t begin_us;

	log_open("unit", "/dev/null", LOG_ERROR);
	nowhere.db_hosts = "";
	nowhere.db_socket = "/nowhere";
	d = db_new(&nowhere, shm);
	begin_us = clock_mono_us();
	for (int i = 0; i < 1000; i++)
		CHECK_INT(db_select(d, a, &kind_sum, NULL, &r), E_UNAVAILABLE);
	CHECK_INT(db_transaction(d, two_rows, &p), E_UNAVAILABLE);
	CHECK_INT(p.runs, 0);
	CHECK_INT(db_ping(d, NULL, 0), E_UNAVAILABLE);
	CHECK(clock_mono_us() - begin_us < 1000000);
	db_free(d);
	nowhere.db_hosts = "a:b:c";
	d = db_new(&nowhere, shm);
	CHECK_INT(db_select(d, a, &kind_sum, NULL, &r), E_UNAVAILABLE);
	db_free(d);
	log_open("unit", NULL, LOG_ERROR);
}

/* --- rows -------------------------------------------------------------------------------- */

struct thing {
	struct row row;
	const char *name;
	int64_t n;
};

/* What a load function gets: its connection, and what happens while it is slow. */
struct loading {
	struct db *db;
	int loads, asked;
	void (*meanwhile)(void);
	enum err give;
};

static enum err
load_things(void *ctx, const int64_t *ids, size_t n, struct rows_loader *into)
{
	struct loading *l = ctx;
	struct rows r;
	enum err e = db_select(l->db, a, &things_get, ARGS(LIST(ids, n)), &r);

	l->loads++;
	l->asked += (int)n;
	if (e == E_OK && l->meanwhile != NULL)
		l->meanwhile();
	for (size_t i = 0; i < r.n; i++) {
		struct thing t = {
			.row.id = r.v[3 * i].i, .name = r.v[3 * i + 1].s, .n = r.v[3 * i + 2].i
		};
		const int64_t tail[2] = { t.n, -t.n };

		rows_put(into, &t, tail, 2);
	}
	return e != E_OK ? e : l->give;
}

static const uint16_t thing_strings[] = { offsetof(struct thing, name), 0 };
static const struct row_class things = { .key = 't',
	.layout = 1,
	.local = 64,
	.size = sizeof(struct thing),
	.strings = thing_strings,
	.tail_size = 8,
	.load = load_things };
/* The same rows under another key, and without process memory. */
static const struct row_class plain = { .key = 'p',
	.layout = 1,
	.local = 0,
	.size = sizeof(struct thing),
	.strings = thing_strings,
	.tail_size = 8,
	.load = load_things };

/* A store as each process has one; far: on another host. */
struct store {
	struct rows_store *rows;
	struct loading l;
};

static struct conf cached;

static struct store
store_new(bool far)
{
	struct store s = { .rows = rows_store_new(&cached, far ? elsewhere : shm, db),
		.l = { .db = db } };

	return s;
}

static const struct thing *
get(struct store *s, int64_t id)
{
	const void *out;

	if (rows_get(s->rows, a, &things, &s->l, &id, 1, &out) != E_OK)
		abort();
	return out;
}

static enum err
set_n(void *arg)
{
	const int64_t *id_n = arg;

	return db_exec(db, &thing_set, ARGS(I(id_n[0]), S("w"), I(id_n[1])), NULL);
}

static enum err
write_thing(struct store *s, int64_t id, int64_t n)
{
	int64_t id_n[2] = { id, n };
	const struct row_ref ref[2] = { { &things, id }, { &plain, id } };

	return rows_write(s->rows, ref, 2, set_n, id_n);
}

/* Fills go out without an answer: waits until memcached has done what this store sent. */
static void
arrived(struct store *s)
{
	if (!rows_cache_alive(s->rows))
		abort();
}

/* Each case has rows of its own. */
static int64_t
new_id(void)
{
	static int64_t last;

	if (last == 0)
		last = clock_ms() * 1000;
	return ++last;
}

CASE(rows_levels)
{
	int64_t x = new_id(), y = new_id(), none = new_id();
	const int64_t ids[] = { y, x, none, x, y, none };
	const void *out[6];
	const struct thing *t;
	struct store s = store_new(false), fresh = store_new(false);

	set_thing(x, "iks", 1);
	set_thing(y, "", 2);
	for (int round = 0; round < 2; round++) {
		CHECK_INT(rows_get(s.rows, a, &things, &s.l, ids, 6, out), E_OK);
		CHECK_INT(s.l.loads, 1);
		CHECK_INT(s.l.asked, 3);
		CHECK(out[1] == out[3] && out[0] == out[4] && out[2] == NULL && out[5] == NULL);
		t = out[1];
		CHECK_INT(t->row.id, x);
		CHECK_STR(t->name, "iks");
		CHECK_INT(t->row.tail_n, 2);
		CHECK_INT(((const int64_t *)(t + 1))[1], -1);
		t = out[0];
		CHECK_STR(t->name, "");
		CHECK_INT(t->n, 2);
	}
	arrived(&s);
	/* Another process finds all of it, the unknown one too, in memcached. */
	CHECK_INT(rows_get(fresh.rows, a, &things, &fresh.l, ids, 6, out), E_OK);
	CHECK_INT(fresh.l.loads, 0);
	t = out[3];
	CHECK_STR(t->name, "iks");
	CHECK(out[2] == NULL);
	CHECK_INT(((const int64_t *)(t + 1))[0], 1);
	rows_store_free(s.rows);
	rows_store_free(fresh.rows);
	/* The rows belong to the arena. */
	CHECK_STR(t->name, "iks");
}

/* Several classes at once: the numbers of missing ids, and the rows of both out of one statement. */
struct parts_loading {
	struct loading l;
	size_t missing[2];
};

static enum err
load_parts(void *ctx, const struct rows_part *missing, struct rows_loader *into)
{
	struct parts_loading *pl = ctx;

	pl->l.loads++;
	for (int k = 0; k < 2; k++) {
		pl->missing[k] = missing[k].n;
		for (size_t i = 0; i < missing[k].n; i++) {
			struct thing t = { .row.id = missing[k].ids[i], .name = k == 0 ? "t" : "p", .n = k };

			rows_put_as(into, missing[k].k, &t, NULL, 0);
		}
	}
	/* What nobody asked for. */
	rows_put_as(into, &things, &(struct thing){ .row.id = 1, .name = "" }, NULL, 0);
	return pl->l.give;
}

CASE(rows_parts)
{
	int64_t x = new_id(), y = new_id(), none = new_id();
	const int64_t first[] = { y, x }, second[] = { x, none, x };
	const void *of_things[2], *of_plain[3];
	const struct rows_part parts[] = { { &things, first, 2, of_things }, { &plain, second, 3, of_plain } };
	struct store s = store_new(false), failing = store_new(false);
	struct parts_loading pl = { .l = { .db = db, .give = E_NOT_OWNER } };
	const struct thing *t;

	CHECK_INT(rows_get_parts(failing.rows, a, parts, 2, load_parts, &pl), E_NOT_OWNER);
	rows_store_free(failing.rows);
	set_thing(x, "iks", 1);
	set_thing(y, "ypsilon", 2);
	/* Each class by its own function. */
	CHECK_INT(rows_get_parts(s.rows, a, parts, 2, NULL, &s.l), E_OK);
	CHECK_INT(s.l.loads, 2);
	CHECK_INT(s.l.asked, 4);
	t = of_things[0];
	CHECK_STR(t->name, "ypsilon");
	t = of_plain[2];
	CHECK(of_plain[0] == t && of_plain[1] == NULL && t != of_things[1]);
	CHECK_STR(t->name, "iks");
	arrived(&s);
	/* Nothing is missing; then what was dropped is. */
	pl.l.give = E_OK;
	CHECK_INT(rows_get_parts(s.rows, a, parts, 2, load_parts, &pl), E_OK);
	CHECK_INT(pl.l.loads, 1);
	rows_drop(s.rows, (struct row_ref[]){ { &things, x }, { &plain, x }, { &plain, none } }, 3);
	CHECK_INT(rows_get_parts(s.rows, a, parts, 2, load_parts, &pl), E_OK);
	CHECK_INT(pl.l.loads, 2);
	CHECK_INT(pl.missing[0], 1);
	CHECK_INT(pl.missing[1], 2);
	t = of_things[0];
	CHECK_STR(t->name, "ypsilon");
	t = of_things[1];
	CHECK_STR(t->name, "t");
	t = of_plain[1];
	CHECK_STR(t->name, "p");
	CHECK_INT(t->row.id, none);
	CHECK_INT(rows_get_parts(s.rows, a, (struct rows_part[]){ { &things, NULL, 0, NULL } }, 1, NULL, NULL), E_OK);
	rows_store_free(s.rows);
}

CASE(rows_error_of_load)
{
	struct store s = store_new(false);
	int64_t id = new_id();
	const void *out;

	s.l.give = E_NOT_OWNER;
	CHECK_INT(rows_get(s.rows, a, &things, &s.l, &id, 1, &out), E_NOT_OWNER);
	s.l.give = E_OK;
	CHECK_INT(rows_get(s.rows, a, &things, &s.l, &id, 1, &out), E_OK);
	CHECK_INT(s.l.loads, 2);
	CHECK_INT(rows_get(s.rows, a, &things, &s.l, NULL, 0, NULL), E_OK);
	rows_store_free(s.rows);
}

CASE(rows_large_batch)
{
	static int64_t ids[1024];
	static const void *out[1024];
	struct store s = store_new(false), fresh = store_new(false);

	for (int i = 0; i < 1024; i++) {
		ids[i] = new_id();
		if (i % 10 == 0)
			set_thing(ids[i], "many", i);
	}
	for (int round = 0; round < 2; round++) {
		struct store *u = round == 1 ? &fresh : &s;

		arrived(&s);
		CHECK_INT(rows_get(u->rows, a, &things, &u->l, ids, 1024, out), E_OK);
		for (int i = 0; i < 1024; i++) {
			const struct thing *t = out[i];

			CHECK((t != NULL) == (i % 10 == 0));
			CHECK(t == NULL || t->n == i);
		}
	}
	CHECK_INT(s.l.loads, 1);
	CHECK_INT(fresh.l.loads, 0);
	rows_store_free(s.rows);
	rows_store_free(fresh.rows);
}

CASE(rows_keep_their_stamp)
{
	struct store s = store_new(false);
	int64_t id = new_id();
	const struct thing *t, *u;
	uint64_t stamp;

	set_thing(id, "same", 1);
	t = get(&s, id);
	arrived(&s);
	stamp = t->row.stamp;
	CHECK(stamp > 0);
	pause_ms(LOCAL_MS + 20);
	u = get(&s, id);
	CHECK(u == t && u->row.stamp == stamp);
	/* Written, but to the same content. */
	CHECK_INT(write_thing(&s, id, 1), E_OK);
	u = get(&s, id);
	CHECK(u != t && u->row.stamp != stamp); /* the name is another */
	stamp = u->row.stamp;
	CHECK_INT(write_thing(&s, id, 1), E_OK);
	CHECK_INT(get(&s, id)->row.stamp, stamp);
	rows_store_free(s.rows);
}

CASE(rows_written_are_seen)
{
	struct store one = store_new(false), two = store_new(false), far = store_new(true);
	int64_t id = new_id();

	for (int64_t n = 1; n < 50; n++) {
		struct store *w = n % 3 == 0 ? &one : n % 3 == 1 ? &two : &far;

		CHECK(n > 1 || get(&one, id) == NULL); /* unknown is known, too */
		CHECK_INT(write_thing(w, id, n), E_OK);
		if (w != &far) {
			CHECK_INT(get(&one, id)->n, n);
			CHECK_INT(get(&two, id)->n, n);
		}
		CHECK_INT(get(w, id)->n, n);
	}
	/* Between hosts: at once in memcached, after LOCAL_MS in process memory. */
	CHECK_INT(write_thing(&one, id, 1000), E_OK);
	CHECK_INT(get(&one, id)->n, 1000);
	pause_ms(LOCAL_MS + 20);
	CHECK_INT(get(&far, id)->n, 1000);
	rows_store_free(one.rows);
	rows_store_free(two.rows);
	rows_store_free(far.rows);
}

static struct store writer;
static int64_t race_id, race_n;

static void
write_meanwhile(void)
{
	if (write_thing(&writer, race_id, ++race_n) != E_OK)
		abort();
}

/* The reader misses, the writer commits, the reader fills: the old row must not come back.  On
 * another host only the marks guard against it, here the versions would, too. */
CASE(rows_slow_reader)
{
	for (int i = 0; i < 8; i++) {
		bool far = i & 1, marked = i & 2, kept = i & 4;
		struct store reader = store_new(far), fresh = store_new(far),
			     near = store_new(false);
		const struct row_ref ref = { &things, 0 };

		race_id = new_id();
		race_n = 10;
		writer = store_new(false);
		set_thing(race_id, "old", race_n);
		if (kept)
			get(&near, race_id), arrived(&near); /* a good value stands there before */
		if (marked)
			rows_drop(writer.rows, &(struct row_ref){ ref.k, race_id }, 1);
		reader.l.meanwhile = write_meanwhile;
		get(&reader, race_id);
		if (reader.l.loads == 0) /* the value was still good: no race */
			write_meanwhile();
		reader.l.meanwhile = NULL;
		arrived(&reader);
		arrived(&writer); /* its mark: nobody waits for that */
		CHECK_INT(race_n, 11);
		CHECK_INT(get(&fresh, race_id)->n, 11);
		CHECK_INT(get(&near, race_id)->n, 11);
		if (!far)
			CHECK_INT(get(&reader, race_id)->n, 11);
		rows_store_free(reader.rows);
		rows_store_free(fresh.rows);
		rows_store_free(near.rows);
		rows_store_free(writer.rows);
	}
}

static struct store bystander;

static enum err
read_meanwhile(void *arg)
{
	int64_t id = *(int64_t *)arg;
	enum err e = db_exec(db, &thing_set, ARGS(I(id), S("new"), I(2)), NULL);

	/* Another connection: it sees the old row, and must not put it into memcached. */
	if (get(&bystander, id)->n != 1)
		abort();
	arrived(&bystander);
	return e;
}

CASE(rows_read_during_a_transaction)
{
	struct store s = store_new(false), far = store_new(true);
	int64_t id = new_id();
	const struct row_ref ref = { &things, id };

	set_thing(id, "old", 1);
	bystander = store_new(true);
	bystander.l.db = other;
	get(&s, id);
	CHECK_INT(rows_write(s.rows, &ref, 1, read_meanwhile, &id), E_OK);
	CHECK_INT(get(&s, id)->n, 2);
	arrived(&s);
	CHECK_INT(get(&far, id)->n, 2);
	CHECK_INT(far.l.loads, 0);
	rows_store_free(bystander.rows);
	rows_store_free(s.rows);
	rows_store_free(far.rows);
}

static enum err
die(void *arg)
{
	(void)set_n(arg);
	_exit(7);
}

/* Forks a writer on `hosts` hosts who dies between his statement and COMMIT. */
static void
let_writer_die(int64_t id, int hosts)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct conf mine = cached;
		struct rows_store *r;
		int64_t id_n[2] = { id, 2 };

		mine.hosts = hosts;
		db = db_new(&conf, shm);
		r = rows_store_new(&mine, shm, db);
		_exit(rows_write(r, &(struct row_ref){ &things, id }, 1, die, id_n));
	}
	CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7);
}

/* Held: everybody reads SQL, nobody fills or keeps. */
CASE(rows_writer_dies)
{
	struct store here = store_new(false);
	int64_t id = new_id();

	set_thing(id, "old", 1);
	let_writer_die(id, 1);
	for (int i = 1; i <= 3; i++) {
		CHECK_INT(get(&here, id)->n, 1);
		CHECK_INT(here.l.loads, i);
	}
	rows_store_free(here.rows);
}

CASE(rows_writer_dies_elsewhere)
{
	struct store s = store_new(true), t = store_new(true);
	int64_t id = new_id();

	set_thing(id, "old", 1);
	let_writer_die(id, 2);
	CHECK_INT(get(&s, id)->n, 1);
	arrived(&s);
	CHECK_INT(get(&t, id)->n, 1);
	CHECK_INT(s.l.loads + t.l.loads, 2);
	rows_store_free(s.rows);
	rows_store_free(t.rows);
}

/* The writer cannot reach memcached, where the old row is: nobody on his host may believe it. */
CASE(rows_lost_marks)
{
	struct store s = store_new(false), fresh = store_new(false);
	struct conf without = cached;
	int64_t id = new_id();

	without.cache_servers = "/nowhere/at/all";
	set_thing(id, "old", 1);
	CHECK_INT(get(&s, id)->n, 1);
	arrived(&s);
	writer = (struct store){ rows_store_new(&without, shm, db), { .db = db } };
	CHECK_INT(write_thing(&writer, id, 2), E_OK);
	CHECK_INT(get(&writer, id)->n, 2);
	CHECK_INT(get(&s, id)->n, 2);
	arrived(&s);
	CHECK_INT(get(&fresh, id)->n, 2);
	/* And the new one has taken its place. */
	CHECK_INT(s.l.loads, 2);
	CHECK_INT(fresh.l.loads, 0);
	CHECK(!rows_cache_alive(writer.rows));
	CHECK(rows_cache_alive(s.rows));
	rows_store_free(writer.rows);
	rows_store_free(s.rows);
	rows_store_free(fresh.rows);
}

static enum err
refuse(void *arg)
{
	enum err e = set_n(arg);

	return e == E_OK ? E_NOT_OWNER : e;
}

CASE(rows_write_that_fails)
{
	struct store s = store_new(false), fresh = store_new(true);
	int64_t id = new_id(), id_n[2] = { id, 2 };
	const struct row_ref ref = { &things, id };

	set_thing(id, "old", 1);
	get(&s, id);
	CHECK_INT(rows_write(s.rows, &ref, 1, refuse, id_n), E_NOT_OWNER);
	CHECK_INT(get(&s, id)->n, 1);
	/* It is not held any more. */
	arrived(&s);
	CHECK_INT(get(&fresh, id)->n, 1);
	CHECK_INT(fresh.l.loads, 0);
	CHECK_INT(rows_write(s.rows, NULL, 0, refuse, id_n), E_NOT_OWNER);
	rows_store_free(s.rows);
	rows_store_free(fresh.rows);
}

CASE(rows_damaged_value)
{
	memcached_st *mc = memcached_create(NULL);
	struct store s = store_new(true);
	int64_t id = new_id();
	char key[50];
	size_t size, n = (size_t)snprintf(key, sizeof key, "unitt:%lld", (long long)id);
	uint32_t flags;
	memcached_return_t rc;
	char *good, *bad;

	if (cache[0] == '/') {
		memcached_server_add_unix_socket(mc, cache);
	} else { /* the same server for the key as in the library */
		memcached_server_list_st list = memcached_servers_parse(cache);

		memcached_behavior_set(mc, MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED, 1);
		memcached_server_push(mc, list);
		memcached_server_list_free(list);
	}
	set_thing(id, "good", 3);
	CHECK_INT(get(&s, id)->n, 3);
	arrived(&s);
	rows_store_free(s.rows);
	good = memcached_get(mc, key, n, &size, &flags, &rc);
	CHECK(good != NULL && size > 60);
	bad = arena_alloc(a, size + 100);
	for (size_t i = 0; i <= size + 1; i++) {
		memcpy(bad, good, size);
		if (i < size)
			bad[i] = (char)(bad[i] ^ 0x55);
		/* Damaged, empty, too long, cut. */
		rc = memcached_set(mc, key, n, bad,
		    i < size    ? size
		    : i == size ? 0
				: size + 1,
		    0, 0);
		CHECK(memcached_success(rc));
		s = store_new(true);
		if (get(&s, id) != NULL) /* a damaged kind can say that it is unknown */
			CHECK(strlen(get(&s, id)->name) < 60);
		arrived(&s);
		rows_store_free(s.rows);
	}
	/* The last one was replaced by what is right. */
	s = store_new(true);
	CHECK_INT(get(&s, id)->n, 3);
	CHECK_INT(s.l.loads, 0);
	rows_store_free(s.rows);
	free(good);
	memcached_free(mc);
}

/* A server that takes connections and never answers. */
CASE(rows_hung_cache)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct conf hung = cached;
	struct store s;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	int64_t begin_us;
	uint64_t timeouts = shm->metrics[SHM_cache_timeouts],
		 skipped = shm->metrics[SHM_cache_skipped];

	snprintf(at.sun_path, sizeof at.sun_path, "%s/hung", dir);
	CHECK(bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 100) == 0);
	hung.cache_servers = at.sun_path;
	s = (struct store){ rows_store_new(&hung, shm, db), { .db = db } };
	begin_us = clock_mono_us();
	for (int i = 0; i < 100; i++) {
		int64_t id = new_id();

		CHECK(get(&s, id) == NULL);
		CHECK_INT(write_thing(&s, id, i), E_OK);
		CHECK_INT(get(&s, id)->n, i);
	}
	CHECK(shm->metrics[SHM_cache_timeouts] >= timeouts + 2);
	CHECK(shm->metrics[SHM_cache_skipped] > skipped);
	CHECK(clock_mono_us() - begin_us < 5000000);
	rows_store_free(s.rows);
	close(fd);
	unlink(at.sun_path);
}

static enum err
inc(void *arg)
{
	return db_exec(db, &thing_inc, ARGS(I(*(int64_t *)arg)), NULL);
}

/* Processes that write the same rows at once: whoever has written sees at least his own write, on
 * top of all that was there before.  (A write of another that is not acknowledged yet may be seen
 * and for a moment be gone again: between its COMMIT and its bump both are told.) */
CASE(rows_many_processes)
{
	int64_t first = new_id();
	pid_t child[4];
	int status, bad = 0;

	for (int i = 0; i < 3; i++)
		set_thing(first + i, "", 0), (void)new_id();
	for (int p = 0; p < 4; p++) {
		child[p] = fork();
		if (child[p] != 0)
			continue;
		db = db_new(&conf, shm);
		a = arena_new();
		struct store s = store_new(false);
		int64_t least[3] = { 0 };

		for (int i = 0; i < 200; i++) {
			int64_t id = first + i % 3;
			const struct row_ref ref = { &things, id };
			const struct thing *t;

			t = get(&s, id);
			if (t == NULL || t->n < least[i % 3])
				_exit(2);
			if (i % 2 == 0) {
				least[i % 3] = t->n + 1;
				if (rows_write(s.rows, &ref, 1, inc, &id) != E_OK)
					_exit(1);
			}
			t = get(&s, id);
			if (t == NULL || t->n < least[i % 3])
				_exit(2);
			arena_reset(a);
		}
		_exit(0);
	}
	for (int p = 0; p < 4; p++) {
		waitpid(child[p], &status, 0);
		bad |= status;
	}
	CHECK_INT(bad, 0);
	CHECK_INT(thing_now(first) + thing_now(first + 1) + thing_now(first + 2), 400);
}

/* --- jobs -------------------------------------------------------------------------------- */

static void
clear_jobs(void)
{
	char why[100];

	if (db_script(db, "DELETE FROM jobs", why, sizeof why) != E_OK)
		abort();
}

CASE(jobs_claim_and_finish)
{
	struct job j, k;
	int found;
	int64_t wait;

	clear_jobs();
	CHECK_INT(jobs_next_due(db, a, LANE_QUICK, 1000, &wait), E_OK);
	CHECK_INT(wait, -1);
	CHECK_INT(jobs_add(db, 1, JOB_COVER, 11, 2000), E_OK);
	CHECK_INT(jobs_add(db, 2, JOB_DELETE, 12, 1500), E_OK);
	CHECK_INT(jobs_add(db, 2, JOB_DELETE, 12, 1500), E_DUPLICATE);
	CHECK_INT(jobs_next_due(db, a, LANE_QUICK, 1000, &wait), E_OK);
	CHECK_INT(wait, 500);
	CHECK_INT(jobs_next_due(db, a, LANE_QUICK, 9000, &wait), E_OK);
	CHECK_INT(wait, 0);
	CHECK_INT(jobs_claim(db, a, LANE_QUICK, 1499, 100, &j, &found), E_OK);
	CHECK_INT(found, 0);
	CHECK_INT(jobs_claim(db, a, LANE_QUICK, 2000, 100, &j, &found), E_OK);
	CHECK_INT(found, 1);
	CHECK_INT(j.id, 2);
	CHECK_INT(j.kind, JOB_DELETE);
	CHECK_INT(j.ref_id, 12);
	CHECK_INT(j.attempts, 1);
	CHECK_INT(jobs_claim(other, a, LANE_QUICK, 2000, 100, &k, &found), E_OK);
	CHECK_INT(found, 1);
	CHECK_INT(k.id, 1);
	CHECK(strcmp(j.token, k.token) != 0);
	CHECK_INT(jobs_claim(db, a, LANE_QUICK, 2099, 100, &k, &found), E_OK);
	CHECK_INT(found, 0);
	CHECK_INT(jobs_done(db, &j), E_OK);
	CHECK_INT(jobs_done(db, &j), E_NO_ROW);
}

CASE(jobs_lease)
{
	struct job j, k;
	int found;

	clear_jobs();
	CHECK_INT(jobs_add(db, 1, JOB_COVER, 11, 0), E_OK);
	CHECK_INT(jobs_claim(db, a, LANE_QUICK, 1000, 100, &j, &found), E_OK);
	CHECK_INT(jobs_renew(db, &j, 1200), E_OK);
	CHECK_INT(jobs_renew(db, &j, 1200), E_OK);
	CHECK_INT(jobs_claim(other, a, LANE_QUICK, 1150, 100, &k, &found), E_OK);
	CHECK_INT(found, 0);
	CHECK_INT(jobs_claim(other, a, LANE_QUICK, 1200, 100, &k, &found), E_OK);
	CHECK_INT(found, 1);
	CHECK_INT(k.id, 1);
	CHECK_INT(k.attempts, 2);
	/* The first one has lost it. */
	CHECK_INT(jobs_renew(db, &j, 1300), E_NO_ROW);
	CHECK_INT(jobs_done(db, &j), E_NO_ROW);
	CHECK_INT(jobs_fail(db, &j, 1300, "late"), E_NO_ROW);
	CHECK_INT(jobs_done(other, &k), E_OK);
}

SQL(job_state, "SELECT dead, run_at_ms, error FROM jobs WHERE id = ?", "i", "iis");

CASE(jobs_fail_and_die)
{
	static const int64_t pauses[JOB_ATTEMPTS] = { 10000, 20000, 40000, 80000, 160000 };
	static char why[2000];
	struct job j;
	struct rows r;
	int64_t now = 1000, wait;
	int found;

	clear_jobs();
	memset(why, 'w', sizeof why - 1);
	memcpy(why + 498, "\xe8\xb1\x86", 3); /* cut within a character */
	CHECK_INT(jobs_add(db, 1, JOB_COVER, 11, 0), E_OK);
	for (int i = 0; i < JOB_ATTEMPTS; i++) {
		CHECK_INT(jobs_claim(db, a, LANE_QUICK, now, 100, &j, &found), E_OK);
		CHECK_INT(found, 1);
		CHECK_INT(j.attempts, i + 1);
		CHECK_INT(jobs_fail(db, &j, now, why), E_OK);
		CHECK_INT(jobs_done(db, &j), E_NO_ROW);
		CHECK_INT(db_select(db, a, &job_state, ARGS(I(1)), &r), E_OK);
		CHECK_INT(r.v[0].i, i == JOB_ATTEMPTS - 1);
		CHECK_INT(r.v[1].i, now + pauses[i]);
		CHECK_INT(r.v[2].n, 500);
		now += pauses[i];
	}
	CHECK_INT(jobs_claim(db, a, LANE_QUICK, now, 100, &j, &found), E_OK);
	CHECK_INT(found, 0);
	CHECK_INT(jobs_next_due(db, a, LANE_QUICK, now, &wait), E_OK);
	CHECK_INT(wait, -1);
}

/* A job that kills its workers is not given out for ever. */
CASE(jobs_poison)
{
	struct job j;
	struct rows r;
	int found;

	clear_jobs();
	CHECK_INT(jobs_add(db, 1, JOB_COVER, 11, 0), E_OK);
	CHECK_INT(jobs_add(db, 2, JOB_COVER, 12, 5000), E_OK);
	for (int i = 0; i < JOB_ATTEMPTS; i++) {
		CHECK_INT(jobs_claim(db, a, LANE_QUICK, 1000 + i * 200, 100, &j, &found), E_OK);
		CHECK(found == 1 && j.id == 1);
	}
	log_open("unit", "/dev/null", LOG_ERROR);
	CHECK_INT(jobs_claim(db, a, LANE_QUICK, 9000, 100, &j, &found), E_OK);
	log_open("unit", NULL, LOG_ERROR);
	CHECK(found == 1 && j.id == 1 && j.dead);
	CHECK_INT(jobs_claim(db, a, LANE_QUICK, 9000, 100, &j, &found), E_OK);
	CHECK(found == 1 && j.id == 2 && !j.dead && j.attempts == 1);
	CHECK_INT(jobs_release(db, &j, 9000), E_OK);
	CHECK_INT(jobs_release(db, &j, 9000), E_NO_ROW);
	CHECK_INT(jobs_claim(db, a, LANE_SLOW, 9000, 100, &j, &found), E_OK);
	CHECK_INT(found, 0);
	CHECK_INT(jobs_claim(db, a, LANE_QUICK, 9000, 100, &j, &found), E_OK);
	CHECK(found == 1 && j.id == 2 && j.attempts == 1);
	CHECK_INT(db_select(db, a, &job_state, ARGS(I(1)), &r), E_OK);
	CHECK_INT(r.v[0].i, 1);
}

CASE(jobs_that_take_minutes_hold_up_no_others)
{
	static const enum job_kind quick[] = { JOB_COVER, JOB_DELETE, JOB_CLEANUP, JOB_PREVIEW, JOB_PICTURE,
		JOB_ACCOUNT };
	static const enum job_kind slow[] = { JOB_RUNGS, JOB_EXPORT, JOB_LEAVE };
	struct job j;
	int found;

	clear_jobs();
	for (size_t i = 0; i < sizeof slow / sizeof *slow; i++)
		CHECK_INT(jobs_add(db, 1 + (int64_t)i, slow[i], 11, 0), E_OK);
	for (size_t i = 0; i < sizeof quick / sizeof *quick; i++)
		CHECK_INT(jobs_add(db, 11 + (int64_t)i, quick[i], 11, 0), E_OK);
	for (size_t i = 0; i < sizeof quick / sizeof *quick; i++) {
		CHECK_INT(jobs_claim(db, a, LANE_QUICK, 1000, 100, &j, &found), E_OK);
		CHECK(found == 1 && j.kind == quick[i]);
	}
	for (size_t i = 0; i < sizeof slow / sizeof *slow; i++) {
		CHECK_INT(jobs_claim(db, a, LANE_SLOW, 1000, 100, &j, &found), E_OK);
		CHECK(found == 1 && j.kind == slow[i]);
	}
}

CASE(jobs_of_a_dead_owner)
{
	struct job j, k;
	int found;

	clear_jobs();
	CHECK_INT(jobs_add(db, 1, JOB_COVER, 11, 0), E_OK);
	CHECK_INT(jobs_add(db, 2, JOB_COVER, 12, 0), E_OK);
	jobs_owner("0123456789ab");
	CHECK_INT(jobs_claim(db, a, LANE_QUICK, 1000, 100000, &j, &found), E_OK);
	CHECK(found == 1 && strncmp(j.token, "0123456789ab", JOB_OWNER) == 0 && strlen(j.token) == 32);
	jobs_owner("ffffffffffff");
	CHECK_INT(jobs_claim(db, a, LANE_QUICK, 1000, 100000, &k, &found), E_OK);
	CHECK_INT(found, 1);
	jobs_owner("");
	CHECK_INT(jobs_give_back(db, "0123456789ab", 1500), E_OK);
	CHECK_INT(jobs_done(db, &j), E_NO_ROW);
	CHECK_INT(jobs_done(db, &k), E_OK);
	CHECK_INT(jobs_claim(db, a, LANE_QUICK, 1500, 100, &k, &found), E_OK);
	CHECK(found == 1 && k.id == j.id && k.attempts == 2);
}

CASE(jobs_by_many)
{
	_Atomic uint32_t *taken = (_Atomic uint32_t *)&shm->lanes;
	pid_t child[3];
	int status, bad = 0;

	clear_jobs();
	for (int i = 0; i < 60; i++) {
		CHECK_INT(jobs_add(db, i, JOB_COVER, i, 0), E_OK);
		taken[i] = 0;
	}
	for (int p = 0; p < 3; p++) {
		child[p] = fork();
		if (child[p] != 0)
			continue;
		struct db *mine = db_new(&conf, shm);
		struct job j;
		int found;

		do {
			if (jobs_claim(mine, a, LANE_QUICK, 1000, 100000, &j, &found) != E_OK)
				_exit(1);
			if (found) {
				taken[j.id]++;
				if (jobs_done(mine, &j) != E_OK)
					_exit(2);
			}
		} while (found);
		_exit(0);
	}
	for (int p = 0; p < 3; p++) {
		waitpid(child[p], &status, 0);
		bad |= status;
	}
	CHECK_INT(bad, 0);
	for (int i = 0; i < 60; i++)
		CHECK_INT(taken[i], 1);
}

CASE(jobs_nudges)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	char c[8];

	snprintf(at.sun_path, sizeof at.sun_path, "%s/nudge", dir);
	jobs_nudge(at.sun_path);
	jobs_nudge("");
	CHECK(bind(fd, (struct sockaddr *)&at, sizeof at) == 0);
	jobs_nudge(at.sun_path);
	CHECK_INT(recv(fd, c, sizeof c, 0), 0);
	CHECK(recv(fd, c, sizeof c, 0) < 0);
	for (int i = 0; i < 10000; i++) /* nobody reads: it must not wait */
		jobs_nudge(at.sun_path);
	close(fd);
	unlink(at.sun_path);
}

static void
remove_dir(void)
{
	unlink(arena_printf(a, "%s/shm", dir));
	unlink(arena_printf(a, "%s/elsewhere", dir));
	rmdir(dir);
}

int
main(void)
{
	char why[300];
	volatile int failed = 0;

	server = getenv("DOUFU_TEST_DB_SOCKET");
	cache = getenv("DOUFU_TEST_CACHE");
	if (server == NULL || cache == NULL) {
		printf("skip: DOUFU_TEST_DB_SOCKET and DOUFU_TEST_CACHE are not set\n");
		return 0;
	}
	if (server[0] == '/')
		conf.db_socket = server;
	else
		conf.db_hosts = server;
	if (getenv("DOUFU_TEST_DB_USER") != NULL)
		conf.db_user = getenv("DOUFU_TEST_DB_USER");
	cached = conf;
	cached.cache_servers = cache;
	log_open("unit", NULL, LOG_ERROR);
	a = arena_new();
	if (mkdtemp(dir) == NULL)
		abort();
	shm = shm_open_file(arena_printf(a, "%s/shm", dir));
	elsewhere = shm_open_file(arena_printf(a, "%s/elsewhere", dir));
	if (shm == NULL || elsewhere == NULL)
		abort();
	db = db_new(&conf, shm);
	other = db_new(&conf, NULL);
	if (db_script(other, schema, why, sizeof why) != E_OK) {
		printf("not ok schema: %s\n", why);
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (struct unit_case *volatile c = unit_cases; c != NULL; c = c->next) {
		unit_name = c->name;
		if (setjmp(unit_failed) == 0) {
			c->run();
			printf("ok %s\n", c->name);
		} else {
			failed = 1;
		}
	}
	db_free(db);
	db_free(other);
	shm_close(shm);
	shm_close(elsewhere);
	remove_dir();
	arena_free(a);
	return failed;
}
