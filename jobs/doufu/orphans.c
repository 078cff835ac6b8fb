/* orphans.c - kept files that no row names: `doufu media orphans`, and for the doctor.
 *
 * A program that dies between a file and its row leaves one, and an upload whose answer from the
 * object store was lost.  The invariants: the rows are read whole before anything is removed, and
 * what is young is left alone, as its row may be on the way.  A path counts as named
 * when its 64-bit hash is: at worst an orphan stays. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "doufu.h"
#include "model/kept.h"
#include "store/files.h"

#define AGE_S 86400

/* A walk over all kept files. */
struct walk {
	struct call *c;
	const struct orphan_walk *w;
	enum storage where;
	uint64_t *named;
	size_t named_n, room;
	struct orphan_sums *sums;
};

static int
by_number(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

static enum err
read_rows(struct walk *o)
{
	struct kept_cursor at = { 0 };
	struct kept_page page;
	bool end = false;

	while (!end) {
		enum err e;

		call_begin(o->c);
		e = kept_files(o->c, &at, &page, &end);
		if (e != E_OK)
			return e;
		if (o->named_n + page.n > o->room) {
			o->room = 2 * o->room + page.n;
			o->named = xrealloc(o->named, o->room * sizeof *o->named);
		}
		for (size_t i = 0; i < page.n; i++)
			o->named[o->named_n++] = hash_bytes(page.files[i].path, strlen(page.files[i].path));
	}
	if (o->named_n > 0)
		qsort(o->named, o->named_n, sizeof *o->named, by_number);
	return E_OK;
}

static bool
look(void *arg, const char *path, int64_t modified_ms)
{
	struct walk *o = arg;
	uint64_t hash = hash_bytes(path, strlen(path));

	o->sums->looked_at++;
	if (o->w->kinds != NULL && (path[1] != '/' || strchr(o->w->kinds, path[0]) == NULL))
		return true;
	if (modified_ms < 0 || modified_ms > o->w->youngest_ms ||
	    (o->named_n > 0 && bsearch(&hash, o->named, o->named_n, sizeof hash, by_number) != NULL))
		return true;
	o->sums->found++;
	o->w->tell(o->where, path);
	if (o->w->remove && files_remove_from(o->c->mem, o->c->conf, o->where, path) == E_OK)
		o->sums->removed++;
	else if (o->w->remove)
		o->sums->failed++;
	return true;
}

enum err
doufu_orphans_each(struct call *c, const struct orphan_walk *w, struct orphan_sums *sums)
{
	struct walk o = { .c = c, .w = w, .sums = sums };
	enum err e;

	*sums = (struct orphan_sums){ 0 };
	e = read_rows(&o);
	sums->named = o.named_n;
	call_begin(c);
	for (int where = STORAGE_FILES; e == E_OK && where <= STORAGE_S3; where++) {
		o.where = (enum storage)where;
		if (o.where == STORAGE_FILES || c->conf->s3_url != NULL)
			e = files_each(c->mem, c->conf, o.where, look, &o);
	}
	free(o.named);
	return e;
}

static void
tell(enum storage where, const char *path)
{
	printf("%s: %s\n", where == STORAGE_S3 ? "s3" : "files", path);
}

int
doufu_orphans(struct call *c, int argc, char **argv)
{
	struct orphan_walk w = { .tell = tell };
	struct orphan_sums sums;
	int64_t age_s = AGE_S;
	enum err e;

	for (int i = 3; i < argc; i++) {
		if (strcmp(argv[i], "--delete") == 0)
			w.remove = true;
		else if (strcmp(argv[i], "--older") != 0 || ++i == argc ||
		    !id_parse_int(argv[i], strlen(argv[i]), &age_s) || age_s < 0 || age_s > INT32_MAX)
			return 2;
	}
	w.youngest_ms = clock_ms() - age_s * 1000;
	e = doufu_orphans_each(c, &w, &sums);
	printf("%lld files, %zu named by rows, %lld orphans, %lld removed, %lld failed\n",
	    (long long)sums.looked_at, sums.named, (long long)sums.found, (long long)sums.removed,
	    (long long)sums.failed);
	if (e != E_OK)
		fprintf(stderr, "doufu: %s\n", err_text(e, LANG_EN));
	return e != E_OK || sums.found > sums.removed;
}
