/* Named values out of queries, forms and JSON bodies. */
#include "http/source.h"

#include <stdlib.h>

#include "unit.h"

static struct arena *mem;
static struct source s;
static struct problem why;

static enum err
form(const char *text)
{
	mem = mem != NULL ? mem : arena_new();
	arena_reset(mem);
	s = (struct source){ .what = "query" };
	why = (struct problem){ .param = NULL };
	return source_form(&s, mem, text, strlen(text), &why);
}

static enum err
json_n(const char *text, size_t n)
{
	mem = mem != NULL ? mem : arena_new();
	arena_reset(mem);
	s = (struct source){ .what = "body" };
	why = (struct problem){ .param = NULL };
	return source_json(&s, mem, text, n, &why);
}

static enum err
json(const char *text)
{
	return json_n(text, strlen(text));
}

static const char *
value(const char *name)
{
	const struct pair *p = source_find(&s, name);

	return p != NULL ? p->value : "(none)";
}

CASE(form_pairs)
{
	CHECK_INT(form("a=1&b=%E4%BD%A0+%2B&c&=x&&d=&e=1=2&%61%62=z"), E_OK);
	CHECK_INT(s.n, 7);
	CHECK_STR(value("a"), "1");
	CHECK_STR(value("b"), "\xe4\xbd\xa0 +");
	CHECK_STR(value("c"), "");
	CHECK_STR(value("d"), "");
	CHECK_STR(value("e"), "1=2");
	CHECK_STR(value("ab"), "z");
	CHECK_STR(value(""), "x");
	CHECK_STR(value("f"), "(none)");
}

CASE(form_empty)
{
	CHECK_INT(form(""), E_OK);
	CHECK_INT(s.n, 0);
	CHECK_INT(form("&&&"), E_OK);
	CHECK_INT(s.n, 0);
}

CASE(form_first_occurrence_counts)
{
	CHECK_INT(form("a=1&a=2"), E_OK);
	CHECK_STR(value("a"), "1");
}

CASE(form_nul_and_bad_percent)
{
	CHECK_INT(form("a=x%00y&b=%zz%4&c%00d=1"), E_OK);
	CHECK_INT(source_find(&s, "a")->value_n, 3);
	CHECK_STR(value("b"), "%zz%4");
	CHECK_STR(value("c"), "(none)");
}

CASE(form_at_most_64)
{
	char text[2 * 65 + 1] = "";

	for (int i = 0; i < 64; i++)
		strcat(text, "a&");
	CHECK_INT(form(text), E_OK);
	CHECK_INT(s.n, 64);
	strcat(text, "a");
	CHECK_INT(form(text), E_PARAM);
	CHECK_STR(why.param, "query");
	CHECK_INT(why.why, WHY_TOO_MANY);
	CHECK_INT(why.limit, 64);
}

CASE(json_scalars)
{
	CHECK_INT(json(" {\"a\":1.234567e+06,\"b\":\"x\\u0000y\",\"c\":true,\"d\":null,"
		       "\"e\":9007199254740993,\"f\":-0.5,\"g\":\"\\u4f60\"} \r\n"),
	    E_OK);
	CHECK_STR(value("a"), "1.234567e+06");
	CHECK_INT(source_find(&s, "b")->value_n, 3);
	CHECK_STR(value("c"), "true");
	CHECK_STR(value("d"), "(none)");
	CHECK_STR(value("e"), "9007199254740993");
	CHECK_STR(value("f"), "-0.5");
	CHECK_STR(value("g"), "\xe4\xbd\xa0");
	CHECK(!source_find(&s, "a")->nested);
}

CASE(json_wide_characters)
{
	CHECK_INT(json("{\"\xc3\xa9\":\"\xc3\xa9\xe5\xad\x97\xf0\x9f\x98\x80\\\\\xe5\xad\x97\xf4\x8f\xbf\xbf\"}"), E_OK);
	CHECK_STR(value("\xc3\xa9"), "\xc3\xa9\xe5\xad\x97\xf0\x9f\x98\x80\\\xe5\xad\x97\xf4\x8f\xbf\xbf");
}

CASE(json_nested)
{
	CHECK_INT(json("{\"a\":[1,2],\"b\":{\"c\":1}}"), E_OK);
	CHECK(source_find(&s, "a")->nested);
	CHECK(source_find(&s, "b")->nested);
	CHECK_STR(value("c"), "(none)");
}

CASE(json_refused)
{
	static const char *const bad[] = { "{", "{\"a\":1", "[]", "1", "\"a\"", "null", "{}x",
		"{}{}", "{\"a\":'1'}", "{\"a\":01}", "{\"a\":1,}", "{\"a\":\"\xff\"}",
		"\xef\xbb\xbf{}", "{\"a\":\"\\\xe5\xad\x97\"}", "{\"a\":\xe5\xad\x97}" };
	char deep[200] = "{\"a\":";

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (json(bad[i]) != E_PARAM || why.why != WHY_JSON ||
		    strcmp(why.param, "body") != 0) {
			printf("# taken: %s\n", bad[i]);
			CHECK(!"refused");
		}
	}
	CHECK_INT(json_n("{}\0{}", 5), E_PARAM);
	for (int i = 0; i < 40; i++)
		strcat(deep, "[");
	CHECK_INT(json(deep), E_PARAM);
	for (int i = 0; i < 40; i++)
		strcat(deep, "]");
	strcat(deep, "}");
	CHECK_INT(json(deep), E_PARAM);
	CHECK_INT(json(""), E_OK);
	CHECK_INT(s.n, 0);
	CHECK_INT(json("{}"), E_OK);
}

CASE(json_at_most_64)
{
	char text[2000] = "{";

	for (int i = 0; i < 65; i++)
		sprintf(text + strlen(text), "%s\"k%d\":1", i > 0 ? "," : "", i);
	strcat(text, "}");
	CHECK_INT(json(text), E_PARAM);
	CHECK_INT(why.why, WHY_TOO_MANY);
}

UNIT_MAIN
