/* gen.c - what the programs say of themselves, made into the web servers' route files, the
 * spawner's list of pools, and the tables of the documentation.
 *
 * Every generated file says so in its first line and is committed; `make lint` makes it again and
 * compares.  In a document the text between <!-- gen:NAME --> and <!-- /gen:NAME --> is replaced. */

#include <dirent.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "doufu.h"

#define PROGRAMS_MAX 500
#define ROUTES_MAX 2000
#define DESCRIPTION_MAX (1 << 20)

struct route_line {
	char path[200]; /* without the slash at the end */
	const char *method, *access, *program, *summary, *canonical;
};

static struct json_object *programs[PROGRAMS_MAX];
static size_t programs_n;
static struct route_line routes[ROUTES_MAX];
static size_t routes_n;

static const char *
text(struct json_object *o, const char *key)
{
	const char *s = json_object_get_string(json_object_object_get(o, key));

	return s ? s : "";
}

static int
fail(const char *what, const char *why)
{
	fprintf(stderr, "doufu gen: %s: %s\n", what, why);
	return 1;
}

/* The output of `program --describe`, parsed. */
static struct json_object *
describe(const char *dir, const char *name)
{
	struct json_object *out;
	struct buf said;
	char path[4096], chunk[4096];
	ssize_t n;
	int fd[2], status;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (pipe(fd) != 0 || (pid = fork()) < 0)
		return NULL;
	if (pid == 0) {
		dup2(fd[1], STDOUT_FILENO);
		execl(path, path, "--describe", (char *)NULL);
		_exit(127);
	}
	close(fd[1]);
	buf_init(&said, DESCRIPTION_MAX);
	while ((n = read(fd[0], chunk, sizeof(chunk))) > 0)
		buf_add(&said, chunk, (size_t)n);
	close(fd[0]);
	waitpid(pid, &status, 0);
	out = status == 0 && !said.full ? json_tokener_parse(said.p) : NULL;
	buf_free(&said);
	return out;
}

static int
is_program(const struct dirent *d)
{
	return d->d_name[0] != '.' && strchr(d->d_name, '.') == NULL;
}

static int
longest_first(const void *x, const void *y)
{
	const struct route_line *a = x, *b = y;
	size_t la = strlen(a->path), lb = strlen(b->path);

	if (la != lb)
		return la < lb ? 1 : -1;
	return strcmp(a->path, b->path);
}

static int
read_programs(const char *dir)
{
	struct dirent **names;
	int n = scandir(dir, &names, is_program, alphasort);

	if (n < 0)
		return fail(dir, strerror(errno));
	for (int i = 0; i < n; i++) {
		struct json_object *p = describe(dir, names[i]->d_name), *list;

		if (p == NULL || programs_n == PROGRAMS_MAX)
			return fail(names[i]->d_name, "gives no description");
		programs[programs_n++] = p;
		list = json_object_object_get(p, "routes");
		for (size_t k = 0; k < json_object_array_length(list); k++) {
			struct json_object *r = json_object_array_get_idx(list, k);
			struct route_line *line = &routes[routes_n];
			size_t len = (size_t)snprintf(line->path, sizeof(line->path), "%s", text(r, "path"));

			if (++routes_n == ROUTES_MAX || len >= sizeof(line->path))
				return fail(names[i]->d_name, "too many routes, or too long a path");
			if (len > 1 && line->path[len - 1] == '/')
				line->path[len - 1] = '\0';
			line->canonical = text(r, "path");
			line->method = text(r, "method");
			line->access = text(r, "access");
			line->program = text(p, "name");
			line->summary = text(p, "summary");
		}
		free(names[i]);
	}
	free(names);
	qsort(routes, routes_n, sizeof(*routes), longest_first);
	return 0;
}

/* Two programs may not answer at one path: the web server would only ever ask one of them. */
static int
check_duplicates(void)
{
	for (size_t i = 1; i < routes_n; i++) {
		if (strcmp(routes[i].path, routes[i - 1].path) == 0 &&
		    strcmp(routes[i].program, routes[i - 1].program) != 0)
			return fail(routes[i].path, "belongs to two programs");
		if (strcmp(routes[i].path, routes[i - 1].path) == 0 &&
		    strcmp(routes[i].method, routes[i - 1].method) == 0)
			return fail(routes[i].path, "stands twice");
	}
	return 0;
}

static FILE *
create(const char *out, const char *name)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", out, name);
	f = fopen(path, "we");
	if (f == NULL)
		fail(path, strerror(errno));
	return f;
}

static bool
first_of_path(size_t i)
{
	return i == 0 || strcmp(routes[i].path, routes[i - 1].path) != 0;
}

static void
write_lighttpd(FILE *f)
{
	fputs("# Made by `make gen`.  Longer paths first: lighttpd takes the first that fits.\n", f);
	for (size_t i = 0; i < routes_n; i++) {
		if (first_of_path(i))
			fprintf(f,
			    "fastcgi.server += ( \"%s\" => (( \"socket\" => var.doufu_run + \"/%s.sock\", "
			    "\"check-local\" => \"disable\", \"disable-time\" => 0 )) )\n",
			    routes[i].path, routes[i].program);
	}
}

static void
write_apache(FILE *f)
{
	fputs("# Made by `make gen`.  Longer paths first: Apache takes the first that fits.\n", f);
	for (size_t i = 0; i < routes_n; i++) {
		if (first_of_path(i))
			fprintf(f,
			    "ProxyPass \"%s\" \"unix:${DOUFU_RUN}/%s.sock|fcgi://%s%s\" retry=0\n",
			    routes[i].path, routes[i].program, routes[i].program, routes[i].path);
	}
}

static void
write_pools(FILE *f)
{
	fputs("# Made by `make gen`: program, processes, nice.\n", f);
	for (size_t i = 0; i < programs_n; i++)
		fprintf(f, "%s %s %s\n", text(programs[i], "name"), text(programs[i], "pool"),
		    text(programs[i], "nice"));
}

static void
write_openapi(FILE *f)
{
	doufu_openapi(programs, programs_n, f);
}

static void
write_route_table(FILE *f)
{
	fputs("\n| method | path | token | what |\n|---|---|---|---|\n", f);
	for (size_t i = 0; i < programs_n; i++) {
		for (size_t k = 0; k < routes_n; k++) {
			if (strcmp(routes[k].program, text(programs[i], "name")) == 0)
				fprintf(f, "| %s | `%s` | %s | %s (`cgi/%s.c`) |\n", routes[k].method,
				    routes[k].canonical, routes[k].access, routes[k].summary,
				    routes[k].program);
		}
	}
	fputc('\n', f);
}

static void
write_conf_table(FILE *f)
{
	fputc('\n', f);
	conf_print_markdown(f);
	fputc('\n', f);
}

/* Replaces the marked parts of one document; a missing document is none of our business. */
static int
refresh(const char *out, const char *name)
{
	static const struct {
		const char *begin, *end;
		void (*write)(FILE *f);
	} parts[] = {
		{ "<!-- gen:routes -->", "<!-- /gen:routes -->", write_route_table },
		{ "<!-- gen:conf -->", "<!-- /gen:conf -->", write_conf_table },
	};
	char path[4096], fresh[4200], *line = NULL;
	const char *skip_to = NULL;
	size_t size = 0;
	FILE *in, *to;

	snprintf(path, sizeof(path), "%s/%s", out, name);
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	in = fopen(path, "re");
	if (in == NULL)
		return errno == ENOENT ? 0 : fail(path, strerror(errno));
	to = fopen(fresh, "we");
	if (to == NULL) {
		fclose(in);
		return fail(fresh, strerror(errno));
	}
	while (getline(&line, &size, in) > 0) {
		if (skip_to != NULL && strstr(line, skip_to) == NULL)
			continue;
		skip_to = NULL;
		fputs(line, to);
		for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
			if (strstr(line, parts[i].begin) != NULL) {
				parts[i].write(to);
				skip_to = parts[i].end;
			}
		}
	}
	free(line);
	fclose(in);
	if (fclose(to) != 0 || rename(fresh, path) != 0)
		return fail(path, strerror(errno));
	return skip_to == NULL ? 0 : fail(path, "a generated part has no end mark");
}

int
doufu_gen(const char *dir, const char *out)
{
	static const struct {
		const char *name;
		void (*write)(FILE *f);
	} files[] = {
		{ "httpd-conf/routes.lighttpd.conf", write_lighttpd },
		{ "httpd-conf/routes.apache.conf", write_apache },
		{ "httpd-conf/programs", write_pools },
		{ "httpd-conf/doufu.conf.sample", conf_print_sample },
		{ "htdocs/openapi.json", write_openapi },
	};

	int bad;

	if (read_programs(dir) != 0 || check_duplicates() != 0)
		return 1;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		FILE *f = create(out, files[i].name);

		if (f == NULL)
			return 1;
		files[i].write(f);
		if (fclose(f) != 0)
			return fail(files[i].name, strerror(errno));
	}
	/* The routes point into the descriptions. */
	bad = refresh(out, "README.md") || refresh(out, "README.zh-CN.md");
	for (size_t i = 0; i < programs_n; i++)
		json_object_put(programs[i]);
	return bad;
}
