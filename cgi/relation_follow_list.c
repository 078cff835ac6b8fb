/* relation_follow_list.c - whom a user follows, newest first. */

#include "http/page.h"
#include "model/follow.h"
#include "model/viewer.h"

static const struct param params[] = {
	USER_LIST_PARAMS(FOLLOW_LIST_MAX),
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/douyin/relation/follow/list/", DOUYIN, VIEWER_OPTIONAL },
	{ GET, "/api/auth/social/following", API, VIEWER_REQUIRED, .bare = FIELD_USERS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_USERS, OUT_ROWS, &user_shape, .on_error = true, .doc = "newest first" },
	PAGE_OUTPUT,
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_USER_UNKNOWN, E_OK };

static enum err
relation_follow_list(struct call *c, const void *arg, struct reply *out)
{
	const struct user_list_in *in = arg;
	struct follow_page list;
	struct page page;
	int64_t user_id;
	enum err e = viewer_or(c, in->user_id, &user_id);

	if (e == E_OK)
		e = page_of(c, &in->page, &page);
	if (e == E_OK)
		e = follow_list(c, user_id, &page, &list);
	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_USERS, &user_shape, list.users.rows, list.users.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, list.last_a, list.last_b, list.more);
	return E_OK;
}

ENDPOINT(relation_follow_list, struct user_list_in, "The users that a user follows", .pool = 2, .marks = true)
