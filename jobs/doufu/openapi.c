/* openapi.c - htdocs/openapi.json (OpenAPI 3.1.0) out of what the programs say of themselves.
 *
 * The invariant: nothing is written here that a description does not say, but for the envelopes,
 * which belong to the dialects (lib/http/dialect.c). */

#include <ctype.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "doufu.h"

static const char *
text(struct json_object *o, const char *key)
{
	const char *s = json_object_get_string(json_object_object_get(o, key));

	return s ? s : "";
}

static bool
is(struct json_object *o, const char *key, const char *value)
{
	return strcmp(text(o, key), value) == 0;
}

static struct json_object *
items_of(struct json_object *o, const char *key)
{
	struct json_object *list = json_object_object_get(o, key);

	return list != NULL ? list : json_object_new_array();
}

#define object(...) make_object(__VA_ARGS__, (const char *)NULL)

/* {key: value, ...}; takes the values over. */
static struct json_object *
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

static struct json_object *
str(const char *s)
{
	return json_object_new_string(s);
}

static struct json_object *
list_of(struct json_object *one)
{
	struct json_object *list = json_object_new_array();

	if (one != NULL)
		json_object_array_add(list, one);
	return list;
}

static struct json_object *
type(const char *name)
{
	return object("type", str(name));
}

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

static struct json_object *
param_schema(struct json_object *p)
{
	struct json_object *s;
	bool file;

	if (is(p, "type", "id") || is(p, "type", "int") || is(p, "type", "time")) {
		s = type("integer");
		limit(s, "minimum", p, "min");
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

static void
add_query(struct json_object *op, struct json_object *program, struct json_object *route)
{
	struct json_object *out = json_object_new_array(), *in = items_of(program, "params");

	for (size_t i = 0; i < json_object_array_length(in); i++) {
		struct json_object *p = json_object_array_get_idx(in, i);

		if (is_set(route, p))
			continue;
		json_object_array_add(
		    out, object("name", str(param_name(p, route)), "in", str("query"), "required",
			     json_object_get(json_object_object_get(p, "required")), "schema",
			     param_schema(p)));
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
		json_object_object_add(properties, name, param_schema(p));
		if (json_object_get_boolean(json_object_object_get(p, "required")))
			json_object_array_add(required, str(name));
	}
	if (json_object_array_length(required) > 0)
		json_object_object_add(schema, "required", required);
	else
		json_object_put(required);
	return schema;
}

static void
add_body(struct json_object *op, struct json_object *program, struct json_object *route)
{
	bool file;
	struct json_object *schema = params_schema(items_of(program, "params"), route, &file);
	struct json_object *content = json_object_new_object();

	if (!file)
		json_object_object_add(
		    content, "application/json", object("schema", json_object_get(schema)));
	json_object_object_add(content,
	    file ? "multipart/form-data" : "application/x-www-form-urlencoded",
	    object("schema", schema));
	json_object_object_add(op, "requestBody", object("content", content));
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

static struct json_object *
outputs_schema(struct json_object *program, const char *dialect)
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

static struct json_object *
douyin_success(struct json_object *program)
{
	struct json_object *properties = outputs_schema(program, "douyin"),
			   *required = list_of(str("status_code"));

	json_object_array_add(required, str("status_msg"));
	json_object_object_add(properties, "status_code", object("const", json_object_new_int(0)));
	json_object_object_add(properties, "status_msg", type("string"));
	return object("type", str("object"), "required", required, "properties", properties,
	    "additionalProperties", json_object_new_boolean(0));
}

static struct json_object *
api_success(struct json_object *program, struct json_object *route)
{
	struct json_object *properties, *data, *required = list_of(str("code"));
	const char *bare = text(route, "bare");
	struct json_object *cursor = NULL, *all;

	json_object_array_add(required, str("message"));
	properties = outputs_schema(program, "api");
	if (json_object_get_boolean(json_object_object_get(route, "plain"))) {
		json_object_put(required);
		return object("type", str("object"), "properties", properties, "additionalProperties",
		    json_object_new_boolean(0));
	}
	if (*bare != '\0') {
		data = json_object_get(json_object_object_get(properties, bare));
		cursor = json_object_get(json_object_object_get(properties, "next_cursor"));
		json_object_put(properties);
		json_object_array_add(required, str("data"));
	} else {
		data = object("type", str("object"), "properties", properties,
		    "additionalProperties", json_object_new_boolean(0));
	}
	all = object("code", object("const", json_object_new_int(200)), "message", type("string"),
	    "data", data);
	/* A bare list has it beside data. */
	if (cursor != NULL)
		json_object_object_add(all, "next_cursor", cursor);
	return object("type", str("object"), "required", required, "properties", all,
	    "additionalProperties", json_object_new_boolean(0));
}

static struct json_object *
response(const char *what, struct json_object *schema)
{
	return object("description", str(what), "content",
	    object("application/json", object("schema", schema)));
}

/* Business errors of /douyin are HTTP 200; those of /api come with their status. */
static struct json_object *
responses(struct json_object *program, struct json_object *route)
{
	struct json_object *out = json_object_new_object(), *errors = items_of(program, "errors");
	bool api = is(route, "dialect", "api");
	char said[4000] = "";

	if (api)
		json_object_object_add(
		    out, "200", response("success", api_success(program, route)));
	for (size_t i = 0; i < json_object_array_length(errors); i++) {
		struct json_object *e = json_object_array_get_idx(errors, i), *have;
		char line[300];

		snprintf(line, sizeof line, "%s%s: %s", *said && !api ? "\n" : "",
		    text(e, api ? "name" : "code"), text(e, "text"));
		if (!api) {
			strncat(said, line, sizeof said - strlen(said) - 1);
		} else if (json_object_object_get_ex(out, text(e, "http"), &have)) {
			snprintf(said, sizeof said, "%s\n%s", text(have, "description"), line);
			json_object_object_add(have, "description", str(said));
			*said = '\0';
		} else {
			json_object_object_add(out, text(e, "http"),
			    response(line, object("$ref", str("#/components/schemas/api.Error"))));
		}
	}
	if (!api) {
		struct json_object *any = list_of(douyin_success(program));
		char what[4200];

		json_object_array_add(
		    any, object("$ref", str("#/components/schemas/douyin.Error")));
		snprintf(what, sizeof what, "success, or an error by its status_code:\n%s", said);
		json_object_object_add(out, "200", response(what, object("anyOf", any)));
	}
	return out;
}

/* A raw handler answers by itself, with a body of its protocol or none. */
static struct json_object *
raw_responses(void)
{
	struct json_object *out = json_object_new_object();

	json_object_object_add(out, "2XX", object("description", str("success")));
	json_object_object_add(out, "4XX",
	    response("an error", object("$ref", str("#/components/schemas/api.Error"))));
	return out;
}

/* ---- routes ---- */

static struct json_object *
security(struct json_object *route)
{
	struct json_object *list = json_object_new_array();

	if (is(route, "access", "none"))
		return list;
	if (is(route, "access", "optional"))
		json_object_array_add(list, json_object_new_object());
	json_object_array_add(list, object("bearer", json_object_new_array()));
	if (is(route, "dialect", "douyin"))
		json_object_array_add(list, object("token", json_object_new_array()));
	return list;
}

/* "get_api_video_feed" */
static struct json_object *
operation_id(const char *method, const char *path)
{
	char id[300];
	size_t n = (size_t)snprintf(id, sizeof id, "%s%s", method, path);

	if (n >= sizeof id)
		n = sizeof id - 1;
	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)id[i]))
			id[i] = '_';
	}
	while (n > 0 && id[n - 1] == '_')
		id[--n] = '\0';
	return str(id);
}

/* The family: "douyin", and in /api what comes behind it and "auth". */
static struct json_object *
tag_of(struct json_object *route)
{
	const char *path = text(route, "path") + 1;
	char name[100];

	if (strncmp(path, "api/", 4) == 0)
		path += 4;
	if (strncmp(path, "auth/", 5) == 0)
		path += 5;
	snprintf(name, sizeof name, "%.*s", (int)strcspn(path, "/"), path);
	return list_of(str(*name ? name : "other"));
}

static void
add_route(struct json_object *paths, struct json_object *program, struct json_object *route)
{
	bool raw = json_object_get_boolean(json_object_object_get(program, "raw"));
	const char *own = text(route, "path");
	bool below = raw && *own != '\0' && own[strlen(own) - 1] == '/'; /* as request_below() has it */
	bool at_one = below && !is(route, "method", "POST");
	char method[16], path[300];
	struct json_object *op, *at;

	snprintf(method, sizeof method, "%s", text(route, "method"));
	for (char *p = method; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	snprintf(path, sizeof path, "%s%s", own, at_one ? "{id}" : "");
	op = object("operationId", operation_id(method, path), "summary",
	    str(text(program, "summary")), "tags", tag_of(route), "security", security(route));
	if (at_one)
		json_object_object_add(op, "parameters",
		    list_of(object("name", str("id"), "in", str("path"), "required",
			json_object_new_boolean(1), "schema", type("string"))));
	else if (!below && (is(route, "method", "GET") || is(route, "method", "DELETE")))
		add_query(op, program, route);
	else if (!raw)
		add_body(op, program, route);
	json_object_object_add(op, "responses", raw ? raw_responses() : responses(program, route));
	if (!json_object_object_get_ex(paths, path, &at)) {
		at = json_object_new_object();
		json_object_object_add(paths, path, at);
	}
	json_object_object_add(at, method, op);
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

static void
add_shapes(struct json_object *schemas, struct json_object *program)
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

static struct json_object *
error_schema(const char *code, const char *sentence, bool more)
{
	struct json_object *required = list_of(str(code));

	json_object_array_add(required, str(sentence));
	return object("type", str("object"), "required", required, "properties",
	    object(code, type("integer"), sentence, type("string")), "additionalProperties",
	    json_object_new_boolean(more));
}

int
doufu_openapi(struct json_object *const *programs, size_t n, FILE *out)
{
	struct json_object *paths = json_object_new_object(), *schemas = json_object_new_object(),
			   *all;

	json_object_object_add(schemas, "api.Error", error_schema("code", "message", false));
	json_object_object_add(
	    schemas, "douyin.Error", error_schema("status_code", "status_msg", true));
	for (size_t i = 0; i < n; i++) {
		struct json_object *routes = items_of(programs[i], "routes");

		for (size_t k = 0; k < json_object_array_length(routes); k++)
			add_route(paths, programs[i], json_object_array_get_idx(routes, k));
		add_shapes(schemas, programs[i]);
	}
	all = object("openapi", str("3.1.0"), "info",
	    object("title", str("Doufu"), "version", str("1"), "description",
		str("A short-video platform. Made by `make gen` out of what the programs say of "
		    "themselves.")),
	    "servers", list_of(object("url", str("/"))), "paths", paths, "components",
	    object("schemas", schemas, "securitySchemes",
		object("bearer", object("type", str("http"), "scheme", str("bearer")), "token",
		    object("type", str("apiKey"), "in", str("query"), "name", str("token")))));
	fprintf(out, "%s\n",
	    json_object_to_json_string_ext(all, JSON_C_TO_STRING_PRETTY |
						    JSON_C_TO_STRING_PRETTY_TAB |
						    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(all);
	return ferror(out) ? 1 : 0;
}
