/* fold.c - see fold.h.  Invariant: the same text always folds to the same bytes, whatever process
 * does it: the index holds what one program made and another one looks for. */
#include "base/fold.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>

#include "base/han.h"
#include "base/text.h"

/* Beginnings of words that are grams, in characters; a longer one is found by the longest of them. */
static const size_t lengths[] = { 1, 2, 3, 4, 6, 9 };
#define LENGTHS (sizeof(lengths) / sizeof(*lengths))

static const UNormalizer2 *
normalizer(void)
{
	UErrorCode status = U_ZERO_ERROR;

	return unorm2_getNFKCCasefoldInstance(&status);
}

static bool
unparted_script(uint32_t c)
{
	UErrorCode status = U_ZERO_ERROR;

	switch (uscript_getScript((UChar32)c, &status)) {
	case USCRIPT_HAN:
	case USCRIPT_HIRAGANA:
	case USCRIPT_KATAKANA:
	case USCRIPT_HANGUL:
	case USCRIPT_BOPOMOFO:
	case USCRIPT_THAI:
	case USCRIPT_LAO:
	case USCRIPT_KHMER:
	case USCRIPT_MYANMAR:
		return true;
	default:
		return c == 0x30fc; /* the long vowel of both kana */
	}
}

bool
fold_letter(uint32_t c)
{
	if (c < 0x80)
		return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
	if (c >= 0x4e00 && c <= 0x9fff)
		return true;
	switch (u_charType((UChar32)c)) {
	case U_UPPERCASE_LETTER:
	case U_LOWERCASE_LETTER:
	case U_TITLECASE_LETTER:
	case U_MODIFIER_LETTER:
	case U_OTHER_LETTER:
	case U_NON_SPACING_MARK:
	case U_ENCLOSING_MARK:
	case U_COMBINING_SPACING_MARK:
	case U_DECIMAL_DIGIT_NUMBER:
	case U_LETTER_NUMBER:
	case U_OTHER_NUMBER:
		return true;
	default:
		return false;
	}
}

enum fold_class
fold_class(uint32_t c)
{
	if (c < 0x80)
		return fold_letter(c) ? FOLD_IN_WORD : FOLD_GAP;
	if (c >= 0x4e00 && c <= 0x9fff)
		return FOLD_GRAM;
	if (fold_letter(c))
		return unparted_script(c) ? FOLD_GRAM : FOLD_IN_WORD;
	switch (u_charType((UChar32)c)) {
	case U_OTHER_SYMBOL:
	case U_MODIFIER_SYMBOL:
		return c == 0xfffd ? FOLD_GAP : FOLD_GRAM;
	default:
		return FOLD_GAP;
	}
}

/* NFKC and case folded; *n: its units. */
static const UChar *
normalized(struct arena *a, const char *p, size_t bytes, int32_t *n)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar *raw = arena_alloc(a, (bytes + 1) * sizeof(UChar)), *out;
	int32_t raw_n, room;

	u_strFromUTF8WithSub(raw, (int32_t)bytes + 1, &raw_n, p, (int32_t)bytes, 0xfffd, NULL, &status);
	room = raw_n + raw_n / 2 + 16;
	out = arena_alloc(a, (size_t)room * sizeof(UChar));
	*n = unorm2_normalize(normalizer(), raw, raw_n, out, room, &status);
	if (status == U_BUFFER_OVERFLOW_ERROR) {
		status = U_ZERO_ERROR;
		room = *n + 1;
		out = arena_alloc(a, (size_t)room * sizeof(UChar));
		*n = unorm2_normalize(normalizer(), raw, raw_n, out, room, &status);
	}
	if (U_FAILURE(status))
		*n = 0;
	return out;
}

/* The next character, simplified. */
static uint32_t
next_unit(const UChar *u, int32_t *i, int32_t n)
{
	UChar32 c;

	U16_NEXT(u, *i, n, c);
	return U_IS_SURROGATE(c) ? 0xfffd : han_simple((uint32_t)c);
}

static size_t
put(char *at, uint32_t c)
{
	int32_t n = 0;

	U8_APPEND_UNSAFE(at, n, c);
	return (size_t)n;
}

const char *
fold_text(struct arena *a, const char *s, size_t max_chars)
{
	enum fold_class before = FOLD_GAP;
	int32_t n, i = 0;
	const UChar *u = normalized(a, s, strlen(s), &n);
	/* Three bytes a unit, and FOLD_WORD or a space before it. */
	char *out = arena_alloc(a, (size_t)n * 5 + 1), *at = out;
	size_t chars = 0;

	while (i < n && chars < max_chars) {
		uint32_t c = next_unit(u, &i, n);
		enum fold_class class = fold_class(c);
		bool space = class != FOLD_GAP && before == FOLD_GAP && at > out;
		bool word = class == FOLD_IN_WORD && before != FOLD_IN_WORD;

		if (class != FOLD_GAP) {
			chars += 1u + space + word;
			if (chars > max_chars)
				break;
			if (space)
				*at++ = ' ';
			if (word)
				*at++ = FOLD_WORD;
			at += put(at, c);
		}
		before = class;
	}
	*at = '\0';
	return out;
}

const char *
fold_key(struct arena *a, const char *p, size_t bytes)
{
	int32_t n, i = 0;
	const UChar *u = normalized(a, p, bytes, &n);
	char *out = arena_alloc(a, (size_t)n * 3 + 1), *at = out;

	while (i < n)
		at += put(at, next_unit(u, &i, n));
	*at = '\0';
	return out;
}

size_t
fold_char(uint32_t c, uint32_t out[FOLD_CHAR_MAX])
{
	UErrorCode status = U_ZERO_ERROR;
	UChar raw[2], to[2 * FOLD_CHAR_MAX];
	int32_t raw_n = 0, n, i = 0;
	size_t made = 0;

	if (c < 0x80) {
		out[0] = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
		return 1;
	}
	if (c >= 0x4e00 && c <= 0x9fff) {
		out[0] = han_simple(c);
		return 1;
	}
	U16_APPEND_UNSAFE(raw, raw_n, c);
	n = unorm2_normalize(normalizer(), raw, raw_n, to, 2 * FOLD_CHAR_MAX, &status);
	if (U_FAILURE(status))
		return 0;
	while (i < n && made < FOLD_CHAR_MAX)
		out[made++] = next_unit(to, &i, n);
	return made;
}

/* ---- grams ---- */

enum kind { CHARACTER = 1, PAIR, BEGINNING, LINK, SPACED_LINK };

/* The number of a gram as its characters come; of a finished one the lowest bit is cleared. */
static uint64_t
begin(uint64_t salt, enum kind kind)
{
	return hash_id((int64_t)(salt << 8 | kind));
}

static uint64_t
with(uint64_t h, uint64_t c)
{
	return hash_id((int64_t)(h ^ c));
}

struct grams {
	int64_t *out;
	size_t n, max;
	uint64_t salt;
};

static void
add(struct grams *g, uint64_t h)
{
	if (g->n < g->max)
		g->out[g->n++] = (int64_t)(h & ~UINT64_C(1));
}

/* What stands before the place where we are: a GRAM character, or the number of a word; 0: nothing. */
struct before {
	uint64_t what;
	bool character, spaced;
};

/* The gram of two neighbours that are no pair, as a space or a change of script is between them: the
 * whole of the first one and the first character of the other. */
static void
link_to(struct grams *g, const struct before *b, uint32_t c)
{
	if (b->what != 0)
		add(g, with(with(begin(g->salt, b->spaced ? SPACED_LINK : LINK), b->what), c));
}

/* The word at p: the number of each beginning that is a gram, in order of length; *chars: of the
 * whole word, *all: its number.  Returns the bytes behind it. */
static const char *
word(const char *p, const char *end, uint64_t salt, uint64_t hashes[LENGTHS], size_t *hashes_n, size_t *chars,
    uint64_t *all)
{
	uint64_t h = begin(salt, BEGINNING);
	uint32_t c;
	size_t len;

	*hashes_n = *chars = 0;
	while ((len = utf8_decode(p, (size_t)(end - p), &c)) > 0 && fold_class(c) == FOLD_IN_WORD) {
		h = with(h, c);
		++*chars;
		if (*hashes_n < LENGTHS && lengths[*hashes_n] == *chars)
			hashes[(*hashes_n)++] = h;
		p += len;
	}
	*all = h;
	return p;
}

static uint32_t
first_of(const char *p, const char *end)
{
	uint32_t c = 0;

	utf8_decode(p, (size_t)(end - p), &c);
	return c;
}

size_t
fold_grams(const char *p, uint64_t salt, int64_t *out, size_t max)
{
	const char *end = p + strlen(p);
	struct grams g = { .out = out, .max = max, .salt = salt };
	struct before b = { 0 };
	uint64_t hashes[LENGTHS];
	uint32_t c;
	size_t n, chars, len;

	while (p < end && (len = utf8_decode(p, (size_t)(end - p), &c)) > 0) {
		p += len;
		if (c == (unsigned char)FOLD_WORD) {
			link_to(&g, &b, first_of(p, end));
			b = (struct before){ 0 };
			p = word(p, end, salt, hashes, &n, &chars, &b.what);
			for (size_t i = 0; i < n; i++)
				add(&g, hashes[i]);
		} else if (c > ' ') {
			add(&g, with(begin(salt, CHARACTER), c));
			if (b.character && !b.spaced)
				add(&g, with(with(begin(salt, PAIR), b.what), c));
			else
				link_to(&g, &b, c);
			b = (struct before){ .what = c, .character = true };
		} else if (c == ' ') {
			b.spaced = true;
		} else {
			b = (struct before){ 0 }; /* another text begins */
		}
	}
	return g.n;
}

size_t
fold_needed(const char *p, uint64_t salt, int64_t *out, size_t max, bool *whole)
{
	const char *end = p + strlen(p);
	struct grams g = { .out = out, .max = max, .salt = salt };
	struct before b = { 0 };
	uint64_t hashes[LENGTHS];
	uint32_t c, single = 0; /* a character that has no neighbour yet */
	size_t n, chars, len, pieces = 0;
	bool part = false;

	while (p < end && (len = utf8_decode(p, (size_t)(end - p), &c)) > 0) {
		bool next = c > ' ' && b.character && !b.spaced;

		p += len;
		if (single != 0 && !next) {
			add(&g, with(begin(salt, CHARACTER), single));
			single = 0;
		}
		if (c == (unsigned char)FOLD_WORD) {
			link_to(&g, &b, first_of(p, end));
			b = (struct before){ 0 };
			p = word(p, end, salt, hashes, &n, &chars, &b.what);
			if (n > 0) {
				add(&g, hashes[n - 1]);
				part |= lengths[n - 1] != chars;
			}
			pieces++;
		} else if (c > ' ') {
			if (next) {
				add(&g, with(with(begin(salt, PAIR), b.what), c));
				part |= single == 0;
				single = 0;
			} else {
				link_to(&g, &b, c);
				single = c;
				pieces++;
			}
			b = (struct before){ .what = c, .character = true };
		} else {
			b.spaced = true;
		}
	}
	if (single != 0)
		add(&g, with(begin(salt, CHARACTER), single));
	*whole = g.n == 1 && pieces == 1 && !part;
	return g.n;
}
