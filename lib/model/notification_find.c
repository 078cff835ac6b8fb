/* notification_find.c - events out of the tables in which they are.  Invariant: whatever is found here
 * is found again from the same rows: looking twice changes nothing. */
#include "model/notification_find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "model/viewer.h"

#define DAY_MS INT64_C(86400000)
#define DAY_S INT64_C(86400)
#define JSON_ONE 160
#define BLOCKS 16 /* notifications in one statement */

SQL(notification_marks_look, "SELECT seen_ms FROM notification_marks WHERE user_id = ?", "i", "i");
SQL(notification_seen,
    "INSERT INTO notification_marks (user_id, seen_ms) VALUES (?, ?) ON DUPLICATE KEY UPDATE "
    "seen_ms = GREATEST(seen_ms, VALUES(seen_ms))",
    "ii", "");

/* (type, subject, clip, day, newest) of what came after a time; the newest 5,000.  Days are of created_ms, or of the
 * second in which a comment's id was made. */
#define MS_DAY "(x.created_ms + ?) DIV 86400000 AS day, MAX(x.created_ms) AS last_ms "
#define ID_DAY "((x.id >> 22) + ?) DIV 86400 AS day, MAX(x.created_ms) AS last_ms "
SQL(notification_find,
    "SELECT 1 AS type, 0 AS subject, 0 AS video, " MS_DAY "FROM follows x FORCE INDEX (followers) "
    "WHERE x.followee_id = ? AND x.created_ms > ? GROUP BY day "
    "UNION ALL SELECT 2, x.video_id, x.video_id, " MS_DAY "FROM videos v FORCE INDEX (author) "
    "STRAIGHT_JOIN likes x FORCE INDEX (by_video) ON x.video_id = v.id AND x.created_ms > ? "
    "WHERE v.author_id = ? AND x.user_id <> v.author_id GROUP BY x.video_id, day "
    "UNION ALL SELECT 3, x.video_id, x.video_id, " ID_DAY "FROM videos v FORCE INDEX (author) "
    "STRAIGHT_JOIN comments x FORCE INDEX (PRIMARY) ON x.video_id = v.id AND x.id > ? "
    "WHERE v.author_id = ? AND x.user_id <> v.author_id AND x.to_user_id <> v.author_id "
    "GROUP BY x.video_id, day "
    "UNION ALL SELECT 4, x.reply_to_id, MIN(x.video_id), " ID_DAY "FROM comments x "
    "FORCE INDEX (answered) WHERE x.to_user_id = ? AND x.id > ? AND x.user_id <> x.to_user_id "
    "GROUP BY x.reply_to_id, day "
    "UNION ALL SELECT 5, x.source_id, MIN(x.video_id), " MS_DAY "FROM mentions x "
    "FORCE INDEX (by_time) WHERE x.user_id = ? AND x.created_ms > ? AND x.notify = 1 "
    "GROUP BY x.source_id, day "
    "UNION ALL SELECT 6, c.hi_id, 0, " MS_DAY "FROM conversations c STRAIGHT_JOIN messages x "
    "ON x.lo_id = c.lo_id AND x.hi_id = c.hi_id AND x.created_ms > ? WHERE c.lo_id = ? AND "
    "c.last_ms > ? AND x.from_id = c.hi_id AND x.hidden = 0 GROUP BY c.hi_id, day "
    "UNION ALL SELECT 6, c.lo_id, 0, " MS_DAY "FROM conversations c FORCE INDEX (by_hi) "
    "STRAIGHT_JOIN messages x ON x.lo_id = c.lo_id AND x.hi_id = c.hi_id AND x.created_ms > ? "
    "WHERE c.hi_id = ? AND c.last_ms > ? AND x.from_id = c.lo_id AND x.hidden = 0 "
    "GROUP BY c.lo_id, day "
    "ORDER BY last_ms DESC LIMIT 5000",
    "iii" "iii" "iii" "iii" "iii" "iiii" "iiii", "iiiii");

SQL(notification_upsert,
    "INSERT INTO notifications (user_id, id, type, subject_id, from_key, to_key, video_id, last_ms) "
    "SELECT ?, j.id, j.type, j.subject, j.from_key, j.to_key, j.video, j.last_ms FROM JSON_TABLE(?, "
    "'$[*]' COLUMNS (id BIGINT PATH '$[0]', type INT PATH '$[1]', subject BIGINT PATH '$[2]', "
    "from_key BIGINT PATH '$[3]', to_key BIGINT PATH '$[4]', video BIGINT PATH '$[5]', "
    "last_ms BIGINT PATH '$[6]')) j "
    "ON DUPLICATE KEY UPDATE last_ms = GREATEST(notifications.last_ms, VALUES(last_ms))",
    "is", "");

/* The sets themselves, BLOCKS at a time.  Each is asked for by its id, two keys, its window, and who
 * is no actor: the constants let each read only as much of an index as it shows. */
/* Not by one whom the receiver does not see or mutes; the flag says that there is any such. */
#define BARRED(actor)                                                                              \
	" AND (? = 0 OR NOT EXISTS (SELECT 1 FROM blocks z WHERE z.user_id = ? AND "                \
	"z.other_id = x." actor ")) "
#define FOLLOW                                                                                     \
	"FROM follows x FORCE INDEX (followers) WHERE x.followee_id = ? AND x.follower_id <> ? AND " \
	"x.created_ms >= ? AND x.created_ms < ? AND x.follower_id <> ?" BARRED("follower_id")
#define LIKE                                                                                       \
	"FROM likes x FORCE INDEX (by_video) WHERE x.video_id = ? AND x.user_id <> ? AND "          \
	"x.created_ms >= ? AND x.created_ms < ? AND x.user_id <> ?" BARRED("user_id")
#define COMMENT                                                                                    \
	"FROM comments x FORCE INDEX (PRIMARY) WHERE x.video_id = ? AND x.to_user_id <> ? AND "     \
	"x.id >= ? AND x.id < ? AND x.user_id <> ?" BARRED("user_id")
#define REPLY                                                                                      \
	"FROM comments x FORCE INDEX (answered) WHERE x.to_user_id = ? AND x.reply_to_id = ? AND "  \
	"x.id >= ? AND x.id < ? AND x.user_id <> ?" BARRED("user_id")
#define MENTION                                                                                    \
	"FROM mentions x FORCE INDEX (PRIMARY) WHERE x.user_id = ? AND x.source_id = ? AND "        \
	"x.created_ms >= ? AND x.created_ms < ? AND x.author_id <> ? AND x.notify = 1"          \
	BARRED("author_id")
#define MESSAGE                                                                                    \
	"FROM messages x FORCE INDEX (PRIMARY) WHERE x.lo_id = ? AND x.hi_id = ? AND "              \
	"x.created_ms >= ? AND x.created_ms < ? AND x.from_id <> ? AND x.hidden = 0" BARRED("from_id")
#define COMMENT_TEXT "IF(x.hidden, '', x.content)"
#define MENTION_TEXT                                                                               \
	"COALESCE((SELECT IF(t.hidden, '', t.content) FROM comments t WHERE t.video_id = "          \
	"x.video_id AND t.id = x.source_id), '')"
#define MESSAGE_READ                                                                               \
	"COALESCE((SELECT IF(t.lo_id = x.from_id, t.hi_read_ms, t.lo_read_ms) FROM conversations t " \
	"WHERE t.lo_id = x.lo_id AND t.hi_id = x.hi_id), 0)"

#define UNION4(b) b " UNION ALL " b " UNION ALL " b " UNION ALL " b
#define UNION16(b) UNION4(b) " UNION ALL " UNION4(b) " UNION ALL " UNION4(b) " UNION ALL " UNION4(b)
#define ARGS4 "iiiiiiii" "iiiiiiii" "iiiiiiii" "iiiiiiii"
#define ARGS16 ARGS4 ARGS4 ARGS4 ARGS4
#define SHOW(actor, text, read, from, order)                                                       \
	UNION16("(SELECT CAST(? AS SIGNED), " actor ", x.created_ms, " text ", " read " " from     \
		"ORDER BY " order " DESC LIMIT 3)")
#define TALLY(from)                                                                                \
	UNION16("(SELECT CAST(? AS SIGNED), COUNT(*) FROM (SELECT 1 " from "LIMIT 100000) q)")

SQL(notification_show_follow, SHOW("x.follower_id", "''", "0", FOLLOW, "x.created_ms"), ARGS16, "iiisi");
SQL(notification_show_like, SHOW("x.user_id", "''", "0", LIKE, "x.created_ms"), ARGS16, "iiisi");
SQL(notification_show_comment, SHOW("x.user_id", COMMENT_TEXT, "0", COMMENT, "x.id"), ARGS16, "iiisi");
SQL(notification_show_reply, SHOW("x.user_id", COMMENT_TEXT, "0", REPLY, "x.id"), ARGS16, "iiisi");
SQL(notification_show_mention, SHOW("x.author_id", MENTION_TEXT, "0", MENTION, "x.created_ms"), ARGS16,
    "iiisi");
SQL(notification_show_message, SHOW("x.from_id", "x.content", MESSAGE_READ, MESSAGE, "x.created_ms"),
    ARGS16, "iiisi");
SQL(notification_count_follow, TALLY(FOLLOW), ARGS16, "ii");
SQL(notification_count_like, TALLY(LIKE), ARGS16, "ii");
SQL(notification_count_comment, TALLY(COMMENT), ARGS16, "ii");
SQL(notification_count_reply, TALLY(REPLY), ARGS16, "ii");
SQL(notification_count_message, TALLY(MESSAGE), ARGS16, "ii");

static const struct {
	const struct sql *show, *count; /* count NULL: always one */
} kinds[NOTIFY_TYPES] = {
	[NOTIFY_FOLLOW] = { &notification_show_follow, &notification_count_follow },
	[NOTIFY_LIKE] = { &notification_show_like, &notification_count_like },
	[NOTIFY_COMMENT] = { &notification_show_comment, &notification_count_comment },
	[NOTIFY_REPLY] = { &notification_show_reply, &notification_count_reply },
	[NOTIFY_MENTION] = { &notification_show_mention, NULL },
	[NOTIFY_MESSAGE] = { &notification_show_message, &notification_count_message },
};

/* What was found, as rows with windows, as one JSON text. */
static const char *
json_of(struct call *c, const struct rows *r, int64_t offset_s)
{
	char *text = arena_alloc(c->mem, r->n * JSON_ONE + 3), *p = text;

	*p++ = '[';
	for (size_t i = 0; i < r->n; i++) {
		const struct val *v = r->v + i * r->cols;
		int64_t from_ms = (v[3].i * DAY_S - offset_s) * 1000, to_ms = from_ms + DAY_MS;
		bool by_id = v[0].i == NOTIFY_COMMENT || v[0].i == NOTIFY_REPLY;

		p += snprintf(p, JSON_ONE, "%s[%lld,%lld,%lld,%lld,%lld,%lld,%lld]", i > 0 ? "," : "",
		    (long long)call_new_id(c), (long long)v[0].i, (long long)v[1].i,
		    (long long)(by_id ? id_floor(from_ms) : from_ms),
		    (long long)(by_id ? id_floor(to_ms) : to_ms), (long long)v[2].i, (long long)v[4].i);
	}
	memcpy(p, "]", 2);
	return text;
}

struct look {
	struct call *c;
	int64_t user_id;
	const char *found; /* NULL: nothing */
};

static enum err
write_look(void *arg)
{
	struct look *l = arg;
	struct call *c = l->c;
	enum err e = E_OK;

	if (l->found != NULL)
		e = db_exec(c->db, &notification_upsert, ARGS(I(l->user_id), S(l->found)), NULL);
	return e == E_OK ? db_exec(c->db, &notification_seen, ARGS(I(l->user_id), I(c->now_ms)), NULL) : e;
}

enum err
notification_look(struct call *c, int64_t user_id)
{
	int64_t offset_s = c->conf->utc_offset * 60, offset_ms = offset_s * 1000;
	int64_t id_offset_s = ID_EPOCH_MS / 1000 + offset_s;
	int64_t since = c->now_ms - NOTIFICATION_DAYS * DAY_MS, since_id;
	struct val u = I(user_id), ms = I(offset_ms), id = I(id_offset_s), s, sid;
	struct look look = { c, user_id, NULL };
	struct rows r;
	enum err e = db_select(c->db, c->mem, &notification_marks_look, ARGS(u), &r);

	if (e != E_OK)
		return e;
	if (r.n > 0 && r.v[0].i > c->now_ms - NOTIFICATION_LOOK_MS)
		return E_OK;
	if (r.n > 0 && r.v[0].i - NOTIFICATION_LATE_MS > since)
		since = r.v[0].i - NOTIFICATION_LATE_MS;
	since_id = id_floor(since);
	s = I(since);
	sid = I(since_id);
	e = db_select(c->db, c->mem, &notification_find,
	    ARGS(ms, u, s, /**/ ms, s, u, /**/ id, sid, u, /**/ id, u, sid, /**/ ms, u, s, /**/ ms, s, u, s,
		/**/ ms, s, u, s),
	    &r);
	if (e == E_OK && r.n > 0)
		look.found = json_of(c, &r, offset_s);
	if (e == E_OK)
		e = db_transaction(c->db, write_look, &look);
	/* Whether it was written or not: looking again does no harm. */
	return e == E_UNSURE ? E_UNAVAILABLE : e;
}

/* The two keys by which a type finds its set. */
static void
keys(int64_t user_id, const struct notification_row *n, int64_t *a, int64_t *b)
{
	*a = *b = 0;
	switch (n->type) {
	case NOTIFY_FOLLOW:
		*a = user_id;
		break;
	case NOTIFY_LIKE:
		*a = n->subject_id;
		break;
	case NOTIFY_COMMENT:
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
