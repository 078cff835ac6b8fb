/* files.c - see files.h: which storage it is, and what goes from one to the other.
 *
 * The invariants: every path that comes in is checked to be one that we could have made before
 * anything is done with it; and a removal leaves nothing in either storage, also when a move copies
 * the file at the same time (whoever comes last looks once more). */
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "store/disk.h"
#include "store/s3.h"

void
files_name(char out[FILES_NAME + 1])
{
	unsigned char r[FILES_NAME / 2];

	random_bytes(r, sizeof r);
	hex_encode(out, r, sizeof r);
}

char *
files_path(struct arena *a, char kind, const char *name, const char *ext)
{
	return arena_printf(a, "%c/%.2s/%s.%s", kind, name, name, ext);
}

int
files_receive(struct arena *a, const char *media_dir, char **path)
{
	return disk_receive(a, media_dir, path);
}

void
files_drop(struct arena *a, const char *media_dir, const char *incoming)
{
	if (disk_remove(a, media_dir, incoming) != E_OK)
		log_warn("files: %s stays until it is swept", incoming);
}

int
files_sweep(const char *media_dir, int64_t age_s)
{
	return disk_sweep(media_dir, age_s);
}

void
files_on_wait(bool (*fn)(void *arg), void *arg)
{
	s3_on_wait(fn, arg);
}

enum storage
files_storage(const struct conf *conf)
{
	return conf->storage_is_s3 ? STORAGE_S3 : STORAGE_FILES;
}

/* Stores what fd holds; E_DISK. */
static enum err
put(const struct conf *conf, int fd, const char *path)
{
	struct digest d;

	if (!digest_fd(fd, &d)) {
		log_error("files: %s cannot be read: %s", path, strerror(errno));
		return E_DISK;
	}
	return s3_put(conf, path, fd, &d);
}

enum err
files_keep(struct arena *a, const struct conf *conf, const char *incoming, int fd, const char *path)
{
	enum err e;

	if (!conf->storage_is_s3)
		return disk_keep(a, conf->media_dir, incoming, fd, path);
	if (disk_path_is_ours(path)) {
		e = put(conf, fd, path);
	} else {
		log_error("files: \"%s\" is no path of ours", path);
		e = E_DISK;
	}
	close(fd);
	files_drop(a, conf->media_dir, incoming);
	return e;
}

/* The object in a new file of incoming/; E_DISK.  Without one *fd is -1. */
static enum err
fetch(struct arena *a, const struct conf *conf, const char *path, char **incoming, int *fd)
{
	bool found = false;
	enum err e;

	*fd = disk_receive(a, conf->media_dir, incoming);
	if (*fd < 0) {
		log_error("files: incoming: %s", strerror(errno));
		return E_DISK;
	}
	e = s3_get(conf, path, *fd, &found);
	if (e != E_OK || !found) {
		close(*fd);
		*fd = -1;
		files_drop(a, conf->media_dir, *incoming);
	}
	return e;
}

static int
open_object(struct arena *a, const struct conf *conf, const char *path)
{
	char *incoming;
	int fd, result, err;

	if (fetch(a, conf, path, &incoming, &fd) != E_OK) {
		errno = EIO;
		return -1;
	}
	if (fd < 0) {
		errno = ENOENT;
		return -1;
	}
	result = disk_open(a, conf->media_dir, incoming);
	err = errno;
	close(fd);
	files_drop(a, conf->media_dir, incoming);
	errno = err;
	return result;
}

int
files_open(struct arena *a, const struct conf *conf, const char *path)
{
	int fd;

	if (!disk_path_is_ours(path)) {
		errno = EINVAL;
		return -1;
	}
	if (conf->storage_is_s3) {
		fd = open_object(a, conf, path);
		return fd < 0 && errno == ENOENT ? disk_open(a, conf->media_dir, path) : fd;
	}
	fd = disk_open(a, conf->media_dir, path);
	return fd < 0 && errno == ENOENT && conf->s3_url != NULL ? open_object(a, conf, path) : fd;
}

enum err
files_remove(struct arena *a, const struct conf *conf, const char *path)
{
	enum err e = disk_remove(a, conf->media_dir, path);

	if (conf->s3_url == NULL || e != E_OK || !disk_path_is_ours(path))
		return e;
	e = s3_remove(conf, path);
	/* A move from the bucket to the disk may have finished in between. */
	return e == E_OK ? disk_remove(a, conf->media_dir, path) : e;
}

enum err
files_copy(struct arena *a, const struct conf *conf, const char *from, const char *path)
{
	struct stat st;
	enum err e = E_DISK;
	int fd;

	if (!conf->storage_is_s3)
		return disk_copy(a, conf->media_dir, from, path);
	if (!disk_path_is_ours(path)) {
		log_error("files: \"%s\" is no path of ours", path);
		return E_DISK;
	}
	fd = from[0] == '/' ? open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : files_open(a, conf, from);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		e = put(conf, fd, path);
	else
		log_error("files: copy %s to %s: %s", from, path, fd < 0 ? strerror(errno) : "no file");
	if (fd >= 0)
		close(fd);
	return e;
}
