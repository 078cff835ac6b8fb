/* request.c - reads the CGI environment that all web servers agree on, and where they differ.
 *
 * Invariant: no field is NULL, and nothing here trusts a length or a character that came in. */
#include "http/request.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

#define HOST_MAX 255

static const struct {
	const char *word;
	enum method bit;
} methods[] = {
	{ "GET", GET },
	{ "POST", POST },
	{ "PUT", PUT },
	{ "DELETE", DELETE },
	{ "PATCH", PATCH },
	{ "HEAD", GET },
};

enum name {
	REQUEST_METHOD,
	SCRIPT_NAME,
	PATH_INFO,
	REQUEST_URI,
	QUERY_STRING,
	CONTENT_TYPE,
	CONTENT_LENGTH,
	REMOTE_ADDR,
	HTTP_USER_AGENT,
	SERVER_NAME,
	SERVER_PORT,
	HTTPS,
	HTTP_HOST,
	HTTP_AUTHORIZATION,
	HTTP_ACCEPT_LANGUAGE,
	HTTP_X_FORWARDED_PROTO,
	HTTP_X_REQUEST_ID,
	HTTP_TRANSFER_ENCODING,
	NAME_COUNT
};

static const struct {
	const char *text;
	size_t n;
} names[NAME_COUNT] = {
#define NAME(x) [x] = { #x, sizeof #x - 1 }
	NAME(REQUEST_METHOD),
	NAME(SCRIPT_NAME),
	NAME(PATH_INFO),
	NAME(REQUEST_URI),
	NAME(QUERY_STRING),
	NAME(CONTENT_TYPE),
	NAME(CONTENT_LENGTH),
	NAME(REMOTE_ADDR),
	NAME(HTTP_USER_AGENT),
	NAME(SERVER_NAME),
	NAME(SERVER_PORT),
	NAME(HTTPS),
	NAME(HTTP_HOST),
	NAME(HTTP_AUTHORIZATION),
	NAME(HTTP_ACCEPT_LANGUAGE),
	NAME(HTTP_X_FORWARDED_PROTO),
	NAME(HTTP_X_REQUEST_ID),
	NAME(HTTP_TRANSFER_ENCODING),
#undef NAME
};

static void
read_env(const char *got[NAME_COUNT], char **env)
{
	for (size_t i = 0; i < NAME_COUNT; i++)
		got[i] = "";
	for (; env != NULL && *env != NULL; env++) {
		const char *eq = strchr(*env, '=');
		size_t n = eq != NULL ? (size_t)(eq - *env) : 0;

		for (size_t i = 0; n > 0 && i < NAME_COUNT; i++) {
			if (names[i].n == n && memcmp(names[i].text, *env, n) == 0) {
				got[i] = eq + 1;
				break;
			}
		}
	}
}

static int64_t
read_length(const char *s)
{
	int64_t v = 0;

	if (*s == '\0')
		return -1;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9' || v > (INT64_MAX - 9) / 10)
			return -2;
		v = v * 10 + (*s - '0');
	}
	return v;
}

const char *
request_path(struct arena *a, const char *url)
{
	size_t n = strcspn(url, "?");
	char *path = arena_strndup(a, url, n);

	path[url_decode(path, n, false)] = '\0';
	return path;
}

void
request_head(struct request *r, struct arena *a, char **env)
{
	const char *got[NAME_COUNT];

	read_env(got, env);
	memset(r, 0, sizeof(*r));
	r->values.what = "query";
	r->body.what = "body";
	r->file.fd = -1;
	r->method = got[REQUEST_METHOD];
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		if (strcmp(r->method, methods[i].word) == 0)
			r->method_bit = methods[i].bit;
	}
	r->head = strcmp(r->method, "HEAD") == 0;
	r->options = strcmp(r->method, "OPTIONS") == 0;

	/* Both come decoded.  lighttpd splits the path somewhere between the two, Apache leaves it in the first. */
	if (*got[PATH_INFO] == '\0')
		r->path = got[SCRIPT_NAME];
	else if (*got[SCRIPT_NAME] == '\0')
		r->path = got[PATH_INFO];
	else
		r->path = arena_printf(a, "%s%s", got[SCRIPT_NAME], got[PATH_INFO]);
	if (*r->path == '\0')
		r->path = request_path(a, got[REQUEST_URI]);

	r->query = got[QUERY_STRING];
	r->content_type = got[CONTENT_TYPE];
	r->content_length = read_length(got[CONTENT_LENGTH]);
	r->chunked = *got[HTTP_TRANSFER_ENCODING] != '\0';
	r->addr = got[REMOTE_ADDR];
	r->client = got[HTTP_USER_AGENT];
	r->server_name = got[SERVER_NAME];
	r->server_port = got[SERVER_PORT];
	r->host = got[HTTP_HOST];
	r->https = strcasecmp(got[HTTPS], "on") == 0 ||
		   strcasecmp(got[HTTP_X_FORWARDED_PROTO], "https") == 0;
	r->authorization = got[HTTP_AUTHORIZATION];
	r->accept_language = got[HTTP_ACCEPT_LANGUAGE];
	r->request_id = got[HTTP_X_REQUEST_ID];
}

bool
request_is_at(const struct request *r, const struct route *route)
{
	size_t n = strlen(route->path), got = strlen(r->path);

	if (n > 1 && route->path[n - 1] == '/')
		n--;
	if (got > 1 && r->path[got - 1] == '/')
		got--;
	return got == n && memcmp(r->path, route->path, n) == 0;
}

const char *
request_below(const struct request *r, const struct route *route)
{
	size_t n = strlen(route->path);
	const char *rest;

	if (request_is_at(r, route))
		return "";
	if (n == 0 || route->path[n - 1] != '/' || strncmp(r->path, route->path, n) != 0)
		return NULL;
	rest = r->path + n;
	return strchr(rest, '/') == NULL ? rest : NULL;
}

const char *
request_header(char *const *env, const char *name)
{
	size_t n = strlen(name);

	for (; env != NULL && *env != NULL; env++) {
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			return *env + n + 1;
	}
	return "";
}

enum err
request_query(struct request *r, struct arena *a, struct problem *why)
{
	size_t n = strnlen(r->query, QUERY_MAX + 1);

	if (n > QUERY_MAX)
		return E_TOO_LARGE;
	return source_form(&r->values, a, r->query, n, why);
}

const char *
request_bearer(const struct request *r)
{
	const char *p = r->authorization;

	if (strncasecmp(p, "Bearer", 6) != 0 || p[6] != ' ')
		return NULL;
	p += 6;
	p += strspn(p, " ");
	return *p != '\0' ? p : NULL;
}

/* q of a language range in thousandths, from "q=0.8" and the like; 1000 where there is none. */
static int
quality(const char *p, const char *end)
{
	int q = 0, unit = 100;

	while (p < end && (*p == ' ' || *p == '\t' || *p == ';'))
		p++;
	if (end - p < 3 || (*p | 32) != 'q' || p[1] != '=')
		return 1000;
	p += 2;
	if (*p == '1')
		return 1000;
	for (p += *p == '0'; p < end && (*p == '.' || (*p >= '0' && *p <= '9')); p++) {
		if (*p != '.') {
			q += (*p - '0') * unit;
			unit /= 10;
		}
	}
	return q;
}

enum lang
request_lang(const char *p)
{
	enum lang best = LANG_EN;
	int best_q = 0;

	while (*p != '\0') {
		const char *end, *range;
		size_t n;
		int q;

		p += strspn(p, " \t,");
		end = p + strcspn(p, ",");
		range = p;
		n = strcspn(p, ";-, \t");
		q = quality(p + strcspn(p, ";,"), end);
		p = end;
		if (n == 2 && q > best_q) {
			if (strncasecmp(range, "zh", 2) == 0) {
				best = LANG_ZH;
				best_q = q;
			} else if (strncasecmp(range, "en", 2) == 0) {
				best = LANG_EN;
				best_q = q;
			}
		}
	}
	return best;
}

/* A host that may stand in our URLs: nothing in it needs escaping or ends the authority. */
static bool
host_good(const char *s)
{
	size_t n =
	    strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.:_-[]");

	return n > 0 && n <= HOST_MAX && s[n] == '\0';
}

const char *
request_base(const struct request *r, struct arena *a, const struct conf *conf)
{
	const char *scheme = r->https ? "https" : "http";

	if (*conf->public_url != '\0')
		return conf->public_url;
	if (host_good(r->host))
		return arena_printf(a, "%s://%s", scheme, r->host);
	if (!host_good(r->server_name))
		return "http://127.0.0.1:8080";
	if (!host_good(r->server_port) || strcmp(r->server_port, r->https ? "443" : "80") == 0)
		return arena_printf(a, "%s://%s", scheme, r->server_name);
	return arena_printf(a, "%s://%s:%s", scheme, r->server_name, r->server_port);
}
