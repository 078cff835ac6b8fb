/* curl.c - see curl.h.  Invariant: the table is whole or it is not given out. */
#include "store/curl.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/log.h"

#define LIBRARY "libcurl.so.4" /* its name since 2006, with every TLS library but GnuTLS */

static struct curl_table table;

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
#define F(name) { "curl_" #name, offsetof(struct curl_table, name) },
	CURL_TABLE(F)
#undef F
};

static bool
load(void)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL) {
		log_error("the object store wants libcurl (Debian: libcurl4 or libcurl4t64): %s", dlerror());
		return false;
	}
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		void *f = dlsym(library, functions[i].name);

		if (f == NULL) {
			log_error("this libcurl is too old: %s", dlerror());
			return false;
		}
		memcpy((char *)&table + functions[i].offset, &f, sizeof f);
	}
	if (table.global_init(CURL_GLOBAL_DEFAULT) != 0) {
		log_error("libcurl does not start");
		return false;
	}
	return true;
}

const struct curl_table *
curl_load(void)
{
	static enum { UNKNOWN, LOADED, NONE } state;

	if (state == UNKNOWN)
		state = load() ? LOADED : NONE;
	return state == LOADED ? &table : NULL;
}
