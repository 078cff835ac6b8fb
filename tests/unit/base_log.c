/* base_log.c - tests of log lines: each is one JSON object in one write, whatever is logged. */
#include "base/log.h"

#include "base/text.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <json.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/doufu-log-XXXXXX";
static char path[64];
static char text[20000];

static void
remove_dir(void)
{
	unlink(path);
	rmdir(dir);
}

/* An empty log file that is open. */
static void
start(enum log_level least)
{
	if (path[0] == '\0') {
		CHECK(mkdtemp(dir) != NULL);
		snprintf(path, sizeof path, "%s/log", dir);
		atexit(remove_dir);
	}
	unlink(path);
	log_open("feed", path, least);
	log_request(NULL);
}

/* All that was logged; ends the log file. */
static const char *
logged(void)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, text, sizeof text - 1);

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	log_open("feed", NULL, LOG_INFO);
	return text;
}

/* The value at key of the one line that was logged. */
static const char *
value_of(const char *key)
{
	static char value[5000];
	const char *line = logged();
	size_t n = strlen(line);
	struct json_object *o, *member;

	CHECK(n > 2 && strchr(line, '\n') == line + n - 1);
	CHECK(n <= 4096);
	CHECK(utf8_valid(line, n));
	o = json_tokener_parse(line);
	CHECK(o != NULL && json_object_is_type(o, json_type_object));
	value[0] = '\0';
	if (json_object_object_get_ex(o, key, &member))
		snprintf(value, sizeof value, "%s", json_object_get_string(member));
	json_object_put(o);
	return value;
}

CASE(a_line_has_all_members)
{
	char pid[20];
	const char *ts;
	struct stat st;

	snprintf(pid, sizeof pid, "%d", (int)getpid());
	start(LOG_INFO);
	log_info("took %d ms", 7);
	CHECK_STR(value_of("msg"), "took 7 ms");
	start(LOG_INFO);
	log_warn("x");
	CHECK_STR(value_of("level"), "warn");
	CHECK_STR(value_of("program"), "feed");
	CHECK_STR(value_of("pid"), pid);
	CHECK_STR(value_of("req"), "");
	CHECK(strstr(text, "\"req\"") == NULL);
	ts = value_of("ts");
	CHECK_INT(strlen(ts), strlen("2024-01-01T00:00:00.000Z"));
	CHECK(ts[4] == '-' && ts[10] == 'T' && ts[16] == ':' && ts[19] == '.' && ts[23] == 'Z');
	CHECK(stat(path, &st) == 0);
	CHECK_INT(st.st_mode & 0137, 0);
}

CASE(request_id)
{
	start(LOG_INFO);
	log_request("r\"1");
	log_info("x");
	CHECK_STR(value_of("req"), "r\"1");
}

CASE(levels)
{
	start(LOG_WARN);
	CHECK(log_wants(LOG_ERROR) && log_wants(LOG_WARN));
	CHECK(!log_wants(LOG_INFO) && !log_wants(LOG_DEBUG));
	log_info("no");
	log_debug("no");
	log_error("yes");
	CHECK_STR(value_of("msg"), "yes");
	CHECK_INT(log_level_parse("error"), LOG_ERROR);
	CHECK_INT(log_level_parse("warn"), LOG_WARN);
	CHECK_INT(log_level_parse("info"), LOG_INFO);
	CHECK_INT(log_level_parse("debug"), LOG_DEBUG);
	CHECK_INT(log_level_parse("Debug"), -1);
	CHECK_INT(log_level_parse(""), -1);
}

CASE(no_line_can_be_forged)
{
	start(LOG_INFO);
	log_info("%s", "a\n{\"level\":\"error\"}\r\x1b[31m\xff 中 \"");
	CHECK_STR(value_of("msg"), "a\n{\"level\":\"error\"}\r\x1b[31m\xef\xbf\xbd 中 \"");
	CHECK(strchr(text, '\x1b') == NULL && strchr(text, '\r') == NULL);
}

CASE(long_messages_are_cut_to_valid_json)
{
	static const char *const fill[] = { "a", "中", "\n", "\"", "\xff", "🎬", "ab\x01", "中\n" };
	static char big[30000];
	size_t i, j;

	/* four beginnings for each, so that the cut falls on every byte of a character */
	for (i = 0; i < 4 * (sizeof fill / sizeof *fill); i++) {
		const char *piece = fill[i / 4], *msg;
		size_t n;

		memcpy(big, "xyz", 4);
		for (j = 0; j < 5000; j++)
			memcpy(big + i % 4 + j * strlen(piece), piece, strlen(piece) + 1);
		start(LOG_INFO);
		log_request("0123456789abcdef");
		log_info("%s", big);
		msg = value_of("msg");
		n = strlen(msg);
		/* the room is used: all of it where nothing has to be escaped */
		CHECK(strlen(text) > (strpbrk(piece, "\n\"\xff\x01") != NULL ? 3000 : 4090));
		CHECK(n > 500 && n < 4096);
		if (piece[0] != '\xff')
			CHECK(strncmp(msg, big, n) == 0);
	}
	/* every length around the end of the line */
	memset(big, 'x', sizeof big);
	for (i = 3900; i < 4110; i++) {
		start(LOG_INFO);
		log_info("%.*s", (int)i, big);
		CHECK(strlen(value_of("msg")) <= i);
		CHECK(strlen(text) == 4095 || strlen(value_of("msg")) == i);
	}
}

CASE(hostile_names_leave_room)
{
	static char id[500];

	memset(id, '\x01', sizeof id - 1);
	start(LOG_INFO);
	log_request(id);
	log_info("still here");
	CHECK_STR(value_of("msg"), "still here");
	log_request(NULL);
}

CASE(lines_are_appended)
{
	start(LOG_INFO);
	log_info("one");
	log_open("feed", path, LOG_INFO);
	log_info("two");
	CHECK(strstr(logged(), "one") != NULL);
	CHECK(strstr(text, "two") != NULL);
}

CASE(errno_is_kept)
{
	start(LOG_INFO);
	errno = ENOENT;
	log_info("%m");
	CHECK_INT(errno, ENOENT);
	CHECK_STR(value_of("msg"), strerror(ENOENT));
}

CASE(standard_error_stands_in)
{
	int saved = dup(STDERR_FILENO), file;

	start(LOG_INFO);
	file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(file, STDERR_FILENO);
	log_open("feed", "/nonexistent/dir/log", LOG_INFO);
	log_info("goes on");
	log_info("and on");
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(file);
	logged();
	CHECK(strstr(text, "/nonexistent/dir/log: No such file") != NULL);
	CHECK(strstr(strstr(text, "/nonexistent") + 1, "/nonexistent") == NULL);
	CHECK(strstr(text, "goes on") != NULL && strstr(text, "and on") != NULL);
}

UNIT_MAIN
