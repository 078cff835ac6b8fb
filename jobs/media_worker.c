/* media_worker.c - makes covers, refuses what is no video, removes what was deleted.
 *
 * It does what is due and ends: by cron, every minute, or by media_watch, which waits for jobs.  Any
 * number may run: the queue hands each job to one of them, and a job whose worker died is taken over
 * when its lease ends.  This program joins lib/media, which knows no database, and lib/model, which
 * knows no libav. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "media/media.h"
#include "model/account.h"
#include "model/video.h"
#include "store/files.h"
#include "store/jobs.h"

#define INCOMING_AGE_S 86400

static volatile sig_atomic_t stop;

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static int
open_below(struct call *c, const char *path)
{
	return open(arena_printf(c->mem, "%s/%s", c->conf->media_dir, path),
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

/* The cover of one clip.  E_OK: the job is done, with a cover or with a refusal. */
static enum err
make_cover(struct call *c, int64_t video_id, const char **why)
{
	const struct conf *conf = c->conf;
	struct media_limits limits = { .memory_bytes = conf->media_memory,
		.cpu_s = (int)conf->media_cpu, .wall_s = (int)conf->media_wall,
		.output_bytes = 8 << 20, .cover_short_edge = 720 };
	struct video_files files;
	struct media_info info;
	enum refuse refused = REFUSE_NONE;
	enum media_end end;
	char *path;
	int in, out;
	enum err e = video_files(c, video_id, &files);

	if (e == E_VIDEO_UNKNOWN || (e == E_OK && (files.deleted || files.state >= VIDEO_READY)))
		return E_OK;
	if (e != E_OK)
		return e;
	in = open_below(c, files.play_path);
	if (in < 0) {
		*why = arena_printf(c->mem, "%s: %s", files.play_path, strerror(errno));
		return E_DISK;
	}
	out = files_receive(c->mem, conf->media_dir, &path);
	if (out < 0) {
		*why = arena_printf(c->mem, "incoming: %s", strerror(errno));
		close(in);
		return E_DISK;
	}
	end = media_cover(in, out, &limits, &info, &refused);
	close(in);
	if (end == MEDIA_OK) {
		e = files_keep(c->mem, conf->media_dir, path, out, files.cover_path);
		return e == E_OK ? video_ready(c, video_id,
				       &(struct video_facts){ info.width, info.height, info.duration_ms })
				 : e;
	}
	close(out);
	files_remove(c->mem, conf->media_dir, path);
	if (end == MEDIA_REFUSED) {
		log_info("video %lld refused: %s", (long long)video_id, refuse_code(refused));
		return video_refuse(c, video_id, refuse_code(refused));
	}
	*why = arena_printf(c->mem, "no cell: %s", strerror(errno));
	return E_INTERNAL;
}

/* Does one job; false where none is due or the database is away. */
static bool
work(struct call *c)
{
	int64_t lease_ms = (c->conf->media_wall + 60) * 1000;
	const char *why = NULL;
	struct job job;
	int found = 0;
	enum err e;

	call_begin(c);
	if (jobs_claim(c->db, c->mem, c->now_ms, lease_ms, &job, &found) != E_OK || !found)
		return false;
	e = job.kind == JOB_DELETE ? video_purge(c, job.ref_id) : make_cover(c, job.ref_id, &why);
	if (e == E_OK)
		e = jobs_done(c->db, &job);
	else
		e = jobs_fail(c->db, &job, clock_ms(), why ? why : err_name(e));
	/* A lost lease means that somebody else has done the work. */
	if (e != E_OK && e != E_NO_ROW)
		log_warn("job %lld: %s", (long long)job.id, err_name(e));
	return true;
}

static void
sweep(struct call *c)
{
	int files = files_sweep(c->conf->media_dir, INCOMING_AGE_S);

	call_begin(c);
	if (files > 0)
		log_info("removed %d files whose upload was broken off", files);
	if (account_sweep(c) != E_OK)
		log_warn("old failed logins were not removed");
}

int
main(int argc, char **argv)
{
	bool jobs_only = argc == 2 && strcmp(argv[1], "--jobs") == 0;
	struct sigaction act = { .sa_handler = on_signal };
	const struct conf *conf;
	struct call c;
	char why[300];

	if (argc > 1 && !jobs_only) {
		fputs("usage: media_worker [--jobs]\n"
		      "Does the media jobs that are due, and housekeeping but with --jobs, and ends.\n",
		    stderr);
		return 2;
	}
	conf = conf_load(NULL, why, sizeof(why));
	if (conf == NULL || !call_open(&c, conf, why, sizeof(why))) {
		fprintf(stderr, "media_worker: %s\n", why);
		return 1;
	}
	log_open("media_worker", conf->log_file, (enum log_level)log_level_parse(conf->log_level));
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	while (!stop && work(&c))
		;
	if (!stop && !jobs_only)
		sweep(&c);
	call_close(&c);
	return 0;
}
