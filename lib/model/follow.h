/* follow.h - who follows whom.  Friends are those who follow each other. */
#ifndef MODEL_FOLLOW_H
#define MODEL_FOLLOW_H

#include "model/call.h"
#include "model/user.h"

#define FOLLOW_LIST_MAX 1000

/* The viewer follows the user (on) or no longer does; whose account is private is asked first, and
 * *requested (may be NULL) says so.  Taking back ends a request, too.  E_SELF_FOLLOW, E_USER_UNKNOWN;
 * E_ALREADY and E_NOT_YET when nothing had to change. */
enum err follow_set(struct call *c, int64_t user_id, bool on, bool *requested) CHECKED;

/* A page of users, newest relation first (p->a, b: time, id). */
struct follow_page {
	struct user_list users;
	int64_t last_a, last_b;
	bool more;
};
enum err follow_list(struct call *c, int64_t user_id, const struct page *p,
    struct follow_page *out) CHECKED;
enum err follower_list(struct call *c, int64_t user_id, const struct page *p,
    struct follow_page *out) CHECKED;

/* Who asks to follow the viewer. */
enum err follow_requests(struct call *c, const struct page *p, struct follow_page *out) CHECKED;

/* A page out of any statement that gives (time, user) for (user, before, before, id, skip, n); those
 * whom the viewer does not see are left out, but with `all`. */
enum err follow_page_of(struct call *c, const struct sql *q, int64_t user_id, const struct page *p,
    bool all, struct follow_page *out) CHECKED;

/* The viewer lets one who asked follow him, or declines.  E_REQUEST_UNKNOWN. */
enum err follow_answer(struct call *c, int64_t user_id, bool accept) CHECKED;

/* One follows the other no longer, nor asks to.  E_NOT_YET. */
enum err follow_end(struct call *c, int64_t follower_id, int64_t user_id) CHECKED;

/* Lets everybody who asked follow a user, as long as his account is there and not private, and more(arg)
 * wants.  May be repeated. */
enum err follow_accept_all(struct call *c, int64_t user_id, bool (*more)(void *arg), void *arg) CHECKED;

/* What is between the viewer and a user. */
struct relation {
	int64_t user_id;
	bool follows, followed, mutual; /* he follows the user, the user him, both */
	bool asked, muted;              /* he asks to follow him; mutes him */
};
extern const struct shape relation_shape;

/* out[i] is the relation to ids[i]; n is at most 1024. */
enum err follow_check(struct call *c, const int64_t *ids, size_t n, struct relation *out) CHECKED;

/* How many friends a user has, of those whom the viewer sees (marks known). */
enum err friend_count(struct call *c, int64_t user_id, int64_t *out) CHECKED;

/* A friend, with the newest message of the two (only in the viewer's own list). */
struct friend {
	const struct user *user;
	const char *message;
	int64_t message_type; /* 0 received by the viewer, 1 sent by him */
	int64_t last_ms;
};
struct friend_list {
	size_t n;
	const void **rows; /* struct friend */
	int64_t last_a, last_b; /* where the next page begins */
	bool more;
};
extern const struct shape friend_shape;

/* A page of a user's friends: whom he followed last comes first (p->a, b: time, id). */
enum err friend_list(struct call *c, int64_t user_id, const struct page *p,
    struct friend_list *out) CHECKED;

/* The same by the newest message, then by name: of the FOLLOW_LIST_MAX whom he followed last.  Messages
 * reorder it while it is read, so p->a counts the rows before. */
enum err friend_list_by_message(struct call *c, int64_t user_id, const struct page *p,
    struct friend_list *out) CHECKED;

#endif
