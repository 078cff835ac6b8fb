/* base_json.c - tests of JSON strings: what is escaped, what is repaired, and that json-c reads the
 * same text back. */
#include "base/json.h"

#include "unit.h"

#include <json.h>
#include <stdlib.h>

static struct buf out;

static const char *
quoted(const char *p, size_t n)
{
	buf_free(&out);
	buf_init(&out, 1 << 20);
	json_strn(&out, p, n);
	return out.p;
}

#define Q(s) quoted("" s, sizeof(s) - 1)

CASE(plain_text_stays)
{
	CHECK_STR(Q(""), "\"\"");
	CHECK_STR(Q("a/b 'c' ~"), "\"a/b 'c' ~\"");
	CHECK_STR(Q("抖音é🎬"), "\"抖音é🎬\"");
	buf_clear(&out);
	json_str(&out, "x");
	json_boolean(&out, true);
	json_boolean(&out, false);
	CHECK_STR(out.p, "\"x\"truefalse");
}

CASE(what_must_be_escaped)
{
	CHECK_STR(Q("\"\\"), "\"\\\"\\\\\"");
	CHECK_STR(Q("\n\t\x1f\x7f"), "\"\\u000a\\u0009\\u001f\\u007f\"");
	CHECK_STR(Q("a\0b"), "\"a\\u0000b\"");
	CHECK_STR(Q("</script>&"), "\"\\u003c/script\\u003e\\u0026\"");
	CHECK_STR(Q("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa"),
	    "\"\xe2\x80\xa7\\u2028\\u2029\xe2\x80\xaa\"");
	CHECK_STR(Q("\xc2\x80\xc2\x9f\xc2\xa0"), "\"\\u0080\\u009f\xc2\xa0\"");
}

#define FFFD "\xef\xbf\xbd"

CASE(what_is_no_utf8)
{
	CHECK_STR(Q("a\xffx"), "\"a" FFFD "x\"");
	CHECK_STR(Q("\xe4\xb8"), "\"" FFFD FFFD "\"");
	CHECK_STR(Q("\xe4\xb8\""), "\"" FFFD FFFD "\\\"\"");
	CHECK_STR(Q("\xe4"), "\"" FFFD "\"");
	CHECK_STR(Q("\xed\xa0\x80"), "\"" FFFD FFFD FFFD "\"");
	CHECK_STR(Q("\xc0\xaf"), "\"" FFFD FFFD "\"");
	CHECK_STR(Q("\xe3\x80<"), "\"" FFFD FFFD "\\u003c\"");
	/* the text ends where n says, though the bytes behind would complete the character */
	CHECK_STR(quoted("\xe4\xb8\xad", 2), "\"" FFFD FFFD "\"");
}

CASE(each_byte_alone_and_inside)
{
	int c;

	for (c = 0; c < 256; c++) {
		char in[3] = { 'x', (char)c, 'y' };
		struct json_object *o;

		o = json_tokener_parse(quoted(in, 3));
		CHECK(o != NULL && json_object_is_type(o, json_type_string));
		if (c < 0x80) {
			CHECK_INT(json_object_get_string_len(o), 3);
			CHECK(memcmp(json_object_get_string(o), in, 3) == 0);
		} else {
			CHECK_STR(json_object_get_string(o), "x" FFFD "y");
		}
		json_object_put(o);
	}
}

CASE(random_text_comes_back)
{
	static const char *const pieces[] = { "a", "plain run of text ", "\"", "\\", "<", "\n",
		"中", "é", "🎬", "\xe2\x80\xa8", "\xc2\x85", "\x7f", "\xff", "\xe4\xb8", "\xf0\x9f",
		"文字很多" };
	uint32_t seed = 12345;
	int round;

	for (round = 0; round < 3000; round++) {
		char in[400] = "";
		struct json_object *o;
		size_t n;
		int i, count;

		seed = seed * 1664525 + 1013904223;
		count = (int)(seed >> 24) % 20;
		for (i = 0; i < count; i++) {
			seed = seed * 1664525 + 1013904223;
			strcat(in, pieces[seed >> 28]);
		}
		n = strlen(in);
		o = json_tokener_parse(quoted(in, n));
		CHECK(o != NULL && !out.full);
		CHECK(utf8_valid(out.p, out.len));
		CHECK(strpbrk(out.p, "<>&\n") == NULL);
		if (utf8_valid(in, n))
			CHECK_STR(json_object_get_string(o), in);
		json_object_put(o);
	}
}

CASE(ceiling)
{
	struct buf b;
	size_t max;

	/* 4 bytes in, 2 quotes + 3 + 6 out */
	for (max = 0; max < 11; max++) {
		buf_init(&b, max);
		json_str(&b, "abc<");
		CHECK(b.full);
		CHECK(b.len <= max);
		CHECK(b.p[b.len] == '\0');
		buf_free(&b);
	}
	buf_init(&b, 11);
	json_str(&b, "abc<");
	CHECK(!b.full);
	CHECK_STR(b.p, "\"abc\\u003c\"");
	buf_clear(&b);
	json_strn(&b, "", SIZE_MAX); /* refused by its length, before a byte is read */
	CHECK(b.full);
	buf_free(&b);
	buf_free(&out);
}

UNIT_MAIN
