/* account.c - accounts.  Invariant: a hash is made or compared only outside of transactions; the
 * unique key of user_names decides whose a name is. */
#include "model/account.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "model/leave.h"
#include "model/live.h"
#include "model/password.h"
#include "model/report.h"
#include "model/search.h"
#include "model/session.h"
#include "model/user.h"
#include "model/viewer.h"
#include "model/words.h"

#define KEY_MAX 128 /* UTF-16 units, and characters of the column */
#define DAY_MS INT64_C(86400000)

SQL(account_by_name,
    "SELECT u.id, u.pass_hash, u.status, u.token_epoch, u.suspended_until_ms, u.notice FROM user_names n STRAIGHT_JOIN users u "
    "ON u.id = n.user_id WHERE n.name_key = ?",
    "s", "isiiis");
SQL(account_name_insert, "INSERT INTO user_names (name_key, user_id) VALUES (?, ?)", "si", "");
SQL(account_insert,
    "INSERT INTO users (id, name, pass_hash, avatar, signature, created_ms, updated_ms) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)",
    "issssii", "");
SQL(account_name_user, "SELECT user_id FROM user_names WHERE name_key = ?", "s", "i");
#define BATCH 64 /* names asked for in one statement */
#define Q8 "?, ?, ?, ?, ?, ?, ?, ?"
#define S8 "ssssssss"
SQL(account_name_users,
    "SELECT name_key, user_id FROM user_names WHERE name_key IN (" Q8 ", " Q8 ", " Q8 ", " Q8 ", " Q8
    ", " Q8 ", " Q8 ", " Q8 ")",
    S8 S8 S8 S8 S8 S8 S8 S8, "si");
SQL(account_rehash, "UPDATE users SET pass_hash = ?, updated_ms = ? WHERE id = ? AND pass_hash = ?",
    "siis", "");
SQL(account_password,
    "UPDATE users SET pass_hash = ?, token_epoch = token_epoch + 1, updated_ms = ? WHERE id = ?",
    "sii", "");
/* Not of one who is leaving: what was disabled would not be removed when its time has come. */
SQL(account_status,
    "UPDATE users SET status = ?, token_epoch = token_epoch + 1, updated_ms = ? WHERE id = ? AND "
    "status <> 3",
    "iii", "");
SQL(guard_look,
    "SELECT fails, level, frozen_until_ms FROM login_guard WHERE name_key = ? AND addr = ?", "ss",
    "iii");
SQL(guard_fail,
    "INSERT INTO login_guard (name_key, addr, fails, since_ms) VALUES (?, ?, 1, ?) "
    "ON DUPLICATE KEY UPDATE fails = IF(since_ms < ?, 1, fails + 1), "
    "since_ms = IF(since_ms < ?, VALUES(since_ms), since_ms)",
    "ssiii", "");
SQL(guard_freeze,
    "UPDATE login_guard SET fails = 0, level = level + 1, since_ms = ?, frozen_until_ms = ? "
    "WHERE name_key = ? AND addr = ?",
    "iiss", "");
SQL(guard_forget, "DELETE FROM login_guard WHERE name_key = ? AND addr = ?", "ss", "");
SQL(guard_sweep, "DELETE FROM login_guard WHERE since_ms < ? AND frozen_until_ms < ? LIMIT 1000",
    "ii", "");

/* How long a name is frozen for an address, each time longer (wire.md 1.4.2). */
static const int64_t ladder_ms[] = { 60000, 15 * INT64_C(60000), 60 * INT64_C(60000), DAY_MS,
	7 * DAY_MS, 30 * DAY_MS };

const char *
account_name_key(struct call *c, const char *name)
{
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *fold = unorm2_getNFKCCasefoldInstance(&status);
	UChar raw[KEY_MAX], key[KEY_MAX];
	char out[KEY_MAX * 3 + 1];
	int32_t raw_n, key_n, out_n;
	size_t n = 0;

	u_strFromUTF8(raw, KEY_MAX, &raw_n, name, -1, &status);
	if (U_FAILURE(status))
		return NULL;
	key_n = unorm2_normalize(fold, raw, raw_n, key, KEY_MAX, &status);
	u_strToUTF8(out, sizeof(out), &out_n, key, key_n, &status);
	if (U_FAILURE(status))
		return NULL;
	/* How many blanks there are, and whether any at the ends, is not seen. */
	for (int32_t i = 0; i < out_n; i++) {
		if (out[i] != ' ' || (n > 0 && out[n - 1] != ' '))
			out[n++] = out[i];
	}
	if (n > 0 && out[n - 1] == ' ')
		n--;
	return n > 0 ? arena_strndup(c->mem, out, n) : NULL;
}

/* Unseen, but emoji and some scripts are written with them: joiners, variation selectors, tags. */
static bool
shapes(UChar32 c)
{
	return u_hasBinaryProperty(c, UCHAR_JOIN_CONTROL) || u_hasBinaryProperty(c, UCHAR_VARIATION_SELECTOR) ||
	    (c >= 0xe0020 && c <= 0xe007f);
}

/* Whether a new name is of what can be seen, and blanks: what is unseen beyond them is not in its key. */
static bool
seen_whole(const char *name)
{
	size_t n = strlen(name), len;
	uint32_t code;

	for (; (len = utf8_decode(name, n, &code)) > 0; name += len, n -= len) {
		UChar32 c = (UChar32)code;

		if (utf8_is_blank(name, len) && u_charType(c) != U_SPACE_SEPARATOR && !shapes(c))
			return false;
	}
	return true;
}

struct new_account {
	struct call *c;
	int64_t id;
	const char *key, *name, *hash, *avatar, *about;
	const char *token;
};

static enum err
insert(void *arg)
{
	struct new_account *n = arg;
	struct call *c = n->c;
	enum err e = db_exec(c->db, &account_name_insert, ARGS(S(n->key), I(n->id)), NULL);

	if (e == E_DUPLICATE)
		return E_NAME_TAKEN;
	if (e == E_OK)
		e = db_exec(c->db, &account_insert,
		    ARGS(I(n->id), S(n->name), S(n->hash), S(n->avatar), S(n->about), I(c->now_ms),
			I(c->now_ms)),
		    NULL);
	if (e == E_OK)
		e = session_begin(c, n->id, 1, &n->token);
	return e == E_OK ? search_user_write(c, n->id) : e;
}

enum err
account_register(struct call *c, const struct account_new *a, struct account_login *out)
{
	struct new_account n = { .c = c, .id = call_new_id(c), .name = a->name,
		.avatar = a->avatar != NULL ? a->avatar : "", .about = a->about != NULL ? a->about : "" };
	enum err e = user_avatar_check(c, &n.avatar);

	if (e != E_OK)
		return e;
	n.key = account_name_key(c, a->name);
	if (n.key == NULL)
		return call_param(c, "username", WHY_BLANK, 0);
	if (!seen_whole(a->name))
		return call_param(c, "username", WHY_NAME, 0);
	if (words_mask(c, WORDS_NAME, a->name) != a->name)
		return E_NAME_WORDS;
	n.hash = password_hash(c->mem, a->password, (int)c->conf->password_cost);
	if (n.hash == NULL)
		return E_INTERNAL;
	e = rows_write(c->rows,
	    (struct row_ref[]){ user_ref(n.id), viewer_account_ref(n.id), viewer_marks_ref(n.id) }, 3,
	    insert, &n);
	if (e != E_OK)
		return e;
	*out = (struct account_login){ n.id, n.token, "" };
	return E_OK;
}

struct guard {
	struct call *c;
	const char *key;
	int64_t frozen_ms; /* for how long this failure froze the name */
};

static enum err
frozen(struct call *c, int64_t ms)
{
	c->problem = (struct problem){ "username", WHY_WAIT, (ms + 999) / 1000 };
	return E_FROZEN;
}

static enum err
count_failure(void *arg)
{
	struct guard *g = arg;
	struct call *c = g->c;
	int64_t since_ms = c->now_ms - c->conf->login_window * 1000;
	struct rows r;
	size_t level;
	enum err e = db_exec(c->db, &guard_fail,
	    ARGS(S(g->key), S(c->addr), I(c->now_ms), I(since_ms), I(since_ms)), NULL);

	g->frozen_ms = 0;
	if (e == E_OK)
		e = db_select(c->db, c->mem, &guard_look, ARGS(S(g->key), S(c->addr)), &r);
	if (e != E_OK || r.n == 0 || r.v[0].i <= c->conf->login_free)
		return e;
	level = (size_t)r.v[1].i;
	if (level >= sizeof(ladder_ms) / sizeof(*ladder_ms))
		level = sizeof(ladder_ms) / sizeof(*ladder_ms) - 1;
	g->frozen_ms = ladder_ms[level];
	return db_exec(c->db, &guard_freeze,
	    ARGS(I(c->now_ms), I(c->now_ms + g->frozen_ms), S(g->key), S(c->addr)), NULL);
}

/* A better hash for an old one; the login is good without it, so a failure is only logged. */
static void
rehash(struct call *c, int64_t id, const char *password, const char *hash)
{
	const char *fresh = password_hash(c->mem, password, (int)c->conf->password_cost);

	if (fresh == NULL ||
	    db_exec(c->db, &account_rehash, ARGS(S(fresh), I(c->now_ms), I(id), S(hash)), NULL) != E_OK)
		log_warn("the old hash of user %lld stays", (long long)id);
}

static enum err
suspended(struct call *c, int64_t until_ms, const char *why)
{
	bool zh = c->lang == LANG_ZH;
	const char *gap = why[0] == '\0' ? "" : zh ? "：" : ": ";
	char end[20];

	clock_date_time(end, until_ms, (int)c->conf->utc_offset);
	c->problem = (struct problem){ .why = WHY_SAYS,
		.param = arena_printf(c->mem, zh ? "该账号已被封禁至 %s%s%s" : "this account is suspended until %s%s%s", end, gap, why) };
	return E_SUSPENDED;
}

/* Whether the name may log in with this password: all but the session. */
static enum err
check(struct call *c, const char *name, const char *password, struct account_login *out, int64_t *epoch)
{
	struct guard g = { .c = c, .key = account_name_key(c, name) };
	int64_t frozen_ms;
	struct rows guard, user;
	const char *hash;
	bool old, failed_before;
	enum err e;

	if (g.key == NULL)
		return E_LOGIN;
	e = db_select(c->db, c->mem, &guard_look, ARGS(S(g.key), S(c->addr)), &guard);
	if (e != E_OK)
		return e;
	failed_before = guard.n > 0;
	frozen_ms = failed_before ? guard.v[2].i - c->now_ms : 0;
	if (frozen_ms > 0)
		return frozen(c, frozen_ms);
	e = db_select(c->db, c->mem, &account_by_name, ARGS(S(g.key)), &user);
	if (e != E_OK)
		return e;
	hash = user.n ? user.v[1].s : "";
	if (!password_fits(c->mem, password, hash, (int)c->conf->password_cost, &old)) {
		e = db_transaction(c->db, count_failure, &g);
		if (e == E_OK && g.frozen_ms > 0)
			return frozen(c, g.frozen_ms);
		return e == E_OK ? E_LOGIN : e;
	}
	if (user.v[2].i == USER_DISABLED)
		e = E_ACCOUNT_DISABLED;
	else if (user.v[4].i > c->now_ms)
		e = suspended(c, user.v[4].i, user.v[5].s);
	else if (user.v[2].i == USER_LEAVING)
		e = leave_undo(c, user.v[0].i);
	if (e != E_OK)
		return e;
	if (failed_before) {
		e = db_exec(c->db, &guard_forget, ARGS(S(g.key), S(c->addr)), NULL);
		if (e != E_OK)
			return e;
	}
	if (old)
		rehash(c, user.v[0].i, password, hash);
	out->user_id = user.v[0].i;
	out->notice = user.v[5].s;
	*epoch = user.v[3].i;
	return E_OK;
}

enum err
account_login(struct call *c, const char *name, const char *password, struct account_login *out)
{
	int64_t epoch;
	enum err e = check(c, name, password, out, &epoch);

	return e == E_OK ? session_begin(c, out->user_id, epoch, &out->token) : e;
}

/* act: what the audit calls it; NULL: the user's own. */
struct account_change {
	struct call *c;
	const struct sql *q;
	struct val first;
	const char *act;
	int64_t id, audit_id;
};

static enum err
apply(void *arg)
{
	struct account_change *ch = arg;
	struct call *c = ch->c;
	int64_t changed;
	enum err e = db_exec(c->db, ch->q, ARGS(ch->first, I(c->now_ms), I(ch->id)), &changed);

	/* The epoch rises, so that only one who is leaving is left as he was. */
	if (e == E_OK && changed == 0)
		return E_LEAVING;
	if (e == E_OK)
		e = search_user_write(c, ch->id);
	if (e != E_OK || ch->act == NULL)
		return e;
	if (strcmp(ch->act, "disable") == 0)
		e = live_end(c, ch->id);
	return e == E_OK ? audit_add(c, &(struct audit){ .id = ch->audit_id, .act = ch->act, .kind = "user",
					    .thing_id = ch->id, .about_id = ch->id, .note = "" })
			 : e;
}

static enum err
change(struct call *c, const char *name, const struct sql *q, struct val first, const char *act)
{
	const char *key = account_name_key(c, name);
	struct account_change ch = { .c = c, .q = q, .first = first, .act = act,
		.audit_id = call_new_id(c) };
	struct rows r;
	enum err e;

	if (key == NULL)
		return E_USER_UNKNOWN;
	e = db_select(c->db, c->mem, &account_by_name, ARGS(S(key)), &r);
	if (e != E_OK || r.n == 0)
		return e == E_OK ? E_USER_UNKNOWN : e;
	ch.id = r.v[0].i;
	return rows_write(c->rows,
	    (struct row_ref[]){ user_ref(ch.id), viewer_account_ref(ch.id), viewer_marks_ref(ch.id) }, 3,
	    apply, &ch);
}

enum err
account_ids_of_keys(struct call *c, const char *const *keys, size_t n, int64_t *ids)
{
	memset(ids, 0, n * sizeof(*ids));
	for (size_t from = 0; from < n; from += BATCH) {
		struct val args[BATCH];
		struct rows r;
		enum err e;

		for (size_t i = 0; i < BATCH; i++) {
			const char *key = keys[from + i < n ? from + i : from];

			args[i] = S(key != NULL ? key : "");
		}
		e = db_select(c->db, c->mem, &account_name_users, args, &r);
		if (e != E_OK)
			return e;
		for (size_t i = from; i < n && i < from + BATCH; i++) {
			for (size_t k = 0; keys[i] != NULL && k < r.n; k++) {
				if (strcmp(r.v[k * 2].s, keys[i]) == 0)
					ids[i] = r.v[k * 2 + 1].i;
			}
		}
	}
	return E_OK;
}

enum err
account_names_taken(struct call *c, const char *const *names, size_t n, bool *taken)
{
	const char **keys = arena_array(c->mem, n + 1, sizeof(*keys));
	int64_t *ids = arena_array(c->mem, n + 1, sizeof(*ids));
	enum err e;

	for (size_t i = 0; i < n; i++)
		keys[i] = account_name_key(c, names[i]);
	e = account_ids_of_keys(c, keys, n, ids);
	for (size_t i = 0; e == E_OK && i < n; i++)
		taken[i] = ids[i] != 0;
	return e;
}

enum err
account_id_of(struct call *c, const char *name, int64_t *id)
{
	const char *key = account_name_key(c, name);
	struct rows r;
	enum err e;

	if (key == NULL)
		return E_USER_UNKNOWN;
	e = db_select(c->db, c->mem, &account_name_user, ARGS(S(key)), &r);
	if (e == E_OK && r.n == 0)
		return E_USER_UNKNOWN;
	if (e == E_OK)
		*id = r.v[0].i;
	return e;
}

enum err
account_seen(struct call *c, const char *name, const struct user **out)
{
	int64_t id;
	enum err e = name == NULL ? E_USER_UNKNOWN : account_id_of(c, name, &id);

	return e == E_OK ? user_seen(c, id, out) : e;
}

enum err
account_change_password(
    struct call *c, const char *old, const char *fresh, struct account_login *out)
{
	const struct user *self;
	struct rows r;
	int64_t epoch;
	enum err e = user_get(c, c->viewer_id, &self);

	/* With the same guard against guessing as a login. */
	if (e == E_OK)
		e = check(c, self->name, old, out, &epoch);
	if (e == E_LOGIN)
		return E_PASSWORD;
	if (e == E_OK)
		e = account_set_password(c, self->name, fresh);
	if (e == E_OK)
		e = db_select(c->db, c->mem, &account_by_name, ARGS(S(account_name_key(c, self->name))), &r);
	if (e == E_OK && r.n == 0)
		e = E_USER_UNKNOWN;
	return e == E_OK ? session_begin(c, c->viewer_id, r.v[3].i, &out->token) : e;
}

enum err
account_set_password(struct call *c, const char *name, const char *password)
{
	const char *hash = password_hash(c->mem, password, (int)c->conf->password_cost);

	return hash ? change(c, name, &account_password, S(hash), c->viewer_id == 0 ? "password" : NULL) : E_INTERNAL;
}

enum err
account_set_disabled(struct call *c, const char *name, bool disabled)
{
	return change(c, name, &account_status, I(disabled ? USER_DISABLED : USER_ACTIVE),
	    disabled ? "disable" : "enable");
}

enum err
account_sweep(struct call *c)
{
	return db_exec(c->db, &guard_sweep, ARGS(I(c->now_ms - 31 * DAY_MS), I(c->now_ms)), NULL);
}
