/* block.h - whom a user does not want to see, and whether his account is private.
 *
 * Of two users one of whom blocks the other, neither sees anything of the other: it is as if he did not
 * exist (user_shown(), video_seen()).  Whom one mutes is only missing in one's own feeds and
 * notifications, and does not learn of it. */
#ifndef MODEL_BLOCK_H
#define MODEL_BLOCK_H

#include "model/call.h"
#include "model/follow.h"

#define BLOCK_MAX 5000 /* users whom one may block, and mute */
#define BLOCK_LIST_MAX 100

enum block_kind { BLOCK = 1, BLOCKED = 2, MUTE = 3 }; /* blocks.kind */

/* The viewer blocks or mutes the user (on), or no longer does.  A block ends follows and requests both
 * ways, in its transaction.  E_SELF_BLOCK, E_USER_UNKNOWN, E_BLOCKS_FULL; E_ALREADY and E_NOT_YET when
 * nothing had to change. */
enum err block_set(struct call *c, int64_t user_id, enum block_kind kind, bool on) CHECKED;

/* Whom the viewer blocks or mutes, newest first. */
enum err block_list(struct call *c, enum block_kind kind, const struct page *p,
    struct follow_page *out) CHECKED;

/* The viewer's clips are for his followers only, or for everybody: then who asked to follow him does.
 * At once for all who ask for them; the public indexes follow within seconds (JOB_ACCOUNT). */
enum err privacy_set(struct call *c, bool is_private) CHECKED;

/* Brings clips and requests up to what the account is now, step by step, as long as more(arg) wants. */
enum err privacy_follow(struct call *c, int64_t user_id, bool (*more)(void *arg), void *arg) CHECKED;

/* After a transaction that changed an account: does so for PRIVACY_NOW_MS.  JOB_ACCOUNT, which is due then
 * (the transaction adds it), does what is left. */
#define PRIVACY_NOW_MS 500
void privacy_follow_now(struct call *c, int64_t user_id);

#endif
