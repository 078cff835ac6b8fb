/* A multipart body with boundary "B", whole and in pieces: the same events must come out.  The
 * first byte is the size of the pieces. */
#include "http/multipart.h"

#include "fuzz.h"

struct events {
	struct buf text;
	bool open;
};

static enum err
begin(void *arg, const struct multipart_part *part)
{
	struct events *v = arg;

	PROMISE(!v->open);
	v->open = true;
	buf_addf(&v->text, "<%d%d%s:", part->file, part->file_named, part->name);
	return E_OK;
}

static enum err
data_of(void *arg, const char *p, size_t n)
{
	struct events *v = arg;

	PROMISE(v->open && n > 0);
	buf_add(&v->text, p, n);
	return E_OK;
}

static enum err
end(void *arg)
{
	struct events *v = arg;

	PROMISE(v->open);
	v->open = false;
	buf_addc(&v->text, '>');
	return E_OK;
}

static enum err
run(struct events *v, const uint8_t *data, size_t size, size_t step, bool *complete)
{
	static struct multipart m;
	const struct multipart_sink sink = { begin, data_of, end, v };
	enum err e = E_OK;

	buf_init(&v->text, 1 << 24);
	v->open = false;
	PROMISE(multipart_init(&m, "multipart/form-data; boundary=B", &sink));
	for (size_t i = 0; e == E_OK && i < size; i += step)
		e = multipart_push(&m, (const char *)data + i, size - i < step ? size - i : step);
	*complete = multipart_complete(&m);
	PROMISE(!*complete || !v->open);
	return e;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct multipart other;
	struct events whole, pieces;
	bool whole_complete, pieces_complete;
	enum err a, b;
	char *type;

	if (size == 0)
		return 0;
	a = run(&whole, data + 1, size - 1, size, &whole_complete);
	b = run(&pieces, data + 1, size - 1, data[0] % 70 + 1u, &pieces_complete);
	PROMISE(a == b && whole_complete == pieces_complete);
	PROMISE(whole.text.len == pieces.text.len &&
		memcmp(whole.text.p, pieces.text.p, whole.text.len) == 0);
	buf_free(&whole.text);
	buf_free(&pieces.text);
	/* The same bytes as a Content-Type. */
	type = strndup((const char *)data, size);
	if (multipart_init(&other, type, NULL))
		PROMISE(other.delimiter_n > 4 && other.delimiter_n <= sizeof other.delimiter);
	free(type);
	return 0;
}
