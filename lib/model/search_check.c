/* search_check.c - compares the index with what it is made of.  Invariant: nothing is told that was not
 * looked up by itself; search_sums.c says what has to be. */
#include "model/search.h"

#include <stdlib.h>
#include <string.h>

#include "model/search_pack.h"

SQL(search_text,
    "SELECT v.id, v.visible = 1, v.title, v.description, COALESCE(u.name, ''), COALESCE(d.title, ''), "
    "COALESCE(d.body, ''), COALESCE(d.tags, ''), COALESCE(d.place, 0) FROM videos v LEFT JOIN users u "
    "ON u.id = v.author_id LEFT JOIN search_docs d ON d.id = v.id WHERE v.id IN (?...) ORDER BY v.id",
    "L", "iissssssi");
SQL(search_user_text,
    "SELECT u.id, u.status, d.place IS NOT NULL FROM users u LEFT JOIN search_docs d ON d.id = u.id "
    "WHERE u.id IN (?...) ORDER BY u.id",
    "L", "iii");
struct check {
	struct call *c;
	void (*told)(int64_t id, const char *what);
	int64_t n;
	struct search_sums *sums;
};

static void
tell(struct check *k, int64_t id, const char *what)
{
	k->n++;
	if (k->told != NULL)
		k->told(id, what);
}

static enum err
check_videos(struct check *k, const int64_t *ids, size_t n)
{
	struct rows r;
	enum err e = db_select(k->c->db, k->c->mem, &search_text, ARGS(LIST(ids, n)), &r);

	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		const struct val *v = r.v + i * r.cols;
		const struct search_doc *d = search_video_doc(k->c, v[0].i, v[2].s, v[3].s, v[4].s);

		if (!v[1].i)
			continue; /* check_docs() tells of those that are there all the same */
		if (v[8].i == 0)
			tell(k, v[0].i, "is not in the index");
		else if (strcmp(d->title, v[5].s) != 0 || strcmp(d->body, v[6].s) != 0 ||
		    strcmp(d->tags, v[7].s) != 0)
			tell(k, v[0].i, "has another text in the index");
	}
	return e;
}

static enum err
check_users(struct check *k, const int64_t *ids, size_t n)
{
	struct rows r;
	enum err e = db_select(k->c->db, k->c->mem, &search_user_text, ARGS(LIST(ids, n)), &r);

	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		if (r.v[i * r.cols + 1].i == 1 && !r.v[i * r.cols + 2].i)
			tell(k, r.v[i * r.cols].i, "is not in the index");
	}
	return e;
}

static enum err
check_docs(struct check *k, const int64_t *ids, size_t n)
{
	const struct search_doc *docs[SEARCH_BATCH];
	struct rows r;
	enum err e = search_strays(k->c, ids, n, &r);

	for (size_t i = 0; e == E_OK && i < r.n; i++)
		tell(k, r.v[i * r.cols].i, "is in the index, but must not be seen");
	if (e == E_OK)
		e = search_docs_lock(k->c, ids, n, docs);
	for (size_t i = 0; e == E_OK && i < n; i++) {
		if (docs[i] != NULL)
			search_sums_add(k->sums, docs[i]);
	}
	return e;
}

/* Those of these whose sum is wrong, posting by posting. */
static enum err
check_postings(struct check *k, const int64_t *ids, size_t n)
{
	const struct search_doc *docs[SEARCH_BATCH];
	int64_t terms[SEARCH_TERMS_MAX], found, cost = 0;
	enum err e = search_docs_lock(k->c, ids, n, docs);

	for (size_t i = 0; e == E_OK && i < n; i++) {
		size_t want = 0;

		if (docs[i] != NULL && !search_sums_fit(k->sums, docs[i]->place))
			want = search_terms(docs[i], terms);
		for (size_t t = 0; e == E_OK && t < want; t++) {
			struct search_list list;

			search_list_open(&list, terms[t], false);
			e = search_list_seek(&list, k->c, docs[i]->place, &found, &cost);
			if (e == E_OK && found != docs[i]->place) {
				tell(k, ids[i], "lacks postings");
				break;
			}
		}
	}
	return e;
}

static enum err
check_tags(struct check *k, const int64_t *ids, size_t n)
{
	struct rows r;
	enum err e = search_tags_counted(k->c, ids, n, &r);

	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		if (r.v[i * r.cols + 1].i != r.v[i * r.cols + 2].i)
			tell(k, r.v[i * r.cols].i, "is a tag with a wrong count");
	}
	return e;
}

static enum err
check_phase(struct check *k, int phase, enum err (*check)(struct check *, const int64_t *, size_t))
{
	int64_t after = 0, ids[SEARCH_BATCH];
	size_t n = 1;
	enum err e = E_OK;

	while (e == E_OK && n > 0) {
		call_begin(k->c);
		e = search_next(k->c, phase, &after, ids, &n);
		if (e == E_OK && n > 0)
			e = check(k, ids, n);
	}
	return e;
}

enum err
search_check(struct call *c, void (*told)(int64_t, const char *), int64_t *differences)
{
	static enum err (*const checks[SEARCH_PHASES])(struct check *, const int64_t *, size_t) = {
		check_videos, check_users, check_docs, check_tags };
	struct check k = { .c = c, .told = told, .sums = search_sums_new() };
	int64_t strays = 0, damaged = 0;
	enum err e = E_OK;

	for (int phase = 0; e == E_OK && phase < SEARCH_PHASES; phase++)
		e = check_phase(&k, phase, checks[phase]);
	if (e == E_OK)
		e = search_sums_less(c, k.sums);
	if (e == E_OK)
		e = check_phase(&k, SEARCH_PHASE_DOCS, check_postings);
	if (e == E_OK)
		e = search_strays_of(c, k.sums, false, &strays, &damaged);
	if (strays > 0)
		tell(&k, strays, "postings belong to nothing");
	if (damaged > 0)
		tell(&k, damaged, "packs cannot be read");
	*differences = k.n;
	free(k.sums);
	return e;
}
