/* recommend_rows.c - see recommend_rows.h.  Invariant: nobody else's hidden or removed clip has a
 * card when the row is loaded; the request looks once more. */
#include "model/recommend_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/recommend.h"

#define SQL_LIST 1024 /* values of one list parameter */

/* A row for each tag, or one. */
SQL(recommend_card_load,
    "SELECT v.id, v.author_id, v.published_ms, r.quality, r.plays, r.hot, r.shown_ms, "
    "(SELECT value FROM recommend_marks WHERE name = 'mean'), t.tag_id FROM videos v LEFT JOIN "
    "recommend_clips r ON r.video_id = v.id LEFT JOIN tag_videos t FORCE INDEX (by_video) "
    "ON t.video_id = v.id WHERE v.id IN (?...) AND v.visible = 1 ORDER BY v.id",
    "L", "iiiiiiiii");
SQL(recommend_near_load, "SELECT id, near FROM recommend_near WHERE id IN (?...) ORDER BY id", "L", "is");
SQL(recommend_works,
    "SELECT author_id, id FROM (SELECT author_id, id, published_ms, ROW_NUMBER() OVER (PARTITION BY "
    "author_id ORDER BY published_ms DESC, id DESC) AS place FROM videos FORCE INDEX (author) "
    "WHERE author_id IN (?...) AND published_ms > ? AND visible = 1) w WHERE place <= 20 "
    "ORDER BY author_id, place",
    "Li", "ii");
void
recommend_put64(unsigned char *to, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		to[i] = (unsigned char)(v >> 8 * i);
}

uint64_t
recommend_get64(const char *from)
{
	const unsigned char *p = (const unsigned char *)from;
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

size_t
recommend_pack_near(unsigned char *to, const struct near_one *near, size_t n)
{
	for (size_t i = 0; i < n; i++, to += 12) {
		uint32_t millionths = (uint32_t)(near[i].similarity * 1e6f);

		recommend_put64(to, (uint64_t)near[i].video_id);
		for (int k = 0; k < 4; k++)
			to[8 + k] = (unsigned char)(millionths >> 8 * k);
	}
	return n * 12;
}

size_t
recommend_unpack_near(const char *from, size_t bytes, struct near_one out[NEAR_MAX])
{
	size_t n = bytes / 12 < NEAR_MAX ? bytes / 12 : NEAR_MAX;

	for (size_t i = 0; i < n; i++, from += 12) {
		const unsigned char *p = (const unsigned char *)from + 8;
		uint32_t millionths = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
		    (uint32_t)p[3] << 24;

		out[i] = (struct near_one){ (int64_t)recommend_get64(from), (float)millionths / 1e6f };
	}
	return n;
}

static int
by_card_id(const void *x, const void *y)
{
	const struct rank_card *a = x, *b = y;

	return (a->id > b->id) - (a->id < b->id);
}

static int
by_id(const void *x, const void *y)
{
	const int64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

/* The card of the rows of a result from *i on that are of one clip. */
static struct rank_card
card_from(struct call *c, const struct rows *r, size_t *i)
{
	const struct val *v = r->v + *i * r->cols;
	int64_t id = v[0].i;
	bool known = v[6].i != 0;
	double mean = v[7].i != 0 ? (double)v[7].i / 1e6 : RECOMMEND_MEAN / 100.0;
	struct rank_card card = {
		.id = id,
		.author_id = v[1].i,
		.published_ms = v[2].i,
		.quality = known ? (float)v[3].i / 1e6f : (float)rank_quality(0, 0, mean),
		.plays = (float)v[4].i / 1e6f,
		.hot = (float)rank_decay((double)v[5].i / 1e6, c->now_ms - v[6].i,
		    c->conf->recommend_trend * 1000),
	};

	for (size_t k = 0; *i < r->n && (v = r->v + *i * r->cols)[0].i == id; (*i)++)
		if (v[8].i != 0 && k < RANK_TAGS)
			card.tags[k++] = v[8].i;
	return card;
}

enum err
recommend_cards(struct call *c, const int64_t *ids, size_t n, struct rank_card **out, size_t *out_n)
{
	struct rank_card *cards = arena_array(c->mem, n + 1, sizeof(*cards));
	int64_t *sorted = arena_array(c->mem, n + 1, sizeof(*sorted));
	size_t unique = 0, found = 0;
	enum err e = E_OK;

	*out = cards;
	*out_n = 0;
	if (n == 0)
		return E_OK;
	memcpy(sorted, ids, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_id);
	for (size_t i = 0; i < n; i++)
		if (unique == 0 || sorted[unique - 1] != sorted[i])
			sorted[unique++] = sorted[i];
	for (size_t at = 0; e == E_OK && at < unique; at += SQL_LIST) {
		size_t part = unique - at < SQL_LIST ? unique - at : SQL_LIST;
		struct rows r;

		e = db_select(c->db, c->mem, &recommend_card_load, ARGS(LIST(sorted + at, part)), &r);
		for (size_t k = 0; e == E_OK && k < r.n;)
			cards[found++] = card_from(c, &r, &k);
	}
	*out_n = found;
	return e;
}

const struct rank_card *
recommend_card_of(const struct rank_card *cards, size_t n, int64_t id)
{
	const struct rank_card key = { .id = id };

	return bsearch(&key, cards, n, sizeof(*cards), by_card_id);
}

static enum err
load_cards(void *ctx, const int64_t *ids, size_t n, struct rows_loader *into)
{
	struct rank_card *cards;
	size_t found;
	enum err e = recommend_cards(ctx, ids, n, &cards, &found);

	for (size_t i = 0; e == E_OK && i < found; i++)
		rows_put(into, &(struct recommend_card){ .row.id = cards[i].id, .card = cards[i] }, NULL, 0);
	return e;
}

size_t
recommend_in_order(const struct rank_card *cards, size_t n, const int64_t *ids, size_t ids_n,
    struct rank_card *out)
{
	size_t kept = 0;

	for (size_t i = 0; i < ids_n; i++) {
		const struct rank_card *card = recommend_card_of(cards, n, ids[i]);

		if (card != NULL)
			out[kept++] = *card;
	}
	return kept;
}

static enum err
load_near(void *ctx, const int64_t *ids, size_t n, struct rows_loader *into)
{
	struct call *c = ctx;
	struct near_one *near;
	struct rank_card *cards;
	int64_t *all;
	size_t *near_n, cards_n, all_n = 0;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &recommend_near_load, ARGS(LIST(ids, n)), &r);

	if (e != E_OK)
		return e;
	near = arena_array(c->mem, r.n * NEAR_MAX + 1, sizeof(*near));
	near_n = arena_array(c->mem, r.n + 1, sizeof(*near_n));
	all = arena_array(c->mem, r.n * NEAR_MAX + 1, sizeof(*all));
	for (size_t i = 0; i < r.n; i++) {
		const struct val *v = r.v + i * r.cols;

		near_n[i] = recommend_unpack_near(v[1].s, v[1].n, near + i * NEAR_MAX);
		for (size_t k = 0; k < near_n[i]; k++)
			all[all_n++] = near[i * NEAR_MAX + k].video_id;
	}
	e = recommend_cards(c, all, all_n, &cards, &cards_n);
	for (size_t i = 0; e == E_OK && i < n; i++) {
		struct rank_one tail[NEAR_MAX];
		size_t kept = 0, at = 0;

		while (at < r.n && r.v[at * r.cols].i != ids[i])
			at++;
		for (size_t k = 0; at < r.n && k < near_n[at]; k++) {
			const struct near_one *one = &near[at * NEAR_MAX + k];
			const struct rank_card *card = recommend_card_of(cards, cards_n, one->video_id);

			if (card != NULL)
				tail[kept++] = (struct rank_one){ *card, (double)one->similarity };
		}
		rows_put(into, &(struct recommend_near){ .row.id = ids[i] }, tail, kept);
	}
	return e;
}

static enum err
load_authors(void *ctx, const int64_t *ids, size_t n, struct rows_loader *into)
{
	struct call *c = ctx;
	struct rows near, works;
	struct rank_card *cards;
	int64_t *all;
	size_t cards_n;
	enum err e = db_select(c->db, c->mem, &recommend_near_load, ARGS(LIST(ids, n)), &near);

	if (e == E_OK)
		e = db_select(c->db, c->mem, &recommend_works,
		    ARGS(LIST(ids, n), I(c->now_ms - c->conf->recommend_window * 1000)), &works);
	if (e != E_OK)
		return e;
	all = arena_array(c->mem, works.n + 1, sizeof(*all));
	for (size_t i = 0; i < works.n; i++)
		all[i] = works.v[i * works.cols + 1].i;
	e = recommend_cards(c, all, works.n, &cards, &cards_n);
	for (size_t i = 0; e == E_OK && i < n; i++) {
		struct recommend_author row = { .row.id = ids[i] };
		struct rank_card tail[RANK_WORKS];
		int64_t own[RANK_WORKS];
		size_t own_n = 0;

		for (size_t k = 0; k < near.n; k++)
			if (near.v[k * near.cols].i == ids[i])
				row.near_n = (int64_t)recommend_unpack_near(near.v[k * near.cols + 1].s,
				    near.v[k * near.cols + 1].n, row.near);
		for (size_t k = 0; k < works.n && own_n < RANK_WORKS; k++)
			if (works.v[k * works.cols].i == ids[i])
				own[own_n++] = all[k];
		rows_put(into, &row, tail, recommend_in_order(cards, cards_n, own, own_n, tail));
	}
	return e;
}

static const uint16_t no_strings[] = { 0 };

const struct row_class recommend_card_class = {
	.key = 'C', .layout = 2, .prepared = true, .local = 8192, .size = sizeof(struct recommend_card),
	.strings = no_strings, .load = load_cards,
};
const struct row_class recommend_near_class = {
	.key = 'N', .layout = 2, .prepared = true, .local = 1024, .size = sizeof(struct recommend_near),
	.strings = no_strings, .tail_size = sizeof(struct rank_one), .load = load_near,
};
const struct row_class recommend_author_class = {
	.key = 'A', .layout = 2, .prepared = true, .local = 1024, .size = sizeof(struct recommend_author),
	.strings = no_strings, .tail_size = sizeof(struct rank_card), .load = load_authors,
};

struct rank_nears
recommend_nears_of(const struct recommend_near *r)
{
	return r == NULL ? (struct rank_nears){ NULL, 0 }
			 : (struct rank_nears){ (const struct rank_one *)(r + 1), r->row.tail_n };
}

struct rank_author
recommend_author_of(const struct recommend_author *r)
{
	if (r == NULL)
		return (struct rank_author){ .near_n = 0 };
	return (struct rank_author){ { (const struct rank_card *)(r + 1), r->row.tail_n }, r->near,
		(size_t)r->near_n };
}

struct rank_list
recommend_tagged_of(const struct recommend_tag *r)
{
	return r == NULL ? (struct rank_list){ NULL, 0 }
			 : (struct rank_list){ (const struct rank_card *)(r + 1), r->row.tail_n };
}
