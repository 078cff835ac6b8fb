/* live.c - live rooms.  Invariant: every change of a room or its viewers locks the room's row first,
 * and viewer_count is the number of live_viewers of the show that is on. */
#include "model/live.h"

#include "base/text.h"
#include "model/user.h"
#include "model/viewer.h"
#include "model/words.h"

#define COLUMNS                                                                                    \
	"id, title, cover_url, rtmp_url, is_live, viewer_count, started_ms, created_ms"
#define TYPES "isssiiii"

SQL(live_one, "SELECT " COLUMNS " FROM live_rooms WHERE id = ?", "i", TYPES);
SQL(live_lock, "SELECT " COLUMNS " FROM live_rooms WHERE id = ? FOR UPDATE", "i", TYPES);
SQL(live_rooms_on,
    "SELECT " COLUMNS " FROM live_rooms FORCE INDEX (live) WHERE is_live = 1 AND "
    "(viewer_count < ? OR (viewer_count = ? AND id < ?)) "
    "ORDER BY viewer_count DESC, id DESC LIMIT ?, ?",
    "iiiii", TYPES);
SQL(live_followed,
    "SELECT r.id, r.title, r.cover_url, r.rtmp_url, r.is_live, r.viewer_count, r.started_ms, "
    "r.created_ms FROM follows f STRAIGHT_JOIN live_rooms r ON r.id = f.followee_id "
    "WHERE f.follower_id = ? AND r.is_live = 1 AND "
    "(r.viewer_count < ? OR (r.viewer_count = ? AND r.id < ?)) "
    "ORDER BY r.viewer_count DESC, r.id DESC LIMIT ?, ?",
    "iiiiii", TYPES);
SQL(live_make,
    "INSERT INTO live_rooms (id, title, created_ms, updated_ms) VALUES (?, ?, ?, ?) "
    "ON DUPLICATE KEY UPDATE id = id",
    "isii", "");
SQL(live_words_set,
    "UPDATE live_rooms SET title = COALESCE(?, title), cover_url = COALESCE(?, cover_url), "
    "rtmp_url = COALESCE(?, rtmp_url), updated_ms = ? WHERE id = ?",
    "sssii", "");
SQL(live_on,
    "UPDATE live_rooms SET is_live = 1, viewer_count = 0, started_ms = GREATEST(?, started_ms + 1), "
    "updated_ms = ? WHERE id = ?",
    "iii", "");
SQL(live_off, "UPDATE live_rooms SET is_live = 0, viewer_count = 0, updated_ms = ? WHERE id = ?", "ii",
    "");
SQL(live_end_show,
    "UPDATE live_rooms SET is_live = 0, viewer_count = 0, updated_ms = ? WHERE id = ? AND is_live = 1",
    "ii", "");
/* Whose token was good when he asked may have been suspended since. */
SQL(live_host, "SELECT id FROM users WHERE id = ? AND status = 1 AND suspended_until_ms <= ? LOCK IN SHARE MODE",
    "ii", "i");
SQL(live_viewers_add, "UPDATE live_rooms SET viewer_count = viewer_count + ? WHERE id = ?", "ii", "");
/* Who was there in an older show is counted as new. */
SQL(live_join,
    "INSERT INTO live_viewers (room_id, user_id, started_ms) VALUES (?, ?, ?) "
    "ON DUPLICATE KEY UPDATE started_ms = VALUES(started_ms)",
    "iii", "");
SQL(live_leave, "DELETE FROM live_viewers WHERE room_id = ? AND user_id = ? AND started_ms = ?", "iii",
    "");

#define L(m) offsetof(struct live_room, m)
static const struct member members[] = {
	{ { NULL, "id" }, M_INT, L(id), NULL, "its id, which is its host's" },
	{ { NULL, "hostId" }, M_INT, L(host_id), NULL, "whose it is" },
	{ { NULL, "title" }, M_STR, L(title), NULL, "title" },
	{ { NULL, "coverUrl" }, M_STR, L(cover_url), NULL, "a picture, or empty" },
	{ { NULL, "rtmpUrl" }, M_STR, L(rtmp_url), NULL, "where the host sends to; only he sees it" },
	{ { NULL, "hlsUrl" }, M_STR, L(hls_url), NULL, "path of the stream while it is live" },
	{ { NULL, "viewerCount" }, M_INT, L(viewer_count), NULL, "users who watch" },
	{ { NULL, "isLive" }, M_BOOL, L(is_live), NULL, "whether it is live" },
	{ { NULL, "createTime" }, M_DATE_TIME, L(created_ms), NULL, "when the room was made" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape live_room_shape = { .name = "LiveRoom", .members = members };

#define LD(m) offsetof(struct live_detail, m)
static const struct member detail_members[] = {
	{ { NULL, "" }, M_INLINE, LD(room), &live_room_shape, "" },
	{ { NULL, "onlineCount" }, M_INT, LD(online), NULL, "users who watch" },
	{ { NULL, "startTime" }, M_SECONDS, LD(started_ms), NULL,
	    "when the last show began, seconds since 1970; 0: never" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape live_detail_shape = { .name = "LiveDetail", .members = detail_members };

static void
read_room(struct call *c, const struct val *v, struct live_room *out)
{
	bool live = v[4].i != 0;

	*out = (struct live_room){
		.id = v[0].i,
		.host_id = v[0].i,
		.title = v[1].s,
		.cover_url = v[2].s,
		.rtmp_url = v[0].i == c->viewer_id ? v[3].s : "",
		.is_live = live,
		.viewer_count = v[5].i,
		.started_ms = v[6].i,
		.created_ms = v[7].i,
		.hls_url = live ? arena_printf(c->mem, "/live/%lld/index.m3u8", (long long)v[0].i) : "",
	};
}

static enum err
look(struct call *c, const struct sql *q, int64_t room_id, struct live_room *out)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, q, ARGS(I(room_id)), &r);

	if (e == E_OK && r.n == 1)
		read_room(c, r.v, out);
	return e == E_OK && r.n == 0 ? E_LIVE_UNKNOWN : e;
}

enum err
live_get(struct call *c, int64_t room_id, struct live_room *out)
{
	const struct user *host;
	enum err e = user_seen(c, room_id, &host);

	if (e == E_USER_UNKNOWN || (e == E_OK && !user_opens(c, host)))
		return E_LIVE_UNKNOWN;
	return e == E_OK ? look(c, &live_one, room_id, out) : e;
}

enum err
live_page(struct call *c, bool following, const struct page *p, struct live_list *out)
{
	int64_t most = p->b != 0 ? p->a : INT64_MAX;
	struct val args[] = { I(c->viewer_id), I(most), I(most), I(p->b), I((int64_t)p->skip),
		I((int64_t)p->n + 1) };
	struct live_room *rooms;
	const struct user **hosts;
	int64_t *ids;
	struct rows r;
	size_t take;
	enum err e = db_select(c->db, c->mem, following ? &live_followed : &live_rooms_on,
	    following ? args : args + 1, &r);

	*out = (struct live_list){ 0 };
	if (e != E_OK)
		return e;
	take = r.n < p->n ? r.n : p->n;
	out->more = r.n > p->n;
	out->rows = arena_array(c->mem, take + 1, sizeof(void *));
	rooms = arena_array(c->mem, take + 1, sizeof(*rooms));
	ids = arena_array(c->mem, take + 1, sizeof(*ids));
	hosts = arena_array(c->mem, take + 1, sizeof(*hosts));
	for (size_t i = 0; i < take; i++) {
		read_room(c, r.v + i * r.cols, &rooms[i]);
		out->last_a = rooms[i].viewer_count;
		out->last_b = ids[i] = rooms[i].id;
	}
	if (take > 0)
		e = user_shown(c, ids, take, hosts);
	for (size_t i = 0; e == E_OK && i < take; i++) {
		if (hosts[i] != NULL && user_opens(c, hosts[i]) && !viewer_mutes(c, ids[i]))
			out->rows[out->n++] = &rooms[i];
	}
	return e;
}

/* Of one change of a room, all in one transaction. */
struct change {
	struct call *c;
	const struct live_words *words;
	const char *new_title;
	int64_t room_id;
	bool make, start, join;
	struct live_room *room; /* as it is afterwards */
};

static struct val
text_or_null(const char *s)
{
	return s != NULL ? S(s) : (struct val){ .type = 0 };
}

static enum err
speak(void *arg)
{
	struct change *ch = arg;
	struct call *c = ch->c;
	const struct live_words *w = ch->words;
	struct rows r;
	enum err e = E_OK;

	/* His row before the room's, as who ends his show locks them. */
	if (ch->start)
		e = db_select(c->db, c->mem, &live_host, ARGS(I(ch->room_id), I(c->now_ms)), &r);
	if (e == E_OK && ch->start && r.n == 0)
		return E_TOKEN;
	if (e == E_OK && ch->make)
		e = db_exec(c->db, &live_make,
		    ARGS(I(ch->room_id), S(ch->new_title), I(c->now_ms), I(c->now_ms)), NULL);
	if (e == E_OK)
		e = look(c, &live_lock, ch->room_id, ch->room);
	if (e == E_OK && ch->start && ch->room->is_live)
		return E_LIVE_ON;
	if (e == E_OK)
		e = db_exec(c->db, &live_words_set,
		    ARGS(text_or_null(w->title), text_or_null(w->cover_url), text_or_null(w->rtmp_url),
			I(c->now_ms), I(ch->room_id)),
		    NULL);
	if (e == E_OK && ch->start)
		e = db_exec(c->db, &live_on, ARGS(I(c->now_ms), I(c->now_ms), I(ch->room_id)), NULL);
	return e == E_OK ? look(c, &live_one, ch->room_id, ch->room) : e;
}

static enum err
check_words(struct call *c, struct live_words *w)
{
	if (w->title != NULL)
		w->title = words_mask(c, WORDS_TITLE, w->title);
	if (w->cover_url != NULL && *w->cover_url != '\0' && !url_valid(w->cover_url, "http", "https"))
		return call_param(c, "cover_url", WHY_NOT_URL, 0);
	if (w->rtmp_url != NULL && *w->rtmp_url != '\0' && !url_valid(w->rtmp_url, "rtmp", "rtmps"))
		return call_param(c, "rtmp_url", WHY_NOT_RTMP, 0);
	return E_OK;
}

static enum err
own_room(struct call *c, const struct live_words *said, bool start, struct live_room *out)
{
	struct live_words w = *said;
	struct change ch = { .c = c, .words = &w, .room_id = c->viewer_id, .make = true, .start = start,
		.room = out };
	const struct user *host;
	enum err e = check_words(c, &w);

	if (e == E_OK)
		e = user_get(c, c->viewer_id, &host);
	if (e != E_OK)
		return e;
	ch.new_title = w.title != NULL ? w.title : host->name;
	return db_transaction(c->db, speak, &ch);
}

enum err
live_create(struct call *c, const struct live_words *w, struct live_room *out)
{
	return own_room(c, w, false, out);
}

/* Whether the room is there and the viewer's. */
static enum err
owned(struct call *c, int64_t room_id, struct live_room *out)
{
	enum err e = live_get(c, room_id, out);

	return e == E_OK && room_id != c->viewer_id ? E_NOT_OWNER : e;
}

enum err
live_start(struct call *c, int64_t room_id, const struct live_words *w, struct live_room *out)
{
	enum err e = room_id != 0 ? owned(c, room_id, out) : E_OK;

	return e == E_OK ? own_room(c, w, true, out) : e;
}

static enum err
stop(void *arg)
{
	struct change *ch = arg;
	struct call *c = ch->c;
	enum err e = look(c, &live_lock, ch->room_id, ch->room);

	if (e == E_OK && !ch->room->is_live)
		return E_LIVE_OFF;
	return e == E_OK ? db_exec(c->db, &live_off, ARGS(I(c->now_ms), I(ch->room_id)), NULL) : e;
}

enum err
live_stop(struct call *c, int64_t room_id)
{
	struct live_room room;
	struct change ch = { .c = c, .room_id = room_id != 0 ? room_id : c->viewer_id, .room = &room };
	enum err e = owned(c, ch.room_id, &room);

	return e == E_OK ? db_transaction(c->db, stop, &ch) : e;
}

static enum err
visit(void *arg)
{
	struct change *ch = arg;
	struct call *c = ch->c;
	int64_t changed = 0;
	enum err e = look(c, &live_lock, ch->room_id, ch->room);

	if (e == E_OK && !ch->room->is_live)
		return E_LIVE_OFF;
	if (e == E_OK)
		e = db_exec(c->db, ch->join ? &live_join : &live_leave,
		    ARGS(I(ch->room_id), I(c->viewer_id), I(ch->room->started_ms)), &changed);
	/* An upsert that takes an old row over changes 2. */
	if (e != E_OK || changed == 0)
		return e;
	ch->room->viewer_count += ch->join ? 1 : -1;
	return db_exec(c->db, &live_viewers_add, ARGS(I(ch->join ? 1 : -1), I(ch->room_id)), NULL);
}

enum err
live_watch(struct call *c, int64_t room_id, bool joins, struct live_room *out)
{
	struct change ch = { .c = c, .room_id = room_id, .join = joins, .room = out };
	enum err seen = live_get(c, room_id, out), e = seen;

	/* Who can no longer see it leaves it all the same, and is told nothing of it. */
	if (e == E_OK || (e == E_LIVE_UNKNOWN && !joins))
		e = db_transaction(c->db, visit, &ch);
	return seen == E_LIVE_UNKNOWN && (e == E_OK || e == E_LIVE_OFF) ? seen : e;
}

enum err
live_end(struct call *c, int64_t user_id)
{
	return db_exec(c->db, &live_end_show, ARGS(I(c->now_ms), I(user_id)), NULL);
}
