/* openapi.c - htdocs/openapi.json (OpenAPI 3.1.0) out of what the programs say of themselves.
 *
 * The invariant: nothing is written here that a description does not say, but for the envelopes,
 * which belong to the dialects (lib/http/dialect.c). */

#include <ctype.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "doufu.h"
#include "openapi.h"

static struct json_object *
douyin_success(struct json_object *program)
{
	struct json_object *properties = openapi_outputs(program, "douyin"),
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
	properties = openapi_outputs(program, "api");
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

/* The dialect's error, with what tells the errors apart; `which` is taken over and stays the
 * caller's to add to. */
static struct json_object *
error_of(bool api, struct json_object *which)
{
	return object("$ref",
	    str(api ? "#/components/schemas/api.Error" : "#/components/schemas/douyin.Error"),
	    "properties", object(api ? "error" : "status_code", object("enum", which)));
}

/* Business errors of /douyin are HTTP 200; those of /api come with their status. */
static struct json_object *
responses(struct json_object *program, struct json_object *route)
{
	struct json_object *out = json_object_new_object(), *errors = items_of(program, "errors");
	struct json_object *which[600] = { NULL }, *codes = json_object_new_array();
	bool api = is(route, "dialect", "api");
	char said[4000] = "";

	if (api)
		json_object_object_add(
		    out, "200", response("success", api_success(program, route)));
	for (size_t i = 0; i < json_object_array_length(errors); i++) {
		struct json_object *e = json_object_array_get_idx(errors, i), *have;
		int http = json_object_get_int(json_object_object_get(e, "http"));
		char line[300];

		/* A rate is of those that write, and of who says so. */
		if (http < 0 || (size_t)http >= sizeof which / sizeof *which ||
		    (is(e, "error", "too_fast") && is(route, "method", "GET") &&
			!json_object_get_boolean(json_object_object_get(route, "rated"))))
			continue;
		snprintf(line, sizeof line, "%s%s: %s", *said && !api ? "\n" : "",
		    text(e, api ? "name" : "code"), text(e, "text"));
		if (!api) {
			strncat(said, line, sizeof said - strlen(said) - 1);
			json_object_array_add(
			    codes, json_object_get(json_object_object_get(e, "code")));
		} else if (json_object_object_get_ex(out, text(e, "http"), &have)) {
			snprintf(said, sizeof said, "%s\n%s", text(have, "description"), line);
			json_object_object_add(have, "description", str(said));
			json_object_array_add(which[http], str(text(e, "error")));
			*said = '\0';
		} else {
			which[http] = list_of(str(text(e, "error")));
			json_object_object_add(
			    out, text(e, "http"), response(line, error_of(true, which[http])));
		}
	}
	if (!api) {
		struct json_object *any = list_of(douyin_success(program));
		char what[4200];

		json_object_array_add(any, error_of(false, json_object_get(codes)));
		snprintf(what, sizeof what, "success, or an error by its status_code:\n%s", said);
		json_object_object_add(out, "200", response(what, object("anyOf", any)));
	}
	json_object_put(codes);
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
		openapi_query(op, program, route);
	else if (!raw)
		openapi_body(op, program, route);
	json_object_object_add(op, "responses", raw ? raw_responses() : responses(program, route));
	if (!json_object_object_get_ex(paths, path, &at)) {
		at = json_object_new_object();
		json_object_object_add(paths, path, at);
	}
	json_object_object_add(at, method, op);
}

/* word: NULL where the code tells errors apart. */
static struct json_object *
error_schema(const char *code, const char *sentence, const char *word)
{
	struct json_object *required = list_of(str(code)), *properties;

	json_object_array_add(required, str(sentence));
	properties = object(code, type("integer"), sentence, type("string"));
	if (word != NULL) {
		json_object_array_add(required, str(word));
		json_object_object_add(properties, word, type("string"));
	}
	return object("type", str("object"), "required", required, "properties", properties,
	    "additionalProperties", json_object_new_boolean(word == NULL));
}

int
doufu_openapi(struct json_object *const *programs, size_t n, FILE *out)
{
	struct json_object *paths = json_object_new_object(), *schemas = json_object_new_object(),
			   *all;

	json_object_object_add(schemas, "api.Error", error_schema("code", "message", "error"));
	json_object_object_add(
	    schemas, "douyin.Error", error_schema("status_code", "status_msg", NULL));
	for (size_t i = 0; i < n; i++) {
		struct json_object *routes = items_of(programs[i], "routes");

		for (size_t k = 0; k < json_object_array_length(routes); k++)
			add_route(paths, programs[i], json_object_array_get_idx(routes, k));
		openapi_shapes(schemas, programs[i]);
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
