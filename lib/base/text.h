/* text.h - growing text with a ceiling, and what we ask of strings that strangers send.
 *
 * A struct buf grows by malloc up to max bytes; an append beyond that changes nothing and sets
 * full, which the owner checks once at the end (what is appended to a full buf is dropped).  It is
 * always NUL-terminated. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *p;
	size_t len, cap, max;
	bool full;
};

/* max: the ceiling in bytes.  buf_free() gives the memory back, buf_clear() keeps it. */
void buf_init(struct buf *b, size_t max);
void buf_clear(struct buf *b);
void buf_free(struct buf *b);

void buf_add(struct buf *b, const void *p, size_t n);
void buf_addc(struct buf *b, char c);
void buf_adds(struct buf *b, const char *s);
void buf_addi(struct buf *b, int64_t v); /* decimal */
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Room for n more bytes at b->p + b->len, or NULL (and full); the caller adds to len what it wrote.
 * Who writes fewer than n bytes also ends the text with NUL. */
char *buf_reserve(struct buf *b, size_t n);

/* Decimal text of v at out (at least 21 bytes, no NUL written); returns its length. */
size_t text_from_int(char *out, int64_t v);

/* The first code point of p[0..n) at code; returns its length in bytes, 0 where it is not UTF-8 or
 * n is 0. */
size_t utf8_decode(const char *p, size_t n, uint32_t *code);

/* n less the bytes of a character that was cut off at the end. */
size_t utf8_whole(const char *p, size_t n);

/* Whether p[0..n) is well-formed UTF-8 (RFC 3629: no surrogates, nothing overlong, no NUL). */
bool utf8_valid(const char *p, size_t n);

/* Code points of valid UTF-8. */
size_t utf8_count(const char *p, size_t n);

/* Has C0, DEL or C1 control characters; with text_too also tab, LF and CR count as such. */
bool utf8_has_control(const char *p, size_t n, bool text_too);

/* Nothing that can be seen: white space, what Unicode calls ignorable (joiners, fillers, variation
 * selectors ...), U+2800, or empty. */
bool utf8_is_blank(const char *p, size_t n);

/* Percent-decodes p[0..n) in place, '+' to space where plus is set; returns the new length.
 * A '%' without two hex digits stays as it is (WHATWG URL, application/x-www-form-urlencoded). */
size_t url_decode(char *p, size_t n, bool plus);

/* Whether s is an absolute address, "scheme://host...", of one of two schemes: printable ASCII
 * without blanks, quotes, backslashes or angle brackets. */
bool url_valid(const char *s, const char *scheme, const char *other);

/* Lower-case hex of in[0..n) at out (2n + 1 bytes). */
void hex_encode(char *out, const void *in, size_t n);

/* Decodes base64 text (RFC 4648, padded, nothing else in it) into out, which has room for
 * n / 4 * 3 bytes; false where it is none. */
bool base64_decode(void *out, size_t *out_n, const char *p, size_t n);

/* Reads 2n hex digits; false if s is anything else. */
bool hex_decode(void *out, size_t n, const char *s);

/* len random bytes from the kernel; ends the process where there are none. */
void random_bytes(void *out, size_t len);

/* FNV-1a, 64 bits: for tables, never for secrets. */
uint64_t hash_bytes(const void *p, size_t n);

/* A well mixed hash of an id (the finaliser of MurmurHash3). */
uint64_t hash_id(int64_t id);

#endif
