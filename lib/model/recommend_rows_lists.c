/* recommend_rows_lists.c - lists of clips as cached rows: trending, new, of a tag; see recommend_rows.h.  Invariant: a
 * kept version of a list has the same entries in the same places as long as it is kept, also where a
 * clip is gone. */
#include "model/recommend_rows.h"

#include <string.h>

#include "base/id.h"
#include "model/recommend.h"

#define TAGS 6 /* of one statement */

SQL(recommend_list_load, "SELECT entries, made_ms FROM recommend_lists WHERE id = ?", "i", "si");
SQL(recommend_list_newest,
    "SELECT id FROM videos FORCE INDEX (feed) WHERE visible = 1 ORDER BY published_ms DESC, id DESC "
    "LIMIT 400",
    "", "i");

/* What nobody has played is as good as the quality that is given for it. */
#define TAGGED                                                                                     \
	"(SELECT t.tag_id, t.video_id FROM (SELECT tag_id, video_id FROM tag_videos WHERE tag_id = ? " \
	"ORDER BY video_id DESC LIMIT 500) t LEFT JOIN recommend_clips r ON r.video_id = t.video_id " \
	"ORDER BY COALESCE(r.quality, ?) DESC, t.video_id DESC LIMIT 60)"
#define TAGGED3 TAGGED " UNION ALL " TAGGED " UNION ALL " TAGGED
SQL(recommend_tagged, TAGGED3 " UNION ALL " TAGGED3, "iiiiiiiiiiii", "ii");

int64_t
recommend_list_id(enum recommend_lists kind, int64_t version)
{
	return version * LIST_KINDS + (int64_t)kind;
}

int64_t
recommend_version_of(int64_t made_ms)
{
	return made_ms > ID_EPOCH_MS ? (made_ms - ID_EPOCH_MS) / 1000 : 0;
}

int64_t
recommend_made_ms(int64_t version)
{
	return ID_EPOCH_MS + version * 1000;
}

static void
put_float(unsigned char *to, float f)
{
	memcpy(to, &f, sizeof(f));
}

static float
get_float(const char *from)
{
	float f;

	memcpy(&f, from, sizeof(f));
	return f;
}

size_t
recommend_pack_list(unsigned char *to, const struct rank_card *cards, size_t n)
{
	for (size_t i = 0; i < n; i++, to += LIST_ENTRY) {
		recommend_put64(to, (uint64_t)cards[i].id);
		put_float(to + 8, cards[i].quality);
		put_float(to + 12, cards[i].hot);
		put_float(to + 16, cards[i].plays);
		recommend_put64(to + 20, (uint64_t)cards[i].author_id);
		recommend_put64(to + 28, (uint64_t)cards[i].published_ms);
		for (size_t k = 0; k < RANK_TAGS; k++)
			recommend_put64(to + 36 + 8 * k, (uint64_t)cards[i].tags[k]);
	}
	return n * LIST_ENTRY;
}

size_t
recommend_unpack_list(const char *from, size_t bytes, struct rank_card *out)
{
	size_t n = bytes / LIST_ENTRY;

	for (size_t i = 0; i < n; i++, from += LIST_ENTRY) {
		out[i] = (struct rank_card){ .id = (int64_t)recommend_get64(from), .quality = get_float(from + 8),
			.hot = get_float(from + 12), .plays = get_float(from + 16),
			.author_id = (int64_t)recommend_get64(from + 20), .published_ms = (int64_t)recommend_get64(from + 28) };
		for (size_t k = 0; k < RANK_TAGS; k++)
			out[i].tags[k] = (int64_t)recommend_get64(from + 36 + 8 * k);
	}
	return n;
}

/* Leaves out whose clips are gone since. */
static enum err
drop_gone(struct call *c, struct rank_card *list, size_t *n)
{
	int64_t *ids = arena_array(c->mem, *n + 1, sizeof(*ids));
	struct rank_card *cards;
	size_t cards_n, kept = 0;
	enum err e;

	for (size_t i = 0; i < *n; i++)
		ids[i] = list[i].id;
	e = recommend_cards(c, ids, *n, &cards, &cards_n);
	for (size_t i = 0; e == E_OK && i < *n; i++)
		if (recommend_card_of(cards, cards_n, ids[i]) != NULL)
			list[kept++] = list[i];
	*n = kept;
	return e;
}

enum err
recommend_newest(struct call *c, struct rows *out)
{
	return db_select(c->db, c->mem, &recommend_list_newest, ARGS({ 0 }), out);
}

/* Before the job has ever run. */
static enum err
load_newest(struct call *c, int64_t id, struct rows_loader *into)
{
	struct rank_card *cards, *tail;
	int64_t *ids;
	size_t cards_n;
	struct rows r;
	enum err e = recommend_newest(c, &r);

	if (e != E_OK)
		return e;
	ids = arena_array(c->mem, r.n + 1, sizeof(*ids));
	tail = arena_array(c->mem, r.n + 1, sizeof(*tail));
	for (size_t i = 0; i < r.n; i++)
		ids[i] = r.v[i].i;
	e = recommend_cards(c, ids, r.n, &cards, &cards_n);
	if (e == E_OK)
		rows_put(into, &(struct recommend_list){ .row.id = id }, tail,
		    recommend_in_order(cards, cards_n, ids, r.n, tail));
	return e;
}

static enum err
load_list(struct call *c, int64_t id, struct rows_loader *into)
{
	struct rank_card *tail;
	size_t n;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &recommend_list_load, ARGS(I(id)), &r);

	if (e != E_OK)
		return e;
	if (r.n == 0)
		return id == LIST_HOT || id == LIST_NEW ? load_newest(c, id, into) : E_OK;
	tail = arena_array(c->mem, r.v[0].n / LIST_ENTRY + 1, sizeof(*tail));
	n = recommend_unpack_list(r.v[0].s, r.v[0].n, tail);
	if (id == LIST_HOT || id == LIST_NEW)
		e = drop_gone(c, tail, &n);
	if (e == E_OK)
		rows_put(into, &(struct recommend_list){ .row.id = id, .version = recommend_version_of(r.v[1].i) }, tail, n);
	return e;
}

static enum err
load_lists(void *ctx, const int64_t *ids, size_t n, struct rows_loader *into)
{
	enum err e = E_OK;

	for (size_t i = 0; e == E_OK && i < n; i++)
		e = load_list(ctx, ids[i], into);
	return e;
}

/* At most TAGS of them. */
static enum err
load_few_tags(struct call *c, const int64_t *ids, size_t n, struct rows_loader *into)
{
	struct val args[2 * TAGS], unknown = I((int64_t)(rank_quality(0, 0, RECOMMEND_MEAN / 100.0) * 1e6));
	struct rank_card *cards, tail[RANK_TAGGED];
	int64_t *all;
	size_t cards_n;
	struct rows r;
	enum err e;

	for (size_t i = 0; i < TAGS; i++) {
		args[2 * i] = I(i < n ? ids[i] : 0); /* nothing has the tag 0 */
		args[2 * i + 1] = unknown;
	}
	e = db_select(c->db, c->mem, &recommend_tagged, args, &r);
	if (e != E_OK)
		return e;
	all = arena_array(c->mem, r.n + 1, sizeof(*all));
	for (size_t i = 0; i < r.n; i++)
		all[i] = r.v[i * r.cols + 1].i;
	e = recommend_cards(c, all, r.n, &cards, &cards_n);
	for (size_t i = 0; e == E_OK && i < n; i++) {
		int64_t own[RANK_TAGGED];
		size_t own_n = 0;

		for (size_t k = 0; k < r.n && own_n < RANK_TAGGED; k++) {
			if (r.v[k * r.cols].i == ids[i])
				own[own_n++] = all[k];
		}
		rows_put(into, &(struct recommend_tag){ .row.id = ids[i] }, tail,
		    recommend_in_order(cards, cards_n, own, own_n, tail));
	}
	return e;
}

static enum err
load_tags(void *ctx, const int64_t *ids, size_t n, struct rows_loader *into)
{
	enum err e = E_OK;

	for (size_t at = 0; e == E_OK && at < n; at += TAGS)
		e = load_few_tags(ctx, ids + at, n - at < TAGS ? n - at : TAGS, into);
	return e;
}

static const uint16_t no_strings[] = { 0 };

const struct row_class recommend_list_class = {
	.key = 'L', .layout = 3, .local = 16, .size = sizeof(struct recommend_list),
	.strings = no_strings, .tail_size = sizeof(struct rank_card), .load = load_lists,
};
const struct row_class recommend_tag_class = {
	.key = 'T', .layout = 1, .prepared = true, .local = 512, .size = sizeof(struct recommend_tag),
	.strings = no_strings, .tail_size = sizeof(struct rank_card), .load = load_tags,
};

struct rank_list
recommend_list_of(const struct recommend_list *r)
{
	return r == NULL ? (struct rank_list){ NULL, 0 }
			 : (struct rank_list){ (const struct rank_card *)(r + 1), r->row.tail_n };
}
