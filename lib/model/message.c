/* message.c - messages.  Invariant: a send locks its conversation's row first, so the times of a
 * conversation are unique and rise in commit order, and its numbers of unread messages are those of
 * its rows. */
#include "model/message.h"

#include "base/id.h"
#include "base/log.h"
#include "model/conversation.h"
#include "model/user.h"

SQL(conversation_touch,
    "INSERT INTO conversations (lo_id, hi_id, last_ms, last_from_id, last_text, lo_unread, hi_unread) "
    "SELECT ?, ?, ?, ?, ?, ?, ? FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM blocks WHERE user_id = ? AND "
    "other_id = ? AND kind IN (1, 2)) ON DUPLICATE KEY UPDATE "
    "last_ms = GREATEST(last_ms + 1, VALUES(last_ms)), last_from_id = VALUES(last_from_id), "
    "last_text = VALUES(last_text), lo_unread = lo_unread + VALUES(lo_unread), "
    "hi_unread = hi_unread + VALUES(hi_unread)",
    "iiiisiiii", "");
SQL(conversation_time, "SELECT last_ms FROM conversations WHERE lo_id = ? AND hi_id = ?", "ii", "i");
SQL(message_insert,
    "INSERT INTO messages (lo_id, hi_id, created_ms, id, from_id, content) "
    "VALUES (?, ?, ?, ?, ?, ?)",
    "iiiiis", "");
/* With up to when its receiver has read, and how many the viewer has not. */
#define MESSAGES                                                                                   \
	"SELECT m.id, m.from_id, m.created_ms, m.content, "                                         \
	"IF(m.from_id = c.lo_id, c.hi_read_ms, c.lo_read_ms), "                                     \
	"IF(c.lo_id = ?, c.lo_unread, c.hi_unread) FROM conversations c STRAIGHT_JOIN messages m "  \
	"ON m.lo_id = c.lo_id AND m.hi_id = c.hi_id WHERE c.lo_id = ? AND c.hi_id = ? AND "
SQL(message_before,
    MESSAGES "m.created_ms < ? AND (m.hidden = 0 OR m.from_id = ?) ORDER BY m.created_ms DESC LIMIT ?, ?",
    "iiiiiii", "iiisii");
SQL(message_sent,
    "SELECT created_ms FROM messages FORCE INDEX (by_id) WHERE id = ? AND lo_id = ? AND hi_id = ?",
    "iii", "i");
SQL(message_after,
    MESSAGES "m.created_ms > ? AND m.from_id = ? AND m.hidden = 0 ORDER BY m.created_ms LIMIT ?",
    "iiiiii", "iiisii");
#define UNBLOCKED                                                                                  \
	"NOT EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = c.lo_id AND b.other_id = c.hi_id AND " \
	"b.kind IN (1, 2)) "
SQL(inbox_load,
    "SELECT hi_id, last_ms, lo_unread FROM conversations WHERE lo_id = ? UNION ALL "
    "SELECT lo_id, last_ms, hi_unread FROM conversations FORCE INDEX (by_hi) WHERE hi_id = ?",
    "ii", "iii");
/* The same sum as of an inbox row, of the others whom the viewer sees. */
SQL(inbox_unread,
    "SELECT COALESCE(SUM(c.lo_unread), 0) FROM conversations c JOIN users o ON o.id = c.hi_id AND "
    "o.status <> 3 WHERE c.lo_id = ? AND c.lo_unread > 0 AND " UNBLOCKED
    "UNION ALL SELECT COALESCE(SUM(c.hi_unread), 0) FROM conversations c FORCE INDEX (by_hi) JOIN users o "
    "ON o.id = c.lo_id AND o.status <> 3 WHERE c.hi_id = ? AND c.hi_unread > 0 AND " UNBLOCKED,
    "ii", "i");

#define M(m) offsetof(struct message, m)
static const struct member members[] = {
	{ { "id", "id" }, M_INT, M(id), NULL, "its id" },
	{ { "to_user_id", "receiveId" }, M_INT, M(to_id), NULL, "who gets it" },
	{ { "from_user_id", "sendId" }, M_INT, M(from_id), NULL, "who wrote it" },
	{ { "content", "content" }, M_STR, M(content), NULL, "text" },
	{ { "create_time", NULL }, M_INT, M(created_ms), NULL, "ms since 1970" },
	{ { NULL, "createTime" }, M_DATE_TIME, M(created_ms), NULL, "date and time" },
	{ { NULL, "isRead" }, M_BOOL, M(is_read), NULL, "whether who gets it had read it" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape message_shape = { "Message", members, 0 };

/* When each conversation of a user was last written to, and what he has not read of it, cached as
 * i:<user>: clients poll for news about once a second, and nearly always there are none.  With more than
 * INBOX_MAX conversations none is held.  Of the others whom he does not see, too: who leaves changes
 * his own row only, and not those of all with whom he ever wrote. */
#define INBOX_MAX 500

struct inbox_entry {
	int64_t other_id, last_ms, unread;
};

struct inbox {
	struct row row;
	int64_t n, whole;
};

static enum err
load_one(struct call *c, int64_t user_id, struct rows_loader *into)
{
	struct inbox inbox = { .row.id = user_id };
	struct inbox_entry *entries;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &inbox_load, ARGS(I(user_id), I(user_id)), &r);

	if (e != E_OK)
		return e;
	inbox.whole = r.n <= INBOX_MAX;
	inbox.n = inbox.whole ? (int64_t)r.n : 0;
	entries = arena_array(c->mem, (size_t)inbox.n + 1, sizeof(*entries));
	for (size_t i = 0; i < (size_t)inbox.n; i++) {
		const struct val *v = r.v + i * r.cols;

		entries[i] = (struct inbox_entry){ v[0].i, v[1].i, v[2].i };
	}
	rows_put(into, &inbox, entries, (size_t)inbox.n);
	return E_OK;
}

static enum err
load(void *ctx, const int64_t *ids, size_t n, struct rows_loader *into)
{
	enum err e = E_OK;

	for (size_t i = 0; e == E_OK && i < n; i++)
		e = load_one(ctx, ids[i], into);
	return e;
}

static const uint16_t no_strings[] = { 0 };
static const struct row_class inbox_class = {
	.key = 'i', .layout = 3, .local = 1024, .size = sizeof(struct inbox), .strings = no_strings,
	.tail_size = sizeof(struct inbox_entry), .load = load,
};

struct row_ref
message_inbox_ref(int64_t user_id)
{
	return (struct row_ref){ &inbox_class, user_id };
}

/* Of an inbox row that is whole. */
static enum err
sum_unread(struct call *c, const struct inbox *inbox, int64_t *n)
{
	const struct inbox_entry *entry = (const struct inbox_entry *)(inbox + 1);
	int64_t *ids = arena_array(c->mem, (size_t)inbox->n + 1, sizeof(*ids));
	int64_t *unread = arena_array(c->mem, (size_t)inbox->n + 1, sizeof(*unread));
	const struct user **others = arena_array(c->mem, (size_t)inbox->n + 1, sizeof(*others));
	size_t k = 0;
	enum err e;

	for (int64_t i = 0; i < inbox->n; i++) {
		ids[k] = entry[i].other_id;
		unread[k] = entry[i].unread;
		k += entry[i].unread > 0;
	}
	e = k > 0 ? user_visible(c, ids, k, others) : E_OK;
	for (size_t i = 0; e == E_OK && i < k; i++)
		*n += others[i] != NULL ? unread[i] : 0;
	return e;
}

enum err
message_unread(struct call *c, int64_t *n)
{
	const struct inbox *inbox;
	struct rows r;
	enum err e =
	    rows_get(c->rows, c->mem, &inbox_class, c, &c->viewer_id, 1, (const void **)&inbox);

	*n = 0;
	if (e != E_OK || (inbox != NULL && inbox->whole))
		return e == E_OK ? sum_unread(c, inbox, n) : e;
	e = db_select(c->db, c->mem, &inbox_unread, ARGS(I(c->viewer_id), I(c->viewer_id)), &r);
	for (size_t i = 0; e == E_OK && i < r.n; i++)
		*n += r.v[i * r.cols].i;
	return e;
}

struct send {
	struct call *c;
	int64_t lo, hi, id;
	const char *content;
};

static enum err
send_rows(void *arg)
{
	struct send *s = arg;
	struct call *c = s->c;
	struct rows r;
	int64_t changed;
	enum err e = db_exec(c->db, &conversation_touch,
	    ARGS(I(s->lo), I(s->hi), I(c->now_ms), I(c->viewer_id), S(s->content),
		I(s->lo != c->viewer_id), I(s->hi != c->viewer_id), I(s->lo), I(s->hi)),
	    &changed);

	if (e == E_OK && changed == 0)
		return E_USER_UNKNOWN;

	if (e == E_OK)
		e = db_select(c->db, c->mem, &conversation_time, ARGS(I(s->lo), I(s->hi)), &r);
	if (e != E_OK || r.n == 0)
		return e == E_OK ? E_DB : e;
	return db_exec(c->db, &message_insert,
	    ARGS(I(s->lo), I(s->hi), I(r.v[0].i), I(s->id), I(c->viewer_id), S(s->content)), NULL);
}

static void
pair(int64_t a, int64_t b, int64_t *lo, int64_t *hi)
{
	*lo = a < b ? a : b;
	*hi = a < b ? b : a;
}

enum err
message_send(struct call *c, int64_t to_id, const char *content, int64_t *id)
{
	struct send s = { .c = c, .id = call_new_id(c), .content = content };
	const struct user *to;
	enum err e;

	if (to_id == c->viewer_id)
		return E_SELF_MESSAGE;
	e = user_seen(c, to_id, &to);
	if (e != E_OK)
		return e;
	pair(c->viewer_id, to_id, &s.lo, &s.hi);
	*id = s.id;
	return rows_write(c->rows,
	    (struct row_ref[]){ { &inbox_class, c->viewer_id }, { &inbox_class, to_id } }, 2, send_rows,
	    &s);
}

/* Fills the list from rows; reversed: the rows come newest first.  What the viewer then has before
 * him is read. */
static void
fill(struct call *c, const struct rows *r, int64_t other_id, size_t n, bool reversed,
    struct message_list *out)
{
	size_t take = r->n < n ? r->n : n;
	struct message *m = arena_array(c->mem, take + 1, sizeof(*m));

	out->rows = arena_array(c->mem, take + 1, sizeof(void *));
	out->n = take;
	for (size_t i = 0; i < take; i++) {
		const struct val *v = r->v + (reversed ? take - 1 - i : i) * r->cols;

		m[i] = (struct message){ .id = v[0].i, .from_id = v[1].i, .created_ms = v[2].i,
			.to_id = v[1].i == other_id ? c->viewer_id : other_id, .content = v[3].s,
			.is_read = v[2].i <= v[4].i };
		out->rows[i] = &m[i];
	}
	out->first_ms = take ? m[0].created_ms : 0;
	out->more = reversed && r->n > n;
	/* That they were read may be told another time. */
	if (take > 0 && r->v[5].i > 0 && !c->head &&
	    conversation_read(c, other_id, m[take - 1].created_ms) != E_OK)
		log_warn("messages of user %lld stay unread", (long long)other_id);
}

enum err
message_history(
    struct call *c, int64_t other_id, const struct page *p, struct message_list *out)
{
	const struct user *other;
	int64_t lo, hi;
	struct rows r;
	enum err e = user_seen(c, other_id, &other);

	*out = (struct message_list){ 0 };
	pair(c->viewer_id, other_id, &lo, &hi);
	if (e == E_OK)
		e = db_select(c->db, c->mem, &message_before,
		    ARGS(I(c->viewer_id), I(lo), I(hi), I(p->a ? p->a : INT64_MAX), I(c->viewer_id),
			I((int64_t)p->skip), I((int64_t)p->n + 1)),
		    &r);
	if (e == E_OK)
		fill(c, &r, other_id, p->n, true, out);
	return e;
}

enum err
message_time(struct call *c, int64_t other_id, int64_t id, int64_t *ms)
{
	int64_t lo, hi;
	struct rows r;
	enum err e;

	pair(c->viewer_id, other_id, &lo, &hi);
	e = db_select(c->db, c->mem, &message_sent, ARGS(I(id), I(lo), I(hi)), &r);
	if (e == E_OK)
		*ms = r.n > 0 ? r.v[0].i : id_time_ms(id) + 1000;
	return e;
}

void
message_reverse(struct message_list *list)
{
	for (size_t i = 0; i < list->n / 2; i++) {
		const void *row = list->rows[i];

		list->rows[i] = list->rows[list->n - 1 - i];
		list->rows[list->n - 1 - i] = row;
	}
}

/* Whether the inbox row says that nothing came after after_ms. */
static bool
nothing_new(const struct inbox *inbox, int64_t other_id, int64_t after_ms)
{
	const struct inbox_entry *entry = (const struct inbox_entry *)(inbox + 1);

	if (!inbox->whole)
		return false;
	for (int64_t i = 0; i < inbox->n; i++) {
		if (entry[i].other_id == other_id)
			return entry[i].last_ms <= after_ms;
	}
	return true;
}

enum err
message_news(struct call *c, int64_t other_id, int64_t after_ms, size_t n, struct message_list *out)
{
	const struct user *other;
	const void *inbox;
	int64_t lo, hi;
	struct rows r;
	enum err e = user_seen(c, other_id, &other);

	*out = (struct message_list){ 0 };
	if (e == E_OK)
		e = rows_get(c->rows, c->mem, &inbox_class, c, &c->viewer_id, 1, &inbox);
	if (e != E_OK || (inbox != NULL && nothing_new(inbox, other_id, after_ms)))
		return e;
	pair(c->viewer_id, other_id, &lo, &hi);
	e = db_select(c->db, c->mem, &message_after,
	    ARGS(I(c->viewer_id), I(lo), I(hi), I(after_ms), I(other_id), I((int64_t)n)), &r);
	if (e == E_OK)
		fill(c, &r, other_id, n, false, out);
	return e;
}
