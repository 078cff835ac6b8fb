/* files.h - clips and covers: on disk under media_dir, or (storage = s3) in the bucket of an object
 * store, under the same paths.
 *
 *     incoming/<random>     being received, removed after a day
 *     v/<xx>/<name>.<ext>   clips as they came   c/<xx>/<name>.jpg   covers
 *
 * Names are ours: 32 random hex digits, xx their first two.  A file becomes visible by rename
 * after fsync, or when an object is whole, so that a reader never sees half of one.  A path in the
 * database is relative to media_dir or to the bucket.  incoming/ is always on disk.
 *
 * While the configuration names a bucket, whichever storage new files go to, a file that one
 * storage lacks is looked for in the other, and a removal removes both: so everything works while
 * `doufu media move` moves them. */
#ifndef STORE_FILES_H
#define STORE_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/err.h"
#include "store/digest.h"

#define FILES_NAME 32

/* A new random name. */
void files_name(char out[FILES_NAME + 1]);

/* "v/ab/ab...mp4": kind is 'v' or 'c'. */
char *files_path(struct arena *a, char kind, const char *name, const char *ext);

/* Opens a new file in incoming/ for writing; path (of the arena) names it for the next two.
 * -1 with errno set. */
int files_receive(struct arena *a, const char *media_dir, char **path);

/* Removes an incoming file; a missing one is no error. */
void files_drop(struct arena *a, const char *media_dir, const char *incoming);

/* On disk: fsync, rename to its place (making directories), fsync of the directories.  In the
 * bucket: the object is whole and has the file's hash.  Closes fd.  E_DISK (logged) on failure; the
 * incoming file is gone in any case. */
enum err files_keep(struct arena *a, const struct conf *conf, const char *incoming, int fd,
    const char *path) CHECKED;

/* Opens a kept file for reading; an object as a copy of its own in incoming/, without a name.  -1
 * with errno set: ENOENT where there is none. */
int files_open(struct arena *a, const struct conf *conf, const char *path);

/* Removes a kept file; a missing one is no error.  E_DISK (logged): it may still
 * be there (who removes a row must know, who cleans up after a failure need not). */
enum err files_remove(struct arena *a, const struct conf *conf, const char *path);

/* Makes path a copy (hard link where possible) of another file, for the placeholder cover: of a
 * kept one or, where from begins with '/', of any file of this machine. */
enum err files_copy(struct arena *a, const struct conf *conf, const char *from, const char *path) CHECKED;

/* Called about once a second while bytes go to or come from the bucket, to keep a lease; false
 * breaks the transfer off.  NULL: nobody. */
void files_on_wait(bool (*fn)(void *arg), void *arg);

/* Removes files in incoming/ older than age_s.  Returns how many. */
int files_sweep(const char *media_dir, int64_t age_s);

/* ---- from one storage to the other ---- */

enum storage { STORAGE_FILES, STORAGE_S3 };

/* Where new files go. */
enum storage files_storage(const struct conf *conf);

enum transfer {
	TRANSFER_DONE,    /* copied and verified */
	TRANSFER_EQUAL,   /* was there already, the same */
	TRANSFER_NEWER,   /* was there already, newer: what is in files_storage() is never overwritten */
	TRANSFER_TARGET,  /* only there */
	TRANSFER_MISSING, /* in neither */
	TRANSFER_GONE,    /* was removed meanwhile, and is removed in both */
	TRANSFER_NEEDED,  /* dry: would be copied */
};

/* Copies a kept file from the other storage into this one and verifies size and hash; dry: only
 * looks.  *bytes: its size.  May be repeated, also after a kill. */
enum err files_transfer(struct arena *a, const struct conf *conf, enum storage to, const char *path,
    bool dry, enum transfer *what, int64_t *bytes) CHECKED;

/* Reads a file, every byte, and compares an object with its hash. */
enum err files_read_back(struct arena *a, const struct conf *conf, enum storage where,
    const char *path, bool *found) CHECKED;

/* Calls fn for every kept file of a storage, named by a row or not, until it returns false.  path
 * lives as long as the call; modified_ms is -1 where it is not known.  E_DISK (logged). */
enum err files_each(struct arena *a, const struct conf *conf, enum storage where,
    bool (*fn)(void *arg, const char *path, int64_t modified_ms), void *arg) CHECKED;

/* Removes a file from one storage only. */
enum err files_remove_from(struct arena *a, const struct conf *conf, enum storage where,
    const char *path) CHECKED;

#endif
