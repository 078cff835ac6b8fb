/* err.c - the table of errors as data, and the sentence that a client reads.
 *
 * Invariant: a sentence is made of the tables' texts, the name of a parameter and a number, of
 * nothing else; for errors of ours (5xx) of the table's text alone. */
#include "base/err.h"

#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int http, code;
	const char *text[LANG_COUNT];
} errors[] = {
#define ERR(name, http, code, en, zh) { "E_" #name, http, code, { en, zh } },
	ERR_TABLE(ERR)
#undef ERR
};

static const char *const whys[][LANG_COUNT] = {
#define WHY(name, en, zh) { en, zh },
	WHY_TABLE(WHY)
#undef WHY
};

static enum err
known(enum err e)
{
	return (unsigned)e < E_COUNT ? e : E_INTERNAL;
}

const char *
err_name(enum err e)
{
	return errors[known(e)].name;
}

void
err_word(char out[ERR_WORD], enum err e)
{
	const char *name = err_name(e) + 2;
	size_t n = 0;

	for (; n + 1 < ERR_WORD && name[n] != '\0'; n++)
		out[n] = (char)tolower((unsigned char)name[n]);
	out[n] = '\0';
}

int
err_http(enum err e)
{
	return errors[known(e)].http;
}

int
err_code(enum err e)
{
	return errors[known(e)].code;
}

const char *
err_text(enum err e, enum lang lang)
{
	return errors[known(e)].text[lang == LANG_ZH ? LANG_ZH : LANG_EN];
}

/* Length of the text up to its advice ("...: wait a moment"), which the seconds replace. */
static size_t
head_len(const char *text)
{
	const char *en = strstr(text, ": "), *zh = strstr(text, "，");

	return en != NULL ? (size_t)(en - text) : zh != NULL ? (size_t)(zh - text) : strlen(text);
}

void
err_sentence(char *out, size_t size, enum err e, const struct problem *p, enum lang lang)
{
	const char *text = err_text(e, lang), *param = NULL;
	enum why why = p != NULL ? p->why : WHY_NONE;
	char head[200];
	int n;

	if (size == 0)
		return;
	if (why == WHY_WAIT && (e == E_TOO_FAST || e == E_FROZEN)) {
		snprintf(head, sizeof head, "%.*s", (int)head_len(text), text);
		param = head;
	} else if (e == E_PARAM || e == E_BODY || e == E_TOO_LARGE || why == WHY_SAYS) {
		param = p != NULL ? p->param : NULL;
	}
	if (why > WHY_NONE && (size_t)why < sizeof whys / sizeof *whys && param != NULL)
		n = snprintf(out, size, whys[why][lang == LANG_ZH ? LANG_ZH : LANG_EN], param,
		    (long long)p->limit);
	else
		n = snprintf(out, size, "%s", text);
	if (n < 0)
		out[0] = '\0';
	else if ((size_t)n >= size)
		out[utf8_whole(out, size - 1)] = '\0';
}
