/* page.c - the page of a clip (/v/ID) and of a user (/u/NAME): the web client's own page, with a head
 * that says what is there, for whoever shows a link to it.
 *
 * The invariant: where there is nothing that anybody may see, the page is the client's all the same,
 * by 404, and says nothing. */

#include <string.h>

#include "http/html.h"
#include "http/raw.h"
#include "model/account.h"
#include "model/video.h"

#define HEAD_MAX 65536

struct in {
	char none;
};

static const struct param params[] = { { 0 } };

static const struct route routes[] = {
	{ GET, "/v/", API, VIEWER_NONE },
	{ HEAD, "/v/", API, VIEWER_NONE },
	{ GET, "/u/", API, VIEWER_NONE },
	{ HEAD, "/u/", API, VIEWER_NONE },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_OK };

static enum err
clip_head(struct call *c, struct buf *b, const char *base, const char *below)
{
	const struct video_item *clip;
	const struct video *v;
	const char *text;
	long long id;
	enum err e = video_of_digits(c, below, strlen(below), &clip);

	if (e != E_OK)
		return e;
	v = clip->video;
	id = (long long)v->row.id;
	text = *v->description != '\0' ? v->description : arena_printf(c->mem, "@%s", clip->author->name);
	html_card(b, v->title, text, arena_printf(c->mem, "%s/v/%lld", base, id),
	    html_media(c, base, v->cover_path));
	html_meta(b, "property", "og:type", "video.other");
	html_meta(b, "property", "og:video", html_media(c, base, v->play_path));
	html_meta(b, "property", "og:video:type", "video/mp4");
	html_meta(b, "name", "twitter:card", "player");
	html_meta(b, "name", "twitter:player", arena_printf(c->mem, "%s/embed/%lld", base, id));
	html_meta(b, "name", "twitter:player:width", "360");
	html_meta(b, "name", "twitter:player:height", "640");
	buf_addf(b, "<link rel=\"alternate\" type=\"application/json+oembed\" href=\"%s/oembed?url=%s/v/%lld\">\n",
	    base, base, id);
	return E_OK;
}

static enum err
user_head(struct call *c, struct buf *b, const char *base, const char *below)
{
	const struct user *u;
	const char *path;
	enum err e = account_seen(c, below, &u);

	if (e != E_OK)
		return e;
	path = arena_printf(c->mem, "%s/u/%s", base, html_segment(c, u->name));
	html_card(b, u->name, *u->signature != '\0' ? u->signature : u->name, path, html_url(c, base, u->avatar));
	html_meta(b, "property", "og:type", "profile");
	html_meta(b, "name", "twitter:card", "summary");
	buf_addf(b, "<link rel=\"alternate\" type=\"application/rss+xml\" href=\"%s/rss/%s\">\n", base,
	    html_segment(c, u->name));
	return E_OK;
}

static enum err
page(struct call *c, struct raw *r)
{
	const char *base = request_base(r->request, c->mem, c->conf);
	struct html_shell shell;
	struct buf b;
	enum err e;

	if (r->route == NULL)
		return E_OK;
	e = html_shell(c, &shell);
	if (e != E_OK)
		return e;
	buf_init(&b, HTML_SHELL_MAX + HEAD_MAX);
	buf_add(&b, shell.whole, shell.title_at);
	e = *r->below == '\0' ? E_NOT_FOUND
	    : r->route->path[1] == 'v' ? clip_head(c, &b, base, r->below)
				       : user_head(c, &b, base, r->below);
	if (e != E_OK && err_http(e) >= 500) {
		buf_free(&b);
		return e;
	}
	if (e != E_OK) {
		buf_clear(&b);
		buf_add(&b, shell.whole, shell.title_end);
	}
	buf_adds(&b, shell.whole + shell.title_end);
	return raw_body(c, r, e == E_OK ? 200 : 404, "text/html; charset=utf-8", &b);
}

RAW_ENDPOINT(page, struct in, "The page of a clip or a user", .pool = 2)
