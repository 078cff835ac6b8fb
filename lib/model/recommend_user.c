/* recommend_user.c - see recommend_user.h.  Invariant: what a user did counts from the moment of its
 * commit: it is read anew for each request. */
#include "model/recommend_user.h"
#include "model/viewer.h"

#include <stdlib.h>
#include <string.h>

#define DAY_MS (INT64_C(86400) * 1000)
#define LIKES_READ 64 /* the limits of recommend_user_now */
#define STARS_READ 32
#define PLAYS_READ 120
#define DISMISSED_READ 64
#define DAYS 2048 /* the day of an entry is kept modulo this */
#define ENTRY 5   /* bytes of what is remembered of a clip: its day and rank_mark(), the least byte first */
#define SKIPPED_MS 2000 /* who leaves a clip earlier did not want it */

SQL(recommend_user_now,
    "(SELECT 1 AS kind, video_id AS a, created_ms AS b, 0 AS n, '' AS t FROM likes "
    "FORCE INDEX (by_time) WHERE user_id = ? ORDER BY created_ms DESC LIMIT 64) UNION ALL "
    "(SELECT 9, video_id, created_ms, 0, '' FROM stars FORCE INDEX (by_time) WHERE user_id = ? "
    "ORDER BY created_ms DESC LIMIT 32) UNION ALL "
    "(SELECT IF(hidden, 8, 2 + completed), video_id, at_ms, watched_ms, '' FROM views "
    "FORCE INDEX (by_time) WHERE user_id = ? ORDER BY at_ms DESC LIMIT 120) UNION ALL "
    "(SELECT 4, followee_id, created_ms, 0, '' FROM follows FORCE INDEX (by_time) "
    "WHERE follower_id = ? ORDER BY created_ms DESC LIMIT 24) UNION ALL "
    "(SELECT 4 + kind, ref_id, created_ms, 0, '' FROM recommend_dismissed FORCE INDEX (by_time) "
    "WHERE user_id = ? ORDER BY created_ms DESC LIMIT 64) UNION ALL "
    "(SELECT 10, video_id, created_ms, 0, '' FROM shares FORCE INDEX (by_user_time) WHERE user_id = ? "
    "ORDER BY created_ms DESC LIMIT 32) UNION ALL "
    "(SELECT 11, video_id, created_ms, 0, '' FROM comments FORCE INDEX (by_user) WHERE user_id = ? "
    "ORDER BY id DESC LIMIT 32) UNION ALL "
    "(SELECT 7, 0, 0, 0, served FROM recommend_users WHERE user_id = ?)",
    "iiiiiiii", "iiiis");
/* Unless something was added since it was read. */
SQL(recommend_serve,
    "INSERT INTO recommend_users (user_id, served) VALUES (?, ?) ON DUPLICATE KEY UPDATE "
    "served = IF(? OR LEFT(served, 10) = ?, LEFT(CONCAT(VALUES(served), served), 8000), served)",
    "isis", "");

/* A like beats a play of the same clip; between two plays the better one counts. */
static void
add_event(struct recommend_user *u, int64_t video_id, int64_t at_ms, enum rank_event what)
{
	for (size_t i = 0; i < u->events_n; i++) {
		struct recommend_event *e = &u->events[i];

		if (e->video_id != video_id)
			continue;
		if (what == RANK_DISMISSED || (e->what != RANK_DISMISSED && what < e->what))
			e->what = what;
		if (at_ms > e->at_ms)
			e->at_ms = at_ms;
		return;
	}
	if (u->events_n < EVENTS_MAX)
		u->events[u->events_n++] = (struct recommend_event){ video_id, at_ms, what };
}

static int
newest_first(const void *x, const void *y)
{
	const struct recommend_event *a = x, *b = y;

	if (a->at_ms != b->at_ms)
		return a->at_ms < b->at_ms ? 1 : -1;
	return (a->video_id < b->video_id) - (a->video_id > b->video_id);
}

enum err
recommend_user_load(struct call *c, int64_t user_id, struct recommend_user **out)
{
	struct recommend_user *u = arena_zalloc(c->mem, sizeof(*u));
	struct rows r;
	enum err e = db_select(c->db, c->mem, &recommend_user_now,
	    ARGS(I(user_id), I(user_id), I(user_id), I(user_id), I(user_id), I(user_id), I(user_id), I(user_id)),
	    &r);

	size_t of_kind[16] = { 0 };

	*out = u;
	u->id = user_id;
	u->served = "";
	u->who.follows = u->follows;
	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		const struct val *v = r.v + i * r.cols;

		of_kind[v[0].i & 15]++;
		switch (v[0].i) {
		case 1:
		case 9: /* starred */
			add_event(u, v[1].i, v[2].i, RANK_LIKED);
			break;
		case 2:
			add_event(u, v[1].i, v[2].i, v[3].i < SKIPPED_MS ? RANK_SKIPPED : RANK_WATCHED);
			break;
		case 3:
			add_event(u, v[1].i, v[2].i, RANK_FINISHED);
			break;
		case 4:
			if (u->who.follows_n < RANK_AUTHORS)
				u->follows[u->who.follows_n++] = v[1].i;
			break;
		case 5:
			add_event(u, v[1].i, v[2].i, RANK_DISMISSED);
			break;
		case 6:
			if (u->dismissed_n < sizeof(u->dismissed_authors) / sizeof(int64_t))
				u->dismissed_authors[u->dismissed_n++] = v[1].i;
			break;
		case 7:
			u->served = v[4].s;
			u->served_bytes = v[4].n;
			break;
		case 10:
			add_event(u, v[1].i, v[2].i, RANK_SHARED);
			break;
		case 11:
			add_event(u, v[1].i, v[2].i, RANK_COMMENTED);
			break;
		default: /* removed from his history: no sign of taste, but he has seen it */
			add_event(u, v[1].i, v[2].i, RANK_SEEN);
		}
	}
	u->whole = of_kind[1] < LIKES_READ && of_kind[9] < STARS_READ &&
	    of_kind[2] + of_kind[3] + of_kind[8] < PLAYS_READ && of_kind[5] + of_kind[6] < DISMISSED_READ;
	qsort(u->events, u->events_n, sizeof(*u->events), newest_first);
	return e;
}

static enum err
shelf_authors(void *ctx, const int64_t *ids, size_t n, struct rank_author *out)
{
	struct call *c = ctx;
	const void **rows = arena_array(c->mem, n, sizeof(*rows));
	enum err e = rows_get(c->rows, c->mem, &recommend_author_class, c, ids, n, rows);

	for (size_t i = 0; e == E_OK && i < n; i++)
		out[i] = recommend_author_of(rows[i]);
	return e;
}

static enum err
shelf_around(void *ctx, const int64_t *clips, size_t clips_n, struct rank_nears *near, const int64_t *tags,
    size_t tags_n, struct rank_list *tagged)
{
	struct call *c = ctx;
	const void **rows = arena_array(c->mem, clips_n + tags_n, sizeof(*rows));
	struct rows_part parts[] = { { &recommend_near_class, clips, clips_n, rows },
		{ &recommend_tag_class, tags, tags_n, rows + clips_n } };
	enum err e = rows_get_parts(c->rows, c->mem, parts, 2, NULL, c);

	for (size_t i = 0; e == E_OK && i < clips_n; i++)
		near[i] = recommend_nears_of(rows[i]);
	for (size_t i = 0; e == E_OK && i < tags_n; i++)
		tagged[i] = recommend_tagged_of(rows[clips_n + i]);
	return e;
}

struct rank_shelf
recommend_shelf(struct call *c)
{
	return (struct rank_shelf){ shelf_authors, shelf_around, c };
}

enum err
recommend_user_tastes(struct call *c, struct recommend_user *u, int64_t at_ms)
{
	const struct recommend_card *cards[EVENTS_MAX];
	struct rank_seed *seeds = arena_array(c->mem, u->events_n + 1, sizeof(*seeds));
	struct rank_shelf shelf = recommend_shelf(c);
	int64_t ids[EVENTS_MAX];
	enum err e = E_OK;

	for (size_t i = 0; i < u->events_n; i++)
		ids[i] = u->events[i].video_id;
	if (u->events_n > 0)
		e = rows_get(c->rows, c->mem, &recommend_card_class, c, ids, u->events_n, (const void **)cards);
	u->who.seeds = seeds;
	for (size_t i = 0; e == E_OK && i < u->events_n; i++) {
		const struct recommend_event *ev = &u->events[i];

		if (cards[i] != NULL && cards[i]->card.author_id != u->id && ev->what != RANK_SEEN)
			seeds[u->who.seeds_n++] = (struct rank_seed){ cards[i]->card,
				rank_event_weight(ev->what, cards[i]->card.quality, at_ms - ev->at_ms,
				    c->conf->recommend_half_life * 1000) };
	}
	return e == E_OK ? rank_know(&shelf, &u->who) : e;
}

void
recommend_user_skips(struct call *c, const struct recommend_user *u, struct rank_pool *p)
{
	int64_t today = c->now_ms / DAY_MS % DAYS, again = c->conf->recommend_again * 1000 / DAY_MS;
	size_t hidden_n, muted_n;
	bool all;
	const int64_t *hidden = viewer_hidden(c, &hidden_n, &all), *muted = viewer_muted(c, &muted_n);

	rank_skip(p, u->id); /* his own */
	/* What is left of them (he hides many) the list leaves out. */
	for (size_t i = 0; i < hidden_n; i++)
		rank_skip(p, hidden[i]);
	for (size_t i = 0; i < muted_n; i++)
		rank_skip(p, muted[i]);
	for (size_t i = 0; i < u->events_n; i++)
		if (u->events[i].what == RANK_LIKED || u->events[i].what == RANK_DISMISSED ||
		    u->events[i].at_ms > c->now_ms - c->conf->recommend_again * 1000)
			rank_skip(p, u->events[i].video_id);
	for (size_t i = 0; i < u->dismissed_n; i++)
		rank_skip(p, u->dismissed_authors[i]);
	for (size_t at = 0; at + ENTRY <= u->served_bytes; at += ENTRY) {
		uint64_t entry = 0;

		for (size_t i = ENTRY; i-- > 0;)
			entry = entry << 8 | (unsigned char)u->served[at + i];
		if ((today - (int64_t)(entry >> RANK_MARK_BITS) + DAYS) % DAYS <= again)
			rank_skip_mark(p, entry & ((UINT32_C(1) << RANK_MARK_BITS) - 1));
	}
}

enum err
recommend_user_served(struct call *c, const struct recommend_user *u, const int64_t *ids, size_t n, bool anyhow,
    bool *stored)
{
	unsigned char *entries = arena_alloc(c->mem, ENTRY * n + 1);
	uint64_t today = (uint64_t)(c->now_ms / DAY_MS % DAYS);
	size_t head = u->served_bytes < 2 * ENTRY ? u->served_bytes : 2 * ENTRY;
	int64_t changed;
	enum err e;

	*stored = true;
	for (size_t i = 0; i < n; i++) {
		uint64_t entry = today << RANK_MARK_BITS | rank_mark(ids[i]);

		for (size_t k = 0; k < ENTRY; k++, entry >>= 8)
			entries[ENTRY * i + k] = (unsigned char)entry;
	}
	if (n == 0)
		return E_OK;
	e = db_exec(c->db, &recommend_serve,
	    ARGS(I(u->id), SN((char *)entries, ENTRY * n), I(anyhow), SN(u->served, head)),
	    &changed);
	*stored = e == E_OK && changed > 0;
	return e;
}
