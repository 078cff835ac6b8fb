/* json.c - JSON strings, on the way of every reply.
 *
 * Invariant: what is written between the quotes is valid UTF-8 and closes neither the string nor
 * an HTML script element, whatever the bytes that came in. */
#include "base/json.h"

#include <string.h>

/* Bytes that cannot simply be copied. */
static const unsigned char special[256] = {
	[0x00 ... 0x1f] = 1,
	['"'] = 1,
	['\\'] = 1,
	['<'] = 1,
	['>'] = 1,
	['&'] = 1,
	[0x7f ... 0xff] = 1,
};

static bool
must_escape(uint32_t code)
{
	return code < 0x80 ? special[code] != 0 : code < 0xa0 || code == 0x2028 || code == 0x2029;
}

static void
escape(struct buf *b, uint32_t code)
{
	static const char digits[] = "0123456789abcdef";
	char u[6] = { '\\', 'u', digits[code >> 12 & 15], digits[code >> 8 & 15],
		digits[code >> 4 & 15], digits[code & 15] };
	char pair[2] = { '\\', (char)code };

	if (code == '"' || code == '\\')
		buf_add(b, pair, sizeof pair);
	else
		buf_add(b, u, sizeof u);
}

void
json_strn(struct buf *b, const char *p, size_t n)
{
	const unsigned char *s = (const unsigned char *)p;
	size_t i = 0, run = 0; /* p[run..i) is good as it stands and not yet copied */

	/* No byte becomes shorter: what does not fit now will not fit at the end. */
	if (n > b->max || buf_reserve(b, n + 2) == NULL) {
		b->full = true;
		return;
	}
	buf_addc(b, '"');
	while (i < n && !b->full) {
		uint32_t code;
		size_t len;

		if (!special[s[i]]) {
			i++;
			continue;
		}
		/* U+3000..U+CFFF, most of what is written here, needs no full look. */
		if (s[i] >= 0xe3 && s[i] <= 0xec && n - i >= 3 && (s[i + 1] & 0xc0) == 0x80 &&
		    (s[i + 2] & 0xc0) == 0x80) {
			i += 3;
			continue;
		}
		len = utf8_decode(p + i, n - i, &code);
		if (len > 0 && !must_escape(code)) {
			i += len;
			continue;
		}
		buf_add(b, p + run, i - run);
		if (len > 0) {
			escape(b, code);
			i += len;
		} else {
			buf_adds(b, "\xef\xbf\xbd");
			i++;
		}
		run = i;
	}
	buf_add(b, p + run, i - run);
	buf_addc(b, '"');
}

void
json_str(struct buf *b, const char *s)
{
	json_strn(b, s, strlen(s));
}

void
json_boolean(struct buf *b, bool v)
{
	buf_adds(b, v ? "true" : "false");
}
