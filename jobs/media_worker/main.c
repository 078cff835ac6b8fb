/* main.c - media_worker: makes covers and renditions, refuses what is no video, removes what was
 * deleted.
 *
 * It does what is due and ends: by cron, every minute, or by media_watch, which waits for jobs.  Any
 * number may run: the queue hands each job to one of them, and a job whose worker died is taken over
 * when its lease ends.  This program joins lib/media, which knows no database, and lib/model, which
 * knows no libav. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "model/account.h"
#include "model/block.h"
#include "model/export.h"
#include "model/leave.h"
#include "model/notification.h"
#include "model/search.h"
#include "model/search_pack.h"
#include "model/session.h"
#include "model/view.h"
#include "worker.h"

#define INCOMING_AGE_S 86400
#define REFRESH 50000 /* things of the search index that are looked at */
#define ACCOUNT_MS 2000 /* that an account's clips and requests may take at once */
#define PACK 1024     /* pieces of it whose frequent grams are packed */

volatile sig_atomic_t worker_stop;

static void
on_signal(int sig)
{
	(void)sig;
	worker_stop = 1;
}

struct out *
work_open(struct work *w, char kind, const char *ext)
{
	struct out *out = &w->outs[w->outs_n];
	char name[FILES_NAME + 1], *at;

	if (w->outs_n == OUTS_MAX) {
		w->why = "too many files";
		return NULL;
	}
	files_name(name);
	*out = (struct out){ .fd = files_receive(w->c->mem, w->c->conf->media_dir, &at),
		.path = files_path(w->c->mem, kind, name, ext) };
	if (out->fd < 0) {
		w->why = arena_printf(w->c->mem, "incoming: %s", strerror(errno));
		return NULL;
	}
	out->at = at;
	w->outs_n++;
	return out;
}

enum err
work_keep(struct work *w, struct out *out)
{
	enum err e = files_keep(w->c->mem, w->c->conf, out->at, out->fd, out->path);

	out->fd = -1;
	out->kept = e == E_OK;
	return e;
}

void
work_drop(struct work *w, bool committed)
{
	for (size_t i = 0; i < w->outs_n; i++) {
		struct out *out = &w->outs[i];

		if (out->fd >= 0) {
			close(out->fd);
			files_drop(w->c->mem, w->c->conf->media_dir, out->at);
		} else if (out->kept && !committed) {
			files_remove(w->c->mem, w->c->conf, out->path);
		}
	}
	w->outs_n = 0;
}

static int64_t
lease_ms(const struct conf *conf)
{
	return (conf->db_timeout + 60) * 1000;
}

enum err
work_renew(struct work *w, int64_t ms)
{
	return jobs_renew(w->c->db, w->job, clock_ms() + ms + lease_ms(w->c->conf));
}

bool
work_alive(struct work *w)
{
	int64_t now_ms = clock_ms();

	if (worker_stop) {
		w->stopped = true;
		return false;
	}
	if (now_ms < w->renew_ms)
		return true;
	w->renew_ms = now_ms + lease_ms(w->c->conf) / 3;
	return work_renew(w, 0) != E_NO_ROW;
}

struct media_limits
work_limits(const struct work *w)
{
	const struct conf *conf = w->c->conf;

	return (struct media_limits){ .memory_bytes = conf->media_memory, .cpu_s = (int)conf->media_cpu,
		.wall_s = (int)conf->media_wall, .output_bytes = conf->upload_max };
}

/* While bytes go to or come from the bucket, too. */
static bool
still_ours(void *arg)
{
	return work_alive(arg);
}

static bool
account_more(void *arg)
{
	struct work *w = arg;

	if (clock_ms() > w->c->now_ms + ACCOUNT_MS)
		w->stopped = true;
	return !w->stopped && work_alive(w);
}

/* A large account gives the job back and waits its turn, so that others have their covers. */
static enum err
account(struct work *w)
{
	enum err e = privacy_follow(w->c, w->job->ref_id, account_more, w);

	/* What goes wrong counts as an attempt, however late. */
	if (e != E_OK && !worker_stop)
		w->stopped = false;
	return e == E_OK && w->stopped ? E_UNAVAILABLE : e;
}

/* The account's clips go first, by jobs of their own: then this one comes again. */
static enum err
leave(struct work *w)
{
	struct call *c = w->c;
	int64_t again_ms;
	enum err e = leave_purge(c, w->job->ref_id, still_ours, w, &again_ms);

	return e == E_OK && again_ms != 0
	    ? jobs_add(c->db, call_new_id(c), JOB_LEAVE, w->job->ref_id, again_ms)
	    : e;
}

static enum err
do_job(struct work *w)
{
	struct call *c = w->c;
	int64_t ref_id = w->job->ref_id;

	switch (w->job->kind) {
	case JOB_COVER:
		return clip_first(w);
	case JOB_RUNGS:
		return clip_rungs(w);
	case JOB_PREVIEW:
		return preview_make(w);
	case JOB_PICTURE:
		return picture_make(w);
	case JOB_DELETE:
		return video_purge(c, ref_id);
	case JOB_CLEANUP:
		return video_cleanup(c, ref_id);
	case JOB_ACCOUNT:
		return account(w);
	case JOB_LEAVE:
		return leave(w);
	case JOB_EXPORT:
		return export_make(c, ref_id, still_ours, w);
	}
	w->why = "this program does not know such jobs";
	return E_INTERNAL;
}

/* Our fault, which the owners of a clip are told; it will be tried again. */
static void
tell_failure(struct call *c, const struct job *job)
{
	enum err e = E_OK;

	if (job->kind == JOB_COVER || job->kind == JOB_RUNGS)
		e = video_failed(c, job->ref_id);
	else if (job->kind == JOB_EXPORT && job->attempts >= JOB_ATTEMPTS)
		e = export_failed(c, job->ref_id);
	else if (job->kind == JOB_PREVIEW && job->attempts >= JOB_ATTEMPTS)
		e = preview_end(c, job->ref_id, NULL);
	if (e != E_OK && e != E_VIDEO_UNKNOWN && e != E_ALREADY && e != E_NO_ROW)
		log_warn("job %lld: that it failed could not be told: %s", (long long)job->id, err_name(e));
}

/* Does one job of the lane; *did is false where none is due. */
static enum err
work(struct call *c, enum job_lane lane, bool *did)
{
	struct job job;
	struct work w = { .c = c, .job = &job };
	int found = 0;
	enum err e;

	call_begin(c);
	e = jobs_claim(c->db, c->mem, lane, c->now_ms, lease_ms(c->conf), &job, &found);
	*did = e == E_OK && found;
	if (!*did)
		return e;
	if (job.dead) {
		tell_failure(c, &job);
		return E_OK;
	}
	log_debug("job %lld: kind %d of %lld", (long long)job.id, (int)job.kind, (long long)job.ref_id);
	files_on_wait(still_ours, &w);
	e = do_job(&w);
	files_on_wait(NULL, NULL);
	work_drop(&w, e == E_OK || e == E_UNSURE);
	if (e == E_OK || w.gone) {
		e = jobs_done(c->db, &job);
	} else if (w.stopped) {
		e = jobs_release(c->db, &job, clock_ms());
	} else {
		tell_failure(c, &job);
		e = jobs_fail(c->db, &job, clock_ms(), w.why ? w.why : err_name(e));
	}
	/* A lost lease means that somebody else has done the work. */
	if (e != E_OK && e != E_NO_ROW)
		log_warn("job %lld: %s", (long long)job.id, err_name(e));
	return E_OK;
}

static enum err
work_all(struct call *c, enum job_lane lane)
{
	bool did = true;
	enum err e = E_OK;

	while (!worker_stop && did && e == E_OK)
		e = work(c, lane, &did);
	return e;
}

static void
sweep(struct call *c)
{
	int files = files_sweep(c->conf->media_dir, INCOMING_AGE_S);
	int64_t moved, packed;

	call_begin(c);
	if (files > 0)
		log_info("removed %d files whose upload was broken off", files);
	if (account_sweep(c) != E_OK)
		log_warn("old failed logins were not removed");
	if (session_sweep(c) != E_OK)
		log_warn("expired sessions were not removed");
	if (view_sweep(c) != E_OK)
		log_warn("old plays were not removed");
	if (notification_sweep(c) != E_OK)
		log_warn("old notifications were not removed");
	if (video_sweep(c) != E_OK)
		log_warn("what was left of uploads and deleted clips was not removed");
	call_begin(c);
	if (search_refresh(c, REFRESH, &moved) != E_OK || search_pack(c, PACK, &packed) != E_OK)
		log_warn("the search index was not brought up to date");
}

int
main(int argc, char **argv)
{
	const char *option = argc > 1 ? argv[1] : "";
	bool quick = strcmp(option, "--quick") == 0, slow = strcmp(option, "--slow") == 0;
	bool both = strcmp(option, "--jobs") == 0 || argc == 1, sweeps = strcmp(option, "--sweep") == 0;
	struct sigaction act = { .sa_handler = on_signal };
	const struct conf *conf;
	struct call c;
	char why[300];
	enum err e = E_OK;

	if ((!quick && !slow && !both && !sweeps) || argc > 3 || (argc == 3 && strlen(argv[2]) != JOB_OWNER)) {
		fputs("usage: media_worker [--jobs | --quick | --slow | --sweep] [OWNER]\n"
		      "Does the media jobs that are due (of one queue; none), and housekeeping without an\n"
		      "option or with --sweep, and ends.  OWNER: 12 hex digits, with which its leases begin.\n",
		    stderr);
		return 2;
	}
	conf = conf_load(NULL, why, sizeof(why));
	if (conf == NULL || !call_open(&c, conf, why, sizeof(why))) {
		fprintf(stderr, "media_worker: %s\n", why);
		return 1;
	}
	log_open("media_worker", conf->log_file, (enum log_level)log_level_parse(conf->log_level));
	if (argc == 3)
		jobs_owner(argv[2]);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	if (quick || both)
		e = work_all(&c, LANE_QUICK);
	/* What is quick and has come meanwhile goes first. */
	for (bool did = true; e == E_OK && did && !worker_stop && (slow || both);) {
		e = work(&c, LANE_SLOW, &did);
		if (e == E_OK && both)
			e = work_all(&c, LANE_QUICK);
	}
	if (!worker_stop && (sweeps || argc == 1))
		sweep(&c);
	call_close(&c);
	return e != E_OK;
}
