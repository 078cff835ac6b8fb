/* viewer.h - who is asking, and what he likes, follows and stars.
 *
 * A token is HS256 (libjwt) with the claims user_id, epoch, iat, nbf, exp; the algorithm is
 * pinned, the signature compared in constant time, every claim required.  epoch must be that of
 * the account: a change of it (new password, disabled) revokes all tokens at once. */
#ifndef MODEL_VIEWER_H
#define MODEL_VIEWER_H

#include "model/call.h"

/* A token for the user as of now, of the request's arena.  E_INTERNAL (logged): no token_key. */
enum err viewer_token(struct call *c, int64_t user_id, int64_t epoch, const char **token) CHECKED;

/* Checks the token in full and sets c->viewer_id; with marks also c->marks, in the same trip.
 * E_TOKEN: missing, damaged, forged, expired, revoked, or of nobody.  E_ACCOUNT_DISABLED. */
enum err viewer_find(struct call *c, const char *token, bool marks) CHECKED;

/* Makes sure that viewer_likes(), viewer_stars() and viewer_follows() know the answer for these ids; a query is
 * only needed for ids older than what the marks hold.  A second call replaces what the first one
 * asked for.  Nothing to do for nobody. */
enum err viewer_know(struct call *c, const int64_t *videos, size_t videos_n, const int64_t *users,
    size_t users_n) CHECKED;

/* Whose page is asked for: user_id, or the viewer himself where it is 0.  E_TOKEN: nobody. */
enum err viewer_or(struct call *c, int64_t user_id, int64_t *out) CHECKED;

/* false for nobody, and for the viewer himself. */
bool viewer_likes(const struct call *c, int64_t video_id);
bool viewer_follows(const struct call *c, int64_t user_id);
bool viewer_stars(const struct call *c, int64_t video_id);

/* The cached rows that change with a viewer's own likes, follows and stars. */
struct row_ref viewer_marks_ref(int64_t user_id);
struct row_ref viewer_account_ref(int64_t user_id);

#endif
