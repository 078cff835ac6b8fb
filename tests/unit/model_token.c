/* model_token.c - tokens: what a forger tries. */
#include "unit.h"

#include <jwt.h>
#include <stdint.h>
#include <stdlib.h>

#include "model/token.h"

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define OTHER "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define NOW 1700000000

static struct token_claims out;

static char *
good(void)
{
	static char text[TOKEN_MAX];
	char *t = viewer_token_write(KEY, &(struct token_claims){ INT64_C(9007199254740991), 3, NOW, NOW + 60, 77 });

	CHECK(t != NULL && strlen(t) < sizeof(text));
	strcpy(text, t);
	free(t);
	return text;
}

static bool
reads(const char *token)
{
	return viewer_token_read(KEY, token, strlen(token), NOW, &out);
}

/* A token signed by libjwt with the right key, of any algorithm and claims. */
static const char *
made(jwt_alg_t alg, long user_id, long epoch, long nbf, long exp)
{
	static char text[TOKEN_MAX];
	unsigned char key[32];
	jwt_t *jwt;
	char *t;

	for (int i = 0; i < 32; i++)
		key[i] = (unsigned char)i;
	CHECK(jwt_new(&jwt) == 0);
	if (user_id)
		jwt_add_grant_int(jwt, "user_id", user_id);
	if (epoch)
		jwt_add_grant_int(jwt, "epoch", epoch);
	if (nbf)
		jwt_add_grant_int(jwt, "nbf", nbf);
	if (exp)
		jwt_add_grant_int(jwt, "exp", exp);
	CHECK(jwt_set_alg(jwt, alg, alg == JWT_ALG_NONE ? NULL : key, alg == JWT_ALG_NONE ? 0 : 32) == 0);
	t = jwt_encode_str(jwt);
	CHECK(t != NULL);
	snprintf(text, sizeof(text), "%s", t);
	free(t);
	jwt_free(jwt);
	return text;
}

CASE(a_good_token_reads_back)
{
	CHECK(reads(good()));
	CHECK_INT(out.user_id, INT64_C(9007199254740991));
	CHECK_INT(out.epoch, 3);
	CHECK_INT(out.nbf_s, NOW);
	CHECK_INT(out.exp_s, NOW + 60);
	CHECK_INT(out.session_id, 77);
}

CASE(the_url_needs_no_escape)
{
	CHECK_INT(strspn(good(), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."),
	    strlen(good()));
}

CASE(times_are_checked)
{
	char *t = good();

	CHECK(!viewer_token_read(KEY, t, strlen(t), NOW - 1, &out));
	CHECK(viewer_token_read(KEY, t, strlen(t), NOW + 59, &out));
	CHECK(!viewer_token_read(KEY, t, strlen(t), NOW + 60, &out));
}

CASE(another_key_is_refused)
{
	char *t = good();

	CHECK(!viewer_token_read(OTHER, t, strlen(t), NOW, &out));
	CHECK(!viewer_token_read("", t, strlen(t), NOW, &out));
	CHECK(!viewer_token_read("0011", t, strlen(t), NOW, &out));
	CHECK(viewer_token_write("", &out) == NULL);
}

CASE(the_algorithm_is_pinned)
{
	CHECK(reads(made(JWT_ALG_HS256, 1, 1, NOW, NOW + 60)));
	CHECK(!reads(made(JWT_ALG_NONE, 1, 1, NOW, NOW + 60)));
	CHECK(!reads(made(JWT_ALG_HS384, 1, 1, NOW, NOW + 60)));
	CHECK(!reads(made(JWT_ALG_HS512, 1, 1, NOW, NOW + 60)));
}

CASE(every_claim_is_needed)
{
	CHECK(!reads(made(JWT_ALG_HS256, 0, 1, NOW, NOW + 60)));
	CHECK(!reads(made(JWT_ALG_HS256, 1, 0, NOW, NOW + 60)));
	CHECK(!reads(made(JWT_ALG_HS256, 1, 1, 0, NOW + 60)));
	CHECK(!reads(made(JWT_ALG_HS256, 1, 1, NOW, 0)));
	CHECK(!reads(made(JWT_ALG_HS256, -1, 1, NOW, NOW + 60)));
}

CASE(the_session_may_be_missing)
{
	CHECK(reads(made(JWT_ALG_HS256, 1, 1, NOW, NOW + 60)));
	CHECK_INT(out.session_id, 0);
}

CASE(no_changed_byte_passes)
{
	char *t = good();
	size_t n = strlen(t);

	for (size_t i = 0; i < n; i++) {
		char was = t[i];

		/* The last character carries two bits that decoders ignore: it, too, must be exact. */
		t[i] = was == 'A' ? 'B' : 'A';
		CHECK(!reads(t));
		t[i] = was;
	}
	for (size_t i = 0; i < n; i++)
		CHECK(!viewer_token_read(KEY, t, i, NOW, &out));
	CHECK(reads(t));
}

CASE(garbage_is_refused)
{
	static char long_one[TOKEN_MAX + 2];
	static const char *const bad[] = { "", ".", "..", "...", "a.b.c", "eyJ.eyJ.sig", "\x80\xff..",
		"eyJhbGciOiJub25lIn0.e30." };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK(!reads(bad[i]));
	memset(long_one, 'a', sizeof(long_one) - 1);
	CHECK(!reads(long_one));
	CHECK(!viewer_token_read(KEY, "a\0b", 3, NOW, &out));
}

UNIT_MAIN
