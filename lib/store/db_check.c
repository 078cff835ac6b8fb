/* db_check.c - what the admin command does with a database: migrations, checks of statements. */
#include "store/db_inside.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"

#define SCRIPT_TIMEOUT_S 86400

enum err
db_script(struct db *db, const char *text, char *why, size_t why_size)
{
	MYSQL *my = db_connect_any(db, SCRIPT_TIMEOUT_S);
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
	enum fate f = db_prepare(db, q, 1, &k);
	bool fits = true;

	if (f == FATE_LOST_BEFORE)
		f = db_prepare(db, q, 1, &k);
	if (f != FATE_OK || q->out[0] == '\0')
		return db_fate(f);
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
		if (!db_connected(db))
			break;
		if (mysql_ping(db->my) == 0) {
			if (version != NULL && size > 0) {
				version[0] = '\0';
				strncat(version, mysql_get_server_info(db->my), size - 1);
			}
			return E_OK;
		}
		db_disconnect(db);
	}
	return E_UNAVAILABLE;
}
