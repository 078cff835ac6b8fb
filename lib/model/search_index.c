/* search_index.c - the index is written here.  Invariant: the postings of a thing follow from its
 * row in search_docs alone, and both change in the transaction of what they tell of. */
#include "model/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fold.h"
#include "base/text.h"
#include "model/search_pack.h"
#include "model/tag.h"

#define TAKE_MAX 1024 /* postings of one statement */

#define PUT "INSERT INTO search_postings (term, place) VALUES "
#define KEEP " ON DUPLICATE KEY UPDATE place = VALUES(place)"
#define ROWS_4 "(?, ?), (?, ?), (?, ?), (?, ?)"
#define ROWS_16 ROWS_4 ", " ROWS_4 ", " ROWS_4 ", " ROWS_4
#define ROWS_64 ROWS_16 ", " ROWS_16 ", " ROWS_16 ", " ROWS_16
#define ROWS_256 ROWS_64 ", " ROWS_64 ", " ROWS_64 ", " ROWS_64
#define TYPES_16 "iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii"
#define TYPES_64 TYPES_16 TYPES_16 TYPES_16 TYPES_16
#define TYPES_256 TYPES_64 TYPES_64 TYPES_64 TYPES_64

SQL(search_put_16, PUT ROWS_16 KEEP, TYPES_16, "");
SQL(search_put_64, PUT ROWS_64 KEEP, TYPES_64, "");
SQL(search_put_256, PUT ROWS_256 KEEP, TYPES_256, "");
SQL(search_take, "DELETE FROM search_postings WHERE place = ? AND term IN (?...)", "iL", "");
#define DOC "INSERT INTO search_docs (id, kind, place, title, body, tags) VALUES "
#define DOC_4 "(?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?)"
#define DOC_KEEP                                                                                   \
	" ON DUPLICATE KEY UPDATE place = VALUES(place), title = VALUES(title), body = VALUES(body), " \
	"tags = VALUES(tags)"
SQL(search_doc_put, DOC "(?, ?, ?, ?, ?, ?)" DOC_KEEP, "iiisss", "");
SQL(search_doc_put_16, DOC DOC_4 ", " DOC_4 ", " DOC_4 ", " DOC_4 DOC_KEEP,
    "iiisssiiisssiiisssiiisssiiisssiiisssiiisssiiisssiiisssiiisssiiisssiiisssiiisssiiisssiiisssiiisss",
    "");
SQL(search_doc_take, "DELETE FROM search_docs WHERE id = ?", "i", "");
SQL(search_docs_look,
    "SELECT id, kind, place, title, body, tags FROM search_docs WHERE id IN (?...) ORDER BY id FOR UPDATE",
    "L", "iiisss");
SQL(search_videos_look,
    "SELECT id, author_id, visible = 1, title, description FROM videos WHERE id IN (?...) AND deleted = 0 "
    "ORDER BY id FOR UPDATE",
    "L", "iiiss");
/* A name never changes: who is called so need not wait while his clips are written. */
SQL(search_authors_look, "SELECT id, name FROM users WHERE id IN (?...) ORDER BY id", "L", "is");
SQL(search_users_look, "SELECT id, name, status FROM users WHERE id IN (?...) ORDER BY id FOR UPDATE", "L",
    "isi");
SQL(search_popular,
    "SELECT owner_id, CAST(SUM(likes + comments + shares + stars + followers) + SUM(views) DIV 16 "
    "AS SIGNED) FROM counters WHERE owner_id IN (?...) GROUP BY owner_id ORDER BY owner_id",
    "L", "ii");
SQL(search_lengths,
    "SELECT id, CHAR_LENGTH(title) + CHAR_LENGTH(description) FROM videos WHERE id IN (?...) UNION ALL "
    "SELECT id, CHAR_LENGTH(body) FROM search_docs WHERE id IN (?...)",
    "LL", "ii");

int64_t
search_place(int64_t id, int64_t popularity)
{
	int64_t heat = (int64_t)(2 * log2(1 + (double)(popularity > 0 ? popularity : 0)));

	return heat * (PLACE_ID_MASK + 1) + id;
}

static int
by_number(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static size_t
sort(int64_t *v, size_t n)
{
	size_t out = 0;

	qsort(v, n, sizeof(*v), by_number);
	for (size_t i = 0; i < n; i++) {
		if (out == 0 || v[out - 1] != v[i])
			v[out++] = v[i];
	}
	return out;
}

int64_t
search_all_term(enum search_kind kind)
{
	return (int64_t)(hash_id(-(int64_t)kind) & ~UINT64_C(1));
}

int64_t
search_tag_term(const char *key)
{
	uint64_t h = hash_bytes(key, strlen(key)) ^ SEARCH_TAG;

	return (int64_t)(hash_id((int64_t)h) & ~UINT64_C(1));
}

size_t
search_terms(const struct search_doc *d, int64_t *out)
{
	size_t title = fold_grams(d->title, d->kind, out, SEARCH_TERMS_MAX / 2), n, body, rest;

	if (d->kind != SEARCH_VIDEO)
		out[title++] = search_all_term(d->kind);
	for (const char *p = d->tags; *p != '\0' && title < SEARCH_TERMS_MAX;) {
		char key[TAG_KEY_BYTES + 1];
		size_t len = strcspn(p, "\n");

		snprintf(key, sizeof(key), "%.*s", (int)len, p);
		out[title++] = search_tag_term(key);
		p += len + (p[len] != '\0');
	}
	title = n = sort(out, title);
	/* Its beginning is the title, but in a row that was damaged. */
	rest = strncmp(d->body, d->title, strlen(d->title)) == 0 ? strlen(d->title) : 0;
	body = title + fold_grams(d->body + rest, d->kind, out + title, SEARCH_TERMS_MAX - title);
	for (size_t i = title; i < body; i++) {
		if (bsearch(&out[i], out, title, sizeof(*out), by_number) == NULL)
			out[n++] = out[i] | 1;
	}
	return sort(out, n);
}

struct posting {
	int64_t term, place;
};

static int
by_term(const void *a, const void *b)
{
	const struct posting *x = a, *y = b;

	return x->term != y->term ? (x->term > y->term) - (x->term < y->term)
				  : (x->place > y->place) - (x->place < y->place);
}

/* In the order of the key, for the sake of the tree and of others who write.  A statement that is
 * not full repeats its last row, which changes nothing. */
static enum err
put_postings(struct call *c, struct posting *p, size_t n)
{
	struct val *v = arena_array(c->mem, 512, sizeof(*v));
	enum err e = E_OK;

	qsort(p, n, sizeof(*p), by_term);
	for (size_t done = 0, rows; e == E_OK && done < n; done += rows) {
		const struct sql *q = n - done > 64 ? &search_put_256
		    : n - done > 16		    ? &search_put_64
						    : &search_put_16;

		rows = n - done > 64 ? 256 : n - done > 16 ? 64 : 16;
		for (size_t i = 0; i < rows; i++) {
			const struct posting *one = &p[done + i < n ? done + i : n - 1];

			v[2 * i] = I(one->term);
			v[2 * i + 1] = I(one->place);
		}
		e = db_exec(c->db, q, v, NULL);
	}
	return e;
}

static enum err
put_docs(struct call *c, const struct search_doc **docs, size_t n)
{
	enum err e = E_OK;

	for (size_t done = 0, rows; e == E_OK && done < n; done += rows) {
		struct val v[16 * 6];

		rows = n - done > 1 ? 16 : 1;
		for (size_t i = 0; i < rows; i++) {
			const struct search_doc *d = docs[done + i < n ? done + i : n - 1];

			v[6 * i] = I(d->id);
			v[6 * i + 1] = I(d->kind);
			v[6 * i + 2] = I(d->place);
			v[6 * i + 3] = S(d->title);
			v[6 * i + 4] = S(d->body);
			v[6 * i + 5] = S(d->tags);
		}
		e = db_exec(c->db, rows > 1 ? &search_doc_put_16 : &search_doc_put, v, NULL);
	}
	return e;
}

static enum err
take_postings(struct call *c, const int64_t *terms, size_t n, int64_t place)
{
	enum err e = E_OK;

	for (size_t at = 0; e == E_OK && at < n; at += TAKE_MAX) {
		size_t part = n - at < TAKE_MAX ? n - at : TAKE_MAX;

		e = db_exec(c->db, &search_take, ARGS(I(place), LIST(terms + at, part)), NULL);
	}
	return e == E_OK && n > 0 ? search_pack_take(c, terms, n, place) : e;
}

/* One change: takes away what goes, and returns in add what comes; *put: its row changes, too.  was and
 * add have room for SEARCH_TERMS_MAX. */
static enum err
apply_one(struct call *c, const struct search_change *ch, int64_t *was, int64_t *add, size_t *add_n,
    bool *put)
{
	size_t was_n = ch->old != NULL ? search_terms(ch->old, was) : 0, gone = 0, n = 0;
	const struct search_doc *d = ch->new;
	bool moved = d != NULL && ch->old != NULL && d->place != ch->old->place;
	enum err e = E_OK;

	if (d != NULL)
		n = search_terms(d, add);
	/* Both are sorted: what is only in was goes, what is only in add comes. */
	*add_n = 0;
	for (size_t i = 0, k = 0; i < was_n || k < n;) {
		if (k == n || (i < was_n && was[i] < add[k])) {
			was[gone++] = was[i++];
		} else if (i == was_n || add[k] < was[i]) {
			add[(*add_n)++] = add[k++];
		} else {
			if (moved)
				was[gone++] = was[i];
			if (moved || ch->anew)
				add[(*add_n)++] = add[k];
			i++, k++;
		}
	}
	if (gone > 0)
		e = take_postings(c, was, gone, ch->old->place);
	if (e == E_OK && d == NULL && ch->old != NULL)
		e = db_exec(c->db, &search_doc_take, ARGS(I(ch->old->id)), NULL);
	*put = d != NULL && (ch->old == NULL || moved || ch->anew || strcmp(ch->old->title, d->title) != 0 ||
	    strcmp(ch->old->body, d->body) != 0 || strcmp(ch->old->tags, d->tags) != 0);
	return e;
}

enum err
search_apply(struct call *c, const struct search_change *changes, size_t n)
{
	int64_t add[SEARCH_TERMS_MAX], was[SEARCH_TERMS_MAX];
	struct posting *all = NULL;
	size_t all_n = 0, room = 0, add_n, docs_n = 0;
	const struct search_doc **docs = arena_array(c->mem, n + 1, sizeof(*docs));
	enum err e = E_OK;

	for (size_t i = 0; e == E_OK && i < n; i++) {
		bool put = false;

		e = apply_one(c, &changes[i], was, add, &add_n, &put);
		if (put)
			docs[docs_n++] = changes[i].new;
		if (all_n + add_n > room) {
			struct posting *more;

			room = 2 * (all_n + add_n);
			more = arena_array(c->mem, room, sizeof(*more));
			if (all_n > 0)
				memcpy(more, all, all_n * sizeof(*all));
			all = more;
		}
		for (size_t k = 0; k < add_n; k++)
			all[all_n++] = (struct posting){ add[k], changes[i].new->place };
	}
	if (e == E_OK)
		e = put_docs(c, docs, docs_n);
	return e == E_OK && all_n > 0 ? put_postings(c, all, all_n) : e;
}

enum err
search_docs_lock(struct call *c, const int64_t *ids, size_t n, const struct search_doc **out)
{
	struct search_doc *docs;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &search_docs_look, ARGS(LIST(ids, n)), &r);

	if (e != E_OK)
		return e;
	docs = arena_array(c->mem, r.n + 1, sizeof(*docs));
	for (size_t i = 0; i < n; i++) {
		out[i] = NULL;
		for (size_t lo = 0, hi = r.n; lo < hi;) {
			size_t mid = lo + (hi - lo) / 2;
			const struct val *v = r.v + mid * r.cols;

			if (v[0].i == ids[i]) {
				docs[mid] = (struct search_doc){ .id = v[0].i, .place = v[2].i,
					.kind = (enum search_kind)v[1].i, .title = v[3].s,
					.body = v[4].s, .tags = v[5].s };
				out[i] = &docs[mid];
				break;
			}
			if (v[0].i < ids[i])
				lo = mid + 1;
			else
				hi = mid;
		}
	}
	return E_OK;
}

const struct search_doc *
search_video_doc(struct call *c, int64_t id, const char *title, const char *description, const char *author)
{
	struct search_doc *d = arena_zalloc(c->mem, sizeof(*d));

	d->id = id;
	d->kind = SEARCH_VIDEO;
	d->title = fold_text(c->mem, title, SEARCH_TITLE_CHARS);
	d->body = arena_printf(c->mem, "%s\n%s", d->title,
	    fold_text(c->mem, arena_printf(c->mem, "%s\n%s", author, description), SEARCH_BODY_CHARS));
	d->tags = tag_keys(c->mem, title, description);
	return d;
}

/* The row of id in rows that are sorted by their first column, or NULL. */
static const struct val *
row_of(const struct rows *r, int64_t id)
{
	for (size_t lo = 0, hi = r->n; lo < hi;) {
		size_t mid = lo + (hi - lo) / 2;
		const struct val *v = r->v + mid * r->cols;

		if (v[0].i == id)
			return v;
		if (v[0].i < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* The new things get their places, then all changes are made.  A thing that stands keeps its own,
 * so that a change of a title moves nothing, but for where all is made anew. */
static enum err
write(struct call *c, const int64_t *ids, const struct search_doc **old, struct search_doc **new, size_t n,
    bool anew)
{
	struct search_change *changes = arena_array(c->mem, n + 1, sizeof(*changes));
	struct rows r;
	size_t k = 0;
	enum err e = db_select(c->db, c->mem, &search_popular, ARGS(LIST(ids, n)), &r);

	for (size_t i = 0; e == E_OK && i < n; i++) {
		const struct val *v = row_of(&r, ids[i]);

		if (old[i] == NULL && new[i] == NULL)
			continue;
		if (new[i] != NULL)
			new[i]->place = old[i] != NULL && !anew
			    ? old[i]->place
			    : search_place(ids[i], v != NULL ? v[1].i : 0);
		changes[k++] = (struct search_change){ old[i], new[i], anew };
	}
	return e == E_OK ? search_apply(c, changes, k) : e;
}

enum err
search_weigh(struct call *c, const int64_t *ids, size_t n, int64_t *chars)
{
	struct rows r;
	enum err e;

	memset(chars, 0, n * sizeof(*chars));
	if (n == 0)
		return E_OK;
	e = db_select(c->db, c->mem, &search_lengths, ARGS(LIST(ids, n), LIST(ids, n)), &r);
	for (size_t k = 0; k < r.n; k++) {
		const struct val *v = r.v + k * r.cols;

		for (size_t i = 0; i < n; i++)
			chars[i] += ids[i] == v[0].i ? v[1].i : 0;
	}
	return e;
}

size_t
search_step(const int64_t *chars, size_t n)
{
	int64_t all = 0;
	size_t i = 0;

	while (i < n && (i == 0 || all + chars[i] <= SEARCH_STEP_CHARS))
		all += chars[i++];
	return i;
}

enum err
search_videos_write(struct call *c, const int64_t *ids, size_t n, bool anew)
{
	const struct search_doc **old = arena_array(c->mem, n + 1, sizeof(*old));
	struct search_doc **new = arena_array(c->mem, n + 1, sizeof(*new));
	int64_t *authors = arena_array(c->mem, n + 1, sizeof(*authors));
	struct rows videos, users = { 0 };
	enum err e;

	if (n == 0)
		return E_OK;
	e = db_select(c->db, c->mem, &search_videos_look, ARGS(LIST(ids, n)), &videos);
	for (size_t i = 0; e == E_OK && i < videos.n; i++)
		authors[i] = videos.v[i * videos.cols + 1].i;
	if (e == E_OK && videos.n > 0)
		e = db_select(c->db, c->mem, &search_authors_look, ARGS(LIST(authors, videos.n)), &users);
	if (e == E_OK)
		e = search_docs_lock(c, ids, n, old);
	for (size_t i = 0; e == E_OK && i < n; i++) {
		const struct val *v = row_of(&videos, ids[i]);
		const struct val *author = v != NULL ? row_of(&users, v[1].i) : NULL;

		const char *title = "", *description = "";

		if (v != NULL && v[2].i == 1) {
			const struct search_doc *d;

			title = v[3].s;
			description = v[4].s;
			d = search_video_doc(c, ids[i], title, description, author != NULL ? author[1].s : "");
			new[i] = arena_alloc(c->mem, sizeof(*d));
			*new[i] = *d;
		}
		e = tags_write(c, ids[i], old[i] != NULL ? old[i]->tags : "", title, description, anew);
	}
	return e == E_OK ? write(c, ids, old, new, n, anew) : e;
}

enum err
search_video_write(struct call *c, int64_t id)
{
	return search_videos_write(c, &id, 1, false);
}

enum err
search_users_write(struct call *c, const int64_t *ids, size_t n, bool anew)
{
	const struct search_doc **old = arena_array(c->mem, n + 1, sizeof(*old));
	struct search_doc **new = arena_array(c->mem, n + 1, sizeof(*new));
	struct rows users;
	enum err e;

	if (n == 0)
		return E_OK;
	e = db_select(c->db, c->mem, &search_users_look, ARGS(LIST(ids, n)), &users);
	if (e == E_OK)
		e = search_docs_lock(c, ids, n, old);
	for (size_t i = 0; e == E_OK && i < n; i++) {
		const struct val *v = row_of(&users, ids[i]);

		if (v == NULL || v[2].i != 1)
			continue;
		new[i] = arena_zalloc(c->mem, sizeof(**new));
		*new[i] = (struct search_doc){ .id = ids[i], .kind = SEARCH_USER, .tags = "",
			.title = fold_text(c->mem, v[1].s, SEARCH_TITLE_CHARS) };
		new[i]->body = new[i]->title;
	}
	return e == E_OK ? write(c, ids, old, new, n, anew) : e;
}

enum err
search_user_write(struct call *c, int64_t id)
{
	return search_users_write(c, &id, 1, false);
}
