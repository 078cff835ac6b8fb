/* disk.h - files below media_dir; what files.h says of them.  For lib/store/files.c alone. */
#ifndef STORE_DISK_H
#define STORE_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* Words of [a-z0-9._-] that do not begin with a dot, at most two slashes between them. */
bool disk_path_is_ours(const char *path);

int disk_receive(struct arena *a, const char *media_dir, char **path);
enum err disk_remove(struct arena *a, const char *media_dir, const char *path) CHECKED;
enum err disk_keep(struct arena *a, const char *media_dir, const char *incoming, int fd,
    const char *path) CHECKED;
int disk_open(struct arena *a, const char *media_dir, const char *path);
enum err disk_copy(struct arena *a, const char *media_dir, const char *from, const char *path) CHECKED;
int disk_sweep(const char *media_dir, int64_t age_s);

#endif
