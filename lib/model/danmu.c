/* danmu.c - danmaku.  Invariant: it is only written into a room that is live: the insert itself looks,
 * so that nothing follows a stop. */
#include "model/danmu.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "model/live.h"
#include "model/viewer.h"
#include "model/words.h"

#define COLUMNS "id, user_id, content, color, position, created_ms"
#define TYPES "iissii"

SQL(danmu_insert,
    "INSERT INTO danmus (room_id, id, user_id, content, color, position, created_ms) "
    "SELECT id, ?, ?, ?, ?, ?, ? FROM live_rooms WHERE id = ? AND is_live = 1 LOCK IN SHARE MODE",
    "iissiii", "");
SQL(danmu_newest,
    "SELECT " COLUMNS " FROM danmus FORCE INDEX (by_time) WHERE room_id = ? AND created_ms <= ? "
    "ORDER BY created_ms DESC, id DESC LIMIT ?",
    "iii", TYPES);
SQL(danmu_from,
    "SELECT " COLUMNS " FROM danmus FORCE INDEX (by_time) WHERE room_id = ? AND created_ms <= ? AND "
    "(created_ms > ? OR (created_ms = ? AND id > ?)) ORDER BY created_ms, id LIMIT ?",
    "iiiiii", TYPES);
SQL(danmu_owner, "SELECT user_id FROM danmus WHERE room_id = ? AND id = ?", "ii", "i");
SQL(danmu_drop, "DELETE FROM danmus WHERE room_id = ? AND id = ?", "ii", "");
SQL(danmu_totals,
    "SELECT COUNT(*), COUNT(DISTINCT user_id) FROM danmus FORCE INDEX (by_time) WHERE room_id = ? AND "
    "created_ms >= ?",
    "ii", "ii");
SQL(danmu_peak,
    "SELECT COUNT(*) AS n FROM danmus FORCE INDEX (by_time) WHERE room_id = ? AND created_ms >= ? "
    "GROUP BY created_ms DIV 60000 ORDER BY n DESC LIMIT 1",
    "ii", "i");

#define D(m) offsetof(struct danmu, m)
static const struct member members[] = {
	{ { NULL, "id" }, M_INT, D(id), NULL, "its id" },
	{ { NULL, "userId" }, M_INT, D(user_id), NULL, "who wrote it" },
	{ { NULL, "liveId" }, M_INT, D(room_id), NULL, "the room" },
	{ { NULL, "content" }, M_STR, D(content), NULL, "text" },
	{ { NULL, "color" }, M_STR, D(color), NULL, "#RRGGBB" },
	{ { NULL, "position" }, M_INT, D(position), NULL, "0: scrolls, 1: top, 2: bottom" },
	{ { NULL, "createTime" }, M_DATE_TIME, D(created_ms), NULL, "date and time" },
	{ { NULL, "createTimeMs" }, M_INT, D(created_ms), NULL, "the same in ms since 1970" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape danmu_shape = { .name = "Danmu", .members = members };

#define ST(m) offsetof(struct danmu_stats, m)
static const struct member stats_members[] = {
	{ { NULL, "liveId" }, M_INT, ST(room_id), NULL, "the room" },
	{ { NULL, "total" }, M_INT, ST(total), NULL, "danmaku since the last show began" },
	{ { NULL, "activeUsers" }, M_INT, ST(users), NULL, "users who wrote them" },
	{ { NULL, "peakPerMinute" }, M_INT, ST(peak), NULL, "most of them in one minute of the clock" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape danmu_stats_shape = { .name = "DanmuStats", .members = stats_members };

/* Upper-case #RRGGBB, of the arena; NULL where it is none. */
static const char *
color_of(struct call *c, const char *text)
{
	char *out;

	if (*text == '\0')
		return DANMU_COLOR;
	if (strlen(text) != 7 || *text != '#' || strspn(text + 1, "0123456789abcdefABCDEF") != 6)
		return NULL;
	out = arena_strdup(c->mem, text);
	for (char *p = out; *p != '\0'; p++)
		*p = (char)toupper((unsigned char)*p);
	return out;
}

enum err
danmu_add(struct call *c, struct danmu *d)
{
	struct live_room room;
	int64_t changed;
	enum err e;

	d->color = color_of(c, d->color);
	if (d->color == NULL)
		return call_param(c, "color", WHY_NOT_COLOR, 0);
	d->content = words_mask(c, WORDS_DANMAKU, d->content);
	d->id = call_new_id(c);
	d->user_id = c->viewer_id;
	e = live_get(c, d->room_id, &room);
	if (e != E_OK)
		return e;
	if (!room.is_live)
		return E_LIVE_OFF;
	/* As late as can be: see DANMU_SETTLE_MS. */
	d->created_ms = clock_ms();
	e = db_exec(c->db, &danmu_insert,
	    ARGS(I(d->id), I(d->user_id), S(d->content), S(d->color), I(d->position), I(d->created_ms),
		I(d->room_id)),
	    &changed);
	return e == E_OK && changed == 0 ? E_LIVE_OFF : e;
}

enum err
danmu_page(struct call *c, const struct danmu_query *q, struct danmu_list *out)
{
	int64_t settled_ms = c->now_ms - DANMU_SETTLE_MS;
	int64_t until = q->until_ms > 0 ? q->until_ms : INT64_MAX;
	bool newest = q->from_ms == 0 && q->a == 0;
	/* Everything of from_ms is behind (from_ms, 0), as ids are positive. */
	int64_t a = q->a != 0 ? q->a : q->from_ms, b = q->a != 0 ? q->b : 0;
	struct live_room room;
	struct danmu *d;
	int64_t *ids;
	struct rows r;
	enum err e = live_get(c, q->room_id, &room);

	*out = (struct danmu_list){ .next_a = a, .next_b = b };
	if (e != E_OK)
		return e;
	e = newest ? db_select(c->db, c->mem, &danmu_newest,
			 ARGS(I(q->room_id), I(until), I((int64_t)q->n)), &r)
		   : db_select(c->db, c->mem, &danmu_from,
			 ARGS(I(q->room_id), I(until), I(a), I(a), I(b), I((int64_t)q->n)), &r);
	if (e != E_OK)
		return e;
	out->rows = arena_array(c->mem, r.n + 1, sizeof(void *));
	d = arena_array(c->mem, r.n + 1, sizeof(*d));
	ids = arena_array(c->mem, r.n + 1, sizeof(*ids));
	for (size_t i = 0; i < r.n; i++)
		ids[i] = r.v[i * r.cols + 1].i;
	e = viewer_know(c, NULL, 0, ids, r.n);
	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		const struct val *v = r.v + (newest ? r.n - 1 - i : i) * r.cols;

		d[i] = (struct danmu){ .id = v[0].i, .user_id = v[1].i, .room_id = q->room_id,
			.content = v[2].s, .color = v[3].s, .position = v[4].i, .created_ms = v[5].i };
		/* Where none is settled: before the first of the newest n, or of all that there is. */
		if (i == 0 && newest) {
			out->next_a = r.n == q->n ? d[i].created_ms : settled_ms;
			out->next_b = r.n == q->n ? d[i].id - 1 : 0;
		}
		if (d[i].created_ms <= settled_ms) {
			out->next_a = d[i].created_ms;
			out->next_b = d[i].id;
		}
		if (!viewer_hides(c, d[i].user_id))
			out->rows[out->n++] = &d[i];
	}
	return e;
}

enum err
danmu_remove(struct call *c, int64_t room_id, int64_t id)
{
	struct live_room room;
	struct rows r;
	int64_t changed;
	enum err e = live_get(c, room_id, &room);

	if (e == E_OK)
		e = db_select(c->db, c->mem, &danmu_owner, ARGS(I(room_id), I(id)), &r);
	if (e != E_OK)
		return e;
	if (r.n == 0)
		return E_DANMU_UNKNOWN;
	if (r.v[0].i != c->viewer_id && room.host_id != c->viewer_id)
		return E_NOT_OWNER;
	e = db_exec(c->db, &danmu_drop, ARGS(I(room_id), I(id)), &changed);
	return e == E_OK && changed == 0 ? E_DANMU_UNKNOWN : e;
}

enum err
danmu_numbers(struct call *c, int64_t room_id, struct danmu_stats *out)
{
	struct live_room room;
	struct rows r = { .n = 0 }, peak = { .n = 0 };
	enum err e = live_get(c, room_id, &room);

	if (e == E_OK)
		e = db_select(c->db, c->mem, &danmu_totals, ARGS(I(room_id), I(room.started_ms)), &r);
	if (e == E_OK)
		e = db_select(c->db, c->mem, &danmu_peak, ARGS(I(room_id), I(room.started_ms)), &peak);
	if (e == E_OK && r.n == 1)
		*out = (struct danmu_stats){ .room_id = room_id, .total = r.v[0].i, .users = r.v[1].i,
			.peak = peak.n == 1 ? peak.v[0].i : 0 };
	return e;
}
