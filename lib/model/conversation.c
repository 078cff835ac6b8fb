/* conversation.c - see conversation.h.  Invariant: who changes a message or what is read locks the
 * conversation's row first, as a send does; unread is then counted, or changed by exactly one. */
#include "model/conversation.h"

#include "model/notification.h"

SQL(conversation_page,
    "SELECT other, last_ms, unread FROM (SELECT hi_id AS other, last_ms, lo_unread AS unread "
    "FROM conversations WHERE lo_id = ? UNION ALL SELECT lo_id, last_ms, hi_unread "
    "FROM conversations FORCE INDEX (by_hi) WHERE hi_id = ?) q "
    "WHERE last_ms < ? OR (last_ms = ? AND other < ?) ORDER BY last_ms DESC, other DESC LIMIT ?, ?",
    "iiiiiii", "iii");

/* The newest message that the viewer sees; each part stops at the first row. */
#define NEWEST(col, null)                                                                          \
	"COALESCE((SELECT m." col " FROM messages m WHERE m.lo_id = c.lo_id AND m.hi_id = c.hi_id " \
	"AND (m.hidden = 0 OR m.from_id = ?) ORDER BY m.created_ms DESC LIMIT 1), " null ")"
#define NEWEST_OF(other)                                                                           \
	"SELECT c." other ", " NEWEST("id", "0") ", " NEWEST("from_id", "0") ", "                   \
	NEWEST("created_ms", "0") ", " NEWEST("content", "''") ", c.lo_read_ms, c.hi_read_ms "       \
	"FROM conversations c WHERE "
SQL(conversation_newest,
    NEWEST_OF("hi_id") "c.lo_id = ? AND c.hi_id IN (?...) UNION ALL "
    NEWEST_OF("lo_id") "c.hi_id = ? AND c.lo_id IN (?...)",
    "iiiiiLiiiiiL", "iiiisii");
SQL(conversation_lock,
    "SELECT last_ms, lo_read_ms, hi_read_ms, lo_unread, hi_unread FROM conversations WHERE lo_id = ? "
    "AND hi_id = ? FOR UPDATE",
    "ii", "iiiii");
SQL(conversation_count,
    "SELECT COUNT(*) FROM messages WHERE lo_id = ? AND hi_id = ? AND created_ms > ? AND from_id = ? "
    "AND hidden = 0",
    "iiii", "i");
SQL(conversation_set,
    "UPDATE conversations SET lo_read_ms = ?, hi_read_ms = ?, lo_unread = ?, hi_unread = ? "
    "WHERE lo_id = ? AND hi_id = ?",
    "iiiiii", "");
SQL(message_find,
    "SELECT lo_id, hi_id, created_ms, from_id, hidden FROM messages FORCE INDEX (by_id) WHERE id = ? "
    "AND ? IN (lo_id, hi_id)",
    "ii", "iiiii");
SQL(message_lock,
    "SELECT hidden FROM messages WHERE lo_id = ? AND hi_id = ? AND created_ms = ? AND id = ? FOR UPDATE",
    "iiii", "i");
SQL(message_delete, "DELETE FROM messages WHERE lo_id = ? AND hi_id = ? AND created_ms = ?", "iii", "");
/* hidden is a set of bits: who hid it from its receiver. */
enum { BY_RECEIVER = 1, BY_MODERATOR = 2 };
SQL(message_mask, "UPDATE messages SET hidden = ? WHERE lo_id = ? AND hi_id = ? AND created_ms = ?", "iiii",
    "");
SQL(message_any, "SELECT lo_id, hi_id, created_ms, from_id FROM messages FORCE INDEX (by_id) WHERE id = ?",
    "i", "iiii");
SQL(message_newest,
    "SELECT from_id, content FROM messages WHERE lo_id = ? AND hi_id = ? "
    "ORDER BY created_ms DESC LIMIT 1",
    "ii", "is");
SQL(conversation_text,
    "UPDATE conversations SET last_from_id = ?, last_text = ? WHERE lo_id = ? AND hi_id = ?", "isii", "");

#define C(m) offsetof(struct conversation, m)
static const struct member members[] = {
	{ { NULL, "user" }, M_ROW, C(user), &user_shape, "the other one" },
	{ { NULL, "lastMessage" }, M_ROW, C(last_message), &message_shape, "the newest message" },
	{ { NULL, "unreadCount" }, M_INT, C(unread), NULL, "messages that the viewer has not read" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape conversation_shape = { "Conversation", members, 0 };

/* The newest messages with n others; NULL where there is none. */
static enum err
newest(struct call *c, const int64_t *others, size_t n, const struct message **out)
{
	struct val me = I(c->viewer_id);
	struct message *m = arena_array(c->mem, n + 1, sizeof(*m));
	struct rows r;
	enum err e = db_select(c->db, c->mem, &conversation_newest,
	    ARGS(me, me, me, me, me, LIST(others, n), me, me, me, me, me, LIST(others, n)), &r);

	for (size_t i = 0; e == E_OK && i < n; i++) {
		out[i] = NULL;
		for (size_t k = 0; k < r.n && out[i] == NULL; k++) {
			const struct val *v = r.v + k * r.cols;
			bool mine = v[2].i == c->viewer_id;
			/* Up to when who got it has read. */
			int64_t read_ms = (mine ? others[i] : c->viewer_id) < (mine ? c->viewer_id : others[i])
			    ? v[5].i
			    : v[6].i;

			if (v[0].i != others[i] || v[1].i == 0)
				continue;
			m[i] = (struct message){ .id = v[1].i, .from_id = v[2].i, .created_ms = v[3].i,
				.to_id = mine ? others[i] : c->viewer_id, .content = v[4].s,
				.is_read = v[3].i <= read_ms };
			out[i] = &m[i];
		}
	}
	return e;
}

enum err
conversation_list_of(struct call *c, const struct page *p, struct conversation_list *out)
{
	int64_t before = p->a ? p->a : INT64_MAX, *ids;
	size_t n = p->n;
	const struct message **messages;
	const struct user **users;
	struct conversation *row;
	struct rows r;
	size_t take;
	enum err e = db_select(c->db, c->mem, &conversation_page,
	    ARGS(I(c->viewer_id), I(c->viewer_id), I(before), I(before), I(p->b), I((int64_t)p->skip),
		I((int64_t)n + 1)),
	    &r);

	*out = (struct conversation_list){ 0 };
	if (e != E_OK)
		return e;
	take = r.n < n ? r.n : n;
	ids = arena_array(c->mem, take + 1, sizeof(*ids));
	users = arena_array(c->mem, take + 1, sizeof(*users));
	messages = arena_array(c->mem, take + 1, sizeof(*messages));
	row = arena_array(c->mem, take + 1, sizeof(*row));
	out->rows = arena_array(c->mem, take + 1, sizeof(void *));
	out->more = r.n > n;
	for (size_t i = 0; i < take; i++) {
		out->last_b = ids[i] = r.v[i * r.cols].i;
		out->last_a = r.v[i * r.cols + 1].i;
	}
	if (take > 0)
		e = user_shown(c, ids, take, users);
	if (e == E_OK && take > 0)
		e = newest(c, ids, take, messages);
	for (size_t i = 0; e == E_OK && i < take; i++) {
		if (users[i] == NULL || messages[i] == NULL)
			continue;
		row[i] = (struct conversation){ users[i], messages[i], r.v[i * r.cols + 2].i };
		out->rows[out->n++] = &row[i];
	}
	return e;
}

/* A conversation that is changed.  side: 0 where the one whose reading changes is lo, else 1. */
struct change {
	struct call *c;
	int64_t lo, hi;
	int side;
	int64_t up_to_ms; /* what is read; 0: all */
	int64_t message_id, created_ms; /* what is removed, hidden or restored */
	bool sender, hides; /* hides: by a moderator */
	enum err (*also)(void *arg);
	void *arg;
	int64_t read_ms[2], unread[2], last_ms; /* as locked */
};

static enum err
lock(struct change *ch, bool *found)
{
	struct call *c = ch->c;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &conversation_lock, ARGS(I(ch->lo), I(ch->hi)), &r);

	*found = e == E_OK && r.n > 0;
	for (size_t i = 0; *found && i < 2; i++) {
		ch->last_ms = r.v[0].i;
		ch->read_ms[i] = r.v[1 + i].i;
		ch->unread[i] = r.v[3 + i].i;
	}
	return e;
}

static enum err
store(struct change *ch)
{
	return db_exec(ch->c->db, &conversation_set,
	    ARGS(I(ch->read_ms[0]), I(ch->read_ms[1]), I(ch->unread[0]), I(ch->unread[1]), I(ch->lo),
		I(ch->hi)),
	    NULL);
}

static enum err
write_read(void *arg)
{
	struct change *ch = arg;
	struct call *c = ch->c;
	struct rows r;
	bool found;
	enum err e = lock(ch, &found);

	if (ch->up_to_ms == 0)
		ch->up_to_ms = ch->last_ms;
	if (e != E_OK || !found || ch->up_to_ms <= ch->read_ms[ch->side])
		return e;
	ch->read_ms[ch->side] = ch->up_to_ms;
	ch->unread[ch->side] = 0;
	if (ch->up_to_ms < ch->last_ms) {
		e = db_select(c->db, c->mem, &conversation_count,
		    ARGS(I(ch->lo), I(ch->hi), I(ch->up_to_ms), I(ch->side == 0 ? ch->hi : ch->lo)), &r);
		if (e == E_OK)
			ch->unread[ch->side] = r.v[0].i;
	}
	return e == E_OK ? store(ch) : e;
}

enum err
conversation_read(struct call *c, int64_t other_id, int64_t up_to_ms)
{
	bool low = c->viewer_id < other_id;
	struct change ch = { .c = c, .lo = low ? c->viewer_id : other_id,
		.hi = low ? other_id : c->viewer_id, .side = low ? 0 : 1, .up_to_ms = up_to_ms };

	return rows_write(c->rows,
	    (struct row_ref[]){ message_inbox_ref(c->viewer_id), notification_ref(c->viewer_id) }, 2,
	    write_read, &ch);
}

enum err
conversation_read_to(struct call *c, int64_t other_id, int64_t message_id)
{
	int64_t up_to_ms = 0;
	const struct user *other;
	struct rows r;
	enum err e = user_seen(c, other_id, &other);

	if (e == E_OK && message_id != 0) {
		e = db_select(c->db, c->mem, &message_find, ARGS(I(message_id), I(c->viewer_id)), &r);
		if (e == E_OK && (r.n == 0 || r.v[3].i != other_id || r.v[4].i))
			return E_MESSAGE_UNKNOWN;
		if (e == E_OK)
			up_to_ms = r.v[2].i;
	}
	return e == E_OK ? conversation_read(c, other_id, up_to_ms) : e;
}

/* What the friend list shows, where the newest one was removed. */
static enum err
newest_text(struct change *ch)
{
	struct call *c = ch->c;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &message_newest, ARGS(I(ch->lo), I(ch->hi)), &r);

	return e == E_OK ? db_exec(c->db, &conversation_text,
			       ARGS(I(r.n ? r.v[0].i : 0), S(r.n ? r.v[1].s : ""), I(ch->lo), I(ch->hi)), NULL)
			 : e;
}

static enum err
mask(struct change *ch, int64_t hidden)
{
	return db_exec(ch->c->db, &message_mask, ARGS(I(hidden), I(ch->lo), I(ch->hi), I(ch->created_ms)), NULL);
}

static enum err
write_removal(void *arg)
{
	struct change *ch = arg;
	struct call *c = ch->c;
	const struct val *at = ARGS(I(ch->lo), I(ch->hi), I(ch->created_ms), I(ch->message_id));
	struct rows r;
	bool found;
	enum err e = lock(ch, &found);

	if (e == E_OK)
		e = db_select(c->db, c->mem, &message_lock, at, &r);
	if (e != E_OK)
		return e;
	if (!found || r.n == 0 || (r.v[0].i && !ch->sender))
		return E_MESSAGE_UNKNOWN;
	if (!r.v[0].i && ch->created_ms > ch->read_ms[ch->side])
		ch->unread[ch->side]--;
	e = ch->sender ? db_exec(c->db, &message_delete, at, NULL) : mask(ch, BY_RECEIVER);
	if (e == E_OK && ch->sender)
		e = newest_text(ch);
	return e == E_OK ? store(ch) : e;
}

/* By a moderator; what its receiver hid himself stays so. */
static enum err
write_hiding(void *arg)
{
	struct change *ch = arg;
	struct rows r;
	bool found;
	enum err e = lock(ch, &found);

	if (e == E_OK)
		e = db_select(ch->c->db, ch->c->mem, &message_lock,
		    ARGS(I(ch->lo), I(ch->hi), I(ch->created_ms), I(ch->message_id)), &r);
	if (e != E_OK)
		return e;
	if (!found || r.n == 0)
		return E_MESSAGE_UNKNOWN;
	if ((r.v[0].i & ~BY_MODERATOR) == 0 && (r.v[0].i != 0) != ch->hides &&
	    ch->created_ms > ch->read_ms[ch->side])
		ch->unread[ch->side] += ch->hides ? -1 : 1;
	e = mask(ch, ch->hides ? r.v[0].i | BY_MODERATOR : r.v[0].i & ~BY_MODERATOR);
	if (e == E_OK)
		e = store(ch);
	return e == E_OK ? ch->also(ch->arg) : e;
}

/* Of the message that was found at v (lo, hi, time, sender). */
static enum err
change_message(struct change *ch, const struct val *v, enum err (*fn)(void *arg))
{
	int64_t receiver_id = v[3].i == v[0].i ? v[1].i : v[0].i;

	ch->lo = v[0].i;
	ch->hi = v[1].i;
	ch->created_ms = v[2].i;
	ch->sender = v[3].i == ch->c->viewer_id;
	ch->side = receiver_id == ch->lo ? 0 : 1;
	return rows_write(ch->c->rows,
	    (struct row_ref[]){ message_inbox_ref(ch->lo), message_inbox_ref(ch->hi),
		notification_ref(receiver_id) },
	    3, fn, ch);
}

enum err
message_remove(struct call *c, int64_t message_id)
{
	struct change ch = { .c = c, .message_id = message_id };
	struct rows r;
	enum err e = db_select(c->db, c->mem, &message_find, ARGS(I(message_id), I(c->viewer_id)), &r);

	if (e == E_OK && r.n == 0)
		return E_MESSAGE_UNKNOWN;
	return e == E_OK ? change_message(&ch, r.v, write_removal) : e;
}

enum err
message_set_hidden(struct call *c, int64_t message_id, bool hidden, enum err (*also)(void *arg), void *arg)
{
	struct change ch = { .c = c, .message_id = message_id, .hides = hidden, .also = also, .arg = arg };
	struct rows r;
	enum err e = db_select(c->db, c->mem, &message_any, ARGS(I(message_id)), &r);

	if (e == E_OK && r.n == 0)
		return E_MESSAGE_UNKNOWN;
	return e == E_OK ? change_message(&ch, r.v, write_hiding) : e;
}
