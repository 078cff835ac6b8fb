/* shell.c - makes a CGI environment and a body of the command line, and prints the reply.
 *
 * Invariant: the request takes the same way as one from a web server; only the edges differ. */
#include "http/shell.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "http/describe.h"
#include "http/request.h"
#include "http/serve.h"
#include "http/source.h"

#define ENV_MAX 96
#define PIECES (4 * SOURCE_PAIRS)

/* A piece of the body: text, or a file from where it stands. */
struct piece {
	const char *text;
	size_t n;
	int fd; /* -1: text */
};

struct command {
	struct arena *mem;
	char *env[ENV_MAX + 1];
	size_t env_n;
	struct piece body[PIECES];
	size_t body_n, at; /* at: the piece that is read now */
	size_t done;       /* of its text */
	int64_t length;    /* of all pieces */
	char boundary[33]; /* "" without -F */
	const char *type;  /* Content-Type */
	bool print_header;
};

static int
wrong(const char *text, const char *what)
{
	fprintf(stderr, text, what);
	fputc('\n', stderr);
	return 2;
}

static bool
add_env(struct command *k, const char *name, const char *value)
{
	if (k->env_n == ENV_MAX)
		return false;
	k->env[k->env_n++] = arena_printf(k->mem, "%s=%s", name, value);
	return true;
}

static bool
add_piece(struct command *k, const char *text, size_t n, int fd)
{
	if (k->body_n == PIECES)
		return false;
	k->body[k->body_n++] = (struct piece){ text, n, fd };
	k->length += (int64_t)n;
	return true;
}

/* -H 'Name: value' */
static int
add_header(struct command *k, const char *arg)
{
	const char *colon = strchr(arg, ':'), *value;
	char *name;

	if (colon == NULL || colon == arg)
		return wrong("-H takes 'Name: value', not %s", arg);
	value = colon + 1 + strspn(colon + 1, " \t");
	name = arena_printf(k->mem, "HTTP_%.*s", (int)(colon - arg), arg);
	for (char *p = name; *p != '\0'; p++)
		*p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
	if (strcmp(name, "HTTP_CONTENT_TYPE") == 0) {
		k->type = value;
		return 0;
	}
	return add_env(k, name, value) ? 0 : wrong("too many headers%s", "");
}

/* -F name=value or name=@file */
static int
add_form(struct command *k, const char *arg)
{
	const char *eq = strchr(arg, '='), *head;
	unsigned char noise[16];
	struct stat st;
	int fd = -1;
	bool fits;

	if (eq == NULL || eq == arg || memchr(arg, '"', (size_t)(eq - arg)) != NULL)
		return wrong("-F takes name=value or name=@file, not %s", arg);
	if (k->boundary[0] == '\0') {
		random_bytes(noise, sizeof noise);
		hex_encode(k->boundary, noise, sizeof noise);
		k->type = arena_printf(k->mem, "multipart/form-data; boundary=%s", k->boundary);
	}
	if (eq[1] == '@') {
		fd = open(eq + 2, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
			return wrong("%s is no file that can be read", eq + 2);
	}
	head =
	    arena_printf(k->mem, "--%s\r\nContent-Disposition: form-data; name=\"%.*s\"%s\r\n\r\n",
		k->boundary, (int)(eq - arg), arg, fd >= 0 ? "; filename=\"file\"" : "");
	fits = add_piece(k, head, strlen(head), -1);
	if (fd >= 0)
		fits = fits && add_piece(k, NULL, (size_t)st.st_size, fd);
	else
		fits = fits && add_piece(k, eq + 1, strlen(eq + 1), -1);
	return fits && add_piece(k, "\r\n", 2, -1) ? 0 : wrong("too many parts%s", "");
}

static size_t
shell_read(struct io *io, void *to, size_t n)
{
	struct command *k = io->arg;
	size_t have = 0;

	while (have < n && k->at < k->body_n) {
		struct piece *p = &k->body[k->at];
		ssize_t got;

		if (p->fd >= 0) {
			got = read(p->fd, (char *)to + have, n - have);
			if (got < 0 && errno == EINTR)
				continue;
		} else {
			got = (ssize_t)(p->n - k->done < n - have ? p->n - k->done : n - have);
			memcpy((char *)to + have, p->text + k->done, (size_t)got);
			k->done += (size_t)got;
		}
		if (got > 0) {
			have += (size_t)got;
			continue;
		}
		k->at++;
		k->done = 0;
	}
	return have;
}

static bool
shell_write(struct io *io, const char *p, size_t n, size_t body_at)
{
	struct command *k = io->arg;

	if (k->print_header)
		body_at = 0;
	fwrite(p + body_at, 1, n - body_at, stdout);
	fputc('\n', stdout);
	return fflush(stdout) == 0;
}

/* BODY of the command line: text, or '-' for standard input. */
static int
add_body(struct command *k, const char *body)
{
	char first = *body;
	ssize_t got;

	if (k->boundary[0] != '\0')
		return wrong("either -F or a body, not both%s", "");
	if (strcmp(body, "-") == 0) {
		do
			got = read(STDIN_FILENO, &first, 1);
		while (got < 0 && errno == EINTR);
		if (got == 1) {
			add_piece(k, arena_strndup(k->mem, &first, 1), 1, -1);
			add_piece(k, NULL, 0, STDIN_FILENO);
			k->length = -1;
		}
	} else {
		add_piece(k, body, strlen(body), -1);
	}
	if (k->type == NULL)
		k->type = first == '{' ? "application/json" : "application/x-www-form-urlencoded";
	return 0;
}

static int
parse(struct command *k, int argc, char **argv)
{
	const char *words[3] = { NULL, NULL, NULL }, *end;
	char number[24];
	size_t n = 0;
	int bad = 0;

	for (int i = 1; i < argc && bad == 0; i++) {
		bool option = argv[i][0] == '-' && argv[i][1] != '\0';

		if (option && strcmp(argv[i], "-i") == 0)
			k->print_header = true;
		else if (option && strcmp(argv[i], "-H") == 0 && i + 1 < argc)
			bad = add_header(k, argv[++i]);
		else if (option && strcmp(argv[i], "-F") == 0 && i + 1 < argc)
			bad = add_form(k, argv[++i]);
		else if (option || n == 3)
			bad = wrong("I do not understand %s: see --help", argv[i]);
		else
			words[n++] = argv[i];
	}
	if (bad != 0)
		return bad;
	if (n < 2 || words[1][0] != '/')
		return wrong("METHOD and a URL that begins with '/' are needed: see --help%s", "");
	if (words[2] != NULL && (bad = add_body(k, words[2])) != 0)
		return bad;
	if (k->boundary[0] != '\0') {
		const char *last = arena_printf(k->mem, "--%s--\r\n", k->boundary);

		if (!add_piece(k, last, strlen(last), -1))
			return wrong("too many parts%s", "");
	}
	end = words[1] + strcspn(words[1], "?");
	snprintf(number, sizeof number, "%lld", (long long)k->length);
	if (!add_env(k, "REQUEST_METHOD", words[0]) ||
	    !add_env(k, "SCRIPT_NAME", request_path(k->mem, words[1])) ||
	    !add_env(k, "QUERY_STRING", *end == '?' ? end + 1 : "") ||
	    !add_env(k, "CONTENT_TYPE", k->type != NULL ? k->type : "") ||
	    !add_env(k, "CONTENT_LENGTH", k->length >= 0 ? number : ""))
		return wrong("too many headers%s", "");
	return 0;
}

int
shell_main(const struct endpoint *ep, int argc, char **argv)
{
	struct command k = { .mem = arena_new() };
	struct io io = {
		.env = k.env, .read = shell_read, .write = shell_write, .ends = true, .arg = &k
	};
	char why[512];
	int status;

	if (argc < 2) {
		describe_help(ep, stderr);
		status = 2;
	} else {
		status = parse(&k, argc, argv);
	}
	if (status == 0 && !serve_open(ep, LOG_WARN, why, sizeof why))
		status = wrong("%s", why);
	if (status == 0)
		status = serve_request(ep, &io) ? 0 : 1;
	for (size_t i = 0; i < k.body_n; i++) {
		if (k.body[i].fd > STDIN_FILENO)
			close(k.body[i].fd);
	}
	serve_close();
	arena_free(k.mem);
	return status;
}
