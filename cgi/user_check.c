/* user_check.c - whether user names are taken already: one, or many in one request. */

#include "http/endpoint.h"
#include "model/account.h"

struct in {
	const char *name;
	struct texts_in names;
	bool many;
};

struct check {
	const char *name;
	bool exists;
};

static const struct member members[] = {
	{ { NULL, "username" }, M_STR, offsetof(struct check, name), NULL, "as it was asked" },
	{ { NULL, "exists" }, M_BOOL, offsetof(struct check, exists), NULL, "somebody has it" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
static const struct shape check_shape = { .name = "NameCheck", .members = members };

static const struct param params[] = {
	{ "username", PARAM_TEXT, offsetof(struct in, name), .doc = "the name" },
	{ "usernames", PARAM_TEXTS, offsetof(struct in, names), .doc = "or the names, at most 100" },
	{ "many", PARAM_BOOL, offsetof(struct in, many), .doc = "which of the two" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/user/check", API, VIEWER_NONE, .set = "many=0&usernames=", .bare = FIELD_NAME,
	    .rated = true, .needs = "username" },
	{ POST, "/api/user/check/batch", API, VIEWER_NONE, .set = "many=1&username=", .bare = FIELD_NAMES,
	    .needs = "usernames" },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_NAME, OUT_ROW, &check_shape, .doc = "the answer for username" },
	{ FIELD_NAMES, OUT_ROWS, &check_shape, .doc = "in the order of usernames" },
	{ 0 },
};

static const enum err errors[] = { E_OK };

static enum err
user_check(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	size_t n = in->many ? in->names.n : 1;
	const char *const *names = in->many ? in->names.v : &in->name;
	struct check *answers = arena_array(c->mem, n + 1, sizeof(*answers));
	const void **rows = arena_array(c->mem, n + 1, sizeof(*rows));
	bool *taken = arena_array(c->mem, n + 1, sizeof(*taken));
	enum err e;

	e = account_names_taken(c, names, n, taken);
	for (size_t i = 0; i < n; i++) {
		answers[i] = (struct check){ names[i], taken[i] };
		rows[i] = &answers[i];
	}
	reply_row(out, FIELD_NAME, &check_shape, answers);
	reply_rows(out, FIELD_NAMES, &check_shape, rows, n);
	return e;
}

ENDPOINT(user_check, struct in, "Whether user names are taken", .pool = 1, .rate = RATE_ADDR)
