/* The environment of a request: its first line is the query, the others are headers. */
#include "base/addr.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct request r;
	struct call c = fuzz_call();
	char *text = arena_strndup(c.mem, (const char *)data, size), *env[20] = { NULL }, *next;
	const char *base;
	size_t n = 0;

	env[n++] = arena_printf(c.mem, "QUERY_STRING=%.*s", (int)strcspn(text, "\n"), text);
	for (text = strchr(text, '\n'); text != NULL && n < 19; text = next) {
		next = strchr(++text, '\n');
		if (next != NULL)
			*next = '\0';
		env[n++] = text;
	}
	request_head(&r, c.mem, env);
	request_lang(r.accept_language);
	request_bearer(&r);
	addr_key(r.addr);
	base = request_base(&r, c.mem, c.conf);
	PROMISE(strpbrk(base, "\"<>\\ ") == NULL && strlen(base) < 600);
	if (request_query(&r, c.mem, &c.problem) == E_OK)
		fuzz_check(&c, &r);
	return 0;
}
