/* endpoint.h - what a file in cgi/ is made of: parameters in, routes, fields out, one handler.
 *
 * ENDPOINT() makes a program of it: a FastCGI worker under a web server, a CGI program under
 * mod_cgi, a command in a shell (`feed GET '/douyin/feed/'`, `feed --help`, `feed --describe`).
 * bin/mother is all of them in one. */
#ifndef HTTP_ENDPOINT_H
#define HTTP_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/shape.h"
#include "http/reply.h"
#include "model/call.h"

enum method { GET = 1, POST = 2, PUT = 4, DELETE = 8, PATCH = 16, HEAD = 32 };

enum access {
	VIEWER_NONE,     /* a token is not even looked at */
	VIEWER_OPTIONAL, /* a good token adds the viewer's marks, a bad one counts as none */
	VIEWER_REQUIRED, /* E_TOKEN without a good token */
	VIEWER_ADMIN,    /* the same, and E_FORBIDDEN for who is no moderator, whatever else he sent */
};

struct route {
	enum method method; /* HEAD and OPTIONS come by themselves; HEAD is for raw handlers */
	const char *path;   /* in canonical form; it answers with and without one '/' at the end */
	enum dialect dialect;
	enum access access;
	const char *set;    /* parameters that this path means, as a query: "action_type=1" */
	enum field bare;    /* API: this field's value itself is the data; a cursor stands beside it */
	bool rated;         /* a GET that counts for the endpoint's rate; others than GET always do */
	bool plain;         /* API: a success is the fields alone, without an envelope */
	const char *needs;  /* a parameter, as declared, that is required here though not on every path */
};

/* What a parameter or a field of the reply is for, where an operation is not the same in both
 * dialects: in the other one it is not read, or not told. */
enum only { BOTH, ONLY_DOUYIN, ONLY_API };

enum param_type {
	PARAM_ID,     /* int64_t, 1 .. 2^53 - 1, any form of id_parse_int(); 0 is as if absent */
	PARAM_INT,    /* int64_t, min .. max */
	PARAM_TEXT,   /* const char *, valid UTF-8, min .. max characters, no control characters */
	PARAM_LINES,  /* the same, with tab and line ends */
	PARAM_SECRET, /* the same as PARAM_TEXT; never logged or described with an example */
	PARAM_TIME,   /* struct time_in: what latest_time means, never an error */
	PARAM_CURSOR, /* struct cursor: what this list gave out as next_cursor */
	PARAM_FILE,   /* struct file_in, from multipart/form-data */
	PARAM_BOOL,   /* bool: true, false, 1 or 0; dflt where it is absent */
	PARAM_IDS,    /* struct ids_in, at most max (0: 100): a JSON array, or "1,2,3"; may repeat */
	PARAM_LIST,   /* struct list_in, at most max (0: 100) objects of a JSON array; see `of` */
	PARAM_TEXTS,  /* struct texts_in, at most max (0: 100) texts of a JSON array */
};

/* Both are of the request's memory, in the order in which they came. */
struct ids_in {
	size_t n;
	const int64_t *v;
};

struct list_in {
	size_t n;
	const void *v; /* n structs of of_size bytes */
};

struct texts_in {
	size_t n;
	const char *const *v; /* each as PARAM_TEXT, at most 1000 characters */
};

struct time_in {
	int64_t ms;
	bool seconds; /* it came in seconds: answer in seconds */
};

struct cursor {
	int64_t a, b; /* the list's sort key of the last row seen */
	bool given;
};

/* A received file: spooled in media_dir/incoming, closed and removed with the request.  Whoever
 * keeps it (files_keep() closes) passes on file_in_take(f) instead of f->fd. */
struct file_in {
	const char *path;       /* for files_keep() */
	int fd;                 /* open for reading and writing; -1: none came */
	int64_t size;           /* bytes */
	unsigned char head[64]; /* the first bytes */
	size_t head_n;
};

/* Takes the descriptor over: the caller closes it from now on, lib/http does not. */
int file_in_take(const struct file_in *f);

struct param {
	const char *name;
	enum param_type type;
	size_t offset;       /* in the endpoint's struct in */
	/* Of a bool that says whether it came (a text: even if empty); 0: nobody asks (let no flag be
	 * first). */
	size_t has_offset;
	bool required;       /* absent or empty is E_PARAM */
	/* PARAM_INT (both 0: 0 .. 2^53 - 1); characters of a text (max 0: 1000).  A text that has a
	 * min must not be blank either, but for PARAM_SECRET. */
	int64_t min, max;
	int64_t dflt;        /* PARAM_ID, PARAM_INT, PARAM_BOOL where it is absent */
	int64_t otherwise;   /* PARAM_INT: what a number beyond min .. max means; 0: E_PARAM */
	const char *api;     /* its name in /api, where another; both are taken there */
	const char *doc;
	/* PARAM_LIST: the members of each object, none of them a file, decoded into a struct of
	 * of_size bytes; has_offset is within that struct.  Unknown members are ignored. */
	const struct param *of;
	size_t of_size;
	enum only only;
};

enum output_type { OUT_INT, OUT_STR, OUT_TIME, OUT_ROW, OUT_ROWS, OUT_CURSOR, OUT_BOOL };

/* A field of the reply, for the description, and for what an error reply still carries. */
struct output {
	enum field field;
	enum output_type type;
	const struct shape *shape; /* OUT_ROW, OUT_ROWS */
	bool on_error;             /* /douyin errors carry it, too: [], 0 or "" */
	const char *doc;
	enum only only;
};

/* RATE_VIEWER: as RATE_USER, and who is nobody counts by his address. */
enum rate { RATE_NONE, RATE_USER, RATE_ADDR, RATE_VIEWER };

struct raw; /* raw.h */

struct endpoint {
	const char *name, *summary;
	const struct param *params;   /* ends with { 0 } */
	const struct route *routes;   /* ends with { 0 } */
	const struct output *outputs; /* ends with { 0 } */
	const enum err *errors;       /* of its own, ends with E_OK; the common ones are implied */
	size_t in_size;
	enum err (*handle)(struct call *c, const void *arg, struct reply *out);

	/* Instead of handle: reads the body and answers by itself (raw.h).  It is asked for OPTIONS,
	 * too, and for one path segment below its routes; its parameters come from raw_metadata(). */
	enum err (*raw)(struct call *c, struct raw *r);
	const char *headers; /* of every reply of a raw handler, each line with its \r\n; NULL: none */
	int pool;         /* processes under the spawner; 0: 4 */
	int nice;         /* of them */
	enum rate rate;
	bool marks;       /* its rows carry the viewer's marks: fetch them with the viewer */
};

/* Runs until the web server has no more requests, or once; returns the exit status. */
int endpoint_main(const struct endpoint *e, int argc, char **argv);

/* The first of the two alone: descriptor 0 listens. */
int endpoint_serve(const struct endpoint *e);

/* main() is weak and the endpoint in a section of its own for bin/mother, which has many of both. */
#define ENDPOINT_PROGRAM(fn, in_type, text, ...)                                                   \
	static const struct endpoint endpoint = {                                                   \
		.name = #fn, .summary = text, .params = params, .routes = routes,                   \
		.outputs = outputs, .errors = errors, .in_size = sizeof(in_type), __VA_ARGS__       \
	};                                                                                          \
	static const struct endpoint *const endpoint_entry                                          \
	    __attribute__((section("endpoints"), used)) = &endpoint;                                \
	__attribute__((weak)) int main(int argc, char **argv)                                       \
	{                                                                                           \
		return endpoint_main(&endpoint, argc, argv);                                        \
	}

/* fn: the handler and the program's name; in_type: its struct in; the rest: pool, rate ... of
 * struct endpoint.  The file declares params, routes, outputs and errors before it. */
#define ENDPOINT(fn, in_type, ...) ENDPOINT_PROGRAM(fn, in_type, __VA_ARGS__, .handle = fn)

/* The same for a raw handler. */
#define RAW_ENDPOINT(fn, in_type, ...) ENDPOINT_PROGRAM(fn, in_type, __VA_ARGS__, .raw = fn)

#endif
