/* part.h - uploads that come in parts: what has come of them, under media_dir.
 *
 *     incoming/<id>.part    the bytes, as far as they came
 *     incoming/<id>.info    whose it is, how long it will be, what the client said of it
 *
 * The id is ours, 32 random hex digits.  Who writes holds a lock on the part, and both files are
 * as old as the last request that wrote; files_sweep() removes them after PART_AGE_S. */
#ifndef STORE_PART_H
#define STORE_PART_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "store/files.h"

#define PART_AGE_S (24 * 3600)
#define PART_NOTE_MAX 6000

struct part {
	char id[FILES_NAME + 1];
	int64_t user_id, length_bytes, offset_bytes;
	int64_t expires_ms;
	int64_t video_id; /* the clip that it has become; 0: none yet.  Then the bytes are gone */
	const char *note; /* what the client said of it, one line */
	int dir, fd;      /* -1: not open */
};

/* Begins an upload: user_id, length_bytes and note are the caller's to fill in.  E_DISK. */
enum err part_create(struct arena *a, const char *media_dir, struct part *p) CHECKED;

/* Opens and locks the user's upload of that id.  E_UPLOAD_UNKNOWN where there is none, it is
 * somebody else's or too old, or id is no id; E_UPLOAD_BUSY where somebody else has it; E_DISK. */
enum err part_open(struct arena *a, const char *media_dir, const char *id, int64_t user_id,
    int64_t now_ms, struct part *p) CHECKED;

/* What is known of it, without opening it: also while somebody writes.  Errors as above. */
enum err part_look(struct arena *a, const char *media_dir, const char *id, int64_t user_id,
    int64_t now_ms, struct part *p) CHECKED;

/* The bytes that the user's unfinished uploads have and will have. */
int64_t part_pending(struct arena *a, const char *media_dir, int64_t user_id, int64_t now_ms);

/* Adds bytes at its end.  E_DISK, and then offset_bytes still tells what is there. */
enum err part_append(struct part *p, const void *data, size_t n) CHECKED;

/* Forgets the bytes behind offset_bytes. */
enum err part_cut(struct part *p, int64_t offset_bytes) CHECKED;

/* What was added is on disk after it, and the 24 hours begin anew. */
enum err part_sync(struct part *p, int64_t now_ms) CHECKED;

/* A second name of the file, incoming/..., and *fd a descriptor for files_keep(), so that the part
 * outlives a failure.  E_DISK. */
enum err part_link(struct arena *a, struct part *p, const char **incoming, int *fd) CHECKED;

/* The upload has become a clip: removes its bytes and keeps that fact for a client that missed the
 * answer. */
void part_done(struct arena *a, struct part *p, int64_t video_id);

/* Removes it. */
void part_remove(struct part *p);

/* Lets go of it; part_close() of one that is not open does nothing. */
void part_close(struct part *p);

#endif
