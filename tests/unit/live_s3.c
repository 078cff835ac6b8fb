/* The object store against a real server, through files.h and s3.h.
 *
 * Runs only where DOUFU_TEST_S3 names a server's address, with DOUFU_TEST_S3_BUCKET, _KEY and
 * _SECRET; DOUFU_TEST_S3_SIGNED=1 says that it verifies signatures.  The ring s3 does all that. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "store/files.h"
#include "store/s3.h"

#define BIG_BYTES (INT64_C(200) << 20)

static char dir[] = "/tmp/doufu-s3-unit-XXXXXX";
static struct conf conf, on_disk;
static struct arena *a;

static const char *
variable(const char *name)
{
	const char *v = getenv(name);

	return v != NULL ? v : "";
}

__attribute__((constructor)) static void
begin(void)
{
	if (*variable("DOUFU_TEST_S3") == '\0') {
		puts("skip live_s3: DOUFU_TEST_S3 names no server (tests/run s3 does)");
		exit(0);
	}
	if (mkdtemp(dir) == NULL)
		abort();
	a = arena_new();
	log_open("unit", arena_printf(a, "%s/log", dir), LOG_DEBUG);
	conf = (struct conf){ .media_dir = dir, .storage_is_s3 = true, .s3_region = "us-east-1",
		.s3_key = variable("DOUFU_TEST_S3_KEY"), .s3_secret = variable("DOUFU_TEST_S3_SECRET"),
		.s3_timeout = 20,
		.s3_url = arena_printf(a, "%s/%s", variable("DOUFU_TEST_S3"),
		    variable("DOUFU_TEST_S3_BUCKET")) };
	on_disk = conf;
	on_disk.storage_is_s3 = false;
}

__attribute__((destructor)) static void
end(void)
{
	if (a == NULL)
		return;
	if (system(arena_printf(a, "rm -r '%s'", dir)) != 0)
		abort();
	arena_free(a);
}

/* How many files lie in incoming/. */
static int
left_over(void)
{
	FILE *f = popen(arena_printf(a, "ls -A '%s/incoming' | wc -l", dir), "r");
	int n = -1;

	if (f == NULL || fscanf(f, "%d", &n) != 1)
		abort();
	pclose(f);
	return n;
}

static char *
log_text(void)
{
	char *text = arena_zalloc(a, 100000);
	FILE *f = fopen(arena_printf(a, "%s/log", dir), "r");

	if (f == NULL || fread(text, 1, 99999, f) == 0)
		text[0] = '\0';
	if (f != NULL)
		fclose(f);
	return text;
}

static enum err
keep_as(const struct conf *c, const char *text, const char *path)
{
	char *incoming;
	int fd = files_receive(a, dir, &incoming);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	return files_keep(a, c, incoming, fd, path);
}

static char *
content(const struct conf *c, const char *path)
{
	char text[1000];
	int fd = files_open(a, c, path);
	ssize_t n;

	if (fd < 0)
		return NULL;
	n = read(fd, text, sizeof text);
	close(fd);
	return n < 0 ? NULL : arena_strndup(a, text, (size_t)n);
}

CASE(there_and_back_and_away)
{
	char name[FILES_NAME + 1], *path;

	files_name(name);
	path = files_path(a, 'v', name, "mp4");
	CHECK(content(&conf, path) == NULL && errno == ENOENT);
	CHECK_INT(keep_as(&conf, "a clip", path), E_OK);
	CHECK_INT(left_over(), 0);
	CHECK(access(arena_printf(a, "%s/%s", dir, path), F_OK) != 0);
	CHECK_STR(content(&conf, path), "a clip");
	CHECK_INT(keep_as(&conf, "another", path), E_OK);
	CHECK_STR(content(&conf, path), "another");
	CHECK_INT(left_over(), 0);
	CHECK_INT(files_remove(a, &conf, path), E_OK);
	CHECK(content(&conf, path) == NULL && errno == ENOENT);
	CHECK_INT(files_remove(a, &conf, path), E_OK);
}

CASE(nothing_is_a_file_too)
{
	CHECK_INT(keep_as(&conf, "", "v/00/empty.mp4"), E_OK);
	CHECK_STR(content(&conf, "v/00/empty.mp4"), "");
	CHECK_INT(files_remove(a, &conf, "v/00/empty.mp4"), E_OK);
	CHECK(content(&conf, "v/00/empty.mp4") == NULL);
}

CASE(every_character_that_a_path_may_have)
{
	static const char *const paths[] = { "v/0a/0123456789abcdefghijklmnopqrstuvwxyz.webm",
		"a-b_c.d/e-_.f/g..h--i__j.tar.gz", "x", "p/-/_" };

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		CHECK_INT(keep_as(&conf, paths[i], paths[i]), E_OK);
		CHECK_STR(content(&conf, paths[i]), paths[i]);
		CHECK_INT(files_remove(a, &conf, paths[i]), E_OK);
	}
}

CASE(paths_that_are_not_ours)
{
	static const char *const bad[] = { "", "/v/x", "v/../x", "v//x", "v/x/", "a/b/c/d", "v/X", "v/a+b",
		"v/a b", "v/%41", "v/a?b" };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		CHECK_INT(keep_as(&conf, "x", bad[i]), E_DISK);
		CHECK(content(&conf, bad[i]) == NULL && errno == EINVAL);
		CHECK_INT(files_copy(a, &conf, "/etc/passwd", bad[i]), E_DISK);
	}
	CHECK_INT(left_over(), 0);
}

CASE(copies)
{
	char *from = arena_printf(a, "%s/cover.jpg", dir);
	int fd = open(from, O_WRONLY | O_CREAT | O_EXCL, 0600);

	CHECK(fd >= 0 && write(fd, "picture", 7) == 7);
	close(fd);
	CHECK_INT(files_copy(a, &conf, from, "c/00/one.jpg"), E_OK);
	CHECK_INT(files_copy(a, &conf, "c/00/one.jpg", "c/00/two.jpg"), E_OK);
	CHECK_STR(content(&conf, "c/00/two.jpg"), "picture");
	CHECK_INT(files_copy(a, &conf, "/nowhere", "c/00/three.jpg"), E_DISK);
	CHECK_INT(files_copy(a, &conf, "/dev/zero", "c/00/three.jpg"), E_DISK);
	CHECK_INT(files_copy(a, &conf, "c/00/none.jpg", "c/00/three.jpg"), E_DISK);
	CHECK_INT(files_remove(a, &conf, "c/00/one.jpg"), E_OK);
	CHECK_INT(files_remove(a, &conf, "c/00/two.jpg"), E_OK);
	CHECK_INT(left_over(), 0);
}

CASE(what_one_storage_lacks_is_looked_for_in_the_other)
{
	CHECK_INT(keep_as(&on_disk, "disk", "v/00/d.mp4"), E_OK);
	CHECK_INT(keep_as(&conf, "bucket", "v/00/b.mp4"), E_OK);
	CHECK_STR(content(&conf, "v/00/d.mp4"), "disk");
	CHECK_STR(content(&on_disk, "v/00/b.mp4"), "bucket");
	CHECK_INT(files_remove(a, &conf, "v/00/d.mp4"), E_OK);
	CHECK_INT(files_remove(a, &on_disk, "v/00/b.mp4"), E_OK);
	CHECK(content(&on_disk, "v/00/d.mp4") == NULL && content(&on_disk, "v/00/b.mp4") == NULL);
}

static enum transfer
transfer(const struct conf *c, enum storage to, const char *path, bool dry)
{
	enum transfer what = TRANSFER_GONE;
	int64_t bytes;

	return files_transfer(a, c, to, path, dry, &what, &bytes) == E_OK ? what : (enum transfer)-1;
}

CASE(a_move_and_back)
{
	static const char path[] = "c/00/m.jpg";
	bool found;

	CHECK_INT(transfer(&on_disk, STORAGE_S3, path, false), TRANSFER_MISSING);
	CHECK_INT(keep_as(&on_disk, "placeholder", path), E_OK);
	CHECK_INT(transfer(&on_disk, STORAGE_S3, path, true), TRANSFER_NEEDED);
	CHECK_INT(transfer(&on_disk, STORAGE_S3, path, true), TRANSFER_NEEDED);
	CHECK_INT(transfer(&on_disk, STORAGE_S3, path, false), TRANSFER_DONE);
	CHECK_INT(transfer(&on_disk, STORAGE_S3, path, false), TRANSFER_EQUAL);
	CHECK(files_read_back(a, &on_disk, STORAGE_S3, path, &found) == E_OK && found);
	/* Not switched yet: what is on disk is the truth. */
	CHECK_INT(keep_as(&on_disk, "the picture", path), E_OK);
	CHECK_INT(transfer(&on_disk, STORAGE_S3, path, false), TRANSFER_DONE);
	CHECK_STR(content(&conf, path), "the picture");
	/* Switched: what is in the bucket is, and may be newer. */
	CHECK_INT(keep_as(&conf, "a later picture", path), E_OK);
	CHECK_INT(transfer(&conf, STORAGE_S3, path, false), TRANSFER_NEWER);
	CHECK_INT(files_remove_from(a, &conf, STORAGE_FILES, path), E_OK);
	CHECK_INT(transfer(&conf, STORAGE_S3, path, false), TRANSFER_TARGET);
	/* And back. */
	CHECK_INT(transfer(&conf, STORAGE_FILES, path, false), TRANSFER_DONE);
	CHECK_INT(transfer(&conf, STORAGE_FILES, path, false), TRANSFER_EQUAL);
	CHECK_INT(files_remove_from(a, &conf, STORAGE_S3, path), E_OK);
	CHECK_STR(content(&on_disk, path), "a later picture");
	CHECK_INT(files_remove(a, &on_disk, path), E_OK);
	CHECK_INT(left_over(), 0);
}

static bool
lost(void *arg)
{
	++*(int *)arg;
	return false;
}

CASE(a_transfer_whose_lease_is_lost_leaves_nothing)
{
	char *incoming;
	int fd = files_receive(a, dir, &incoming), asked = 0;

	CHECK(fd >= 0 && ftruncate(fd, 50 << 20) == 0);
	files_on_wait(lost, &asked);
	CHECK_INT(files_keep(a, &conf, incoming, fd, "v/00/lost.mp4"), E_DISK);
	files_on_wait(NULL, NULL);
	CHECK_INT(asked, 1); /* and not tried again */
	CHECK(content(&conf, "v/00/lost.mp4") == NULL && errno == ENOENT);
	CHECK_INT(left_over(), 0);
}

CASE(two_hundred_megabytes_take_no_memory)
{
	struct rusage before, after;
	char *incoming, block[65536];
	int fd = files_receive(a, dir, &incoming);
	struct stat st;
	bool found;

	CHECK(fd >= 0);
	for (int64_t at = 0; at < BIG_BYTES; at += (int64_t)sizeof block) {
		memset(block, (int)(at >> 16), sizeof block);
		memcpy(block, &at, sizeof at);
		CHECK(write(fd, block, sizeof block) == (ssize_t)sizeof block);
	}
	getrusage(RUSAGE_SELF, &before);
	CHECK_INT(files_keep(a, &conf, incoming, fd, "v/00/big.mp4"), E_OK);
	CHECK(files_read_back(a, &conf, STORAGE_S3, "v/00/big.mp4", &found) == E_OK && found);
	fd = files_open(a, &conf, "v/00/big.mp4");
	CHECK(fd >= 0 && fstat(fd, &st) == 0);
	CHECK_INT(st.st_size, BIG_BYTES);
	close(fd);
	getrusage(RUSAGE_SELF, &after);
	CHECK_INT(files_remove(a, &conf, "v/00/big.mp4"), E_OK);
	CHECK(after.ru_maxrss - before.ru_maxrss < 2048); /* KiB */
	CHECK_INT(left_over(), 0);
}

CASE(a_wrong_secret_is_told_and_not_logged)
{
	struct conf wrong = conf;

	wrong.s3_secret = "hush-hush-secret";
	if (strcmp(variable("DOUFU_TEST_S3_SIGNED"), "1") != 0) {
		CHECK_INT(keep_as(&wrong, "x", "v/00/wrong.mp4"), E_OK); /* it does not verify */
		CHECK_INT(files_remove(a, &wrong, "v/00/wrong.mp4"), E_OK);
		return;
	}
	CHECK_INT(keep_as(&wrong, "x", "v/00/wrong.mp4"), E_DISK);
	CHECK(strstr(s3_why(), "HTTP 403 SignatureDoesNotMatch") != NULL);
	CHECK(content(&wrong, "v/00/wrong.mp4") == NULL && errno == EIO);
	CHECK_INT(files_remove(a, &wrong, "v/00/wrong.mp4"), E_DISK);
	CHECK(strstr(log_text(), "SignatureDoesNotMatch") != NULL);
	CHECK(strstr(log_text(), "hush-hush") == NULL && strstr(log_text(), conf.s3_secret) == NULL);
	CHECK(content(&conf, "v/00/wrong.mp4") == NULL && errno == ENOENT);
	CHECK_INT(left_over(), 0);
}

CASE(a_bucket_that_is_not_there)
{
	struct conf wrong = conf;

	wrong.s3_url = arena_printf(a, "%s/nowhere", variable("DOUFU_TEST_S3"));
	CHECK_INT(keep_as(&wrong, "x", "v/00/wrong.mp4"), E_DISK);
	CHECK(strstr(s3_why(), "NoSuchBucket") != NULL);
	CHECK(content(&wrong, "v/00/wrong.mp4") == NULL && errno == EIO);
}

/* A listener of our own, in a child that behaves badly; returns its port. */
static int
bad_server(const char *how, pid_t *child)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof at;
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char block[4096];

	if (s < 0 || bind(s, (struct sockaddr *)&at, size) != 0 || listen(s, 5) != 0 ||
	    getsockname(s, (struct sockaddr *)&at, &size) != 0)
		abort();
	fflush(stdout);
	*child = fork();
	if (*child != 0) {
		close(s);
		return ntohs(at.sin_port);
	}
	for (;;) {
		int c = accept(s, NULL, NULL);

		if (c < 0 || read(c, block, sizeof block) < 0)
			_exit(1);
		/* silent: takes a bite and says nothing; else what stands there is its answer. */
		if (strcmp(how, "silent") == 0) {
			pause();
		} else if (*how != '\0' && write(c, how, strlen(how)) < 0) {
			_exit(1);
		}
		close(c);
	}
}

/* Keeps a file at a server that behaves so; returns what it took, in ms. */
static int64_t
keep_at(const char *how, struct conf bad, enum err *e, char **read_back)
{
	pid_t child;
	int64_t began_us;

	bad.s3_url = arena_printf(a, "http://127.0.0.1:%d/clips", bad_server(how, &child));
	began_us = clock_mono_us();
	*e = keep_as(&bad, "clip", "v/00/bad.mp4");
	began_us = clock_mono_us() - began_us;
	*read_back = content(&bad, "v/00/bad.mp4");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return began_us / 1000;
}

CASE(servers_that_behave_badly)
{
	/* What it answers to everything; whether that is tried again. */
	static const char ok[] = "HTTP/1.1 200 OK\r\n", end_of[] = "\r\n";
	const struct {
		const char *how, *why;
	} all[] = {
		{ "", "GET v/00/bad.mp4: " }, /* hangs up */
		{ "no HTTP at all\r\n\r\n", "GET v/00/bad.mp4: " },
		{ "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "HTTP 500" },
		{ "HTTP/1.1 503 No\r\nContent-Length: 33\r\n\r\n<Error><Code>SlowDown</Code></Err>",
		    "HTTP 503 SlowDown" },
		{ "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
		    "HTTP 301" },
		{ "HTTP/1.1 403 No\r\nContent-Length: 39\r\n\r\n<Error><Code>a\nb {\"x\":1}</Code></Error>",
		    "HTTP 403 " },
		/* Says that it has taken it, but other bytes are there. */
		{ arena_printf(a, "%sETag: \"00\"\r\nx-amz-meta-sha256: 00\r\nContent-Length: 4\r\n%sbyte", ok,
		      end_of),
		    "hash" },
		{ arena_printf(a, "%sContent-Length: 400\r\n%sshort", ok, end_of), "GET v/00/bad.mp4: " },
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		enum err e;
		char *back;

		keep_at(all[i].how, conf, &e, &back);
		CHECK_INT(e, E_DISK);
		CHECK(back == NULL);
		if (strstr(s3_why(), all[i].why) == NULL)
			printf("   %zu: %s\n", i, s3_why());
		CHECK(strstr(s3_why(), all[i].why) != NULL);
		CHECK_INT(left_over(), 0);
	}
}

CASE(a_silent_server_is_given_up)
{
	struct conf bad = conf;
	enum err e;
	char *back;
	int64_t ms;

	bad.s3_timeout = 1;
	ms = keep_at("silent", bad, &e, &back);
	CHECK_INT(e, E_DISK);
	CHECK(back == NULL);
	CHECK(ms >= 900 && ms < 20000);
}

CASE(nobody_listens)
{
	struct conf bad = conf;

	bad.s3_url = "http://127.0.0.1:1/clips";
	CHECK_INT(keep_as(&bad, "x", "v/00/x.mp4"), E_DISK);
	CHECK_INT(files_remove(a, &bad, "v/00/x.mp4"), E_DISK);
	CHECK(strstr(s3_why(), "connect") != NULL);
}

UNIT_MAIN
