/* leave.c - how an account ends, and comes back.  Invariant: what it was is kept until purge_at_ms, and
 * nobody sees any of it in between (user_shown()). */
#include "model/leave.h"

#include "model/account.h"
#include "model/block.h"
#include "model/live.h"
#include "model/search.h"
#include "model/user.h"
#include "model/viewer.h"
#include "store/jobs.h"

SQL(leave_set,
    "UPDATE users SET status = 3, purge_at_ms = ?, token_epoch = token_epoch + 1, updated_ms = ? "
    "WHERE id = ? AND status = 1",
    "iii", "");
SQL(leave_back,
    "UPDATE users SET status = 1, purge_at_ms = 0, updated_ms = ? WHERE id = ? AND status = 3 AND "
    "purge_at_ms > ?",
    "iii", "");

struct change {
	struct call *c;
	int64_t user_id, job_id, purge_job_id;
	bool back;
};

static enum err
write_change(void *arg)
{
	const struct change *ch = arg;
	struct call *c = ch->c;
	int64_t changed, purge_ms = c->now_ms + c->conf->leave_grace * 1000;
	enum err e = ch->back
	    ? db_exec(c->db, &leave_back, ARGS(I(c->now_ms), I(ch->user_id), I(c->now_ms)), &changed)
	    : db_exec(c->db, &leave_set, ARGS(I(purge_ms), I(c->now_ms), I(ch->user_id)), &changed);

	if (e == E_OK && changed == 0)
		return E_LOGIN;
	if (e == E_OK && !ch->back)
		e = live_end(c, ch->user_id);
	if (e == E_OK)
		e = search_user_write(c, ch->user_id);
	if (e == E_OK)
		e = jobs_add(c->db, ch->job_id, JOB_ACCOUNT, ch->user_id, c->now_ms + PRIVACY_NOW_MS);
	return e == E_OK && !ch->back ? jobs_add(c->db, ch->purge_job_id, JOB_LEAVE, ch->user_id, purge_ms) : e;
}

static enum err
change(struct call *c, int64_t user_id, bool back)
{
	struct change ch = { .c = c, .user_id = user_id, .job_id = call_new_id(c),
		.purge_job_id = call_new_id(c), .back = back };
	enum err e = rows_write(c->rows,
	    (struct row_ref[]){ user_ref(user_id), viewer_account_ref(user_id), viewer_marks_ref(user_id) }, 3,
	    write_change, &ch);

	if (e == E_OK)
		privacy_follow_now(c, user_id);
	return e;
}

enum err
leave_begin(struct call *c, const char *password)
{
	struct account_login login;
	const struct user *self;
	enum err e = user_get(c, c->viewer_id, &self);

	/* With the same guard against guessing as a login. */
	if (e == E_OK)
		e = account_login(c, self->name, password, &login);
	if (e == E_LOGIN)
		return E_PASSWORD;
	return e == E_OK ? change(c, c->viewer_id, false) : e;
}

enum err
leave_undo(struct call *c, int64_t user_id)
{
	return change(c, user_id, true);
}
