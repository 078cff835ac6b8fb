/* s3_list.c - the keys of a bucket, in pages (ListObjectsV2).
 *
 * The invariant: what the store answers is text of a stranger: it is looked through for three
 * elements, within its length, and a page that does not go on is an error, not a loop. */
#include "store/s3.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "store/s3_request.h"

#define ANSWER_MAX (2 << 20)

/* Percent-encodes as the signature wants it: all but the unreserved. */
static void
encode(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (strchr("-._~", *s) != NULL || (*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'z') ||
		    (*s >= 'A' && *s <= 'Z'))
			buf_addc(b, *s);
		else
			buf_addf(b, "%%%02X", (unsigned char)*s);
	}
}

/* The text of the next <name> at or behind p and before end (NULL: of all); NULL where there is
 * none.  *n: its length. */
static const char *
element(const char *p, const char *end, const char *name, size_t *n)
{
	char open[40];
	const char *at, *close;

	snprintf(open, sizeof open, "<%s>", name);
	at = strstr(p, open);
	if (at == NULL || (end != NULL && at >= end))
		return NULL;
	at += strlen(open);
	close = strchr(at, '<');
	if (close == NULL)
		return NULL;
	*n = (size_t)(close - at);
	return at;
}

static int64_t
time_ms(const char *p, size_t n)
{
	struct tm tm = { 0 };
	char text[40];

	snprintf(text, sizeof text, "%.*s", (int)(n < sizeof text ? n : 0), p);
	return strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) != NULL ? (int64_t)timegm(&tm) * 1000 : -1;
}

static void
read_page(const char *text, struct s3_page *page)
{
	size_t n, time_n;
	const char *p = text, *end, *key, *modified;
	char decoded[3 * S3_KEY_MAX + 1];

	page->n = 0;
	for (; (p = strstr(p, "<Contents>")) != NULL; p = end) {
		end = strstr(p, "</Contents>");
		if (end == NULL)
			return;
		key = element(p, end, "Key", &n);
		modified = element(p, end, "LastModified", &time_n);
		if (key == NULL || modified == NULL || n >= sizeof decoded)
			continue;
		memcpy(decoded, key, n);
		n = url_decode(decoded, n, true);
		decoded[n] = '\0';
		if (n > S3_KEY_MAX || strlen(decoded) != n)
			continue;
		memcpy(page->last, decoded, n + 1);
		if (page->n < S3_PAGE) {
			page->entries[page->n].modified_ms = time_ms(modified, time_n);
			memcpy(page->entries[page->n++].key, decoded, n + 1);
		}
	}
}

enum err
s3_list(const struct conf *conf, struct s3_page *page)
{
	struct s3_request r = { .conf = conf, .method = "GET", .key = "(list)", .fd = -1 };
	struct buf url, text;
	char before[S3_KEY_MAX + 1];
	const char *more;
	size_t n = 0;
	enum err e;

	buf_init(&url, 8192);
	buf_init(&text, ANSWER_MAX);
	/* In the order of their names, as they are signed. */
	buf_addf(&url, "%s/?encoding-type=url&list-type=2&max-keys=%d", conf->s3_url, S3_PAGE);
	if (page->last[0] != '\0') {
		buf_adds(&url, "&start-after=");
		encode(&url, page->last);
	}
	memcpy(before, page->last, sizeof before);
	r.url = url.p;
	r.text = &text;
	snprintf(r.headers[0], sizeof r.headers[0], "x-amz-content-sha256: %s", S3_EMPTY_HASH);
	e = s3_request(&r);
	if (e == E_OK && (r.status != 200 || text.full || text.p == NULL)) {
		e = s3_broken(&r, "its list of objects cannot be read");
	} else if (e == E_OK) {
		read_page(text.p, page);
		more = element(text.p, NULL, "IsTruncated", &n);
		page->more = more != NULL && n == 4 && memcmp(more, "true", 4) == 0;
		if (page->more && strcmp(before, page->last) == 0)
			e = s3_broken(&r, "its list of objects does not go on");
	}
	buf_free(&url);
	buf_free(&text);
	return e;
}
