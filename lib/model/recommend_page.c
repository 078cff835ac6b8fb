/* recommend_page.c - the last look at a page: what of it the user has seen, and the rows that will show
 * it, which the caches may lack; one statement for all of that.  Invariant: what he watched, likes,
 * starred or dismissed does not pass, however long ago that was and whatever is cached. */
#include "model/recommend_user.h"
#include "model/video_rows.h"

#define NUMBERS5 "0, 0, 0, 0, 0, "
#define SEEN 201 /* kind of a row; see video_rows.h */
#define SEEN_COLUMNS ", 0, 0, 0, 0, '', '', '', '', '', " NUMBERS5 NUMBERS5 "201"

/* Of a list of clips and, last, their authors. */
#define SEEN_SQL(columns)                                                                          \
	"SELECT video_id AS id" columns " FROM views WHERE user_id = ? AND video_id IN (?...) AND "  \
	"at_ms > ? UNION ALL SELECT video_id" columns " FROM likes WHERE user_id = ? AND "           \
	"video_id IN (?...) UNION ALL SELECT video_id" columns " FROM stars WHERE user_id = ? AND "  \
	"video_id IN (?...) UNION ALL SELECT ref_id" columns " FROM recommend_dismissed WHERE "      \
	"user_id = ? AND kind = 1 AND ref_id IN (?...) UNION ALL SELECT ref_id" columns " FROM "     \
	"recommend_dismissed WHERE user_id = ? AND kind = 2 AND ref_id IN (?...)"
#define SEEN_IN "iLiiLiLiLiL"

SQL(recommend_seen, SEEN_SQL(""), SEEN_IN, "i");
SQL(recommend_page_rows, VIDEO_ROWS_SQL " UNION ALL " USER_ROWS_SQL, VIDEO_ROWS_IN "L", VIDEO_ROWS_OUT);
SQL(recommend_page_all,
    VIDEO_ROWS_SQL " UNION ALL " USER_ROWS_SQL " UNION ALL " SEEN_SQL(SEEN_COLUMNS),
    VIDEO_ROWS_IN "L" SEEN_IN, VIDEO_ROWS_OUT);

struct last_look {
	struct call *c;
	const struct recommend_user *u;
	const int64_t *ids, *authors; /* of the clips */
	size_t n;
	int64_t since_ms;
	struct rows seen; /* the first column is a clip or an author, where it is of that kind */
	bool asked;
};

static struct val
list_or_none(const struct rows_part *p)
{
	static const int64_t none[] = { 0 }; /* nothing has this id */

	return p->n > 0 ? LIST(p->ids, p->n) : LIST(none, 1);
}

static enum err
load(void *ctx, const struct rows_part *missing, struct rows_loader *into)
{
	struct last_look *p = ctx;
	struct call *c = p->c;
	struct val videos = list_or_none(&missing[0]), users = list_or_none(&missing[1]);
	struct val ids = LIST(p->ids, p->n), authors = LIST(p->authors, p->n), me = I(p->u->id);
	struct rows r;
	enum err e;

	if (p->u->whole)
		e = db_select(c->db, c->mem, &recommend_page_rows, ARGS(videos, videos, videos, users), &r);
	else
		e = db_select(c->db, c->mem, &recommend_page_all,
		    ARGS(videos, videos, videos, users, me, ids, I(p->since_ms), me, ids, me, ids, me, ids, me, authors),
		    &r);
	if (e != E_OK)
		return e;
	r = video_rows_sorted(c, r);
	video_put_rows(c, &r, into);
	user_put_rows(c, &r, into);
	p->seen = r;
	p->asked = true;
	return E_OK;
}

static bool
is_seen(const struct last_look *p, size_t i)
{
	for (size_t k = 0; k < p->seen.n; k++) {
		const struct val *v = p->seen.v + k * p->seen.cols;

		if ((p->seen.cols == 1 || v[20].i == SEEN) && (v[0].i == p->ids[i] || v[0].i == p->authors[i]))
			return true;
	}
	return false;
}

enum err
recommend_user_unseen(struct call *c, const struct recommend_user *u, const struct rank_pick **picks, size_t *n)
{
	int64_t *ids = arena_array(c->mem, *n + 1, sizeof(*ids));
	int64_t *authors = arena_array(c->mem, *n + 1, sizeof(*authors));
	const void **rows = arena_array(c->mem, 2 * *n + 1, sizeof(*rows));
	struct last_look p = { .c = c, .u = u, .ids = ids, .authors = authors, .n = *n,
		.since_ms = c->now_ms - c->conf->recommend_again * 1000 };
	struct rows_part parts[] = { { &video_class, ids, *n, rows }, { &user_class, authors, *n, rows + *n } };
	size_t kept = 0;
	enum err e;

	if (*n == 0)
		return E_OK;
	for (size_t i = 0; i < *n; i++) {
		ids[i] = picks[i]->card.id;
		authors[i] = picks[i]->card.author_id;
	}
	e = rows_get_parts(c->rows, c->mem, parts, 2, load, &p);
	/* Of a user who is known whole, what he has seen was kept out of the pool. */
	if (e == E_OK && !p.asked && !u->whole) {
		struct val list = LIST(ids, *n), me = I(u->id);

		e = db_select(c->db, c->mem, &recommend_seen,
		    ARGS(me, list, I(p.since_ms), me, list, me, list, me, list, me, LIST(authors, *n)), &p.seen);
	}
	if (e != E_OK)
		return e;
	for (size_t i = 0; i < *n; i++) {
		if (!is_seen(&p, i))
			picks[kept++] = picks[i];
	}
	*n = kept;
	return E_OK;
}
