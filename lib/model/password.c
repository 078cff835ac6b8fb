/* password.c - crypt(3).  Invariant: an unknown user costs a whole hash, like a known one. */
#include "model/password.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define BCRYPT_MAX 72 /* bytes that bcrypt looks at */

/* 32 KiB of state that has held a password. */
static void
scrub(void *data)
{
	OPENSSL_cleanse(data, sizeof(struct crypt_data));
	free(data);
}

static const char *
crypt_in(struct arena *a, const char *password, const char *setting)
{
	struct crypt_data *data = xcalloc(1, sizeof(*data));
	const char *out;

	arena_defer(a, scrub, data);
	out = crypt_r(password, setting, data);
	/* "*0" and "*1" are crypt's failure tokens. */
	return out != NULL && out[0] != '*' ? out : NULL;
}

const char *
password_hash(struct arena *a, const char *password, int cost)
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *out = NULL;

	if (crypt_gensalt_rn("$y$", (unsigned long)cost, NULL, 0, setting, sizeof(setting)) != NULL)
		out = crypt_in(a, password, setting);
	if (out == NULL) {
		log_error("crypt(3) makes no yescrypt hash");
		return NULL;
	}
	return arena_strdup(a, out);
}

bool
password_fits(struct arena *a, const char *password, const char *hash, int cost, bool *old)
{
	bool bcrypt = strncmp(hash, "$2", 2) == 0;
	const char *got;

	*old = false;
	if (hash[0] == '\0') {
		(void)password_hash(a, password, cost);
		return false;
	}
	if (bcrypt && strlen(password) > BCRYPT_MAX)
		return false;
	got = crypt_in(a, password, hash);
	if (got == NULL || strlen(got) != strlen(hash) || CRYPTO_memcmp(got, hash, strlen(hash)) != 0)
		return false;
	*old = strncmp(hash, "$y$", 3) != 0;
	return true;
}
