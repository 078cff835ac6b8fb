/* tus.c - see tus.h.
 *
 * What came of a broken request is kept and on disk before an offset is told.  With the last byte
 * the file is handed over, in the same request; whoever missed that answer asks again with HEAD, which
 * finishes what a crash left unfinished. */
#include "http/tus.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/text.h"

/* The checksum of one request's bytes. */
struct checksum {
	EVP_MD_CTX *md; /* NULL: none was told */
	unsigned char want[EVP_MAX_MD_SIZE];
};

static void
checksum_free(void *arg)
{
	EVP_MD_CTX_free(arg);
}

static enum err
checksum_begin(struct call *c, const struct raw *r, struct checksum *sum)
{
	const char *text = raw_header(r, "HTTP_UPLOAD_CHECKSUM");
	size_t name_n = strcspn(text, " "), n;
	const char *code = text + name_n + (text[name_n] == ' ');
	const EVP_MD *kind = NULL;

	sum->md = NULL;
	if (*text == '\0')
		return E_OK;
	if (name_n == 4 && memcmp(text, "sha1", 4) == 0)
		kind = EVP_sha1();
	else if (name_n == 6 && memcmp(text, "sha256", 6) == 0)
		kind = EVP_sha256();
	if (kind == NULL || strlen(code) > sizeof sum->want / 3 * 4 ||
	    !base64_decode(sum->want, &n, code, strlen(code)) || n != (size_t)EVP_MD_size(kind))
		return call_param(c, "Upload-Checksum", WHY_NOT_TEXT, 0);
	sum->md = EVP_MD_CTX_new();
	if (sum->md == NULL || EVP_DigestInit_ex(sum->md, kind, NULL) != 1) {
		checksum_free(sum->md);
		return E_INTERNAL;
	}
	arena_defer(c->mem, checksum_free, sum->md);
	return E_OK;
}

static bool
checksum_good(struct checksum *sum)
{
	unsigned char got[EVP_MAX_MD_SIZE];
	unsigned n;

	return EVP_DigestFinal_ex(sum->md, got, &n) == 1 && memcmp(got, sum->want, n) == 0;
}

static bool
type_is_offset(const struct raw *r)
{
	const char *type = r->request->content_type;
	size_t n = strcspn(type, "; \t");

	return n == 31 && strncasecmp(type, "application/offset+octet-stream", 31) == 0;
}

/* Takes the body into the part, whatever of it comes. */
static enum err
receive(struct call *c, struct raw *r, struct part *p)
{
	static char piece[65536];
	int64_t begin = p->offset_bytes;
	struct checksum sum;
	enum err e, synced;
	size_t n;

	if (r->request->content_length == -2)
		return E_BODY;
	if (r->request->content_length > p->length_bytes - p->offset_bytes)
		return E_FILE_TOO_LARGE;
	e = checksum_begin(c, r, &sum);
	if (e != E_OK)
		return e;
	while (e == E_OK && (n = raw_read(r, piece, sizeof piece)) > 0) {
		if ((int64_t)n > p->length_bytes - p->offset_bytes) {
			e = E_FILE_TOO_LARGE;
			break;
		}
		if (sum.md != NULL && EVP_DigestUpdate(sum.md, piece, n) != 1)
			e = E_INTERNAL;
		else
			e = part_append(p, piece, n);
	}
	if (e == E_FILE_TOO_LARGE) {
		synced = part_cut(p, begin);
	} else if (sum.md != NULL && (e != E_OK || !checksum_good(&sum))) {
		synced = part_cut(p, begin);
		e = e == E_OK ? E_UPLOAD_CHECKSUM : e;
	} else {
		synced = part_sync(p, c->now_ms);
	}
	return e == E_OK ? synced : e;
}

static void
tell(struct raw *r, const struct part *p)
{
	char date[40];
	time_t at = (time_t)(p->expires_ms / 1000);
	struct tm tm;

	raw_set_int(r, "Upload-Offset", p->offset_bytes);
	if (p->video_id != 0) {
		raw_set_int(r, "X-Video-Id", p->video_id);
	} else if (gmtime_r(&at, &tm) != NULL &&
		   strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0) {
		raw_set(r, "Upload-Expires", date);
	}
}

static enum err
finish_if_whole(struct call *c, struct raw *r, const struct tus *t, struct part *p)
{
	enum err e = E_OK;

	if (p->video_id == 0 && p->offset_bytes == p->length_bytes)
		e = t->whole(c, r, p);
	if (e == E_OK)
		tell(r, p);
	return e;
}

static enum err
create(struct call *c, struct raw *r, const struct tus *t)
{
	struct part p = { .user_id = c->viewer_id, .note = raw_header(r, "HTTP_UPLOAD_METADATA") };
	bool body = r->request->content_length > 0 || r->request->chunked;
	enum err e;

	if (*raw_header(r, "HTTP_UPLOAD_CONCAT") != '\0')
		return call_param(c, "Upload-Concat", WHY_TOO_MANY, 0);
	if (!raw_number(r, "HTTP_UPLOAD_LENGTH", &p.length_bytes))
		return call_param(c, "Upload-Length", WHY_NOT_INT, 0);
	if (p.length_bytes == 0)
		return call_param(c, "Upload-Length", WHY_TOO_SMALL, 1);
	if (p.length_bytes > c->conf->upload_max)
		return E_FILE_TOO_LARGE;
	if (body && !type_is_offset(r))
		return E_UPLOAD_TYPE;
	e = t->may(c, r, &p);
	if (e == E_OK)
		e = part_create(c->mem, c->conf->media_dir, &p);
	if (e != E_OK)
		return e;
	p.expires_ms = c->now_ms + (int64_t)PART_AGE_S * 1000;
	if (body)
		e = receive(c, r, &p);
	if (e == E_OK)
		e = finish_if_whole(c, r, t, &p);
	if (e == E_OK)
		raw_set(r, "Location",
		    arena_printf(c->mem, "%s/upload/%s", request_base(r->request, c->mem, c->conf), p.id));
	else if (e != E_NOT_VIDEO)
		part_remove(&p); /* nobody was told its name */
	part_close(&p);
	r->status = 201;
	return e;
}

static enum err
patch(struct call *c, struct raw *r, const struct tus *t, struct part *p)
{
	int64_t offset;
	enum err e = E_OK;

	if (!type_is_offset(r))
		return E_UPLOAD_TYPE;
	if (!raw_number(r, "HTTP_UPLOAD_OFFSET", &offset))
		return call_param(c, "Upload-Offset", WHY_NOT_INT, 0);
	if (offset != p->offset_bytes)
		return E_UPLOAD_OFFSET;
	if (p->video_id == 0)
		e = receive(c, r, p);
	return e == E_OK ? finish_if_whole(c, r, t, p) : e;
}

static enum err
head(struct call *c, struct raw *r, const struct tus *t, struct part *p)
{
	enum err e = finish_if_whole(c, r, t, p);

	r->status = 200;
	raw_set_int(r, "Upload-Length", p->length_bytes);
	if (*p->note != '\0')
		raw_set(r, "Upload-Metadata", p->note);
	return e;
}

enum err
tus_serve(struct call *c, struct raw *r, const struct tus *t)
{
	const char *method = r->request->method, *other = raw_header(r, "HTTP_X_HTTP_METHOD_OVERRIDE");
	bool known, at_one = *r->below != '\0';
	struct part p;
	enum err e;

	if (r->route == NULL) {
		raw_set(r, "Tus-Version", "1.0.0");
		raw_set(r, "Tus-Extension",
		    "creation,creation-with-upload,checksum,expiration,termination");
		raw_set(r, "Tus-Checksum-Algorithm", "sha1,sha256");
		raw_set_int(r, "Tus-Max-Size", c->conf->upload_max);
		raw_set(r, "Access-Control-Allow-Methods", "POST, HEAD, PATCH, DELETE, OPTIONS");
		raw_set(r, "Access-Control-Allow-Headers",
		    "Authorization, Content-Type, Tus-Resumable, Upload-Length, Upload-Offset, "
		    "Upload-Metadata, Upload-Checksum, X-HTTP-Method-Override, X-Requested-With, "
		    "X-Request-ID");
		raw_set(r, "Access-Control-Max-Age", "86400");
		return E_OK;
	}
	if (strcmp(raw_header(r, "HTTP_TUS_RESUMABLE"), "1.0.0") != 0) {
		raw_set(r, "Tus-Version", "1.0.0");
		return E_UPLOAD_VERSION;
	}
	if (strcmp(method, "POST") == 0 && *other != '\0')
		method = other;
	known = strcmp(method, "PATCH") == 0 || strcmp(method, "DELETE") == 0 ||
		strcmp(method, "HEAD") == 0;
	if (!at_one && strcmp(method, "POST") == 0)
		return create(c, r, t);
	if (!at_one || !known)
		return E_METHOD;
	e = part_open(c->mem, c->conf->media_dir, r->below, c->viewer_id, c->now_ms, &p);
	if (e != E_OK)
		return e;
	if (*method == 'P')
		e = patch(c, r, t, &p);
	else if (*method == 'H')
		e = head(c, r, t, &p);
	else
		part_remove(&p);
	part_close(&p);
	return e;
}
