/* kept.h - every kept file that a row names: for what walks over all of them. */
#ifndef MODEL_KEPT_H
#define MODEL_KEPT_H

#include "model/call.h"

struct kept {
	int64_t content_id;
	const char *path;
	bool leaving; /* it is to be removed, at any moment */
};

/* Where a walk is; all zero is the beginning. */
struct kept_cursor {
	int64_t content_id;
	char path[101];
};

struct kept_page {
	size_t n;
	struct kept *files; /* of the request's arena */
};

/* The files of the next rows (at most a few hundred) behind *at, and moves *at on; *end tells that
 * nothing follows. */
enum err kept_files(struct call *c, struct kept_cursor *at, struct kept_page *out, bool *end) CHECKED;

#endif
