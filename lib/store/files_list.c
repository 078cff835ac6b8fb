/* files_list.c - every kept file of a storage, whatever the rows say; see files.h.
 *
 * The invariant: only what has a path of ours is told, so that nobody removes what is not ours. */
#include "store/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "store/disk.h"
#include "store/s3.h"

#define DEPTH 2 /* v/ab/name */

struct walk {
	struct arena *a;
	bool (*fn)(void *arg, const char *path, int64_t modified_ms);
	void *arg;
	bool over;
};

static void
tell(struct walk *w, const char *path, int64_t modified_ms)
{
	if (disk_path_is_ours(path) && strncmp(path, "incoming/", 9) != 0)
		w->over = !w->fn(w->arg, path, modified_ms);
}

/* A directory below media_dir; closes fd. */
static enum err
walk_dir(struct walk *w, int fd, const char *path, int depth)
{
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	enum err e = E_OK;

	if (dir == NULL) {
		log_error("files: %s/: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return E_DISK;
	}
	for (struct dirent *d; e == E_OK && !w->over && (d = readdir(dir)) != NULL;) {
		const char *below = arena_printf(w->a, "%s%s%s", path, *path != '\0' ? "/" : "", d->d_name);
		struct stat st;

		if (d->d_name[0] == '.' || fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (S_ISREG(st.st_mode))
			tell(w, below, (int64_t)st.st_mtime * 1000);
		else if (S_ISDIR(st.st_mode) && depth < DEPTH)
			e = walk_dir(w, openat(fd, d->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
			    below, depth + 1);
	}
	closedir(dir);
	return e;
}

static enum err
walk_bucket(struct walk *w, const struct conf *conf)
{
	struct s3_page *page = arena_zalloc(w->a, sizeof *page);
	enum err e;

	do {
		e = s3_list(conf, page);
		for (size_t i = 0; e == E_OK && i < page->n && !w->over; i++)
			tell(w, page->entries[i].key, page->entries[i].modified_ms);
	} while (e == E_OK && page->more && !w->over);
	return e;
}

enum err
files_each(struct arena *a, const struct conf *conf, enum storage where,
    bool (*fn)(void *arg, const char *path, int64_t modified_ms), void *arg)
{
	struct walk w = { .a = a, .fn = fn, .arg = arg };

	if (where == STORAGE_S3)
		return walk_bucket(&w, conf);
	return walk_dir(&w, open(conf->media_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "", 0);
}
