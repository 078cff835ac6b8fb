/* A urlencoded body as it is read: the first byte says how long it claims to be. */
#include "fuzz.h"
#include "http/body.h"

static const uint8_t *at;
static size_t left;

static size_t
io_read(struct io *io, void *p, size_t n)
{
	(void)io;
	n = n < left ? n : left;
	memcpy(p, at, n);
	at += n;
	left -= n;
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct request r;
	struct call c = fuzz_call();
	struct io io = { .read = io_read, .ends = true };
	enum err e;

	if (size == 0)
		return 0;
	request_head(&r, c.mem, NULL);
	r.content_type = "application/x-www-form-urlencoded";
	r.content_length = data[0] % 3 == 0 ? -1 : data[0] % 3 == 1 ? (int64_t)size - 1 : data[0];
	at = data + 1;
	left = size - 1;
	e = body_read(&c, &io, &r, size % 2 ? API : DOUYIN, NULL);
	body_drain(&io, &r);
	PROMISE(e == E_OK || r.body.n <= SOURCE_PAIRS);
	if (e == E_OK)
		fuzz_check(&c, &r);
	return 0;
}
