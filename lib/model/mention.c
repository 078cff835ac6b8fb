/* mention.c - names in texts.  Invariant: the rows of a text's mentions change in the transaction
 * that writes the text, and say where the names stand in it as it is. */
#include "model/mention.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include "base/text.h"
#include "model/account.h"
#include "model/user.h"

SQL(mention_since,
    "SELECT user_id, MIN(created_ms) FROM mentions FORCE INDEX (by_source) WHERE source_id = ? "
    "GROUP BY user_id",
    "i", "ii");
SQL(mention_clear, "DELETE FROM mentions WHERE source_id = ? AND field = ?", "ii", "");
SQL(mention_insert,
    "INSERT INTO mentions (user_id, source_id, field, begin_at, end_at, video_id, author_id, notify, "
    "created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "iiiiiiiii", "");
SQL(mention_look,
    "SELECT source_id, user_id, begin_at, end_at FROM mentions FORCE INDEX (by_source) "
    "WHERE source_id IN (?...) AND field = ? ORDER BY source_id, begin_at",
    "Li", "iiii");
SQL(mention_forget, "DELETE FROM mentions WHERE source_id IN (?...)", "L", "");
SQL(mention_purge_rows, "DELETE FROM mentions WHERE video_id = ? LIMIT 1000", "i", "");

#define M(m) offsetof(struct mention, m)
static const struct member members[] = {
	{ { "userId", "userId" }, M_INT, M(user_id), NULL, "who is mentioned" },
	{ { "name", "name" }, M_STR, M(name), NULL, "his name" },
	{ { "begin", "begin" }, M_INT, M(begin), NULL, "where the '@' stands, in characters" },
	{ { "end", "end" }, M_INT, M(end), NULL, "behind the name" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape mention_shape = { "Mention", members, 0 };

/* A text that may be a name: what stands behind an '@', cut after `n` characters. */
struct candidate {
	size_t at; /* of the '@', in characters */
	size_t n;
	const char *key;
	int64_t user_id; /* 0: nobody's */
};

static bool
joins_words(uint32_t code)
{
	switch (uscript_getScript((UChar32)code, &(UErrorCode){ U_ZERO_ERROR })) {
	case USCRIPT_HAN:
	case USCRIPT_HIRAGANA:
	case USCRIPT_KATAKANA:
	case USCRIPT_BOPOMOFO:
	case USCRIPT_HANGUL:
	case USCRIPT_THAI:
	case USCRIPT_LAO:
	case USCRIPT_KHMER:
	case USCRIPT_MYANMAR:
		return true;
	default:
		return false;
	}
}

static bool
is_word(uint32_t code)
{
	return code == '_' || u_isalnum((UChar32)code);
}

/* Whether a name may end between these two characters. */
static bool
may_end(uint32_t last, uint32_t next)
{
	if (u_getCombiningClass((UChar32)next) != 0 || u_charType((UChar32)next) == U_NON_SPACING_MARK ||
	    next == 0x200d || last == 0x200d)
		return false;
	return !is_word(last) || !is_word(next) || joins_words(last) || joins_words(next);
}

static bool
is_at(uint32_t code)
{
	return code == '@' || code == 0xff20;
}

/* What may stand before the '@' of an e-mail address. */
static bool
is_address(uint32_t code)
{
	return code < 0x80 && (u_isalnum((UChar32)code) || strchr("._%+-", (int)code) != NULL);
}

/* Notes the names that may stand behind the '@' at p, which is character `at`; longest first. */
static size_t
candidates(struct call *c, const char *p, size_t n, size_t at, struct candidate *out)
{
	size_t from, i, count = 0;
	uint32_t last, next;

	from = i = utf8_decode(p, n, &last);
	for (size_t k = 1; k <= ACCOUNT_NAME_MAX; k++) {
		size_t len = utf8_decode(p + i, n - i, &next), more;

		if (len == 0 || u_isUWhiteSpace((UChar32)next) || is_at(next) || u_iscntrl((UChar32)next))
			break;
		i += len;
		last = next;
		more = utf8_decode(p + i, n - i, &next);
		if (more == 0 || may_end(last, next))
			out[count++] = (struct candidate){ .at = at, .n = k,
				.key = account_name_key(c, arena_strndup(c->mem, p + from, i - from)) };
	}
	for (size_t a = 0, b = count; a + 1 < b; a++) {
		struct candidate t = out[a];

		out[a] = out[--b];
		out[b] = t;
	}
	return count;
}

/* Asks whose names these are. */
static enum err
resolve(struct call *c, struct candidate *v, size_t n)
{
	const char **keys = arena_array(c->mem, n + 1, sizeof(*keys));
	int64_t *ids = arena_array(c->mem, n + 1, sizeof(*ids));
	enum err e;

	for (size_t i = 0; i < n; i++)
		keys[i] = v[i].key;
	e = account_ids_of_keys(c, keys, n, ids);
	for (size_t i = 0; e == E_OK && i < n; i++)
		v[i].user_id = ids[i];
	return e;
}

/* Their names; NULL for who is not there, or whom the viewer does not see. */
static enum err
names(struct call *c, struct mention *m, size_t n)
{
	const struct user **users = arena_array(c->mem, n + 1, sizeof(*users));
	int64_t *ids = arena_array(c->mem, n + 1, sizeof(*ids));
	enum err e = E_OK;

	for (size_t i = 0; i < n; i++)
		ids[i] = m[i].user_id;
	for (size_t at = 0; e == E_OK && at < n; at += 1024)
		e = user_shown(c, ids + at, n - at < 1024 ? n - at : 1024, users + at);
	for (size_t i = 0; e == E_OK && i < n; i++)
		m[i].name = users[i] != NULL ? users[i]->name : NULL;
	return e;
}

enum err
mention_find(struct call *c, const char *text, enum mention_field field, struct mention_list *out)
{
	size_t n = text != NULL ? strlen(text) : 0, at = 0, count = 0, starts = 0;
	struct candidate *v;
	uint32_t code, before = ' ';
	enum err e;

	*out = (struct mention_list){ .field = field };
	if (n == 0 || (strchr(text, '@') == NULL && strstr(text, "\357\274\240") == NULL))
		return E_OK;
	v = arena_array(c->mem, (size_t)MENTION_MAX * ACCOUNT_NAME_MAX, sizeof(*v));
	for (size_t i = 0, len; starts < MENTION_MAX && (len = utf8_decode(text + i, n - i, &code)) > 0;
	     i += len, at++, before = code) {
		size_t found;

		if (!is_at(code) || is_address(before))
			continue;
		found = candidates(c, text + i, n - i, at, v + count);
		count += found;
		starts += found > 0;
	}
	e = resolve(c, v, count);
	out->v = arena_array(c->mem, MENTION_MAX, sizeof(*out->v));
	for (size_t i = 0; e == E_OK && i < count; i++) {
		bool again = out->n > 0 && out->v[out->n - 1].begin == (int64_t)v[i].at;

		if (v[i].user_id != 0 && !again)
			out->v[out->n++] = (struct mention){ .user_id = v[i].user_id,
				.begin = (int64_t)v[i].at, .end = (int64_t)(v[i].at + 1 + v[i].n) };
	}
	if (e == E_OK)
		e = names(c, out->v, out->n);
	for (size_t i = count = 0; e == E_OK && i < out->n; i++) {
		if (out->v[i].name != NULL)
			out->v[count++] = out->v[i];
	}
	out->n = count;
	return e;
}

/* When he was first told of this source. */
static int64_t
since(const struct call *c, const struct rows *r, int64_t user_id)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->v[i * 2].i == user_id)
			return r->v[i * 2 + 1].i;
	}
	return c->now_ms;
}

enum err
mention_write(struct call *c, const struct mention_source *s, const struct mention_list *list,
    bool fresh)
{
	struct rows was = { 0 };
	enum err e = E_OK;

	if (!fresh)
		e = db_select(c->db, c->mem, &mention_since, ARGS(I(s->source_id)), &was);
	if (e == E_OK && was.n > 0)
		e = db_exec(c->db, &mention_clear, ARGS(I(s->source_id), I(list->field)), NULL);
	for (size_t i = 0; e == E_OK && i < list->n; i++) {
		const struct mention *m = &list->v[i];
		bool notify = m->user_id != s->author_id && m->user_id != s->told[0] &&
		    m->user_id != s->told[1];

		e = db_exec(c->db, &mention_insert,
		    ARGS(I(m->user_id), I(s->source_id), I(list->field), I(m->begin), I(m->end),
			I(s->video_id), I(s->author_id), I(notify), I(since(c, &was, m->user_id))),
		    NULL);
	}
	return e;
}

enum err
mention_of(struct call *c, enum mention_field field, const int64_t *ids, size_t n,
    struct shape_list *out)
{
	struct mention *m;
	const void **rows;
	size_t k = 0;
	struct rows r;
	enum err e = E_OK;

	memset(out, 0, n * sizeof(*out));
	if (n == 0)
		return E_OK;
	e = db_select(c->db, c->mem, &mention_look, ARGS(LIST(ids, n), I(field)), &r);
	if (e != E_OK)
		return e;
	m = arena_array(c->mem, r.n + 1, sizeof(*m));
	rows = arena_array(c->mem, r.n + 1, sizeof(void *));
	for (size_t i = 0; i < r.n; i++) {
		const struct val *v = r.v + i * r.cols;

		m[i] = (struct mention){ .user_id = v[1].i, .begin = v[2].i, .end = v[3].i };
	}
	e = names(c, m, r.n);
	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		const struct val *v = r.v + i * r.cols;

		if (m[i].name == NULL)
			continue;
		rows[k] = &m[i];
		/* Both are sorted by id. */
		while (n > 0 && *ids < v[0].i)
			ids++, out++, n--;
		if (n == 0 || *ids != v[0].i)
			continue;
		if (out->n++ == 0)
			out->rows = rows + k;
		k++;
	}
	return e;
}

enum err
mention_remove(struct call *c, const int64_t *ids, size_t n)
{
	return n > 0 ? db_exec(c->db, &mention_forget, ARGS(LIST(ids, n)), NULL) : E_OK;
}

enum err
mention_purge(struct call *c, int64_t video_id)
{
	int64_t changed = 1;
	enum err e = E_OK;

	while (e == E_OK && changed > 0)
		e = db_exec(c->db, &mention_purge_rows, ARGS(I(video_id)), &changed);
	return e;
}
