/* relation_friend_list.c - a user's friends: those who follow him and whom he follows.
 *
 * The newest message of the two is only told to the viewer about his own friends. */

#include "http/page.h"
#include "model/follow.h"
#include "model/viewer.h"

static const struct param params[] = {
	USER_LIST_PARAMS(FOLLOW_LIST_MAX),
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/douyin/relation/friend/list/", DOUYIN, VIEWER_REQUIRED },
	{ GET, "/api/auth/social/friends", API, VIEWER_REQUIRED, .bare = FIELD_USERS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_USERS, OUT_ROWS, &friend_shape, .on_error = true, .doc = "newest message first" },
	PAGE_OUTPUT,
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_USER_UNKNOWN, E_OK };

static enum err
relation_friend_list(struct call *c, const void *arg, struct reply *out)
{
	const struct user_list_in *in = arg;
	struct friend_list list;
	struct page page;
	int64_t user_id, from = 0;
	enum err e = viewer_or(c, in->user_id, &user_id);

	if (e == E_OK)
		e = page_of(c, &in->page, &page);
	if (e == E_OK) {
		from = page.a + (int64_t)page.skip;
		e = friend_list(c, user_id, (size_t)from, page.n, &list);
	}
	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_USERS, &friend_shape, list.rows, list.n);
	/* Messages reorder this list while it is read, so its cursor counts. */
	reply_cursor(out, FIELD_NEXT_CURSOR, from + (int64_t)list.n, 0, list.more);
	return E_OK;
}

ENDPOINT(relation_friend_list, struct user_list_in, "A user's friends", .pool = 2, .marks = true)
