/* param.c - one loop decodes every parameter of every endpoint.
 *
 * Invariant: absent, invalid and zero are three states: absent takes the declared default, invalid
 * is E_PARAM, and only PARAM_ID takes "0" for absent (clients send it and mean themselves). */
#include "http/param.h"

#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"

#define TEXT_CHARS 1000

const struct pair *
param_find(const struct request *r, const char *name)
{
	const struct pair *in_query = source_find(&r->values, name);
	const struct pair *in_body;

	if (in_query != NULL && in_query->value_n > 0)
		return in_query;
	in_body = source_find(&r->body, name);
	return in_body != NULL ? in_body : in_query;
}

void
cursor_write(char out[CURSOR_TEXT], int64_t a, int64_t b)
{
	size_t n = text_from_int(out, a);

	out[n++] = '_';
	n += text_from_int(out + n, b);
	out[n] = '\0';
}

/* Decimal digits with an optional '-', and nothing else. */
static bool
read_decimal(const char *p, size_t n, int64_t *out)
{
	size_t sign = n > 0 && *p == '-';

	for (size_t i = sign; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
	}
	return n > sign && id_parse_int(p, n, out);
}

bool
cursor_read(const char *p, size_t n, struct cursor *out)
{
	const char *mid = memchr(p, '_', n);
	size_t a_n = mid != NULL ? (size_t)(mid - p) : 0;

	out->given = mid != NULL && read_decimal(p, a_n, &out->a) &&
		     read_decimal(mid + 1, n - a_n - 1, &out->b);
	return out->given;
}

static enum err
read_int(
    struct call *c, const char *name, const struct pair *v, int64_t min, int64_t max, int64_t *out)
{
	const char *digits = v->value;
	bool negative = *digits == '-';

	if (!v->nested && id_parse_int(v->value, v->value_n, out)) {
		if (*out < min)
			return call_param(c, name, WHY_TOO_SMALL, min);
		return *out > max ? call_param(c, name, WHY_TOO_BIG, max) : E_OK;
	}
	/* A whole number, only one that no int64_t can hold? */
	digits += negative || *digits == '+';
	if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0' ||
	    strlen(v->value) != v->value_n)
		return call_param(c, name, WHY_NOT_INT, 0);
	return negative ? call_param(c, name, WHY_TOO_SMALL, min)
			: call_param(c, name, WHY_TOO_BIG, max);
}

static enum err
read_text(struct call *c, const struct param *p, const char *name, const struct pair *v)
{
	size_t n = v->value_n, count;
	int64_t max = p->max > 0 ? p->max : TEXT_CHARS;

	if (v->nested)
		return call_param(c, name, WHY_NOT_TEXT, 0);
	if (memchr(v->value, '\0', n) != NULL)
		return call_param(c, name, WHY_CONTROL, 0);
	if (!utf8_valid(v->value, n))
		return call_param(c, name, WHY_NOT_UTF8, 0);
	if (utf8_has_control(v->value, n, p->type != PARAM_LINES))
		return call_param(c, name, WHY_CONTROL, 0);
	count = utf8_count(v->value, n);
	if (count > (size_t)max)
		return call_param(c, name, WHY_TOO_LONG, max);
	if (n > 0 && count < (size_t)p->min)
		return call_param(c, name, WHY_TOO_SHORT, p->min);
	if (n > 0 && p->min > 0 && p->type != PARAM_SECRET && utf8_is_blank(v->value, n))
		return call_param(c, name, WHY_BLANK, 0);
	return E_OK;
}

static enum err
read_file(struct call *c, const struct param *p, const char *name, const struct pair *v,
    const struct request *r, struct file_in *out)
{
	*out = r->file;
	if (out->fd < 0 && (r->file_is_text || v != NULL))
		return call_param(c, name, WHY_NOT_FILE, 0);
	if (out->fd < 0)
		return p->required ? call_param(c, name, WHY_MISSING, 0) : E_OK;
	return out->size == 0 ? call_param(c, name, WHY_EMPTY_FILE, 0) : E_OK;
}

/* v: NULL where it did not come; name: as the client wrote it, or would have to. */
static enum err
decode(struct call *c, const struct param *p, const char *name, const struct pair *v,
    const struct request *r, char *in)
{
	bool given = v != NULL && v->value_n > 0;
	char *at = in + p->offset;
	int64_t number = p->dflt;
	bool has = given;
	enum err e = E_OK;

	if (p->type == PARAM_FILE) {
		struct file_in file;

		e = read_file(c, p, name, v, r, &file);
		has = file.fd >= 0;
		memcpy(at, &file, sizeof file);
	} else if (!given && p->required) {
		return call_param(c, name, WHY_MISSING, 0);
	} else if (p->type == PARAM_ID) {
		if (given && !p->required && !v->nested &&
		    id_parse_int(v->value, v->value_n, &number) && number == 0)
			given = has = false;
		number = p->dflt;
		if (given)
			e = read_int(c, name, v, 1, ID_MAX, &number);
		memcpy(at, &number, sizeof number);
	} else if (p->type == PARAM_INT) {
		int64_t max = p->min == 0 && p->max == 0 ? ID_MAX : p->max;

		if (given)
			e = read_int(c, name, v, p->min, max, &number);
		memcpy(at, &number, sizeof number);
	} else if (p->type == PARAM_TIME) {
		struct time_in t = { .seconds = false };
		int seconds;

		t.ms = clock_parse_latest(
		    given ? v->value : NULL, given ? v->value_n : 0, c->now_ms, &seconds);
		t.seconds = seconds != 0;
		memcpy(at, &t, sizeof t);
	} else if (p->type == PARAM_CURSOR) {
		struct cursor cursor = { .given = false };

		if (given && !cursor_read(v->value, v->value_n, &cursor))
			e = call_param(c, name, WHY_CURSOR, 0);
		memcpy(at, &cursor, sizeof cursor);
	} else {
		const char *text = v != NULL ? v->value : "";

		has = v != NULL;
		if (v != NULL)
			e = read_text(c, p, name, v);
		memcpy(at, &text, sizeof text);
	}
	if (p->has_offset != 0)
		memcpy(in + p->has_offset, &has, sizeof has);
	return e;
}

enum err
params_decode(struct call *c, const struct endpoint *ep, const struct route *route,
    const struct request *r, const struct source *set, void *in)
{
	enum err e = E_OK;

	for (const struct param *p = ep->params; e == E_OK && p->name != NULL; p++) {
		bool api = route->dialect == API && p->api != NULL;
		const char *name = api ? p->api : p->name;
		const struct pair *v = source_find(set, p->name);

		if (v == NULL)
			v = param_find(r, name);
		if (api && (v == NULL || v->value_n == 0)) {
			const struct pair *other = param_find(r, p->name);

			if (other != NULL && (v == NULL || other->value_n > 0)) {
				v = other;
				name = p->name;
			}
		}
		e = decode(c, p, name, v, r, in);
	}
	return e;
}
