/* cell.c - the cell: a child process with a few descriptors, and the parent's wait for it.
 *
 * The child enters every layer before it touches the first byte of the file, and leaves only by
 * _exit or a signal.  A layer that the kernel has but does not give is a failure, never a shrug.
 *
 * Under AddressSanitizer the address space has no limit (its shadow maps terabytes), standard
 * error stays open for its report, and an unlisted call is answered with EPERM, because the
 * runtime makes calls of its own.  Leaks are not looked for: the cell ends by _exit. */
#include "media/cell.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

/* The numbers that every cell gives to its descriptors: the filter knows them. */
enum { FD_IN = 3, FD_REPLY = 4, FD_OUT = 5, FD_COUNT = FD_OUT + CELL_OUTS_MAX };

/* What the pipe carries: whether the cell was entered; then bytes, each a percentage above the one
 * before, until REPLY_FOLLOWS and the reply. */
struct entry {
	int error;
};

enum { REPLY_FOLLOWS = 255 };

#define ASK_US INT64_C(1000000)

/* What pthread_create() of the C library asks of clone(): a thread and never a process. */
#define THREAD_FLAGS                                                                        \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | \
	    CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)
#define THREAD_STACK (2 << 20)
/* The signal that it sets up with its first thread, and never sends here. */
#define THREAD_SIGNAL 33

/* Landlock has no libc wrapper, and older kernel headers lack its newer bits. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self 446
#endif

struct landlock_ruleset {
	uint64_t fs, net, scoped;
};

static int
landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1 /* the version */);

	return abi > 0 ? (int)abi : 0;
}

/* A ruleset that handles all that this ABI knows and allows none of it. */
static int
enter_landlock(int abi)
{
	struct landlock_ruleset all = { .fs = (1 << 13) - 1 };
	int fd, e;

	if (abi >= 2)
		all.fs |= 1 << 13; /* refer */
	if (abi >= 3)
		all.fs |= 1 << 14; /* truncate */
	if (abi >= 4)
		all.net = 3; /* bind, connect */
	if (abi >= 5)
		all.fs |= 1 << 15; /* ioctl on devices */
	if (abi >= 6)
		all.scoped = 3; /* abstract sockets, signals */
	fd = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
	if (fd < 0)
		return -1;
	if (syscall(SYS_landlock_restrict_self, fd, 0) != 0) {
		e = errno;
		close(fd);
		errno = e;
		return -1;
	}
	close(fd);
	return 0;
}

/* What the work needs: memory, time, and its descriptors. */
static const int calls_allowed[] = {
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(getrandom),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(sched_yield),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
#ifdef __SANITIZE_ADDRESS__
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(tgkill),
#endif
};

/* What libraries try and can do without: answered with EPERM.  Anything else kills. */
static const int calls_denied[] = {
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(stat), SCMP_SYS(fstat), SCMP_SYS(lstat),
	SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(ioctl), SCMP_SYS(uname),
	SCMP_SYS(sysinfo),
	SCMP_SYS(sched_getaffinity),            /* how many processors: the encoder is told */
	SCMP_SYS(getpriority),                  /* x264 lowers the priority of its look-ahead */
	SCMP_SYS(setpriority), SCMP_SYS(prctl), /* names of threads */
};

/* What a thread needs beside clone(): its own bookkeeping in the kernel, at its start. */
static const int calls_of_threads[] = {
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
};

/* A filter cannot look into the arguments of clone3(): the C library does without it, and its
 * clone() is let through with the flags of a thread alone. */
static int
fill_filter_for_threads(scmp_filter_ctx f, bool threads)
{
	const struct scmp_arg_cmp a_thread = SCMP_A0(SCMP_CMP_EQ, THREAD_FLAGS);
	const struct scmp_arg_cmp no_thread = SCMP_A0(SCMP_CMP_NE, THREAD_FLAGS);
	int rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);

	if (!threads)
		return rc == 0 && !SANITIZED
			   ? seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 0)
			   : rc;
	for (size_t i = 0; rc == 0 && i < sizeof calls_of_threads / sizeof *calls_of_threads; i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls_of_threads[i], 0);
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(rt_sigaction), 1,
		    SCMP_A0(SCMP_CMP_EQ, THREAD_SIGNAL));
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, a_thread);
	if (rc == 0 && !SANITIZED)
		rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, no_thread);
	return rc;
}

static int
fill_filter(scmp_filter_ctx f, bool threads)
{
	const struct scmp_arg_cmp no_exec = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	const struct scmp_arg_cmp from_in = SCMP_A0(SCMP_CMP_EQ, FD_IN);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof calls_allowed / sizeof *calls_allowed; i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls_allowed[i], 0);
	for (size_t i = 0; rc == 0 && !SANITIZED && i < sizeof calls_denied / sizeof *calls_denied;
	     i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), calls_denied[i], 0);
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, no_exec);
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, no_exec);
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(pread64), 1, from_in);
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(lseek), 1, from_in);
	/* Standard error leads nowhere: x264 writes there what it has no memory for. */
	for (int fd = STDERR_FILENO; rc == 0 && fd < FD_COUNT; fd++)
		if (fd != FD_IN)
			rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
			    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)fd));
	/* An output is read again to put its index first. */
	if (rc == 0)
		rc = seccomp_rule_add(
		    f, SCMP_ACT_ALLOW, SCMP_SYS(pread64), 1, SCMP_A0(SCMP_CMP_GE, FD_OUT));
	if (rc == 0)
		rc = seccomp_rule_add(
		    f, SCMP_ACT_ALLOW, SCMP_SYS(pwrite64), 1, SCMP_A0(SCMP_CMP_GE, FD_OUT));
	return rc == 0 ? fill_filter_for_threads(f, threads) : rc;
}

static int
enter_seccomp(bool threads)
{
	scmp_filter_ctx f = seccomp_init(SANITIZED ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS);
	int rc;

	if (f == NULL) {
		errno = ENOMEM;
		return -1;
	}
	rc = fill_filter(f, threads);
	if (rc == 0)
		rc = seccomp_load(f);
	seccomp_release(f);
	if (rc != 0) {
		errno = -rc;
		return -1;
	}
	return 0;
}

void
cell_probe(struct cell_layers *out)
{
	uint32_t kill_process = SECCOMP_RET_KILL_PROCESS;

	out->rlimits = !SANITIZED;
	out->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0;
	out->seccomp = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &kill_process) == 0;
	out->landlock_abi = landlock_abi();
}

static int
limit(int what, int64_t soft, int64_t hard)
{
	struct rlimit now, want = { .rlim_cur = (rlim_t)soft, .rlim_max = (rlim_t)hard };

	if (getrlimit(what, &now) != 0)
		return -1;
	if (want.rlim_max > now.rlim_max)
		want.rlim_max = now.rlim_max;
	if (want.rlim_cur > want.rlim_max)
		want.rlim_cur = want.rlim_max;
	return setrlimit(what, &want);
}

/* The wished number may be taken by another of them: they pass through high ones first. */
static int
settle_descriptors(const struct cell_plan *plan, int reply_fd)
{
	int in = fcntl(plan->in_fd, F_DUPFD, FD_COUNT), reply = fcntl(reply_fd, F_DUPFD, FD_COUNT);
	int null = open("/dev/null", O_RDWR), out[CELL_OUTS_MAX];
	bool ok = in >= 0 && reply >= 0 && null >= 0;

	for (int i = 0; i < CELL_OUTS_MAX; i++) {
		int fd = i < plan->outs ? plan->out_fds[i] : -1;

		out[i] = fd < 0 ? -1 : fcntl(fd, F_DUPFD, FD_COUNT);
		ok = ok && (out[i] >= 0 || fd == -1);
	}
	ok = ok && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0;
	ok = ok && (SANITIZED || dup2(null, STDERR_FILENO) >= 0);
	ok = ok && dup2(in, FD_IN) >= 0 && dup2(reply, FD_REPLY) >= 0;
	for (int i = 0; ok && i < CELL_OUTS_MAX; i++) {
		if (out[i] < 0)
			close(FD_OUT + i);
		else
			ok = dup2(out[i], FD_OUT + i) >= 0;
	}
	if (!ok)
		return -1;
	if (close_range(FD_COUNT, ~0U, 0) != 0)
		for (int fd = FD_COUNT, max = (int)sysconf(_SC_OPEN_MAX); fd < max; fd++)
			close(fd);
	return 0;
}

/* Each thread would take a heap of its own (64 MiB of addresses) and as much stack as the main
 * one may have. */
static void
set_up_threads(void)
{
	pthread_attr_t attr;

	mallopt(M_ARENA_MAX, 1);
	if (SANITIZED || pthread_attr_init(&attr) != 0)
		return;
	if (pthread_attr_setstacksize(&attr, THREAD_STACK) == 0)
		pthread_setattr_default_np(&attr);
	pthread_attr_destroy(&attr);
}

/* The addresses that are taken already: mostly of libraries, which cost this cell nothing. */
static int64_t
taken_bytes(void)
{
	char text[64];
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return strtoll(text, NULL, 10) * sysconf(_SC_PAGESIZE);
}

/* Enters every layer.  Without a filter a thread cannot be told from a process: then there is none
 * of either. */
static int
enter(struct media_limits *limits, pid_t parent)
{
	int64_t most = limits->memory_bytes + taken_bytes();
	struct cell_layers layers;
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	/* A parent that died before the request was in place sends no signal. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent)
		return -1;
	if (sigprocmask(SIG_SETMASK, &none, NULL) != 0)
		return -1;
	/* A process that cannot be made nicer works as well. */
	if (setpriority(PRIO_PROCESS, 0, 10) != 0)
		errno = 0;

	cell_probe(&layers);
	if (limits->threads < 1 || !layers.seccomp)
		limits->threads = 1;
	if (limits->threads > 1)
		set_up_threads();
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	if (layers.landlock_abi > 0 && enter_landlock(layers.landlock_abi) != 0)
		return -1;
	if (limits->threads == 1 && limit(RLIMIT_NPROC, 0, 0) != 0)
		return -1;
	if (limit(RLIMIT_CORE, 0, 0) != 0 || limit(RLIMIT_NOFILE, 0, 0) != 0 ||
	    limit(RLIMIT_FSIZE, limits->output_bytes, limits->output_bytes) != 0 ||
	    limit(RLIMIT_CPU, limits->cpu_s, (int64_t)limits->cpu_s + 1) != 0)
		return -1;
	/* An output that grows over the limit is an error of write(), not a signal. */
	signal(SIGXFSZ, SIG_IGN);
	if (!SANITIZED && limit(RLIMIT_AS, most, most) != 0)
		return -1;
	return layers.seccomp ? enter_seccomp(limits->threads > 1) : 0;
}

static void
send_all(int fd, const void *p, size_t n)
{
	/* The pipe is our own and has room for all that is ever sent: all of it or nothing. */
	if (write(fd, p, n) != (ssize_t)n)
		_exit(1);
}

void
cell_progress(int percent)
{
	static int told = -1;
	unsigned char byte = (unsigned char)percent;

	if (percent <= told || percent > 100)
		return;
	told = percent;
	send_all(FD_REPLY, &byte, 1);
}

/* The child's whole life. */
static _Noreturn void
live(const struct cell_plan *plan, int reply_fd, pid_t parent)
{
	_Alignas(max_align_t) unsigned char answer[CELL_REPLY_MAX] = { 0 };
	struct media_limits limits = *plan->limits;
	const unsigned char follows = REPLY_FOLLOWS;
	struct entry entry = { 0 };
	int outs[CELL_OUTS_MAX];

	if (settle_descriptors(plan, reply_fd) != 0) {
		entry.error = errno;
		send_all(reply_fd, &entry, sizeof entry);
		_exit(1);
	}
	for (int i = 0; i < CELL_OUTS_MAX; i++)
		outs[i] = i < plan->outs && plan->out_fds[i] >= 0 ? FD_OUT + i : -1;
	if (enter(&limits, parent) != 0)
		entry.error = errno ? errno : EPERM;
	send_all(FD_REPLY, &entry, sizeof entry);
	if (entry.error != 0)
		_exit(1);
	plan->work(FD_IN, outs, &limits, plan->arg, answer);
	send_all(FD_REPLY, &follows, 1);
	send_all(FD_REPLY, answer, plan->reply_size);
	_exit(0);
}

/* The parent's side of the pipe. */
struct ear {
	int fd;
	int64_t deadline_us, asked_us;
	int percent;
	bool stopped, lied;
	const struct cell_plan *plan;
};

/* Asks the caller whether to go on. */
static bool
ask(struct ear *ear)
{
	const struct cell_plan *plan = ear->plan;

	ear->asked_us = clock_mono_us();
	ear->stopped = plan->progress != NULL &&
		       !plan->progress(plan->progress_arg, ear->percent < 0 ? 0 : ear->percent);
	return !ear->stopped;
}

/* Fills p from the pipe; false at its end, at the deadline and where the caller stops it. */
static bool
receive(struct ear *ear, void *p, size_t n)
{
	size_t have = 0;

	while (have < n) {
		struct pollfd ready = { .fd = ear->fd, .events = POLLIN };
		int64_t now_us = clock_mono_us(), left_us = ear->deadline_us - now_us;
		ssize_t got;

		if (left_us <= 0)
			return false;
		if (now_us - ear->asked_us >= ASK_US && !ask(ear))
			return false;
		if (left_us > ASK_US)
			left_us = ASK_US;
		if (poll(&ready, 1, (int)(left_us / 1000) + 1) <= 0)
			continue;
		got = read(ear->fd, (char *)p + have, n - have);
		if (got > 0)
			have += (size_t)got;
		else if (got == 0 || errno != EINTR)
			return false;
	}
	return true;
}

/* Hears the percentages and then the reply.  They rise: a cell cannot talk without end. */
static bool
hear(struct ear *ear, void *reply)
{
	unsigned char byte = 0;

	while (receive(ear, &byte, 1)) {
		if (byte == REPLY_FOLLOWS)
			return receive(ear, reply, ear->plan->reply_size);
		ear->lied = byte > 100 || byte <= ear->percent;
		if (ear->lied)
			return false;
		ear->percent = byte;
		if (!ask(ear))
			return false;
	}
	return false;
}

enum cell_end
cell_run(const struct cell_plan *plan, void *reply, struct cell_cost *cost)
{
	struct ear ear = { .plan = plan, .asked_us = clock_mono_us(), .percent = -1 };
	struct entry entry = { 0 };
	struct rusage used;
	pid_t parent = getpid(), child;
	bool whole = false;
	int fds[2], status, e;

	memset(cost, 0, sizeof *cost);
	if (plan->reply_size > CELL_REPLY_MAX || plan->outs > CELL_OUTS_MAX) {
		errno = EINVAL;
		return CELL_FAILED;
	}
	if (pipe2(fds, O_CLOEXEC) != 0)
		return CELL_FAILED;
	child = fork();
	if (child < 0) {
		e = errno;
		close(fds[0]);
		close(fds[1]);
		errno = e;
		return CELL_FAILED;
	}
	if (child == 0)
		live(plan, fds[1], parent);

	close(fds[1]);
	ear.fd = fds[0];
	ear.deadline_us = ear.asked_us + (int64_t)plan->limits->wall_s * 1000000;
	if (receive(&ear, &entry, sizeof entry) && entry.error == 0)
		whole = hear(&ear, reply);
	close(fds[0]);
	/* Finished, dying or late: in each case it has nothing more to say.  A cell that is dying
	 * already keeps the signal that it dies of. */
	kill(child, SIGKILL);
	while (wait4(child, &status, 0, &used) < 0)
		if (errno != EINTR)
			return CELL_FAILED;

	cost->peak_rss = (int64_t)used.ru_maxrss * 1024;
	cost->cpu_us = (int64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
		       used.ru_utime.tv_usec + used.ru_stime.tv_usec;
	if (whole)
		return CELL_DONE;
	if (entry.error != 0) {
		errno = entry.error;
		return CELL_FAILED;
	}
	if (ear.stopped)
		return CELL_STOPPED;
	if (ear.lied)
		return CELL_CRASHED;
	cost->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	return cost->signal == SIGKILL || cost->signal == SIGXCPU ? CELL_OVERRUN : CELL_CRASHED;
}
