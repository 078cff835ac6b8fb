/* notification.c - notifications as their receiver sees them.  Invariant: nothing is shown, counted or
 * unread that is not in the rows it is about at that moment, and nothing of a clip out of sight. */
#include "model/notification.h"

#include <string.h>

#include "model/notification_find.h"
#include "model/user.h"
#include "model/video.h"
#include "model/viewer.h"

#define DAY_MS INT64_C(86400000)
#define BATCH 1000

#define COLUMNS                                                                                    \
	"SELECT id, type, subject_id, from_key, to_key, video_id, last_ms, read_ms FROM notifications "
SQL(notification_page,
    COLUMNS "FORCE INDEX (by_time) WHERE user_id = ? AND (last_ms < ? OR (last_ms = ? AND id < ?)) "
	    "AND (? = 0 OR type IN (?, ?)) ORDER BY last_ms DESC, id DESC LIMIT ?",
    "iiiiiiii", "iiiiiiii");
SQL(notification_unread_rows,
    COLUMNS "FORCE INDEX (by_time) WHERE user_id = ? AND last_ms > ? AND last_ms > read_ms "
	    "ORDER BY last_ms DESC, id DESC LIMIT 200",
    "ii", "iiiiiiii");
SQL(notification_all_read, "SELECT read_ms FROM notification_marks WHERE user_id = ?", "i", "i");
SQL(notification_exists, "SELECT 1 FROM notifications WHERE user_id = ? AND id = ?", "ii", "i");
SQL(notification_read_one,
    "UPDATE notifications SET read_ms = GREATEST(read_ms, ?) WHERE user_id = ? AND id = ?", "iii", "");
SQL(notification_read_all,
    "INSERT INTO notification_marks (user_id, read_ms) VALUES (?, ?) ON DUPLICATE KEY UPDATE "
    "read_ms = GREATEST(read_ms, VALUES(read_ms))",
    "ii", "");
SQL(notification_prune, "DELETE FROM notifications WHERE last_ms < ? LIMIT 1000", "i", "");

/* name; what one, and several did, before and behind the name of the last one. */
static const struct {
	const char *name;
	bool people; /* count is of people, else of texts */
	const char *en, *zh;
} types[NOTIFY_TYPES] = {
	[0] = { "", false, "", "" },
	[NOTIFY_FOLLOW] = { "follow", true, "followed you", "关注了你" },
	[NOTIFY_LIKE] = { "like", true, "liked your video", "赞了你的视频" },
	[NOTIFY_COMMENT] = { "comment", false, "commented on your video", "评论了你的视频" },
	[NOTIFY_REPLY] = { "reply", false, "replied to your comment", "回复了你的评论" },
	[NOTIFY_MENTION] = { "mention", false, "mentioned you", "提到了你" },
	[NOTIFY_MESSAGE] = { "message", false, "sent you a message", "给你发了私信" },
	[NOTIFY_COMMENT_LIKE] = { "like", true, "liked your comment", "赞了你的评论" },
	[NOTIFY_REQUEST] = { "request", true, "asked to follow you", "请求关注你" },
};

const char *
notification_type_name(int64_t type)
{
	return type > 0 && type < NOTIFY_TYPES ? types[type].name : "";
}

int64_t
notification_type(const char *name)
{
	for (int64_t type = NOTIFY_FOLLOW; type < NOTIFY_TYPES; type++) {
		if (strcmp(types[type].name, name) == 0)
			return type;
	}
	return 0;
}

#define N(m) offsetof(struct notification, m)
static const struct member members[] = {
	{ { NULL, "id" }, M_INT, N(id), NULL, "its id" },
	{ { NULL, "userId" }, M_INT, N(user_id), NULL, "who gets it" },
	{ { NULL, "title" }, M_STR, N(title), NULL, "what happened, as a sentence" },
	{ { NULL, "content" }, M_STR, N(content), NULL,
	    "the newest text, or the title of the clip; may be empty" },
	{ { NULL, "type" }, M_STR, N(type_name), NULL,
	    "follow, request, like, comment, reply, mention or message" },
	{ { NULL, "relatedId" }, M_INT, N(related_id), NULL,
	    "the clip (like, comment), the comment liked (like: then it is not videoId) or answered (reply), "
	    "the comment or clip that mentions, the user (follow, request, message)" },
	{ { NULL, "videoId" }, M_INT, N(video_id), NULL, "the clip, or 0" },
	{ { NULL, "count" }, M_INT, N(count), NULL, "how many of this day it stands for" },
	{ { NULL, "actors" }, M_LIST, N(actors), &user_shape, "the last ones who did, at most three" },
	{ { NULL, "isRead" }, M_BOOL, N(is_read), NULL, "nothing of it is newer than what was read" },
	{ { NULL, "createTime" }, M_DATE_TIME, N(at_ms), NULL, "date and time of the newest" },
	{ { NULL, "createTimeMs" }, M_INT, N(at_ms), NULL, "the same in ms since 1970" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape notification_shape = { "Notification", members, 0 };

#define U(m) offsetof(struct notification_unread, m)
static const struct member unread_members[] = {
	{ { NULL, "total" }, M_INT, U(total), NULL, "all of them, at most 200, the newest" },
	{ { NULL, "follow" }, M_INT, U(by_type[NOTIFY_FOLLOW]), NULL, "of this type" },
	{ { NULL, "like" }, M_INT, U(by_type[NOTIFY_LIKE]), NULL, "of this type" },
	{ { NULL, "comment" }, M_INT, U(by_type[NOTIFY_COMMENT]), NULL, "of this type" },
	{ { NULL, "reply" }, M_INT, U(by_type[NOTIFY_REPLY]), NULL, "of this type" },
	{ { NULL, "mention" }, M_INT, U(by_type[NOTIFY_MENTION]), NULL, "of this type" },
	{ { NULL, "message" }, M_INT, U(by_type[NOTIFY_MESSAGE]), NULL, "of this type" },
	{ { NULL, "request" }, M_INT, U(by_type[NOTIFY_REQUEST]), NULL, "of this type" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape notification_unread_shape = { "UnreadNotifications", unread_members, 0 };

/* Rows out of a query, filled, in its order; what is empty or out of sight has no actors.  videos[i]
 * is the clip of the i-th, or NULL. */
static enum err
rows_of(struct call *c, int64_t user_id, const struct rows *r, bool count, struct notification_row **out,
    const struct video **videos)
{
	int64_t *ids = arena_array(c->mem, r->n + 1, sizeof(*ids));
	struct notification_row *n = arena_array(c->mem, r->n + 1, sizeof(*n));
	enum err e = viewer_know(c, NULL, 0, NULL, 0);

	if (r->n == 0 || e != E_OK)
		return e;
	for (size_t i = 0; i < r->n; i++) {
		const struct val *v = r->v + i * r->cols;

		n[i] = (struct notification_row){ .id = v[0].i, .type = v[1].i, .subject_id = v[2].i,
			.from_key = v[3].i, .to_key = v[4].i, .video_id = v[5].i, .last_ms = v[6].i,
			.read_ms = v[7].i, .text = "" };
		out[i] = &n[i];
		ids[i] = n[i].video_id;
	}
	e = video_seen_by_ids(c, ids, r->n, videos);
	if (e == E_OK)
		e = notification_fill(c, user_id, out, r->n, count);
	for (size_t i = 0; e == E_OK && i < r->n; i++) {
		if (n[i].video_id != 0 && videos[i] == NULL)
			n[i].actors_n = 0;
	}
	return e;
}

static enum err
all_read(struct call *c, int64_t user_id, int64_t *ms)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &notification_all_read, ARGS(I(user_id)), &r);

	*ms = e == E_OK && r.n > 0 ? r.v[0].i : 0;
	return e;
}

static const char *
sentence(struct call *c, const struct notification_row *n, const char *name)
{
	bool zh = c->lang == LANG_ZH;
	const char *did = zh ? types[n->type].zh : types[n->type].en;
	long long count = (long long)n->count;

	if (count <= 1)
		return arena_printf(c->mem, "%s %s", name, did);
	if (types[n->type].people)
		return zh ? arena_printf(c->mem, "%s 等 %lld 人%s", name, count, did)
			  : arena_printf(c->mem, "%s and %lld other%s %s", name, count - 1,
				count == 2 ? "" : "s", did);
	return zh ? arena_printf(c->mem, "%s 等%s（%lld 条）", name, did, count)
		  : arena_printf(c->mem, "%s %s (%lld)", name, did, count);
}

/* users: those of its actors that there are. */
static void
show(struct call *c, const struct notification_row *n, const struct video *v, int64_t read_ms,
    const struct user *const *users, struct notification *out)
{
	const void **actors = arena_array(c->mem, NOTIFICATION_ACTORS, sizeof(void *));
	size_t k = 0;

	for (size_t i = 0; i < n->actors_n; i++) {
		if (users[i] != NULL)
			actors[k++] = users[i];
	}
	*out = (struct notification){ .id = n->id, .user_id = c->viewer_id, .type = n->type,
		.type_name = notification_type_name(n->type), .video_id = n->video_id, .count = n->count,
		.related_id = n->type == NOTIFY_FOLLOW || n->type == NOTIFY_REQUEST ? n->actors[0]
										    : n->subject_id,
		.at_ms = n->at_ms,
		.is_read = n->at_ms <= read_ms || n->at_ms <= n->read_ms,
		.title = sentence(c, n, k > 0 ? ((const struct user *)actors[0])->name : ""),
		.content = n->text[0] == '\0' && v != NULL ? v->title : n->text,
		.actors = { k, actors } };
}

/* Who left between two looks is named by nothing. */
static bool
anybody(const struct user *const *users)
{
	for (size_t i = 0; i < NOTIFICATION_ACTORS; i++) {
		if (users[i] != NULL)
			return true;
	}
	return false;
}

/* Adds those of a batch that are something to the page, with their people. */
static enum err
add(struct call *c, const struct rows *r, struct notification_row **rows, const struct video **videos,
    int64_t read_ms, size_t most, size_t *skip, struct notification_page *out)
{
	size_t width = NOTIFICATION_ACTORS, n = r->n;
	int64_t *ids = arena_array(c->mem, n * width + 1, sizeof(*ids));
	const struct user **users = arena_array(c->mem, n * width + 1, sizeof(*users));
	enum err e;

	for (size_t i = 0; i < n * width; i++)
		ids[i] = i % width < rows[i / width]->actors_n ? rows[i / width]->actors[i % width] : 0;
	e = user_shown(c, ids, n * width, users);
	for (size_t i = 0; e == E_OK && i < n; i++) {
		struct notification *shown;

		if (out->n == most) {
			out->more = true;
			break;
		}
		out->last_a = rows[i]->last_ms;
		out->last_b = rows[i]->id;
		if (rows[i]->actors_n == 0 || !anybody(users + i * width))
			continue;
		if (*skip > 0) {
			--*skip;
			continue;
		}
		shown = arena_alloc(c->mem, sizeof(*shown));
		show(c, rows[i], videos[i], read_ms, users + i * width, shown);
		out->rows[out->n++] = shown;
	}
	return e;
}

enum err
notifications_of(struct call *c, int64_t type, const struct page *p, struct notification_page *out)
{
	size_t n = p->n, skip = p->skip;
	struct notification_row **rows = arena_array(c->mem, n + 2, sizeof(struct notification_row *));
	const struct video **videos = arena_array(c->mem, n + 2, sizeof(*videos));
	int64_t read_ms;
	struct rows r;
	enum err e = p->a == 0 ? notification_look(c, c->viewer_id) : E_OK;

	*out = (struct notification_page){ .rows = arena_array(c->mem, n + 1, sizeof(void *)),
		.last_a = p->a ? p->a : INT64_MAX, .last_b = p->b };
	if (e == E_OK)
		e = all_read(c, c->viewer_id, &read_ms);
	/* What is empty leaves room for what comes behind it. */
	do {
		if (e == E_OK)
			e = db_select(c->db, c->mem, &notification_page,
			    ARGS(I(c->viewer_id), I(out->last_a), I(out->last_a), I(out->last_b), I(type),
				I(type), I(type == NOTIFY_LIKE ? NOTIFY_COMMENT_LIKE : type), I((int64_t)n + 1)),
			    &r);
		if (e == E_OK)
			e = rows_of(c, c->viewer_id, &r, true, rows, videos);
		if (e == E_OK)
			e = add(c, &r, rows, videos, read_ms, n, &skip, out);
	} while (e == E_OK && !out->more && r.n == n + 1);
	return e;
}

/* The counts, cached as n:<user>. */
struct counts {
	struct row row;
	int64_t made_ms;
	struct notification_unread n;
};

static enum err
load_counts(void *ctx, const int64_t *ids, size_t n, struct rows_loader *into)
{
	struct call *c = ctx;
	struct counts counts = { .row.id = ids[0], .made_ms = c->now_ms };
	struct notification_row **rows;
	const struct video **videos;
	int64_t read_ms = 0;
	struct rows r;
	enum err e = n == 1 ? notification_look(c, ids[0]) : E_INTERNAL;

	if (e == E_OK)
		e = all_read(c, ids[0], &read_ms);
	if (e == E_OK)
		e = db_select(c->db, c->mem, &notification_unread_rows, ARGS(I(ids[0]), I(read_ms)), &r);
	if (e != E_OK)
		return e;
	rows = arena_array(c->mem, r.n + 1, sizeof(struct notification_row *));
	videos = arena_array(c->mem, r.n + 1, sizeof(*videos));
	e = rows_of(c, ids[0], &r, false, rows, videos);
	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		if (rows[i]->actors_n == 0 || rows[i]->at_ms <= read_ms || rows[i]->at_ms <= rows[i]->read_ms)
			continue;
		counts.n.total++;
		counts.n.by_type[rows[i]->type == NOTIFY_COMMENT_LIKE ? NOTIFY_LIKE : rows[i]->type]++;
	}
	if (e == E_OK)
		rows_put(into, &counts, NULL, 0);
	return e;
}

static const uint16_t no_strings[] = { 0 };
static const struct row_class counts_class = {
	.key = 'n', .layout = 3, .local = 256, .size = sizeof(struct counts), .strings = no_strings,
	.load = load_counts,
};

struct row_ref
notification_ref(int64_t user_id)
{
	return (struct row_ref){ &counts_class, user_id };
}

enum err
notifications_unread(struct call *c, struct notification_unread *out)
{
	const struct row_ref ref = notification_ref(c->viewer_id);
	const struct counts *counts;
	enum err e = rows_get(c->rows, c->mem, &counts_class, c, &c->viewer_id, 1, (const void **)&counts);

	if (e == E_OK && counts != NULL && counts->made_ms < c->now_ms - NOTIFICATION_COUNT_MS) {
		rows_drop(c->rows, &ref, 1);
		e = rows_get(c->rows, c->mem, &counts_class, c, &c->viewer_id, 1, (const void **)&counts);
	}
	*out = e == E_OK && counts != NULL ? counts->n : (struct notification_unread){ 0 };
	return e;
}

struct reading {
	struct call *c;
	int64_t id, until_ms;
};

static enum err
write_read(void *arg)
{
	struct reading *rd = arg;
	struct call *c = rd->c;

	return rd->id != 0
	    ? db_exec(c->db, &notification_read_one, ARGS(I(c->now_ms), I(c->viewer_id), I(rd->id)), NULL)
	    : db_exec(c->db, &notification_read_all, ARGS(I(c->viewer_id), I(rd->until_ms)), NULL);
}

enum err
notifications_read(struct call *c, int64_t id, int64_t until_ms)
{
	struct reading rd = { c, id, until_ms > 0 && until_ms < c->now_ms ? until_ms : c->now_ms };
	const struct row_ref ref = notification_ref(c->viewer_id);
	struct rows r;
	enum err e = E_OK;

	if (id != 0)
		e = db_select(c->db, c->mem, &notification_exists, ARGS(I(c->viewer_id), I(id)), &r);
	if (e == E_OK && id != 0 && r.n == 0)
		return E_NOTIFICATION_UNKNOWN;
	return e == E_OK ? rows_write(c->rows, &ref, 1, write_read, &rd) : e;
}

enum err
notification_sweep(struct call *c)
{
	int64_t changed = BATCH;
	enum err e = E_OK;

	while (e == E_OK && changed == BATCH)
		e = db_exec(c->db, &notification_prune, ARGS(I(c->now_ms - (NOTIFICATION_DAYS + 1) * DAY_MS)),
		    &changed);
	return e;
}
