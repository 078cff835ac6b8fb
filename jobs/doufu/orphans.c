/* orphans.c - `doufu media orphans`: kept files that no row names.
 *
 * A program that dies between a file and its row leaves one, and an upload whose answer from the
 * object store was lost.  The invariants: the rows are read whole before anything is removed, and
 * what is younger than a day is left alone, as its row may be on the way.  A path counts as named
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

struct orphans {
	struct call *c;
	enum storage where;
	bool remove;
	int64_t youngest_ms;
	uint64_t *named;
	size_t named_n, room;
	int64_t looked_at, found, removed, failed;
};

static int
by_number(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

static enum err
read_rows(struct orphans *o)
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
	struct orphans *o = arg;
	uint64_t hash = hash_bytes(path, strlen(path));

	o->looked_at++;
	if (modified_ms < 0 || modified_ms > o->youngest_ms ||
	    (o->named_n > 0 && bsearch(&hash, o->named, o->named_n, sizeof hash, by_number) != NULL))
		return true;
	o->found++;
	printf("%s: %s\n", o->where == STORAGE_S3 ? "s3" : "files", path);
	if (o->remove && files_remove_from(o->c->mem, o->c->conf, o->where, path) == E_OK)
		o->removed++;
	else if (o->remove)
		o->failed++;
	return true;
}

int
doufu_orphans(struct call *c, int argc, char **argv)
{
	struct orphans o = { .c = c };
	int64_t age_s = AGE_S;
	enum err e;

	for (int i = 3; i < argc; i++) {
		if (strcmp(argv[i], "--delete") == 0)
			o.remove = true;
		else if (strcmp(argv[i], "--older") != 0 || ++i == argc ||
		    !id_parse_int(argv[i], strlen(argv[i]), &age_s) || age_s < 0 || age_s > INT32_MAX)
			return 2;
	}
	o.youngest_ms = clock_ms() - age_s * 1000;
	e = read_rows(&o);
	call_begin(c);
	for (int where = STORAGE_FILES; e == E_OK && where <= STORAGE_S3; where++) {
		o.where = (enum storage)where;
		if (o.where == STORAGE_FILES || c->conf->s3_url != NULL)
			e = files_each(c->mem, c->conf, o.where, look, &o);
	}
	free(o.named);
	printf("%lld files, %zu named by rows, %lld orphans, %lld removed, %lld failed\n",
	    (long long)o.looked_at, o.named_n, (long long)o.found, (long long)o.removed,
	    (long long)o.failed);
	if (e != E_OK)
		fprintf(stderr, "doufu: %s\n", err_text(e, LANG_EN));
	return e != E_OK || o.found > o.removed;
}
