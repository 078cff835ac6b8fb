/* media_watch.c - waits for media jobs and lets media_worker do them: at once when publishing
 * nudges, else when they are due.
 *
 * The invariant: this process knows no libav, which costs 20 MB as soon as it is loaded; so it is
 * there all the time, and media_worker, beside it in the same directory, only while there is work. */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "model/call.h"
#include "store/jobs.h"

#define SWEEP_MS (3600 * INT64_C(1000)) /* between two times of housekeeping */
#define IDLE_MS 15000 /* between two looks at the queue when nobody nudges */
#define PAUSE_MS 1000 /* before a job is tried again that was due and still is */

static volatile sig_atomic_t stop;
static sigset_t waiting; /* the signals come only while we wait */

static void
on_signal(int sig)
{
	if (sig != SIGCHLD)
		stop = 1;
}

static void
watch_signals(void)
{
	static const int mine[] = { SIGTERM, SIGINT, SIGCHLD };
	struct sigaction act = { .sa_handler = on_signal };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof mine / sizeof *mine; i++) {
		sigaction(mine[i], &act, NULL);
		sigaddset(&set, mine[i]);
	}
	sigprocmask(SIG_BLOCK, &set, &waiting);
	for (size_t i = 0; i < sizeof mine / sizeof *mine; i++)
		sigdelset(&waiting, mine[i]);
}

/* The worker's path, beside ours. */
static bool
find_worker(char *path, size_t size)
{
	static const char name[] = "media_worker";
	ssize_t n = readlink("/proc/self/exe", path, size);
	const char *slash = n <= 0 ? NULL : memrchr(path, '/', (size_t)n);
	size_t dir_n = slash == NULL ? 0 : (size_t)(slash - path) + 1;

	if (dir_n == 0 || dir_n + sizeof name > size)
		return false;
	memcpy(path + dir_n, name, sizeof name);
	return access(path, X_OK) == 0;
}

/* The socket on which publishing nudges; -1: only the clock wakes us. */
static int
nudge_socket(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd;

	if (path[0] == '\0' || strlen(path) >= sizeof(at.sun_path))
		return -1;
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	unlink(path);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
		log_warn("media_socket %s: %s", path, strerror(errno));
		close(fd);
		return -1;
	}
	(void)chmod(path, 0660);
	return fd;
}

static void
wait_for(int fd, int64_t ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	char byte;

	ppoll(&p, 1, &t, &waiting);
	while (fd >= 0 && recv(fd, &byte, 1, 0) >= 0)
		;
}

/* ms until a job is due, at most until we look again anyway. */
static int64_t
next_due(struct call *c)
{
	int64_t wait_ms = -1;

	call_begin(c);
	if (jobs_next_due(c->db, c->mem, c->now_ms, &wait_ms) != E_OK || wait_ms < 0 ||
	    wait_ms > IDLE_MS)
		return IDLE_MS;
	return wait_ms;
}

/* Runs the worker until no job is due. */
static void
work(const char *path, bool sweep)
{
	pid_t child = fork(), ended;
	bool told = false;
	int status = 0;

	if (child < 0) {
		log_error("fork: %m");
		return;
	}
	if (child == 0) {
		sigprocmask(SIG_SETMASK, &waiting, NULL);
		execl(path, "media_worker", sweep ? NULL : "--jobs", (char *)NULL);
		log_error("%s: %m", path);
		_exit(127);
	}
	while ((ended = waitpid(child, &status, WNOHANG)) == 0) {
		if (stop && !told) {
			kill(child, SIGTERM);
			told = true;
		}
		ppoll(NULL, 0, NULL, &waiting);
	}
	if (ended > 0 && status != 0)
		log_warn("media_worker ended with %d, signal %d",
		    WIFEXITED(status) ? WEXITSTATUS(status) : 0,
		    WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

int
main(int argc, char **argv)
{
	char why[300], worker[4096];
	const struct conf *conf;
	struct call c;
	int64_t swept_ms = 0;
	bool worked = false;
	int fd;

	(void)argv;
	if (argc > 1) {
		fputs("usage: media_watch\n"
		      "Runs media_worker whenever there are media jobs to do; ends at SIGTERM.\n",
		    stderr);
		return 2;
	}
	conf = conf_load(NULL, why, sizeof(why));
	if (conf == NULL || !call_open(&c, conf, why, sizeof(why))) {
		fprintf(stderr, "media_watch: %s\n", why);
		return 1;
	}
	if (!find_worker(worker, sizeof(worker))) {
		fputs("media_watch: there is no media_worker beside it\n", stderr);
		return 1;
	}
	log_open("media_watch", conf->log_file, (enum log_level)log_level_parse(conf->log_level));
	watch_signals();
	fd = nudge_socket(conf->media_socket);
	while (!stop) {
		int64_t wait_ms = next_due(&c);

		bool sweep = clock_ms() - swept_ms > SWEEP_MS;

		if (sweep || (wait_ms == 0 && !worked)) {
			if (sweep)
				swept_ms = clock_ms();
			work(worker, sweep);
			worked = true;
			continue;
		}
		wait_for(fd, worked && wait_ms < PAUSE_MS ? PAUSE_MS : wait_ms);
		worked = false;
	}
	if (fd >= 0) {
		close(fd);
		unlink(conf->media_socket);
	}
	call_close(&c);
	return 0;
}
