/* notification.h - what others did that concerns a user: follows and requests to, likes, comments,
 * replies, mentions, messages.
 *
 * Who likes or comments writes nothing for it.  A notification is a row that names a set of rows of
 * other tables: one type, one subject, one day.  It is made when its receiver next looks (at most once
 * in NOTIFICATION_LOOK_MS), and what it says is read from those rows each time it is shown.  Hence:
 *
 *  - a thousand likes of a clip on one day are one notification, and nobody waits for its row;
 *  - what was undone is not counted, nor what somebody did who is leaving, and a notification of nothing
 *    is not shown;
 *  - one's own deeds are not among them; neither is a comment twice, for one who gets it as a reply or
 *    as the clip's author and is mentioned in it, too;
 *  - it is unread while its newest event is later than when it, or everything, was marked as read
 *    (that of a message also: than what was read of the conversation).
 *
 * Events are looked for from NOTIFICATION_LATE_MS before the last look on, longer than a transaction
 * lasts: so none is missed by committing late. */
#ifndef MODEL_NOTIFICATION_H
#define MODEL_NOTIFICATION_H

#include "model/call.h"

#define NOTIFICATION_LIST_MAX 50
#define NOTIFICATION_DAYS 30       /* older events are not told */
#define NOTIFICATION_LOOK_MS 1000
#define NOTIFICATION_LATE_MS 60000
#define NOTIFICATION_UNREAD_MAX 200
#define NOTIFICATION_ACTORS 3
#define NOTIFICATION_COUNT_MAX 100000

enum notification_type {
	NOTIFY_FOLLOW = 1,
	NOTIFY_LIKE = 2,
	NOTIFY_COMMENT = 3,
	NOTIFY_REPLY = 4,
	NOTIFY_MENTION = 5,
	NOTIFY_MESSAGE = 6,
	NOTIFY_COMMENT_LIKE = 7, /* told as "like", of the comment */
	NOTIFY_REQUEST = 8,	 /* to follow a private account; gone when it is answered */
	NOTIFY_TYPES,
};

const char *notification_type_name(int64_t type); /* "follow" ... */

/* 0 where it is none of these names. */
int64_t notification_type(const char *name);

struct notification {
	int64_t id, user_id, type, related_id, video_id, count, at_ms;
	bool is_read;
	const char *type_name, *title, *content;
	struct shape_list actors; /* struct user, who did it last first */
};
extern const struct shape notification_shape;

struct notification_page {
	size_t n;
	const void **rows; /* struct notification */
	int64_t last_a, last_b;
	bool more;
};

/* The viewer's, those with the newest events first; type 0: of every type.  p->a, p->b: time, id.
 * Counts are exact up to NOTIFICATION_COUNT_MAX and stand at that beyond. */
enum err notifications_of(struct call *c, int64_t type, const struct page *p,
    struct notification_page *out) CHECKED;

/* How many of the viewer's notifications are unread, at most NOTIFICATION_UNREAD_MAX; as of at most
 * NOTIFICATION_COUNT_MS ago, but for what he marked himself. */
#define NOTIFICATION_COUNT_MS 3000
struct notification_unread {
	int64_t total, by_type[NOTIFY_TYPES];
};
extern const struct shape notification_unread_shape;
enum err notifications_unread(struct call *c, struct notification_unread *out) CHECKED;

/* Marks one of the viewer's as read (E_NOTIFICATION_UNKNOWN), or (id 0) all up to until_ms, milliseconds since 1970;
 * 0, or what is still to come: up to now. */
enum err notifications_read(struct call *c, int64_t id, int64_t until_ms) CHECKED;

/* The cached row that a user's reading of messages changes. */
struct row_ref notification_ref(int64_t user_id);

/* Removes what is older than NOTIFICATION_DAYS.  For the media worker's housekeeping. */
enum err notification_sweep(struct call *c) CHECKED;

#endif
