/* base_fold.c - tests of what search compares: folding, grams, words, simplified Chinese. */
#include "base/fold.h"

#include "unit.h"

#include <stdlib.h>

#include "base/han.h"
#include "base/text.h"

#define W "\x1f"

static struct arena *mem;

static const char *
fold(const char *s)
{
	if (mem == NULL)
		mem = arena_new();
	return fold_text(mem, s, 1000);
}

/* The text with '|' where a word begins. */
static const char *
seen(const char *s)
{
	char *out = arena_strdup(mem, fold(s));

	for (char *p = out; *p != '\0'; p++) {
		if (*p == FOLD_WORD)
			*p = '|';
	}
	return out;
}

static bool
has(const char *text, const char *query)
{
	int64_t grams[2000], needed[100];
	bool whole;
	size_t n = fold_grams(fold(text), 7, grams, 2000);
	size_t needed_n = fold_needed(fold(query), 7, needed, 100, &whole);

	for (size_t i = 0; i < needed_n; i++) {
		size_t k = 0;

		while (k < n && grams[k] != needed[i])
			k++;
		if (k == n)
			return false;
	}
	return needed_n > 0;
}

static bool
whole(const char *query)
{
	int64_t needed[100];
	bool yes;

	fold_needed(fold(query), 7, needed, 100, &yes);
	return yes;
}

CASE(folds_what_reads_alike)
{
	fold("");
	CHECK_STR(seen("Food VLOG"), "|food |vlog");
	CHECK_STR(seen("ＡＢＣ　１２３"), "|abc |123");
	CHECK_STR(seen("短视频Vlog教程"), "短视频|vlog教程");
	CHECK_STR(seen("短視頻"), "短视频");
	CHECK_STR(seen("發現頭髮"), "发现头发");
	CHECK_STR(seen("  你好，，世界！ "), "你好 世界");
	CHECK_STR(seen("Straße"), "|strasse");
	CHECK_STR(fold("cafe\xcc\x81"), fold("caf\xc3\xa9"));
	CHECK_STR(fold("ｱｲｳ"), fold("アイウ"));
	CHECK_STR(seen("零\xe2\x80\x8b宽"), "零宽");
	CHECK_STR(seen("don't_stop"), "|don |t |stop");
	CHECK_STR(seen("#美食# 50%"), "美食 |50");
	CHECK_STR(seen("好✈吗"), "好✈吗");
	CHECK_STR(seen("...!"), "");
	CHECK_STR(seen("a\xff\xfe b"), "|a |b");
	CHECK_STR(fold_text(mem, "abcdef", 4), W "abc");
	CHECK_STR(fold_text(mem, "短视频", 2), "短视");
	CHECK_STR(fold_text(mem, "ab cd", 4), W "ab");
	CHECK_STR(fold_key(mem, "ＣＰＵ_視", strlen("ＣＰＵ_視")), "cpu_视");
}

CASE(grams_find_what_is_there)
{
	CHECK(has("周杰伦演唱会", "演唱"));
	CHECK(has("周杰伦演唱会", "伦"));
	CHECK(has("周杰伦演唱会", "伦演唱会"));
	CHECK(!has("周杰伦演唱会", "演会"));
	CHECK(!has("周杰伦，演唱会", "伦演"));
	CHECK(has("Minecraft tutorial", "mine"));
	CHECK(has("Minecraft tutorial", "minecraft tut"));
	CHECK(has("Minecraft tutorial", "m"));
	CHECK(!has("Minecraft tutorial", "craft"));
	CHECK(has("學Python編程", "学python编"));
	CHECK(has("アイスクリーム", "ｸﾘｰﾑ"));
	CHECK(has("한글 텍스트", "텍스"));
	CHECK(has("𠮷野家", "𠮷野"));
	CHECK(has("👨‍👩‍👧‍👦家庭", "👨‍👩"));
	CHECK(!has("abc", "..."));
	CHECK(has("supercalifragilistic", "supercalifrag"));
	CHECK(has("привет мир", "прив"));
}

CASE(neighbours_over_a_space_or_a_change_of_script)
{
	CHECK(has("旅行 美食", "行 美"));
	CHECK(!has("旅行 看 美食", "旅行 美"));
	CHECK(!has("旅行美食", "行 美"));
	CHECK(has("how cats live", "how c"));
	CHECK(has("how cats live", "cats li"));
	CHECK(!has("how many cats", "how c"));
	CHECK(has("学python编程", "学p"));
	CHECK(!has("学 python 编程", "学p"));
	CHECK(has("学python编程", "python编"));
	CHECK(!has("学编python程", "python编"));
}

CASE(one_gram_says_all_where_it_does)
{
	CHECK(whole("短"));
	CHECK(whole("短视"));
	CHECK(!whole("短视频"));
	CHECK(whole("vlo"));
	CHECK(!whole("minec"));
	CHECK(!whole("短v"));
	CHECK(!whole("短 视"));
	CHECK(!whole(""));
}

CASE(salts_and_fields_are_apart)
{
	int64_t a[10], b[10];
	bool w;

	fold_needed(fold("短视"), 1, a, 10, &w);
	fold_needed(fold("短视"), 2, b, 10, &w);
	CHECK(a[0] != b[0]);
	CHECK((a[0] & 1) == 0);
	fold_needed(fold("视短"), 1, b, 10, &w);
	CHECK(a[0] != b[0]);
}

CASE(grams_have_a_ceiling)
{
	char text[3001];
	int64_t out[100];

	memset(text, 'a', 3000);
	for (int i = 0; i < 3000; i += 2)
		text[i] = ' ';
	text[3000] = '\0';
	fold("");
	CHECK_INT(fold_grams(fold_text(mem, text, 5000), 1, out, 100), 100);
	CHECK_INT(fold_grams(fold_text(mem, text, 5000), 1, out, 0), 0);
}

CASE(cuts_into_words)
{
	const char *out[8];

	fold("");
	CHECK_INT(fold_cut(mem, fold("周杰伦演唱会 Live 现场"), out, 8), 5);
	CHECK_STR(out[0], "周杰伦");
	CHECK_STR(out[1], "演唱");
	CHECK_STR(out[2], "会");
	CHECK_STR(out[3], W "live");
	CHECK_STR(out[4], "现场");
	CHECK_INT(fold_cut(mem, fold("我的 猫"), out, 8), 2);
	CHECK_STR(out[0], "我的");
	CHECK_STR(out[1], "猫");
	CHECK_INT(fold_cut(mem, fold("美食在视频"), out, 8), 2);
	CHECK_STR(out[0], "美食");
	CHECK_STR(out[1], "视频");
	CHECK_INT(fold_cut(mem, fold("美食教"), out, 8), 2);
	CHECK_STR(out[1], "教");
	CHECK_INT(fold_cut(mem, fold("美食在我"), out, 8), 2);
	CHECK_STR(out[1], "在我");
	CHECK_INT(fold_cut(mem, fold("a b c d e f g h i j"), out, 8), 8);
	CHECK_INT(fold_cut(mem, "", out, 8), 0);
	CHECK_INT(fold_cut(mem, fold("學Python視頻"), out, 8), 3);
	CHECK_STR(out[0], "学");
	CHECK_STR(out[1], W "python");
	CHECK_STR(out[2], "视频");
}

CASE(simplified_forms_stay)
{
	for (uint32_t c = 0; c < 0x20000; c++)
		CHECK_INT(han_simple(han_simple(c)), han_simple(c));
	CHECK_INT(han_simple(0x767c), 0x53d1);
	CHECK_INT(han_simple(0x9aee), 0x53d1);
	CHECK_INT(han_simple('a'), 'a');
	CHECK_INT(han_simple(0x10ffff), 0x10ffff);
}

CASE(characters_fold_by_themselves)
{
	uint32_t out[FOLD_CHAR_MAX];

	CHECK_INT(fold_char('Q', out), 1);
	CHECK_INT(out[0], 'q');
	CHECK_INT(fold_char(0xff21, out), 1);
	CHECK_INT(out[0], 'a');
	CHECK_INT(fold_char(0x200b, out), 0);
	CHECK_INT(fold_char(0xfdfa, out), 18);
	CHECK_INT(fold_char(0x767c, out), 1);
	CHECK_INT(out[0], 0x53d1);
}

CASE(hostile_texts)
{
	static const char *const texts[] = { "", " ", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80",
		"\xef\xb7\xba\xef\xb7\xba", "Z\xcc\xb7\xcc\xa2\xcd\x99\xcd\x8f" "a", "\xe2\x80\xae" "abc",
		"👨‍👩‍👧‍👦👍🏽🇨🇳1️⃣", "'; DROP TABLE videos; -- \\ %_", "שלום مرحبا", "\x1f\x1f", "\t\n",
		"<script>alert(1)</script>", "𪚥龘" };
	int64_t grams[400];
	bool w;

	fold("");
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const char *once = fold(texts[i]);

		CHECK(utf8_valid(once, strlen(once)));
		CHECK(fold_grams(once, 1, grams, 400) >= fold_needed(once, 1, grams, 400, &w));
	}
}

UNIT_MAIN
