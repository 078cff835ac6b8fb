/* A JSON body. */
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct request r;
	struct call c = fuzz_call();

	request_head(&r, c.mem, NULL);
	if (source_json(&r.body, c.mem, (const char *)data, size, &c.problem) == E_OK)
		fuzz_check(&c, &r);
	else
		PROMISE(c.problem.why != WHY_NONE);
	return 0;
}
