/* files_move.c - one file from one storage to the other; see files.h.
 *
 * The invariant: what is in the storage that new files go to is never overwritten, as it may be
 * newer (a cover is written twice); a file that is removed while it is copied is removed in both. */
#include "store/files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "store/disk.h"
#include "store/s3.h"

static enum storage
other(enum storage s)
{
	return s == STORAGE_S3 ? STORAGE_FILES : STORAGE_S3;
}

/* hash: else its size alone. */
static enum err
look_on_disk(struct arena *a, const struct conf *conf, const char *path, bool hash,
    struct digest *out, bool *found)
{
	int fd = disk_open(a, conf->media_dir, path);
	struct stat st;
	bool good;

	*found = fd >= 0;
	if (fd < 0 && errno == ENOENT)
		return E_OK;
	good = fd >= 0 && fstat(fd, &st) == 0 && (!hash || digest_fd(fd, out));
	if (!good)
		log_error("files: %s/%s: %s", conf->media_dir, path, strerror(errno));
	else if (!hash)
		*out = (struct digest){ .size_bytes = st.st_size };
	if (fd >= 0)
		close(fd);
	return good ? E_OK : E_DISK;
}

/* What one storage has of a path.  sha256 is "" for an object that did not come from here, too. */
static enum err
look(struct arena *a, const struct conf *conf, enum storage where, const char *path, bool hash,
    struct digest *out, bool *found)
{
	return where == STORAGE_S3 ? s3_look(conf, path, out, found)
				   : look_on_disk(a, conf, path, hash, out, found);
}

enum err
files_read_back(struct arena *a, const struct conf *conf, enum storage where, const char *path,
    bool *found)
{
	struct digest d;

	return where == STORAGE_S3 ? s3_get(conf, path, -1, found)
				   : look_on_disk(a, conf, path, true, &d, found);
}

enum err
files_remove_from(struct arena *a, const struct conf *conf, enum storage where, const char *path)
{
	return where == STORAGE_S3 ? s3_remove(conf, path) : disk_remove(a, conf->media_dir, path);
}

/* To the bucket.  *sent: of the very bytes, which the store has checked. */
static enum err
copy_up(struct arena *a, const struct conf *conf, const char *path, struct digest *sent)
{
	int fd = disk_open(a, conf->media_dir, path);
	enum err e = E_DISK;

	if (fd >= 0 && digest_fd(fd, sent))
		e = s3_put(conf, path, fd, sent);
	else if (fd < 0 && errno == ENOENT)
		e = E_OK; /* removed just now: files_transfer() sees it */
	else
		log_error("files: %s/%s: %s", conf->media_dir, path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return e;
}

/* To the disk; hash and size are those of a read of what was written. */
static enum err
copy_down(struct arena *a, const struct conf *conf, const char *path, const struct digest *want,
    struct digest *got)
{
	char *incoming;
	bool found = false;
	int fd = disk_receive(a, conf->media_dir, &incoming);
	enum err e;

	if (fd < 0) {
		log_error("files: incoming: %s", strerror(errno));
		return E_DISK;
	}
	e = s3_get(conf, path, fd, &found);
	if (e == E_OK && found) {
		if (digest_fd(fd, got) && got->size_bytes == want->size_bytes &&
		    (want->sha256[0] == '\0' || strcmp(got->sha256, want->sha256) == 0))
			return disk_keep(a, conf->media_dir, incoming, fd, path);
		log_error("files: %s came with other bytes than the store told of", path);
		e = E_DISK;
	}
	close(fd);
	files_drop(a, conf->media_dir, incoming);
	return e;
}

/* The copy is made: is it right, and is its source still there? */
static enum err
check_copy(struct arena *a, const struct conf *conf, enum storage to, const char *path,
    const struct digest *copied, enum transfer *what)
{
	struct digest target, source;
	bool have_target, have_source;
	enum err e = look(a, conf, to, path, false, &target, &have_target);

	if (e == E_OK)
		e = look(a, conf, other(to), path, false, &source, &have_source);
	if (e != E_OK)
		return e;
	if (!have_source) {
		*what = TRANSFER_GONE;
		return files_remove_from(a, conf, to, path);
	}
	if (!have_target || target.size_bytes != copied->size_bytes ||
	    (target.sha256[0] != '\0' && strcmp(target.sha256, copied->sha256) != 0)) {
		log_error("files: %s is not the same after it was copied", path);
		return E_DISK;
	}
	*what = TRANSFER_DONE;
	return E_OK;
}

enum err
files_transfer(struct arena *a, const struct conf *conf, enum storage to, const char *path, bool dry,
    enum transfer *what, int64_t *bytes)
{
	struct digest source = { 0 }, target, copied = { 0 };
	bool have_source = false, have_target = false;
	enum err e = E_DISK;

	if (!disk_path_is_ours(path))
		log_error("files: \"%s\" is no path of ours", path);
	else
		e = look(a, conf, to, path, true, &target, &have_target);
	if (e == E_OK)
		e = look(a, conf, other(to), path, have_target, &source, &have_source);
	if (e != E_OK)
		return e;
	*bytes = have_source ? source.size_bytes : have_target ? target.size_bytes : 0;
	if (!have_source)
		*what = have_target ? TRANSFER_TARGET : TRANSFER_MISSING;
	else if (have_target && source.size_bytes == target.size_bytes &&
	    strcmp(source.sha256, target.sha256) == 0)
		*what = TRANSFER_EQUAL;
	else if (have_target && files_storage(conf) == to)
		*what = TRANSFER_NEWER;
	else
		*what = TRANSFER_NEEDED;
	if (*what != TRANSFER_NEEDED || dry)
		return E_OK;
	e = to == STORAGE_S3 ? copy_up(a, conf, path, &copied)
			     : copy_down(a, conf, path, &source, &copied);
	return e == E_OK ? check_copy(a, conf, to, path, &copied, what) : e;
}
