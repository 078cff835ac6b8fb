/* media.c - `doufu media move`: every kept file from one storage to the other.
 *
 * It walks the rows, not the storages, and keeps no state: what is there and equal is skipped, so a
 * run that was killed is simply run again.  The invariant: a source is removed only when the target
 * has the same bytes, or newer ones, and new files go to the target already. */

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "doufu.h"
#include "model/kept.h"
#include "store/files.h"

#define SAY_US 5000000
#define FAILURES_IN_A_ROW 10

static volatile sig_atomic_t stop;

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

struct move {
	struct call *c;
	enum storage to;
	bool remove, dry, verify;
	int64_t files, copied, copied_bytes, equal, only_there, gone, removed, needed, needed_bytes;
	int64_t missing, failed;
	int failed_in_a_row;
	int64_t said_us;
};

static bool
read_args(int argc, char **argv, struct move *m)
{
	bool to = false;

	for (int i = 3; i < argc; i++) {
		if (strcmp(argv[i], "--to") == 0 && i + 1 < argc) {
			to = true;
			i++;
			if (strcmp(argv[i], "s3") == 0)
				m->to = STORAGE_S3;
			else if (strcmp(argv[i], "files") == 0)
				m->to = STORAGE_FILES;
			else
				return false;
		} else if (strcmp(argv[i], "--delete") == 0) {
			m->remove = true;
		} else if (strcmp(argv[i], "--dry-run") == 0) {
			m->dry = true;
		} else if (strcmp(argv[i], "--verify") == 0) {
			m->verify = true;
		} else {
			return false;
		}
	}
	return to && argc >= 3 && strcmp(argv[2], "move") == 0;
}

static void
say_progress(struct move *m)
{
	int64_t now_us = clock_mono_us();

	if (now_us - m->said_us < SAY_US)
		return;
	m->said_us = now_us;
	printf("%lld files looked at, %lld copied (%lld MB), %lld failed\n", (long long)m->files,
	    (long long)m->copied, (long long)(m->copied_bytes >> 20), (long long)m->failed);
	fflush(stdout);
}

/* Whether the target has it now. */
static bool
count(struct move *m, const struct kept *f, enum transfer what, int64_t bytes)
{
	switch (what) {
	case TRANSFER_DONE:
		m->copied++;
		m->copied_bytes += bytes;
		return true;
	case TRANSFER_EQUAL:
	case TRANSFER_NEWER:
		m->equal++;
		return true;
	case TRANSFER_TARGET:
		m->only_there++;
		return true;
	case TRANSFER_NEEDED:
		m->needed++;
		m->needed_bytes += bytes;
		break;
	case TRANSFER_GONE:
		m->gone++;
		break;
	case TRANSFER_MISSING:
		if (f->leaving) {
			m->gone++;
			break;
		}
		m->missing++;
		printf("missing: %s of content %lld is in neither storage\n", f->path,
		    (long long)f->content_id);
		break;
	}
	return false;
}

static enum err
move_one(struct move *m, const struct kept *f)
{
	struct call *c = m->c;
	enum transfer what;
	int64_t bytes;
	bool there = false, found = true;
	enum err e = files_transfer(c->mem, c->conf, m->to, f->path, m->dry, &what, &bytes);

	if (e == E_OK)
		there = count(m, f, what, bytes);
	if (e == E_OK && there && m->verify) {
		e = files_read_back(c->mem, c->conf, m->to, f->path, &found);
		if (e == E_OK && !found && !f->leaving)
			e = E_DISK;
	}
	if (e == E_OK && there && m->remove && !m->dry && what != TRANSFER_TARGET) {
		e = files_remove_from(c->mem, c->conf,
		    m->to == STORAGE_S3 ? STORAGE_FILES : STORAGE_S3, f->path);
		m->removed += e == E_OK;
	}
	return e;
}

static enum err
move_page(struct move *m, const struct kept_page *page)
{
	for (size_t i = 0; i < page->n && !stop; i++) {
		m->files++;
		if (move_one(m, &page->files[i]) == E_OK) {
			m->failed_in_a_row = 0;
		} else {
			m->failed++;
			printf("failed: %s\n", page->files[i].path);
			if (++m->failed_in_a_row == FAILURES_IN_A_ROW) {
				printf("%d failures in a row: giving up\n", FAILURES_IN_A_ROW);
				return E_UNAVAILABLE;
			}
		}
		say_progress(m);
	}
	return E_OK;
}

static enum err
move_all(struct move *m)
{
	struct kept_cursor at = { 0 };
	struct kept_page page;
	bool end = false;
	enum err e = E_OK;

	while (e == E_OK && !end && !stop) {
		call_begin(m->c);
		e = kept_files(m->c, &at, &page, &end);
		if (e == E_OK)
			e = move_page(m, &page);
		else
			fprintf(stderr, "doufu: the rows cannot be read: %s\n", err_name(e));
	}
	return e;
}

static void
say_totals(const struct move *m)
{
	printf("%lld files: ", (long long)m->files);
	if (m->dry)
		printf("%lld would be copied (%lld MB), ", (long long)m->needed,
		    (long long)(m->needed_bytes >> 20));
	else
		printf("%lld copied (%lld MB), ", (long long)m->copied,
		    (long long)(m->copied_bytes >> 20));
	printf("%lld were there, %lld only there, %lld removed meanwhile, %lld missing, %lld failed",
	    (long long)m->equal, (long long)m->only_there, (long long)m->gone,
	    (long long)m->missing, (long long)m->failed);
	if (m->remove && !m->dry)
		printf("; %lld removed from the other storage", (long long)m->removed);
	putchar('\n');
}

int
doufu_media(struct call *c, int argc, char **argv)
{
	struct sigaction act = { .sa_handler = on_signal };
	struct move m = { .c = c, .said_us = clock_mono_us() };
	enum err e;

	if (argc > 2 && strcmp(argv[2], "orphans") == 0)
		return doufu_orphans(c, argc, argv);
	if (!read_args(argc, argv, &m))
		return 2;
	if (c->conf->s3_url == NULL) {
		fputs("doufu: no bucket is named: set s3_endpoint, s3_bucket, s3_key and s3_secret\n", stderr);
		return 1;
	}
	if (m.remove && files_storage(c->conf) != m.to) {
		fprintf(stderr, "doufu: new files do not go there yet: set storage = %s before --delete\n",
		    m.to == STORAGE_S3 ? "s3" : "files");
		return 1;
	}
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	e = move_all(&m);
	say_totals(&m);
	if (stop)
		puts("broken off: run it again to go on");
	return e != E_OK || stop || m.failed > 0 || m.missing > 0;
}
