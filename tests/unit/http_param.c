/* Parameters: every type, and absent, invalid and zero as three states. */
#include "http/param.h"

#include "base/id.h"
#include "unit.h"

#define NOW_MS INT64_C(1800000000000)

struct in {
	int64_t id, count, any;
	const char *name, *note, *secret;
	struct time_in latest;
	struct cursor cursor;
	struct file_in file;
	bool has_id, has_count, has_name, has_file;
	struct ids_in ids;
	struct list_in list;
	bool yes, has_ids;
	int64_t shared;
	const char *api_text;
	struct texts_in texts;
	int64_t size;
};

struct entry {
	int64_t id, n;
	const char *text;
	bool yes, has_n;
};

#define AT(x) offsetof(struct in, x)

static const struct param entry_params[] = {
	{ "id", PARAM_ID, offsetof(struct entry, id), .required = true, .api = "theId" },
	{ "n", PARAM_INT, offsetof(struct entry, n), offsetof(struct entry, has_n), .min = -5, .max = 9 },
	{ "text", PARAM_TEXT, offsetof(struct entry, text), .max = 3 },
	{ "yes", PARAM_BOOL, offsetof(struct entry, yes) },
	{ .name = NULL },
};

static struct param params[] = {
	{ "user_id", PARAM_ID, AT(id), AT(has_id), .dflt = 77, .api = "userId" },
	{ "count", PARAM_INT, AT(count), AT(has_count), .min = -2, .max = 10, .dflt = 5 },
	{ "any", PARAM_INT, AT(any) },
	{ "name", PARAM_TEXT, AT(name), AT(has_name), .max = 4 },
	{ "note", PARAM_LINES, AT(note), .min = 2 },
	{ "password", PARAM_SECRET, AT(secret), .min = 1, .max = 4 },
	{ "latest_time", PARAM_TIME, AT(latest) },
	{ "cursor", PARAM_CURSOR, AT(cursor) },
	{ "data", PARAM_FILE, AT(file), AT(has_file) },
	{ "ids", PARAM_IDS, AT(ids), AT(has_ids), .max = 3 },
	{ "yes", PARAM_BOOL, AT(yes), .dflt = 1 },
	{ "shared", PARAM_INT, AT(shared), .min = 1, .max = 30, .dflt = 30, .only = ONLY_DOUYIN },
	{ "shared", PARAM_INT, AT(shared), .min = 1, .max = 50, .dflt = 10, .only = ONLY_API },
	{ "api_text", PARAM_TEXT, AT(api_text), .only = ONLY_API },
	{ "texts", PARAM_TEXTS, AT(texts), .max = 2 },
	{ "list", PARAM_LIST, AT(list), .max = 2, .of = entry_params, .of_size = sizeof(struct entry) },
	{ "size", PARAM_INT, AT(size), .min = 1, .max = 50, .dflt = 10, .otherwise = 20 },
	{ .name = NULL },
};

static const struct endpoint ep = {
	.name = "test", .params = params, .in_size = sizeof(struct in)
};

static struct arena *mem;
static struct call call;
static struct request r;
static struct in in;

static enum err
decode_at(enum dialect d, const char *set_text, const char *query, const char *body)
{
	struct route route = { .dialect = d };
	struct source set = { .what = "route" };
	struct problem why;
	enum err e;

	mem = mem != NULL ? mem : arena_new();
	arena_reset(mem);
	call = (struct call){ .mem = mem, .now_ms = NOW_MS };
	request_head(&r, mem, NULL);
	memset(&in, 0xee, sizeof in);
	e = source_form(&set, mem, set_text, strlen(set_text), &why);
	if (e == E_OK)
		e = source_form(&r.values, mem, query, strlen(query), &why);
	if (e == E_OK)
		e = source_form(&r.body, mem, body, strlen(body), &why);
	return e == E_OK ? params_decode(&call, &ep, &route, &r, &set, &in) : e;
}

static enum err
decode(const char *query, const char *body)
{
	return decode_at(DOUYIN, "", query, body);
}

static void
bad(const char *query, const char *param, enum why why, int64_t limit)
{
	CHECK_INT(decode(query, ""), E_PARAM);
	CHECK_STR(call.problem.param, param);
	CHECK_INT(call.problem.why, why);
	CHECK_INT(call.problem.limit, limit);
}

CASE(a_number_beyond_may_have_a_meaning)
{
	static const struct {
		const char *query;
		int64_t size;
	} cases[] = { { "", 10 }, { "size=", 10 }, { "size=1", 1 }, { "size=50", 50 }, { "size=51", 20 },
		{ "size=0", 20 }, { "size=-1", 20 },
		{ "size=99999999999999999999999", 20 } };

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CHECK_INT(decode(cases[i].query, ""), E_OK);
		CHECK_INT(in.size, cases[i].size);
		CHECK(call.problem.param == NULL);
	}
	bad("size=x", "size", WHY_NOT_INT, 0);
	bad("size=1.5", "size", WHY_NOT_INT, 0);
}

CASE(absent_takes_defaults)
{
	CHECK_INT(decode("", ""), E_OK);
	CHECK_INT(in.id, 77);
	CHECK_INT(in.count, 5);
	CHECK_INT(in.any, 0);
	CHECK_STR(in.name, "");
	CHECK_STR(in.note, "");
	CHECK_INT(in.latest.ms, NOW_MS);
	CHECK(!in.latest.seconds);
	CHECK(!in.cursor.given);
	CHECK_INT(in.file.fd, -1);
	CHECK(!in.has_id && !in.has_count && !in.has_name && !in.has_file);
	CHECK_INT(decode("user_id=&count=&name=&cursor=&latest_time=", "user_id=&count="), E_OK);
	CHECK_INT(in.id, 77);
	CHECK_INT(in.count, 5);
	CHECK(!in.has_id && !in.has_count);
	CHECK(in.has_name);
}

CASE(ids)
{
	CHECK_INT(decode("user_id=1.234567e%2B06", ""), E_OK);
	CHECK_INT(in.id, 1234567);
	CHECK(in.has_id);
	CHECK_INT(decode("user_id=9007199254740991", ""), E_OK);
	CHECK_INT(in.id, ID_MAX);
	/* The Android client sends 0 and means itself. */
	CHECK_INT(decode("user_id=0", ""), E_OK);
	CHECK_INT(in.id, 77);
	CHECK(!in.has_id);
	bad("user_id=9007199254740992", "user_id", WHY_TOO_BIG, ID_MAX);
	bad("user_id=99999999999999999999999999", "user_id", WHY_TOO_BIG, ID_MAX);
	bad("user_id=-1", "user_id", WHY_TOO_SMALL, 1);
	bad("user_id=-99999999999999999999999999", "user_id", WHY_TOO_SMALL, 1);
	bad("user_id=1.5", "user_id", WHY_NOT_INT, 0);
	bad("user_id=abc", "user_id", WHY_NOT_INT, 0);
	bad("user_id=1%00", "user_id", WHY_NOT_INT, 0);
	bad("user_id=+", "user_id", WHY_NOT_INT, 0);
	bad("user_id=%20", "user_id", WHY_NOT_INT, 0);
	bad("user_id=1;DROP TABLE users", "user_id", WHY_NOT_INT, 0);
	params[0].required = true;
	bad("user_id=0", "user_id", WHY_TOO_SMALL, 1);
	bad("user_id=", "user_id", WHY_MISSING, 0);
	bad("", "user_id", WHY_MISSING, 0);
	params[0].required = false;
}

CASE(ints)
{
	CHECK_INT(decode("count=0", ""), E_OK);
	CHECK_INT(in.count, 0);
	CHECK(in.has_count);
	CHECK_INT(decode("count=-2&any=9007199254740991", ""), E_OK);
	CHECK_INT(in.count, -2);
	bad("count=-3", "count", WHY_TOO_SMALL, -2);
	bad("count=1e1000", "count", WHY_NOT_INT, 0);
	bad("count=11", "count", WHY_TOO_BIG, 10);
	bad("any=-1", "any", WHY_TOO_SMALL, 0);
}

CASE(texts)
{
	CHECK_INT(decode("name=%E4%BD%A0%E4%BD%A0%E4%BD%A0%E4%BD%A0", ""), E_OK);
	bad("name=12345", "name", WHY_TOO_LONG, 4);
	bad("name=%ff", "name", WHY_NOT_UTF8, 0);
	bad("name=%ed%a0%80", "name", WHY_NOT_UTF8, 0);
	bad("name=a%00b", "name", WHY_CONTROL, 0);
	bad("name=a%0ab", "name", WHY_CONTROL, 0);
	bad("name=%c2%85", "name", WHY_CONTROL, 0);
	CHECK_INT(decode("name=%20", ""), E_OK);
	CHECK_INT(decode("note=a%0d%0a%09b", ""), E_OK);
	bad("note=a%07b", "note", WHY_CONTROL, 0);
	bad("note=a", "note", WHY_TOO_SHORT, 2);
	bad("note=%E3%80%80%0a", "note", WHY_BLANK, 0);
	CHECK_INT(decode("password=%20", ""), E_OK);
	CHECK_STR(in.secret, " ");
	bad("password=12345", "password", WHY_TOO_LONG, 4);
}

CASE(times)
{
	CHECK_INT(decode("latest_time=1700000000", ""), E_OK);
	CHECK_INT(in.latest.ms, INT64_C(1700000000000));
	CHECK(in.latest.seconds);
	CHECK_INT(decode("latest_time=2023-01-01", ""), E_OK);
	CHECK_INT(in.latest.ms, NOW_MS);
}

CASE(cursors)
{
	char text[CURSOR_TEXT];
	struct cursor cursor;

	CHECK_INT(decode("cursor=12_34", ""), E_OK);
	CHECK(in.cursor.given);
	CHECK_INT(in.cursor.a, 12);
	CHECK_INT(in.cursor.b, 34);
	cursor_write(text, INT64_MIN, INT64_MIN);
	CHECK_STR(text, "-9223372036854775808_-9223372036854775808");
	cursor_write(text, -1, INT64_MAX);
	CHECK(cursor_read(text, strlen(text), &cursor));
	CHECK_INT(cursor.a, -1);
	CHECK_INT(cursor.b, INT64_MAX);
	bad("cursor=12", "cursor", WHY_CURSOR, 0);
	bad("cursor=_", "cursor", WHY_CURSOR, 0);
	bad("cursor=1_2_3", "cursor", WHY_CURSOR, 0);
	bad("cursor=1_2%00", "cursor", WHY_CURSOR, 0);
	bad("cursor=1e3_2", "cursor", WHY_CURSOR, 0);
	bad("cursor=99999999999999999999_2", "cursor", WHY_CURSOR, 0);
}

CASE(query_before_body)
{
	CHECK_INT(decode("count=1", "count=2"), E_OK);
	CHECK_INT(in.count, 1);
	CHECK_INT(decode("count=", "count=2"), E_OK);
	CHECK_INT(in.count, 2);
	CHECK_INT(decode("count=&count=1", "count=2"), E_OK);
	CHECK_INT(in.count, 2);
	CHECK_INT(decode_at(DOUYIN, "count=3", "count=1", "count=2"), E_OK);
	CHECK_INT(in.count, 3);
}

CASE(names_of_the_api)
{
	CHECK_INT(decode_at(API, "", "userId=5&user_id=6", ""), E_OK);
	CHECK_INT(in.id, 5);
	CHECK_INT(decode_at(API, "", "userId=&user_id=6", ""), E_OK);
	CHECK_INT(in.id, 6);
	CHECK_INT(decode("userId=5", ""), E_OK);
	CHECK_INT(in.id, 77);
	CHECK_INT(decode_at(API, "", "user_id=x", ""), E_PARAM);
	CHECK_STR(call.problem.param, "user_id");
	CHECK_INT(decode_at(API, "", "", "userId=x"), E_PARAM);
	CHECK_STR(call.problem.param, "userId");
}

CASE(json_nested_is_no_scalar)
{
	struct source set = { .what = "route" };
	struct route route = { .dialect = DOUYIN };

	CHECK_INT(decode("", ""), E_OK);
	CHECK_INT(source_json(&r.body, mem, "{\"name\":[1]}", 12, &call.problem), E_OK);
	CHECK_INT(params_decode(&call, &ep, &route, &r, &set, &in), E_PARAM);
	CHECK_INT(call.problem.why, WHY_NOT_TEXT);
	CHECK_INT(decode("", ""), E_OK);
	CHECK_INT(source_json(&r.body, mem, "{\"user_id\":[1]}", 15, &call.problem), E_OK);
	CHECK_INT(params_decode(&call, &ep, &route, &r, &set, &in), E_PARAM);
	CHECK_INT(call.problem.why, WHY_NOT_INT);
}

CASE(files)
{
	bad("data=x", "data", WHY_NOT_FILE, 0);
	params[8].required = true;
	bad("", "data", WHY_MISSING, 0);
	params[8].required = false;
}

CASE(bools)
{
	CHECK_INT(decode("", ""), E_OK);
	CHECK(in.yes);
	CHECK_INT(decode("yes=false", ""), E_OK);
	CHECK(!in.yes);
	CHECK_INT(decode("yes=0", ""), E_OK);
	CHECK(!in.yes);
	CHECK_INT(decode("yes=1", ""), E_OK);
	CHECK(in.yes);
	bad("yes=yes", "yes", WHY_NOT_BOOL, 0);
	bad("yes=2", "yes", WHY_NOT_BOOL, 0);
	bad("yes=1%00", "yes", WHY_NOT_BOOL, 0);
	bad("yes=[true]", "yes", WHY_NOT_BOOL, 0);
}

/* The body is JSON. */
static enum err
decode_json(const char *text)
{
	struct source set = { .what = "route" };
	struct route route = { .dialect = API };
	enum err e = decode("", "");

	if (e == E_OK)
		e = source_json(&r.body, mem, text, strlen(text), &call.problem);
	return e == E_OK ? params_decode(&call, &ep, &route, &r, &set, &in) : e;
}

static void
bad_json(const char *text, const char *param, enum why why, int64_t limit)
{
	CHECK_INT(decode_json(text), E_PARAM);
	CHECK_STR(call.problem.param, param);
	CHECK_INT(call.problem.why, why);
	CHECK_INT(call.problem.limit, limit);
}

CASE(lists_of_ids)
{
	CHECK_INT(decode("", ""), E_OK);
	CHECK(in.ids.n == 0 && !in.has_ids);
	CHECK_INT(decode("ids=7,9007199254740991,7", ""), E_OK);
	CHECK_INT(in.ids.n, 3);
	CHECK(in.ids.v[0] == 7 && in.ids.v[1] == ID_MAX && in.ids.v[2] == 7 && in.has_ids);
	CHECK_INT(decode("ids=12", ""), E_OK);
	CHECK(in.ids.n == 1 && in.ids.v[0] == 12);
	CHECK_INT(decode("ids=[3,\"4\",5e0]", ""), E_OK);
	CHECK(in.ids.n == 3 && in.ids.v[0] == 3 && in.ids.v[1] == 4 && in.ids.v[2] == 5);
	CHECK_INT(decode_json("{\"ids\":[1,2]}"), E_OK);
	CHECK(in.ids.n == 2 && in.ids.v[1] == 2);
	CHECK_INT(decode_json("{\"ids\":\"1,2\"}"), E_OK);
	CHECK_INT(in.ids.n, 2);
	CHECK_INT(decode_json("{\"ids\":6}"), E_OK);
	CHECK(in.ids.n == 1 && in.ids.v[0] == 6);
	CHECK_INT(decode_json("{\"ids\":[]}"), E_OK);
	CHECK_INT(in.ids.n, 0);
	bad("ids=1,2,3,4", "ids", WHY_TOO_MANY_OF, 3);
	bad("ids=[1,2,3,4]", "ids", WHY_TOO_MANY_OF, 3);
	bad("ids=abc", "ids", WHY_NOT_IDS, 0);
	bad("ids=%20", "ids", WHY_NOT_IDS, 0);
	bad("ids=[1", "ids", WHY_NOT_IDS, 0);
	bad("ids=0", "ids", WHY_TOO_SMALL, 1);
	bad("ids=,", "ids[0]", WHY_NOT_INT, 0);
	bad("ids=1,x", "ids[1]", WHY_NOT_INT, 0);
	bad("ids=1,2%00", "ids[1]", WHY_NOT_INT, 0);
	bad("ids=1,-2", "ids[1]", WHY_TOO_SMALL, 1);
	bad_json("{\"ids\":{}}", "ids", WHY_NOT_IDS, 0);
	bad_json("{\"ids\":true}", "ids", WHY_NOT_IDS, 0);
	bad_json("{\"ids\":[1,null]}", "ids[1]", WHY_NOT_INT, 0);
	bad_json("{\"ids\":[[1]]}", "ids[0]", WHY_NOT_INT, 0);
	bad_json("{\"ids\":[9007199254740992]}", "ids[0]", WHY_TOO_BIG, ID_MAX);
	params[9].required = true;
	bad_json("{\"ids\":[]}", "ids", WHY_MISSING, 0);
	bad_json("{\"ids\":null}", "ids", WHY_MISSING, 0);
	params[9].required = false;
}

CASE(lists_of_objects)
{
	const struct entry *entry;

	CHECK_INT(decode_json("{\"list\":[{\"id\":1,\"n\":-5,\"text\":\"abc\",\"yes\":true},"
			      "{\"theId\":\"2\",\"other\":{}}]}"),
	    E_OK);
	CHECK_INT(in.list.n, 2);
	entry = in.list.v;
	CHECK(entry[0].id == 1 && entry[0].n == -5 && entry[0].yes && entry[0].has_n);
	CHECK_STR(entry[0].text, "abc");
	CHECK(entry[1].id == 2 && entry[1].n == 0 && !entry[1].yes && !entry[1].has_n);
	CHECK_STR(entry[1].text, "");
	CHECK_INT(decode("list=[{\"id\":3}]", ""), E_OK);
	CHECK(in.list.n == 1 && ((const struct entry *)in.list.v)->id == 3);
	CHECK_INT(decode("", ""), E_OK);
	CHECK_INT(in.list.n, 0);
	bad_json("{\"list\":[{\"id\":1},{\"id\":1},{\"id\":1}]}", "list", WHY_TOO_MANY_OF, 2);
	bad_json("{\"list\":[{\"id\":1},{}]}", "list[1].id", WHY_MISSING, 0);
	bad_json("{\"list\":[{\"id\":1,\"n\":10}]}", "list[0].n", WHY_TOO_BIG, 9);
	bad_json("{\"list\":[{\"id\":1,\"text\":[1]}]}", "list[0].text", WHY_NOT_TEXT, 0);
	bad_json("{\"list\":[1]}", "list", WHY_NOT_LIST, 0);
	bad_json("{\"list\":[null]}", "list", WHY_NOT_LIST, 0);
	bad_json("{\"list\":{\"id\":1}}", "list", WHY_NOT_LIST, 0);
	bad("list=x", "list", WHY_NOT_LIST, 0);
	bad("list=[[[[[[[[[[[[[[[[[[[[", "list", WHY_NOT_LIST, 0);
}

CASE(lists_of_texts)
{
	CHECK_INT(decode("", ""), E_OK);
	CHECK_INT(in.texts.n, 0);
	CHECK_INT(decode_json("{\"texts\":[\"a\",\"\xe5\xad\x97\"]}"), E_OK);
	CHECK_INT(in.texts.n, 2);
	CHECK_STR(in.texts.v[0], "a");
	CHECK_STR(in.texts.v[1], "\xe5\xad\x97");
	CHECK_INT(decode("texts=[\"x\"]", ""), E_OK);
	CHECK_INT(in.texts.n, 1);
	bad_json("{\"texts\":[\"a\",\"b\",\"c\"]}", "texts", WHY_TOO_MANY_OF, 2);
	bad_json("{\"texts\":[1]}", "texts", WHY_NOT_TEXTS, 0);
	bad_json("{\"texts\":[null]}", "texts", WHY_NOT_TEXTS, 0);
	bad_json("{\"texts\":[\"a\",\"\\u0007\"]}", "texts[1]", WHY_CONTROL, 0);
	bad_json("{\"texts\":[\"\\u0000\"]}", "texts[0]", WHY_CONTROL, 0);
	bad("texts=abc", "texts", WHY_NOT_TEXTS, 0);
}

/* Two parameters of one name and one place, each for its dialect; the other one leaves no trace. */
CASE(one_dialect_alone)
{
	CHECK_INT(decode_at(DOUYIN, "", "", ""), E_OK);
	CHECK_INT(in.shared, 30);
	CHECK_STR(in.api_text, "");
	CHECK_INT(decode_at(API, "", "", ""), E_OK);
	CHECK_INT(in.shared, 10);
	CHECK_INT(decode_at(API, "", "shared=50&api_text=x", ""), E_OK);
	CHECK_INT(in.shared, 50);
	CHECK_STR(in.api_text, "x");
	CHECK_INT(decode_at(DOUYIN, "", "shared=30&api_text=x", ""), E_OK);
	CHECK_INT(in.shared, 30);
	CHECK_STR(in.api_text, "");
	CHECK_INT(decode_at(DOUYIN, "", "shared=31", ""), E_PARAM);
	CHECK_INT(call.problem.limit, 30);
	CHECK_INT(decode_at(API, "", "shared=51", ""), E_PARAM);
	CHECK_INT(call.problem.limit, 50);
	/* What a route means is set in any case. */
	CHECK_INT(decode_at(DOUYIN, "api_text=set", "", ""), E_OK);
	CHECK_STR(in.api_text, "set");
}

CASE(api_counts_in_seconds)
{
	CHECK_INT(decode_at(API, "", "", ""), E_OK);
	CHECK(in.latest.seconds && in.latest.ms == NOW_MS);
	CHECK_INT(decode_at(API, "", "latest_time=1700000000", ""), E_OK);
	CHECK(in.latest.seconds && in.latest.ms == INT64_C(1700000000000));
	CHECK_INT(decode_at(API, "", "latest_time=1700000000000", ""), E_OK);
	CHECK(!in.latest.seconds && in.latest.ms == INT64_C(1700000000000));
	CHECK_INT(decode_at(DOUYIN, "", "", ""), E_OK);
	CHECK(!in.latest.seconds);
}

UNIT_MAIN
