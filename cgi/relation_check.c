/* relation_check.c - who follows whom between the viewer and one user, or many in one request. */

#include "http/endpoint.h"
#include "model/follow.h"

struct in {
	int64_t user_id;
	struct ids_in ids;
	bool many;
};

static const struct param params[] = {
	{ "target_user_id", PARAM_ID, offsetof(struct in, user_id), .doc = "the user" },
	{ "ids", PARAM_IDS, offsetof(struct in, ids), .doc = "or the users, at most 100" },
	{ "many", PARAM_BOOL, offsetof(struct in, many), .doc = "which of the two" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/auth/social/check", API, VIEWER_REQUIRED, .set = "many=0&ids=", .bare = FIELD_RELATION,
	    .needs = "target_user_id" },
	{ GET, "/api/auth/social/check/batch", API, VIEWER_REQUIRED, .set = "many=1&target_user_id=",
	    .bare = FIELD_RELATIONS, .needs = "ids" },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_RELATION, OUT_ROW, &relation_shape, .doc = "to target_user_id" },
	{ FIELD_RELATIONS, OUT_ROWS, &relation_shape, .doc = "in the order of ids" },
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_OK };

static enum err
relation_check(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	size_t n = in->many ? in->ids.n : 1;
	const int64_t *ids = in->many ? in->ids.v : &in->user_id;
	struct relation *answers = arena_array(c->mem, n + 1, sizeof(*answers));
	const void **rows = arena_array(c->mem, n + 1, sizeof(*rows));
	enum err e;

	e = follow_check(c, ids, n, answers);
	for (size_t i = 0; i < n; i++)
		rows[i] = &answers[i];
	reply_row(out, FIELD_RELATION, &relation_shape, answers);
	reply_rows(out, FIELD_RELATIONS, &relation_shape, rows, n);
	return e;
}

ENDPOINT(relation_check, struct in, "Who follows whom", .pool = 1)
