/* account_self.c - what only the account itself is told.  Invariant: a notice goes only when its very words
 * were read. */
#include "model/account.h"

SQL(account_told, "SELECT role, notice FROM users WHERE id = ?", "i", "is");
SQL(account_notice_forget, "UPDATE users SET notice = '' WHERE id = ? AND notice = ?", "is", "");

enum err
account_self(struct call *c, const struct user *u, struct self *out)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &account_told, ARGS(I(u->row.id)), &r);

	if (e == E_OK && r.n == 0)
		return E_USER_UNKNOWN;
	if (e == E_OK)
		*out = (struct self){ u, r.v[0].i != 0, r.v[1].s };
	return e;
}

enum err
account_notice_read(struct call *c, const char *notice)
{
	return db_exec(c->db, &account_notice_forget, ARGS(I(c->viewer_id), S(notice)), NULL);
}
