/* html.h - text into HTML and XML.  Everything that a user wrote passes through here. */
#ifndef HTTP_HTML_H
#define HTTP_HTML_H

#include "base/text.h"
#include "http/request.h"

/* Adds a text, good between tags and within "...": & < > " ' are written as references, characters
 * that XML 1.0 does not know are left out. */
void html_text(struct buf *b, const char *s);

/* <meta NAME="key" content="text">; name: "property" or "name". */
void html_meta(struct buf *b, const char *name, const char *key, const char *text);

/* What others show for a link to this page: its title and canonical address, and the cards of
 * OpenGraph and Twitter. */
void html_card(struct buf *b, const char *title, const char *text, const char *url, const char *picture);

/* The web client's page (page_file), read once: a head may take the place of its <title>, which is
 * whole[title_at..title_end).  E_INTERNAL (logged): no such page, or no title in it. */
#define HTML_SHELL_MAX 65536
struct html_shell {
	const char *whole;
	size_t title_at, title_end;
};
enum err html_shell(const struct call *c, struct html_shell *out) CHECKED;

/* The address of a path below media_dir (or with a '/' before it, of one that is not), or of one
 * below the public address; a whole address stays as it is.  Of the arena. */
const char *html_media(struct call *c, const char *base, const char *path);
const char *html_url(struct call *c, const char *base, const char *path);

/* A text as one segment of a path.  Of the arena.  (What comes in, raw.h's below, is decoded already.) */
const char *html_segment(struct call *c, const char *text);

#endif
