/* report.c - reports and their queue.  Invariant: a queue row's number is that of the thing's open
 * reports, and it is gone with the last of them. */
#include "model/report.h"

#include <string.h>

#include "model/user.h"
#include "model/video.h"
#include "model/viewer.h"

SQL(report_comment, "SELECT video_id, user_id, content FROM comments FORCE INDEX (by_id) WHERE id = ?", "i",
    "iis");
SQL(report_message,
    "SELECT from_id, content FROM messages FORCE INDEX (by_id) WHERE id = ? AND ? IN (lo_id, hi_id) AND "
    "(hidden = 0 OR from_id = ?)",
    "iii", "is");
SQL(report_insert,
    "INSERT INTO reports (kind, thing_id, reporter_id, about_id, reason, created_ms, text) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)",
    "iiiiiis", "");
SQL(report_enqueue,
    "INSERT INTO report_queue (kind, thing_id, about_id, video_id, reports, first_ms, content) "
    "VALUES (?, ?, ?, ?, 1, ?, ?) ON DUPLICATE KEY UPDATE reports = reports + 1",
    "iiiiis", "");
SQL(report_page,
    "SELECT first_ms, thing_id, kind, about_id, video_id, reports, content FROM report_queue "
    "FORCE INDEX (oldest) WHERE first_ms > ? OR (first_ms = ? AND thing_id > ?) "
    "ORDER BY first_ms, thing_id LIMIT ?, ?",
    "iiiii", "iiiiiis");
SQL(report_reasons,
    "SELECT kind, thing_id, reason, COUNT(*), MAX(text) FROM reports WHERE kind IN (1, 2, 3, 4) AND "
    "thing_id IN (?...) AND open = 1 GROUP BY kind, thing_id, reason ORDER BY kind, thing_id, reason",
    "L", "iiiis");
SQL(audit_page,
    "SELECT id, admin_id, act, kind, thing_id, about_id, until_ms, created_ms, note FROM audit "
    "WHERE id < ? ORDER BY id DESC LIMIT ?, ?",
    "iii", "iisiiiiis");

static const char *const kinds[REPORT_KINDS] = { "", "video", "comment", "user", "message" };
static const char *const reasons[] = { "", "spam", "violence", "sex", "hate", "fraud", "minor", "copyright",
	"other" };

static int64_t
number_of(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 1; i < n; i++) {
		if (strcmp(names[i], name) == 0)
			return (int64_t)i;
	}
	return 0;
}

int64_t
report_kind(const char *name)
{
	return number_of(kinds, REPORT_KINDS, name);
}

const char *
report_kind_name(int64_t kind)
{
	return kind > 0 && kind < REPORT_KINDS ? kinds[kind] : "";
}

int64_t
report_reason(const char *name)
{
	return number_of(reasons, sizeof(reasons) / sizeof(*reasons), name);
}

#define RR(m) offsetof(struct report_reason, m)
static const struct member reason_members[] = {
	{ { NULL, "reason" }, M_STR, RR(reason), NULL, "why" },
	{ { NULL, "count" }, M_INT, RR(count), NULL, "how many said so" },
	{ { NULL, "text" }, M_STR, RR(text), NULL, "what one of them wrote" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
static const struct shape reason_shape = { "ReportReason", reason_members, 0 };

#define R(m) offsetof(struct report, m)
static const struct member members[] = {
	{ { NULL, "kind" }, M_STR, R(kind), NULL, "video, comment, user or message" },
	{ { NULL, "id" }, M_INT, R(thing_id), NULL, "the thing" },
	{ { NULL, "userId" }, M_INT, R(about_id), NULL, "whose it is" },
	{ { NULL, "videoId" }, M_INT, R(video_id), NULL, "the clip, or 0" },
	{ { NULL, "content" }, M_STR, R(content), NULL, "its title, text or name when it was first reported" },
	{ { NULL, "count" }, M_INT, R(count), NULL, "reports" },
	{ { NULL, "reasons" }, M_LIST, R(reasons), &reason_shape, "why" },
	{ { NULL, "createTime" }, M_DATE_TIME, R(first_ms), NULL, "date and time of the first" },
	{ { NULL, "createTimeMs" }, M_INT, R(first_ms), NULL, "the same in ms since 1970" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape report_shape = { "Report", members, 0 };

#define A(m) offsetof(struct audit, m)
static const struct member audit_members[] = {
	{ { NULL, "id" }, M_INT, A(id), NULL, "its id" },
	{ { NULL, "adminId" }, M_INT, A(admin_id), NULL, "who did it; 0: the admin command" },
	{ { NULL, "act" }, M_STR, A(act), NULL,
	    "hide, restore, warn, suspend, dismiss; by the admin command also delete, disable, enable, promote, "
	    "demote" },
	{ { NULL, "kind" }, M_STR, A(kind), NULL, "of what" },
	{ { NULL, "thingId" }, M_INT, A(thing_id), NULL, "of which" },
	{ { NULL, "userId" }, M_INT, A(about_id), NULL, "whose it is" },
	{ { NULL, "until" }, M_SECONDS, A(until_ms), NULL, "end of a suspension, seconds since 1970, else 0" },
	{ { NULL, "note" }, M_STR, A(note), NULL, "why" },
	{ { NULL, "createTime" }, M_DATE_TIME, A(created_ms), NULL, "when" },
	{ { NULL, "createTimeMs" }, M_INT, A(created_ms), NULL, "the same in ms since 1970" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape audit_shape = { "AuditEntry", audit_members, 0 };

/* What is reported, as the reporter knows it. */
struct thing {
	struct call *c;
	const struct report_new *r;
	int64_t about_id, video_id;
	const char *content;
};

/* As user_seen(), but a block between the two does not matter: who blocks first could not be reported, nor
 * whom one has blocked. */
static enum err
find_user(struct call *c, int64_t id, const struct user **out)
{
	enum err e = user_get(c, id, out);

	if (e == E_OK)
		e = viewer_know(c, NULL, 0, &id, 1);
	return e == E_OK && (*out)->gone ? E_USER_UNKNOWN : e;
}

/* As video_seen(), but for blocks. */
static enum err
find_video(struct call *c, int64_t id, const struct video **out)
{
	const struct user *author;
	enum err e = video_get(c, id, out);

	if (e == E_OK && !(*out)->visible)
		e = E_VIDEO_UNKNOWN;
	if (e == E_OK)
		e = find_user(c, (*out)->author_id, &author);
	if (e == E_USER_UNKNOWN || (e == E_OK && !user_opens(c, author)))
		e = E_VIDEO_UNKNOWN;
	return e;
}

static enum err
find_comment(struct thing *t)
{
	struct call *c = t->c;
	const struct video *v;
	const struct user *u;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &report_comment, ARGS(I(t->r->thing_id)), &r);

	if (e == E_OK && r.n == 0)
		return E_COMMENT_UNKNOWN;
	if (e == E_OK)
		e = find_video(c, r.v[0].i, &v);
	if (e == E_OK)
		e = find_user(c, r.v[1].i, &u);
	if (e != E_OK)
		return e == E_VIDEO_UNKNOWN || e == E_USER_UNKNOWN ? E_COMMENT_UNKNOWN : e;
	*t = (struct thing){ c, t->r, u->row.id, v->row.id, r.v[2].s };
	return E_OK;
}

static enum err
find_message(struct thing *t)
{
	struct call *c = t->c;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &report_message,
	    ARGS(I(t->r->thing_id), I(c->viewer_id), I(c->viewer_id)), &r);

	if (e == E_OK && r.n == 0)
		return E_MESSAGE_UNKNOWN;
	if (e == E_OK)
		*t = (struct thing){ c, t->r, r.v[0].i, 0, r.v[1].s };
	return e;
}

static enum err
find(struct thing *t)
{
	struct call *c = t->c;
	const struct video *v;
	const struct user *u;
	enum err e = E_OK;

	switch (t->r->kind) {
	case REPORT_VIDEO:
		e = find_video(c, t->r->thing_id, &v);
		if (e == E_OK)
			*t = (struct thing){ c, t->r, v->author_id, v->row.id, v->title };
		return e;
	case REPORT_COMMENT:
		return find_comment(t);
	case REPORT_MESSAGE:
		return find_message(t);
	default:
		e = find_user(c, t->r->thing_id, &u);
		if (e == E_OK)
			*t = (struct thing){ c, t->r, u->row.id, 0, u->name };
		return e;
	}
}

static enum err
insert(void *arg)
{
	const struct thing *t = arg;
	const struct report_new *r = t->r;
	struct call *c = t->c;
	enum err e = db_exec(c->db, &report_insert,
	    ARGS(I(r->kind), I(r->thing_id), I(c->viewer_id), I(t->about_id), I(r->reason), I(c->now_ms),
		S(r->text)),
	    NULL);

	if (e == E_DUPLICATE)
		return E_ALREADY;
	return e == E_OK ? db_exec(c->db, &report_enqueue,
			       ARGS(I(r->kind), I(r->thing_id), I(t->about_id), I(t->video_id), I(c->now_ms),
				   S(t->content)),
			       NULL)
			 : e;
}

enum err
report_add(struct call *c, const struct report_new *r)
{
	struct thing t = { .c = c, .r = r };
	enum err e = find(&t);

	if (e == E_OK && t.about_id == c->viewer_id)
		return E_SELF_REPORT;
	return e == E_OK ? db_transaction(c->db, insert, &t) : e;
}

/* The reasons of n reports. */
static enum err
reasons_of(struct call *c, struct report *rows, const int64_t *ids, size_t n)
{
	struct report_reason *v;
	const void **list;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &report_reasons, ARGS(LIST(ids, n)), &r);

	if (e != E_OK)
		return e;
	v = arena_array(c->mem, r.n + 1, sizeof(*v));
	list = arena_array(c->mem, r.n + 1, sizeof(void *));
	for (size_t i = 0; i < r.n; i++) {
		const struct val *at = r.v + i * r.cols;
		const char *kind = report_kind_name(at[0].i);

		v[i] = (struct report_reason){ at[3].i, reasons[at[2].i], at[4].s };
		list[i] = &v[i];
		for (size_t k = 0; k < n; k++) {
			if (ids[k] == at[1].i && rows[k].kind == kind && rows[k].reasons.n++ == 0)
				rows[k].reasons.rows = list + i;
		}
	}
	return E_OK;
}

enum err
report_queue(struct call *c, const struct page *p, struct report_list *out)
{
	struct report *row;
	int64_t *ids;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &report_page,
	    ARGS(I(p->a), I(p->a), I(p->b), I((int64_t)p->skip), I((int64_t)p->n + 1)), &r);

	*out = (struct report_list){ 0 };
	if (e != E_OK)
		return e;
	out->n = r.n < p->n ? r.n : p->n;
	out->more = r.n > p->n;
	out->rows = arena_array(c->mem, out->n + 1, sizeof(void *));
	row = arena_array(c->mem, out->n + 1, sizeof(*row));
	ids = arena_array(c->mem, out->n + 1, sizeof(*ids));
	for (size_t i = 0; i < out->n; i++) {
		const struct val *v = r.v + i * r.cols;

		row[i] = (struct report){ .first_ms = v[0].i, .thing_id = v[1].i, .kind = report_kind_name(v[2].i),
			.about_id = v[3].i, .video_id = v[4].i, .count = v[5].i, .content = v[6].s };
		out->rows[i] = &row[i];
		out->last_a = v[0].i;
		out->last_b = ids[i] = v[1].i;
	}
	return out->n > 0 ? reasons_of(c, row, ids, out->n) : E_OK;
}

enum err
report_audit(struct call *c, const struct page *p, struct report_list *out)
{
	struct audit *row;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &audit_page,
	    ARGS(I(p->b ? p->b : INT64_MAX), I((int64_t)p->skip), I((int64_t)p->n + 1)), &r);

	*out = (struct report_list){ 0 };
	if (e != E_OK)
		return e;
	out->n = r.n < p->n ? r.n : p->n;
	out->more = r.n > p->n;
	out->rows = arena_array(c->mem, out->n + 1, sizeof(void *));
	row = arena_array(c->mem, out->n + 1, sizeof(*row));
	for (size_t i = 0; i < out->n; i++) {
		const struct val *v = r.v + i * r.cols;

		row[i] = (struct audit){ .id = v[0].i, .admin_id = v[1].i, .act = v[2].s,
			.kind = report_kind_name(v[3].i), .thing_id = v[4].i, .about_id = v[5].i,
			.until_ms = v[6].i, .created_ms = v[7].i, .note = v[8].s };
		out->rows[i] = &row[i];
		out->last_a = out->last_b = v[0].i;
	}
	return E_OK;
}
