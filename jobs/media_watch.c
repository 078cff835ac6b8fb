/* media_watch.c - waits for media jobs and lets media_worker do them: at once when publishing
 * nudges, else when they are due; what takes moments and what takes minutes by processes of their
 * own, so that a long clip does not hold up the next one's cover.
 *
 * The invariant: this process knows no libav, which costs 20 MB as soon as it is loaded; so it is
 * there all the time, and media_worker, beside it in the same directory, only while there is work. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "model/call.h"
#include "store/jobs.h"

#define SWEEP_MS (3600 * INT64_C(1000)) /* between two times of housekeeping */
#define IDLE_MS 15000 /* between two looks at the queue when nobody nudges */
#define PAUSE_MS 1000 /* before a worker is started after one that did badly */
#define CLAIM_MS 250 /* in which a new worker claims its job */
#define CHILDREN_MAX 65
#define NICE 10

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

/* Requests go first, whoever started us.  Where Linux shares the processor among sessions (autogroup),
 * a nice value counts within a session only: so the workers get one of their own, which is nice. */
static void
step_back(void)
{
	int fd;

	if (getpriority(PRIO_PROCESS, 0) < NICE)
		setpriority(PRIO_PROCESS, 0, NICE);
	if (setsid() < 0 && getsid(0) != getpid())
		return;
	fd = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (dprintf(fd, "%d", NICE) < 0)
			log_warn("autogroup: %m");
		close(fd);
	}
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

/* The workers: one for what takes moments, and so many for what takes minutes. */
struct child {
	pid_t pid; /* 0: none */
	enum job_lane lane;
	char owner[JOB_OWNER + 1]; /* of its leases */
};
static struct child children[CHILDREN_MAX];
static size_t children_n;
static int64_t pause_until_ms[2]; /* of each lane: its worker did badly */

/* ms until a job of the lane is due, at most until we look again anyway. */
static int64_t
next_due(struct call *c, enum job_lane lane)
{
	int64_t wait_ms = -1;

	call_begin(c);
	if (jobs_next_due(c->db, c->mem, lane, c->now_ms, &wait_ms) != E_OK || wait_ms < 0 ||
	    wait_ms > IDLE_MS)
		return IDLE_MS;
	return wait_ms;
}

static size_t
running(enum job_lane lane)
{
	size_t n = 0;

	for (size_t i = 0; i < children_n; i++)
		n += children[i].pid != 0 && children[i].lane == lane;
	return n;
}

static void
start(const char *path, enum job_lane lane, const char *option)
{
	unsigned char r[JOB_OWNER / 2];
	char owner[JOB_OWNER + 1];
	pid_t pid;

	random_bytes(r, sizeof r);
	hex_encode(owner, r, sizeof r);
	pid = fork();
	if (pid < 0) {
		log_error("fork: %m");
		pause_until_ms[lane] = clock_ms() + PAUSE_MS;
		return;
	}
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, &waiting, NULL);
		execl(path, "media_worker", option, owner, (char *)NULL);
		log_error("%s: %m", path);
		_exit(127);
	}
	for (size_t i = 0; i < children_n; i++) {
		if (children[i].pid == 0) {
			children[i] = (struct child){ .pid = pid, .lane = lane };
			memcpy(children[i].owner, owner, sizeof owner);
			return;
		}
	}
}

static void
reap(struct call *c)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (size_t i = 0; i < children_n; i++) {
			if (children[i].pid != pid)
				continue;
			children[i].pid = 0;
			if (status == 0)
				continue;
			log_warn("media_worker ended with %d, signal %d",
			    WIFEXITED(status) ? WEXITSTATUS(status) : 0,
			    WIFSIGNALED(status) ? WTERMSIG(status) : 0);
			pause_until_ms[children[i].lane] = clock_ms() + PAUSE_MS;
			/* Nobody need wait for the end of its lease. */
			call_begin(c);
			if (jobs_give_back(c->db, children[i].owner, c->now_ms) != E_OK)
				log_warn("what it had begun waits for the end of its lease");
		}
	}
}

/* Starts the workers that the lane needs; ms until it wants to be looked at again. */
static int64_t
look_after(struct call *c, const char *path, enum job_lane lane, size_t most)
{
	int64_t wait_ms, pause_ms = pause_until_ms[lane] - clock_ms();

	if (running(lane) >= most)
		return IDLE_MS;
	if (pause_ms > 0)
		return pause_ms;
	wait_ms = next_due(c, lane);
	if (wait_ms > 0)
		return wait_ms;
	start(path, lane, lane == LANE_QUICK ? "--quick" : "--slow");
	/* It has claimed what it found by then: is there more? */
	return running(lane) < most ? CLAIM_MS : IDLE_MS;
}

static size_t
slow_workers(const struct conf *conf)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (conf->media_workers > 0)
		return (size_t)conf->media_workers;
	return cores < 4 ? 1 : cores / 2 > CHILDREN_MAX - 1 ? CHILDREN_MAX - 1 : (size_t)cores / 2;
}

static void
end_all(void)
{
	for (size_t i = 0; i < children_n; i++) {
		if (children[i].pid != 0)
			kill(children[i].pid, SIGTERM);
	}
	for (size_t i = 0; i < children_n; i++) {
		if (children[i].pid != 0)
			waitpid(children[i].pid, NULL, 0);
	}
}

int
main(int argc, char **argv)
{
	char why[300], worker[4096];
	const struct conf *conf;
	struct call c;
	int64_t swept_ms = 0;
	size_t slow;
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
	step_back();
	slow = slow_workers(conf);
	children_n = slow + 1;
	fd = nudge_socket(conf->media_socket);
	while (!stop) {
		int64_t quick_ms, slow_ms;

		reap(&c);
		if (clock_ms() - swept_ms > SWEEP_MS && running(LANE_QUICK) == 0) {
			swept_ms = clock_ms();
			start(worker, LANE_QUICK, "--sweep");
		}
		quick_ms = look_after(&c, worker, LANE_QUICK, 1);
		slow_ms = look_after(&c, worker, LANE_SLOW, slow);
		wait_for(fd, quick_ms < slow_ms ? quick_ms : slow_ms);
	}
	end_all();
	if (fd >= 0) {
		close(fd);
		unlink(conf->media_socket);
	}
	call_close(&c);
	return 0;
}
