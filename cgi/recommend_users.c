/* recommend_users.c - users whom one might follow: who follows one, whom those follow whom one
 * follows, whose clips one likes, who is popular. */

#include "http/page.h"
#include "model/recommend.h"

struct in {
	struct page_in page;
};

static const struct param params[] = {
	API_PAGE_PARAMS(struct in, 10, RECOMMEND_PEOPLE),
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
	struct recommend_people people;
	struct page page;
	enum err e = page_of(c, &in->page, &page);

	if (page.a < 0 || page.b < 0)
		return call_param(c, "cursor", WHY_CURSOR, 0);
	if (e == E_OK)
		e = recommend_people(c, &page, &people);
	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_USERS, &user_shape, people.list.rows, people.list.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, people.last_a, people.last_b, people.more);
	return E_OK;
}

ENDPOINT(recommend_users, struct in, "Users whom the viewer might follow", .pool = 1, .marks = true)
