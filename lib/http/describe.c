/* describe.c - everything that an endpoint declares, told.  Invariant: what is not declared is not
 * here, so that the documentation cannot differ from the program. */
#include "http/describe.h"

#include <json-c/json.h>
#include <string.h>

#include "http/reply_internal.h"

#define POOL 4
#define TEXT_CHARS 1000
#define LIST_ENTRIES 100

static const char *const dialects[] = { "douyin", "api" };
static const char *const accesses[] = { "none", "optional", "required", "admin" };
static const char *const rates[] = { "none", "user", "addr", "viewer" };
static const char *const param_types[] = { "id", "int", "text", "lines", "secret", "time", "cursor",
	"file", "bool", "ids", "list", "texts" };
/* By enum only; NULL: in both. */
static const char *const onlys[] = { NULL, "douyin", "api" };
static const char *const output_types[] = { "int", "str", "time", "row", "rows", "cursor", "bool" };

/* JSON type and what it means, by enum member_type. */
static const struct {
	const char *type, *format;
} member_types[] = {
	[M_INT] = { "integer", "int" },
	[M_STR] = { "string", "str" },
	[M_STR_OPT] = { "string", "str" },
	[M_BOOL] = { "boolean", "bool" },
	[M_TRUE] = { "boolean", "bool" },
	[M_URL] = { "string", "url" },
	[M_MEDIA] = { "string", "url" },
	[M_MONTH_DAY] = { "string", "month_day" },
	[M_DATE_TIME] = { "string", "date_time" },
	[M_SECONDS] = { "integer", "seconds" },
	[M_LIKED] = { "boolean", "bool" },
	[M_FOLLOWED] = { "boolean", "bool" },
	[M_ROW] = { "object", "row" },
	[M_INLINE] = { "object", "row" },
	[M_STARRED] = { "boolean", "bool" },
	[M_LIST] = { "array", "rows" },
	[M_ROWS] = { "array", "rows" },
	[M_STR_IN] = { "string", "str" },
	[M_MEDIA_IN] = { "string", "url" },
};

static const char *
method_word(enum method m)
{
	switch (m) {
	case GET:
		return "GET";
	case POST:
		return "POST";
	case PUT:
		return "PUT";
	case DELETE:
		return "DELETE";
	case HEAD:
		return "HEAD";
	case PATCH:
		break;
	}
	return "PATCH";
}

static void
put_str(struct json_object *o, const char *key, const char *s)
{
	if (s != NULL)
		json_object_object_add(o, key, json_object_new_string(s));
}

static void
put_int(struct json_object *o, const char *key, int64_t v)
{
	json_object_object_add(o, key, json_object_new_int64(v));
}

static void
put_bool(struct json_object *o, const char *key, bool v)
{
	json_object_object_add(o, key, json_object_new_boolean(v));
}

static struct json_object *
routes_of(const struct endpoint *ep)
{
	struct json_object *list = json_object_new_array();

	for (const struct route *t = ep->routes; t->path != NULL; t++) {
		struct json_object *o = json_object_new_object();

		put_str(o, "method", method_word(t->method));
		put_str(o, "path", t->path);
		put_str(o, "dialect", dialects[t->dialect]);
		put_str(o, "access", accesses[t->access]);
		put_str(o, "set", t->set);
		put_str(o, "needs", t->needs);
		if (t->bare != FIELD_NONE)
			put_str(o, "bare", field_name(t->bare, t->dialect));
		if (t->plain)
			put_bool(o, "plain", true);
		if (t->rated)
			put_bool(o, "rated", true);
		json_object_array_add(list, o);
	}
	return list;
}

static bool
is_text(enum param_type t)
{
	return t == PARAM_TEXT || t == PARAM_LINES || t == PARAM_SECRET;
}

static struct json_object *
params_of(const struct param *p)
{
	struct json_object *list = json_object_new_array();

	for (; p->name != NULL; p++) {
		struct json_object *o = json_object_new_object();

		put_str(o, "name", p->name);
		put_str(o, "api", p->api);
		put_str(o, "type", param_types[p->type]);
		put_bool(o, "required", p->required);
		if (p->type == PARAM_ID || (p->type == PARAM_INT && p->min == 0 && p->max == 0)) {
			put_int(o, "min", p->type == PARAM_ID && p->required);
			put_int(o, "max", (INT64_C(1) << 53) - 1);
		} else if (p->type == PARAM_INT || is_text(p->type)) {
			put_int(o, "min", p->min);
			put_int(o, "max", p->max == 0 && is_text(p->type) ? TEXT_CHARS : p->max);
		}
		if (p->type == PARAM_ID || p->type == PARAM_INT)
			put_int(o, "default", p->dflt);
		if (p->otherwise != 0)
			put_int(o, "otherwise", p->otherwise);
		if (p->type == PARAM_BOOL)
			put_bool(o, "default", p->dflt != 0);
		if (p->type == PARAM_IDS || p->type == PARAM_LIST || p->type == PARAM_TEXTS)
			put_int(o, "max", p->max > 0 ? p->max : LIST_ENTRIES);
		if (p->type == PARAM_LIST)
			json_object_object_add(o, "of", params_of(p->of));
		put_str(o, "only", onlys[p->only]);
		put_str(o, "doc", p->doc);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *
reply_of(const struct endpoint *ep)
{
	struct json_object *list = json_object_new_array();

	for (const struct output *f = ep->outputs; f->field != FIELD_NONE; f++) {
		struct json_object *o = json_object_new_object();

		for (size_t d = 0; d < DIALECT_COUNT; d++) {
			if (only_fits(f->only, (enum dialect)d))
				put_str(o, dialects[d], field_name(f->field, (enum dialect)d));
		}
		put_str(o, "type", output_types[f->type]);
		if (f->shape != NULL)
			put_str(o, "shape", f->shape->name);
		put_bool(o, "on_error", f->on_error);
		put_str(o, "doc", f->doc);
		json_object_array_add(list, o);
	}
	return list;
}

static void add_shape(struct json_object *shapes, const struct shape *shape);

/* The members as they stand on the wire: those of inlined rows at this level. */
static void
add_members(
    struct json_object *shapes, struct json_object *list, const struct shape *shape, enum dialect d)
{
	const struct member *m = shape->members;

	for (; m->name[DOUYIN] != NULL || m->name[API] != NULL; m++) {
		struct json_object *o;

		if (m->name[d] == NULL)
			continue;
		if (m->type == M_INLINE) {
			add_members(shapes, list, m->shape, d);
			continue;
		}
		o = json_object_new_object();
		put_str(o, "name", m->name[d]);
		put_str(o, "type", member_types[m->type].type);
		put_str(o, "format", member_types[m->type].format);
		put_bool(o, "optional", m->type == M_STR_OPT || m->type == M_TRUE || shape->optional);
		if (m->type == M_ROW || m->type == M_LIST || m->type == M_ROWS) {
			put_str(o, "shape", m->shape->name);
			add_shape(shapes, m->shape);
		}
		put_str(o, "doc", m->doc);
		json_object_array_add(list, o);
	}
}

static void
add_shape(struct json_object *shapes, const struct shape *shape)
{
	struct json_object *o;

	if (json_object_object_get_ex(shapes, shape->name, NULL))
		return;
	o = json_object_new_object();
	json_object_object_add(shapes, shape->name, o);
	for (size_t d = 0; d < DIALECT_COUNT; d++) {
		struct json_object *list = json_object_new_array();

		json_object_object_add(o, dialects[d], list);
		add_members(shapes, list, shape, (enum dialect)d);
	}
}

static struct json_object *
shapes_of(const struct endpoint *ep)
{
	struct json_object *shapes = json_object_new_object();

	for (const struct output *f = ep->outputs; f->field != FIELD_NONE; f++) {
		if (f->shape != NULL)
			add_shape(shapes, f->shape);
	}
	return shapes;
}

/* Those that the endpoint declares, and those that its routes and parameters imply. */
static struct json_object *
errors_of(const struct endpoint *ep)
{
	static const enum err common[] = { E_PARAM, E_TOO_LARGE, E_NOT_FOUND, E_METHOD, E_BODY,
		E_INTERNAL, E_DB, E_UNAVAILABLE };
	struct json_object *list = json_object_new_array();
	bool wanted[E_COUNT] = { false };

	for (size_t i = 0; i < sizeof common / sizeof *common; i++)
		wanted[common[i]] = true;
	for (const enum err *e = ep->errors; *e != E_OK; e++)
		wanted[*e] = true;
	for (const struct route *t = ep->routes; t->path != NULL; t++) {
		wanted[E_TOKEN] |= t->access >= VIEWER_REQUIRED;
		wanted[E_FORBIDDEN] |= t->access == VIEWER_ADMIN;
		wanted[E_ACCOUNT_DISABLED] |= t->access >= VIEWER_REQUIRED;
		wanted[E_UNSURE] |= t->method != GET;
	}
	for (const struct param *p = ep->params; p->name != NULL; p++) {
		wanted[E_FILE_TOO_LARGE] |= p->type == PARAM_FILE;
		wanted[E_DISK] |= p->type == PARAM_FILE;
	}
	wanted[E_TOO_FAST] |= ep->rate != RATE_NONE;
	for (size_t i = 0; i < E_COUNT; i++) {
		enum err e = (enum err)i;
		struct json_object *o;
		char word[ERR_WORD];

		if (!wanted[i])
			continue;
		err_word(word, e);
		o = json_object_new_object();
		put_str(o, "name", err_name(e));
		put_str(o, "error", word);
		put_int(o, "code", err_code(e));
		put_int(o, "http", err_http(e));
		put_str(o, "text", err_text(e, LANG_EN));
		json_object_array_add(list, o);
	}
	return list;
}

void
describe_json(const struct endpoint *ep, FILE *out)
{
	struct json_object *o = json_object_new_object();

	put_str(o, "name", ep->name);
	put_str(o, "summary", ep->summary);
	put_int(o, "pool", ep->pool > 0 ? ep->pool : POOL);
	put_int(o, "nice", ep->nice);
	put_str(o, "rate", rates[ep->rate]);
	put_bool(o, "marks", ep->marks);
	put_bool(o, "raw", ep->raw != NULL);
	json_object_object_add(o, "routes", routes_of(ep));
	json_object_object_add(o, "params", params_of(ep->params));
	json_object_object_add(o, "reply", reply_of(ep));
	json_object_object_add(o, "shapes", shapes_of(ep));
	json_object_object_add(o, "errors", errors_of(ep));
	fprintf(out, "%s\n",
	    json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
						  JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

void
describe_help(const struct endpoint *ep, FILE *out)
{
	fprintf(out,
	    "%s - %s\n\n"
	    "usage: %s METHOD URL [BODY | -] [-H 'Name: value']... [-i]\n"
	    "       %s METHOD URL -F name=value -F name=@file ... [-H 'Name: value']... [-i]\n"
	    "       %s --describe | --help\n\n"
	    "BODY is urlencoded, or JSON where it begins with '{'; '-' reads standard input.\n"
	    "-F makes a multipart body, -i prints the header, too.  The exit status is 0 for\n"
	    "a success, 1 for an error reply, 2 for wrong usage or configuration.  Under a\n"
	    "web server it speaks FastCGI or CGI.\n\nroutes\n",
	    ep->name, ep->summary, ep->name, ep->name, ep->name);
	for (const struct route *t = ep->routes; t->path != NULL; t++)
		fprintf(out, "  %-6s %s%s%s%s\n", method_word(t->method), t->path,
		    t->access == VIEWER_ADMIN      ? "  (a moderator's token)"
		    : t->access == VIEWER_REQUIRED ? "  (token)"
		    : t->access == VIEWER_OPTIONAL ? "  (token optional)"
						   : "",
		    t->set != NULL ? "  sets " : "", t->set != NULL ? t->set : "");
	if (ep->params->name != NULL)
		fputs("\nparameters\n", out);
	for (const struct param *p = ep->params; p->name != NULL; p++)
		fprintf(out, "  %-14s %-7s%s%s%s%s\n",
		    p->only == ONLY_API && p->api != NULL ? p->api : p->name, param_types[p->type],
		    p->required ? "required; " : "", p->only != BOTH ? onlys[p->only] : "",
		    p->only != BOTH ? ": " : "", p->doc != NULL ? p->doc : "");
	if (ep->outputs->field != FIELD_NONE)
		fputs("\nreply\n", out);
	for (const struct output *f = ep->outputs; f->field != FIELD_NONE; f++)
		fprintf(out, "  %-14s %-7s%s\n", field_name(f->field, DOUYIN),
		    output_types[f->type], f->doc != NULL ? f->doc : "");
}
