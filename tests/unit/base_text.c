/* base_text.c - tests of growing text with its ceiling, UTF-8, percent-encoding, hex and hashes. */
#include "base/text.h"

#include "unit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

CASE(buf_grows_and_stays_terminated)
{
	struct buf b;
	int i;

	buf_init(&b, 1 << 20);
	CHECK_STR(b.p, "");
	buf_clear(&b);
	buf_add(&b, NULL, 0);
	CHECK_STR(b.p, "");
	for (i = 0; i < 10000; i++) {
		buf_addc(&b, (char)('a' + i % 26));
		CHECK(b.p[b.len] == '\0');
	}
	CHECK_INT(b.len, 10000);
	CHECK(b.cap >= 10001 && b.cap <= 2 * 10001);
	for (i = 0; i < 10000; i++)
		CHECK(b.p[i] == (char)('a' + i % 26));
	buf_clear(&b);
	CHECK_STR(b.p, "");
	CHECK(b.cap >= 10001);
	buf_free(&b);
	CHECK_STR(b.p, "");
	buf_adds(&b, "again");
	CHECK_STR(b.p, "again");
	buf_free(&b);
}

CASE(buf_ceiling_is_exact)
{
	struct buf b;

	buf_init(&b, 10);
	buf_adds(&b, "0123456789");
	CHECK(!b.full);
	CHECK_INT(b.cap, 11);
	buf_add(&b, "", 0);
	CHECK(!b.full);
	buf_addc(&b, 'x');
	CHECK(b.full);
	CHECK_STR(b.p, "0123456789");
	buf_clear(&b);
	CHECK(!b.full);
	buf_adds(&b, "01234567890");
	CHECK(b.full);
	CHECK_STR(b.p, "");
	buf_addc(&b, 'x'); /* it would fit, but the text has a hole */
	CHECK_STR(b.p, "");
	CHECK(buf_reserve(&b, 0) == NULL);
	buf_free(&b);

	buf_init(&b, 0);
	buf_adds(&b, "");
	CHECK(!b.full);
	buf_addf(&b, "%s", "");
	CHECK(!b.full);
	buf_addf(&b, "%d", 1);
	CHECK(b.full);
	CHECK_STR(b.p, "");
	buf_free(&b);
}

CASE(buf_reserve_survives_absurd_sizes)
{
	struct buf b;

	buf_init(&b, SIZE_MAX);
	CHECK(buf_reserve(&b, SIZE_MAX) == NULL);
	CHECK(b.full);
	buf_clear(&b);
	buf_adds(&b, "x");
	CHECK(buf_reserve(&b, SIZE_MAX) == NULL);
	buf_clear(&b);
	buf_adds(&b, "ab");
	memcpy(buf_reserve(&b, 3), "cde", 3);
	CHECK_INT(b.len, 2);
	b.len += 3;
	CHECK_STR(b.p, "abcde");
	buf_free(&b);
}

CASE(buf_addf_at_the_edge_of_what_is_there)
{
	struct buf b;
	size_t n;

	for (n = 500; n < 530; n++) {
		buf_init(&b, 2000);
		buf_addf(&b, "%0*d", (int)n, 7);
		buf_addf(&b, "<%s>", "tail");
		CHECK_INT(b.len, n + 6);
		CHECK_STR(b.p + n - 1, "7<tail>");
		buf_free(&b);
	}
	buf_init(&b, 520);
	buf_addf(&b, "%0*d", 518, 7);
	buf_addf(&b, "%s", "abc");
	CHECK(b.full);
	CHECK_INT(b.len, 518);
	CHECK_STR(b.p + 517, "7");
	buf_clear(&b);
	buf_addf(&b, "%0*d", 520, 7);
	CHECK(!b.full);
	CHECK_INT(b.len, 520);
	buf_free(&b);
}

static int
int_text_differs(int64_t v)
{
	char want[32], got[32];
	size_t n = text_from_int(got, v);

	got[n] = '\0';
	snprintf(want, sizeof want, "%" PRId64, v);
	return strcmp(got, want);
}

CASE(int_to_text)
{
	struct buf b;
	int64_t v;
	int i;

	CHECK(int_text_differs(0) == 0);
	CHECK(int_text_differs(INT64_MAX) == 0);
	CHECK(int_text_differs(INT64_MIN) == 0);
	for (i = 0, v = 1; i < 19; i++, v = i < 19 ? v * 10 : v) {
		CHECK(int_text_differs(v) == 0);
		CHECK(int_text_differs(v - 1) == 0);
		CHECK(int_text_differs(-v) == 0);
		CHECK(int_text_differs(v + 1) == 0);
	}
	buf_init(&b, 100);
	buf_addi(&b, INT64_MIN);
	buf_addc(&b, ' ');
	buf_addi(&b, 42);
	CHECK_STR(b.p, "-9223372036854775808 42");
	buf_free(&b);
}

#define VALID(s) utf8_valid("" s, sizeof(s) - 1)

CASE(utf8_borders)
{
	CHECK(VALID(""));
	CHECK(VALID("plain ASCII, long enough for whole words \x7f"));
	CHECK(VALID("抖音 in the middle of 文字, and an end 🎬"));
	CHECK(VALID("\xc2\x80") && VALID("\xdf\xbf"));
	CHECK(VALID("\xe0\xa0\x80") && VALID("\xef\xbf\xbf"));
	CHECK(VALID("\xed\x9f\xbf") && VALID("\xee\x80\x80"));
	CHECK(VALID("\xf0\x90\x80\x80") && VALID("\xf4\x8f\xbf\xbf"));
	CHECK(!VALID("\x80") && !VALID("\xbf") && !VALID("\xff"));
	CHECK(!VALID("\xc0\x80") && !VALID("\xc1\xbf")); /* overlong */
	CHECK(!VALID("\xe0\x9f\xbf") && !VALID("\xf0\x8f\xbf\xbf"));
	CHECK(!VALID("\xed\xa0\x80") && !VALID("\xed\xbf\xbf")); /* surrogates */
	CHECK(!VALID("\xf4\x90\x80\x80") && !VALID("\xf5\x80\x80\x80"));
	CHECK(!VALID("\xc2") && !VALID("\xe4\xb8") && !VALID("\xf0\x9f\x8e"));
	CHECK(!VALID("\xc2x") && !VALID("\xe4\xb8x") && !VALID("\xf0\x9f\x8ex"));
	CHECK(!VALID("\xe4x\xad") && !VALID("\xf0x\x8e\xac"));
}

CASE(utf8_bad_byte_at_each_place)
{
	char text[41];
	size_t at;

	for (at = 0; at < 40; at++) {
		memset(text, 'a', sizeof text);
		CHECK(utf8_valid(text, 40));
		text[at] = '\0';
		CHECK(!utf8_valid(text, 40));
		text[at] = (char)0x80;
		CHECK(!utf8_valid(text, 40));
		text[at] = 1;
		CHECK(utf8_valid(text, 40));
	}
	/* a sequence that the end of the text cuts must not look beyond it */
	memcpy(text, "\xe4\xb8\xad", 3);
	CHECK(!utf8_valid(text, 2));
	CHECK(utf8_valid(text, 3));
}

CASE(utf8_every_code_point_decodes)
{
	uint32_t c, code;

	for (c = 0; c <= 0x10ffff; c++) {
		char s[4];
		size_t n = 0;

		if (c < 0x80) {
			s[n++] = (char)c;
		} else if (c < 0x800) {
			s[n++] = (char)(0xc0 | c >> 6);
		} else if (c < 0x10000) {
			s[n++] = (char)(0xe0 | c >> 12);
			s[n++] = (char)(0x80 | (c >> 6 & 63));
		} else {
			s[n++] = (char)(0xf0 | c >> 18);
			s[n++] = (char)(0x80 | (c >> 12 & 63));
			s[n++] = (char)(0x80 | (c >> 6 & 63));
		}
		if (c >= 0x80)
			s[n++] = (char)(0x80 | (c & 63));
		if (c >= 0xd800 && c <= 0xdfff) {
			CHECK_INT(utf8_decode(s, n, &code), 0);
			continue;
		}
		CHECK_INT(utf8_decode(s, n, &code), n);
		CHECK_INT(code, c);
		CHECK_INT(utf8_decode(s, n - 1, &code), 0);
		CHECK_INT(utf8_whole(s, n - 1), 0);
		CHECK_INT(utf8_whole(s, n), n);
	}
}

CASE(utf8_whole_cuts_only_what_is_cut)
{
	CHECK_INT(utf8_whole("", 0), 0);
	CHECK_INT(utf8_whole("abc", 2), 2);
	CHECK_INT(utf8_whole("a中b", 4), 4);
	CHECK_INT(utf8_whole("a中b", 3), 1);
	CHECK_INT(utf8_whole("a中b", 2), 1);
	CHECK_INT(utf8_whole("\x80\x80\x80\x80\x80", 5), 5);
	CHECK_INT(utf8_whole("\x80\x80", 2), 2);
}

CASE(utf8_counting)
{
	CHECK_INT(utf8_count("", 0), 0);
	CHECK_INT(utf8_count("a中é🎬", 10), 4);
}

#define CONTROL(s, too) utf8_has_control("" s, sizeof(s) - 1, too)

CASE(control_characters)
{
	CHECK(!CONTROL("", true) && !CONTROL("plain 抖音 ~", true));
	CHECK(!CONTROL("tab\tlf\ncr\r", false));
	CHECK(CONTROL("\t", true) && CONTROL("\n", true) && CONTROL("\r", true));
	CHECK(CONTROL("a\0b", false) && CONTROL("\x1b[0m", false) && CONTROL("\x0b", false));
	CHECK(CONTROL("\x7f", false) && CONTROL("\x1f", false));
	CHECK(CONTROL("\xc2\x80", false) && CONTROL("x\xc2\x9f", false));
	CHECK(!CONTROL("\xc2\xa0", true));
	/* U+4E80 and U+00C2 have such bytes inside and are none */
	CHECK(!CONTROL("\xe4\xba\x80", true) && !CONTROL("\xc3\x82", true));
}

#define BLANK(s) utf8_is_blank("" s, sizeof(s) - 1)

CASE(blank_text)
{
	CHECK(BLANK("") && BLANK(" \t\n\v\f\r"));
	CHECK(BLANK("\xc2\x85\xc2\xa0"));
	CHECK(BLANK("\u1680\u2000\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"));
	CHECK(BLANK("\u200b\u200d\ufeff") && BLANK("\u2800\u2800") && BLANK("\u3164\u115f \ufe0f\U000e0041"));
	CHECK(!BLANK("\u1fff") && !BLANK("\u3001") && !BLANK("  x") && !BLANK("\u2764\ufe0f") && !BLANK("\u2801"));
	CHECK(!BLANK("\x80") && !BLANK("\0"));
}

/* Whatever the Unicode database calls unseen or white. */
CASE(blank_characters)
{
	for (UChar32 c = 1; c <= UCHAR_MAX_VALUE; c++) {
		bool unseen = u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) ||
		    u_hasBinaryProperty(c, UCHAR_WHITE_SPACE) || c == 0x2800;
		char text[U8_MAX_LENGTH];
		size_t n = 0;

		if (U_IS_SURROGATE(c))
			continue;
		U8_APPEND_UNSAFE(text, n, c);
		CHECK_INT(utf8_is_blank(text, n) ? c : 0, unseen ? c : 0);
	}
}

static const char *
decoded(const char *in, bool plus)
{
	static char out[100];
	size_t n = strlen(in);

	memcpy(out, in, n);
	n = url_decode(out, n, plus);
	out[n] = '\0';
	return out;
}

CASE(percent_encoding)
{
	char nul[] = "a%00b";

	CHECK_STR(decoded("", true), "");
	CHECK_STR(decoded("a+b%20c%2B", true), "a b c+");
	CHECK_STR(decoded("a+b", false), "a+b");
	CHECK_STR(decoded("%E4%b8%aD", true), "中");
	CHECK_STR(decoded("%", true), "%");
	CHECK_STR(decoded("%4", true), "%4");
	CHECK_STR(decoded("100%", true), "100%");
	CHECK_STR(decoded("%zz%4x%x4", true), "%zz%4x%x4");
	CHECK_STR(decoded("%%41", true), "%A");
	CHECK_STR(decoded("%2541", true), "%41");
	CHECK_INT(url_decode(nul, 5, true), 3);
	CHECK(memcmp(nul, "a\0b", 3) == 0);
}

CASE(hex_both_ways)
{
	unsigned char out[4] = { 0 };
	char hex[9];

	hex_encode(hex, "\x00\xff\x5a\xa5", 4);
	CHECK_STR(hex, "00ff5aa5");
	hex_encode(hex, "", 0);
	CHECK_STR(hex, "");
	CHECK(hex_decode(out, 4, "00fF5Aa5"));
	CHECK(memcmp(out, "\x00\xff\x5a\xa5", 4) == 0);
	CHECK(hex_decode(out, 0, ""));
	CHECK(!hex_decode(out, 0, "0"));
	CHECK(!hex_decode(out, 2, "") && !hex_decode(out, 2, "000"));
	CHECK(!hex_decode(out, 2, "00000"));
	CHECK(!hex_decode(out, 1, "g0") && !hex_decode(out, 1, "0g") && !hex_decode(out, 1, " 0"));
}

CASE(base64)
{
	static const char *const bad[] = { "A", "AA", "AAA", "====", "A===", "AA=A", "=AAA", "AAAA=", "AA A",
		"AAA\n", "AA-_", "AAAA====" };
	unsigned char out[12];
	size_t n = 7;

	CHECK(base64_decode(out, &n, "", 0) && n == 0);
	CHECK(base64_decode(out, &n, "Zg==", 4) && n == 1 && memcmp(out, "f", 1) == 0);
	CHECK(base64_decode(out, &n, "Zm8=", 4) && n == 2 && memcmp(out, "fo", 2) == 0);
	CHECK(base64_decode(out, &n, "Zm9vYmFy", 8) && n == 6 && memcmp(out, "foobar", 6) == 0);
	CHECK(base64_decode(out, &n, "+/+/", 4) && n == 3 && memcmp(out, "\xfb\xff\xbf", 3) == 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK(!base64_decode(out, &n, bad[i], strlen(bad[i])));
}

CASE(random_bytes_differ)
{
	unsigned char a[1000] = { 0 }, b[1000] = { 0 };

	random_bytes(a, 0);
	CHECK_INT(a[0], 0);
	random_bytes(a, sizeof a);
	random_bytes(b, sizeof b);
	CHECK(memcmp(a, b, sizeof a) != 0);
	CHECK(memcmp(a + 900, a + 800, 100) != 0);
}

CASE(hashes)
{
	/* published values of FNV-1a */
	CHECK(hash_bytes("", 0) == UINT64_C(0xcbf29ce484222325));
	CHECK(hash_bytes("a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
	CHECK(hash_bytes("foobar", 6) == UINT64_C(0x85944171f73967e8));
	CHECK(hash_id(0) == 0);
	CHECK(hash_id(1) == UINT64_C(0xb456bcfc34c2cb2c));
	CHECK((hash_id(1000) & 1023) != (hash_id(1001) & 1023));
}

UNIT_MAIN
