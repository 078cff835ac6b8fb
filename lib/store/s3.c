/* s3.c - see s3.h.  Invariant: what counts as stored has the hash that it was sent with. */
#include "store/s3.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "store/s3_request.h"

#define URL_BYTES 1500

static const char *
type_of(const char *key)
{
	static const char *const types[][2] = {
		{ "mp4", "video/mp4" },
		{ "mov", "video/quicktime" },
		{ "webm", "video/webm" },
		{ "mkv", "video/x-matroska" },
		{ "avi", "video/x-msvideo" },
		{ "jpg", "image/jpeg" },
		{ "webp", "image/webp" },
		{ "png", "image/png" },
		{ "m3u8", "application/vnd.apple.mpegurl" },
		{ "m4s", "video/iso.segment" },
	};
	const char *dot = strrchr(key, '.');

	for (size_t i = 0; dot != NULL && i < sizeof types / sizeof *types; i++)
		if (strcmp(dot + 1, types[i][0]) == 0)
			return types[i][1];
	return "application/octet-stream";
}

#define HEADER(r, i, ...) snprintf((r)->headers[i], sizeof (r)->headers[i], __VA_ARGS__)

/* url: URL_BYTES, lives as long as the request. */
static struct s3_request
request(const struct conf *conf, const char *method, const char *key, char *url)
{
	struct s3_request r = { .conf = conf, .method = method, .key = key, .url = url, .fd = -1 };

	snprintf(url, URL_BYTES, "%s/%s", conf->s3_url, key);
	HEADER(&r, 0, "x-amz-content-sha256: %s", S3_EMPTY_HASH);
	return r;
}

enum err
s3_look(const struct conf *conf, const char *key, struct digest *out, bool *found)
{
	char url[URL_BYTES];
	struct s3_request r = request(conf, "HEAD", key, url);
	enum err e = s3_request(&r);

	*found = e == E_OK && r.status == 200;
	*out = r.told;
	return e;
}

enum err
s3_put(const struct conf *conf, const char *key, int fd, const struct digest *digest)
{
	char url[URL_BYTES], md5[33];
	const char *dot = strrchr(key, '.');
	struct s3_request r = request(conf, "PUT", key, url);
	struct digest stored;
	bool found;
	enum err e;

	r.fd = fd;
	r.send = digest;
	EVP_EncodeBlock((unsigned char *)md5, digest->md5, sizeof digest->md5);
	HEADER(&r, 0, "x-amz-content-sha256: %s", digest->sha256);
	HEADER(&r, 1, "Content-MD5: %s", md5);
	HEADER(&r, 2, "Content-Type: %s", type_of(key));
	/* As the web server says of files: a cover changes once under its name, nothing else does; an
	 * export is its owner's alone. */
	HEADER(&r, 3, "Cache-Control: %s",
	    dot != NULL && strcmp(dot, ".tar") == 0 ? "private, no-store"
	    : key[0] == 'c'                         ? "public, max-age=60"
						    : "public, max-age=31536000, immutable");
	HEADER(&r, 4, S3_META_HASH ": %s", digest->sha256);
	e = s3_request(&r);
	if (e != E_OK)
		return e;
	hex_encode(md5, digest->md5, sizeof digest->md5);
	if (strcmp(r.etag, md5) == 0)
		return E_OK;
	/* An encrypted bucket has other ETags. */
	e = s3_look(conf, key, &stored, &found);
	if (e == E_OK && (!found || stored.size_bytes != digest->size_bytes ||
		strcmp(stored.sha256, digest->sha256) != 0))
		e = s3_broken(&r, "the store has other bytes than were sent");
	return e;
}

enum err
s3_get(const struct conf *conf, const char *key, int fd, bool *found)
{
	char url[URL_BYTES], sha256[65];
	struct s3_request r = request(conf, "GET", key, url);
	enum err e;

	r.fd = fd;
	r.sha = digest_begin();
	e = s3_request(&r);
	digest_end(r.sha, sha256);
	EVP_MD_CTX_free(r.sha);
	*found = e == E_OK && r.status == 200;
	/* That all bytes came which were told has libcurl seen to. */
	if (*found && r.told.sha256[0] != '\0' && strcmp(r.told.sha256, sha256) != 0)
		e = s3_broken(&r, "its bytes do not have the hash that it was stored with");
	return e;
}

enum err
s3_remove(const struct conf *conf, const char *key)
{
	char url[URL_BYTES];
	struct s3_request r = request(conf, "DELETE", key, url);

	return s3_request(&r);
}

long
s3_public_status(const struct conf *conf, const char *url)
{
	struct s3_request r = { .conf = conf, .method = "HEAD", .key = url, .url = url, .fd = -1 };

	return s3_request(&r) == E_OK || r.status != 0 ? r.status : 0;
}
