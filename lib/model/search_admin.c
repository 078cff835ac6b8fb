/* search_admin.c - the index as a whole: moving what became popular, making it anew.
 * Invariant: each batch is a transaction that leaves a right index, so that search and writes go on
 * and a run that was broken off has done no harm. */
#include "model/search.h"

#include <inttypes.h>
#include <string.h>

#include "model/search_pack.h"
#include "model/tag.h"

#define REFRESH_BATCH 512

SQL(search_state_read, "SELECT value FROM search_state WHERE name = ?", "s", "i");
SQL(search_unfinished,
    "SELECT 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM search_docs) OR EXISTS (SELECT 1 FROM search_state "
    "WHERE name LIKE 'reindex %')",
    "", "i");
SQL(search_state_set,
    "INSERT INTO search_state (name, value) VALUES (?, ?) ON DUPLICATE KEY UPDATE value = VALUES(value)",
    "si", "");
SQL(search_state_drop, "DELETE FROM search_state WHERE name = ?", "s", "");
SQL(search_all_videos, "SELECT id FROM videos WHERE id > ? AND deleted = 0 ORDER BY id LIMIT 256", "i", "i");
SQL(search_all_users, "SELECT id FROM users WHERE id > ? ORDER BY id LIMIT 256", "i", "i");
SQL(search_all_tags, "SELECT id FROM tags WHERE id > ? ORDER BY id LIMIT 256", "i", "i");
SQL(search_all_docs, "SELECT id FROM search_docs WHERE id > ? ORDER BY id LIMIT 256", "i", "i");
SQL(search_places, "SELECT id, kind, place FROM search_docs WHERE id > ? ORDER BY id LIMIT 512", "i", "iii");
SQL(search_places_of, "SELECT id, kind, place FROM search_docs WHERE id IN (?...)", "L", "iii");
SQL(search_places_new, "SELECT id, kind, place FROM search_docs WHERE id < ? ORDER BY id DESC LIMIT 512", "i",
    "iii");
SQL(search_popularity,
    "SELECT d.id, CAST(IF(d.kind = 3, (SELECT COALESCE(SUM(t.videos), 0) FROM tag_counts t "
    "WHERE t.tag_id = d.id), (SELECT COALESCE(SUM(c.likes + c.comments + c.shares + c.stars + "
    "c.followers) + SUM(c.views) DIV 16, 0) FROM counters c WHERE c.owner_id = d.id)) AS SIGNED) "
    "FROM search_docs d WHERE d.id IN (?...) ORDER BY d.id",
    "L", "ii");
SQL(search_stray_docs,
    "SELECT d.id, d.kind FROM search_docs d LEFT JOIN videos v ON v.id = d.id AND v.visible = 1 "
    "LEFT JOIN users u ON u.id = d.id AND u.status = 1 LEFT JOIN tags t ON t.id = d.id "
    "WHERE d.id IN (?...) AND v.id IS NULL AND u.id IS NULL AND (t.id IS NULL OR NOT EXISTS "
    "(SELECT 1 FROM tag_videos n WHERE n.tag_id = t.id)) ORDER BY d.id",
    "L", "ii");
SQL(search_tag_counts,
    "SELECT t.id, (SELECT COUNT(*) FROM tag_videos v WHERE v.tag_id = t.id), "
    "CAST((SELECT COALESCE(SUM(n.videos), 0) FROM tag_counts n WHERE n.tag_id = t.id) AS SIGNED) "
    "FROM tags t WHERE t.id IN (?...) ORDER BY t.id",
    "L", "iii");
SQL(search_tag_mend,
    "INSERT INTO tag_counts (tag_id, lane, videos) VALUES (?, 0, ?) "
    "ON DUPLICATE KEY UPDATE videos = videos + VALUES(videos)",
    "ii", "");
enum err
search_state_get(struct call *c, const char *name, int64_t *value)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &search_state_read, ARGS(S(name)), &r);

	*value = e == E_OK && r.n > 0 ? r.v[0].i : 0;
	return e;
}

enum err
search_state_put(struct call *c, const char *name, int64_t value)
{
	return db_exec(c->db, &search_state_set, ARGS(S(name), I(value)), NULL);
}

/* ---- popularity ---- */

struct move {
	struct call *c;
	int64_t *ids, *places; /* those that move, and where */
	size_t n;
};

static enum err
move_rows(void *arg)
{
	struct move *m = arg;
	struct call *c = m->c;
	const struct search_doc **old = arena_array(c->mem, m->n, sizeof(*old));
	struct search_doc *new = arena_array(c->mem, m->n, sizeof(*new));
	struct search_change *changes = arena_array(c->mem, m->n, sizeof(*changes));
	size_t k = 0;
	enum err e = search_docs_lock(c, m->ids, m->n, old);

	for (size_t i = 0; e == E_OK && i < m->n; i++) {
		if (old[i] == NULL)
			continue;
		new[i] = *old[i];
		new[i].place = m->places[i];
		changes[k++] = (struct search_change){ old[i], &new[i], false };
	}
	return e == E_OK ? search_apply(c, changes, k) : e;
}

/* Of these things (id, kind, place) those move whose popularity asks for another place. */
static enum err
move(struct call *c, const struct rows *r, int64_t *moved)
{
	struct move m = { .c = c };
	int64_t *ids = arena_array(c->mem, r->n + 1, sizeof(*ids)), *chars;
	struct rows popular;
	enum err e;

	m.ids = arena_array(c->mem, r->n + 1, sizeof(*m.ids));
	m.places = arena_array(c->mem, r->n + 1, sizeof(*m.places));
	for (size_t i = 0; i < r->n; i++)
		ids[i] = r->v[i * r->cols].i;
	if (r->n == 0)
		return E_OK;
	e = db_select(c->db, c->mem, &search_popularity, ARGS(LIST(ids, r->n)), &popular);
	for (size_t i = 0; e == E_OK && i < popular.n; i++) {
		const struct val *v = popular.v + i * popular.cols;
		int64_t place = search_place(v[0].i, v[1].i), was = place;

		for (size_t k = 0; k < r->n; k++) {
			if (r->v[k * r->cols].i == v[0].i)
				was = r->v[k * r->cols + 2].i;
		}
		if (place != was) {
			m.ids[m.n] = v[0].i;
			m.places[m.n++] = place;
		}
	}
	chars = arena_array(c->mem, m.n + 1, sizeof(*chars));
	if (e == E_OK)
		e = search_weigh(c, m.ids, m.n, chars);
	for (size_t left = m.n; e == E_OK && left > 0; left -= m.n) {
		struct call_step before = call_step(c);

		m.n = search_step(chars, left);
		e = db_transaction(c->db, move_rows, &m);
		call_step_end(c, before);
		*moved += e == E_OK ? (int64_t)m.n : 0;
		m.ids += m.n;
		m.places += m.n;
		chars += m.n;
	}
	return e;
}

enum err
search_refresh(struct call *c, size_t n, int64_t *moved)
{
	int64_t after, newest = INT64_MAX;
	struct rows r;
	enum err e = search_state_get(c, "refresh", &after);

	*moved = 0;
	for (size_t done = 0; e == E_OK && done < n; done += REFRESH_BATCH) {
		arena_reset(c->mem);
		e = db_select(c->db, c->mem, &search_places, ARGS(I(after)), &r);
		if (e == E_OK)
			e = move(c, &r, moved);
		after = e == E_OK && r.n == REFRESH_BATCH ? r.v[(r.n - 1) * r.cols].i : 0;
		if (e == E_OK && after == 0)
			break;
	}
	for (size_t done = 0; e == E_OK && done < n && newest > 0; done += REFRESH_BATCH) {
		arena_reset(c->mem);
		e = db_select(c->db, c->mem, &search_places_new, ARGS(I(newest)), &r);
		if (e == E_OK)
			e = move(c, &r, moved);
		newest = e == E_OK && r.n == REFRESH_BATCH ? r.v[(r.n - 1) * r.cols].i : 0;
	}
	return e == E_OK ? search_state_put(c, "refresh", after) : e;
}

enum err
search_refresh_of(struct call *c, const int64_t *ids, size_t n)
{
	int64_t moved = 0;
	enum err e = E_OK;

	for (size_t at = 0; e == E_OK && at < n; at += REFRESH_BATCH) {
		struct rows r;

		arena_reset(c->mem);
		e = db_select(c->db, c->mem, &search_places_of,
		    ARGS(LIST(ids + at, n - at < REFRESH_BATCH ? n - at : REFRESH_BATCH)), &r);
		if (e == E_OK)
			e = move(c, &r, &moved);
	}
	return e;
}

/* ---- all anew ---- */

struct batch {
	struct call *c;
	int phase;
	const int64_t *ids;
	size_t n;
};

enum err
search_strays(struct call *c, const int64_t *ids, size_t n, struct rows *out)
{
	return db_select(c->db, c->mem, &search_stray_docs, ARGS(LIST(ids, n)), out);
}

enum err
search_tags_counted(struct call *c, const int64_t *ids, size_t n, struct rows *out)
{
	return db_select(c->db, c->mem, &search_tag_counts, ARGS(LIST(ids, n)), out);
}

/* What makes a batch of each phase right, and where it gets its ids. */
static enum err
write_docs(struct call *c, const struct batch *b)
{
	int64_t videos[SEARCH_BATCH], users[SEARCH_BATCH];
	const struct search_doc *old[SEARCH_BATCH];
	size_t videos_n = 0, users_n = 0;
	struct rows r;
	/* Who gives a tag its first clip looks at its row last: held, a tag is what is read now. */
	enum err e = search_docs_lock(c, b->ids, b->n, old);

	if (e == E_OK)
		e = search_strays(c, b->ids, b->n, &r);
	for (size_t i = 0, k = 0; e == E_OK && i < r.n && i < SEARCH_BATCH; i++) {
		int64_t id = r.v[i * r.cols].i, kind = r.v[i * r.cols + 1].i;

		while (k < b->n && b->ids[k] < id)
			k++;
		if (kind == SEARCH_VIDEO)
			videos[videos_n++] = id;
		else if (kind == SEARCH_USER)
			users[users_n++] = id;
		else if (k < b->n && old[k] != NULL)
			e = search_apply(c, &(struct search_change){ old[k], NULL, false }, 1);
	}
	if (e == E_OK)
		e = search_videos_write(c, videos, videos_n, false);
	return e == E_OK ? search_users_write(c, users, users_n, false) : e;
}

static enum err
write_tags(struct call *c, const struct batch *b)
{
	const struct search_doc *old[SEARCH_BATCH];
	struct rows r;
	enum err e = search_docs_lock(c, b->ids, b->n, old);

	if (e == E_OK)
		e = search_tags_counted(c, b->ids, b->n, &r);
	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		const struct val *v = r.v + i * r.cols;

		if (v[1].i != v[2].i)
			e = db_exec(c->db, &search_tag_mend, ARGS(I(v[0].i), I(v[1].i - v[2].i)), NULL);
		for (size_t k = 0; e == E_OK && v[1].i == 0 && k < b->n; k++) {
			if (b->ids[k] == v[0].i && old[k] != NULL)
				e = search_apply(c, &(struct search_change){ old[k], NULL, false }, 1);
		}
	}
	return e;
}

static enum err
write_videos(struct call *c, const struct batch *b)
{
	return search_videos_write(c, b->ids, b->n, true);
}

static enum err
write_users(struct call *c, const struct batch *b)
{
	return search_users_write(c, b->ids, b->n, true);
}

static const struct {
	const char *state;
	const struct sql *pick;
	enum err (*write)(struct call *c, const struct batch *b);
} phases[SEARCH_PHASES] = {
	{ "reindex videos", &search_all_videos, write_videos },
	{ "reindex users", &search_all_users, write_users },
	{ "reindex others", &search_all_docs, write_docs }, /* away with what nobody may see any more */
	{ "reindex tags", &search_all_tags, write_tags },
};

enum err
search_next(struct call *c, int phase, int64_t *after, int64_t *ids, size_t *n)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, phases[phase].pick, ARGS(I(*after)), &r);

	*n = e == E_OK && r.n < SEARCH_BATCH ? r.n : SEARCH_BATCH;
	for (size_t i = 0; e == E_OK && i < *n; i++)
		*after = ids[i] = r.v[i * r.cols].i;
	return e;
}

static enum err
write_batch(void *arg)
{
	struct batch *b = arg;
	enum err e = phases[b->phase].write(b->c, b);

	return e == E_OK ? search_state_put(b->c, phases[b->phase].state, b->ids[b->n - 1]) : e;
}

/* Each step is a transaction that says how far it has come. */
static enum err
write_steps(struct call *c, int phase, const int64_t *ids, size_t n)
{
	int64_t chars[SEARCH_BATCH];
	struct batch b = { .c = c, .phase = phase, .ids = ids };
	enum err e = search_weigh(c, ids, n, chars);

	for (size_t at = 0; e == E_OK && at < n; at += b.n) {
		call_begin(c);
		b.ids = ids + at;
		b.n = search_step(chars + at, n - at);
		e = db_transaction(c->db, write_batch, &b);
	}
	return e;
}

enum err
search_reindex(struct call *c, void (*told)(int64_t), int64_t *done)
{
	int64_t ids[SEARCH_BATCH], packed;
	size_t n;
	enum err e = E_OK;

	*done = 0;
	for (int phase = 0; e == E_OK && phase < SEARCH_PHASES; phase++) {
		int64_t after;

		e = search_state_get(c, phases[phase].state, &after);
		while (e == E_OK) {
			call_begin(c);
			e = search_next(c, phase, &after, ids, &n);
			if (e != E_OK || n == 0)
				break;
			e = write_steps(c, phase, ids, n);
			*done += e == E_OK ? (int64_t)n : 0;
			if (told != NULL)
				told(*done);
		}
	}
	if (e == E_OK)
		e = search_mend(c);
	if (e == E_OK)
		e = search_pack(c, SIZE_MAX, &packed);
	for (size_t i = 0; e == E_OK && i < SEARCH_PHASES; i++)
		e = db_exec(c->db, &search_state_drop, ARGS(S(phases[i].state)), NULL);
	return e;
}

enum err
search_wants_reindex(struct call *c, bool *yes)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &search_unfinished, ARGS({ 0 }), &r);

	*yes = e == E_OK && r.n > 0;
	return e;
}
