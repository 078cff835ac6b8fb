/* account.h - accounts: names, passwords, logins. */
#ifndef MODEL_ACCOUNT_H
#define MODEL_ACCOUNT_H

#include "model/call.h"
#include "model/user.h"

#define ACCOUNT_NAME_MAX 32     /* characters; wire.md 1.4.1 */
#define ACCOUNT_PASSWORD_MAX 32 /* characters */
#define ACCOUNT_PASSWORD_API_MAX 72 /* in /api */

struct account_login {
	int64_t user_id;
	const char *token; /* of the arena */
	const char *notice; /* what a moderator warned of and he has not read, or "" */
};

/* A name as names are compared: NFKC, case folded, without what cannot be seen (Unicode's
 * NFKC_Casefold); of the arena.  NULL where nothing is left, or too much. */
const char *account_name_key(struct call *c, const char *name);
struct account_new {
	const char *name, *password;
	const char *avatar, *about; /* NULL or "": none; user.h says what they may be */
};

/* A new account, logged in at once.  E_NAME_TAKEN: names that read alike (NFKC, case folded, blanks as
 * one) are one.  E_PARAM: the name has nothing that can be seen, or what cannot be seen beyond blanks and
 * what emoji and scripts need; or avatar is no address.  E_NAME_WORDS: a forbidden word is in it. */
enum err account_register(struct call *c, const struct account_new *a,
    struct account_login *out) CHECKED;

/* Whose names these are, by keys of account_name_key() (NULL is nobody's): ids[i], 0 where nobody has it.
 * 64 keys are one statement. */
enum err account_ids_of_keys(struct call *c, const char *const *keys, size_t n, int64_t *ids) CHECKED;

/* Whether the name of names[i] is taken, at taken[i]; n is at most 1024. */
enum err account_names_taken(struct call *c, const char *const *names, size_t n,
    bool *taken) CHECKED;

/* Whose name it is.  E_USER_UNKNOWN. */
enum err account_id_of(struct call *c, const char *name, int64_t *id) CHECKED;

/* The user of this name, where the viewer may see him; NULL is nobody's name.  E_USER_UNKNOWN. */
enum err account_seen(struct call *c, const char *name, const struct user **out) CHECKED;

/* E_LOGIN: the name or the password is wrong, which of them is not told, also not by the time it
 * takes.  E_FROZEN (c->problem says for how long): too many failures for this name from this
 * address.  E_ACCOUNT_DISABLED; E_SUSPENDED (c->problem says until when, and why).  Who is leaving
 * (leave.h) and is neither stays, if it is not too late.  Old hashes are replaced by yescrypt on the way. */
enum err account_login(struct call *c, const char *name, const char *password,
    struct account_login *out) CHECKED;

/* The viewer gives himself another password; all his sessions end and his tokens are void, *out has a new one.
 * E_PASSWORD: the old one is wrong; E_FROZEN as in account_login(). */
enum err account_change_password(struct call *c, const char *old, const char *fresh,
    struct account_login *out) CHECKED;

/* For the admin command: E_USER_UNKNOWN.  Both revoke all tokens, and stand in the audit.  Who is disabled is not
 * live any more.  E_LEAVING: he deletes his account, which goes on (report_do() can suspend him, and so keep him
 * from coming back). */
enum err account_set_password(struct call *c, const char *name, const char *password) CHECKED;
enum err account_set_disabled(struct call *c, const char *name, bool disabled) CHECKED;

/* What only the viewer is told beside his row u: asked anew each time. */
enum err account_self(struct call *c, const struct user *u, struct self *out) CHECKED;

/* He has read this notice: it is told no more.  Another one, which came since, is. */
enum err account_notice_read(struct call *c, const char *notice) CHECKED;

/* Forgets failed logins older than a month.  For the media worker's housekeeping. */
enum err account_sweep(struct call *c) CHECKED;

#endif
