/* digest.c - see digest.h.  Invariant: memory does not grow with the file. */
#include "store/digest.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

#define BLOCK_BYTES (64 * 1024)

static EVP_MD_CTX *
begin(const EVP_MD *kind)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();

	if (c == NULL || EVP_DigestInit_ex(c, kind, NULL) != 1) {
		log_error("OpenSSL has no %s here", EVP_MD_get0_name(kind));
		abort();
	}
	return c;
}

EVP_MD_CTX *
digest_begin(void)
{
	return begin(EVP_sha256());
}

void
digest_end(EVP_MD_CTX *sha, char hex[65])
{
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (EVP_DigestFinal_ex(sha, raw, &n) != 1 || n != 32)
		abort();
	hex_encode(hex, raw, n);
}

bool
digest_fd(int fd, struct digest *out)
{
	static unsigned char block[BLOCK_BYTES];
	EVP_MD_CTX *sha = digest_begin(), *md5 = begin(EVP_md5());
	unsigned md5_n;
	ssize_t n;

	out->size_bytes = 0;
	while ((n = pread(fd, block, sizeof block, out->size_bytes)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || EVP_DigestUpdate(sha, block, (size_t)n) != 1 ||
		    EVP_DigestUpdate(md5, block, (size_t)n) != 1)
			break;
		out->size_bytes += n;
	}
	digest_end(sha, out->sha256);
	if (EVP_DigestFinal_ex(md5, out->md5, &md5_n) != 1)
		abort();
	EVP_MD_CTX_free(sha);
	EVP_MD_CTX_free(md5);
	return n == 0;
}
