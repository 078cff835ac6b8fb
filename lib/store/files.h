/* files.h - clips and covers on disk, under media_dir.
 *
 *     incoming/<random>     being received, removed after a day
 *     v/<xx>/<name>.<ext>   clips as they came   c/<xx>/<name>.jpg   covers
 *
 * Names are ours: 32 random hex digits, xx their first two.  A file becomes visible by rename
 * after fsync, so that a reader never sees half of one.  A path in the database is relative to
 * media_dir. */
#ifndef STORE_FILES_H
#define STORE_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/err.h"

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

/* fsync, rename to its place (making directories), fsync of the directories; closes fd.
 * E_DISK (logged) on failure; the incoming file is then gone. */
enum err files_keep(struct arena *a, const struct conf *conf, const char *incoming, int fd,
    const char *path) CHECKED;

/* Opens a kept file for reading.  -1 with errno set. */
int files_open(struct arena *a, const struct conf *conf, const char *path);

/* Removes a kept file; a missing one is no error. */
void files_remove(struct arena *a, const struct conf *conf, const char *path);

/* Makes path a copy (hard link where possible) of another file, for the placeholder cover. */
enum err files_copy(struct arena *a, const struct conf *conf, const char *from, const char *path) CHECKED;

/* Removes files in incoming/ older than age_s.  Returns how many. */
int files_sweep(const char *media_dir, int64_t age_s);

#endif
