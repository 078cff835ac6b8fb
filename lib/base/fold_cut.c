/* fold_cut.c - a folded query into words.  Invariant: only here is ICU's dictionary opened, so that
 * a program that never cuts pays nothing for it. */
#include "base/fold.h"

#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/ustring.h>

#include "base/log.h"
#include "base/text.h"

struct cut {
	struct arena *a;
	const char **out;
	size_t n, max;
};

static void
add(struct cut *cut, const char *p, size_t n)
{
	if (n > 0 && cut->n < cut->max)
		cut->out[cut->n++] = arena_strndup(cut->a, p, n);
}

static void
add_piece(struct cut *cut, const UChar *p, int32_t n)
{
	UErrorCode status = U_ZERO_ERROR;
	char *piece = arena_alloc(cut->a, (size_t)n * 3 + 1);
	int32_t piece_n;

	u_strToUTF8(piece, n * 3 + 1, &piece_n, p, n, &status);
	add(cut, piece, (size_t)piece_n);
}

static bool
single(const UChar *text, int32_t from, int32_t to)
{
	return u_countChar32(text + from, to - from) == 1;
}

/* Particles and the like: who writes one between words means texts without it, too. */
static bool
particle(const UChar *p)
{
	static const UChar all[] = u"的了和在是与及或也都就还又很把被给让对从到为之而且但吗呢吧啊呀嘛哦着过地得这那有个一の";

	for (size_t i = 0; all[i] != 0; i++) {
		if (*p == all[i])
			return true;
	}
	return false;
}

/* Characters of scripts that do not part their words. */
static void
run(struct cut *cut, const char *p, size_t n)
{
	static UBreakIterator *words;
	UErrorCode status = U_ZERO_ERROR;
	UChar *text = arena_alloc(cut->a, (n + 1) * sizeof(UChar));
	int32_t text_n, from, to;

	if (words == NULL)
		words = ubrk_open(UBRK_WORD, "zh", NULL, 0, &status);
	u_strFromUTF8(text, (int32_t)n + 1, &text_n, p, (int32_t)n, &status);
	if (words != NULL)
		ubrk_setText(words, text, text_n, &status);
	if (U_FAILURE(status)) {
		log_error("words of a query: %s", u_errorName(status));
		add(cut, p, n);
		return;
	}
	for (from = ubrk_first(words); (to = ubrk_next(words)) != UBRK_DONE; from = to) {
		/* Single characters in a row are most often a name that no dictionary has. */
		if (single(text, from, to)) {
			for (int32_t end; (end = ubrk_next(words)) != UBRK_DONE && single(text, to, end);)
				to = end;
			if (to < text_n)
				ubrk_previous(words);
			if (to - from == 1 && particle(text + from) && (from > 0 || to < text_n))
				continue;
		}
		add_piece(cut, text + from, to - from);
	}
}

size_t
fold_cut(struct arena *a, const char *p, const char **out, size_t max)
{
	struct cut cut = { .a = a, .out = out, .max = max };
	const char *end = p + strlen(p);

	while (p < end) {
		const char *from = p;
		uint32_t c;
		size_t len;

		if (*p == FOLD_WORD) {
			for (p++; (len = utf8_decode(p, (size_t)(end - p), &c)) > 0 &&
			     fold_class(c) == FOLD_IN_WORD;)
				p += len;
			add(&cut, from, (size_t)(p - from));
			continue;
		}
		p += strcspn(p, (const char[]){ FOLD_WORD, ' ', '\0' });
		if (p > from)
			run(&cut, from, (size_t)(p - from));
		p += *p == ' ';
	}
	return cut.n;
}
