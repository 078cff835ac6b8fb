/* source.c - takes queries, forms and JSON bodies apart.  Invariant: whatever the bytes are, at
 * most SOURCE_PAIRS pairs come out, in their order, and each is NUL-terminated. */
#include "http/source.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define UNIT sizeof("\\u0000")

enum err
source_add(struct source *s, const struct pair *pair, struct problem *why)
{
	if (s->n == SOURCE_PAIRS) {
		*why = (struct problem){ s->what, WHY_TOO_MANY, SOURCE_PAIRS };
		return E_PARAM;
	}
	s->v[s->n++] = *pair;
	return E_OK;
}

enum err
source_form(struct source *s, struct arena *a, const char *p, size_t n, struct problem *why)
{
	char *text = arena_strndup(a, p, n), *end = text + n, *at, *next;
	enum err e = E_OK;

	for (at = text; e == E_OK && at < end; at = next) {
		char *amp = memchr(at, '&', (size_t)(end - at));
		char *stop = amp != NULL ? amp : end;
		char *eq = memchr(at, '=', (size_t)(stop - at));
		char *value = eq != NULL ? eq + 1 : stop;
		struct pair pair = { .name = at, .value = value };

		next = stop + 1;
		if (at == stop)
			continue;
		pair.name_n = url_decode(at, (size_t)((eq != NULL ? eq : stop) - at), true);
		pair.value_n = url_decode(value, (size_t)(stop - value), true);
		/* Both ends lie on '=', '&' or the end, or before them. */
		value[pair.value_n] = '\0';
		at[pair.name_n] = '\0';
		e = source_add(s, &pair, why);
	}
	return e;
}

struct pair
source_value(struct arena *a, struct json_object *v)
{
	struct pair pair = { .name = "" };
	const char *text;
	size_t n;

	if (json_object_is_type(v, json_type_string)) {
		text = json_object_get_string(v);
		n = (size_t)json_object_get_string_len(v);
	} else {
		text = json_object_to_json_string_length(v, JSON_C_TO_STRING_PLAIN, &n);
		pair.nested = json_object_is_type(v, json_type_array) ||
			      json_object_is_type(v, json_type_object);
	}
	pair.value = arena_strndup(a, text, n);
	pair.value_n = n;
	return pair;
}

enum err
source_object(struct source *s, struct arena *a, struct json_object *o, struct problem *why)
{
	json_object_object_foreach(o, name, value)
	{
		struct pair pair;
		enum err e;

		if (value == NULL)
			continue;
		pair = source_value(a, value);
		pair.name_n = strlen(name);
		pair.name = arena_strndup(a, name, pair.name_n);
		e = source_add(s, &pair, why);
		if (e != E_OK)
			return e;
	}
	return E_OK;
}

/* A copy with every character beyond ASCII as a \u escape, NULL where p is no UTF-8.  json-c 0.18 takes
 * those characters for control characters when it is strict (json-c issue 892).  Where they may not
 * stand, neither may \u; behind a backslash they would make two of one, so there they are refused. */
static char *
to_ascii(struct arena *a, const char *p, size_t *n)
{
	char *out, *at;
	bool escaped = false;
	size_t wide = 0;

	for (size_t i = 0; i < *n; i++)
		wide += (unsigned char)p[i] >= 0x80;
	/* Two bytes become one such escape, four become two. */
	at = out = arena_alloc(a, *n + 2 * wide + 1);
	for (size_t i = 0, k; i < *n; i += k) {
		uint32_t code = (unsigned char)p[i];

		k = 1;
		if (code < 0x80) {
			escaped = code == '\\' && !escaped;
			*at++ = p[i];
			continue;
		}
		k = utf8_decode(p + i, *n - i, &code);
		if (k == 0 || escaped)
			return NULL;
		if (code >= 0x10000) {
			code -= 0x10000;
			at += snprintf(at, UNIT, "\\u%04x", (unsigned)(0xd800 | code >> 10));
			code = 0xdc00 | (code & 0x3ff);
		}
		at += snprintf(at, UNIT, "\\u%04x", (unsigned)code);
	}
	*at = '\0';
	*n = (size_t)(at - out);
	return out;
}

bool
source_parse(struct json_object **out, struct arena *a, const char *p, size_t n)
{
	struct json_tokener *tok;
	bool good;

	*out = NULL;
	p = to_ascii(a, p, &n);
	if (p == NULL || n == 0 || n > INT_MAX - 1 || (tok = json_tokener_new_ex(JSON_DEPTH)) == NULL)
		return false;
	/* The flags that only a pure number or a truncated text needs see the final NUL. */
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	*out = json_tokener_parse_ex(tok, p, (int)n + 1);
	good = json_tokener_get_error(tok) == json_tokener_success &&
	       json_tokener_get_parse_end(tok) >= n;
	json_tokener_free(tok);
	if (!good) {
		json_object_put(*out);
		*out = NULL;
	}
	return good;
}

enum err
source_json(struct source *s, struct arena *a, const char *p, size_t n, struct problem *why)
{
	struct json_object *top;
	enum err e = E_OK;

	if (n == 0)
		return E_OK;
	if (source_parse(&top, a, p, n) && json_object_is_type(top, json_type_object)) {
		e = source_object(s, a, top, why);
	} else {
		*why = (struct problem){ s->what, WHY_JSON, 0 };
		e = E_PARAM;
	}
	json_object_put(top);
	return e;
}

const struct pair *
source_find(const struct source *s, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i].name_n == n && memcmp(s->v[i].name, name, n) == 0)
			return &s->v[i];
	}
	return NULL;
}
