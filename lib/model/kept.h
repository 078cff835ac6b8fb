/* kept.h - every kept file that a row names: for what walks over all of them. */
#ifndef MODEL_KEPT_H
#define MODEL_KEPT_H

#include "model/call.h"

struct kept {
	int64_t video_id;
	const char *path;
	bool leaving; /* its clip is deleted: the file may go at any moment */
};

/* Where a walk is; all zero is the beginning. */
struct kept_cursor {
	size_t list;
	int64_t a, b;
};

struct kept_page {
	size_t n;
	struct kept *files; /* of the request's arena */
};

/* The files of the next rows (at most a few hundred) behind *at, and moves *at on.  A page may be
 * empty before the end; *end tells that nothing follows.  A file may come twice, where two rows
 * name it. */
enum err kept_files(struct call *c, struct kept_cursor *at, struct kept_page *out, bool *end) CHECKED;

#endif
