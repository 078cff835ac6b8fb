/* user_batch.c - users by their ids, in that order; those that do not exist are left out. */

#include "http/endpoint.h"
#include "model/user.h"

struct in {
	struct ids_in ids;
};

static const struct param params[] = {
	{ "ids", PARAM_IDS, offsetof(struct in, ids), .required = true, .doc = "at most 100 users" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/user/batch", API, VIEWER_OPTIONAL, .bare = FIELD_USERS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_USERS, OUT_ROWS, &user_shape, .doc = "in the order of ids" },
	{ 0 },
};

static const enum err errors[] = { E_OK };

static enum err
user_batch(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct user_list list;
	enum err e = user_list_of(c, in->ids.v, in->ids.n, &list);

	if (e == E_OK)
		reply_rows(out, FIELD_USERS, &user_shape, list.rows, list.n);
	return e;
}

ENDPOINT(user_batch, struct in, "Users by their ids", .pool = 1, .marks = true)
