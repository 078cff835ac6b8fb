/* recommend_fold_lists.c - the lists that all have in common: what is trending, what is new, who is popular.
 * Invariant: a list is made whole and written in one statement. */
#include "model/recommend_fold.h"

#include <stdlib.h>

#include "model/recommend_rows.h"

#define PEOPLE_MAX 300
#define MICRO 1000000

SQL(fold_list, "SELECT entries FROM recommend_lists WHERE id = ?", "i", "s");
SQL(fold_list_set,
    "INSERT INTO recommend_lists (id, entries, made_ms) VALUES (?, ?, ?), (?, ?, ?) ON DUPLICATE KEY UPDATE "
    "entries = VALUES(entries), made_ms = VALUES(made_ms)",
    "isiisi", "");
SQL(fold_list_last, "SELECT COALESCE(MAX(made_ms), 0) FROM recommend_lists WHERE id <= 3", "", "i");
SQL(fold_list_forget, "DELETE FROM recommend_lists WHERE id > 3 AND made_ms < ?", "i", "");
/* The least played first, whatever number of them there is. */
SQL(fold_fresh,
    "SELECT v.id FROM videos v FORCE INDEX (feed) LEFT JOIN recommend_clips r ON r.video_id = v.id "
    "WHERE v.visible = 1 AND v.published_ms > ? AND COALESCE(r.plays, 0) < ? "
    "ORDER BY COALESCE(r.plays, 0), v.id DESC LIMIT 800",
    "ii", "i");

/* When the lists of this run are made: in no second in which others were, as that is their version. */
static enum err
find_moment(struct call *c, int64_t *made_ms)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &fold_list_last, ARGS({ 0 }), &r);
	int64_t next = e == E_OK ? recommend_made_ms(recommend_version_of(r.v[0].i) + 1) : 0;

	*made_ms = c->now_ms > next ? c->now_ms : next;
	return e;
}

/* The list of now, and as the version that pages are turned in. */
static enum err
list_set(struct call *c, int64_t made_ms, enum recommend_lists kind, const struct rank_card *cards, size_t n)
{
	unsigned char *entries = arena_alloc(c->mem, n * LIST_ENTRY + 1);
	int64_t id = (int64_t)kind, kept = recommend_list_id(kind, recommend_version_of(made_ms));
	struct val packed = SN((char *)entries, recommend_pack_list(entries, cards, n));
	enum err e = db_exec(c->db, &fold_list_set,
	    ARGS(I(kept), packed, I(made_ms), I(id), packed, I(made_ms)), NULL);

	if (e == E_OK)
		rows_drop(c->rows,
		    (struct row_ref[]){ { &recommend_list_class, kept }, { &recommend_list_class, id } }, 2);
	return e;
}

/* The same of clips, of which those that are gone are left out; returns how many at *n. */
static enum err
clips_set(struct call *c, int64_t made_ms, enum recommend_lists kind, const int64_t *ids, size_t *n)
{
	struct rank_card *cards, *list = arena_array(c->mem, *n + 1, sizeof(*list));
	size_t cards_n;
	enum err e = recommend_cards(c, ids, *n, &cards, &cards_n);

	if (e != E_OK)
		return e;
	*n = recommend_in_order(cards, cards_n, ids, *n, list);
	return list_set(c, made_ms, kind, list, *n);
}

static int
hottest_first(const void *x, const void *y)
{
	const struct rank_card *a = x, *b = y;

	if (a->hot < b->hot || a->hot > b->hot)
		return a->hot < b->hot ? 1 : -1;
	return (a->id < b->id) - (a->id > b->id);
}

/* Authors by how hot their clips are; cards come hottest first. */
static enum err
people(struct call *c, int64_t made_ms, const struct rank_card *cards, size_t n, struct fold_report *out)
{
	struct rank_card *authors = arena_array(c->mem, n + 1, sizeof(*authors));
	size_t authors_n = 0;

	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < authors_n && authors[k].id != cards[i].author_id)
			k++;
		if (k == authors_n)
			authors[authors_n++].id = cards[i].author_id;
		authors[k].hot += cards[i].hot;
	}
	if (authors_n > 0)
		qsort(authors, authors_n, sizeof(*authors), hottest_first);
	out->people = authors_n < PEOPLE_MAX ? authors_n : PEOPLE_MAX;
	return list_set(c, made_ms, LIST_PEOPLE, authors, out->people);
}

/* Only what was touched can have become hotter than what was hot before; where little happens, the
 * newest clips fill the list up. */
static enum err
hot_list(struct call *c, int64_t made_ms, struct fold_ids *touched, struct fold_report *out)
{
	struct rank_card *cards, *was;
	struct rows r, newest;
	int64_t ids[RANK_HOT_MAX] = { 0 };
	size_t n, kept = 0;
	enum err e = db_select(c->db, c->mem, &fold_list, ARGS(I(LIST_HOT)), &r);

	if (e != E_OK)
		return e;
	if (r.n == 1) {
		was = arena_array(c->mem, r.v[0].n / LIST_ENTRY + 1, sizeof(*was));
		n = recommend_unpack_list(r.v[0].s, r.v[0].n, was);
		for (size_t i = 0; i < n; i++)
			fold_ids_add(touched, was[i].id);
	}
	fold_ids_unique(touched);
	e = recommend_cards(c, touched->v, touched->n, &cards, &n);
	if (e == E_OK && n > 0)
		qsort(cards, n, sizeof(*cards), hottest_first);
	for (; e == E_OK && kept < n && kept < RANK_HOT_MAX && cards[kept].hot > 0; kept++)
		ids[kept] = cards[kept].id;
	if (e == E_OK)
		e = people(c, made_ms, cards, kept, out);
	if (e == E_OK)
		e = recommend_newest(c, &newest);
	for (size_t i = 0; e == E_OK && i < newest.n && kept < RANK_HOT_MAX; i++) {
		size_t k = 0;

		while (k < kept && ids[k] != newest.v[i * newest.cols].i)
			k++;
		if (k == kept)
			ids[kept++] = newest.v[i * newest.cols].i;
	}
	if (e == E_OK)
		e = clips_set(c, made_ms, LIST_HOT, ids, &kept);
	out->hot = kept;
	return e;
}

static enum err
new_list(struct call *c, int64_t made_ms, struct fold_report *out)
{
	int64_t ids[RANK_NEW_MAX] = { 0 };
	struct rows r;
	enum err e = db_select(c->db, c->mem, &fold_fresh,
	    ARGS(I(c->now_ms - c->conf->recommend_new * 1000), I(c->conf->recommend_audience * MICRO)), &r);

	if (e != E_OK)
		return e;
	for (size_t i = 0; i < r.n && i < RANK_NEW_MAX; i++)
		ids[out->fresh++] = r.v[i].i;
	return clips_set(c, made_ms, LIST_NEW, ids, &out->fresh);
}

/* The trending list last: who turns pages by its version needs the others of that version. */
enum err
fold_lists(struct call *c, struct fold_ids *touched, struct fold_report *out)
{
	int64_t made_ms;
	enum err e;

	arena_reset(c->mem);
	e = find_moment(c, &made_ms);
	if (e == E_OK)
		e = new_list(c, made_ms, out);
	if (e == E_OK)
		e = hot_list(c, made_ms, touched, out);
	return e == E_OK ? db_exec(c->db, &fold_list_forget, ARGS(I(c->now_ms - LIST_KEPT_MS)), NULL) : e;
}
