/* recommend_fold_events.c - what happened to clips in a span of time.  Invariant: a person counts once for a clip
 * and each kind of event, by the first of them; an author's own acts, and hidden comments, never. */
#include "model/recommend_fold.h"

#include <stdlib.h>

#include "base/text.h"

#define PAGE 20000 /* the LIMIT of fold_events */
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

/* The events e of a table: what follows stands behind the conditions that all have. */
#define EVENTS(table, index, columns)                                                              \
	"SELECT e.video_id, " columns " FROM " table " e FORCE INDEX (" index ") STRAIGHT_JOIN videos v " \
	"ON v.id = e.video_id WHERE e.video_id > ? AND e.user_id <> v.author_id AND "
#define SPAN(column) "e." column " >= ? AND e." column " < ? "
#define BY_CLIP "GROUP BY e.video_id"
#define COUNTS(positives, hot)                                                                     \
	"0 AS plays, COUNT(*) * " TEXT(positives) " AS positives, COUNT(*) * " TEXT(hot) " AS hot"

SQL(fold_events,
    "SELECT video_id, SUM(plays), SUM(positives), SUM(hot) FROM ("
    EVENTS("views", "prune", "COUNT(*) * 1000000 AS plays, SUM(e.completed) * " TEXT(FOLD_FINISHED)
	" AS positives, COUNT(*) * " TEXT(FOLD_PLAYED_HOT) " + SUM(e.completed) * " TEXT(FOLD_FINISHED_HOT) " AS hot")
    "e.hidden = 0 AND " SPAN("at_ms") "AND NOT EXISTS (SELECT 1 FROM views o WHERE o.user_id = e.user_id AND "
    "o.video_id = e.video_id AND o.slot_ms < e.slot_ms) " BY_CLIP " UNION ALL "
    EVENTS("likes", "recent", COUNTS(FOLD_LIKED, FOLD_LIKED_HOT)) SPAN("created_ms") BY_CLIP " UNION ALL "
    EVENTS("stars", "recent", COUNTS(FOLD_LIKED, FOLD_LIKED_HOT)) SPAN("created_ms") BY_CLIP " UNION ALL "
    EVENTS("shares", "recent", COUNTS(FOLD_LIKED, FOLD_SHARED_HOT)) SPAN("created_ms")
    "AND NOT EXISTS (SELECT 1 FROM shares o WHERE o.video_id = e.video_id AND o.user_id = e.user_id AND "
    "o.slot < e.slot) " BY_CLIP " UNION ALL "
    EVENTS("comments", "recent", COUNTS(FOLD_COMMENTED, FOLD_COMMENTED_HOT)) SPAN("created_ms")
    "AND e.hidden = 0 AND NOT EXISTS (SELECT 1 FROM comments o FORCE INDEX (by_author) WHERE "
    "o.video_id = e.video_id AND o.user_id = e.user_id AND o.id < e.id AND o.hidden = 0) " BY_CLIP " UNION ALL "
    "SELECT ref_id, COUNT(*) * 1000000, 0, 0 FROM recommend_dismissed FORCE INDEX (recent) "
    "WHERE ref_id > ? AND created_ms >= ? AND created_ms < ? AND kind = 1 GROUP BY ref_id"
    ") e GROUP BY video_id ORDER BY video_id LIMIT 20000",
    "iiiiiiiiiiiiiiiiii", "iiii");

enum err
fold_changes(struct call *c, int64_t from_ms, int64_t to_ms, size_t most, struct fold_changes *out)
{
	struct val after = I(0), from = I(from_ms), to = I(to_ms);
	struct rows r = { .n = PAGE };
	enum err e = E_OK;

	out->n = 0;
	while (e == E_OK && r.n == PAGE && out->n <= most) {
		arena_reset(c->mem);
		e = db_select(c->db, c->mem, &fold_events,
		    ARGS(after, from, to, after, from, to, after, from, to, after, from, to, after, from, to,
			after, from, to),
		    &r);
		for (size_t i = 0; e == E_OK && i < r.n; i++) {
			const struct val *v = r.v + i * r.cols;

			if (out->n == out->cap) {
				out->cap = out->cap ? 2 * out->cap : 1024;
				out->v = xrealloc(out->v, out->cap * sizeof(*out->v));
			}
			out->v[out->n++] = (struct fold_change){ v[0].i, v[1].i, v[2].i, v[3].i };
			after = v[0];
		}
		if (e == E_OK)
			e = fold_renew(c);
	}
	return e;
}
