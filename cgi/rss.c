/* rss.c - a user's newest clips as RSS 2.0, for feed readers and podcast apps: /rss/NAME.
 *
 * The invariant: everything that a user wrote passes through html_text(). */

#include <string.h>
#include <time.h>

#include "http/html.h"
#include "http/raw.h"
#include "model/account.h"
#include "model/content.h"
#include "model/video.h"

#define CLIPS 30
#define FEED_MAX (512 << 10)

struct in {
	char none;
};

static const struct param params[] = { { 0 } };

static const struct route routes[] = {
	{ GET, "/rss/", API, VIEWER_NONE },
	{ HEAD, "/rss/", API, VIEWER_NONE },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_OK };

static void
element(struct buf *b, const char *name, const char *text)
{
	buf_addf(b, "<%s>", name);
	html_text(b, text);
	buf_addf(b, "</%s>\n", name);
}

/* Of the file that is played; 0, as RSS 2.0 has it for unknown, until its outputs are there. */
static int64_t
play_bytes(const struct video *v)
{
	const struct content_part *part = (const void *)((const char *)v + v->renditions.at);

	for (uint32_t i = 0; i < v->renditions.n; i++) {
		if (strcmp(part[i].path, v->play_path) == 0)
			return part[i].size_bytes;
	}
	return 0;
}

static void
item(struct call *c, struct buf *b, const char *base, const struct video *v, int64_t id)
{
	const char *page = arena_printf(c->mem, "%s/v/%lld", base, (long long)id);
	time_t at = (time_t)(v->published_ms / 1000);
	char date[64];
	struct tm tm;

	/* The programs run in the C locale: these are the English names that RFC 822 wants. */
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", gmtime_r(&at, &tm));
	buf_adds(b, "<item>\n");
	element(b, "title", v->title);
	element(b, "link", page);
	element(b, "guid", page);
	element(b, "pubDate", date);
	element(b, "description", v->description);
	buf_addf(b, "<enclosure type=\"video/mp4\" length=\"%lld\" url=\"", (long long)play_bytes(v));
	html_text(b, html_media(c, base, v->play_path));
	buf_adds(b, "\"/>\n</item>\n");
}

static enum err
rss(struct call *c, struct raw *r)
{
	const char *base = request_base(r->request, c->mem, c->conf);
	const struct user *u;
	struct page page = { .n = CLIPS };
	struct video_list list;
	struct buf b;
	enum err e;

	if (r->route == NULL)
		return E_OK;
	e = account_seen(c, r->below, &u);
	if (e == E_OK)
		e = video_of_author(c, u->row.id, &page, &list);
	if (e == E_USER_UNKNOWN)
		return E_NOT_FOUND;
	if (e != E_OK)
		return e;
	buf_init(&b, FEED_MAX);
	buf_adds(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\">\n<channel>\n");
	element(&b, "title", u->name);
	element(&b, "link", arena_printf(c->mem, "%s/u/%s", base, html_segment(c, u->name)));
	element(&b, "description", *u->signature != '\0' ? u->signature : u->name);
	for (size_t i = 0; i < list.n; i++) {
		const struct video_item *row = list.rows[i];

		item(c, &b, base, row->video, row->video->row.id);
	}
	buf_adds(&b, "</channel>\n</rss>\n");
	return raw_body(c, r, 200, "application/rss+xml; charset=utf-8", &b);
}

RAW_ENDPOINT(rss, struct in, "A user's clips as RSS", .pool = 1)
