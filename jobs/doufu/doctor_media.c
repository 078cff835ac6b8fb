/* doctor_media.c - the part of `doufu doctor` that compares what is kept for clips with the tables: rows
 * without files, files without rows, and what waits for nobody.
 *
 * The invariant: a file without a row is removed only when it is older than an hour, as its row may be
 * on the way, and only after all rows were read. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "doufu.h"
#include "model/repair.h"
#include "store/files.h"

#define BATCH 500
#define YOUNG_S 3600
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
		e = repair_files(c, false, content_id, path, BATCH, batch, &n);
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

/* The hashes of all paths that rows name: at worst, a stray file is taken for one of them and stays. */
struct named {
	uint64_t *v;
	size_t n, room;
};

static int
by_number(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

static enum err
read_named(struct call *c, struct named *named)
{
	struct repair_file *batch = xcalloc(BATCH, sizeof *batch);
	char path[128] = "";
	int64_t content_id = 0;
	size_t n = BATCH;
	enum err e = E_OK;

	while (e == E_OK && n == BATCH) {
		call_begin(c);
		e = repair_files(c, true, content_id, path, BATCH, batch, &n);
		if (named->n + n > named->room) {
			named->room = 2 * named->room + BATCH;
			named->v = xrealloc(named->v, named->room * sizeof *named->v);
		}
		for (size_t i = 0; e == E_OK && i < n; i++)
			named->v[named->n++] = hash_bytes(batch[i].path, strlen(batch[i].path));
		if (n > 0) {
			content_id = batch[n - 1].content_id;
			snprintf(path, sizeof path, "%s", batch[n - 1].path);
		}
	}
	free(batch);
	if (named->n > 0)
		qsort(named->v, named->n, sizeof *named->v, by_number);
	return e;
}

/* The files of one directory, v/ab or c/ab, that no row names. */
static void
check_dir(struct call *c, const char *dir, const struct named *named, bool fix, int64_t *found)
{
	int64_t oldest_s = clock_ms() / 1000 - YOUNG_S;
	DIR *list = opendir(arena_printf(c->mem, "%s/%s", c->conf->media_dir, dir));

	for (struct dirent *d; list != NULL && (d = readdir(list)) != NULL;) {
		char *path = arena_printf(c->mem, "%s/%s", dir, d->d_name);
		uint64_t hash = hash_bytes(path, strlen(path));
		struct stat st;

		if (fstatat(dirfd(list), d->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) ||
		    st.st_mtime > oldest_s ||
		    (named->n > 0 && bsearch(&hash, named->v, named->n, sizeof hash, by_number) != NULL))
			continue;
		++*found;
		if (shown++ < SHOWN)
			printf("      %s has no row\n", path);
		if (fix)
			files_remove(c->mem, c->conf, path);
	}
	if (list != NULL)
		closedir(list);
}

static enum err
check_files(struct call *c, bool fix, int64_t *found)
{
	struct named named = { 0 };
	enum err e = read_named(c, &named);

	for (int i = 0; e == E_OK && i < 512; i++) {
		call_begin(c);
		check_dir(c, arena_printf(c->mem, "%c/%02x", i < 256 ? 'v' : 'c', i & 255), &named, fix, found);
	}
	free(named.v);
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
