/* doctor_media.c - the part of `doufu doctor` that compares what is kept for clips with the tables: rows
 * without files, files without rows, and what waits for nobody.
 *
 * The invariant: a file without a row is removed only when it is older than an hour, as its row may be
 * on the way, and only after all rows were read. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "doufu.h"
#include "model/repair.h"
#include "store/files.h"

#define BATCH 500
#define YOUNG_MS 3600000
#define SHOWN 20 /* of each kind; the rest is counted */

static int shown;

static void
tell(const char *what, int64_t id)
{
	if (shown++ < SHOWN)
		printf("      %s %lld\n", what, (long long)id);
}

static int
sum_up(const char *what, int64_t found, bool fix)
{
	if (shown > SHOWN)
		printf("      ... and %d more\n", shown - SHOWN);
	shown = 0;
	if (found == 0)
		printf("ok    no %s\n", what);
	else
		printf("%-5s %lld %s%s\n", fix ? "note" : "BAD", (long long)found, what,
		    fix ? ": mended" : ": `doufu doctor --fix` mends it");
	return found > 0 && !fix;
}

/* Every row's file is there. */
static enum err
check_rows(struct call *c, bool fix, int64_t *lost)
{
	struct repair_file *batch = xcalloc(BATCH, sizeof *batch);
	char path[128] = "";
	int64_t content_id = 0;
	size_t n = BATCH;
	enum err e = E_OK;

	while (e == E_OK && n == BATCH) {
		call_begin(c);
		e = repair_files(c, content_id, path, BATCH, batch, &n);
		for (size_t i = 0; e == E_OK && i < n; i++) {
			int fd = files_open(c->mem, c->conf, batch[i].path);

			if (fd >= 0) {
				close(fd);
				continue;
			}
			if (errno != ENOENT)
				continue;
			++*lost;
			if (shown++ < SHOWN)
				printf("      %s is lost (content %lld)\n", batch[i].path,
				    (long long)batch[i].content_id);
			if (fix)
				e = repair_lost(c, &batch[i]);
		}
		if (n > 0) {
			content_id = batch[n - 1].content_id;
			snprintf(path, sizeof path, "%s", batch[n - 1].path);
		}
	}
	free(batch);
	return e;
}

static void
tell_file(enum storage where, const char *path)
{
	if (shown++ < SHOWN)
		printf("      %s%s has no row\n", path, where == STORAGE_S3 ? " (in the bucket)" : "");
}

static enum err
check_files(struct call *c, bool fix, int64_t *found)
{
	const struct orphan_walk w = { clock_ms() - YOUNG_MS, fix, "vc", tell_file };
	struct orphan_sums sums;
	enum err e = doufu_orphans_each(c, &w, &sums);

	*found = sums.found;
	return e;
}

int
doufu_doctor_media(struct call *c, bool fix)
{
	int64_t found = 0;
	int bad = 0;
	enum err e;

	call_begin(c);
	e = repair_stuck(c, fix, tell, &found);
	bad += sum_up("clips or files that wait for nobody", found, fix);
	found = 0;
	if (e == E_OK)
		e = check_rows(c, fix, &found);
	bad += sum_up("rows whose files are lost", found, fix);
	found = 0;
	if (e == E_OK)
		e = check_files(c, fix, &found);
	bad += sum_up("files without a row", found, fix);
	if (e != E_OK) {
		printf("BAD   the check broke off: %s\n", err_text(e, LANG_EN));
		bad++;
	}
	return bad;
}
