/* source.h - named values out of a query, a form, or a JSON body, as they came.
 *
 * Values have no type yet; http/param.h gives them one. */
#ifndef HTTP_SOURCE_H
#define HTTP_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

#define SOURCE_PAIRS 64
#define JSON_DEPTH 16

struct pair {
	const char *name, *value; /* decoded, NUL-terminated; a value may hold NULs, too */
	size_t name_n, value_n;
	bool nested; /* a JSON array or object, as its text */
};

struct source {
	const char *what; /* "query", "body": the name in its errors */
	size_t n;
	struct pair v[SOURCE_PAIRS];
};

/* Adds a pair; p[0..n) is kept.  E_PARAM with WHY_TOO_MANY beyond SOURCE_PAIRS. */
enum err source_add(struct source *s, const struct pair *pair, struct problem *why) CHECKED;

/* Adds what application/x-www-form-urlencoded text holds (WHATWG URL, 5.1). */
enum err source_form(
    struct source *s, struct arena *a, const char *p, size_t n, struct problem *why) CHECKED;

/* Adds the members of a JSON object; null is as if absent, numbers keep their digits.
 * E_PARAM with WHY_JSON: it is anything else, or deeper than JSON_DEPTH. */
enum err source_json(
    struct source *s, struct arena *a, const char *p, size_t n, struct problem *why) CHECKED;

struct json_object;

/* The same for an object that is read already. */
enum err source_object(struct source *s, struct arena *a, struct json_object *o,
    struct problem *why) CHECKED;

/* Reads any JSON text, whole, at most JSON_DEPTH deep; false where it is none.  *out (NULL for
 * null) is the caller's, to be given back by json_object_put(). */
bool source_parse(struct json_object **out, struct arena *a, const char *p, size_t n) CHECKED;

/* A JSON value as a pair without a name; not for null. */
struct pair source_value(struct arena *a, struct json_object *v);

/* The first pair of that name, or NULL. */
const struct pair *source_find(const struct source *s, const char *name);

#endif
