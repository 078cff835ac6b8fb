/* s3_request.c - see s3_request.h.
 *
 * The invariants: no secret, signature or header goes to a log; memory does not grow with the
 * object.  Signing is libcurl's.  What it wants of us (7.88 to 8.14): x-amz-content-sha256 is ours
 * to give, "Expect:" must not be touched (it would be signed and not sent), and paths are signed as
 * they are written, so keys are of [a-z0-9/._-] only. */
#include "store/s3_request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "store/curl.h"

#define CONNECT_S 5
#define SLOWEST_BYTES_S 10000L /* slower than this for s3_timeout is broken */
#define FIRST_PAUSE_MS 200
#define ERROR_WORD 61
#define DOWN_US 10000000 /* this long after it did not answer it is asked but once */

static const struct curl_table *curl;
static CURL *handle; /* keeps its connections */
static char detail[CURL_ERROR_SIZE], last_failure[500];
static int64_t down_us = -DOWN_US;
static bool (*wait_fn)(void *);
static void *wait_arg;

void
s3_on_wait(bool (*fn)(void *arg), void *arg)
{
	wait_fn = fn;
	wait_arg = arg;
}

const char *
s3_why(void)
{
	return last_failure;
}

/* ---- what libcurl calls ---- */

static size_t
on_read(char *out, size_t size, size_t n, void *arg)
{
	struct s3_request *r = arg;
	ssize_t got;

	do
		got = pread(r->fd, out, size * n, r->at);
	while (got < 0 && errno == EINTR);
	if (got < 0 || (got == 0 && r->at < r->send->size_bytes)) {
		r->torn = true;
		return CURL_READFUNC_ABORT;
	}
	r->at += got;
	return (size_t)got;
}

/* libcurl begins anew when a connection that it had kept was shut meanwhile. */
static int
on_seek(void *arg, curl_off_t offset, int origin)
{
	struct s3_request *r = arg;

	if (origin != SEEK_SET)
		return CURL_SEEKFUNC_CANTSEEK;
	r->at = offset;
	return CURL_SEEKFUNC_OK;
}

static size_t
on_write(char *p, size_t size, size_t n, void *arg)
{
	struct s3_request *r = arg;
	size_t total = size * n, room = sizeof r->answer - 1 - r->answer_n;

	if (curl->easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &r->status) == CURLE_OK &&
	    r->status == 200 && r->sha != NULL) {
		for (size_t done = 0; r->fd >= 0 && done < total;) {
			ssize_t w = write(r->fd, p + done, total - done);

			if (w < 0 && errno == EINTR)
				continue;
			if (w < 0) {
				r->torn = true;
				return 0;
			}
			done += (size_t)w;
		}
		r->at += (int64_t)total;
		return EVP_DigestUpdate(r->sha, p, total) == 1 ? total : 0;
	}
	if (r->status == 200 && r->text != NULL) {
		buf_add(r->text, p, total);
		return r->text->full ? 0 : total;
	}
	if (room > total)
		room = total;
	memcpy(r->answer + r->answer_n, p, room);
	r->answer_n += room;
	return total;
}

/* The value of a header line where it has this name. */
static void
take_header(const char *line, size_t n, const char *name, char *out, size_t size)
{
	size_t skip = strlen(name);

	if (n <= skip || strncasecmp(line, name, skip) != 0 || line[skip] != ':')
		return;
	for (skip++; skip < n && (line[skip] == ' ' || line[skip] == '"');)
		skip++;
	while (n > skip && (line[n - 1] == '\r' || line[n - 1] == '\n' || line[n - 1] == '"'))
		n--;
	if (n - skip < size) {
		memcpy(out, line + skip, n - skip);
		out[n - skip] = '\0';
	}
}

static size_t
on_header(char *line, size_t size, size_t n, void *arg)
{
	struct s3_request *r = arg;

	take_header(line, size * n, "ETag", r->etag, sizeof r->etag);
	take_header(line, size * n, S3_META_HASH, r->told.sha256, sizeof r->told.sha256);
	return size * n;
}

static int
on_progress(void *arg, curl_off_t down, curl_off_t down_now, curl_off_t up, curl_off_t up_now)
{
	static int64_t last_us;
	struct s3_request *r = arg;
	int64_t now_us = clock_mono_us();

	(void)down, (void)down_now, (void)up, (void)up_now;
	if (wait_fn == NULL || now_us - last_us < 1000000)
		return 0;
	last_us = now_us;
	r->torn = !wait_fn(wait_arg);
	return r->torn;
}

/* ---- one attempt ---- */

static struct curl_slist *
headers_of(const struct s3_request *r)
{
	struct curl_slist *list = NULL;

	for (size_t i = 0; i < S3_HEADERS && r->headers[i][0] != '\0'; i++) {
		struct curl_slist *more = curl->slist_append(list, r->headers[i]);

		if (more == NULL) {
			/* Out of memory ends the process, as everywhere. */
			log_error("s3: out of memory");
			abort();
		}
		list = more;
	}
	return list;
}

static void
sign(const struct s3_request *r)
{
	const struct conf *conf = r->conf;
	char how[100];

	snprintf(how, sizeof how, "aws:amz:%s:s3", conf->s3_region);
	curl->easy_setopt(handle, CURLOPT_AWS_SIGV4, how);
	curl->easy_setopt(handle, CURLOPT_USERNAME, conf->s3_key);
	curl->easy_setopt(handle, CURLOPT_PASSWORD, conf->s3_secret);
}

static void
set_options(struct s3_request *r, const struct curl_slist *headers)
{
	long timeout_s = (long)r->conf->s3_timeout;

	curl->easy_reset(handle);
	curl->easy_setopt(handle, CURLOPT_URL, r->url);
	curl->easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
	curl->easy_setopt(handle, CURLOPT_PROXY, "");
	curl->easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
	curl->easy_setopt(handle, CURLOPT_ERRORBUFFER, detail);
	curl->easy_setopt(handle, CURLOPT_CONNECTTIMEOUT,
	    timeout_s < CONNECT_S ? timeout_s : (long)CONNECT_S);
	curl->easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, SLOWEST_BYTES_S);
	curl->easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, timeout_s);
	curl->easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
	curl->easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
	curl->easy_setopt(handle, CURLOPT_HEADERDATA, r);
	curl->easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_write);
	curl->easy_setopt(handle, CURLOPT_WRITEDATA, r);
	curl->easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
	curl->easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl->easy_setopt(handle, CURLOPT_XFERINFODATA, r);
	if (r->headers[0][0] != '\0')
		sign(r);
	if (r->send != NULL) {
		curl->easy_setopt(handle, CURLOPT_UPLOAD, 1L);
		curl->easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, (curl_off_t)r->send->size_bytes);
		curl->easy_setopt(handle, CURLOPT_READFUNCTION, on_read);
		curl->easy_setopt(handle, CURLOPT_READDATA, r);
		curl->easy_setopt(handle, CURLOPT_SEEKFUNCTION, on_seek);
		curl->easy_setopt(handle, CURLOPT_SEEKDATA, r);
	} else if (strcmp(r->method, "HEAD") == 0) {
		curl->easy_setopt(handle, CURLOPT_NOBODY, 1L);
	} else if (strcmp(r->method, "DELETE") == 0) {
		curl->easy_setopt(handle, CURLOPT_CUSTOMREQUEST, "DELETE");
	}
	if (r->sha == NULL) /* nothing long is moved */
		curl->easy_setopt(handle, CURLOPT_TIMEOUT, r->send != NULL ? 0L : timeout_s);
}

/* What is written to fd begins anew with each attempt. */
static bool
rewind_all(struct s3_request *r)
{
	r->at = 0;
	r->answer_n = 0;
	r->status = 0;
	if (r->text != NULL)
		buf_clear(r->text);
	r->etag[0] = r->told.sha256[0] = '\0';
	r->told.size_bytes = -1;
	if (r->sha == NULL)
		return true;
	return EVP_DigestInit_ex(r->sha, EVP_sha256(), NULL) == 1 &&
	    (r->fd < 0 || (ftruncate(r->fd, 0) == 0 && lseek(r->fd, 0, SEEK_SET) == 0));
}

static CURLcode
attempt(struct s3_request *r)
{
	struct curl_slist *headers;
	curl_off_t length = -1;
	CURLcode code;

	if (!rewind_all(r)) {
		r->torn = true;
		return CURLE_WRITE_ERROR;
	}
	headers = headers_of(r);
	detail[0] = '\0';
	set_options(r, headers);
	code = curl->easy_perform(handle);
	curl->easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &r->status);
	if (curl->easy_getinfo(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length) == CURLE_OK)
		r->told.size_bytes = length;
	curl->slist_free_all(headers);
	r->answer[r->answer_n] = '\0';
	return code;
}

/* ---- all attempts ---- */

/* What the store calls its error: the text of <Code> where it is a word, else "". */
static void
error_word(const struct s3_request *r, char out[ERROR_WORD])
{
	const char *at = strstr(r->answer, "<Code>");
	size_t n = 0;

	if (at != NULL)
		n = strspn(at += 6, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
	if (n >= ERROR_WORD || at == NULL || at[n] != '<')
		n = 0;
	memcpy(out, at != NULL ? at : "", n);
	out[n] = '\0';
}

static void
say(const struct s3_request *r, CURLcode code)
{
	char word[ERROR_WORD];

	error_word(r, word);
	if (code != CURLE_OK)
		snprintf(last_failure, sizeof last_failure, "%s %s: %s", r->method, r->key,
		    r->torn ? "broken off on our side" : detail[0] ? detail : curl->easy_strerror(code));
	else
		snprintf(last_failure, sizeof last_failure, "%s %s: HTTP %ld %s", r->method, r->key,
		    r->status, word);
}

static bool
may_pass(const struct s3_request *r, CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return r->status == 408 || r->status == 429 || r->status >= 500;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
		return false;
	default:
		return !r->torn;
	}
}

/* What was wanted is done, or there is no such object. */
static bool
is_answer(const struct s3_request *r)
{
	char word[ERROR_WORD];

	error_word(r, word);
	if (r->status == 404)
		return r->send == NULL && strcmp(word, "NoSuchBucket") != 0;
	return r->status == 200 || r->status == 204;
}

enum err
s3_request(struct s3_request *r)
{
	int64_t began_us = clock_mono_us();
	int pause_ms = FIRST_PAUSE_MS, tries = 0;
	int most = began_us - down_us < DOWN_US ? 1 : S3_ATTEMPTS;
	CURLcode code;

	if (handle == NULL) {
		curl = curl_load();
		handle = curl != NULL ? curl->easy_init() : NULL;
		if (handle == NULL) {
			snprintf(last_failure, sizeof last_failure, "libcurl is missing");
			return E_DISK;
		}
	}
	for (;;) {
		unsigned char chance;

		code = attempt(r);
		if (code == CURLE_OK && is_answer(r))
			return E_OK;
		say(r, code);
		if (!may_pass(r, code) || ++tries >= most ||
		    clock_mono_us() - began_us > r->conf->s3_timeout * 1000000)
			break;
		log_warn("s3: %s; once more in %d ms", last_failure, pause_ms);
		random_bytes(&chance, 1);
		usleep((useconds_t)(pause_ms * (500 + chance * 2)));
		pause_ms *= 4;
	}
	if (r->status == 0 && !r->torn)
		down_us = clock_mono_us();
	log_error("s3: %s", last_failure);
	return E_DISK;
}

enum err
s3_broken(const struct s3_request *r, const char *what)
{
	snprintf(last_failure, sizeof last_failure, "%s %s: %s", r->method, r->key, what);
	log_error("s3: %s", last_failure);
	return E_DISK;
}
