/* The CGI environment: paths, tokens, languages, addresses. */
#include "http/request.h"

#include "base/addr.h"
#include "unit.h"

static struct arena *mem;
static struct request r;

static void
head(const char *const *env)
{
	mem = mem != NULL ? mem : arena_new();
	request_head(&r, mem, (char **)(uintptr_t)env);
}

#define HEAD(...) head((const char *[]){ __VA_ARGS__, NULL })

CASE(path_forms)
{
	static const struct route route = { .method = GET, .path = "/douyin/user/" };

	/* lighttpd splits, Apache does not, a bare one has only the URI. */
	HEAD("REQUEST_METHOD=GET", "SCRIPT_NAME=/douyin", "PATH_INFO=/user/");
	CHECK_STR(r.path, "/douyin/user/");
	CHECK(request_is_at(&r, &route));
	HEAD("SCRIPT_NAME=/douyin/user");
	CHECK(request_is_at(&r, &route));
	HEAD("SCRIPT_NAME=", "PATH_INFO=/douyin/user");
	CHECK(request_is_at(&r, &route));
	HEAD("REQUEST_URI=/douyin/user/?token=/x", "SCRIPT_NAME=", "PATH_INFO=");
	CHECK_STR(r.path, "/douyin/user/");
	CHECK(request_is_at(&r, &route));
}

CASE(path_no_other_normalisation)
{
	static const struct route route = { .method = GET, .path = "/douyin/user/" };
	static const char *const bad[] = { "SCRIPT_NAME=/douyin/user//",
		"SCRIPT_NAME=/douyin/username", "SCRIPT_NAME=//douyin/user/",
		"SCRIPT_NAME=/douyin/user/x", "SCRIPT_NAME=/douyin/USER/", "SCRIPT_NAME=/",
		"SCRIPT_NAME=" };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		HEAD(bad[i]);
		CHECK(!request_is_at(&r, &route));
	}
}

CASE(methods)
{
	HEAD("REQUEST_METHOD=HEAD");
	CHECK_INT(r.method_bit, GET);
	CHECK(r.head);
	HEAD("REQUEST_METHOD=get");
	CHECK_INT(r.method_bit, 0);
	HEAD("REQUEST_METHOD=OPTIONS");
	CHECK(r.options);
	HEAD("X=");
	CHECK_STR(r.method, "");
}

CASE(lengths)
{
	HEAD("CONTENT_LENGTH=");
	CHECK_INT(r.content_length, -1);
	HEAD("CONTENT_LENGTH=0");
	CHECK_INT(r.content_length, 0);
	HEAD("CONTENT_LENGTH=1099511627776");
	CHECK_INT(r.content_length, INT64_C(1099511627776));
	HEAD("CONTENT_LENGTH=-1");
	CHECK_INT(r.content_length, -2);
	HEAD("CONTENT_LENGTH=99999999999999999999");
	CHECK_INT(r.content_length, -2);
	HEAD("CONTENT_LENGTH=12x");
	CHECK_INT(r.content_length, -2);
}

CASE(bearer)
{
	HEAD("HTTP_AUTHORIZATION=Bearer abc");
	CHECK_STR(request_bearer(&r), "abc");
	HEAD("HTTP_AUTHORIZATION=bEARER   abc");
	CHECK_STR(request_bearer(&r), "abc");
	HEAD("HTTP_AUTHORIZATION=Bearer ");
	CHECK(request_bearer(&r) == NULL);
	HEAD("HTTP_AUTHORIZATION=Basic abc");
	CHECK(request_bearer(&r) == NULL);
	HEAD("HTTP_AUTHORIZATION=Bearerabc");
	CHECK(request_bearer(&r) == NULL);
}

CASE(languages)
{
	CHECK_INT(request_lang(""), LANG_EN);
	CHECK_INT(request_lang("zh"), LANG_ZH);
	CHECK_INT(request_lang("zh-CN,zh;q=0.9,en;q=0.8"), LANG_ZH);
	CHECK_INT(request_lang("en-US,en;q=0.9,zh-CN;q=0.8"), LANG_EN);
	CHECK_INT(request_lang("en;q=0.7, zh-TW;q=0.75"), LANG_ZH);
	CHECK_INT(request_lang("fr, de;q=0.9, ZH-hans;q=0.1"), LANG_ZH);
	CHECK_INT(request_lang("zh;q=0"), LANG_EN);
	CHECK_INT(request_lang("zh;q=0, en;q=0"), LANG_EN);
	CHECK_INT(request_lang("en;q=0.001,zh;q=0.002"), LANG_ZH);
	CHECK_INT(request_lang("zhx, *"), LANG_EN);
	CHECK_INT(request_lang(",,; q=1,zh ; q=0.5"), LANG_ZH);
	CHECK_INT(request_lang("zh;q"), LANG_ZH);
	CHECK_INT(request_lang(";;;---,,,"), LANG_EN);
}

CASE(bases)
{
	struct conf conf = { .public_url = "" }, set = { .public_url = "https://v.example.org" };
	char host[400];

	HEAD("HTTP_HOST=example.org:8080");
	CHECK_STR(request_base(&r, mem, &conf), "http://example.org:8080");
	CHECK_STR(request_base(&r, mem, &set), "https://v.example.org");
	HEAD("HTTP_HOST=[::1]:80", "HTTPS=on");
	CHECK_STR(request_base(&r, mem, &conf), "https://[::1]:80");
	HEAD("HTTP_HOST=a", "HTTP_X_FORWARDED_PROTO=https");
	CHECK_STR(request_base(&r, mem, &conf), "https://a");
	HEAD("HTTP_HOST=a/b", "SERVER_NAME=s", "SERVER_PORT=81");
	CHECK_STR(request_base(&r, mem, &conf), "http://s:81");
	HEAD("HTTP_HOST=a\"b", "SERVER_NAME=s", "SERVER_PORT=443", "HTTPS=on");
	CHECK_STR(request_base(&r, mem, &conf), "https://s");
	HEAD("HTTP_HOST=", "SERVER_NAME=<s>");
	CHECK_STR(request_base(&r, mem, &conf), "http://127.0.0.1:8080");
	snprintf(host, sizeof host, "HTTP_HOST=%0256d", 1);
	HEAD(host);
	CHECK_STR(request_base(&r, mem, &conf), "http://127.0.0.1:8080");
}

CASE(address_keys)
{
	CHECK(addr_key("10.0.0.1") != addr_key("10.0.0.2"));
	CHECK(addr_key("2001:db8::1") == addr_key("2001:db8::ffff:2"));
	CHECK(addr_key("2001:db8::1") != addr_key("2001:db8:0:1::1"));
	CHECK(addr_key("::ffff:10.0.0.1") == addr_key("10.0.0.1"));
	CHECK(addr_key("::ffff:10.0.0.1") != addr_key("::ffff:10.0.0.2"));
}

UNIT_MAIN
