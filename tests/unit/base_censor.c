/* base_censor.c - tests of the forbidden words: what is found, what is spared, and images. */
#include "base/censor.h"

#include "unit.h"

#include <stdlib.h>

#include "base/text.h"

static struct arena *mem;

static const char *
mask(const char *dictionary, const char *text)
{
	struct censor *x = censor_build(dictionary, strlen(dictionary), NULL, NULL);
	const char *out;

	if (mem == NULL)
		mem = arena_new();
	out = arena_strdup(mem, censor_mask(x, mem, text));
	censor_free(x);
	return out;
}

struct masked {
	const char *dictionary, *text, *out;
};

static void
check_rows(const struct masked *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		CHECK_STR(mask(rows[i].dictionary, rows[i].text), rows[i].out);
}

CASE(masks_words)
{
	static const struct masked rows[] = {
		{ "赌博\nfuck\n", "不要赌博 fuck you", "不要** **** you" },
		{ "赌博", "没有", "没有" },
		{ "", "赌博", "赌博" },
		{ "# 赌博\n\n  \n坏\n", "赌博坏", "赌博*" },
		{ "赌\n赌博\n博彩业", "赌博彩业", "****" },
		{ "abc\nbc", "abc bc", "*** **" },
		{ "哈哈", "哈哈哈", "***" },
		{ "bad word\n", "a BAD  word", "a ***  ****" },
	};

	check_rows(rows, sizeof(rows) / sizeof(*rows));
}

CASE(what_was_disguised)
{
	static const struct masked rows[] = {
		{ "fuck", "ＦＵＣＫ", "****" },
		{ "fuck", "FuCk!", "****!" },
		{ "fuck", "f u c k", "* * * *" },
		{ "fuck", "f-u-c-k", "*-*-*-*" },
		{ "fuck", "fu\xe2\x80\x8b" "ck", "**\xe2\x80\x8b**" },
		{ "fuck", "f\xcc\xb7u\xcc\xb7" "ck", "*\xcc\xb7*\xcc\xb7**" },
		{ "赌博", "赌 博", "* *" },
		{ "赌博", "賭博", "**" },
		{ "賭博", "赌*博", "***" },
		{ "赌博", "赌\xe3\x80\x80博", "*\xe3\x80\x80*" },
		{ "加q群", "加Ｑ群", "***" },
	};

	check_rows(rows, sizeof(rows) / sizeof(*rows));
}

CASE(what_is_spared)
{
	static const struct masked rows[] = {
		{ "cunt", "Scunthorpe", "Scunthorpe" },
		{ "ass", "pass class ass", "pass class ***" },
		{ "shit", "pass hit", "pass hit" },
		{ "hit", "h it", "h it" },
		{ "ab", "a b", "a b" },
		{ "色情", "有色，情况", "有色，情况" },
		{ "色情", "颜色\n情况", "颜色\n情况" },
		{ "赌博", "赌    博", "赌    博" },
	};

	check_rows(rows, sizeof(rows) / sizeof(*rows));
}

CASE(the_text_itself_where_nothing_is)
{
	struct censor *x = censor_build("坏", strlen("坏"), NULL, NULL);
	const char *s = "好";

	mask("", "");
	CHECK(censor_mask(x, mem, s) == s);
	CHECK(censor_mask(x, mem, "") != NULL);
	censor_free(x);
}

CASE(counts_its_lines)
{
	static const char text[] = "# comment\none\n\n...\ntwo\n"
				   "0123456789012345678901234567890123456789012345678901234567890123456789\n"
				   "\xff\xfe\n";
	size_t words, left_out;
	struct censor *x = censor_build(text, strlen(text), &words, &left_out);

	CHECK_INT(words, 2);
	CHECK_INT(left_out, 3);
	censor_free(x);
}

CASE(a_damaged_image_is_refused)
{
	static const char text[] = "赌博\nfuck\nfun\nunit\n";
	struct censor *x = censor_build(text, strlen(text), NULL, NULL);
	size_t n = censor_size(x);
	unsigned char *copy = malloc(n);
	uint32_t *words;

	CHECK(copy != NULL);
	CHECK(censor_valid(x, n));
	CHECK(!censor_valid(x, n - 1));
	CHECK(!censor_valid(x, 8));
	/* No flipped number may lead outside: what is still valid must still be safe to use. */
	for (size_t i = 0; i < n / 4; i++) {
		memcpy(copy, x, n);
		words = (uint32_t *)(void *)copy;
		words[i] ^= 0x80000001u;
		if (censor_valid(copy, n)) {
			mask("", "");
			censor_mask((const struct censor *)(void *)copy, mem, "fun fuck 赌博 unit 赌 博");
		}
	}
	free(copy);
	censor_free(x);
}

/* Against the plainest search there is. */
CASE(as_a_plain_search_finds)
{
	uint64_t state = 1;

	mask("", "");
	for (int turn = 0; turn < 2000; turn++) {
		char dictionary[200] = "", text[100] = "", want[100];
		const char *words[8];
		size_t n = 1 + turn % 8, d = 0, len;

		for (size_t w = 0; w < n; w++) {
			size_t chars = 1 + hash_id((int64_t)++state) % 3;

			words[w] = dictionary + d;
			for (size_t i = 0; i < chars; i++) {
				memcpy(dictionary + d, hash_id((int64_t)++state) % 2 ? "好" : "坏", 3);
				d += 3;
			}
			dictionary[d++] = '\n';
		}
		len = 1 + hash_id((int64_t)++state) % 12;
		for (size_t i = 0; i < len; i++)
			memcpy(text + 3 * i, hash_id((int64_t)++state) % 3 ? "好" : "坏", 4);
		memset(want, 0, sizeof(want));
		for (size_t w = 0; w < n; w++) {
			size_t bytes = strcspn(words[w], "\n");

			for (size_t i = 0; i + bytes <= 3 * len; i += 3) {
				if (memcmp(text + i, words[w], bytes) == 0)
					memset(want + i / 3, 1, bytes / 3);
			}
		}
		const char *got = mask(dictionary, text);
		for (size_t i = 0; i < len; i++) {
			CHECK_INT(*got == '*', want[i]);
			got += *got == '*' ? 1 : 3;
		}
	}
}

CASE(hostile_texts)
{
	static const char *const texts[] = { "\xff\xfe", "\xed\xa0\x80", "f\xffu\xff" "ck", "\xef\xb7\xba",
		"𪚥龘", "👨‍👩‍👧‍👦", "\xe2\x80\xae" "kcuf" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		CHECK_STR(mask("fuck\n赌博", texts[i]), texts[i]);
	CHECK_STR(mask("\xef\xb7\xba", "a \xef\xb7\xba b"), "a * b");
}

UNIT_MAIN
