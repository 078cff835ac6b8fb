/* account.h - accounts: names, passwords, logins. */
#ifndef MODEL_ACCOUNT_H
#define MODEL_ACCOUNT_H

#include "model/call.h"

#define ACCOUNT_NAME_MAX 32     /* characters; wire.md 1.4.1 */
#define ACCOUNT_PASSWORD_MAX 32 /* characters */

struct account_login {
	int64_t user_id;
	const char *token; /* of the arena */
};

/* A new account, logged in at once.  E_NAME_TAKEN: names that read alike (NFKC, case folded) are
 * one.  E_PARAM: the name has nothing that can be seen.  E_NAME_WORDS: a forbidden word is in it. */
enum err account_register(struct call *c, const char *name, const char *password,
    struct account_login *out) CHECKED;

/* E_LOGIN: the name or the password is wrong, which of them is not told, also not by the time it
 * takes.  E_FROZEN (c->problem says for how long): too many failures for this name from this
 * address.  E_ACCOUNT_DISABLED.  Old hashes are replaced by yescrypt on the way. */
enum err account_login(struct call *c, const char *name, const char *password,
    struct account_login *out) CHECKED;

/* For the admin command: E_USER_UNKNOWN.  Both revoke all tokens. */
enum err account_set_password(struct call *c, const char *name, const char *password) CHECKED;
enum err account_set_disabled(struct call *c, const char *name, bool disabled) CHECKED;

/* Forgets failed logins older than a month.  For the media worker's housekeeping. */
enum err account_sweep(struct call *c) CHECKED;

#endif
