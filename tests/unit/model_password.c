/* model_password.c - hashes: ours, and those of others that are accepted. */
#include "unit.h"

#include "base/arena.h"
#include "model/password.h"

/* bcrypt of "secret", cost 4, made by crypt(3). */
#define BCRYPT "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"

static bool old;

CASE(a_new_hash_is_yescrypt_and_fits)
{
	struct arena *a = arena_new();
	const char *h = password_hash(a, "密码 secret", 1), *again = password_hash(a, "密码 secret", 1);

	CHECK(h != NULL && strncmp(h, "$y$", 3) == 0);
	CHECK(strcmp(h, again) != 0); /* salted */
	CHECK(password_fits(a, "密码 secret", h, 1, &old));
	CHECK(!old);
	CHECK(!password_fits(a, "密码 secreT", h, 1, &old));
	CHECK(!password_fits(a, "", h, 1, &old));
	arena_free(a);
}

CASE(an_unknown_user_never_fits)
{
	struct arena *a = arena_new();

	CHECK(!password_fits(a, "", "", 1, &old));
	CHECK(!password_fits(a, "x", "", 1, &old));
	arena_free(a);
}

CASE(bcrypt_is_accepted_and_old)
{
	struct arena *a = arena_new();
	char long_one[80];

	CHECK(!password_fits(a, "Secret", BCRYPT, 1, &old));
	CHECK(password_fits(a, "secret", BCRYPT, 1, &old));
	CHECK(old);
	/* bcrypt would not look at what follows the 72nd byte. */
	memset(long_one, 'x', sizeof(long_one) - 1);
	long_one[79] = '\0';
	CHECK(!password_fits(a, long_one, BCRYPT, 1, &old));
	arena_free(a);
}

CASE(damaged_hashes_never_fit)
{
	static const char *const bad[] = { "*", "*0", "$y$", "$2b$", "plain", "$6$", "\x01" };
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK(!password_fits(a, bad[i], bad[i], 1, &old));
	arena_free(a);
}

UNIT_MAIN
