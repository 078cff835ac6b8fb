/* Ids, times and cursors. */
#include "fuzz.h"

#include "base/clock.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), out[CURSOR_TEXT];
	struct cursor cursor, again;
	int64_t v, w;
	int seconds;

	/* Exactly as long as it is, so that a step beyond it is seen. */
	memcpy(text, data, size);
	if (id_parse_int(text, size, &v)) {
		size_t n = text_from_int(out, v);

		PROMISE(id_parse_int(out, n, &w) && w == v);
	}
	v = clock_parse_latest(text, size, INT64_C(1800000000000), &seconds);
	PROMISE(v > 0 && v <= INT64_C(1800000000000) && (seconds == 0 || seconds == 1));
	if (cursor_read(text, size, &cursor)) {
		cursor_write(out, cursor.a, cursor.b);
		PROMISE(cursor_read(out, strlen(out), &again));
		PROMISE(again.a == cursor.a && again.b == cursor.b);
	}
	free(text);
	return 0;
}
