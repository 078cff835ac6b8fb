/* recommend_users.c - users whom one might follow: who follows one, whom those follow whom one
 * follows, whose clips one likes, who is popular. */

#include "http/page.h"
#include "model/recommend.h"

#define PEOPLE_MAX 1000

struct in {
	struct page_in page;
};

static const struct param params[] = {
	PAGE_PARAMS(struct in, RECOMMEND_PEOPLE),
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/auth/recommend/users", API, VIEWER_REQUIRED },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_USERS, OUT_ROWS, &user_shape, .doc = "the likeliest first" },
	PAGE_OUTPUT,
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_OK };

static enum err
recommend_users(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	int64_t from = in->page.cursor.a;
	struct user_list list;
	bool more;
	enum err e;

	if (from < 0 || from > PEOPLE_MAX)
		return call_param(c, "cursor", WHY_CURSOR, 0);
	e = recommend_people(c, (size_t)from, (size_t)in->page.size, &list, &more);
	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_USERS, &user_shape, list.rows, list.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, from + in->page.size, 0, more);
	return E_OK;
}

ENDPOINT(recommend_users, struct in, "Users whom the viewer might follow", .pool = 1, .marks = true)
