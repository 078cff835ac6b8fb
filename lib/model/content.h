/* content.h - what a user uploaded, once, and every file that is kept for it.
 *
 * All clips of an author with the same bytes are of one content: they share its files and are
 * judged together.  Who changes clips of a content, or which clips it has, calls content_lock()
 * first, so that publishing a clip can never meet the removal of the files that it will share. */
#ifndef MODEL_CONTENT_H
#define MODEL_CONTENT_H

#include "model/call.h"

enum file_kind {
	FILE_ORIGINAL = 1, /* what came */
	FILE_RENDITION,
	FILE_COVER,
	FILE_PREVIEW,
	FILE_HLS,      /* fragments of a rung */
	FILE_PLAYLIST, /* their index */
	FILE_MASTER,   /* what a player opens: all playlists */
	FILE_AVATAR,   /* content_id and video_id are the user's id */
	FILE_SOURCE,   /* an image that was sent to become a cover or an avatar */
	FILE_KINDS,
};

struct media_file {
	int64_t kind, rung, width, height, size_bytes, bitrate_kbps;
	const char *path;
	const char *codecs; /* of a rendition, RFC 6381; "" */
};

/* A file that a clip's row shows, as an element of its tail. */
#define CONTENT_PATH 48
struct content_part {
	int64_t width, height, size_bytes, bitrate;
	char type[16], path[CONTENT_PATH];
};

/* The content of these bytes (64 hex digits), *id 0 where there is none. */
enum err content_find(struct call *c, int64_t author_id, const char *sha256, int64_t *id) CHECKED;

/* In a transaction.  content_add(): E_DUPLICATE where these bytes are known; sha256 NULL: not
 * known.  content_lock(): E_NO_ROW where it is gone. */
enum err content_add(struct call *c, int64_t author_id, int64_t id, const char *sha256) CHECKED;
enum err content_lock(struct call *c, int64_t id, int64_t *author_id) CHECKED;

/* In a transaction that holds the lock: a file that is in its place already.  video_id: of that clip
 * alone, 0: of all. */
enum err content_file_add(struct call *c, int64_t id, int64_t author_id, int64_t video_id,
    const struct media_file *f) CHECKED;

/* In a transaction that holds the lock: a clip was deleted.  With the last one the content is
 * forgotten, its files are to be removed; else only what was that clip's own. */
enum err content_leave(struct call *c, int64_t id, int64_t video_id) CHECKED;

/* In a transaction: all files of this kind are to be removed at that time; video_id as above. */
enum err content_doom(struct call *c, int64_t id, int64_t video_id, enum file_kind kind,
    int64_t remove_ms) CHECKED;

/* The file of that kind (the largest picture), "" where there is none. */
enum err content_path(struct call *c, int64_t id, enum file_kind kind, const char **path) CHECKED;

/* Removes the files of a content that are due to be removed, and then their rows; may be repeated. */
enum err content_sweep(struct call *c, int64_t id) CHECKED;

/* The same for all that were due more than an hour ago: what a crash left behind. */
enum err content_sweep_all(struct call *c) CHECKED;

/* Bytes that are stored for an author, each file once. */
enum err content_bytes_of(struct call *c, int64_t author_id, int64_t *bytes) CHECKED;

#endif
