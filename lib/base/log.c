/* log.c - one event, one line, one write.
 *
 * Invariant: a line is one complete JSON object of at most 4 KiB and goes out in one write(2), so
 * lines of many processes never mix in one file or pipe.  Nothing here allocates: it works when
 * memory is out. */
#include "base/log.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096
#define NAME_MAX_BYTES 64 /* of program and request id */

static const char *const levels[] = { "error", "warn", "info", "debug" };

static const char *program_name = "doufu";
static const char *request_id;
static enum log_level least_level = LOG_INFO;
static int fd = STDERR_FILENO;

int
log_level_parse(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof levels / sizeof *levels; i++)
		if (strcmp(word, levels[i]) == 0)
			return (int)i;
	return -1;
}

void
log_open(const char *program, const char *path, enum log_level least)
{
	if (fd != STDERR_FILENO)
		close(fd);
	fd = STDERR_FILENO;
	program_name = program;
	least_level = least;
	if (path == NULL || *path == '\0')
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
	if (fd < 0) {
		fd = STDERR_FILENO;
		log_error("log file %s: %s; standard error is used", path, strerror(errno));
	}
}

void
log_request(const char *id)
{
	request_id = id;
}

int
log_wants(enum log_level level)
{
	return level <= least_level;
}

/* The whole message where it fits, else as much of its beginning as does. */
static void
add_message(struct buf *b, const char *msg, size_t n)
{
	size_t start = b->len, room = b->max - start - 2;

	if (n > room)
		n = utf8_whole(msg, room);
	for (;;) {
		json_strn(b, msg, n);
		if (!b->full)
			return;
		b->len = start;
		b->full = false;
		n = utf8_whole(msg, n - n / 8 - 1); /* escapes made it longer */
	}
}

void
log_write(enum log_level level, const char *fmt, ...)
{
	int saved_errno = errno;
	char line[LINE_MAX_BYTES], msg[LINE_MAX_BYTES], ts[20];
	/* A buf over the stack: it cannot grow; NUL and the end of the object stay free. */
	struct buf b = { .p = line, .cap = sizeof line, .max = sizeof line - sizeof "}\n" };
	int64_t now = clock_ms();
	va_list ap;
	ssize_t ignored;
	int n;

	if (!log_wants(level))
		return;
	clock_date_time(ts, now, 0);
	ts[10] = 'T';
	buf_addf(&b, "{\"ts\":\"%s.%03dZ\",\"level\":\"%s\",\"program\":", ts, (int)(now % 1000),
	    levels[level]);
	json_strn(&b, program_name, strnlen(program_name, NAME_MAX_BYTES));
	buf_addf(&b, ",\"pid\":%d", (int)getpid());
	if (request_id != NULL) {
		buf_adds(&b, ",\"req\":");
		json_strn(&b, request_id, strnlen(request_id, NAME_MAX_BYTES));
	}
	buf_adds(&b, ",\"msg\":");

	errno = saved_errno; /* for %m */
	va_start(ap, fmt);
	n = vsnprintf(msg, sizeof msg, fmt, ap);
	va_end(ap);
	add_message(&b, msg, n < 0 ? 0 : strlen(msg));
	b.max = sizeof line - 1;
	buf_adds(&b, "}\n");
	do
		ignored = write(fd, b.p, b.len);
	while (ignored < 0 && errno == EINTR);
	errno = saved_errno;
}
