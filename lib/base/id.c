/* id.c - ids that many processes make without asking anybody.
 *
 * Invariant: the shared word only grows, by compare-and-swap, so no two calls on one host see the
 * same value; the host's number keeps hosts apart. */
#include "base/id.h"

#define SEQUENCE_BITS 15
#define HOST_BITS 7
#define INT_TEXT_MAX 64

static uint64_t
seconds_of(int64_t now_ms)
{
	return now_ms > ID_EPOCH_MS ? (uint64_t)(now_ms - ID_EPOCH_MS) / 1000 : 0;
}

int64_t
id_next(_Atomic uint64_t *word, unsigned host, int64_t now_ms)
{
	uint64_t now = seconds_of(now_ms) << SEQUENCE_BITS;
	uint64_t last = atomic_load_explicit(word, memory_order_relaxed);
	uint64_t next;

	/* last + 1 carries into the seconds when a second is used up; it also stands when the clock
	 * was set back. */
	do {
		next = now > last ? now : last + 1;
	} while (!atomic_compare_exchange_weak_explicit(
	    word, &last, next, memory_order_relaxed, memory_order_relaxed));
	return (int64_t)((next >> SEQUENCE_BITS << (SEQUENCE_BITS + HOST_BITS)) |
			 (uint64_t)(host & ((1u << HOST_BITS) - 1)) << SEQUENCE_BITS |
			 (next & ((1u << SEQUENCE_BITS) - 1)));
}

int64_t
id_floor(int64_t now_ms)
{
	return (int64_t)(seconds_of(now_ms) << (SEQUENCE_BITS + HOST_BITS));
}

int64_t
id_time_ms(int64_t id)
{
	return ID_EPOCH_MS + (id >> (SEQUENCE_BITS + HOST_BITS)) * 1000;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
id_parse_int(const char *p, size_t n, int64_t *out)
{
	const char *end = p + n;
	char digits[INT_TEXT_MAX]; /* the significant ones, without the point */
	int count = 0, power = 0;  /* the value is digits * 10^power */
	bool negative = false;
	uint64_t v = 0;
	int i;

	if (n == 0 || n > INT_TEXT_MAX)
		return false;
	if (*p == '+' || *p == '-')
		negative = *p++ == '-';
	if (p == end || !is_digit(*p))
		return false;
	for (; p < end && is_digit(*p); p++)
		if (count > 0 || *p != '0')
			digits[count++] = *p;
	if (p < end && *p == '.') {
		if (++p == end || !is_digit(*p))
			return false;
		for (; p < end && is_digit(*p); p++) {
			if (count > 0 || *p != '0')
				digits[count++] = *p;
			power--;
		}
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		bool down = false;
		int exponent = 0;

		if (++p < end && (*p == '+' || *p == '-'))
			down = *p++ == '-';
		if (p == end || !is_digit(*p))
			return false;
		for (; p < end && is_digit(*p); p++)
			if (exponent < 1000) /* beyond the length of any text: nothing changes */
				exponent = exponent * 10 + (*p - '0');
		power += down ? -exponent : exponent;
	}
	if (p != end)
		return false;
	for (; count > 0 && digits[count - 1] == '0'; count--)
		power++;
	if (count == 0) {
		*out = 0;
		return true;
	}
	/* Nineteen digits always fit into 64 bits without a sign. */
	if (power < 0 || count + power > 19)
		return false;
	for (i = 0; i < count + power; i++)
		v = v * 10 + (uint64_t)(i < count ? digits[i] - '0' : 0);
	if (v > INT64_MAX)
		return false;
	*out = negative ? -(int64_t)v : (int64_t)v;
	return true;
}
