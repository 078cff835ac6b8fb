/* repair.h - what a crash, a lost disk or a hand in the tables can leave behind in what is kept for
 * clips, found and mended.  For `doufu doctor`. */
#ifndef MODEL_REPAIR_H
#define MODEL_REPAIR_H

#include "model/content.h"

/* What is said of each thing found. */
typedef void repair_report(const char *what, int64_t id);

/* Clips, pictures and previews that wait for a job that is not there or was given up, deleted clips
 * and files that nobody removes, contents without clips.  fix: queues what is missing and removes what is
 * too much.  *found counts. */
enum err repair_stuck(struct call *c, bool fix, repair_report *report, int64_t *found) CHECKED;

/* The rows of files behind (content_id, path) in their order, at most n, of those that ought to be
 * there. */
struct repair_file {
	int64_t content_id, video_id, kind;
	const char *path;
};
enum err repair_files(struct call *c, int64_t content_id, const char *path, size_t n,
    struct repair_file *out, size_t *out_n) CHECKED;

/* This file is lost: nothing names it any more.  A clip is played by the best of what is left; where
 * only what came is left it is processed anew, and where nothing is it is refused. */
enum err repair_lost(struct call *c, const struct repair_file *f) CHECKED;

#endif
