/* session.h - log-ins, as their owner sees them: a list, and an end to each.
 *
 * A token names its session, and the account's cached row carries the sessions that were ended before
 * their time (viewer.h), so that a request with a good token still needs no query.  Where too many
 * were ended that way the account gets another epoch instead, which voids all its tokens. */
#ifndef MODEL_SESSION_H
#define MODEL_SESSION_H

#include "model/call.h"

#define SESSION_LIST_MAX 100
#define SESSION_CLIENT_MAX 100 /* characters */

struct session {
	const char *id; /* decimal: clients only send it back */
	const char *client;
	int64_t created_ms;
	bool current;
};
extern const struct shape session_shape;

struct session_list {
	size_t n;
	const void *rows[SESSION_LIST_MAX]; /* struct session, of the arena */
};

/* A new session of a user whose account has this epoch, and its token (of the arena).  It may stand in
 * a transaction.  E_INTERNAL (logged): no token_key. */
enum err session_begin(struct call *c, int64_t user_id, int64_t epoch, const char **token) CHECKED;

/* The viewer's own that still hold, newest first, at most SESSION_LIST_MAX. */
enum err session_list(struct call *c, struct session_list *out) CHECKED;

/* Ends one of the viewer's.  *token is NULL, or what replaces the token that the viewer came with: where
 * too many were ended one by one, all others end, too.  E_SESSION_UNKNOWN: he has none of this id that
 * still holds. */
enum err session_end(struct call *c, int64_t session_id, const char **token) CHECKED;

/* Ends all but the one that the viewer came with, also those of tokens that name none.  *token replaces
 * his, and expires when that would have.  E_TOKEN: his ended meanwhile. */
enum err session_end_others(struct call *c, const char **token) CHECKED;

/* Removes what has expired.  For the media worker's housekeeping. */
enum err session_sweep(struct call *c) CHECKED;

#endif
