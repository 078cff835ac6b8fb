/* disk.c - see disk.h.
 *
 * The invariant: every path that comes in is checked to be one that we could have made, relative
 * and without "..", before it is joined to media_dir; and nothing becomes visible before it and
 * its directory entry are on disk. */
#include "store/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/files.h"

#define INCOMING "incoming"
#define COPY_MAX (INT64_C(64) << 20)

bool
disk_path_is_ours(const char *path)
{
	int slashes = 0;
	char before = '/';

	if (strlen(path) > 200)
		return false;
	for (const char *p = path; *p != '\0'; before = *p++) {
		bool word = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_' ||
			    *p == '-' || *p == '.';

		if (*p == '/' ? ++slashes > 2 : !word)
			return false;
		if (before == '/' && (*p == '.' || *p == '/'))
			return false;
	}
	return before != '/';
}

static int
open_dir(int at, const char *path)
{
	int links = at == AT_FDCWD ? 0 : O_NOFOLLOW;

	return openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | links);
}

/* Opens a directory below at, making it where it is missing (and its entry durable). */
static int
open_or_make_dir(int at, const char *name)
{
	int fd = open_dir(at, name);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (mkdirat(at, name, 0755) != 0) {
		if (errno != EEXIST)
			return -1;
	} else if (fchmodat(at, name, 0755, 0) != 0) {
		/* The web server must read it, whatever our umask is. */
		return -1;
	}
	if (fsync(at) != 0)
		return -1;
	return open_dir(at, name);
}

/* Opens the directory of a path below root; *base is the rest, the name in it. */
static int
open_parent(struct arena *a, int root, const char *path, const char **base)
{
	int at = dup(root);

	for (const char *slash; at >= 0 && (slash = strchr(path, '/')) != NULL; path = slash + 1) {
		int next = open_or_make_dir(at, arena_strndup(a, path, (size_t)(slash - path)));
		int err = errno;

		close(at);
		errno = err;
		at = next;
	}
	*base = path;
	return at;
}

static int
new_incoming(struct arena *a, int root, char **path)
{
	char name[FILES_NAME + 1];
	int dir = open_or_make_dir(root, INCOMING), fd, err;

	if (dir < 0)
		return -1;
	files_name(name);
	/* Not for the web server yet: disk_keep() opens it to all. */
	fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	err = errno;
	close(dir);
	errno = err;
	*path = arena_printf(a, INCOMING "/%s", name);
	return fd;
}

int
disk_receive(struct arena *a, const char *media_dir, char **path)
{
	int root = open_dir(AT_FDCWD, media_dir), fd, err;

	if (root < 0)
		return -1;
	fd = new_incoming(a, root, path);
	err = errno;
	close(root);
	errno = err;
	return fd;
}

/* Gives a complete incoming file its place.  fd may be -1 where its bytes are on disk already. */
static int
place(struct arena *a, int root, const char *incoming, int fd, const char *path)
{
	const char *base, *incoming_base;
	int from = -1, to = -1, result = -1, err;
	bool moved = false;

	if (fd >= 0 && (fchmod(fd, 0644) != 0 || fsync(fd) != 0))
		return -1;
	to = open_parent(a, root, path, &base);
	from = to < 0 ? -1 : open_parent(a, root, incoming, &incoming_base);
	if (from >= 0 && renameat(from, incoming_base, to, base) == 0) {
		moved = true;
		if (fsync(to) == 0 && fsync(from) == 0)
			result = 0;
	}
	err = errno;
	if (result != 0 && moved)
		unlinkat(to, base, 0);
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	errno = err;
	return result;
}

enum err
disk_keep(struct arena *a, const char *media_dir, const char *incoming, int fd, const char *path)
{
	int root = -1, result = -1, err = EINVAL;

	if (disk_path_is_ours(incoming) && disk_path_is_ours(path)) {
		root = open_dir(AT_FDCWD, media_dir);
		if (root >= 0)
			result = place(a, root, incoming, fd, path);
		err = errno;
	}
	/* Some file systems report a failed write only here. */
	if (close(fd) != 0 && result == 0) {
		err = errno;
		result = -1;
		unlinkat(root, path, 0);
	}
	if (result != 0) {
		log_error("files: keep %s/%s: %s", media_dir, path, strerror(err));
		if (root >= 0 && disk_path_is_ours(incoming))
			unlinkat(root, incoming, 0);
	}
	if (root >= 0)
		close(root);
	return result == 0 ? E_OK : E_DISK;
}

int
disk_open(struct arena *a, const char *media_dir, const char *path)
{
	if (!disk_path_is_ours(path)) {
		errno = EINVAL;
		return -1;
	}
	return open(arena_printf(a, "%s/%s", media_dir, path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

enum err
disk_remove(struct arena *a, const char *media_dir, const char *path)
{
	if (!disk_path_is_ours(path)) {
		log_error("files: \"%s\" is no path of ours", path);
		return E_OK;
	}
	if (unlink(arena_printf(a, "%s/%s", media_dir, path)) == 0 || errno == ENOENT || errno == ENOTDIR)
		return E_OK;
	log_warn("files: remove %s/%s: %s", media_dir, path, strerror(errno));
	return E_DISK;
}

static int
write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -1;
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

static int
copy_bytes(int from, int to)
{
	char block[16384];
	int64_t total = 0;

	for (;;) {
		ssize_t n = read(from, block, sizeof block);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		total += n;
		if (total > COPY_MAX) {
			errno = EFBIG;
			return -1;
		}
		if (write_all(to, block, (size_t)n) != 0)
			return -1;
	}
}

/* A new incoming file with the contents of from: a link, or else a copy. */
static int
duplicate(struct arena *a, int root, const char *from, char **path, int *fd)
{
	char *linked;
	int source, result;

	*fd = new_incoming(a, root, path);
	if (*fd < 0)
		return -1;
	linked = arena_printf(a, "%s.link", *path);
	if (linkat(root, from, root, linked, 0) == 0) {
		close(*fd);
		*fd = -1;
		if (renameat(root, linked, root, *path) == 0)
			return 0;
		unlinkat(root, linked, 0);
		return -1;
	}
	source = openat(root, from, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (source < 0)
		return -1;
	result = copy_bytes(source, *fd);
	close(source);
	return result;
}

enum err
disk_copy(struct arena *a, const char *media_dir, const char *from, const char *path)
{
	char *incoming = NULL;
	int root = open_dir(AT_FDCWD, media_dir), fd = -1, result = -1, err = EINVAL;

	if (root >= 0 && disk_path_is_ours(path) && (from[0] == '/' || disk_path_is_ours(from))) {
		result = duplicate(a, root, from, &incoming, &fd);
		if (result == 0)
			result = place(a, root, incoming, fd, path);
	}
	if (root < 0 || disk_path_is_ours(path))
		err = errno;
	if (result != 0)
		log_error("files: copy %s to %s/%s: %s", from, media_dir, path, strerror(err));
	if (fd >= 0)
		close(fd);
	/* Also after success: renaming a link over another link to the same file does nothing. */
	if (incoming != NULL)
		unlinkat(root, incoming, 0);
	if (root >= 0)
		close(root);
	return result == 0 ? E_OK : E_DISK;
}

int
disk_sweep(const char *media_dir, int64_t age_s)
{
	int root = open_dir(AT_FDCWD, media_dir), fd, removed = 0;
	int64_t oldest_s = clock_ms() / 1000 - age_s;
	DIR *dir;

	if (root < 0)
		return 0;
	fd = open_dir(root, INCOMING);
	close(root);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	for (struct dirent *d; (d = readdir(dir)) != NULL;) {
		struct stat st;

		if (fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode) &&
		    st.st_mtime < oldest_s && unlinkat(fd, d->d_name, 0) == 0)
			removed++;
	}
	closedir(dir);
	return removed;
}
