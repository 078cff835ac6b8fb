/* body.c - the body in pieces of 64 KiB, whatever its size.
 *
 * Invariant: a received file is closed and removed with the request's arena, until
 * file_in_take() hands its descriptor over; then only the name is removed, which is no longer
 * there when the file was kept. */
#include "http/body.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/log.h"
#include "http/multipart.h"
#include "store/files.h"

/* One request at a time: its file and the piece under way are the process's. */
static struct spool {
	int fd;
	const char *path, *media_dir;
	struct arena *mem;
} spool = { .fd = -1 };

static char piece[65536];

static void
spool_close(void *arg)
{
	(void)arg;
	if (spool.fd >= 0)
		close(spool.fd);
	spool.fd = -1;
	files_drop(spool.mem, spool.media_dir, spool.path);
}

int
file_in_take(const struct file_in *f)
{
	if (f->fd >= 0 && f->fd == spool.fd)
		spool.fd = -1;
	return f->fd;
}

/* How much there is to read: a told length, or to the end. */
static int64_t
body_length(const struct io *io, const struct request *r)
{
	if (r->content_length >= 0)
		return r->content_length;
	return r->content_length == -1 && (io->ends || r->chunked) ? INT64_MAX : 0;
}

size_t
body_piece(struct io *io, struct request *r, void *p, size_t n)
{
	int64_t left = body_length(io, r) - r->body_read;
	size_t got = 0;

	if ((uint64_t)left < n)
		n = (size_t)left;
	if (n > 0)
		got = io->read(io, p, n);
	r->body_read += (int64_t)got;
	return got;
}

void
body_drain(struct io *io, struct request *r)
{
	int64_t until = r->body_read + DRAIN_MAX;

	while (r->body_read < until && body_piece(io, r, piece, sizeof piece) > 0)
		;
}

static bool
cut_short(const struct request *r)
{
	return r->content_length >= 0 && r->body_read < r->content_length;
}

enum kind { FORM, JSON, MULTIPART, UNKNOWN };

/* What Content-Type says. */
static enum kind
kind_of(const char *type)
{
	size_t n = strcspn(type, "; \t");

	if (multipart_is(type))
		return MULTIPART;
	if ((n == 16 && strncasecmp(type, "application/json", n) == 0) ||
	    (n > 5 && strncasecmp(type + n - 5, "+json", 5) == 0))
		return JSON;
	if (n == 0 || (n == 33 && strncasecmp(type, "application/x-www-form-urlencoded", n) == 0))
		return FORM;
	return UNKNOWN;
}

/* A form or a JSON text, as a whole.  Of no form's name the first character is one of JSON's. */
static enum err
read_text(struct call *c, struct io *io, struct request *r, enum kind kind, enum dialect dialect)
{
	const char *first;
	char *text;
	size_t n;

	if (body_length(io, r) == 0)
		return E_OK;
	n = body_piece(io, r, piece, BODY_MAX);
	if (n == BODY_MAX && r->content_length < 0 && body_piece(io, r, &(char){ 0 }, 1) > 0)
		return E_TOO_LARGE;
	if (cut_short(r))
		return E_BODY;
	text = arena_strndup(c->mem, piece, n);
	first = text + strspn(text, " \t\r\n");
	if (kind == JSON || (dialect == API && (*first == '{' || *first == '[')))
		return source_json(&r->body, c->mem, text, n, &c->problem);
	if (kind == FORM || n == 0)
		return source_form(&r->body, c->mem, text, n, &c->problem);
	c->problem = (struct problem){ "body", WHY_BODY_TYPE, 0 };
	return E_BODY;
}

/* What multipart parsing knows. */
struct upload {
	struct call *c;
	struct request *r;
	const char *file; /* the one file field */
	enum { SKIP, TEXT, STORE } now;
	struct pair pair;
	char *text; /* of the text part under way, BODY_MAX bytes */
	size_t text_n;
	size_t texts_n; /* bytes of all text parts */
	size_t parts;
	bool stored;
};

static enum err
part_begin(void *arg, const struct multipart_part *part)
{
	struct upload *u = arg;
	struct request *r = u->r;
	bool is_file = u->file != NULL && strcmp(part->name, u->file) == 0;

	u->now = SKIP;
	if (++u->parts > SOURCE_PAIRS) {
		u->c->problem = (struct problem){ "body", WHY_TOO_MANY, SOURCE_PAIRS };
		return E_PARAM;
	}
	if (part->name[0] == '\0')
		return E_OK;
	if (!part->file) {
		u->now = TEXT;
		u->pair = (struct pair){ .name_n = strlen(part->name) };
		u->pair.name = arena_strndup(u->c->mem, part->name, u->pair.name_n);
		u->text_n = 0;
		r->file_is_text |= is_file;
		return E_OK;
	}
	if (!is_file || u->stored)
		return E_OK;
	/* A browser sends an empty part with an empty name where nothing was chosen. */
	u->now = STORE;
	u->stored = part->file_named;
	return E_OK;
}

static enum err
store_open(struct upload *u)
{
	struct file_in *f = &u->r->file;
	const char *dir = u->c->conf->media_dir;
	char *path = NULL;
	int fd = files_receive(u->c->mem, dir, &path);

	if (fd < 0) {
		log_error("no file can be made in %s/incoming: %s", dir, strerror(errno));
		return E_DISK;
	}
	spool = (struct spool){ fd, path, dir, u->c->mem };
	arena_defer(u->c->mem, spool_close, NULL);
	f->fd = fd;
	f->path = path;
	u->stored = true;
	return E_OK;
}

static enum err
store(struct upload *u, const char *p, size_t n)
{
	struct file_in *f = &u->r->file;
	size_t head = sizeof f->head - f->head_n;
	enum err e = f->fd < 0 ? store_open(u) : E_OK;

	if (e != E_OK)
		return e;
	if ((int64_t)n > u->c->conf->upload_max - f->size)
		return E_FILE_TOO_LARGE;
	if (head > n)
		head = n;
	memcpy(f->head + f->head_n, p, head);
	f->head_n += head;
	f->size += (int64_t)n;
	while (n > 0) {
		ssize_t done = write(f->fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			log_error("writing an upload: %s", strerror(errno));
			return E_DISK;
		}
		p += done;
		n -= (size_t)done;
	}
	return E_OK;
}

static enum err
part_data(void *arg, const char *p, size_t n)
{
	struct upload *u = arg;

	if (u->now == STORE)
		return store(u, p, n);
	if (u->now == SKIP)
		return E_OK;
	if (n > BODY_MAX - u->texts_n)
		return E_TOO_LARGE;
	if (u->text == NULL)
		u->text = arena_alloc(u->c->mem, BODY_MAX);
	memcpy(u->text + u->text_n, p, n);
	u->text_n += n;
	u->texts_n += n;
	return E_OK;
}

static enum err
part_end(void *arg)
{
	struct upload *u = arg;

	/* A file that was named but is empty is stored as such, to be told from none. */
	if (u->now == STORE)
		return u->stored && u->r->file.fd < 0 ? store_open(u) : E_OK;
	if (u->now == SKIP)
		return E_OK;
	u->pair.value = arena_strndup(u->c->mem, u->text != NULL ? u->text : "", u->text_n);
	u->pair.value_n = u->text_n;
	return source_add(&u->r->body, &u->pair, &u->c->problem);
}

static enum err
read_multipart(struct call *c, struct io *io, struct request *r, const char *file)
{
	static struct multipart m;
	struct upload u = { .c = c, .r = r, .file = file };
	const struct multipart_sink sink = { part_begin, part_data, part_end, &u };
	int64_t most = file != NULL ? c->conf->upload_max + UPLOAD_EXTRA : BODY_MAX;
	bool good = multipart_init(&m, r->content_type, &sink);
	enum err e = good ? E_OK : E_PARAM;
	size_t n;

	while (e == E_OK && (n = body_piece(io, r, piece, sizeof piece)) > 0) {
		e = multipart_push(&m, piece, n);
		if (e == E_OK && r->body_read > most)
			e = file != NULL ? E_FILE_TOO_LARGE : E_TOO_LARGE;
	}
	if (e == E_OK && (cut_short(r) || !multipart_complete(&m)))
		e = E_PARAM;
	if (e == E_PARAM && c->problem.why == WHY_NONE)
		c->problem = (struct problem){ "body", WHY_BOUNDARY, 0 };
	return e;
}

enum err
body_read(struct call *c, struct io *io, struct request *r, enum dialect dialect, const char *file)
{
	enum kind kind = kind_of(r->content_type);
	bool upload = kind == MULTIPART && file != NULL;

	if (r->content_length == -2)
		return E_BODY;
	if (kind == UNKNOWN && dialect == DOUYIN)
		return E_OK;
	if (r->content_length > (upload ? c->conf->upload_max + UPLOAD_EXTRA : BODY_MAX))
		return upload ? E_FILE_TOO_LARGE : E_TOO_LARGE;
	if (kind == MULTIPART)
		return body_length(io, r) > 0 ? read_multipart(c, io, r, file) : E_OK;
	return read_text(c, io, r, kind, dialect);
}
