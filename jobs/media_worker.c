/* media_worker.c - makes covers and renditions, refuses what is no video, removes what was deleted.
 *
 * It does what is due and ends: by cron, every minute, or by media_watch, which waits for jobs.  Any
 * number may run: the queue hands each job to one of them, and a job whose worker died is taken over
 * when its lease ends.  This program joins lib/media, which knows no database, and lib/model, which
 * knows no libav. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "media/media.h"
#include "model/account.h"
#include "model/video.h"
#include "model/view.h"
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

/* What is known of the clip under way. */
struct clip {
	struct call *c;
	struct job *job;
	const char *why; /* it failed */
	struct media_rung rungs[MEDIA_RUNGS_MAX];
	struct media_recipe recipe;
	int cover, out[MEDIA_RUNGS_MAX];           /* files being written */
	char *cover_at, *out_at[MEDIA_RUNGS_MAX];  /* their names in incoming/ */
	int64_t renew_ms;
};

static bool
read_number(const char **p, int *out)
{
	char *end;
	long n = strtol(*p, &end, 10);

	if (end == *p || n < 1 || n > 1000000)
		return false;
	*p = end;
	*out = (int)n;
	return true;
}

/* "720:2500:26,480:1200:28" */
static bool
read_recipe(struct clip *clip)
{
	const struct conf *conf = clip->c->conf;
	const char *p = conf->media_rungs;
	struct media_recipe *r = &clip->recipe;

	*r = (struct media_recipe){ .rungs = clip->rungs, .preset = conf->media_preset,
		.copy_max_kbps = (int)conf->media_copy_kbps };
	for (;;) {
		struct media_rung *rung = &clip->rungs[r->rungs_n];

		if (r->rungs_n == MEDIA_RUNGS_MAX || !read_number(&p, &rung->short_edge) || *p++ != ':' ||
		    !read_number(&p, &rung->max_kbps) || *p++ != ':' || !read_number(&p, &rung->crf))
			return false;
		r->rungs_n++;
		if (*p == '\0')
			return true;
		if (*p++ != ',')
			return false;
	}
}

static int64_t
lease_ms(const struct conf *conf)
{
	return (conf->db_timeout + 60) * 1000;
}

/* Tells the owner how far it is, and keeps the job ours. */
static bool
progress(void *arg, int percent)
{
	struct clip *clip = arg;
	struct call *c = clip->c;
	int64_t now_ms = clock_ms();

	if (stop)
		return false;
	if (video_progress(c, clip->job->ref_id, percent) != E_OK)
		log_warn("video %lld: its progress could not be told", (long long)clip->job->ref_id);
	if (now_ms < clip->renew_ms)
		return true;
	clip->renew_ms = now_ms + lease_ms(c->conf) / 3;
	return jobs_renew(c->db, clip->job, now_ms + lease_ms(c->conf)) != E_NO_ROW;
}

static bool
open_files(struct clip *clip)
{
	const char *dir = clip->c->conf->media_dir;
	bool good;

	clip->cover = files_receive(clip->c->mem, dir, &clip->cover_at);
	good = clip->cover >= 0;
	for (size_t i = 0; i < MEDIA_RUNGS_MAX; i++) {
		clip->out[i] = -1;
		if (good && i < clip->recipe.rungs_n) {
			clip->out[i] = files_receive(clip->c->mem, dir, &clip->out_at[i]);
			good = clip->out[i] >= 0;
		}
	}
	return good;
}

/* Closes and removes what has not been kept. */
static void
drop_files(struct clip *clip)
{
	const char *dir = clip->c->conf->media_dir;

	if (clip->cover >= 0) {
		close(clip->cover);
		files_drop(clip->c->mem, dir, clip->cover_at);
	}
	for (size_t i = 0; i < clip->recipe.rungs_n; i++) {
		if (clip->out[i] >= 0) {
			close(clip->out[i]);
			files_drop(clip->c->mem, dir, clip->out_at[i]);
		}
	}
}

/* Puts the files in their places and the rows beside them. */
static enum err
keep(struct clip *clip, const struct media_info *info, const struct media_output *outs,
    size_t outs_n, const char *cover_path)
{
	struct call *c = clip->c;
	struct video_facts facts = { .width = info->width, .height = info->height,
		.duration_ms = info->duration_ms, .cleanup_job_id = call_new_id(c) };
	char name[FILES_NAME + 1];
	enum err e = files_keep(c->mem, c->conf, clip->cover_at, clip->cover, cover_path);

	clip->cover = -1;
	for (size_t i = 0; e == E_OK && i < outs_n && i < VIDEO_RUNGS_MAX; i++) {
		const struct media_output *o = &outs[i];
		struct video_rendition *r = &facts.renditions[facts.renditions_n++];

		files_name(name);
		*r = (struct video_rendition){ .rung = clip->rungs[o->rung].short_edge,
			.width = o->width, .height = o->height, .size_bytes = o->bytes,
			.bitrate_kbps = o->duration_ms > 0 ? o->bytes * 8 / o->duration_ms : 0,
			.path = files_path(c->mem, 'v', name, "mp4") };
		e = files_keep(c->mem, c->conf, clip->out_at[o->rung], clip->out[o->rung], r->path);
		clip->out[o->rung] = -1;
	}
	if (e == E_OK)
		e = video_ready(c, clip->job->ref_id, &facts);
	if (e != E_OK && e != E_UNSURE) {
		for (size_t i = 0; i < facts.renditions_n; i++)
			files_remove(c->mem, c->conf, facts.renditions[i].path);
	}
	/* It was removed meanwhile, and with it the files that were known then. */
	if (e == E_VIDEO_UNKNOWN) {
		files_remove(c->mem, c->conf, cover_path);
		e = E_OK;
	}
	return e;
}

/* E_OK: the job is done, with a cover and renditions or with a refusal. */
static enum err
process(struct clip *clip, const struct video_files *files, int in)
{
	struct call *c = clip->c;
	const struct conf *conf = c->conf;
	struct media_limits limits = { .memory_bytes = conf->media_memory,
		.cpu_s = (int)conf->media_cpu, .wall_s = (int)conf->media_wall,
		.output_bytes = conf->upload_max, .cover_short_edge = 720 };
	struct media_order order = { .in_fd = in, .cover_fd = clip->cover, .out_fds = clip->out,
		.limits = &limits, .recipe = &clip->recipe, .progress = progress, .arg = clip };
	struct media_output outs[MEDIA_RUNGS_MAX];
	struct media_info info;
	enum refuse refused = REFUSE_NONE;
	size_t outs_n = 0;

	switch (media_render(&order, &info, outs, &outs_n, &refused)) {
	case MEDIA_OK:
		return keep(clip, &info, outs, outs_n, files->cover_path);
	case MEDIA_REFUSED:
		log_info("video %lld refused: %s", (long long)clip->job->ref_id, refuse_code(refused));
		return video_refuse(c, clip->job->ref_id, refuse_code(refused));
	case MEDIA_STOPPED:
		clip->why = "stopped";
		return E_UNAVAILABLE;
	case MEDIA_FAILED:
		break;
	}
	clip->why = arena_printf(c->mem, "no cell: %s", strerror(errno));
	return E_INTERNAL;
}

static enum err
process_clip(struct clip *clip)
{
	struct call *c = clip->c;
	struct video_files files;
	enum err e = video_files(c, clip->job->ref_id, &files);
	int in;

	if (e == E_VIDEO_UNKNOWN || (e == E_OK && files.deleted) ||
	    (e == E_OK && (files.state == VIDEO_READY || files.state == VIDEO_REFUSED)))
		return E_OK;
	if (e != E_OK)
		return e;
	if (!read_recipe(clip)) {
		clip->why = "media_rungs in the configuration is not SHORT:KBPS:CRF,...";
		return E_INTERNAL;
	}
	in = files_open(c->mem, c->conf, files.play_path);
	if (in < 0) {
		clip->why = arena_printf(c->mem, "%s: %s", files.play_path, strerror(errno));
		return E_DISK;
	}
	if (open_files(clip)) {
		e = process(clip, &files, in);
	} else {
		clip->why = arena_printf(c->mem, "incoming: %s", strerror(errno));
		e = E_DISK;
	}
	close(in);
	drop_files(clip);
	return e;
}

static enum err
do_job(struct clip *clip)
{
	switch (clip->job->kind) {
	case JOB_DELETE:
		return video_purge(clip->c, clip->job->ref_id);
	case JOB_CLEANUP:
		return video_cleanup(clip->c, clip->job->ref_id);
	case JOB_COVER:
		break;
	}
	return process_clip(clip);
}

/* Does one job; false where none is due or the database is away. */
static bool
work(struct call *c)
{
	struct job job;
	struct clip clip = { .c = c, .job = &job, .cover = -1 };
	int found = 0;
	enum err e;

	call_begin(c);
	if (jobs_claim(c->db, c->mem, c->now_ms, lease_ms(c->conf), &job, &found) != E_OK || !found)
		return false;
	e = do_job(&clip);
	if (e == E_OK) {
		e = jobs_done(c->db, &job);
	} else {
		if (job.attempts >= JOB_ATTEMPTS && job.kind == JOB_COVER &&
		    video_failed(c, job.ref_id) != E_OK)
			log_warn("video %lld: its failure could not be told", (long long)job.ref_id);
		e = jobs_fail(c->db, &job, clock_ms(), clip.why ? clip.why : err_name(e));
	}
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
	if (view_sweep(c) != E_OK)
		log_warn("old plays were not removed");
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
