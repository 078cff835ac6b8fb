/* conf.c - one reader for the configuration, driven by CONF_TABLE.
 *
 * Invariant: a struct conf that leaves here is whole: each value has passed its key's check, paths
 * are absolute, and no text of a secret stood in the main file or in an error message. */
#include "base/conf.h"

#include "base/arena.h"
#include "base/id.h"
#include "base/log.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX_BYTES (64 * 1024)
#define PLACE_MAX_BYTES 300
#define DOC_COLUMNS 78
#define S3_OBJECT_MAX (INT64_C(5) << 30) /* of one PUT */

enum kind { TEXT, SECRET, INT, BYTES, SPAN };

struct key {
	const char *name;
	enum kind kind;
	size_t offset;
	const char *dflt;
	int64_t min, max;
	const char *doc;
};

static const struct key keys[] = {
#define CONF(kind, key, dflt, min, max, doc) \
	{ #key, kind, offsetof(struct conf, key), dflt, min, max, doc },
	CONF_TABLE(CONF)
#undef CONF
};

#define KEY_COUNT (sizeof keys / sizeof *keys)

/* Units that a number may carry, by kind. */
static const struct {
	enum kind kind;
	char letter;
	int64_t factor;
} units[] = {
	{ BYTES, 'K', INT64_C(1) << 10 },
	{ BYTES, 'M', INT64_C(1) << 20 },
	{ BYTES, 'G', INT64_C(1) << 30 },
	{ SPAN, 's', 1 },
	{ SPAN, 'm', 60 },
	{ SPAN, 'h', 3600 },
	{ SPAN, 'd', 86400 },
};

/* What errors say about numbers, by kind. */
static const struct {
	const char *form, *unit;
} hints[] = {
	[INT] = { "", "" },
	[BYTES] = { " of bytes, or one with K, M or G behind it", " bytes" },
	[SPAN] = { " of seconds, or one with m, h or d behind it", " seconds" },
};

/* What a load in progress knows. */
struct loader {
	struct conf conf;
	bool from_env[KEY_COUNT];
	char place[PLACE_MAX_BYTES]; /* "file:line" or the variable, before each error */
	char *why;
	size_t why_size;
};

extern char **environ;

/* Holds every string of the configuration; never freed, as they live as long as the process. */
static struct arena *strings;

__attribute__((format(printf, 2, 3))) static bool
fail(struct loader *l, const char *fmt, ...)
{
	va_list ap;

	if (l->why_size > 0) {
		va_start(ap, fmt);
		vsnprintf(l->why, l->why_size, fmt, ap);
		va_end(ap);
	}
	return false;
}

static const char **
text_at(struct conf *c, const struct key *k)
{
	void *at = (char *)c + k->offset;

	return at;
}

static int64_t *
number_at(struct conf *c, const struct key *k)
{
	void *at = (char *)c + k->offset;

	return at;
}

static const struct key *
key_find(const char *name)
{
	size_t i;

	for (i = 0; i < KEY_COUNT; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static bool
is_url_base(const char *s)
{
	size_t scheme = strncmp(s, "https://", 8) == 0 ? 8 : strncmp(s, "http://", 7) == 0 ? 7 : 0;

	return scheme > 0 && s[scheme] != '\0' && s[scheme] != '/' && s[strlen(s) - 1] != '/';
}

/* What single keys ask beyond the table. */
static bool
check_text(struct loader *l, const struct key *k, const char *s)
{
	if (k->offset == offsetof(struct conf, log_level) && log_level_parse(s) < 0)
		return fail(l, "%s: log_level must be error, warn, info or debug", l->place);
	if (k->offset == offsetof(struct conf, token_key) &&
	    (strspn(s, "0123456789abcdefABCDEF") != strlen(s) || strlen(s) % 2 != 0))
		return fail(l, "%s: token_key must be an even number of hex digits", l->place);
	if (k->offset == offsetof(struct conf, storage) && strcmp(s, "files") != 0 &&
	    strcmp(s, "s3") != 0)
		return fail(l, "%s: storage must be files or s3", l->place);
	if (k->offset == offsetof(struct conf, s3_endpoint) &&
	    (!is_url_base(s) || strchr(strstr(s, "://") + 3, '/') != NULL))
		return fail(l, "%s: s3_endpoint must be http:// or https:// and a host, without a path",
		    l->place);
	if ((k->offset == offsetof(struct conf, s3_bucket) ||
		k->offset == offsetof(struct conf, s3_region)) &&
	    strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-") != strlen(s))
		return fail(l, "%s: %s must be of a-z, 0-9, '.' and '-'", l->place, k->name);
	if ((k->offset == offsetof(struct conf, public_url) ||
		k->offset == offsetof(struct conf, media_url)) &&
	    !is_url_base(s))
		return fail(l, "%s: %s must begin with http:// or https:// and not end in '/'",
		    l->place, k->name);
	return true;
}

static bool
set_text(struct loader *l, const struct key *k, const char *s)
{
	size_t n = strlen(s);

	/* Where nothing is the default, nothing may also be said. */
	if (n > 0 || *k->dflt != '\0') {
		if ((int64_t)n < k->min || (int64_t)n > k->max)
			return fail(l, "%s: %s must have %lld to %lld bytes, not %zu", l->place,
			    k->name, (long long)k->min, (long long)k->max, n);
		if (!utf8_valid(s, n) || utf8_has_control(s, n, true))
			return fail(l, "%s: %s must be UTF-8 without control characters", l->place,
			    k->name);
		if (!check_text(l, k, s))
			return false;
	}
	*text_at(&l->conf, k) = arena_strdup(strings, s);
	return true;
}

static bool
set_number(struct loader *l, const struct key *k, const char *s)
{
	size_t n = strlen(s), digits = *s == '-', i;
	int64_t v, factor = 1;

	if (n > 0)
		for (i = 0; i < sizeof units / sizeof *units; i++)
			if (units[i].kind == k->kind && units[i].letter == s[n - 1]) {
				factor = units[i].factor;
				n--;
				break;
			}
	/* id_parse_int() takes more than a person writes: 1e3 here is a slip. */
	while (digits < n && isdigit((unsigned char)s[digits]))
		digits++;
	if (digits != n || !id_parse_int(s, n, &v))
		return fail(
		    l, "%s: %s must be a whole number%s", l->place, k->name, hints[k->kind].form);
	if (__builtin_mul_overflow(v, factor, &v) || v < k->min || v > k->max)
		return fail(l, "%s: %s must be %lld to %lld%s", l->place, k->name,
		    (long long)k->min, (long long)k->max, hints[k->kind].unit);
	*number_at(&l->conf, k) = v;
	return true;
}

static bool
set(struct loader *l, const struct key *k, const char *value)
{
	if (k->kind == TEXT || k->kind == SECRET)
		return set_text(l, k, value);
	return set_number(l, k, value);
}

static char *
trim(char *s)
{
	size_t n;

	s += strspn(s, " \t\r");
	n = strlen(s);
	while (n > 0 && strchr(" \t\r", s[n - 1]) != NULL)
		n--;
	s[n] = '\0';
	return s;
}

/* One line of a file; seen: which keys the file had before. */
static bool
read_line(struct loader *l, char *line, bool secret_file, bool seen[KEY_COUNT])
{
	const struct key *k;
	char *name = trim(line), *value;

	if (*name == '\0' || *name == '#')
		return true;
	value = strchr(name, '=');
	if (value == NULL)
		return fail(l, "%s: expected \"key = value\"", l->place);
	*value++ = '\0';
	name = trim(name);
	value = trim(value);
	k = key_find(name);
	/* A line of the secret file may be a secret from its first byte on: never repeat it. */
	if (k == NULL && secret_file)
		return fail(l, "%s: unknown key", l->place);
	if (k == NULL)
		return fail(l, "%s: unknown key \"%.40s\"", l->place, name);
	if (secret_file && k->kind != SECRET)
		return fail(l, "%s: %s is no secret: put it in the main file", l->place, k->name);
	if (!secret_file && k->kind == SECRET)
		return fail(l, "%s: %s is a secret: put it in secret_file", l->place, k->name);
	if (seen[k - keys])
		return fail(l, "%s: %s stands here for the second time", l->place, k->name);
	seen[k - keys] = true;
	if (l->from_env[k - keys]) {
		const char *ours = *text_at(&l->conf, k);

		/* The environment wins over the secret file, which must be right all the same. */
		if (!set(l, k, value))
			return false;
		*text_at(&l->conf, k) = ours;
		return true;
	}
	return set(l, k, value);
}

static bool
read_text(struct loader *l, const char *path, char *text, size_t n, bool secret_file)
{
	bool seen[KEY_COUNT] = { false };
	char *line = text;
	int number = 0;

	if (n > FILE_MAX_BYTES)
		return fail(l, "%s: larger than %d KiB", path, FILE_MAX_BYTES / 1024);
	while (line != NULL) {
		char *end = strchr(line, '\n');

		snprintf(l->place, sizeof l->place, "%s:%d", path, ++number);
		if (end != NULL)
			*end = '\0';
		else if (strlen(line) != (size_t)(text + n - line))
			return fail(l, "%s: a NUL byte", l->place);
		if (!read_line(l, line, secret_file, seen))
			return false;
		line = end != NULL ? end + 1 : NULL;
	}
	return true;
}

/* Reads the open file whole and takes its lines; closes it. */
static bool
read_file(struct loader *l, const char *path, int fd, bool secret_file)
{
	char *text = xmalloc(FILE_MAX_BYTES + 2);
	size_t n = 0;
	ssize_t got;
	bool ok;

	do {
		got = read(fd, text + n, FILE_MAX_BYTES + 1 - n);
		if (got > 0)
			n += (size_t)got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	text[n] = '\0';
	if (got < 0)
		ok = fail(l, "%s: %s", path, strerror(errno));
	else
		ok = read_text(l, path, text, n, secret_file);
	close(fd);
	explicit_bzero(text, n);
	free(text);
	return ok;
}

static bool
read_main(struct loader *l, const char *path)
{
	static const char *const usual[] = { "var/doufu.conf", "/etc/doufu/doufu.conf" };
	const char *env = getenv("DOUFU_CONF");
	bool fixed = true;
	size_t i;
	int fd;

	if (path == NULL && env != NULL && *env != '\0')
		path = env;
	if (path == NULL) {
		fixed = false;
		for (i = 0; i < sizeof usual / sizeof *usual && path == NULL; i++)
			if (access(usual[i], F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR))
				path = usual[i];
	}
	l->conf.file = "";
	if (path == NULL)
		return true;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && !fixed && errno == ENOENT)
		return true; /* went away in between */
	if (fd < 0)
		return fail(l, "%s: %s", path, strerror(errno));
	l->conf.file = arena_strdup(strings, path);
	return read_file(l, path, fd, false);
}

static bool
read_secrets(struct loader *l)
{
	const char *path = l->conf.secret_file;
	struct stat st;
	/* O_NONBLOCK: a FIFO must not hold the start. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return true; /* whoever needs a secret will say that it is empty */
		return fail(l, "%s: %s", path, strerror(errno));
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return fail(l, "%s: secret_file must be a regular file", path);
	}
	if ((st.st_mode & 077) != 0) {
		close(fd);
		return fail(l, "%s: others can read the secrets: chmod 600 %s", path, path);
	}
	return read_file(l, path, fd, true);
}

/* Whether name[0..n) is key in capitals. */
static bool
is_variable(const char *name, size_t n, const char *key)
{
	size_t i;

	for (i = 0; i < n && key[i] != '\0'; i++)
		if (name[i] != toupper((unsigned char)key[i]))
			return false;
	return i == n && key[i] == '\0';
}

/* Sets any_env when there was at least one variable. */
static bool
read_environment(struct loader *l, bool *any_env)
{
	static const char prefix[] = "DOUFU_";
	const size_t skip = sizeof prefix - 1;
	char **e;

	for (e = environ; e != NULL && *e != NULL; e++) {
		const char *equals = strchr(*e, '=');
		size_t i, n;

		if (equals == NULL || strncmp(*e, prefix, skip) != 0)
			continue;
		n = (size_t)(equals - *e);
		snprintf(l->place, sizeof l->place, "%.*s", (int)(n < 60 ? n : 60), *e);
		if (is_variable(*e + skip, n - skip, "conf"))
			continue;
		for (i = 0; i < KEY_COUNT; i++)
			if (is_variable(*e + skip, n - skip, keys[i].name))
				break;
		if (i == KEY_COUNT)
			return fail(l, "%s: no key has this name", l->place);
		if (!set(l, &keys[i], equals + 1))
			return false;
		l->from_env[i] = true;
		*any_env = true;
	}
	return true;
}

/* Makes the paths absolute, from the directory of the file, or from here if none was read. */
static bool
resolve_paths(struct loader *l)
{
	struct conf *c = &l->conf;
	const char **const paths[] = { &c->shm_file, &c->secret_file, &c->media_dir, &c->cover_file, &c->page_file,
		&c->media_socket, &c->log_file, &c->db_socket, &c->words_file };
	const char *slash = strrchr(c->file, '/');
	char *here = NULL, *dir;
	size_t i;

	if (*c->file != '/') {
		here = getcwd(NULL, 0);
		if (here == NULL)
			return fail(l, "current directory: %s", strerror(errno));
	}
	dir = arena_printf(strings, "%s%s%.*s", here != NULL ? here : "",
	    here != NULL && slash != NULL ? "/" : "", slash != NULL ? (int)(slash - c->file) : 0,
	    c->file);
	free(here);
	for (i = 0; i < sizeof paths / sizeof *paths; i++)
		if (**paths[i] != '\0' && **paths[i] != '/')
			*paths[i] = arena_printf(strings, "%s/%s", dir, *paths[i]);
	return true;
}

/* All keys of the bucket or none; what follows from them. */
static bool
check_s3(struct loader *l)
{
	struct conf *c = &l->conf;
	const struct {
		const char *name, *value;
	} needed[] = { { "s3_endpoint", c->s3_endpoint }, { "s3_bucket", c->s3_bucket },
		{ "s3_key", c->s3_key }, { "s3_secret (in secret_file)", c->s3_secret } };
	const char *host;
	size_t i;

	c->storage_is_s3 = strcmp(c->storage, "s3") == 0;
	if (!c->storage_is_s3 && *c->s3_endpoint == '\0')
		return true;
	for (i = 0; i < sizeof needed / sizeof *needed; i++)
		if (*needed[i].value == '\0')
			return fail(l, "%s: %s is empty: set it, too", c->storage_is_s3
			    ? "storage = s3" : "s3_endpoint is set", needed[i].name);
	if (c->storage_is_s3 && c->upload_max > S3_OBJECT_MAX)
		return fail(l, "storage = s3: upload_max must be at most 5G, the largest object");
	host = strstr(c->s3_endpoint, "://") + 3;
	c->s3_url = c->s3_path_style
	    ? arena_printf(strings, "%s/%s", c->s3_endpoint, c->s3_bucket)
	    : arena_printf(strings, "%.*s%s.%s", (int)(host - c->s3_endpoint), c->s3_endpoint,
		c->s3_bucket, host);
	if (c->storage_is_s3 && *c->media_url == '\0')
		c->media_url = c->s3_url;
	return true;
}

static bool
set_defaults(struct loader *l)
{
	size_t i;

	for (i = 0; i < KEY_COUNT; i++) {
		snprintf(l->place, sizeof l->place, "default");
		if (!set(l, &keys[i], keys[i].dflt))
			return false;
	}
	return true;
}

const struct conf *
conf_load(const char *path, char *why, size_t why_size)
{
	static struct conf the_conf;
	struct loader l = { .why = why, .why_size = why_size };
	bool any_env = false;

	if (strings == NULL)
		strings = arena_new();
	if (!set_defaults(&l) || !read_main(&l, path) || !read_environment(&l, &any_env))
		return NULL;
	if (*l.conf.file == '\0' && !any_env) {
		fail(&l, "no configuration: neither DOUFU_CONF nor another DOUFU_ variable is set, "
			 "and var/doufu.conf and /etc/doufu/doufu.conf do not exist");
		return NULL;
	}
	if (!resolve_paths(&l) || !read_secrets(&l) || !check_s3(&l))
		return NULL;
	the_conf = l.conf;
	return &the_conf;
}

/* The text as comment lines of at most DOC_COLUMNS. */
static void
print_wrapped(FILE *out, const char *text)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t n = strcspn(text, " ");

		if (column > 0 && column + 1 + n > DOC_COLUMNS) {
			fputc('\n', out);
			column = 0;
		}
		if (column == 0)
			column = (size_t)fprintf(out, "# %.*s", (int)n, text);
		else
			column += (size_t)fprintf(out, " %.*s", (int)n, text);
		text += n;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

void
conf_print_sample(FILE *out)
{
	size_t i;

	print_wrapped(out,
	    "Configuration of Doufu. Each line is key = value; what stands here is the "
	    "default, commented out. Variables of the environment win over this file: "
	    "DOUFU_ and the key in capitals.");
	for (i = 0; i < KEY_COUNT; i++) {
		const struct key *k = &keys[i];

		fputc('\n', out);
		if (k->kind == SECRET) {
			char note[500];

			snprintf(note, sizeof note, "%s: not here but in secret_file. %s", k->name,
			    k->doc);
			print_wrapped(out, note);
			continue;
		}
		print_wrapped(out, k->doc);
		fprintf(out, "#%s =%s%s\n", k->name, *k->dflt != '\0' ? " " : "", k->dflt);
	}
}

void
conf_print_markdown(FILE *out)
{
	size_t i;

	fputs("| key | default | meaning |\n| --- | --- | --- |\n", out);
	for (i = 0; i < KEY_COUNT; i++) {
		const struct key *k = &keys[i];
		const char *tick = *k->dflt != '\0' ? "`" : "";

		fprintf(out, "| `%s` | %s%s%s | %s%s |\n", k->name, tick, k->dflt, tick, k->doc,
		    k->kind == SECRET ? " Only in `secret_file` or the environment." : "");
	}
}
