/* tag.c - hashtags.  Invariant: tag_counts counts the rows of tag_videos, and a tag can be found as
 * long as it has one. */
#include "model/tag.h"

#include <string.h>

#include "base/fold.h"
#include "base/text.h"
#include "model/search.h"
#include "model/viewer.h"

#define HOT_ROWS 5000 /* tags of so many clips say what is hot */
#define LANES 16

SQL(tag_by_key, "SELECT tag_id FROM tag_keys WHERE tag_key = ? LOCK IN SHARE MODE", "s", "i");
SQL(tag_find, "SELECT tag_id FROM tag_keys WHERE tag_key = ?", "s", "i");
SQL(tag_lock_key, "SELECT tag_id FROM tag_keys WHERE tag_key = ? FOR UPDATE", "s", "i");
SQL(tag_key_insert, "INSERT INTO tag_keys (tag_key, tag_id) VALUES (?, ?)", "si", "");
SQL(tag_insert, "INSERT INTO tags (id, name, created_ms) VALUES (?, ?, ?)", "isi", "");
SQL(tag_video_insert,
    "INSERT INTO tag_videos (tag_id, video_id) VALUES (?, ?) ON DUPLICATE KEY UPDATE tag_id = tag_id",
    "ii", "");
SQL(tag_video_delete, "DELETE FROM tag_videos WHERE tag_id = ? AND video_id = ?", "ii", "");
SQL(tag_any_video, "SELECT video_id FROM tag_videos WHERE tag_id = ? LIMIT 1", "i", "i");
SQL(tag_count,
    "INSERT INTO tag_counts (tag_id, lane, videos) VALUES (?, ?, ?) "
    "ON DUPLICATE KEY UPDATE videos = videos + VALUES(videos)",
    "iii", "");
SQL(tag_load,
    "SELECT t.id, t.name, n.videos FROM tags t LEFT JOIN tag_counts n ON n.tag_id = t.id "
    "WHERE t.id IN (?...) ORDER BY t.id",
    "L", "isi");
SQL(tag_most_used,
    "SELECT r.tag_id, CAST(COUNT(*) AS SIGNED) FROM (SELECT tag_id FROM tag_videos FORCE INDEX (by_video) "
    "ORDER BY video_id DESC, tag_id DESC LIMIT 5000) r GROUP BY r.tag_id ORDER BY 2 DESC, 1 DESC LIMIT ?",
    "i", "ii");
SQL(tag_newest,
    "SELECT video_id FROM tag_videos WHERE tag_id = ? AND video_id < ? ORDER BY video_id DESC LIMIT ?, ?",
    "iiii", "i");

/* A pair may block each other. */
SQL(tag_hidden_videos,
    "SELECT t.tag_id, COUNT(DISTINCT t.video_id) FROM tag_videos t STRAIGHT_JOIN videos v "
    "ON v.id = t.video_id STRAIGHT_JOIN blocks b ON b.user_id = ? AND b.other_id = v.author_id AND "
    "b.kind IN (1, 2) WHERE t.tag_id IN (?...) GROUP BY t.tag_id",
    "iL", "ii");
SQL(tag_hidden_all,
    "SELECT t.id FROM tags t WHERE t.id IN (?...) AND (SELECT COALESCE(SUM(n.videos), 0) FROM tag_counts n "
    "WHERE n.tag_id = t.id) <= ? AND EXISTS (SELECT 1 FROM tag_videos a WHERE a.tag_id = t.id) AND "
    "NOT EXISTS (SELECT 1 FROM tag_videos o STRAIGHT_JOIN videos v ON v.id = o.video_id "
    "WHERE o.tag_id = t.id AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = ? AND "
    "b.other_id = v.author_id AND b.kind IN (1, 2))) ORDER BY t.id",
    "Lii", "i");

#define T(m) offsetof(struct tag, m)
static const struct member members[] = {
	{ { "id", "id" }, M_INT, T(id), NULL, "its id" },
	{ { "name", "name" }, M_STR, T(name), NULL, "the tag, without '#'" },
	{ { "video_count", "videoCount" }, M_INT, T(videos), NULL, "clips that have it" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape tag_shape = { "Tag", members, 0 };

/* ---- from text ---- */

struct parse {
	struct arena *a;
	struct tag_text *out;
	size_t n;
};

static void
take(struct parse *p, const char *text, size_t n)
{
	struct tag_text t;
	size_t digits;

	if (n == 0 || utf8_count(text, n) > TAG_CHARS || p->n == TAGS_MAX)
		return;
	t.key = fold_key(p->a, text, n);
	digits = strspn(t.key, "0123456789_");
	if (t.key[digits] == '\0' || strlen(t.key) > TAG_KEY_BYTES || strchr(t.key, '\n') != NULL)
		return;
	for (size_t i = 0; i < p->n; i++) {
		if (strcmp(p->out[i].key, t.key) == 0)
			return;
	}
	t.name = arena_strndup(p->a, text, n);
	p->out[p->n++] = t;
}

static void
parse(struct parse *p, const char *s)
{
	const char *end = s + strlen(s), *from = NULL;
	uint32_t c, before = ' ';
	size_t len;

	for (; s < end; s += len) {
		len = utf8_decode(s, (size_t)(end - s), &c);
		if (len == 0) {
			len = 1;
			c = 0xfffd;
		}
		if (from != NULL && c != '_' && !fold_letter(c)) {
			take(p, from, (size_t)(s - from));
			from = NULL;
			before = 0;
		}
		/* In an address or behind a Latin letter, as in C#x, it is no tag. */
		if (from == NULL && (c == '#' || c == 0xff03) &&
		    !(before < 0x80 && (fold_letter(before) || before == '/' || before == '&')))
			from = s + len;
		before = c;
	}
	if (from != NULL)
		take(p, from, (size_t)(s - from));
}

size_t
tag_parse(struct arena *a, const char *title, const char *description, struct tag_text out[TAGS_MAX])
{
	struct parse p = { .a = a, .out = out };

	parse(&p, title);
	parse(&p, description);
	return p.n;
}

const char *
tag_keys(struct arena *a, const char *title, const char *description)
{
	struct tag_text tags[TAGS_MAX];
	size_t n = tag_parse(a, title, description, tags);
	const char *keys = n > 0 ? tags[0].key : "";

	for (size_t i = 1; i < n; i++)
		keys = arena_printf(a, "%s\n%s", keys, tags[i].key);
	return keys;
}

/* ---- rows ---- */

static const struct search_doc *
tag_doc(struct call *c, int64_t id, const char *name)
{
	struct search_doc *d = arena_zalloc(c->mem, sizeof(*d));

	*d = (struct search_doc){ .id = id, .kind = SEARCH_TAG, .place = search_place(id, 1), .tags = "",
		.title = fold_text(c->mem, name, SEARCH_TITLE_CHARS) };
	d->body = d->title;
	return d;
}

/* The id of a tag, made where there is none; nobody takes it out of the index until we are done. */
static enum err
tag_id_of(struct call *c, const struct tag_text *t, int64_t *id)
{
	for (int try = 0; try < 2; try++) {
		struct rows r;
		enum err e = db_select(c->db, c->mem, &tag_by_key, ARGS(S(t->key)), &r);

		if (e != E_OK || r.n > 0) {
			*id = r.n > 0 ? r.v[0].i : 0;
			return e;
		}
		*id = call_new_id(c);
		e = db_exec(c->db, &tag_key_insert, ARGS(S(t->key), I(*id)), NULL);
		if (e == E_OK)
			return db_exec(c->db, &tag_insert, ARGS(I(*id), S(t->name), I(c->now_ms)), NULL);
		if (e != E_DUPLICATE)
			return e;
	}
	return E_UNAVAILABLE;
}

static enum err
tag_add(struct call *c, int64_t video_id, const struct tag_text *t)
{
	const struct search_doc *old;
	int64_t id, changed = 0;
	enum err e = tag_id_of(c, t, &id);

	if (e == E_OK)
		e = db_exec(c->db, &tag_video_insert, ARGS(I(id), I(video_id)), &changed);
	if (e == E_OK && changed > 0)
		e = db_exec(c->db, &tag_count, ARGS(I(id), I(video_id % LANES), I(1)), NULL);
	if (e == E_OK)
		e = search_docs_lock(c, &id, 1, &old);
	return e == E_OK && old == NULL
	    ? search_apply(c, &(struct search_change){ NULL, tag_doc(c, id, t->name), false }, 1)
	    : e;
}

static enum err
tag_take(struct call *c, int64_t video_id, const char *key)
{
	const struct search_doc *old;
	int64_t id, changed;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &tag_by_key, ARGS(S(key)), &r);

	if (e != E_OK || r.n == 0)
		return e;
	id = r.v[0].i;
	e = db_exec(c->db, &tag_video_delete, ARGS(I(id), I(video_id)), &changed);
	if (e == E_OK && changed > 0)
		e = db_exec(c->db, &tag_count, ARGS(I(id), I(video_id % LANES), I(-1)), NULL);
	if (e == E_OK)
		e = db_select(c->db, c->mem, &tag_any_video, ARGS(I(id)), &r);
	if (e != E_OK || r.n > 0)
		return e;
	/* It seems to be the last one: who adds has the key locked until he is done. */
	e = db_select(c->db, c->mem, &tag_lock_key, ARGS(S(key)), &r);
	if (e == E_OK)
		e = db_select(c->db, c->mem, &tag_any_video, ARGS(I(id)), &r);
	if (e == E_OK && r.n == 0)
		e = search_docs_lock(c, &id, 1, &old);
	return e == E_OK && r.n == 0 && old != NULL
	    ? search_apply(c, &(struct search_change){ old, NULL, false }, 1)
	    : e;
}

static bool
has_line(const char *lines, const char *line, size_t n)
{
	for (const char *p = lines; *p != '\0';) {
		size_t len = strcspn(p, "\n");

		if (len == n && memcmp(p, line, n) == 0)
			return true;
		p += len + (p[len] != '\0');
	}
	return false;
}

enum err
tags_write(struct call *c, int64_t video_id, const char *was, const char *title, const char *description,
    bool anew)
{
	struct tag_text tags[TAGS_MAX];
	size_t n = tag_parse(c->mem, title, description, tags);
	const char *keys = tag_keys(c->mem, title, description);
	enum err e = E_OK;

	for (size_t i = 0; e == E_OK && i < n; i++) {
		if (anew || !has_line(was, tags[i].key, strlen(tags[i].key)))
			e = tag_add(c, video_id, &tags[i]);
	}
	for (const char *p = was; e == E_OK && *p != '\0';) {
		size_t len = strcspn(p, "\n");

		if (!has_line(keys, p, len))
			e = tag_take(c, video_id, arena_strndup(c->mem, p, len));
		p += len + (p[len] != '\0');
	}
	return e;
}

/* ---- reading ---- */

enum err
tags_hidden(struct call *c, const int64_t *ids, size_t n, struct rows *out)
{
	return db_select(c->db, c->mem, &tag_hidden_all,
	    ARGS(LIST(ids, n), I(TAG_COUNTED), I(c->viewer_id)), out);
}

/* Takes clips of those whom the viewer does not see out of the numbers; what has no others is left out. */
static enum err
count_hidden(struct call *c, struct tag_list *list)
{
	int64_t *ids = arena_array(c->mem, list->n + 1, sizeof(*ids));
	size_t n = 0, kept = 0;
	struct rows r = { 0 };
	enum err e = E_OK;

	for (size_t i = 0; i < list->n; i++) {
		const struct tag *t = list->rows[i];

		if (t->videos > 0 && t->videos <= TAG_COUNTED)
			ids[n++] = t->id;
	}
	if (n > 0)
		e = db_select(c->db, c->mem, &tag_hidden_videos, ARGS(I(c->viewer_id), LIST(ids, n)), &r);
	for (size_t i = 0; e == E_OK && i < list->n; i++) {
		struct tag t = *(const struct tag *)list->rows[i], *own;
		int64_t was = t.videos;

		for (size_t k = 0; k < r.n; k++)
			t.videos -= r.v[k * r.cols].i == t.id ? r.v[k * r.cols + 1].i : 0;
		if (t.videos == was) {
			list->rows[kept++] = list->rows[i];
		} else if (t.videos > 0) {
			own = arena_alloc(c->mem, sizeof(*own));
			*own = t;
			list->rows[kept++] = own;
		}
	}
	list->n = kept;
	return e;
}

enum err
tag_list_of(struct call *c, const int64_t *ids, size_t n, struct tag_list *out)
{
	struct tag *tags = arena_array(c->mem, n + 1, sizeof(*tags));
	struct rows r;
	enum err e;

	*out = (struct tag_list){ .rows = arena_array(c->mem, n + 1, sizeof(void *)) };
	if (n == 0)
		return E_OK;
	e = db_select(c->db, c->mem, &tag_load, ARGS(LIST(ids, n)), &r);
	for (size_t i = 0; e == E_OK && i < n; i++) {
		tags[i].name = NULL;
		for (size_t k = 0; k < r.n; k++) {
			const struct val *v = r.v + k * r.cols;

			if (v[0].i != ids[i])
				continue;
			tags[i].id = v[0].i;
			tags[i].name = v[1].s;
			tags[i].videos += v[2].i;
		}
		if (tags[i].name != NULL)
			out->rows[out->n++] = &tags[i];
	}
	if (e == E_OK && !c->unblocked)
		e = viewer_know(c, NULL, 0, NULL, 0);
	return e == E_OK && search_barred(c) ? count_hidden(c, out) : e;
}

enum err
tag_hot(struct call *c, size_t n, struct tag_list *out)
{
	int64_t ids[TAG_HOT_MAX];
	struct rows r;
	enum err e = db_select(c->db, c->mem, &tag_most_used, ARGS(I((int64_t)n)), &r);

	for (size_t i = 0; e == E_OK && i < r.n && i < TAG_HOT_MAX; i++)
		ids[i] = r.v[i * r.cols].i;
	return e == E_OK ? tag_list_of(c, ids, r.n < TAG_HOT_MAX ? r.n : TAG_HOT_MAX, out) : e;
}

enum err
tag_page(struct call *c, const char *name, bool popular, const struct page *p, struct video_list *out,
    const struct tag **tag)
{
	const char *key = fold_key(c->mem, name, strlen(name));
	/* Of the popular ones those that are skipped are found, too. */
	size_t n = p->n, skip = popular ? p->skip : 0;
	int64_t before = p->b != 0 ? p->b : INT64_MAX, *ids = arena_array(c->mem, skip + n + 1, sizeof(*ids));
	struct tag_list found;
	struct rows r;
	size_t take_n, got;
	enum err e;

	key += *key == '#';
	e = db_select(c->db, c->mem, &tag_find, ARGS(S(key)), &r);
	if (e == E_OK && r.n > 0)
		e = tag_list_of(c, &r.v[0].i, 1, &found);
	if (e != E_OK)
		return e;
	if (r.n == 0 || found.n == 0 || ((const struct tag *)found.rows[0])->videos == 0)
		return E_TAG_UNKNOWN;
	*tag = found.rows[0];
	if (popular) {
		e = search_tagged(c, key, before, skip + n + 1, ids, &got);
		skip = skip < got ? skip : got;
		got -= skip;
		ids += skip;
	} else {
		e = db_select(c->db, c->mem, &tag_newest,
		    ARGS(I((*tag)->id), I(before), I((int64_t)p->skip), I((int64_t)n + 1)), &r);
		got = e == E_OK ? r.n : 0;
		for (size_t i = 0; i < got; i++)
			ids[i] = r.v[i * r.cols].i;
	}
	if (e != E_OK)
		return e;
	take_n = got < n ? got : n;
	for (size_t i = 0; i < take_n; i++) {
		before = ids[i];
		ids[i] &= PLACE_ID_MASK;
	}
	e = video_list_of(c, ids, take_n, out);
	out->more = got > n;
	out->last_a = 0;
	out->last_b = before;
	return e;
}
