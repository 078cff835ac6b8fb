/* token.c - tokens by libjwt 1.x, with what it leaves open closed here: it takes the algorithm
 * from the token, compares the signature with strcmp (1.10), and checks neither exp nor nbf.
 * Invariant: nothing in a token is looked at before its signature has been checked. */
#include "model/token.h"

#include <errno.h>
#include <jwt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define KEY_MAX 64
#define HMAC_SIZE 32
#define HMAC_TEXT 43 /* base64url of 32 bytes without padding */

static size_t
key_read(const char *hex, unsigned char key[KEY_MAX])
{
	size_t n = strlen(hex) / 2;

	return n >= 32 && n <= KEY_MAX && strlen(hex) == 2 * n && hex_decode(key, n, hex) ? n : 0;
}

char *
viewer_token_write(const char *key_hex, const struct token_claims *claims)
{
	unsigned char key[KEY_MAX];
	size_t n = key_read(key_hex, key);
	char *text = NULL;
	jwt_t *jwt = NULL;

	if (n == 0 || jwt_new(&jwt) != 0)
		return NULL;
	if (jwt_add_grant_int(jwt, "user_id", (long)claims->user_id) == 0 &&
	    jwt_add_grant_int(jwt, "epoch", (long)claims->epoch) == 0 &&
	    jwt_add_grant_int(jwt, "iat", (long)claims->nbf_s) == 0 &&
	    jwt_add_grant_int(jwt, "nbf", (long)claims->nbf_s) == 0 &&
	    jwt_add_grant_int(jwt, "exp", (long)claims->exp_s) == 0 &&
	    (claims->session_id == 0 ||
		jwt_add_grant_int(jwt, "session", (long)claims->session_id) == 0) &&
	    jwt_set_alg(jwt, JWT_ALG_HS256, key, (int)n) == 0)
		text = jwt_encode_str(jwt);
	jwt_free(jwt);
	OPENSSL_cleanse(key, sizeof(key));
	return text;
}

/* The signature, compared as text in constant time. */
static bool
signed_by(const unsigned char *key, size_t key_n, const char *token, size_t n)
{
	const char *dot = memrchr(token, '.', n);
	unsigned char mac[HMAC_SIZE], text[4 * ((HMAC_SIZE + 2) / 3) + 1];
	unsigned mac_n = 0;

	if (dot == NULL || (size_t)(token + n - dot - 1) != HMAC_TEXT)
		return false;
	if (HMAC(EVP_sha256(), key, (int)key_n, (const unsigned char *)token,
		(size_t)(dot - token), mac, &mac_n) == NULL ||
	    mac_n != HMAC_SIZE)
		return false;
	EVP_EncodeBlock(text, mac, HMAC_SIZE);
	for (size_t i = 0; i < HMAC_TEXT; i++) {
		if (text[i] == '+')
			text[i] = '-';
		else if (text[i] == '/')
			text[i] = '_';
	}
	return CRYPTO_memcmp(text, dot + 1, HMAC_TEXT) == 0;
}

/* A claim that is missing, no integer or not positive is 0. */
static int64_t
claim(jwt_t *jwt, const char *name)
{
	long v;

	errno = 0;
	v = jwt_get_grant_int(jwt, name);
	return errno == 0 && v > 0 ? v : 0;
}

bool
viewer_token_read(const char *key_hex, const char *token, size_t n, int64_t now_s,
    struct token_claims *out)
{
	unsigned char key[KEY_MAX];
	char text[TOKEN_MAX + 1];
	size_t key_n = key_read(key_hex, key);
	jwt_t *jwt = NULL;
	bool good = false;

	*out = (struct token_claims){ 0 };
	if (key_n == 0 || n == 0 || n > TOKEN_MAX || memchr(token, '\0', n) != NULL)
		return false;
	memcpy(text, token, n);
	text[n] = '\0';
	if (signed_by(key, key_n, text, n) && jwt_decode(&jwt, text, key, (int)key_n) == 0 &&
	    jwt_get_alg(jwt) == JWT_ALG_HS256) {
		*out = (struct token_claims){
			.user_id = claim(jwt, "user_id"),
			.epoch = claim(jwt, "epoch"),
			.nbf_s = claim(jwt, "nbf"),
			.exp_s = claim(jwt, "exp"),
			.session_id = claim(jwt, "session"),
		};
		good = out->user_id && out->epoch && out->nbf_s && out->exp_s &&
		    out->nbf_s <= now_s && now_s < out->exp_s;
	}
	if (jwt != NULL)
		jwt_free(jwt);
	OPENSSL_cleanse(key, sizeof(key));
	return good;
}
