/* db_statement.c - prepared statements: found or prepared, bound, run once, their rows copied out.
 *
 * The invariant: a result is read to its end or given up before anything else runs. */
#include "store/db_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "store/db_text.h"

#define ROWS_MAX 65536
#define TEXT_ROOM 512 /* longer values are fetched once more, into their own room */
#define TEXT_MAX (16ul << 20)

static enum fate
judge_stmt(struct db *db, const struct kept *k)
{
	unsigned code = mysql_stmt_errno(k->stmt);
	char text[256];

	/* A copy, as db_judge() may close the handle.  What stops a result between its rows the connector tells of
	 * the connection alone. */
	strncpy(text, code != 0 ? mysql_stmt_error(k->stmt) : mysql_error(db->my), sizeof text - 1);
	text[sizeof text - 1] = '\0';
	return db_judge(db, k->q->name, code != 0 ? code : mysql_errno(db->my), text);
}

void
db_kept_free(struct kept *k)
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
forget(struct db *db, struct kept *k)
{
	db_kept_free(k);
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

enum fate
db_prepare(struct db *db, const struct sql *q, size_t bucket, struct kept **out)
{
	struct kept *k;
	char *text;
	int failed;
	enum fate f;

	if (!db_connected(db))
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

enum fate
db_run(struct db *db, struct arena *a, const struct sql *q, const struct val *args, struct rows *out,
    int64_t *changed)
{
	struct kept *k;
	enum fate f = db_prepare(db, q, bucket_of(q, args), &k);

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
		db_disconnect(db);
		return FATE_WRONG;
	}
	if (out != NULL)
		return take_rows(db, k, a, out);
	if (changed != NULL)
		*changed = (int64_t)mysql_stmt_affected_rows(k->stmt);
	return FATE_OK;
}
