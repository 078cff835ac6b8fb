/* viewer.h - who is asking, and what he likes, follows and stars; whom he does not see.
 *
 * A token is HS256 (libjwt) with the claims user_id, epoch, iat, nbf, exp and session; the
 * algorithm is pinned, the signature compared in constant time, every claim but the session required.
 * epoch must be that of the account: a change of it (new password, disabled) revokes all tokens at
 * once.  session is the log-in (session.h), which must not have been ended; tokens from before there
 * were sessions have none. */
#ifndef MODEL_VIEWER_H
#define MODEL_VIEWER_H

#include "model/call.h"

/* A token with these claims (nbf_s: now), of the request's arena.  E_INTERNAL (logged): no token_key. */
enum err viewer_token(struct call *c, const struct token_claims *claims, const char **token) CHECKED;

/* Checks the token in full and sets c->viewer_id and c->token; with marks also c->marks, in the same trip.
 * E_TOKEN: missing, damaged, forged, expired, revoked, of an ended session, or of nobody.  E_ACCOUNT_DISABLED. */
enum err viewer_find(struct call *c, const char *token, bool marks) CHECKED;

/* Makes sure that viewer_likes(), viewer_stars(), viewer_follows(), viewer_hides() and viewer_mutes()
 * know the answer for these ids; a query is only needed for ids older than what the marks hold, or
 * for the marks where viewer_find() did not fetch them.  A second call adds to the first.  Nothing to
 * do for nobody. */
enum err viewer_know(struct call *c, const int64_t *videos, size_t videos_n, const int64_t *users,
    size_t users_n) CHECKED;

/* Whose page is asked for: user_id, or the viewer himself where it is 0.  E_TOKEN: nobody. */
enum err viewer_or(struct call *c, int64_t user_id, int64_t *out) CHECKED;

/* E_FORBIDDEN where the viewer is no moderator; asked anew each time. */
enum err viewer_moderates(struct call *c) CHECKED;

/* false for nobody, and for the viewer himself. */
bool viewer_likes(const struct call *c, int64_t video_id);
bool viewer_follows(const struct call *c, int64_t user_id);
bool viewer_stars(const struct call *c, int64_t video_id);

/* Whether the two do not see each other (one of them blocks the other); whether the viewer mutes him. */
bool viewer_hides(const struct call *c, int64_t user_id);
bool viewer_mutes(const struct call *c, int64_t user_id);

/* Whom he does not see, and whom he mutes, at most 512 of each with the highest ids.  *all: there are no
 * others; else what is counted asks the table of blocks. */
const int64_t *viewer_hidden(const struct call *c, size_t *n, bool *all);
const int64_t *viewer_muted(const struct call *c, size_t *n);

/* Whether anything is hidden or muted at all. */
bool viewer_bars(const struct call *c);

/* The cached rows that change with a viewer's own likes, follows, stars, blocks and mutes. */
struct row_ref viewer_marks_ref(int64_t user_id);
struct row_ref viewer_account_ref(int64_t user_id);

#endif
