/* doufu.h - the parts of the admin command; each returns the exit status. */
#ifndef JOBS_DOUFU_H
#define JOBS_DOUFU_H

#include <stdbool.h>
#include <stdio.h>

#include "model/call.h"
#include "store/files.h"

/* doctor.c: checks every part of the installation; 1 when something is wrong.  fix: mends what
 * doctor_media.c finds. */
int doufu_doctor(const char *share, bool fix);

/* doctor_media.c: what is kept for clips against the tables; returns how many things are wrong. */
int doufu_doctor_media(struct call *c, bool fix);

/* gen.c: the descriptions of the programs in dir, made into route files and documents in out. */
int doufu_gen(const char *dir, const char *out);

/* openapi.c: the same descriptions as an OpenAPI document. */
struct json_object;
int doufu_openapi(struct json_object *const *programs, size_t n, FILE *out);

/* demo.c: a few self-made clips with covers for an empty database. */
int doufu_demo(struct call *c);
int doufu_demo_clip(int n, const char *path);

/* media.c: `doufu media move`; 2 for wrong usage. */
int doufu_media(struct call *c, int argc, char **argv);

/* orphans.c: `doufu media orphans`; 1 when there are any and they stay. */
int doufu_orphans(struct call *c, int argc, char **argv);

/* The same for others: every kept file, in both storages, that no row names and that is not younger than
 * youngest_ms. */
struct orphan_walk {
	int64_t youngest_ms;
	bool remove;
	const char *kinds; /* only of these (files_path()); NULL: of all that have a path of ours */
	void (*tell)(enum storage where, const char *path);
};
struct orphan_sums {
	int64_t looked_at, found, removed, failed;
	size_t named; /* by rows */
};
enum err doufu_orphans_each(struct call *c, const struct orphan_walk *w, struct orphan_sums *sums) CHECKED;

/* recommend.c: `recommend fold`, `recommend explain USER`; *e where it returns 1. */
int doufu_recommend(struct call *c, int argc, char **argv, enum err *e);

/* main.c: what a user wrote, and a line end: control characters, which a terminal obeys, become '?'. */
void doufu_print_text(const char *s);

/* main.c: the directory that holds sql/ and htdocs/, found from where the program lies; or NULL. */
const char *doufu_share(void);

#endif
