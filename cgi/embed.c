/* embed.c - a clip for other sites' pages: /embed/ID is a page of a player and nothing else, which any
 * page may frame.
 *
 * The invariant: it runs no script, so that whoever frames it frames a picture that moves. */

#include <string.h>

#include "http/html.h"
#include "http/raw.h"
#include "model/video.h"

#define PAGE_MAX 32768
#define POLICY                                                                                     \
	"default-src 'none'; style-src 'self'; img-src 'self' http: https:; media-src 'self' http: https:; " \
	"base-uri 'none'; form-action 'none'; frame-ancestors *"

struct in {
	char none;
};

static const struct param params[] = { { 0 } };

static const struct route routes[] = {
	{ GET, "/embed/", API, VIEWER_NONE },
	{ HEAD, "/embed/", API, VIEWER_NONE },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_OK };

static enum err
embed(struct call *c, struct raw *r)
{
	const char *base = request_base(r->request, c->mem, c->conf), *page;
	const struct video_item *clip;
	const struct video *v;
	struct buf b;
	enum err e;

	if (r->route == NULL)
		return E_OK;
	raw_set(r, "Content-Security-Policy", POLICY);
	e = video_of_digits(c, r->below, strlen(r->below), &clip);
	if (e != E_OK)
		return e;
	v = clip->video;
	page = arena_printf(c->mem, "%s/v/%lld", base, (long long)v->row.id);
	buf_init(&b, PAGE_MAX);
	buf_adds(&b, "<!doctype html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"robots\" content=\"noindex\">\n"
	    "<title>");
	html_text(&b, v->title);
	buf_addf(&b, "</title>\n<link rel=\"canonical\" href=\"%s\">\n<link rel=\"stylesheet\" href=\"/player.css\">\n"
	    "</head>\n<body>\n<video controls loop playsinline preload=\"metadata\" poster=\"", page);
	html_text(&b, html_media(c, base, v->cover_path));
	buf_adds(&b, "\" src=\"");
	html_text(&b, html_media(c, base, v->play_path));
	buf_addf(&b, "\"></video>\n<p><a href=\"%s\" target=\"_blank\" rel=\"noopener\">", page);
	html_text(&b, v->title);
	buf_adds(&b, " - @");
	html_text(&b, clip->author->name);
	buf_adds(&b, "</a></p>\n</body>\n</html>\n");
	return raw_body(c, r, 200, "text/html; charset=utf-8", &b);
}

RAW_ENDPOINT(embed, struct in, "A clip as a page to be framed", .pool = 1)
