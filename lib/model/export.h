/* export.h - what is stored about a user, as a file that he can download.
 *
 * A tar of JSON files (what he wrote, did, asked for and set: export_write.c lists them), of his clips as they
 * are played, the covers that he chose for them and his avatar.  What can be made again out of these
 * (notifications, recommendations) is not in it.  Its name cannot be guessed, no cache keeps it, and it
 * is removed after EXPORT_KEEP_MS. */
#ifndef MODEL_EXPORT_H
#define MODEL_EXPORT_H

#include "model/call.h"

#define EXPORT_KEEP_MS (INT64_C(7) * 86400000)
#define EXPORT_PAUSE_MS INT64_C(3600000) /* between two exports */

struct export {
	const char *state; /* making, ready, failed or expired */
	const char *url;   /* path below media_dir; "" until it is ready */
	int64_t size_bytes, created_ms, expires_ms;
};
extern const struct shape export_shape;

/* The viewer wants one, in place of the last one.  E_ALREADY: one is being made, or was less than
 * EXPORT_PAUSE_MS ago. */
enum err export_ask(struct call *c) CHECKED;

/* What became of it.  E_EXPORT_UNKNOWN. */
enum err export_state(struct call *c, struct export *out) CHECKED;

/* JOB_EXPORT; alive(arg) is asked now and then, false: give up.  May be repeated. */
enum err export_make(struct call *c, int64_t user_id, bool (*alive)(void *arg), void *arg) CHECKED;
enum err export_failed(struct call *c, int64_t user_id) CHECKED;

#endif
