/* relation_friend_list.c - a user's friends: those who follow him and whom he follows.
 *
 * The newest message of the two is only told to the viewer about his own friends.  /douyin shows them
 * in the order of these messages, as its client wants it, and no more than FOLLOW_LIST_MAX; /api in the
 * order of the follows, which stands still while it is read. */

#include "http/page.h"
#include "model/follow.h"
#include "model/viewer.h"

struct in {
	struct user_list_in list;
	bool by_follow;
};

static const struct param params[] = {
	USER_LIST_PARAMS(FOLLOW_LIST_MAX),
	{ "by_follow", PARAM_BOOL, offsetof(struct in, by_follow), .only = ONLY_API,
	    .doc = "the order, which the route says" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/douyin/relation/friend/list/", DOUYIN, VIEWER_REQUIRED },
	{ GET, "/api/auth/social/friends", API, VIEWER_REQUIRED, .set = "by_follow=1",
	    .bare = FIELD_USERS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_USERS, OUT_ROWS, &friend_shape, .on_error = true,
	    .doc = "/douyin: newest message first, of the 1000 followed last; /api: followed last first" },
	PAGE_OUTPUT,
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_USER_UNKNOWN, E_OK };

static enum err
relation_friend_list(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct friend_list list;
	struct page page;
	int64_t user_id;
	enum err e = viewer_or(c, in->list.user_id, &user_id);

	if (e == E_OK)
		e = page_of(c, &in->list.page, &page);
	if (e == E_OK)
		e = in->by_follow ? friend_list(c, user_id, &page, &list)
				  : friend_list_by_message(c, user_id, &page, &list);
	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_USERS, &friend_shape, list.rows, list.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, list.last_a, list.last_b, list.more);
	return E_OK;
}

ENDPOINT(relation_friend_list, struct in, "A user's friends", .pool = 2, .marks = true)
