/* openapi.h - private to the openapi*.c files: small tools for JSON, and schemas of what the programs
 * say.  All take over what they are given as a value, and give away what they return. */
#ifndef JOBS_DOUFU_OPENAPI_H
#define JOBS_DOUFU_OPENAPI_H

#include <json-c/json.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

static inline const char *
text(struct json_object *o, const char *key)
{
	const char *s = json_object_get_string(json_object_object_get(o, key));

	return s ? s : "";
}

static inline bool
is(struct json_object *o, const char *key, const char *value)
{
	return strcmp(text(o, key), value) == 0;
}

static inline struct json_object *
items_of(struct json_object *o, const char *key)
{
	struct json_object *list = json_object_object_get(o, key);

	return list != NULL ? list : json_object_new_array();
}

#define object(...) make_object(__VA_ARGS__, (const char *)NULL)

/* {key: value, ...}; takes the values over. */
static inline struct json_object *
make_object(const char *key, ...)
{
	struct json_object *o = json_object_new_object();
	va_list ap;

	va_start(ap, key);
	for (; key != NULL; key = va_arg(ap, const char *))
		json_object_object_add(o, key, va_arg(ap, struct json_object *));
	va_end(ap);
	return o;
}

static inline struct json_object *
str(const char *s)
{
	return json_object_new_string(s);
}

static inline struct json_object *
list_of(struct json_object *one)
{
	struct json_object *list = json_object_new_array();

	if (one != NULL)
		json_object_array_add(list, one);
	return list;
}

static inline struct json_object *
type(const char *name)
{
	return object("type", str(name));
}

/* What a route takes, into its operation: as a query, or as a body. */
void openapi_query(struct json_object *op, struct json_object *program, struct json_object *route);
void openapi_body(struct json_object *op, struct json_object *program, struct json_object *route);

/* The fields of a program's reply, as properties. */
struct json_object *openapi_outputs(struct json_object *program, const char *dialect);

/* The program's shapes of rows, in each dialect. */
void openapi_shapes(struct json_object *schemas, struct json_object *program);

#endif
