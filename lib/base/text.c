/* text.c - growing text, UTF-8, percent-encoding, hex, hashes.
 *
 * Invariant of struct buf: len <= max, and p[len] is NUL.  A buf that has never grown points at one
 * shared empty string, which is never written (cap is 0). */
#include "base/text.h"

#include "base/arena.h"
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <unistd.h>

#define FIRST_CAP 512

static char empty[1];

void
buf_init(struct buf *b, size_t max)
{
	/* A quarter of the address space leaves the arithmetic below without overflow. */
	*b = (struct buf){ .p = empty, .max = max < SIZE_MAX / 4 ? max : SIZE_MAX / 4 };
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->full = false;
	if (b->cap > 0)
		b->p[0] = '\0';
}

void
buf_free(struct buf *b)
{
	if (b->cap > 0)
		free(b->p);
	buf_init(b, b->max);
}

static void
grow(struct buf *b, size_t need)
{
	size_t cap = b->cap > 0 ? b->cap : FIRST_CAP;

	while (cap < need)
		cap *= 2;
	if (cap > b->max + 1)
		cap = b->max + 1;
	b->p = xrealloc(b->cap > 0 ? b->p : NULL, cap);
	b->p[b->len] = '\0';
	b->cap = cap;
}

char *
buf_reserve(struct buf *b, size_t n)
{
	size_t need;

	if (b->full || n > b->max - b->len) {
		b->full = true;
		return NULL;
	}
	need = b->len + n + 1;
	if (need > b->cap)
		grow(b, need);
	b->p[b->len + n] = '\0';
	return b->p + b->len;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	char *at;

	if (n == 0 || (at = buf_reserve(b, n)) == NULL)
		return;
	memcpy(at, p, n);
	b->len += n;
}

void
buf_addc(struct buf *b, char c)
{
	char *at = buf_reserve(b, 1);

	if (at == NULL)
		return;
	*at = c;
	b->len++;
}

void
buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_addi(struct buf *b, int64_t v)
{
	char digits[21];

	buf_add(b, digits, text_from_int(digits, v));
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	size_t room = (b->cap < b->max + 1 ? b->cap : b->max + 1) - b->len;
	va_list ap;
	char *at;
	int n;

	if (b->full)
		return;
	if (b->cap == 0)
		room = 0;
	va_start(ap, fmt);
	n = vsnprintf(room > 0 ? b->p + b->len : NULL, room, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < room) {
		b->len += (size_t)n;
		return;
	}
	if (room > 0)
		b->p[b->len] = '\0';
	if (n < 0) {
		b->full = true;
		return;
	}
	at = buf_reserve(b, (size_t)n);
	if (at == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(at, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

size_t
text_from_int(char *out, int64_t v)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324"
				    "25262728293031323334353637383940414243444546474849"
				    "50515253545556575859606162636465666768697071727374"
				    "75767778798081828384858687888990919293949596979899";
	uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
	char tmp[20], *at = tmp + sizeof tmp;
	size_t n, sign = v < 0;

	while (u >= 100) {
		at -= 2;
		memcpy(at, pairs + u % 100 * 2, 2);
		u /= 100;
	}
	if (u >= 10) {
		at -= 2;
		memcpy(at, pairs + u * 2, 2);
	} else {
		*--at = (char)('0' + u);
	}
	n = (size_t)(tmp + sizeof tmp - at);
	if (sign)
		*out = '-';
	memcpy(out + sign, at, n);
	return n + sign;
}

size_t
utf8_decode(const char *p, size_t n, uint32_t *code)
{
	const unsigned char *s = (const unsigned char *)p;
	unsigned char least = 0x80, most = 0xbf; /* what the second byte may be */
	size_t len, i;
	uint32_t c;

	if (n == 0)
		return 0;
	if (s[0] < 0x80) {
		*code = s[0];
		return 1;
	}
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (n < len)
		return 0;
	/* Overlong forms, surrogates, and what is above U+10FFFF are all seen in two bytes. */
	if (s[0] == 0xe0)
		least = 0xa0;
	else if (s[0] == 0xed)
		most = 0x9f;
	else if (s[0] == 0xf0)
		least = 0x90;
	else if (s[0] == 0xf4)
		most = 0x8f;
	if (s[1] < least || s[1] > most)
		return 0;
	c = s[0] & (0x7fu >> len);
	c = c << 6 | (s[1] & 0x3f);
	for (i = 2; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	*code = c;
	return len;
}

bool
utf8_valid(const char *p, size_t n)
{
	const uint64_t ones = UINT64_MAX / 255, highs = ones << 7;
	size_t i = 0;

	while (i < n) {
		uint64_t word;
		uint32_t code;
		size_t len;

		/* Eight ASCII bytes at a time: subtracting one sets the high bit of a NUL only. */
		if (n - i >= sizeof word) {
			memcpy(&word, p + i, sizeof word);
			if (((word | (word - ones)) & highs) == 0) {
				i += sizeof word;
				continue;
			}
		}
		len = utf8_decode(p + i, n - i, &code);
		if (len == 0 || code == 0)
			return false;
		i += len;
	}
	return true;
}

size_t
utf8_whole(const char *p, size_t n)
{
	size_t tail = 0, want;
	unsigned char lead;

	while (tail < n && tail < 3 && ((unsigned char)p[n - 1 - tail] & 0xc0) == 0x80)
		tail++;
	if (tail == n)
		return n;
	lead = (unsigned char)p[n - 1 - tail];
	want = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
	return tail < want ? n - 1 - tail : n;
}

size_t
utf8_count(const char *p, size_t n)
{
	size_t count = 0, i;

	for (i = 0; i < n; i++)
		count += ((unsigned char)p[i] & 0xc0) != 0x80;
	return count;
}

bool
utf8_has_control(const char *p, size_t n, bool text_too)
{
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c == 0x7f)
			return true;
		if (c < 0x20 && (text_too || (c != '\t' && c != '\n' && c != '\r')))
			return true;
		/* U+0080..U+009F; 0xC2 is never a byte inside a longer sequence. */
		if (c == 0xc2 && n - i > 1 && (unsigned char)p[i + 1] <= 0x9f)
			return true;
	}
	return false;
}

/* White_Space and Default_Ignorable_Code_Point of the Unicode database, and the empty Braille pattern.
 * A table, so that what needs nothing else of ICU does not load it; a unit test compares them. */
static bool
is_blank(uint32_t c)
{
	static const struct {
		uint32_t from, to;
	} blanks[] = { { 0x09, 0x0d }, { 0x20, 0x20 }, { 0x85, 0x85 }, { 0xa0, 0xa0 }, { 0xad, 0xad },
		{ 0x34f, 0x34f }, { 0x61c, 0x61c }, { 0x115f, 0x1160 }, { 0x1680, 0x1680 }, { 0x17b4, 0x17b5 },
		{ 0x180b, 0x180f }, { 0x2000, 0x200f }, { 0x2028, 0x202f }, { 0x205f, 0x206f }, { 0x2800, 0x2800 },
		{ 0x3000, 0x3000 }, { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
		{ 0xfff0, 0xfff8 }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff } };

	for (size_t i = 0; i < sizeof(blanks) / sizeof(*blanks) && c >= blanks[i].from; i++) {
		if (c <= blanks[i].to)
			return true;
	}
	return false;
}

bool
utf8_is_blank(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n) {
		uint32_t code;
		size_t len = utf8_decode(p + i, n - i, &code);

		if (len == 0 || !is_blank(code))
			return false;
		i += len;
	}
	return true;
}

/* 0..15, or -1. */
static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

size_t
url_decode(char *p, size_t n, bool plus)
{
	size_t in = 0, out = 0;

	while (in < n) {
		char c = p[in++];

		if (c == '+' && plus) {
			c = ' ';
		} else if (c == '%' && n - in >= 2) {
			int high = hex_digit(p[in]), low = hex_digit(p[in + 1]);

			if (high >= 0 && low >= 0) {
				c = (char)(high << 4 | low);
				in += 2;
			}
		}
		p[out++] = c;
	}
	return out;
}

bool
url_valid(const char *s, const char *scheme, const char *other)
{
	size_t n = strcspn(s, ":");

	if ((n != strlen(scheme) || strncasecmp(s, scheme, n) != 0) &&
	    (n != strlen(other) || strncasecmp(s, other, n) != 0))
		return false;
	if (strncmp(s + n, "://", 3) != 0 || s[n + 3] == '\0' || s[n + 3] == '/')
		return false;
	for (; *s != '\0'; s++) {
		if (*s <= ' ' || *s >= 127 || strchr("\"'<>\\`", *s) != NULL)
			return false;
	}
	return true;
}

void
hex_encode(char *out, const void *in, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *s = in;
	size_t i;

	for (i = 0; i < n; i++) {
		*out++ = digits[s[i] >> 4];
		*out++ = digits[s[i] & 15];
	}
	*out = '\0';
}

static int
base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool
base64_decode(void *out, size_t *out_n, const char *p, size_t n)
{
	unsigned char *to = out;
	size_t pad = n > 0 && p[n - 1] == '=' ? 1 + (n > 1 && p[n - 2] == '=') : 0;
	uint32_t bits = 0;

	*out_n = 0;
	if (n % 4 != 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		int digit = i < n - pad ? base64_digit(p[i]) : 0;

		if (digit < 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		if (i % 4 != 3)
			continue;
		for (int shift = 16; shift >= 0; shift -= 8)
			to[(*out_n)++] = (unsigned char)(bits >> shift);
		bits = 0;
	}
	*out_n -= pad;
	return true;
}

bool
hex_decode(void *out, size_t n, const char *s)
{
	unsigned char *to = out;
	size_t i;

	for (i = 0; i < n; i++, s += 2) {
		int high = hex_digit(s[0]);
		int low = high < 0 ? -1 : hex_digit(s[1]);

		if (low < 0)
			return false;
		to[i] = (unsigned char)(high << 4 | low);
	}
	return *s == '\0';
}

void
random_bytes(void *out, size_t len)
{
	unsigned char *at = out;

	while (len > 0) {
		ssize_t n = getrandom(at, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			log_error("the kernel gives no random bytes: %s", strerror(errno));
			_exit(1);
		}
		at += n;
		len -= (size_t)n;
	}
}

uint64_t
hash_bytes(const void *p, size_t n)
{
	const unsigned char *s = p;
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ s[i]) * UINT64_C(0x100000001b3);
	return h;
}

uint64_t
hash_id(int64_t id)
{
	uint64_t h = (uint64_t)id;

	h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
	h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ h >> 33;
}
