/* digest.h - what a file's bytes are: their number and their hashes. */
#ifndef STORE_DIGEST_H
#define STORE_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/evp.h>

struct digest {
	int64_t size_bytes;
	char sha256[65];       /* hex; "" where it is not known */
	unsigned char md5[16]; /* of digest_fd() only */
};

/* A SHA-256 under way; ends the process where OpenSSL has none.  EVP_MD_CTX_free() gives it back. */
EVP_MD_CTX *digest_begin(void);
void digest_end(EVP_MD_CTX *sha, char hex[65]);

/* Reads a regular file from its first byte to its last, wherever fd stands; false with errno. */
bool digest_fd(int fd, struct digest *out);

#endif
