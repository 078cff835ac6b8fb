/* censor.c - see censor.h.  Invariant: every index in an image is below the length of what it points
 * into; censor_valid() has looked at all of them before an image of a file is used. */
#include "base/censor.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>

#include "base/fold.h"
#include "base/text.h"

#define MAGIC UINT64_C(0x31726f736e6563) /* raise it with the layout or the folding */
#define GAP_MAX 3 /* characters that may stand between two letters of a word */

#define SPACED 0x80000000u

/* A node of the tree of words, its edges sorted by character. */
struct node {
	uint32_t first; /* of its edges; they end where those of the next node begin */
	uint32_t fail;  /* the longest other beginning of a word that ends as this one does */
	uint32_t next;  /* the nearest node along fail that ends a word, or 0 */
	uint32_t length; /* of the word that ends here, or 0; with SPACED where the dictionary parts it */
};

struct edge {
	uint32_t c, to;
};

struct censor {
	uint64_t magic;
	uint32_t nodes_n, edges_n;
	struct node nodes[]; /* nodes_n + 1, then edges_n edges */
};

static const struct edge *
edges_of(const struct censor *x)
{
	return (const struct edge *)(const void *)&x->nodes[x->nodes_n + 1];
}

static size_t
image_size(uint64_t nodes, uint64_t edges)
{
	return sizeof(struct censor) + (nodes + 1) * sizeof(struct node) + edges * sizeof(struct edge);
}

size_t
censor_size(const struct censor *x)
{
	return image_size(x->nodes_n, x->edges_n);
}

void
censor_free(struct censor *x)
{
	free(x);
}

bool
censor_valid(const void *image, size_t size)
{
	const struct censor *x = image;
	const struct edge *edges;

	if (size < sizeof(*x) || x->magic != MAGIC || x->nodes_n == 0 || censor_size(x) != size ||
	    x->nodes[0].first != 0 || x->nodes[x->nodes_n].first != x->edges_n)
		return false;
	for (uint32_t i = 0; i < x->nodes_n; i++) {
		const struct node *n = &x->nodes[i];

		/* fail and next are nearer to the root, so that no walk along them is endless. */
		if (n->first > n[1].first || (n->length & ~SPACED) > CENSOR_WORD_CHARS ||
		    (i > 0 && (n->fail >= i || n->next >= i)) || (i == 0 && (n->fail | n->next) != 0))
			return false;
	}
	edges = edges_of(x);
	for (uint32_t i = 0; i < x->edges_n; i++) {
		if (edges[i].to >= x->nodes_n)
			return false;
	}
	return true;
}

/* ---- characters as the automaton sees them ---- */

struct unit {
	uint32_t c;
	uint32_t at, bytes; /* of the character in the text that it came from */
	bool word;          /* letter of a script that parts its words */
	uint8_t gap;        /* what was left out before it; more than GAP_MAX: too much */
};

/* What ends a sentence or a line parts words for good; other marks only spread them. */
static bool
parts(uint32_t c)
{
	switch (c) {
	case '\n':
	case '\r':
	case ',':
	case '!':
	case '?':
	case ';':
	case ':':
	case 0x3001:
	case 0x3002:
		return true;
	default:
		return false;
	}
}

/* How many units a text has, of which at most max are written; leaves out what is no letter, digit or symbol, and marks above
 * letters. */
static size_t
units_of(const char *s, struct unit *out, size_t max)
{
	size_t bytes = strlen(s), n = 0, len;
	unsigned gap = 0;

	for (size_t at = 0; at < bytes; at += len) {
		uint32_t c, folded[FOLD_CHAR_MAX];
		size_t made;

		len = utf8_decode(s + at, bytes - at, &c);
		if (len == 0) {
			len = 1;
			gap += GAP_MAX + 1;
			continue;
		}
		made = fold_char(c, folded);
		for (size_t i = 0; i < made; i++) {
			enum fold_class class = fold_class(folded[i]);

			if (class == FOLD_GAP) {
				gap += parts(folded[i]) ? GAP_MAX + 1 : 1;
			} else if (u_charType((UChar32)folded[i]) != U_NON_SPACING_MARK &&
			    u_charType((UChar32)folded[i]) != U_ENCLOSING_MARK) {
				if (n < max)
					out[n] = (struct unit){ folded[i], (uint32_t)at, (uint32_t)len,
						class == FOLD_IN_WORD, (uint8_t)(gap > 100 ? 100 : gap) };
				n++;
				gap = 0;
			}
		}
	}
	return n;
}

/* ---- making the image ---- */

struct word {
	const uint32_t *c;
	uint32_t n;
	bool spaced;
};

static int
by_characters(const void *a, const void *b)
{
	const struct word *x = a, *y = b;

	for (uint32_t i = 0; i < x->n && i < y->n; i++) {
		if (x->c[i] != y->c[i])
			return x->c[i] < y->c[i] ? -1 : 1;
	}
	return (x->n > y->n) - (x->n < y->n);
}

/* The lines as words of folded characters, sorted. */
static size_t
read_words(struct arena *a, const char *text, size_t n, struct word **out, size_t *left_out)
{
	struct unit units[CENSOR_WORD_CHARS + 1];
	size_t room = 0, words_n = 0;
	struct word *words;

	for (size_t i = 0; i < n; i++)
		room += text[i] == '\n';
	words = arena_array(a, room + 1, sizeof(*words));
	for (const char *p = text, *end = text + n; p < end;) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		const char *line = arena_strndup(a, p, (size_t)((eol != NULL ? eol : end) - p));
		size_t units_n = units_of(line, units, CENSOR_WORD_CHARS + 1);

		p = eol != NULL ? eol + 1 : end;
		if (*line == '#' || utf8_is_blank(line, strlen(line)))
			continue;
		if (units_n == 0 || units_n > CENSOR_WORD_CHARS || !utf8_valid(line, strlen(line))) {
			++*left_out;
			continue;
		}
		uint32_t *c = arena_array(a, units_n, sizeof(*c));
		bool spaced = false;
		for (size_t i = 0; i < units_n; i++) {
			c[i] = units[i].c;
			spaced |= i > 0 && units[i].gap > 0;
		}
		words[words_n++] = (struct word){ c, (uint32_t)units_n, spaced };
	}
	qsort(words, words_n, sizeof(*words), by_characters);
	*out = words;
	return words_n;
}

/* Lays the nodes out level by level (a node's words are neighbours, as they are sorted), so that
 * what fail points to stands before. */
struct level {
	size_t from, to; /* of words */
	uint32_t parent, c;
};

static uint32_t
child(const struct censor *x, uint32_t node, uint32_t c)
{
	const struct edge *edges = edges_of(x);
	uint32_t lo = x->nodes[node].first, hi = x->nodes[node + 1].first;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (edges[mid].c == c)
			return edges[mid].to;
		if (edges[mid].c < c)
			lo = mid + 1;
		else
			hi = mid;
	}
	return 0;
}

static uint32_t
step(const struct censor *x, uint32_t node, uint32_t c)
{
	for (;;) {
		uint32_t to = child(x, node, c);

		if (to != 0 || node == 0)
			return to;
		node = x->nodes[node].fail;
	}
}

struct censor *
censor_build(const char *text, size_t n, size_t *words_out, size_t *left_out)
{
	struct arena *a = arena_new();
	struct word *words;
	size_t left = 0, words_n = read_words(a, text, n < CENSOR_DICTIONARY_MAX ? n : CENSOR_DICTIONARY_MAX,
	    &words, &left), chars = 1;
	struct level *level;
	struct edge *edges;
	struct censor *x;
	uint32_t nodes_n = 1;

	for (size_t i = 0; i < words_n; i++)
		chars += words[i].n;
	level = arena_array(a, chars, sizeof(*level));
	edges = arena_array(a, chars, sizeof(*edges));
	/* First the shape: each node's words are cut into those with the same next character. */
	level[0] = (struct level){ 0, words_n, 0, 0 };
	uint32_t *depth = arena_array(a, chars, sizeof(*depth)), *first = arena_array(a, chars + 1, sizeof(*first));
	uint32_t edges_n = 0;
	for (uint32_t i = 0; i < nodes_n; i++) {
		first[i] = edges_n;
		for (size_t w = level[i].from; w < level[i].to;) {
			size_t end = w;

			if (words[w].n == depth[i]) {
				w++;
				continue;
			}
			while (end < level[i].to && words[end].c[depth[i]] == words[w].c[depth[i]])
				end++;
			level[nodes_n] = (struct level){ w, end, i, words[w].c[depth[i]] };
			depth[nodes_n] = depth[i] + 1;
			edges[edges_n++] = (struct edge){ words[w].c[depth[i]], nodes_n++ };
			w = end;
		}
	}
	first[nodes_n] = edges_n;
	x = xcalloc(1, image_size(nodes_n, edges_n));
	x->magic = MAGIC;
	x->nodes_n = nodes_n;
	x->edges_n = edges_n;
	for (uint32_t i = 0; i <= nodes_n; i++)
		x->nodes[i].first = first[i];
	if (edges_n > 0)
		memcpy(&x->nodes[nodes_n + 1], edges, edges_n * sizeof(*edges));
	for (uint32_t i = 1; i < nodes_n; i++) {
		struct node *node = &x->nodes[i];
		const struct node *fail;

		for (size_t w = level[i].from; w < level[i].to && words[w].n == depth[i]; w++)
			node->length = depth[i] | (node->length & SPACED) | (words[w].spaced ? SPACED : 0);
		if (level[i].parent != 0)
			node->fail = step(x, x->nodes[level[i].parent].fail, level[i].c);
		fail = &x->nodes[node->fail];
		node->next = fail->length != 0 ? node->fail : fail->next;
	}
	if (words_out != NULL)
		*words_out = words_n;
	if (left_out != NULL)
		*left_out = left;
	arena_free(a);
	return x;
}

/* ---- looking for them ---- */

/* Whether the word that ends at units[last] may be taken for one, as it stands. */
static bool
stands_alone(const struct unit *u, size_t n, size_t first, size_t last, bool spaced)
{
	bool spread = false, together = false;

	if (u[first].word && first > 0 && u[first - 1].word && u[first].gap == 0)
		return false;
	if (u[last].word && last + 1 < n && u[last + 1].word && u[last + 1].gap == 0)
		return false;
	for (size_t i = first + 1; i <= last; i++) {
		if (u[i].gap > GAP_MAX)
			return false;
		if (u[i].word && u[i - 1].word && u[i].at != u[i - 1].at)
			*(u[i].gap > 0 ? &spread : &together) = true;
	}
	/* Two letters are not spread but two words. */
	return spaced || !spread || (!together && last - first >= 2);
}

const char *
censor_mask(const struct censor *x, struct arena *a, const char *s)
{
	size_t bytes = strlen(s), n, done = 0;
	struct unit *u;
	bool *bad = NULL;
	uint32_t node = 0;
	char *out, *at;

	n = units_of(s, NULL, 0);
	u = arena_alloc(a, (n + 1) * sizeof(*u));
	n = units_of(s, u, n);
	for (size_t i = 0; i < n; i++) {
		node = step(x, node, u[i].c);
		for (uint32_t hit = node; hit != 0; hit = x->nodes[hit].next) {
			size_t length = x->nodes[hit].length & ~SPACED;

			/* A damaged image may promise more than there was. */
			if (length == 0 || length > i + 1 ||
			    !stands_alone(u, n, i + 1 - length, i, x->nodes[hit].length & SPACED))
				continue;
			if (bad == NULL)
				bad = arena_array(a, n, sizeof(*bad));
			memset(bad + i + 1 - length, 1, length);
		}
	}
	if (bad == NULL)
		return s;
	out = at = arena_alloc(a, bytes + 1);
	for (size_t i = 0; i < n; i++) {
		if (!bad[i] || u[i].at < done)
			continue;
		memcpy(at, s + done, u[i].at - done);
		at += u[i].at - done;
		*at++ = '*';
		done = u[i].at + u[i].bytes;
	}
	memcpy(at, s + done, bytes - done + 1);
	return out;
}
