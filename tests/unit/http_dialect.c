/* Envelopes: order, errors, what a list endpoint's error still carries. */
#include "http/dialect.h"

#include "unit.h"

static const struct output outputs[] = {
	{ FIELD_VIDEOS, OUT_ROWS, NULL, .on_error = true },
	{ FIELD_USER_ID, OUT_INT, NULL, .on_error = true },
	{ FIELD_TOKEN, OUT_STR, NULL, .on_error = true },
	{ FIELD_NEXT_TIME, OUT_TIME, NULL, .on_error = false },
	{ FIELD_NUMBER, OUT_INT, NULL, .only = ONLY_DOUYIN },
	{ FIELD_DANMU_ID, OUT_INT, NULL, .on_error = true, .only = ONLY_API },
	{ .field = FIELD_NONE },
};
static const struct endpoint ep = { .name = "test", .outputs = outputs };
static const struct conf conf = { .media_url = "" };
static struct arena *mem;
static struct call call;
static struct buf out;
static struct reply reply;

static const char *
body(enum dialect d, enum err e, const struct problem *p, enum lang lang, enum field bare)
{
	struct route route = { .dialect = d, .bare = bare };
	struct outcome o = { e, p, true };
	struct render r;

	mem = mem != NULL ? mem : arena_new();
	call = (struct call){ .mem = mem, .conf = &conf };
	render_init(&r, &call, d, "http://h");
	if (out.max == 0)
		buf_init(&out, 1 << 16);
	buf_clear(&out);
	dialect_body(&out, &r, &ep, &route, &o, lang, &reply);
	return out.p;
}

CASE(success)
{
	struct time_in s = { .seconds = true };

	reply.n = 0;
	CHECK_STR(
	    body(DOUYIN, E_OK, NULL, LANG_EN, 0), "{\"status_code\":0,\"status_msg\":\"success\"}");
	CHECK_STR(body(API, E_OK, NULL, LANG_EN, 0), "{\"code\":200,\"message\":\"success\"}");
	CHECK_STR(
	    body(API, E_OK, NULL, LANG_EN, FIELD_TOKEN), "{\"code\":200,\"message\":\"success\"}");
	reply_time(&reply, FIELD_NEXT_TIME, 5999, &s);
	reply_int(&reply, FIELD_USER_ID, 1);
	reply_str(&reply, FIELD_TOKEN, "t\"");
	reply_int(&reply, FIELD_USER_ID, 12);
	reply_rows(&reply, FIELD_VIDEOS, NULL, NULL, 0);
	reply_cursor(&reply, FIELD_NEXT_CURSOR, 7, 8, 1);
	CHECK_STR(body(DOUYIN, E_OK, NULL, LANG_ZH, 0),
	    "{\"status_code\":0,\"status_msg\":\"成功\",\"next_time\":5,\"user_id\":12,\"token\":"
	    "\"t\\\"\","
	    "\"video_list\":[],\"next_cursor\":\"7_8\"}");
	CHECK_STR(body(API, E_OK, NULL, LANG_EN, 0),
	    "{\"code\":200,\"message\":\"success\",\"data\":{\"next_time\":5,\"user_id\":12,"
	    "\"token\":\"t\\\"\",\"videos\":[],\"next_cursor\":\"7_8\"}}");
	CHECK_STR(body(API, E_OK, NULL, LANG_EN, FIELD_VIDEOS),
	    "{\"code\":200,\"message\":\"success\",\"data\":[],\"next_cursor\":\"7_8\"}");
	reply_cursor(&reply, FIELD_NEXT_CURSOR, 7, 8, 0);
	CHECK(strstr(body(DOUYIN, E_OK, NULL, LANG_EN, 0), "\"next_cursor\":\"\"") != NULL);
}

CASE(one_dialect_alone)
{
	reply.n = 0;
	reply_str(&reply, FIELD_NAME, "for both");
	reply_int(&reply, FIELD_NUMBER, 1);
	reply_int(&reply, FIELD_DANMU_ID, 2);
	CHECK_STR(body(DOUYIN, E_OK, NULL, LANG_EN, 0),
	    "{\"status_code\":0,\"status_msg\":\"success\",\"name\":\"for both\",\"count\":1}");
	CHECK_STR(body(API, E_OK, NULL, LANG_EN, 0),
	    "{\"code\":200,\"message\":\"success\",\"data\":{\"name\":\"for both\",\"danmu_id\":2}}");
	reply.v[0] = reply.v[1];
	reply.n = 1;
	CHECK_STR(body(API, E_OK, NULL, LANG_EN, 0), "{\"code\":200,\"message\":\"success\"}");
	CHECK(strstr(body(DOUYIN, E_TOKEN, NULL, LANG_EN, 0), "danmu_id") == NULL);
}

CASE(plain)
{
	struct route route = { .dialect = API, .plain = true };
	struct outcome o = { E_OK, NULL, true };
	struct render r;

	body(API, E_OK, NULL, LANG_EN, 0);
	render_init(&r, &call, API, "http://h");
	reply.n = 0;
	reply_str(&reply, FIELD_STATUS, "OK");
	buf_clear(&out);
	dialect_body(&out, &r, &ep, &route, &o, LANG_EN, &reply);
	CHECK_STR(out.p, "{\"status\":\"OK\"}");
	o.e = E_UNAVAILABLE;
	buf_clear(&out);
	dialect_body(&out, &r, &ep, &route, &o, LANG_EN, &reply);
	CHECK(strncmp(out.p, "{\"code\":503,", 12) == 0);
}

CASE(errors)
{
	struct problem p = { "user_id", WHY_TOO_SMALL, 1 };

	reply.n = 0;
	reply_int(&reply, FIELD_USER_ID, 12);
	CHECK_STR(body(DOUYIN, E_TOKEN, NULL, LANG_EN, 0),
	    "{\"status_code\":10004,\"status_msg\":\"please log in: the token is missing, expired "
	    "or not "
	    "valid\",\"video_list\":[],\"user_id\":0,\"token\":\"\"}");
	CHECK_STR(body(API, E_PARAM, &p, LANG_EN, 0),
	    "{\"code\":400,\"message\":\"user_id must be at least 1\",\"error\":\"param\"}");
	CHECK(strstr(body(DOUYIN, E_PARAM, &p, LANG_ZH, 0), "user_id 不能小于 1") != NULL);
	/* Ours: the table's text only. */
	CHECK_STR(body(API, E_DB, &p, LANG_EN, 0),
	    "{\"code\":500,\"message\":\"the database answered with an error: please try again\","
	    "\"error\":\"db\"}");
}

CASE(already_done)
{
	reply.n = 0;
	CHECK_STR(body(DOUYIN, E_ALREADY, NULL, LANG_EN, 0),
	    "{\"status_code\":0,\"status_msg\":\"success\"}");
	CHECK_STR(body(DOUYIN, E_NOT_YET, NULL, LANG_EN, 0),
	    "{\"status_code\":0,\"status_msg\":\"success\"}");
	CHECK_STR(body(API, E_ALREADY, NULL, LANG_EN, 0),
	    "{\"code\":400,\"message\":\"this was done already\",\"error\":\"already\"}");
}

CASE(statuses)
{
	CHECK_INT(dialect_status(DOUYIN, &(struct outcome){ E_TOKEN, NULL, true }), 200);
	CHECK_INT(dialect_status(DOUYIN, &(struct outcome){ E_UNAVAILABLE, NULL, true }), 200);
	CHECK_INT(dialect_status(DOUYIN, &(struct outcome){ E_NOT_FOUND, NULL, false }), 404);
	CHECK_INT(dialect_status(DOUYIN, &(struct outcome){ E_METHOD, NULL, false }), 405);
	CHECK_INT(dialect_status(API, &(struct outcome){ E_TOKEN, NULL, true }), 401);
	CHECK_INT(dialect_status(API, &(struct outcome){ E_ALREADY, NULL, true }), 400);
	CHECK_INT(dialect_status(API, &(struct outcome){ E_OK, NULL, true }), 200);
	CHECK_INT(dialect_of_path("/api/x"), API);
	CHECK_INT(dialect_of_path("/apix"), DOUYIN);
}

UNIT_MAIN
