/* openapi_schema.c - schemas of parameters, fields and rows.  Invariant: that of openapi.c. */
#include "openapi.h"

#include <stdio.h>

static struct json_object *
ref(const char *dialect, const char *shape)
{
	char path[200];

	snprintf(path, sizeof path, "#/components/schemas/%s.%s", dialect, shape);
	return object("$ref", str(path));
}

static void
describe(struct json_object *schema, struct json_object *from)
{
	if (*text(from, "doc") != '\0')
		json_object_object_add(schema, "description", str(text(from, "doc")));
}

/* The number at key of from, as name of to, where there is one. */
static void
limit(struct json_object *to, const char *name, struct json_object *from, const char *key)
{
	struct json_object *n = json_object_object_get(from, key);

	if (n != NULL)
		json_object_object_add(to, name, json_object_get(n));
}

/* ---- what goes in ---- */

static struct json_object *params_schema(
    struct json_object *in, struct json_object *route, bool *file);

/* On this route, which may be NULL. */
static bool
is_required(struct json_object *p, struct json_object *route)
{
	return json_object_get_boolean(json_object_object_get(p, "required")) ||
	       (route != NULL && is(route, "needs", text(p, "name")));
}

static struct json_object *
param_schema(struct json_object *p, struct json_object *route)
{
	struct json_object *s;
	bool file;

	if (is(p, "type", "id") || is(p, "type", "int") || is(p, "type", "time")) {
		char more[300];

		s = type("integer");
		if (json_object_object_get(p, "otherwise") != NULL) {
			snprintf(more, sizeof more, "%s, %s to %s; any other number means %s", text(p, "doc"),
			    text(p, "min"), text(p, "max"), text(p, "otherwise"));
			json_object_object_add(s, "description", str(more));
			return s;
		}
		limit(s, "minimum", p, "min");
		/* 0 is as if absent. */
		if (is(p, "type", "id") && is_required(p, route))
			json_object_object_add(s, "minimum", json_object_new_int(1));
		limit(s, "maximum", p, "max");
	} else if (is(p, "type", "bool")) {
		s = type("boolean");
	} else if (is(p, "type", "ids")) {
		s = object("type", str("array"), "items", type("integer"));
		limit(s, "maxItems", p, "max");
	} else if (is(p, "type", "texts")) {
		s = object("type", str("array"), "items", type("string"));
		limit(s, "maxItems", p, "max");
	} else if (is(p, "type", "list")) {
		s = object("type", str("array"), "items",
		    params_schema(json_object_object_get(p, "of"), NULL, &file));
		limit(s, "maxItems", p, "max");
	} else {
		s = type("string");
		limit(s, "minLength", p, "min");
		limit(s, "maxLength", p, "max");
		if (is(p, "type", "file"))
			json_object_object_add(s, "format", str("binary"));
		if (is(p, "type", "secret"))
			json_object_object_add(s, "format", str("password"));
	}
	describe(s, p);
	return s;
}

/* Whether the parameter is none of the route's: it is for the other dialect, or the route sets it
 * itself ("name=..." in its query). */
static bool
is_set(struct json_object *route, struct json_object *p)
{
	const char *name = text(p, "name"), *only = text(p, "only");
	size_t n = strlen(name);

	if (route != NULL && *only != '\0' && !is(route, "dialect", only))
		return true;
	for (const char *at = text(route, "set"); *at != '\0';) {
		if (strncmp(at, name, n) == 0 && at[n] == '=')
			return true;
		at += strcspn(at, "&");
		at += *at == '&';
	}
	return false;
}

static const char *
param_name(struct json_object *p, struct json_object *route)
{
	return is(route, "dialect", "api") && *text(p, "api") != '\0' ? text(p, "api")
								      : text(p, "name");
}

void
openapi_query(struct json_object *op, struct json_object *program, struct json_object *route)
{
	struct json_object *out = json_object_new_array(), *in = items_of(program, "params");

	for (size_t i = 0; i < json_object_array_length(in); i++) {
		struct json_object *p = json_object_array_get_idx(in, i);

		if (is_set(route, p))
			continue;
		json_object_array_add(
		    out, object("name", str(param_name(p, route)), "in", str("query"), "required",
			     json_object_new_boolean(is_required(p, route)), "schema",
			     param_schema(p, route)));
	}
	if (json_object_array_length(out) > 0)
		json_object_object_add(op, "parameters", out);
	else
		json_object_put(out);
}

/* The object that they make together; *file: one of them is a file.  route may be NULL. */
static struct json_object *
params_schema(struct json_object *in, struct json_object *route, bool *file)
{
	struct json_object *properties = json_object_new_object(),
			   *required = json_object_new_array();
	struct json_object *schema = object("type", str("object"), "properties", properties);

	*file = false;
	for (size_t i = 0; i < json_object_array_length(in); i++) {
		struct json_object *p = json_object_array_get_idx(in, i);
		const char *name = param_name(p, route);

		if (is_set(route, p))
			continue;
		*file |= is(p, "type", "file");
		json_object_object_add(properties, name, param_schema(p, route));
		if (is_required(p, route))
			json_object_array_add(required, str(name));
	}
	if (json_object_array_length(required) > 0)
		json_object_object_add(schema, "required", required);
	else
		json_object_put(required);
	return schema;
}

void
openapi_body(struct json_object *op, struct json_object *program, struct json_object *route)
{
	bool file;
	struct json_object *schema = params_schema(items_of(program, "params"), route, &file);
	struct json_object *content = json_object_new_object(), *body;

	if (!file)
		json_object_object_add(
		    content, "application/json", object("schema", json_object_get(schema)));
	json_object_object_add(content,
	    file ? "multipart/form-data" : "application/x-www-form-urlencoded",
	    object("schema", schema));
	body = object("content", content);
	if (json_object_object_get(schema, "required") != NULL)
		json_object_object_add(body, "required", json_object_new_boolean(1));
	json_object_object_add(op, "requestBody", body);
}

/* ---- what comes out ---- */

static struct json_object *
output_schema(struct json_object *out, const char *dialect)
{
	struct json_object *s;

	if (is(out, "type", "row"))
		return ref(dialect, text(out, "shape"));
	if (is(out, "type", "rows"))
		s = object("type", str("array"), "items", ref(dialect, text(out, "shape")));
	else if (is(out, "type", "int") || is(out, "type", "time"))
		s = type("integer");
	else if (is(out, "type", "bool"))
		s = type("boolean");
	else
		s = type("string");
	describe(s, out);
	return s;
}

struct json_object *
openapi_outputs(struct json_object *program, const char *dialect)
{
	struct json_object *properties = json_object_new_object(),
			   *out = items_of(program, "reply");

	for (size_t i = 0; i < json_object_array_length(out); i++) {
		struct json_object *o = json_object_array_get_idx(out, i);

		if (*text(o, dialect) != '\0')
			json_object_object_add(
			    properties, text(o, dialect), output_schema(o, dialect));
	}
	return properties;
}

/* ---- shapes ---- */

static struct json_object *
member_schema(struct json_object *m, const char *dialect)
{
	struct json_object *s;

	if (is(m, "format", "row"))
		return ref(dialect, text(m, "shape"));
	if (is(m, "format", "rows"))
		s = object("type", str("array"), "items", ref(dialect, text(m, "shape")));
	else
		s = type(text(m, "type"));
	describe(s, m);
	return s;
}

static void
add_shape(
    struct json_object *schemas, const char *name, struct json_object *members, const char *dialect)
{
	struct json_object *properties = json_object_new_object(),
			   *required = json_object_new_array();
	char key[200];

	snprintf(key, sizeof key, "%s.%s", dialect, name);
	for (size_t i = 0; i < json_object_array_length(members); i++) {
		struct json_object *m = json_object_array_get_idx(members, i);

		json_object_object_add(properties, text(m, "name"), member_schema(m, dialect));
		if (!json_object_get_boolean(json_object_object_get(m, "optional")))
			json_object_array_add(required, str(text(m, "name")));
	}
	json_object_object_add(schemas, key,
	    object("type", str("object"), "properties", properties, "required", required,
		"additionalProperties", json_object_new_boolean(0)));
}

void
openapi_shapes(struct json_object *schemas, struct json_object *program)
{
	static const char *const dialects[] = { "douyin", "api" };
	struct json_object *shapes = json_object_object_get(program, "shapes");
	struct json_object_iterator at = json_object_iter_begin(shapes),
				    end = json_object_iter_end(shapes);

	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		for (size_t d = 0; d < 2; d++)
			add_shape(schemas, json_object_iter_peek_name(&at),
			    json_object_object_get(json_object_iter_peek_value(&at), dialects[d]),
			    dialects[d]);
	}
}
