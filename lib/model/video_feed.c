/* video_feed.c - the feed of everybody.  Invariant: its head, the newest ids, is one cached row, which is
 * dropped with every clip that comes into sight or leaves it. */
#include "model/video_rules.h"

/* Clips in the head of the feed: 17 pages that need no query. */
#define HEAD_MAX 512
#define HEAD_ID 1

#define FEED_TRIES 8 /* pages looked through for one that shows anything */

SQL(video_head,
    "SELECT published_ms, id FROM videos FORCE INDEX (feed) WHERE visible = 1 "
    "ORDER BY published_ms DESC, id DESC LIMIT 512",
    "", "ii");
SQL(video_before,
    "SELECT published_ms, id FROM videos FORCE INDEX (feed) WHERE visible = 1 AND "
    "published_ms < ? ORDER BY published_ms DESC, id DESC LIMIT ?",
    "ii", "ii");
struct head_entry {
	int64_t published_ms, id;
};

struct head {
	struct row row;
	int64_t n;
	int64_t whole; /* there are no older clips */
};

static enum err
load_head(void *ctx, const int64_t *ids, size_t n, struct rows_loader *into)
{
	struct call *c = ctx;
	struct head h = { .row.id = HEAD_ID };
	struct head_entry *entries;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &video_head, ARGS({ 0 }), &r);

	if (e != E_OK || n != 1 || ids[0] != HEAD_ID)
		return e;
	entries = arena_array(c->mem, r.n + 1, sizeof(*entries));
	for (size_t i = 0; i < r.n; i++)
		entries[i] = (struct head_entry){ r.v[i * r.cols].i, r.v[i * r.cols + 1].i };
	h.n = (int64_t)r.n;
	h.whole = r.n < HEAD_MAX;
	rows_put(into, &h, entries, r.n);
	return E_OK;
}

static const uint16_t no_strings[] = { 0 };
static const struct row_class head_class = {
	.key = 'f', .layout = 1, .local = 1, .size = sizeof(struct head), .strings = no_strings,
	.tail_size = sizeof(struct head_entry), .load = load_head,
};

struct row_ref
video_head_ref(void)
{
	return (struct row_ref){ &head_class, HEAD_ID };
}

/* How many of `have` entries make a page: n, and up to most where they go on in the last one's second. */
static size_t
page_length(const struct head_entry *entry, size_t have, size_t n, size_t most)
{
	size_t take = have < n ? have : n;

	while (take > 0 && take < most && take < have &&
	       entry[take].published_ms / 1000 == entry[take - 1].published_ms / 1000)
		take++;
	return take;
}

/* A page of the feed as it is in the head or the index. */
static enum err
feed_page(struct call *c, const struct head *h, int64_t before_ms, size_t n, size_t most, int64_t *ids,
    size_t *found, int64_t *oldest_ms)
{
	const struct head_entry *entry = (const struct head_entry *)(h + 1);
	struct head_entry *own;
	struct rows r;
	size_t i = 0, have;
	enum err e = E_OK;

	*found = 0;
	/* A clip of this very millisecond, or of a host whose clock is ahead, is not hidden by "now". */
	if (before_ms < c->now_ms) {
		size_t lo = 0, hi = (size_t)h->n;

		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;

			if (entry[mid].published_ms < before_ms)
				hi = mid;
			else
				lo = mid + 1;
		}
		i = lo;
	}
	entry += i;
	have = (size_t)h->n - i;
	*found = page_length(entry, have, n, most);
	/* The head may end within a second. */
	if (!h->whole && *found == have && have < most) {
		e = db_select(c->db, c->mem, &video_before, ARGS(I(before_ms), I((int64_t)most)), &r);
		have = e == E_OK ? r.n : 0;
		entry = own = arena_array(c->mem, have + 1, sizeof(*own));
		for (i = 0; i < have; i++)
			own[i] = (struct head_entry){ r.v[i * r.cols].i, r.v[i * r.cols + 1].i };
		*found = page_length(entry, have, n, most);
	}
	for (i = 0; i < *found; i++) {
		*oldest_ms = entry[i].published_ms;
		ids[i] = entry[i].id;
	}
	return e;
}

enum err
video_feed(struct call *c, int64_t before_ms, size_t n, size_t most, struct video_list *out, int64_t *next_ms)
{
	int64_t ids[VIDEO_FEED_MOST], head_id = HEAD_ID;
	const void *row;
	size_t found = 0;
	enum err e;

	*out = (struct video_list){ 0 };
	*next_ms = c->now_ms;
	if (n > VIDEO_FEED_MAX)
		n = VIDEO_FEED_MAX;
	if (most > VIDEO_FEED_MOST)
		most = VIDEO_FEED_MOST;
	e = rows_get(c->rows, c->mem, &head_class, c, &head_id, 1, &row);
	if (e != E_OK || row == NULL)
		return e;
	/* A page of which the viewer sees nothing is not the end. */
	for (int tries = 0; e == E_OK && out->n == 0 && tries < FEED_TRIES; tries++) {
		e = feed_page(c, row, tries > 0 ? *next_ms : before_ms, n, most, ids, &found, next_ms);
		if (e == E_OK)
			e = video_items(c, ids, found, VIDEO_FOR_ALL, out);
		out->more = found >= n;
		if (!out->more)
			break;
	}
	return e;
}
