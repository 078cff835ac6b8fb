/* notification_find.c - events out of the tables in which they are.  Invariant: whatever is found here
 * is found again from the same rows: looking twice changes nothing. */
#include "model/notification_find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"

#define DAY_MS INT64_C(86400000)
#define DAY_S INT64_C(86400)
#define FOUND_MAX 5000
#define JSON_ONE 160

SQL(notification_marks_look, "SELECT seen_ms FROM notification_marks WHERE user_id = ?", "i", "i");
SQL(notification_seen,
    "INSERT INTO notification_marks (user_id, seen_ms) VALUES (?, ?) ON DUPLICATE KEY UPDATE "
    "seen_ms = GREATEST(seen_ms, VALUES(seen_ms))",
    "ii", "");

/* (type, subject, clip, day, newest) of what came after a time.  Days are of created_ms, or of the
 * second in which a comment's id was made. */
#define MS_DAY "(x.created_ms + ?) DIV 86400000 AS day, MAX(x.created_ms) "
#define ID_DAY "((x.id >> 22) + ?) DIV 86400 AS day, MAX(x.created_ms) "
SQL(notification_find,
    "SELECT 1, 0, 0, " MS_DAY "FROM follows x FORCE INDEX (followers) "
    "WHERE x.followee_id = ? AND x.created_ms > ? GROUP BY day "
    "UNION ALL SELECT 4, x.reply_to_id, MIN(x.video_id), " ID_DAY "FROM comments x "
    "FORCE INDEX (answered) WHERE x.to_user_id = ? AND x.id > ? AND x.user_id <> x.to_user_id "
    "GROUP BY x.reply_to_id, day "
    "UNION ALL SELECT 5, x.source_id, MIN(x.video_id), " MS_DAY "FROM mentions x "
    "FORCE INDEX (by_time) WHERE x.user_id = ? AND x.created_ms > ? AND x.notify = 1 "
    "GROUP BY x.source_id, day "
    "UNION ALL SELECT 7, x.comment_id, MIN(x.video_id), " MS_DAY "FROM comment_likes x "
    "FORCE INDEX (by_author) WHERE x.author_id = ? AND x.created_ms > ? AND x.user_id <> x.author_id "
    "GROUP BY x.comment_id, day "
    "UNION ALL SELECT 8, 0, 0, " MS_DAY "FROM follow_requests x FORCE INDEX (requests) "
    "WHERE x.followee_id = ? AND x.created_ms > ? GROUP BY day",
    "iii" "iii" "iii" "iii" "iii", "iiiii");

/* His clips that were liked or commented on after a time, and his conversations with news: two looks at
 * the end of an index for each clip.  Only these are gone through, and from that time on: the constants
 * of a block let it begin there. */
SQL(notification_active,
    "SELECT q.kind, q.id, q.liked_ms, q.comment_id FROM (SELECT 1 AS kind, "
    "v.id, COALESCE((SELECT l.created_ms FROM likes l FORCE INDEX (by_video) WHERE l.video_id = v.id "
    "ORDER BY l.created_ms DESC LIMIT 1), 0) AS liked_ms, COALESCE((SELECT c.id FROM comments c "
    "FORCE INDEX (PRIMARY) WHERE c.video_id = v.id ORDER BY c.id DESC LIMIT 1), 0) AS comment_id "
    "FROM videos v FORCE INDEX (author) WHERE v.author_id = ?) q "
    "WHERE q.liked_ms > ? OR q.comment_id > ? "
    "UNION ALL SELECT 2, c.hi_id, 0, 0 FROM conversations c WHERE c.lo_id = ? AND c.last_ms > ? "
    "UNION ALL SELECT 2, c.lo_id, 0, 0 FROM conversations c FORCE INDEX (by_hi) WHERE c.hi_id = ? AND "
    "c.last_ms > ?",
    "iiiiiii", "iiii");

#define FOUND "(SELECT CAST(? AS SIGNED), "
SQL(notification_find_likes,
    UNION16(FOUND MS_DAY "FROM likes x FORCE INDEX (by_video) WHERE x.video_id = ? AND ? = 0 AND "
	    "x.created_ms > ? AND x.user_id <> ? GROUP BY day)"),
    ARGS16, "iii");
SQL(notification_find_comments,
    UNION16(FOUND ID_DAY "FROM comments x FORCE INDEX (PRIMARY) WHERE x.video_id = ? AND ? = 0 AND "
	    "x.id > ? AND ? NOT IN (x.user_id, x.to_user_id) GROUP BY day)"),
    ARGS16, "iii");
SQL(notification_find_messages,
    UNION16(FOUND MS_DAY "FROM messages x FORCE INDEX (PRIMARY) WHERE x.lo_id = ? AND x.hi_id = ? AND "
	    "x.created_ms > ? AND x.from_id <> ? AND x.hidden = 0 GROUP BY day)"),
    ARGS16, "iii");

SQL(notification_upsert,
    "INSERT INTO notifications (user_id, id, type, subject_id, from_key, to_key, video_id, last_ms) "
    "SELECT ?, j.id, j.type, j.subject, j.from_key, j.to_key, j.video, j.last_ms FROM JSON_TABLE(?, "
    "'$[*]' COLUMNS (id BIGINT PATH '$[0]', type INT PATH '$[1]', subject BIGINT PATH '$[2]', "
    "from_key BIGINT PATH '$[3]', to_key BIGINT PATH '$[4]', video BIGINT PATH '$[5]', "
    "last_ms BIGINT PATH '$[6]')) j "
    "ON DUPLICATE KEY UPDATE last_ms = GREATEST(notifications.last_ms, VALUES(last_ms))",
    "is", "");

/* A set that was found. */
struct found {
	int64_t type, subject_id, video_id, day, last_ms;
};

/* All of one look. */
struct look {
	struct call *c;
	int64_t user_id, since_ms, since_id, offset_s;
	struct found *found;
	size_t n, max;
	const char *json; /* what is written; NULL: nothing */
};

static void
note(struct look *l, struct found f)
{
	if (l->n == l->max) {
		struct found *more = arena_array(l->c->mem, l->max * 2 + 64, sizeof(*more));

		if (l->n > 0)
			memcpy(more, l->found, l->n * sizeof(*more));
		l->found = more;
		l->max = l->max * 2 + 64;
	}
	l->found[l->n++] = f;
}

static int
latest_first(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return (x->last_ms < y->last_ms) - (x->last_ms > y->last_ms);
}

/* What was found, as rows with windows, as one JSON text; the newest FOUND_MAX. */
static const char *
json_of(struct look *l)
{
	size_t n = l->n < FOUND_MAX ? l->n : FOUND_MAX;
	char *text = arena_alloc(l->c->mem, n * JSON_ONE + 3), *p = text;

	qsort(l->found, l->n, sizeof(*l->found), latest_first);
	*p++ = '[';
	for (size_t i = 0; i < n; i++) {
		const struct found *f = &l->found[i];
		int64_t from_ms = (f->day * DAY_S - l->offset_s) * 1000, to_ms = from_ms + DAY_MS;
		bool by_id = f->type == NOTIFY_COMMENT || f->type == NOTIFY_REPLY;

		p += snprintf(p, JSON_ONE, "%s[%lld,%lld,%lld,%lld,%lld,%lld,%lld]", i > 0 ? "," : "",
		    (long long)call_new_id(l->c), (long long)f->type, (long long)f->subject_id,
		    (long long)(by_id ? id_floor(from_ms) : from_ms),
		    (long long)(by_id ? id_floor(to_ms) : to_ms), (long long)f->video_id,
		    (long long)f->last_ms);
	}
	memcpy(p, "]", 2);
	return text;
}

/* At most BLOCKS clips or others, of one type. */
static enum err
find_blocks(struct look *l, int64_t type, const int64_t *ids, size_t n)
{
	const struct sql *q = type == NOTIFY_LIKE ? &notification_find_likes
	    : type == NOTIFY_COMMENT		  ? &notification_find_comments
						  : &notification_find_messages;
	struct val args[BLOCKS * 6];
	struct rows r;
	enum err e;

	for (size_t i = 0; i < BLOCKS; i++) {
		int64_t id = i < n ? ids[i] : 0, me = l->user_id;
		bool talk = type == NOTIFY_MESSAGE;
		struct val *v = args + i * 6;

		v[0] = I(id);
		v[1] = I(type == NOTIFY_COMMENT ? ID_EPOCH_MS / 1000 + l->offset_s : l->offset_s * 1000);
		v[2] = I(talk && me < id ? me : id);
		v[3] = I(!talk || id == 0 ? 0 : me < id ? id : me);
		v[4] = I(type == NOTIFY_COMMENT ? l->since_id : l->since_ms);
		v[5] = I(me);
	}
	e = db_select(l->c->db, l->c->mem, q, args, &r);
	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		const struct val *v = r.v + i * r.cols;

		note(l, (struct found){ type, v[0].i, type == NOTIFY_MESSAGE ? 0 : v[0].i, v[1].i, v[2].i });
	}
	return e;
}

/* Goes through what is active, one type after the other. */
static enum err
find_active(struct look *l, const struct rows *r)
{
	static const int64_t types[] = { NOTIFY_LIKE, NOTIFY_COMMENT, NOTIFY_MESSAGE };
	enum err e = E_OK;

	for (size_t t = 0; t < sizeof(types) / sizeof(*types); t++) {
		int64_t ids[BLOCKS];
		size_t k = 0;

		for (size_t i = 0; e == E_OK && i < r->n; i++) {
			const struct val *v = r->v + i * r->cols;
			bool wanted = types[t] == NOTIFY_LIKE ? v[2].i > l->since_ms
			    : types[t] == NOTIFY_COMMENT      ? v[3].i > l->since_id
							      : v[0].i == 2;

			if (wanted)
				ids[k++] = v[1].i;
			if (k == BLOCKS || (k > 0 && i + 1 == r->n)) {
				e = find_blocks(l, types[t], ids, k);
				k = 0;
			}
		}
	}
	return e;
}

static enum err
write_look(void *arg)
{
	struct look *l = arg;
	struct call *c = l->c;
	enum err e = E_OK;

	if (l->json != NULL)
		e = db_exec(c->db, &notification_upsert, ARGS(I(l->user_id), S(l->json)), NULL);
	return e == E_OK ? db_exec(c->db, &notification_seen, ARGS(I(l->user_id), I(c->now_ms)), NULL) : e;
}

enum err
notification_look(struct call *c, int64_t user_id)
{
	struct look l = { .c = c, .user_id = user_id, .offset_s = c->conf->utc_offset * 60,
		.since_ms = c->now_ms - NOTIFICATION_DAYS * DAY_MS };
	struct val u = I(user_id), ms = I(l.offset_s * 1000), id = I(ID_EPOCH_MS / 1000 + l.offset_s), s, sid;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &notification_marks_look, ARGS(u), &r);

	if (e != E_OK)
		return e;
	if (r.n > 0 && r.v[0].i > c->now_ms - NOTIFICATION_LOOK_MS)
		return E_OK;
	if (r.n > 0 && r.v[0].i - NOTIFICATION_LATE_MS > l.since_ms)
		l.since_ms = r.v[0].i - NOTIFICATION_LATE_MS;
	l.since_id = id_floor(l.since_ms);
	s = I(l.since_ms);
	sid = I(l.since_id);
	e = db_select(c->db, c->mem, &notification_find,
	    ARGS(ms, u, s, id, u, sid, ms, u, s, ms, u, s, ms, u, s), &r);
	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		const struct val *v = r.v + i * r.cols;

		note(&l, (struct found){ v[0].i, v[1].i, v[2].i, v[3].i, v[4].i });
	}
	if (e == E_OK)
		e = db_select(c->db, c->mem, &notification_active, ARGS(u, s, sid, u, s, u, s), &r);
	if (e == E_OK)
		e = find_active(&l, &r);
	if (e == E_OK && l.n > 0)
		l.json = json_of(&l);
	if (e == E_OK)
		e = db_transaction(c->db, write_look, &l);
	/* Whether it was written or not: looking again does no harm. */
	return e == E_UNSURE ? E_UNAVAILABLE : e;
}
