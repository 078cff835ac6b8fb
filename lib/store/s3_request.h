/* s3_request.h - one signed HTTP request of lib/store/s3.c, with its attempts. */
#ifndef STORE_S3_REQUEST_H
#define STORE_S3_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/text.h"
#include "store/s3.h"

#define S3_HEADERS 5
#define S3_META_HASH "x-amz-meta-sha256" /* with each object of ours: its hash, as it was signed */

/* Of what is sent with everything but PUT: nothing. */
#define S3_EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct s3_request {
	const struct conf *conf;
	const char *method, *key, *url; /* key: for messages */
	char headers[S3_HEADERS][200];  /* none: the request goes unsigned */
	int fd;                         /* read from for PUT, written to for GET; -1: none */
	const struct digest *send;      /* of what a PUT sends */
	EVP_MD_CTX *sha;                /* of what a GET gets */
	struct buf *text;               /* takes the body of a 200; NULL: nothing does */

	/* The answer: */
	long status;
	struct digest told; /* size_bytes is -1 and sha256 "" where it does not say */
	char etag[80], answer[2000];
	size_t answer_n;

	int64_t at; /* bytes read or written in this attempt */
	bool torn;  /* a file of ours could not be read or written, or the caller broke off */
};

/* E_OK: the status is 200, 204, or 404 for an object (of anything but a PUT) that is not there.
 * E_DISK (logged): anything else. */
enum err s3_request(struct s3_request *r) CHECKED;

/* Logs what is wrong with an answer and is E_DISK. */
enum err s3_broken(const struct s3_request *r, const char *what) CHECKED;

#endif
