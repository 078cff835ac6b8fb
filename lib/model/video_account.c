/* video_account.c - clips of private accounts, and of such as are leaving.  Invariant: who makes a clip
 * visible holds its author's row, and who changes the account writes that row before the clips: so no
 * clip keeps what the account no longer is. */
#include "model/video_rules.h"

#include "model/search.h"

#define BATCH 200 /* the LIMIT of video_stale */
#define STEP 20   /* clips of one transaction, for which others wait */

SQL(video_account, "SELECT private, status FROM users WHERE id = ? LOCK IN SHARE MODE", "i", "ii");
SQL(video_stale,
    "SELECT v.id FROM videos v FORCE INDEX (author) STRAIGHT_JOIN users u ON u.id = v.author_id "
    "WHERE v.author_id = ? AND v.visible > 0 AND "
    "v.visible <> IF(u.status = 3, 3, IF(u.private = 1, 2, 1)) ORDER BY v.published_ms DESC, v.id DESC "
    "LIMIT 200",
    "i", "i");
SQL(video_set_visible, "UPDATE videos SET visible = ? WHERE id IN (?...) AND visible > 0", "iL", "");

enum err
video_account_visible(struct call *c, int64_t author_id, int64_t *visible)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &video_account, ARGS(I(author_id)), &r);

	*visible = VIDEO_PUBLIC;
	if (e == E_OK && r.n > 0)
		*visible = r.v[1].i == USER_LEAVING ? VIDEO_LEAVING : r.v[0].i ? VIDEO_FOLLOWERS : VIDEO_PUBLIC;
	return e;
}

struct follow {
	struct call *c;
	int64_t author_id;
	const int64_t *ids;
	size_t n;
};

/* The cached rows of the clips may keep the old value: only indexes ask for more than whether it is 0. */

static enum err
follow_batch(void *arg)
{
	const struct follow *f = arg;
	int64_t visible;
	enum err e = video_account_visible(f->c, f->author_id, &visible);

	if (e == E_OK)
		e = db_exec(f->c->db, &video_set_visible, ARGS(I(visible), LIST(f->ids, f->n)), NULL);
	return e == E_OK ? search_videos_write(f->c, f->ids, f->n, false) : e;
}

static enum err
follow_steps(struct follow *f, size_t n, bool (*more)(void *arg), void *arg)
{
	struct call *c = f->c;
	const struct row_ref head = video_head_ref();
	int64_t chars[BATCH];
	size_t at = 0;
	enum err e = search_weigh(c, f->ids, n, chars);

	while (e == E_OK && at < n) {
		struct call_step before = call_step(c);

		f->n = search_step(chars + at, n - at < STEP ? n - at : STEP);
		e = rows_write(c->rows, &head, 1, follow_batch, f);
		call_step_end(c, before);
		f->ids += f->n;
		at += f->n;
		if (!more(arg))
			break;
	}
	return e;
}

enum err
video_follow_account(struct call *c, int64_t author_id, bool (*more)(void *arg), void *arg)
{
	int64_t ids[BATCH];
	struct follow f = { .c = c, .author_id = author_id };
	struct rows r;
	size_t n;
	enum err e;

	do {
		struct call_step before = call_step(c);

		e = db_select(c->db, c->mem, &video_stale, ARGS(I(author_id)), &r);
		for (n = 0; e == E_OK && n < r.n && n < BATCH; n++)
			ids[n] = r.v[n].i;
		f.ids = ids;
		if (e == E_OK && n > 0)
			e = follow_steps(&f, n, more, arg);
		call_step_end(c, before);
	} while (e == E_OK && n > 0 && more(arg));
	return e;
}
