/* notification_fill.c - what stands in the sets that notifications name.  Invariant: it is read each time
 * from the rows themselves. */
#include "model/notification_find.h"

#include <stdlib.h>

#include "model/viewer.h"

/* The sets themselves, BLOCKS at a time.  Each is asked for by its id, two keys, its window, and who
 * is no actor: the constants let each read only as much of an index as it shows. */
/* Not by one whom the receiver does not see or mutes; the flag says that there is any such. */
#define BARRED(actor)                                                                              \
	" AND (? = 0 OR NOT EXISTS (SELECT 1 FROM blocks z WHERE z.user_id = ? AND "                \
	"z.other_id = x." actor ")) "
#define FOLLOW                                                                                     \
	"FROM follows x FORCE INDEX (followers) WHERE x.followee_id = ? AND x.follower_id <> ? AND " \
	"x.created_ms >= ? AND x.created_ms < ? AND x.follower_id <> ?" \
	BARRED("follower_id")
#define REQUEST                                                                                    \
	"FROM follow_requests x FORCE INDEX (requests) WHERE x.followee_id = ? AND x.follower_id <> ? AND " \
	"x.created_ms >= ? AND x.created_ms < ? AND x.follower_id <> ?" \
	BARRED("follower_id")
#define LIKE                                                                                       \
	"FROM likes x FORCE INDEX (by_video) WHERE x.video_id = ? AND x.user_id <> ? AND "          \
	"x.created_ms >= ? AND x.created_ms < ? AND x.user_id <> ?" \
	BARRED("user_id")
#define COMMENT                                                                                    \
	"FROM comments x FORCE INDEX (PRIMARY) WHERE x.video_id = ? AND x.to_user_id <> ? AND "     \
	"x.id >= ? AND x.id < ? AND x.user_id <> ?" \
	BARRED("user_id")
#define REPLY                                                                                      \
	"FROM comments x FORCE INDEX (answered) WHERE x.to_user_id = ? AND x.reply_to_id = ? AND "  \
	"x.id >= ? AND x.id < ? AND x.user_id <> ?" \
	BARRED("user_id")
#define COMMENT_LIKE                                                                               \
	"FROM comment_likes x FORCE INDEX (by_comment) WHERE x.comment_id = ? AND x.author_id = ? AND " \
	"x.created_ms >= ? AND x.created_ms < ? AND x.user_id <> ?" \
	BARRED("user_id")
#define MENTION                                                                                    \
	"FROM mentions x FORCE INDEX (PRIMARY) WHERE x.user_id = ? AND x.source_id = ? AND "        \
	"x.created_ms >= ? AND x.created_ms < ? AND x.author_id <> ? AND x.notify = 1" \
	BARRED("author_id")
#define MESSAGE                                                                                    \
	"FROM messages x FORCE INDEX (PRIMARY) WHERE x.lo_id = ? AND x.hi_id = ? AND "              \
	"x.created_ms >= ? AND x.created_ms < ? AND x.from_id <> ? AND x.hidden = 0" \
	BARRED("from_id")
#define COMMENT_TEXT "IF(x.hidden, '', x.content)"
#define MENTION_TEXT                                                                               \
	"COALESCE((SELECT IF(t.hidden, '', t.content) FROM comments t WHERE t.video_id = "          \
	"x.video_id AND t.id = x.source_id), '')"
#define LIKED_TEXT                                                                                 \
	"COALESCE((SELECT IF(t.hidden, '', t.content) FROM comments t WHERE t.video_id = "          \
	"x.video_id AND t.id = x.comment_id), '')"
#define MESSAGE_READ                                                                               \
	"COALESCE((SELECT IF(t.lo_id = x.from_id, t.hi_read_ms, t.lo_read_ms) FROM conversations t " \
	"WHERE t.lo_id = x.lo_id AND t.hi_id = x.hi_id), 0)"

#define SET4 "iiiiiiii" "iiiiiiii" "iiiiiiii" "iiiiiiii"
#define SET16 SET4 SET4 SET4 SET4
/* Nor by one who is leaving.  Three events are looked up; for very many it pays to have all who are
 * leaving at hand, and the optimizer sees when (by_status). */
#define SHOW(actor, text, read, from, order)                                                       \
	UNION16("(SELECT CAST(? AS SIGNED), " actor ", x.created_ms, " text ", " read " " from     \
		"AND COALESCE((SELECT g.status FROM users g WHERE g.id = " actor "), 1) <> 3 "      \
		"ORDER BY " order " DESC LIMIT 3)")
#define TALLY(actor, from)                                                                         \
	UNION16("(SELECT CAST(? AS SIGNED), COUNT(*) FROM (SELECT 1 " from                         \
		"AND NOT EXISTS (SELECT 1 FROM users g WHERE g.id = " actor " AND g.status = 3) "   \
		"LIMIT 100000) q)")

SQL(notification_show_follow, SHOW("x.follower_id", "''", "0", FOLLOW, "x.created_ms"), SET16, "iiisi");
SQL(notification_show_request, SHOW("x.follower_id", "''", "0", REQUEST, "x.created_ms"), SET16, "iiisi");
SQL(notification_show_like, SHOW("x.user_id", "''", "0", LIKE, "x.created_ms"), SET16, "iiisi");
SQL(notification_show_comment, SHOW("x.user_id", COMMENT_TEXT, "0", COMMENT, "x.id"), SET16, "iiisi");
SQL(notification_show_reply, SHOW("x.user_id", COMMENT_TEXT, "0", REPLY, "x.id"), SET16, "iiisi");
SQL(notification_show_mention, SHOW("x.author_id", MENTION_TEXT, "0", MENTION, "x.created_ms"), SET16,
    "iiisi");
SQL(notification_show_message, SHOW("x.from_id", "x.content", MESSAGE_READ, MESSAGE, "x.created_ms"),
    SET16, "iiisi");
SQL(notification_show_comment_like, SHOW("x.user_id", LIKED_TEXT, "0", COMMENT_LIKE, "x.created_ms"), SET16,
    "iiisi");
SQL(notification_count_follow, TALLY("x.follower_id", FOLLOW), SET16, "ii");
SQL(notification_count_request, TALLY("x.follower_id", REQUEST), SET16, "ii");
SQL(notification_count_like, TALLY("x.user_id", LIKE), SET16, "ii");
SQL(notification_count_comment, TALLY("x.user_id", COMMENT), SET16, "ii");
SQL(notification_count_reply, TALLY("x.user_id", REPLY), SET16, "ii");
SQL(notification_count_message, TALLY("x.from_id", MESSAGE), SET16, "ii");
SQL(notification_count_comment_like, TALLY("x.user_id", COMMENT_LIKE), SET16, "ii");

static const struct {
	const struct sql *show, *count; /* count NULL: always one */
} kinds[NOTIFY_TYPES] = {
	[NOTIFY_FOLLOW] = { &notification_show_follow, &notification_count_follow },
	[NOTIFY_LIKE] = { &notification_show_like, &notification_count_like },
	[NOTIFY_COMMENT] = { &notification_show_comment, &notification_count_comment },
	[NOTIFY_REPLY] = { &notification_show_reply, &notification_count_reply },
	[NOTIFY_MENTION] = { &notification_show_mention, NULL },
	[NOTIFY_MESSAGE] = { &notification_show_message, &notification_count_message },
	[NOTIFY_COMMENT_LIKE] = { &notification_show_comment_like, &notification_count_comment_like },
	[NOTIFY_REQUEST] = { &notification_show_request, &notification_count_request },
};

/* The two keys by which a type finds its set. */
static void
keys(int64_t user_id, const struct notification_row *n, int64_t *a, int64_t *b)
{
	*a = *b = 0;
	switch (n->type) {
	case NOTIFY_FOLLOW:
	case NOTIFY_REQUEST:
		*a = user_id;
		break;
	case NOTIFY_LIKE:
		*a = n->subject_id;
		break;
	case NOTIFY_COMMENT:
	case NOTIFY_COMMENT_LIKE:
		*a = n->subject_id;
		*b = user_id;
		break;
	case NOTIFY_MESSAGE:
		*a = user_id < n->subject_id ? user_id : n->subject_id;
		*b = user_id < n->subject_id ? n->subject_id : user_id;
		break;
	default:
		*a = user_id;
		*b = n->subject_id;
		break;
	}
}

static struct notification_row *
row_of(struct notification_row **rows, size_t n, int64_t id)
{
	for (size_t i = 0; i < n; i++) {
		if (rows[i]->id == id)
			return rows[i];
	}
	return NULL;
}

static void
add_event(struct notification_row *n, const struct val *v)
{
	size_t i = 0;

	if (n->actors_n == 0) {
		n->at_ms = v[2].i;
		n->text = v[3].s;
		n->read_ms = v[4].i > n->read_ms ? v[4].i : n->read_ms;
	}
	while (i < n->actors_n && n->actors[i] != v[1].i)
		i++;
	if (i == n->actors_n && i < NOTIFICATION_ACTORS)
		n->actors[n->actors_n++] = v[1].i;
}

static int
newest_first(const void *a, const void *b)
{
	const struct val *const *x = a, *const *y = b;

	return ((*x)[2].i < (*y)[2].i) - ((*x)[2].i > (*y)[2].i);
}

/* At most BLOCKS rows of one type. */
static enum err
fill_blocks(struct call *c, int64_t user_id, struct notification_row **rows, size_t n, bool count)
{
	int64_t type = rows[0]->type, a, b;
	const struct val *events[BLOCKS * NOTIFICATION_ACTORS];
	struct val args[BLOCKS * 8];
	size_t events_n = 0;
	struct rows r;
	enum err e;

	for (size_t i = 0; i < BLOCKS; i++) {
		struct val *v = args + i * 8;

		keys(user_id, rows[i < n ? i : 0], &a, &b);
		v[0] = I(i < n ? rows[i]->id : 0);
		v[1] = I(i < n ? a : 0);
		v[2] = I(i < n ? b : 0);
		v[3] = I(i < n ? rows[i]->from_key : 0);
		v[4] = I(i < n ? rows[i]->to_key : 0);
		v[5] = v[7] = I(user_id);
		v[6] = I(viewer_bars(c));
	}
	e = db_select(c->db, c->mem, kinds[type].show, args, &r);
	if (e != E_OK)
		return e;
	/* UNION promises no order. */
	for (size_t i = 0; i < r.n && i < BLOCKS * NOTIFICATION_ACTORS; i++)
		events[events_n++] = r.v + i * r.cols;
	qsort(events, events_n, sizeof(*events), newest_first);
	for (size_t i = 0; i < events_n; i++) {
		struct notification_row *at = row_of(rows, n, events[i][0].i);

		if (at != NULL)
			add_event(at, events[i]);
	}
	for (size_t i = 0; i < n; i++)
		rows[i]->count = rows[i]->actors_n > 0;
	if (!count || kinds[type].count == NULL)
		return e;
	e = db_select(c->db, c->mem, kinds[type].count, args, &r);
	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		struct notification_row *at = row_of(rows, n, r.v[i * r.cols].i);

		if (at != NULL)
			at->count = r.v[i * r.cols + 1].i;
	}
	return e;
}

enum err
notification_fill(struct call *c, int64_t user_id, struct notification_row **rows, size_t n,
    bool count)
{
	for (int64_t type = NOTIFY_FOLLOW; type < NOTIFY_TYPES; type++) {
		struct notification_row *batch[BLOCKS];
		size_t k = 0;

		for (size_t i = 0; i < n; i++) {
			enum err e = E_OK;

			if (rows[i]->type == type)
				batch[k++] = rows[i];
			if (k == BLOCKS || (k > 0 && i + 1 == n)) {
				e = fill_blocks(c, user_id, batch, k, count);
				k = 0;
			}
			if (e != E_OK)
				return e;
		}
	}
	return E_OK;
}
