/* sitemap.c - what search engines may read: /robots.txt, and /sitemap.xml with the newest clips. */

#include <string.h>

#include "http/html.h"
#include "http/raw.h"
#include "model/video.h"

#define CLIPS 1000
#define MAP_MAX (512 << 10)

struct in {
	char none;
};

static const struct param params[] = { { 0 } };

static const struct route routes[] = {
	{ GET, "/robots.txt", API, VIEWER_NONE },
	{ HEAD, "/robots.txt", API, VIEWER_NONE },
	{ GET, "/sitemap.xml", API, VIEWER_NONE },
	{ HEAD, "/sitemap.xml", API, VIEWER_NONE },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_OK };

static enum err
clips(struct call *c, struct buf *b, const char *base)
{
	int64_t before_ms = c->now_ms;
	struct video_list list = { .more = true };
	size_t n = 0;
	enum err e = E_OK;

	while (e == E_OK && list.more && n < CLIPS) {
		e = video_feed(c, before_ms, VIDEO_FEED_MAX, VIDEO_FEED_MAX, &list, &before_ms);
		for (size_t i = 0; e == E_OK && i < list.n; i++, n++) {
			const struct video_item *row = list.rows[i];

			buf_addf(b, "<url><loc>%s/v/%lld</loc></url>\n", base, (long long)row->video->row.id);
		}
	}
	return e;
}

static enum err
sitemap(struct call *c, struct raw *r)
{
	const char *base = request_base(r->request, c->mem, c->conf);
	bool map = r->route != NULL && strcmp(r->route->path, "/sitemap.xml") == 0;
	struct buf b;
	enum err e = E_OK;

	if (r->route == NULL)
		return E_OK;
	buf_init(&b, MAP_MAX);
	if (map) {
		buf_addf(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		    "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n<url><loc>%s/</loc></url>\n", base);
		e = clips(c, &b, base);
		buf_adds(&b, "</urlset>\n");
	} else {
		buf_addf(&b, "User-agent: *\nDisallow: /api/\nDisallow: /douyin/\nDisallow: /upload/\n\n"
		    "Sitemap: %s/sitemap.xml\n", base);
	}
	if (e != E_OK) {
		buf_free(&b);
		return e;
	}
	return raw_body(c, r, 200, map ? "application/xml; charset=utf-8" : "text/plain; charset=utf-8", &b);
}

RAW_ENDPOINT(sitemap, struct in, "What search engines may read", .pool = 1)
