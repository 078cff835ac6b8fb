/* Whole requests through a made-up web server: routes, bodies, uploads, headers, limits.  There is
 * no database: endpoints here need none, and tokens are never good. */
#include "http/serve.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/request.h"
#include "store/files.h"
#include "unit.h"

struct in {
	int64_t n;
	const char *text;
	struct file_in data;
};

/* What the handler saw. */
static struct in seen;
static int64_t seen_viewer;
static int handled;
static char seen_text[100];
static bool keep;
static enum err answer;

static enum err
handle(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;

	handled++;
	seen = *in;
	snprintf(seen_text, sizeof seen_text, "%s", in->text);
	seen_viewer = c->viewer_id;
	if (in->data.fd >= 0 && keep) {
		enum err e = files_keep(c->mem, c->conf, in->data.path,
		    file_in_take(&in->data), "v/00/kept.mp4");

		if (e != E_OK)
			return e;
	}
	reply_int(out, FIELD_USER_ID, in->n);
	return answer;
}

static const struct param params[] = {
	{ "n", PARAM_INT, offsetof(struct in, n), .max = 100 },
	{ "text", PARAM_LINES, offsetof(struct in, text), .max = 100000 },
	{ .name = NULL },
};
static const struct param file_params[] = {
	{ "n", PARAM_INT, offsetof(struct in, n), .max = 100 },
	{ "text", PARAM_LINES, offsetof(struct in, text) },
	{ "data", PARAM_FILE, offsetof(struct in, data), .required = true },
	{ .name = NULL },
};
static const struct route routes[] = {
	{ .method = GET, .path = "/douyin/t/", .dialect = DOUYIN, .access = VIEWER_NONE },
	{ .method = POST, .path = "/douyin/t/", .dialect = DOUYIN, .access = VIEWER_OPTIONAL },
	{ .method = POST, .path = "/douyin/need/", .dialect = DOUYIN, .access = VIEWER_REQUIRED },
	{ .method = PUT, .path = "/api/t", .dialect = API, .access = VIEWER_NONE, .set = "n=9" },
	{ .method = POST, .path = "/api/need", .dialect = API, .access = VIEWER_REQUIRED },
	{ .path = NULL },
};
static const struct output outputs[] = { { FIELD_USER_ID, OUT_INT, .on_error = true },
	{ .field = FIELD_NONE } };
static const enum err errors[] = { E_OK };

static const struct endpoint plain = { "plain", "", params, routes, outputs, errors,
	sizeof(struct in), handle, .rate = RATE_ADDR };
static const struct endpoint upload = { "upload", "", file_params, routes, outputs, errors,
	sizeof(struct in), handle };

static char dir[] = "/tmp/doufu-unit-XXXXXX";
static const char *body;
static size_t body_n, body_at;
static char reply[1 << 16];
static size_t reply_n, reply_body_at;

static size_t
io_read(struct io *io, void *p, size_t n)
{
	(void)io;
	if (n > body_n - body_at)
		n = body_n - body_at;
	memcpy(p, body + body_at, n);
	body_at += n;
	return n;
}

static bool
io_write(struct io *io, const char *p, size_t n, size_t at)
{
	(void)io;
	memcpy(reply, p, n);
	reply[n] = '\0';
	reply_n = n;
	reply_body_at = at;
	return true;
}

static void
write_file(const char *name, const char *text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

static void
remove_dir(void)
{
	char command[100];

	serve_close();
	snprintf(command, sizeof command, "rm -rf %s", dir);
	if (system(command) != 0)
		fputs("# the directory of this test could not be removed\n", stderr);
}

static void
open_all(void)
{
	static bool done;
	char path[200], why[300];

	if (done)
		return;
	done = true;
	if (mkdtemp(dir) == NULL)
		abort();
	atexit(remove_dir);
	write_file("doufu.conf",
	    "shm_file = shm\nmedia_dir = media\nupload_max = 100K\nlog_level = error\n"
	    "rate_addr_burst = 3\nrate_addr_per_minute = 1\n");
	snprintf(path, sizeof path, "%s/media", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/media/incoming", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/doufu.conf", dir);
	setenv("DOUFU_CONF", path, 1);
	if (!serve_open(&plain, LOG_DEBUG, why, sizeof why)) {
		printf("# %s\n", why);
		abort();
	}
}

/* One request; length -1: not told. */
static bool
ask(const struct endpoint *ep, const char *method, const char *path, const char *query,
    const char *type, const char *text, size_t n, int64_t length)
{
	char env[8][400];
	char *list[9] = { NULL };
	struct io io = { .env = list, .read = io_read, .write = io_write, .ends = true };

	open_all();
	snprintf(env[0], 400, "REQUEST_METHOD=%s", method);
	snprintf(env[1], 400, "SCRIPT_NAME=%s", path);
	snprintf(env[2], 400, "QUERY_STRING=%s", query);
	snprintf(env[3], 400, "CONTENT_TYPE=%s", type);
	snprintf(env[4], 400,
	    length >= 0 ? "CONTENT_LENGTH=%lld" : "CONTENT_LENGTH=", (long long)length);
	snprintf(env[5], 400, "HTTP_X_REQUEST_ID=client-id_1");
	for (size_t i = 0; i < 6; i++)
		list[i] = env[i];
	body = text;
	body_n = n;
	body_at = 0;
	handled = 0;
	memset(&seen, 0, sizeof seen);
	return serve_request(ep, &io);
}

static bool
post(const struct endpoint *ep, const char *type, const char *text)
{
	return ask(ep, "POST", "/douyin/t", "", type, text, strlen(text), (int64_t)strlen(text));
}

static bool
has(const char *text)
{
	return strstr(reply, text) != NULL;
}

static int
incoming(void)
{
	char path[200];
	int n = 0;
	DIR *d;

	snprintf(path, sizeof path, "%s/media/incoming", dir);
	d = opendir(path);
	while (d != NULL && readdir(d) != NULL)
		n++;
	if (d != NULL)
		closedir(d);
	return n - 2;
}

static int
open_descriptors(void)
{
	int n = 0;
	DIR *d = opendir("/proc/self/fd");

	while (d != NULL && readdir(d) != NULL)
		n++;
	if (d != NULL)
		closedir(d);
	return n;
}

CASE(get)
{
	CHECK(ask(&plain, "GET", "/douyin/t/", "n=5", "", "", 0, -1));
	CHECK_INT(seen.n, 5);
	CHECK_STR(
	    reply + reply_body_at, "{\"status_code\":0,\"status_msg\":\"success\",\"user_id\":5}");
	CHECK(has("Status: 200 OK\r\n"));
	CHECK(has("Content-Length: 52\r\n"));
	CHECK_INT(reply_n - reply_body_at, 52);
	CHECK(has("Content-Type: application/json; charset=utf-8\r\n"));
	CHECK(has("X-Request-Id: client-id_1\r\n"));
	CHECK(has("X-Content-Type-Options: nosniff\r\n"));
	CHECK(has("Cache-Control: no-store\r\n"));
	CHECK(has("Vary: Accept-Language\r\n"));
	CHECK(has("Access-Control-Allow-Origin: *\r\n"));
}

CASE(get_with_a_body)
{
	CHECK(
	    ask(&plain, "GET", "/douyin/t", "", "application/x-www-form-urlencoded", "n=6", 3, 3));
	CHECK_INT(seen.n, 6);
	CHECK_INT(body_at, 3);
}

CASE(head)
{
	CHECK(ask(&plain, "HEAD", "/douyin/t", "n=5", "", "", 0, -1));
	CHECK(has("Content-Length: 52\r\n"));
	CHECK_INT(reply_n, reply_body_at);
}

CASE(options)
{
	CHECK(ask(&plain, "OPTIONS", "/douyin/t", "", "", "", 0, -1));
	CHECK_INT(handled, 0);
	CHECK(has("Status: 204 No Content\r\n"));
	CHECK(has("Access-Control-Allow-Headers: Content-Type, Authorization\r\n"));
	CHECK(has("Access-Control-Max-Age: 86400\r\n"));
	CHECK(!has("Content-Length"));
	CHECK_INT(reply_n, reply_body_at);
}

CASE(not_found_and_method)
{
	CHECK(!ask(&plain, "GET", "/douyin/tt/", "", "", "", 0, -1));
	CHECK(has("Status: 404 Not Found\r\n"));
	CHECK(has("\"status_code\":40006"));
	CHECK(!ask(&plain, "OPTIONS", "/nowhere", "", "", "", 0, -1));
	CHECK(has("Status: 404 Not Found\r\n"));
	CHECK(!ask(&plain, "GET", "/api/nowhere", "", "", "", 0, -1));
	CHECK_STR(reply + reply_body_at,
	    "{\"code\":404,\"message\":\"there is nothing at this address\",\"error\":\"not_found\"}");
	CHECK(!ask(&plain, "BREW", "/douyin/t", "", "", "", 0, -1));
	CHECK(has("Status: 405 Method Not Allowed\r\n"));
	CHECK(has("Allow: GET, HEAD, POST, OPTIONS\r\n"));
}

CASE(what_the_route_means)
{
	CHECK(ask(&plain, "PUT", "/api/t", "n=1", "application/json", "{\"n\":2}", 7, 7));
	CHECK_INT(seen.n, 9);
	CHECK_STR(reply + reply_body_at,
	    "{\"code\":200,\"message\":\"success\",\"data\":{\"user_id\":9}}");
}

CASE(body_kinds)
{
	CHECK(post(&plain, "", "n=1"));
	CHECK_INT(seen.n, 1);
	CHECK(post(&plain, "Application/JSON; charset=utf-8", "{\"n\":2}"));
	CHECK_INT(seen.n, 2);
	CHECK(post(&plain, "text/plain", "n=3"));
	CHECK_INT(seen.n, 0);
	CHECK_INT(body_at, 3);
	/* Chunked, as Apache hands it on: no length. */
	CHECK(ask(&plain, "GET", "/douyin/t", "", "", "n=4", 3, -1));
	CHECK_INT(seen.n, 4);
}

CASE(bad_bodies)
{
	static char big[200000];

	memset(big, 'x', sizeof big);
	memcpy(big, "text=", 5);
	CHECK(!ask(&plain, "GET", "/douyin/t", "", "", big, sizeof big, sizeof big));
	CHECK(has("\"status_code\":40003"));
	CHECK_INT(body_at, sizeof big);
	CHECK(!ask(&plain, "GET", "/douyin/t", "", "", big, sizeof big, -1));
	CHECK(has("\"status_code\":40003"));
	CHECK_INT(body_at, sizeof big);
	CHECK(ask(&plain, "GET", "/douyin/t", "", "", big, BODY_MAX, -1));
	CHECK(ask(&plain, "GET", "/douyin/t", "", "", big, BODY_MAX, BODY_MAX));
	CHECK(!ask(&plain, "GET", "/douyin/t", "", "", "n=1", 3, 4));
	CHECK(has("\"status_code\":40008"));
	CHECK_INT(handled, 0);
	CHECK(!ask(&plain, "GET", "/douyin/t", "", "application/json", "{", 1, 1));
	CHECK(has("body is not a JSON object"));
	CHECK(has("\"user_id\":0"));
}

CASE(no_viewer)
{
	CHECK(ask(&plain, "POST", "/douyin/t", "token=forged", "", "", 0, 0));
	CHECK_INT(seen_viewer, 0);
	CHECK(!ask(&plain, "POST", "/douyin/need", "", "", "n=1", 3, 3));
	CHECK(has("Status: 200 OK\r\n"));
	CHECK(has("\"status_code\":10004"));
	CHECK(!ask(&plain, "POST", "/douyin/need", "token=a%00b", "", "n=1", 3, 3));
	CHECK(has("\"status_code\":10004"));
	CHECK(
	    !ask(&plain, "POST", "/api/need", "", "application/json", "{\"token\":\"x\"}", 13, 13));
	CHECK(has("Status: 401 Unauthorized\r\n"));
	CHECK_INT(handled, 0);
}

CASE(errors_of_the_handler)
{
	answer = E_USER_UNKNOWN;
	CHECK(!ask(&plain, "GET", "/douyin/t", "n=5", "", "", 0, -1));
	CHECK_STR(reply + reply_body_at,
	    "{\"status_code\":10013,\"status_msg\":\"there is no such user\",\"user_id\":0}");
	answer = E_ALREADY;
	CHECK(ask(&plain, "GET", "/douyin/t", "n=5", "", "", 0, -1));
	CHECK(!ask(&plain, "PUT", "/api/t", "n=5", "", "", 0, -1));
	CHECK(has("Status: 400 Bad Request\r\n"));
	answer = E_OK;
}

#define TYPE "multipart/form-data; boundary=B"
#define FILE_PART(name, filename, text)                                                  \
	"--B\r\nContent-Disposition: form-data; name=\"" name "\"; filename=\"" filename \
	"\"\r\n\r\n" text "\r\n"
#define TEXT_PART(name, text) \
	"--B\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" text "\r\n"
#define END "--B--\r\n"

CASE(upload_and_drop)
{
	int before;

	open_all();
	before = open_descriptors();
	for (int i = 0; i < 3; i++) {
		CHECK(post(&upload, TYPE,
		    FILE_PART("data", "../../etc/passwd", "video\r\n--\r\n") TEXT_PART("n", "7")
			FILE_PART("data", "second", "other") FILE_PART("x", "y", "z") END));
		CHECK_INT(seen.n, 7);
		CHECK_INT(seen.data.size, 11);
		CHECK_INT(seen.data.head_n, 11);
		CHECK(memcmp(seen.data.head, "video\r\n--\r\n", 11) == 0);
	}
	CHECK_INT(incoming(), 0);
	CHECK_INT(open_descriptors(), before);
}

CASE(upload_and_keep)
{
	int before;
	char path[200];
	struct stat st;

	open_all();
	before = open_descriptors();
	keep = true;
	CHECK(post(&upload, TYPE, FILE_PART("data", "a.mp4", "video") END));
	keep = false;
	CHECK_INT(incoming(), 0);
	CHECK_INT(open_descriptors(), before);
	snprintf(path, sizeof path, "%s/media/v/00/kept.mp4", dir);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_size, 5);
}

CASE(upload_refused)
{
	static const char one[] = FILE_PART("data", "a", "v") END;
	static char big[250000];
	char *at;

	CHECK(!post(&upload, TYPE, TEXT_PART("n", "7") END));
	CHECK(has("data is missing"));
	CHECK(!post(&upload, TYPE, FILE_PART("data", "", "") END));
	CHECK(has("data is missing"));
	CHECK(!post(&upload, TYPE, FILE_PART("data", "a.mp4", "") END));
	CHECK(has("data is an empty file"));
	CHECK(!post(&upload, TYPE, TEXT_PART("data", "video") END));
	CHECK(has("data must be a file"));
	CHECK(!post(&upload, "", "data=x"));
	CHECK(has("data must be a file"));
	CHECK(!post(&upload, TYPE, FILE_PART("data", "a.mp4", "video")));
	CHECK(has("damaged or cut short"));
	CHECK(!post(&upload, "multipart/form-data", FILE_PART("data", "a.mp4", "video") END));
	CHECK(has("damaged or cut short"));
	CHECK(!ask(&upload, "POST", "/douyin/need", "token=forged", TYPE, one, strlen(one), -1));
	CHECK(has("\"status_code\":10004"));
	CHECK_INT(handled, 0);

	memset(big, 'x', sizeof big);
	at =
	    memcpy(big, FILE_PART("data", "a.mp4", ""), strlen(FILE_PART("data", "a.mp4", "")) - 2);
	memcpy(at + sizeof big - 9, "\r\n--B--\r\n", 9);
	CHECK(!ask(&upload, "POST", "/douyin/t", "", TYPE, big, sizeof big, sizeof big));
	CHECK(has("\"status_code\":10014"));
	CHECK_INT(body_at, sizeof big);
	/* Told to be far too large: nothing is stored, the answer comes all the same. */
	CHECK(!ask(&upload, "POST", "/douyin/t", "", TYPE, big, sizeof big, INT64_C(1) << 40));
	CHECK(has("\"status_code\":10014"));
	CHECK_INT(incoming(), 0);
}

CASE(many_parts)
{
	static char text[65 * 80];

	for (int i = 0; i < 64; i++)
		strcat(text, TEXT_PART("a", "1"));
	strcat(text, TEXT_PART("a", "1") END);
	CHECK(!post(&upload, TYPE, text));
	CHECK(has("at most 64 parameters"));
}

CASE(rate_by_address)
{
	char *env[] = { strdup("REQUEST_METHOD=POST"), strdup("SCRIPT_NAME=/douyin/t/"),
		strdup("REMOTE_ADDR=10.1.2.3"), NULL };
	char *api[] = { strdup("REQUEST_METHOD=PUT"), strdup("SCRIPT_NAME=/api/t"),
		strdup("REMOTE_ADDR=10.1.2.3"), NULL };
	struct io io = { .env = env, .read = io_read, .write = io_write };
	int good = 0;

	open_all();
	for (int i = 0; i < 10; i++)
		good += serve_request(&plain, &io);
	CHECK_INT(good, 3);
	CHECK(has("Status: 200 OK\r\n"));
	CHECK(has("\"status_code\":40004"));
	CHECK(has("seconds"));
	io.env = api;
	CHECK(!serve_request(&plain, &io));
	CHECK(has("Status: 429 Too Many Requests\r\n"));
	CHECK(has("Retry-After: "));
	for (int i = 0; i < 3; i++) {
		free(env[i]);
		free(api[i]);
	}
}

UNIT_MAIN
