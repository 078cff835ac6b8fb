/* recommend_users.c - users whom one might follow: who follows one, whom those follow whom one
 * follows, whose clips one likes, who is popular. */

#include "http/page.h"
#include "model/recommend.h"

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
	struct recommend_people people;
	enum err e;

	if (in->page.cursor.a < 0 || in->page.cursor.b < 0)
		return call_param(c, "cursor", WHY_CURSOR, 0);
	e = recommend_people(c, in->page.cursor.a, in->page.cursor.b, (size_t)in->page.size, &people);
	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_USERS, &user_shape, people.list.rows, people.list.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, people.last_a, people.last_b, people.more);
	return E_OK;
}

ENDPOINT(recommend_users, struct in, "Users whom the viewer might follow", .pool = 1, .marks = true)
