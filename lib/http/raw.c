/* raw.c - see raw.h.  Invariant: what is written into a header is ours, or came in one: it holds no
 * line end. */
#include "http/raw.h"

#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "http/body.h"
#include "http/param.h"

const char *
raw_header(const struct raw *r, const char *name)
{
	return request_header(r->io->env, name);
}

bool
raw_number(const struct raw *r, const char *name, int64_t *out)
{
	const char *text = raw_header(r, name);
	int64_t v = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || v > ID_MAX / 10)
			return false;
		v = v * 10 + (*text - '0');
	}
	*out = v;
	return true;
}

size_t
raw_read(struct raw *r, void *p, size_t n)
{
	return body_piece(r->io, r->request, p, n);
}

void
raw_set(struct raw *r, const char *name, const char *value)
{
	size_t name_n = strlen(name), value_n = strlen(value);
	char *at = r->headers + r->headers_n;

	if (name_n + value_n + 4 > sizeof r->headers - r->headers_n ||
	    value[strcspn(value, "\r\n")] != '\0')
		return;
	memcpy(at, name, name_n);
	memcpy(at + name_n, ": ", 2);
	memcpy(at + name_n + 2, value, value_n);
	memcpy(at + name_n + 2 + value_n, "\r\n", 2);
	r->headers_n += name_n + value_n + 4;
}

void
raw_set_int(struct raw *r, const char *name, int64_t value)
{
	char digits[22];

	digits[text_from_int(digits, value)] = '\0';
	raw_set(r, name, digits);
}

enum err
raw_body(struct call *c, struct raw *r, int status, const char *type, struct buf *b)
{
	enum err e = b->full ? E_INTERNAL : E_OK;

	r->status = status;
	r->type = type;
	r->text = arena_strndup(c->mem, b->p, b->len);
	r->text_n = b->len;
	buf_free(b);
	return e;
}

enum err
raw_query(struct call *c, const struct raw *r, void *in)
{
	struct source set = { .what = "route" };
	enum err e = request_query(r->request, c->mem, &c->problem);

	r->request->file.fd = -1;
	return e == E_OK ? params_decode(c, r->ep, r->route, r->request, &set, in) : e;
}

static enum err
read_pair(struct call *c, struct source *to, const char *p, size_t n)
{
	const char *space = memchr(p, ' ', n);
	size_t name_n = space != NULL ? (size_t)(space - p) : n;
	size_t code_n = space != NULL ? n - name_n - 1 : 0;
	char *value = arena_alloc(c->mem, code_n + 1);
	struct pair pair = { .name = arena_strndup(c->mem, p, name_n), .name_n = name_n };

	if (name_n == 0 || !base64_decode(value, &pair.value_n, space != NULL ? space + 1 : "", code_n))
		return call_param(c, "Upload-Metadata", WHY_NOT_TEXT, 0);
	value[pair.value_n] = '\0';
	pair.value = value;
	return source_add(to, &pair, &c->problem);
}

enum err
raw_metadata(struct call *c, const struct raw *r, const char *text, void *in)
{
	struct request *pairs = arena_zalloc(c->mem, sizeof *pairs);
	struct source set = { .what = "route" };
	enum err e = E_OK;

	if (strlen(text) > RAW_METADATA_MAX)
		return call_param(c, "Upload-Metadata", WHY_TOO_LONG, RAW_METADATA_MAX);
	pairs->values.what = pairs->body.what = "Upload-Metadata";
	pairs->file.fd = -1;
	while (e == E_OK && *text != '\0') {
		size_t n = strcspn(text, ","), blank = strspn(text, " ");

		if (blank < n)
			e = read_pair(c, &pairs->body, text + blank, n - blank);
		else
			e = call_param(c, "Upload-Metadata", WHY_NOT_TEXT, 0);
		text += n;
		text += *text == ',';
	}
	if (e == E_OK)
		e = params_decode(c, r->ep, r->route, pairs, &set, in);
	return e;
}
