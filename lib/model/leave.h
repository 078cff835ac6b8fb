/* leave.h - accounts that end.
 *
 * Who deletes his account is logged out and out of sight at once; leave_grace later everything that
 * names him is removed.  Until then he comes back by logging in. */
#ifndef MODEL_LEAVE_H
#define MODEL_LEAVE_H

#include "model/call.h"

/* The viewer's account ends; password as in account_login(), with its errors (E_PASSWORD: it is
 * wrong). */
enum err leave_begin(struct call *c, const char *password) CHECKED;

/* He is back, with all that was his.  E_LOGIN: too late. */
enum err leave_undo(struct call *c, int64_t user_id) CHECKED;

/* JOB_LEAVE: removes him, if his time has come; may be repeated, and goes on where it stopped.
 * *again_ms: when to look again (his clips are being removed by jobs of their own), 0: done.
 * alive(arg) is asked all the time, false: E_UNAVAILABLE. */
enum err leave_purge(struct call *c, int64_t user_id, bool (*alive)(void *arg), void *arg,
    int64_t *again_ms) CHECKED;

#endif
