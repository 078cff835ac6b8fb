/* token.h - the text of a token (RFC 7519, HS256), without a database.  viewer.h is what the rest
 * of the suite uses. */
#ifndef MODEL_TOKEN_H
#define MODEL_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOKEN_MAX 1024

struct token_claims {
	int64_t user_id, epoch, nbf_s, exp_s;
	int64_t session_id; /* 0: a token that names none */
};

/* A token of malloc'ed memory (free() it), or NULL where key_hex is no key. */
char *viewer_token_write(const char *key_hex, const struct token_claims *claims);

/* Checks everything: length, HS256 and nothing else, the signature (in constant time), that each
 * claim but the session is there and whole, nbf <= now_s < exp.  token[0..n) need not be NUL-terminated. */
bool viewer_token_read(const char *key_hex, const char *token, size_t n, int64_t now_s,
    struct token_claims *out);

#endif
