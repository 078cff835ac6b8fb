/* param.c - one loop decodes every parameter of every endpoint.
 *
 * Invariant: absent, invalid and zero are three states: absent takes the declared default, invalid
 * is E_PARAM, and only PARAM_ID takes "0" for absent (clients send it and mean themselves). */
#include "http/param.h"

#include <json-c/json.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"

#define TEXT_CHARS 1000
#define LIST_ENTRIES 100

bool
only_fits(enum only only, enum dialect d)
{
	return only == BOTH || (only == ONLY_API) == (d == API);
}

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

static void
put_json(void *o)
{
	json_object_put(o);
}

static enum err
read_bool(struct call *c, const char *name, const struct pair *v, bool *out)
{
	static const char *const words[] = { "0", "1", "false", "true" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (v->value_n == strlen(words[i]) && memcmp(v->value, words[i], v->value_n) == 0) {
			*out = i % 2 != 0;
			return E_OK;
		}
	}
	return call_param(c, name, WHY_NOT_BOOL, 0);
}

/* The parameter at fault is entry i of the list: "ids" becomes "ids[3]", "video_id" of it
 * "views[3].video_id". */
static enum err
blame_entry(struct call *c, const char *name, size_t i, const char *member)
{
	c->problem.param = member != NULL ? arena_printf(c->mem, "%s[%zu].%s", name, i, member)
					  : arena_printf(c->mem, "%s[%zu]", name, i);
	return E_PARAM;
}

/* The array that v is; E_PARAM with `why` where it is something else.  *out is put by itself. */
static enum err
read_array(struct call *c, const struct param *p, const char *name, const struct pair *v,
    enum why why, struct json_object **out)
{
	int64_t most = p->max > 0 ? p->max : LIST_ENTRIES;
	bool good = source_parse(out, c->mem, v->value, v->value_n);

	if (!good || !json_object_is_type(*out, json_type_array)) {
		json_object_put(*out);
		return call_param(c, name, why, 0);
	}
	arena_defer(c->mem, put_json, *out);
	if (json_object_array_length(*out) > (size_t)most)
		return call_param(c, name, WHY_TOO_MANY_OF, most);
	return json_object_array_length(*out) == 0 && p->required
		   ? call_param(c, name, WHY_MISSING, 0)
		   : E_OK;
}

static enum err
read_ids_array(
    struct call *c, const struct param *p, const char *name, const struct pair *v, struct ids_in *out)
{
	struct json_object *array;
	enum err e = read_array(c, p, name, v, WHY_NOT_IDS, &array);
	size_t n = e == E_OK ? json_object_array_length(array) : 0;
	int64_t *ids = arena_array(c->mem, n + 1, sizeof *ids);

	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(array, i);
		struct pair pair = { .value = "" };

		if (one != NULL)
			pair = source_value(c->mem, one);
		if (read_int(c, name, &pair, 1, ID_MAX, &ids[i]) != E_OK)
			return blame_entry(c, name, i, NULL);
	}
	*out = (struct ids_in){ n, ids };
	return e;
}

static enum err
read_ids(
    struct call *c, const struct param *p, const char *name, const struct pair *v, struct ids_in *out)
{
	int64_t most = p->max > 0 ? p->max : LIST_ENTRIES, *ids;
	const char *at = v->value, *end = v->value + v->value_n, *stop;
	size_t n = 1;

	if (v->nested || *at == '[')
		return read_ids_array(c, p, name, v, out);
	for (size_t i = 0; i < v->value_n; i++)
		n += v->value[i] == ',';
	if (n > (size_t)most)
		return call_param(c, name, WHY_TOO_MANY_OF, most);
	ids = arena_array(c->mem, n, sizeof *ids);
	for (size_t i = 0; i < n; i++, at = stop + 1) {
		struct pair pair;

		stop = memchr(at, ',', (size_t)(end - at));
		if (stop == NULL)
			stop = end;
		pair = (struct pair){ .value_n = (size_t)(stop - at) };
		pair.value = arena_strndup(c->mem, at, pair.value_n);
		if (n == 1 && pair.value[strspn(pair.value, "+-0123456789.eE")] != '\0')
			return call_param(c, name, WHY_NOT_IDS, 0);
		if (read_int(c, name, &pair, 1, ID_MAX, &ids[i]) != E_OK)
			return n > 1 ? blame_entry(c, name, i, NULL) : E_PARAM;
	}
	*out = (struct ids_in){ n, ids };
	return E_OK;
}

static enum err
read_texts(struct call *c, const struct param *p, const char *name, const struct pair *v,
    struct texts_in *out)
{
	static const struct param each = { .type = PARAM_TEXT };
	struct json_object *array;
	enum err e = read_array(c, p, name, v, WHY_NOT_TEXTS, &array);
	size_t n = e == E_OK ? json_object_array_length(array) : 0;
	const char **texts = arena_array(c->mem, n + 1, sizeof *texts);

	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(array, i);
		struct pair pair;

		if (!json_object_is_type(one, json_type_string))
			return call_param(c, name, WHY_NOT_TEXTS, 0);
		pair = source_value(c->mem, one);
		if (read_text(c, &each, name, &pair) != E_OK)
			return blame_entry(c, name, i, NULL);
		texts[i] = pair.value;
	}
	*out = (struct texts_in){ n, texts };
	return e;
}

static enum err decode(struct call *c, const struct param *p, const char *name, const struct pair *v,
    const struct request *r, char *in);

static enum err
read_list(struct call *c, const struct param *p, const char *name, const struct pair *v,
    const struct request *r, struct list_in *out)
{
	struct json_object *array;
	enum err e = read_array(c, p, name, v, WHY_NOT_LIST, &array);
	size_t n = e == E_OK ? json_object_array_length(array) : 0;
	char *rows = arena_array(c->mem, n + 1, p->of_size);

	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(array, i);
		struct source members = { .what = name };

		if (!json_object_is_type(one, json_type_object))
			return call_param(c, name, WHY_NOT_LIST, 0);
		e = source_object(&members, c->mem, one, &c->problem);
		if (e != E_OK)
			return e;
		for (const struct param *m = p->of; m->name != NULL; m++) {
			const struct pair *found = source_find(&members, m->name);

			if (found == NULL && m->api != NULL)
				found = source_find(&members, m->api);
			if (decode(c, m, m->name, found, r, rows + i * p->of_size) != E_OK)
				return blame_entry(c, name, i, c->problem.param);
		}
	}
	*out = (struct list_in){ n, rows };
	return e;
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
		if (e == E_PARAM && p->otherwise != 0 && c->problem.why != WHY_NOT_INT) {
			number = p->otherwise;
			c->problem = (struct problem){ 0 };
			e = E_OK;
		}
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
	} else if (p->type == PARAM_BOOL) {
		bool yes = p->dflt != 0;

		if (given)
			e = read_bool(c, name, v, &yes);
		memcpy(at, &yes, sizeof yes);
	} else if (p->type == PARAM_IDS) {
		struct ids_in ids = { .n = 0 };

		if (given)
			e = read_ids(c, p, name, v, &ids);
		memcpy(at, &ids, sizeof ids);
	} else if (p->type == PARAM_TEXTS) {
		struct texts_in texts = { .n = 0 };

		if (given)
			e = read_texts(c, p, name, v, &texts);
		memcpy(at, &texts, sizeof texts);
	} else if (p->type == PARAM_LIST) {
		struct list_in list = { .n = 0 };

		if (given)
			e = read_list(c, p, name, v, r, &list);
		memcpy(at, &list, sizeof list);
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

	/* What is for the other dialect is as if absent: first, as two may share a place. */
	for (const struct param *p = ep->params; e == E_OK && p->name != NULL; p++) {
		struct param absent = *p;

		absent.required = false;
		if (!only_fits(p->only, route->dialect))
			e = decode(c, &absent, p->name, NULL, r, in);
	}
	for (const struct param *p = ep->params; e == E_OK && p->name != NULL; p++) {
		struct param here = *p; /* as this path wants it */
		bool api = route->dialect == API && p->api != NULL;
		const char *name = api ? p->api : p->name;
		const struct pair *v = source_find(set, p->name);

		if (v == NULL && !only_fits(p->only, route->dialect))
			continue;
		if (v == NULL)
			v = param_find(r, name);
		if (api && (v == NULL || v->value_n == 0)) {
			const struct pair *other = param_find(r, p->name);

			if (other != NULL && (v == NULL || other->value_n > 0)) {
				v = other;
				name = p->name;
			}
		}
		here.required |= route->needs != NULL && strcmp(route->needs, p->name) == 0;
		e = decode(c, &here, name, v, r, in);
		/* /api counts in seconds where the client shows no unit. */
		if (p->type == PARAM_TIME && route->dialect == API) {
			struct time_in t;

			memcpy(&t, (char *)in + p->offset, sizeof t);
			t.seconds |= t.ms == c->now_ms;
			memcpy((char *)in + p->offset, &t, sizeof t);
		}
	}
	return e;
}
