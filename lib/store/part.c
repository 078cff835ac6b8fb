/* part.c - see part.h.
 *
 * The invariant: an id becomes part of a path only after it was found to be one of ours, the length
 * of the file is the offset, and nobody writes without the lock on the file that has the name. */
#include "store/part.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

#define NAME (FILES_NAME + sizeof ".part.new")
#define INFO_MAX (PART_NOTE_MAX + 200)

static enum err
broken(const char *what, const struct part *p)
{
	log_error("upload %.8s: %s: %s", p->id, what, strerror(errno));
	return E_DISK;
}

static void
name_of(char out[NAME], const struct part *p, const char *kind)
{
	snprintf(out, NAME, "%s%s", p->id, kind);
}

static bool
id_is_ours(const char *id)
{
	return strspn(id, "0123456789abcdef") == FILES_NAME && id[FILES_NAME] == '\0';
}

static int
open_incoming(struct arena *a, const char *media_dir)
{
	return open(arena_printf(a, "%s/incoming", media_dir),
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static enum err
write_all(int fd, const char *p, size_t n, int64_t *done)
{
	while (n > 0) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return E_DISK;
		p += w;
		n -= (size_t)w;
		*done += w;
	}
	return E_OK;
}

/* A reader sees the old text or the new one. */
static enum err
write_info(struct arena *a, const struct part *p)
{
	char name[NAME], fresh[NAME];
	char *text = arena_printf(a, "%lld %lld %lld\n%s\n", (long long)p->user_id,
	    (long long)p->length_bytes, (long long)p->video_id, p->note);
	int64_t done = 0;
	enum err e;
	int fd;

	name_of(name, p, ".info");
	name_of(fresh, p, ".info.new");
	fd = openat(p->dir, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return E_DISK;
	e = write_all(fd, text, strlen(text), &done);
	if (e == E_OK && fsync(fd) != 0)
		e = E_DISK;
	close(fd);
	if (e == E_OK && renameat(p->dir, fresh, p->dir, name) != 0)
		e = E_DISK;
	if (e == E_OK && fsync(p->dir) != 0)
		e = E_DISK;
	if (e != E_OK)
		unlinkat(p->dir, fresh, 0);
	return e;
}

static bool
take_number(char **at, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(*at, &end, 10);
	if (end == *at || errno != 0)
		return false;
	*at = end;
	return true;
}

/* E_UPLOAD_UNKNOWN where there is none that can be read, or it is too old. */
static enum err
read_info(struct part *p, char text[INFO_MAX], int64_t now_ms)
{
	char name[NAME], *at = text, *line;
	struct stat st;
	ssize_t n = -1;
	int fd;

	name_of(name, p, ".info");
	fd = openat(p->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? E_UPLOAD_UNKNOWN : broken("its facts", p);
	if (fstat(fd, &st) == 0)
		n = read(fd, text, INFO_MAX - 1);
	close(fd);
	if (n <= 0)
		return E_UPLOAD_UNKNOWN;
	text[n] = '\0';
	line = strchr(text, '\n');
	if (line == NULL || !take_number(&at, &p->user_id) || !take_number(&at, &p->length_bytes) ||
	    !take_number(&at, &p->video_id) || at != line)
		return E_UPLOAD_UNKNOWN;
	p->note = line + 1;
	line[1 + strcspn(line + 1, "\n")] = '\0';
	p->expires_ms = ((int64_t)st.st_mtime + PART_AGE_S) * 1000;
	return p->expires_ms > now_ms ? E_OK : E_UPLOAD_UNKNOWN;
}

enum err
part_create(struct arena *a, const char *media_dir, struct part *p)
{
	char name[NAME], *path;
	enum err e = E_OK;
	int fd;

	/* Also makes the directory where it is missing. */
	p->dir = p->fd = -1;
	p->video_id = p->offset_bytes = 0;
	fd = files_receive(a, media_dir, &path);
	files_name(p->id);
	if (fd < 0)
		return broken("no file can be made", p);
	p->fd = fd;
	p->dir = open_incoming(a, media_dir);
	name_of(name, p, ".part");
	if (p->dir < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0 ||
	    renameat(p->dir, strrchr(path, '/') + 1, p->dir, name) != 0 || write_info(a, p) != E_OK) {
		e = broken("it cannot be begun", p);
		files_drop(a, media_dir, path);
		if (p->dir >= 0)
			unlinkat(p->dir, name, 0);
		part_close(p);
	}
	return e;
}

/* The lock is worth something only on the file that still has the name. */
static enum err
open_part(struct part *p)
{
	char name[NAME];
	struct stat now, had;

	name_of(name, p, ".part");
	p->fd = openat(p->dir, name, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (p->fd < 0)
		return errno == ENOENT ? E_UPLOAD_UNKNOWN : broken("its bytes", p);
	if (flock(p->fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? E_UPLOAD_BUSY : broken("its lock", p);
	if (fstat(p->fd, &had) != 0 || fstatat(p->dir, name, &now, AT_SYMLINK_NOFOLLOW) != 0 ||
	    had.st_ino != now.st_ino || had.st_dev != now.st_dev || !S_ISREG(had.st_mode))
		return E_UPLOAD_UNKNOWN;
	p->offset_bytes = had.st_size;
	return p->offset_bytes <= p->length_bytes ? E_OK : part_cut(p, p->length_bytes);
}

/* Opens the directory and reads what is known, if it is the user's. */
static enum err
find(struct arena *a, const char *media_dir, const char *id, int64_t user_id, int64_t now_ms,
    struct part *p)
{
	enum err e;

	*p = (struct part){ .dir = -1, .fd = -1 };
	if (!id_is_ours(id))
		return E_UPLOAD_UNKNOWN;
	memcpy(p->id, id, sizeof p->id);
	p->dir = open_incoming(a, media_dir);
	if (p->dir < 0)
		return errno == ENOENT ? E_UPLOAD_UNKNOWN : broken("incoming", p);
	e = read_info(p, arena_alloc(a, INFO_MAX), now_ms);
	if (e == E_OK && p->user_id != user_id)
		e = E_UPLOAD_UNKNOWN;
	if (e == E_OK && p->video_id != 0)
		p->offset_bytes = p->length_bytes;
	return e;
}

enum err
part_look(struct arena *a, const char *media_dir, const char *id, int64_t user_id, int64_t now_ms,
    struct part *p)
{
	enum err e = find(a, media_dir, id, user_id, now_ms, p);
	char name[NAME];
	struct stat st;

	name_of(name, p, ".part");
	if (e == E_OK && p->video_id == 0 && fstatat(p->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		p->offset_bytes = st.st_size < p->length_bytes ? st.st_size : p->length_bytes;
	part_close(p);
	return e;
}

enum err
part_open(struct arena *a, const char *media_dir, const char *id, int64_t user_id, int64_t now_ms,
    struct part *p)
{
	enum err e = find(a, media_dir, id, user_id, now_ms, p);

	if (e == E_OK && p->video_id == 0)
		e = open_part(p);
	if (e != E_OK)
		part_close(p);
	return e;
}

int64_t
part_pending(struct arena *a, const char *media_dir, int64_t user_id, int64_t now_ms)
{
	struct part p = { .dir = open_incoming(a, media_dir), .fd = -1 };
	DIR *list = p.dir >= 0 ? fdopendir(p.dir) : NULL;
	char *facts = arena_alloc(a, INFO_MAX);
	int64_t sum = 0;

	if (list == NULL) {
		part_close(&p);
		return 0;
	}
	for (struct dirent *d; (d = readdir(list)) != NULL;) {
		if (strlen(d->d_name) != FILES_NAME + 5 || strcmp(d->d_name + FILES_NAME, ".part") != 0)
			continue;
		memcpy(p.id, d->d_name, FILES_NAME);
		if (read_info(&p, facts, now_ms) == E_OK && p.user_id == user_id && p.video_id == 0)
			sum += p.length_bytes;
	}
	closedir(list);
	return sum;
}

enum err
part_append(struct part *p, const void *data, size_t n)
{
	enum err e = write_all(p->fd, data, n, &p->offset_bytes);

	return e == E_OK ? E_OK : broken("writing", p);
}

enum err
part_cut(struct part *p, int64_t offset_bytes)
{
	if (ftruncate(p->fd, offset_bytes) != 0)
		return broken("cutting", p);
	p->offset_bytes = offset_bytes;
	return E_OK;
}

enum err
part_sync(struct part *p, int64_t now_ms)
{
	char name[NAME];

	if (fsync(p->fd) != 0)
		return broken("fsync", p);
	name_of(name, p, ".info");
	if (utimensat(p->dir, name, NULL, AT_SYMLINK_NOFOLLOW) != 0)
		return broken("its time", p);
	p->expires_ms = now_ms + (int64_t)PART_AGE_S * 1000;
	return E_OK;
}

enum err
part_link(struct arena *a, struct part *p, const char **incoming, int *fd)
{
	char name[NAME], other[FILES_NAME + 1];

	name_of(name, p, ".part");
	files_name(other);
	*fd = fcntl(p->fd, F_DUPFD_CLOEXEC, 3);
	if (*fd < 0)
		return broken("a second descriptor", p);
	if (linkat(p->dir, name, p->dir, other, 0) == 0) {
		*incoming = arena_printf(a, "incoming/%s", other);
		return E_OK;
	}
	/* A file system without links: then a failure costs the part. */
	*incoming = arena_printf(a, "incoming/%s", name);
	return E_OK;
}

void
part_done(struct arena *a, struct part *p, int64_t video_id)
{
	char name[NAME];

	p->video_id = video_id;
	if (write_info(a, p) != E_OK)
		log_warn("upload %.8s: that it is a clip now was not noted: %s", p->id, strerror(errno));
	name_of(name, p, ".part");
	unlinkat(p->dir, name, 0);
}

void
part_remove(struct part *p)
{
	char name[NAME];

	name_of(name, p, ".info");
	if (unlinkat(p->dir, name, 0) != 0 && errno != ENOENT)
		log_warn("upload %.8s: %s", p->id, strerror(errno));
	name_of(name, p, ".part");
	unlinkat(p->dir, name, 0);
}

void
part_close(struct part *p)
{
	if (p->fd >= 0)
		close(p->fd);
	if (p->dir >= 0)
		close(p->dir);
	p->fd = p->dir = -1;
}
