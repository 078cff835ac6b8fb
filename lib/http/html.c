/* html.c - see html.h.  The invariant: no byte that a user wrote ends a text or an attribute. */
#include "http/html.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

void
html_text(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		switch (*s) {
		case '&':
			buf_adds(b, "&amp;");
			break;
		case '<':
			buf_adds(b, "&lt;");
			break;
		case '>':
			buf_adds(b, "&gt;");
			break;
		case '"':
			buf_adds(b, "&quot;");
			break;
		case '\'':
			buf_adds(b, "&#39;");
			break;
		default:
			if ((unsigned char)*s >= ' ' || *s == '\n' || *s == '\t')
				buf_addc(b, *s);
		}
	}
}

void
html_meta(struct buf *b, const char *name, const char *key, const char *text)
{
	buf_addf(b, "<meta %s=\"%s\" content=\"", name, key);
	html_text(b, text);
	buf_adds(b, "\">\n");
}

void
html_card(struct buf *b, const char *title, const char *text, const char *url, const char *picture)
{
	buf_adds(b, "<title>");
	html_text(b, title);
	buf_adds(b, " - Doufu</title>\n<link rel=\"canonical\" href=\"");
	html_text(b, url);
	buf_adds(b, "\">\n");
	html_meta(b, "property", "og:site_name", "Doufu");
	html_meta(b, "property", "og:title", title);
	html_meta(b, "property", "og:description", text);
	html_meta(b, "property", "og:url", url);
	html_meta(b, "property", "og:image", picture);
	html_meta(b, "name", "twitter:title", title);
	html_meta(b, "name", "twitter:description", text);
	html_meta(b, "name", "twitter:image", picture);
}

enum err
html_shell(const struct call *c, struct html_shell *out)
{
	static char page[HTML_SHELL_MAX];
	FILE *f = *page == '\0' ? fopen(c->conf->page_file, "re") : NULL;
	const char *begin, *end;

	if (f != NULL) {
		page[fread(page, 1, sizeof page - 1, f)] = '\0';
		fclose(f);
	}
	begin = strstr(page, "<title>");
	end = begin != NULL ? strstr(begin, "</title>") : NULL;
	if (end == NULL) {
		log_error("page_file %s: no page with a title", c->conf->page_file);
		return E_INTERNAL;
	}
	*out = (struct html_shell){ page, (size_t)(begin - page), (size_t)(end - page) + strlen("</title>") };
	return E_OK;
}

static bool
is_whole(const char *path)
{
	return strncmp(path, "http://", 7) == 0 || strncmp(path, "https://", 8) == 0;
}

const char *
html_media(struct call *c, const char *base, const char *path)
{
	if (is_whole(path) || *path == '/')
		return html_url(c, base, path);
	return *c->conf->media_url != '\0' ? arena_printf(c->mem, "%s/%s", c->conf->media_url, path)
					   : arena_printf(c->mem, "%s/media/%s", base, path);
}

const char *
html_url(struct call *c, const char *base, const char *path)
{
	return is_whole(path) ? path : arena_printf(c->mem, "%s%s", base, path);
}

const char *
html_segment(struct call *c, const char *text)
{
	static const char hex[] = "0123456789ABCDEF";
	char *out = arena_alloc(c->mem, 3 * strlen(text) + 1), *to = out;

	for (; *text != '\0'; text++) {
		unsigned char x = (unsigned char)*text;

		if ((x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z') || (x >= '0' && x <= '9') ||
		    strchr("-._~", x) != NULL) {
			*to++ = *text;
		} else {
			*to++ = '%';
			*to++ = hex[x >> 4];
			*to++ = hex[x & 15];
		}
	}
	*to = '\0';
	return out;
}
