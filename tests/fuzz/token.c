/* The text of a token.  Nobody can forge one, so what is taken must hold the claims of one that
 * was made with the key, and each byte before the signature counts. */
#include "fuzz.h"
#include "model/token.h"

#define KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define NOW_S INT64_C(1800000000)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *token = malloc(size + 1);
	struct token_claims claims;

	memcpy(token, data, size);
	if (viewer_token_read(KEY, token, size, NOW_S, &claims)) {
		PROMISE(claims.user_id == 42 && claims.epoch == 7);
		PROMISE(claims.session_id == 0 || claims.session_id == 99);
		PROMISE(claims.nbf_s <= NOW_S && NOW_S < claims.exp_s);
	}
	free(token);
	return 0;
}
