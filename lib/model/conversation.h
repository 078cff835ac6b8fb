/* conversation.h - the conversations of a user, what he has read of them, and what he removes.
 *
 * Who sent a message removes it for both; who got it hides it from himself, and a moderator from him. */
#ifndef MODEL_CONVERSATION_H
#define MODEL_CONVERSATION_H

#include "model/message.h"
#include "model/user.h"

#define CONVERSATION_LIST_MAX 100

struct conversation {
	const struct user *user;            /* the other one */
	const struct message *last_message; /* the newest that the viewer sees */
	int64_t unread;                     /* messages to the viewer */
};
extern const struct shape conversation_shape;

struct conversation_list {
	size_t n;
	const void **rows; /* struct conversation */
	int64_t last_a, last_b;
	bool more;
};

/* The viewer's, the newest message first; p->a, p->b: time, id of the other one.  One
 * without a message that he sees is left out, so that a page may be shorter. */
enum err conversation_list_of(struct call *c, const struct page *p,
    struct conversation_list *out) CHECKED;

/* What the other one sent up to that time (0: all) is read.  Nothing to do where there is none. */
enum err conversation_read(struct call *c, int64_t other_id, int64_t up_to_ms) CHECKED;

/* The same up to a message of the other one, or all (message_id 0).  E_USER_UNKNOWN,
 * E_MESSAGE_UNKNOWN. */
enum err conversation_read_to(struct call *c, int64_t other_id, int64_t message_id) CHECKED;

/* Removes a message of the viewer's for both, or hides one that he got.  E_MESSAGE_UNKNOWN. */
enum err message_remove(struct call *c, int64_t message_id) CHECKED;

/* A moderator hides a message from who got it, or no longer does; calls also(arg) at the end of the
 * transaction.  E_MESSAGE_UNKNOWN. */
enum err message_set_hidden(struct call *c, int64_t message_id, bool hidden, enum err (*also)(void *arg),
    void *arg) CHECKED;

#endif
