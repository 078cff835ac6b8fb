/* report_act.c - what moderators do.  Invariant: the audit's row, the end of the reports and what is
 * done to the thing are one transaction. */
#include "model/report.h"

#include <string.h>

#include "base/text.h"
#include "model/account.h"
#include "model/conversation.h"
#include "model/live.h"
#include "model/user.h"
#include "model/video.h"
#include "model/viewer.h"

SQL(act_comment, "SELECT user_id FROM comments FORCE INDEX (by_id) WHERE id = ?", "i", "i");
SQL(act_message, "SELECT from_id FROM messages FORCE INDEX (by_id) WHERE id = ?", "i", "i");
SQL(act_user, "SELECT id FROM users WHERE id = ?", "i", "i");
SQL(act_video, "SELECT author_id FROM videos WHERE id = ? AND deleted = 0", "i", "i");
SQL(act_queued, "SELECT about_id FROM report_queue WHERE kind = ? AND thing_id = ?", "ii", "i");
SQL(act_hide_comment, "UPDATE comments SET hidden = ? WHERE id = ?", "ii", "");
/* While he is suspended his notice says why. */
SQL(act_warn, "UPDATE users SET notice = ?, updated_ms = ? WHERE id = ? AND suspended_until_ms <= ?", "siii",
    "");
SQL(act_suspend,
    "UPDATE users SET notice = ?, suspended_until_ms = ?, token_epoch = token_epoch + 1, updated_ms = ? "
    "WHERE id = ?",
    "siii", "");
SQL(act_unsuspend,
    "UPDATE users SET notice = IF(suspended_until_ms > ?, '', notice), suspended_until_ms = 0, updated_ms = ? "
    "WHERE id = ?",
    "iii", "");
SQL(act_close, "UPDATE reports SET open = 0 WHERE kind = ? AND thing_id = ? AND open = 1", "ii", "");
SQL(act_unqueue, "DELETE FROM report_queue WHERE kind = ? AND thing_id = ?", "ii", "");
SQL(audit_insert,
    "INSERT INTO audit (id, admin_id, act, kind, thing_id, about_id, until_ms, created_ms, note) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "iisiiiiis", "");
SQL(role_set, "UPDATE users SET role = ?, updated_ms = ? WHERE id = ?", "iii", "");

struct doing {
	struct call *c;
	const struct report_act *a;
	enum { HIDE, RESTORE, WARN, SUSPEND, DISMISS, DELETE, ACTS } act;
	int64_t kind, about_id, id;
};

enum err
audit_add(struct call *c, const struct audit *a)
{
	return db_exec(c->db, &audit_insert,
	    ARGS(I(a->id), I(c->viewer_id), S(a->act), I(report_kind(a->kind)), I(a->thing_id), I(a->about_id),
		I(a->until_ms), I(c->now_ms), S(a->note)),
	    NULL);
}

static enum err
to_user(struct doing *d)
{
	struct call *c = d->c;
	int64_t changed;
	enum err e;

	if (d->act == WARN) {
		e = db_exec(c->db, &act_warn, ARGS(S(d->a->note), I(c->now_ms), I(d->about_id), I(c->now_ms)), &changed);
		return e == E_OK && changed == 0 ? call_param(c, "act", WHY_NOT_WARNED, 0) : e;
	}
	if (d->act == SUSPEND) {
		e = db_exec(c->db, &act_suspend,
		    ARGS(S(d->a->note), I(d->a->until_ms), I(c->now_ms), I(d->about_id)), NULL);
		return e == E_OK ? live_end(c, d->about_id) : e;
	}
	if (d->act == RESTORE && d->kind == REPORT_USER)
		return db_exec(c->db, &act_unsuspend, ARGS(I(c->now_ms), I(c->now_ms), I(d->about_id)), NULL);
	return E_OK;
}

static enum err
write_act(void *arg)
{
	struct doing *d = arg;
	const struct report_act *a = d->a;
	struct call *c = d->c;
	enum err e = to_user(d);

	if (e == E_OK && d->kind == REPORT_COMMENT && d->act <= RESTORE)
		e = db_exec(c->db, &act_hide_comment, ARGS(I(d->act == HIDE), I(a->thing_id)), NULL);
	if (e == E_OK)
		e = db_exec(c->db, &act_unqueue, ARGS(I(d->kind), I(a->thing_id)), NULL);
	if (e == E_OK)
		e = db_exec(c->db, &act_close, ARGS(I(d->kind), I(a->thing_id)), NULL);
	return e == E_OK ? audit_add(c, &(struct audit){ .id = d->id, .act = a->act, .kind = a->kind,
					    .thing_id = a->thing_id, .about_id = d->about_id,
					    .until_ms = a->until_ms, .note = a->note })
			 : e;
}

/* Whose the thing is.  What is gone by now was somebody's all the same, as its reports say: who deletes his
 * insult can be told so. */
static enum err
find(struct doing *d)
{
	static const struct sql *const q[REPORT_KINDS] = { NULL, &act_video, &act_comment, &act_user,
		&act_message };
	static const enum err unknown[REPORT_KINDS] = { E_PARAM, E_VIDEO_UNKNOWN, E_COMMENT_UNKNOWN,
		E_USER_UNKNOWN, E_MESSAGE_UNKNOWN };
	struct call *c = d->c;
	struct rows r;
	enum err e = db_select(c->db, c->mem, q[d->kind], ARGS(I(d->a->thing_id)), &r);

	if (e == E_OK && r.n == 0 && (d->act == WARN || d->act == SUSPEND || d->act == DISMISS))
		e = db_select(c->db, c->mem, &act_queued, ARGS(I(d->kind), I(d->a->thing_id)), &r);
	if (e == E_OK && r.n == 0)
		return unknown[d->kind];
	if (e == E_OK)
		d->about_id = r.v[0].i;
	return e;
}

enum err
report_do(struct call *c, const struct report_act *a)
{
	static const char *const acts[ACTS] = { "hide", "restore", "warn", "suspend", "dismiss", "delete" };
	struct doing d = { .c = c, .a = a, .act = ACTS, .kind = report_kind(a->kind), .id = call_new_id(c) };
	struct row_ref refs[3];
	bool shows;
	enum err e;

	for (int i = 0; i < ACTS; i++) {
		if (strcmp(a->act, acts[i]) == 0)
			d.act = i;
	}
	shows = d.act == HIDE || d.act == RESTORE;
	if (d.kind == 0)
		return call_param(c, "kind", WHY_REPORT_KIND, 0);
	if (d.act == ACTS || (d.act == HIDE && d.kind == REPORT_USER) ||
	    (d.act == DELETE && (d.kind != REPORT_VIDEO || c->viewer_id != 0)))
		return call_param(c, "act", WHY_ACT, 0);
	if (d.act == SUSPEND && a->until_ms <= c->now_ms)
		return call_param(c, "until", WHY_TOO_SMALL, c->now_ms / 1000 + 1);
	if (d.act == WARN && utf8_is_blank(a->note, strlen(a->note)))
		return call_param(c, "note", WHY_MISSING, 0);
	e = find(&d);
	if (e == E_OK && d.about_id == c->viewer_id)
		e = E_SELF_ACT;
	if (e != E_OK)
		return e;
	if (shows && d.kind == REPORT_VIDEO)
		return video_hide(c, a->thing_id, d.act == HIDE, write_act, &d);
	if (d.act == DELETE)
		return video_remove(c, a->thing_id, write_act, &d);
	if (shows && d.kind == REPORT_MESSAGE)
		return message_set_hidden(c, a->thing_id, d.act == HIDE, write_act, &d);
	refs[0] = user_ref(d.about_id);
	refs[1] = viewer_account_ref(d.about_id);
	refs[2] = viewer_marks_ref(d.about_id);
	return rows_write(c->rows, refs, 3, write_act, &d);
}

struct role {
	struct call *c;
	int64_t user_id, audit_id;
	bool admin;
};

static enum err
write_role(void *arg)
{
	const struct role *r = arg;
	struct call *c = r->c;
	enum err e = db_exec(c->db, &role_set, ARGS(I(r->admin), I(c->now_ms), I(r->user_id)), NULL);

	return e == E_OK ? audit_add(c, &(struct audit){ .id = r->audit_id, .kind = "user", .note = "",
					    .act = r->admin ? "promote" : "demote",
					    .thing_id = r->user_id, .about_id = r->user_id })
			 : e;
}

enum err
report_role(struct call *c, const char *name, bool admin)
{
	struct role r = { .c = c, .audit_id = call_new_id(c), .admin = admin };
	enum err e = account_id_of(c, name, &r.user_id);

	return e == E_OK ? db_transaction(c->db, write_role, &r) : e;
}
