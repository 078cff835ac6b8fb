/* A text as search folds it: what any part of it needs, the whole has. */
#include "fuzz.h"

#include "base/fold.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int64_t all[20000], needed[100];
	struct call c = fuzz_call();
	const char *text = arena_strndup(c.mem, (const char *)data, size), *folded, *words[8];
	size_t n, all_n, needed_n;
	bool whole;

	folded = fold_text(c.mem, text, 300);
	PROMISE(utf8_valid(folded, strlen(folded)) && utf8_count(folded, strlen(folded)) <= 300);
	/* The empty Braille pattern is a symbol as others are. */
	PROMISE(!utf8_is_blank(folded, strlen(folded)) || *folded == '\0' || strstr(folded, "\u2800") != NULL);
	PROMISE(strcmp(folded, fold_text(c.mem, text, 300)) == 0);
	PROMISE(utf8_valid(fold_key(c.mem, text, strlen(text)), strlen(fold_key(c.mem, text, strlen(text)))));
	all_n = fold_grams(folded, 1, all, sizeof(all) / sizeof(*all));
	for (size_t i = 0; i < all_n; i++)
		PROMISE((all[i] & 1) == 0);
	n = fold_cut(c.mem, folded, words, 8);
	PROMISE(n <= 8);
	for (size_t w = 0; w <= n; w++) {
		const char *piece = w < n ? words[w] : folded;

		PROMISE(strstr(folded, piece) != NULL);
		needed_n = fold_needed(piece, 1, needed, 100, &whole);
		PROMISE(!whole || needed_n == 1);
		for (size_t i = 0; i < needed_n; i++) {
			size_t k = 0;

			while (k < all_n && all[k] != needed[i])
				k++;
			PROMISE(k < all_n);
		}
	}
	return 0;
}
