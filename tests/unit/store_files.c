/* Files: received, kept, copied, removed, swept; and paths that are not ours. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "store/files.h"

static char dir[] = "/tmp/doufu-files-XXXXXX";
static struct arena *a;
static const struct conf at = { .media_dir = dir };
static const struct conf nowhere = { .media_dir = "/nowhere" };

__attribute__((constructor)) static void
make_dir(void)
{
	if (mkdtemp(dir) == NULL)
		abort();
	a = arena_new();
	/* The refusals that are tested here are logged. */
	log_open("unit", "/dev/null", LOG_ERROR);
}

__attribute__((destructor)) static void
remove_dir(void)
{
	if (system(arena_printf(a, "rm -r '%s'", dir)) != 0)
		abort();
	arena_free(a);
}

static char *
full(const char *path)
{
	return arena_printf(a, "%s/%s", dir, path);
}

static char *
content(const char *path)
{
	FILE *f = fopen(full(path), "r");
	char text[100] = "";

	if (f == NULL)
		return NULL;
	if (fread(text, 1, sizeof text - 1, f) == 0)
		text[0] = '\0';
	fclose(f);
	return arena_strdup(a, text);
}

static unsigned
mode_of(const char *path)
{
	struct stat st;

	return stat(full(path), &st) == 0 ? (unsigned)st.st_mode & 0777 : 0;
}

/* A clip with this text, kept. */
static char *
keep(const char *text)
{
	char name[FILES_NAME + 1], *incoming, *path;
	int fd = files_receive(a, dir, &incoming);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		abort();
	files_name(name);
	path = files_path(a, 'v', name, "mp4");
	return files_keep(a, &at, incoming, fd, path) == E_OK ? path : NULL;
}

CASE(names)
{
	char x[FILES_NAME + 1], y[FILES_NAME + 1];

	files_name(x);
	files_name(y);
	CHECK_INT(strlen(x), FILES_NAME);
	CHECK_INT(strspn(x, "0123456789abcdef"), FILES_NAME);
	CHECK(strcmp(x, y) != 0);
	CHECK_STR(files_path(a, 'c', "abcdef", "jpg"), "c/ab/abcdef.jpg");
}

CASE(received_and_kept)
{
	char *incoming, *path = arena_strdup(a, "v/12/1234.mp4");
	mode_t old = umask(077);
	int fd = files_receive(a, dir, &incoming);

	CHECK(fd >= 0);
	CHECK(strncmp(incoming, "incoming/", 9) == 0);
	CHECK_INT(mode_of(incoming), 0600);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	CHECK_INT(write(fd, "clip", 4), 4);
	CHECK(content(path) == NULL);
	CHECK_INT(files_keep(a, &at, incoming, fd, path), E_OK);
	umask(old);
	CHECK(fcntl(fd, F_GETFD) < 0);
	CHECK(content(incoming) == NULL);
	CHECK_STR(content(path), "clip");
	CHECK_INT(mode_of(path), 0644);
	CHECK_INT(mode_of("v"), 0755);
	CHECK_INT(mode_of("v/12"), 0755);
	files_remove(a, &at, path);
	CHECK(content(path) == NULL);
	files_remove(a, &at, path);
}

CASE(no_media_dir)
{
	char *incoming;

	CHECK_INT(files_receive(a, "/nowhere", &incoming), -1);
	CHECK_INT(errno, ENOENT);
	CHECK_INT(files_sweep("/nowhere", 1), 0);
	CHECK_INT(files_copy(a, &nowhere, "v/a", "v/b"), E_DISK);
}

CASE(failure_leaves_nothing)
{
	char *incoming;
	int fd = files_receive(a, dir, &incoming);

	CHECK(fd >= 0);
	/* A file stands where the directory should be. */
	CHECK(mknodat(AT_FDCWD, full("x"), S_IFREG | 0644, 0) == 0);
	CHECK_INT(files_keep(a, &at, incoming, fd, "x/12/1234.mp4"), E_DISK);
	CHECK(content(incoming) == NULL);
	CHECK(fcntl(fd, F_GETFD) < 0);
	unlink(full("x"));
}

CASE(foreign_paths)
{
	static const char *const bad[] = { "", "/etc/passwd", "../x", "v/../../x", "v/..", "v//x",
		"v/", ".x", "v/.x", "v/a b", "v/X", "v/a/b/c", "v/a\n", "v/\xc3\xa9" };
	char *victim = arena_printf(a, "%s.victim", dir);

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char *incoming;
		int fd = files_receive(a, dir, &incoming);

		CHECK(fd >= 0);
		CHECK_INT(files_keep(a, &at, incoming, fd, bad[i]), E_DISK);
		CHECK(fcntl(fd, F_GETFD) < 0);
		files_drop(a, dir, incoming);
		files_remove(a, &at, bad[i]);
		CHECK_INT(files_copy(a, &at, "v/x", bad[i]), E_DISK);
	}
	CHECK(mknodat(AT_FDCWD, victim, S_IFREG | 0644, 0) == 0);
	files_remove(a, &at, arena_printf(a, "../%s.victim", strrchr(dir, '/') + 1));
	CHECK(access(victim, F_OK) == 0);
	unlink(victim);
}

/* A link in the place of a directory leads out of media_dir: not followed. */
CASE(links_are_not_followed)
{
	char *incoming;
	int fd = files_receive(a, dir, &incoming);

	CHECK(fd >= 0);
	CHECK(symlink("/tmp", full("evil")) == 0);
	CHECK_INT(files_keep(a, &at, incoming, fd, "evil/x1"), E_DISK);
	unlink(full("evil"));
}

CASE(copies)
{
	char *from = keep("picture"), *outside = arena_printf(a, "%s.outside", dir);
	FILE *f = fopen(outside, "w");
	struct stat one, two;

	CHECK(from != NULL && f != NULL);
	fputs("placeholder", f);
	fclose(f);
	CHECK_INT(files_copy(a, &at, from, "c/aa/aa.jpg"), E_OK);
	CHECK_STR(content("c/aa/aa.jpg"), "picture");
	CHECK(stat(full(from), &one) == 0 && stat(full("c/aa/aa.jpg"), &two) == 0);
	CHECK(one.st_ino == two.st_ino);
	/* Again, over itself, and over another: the work of a job may be repeated. */
	CHECK_INT(files_copy(a, &at, from, "c/aa/aa.jpg"), E_OK);
	CHECK_STR(content("c/aa/aa.jpg"), "picture");
	CHECK_INT(files_copy(a, &at, outside, "c/aa/aa.jpg"), E_OK);
	CHECK_STR(content("c/aa/aa.jpg"), "placeholder");
	/* One goes, the other stays. */
	files_remove(a, &at, "c/aa/aa.jpg");
	CHECK_STR(content(from), "picture");
	CHECK(access(outside, F_OK) == 0);
	/* Another file system: no link is possible. */
	CHECK_INT(files_copy(a, &at, "/proc/self/cmdline", "c/aa/bb.jpg"), E_OK);
	CHECK(content("c/aa/bb.jpg") != NULL && strlen(content("c/aa/bb.jpg")) > 0);
	CHECK_INT(mode_of("c/aa/bb.jpg"), 0644);
	CHECK_INT(files_copy(a, &at, "v/none", "c/aa/cc.jpg"), E_DISK);
	CHECK_INT(files_copy(a, &at, "/dev/zero", "c/aa/cc.jpg"), E_DISK);
	unlink(outside);
	/* Nothing is left over. */
	CHECK_INT(files_sweep(dir, -100), 0);
}

CASE(sweep)
{
	char *old_path, *new_path;
	struct timespec times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	int x = files_receive(a, dir, &old_path), y = files_receive(a, dir, &new_path);

	CHECK(x >= 0 && y >= 0);
	CHECK(futimens(x, times) == 0);
	close(x);
	close(y);
	CHECK_INT(files_sweep(dir, 3600), 1);
	CHECK(access(full(old_path), F_OK) != 0);
	CHECK(access(full(new_path), F_OK) == 0);
	files_remove(a, &at, new_path);
}

UNIT_MAIN
