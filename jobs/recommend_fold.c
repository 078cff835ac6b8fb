/* recommend_fold.c - turns what people did into what they are shown (lib/model/recommend_fold.h): once, by cron,
 * or again and again with --forever.
 *
 * The invariant: each run is a process of its own, so that the memory of one, which grows with what
 * people did, is given back, and a run that fails harms no other.  Runs take at most a tenth of
 * the time. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "model/recommend_fold.h"

static int
run_once(const struct conf *conf)
{
	struct fold_report r;
	struct call c;
	char why[300];
	int64_t began_us = clock_mono_us();
	enum err e;

	if (!call_open(&c, conf, why, sizeof(why))) {
		log_error("%s", why);
		return 1;
	}
	e = fold_run(&c, false, &r);
	if (e != E_OK)
		log_error("what people did could not be folded: %s", err_text(e, LANG_EN));
	else if (r.clips > 0 || r.near_clips > 0)
		log_info("folded %zu clips, neighbours of %zu clips and %zu authors out of %zu events, "
			 "%lld ms",
		    r.clips, r.near_clips, r.near_authors, r.events,
		    (long long)(clock_mono_us() - began_us) / 1000);
	call_close(&c);
	return e == E_OK ? 0 : 1;
}

/* Waits for one of the signals in set, at most ms; 0 where none came. */
static int
wait_signal(const sigset_t *set, int64_t ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	int sig;

	do
		sig = sigtimedwait(set, NULL, &t);
	while (sig < 0 && errno == EINTR);
	return sig > 0 ? sig : 0;
}

/* Runs in a child; false when we are to end. */
static bool
run_child(const struct conf *conf, const sigset_t *set)
{
	pid_t parent = getpid(), child = fork(), ended;
	bool going = true;
	int status = 0;

	if (child < 0) {
		log_error("fork: %m");
		return true;
	}
	if (child == 0) {
		sigprocmask(SIG_UNBLOCK, set, NULL);
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		_exit(getppid() == parent ? run_once(conf) : 1);
	}
	while ((ended = waitpid(child, &status, WNOHANG)) == 0) {
		int sig = wait_signal(set, 60000);

		if (going && (sig == SIGTERM || sig == SIGINT)) {
			going = false;
			kill(child, SIGTERM);
		}
	}
	if (going && ended > 0 && WIFSIGNALED(status))
		log_error("a run ended by signal %d", WTERMSIG(status));
	return going;
}

int
main(int argc, char **argv)
{
	const struct conf *conf;
	char why[300];
	sigset_t set;

	if (argc > 2 || (argc == 2 && strcmp(argv[1], "--forever") != 0)) {
		fputs("usage: recommend_fold [--forever]\n"
		      "Folds what people did into what they are shown: once, or every recommend_fold "
		      "until SIGTERM.\n",
		    stderr);
		return 2;
	}
	conf = conf_load(NULL, why, sizeof(why));
	if (conf == NULL) {
		fprintf(stderr, "recommend_fold: %s\n", why);
		return 1;
	}
	log_open("recommend_fold", conf->log_file, (enum log_level)log_level_parse(conf->log_level));
	if (argc == 1)
		return run_once(conf);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (;;) {
		int64_t began_us = clock_mono_us(), pause_ms = conf->recommend_fold * 1000, took_ms, until_us;

		if (!run_child(conf, &set))
			return 0;
		took_ms = (clock_mono_us() - began_us) / 1000;
		if (pause_ms < 10 * took_ms)
			pause_ms = 10 * took_ms;
		for (until_us = clock_mono_us() + pause_ms * 1000; clock_mono_us() < until_us;) {
			int sig = wait_signal(&set, (until_us - clock_mono_us()) / 1000 + 1);

			if (sig == SIGTERM || sig == SIGINT)
				return 0;
		}
	}
}
