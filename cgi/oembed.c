/* oembed.c - what another site shows for the address of a clip (oembed.com): a frame with /embed/ID.
 *
 * The invariant: no more of a clip is told than its page /v/ID tells. */

#include <string.h>

#include "base/json.h"
#include "http/html.h"
#include "http/raw.h"
#include "model/video.h"

#define REPLY_MAX 32768
#define WIDTH 360
#define SIDE_MAX 4096

struct in {
	const char *url, *format;
	int64_t width, height;
};

static const struct param params[] = {
	{ "url", PARAM_TEXT, offsetof(struct in, url), .max = 500, .required = true, .doc = "the address of a clip's page" },
	{ "maxwidth", PARAM_INT, offsetof(struct in, width), .min = 1, .max = SIDE_MAX, .dflt = SIDE_MAX,
	    .doc = "of the frame, pixels" },
	{ "maxheight", PARAM_INT, offsetof(struct in, height), .min = 1, .max = SIDE_MAX, .dflt = SIDE_MAX,
	    .doc = "of the frame, pixels" },
	{ "format", PARAM_TEXT, offsetof(struct in, format), .max = 10, .doc = "json" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/oembed", API, VIEWER_NONE },
	{ HEAD, "/oembed", API, VIEWER_NONE },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_OK };

static int64_t
less(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The frame: as the clip stands, within what was allowed. */
static void
size_of(const struct video *v, const struct in *in, int64_t *width, int64_t *height)
{
	int64_t w = v->width > 0 ? v->width : 9, h = v->height > 0 ? v->height : 16;

	*width = less(in->width, w > h ? 2 * WIDTH : WIDTH);
	*height = *width * h / w;
	if (*height > in->height) {
		*height = in->height;
		*width = *height * w / h;
	}
	*width += *width == 0;
	*height += *height == 0;
}

static void
member(struct buf *b, const char *name, const char *text)
{
	buf_addf(b, ",\"%s\":", name);
	json_str(b, text);
}

static void
tell(struct call *c, struct buf *b, const char *base, const struct in *in, const struct video_item *clip)
{
	const struct video *v = clip->video;
	const char *author = clip->author->name;
	int64_t w, h;

	size_of(v, in, &w, &h);
	buf_adds(b, "{\"version\":\"1.0\",\"type\":\"video\"");
	member(b, "provider_name", "Doufu");
	member(b, "provider_url", arena_printf(c->mem, "%s/", base));
	member(b, "title", v->title);
	member(b, "author_name", author);
	member(b, "author_url", arena_printf(c->mem, "%s/u/%s", base, html_segment(c, author)));
	member(b, "thumbnail_url", html_media(c, base, v->cover_path));
	member(b, "html", arena_printf(c->mem, "<iframe src=\"%s/embed/%lld\" width=\"%lld\" height=\"%lld\" "
	    "frameborder=\"0\" allow=\"fullscreen\" allowfullscreen></iframe>", base, (long long)v->row.id, (long long)w,
	    (long long)h));
	buf_addf(b, ",\"width\":%lld,\"height\":%lld}", (long long)w, (long long)h);
}

static enum err
oembed(struct call *c, struct raw *r)
{
	const char *base = request_base(r->request, c->mem, c->conf), *at;
	const struct video_item *clip;
	struct in in = { 0 };
	struct buf b;
	size_t base_n = strlen(base);
	enum err e;

	if (r->route == NULL)
		return E_OK;
	e = raw_query(c, r, &in);
	if (e != E_OK)
		return e;
	if (*in.format != '\0' && strcmp(in.format, "json") != 0)
		return call_param(c, "format", WHY_FORMAT, 0);
	at = in.url + base_n;
	if (strncmp(in.url, base, base_n) != 0 || strncmp(at, "/v/", 3) != 0)
		return E_NOT_FOUND;
	e = video_of_digits(c, at + 3, strcspn(at + 3, "/?#"), &clip);
	if (e != E_OK)
		return e;
	buf_init(&b, REPLY_MAX);
	tell(c, &b, base, &in, clip);
	return raw_body(c, r, 200, "application/json", &b);
}

RAW_ENDPOINT(oembed, struct in, "What other sites show for the address of a clip (oEmbed 1.0)", .pool = 1)
