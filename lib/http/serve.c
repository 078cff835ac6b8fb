/* serve.c - the way of a request: route, query, viewer, body, parameters, rate, handler, reply.
 *
 * Invariant: whatever happens, one whole reply goes out, the rest of the body is read (up to a
 * bound) before it, one line is logged, and the request's memory is dropped. */
#include "http/serve.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/clock.h"
#include "http/body.h"
#include "http/dialect.h"
#include "http/raw.h"
#include "model/viewer.h"
#include "store/limit.h"

#define REPLY_MAX (8u << 20)
#define REPLY_KEPT (1u << 20) /* what an idle process holds at most */
#define HEAD_ROOM 10240       /* before the body, in the same buffer */

/* What lives as long as the process. */
static struct {
	const struct conf *conf; /* NULL: not loaded yet */
	struct call call; /* its services; .conf NULL: not open yet */
	struct buf out;
	uint64_t random[2];
} proc;

/* The request under way: one at a time. */
struct serving {
	const struct endpoint *ep;
	struct io *io;
	const struct route *route; /* NULL: none was found */
	unsigned allow;            /* methods of the path */
	bool preflight;            /* OPTIONS of a path that is there */
	enum dialect dialect;
	struct request r;
	struct call c;
	struct outcome o;
	struct reply reply;
	struct raw raw;
	char id[65];
};

bool
serve_load(char *why, size_t why_size)
{
	if (proc.conf == NULL)
		proc.conf = conf_load(NULL, why, why_size);
	return proc.conf != NULL;
}

bool
serve_open(const struct endpoint *ep, enum log_level least, char *why, size_t why_size)
{
	int level;

	if (proc.call.conf != NULL)
		return true;
	if (!serve_load(why, why_size))
		return false;
	level = log_level_parse(proc.conf->log_level);
	log_open(ep->name, proc.conf->log_file,
	    level >= 0 && level < (int)least ? (unsigned)level : least);
	if (!call_open(&proc.call, proc.conf, why, why_size)) {
		proc.call.conf = NULL;
		return false;
	}
	buf_init(&proc.out, REPLY_MAX);
	random_bytes(proc.random, sizeof proc.random);
	return true;
}

void
serve_close(void)
{
	if (proc.call.conf == NULL)
		return;
	call_close(&proc.call);
	buf_free(&proc.out);
	proc.conf = NULL;
}

/* xoroshiro128+: to tell requests apart, not to keep secrets. */
static uint64_t
next_random(void)
{
	uint64_t a = proc.random[0], b = proc.random[1], sum = a + b;

	b ^= a;
	proc.random[0] = (a << 24 | a >> 40) ^ b ^ b << 16;
	proc.random[1] = b << 37 | b >> 27;
	return sum;
}

static void
name_request(struct serving *s)
{
	static const char good[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
	size_t n = strspn(s->r.request_id, good);
	uint64_t fresh[2];

	if (n >= 8 && n < sizeof s->id && s->r.request_id[n] == '\0') {
		memcpy(s->id, s->r.request_id, n + 1);
	} else {
		fresh[0] = next_random();
		fresh[1] = next_random();
		hex_encode(s->id, fresh, sizeof fresh);
	}
	log_request(s->id);
}

static enum err
find_route(struct serving *s)
{
	const struct route *found = NULL;
	unsigned bit = s->ep->raw != NULL && s->r.head ? HEAD : s->r.method_bit;

	s->dialect = dialect_of_path(s->r.path);
	for (const struct route *t = s->ep->routes; t->path != NULL; t++) {
		if (s->ep->raw != NULL) {
			const char *below = request_below(&s->r, t);

			if (below == NULL)
				continue;
			s->raw.below = below;
		} else if (!request_is_at(&s->r, t)) {
			continue;
		}
		s->allow |= t->method;
		s->dialect = t->dialect;
		if (found == NULL && (t->method & bit) != 0)
			found = t;
	}
	if (s->allow == 0)
		return E_NOT_FOUND;
	s->preflight = s->r.options;
	if (s->preflight)
		return E_OK;
	if (found == NULL)
		return E_METHOD;
	s->route = found;
	s->dialect = found->dialect;
	s->o.routed = true;
	return E_OK;
}

static enum err
find_viewer(struct serving *s, const char *token, size_t n)
{
	struct call *c = &s->c;
	enum err e = E_TOKEN;

	if (n <= HTTP_TOKEN_MAX && memchr(token, '\0', n) == NULL)
		e = viewer_find(c, token, s->ep->marks);
	if (s->route->access == VIEWER_OPTIONAL && (e == E_TOKEN || e == E_ACCOUNT_DISABLED)) {
		c->viewer_id = 0;
		c->marks = NULL;
		c->unblocked = false;
		e = E_OK;
	}
	if (e == E_OK && s->route->access == VIEWER_ADMIN)
		e = viewer_moderates(c);
	return e;
}

/* The token that came before the body, or NULL. */
static const char *
early_token(const struct serving *s, size_t *n)
{
	const struct pair *in_query = source_find(&s->r.values, "token");
	const char *bearer = request_bearer(&s->r);
	bool query = in_query != NULL && in_query->value_n > 0;

	if (query && (s->dialect == DOUYIN || bearer == NULL)) {
		*n = in_query->value_n;
		return in_query->value;
	}
	*n = bearer != NULL ? strlen(bearer) : 0;
	return bearer;
}

/* Reads the body and finds the viewer, in the order that spares most: a bad token before a file is
 * received; but one that stands in the body only after it. */
static enum err
read_body_and_viewer(struct serving *s)
{
	const char *file = NULL, *token = NULL;
	const struct pair *in_body;
	size_t n = 0;
	enum err e = E_OK;

	for (const struct param *p = s->ep->params; p->name != NULL; p++) {
		if (p->type == PARAM_FILE)
			file = p->name;
	}
	if (s->route->access != VIEWER_NONE)
		token = early_token(s, &n);
	if (token != NULL)
		e = find_viewer(s, token, n);
	if (e == E_OK)
		e = body_read(&s->c, s->io, &s->r, s->dialect, file);
	if (e != E_OK || token != NULL || s->route->access == VIEWER_NONE)
		return e;
	in_body = source_find(&s->r.body, "token");
	if (in_body != NULL && in_body->value_n > 0)
		return find_viewer(s, in_body->value, in_body->value_n);
	return s->route->access >= VIEWER_REQUIRED ? E_TOKEN : E_OK;
}

static enum err
take_rate(struct serving *s)
{
	const struct conf *conf = s->c.conf;
	uint64_t key = hash_bytes(s->ep->name, strlen(s->ep->name));
	int64_t wait_ms, interval_ms, burst;

	if (s->ep->rate == RATE_NONE || (s->route->method == GET && !s->route->rated))
		return E_OK;
	if (s->ep->rate == RATE_USER || s->ep->rate == RATE_VIEWER) {
		bool nobody = s->c.viewer_id == 0;

		if ((nobody && s->ep->rate == RATE_USER) || conf->rate_per_second == 0)
			return E_OK;
		key ^= hash_id(nobody ? (int64_t)addr_key(s->c.addr) : s->c.viewer_id);
		interval_ms = 1000 / conf->rate_per_second;
		burst = conf->rate_burst;
	} else {
		if (*s->c.addr == '\0' || conf->rate_addr_per_minute == 0)
			return E_OK;
		key ^= hash_id((int64_t)addr_key(s->c.addr));
		interval_ms = 60000 / conf->rate_addr_per_minute;
		burst = conf->rate_addr_burst;
	}
	wait_ms = limit_take(s->c.shm, key, s->c.now_ms, interval_ms > 0 ? interval_ms : 1, burst);
	if (wait_ms == 0)
		return E_OK;
	s->c.problem = (struct problem){ s->ep->name, WHY_WAIT, (wait_ms + 999) / 1000 };
	return E_TOO_FAST;
}

/* A handler names a parameter as it is declared: tell it as this dialect calls it. */
static void
rename_problem(struct serving *s)
{
	const char *name = s->c.problem.param;

	if (s->dialect != API || name == NULL)
		return;
	for (const struct param *p = s->ep->params; p->name != NULL; p++) {
		if (p->api != NULL && strcmp(p->name, name) == 0)
			s->c.problem.param = p->api;
	}
}

static enum err
handle(struct serving *s)
{
	struct source set = { .what = "route" };
	const char *meant = s->route->set != NULL ? s->route->set : "";
	void *in = arena_zalloc(s->c.mem, s->ep->in_size);
	enum err e = source_form(&set, s->c.mem, meant, strlen(meant), &s->c.problem);

	if (e == E_OK)
		e = params_decode(&s->c, s->ep, s->route, &s->r, &set, in);
	if (e == E_OK)
		e = take_rate(s);
	if (e == E_OK) {
		e = s->ep->handle(&s->c, in, &s->reply);
		rename_problem(s);
	}
	if ((unsigned)e >= E_COUNT || e == E_DUPLICATE || e == E_NO_ROW) {
		log_error("the handler returned %s (%d)", err_name(e), (int)e);
		e = E_INTERNAL;
	}
	return e;
}

/* The token comes in its header alone: an upload's URL is kept by clients. */
static enum err
handle_raw(struct serving *s)
{
	const char *bearer = request_bearer(&s->r);
	enum err e = E_OK;

	s->raw.ep = s->ep;
	s->raw.route = s->route;
	s->raw.request = &s->r;
	s->raw.io = s->io;
	if (s->route != NULL && s->route->access != VIEWER_NONE)
		e = bearer != NULL ? find_viewer(s, bearer, strlen(bearer)) : E_TOKEN;
	if (e == E_OK && s->route != NULL && s->route->method == POST)
		e = take_rate(s);
	return e == E_OK ? s->ep->raw(&s->c, &s->raw) : e;
}

static enum err
run(struct serving *s)
{
	enum err e = find_route(s);

	if (e == E_OK && s->ep->raw != NULL)
		return handle_raw(s);
	if (e != E_OK || s->route == NULL)
		return e;
	e = request_query(&s->r, s->c.mem, &s->c.problem);
	if (e == E_OK)
		e = read_body_and_viewer(s);
	return e == E_OK ? handle(s) : e;
}

static const char *
reason(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 201:
		return "Created";
	case 204:
		return "No Content";
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 409:
		return "Conflict";
	case 412:
		return "Precondition Failed";
	case 413:
		return "Content Too Large";
	case 415:
		return "Unsupported Media Type";
	case 423:
		return "Locked";
	case 429:
		return "Too Many Requests";
	case 460:
		return "Checksum Mismatch";
	case 503:
		return "Service Unavailable";
	default:
		return "Internal Server Error";
	}
}

static void
header(struct buf *b, const struct serving *s, int status, size_t body_n)
{
	static const struct {
		enum method bit;
		const char *word;
	} words[] = { { GET, "GET, HEAD, " }, { POST, "POST, " }, { PUT, "PUT, " },
		{ DELETE, "DELETE, " }, { PATCH, "PATCH, " }, { HEAD, "HEAD, " } };
	const struct problem *p = &s->c.problem;

	buf_adds(b, "Status: ");
	buf_addi(b, status);
	buf_addc(b, ' ');
	buf_adds(b, reason(status));
	if (body_n > 0) {
		buf_adds(b, "\r\nContent-Type: ");
		buf_adds(b, s->o.e == E_OK && s->raw.type != NULL ? s->raw.type
								   : "application/json; charset=utf-8");
	}
	if (status != 204) {
		buf_adds(b, "\r\nContent-Length: ");
		buf_addi(b, (int64_t)body_n);
	}
	buf_adds(b, "\r\nX-Request-Id: ");
	buf_adds(b, s->id);
	buf_adds(b, "\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
		    "Vary: Accept-Language\r\nAccess-Control-Allow-Origin: *\r\n");
	if (s->ep->raw != NULL) {
		buf_adds(b, s->ep->headers != NULL ? s->ep->headers : "");
		buf_add(b, s->raw.headers, s->raw.headers_n);
	} else if (s->preflight) {
		buf_adds(b,
		    "Access-Control-Allow-Methods: GET, POST, PUT, DELETE, PATCH, OPTIONS\r\n"
		    "Access-Control-Allow-Headers: Content-Type, Authorization\r\n"
		    "Access-Control-Max-Age: 86400\r\n");
	}
	if (status == 405 || s->preflight) {
		buf_adds(b, "Allow: ");
		for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
			if ((s->allow & words[i].bit) != 0)
				buf_adds(b, words[i].word);
		}
		buf_adds(b, "OPTIONS\r\n");
	}
	if (status == 429 && p->why == WHY_WAIT) {
		buf_adds(b, "Retry-After: ");
		buf_addi(b, p->limit);
		buf_adds(b, "\r\n");
	}
	buf_adds(b, "\r\n");
}

/* The body, behind room for the header. */
static void
make_body(struct serving *s)
{
	struct buf *b = &proc.out;
	struct render render;

	render_init(&render, &s->c, s->dialect, request_base(&s->r, s->c.mem, s->c.conf));
	for (;;) {
		buf_clear(b);
		if (buf_reserve(b, HEAD_ROOM) != NULL)
			b->len = HEAD_ROOM;
		dialect_body(b, &render, s->route != NULL ? s->ep : NULL, s->route, &s->o,
		    s->c.lang, &s->reply);
		if (!b->full)
			return;
		log_error("the reply is larger than %u bytes", REPLY_MAX);
		s->o.e = E_INTERNAL;
	}
}

/* Returns the bytes that went out. */
static size_t
write_reply(struct serving *s, int status, bool body)
{
	static char room[HEAD_ROOM];
	/* Over a fixed room: it cannot grow, and every part of a header has a ceiling below it. */
	struct buf head = { .p = room, .cap = sizeof room, .max = sizeof room - 1 };
	struct buf *b = &proc.out;
	size_t body_n, sent;

	if (body && s->o.e == E_OK && s->raw.type != NULL) {
		buf_clear(b);
		if (buf_reserve(b, HEAD_ROOM) != NULL)
			b->len = HEAD_ROOM;
		buf_add(b, s->raw.text, s->raw.text_n);
	} else if (body) {
		make_body(s);
		status = dialect_status(s->dialect, &s->o);
	}
	body_n = body ? b->len - HEAD_ROOM : 0;
	header(&head, s, status, body_n);
	sent = head.len + (s->r.head ? 0 : body_n);
	if (!body) {
		s->io->write(s->io, head.p, head.len, head.len);
	} else {
		char *start = b->p + HEAD_ROOM - head.len;

		memcpy(start, head.p, head.len);
		s->io->write(s->io, start, sent, head.len);
	}
	if (b->cap > REPLY_KEPT)
		buf_free(b);
	return sent;
}

bool
serve_request(const struct endpoint *ep, struct io *io)
{
	static struct serving serving;
	struct serving *s = &serving;
	int64_t begin_us = clock_mono_us(), took_us;
	uint64_t statements = db_statements(proc.call.db);
	bool bare; /* a reply that is all header */
	size_t sent;
	int status;

	s->ep = ep;
	s->io = io;
	s->route = NULL;
	s->allow = 0;
	s->preflight = false;
	s->raw.status = 204;
	s->raw.headers_n = 0;
	s->raw.type = NULL;
	s->reply.n = 0;
	call_begin(&proc.call);
	request_head(&s->r, proc.call.mem, io->env);
	name_request(s);
	s->c = proc.call;
	s->c.addr = s->r.addr;
	s->c.client = s->r.client;
	s->c.head = s->r.head;
	s->c.lang = request_lang(s->r.accept_language);
	s->o = (struct outcome){ .problem = &s->c.problem };
	s->o.e = run(s);
	bare = s->o.e == E_OK && (s->preflight || (ep->raw != NULL && s->raw.type == NULL));
	body_drain(io, &s->r);
	sent = write_reply(s, s->raw.status, !bare);
	status = s->o.e == E_OK && (bare || s->raw.type != NULL) ? s->raw.status : dialect_status(s->dialect, &s->o);

	shm_count(proc.call.shm, SHM_requests, 1);
	if (err_http(s->o.e) >= 500)
		shm_count(proc.call.shm, SHM_errors, 1);
	if (s->o.e == E_TOO_FAST)
		shm_count(proc.call.shm, SHM_rate_limited, 1);
	if (log_wants(LOG_INFO)) {
		took_us = clock_mono_us() - begin_us;
		log_info("%.8s %.200s %d %s %lld.%03d ms, viewer %lld, %zu bytes, %llu sql",
		    s->r.method, s->r.path, status, err_name(s->o.e), (long long)(took_us / 1000),
		    (int)(took_us % 1000), (long long)s->c.viewer_id, sent,
		    (unsigned long long)(db_statements(proc.call.db) - statements));
	}
	log_request(NULL);
	arena_reset(proc.call.mem);
	return dialect_success(s->dialect, s->o.e);
}
