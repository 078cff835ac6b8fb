/* message.h - messages between two users. */
#ifndef MODEL_MESSAGE_H
#define MODEL_MESSAGE_H

#include "model/call.h"

#define MESSAGE_TEXT_MAX 1000 /* characters */
#define MESSAGE_LIST_MAX 500

struct message {
	int64_t id, from_id, to_id, created_ms;
	const char *content;
	bool is_read; /* by whom it was sent to, before this was asked */
};

struct message_list {
	size_t n;
	const void **rows; /* struct message, oldest first */
	int64_t first_ms;  /* of the oldest one: the cursor of the page before */
	bool more;         /* there are older ones */
};

extern const struct shape message_shape;

/* The viewer writes to a user.  E_SELF_MESSAGE, E_USER_UNKNOWN. */
enum err message_send(struct call *c, int64_t to_id, const char *content, int64_t *id) CHECKED;

/* The newest messages of the viewer and the other one, older than p->a ms (0: up to now). */
enum err message_history(struct call *c, int64_t other_id, const struct page *p,
    struct message_list *out) CHECKED;

/* When a message of the two was sent; where there is none with this id (it was deleted), the end of
 * the second in which the id was made. */
enum err message_time(struct call *c, int64_t other_id, int64_t id, int64_t *ms) CHECKED;

/* The newest one first. */
void message_reverse(struct message_list *list);

/* What the other one has sent after after_ms; the viewer's own are left out, as his client shows
 * them already (wire.md 1.4.15).  Answered from the cache where there is nothing new. */
enum err message_news(struct call *c, int64_t other_id, int64_t after_ms, size_t n,
    struct message_list *out) CHECKED;

/* How many messages to the viewer are unread, of those whom he sees. */
enum err message_unread(struct call *c, int64_t *n) CHECKED;

/* The cached row that changes with a user's conversations. */
struct row_ref message_inbox_ref(int64_t user_id);

#endif
