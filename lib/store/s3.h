/* s3.h - objects of a bucket at an S3-compatible store: AWS, Ceph, MinIO, Swift and others.
 *
 * A key is a path of files.h; conf->s3_url says where the bucket is and must not be NULL.  Requests are signed with AWS Signature V4, which covers the SHA-256
 * of the bytes: what the store takes is what was sent, or it refuses.  TLS certificates are
 * verified, redirects and proxies not followed.  Every call is idempotent; after a failure that may
 * pass (no connection, a time-out, 429, 5xx) it is tried again, at most S3_ATTEMPTS times and only
 * while less than s3_timeout has gone by.  Failures are logged with what the store said.
 *
 * E_DISK: it did not work; nothing can be read under the key, but a PUT whose answer was lost may
 * have been done. */
#ifndef STORE_S3_H
#define STORE_S3_H

#include <stdbool.h>
#include <stddef.h>

#include "base/conf.h"
#include "base/err.h"
#include "store/digest.h"

#define S3_ATTEMPTS 3

/* Stores the whole file under the key, over what may be there, with Content-Type and Cache-Control
 * of its name; then the ETag, or size and hash, are those of the file.  digest: its digest. */
enum err s3_put(const struct conf *conf, const char *key, int fd, const struct digest *digest) CHECKED;

/* Writes the object to fd, which is empty; size and, where s3_put() left it, hash are verified.
 * fd -1: only verifies.  *found is false, and E_OK, where there is none. */
enum err s3_get(const struct conf *conf, const char *key, int fd, bool *found) CHECKED;

/* Size and hash as s3_put() left them; sha256 is "" for an object that came otherwise. */
enum err s3_look(const struct conf *conf, const char *key, struct digest *out, bool *found) CHECKED;

/* Removes it; a missing one is no error. */
enum err s3_remove(const struct conf *conf, const char *key) CHECKED;

#define S3_PAGE 200
#define S3_KEY_MAX 1024

struct s3_page {
	char last[S3_KEY_MAX + 1]; /* where the next page begins: behind this key; "" for the first */
	bool more;
	size_t n;
	struct s3_entry {
		char key[S3_KEY_MAX + 1];
		int64_t modified_ms; /* -1: it does not say */
	} entries[S3_PAGE];
};

/* The next page of the bucket's objects, in the order of their keys. */
enum err s3_list(const struct conf *conf, struct s3_page *page) CHECKED;

/* The HTTP status that anybody gets at this address, unsigned; 0 without an answer. */
long s3_public_status(const struct conf *conf, const char *url);

/* Called about once a second while a transfer goes on, to keep a lease; false breaks it off
 * (E_DISK).  NULL: nobody. */
void s3_on_wait(bool (*fn)(void *arg), void *arg);

/* The last failure as one line, for a person: "PUT v/..: HTTP 403 SignatureDoesNotMatch". */
const char *s3_why(void);

#endif
