/* session.c - log-ins.  Invariant: who ends sessions holds the user's row, and at most ENDED_MAX ended
 * sessions have the account's epoch: so the list of them in cached rows is short and whole. */
#include "model/session.h"

#include <string.h>

#include "base/text.h"
#include "model/viewer.h"

#define ENDED_MAX 64
#define SWEEP 1000

SQL(session_insert,
    "INSERT INTO sessions (user_id, session_id, epoch, created_ms, expires_ms, client) "
    "VALUES (?, ?, ?, ?, ?, ?)",
    "iiiiis", "");
SQL(session_rows,
    "SELECT session_id, created_ms, client FROM sessions FORCE INDEX (by_end) WHERE user_id = ? AND "
    "epoch = ? AND ended_ms = 0 AND expires_ms > ? ORDER BY session_id DESC LIMIT 100",
    "iii", "iis");
SQL(session_lock, "SELECT token_epoch FROM users WHERE id = ? FOR UPDATE", "i", "i");
SQL(session_stop,
    "UPDATE sessions SET ended_ms = ? WHERE user_id = ? AND session_id = ? AND epoch = ? AND "
    "ended_ms = 0 AND expires_ms > ?",
    "iiiii", "");
SQL(session_stopped,
    "SELECT COUNT(*) FROM sessions FORCE INDEX (by_end) WHERE user_id = ? AND epoch = ? AND ended_ms > 0",
    "ii", "i");
SQL(session_epoch, "UPDATE users SET token_epoch = ? WHERE id = ?", "ii", "");
SQL(session_move,
    "UPDATE sessions SET epoch = ? WHERE user_id = ? AND session_id = ? AND epoch = ? AND ended_ms = 0",
    "iiii", "");
SQL(session_expired, "DELETE FROM sessions WHERE expires_ms < ? LIMIT 1000", "i", "");

#define X(m) offsetof(struct session, m)
static const struct member members[] = {
	{ { NULL, "id" }, M_STR, X(id), NULL, "the session, as session_id of /api/auth/user/session/end" },
	{ { NULL, "createTime" }, M_SECONDS, X(created_ms), NULL, "of the log-in, seconds since 1970" },
	{ { NULL, "client" }, M_STR, X(client), NULL, "what logged in, as it called itself (User-Agent), or empty" },
	{ { NULL, "current" }, M_BOOL, X(current), NULL, "this request's own" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape session_shape = { .name = "Session", .members = members };

/* What can be shown of the client's own name: whole characters, and none that controls. */
static const char *
client_of(struct call *c)
{
	const char *p = c->client;
	size_t left = strlen(p), n = 0;
	char *out;

	if (left > 4 * SESSION_CLIENT_MAX)
		left = 4 * SESSION_CLIENT_MAX;
	out = arena_array(c->mem, left + 1, 1);
	for (size_t chars = 0; left > 0 && chars < SESSION_CLIENT_MAX;) {
		uint32_t code;
		size_t one = utf8_decode(p, left, &code);

		if (one > 0 && !utf8_has_control(p, one, false)) {
			memcpy(out + n, p, one);
			n += one;
			chars++;
		}
		one += one == 0;
		p += one;
		left -= one;
	}
	out[n] = '\0';
	return out;
}

static enum err
insert(struct call *c, int64_t user_id, int64_t epoch, int64_t exp_s, int64_t *id)
{
	*id = call_new_id(c);
	return db_exec(c->db, &session_insert,
	    ARGS(I(user_id), I(*id), I(epoch), I(c->now_ms), I(exp_s * 1000), S(client_of(c))), NULL);
}

enum err
session_begin(struct call *c, int64_t user_id, int64_t epoch, const char **token)
{
	int64_t exp_s = c->now_ms / 1000 + c->conf->token_ttl, id;
	enum err e = insert(c, user_id, epoch, exp_s, &id);

	return e == E_OK
	    ? viewer_token(c, &(struct token_claims){ user_id, epoch, 0, exp_s, id }, token)
	    : e;
}

enum err
session_list(struct call *c, struct session_list *out)
{
	struct session *all;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &session_rows,
	    ARGS(I(c->viewer_id), I(c->token.epoch), I(c->now_ms)), &r);

	out->n = 0;
	if (e != E_OK)
		return e;
	all = arena_array(c->mem, r.n, sizeof(*all));
	for (; out->n < r.n; out->n++) {
		const struct val *v = r.v + out->n * r.cols;

		all[out->n] = (struct session){ arena_printf(c->mem, "%lld", (long long)v[0].i), v[2].s,
			v[1].i, v[0].i == c->token.session_id };
		out->rows[out->n] = &all[out->n];
	}
	return e;
}

struct ending {
	struct call *c;
	int64_t id;        /* 0: all but the viewer's own */
	struct token_claims kept; /* what of his own goes on; epoch 0: his token holds as it is */
};

/* Voids all tokens of the account; the viewer's own session goes on under the new epoch. */
static enum err
void_all(struct ending *end)
{
	struct call *c = end->c;
	struct token_claims *k = &end->kept;
	int64_t changed = 1;
	enum err e;

	*k = c->token;
	k->epoch++;
	e = db_exec(c->db, &session_epoch, ARGS(I(k->epoch), I(c->viewer_id)), NULL);
	if (e != E_OK)
		return e;
	if (end->id != 0 && k->session_id == end->id) {
		k->epoch = 0;
		return E_OK;
	}
	/* A token from before there were sessions gets one now. */
	if (k->session_id == 0)
		return insert(c, c->viewer_id, k->epoch, k->exp_s, &k->session_id);
	e = db_exec(c->db, &session_move,
	    ARGS(I(k->epoch), I(c->viewer_id), I(k->session_id), I(c->token.epoch)), &changed);
	return e == E_OK && changed == 0 ? E_TOKEN : e;
}

static enum err
write_end(void *arg)
{
	struct ending *end = arg;
	struct call *c = end->c;
	int64_t me = c->viewer_id, changed;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &session_lock, ARGS(I(me)), &r);

	end->kept = (struct token_claims){ 0 };
	if (e == E_OK && (r.n == 0 || r.v[0].i != c->token.epoch))
		return E_TOKEN;
	if (e != E_OK || end->id == 0)
		return e == E_OK ? void_all(end) : e;
	e = db_exec(c->db, &session_stop, ARGS(I(c->now_ms), I(me), I(end->id), I(c->token.epoch), I(c->now_ms)),
	    &changed);
	if (e == E_OK && changed == 0)
		return E_SESSION_UNKNOWN;
	if (e == E_OK)
		e = db_select(c->db, c->mem, &session_stopped, ARGS(I(me), I(c->token.epoch)), &r);
	return e == E_OK && r.v[0].i > ENDED_MAX ? void_all(end) : e;
}

static enum err
run(struct ending *end, const char **token)
{
	struct call *c = end->c;
	enum err e = rows_write(c->rows,
	    (struct row_ref[]){ viewer_account_ref(c->viewer_id), viewer_marks_ref(c->viewer_id) }, 2, write_end,
	    end);

	*token = NULL;
	return e == E_OK && end->kept.epoch != 0 ? viewer_token(c, &end->kept, token) : e;
}

enum err
session_end(struct call *c, int64_t session_id, const char **token)
{
	return run(&(struct ending){ .c = c, .id = session_id }, token);
}

enum err
session_end_others(struct call *c, const char **token)
{
	return run(&(struct ending){ .c = c }, token);
}

enum err
session_sweep(struct call *c)
{
	int64_t changed = SWEEP;
	enum err e = E_OK;

	while (e == E_OK && changed == SWEEP)
		e = db_exec(c->db, &session_expired, ARGS(I(c->now_ms)), &changed);
	return e;
}
