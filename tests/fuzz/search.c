/* A keyword as search takes it apart, and a pack of places as it comes out of the database: any bytes
 * give a plan within its bounds, and nothing but rising places. */
#include "fuzz.h"

#include "../../lib/model/search_find.c"

static void
keyword(struct call *c, const char *text, enum search_kind kind)
{
	struct search_list lists[TERMS_MAX];
	struct plan p;

	if (!make_plan(&p, c, kind, text, WORK_MAX))
		return;
	PROMISE(p.terms_n > 0 && p.terms_n <= TERMS_MAX && p.words_n <= SEARCH_WORDS_MAX);
	PROMISE(utf8_valid(p.phrase, strlen(p.phrase)) && *p.phrase != '\0');
	PROMISE(!p.whole || (p.terms_n == 1 && p.words_n == 1));
	PROMISE(open_lists(&p, 0, lists) == p.terms_n);
	for (size_t i = 0; i < p.words_n; i++)
		PROMISE(strstr(p.phrase, p.words[i]) != NULL && *p.words[i] != '\0');
	if (p.words_n > 0 && !p.only_phrase) {
		size_t n = open_lists(&p, 1, lists);

		PROMISE(n > 0 && n <= TERMS_MAX);
		for (size_t i = 0; i < n; i++)
			PROMISE((lists[i].last_term & 1) == 1);
	}
}

static void
pack(const uint8_t *data, size_t size)
{
	int64_t places[SEARCH_PACK_BYTES + 1], again[SEARCH_PACK_BYTES + 1];
	char text[SEARCH_PACK_BYTES];
	int64_t first;
	size_t n;

	if (size < sizeof(first) || size - sizeof(first) > SEARCH_PACK_BYTES)
		return;
	memcpy(&first, data, sizeof(first));
	n = search_pack_read(first, (const char *)data + sizeof(first), size - sizeof(first), places);
	PROMISE(n <= size - sizeof(first) + 1);
	for (size_t i = 0; i < n; i++)
		PROMISE(places[i] > (i > 0 ? places[i - 1] : 0));
	if (n > 0 && n <= SEARCH_PACK_N) {
		size_t bytes = search_pack_write(places, n, text);

		PROMISE(search_pack_read(first, text, bytes, again) == n);
		PROMISE(memcmp(places, again, n * sizeof(*places)) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct call c = fuzz_call();

	pack(data, size);
	if (size > 0)
		keyword(&c, arena_strndup(c.mem, (const char *)data + 1, size - 1),
		    (enum search_kind)(1 + data[0] % 3));
	return 0;
}
