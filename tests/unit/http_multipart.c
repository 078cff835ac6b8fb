/* The multipart parser: the same events wherever the pieces are cut. */
#include "http/multipart.h"

#include <stdlib.h>

#include "unit.h"

static char events[65536];
static size_t events_n;
static enum err stop_with;
static bool in_data;

static void
event(const char *p, size_t n)
{
	if (events_n + n < sizeof events) {
		memcpy(events + events_n, p, n);
		events_n += n;
		events[events_n] = '\0';
	}
}

static enum err
begin(void *arg, const struct multipart_part *part)
{
	(void)arg;
	event("<", 1);
	event(part->name, strlen(part->name));
	event(part->file ? part->file_named ? "@" : "@-" : "",
	    part->file ? part->file_named ? 1 : 2 : 0);
	event(":", 1);
	in_data = true;
	return E_OK;
}

static enum err
data(void *arg, const char *p, size_t n)
{
	(void)arg;
	if (!in_data || n == 0)
		abort();
	event(p, n);
	return stop_with;
}

static enum err
end(void *arg)
{
	(void)arg;
	event(">", 1);
	in_data = false;
	return E_OK;
}

static const struct multipart_sink sink = { begin, data, end, NULL };
static struct multipart m;

/* Feeds the body in pieces of `step` bytes, each in memory of its own, so that ASan sees a step
 * beyond it. */
static enum err
feed(const char *type, const char *body, size_t n, size_t step)
{
	enum err e = E_OK;

	events_n = 0;
	events[0] = '\0';
	in_data = false;
	if (!multipart_init(&m, type, &sink))
		return E_BODY;
	for (size_t i = 0; e == E_OK && i < n; i += step) {
		size_t k = n - i < step ? n - i : step;
		char *copy = malloc(k);

		memcpy(copy, body + i, k);
		e = multipart_push(&m, copy, k);
		free(copy);
	}
	return e;
}

#define TYPE "multipart/form-data; boundary=AaB03x"

/* Every size of pieces, and every split in two, must give the same. */
static void
same(const char *body, size_t n, enum err want_e, const char *want, size_t want_n, bool complete)
{
	for (size_t step = 1; step <= 64; step++) {
		CHECK_INT(feed(TYPE, body, n, step), want_e);
		CHECK_INT(events_n, want_n);
		CHECK(memcmp(events, want, want_n) == 0);
		CHECK_INT(multipart_complete(&m), complete);
	}
	for (size_t at = 1; at < n; at++) {
		enum err e;

		feed(TYPE, body, 0, 1);
		e = multipart_push(&m, body, at);
		if (e == E_OK)
			e = multipart_push(&m, body + at, n - at);
		CHECK_INT(e, want_e);
		CHECK_INT(events_n, want_n);
		CHECK(memcmp(events, want, want_n) == 0);
		CHECK_INT(multipart_complete(&m), complete);
	}
}

static void
good(const char *body, const char *want)
{
	same(body, strlen(body), E_OK, want, strlen(want), true);
}

#define PART(disposition, text) \
	"--AaB03x\r\nContent-Disposition: form-data; " disposition "\r\n\r\n" text "\r\n"
#define END "--AaB03x--\r\n"

CASE(parts)
{
	good(PART("name=\"data\"; filename=\"../public/bear.mp4\"", "\r\n-video\r\n")
		 PART("name=\"token\"", "T.o-k") PART("name=title", "Bear") END,
	    "<data@:\r\n-video\r\n><token:T.o-k><title:Bear>");
}

CASE(preamble_epilogue_and_padding)
{
	good("preamble\r\n--AaB03\r\nmore\r\n" PART("name=a", "1") END "epilogue\r\n--AaB03x\r\n",
	    "<a:1>");
	good("--AaB03x \t\r\ncontent-disposition:form-data;NAME=\"a\"\r\n\r\n1\r\n--AaB03x--",
	    "<a:1>");
}

CASE(look_alikes)
{
	good(PART("name=a", "\r\r\n\r\n-\r\n--\r\n--AaB03\r\n--AaB03y--AaB03x\n--AaB03x\r") END,
	    "<a:\r\r\n\r\n-\r\n--\r\n--AaB03\r\n--AaB03y--AaB03x\n--AaB03x\r>");
	good(PART("name=a", "\r\n--AaB\r\n--AaB03\r\r\n--A\r") END,
	    "<a:\r\n--AaB\r\n--AaB03\r\r\n--A\r>");
}

CASE(empty_values)
{
	good(PART("name=a", "") PART("name=f; filename=\"\"", "") END, "<a:><f@-:>");
}

CASE(nuls_in_data)
{
	static const char body[] = PART("name=a", "x\0\r\0\n--\0y") END;
	static const char want[] = "<a:x\0\r\0\n--\0y>";

	same(body, sizeof body - 1, E_OK, want, sizeof want - 1, true);
}

CASE(names)
{
	good(PART("name=\"a\\\"b\"; filename*=UTF-8''x.mp4", "1") END, "<a\"b@:1>");
	good(PART("name=\"a\"; filename=\"C:\\\\dir\\\\x;name=evil\"", "1") END, "<a@:1>");
	good(PART("filename=\"x; name=\\\"evil\\\"\"", "1") END, "<@:1>");
	good("--AaB03x\r\nContent-Type: text/plain\r\n\r\n1\r\n" END, "<:1>");
	good("--AaB03x\r\n\r\n1\r\n" END, "<:1>");
}

CASE(long_name_is_no_name)
{
	char body[1000] = "--AaB03x\r\nContent-Disposition: form-data; name=\"";

	memset(body + strlen(body), 'n', 300);
	strcat(body, "\"\r\n\r\n1\r\n" END);
	good(body, "<:1>");
}

CASE(cut_short)
{
	static const char body[] = PART("name=a", "1") END;
	size_t n = sizeof body - 1 - 2;

	for (size_t cut = 0; cut < n; cut++) {
		CHECK_INT(feed(TYPE, body, cut, 7), E_OK);
		CHECK(!multipart_complete(&m));
	}
	CHECK_INT(feed(TYPE, body, n, 7), E_OK);
	CHECK(multipart_complete(&m));
}

CASE(damaged)
{
	static const char body[] = "--AaB03xy\r\n\r\n1\r\n" END;

	same(body, sizeof body - 1, E_PARAM, "", 0, false);
	same("--AaB03x-\r\n", 11, E_PARAM, "", 0, false);
	same("--AaB03x\rx", 10, E_PARAM, "", 0, false);
	/* Damaged stays damaged. */
	CHECK_INT(multipart_push(&m, "x", 1), E_PARAM);
}

CASE(headers_have_a_ceiling)
{
	static char body[MULTIPART_HEADERS + 100] = "--AaB03x\r\nX: ";
	size_t n = strlen(body);

	memset(body + n, 'x', MULTIPART_HEADERS);
	CHECK_INT(feed(TYPE, body, sizeof body, 1000), E_PARAM);
}

CASE(sink_stops)
{
	static const char body[] = PART("name=a", "1") END;

	stop_with = E_TOO_LARGE;
	CHECK_INT(feed(TYPE, body, sizeof body - 1, 1000), E_TOO_LARGE);
	stop_with = E_OK;
}

CASE(boundaries)
{
	static const char *const bad[] = { "multipart/form-data",
		"multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
		"multipart/form-data; boundary=a\"b", "multipart/form-data; boundary=\"a \"",
		"multipart/form-data; boundary=a\x80", "multipart/form-data; boundary=a\rb",
		"multipart/form-data; boundary="
		"12345678901234567890123456789012345678901234567890123456789012345678901" };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK(!multipart_init(&m, bad[i], &sink));
	CHECK(multipart_init(&m, "multipart/form-data; charset=x; BOUNDARY=\"a b:c\"; x=y", &sink));
	CHECK_INT(m.delimiter_n, 4 + 5);
	CHECK(memcmp(m.delimiter, "\r\n--a b:c", 9) == 0);
	CHECK(multipart_init(&m,
	    "multipart/form-data; boundary="
	    "1234567890123456789012345678901234567890123456789012345678901234567890",
	    &sink));
	CHECK(multipart_is("Multipart/Form-Data;boundary=x"));
	CHECK(!multipart_is("multipart/form-datax"));
	CHECK(!multipart_is("multipart/mixed; boundary=x"));
}

UNIT_MAIN
