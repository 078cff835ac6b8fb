/* request.h - one request as it came: method, path, headers, named values, the received file.
 *
 * Everything is of the request's arena or of the environment of its struct io. */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "http/endpoint.h"
#include "http/io.h"
#include "http/source.h"

#define QUERY_MAX 65536
#define BODY_MAX 65536                  /* but for files */
#define UPLOAD_EXTRA (INT64_C(1) << 20) /* what may stand around a file of upload_max bytes */
#define DRAIN_MAX (INT64_C(8) << 20)    /* how much of a refused body is still read */
#define HTTP_TOKEN_MAX 4096

struct request {
	const char *method;  /* as it came, never NULL */
	unsigned method_bit; /* of enum method, HEAD as GET; 0: another one */
	bool head, options;
	const char *path; /* without its query, percent-decoded once */
	const char *query, *content_type, *authorization, *accept_language, *host, *server_name,
	    *server_port, *addr, *client, *request_id; /* never NULL */
	int64_t content_length;               /* -1: not told; -2: told, but no number */
	bool chunked, https;

	struct source values; /* of the query */
	struct source body;
	struct file_in file; /* of the one PARAM_FILE */
	bool file_is_text;   /* its name came, but not as a file */
	int64_t body_read;   /* bytes of the body that were read */
};

/* The path of a URL that begins with it, decoded as web servers do. */
const char *request_path(struct arena *a, const char *url);

/* Reads the environment. */
void request_head(struct request *r, struct arena *a, char **env);

/* Whether the route's path is the request's, with or without one '/' at the end. */
bool request_is_at(const struct request *r, const struct route *route);

/* The same for a route that also answers one segment below its path, as one that ends with '/' does;
 * NULL: it is elsewhere, else
 * that segment, "" where there is none. */
const char *request_below(const struct request *r, const struct route *route);

/* A header by its CGI name ("HTTP_UPLOAD_OFFSET"); "" where it did not come. */
const char *request_header(char *const *env, const char *name);

/* Takes the query apart. */
enum err request_query(struct request *r, struct arena *a, struct problem *why) CHECKED;

/* The token of Authorization: Bearer, or NULL. */
const char *request_bearer(const struct request *r);

/* What the client reads, by Accept-Language: English where nothing else is said. */
enum lang request_lang(const char *p);

/* "https://host:port" as the client sees us: public_url, else by the request. */
const char *request_base(const struct request *r, struct arena *a, const struct conf *conf);

#endif
