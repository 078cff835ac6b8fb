/* base_err.c - tests of the error table itself and of the sentences made from it. */
#include "base/err.h"

#include "base/text.h"
#include "unit.h"

#include <stdlib.h>

CASE(codes_and_names_are_unique)
{
	int i, j;

	for (i = 0; i < E_COUNT; i++)
		for (j = 0; j < i; j++) {
			CHECK(err_code((enum err)i) != err_code((enum err)j));
			CHECK(strcmp(err_name((enum err)i), err_name((enum err)j)) != 0);
			CHECK(strlen(err_name((enum err)i)) - 2 < ERR_WORD);
		}
}

CASE(every_error_speaks_both_languages)
{
	int i, lang;

	for (i = 0; i < E_COUNT; i++)
		for (lang = 0; lang < LANG_COUNT; lang++) {
			const char *text = err_text((enum err)i, (enum lang)lang);

			CHECK(text[0] != '\0');
			CHECK(utf8_valid(text, strlen(text)));
			CHECK(strchr(text, '%') == NULL);
		}
	for (i = 0; i < E_COUNT; i++)
		CHECK(strcmp(err_text((enum err)i, LANG_EN), err_text((enum err)i, LANG_ZH)) != 0);
}

CASE(codes_and_status_agree)
{
	char word[ERR_WORD];
	int i;

	CHECK_INT(err_code(E_OK), 0);
	CHECK_INT(err_http(E_OK), 200);
	for (i = E_OK + 1; i < E_COUNT; i++) {
		int http = err_http((enum err)i), code = err_code((enum err)i);

		CHECK(http >= 400 && http < 600);
		CHECK((http >= 500) == (code >= 50000));
	}
	CHECK_STR(err_name(E_PARAM), "E_PARAM");
	err_word(word, E_COMMENT_UNKNOWN);
	CHECK_STR(word, "comment_unknown");
	CHECK_INT(err_code(E_PARAM), 40002);
	CHECK_INT(err_http(E_TOKEN), 401);
}

/* Everything that clients of /api knew before us is 400 (401, 500, 503); others are of things that they did
 * not know. */
CASE(what_is_not_400_is_new)
{
	static const struct {
		enum err e;
		int http;
	} others[] = { { E_ACCOUNT_DISABLED, 403 }, { E_FORBIDDEN, 403 }, { E_SUSPENDED, 403 },
		{ E_TOO_FAST, 429 }, { E_FROZEN, 429 }, { E_FILE_TOO_LARGE, 413 }, { E_IMAGE_TOO_LARGE, 413 },
		{ E_TOO_LARGE, 413 }, { E_NOT_FOUND, 404 }, { E_METHOD, 405 }, { E_UPLOAD_UNKNOWN, 404 },
		{ E_UPLOAD_OFFSET, 409 }, { E_UPLOAD_CHECKSUM, 460 }, { E_UPLOAD_BUSY, 423 },
		{ E_UPLOAD_VERSION, 412 }, { E_UPLOAD_TYPE, 415 } };

	for (int i = E_OK + 1; i < E_COUNT; i++) {
		int http = err_code((enum err)i) >= 50000 ? err_http((enum err)i) : i == E_TOKEN ? 401 : 400;

		for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
			if ((int)others[k].e == i)
				http = others[k].http;
		}
		CHECK_INT(err_http((enum err)i), http);
	}
}

CASE(unknown_numbers_are_our_fault)
{
	CHECK_STR(err_name((enum err)E_COUNT), "E_INTERNAL");
	CHECK_INT(err_http((enum err)(E_OK - 1)), 500);
	CHECK_STR(err_text(E_OK, (enum lang)9), "success");
}

static const char *
sentence(enum err e, const char *param, enum why why, int64_t limit, enum lang lang)
{
	static char out[300];
	struct problem p = { param, why, limit };

	memset(out, 'x', sizeof out);
	err_sentence(out, sizeof out, e, &p, lang);
	return out;
}

CASE(a_parameter_is_named)
{
	CHECK_STR(sentence(E_PARAM, "video_id", WHY_NOT_INT, 0, LANG_EN),
	    "video_id must be a whole number");
	CHECK_STR(sentence(E_PARAM, "video_id", WHY_NOT_INT, 0, LANG_ZH), "video_id 必须是整数");
	CHECK_STR(sentence(E_PARAM, "title", WHY_TOO_LONG, INT64_C(9007199254740993), LANG_EN),
	    "title must have at most 9007199254740993 characters");
	CHECK_STR(sentence(E_BODY, "data", WHY_BOUNDARY, 0, LANG_EN),
	    "data: the multipart body is damaged or cut short");
	CHECK_STR(sentence(E_PARAM, "%s%n%lld", WHY_MISSING, 0, LANG_EN), "%s%n%lld is missing");
}

CASE(without_detail_the_table_speaks)
{
	char out[100];

	err_sentence(out, sizeof out, E_PARAM, NULL, LANG_EN);
	CHECK_STR(out, "a parameter is wrong");
	CHECK_STR(sentence(E_PARAM, NULL, WHY_MISSING, 0, LANG_EN), "a parameter is wrong");
	CHECK_STR(sentence(E_PARAM, "x", WHY_NONE, 0, LANG_ZH), "参数错误");
	CHECK_STR(sentence(E_PARAM, "x", (enum why)999, 0, LANG_EN), "a parameter is wrong");
	/* a problem left over from elsewhere says nothing about these */
	CHECK_STR(sentence(E_DB, "x", WHY_MISSING, 0, LANG_EN), err_text(E_DB, LANG_EN));
	CHECK_STR(sentence(E_DB, "x", WHY_WAIT, 3, LANG_EN), err_text(E_DB, LANG_EN));
	CHECK_STR(sentence(E_LOGIN, "x", WHY_MISSING, 0, LANG_EN), err_text(E_LOGIN, LANG_EN));
	CHECK_STR(sentence(E_FROZEN, "x", WHY_MISSING, 0, LANG_EN), "too many failed logins");
}

CASE(waiting_is_said_once)
{
	CHECK_STR(sentence(E_FROZEN, NULL, WHY_WAIT, 90, LANG_EN),
	    "too many failed logins: try again in 90 seconds");
	CHECK_STR(
	    sentence(E_FROZEN, "x", WHY_WAIT, 90, LANG_ZH), "登录失败次数过多：请在 90 秒后重试");
	CHECK_STR(sentence(E_TOO_FAST, NULL, WHY_WAIT, 2, LANG_EN),
	    "too many requests: try again in 2 seconds");
	CHECK_STR(sentence(E_TOO_FAST, "x", WHY_WAIT, 2, LANG_ZH), "操作过于频繁：请在 2 秒后重试");
	CHECK_STR(sentence(E_TOO_FAST, NULL, WHY_NONE, 0, LANG_EN), err_text(E_TOO_FAST, LANG_EN));
}

CASE(every_reason_makes_a_sentence)
{
	int why, lang;

	for (why = WHY_NONE + 1; why <= WHY_CURSOR; why++)
		for (lang = 0; lang < LANG_COUNT; lang++) {
			const char *s = sentence(why == WHY_WAIT ? E_FROZEN : E_PARAM, "NAME",
			    (enum why)why, 4711, (enum lang)lang);

			CHECK(why == WHY_WAIT || strstr(s, "NAME") != NULL);
			CHECK(strchr(s, '%') == NULL);
			CHECK(utf8_valid(s, strlen(s)));
			CHECK(strcmp(s, err_text(E_PARAM, (enum lang)lang)) != 0);
		}
}

CASE(cut_at_a_character)
{
	const char *whole = err_text(E_UNSURE, LANG_ZH);
	size_t size;

	for (size = 1; size < strlen(whole) + 3; size++) {
		char out[200];

		memset(out, 'x', sizeof out);
		err_sentence(out, size, E_UNSURE, NULL, LANG_ZH);
		CHECK(strlen(out) < size);
		CHECK(strlen(out) + 4 > size || strlen(out) == strlen(whole));
		CHECK(utf8_valid(out, strlen(out)));
		CHECK(strncmp(out, whole, strlen(out)) == 0);
		CHECK(out[size] == 'x');
	}
	err_sentence(NULL, 0, E_UNSURE, NULL, LANG_ZH);
}

UNIT_MAIN
