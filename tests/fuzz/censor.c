/* A dictionary, a NUL, and a text that is masked by it. */
#include "fuzz.h"

#include "base/censor.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct call c = fuzz_call();
	const uint8_t *nul = size > 0 ? memchr(data, 0, size) : NULL;
	size_t n = nul != NULL ? (size_t)(nul - data) : 0;
	const char *text = arena_strndup(c.mem, (const char *)data + n + (nul != NULL), size - n - (nul != NULL));
	struct censor *x = censor_build((const char *)data, n, NULL, NULL);
	void *image;
	const char *masked = censor_mask(x, c.mem, text);

	PROMISE(censor_valid(x, censor_size(x)));
	PROMISE(strlen(masked) <= strlen(text));
	if (utf8_valid(text, strlen(text)))
		PROMISE(utf8_valid(masked, strlen(masked)) &&
			utf8_count(masked, strlen(masked)) == utf8_count(text, strlen(text)));
	/* Bytes as an image: refused, or safe. */
	image = arena_alloc(c.mem, size + 1);
	if (size > 0)
		memcpy(image, data, size);
	if (censor_valid(image, size))
		censor_mask(image, c.mem, "abc");
	censor_free(x);
	return 0;
}
