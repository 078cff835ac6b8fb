/* db_link.c - the connection to one of the database's hosts, and what its errors mean.
 *
 * The invariant: a connection that has lost its place is dropped, and within a transaction that broke
 * none is made anew. */
#include "store/db_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

#define DOWN_US 200000            /* no new attempt for so long after all hosts failed */
#define HOME_US INT64_C(30000000) /* then the first host of the list is tried again */

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

void
db_disconnect(struct db *db)
{
	/* The connection first: then closing the handles sends nothing. */
	if (db->my != NULL)
		mysql_close(db->my);
	db->my = NULL;
	while (db->kept_n > 0)
		db_kept_free(&db->kept[--db->kept_n]);
}

void
db_free(struct db *db)
{
	if (db == NULL)
		return;
	db_disconnect(db);
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

MYSQL *
db_connect_any(struct db *db, unsigned answer_s)
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

bool
db_connected(struct db *db)
{
	if (db->my != NULL)
		return true;
	if (db->in_transaction && db->spoilt != FATE_OK)
		return false;
	if (clock_mono_us() < db->down_us)
		return false;
	db->my = db_connect_any(db, (unsigned)db->conf->db_timeout);
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

enum fate
db_judge(struct db *db, const char *name, unsigned code, const char *text)
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
		db_disconnect(db);
		return FATE_LOST_BEFORE;
	case 1047: /* a Galera node without a cluster */
		log_warn("%s: %u %s", name, code, text);
		db_disconnect(db);
		next_host(db);
		return FATE_LOST_BEFORE;
	case 1053: /* is shutting down */
	case 1927: /* killed */
	case 2013: /* lost while waiting for the answer */
	case 2055:
		log_warn("%s: %u %s", name, code, text);
		db_disconnect(db);
		if (code == 1053)
			next_host(db);
		return FATE_LOST;
	default:
		log_error("%s: %u %s", name, code, text);
		/* The connector's other codes: it has lost its place in the stream. */
		if (code == 0 || (code >= 2000 && code < 3000))
			db_disconnect(db);
		return FATE_WRONG;
	}
}

enum fate
db_query(struct db *db, const char *text)
{
	char why[256];

	if (mysql_query(db->my, text) == 0)
		return FATE_OK;
	strncpy(why, mysql_error(db->my), sizeof why - 1);
	why[sizeof why - 1] = '\0';
	return db_judge(db, text, mysql_errno(db->my), why);
}
