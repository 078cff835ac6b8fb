/* cell.c - the cell: a child process with three descriptors, and the parent's wait for it.
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
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
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
enum { FD_IN = 3, FD_OUT = 4, FD_REPLY = 5, FD_COUNT = 6 };

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

/* What the work needs: memory, time, and its three descriptors. */
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
	SCMP_SYS(sigaltstack),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(tgkill),
#endif
};

/* What libraries try and can do without: answered with EPERM.  Anything else kills. */
static const int calls_denied[] = {
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(stat),
	SCMP_SYS(fstat),
	SCMP_SYS(lstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(ioctl),
	SCMP_SYS(uname),
	SCMP_SYS(sysinfo),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(prctl),
	SCMP_SYS(clone),
	SCMP_SYS(clone3),
};

static int
fill_filter(scmp_filter_ctx f)
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
	for (int fd = SANITIZED ? STDERR_FILENO : FD_OUT; rc == 0 && fd <= FD_REPLY; fd++)
		if (fd != FD_IN)
			rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
			    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)fd));
	return rc;
}

static int
enter_seccomp(void)
{
	scmp_filter_ctx f = seccomp_init(SANITIZED ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS);
	int rc;

	if (f == NULL) {
		errno = ENOMEM;
		return -1;
	}
	rc = fill_filter(f);
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

/* The wished number may be taken by another of the three: they pass through high ones first. */
static int
settle_descriptors(int in_fd, int out_fd, int reply_fd)
{
	int in = fcntl(in_fd, F_DUPFD, FD_COUNT), out = fcntl(out_fd, F_DUPFD, FD_COUNT);
	int reply = fcntl(reply_fd, F_DUPFD, FD_COUNT);
	int null = open("/dev/null", O_RDWR);
	bool ok = in >= 0 && out >= 0 && reply >= 0 && null >= 0;

	ok = ok && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0;
	ok = ok && (SANITIZED || dup2(null, STDERR_FILENO) >= 0);
	ok = ok && dup2(in, FD_IN) >= 0 && dup2(out, FD_OUT) >= 0 && dup2(reply, FD_REPLY) >= 0;
	if (!ok)
		return -1;
	if (close_range(FD_COUNT, ~0U, 0) != 0)
		for (int fd = FD_COUNT, max = (int)sysconf(_SC_OPEN_MAX); fd < max; fd++)
			close(fd);
	return 0;
}

static int
enter(const struct media_limits *limits, pid_t parent)
{
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
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	if (layers.landlock_abi > 0 && enter_landlock(layers.landlock_abi) != 0)
		return -1;
	if (limit(RLIMIT_CORE, 0, 0) != 0 || limit(RLIMIT_NPROC, 0, 0) != 0 ||
	    limit(RLIMIT_NOFILE, 0, 0) != 0 ||
	    limit(RLIMIT_FSIZE, limits->output_bytes, limits->output_bytes) != 0 ||
	    limit(RLIMIT_CPU, limits->cpu_s, (int64_t)limits->cpu_s + 1) != 0)
		return -1;
	/* A cover that grows over the limit is an error of write(), not a signal. */
	signal(SIGXFSZ, SIG_IGN);
	if (!SANITIZED && limit(RLIMIT_AS, limits->memory_bytes, limits->memory_bytes) != 0)
		return -1;
	return layers.seccomp ? enter_seccomp() : 0;
}

/* What the pipe carries first: whether the cell was entered. */
struct entry {
	int error;
};

static void
send_all(int fd, const void *p, size_t n)
{
	/* Below PIPE_BUF, into an empty pipe of our own: all of it or nothing. */
	if (write(fd, p, n) != (ssize_t)n)
		_exit(1);
}

/* The child's whole life. */
static _Noreturn void
live(int in_fd, int out_fd, int reply_fd, const struct media_limits *limits, pid_t parent,
    void (*work)(int in, int out, const struct media_limits *limits, void *reply),
    size_t reply_size)
{
	_Alignas(max_align_t) unsigned char answer[CELL_REPLY_MAX] = { 0 };
	struct entry entry = { 0 };

	if (settle_descriptors(in_fd, out_fd, reply_fd) != 0) {
		entry.error = errno;
		send_all(reply_fd, &entry, sizeof entry);
		_exit(1);
	}
	if (enter(limits, parent) != 0)
		entry.error = errno ? errno : EPERM;
	send_all(FD_REPLY, &entry, sizeof entry);
	if (entry.error != 0)
		_exit(1);
	work(FD_IN, FD_OUT, limits, answer);
	send_all(FD_REPLY, answer, reply_size);
	_exit(0);
}

/* Fills p from the pipe; false at its end or at the deadline. */
static bool
receive(int fd, void *p, size_t n, int64_t deadline_us)
{
	size_t have = 0;

	while (have < n) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		int64_t left = deadline_us - clock_mono_us();
		ssize_t got;

		if (left <= 0)
			return false;
		if (poll(&ready, 1, (int)(left / 1000) + 1) <= 0)
			continue;
		got = read(fd, (char *)p + have, n - have);
		if (got > 0)
			have += (size_t)got;
		else if (got == 0 || errno != EINTR)
			return false;
	}
	return true;
}

enum cell_end
cell_run(int in_fd, int out_fd, const struct media_limits *limits,
    void (*work)(int in, int out, const struct media_limits *limits, void *reply), void *reply,
    size_t reply_size, struct cell_cost *cost)
{
	int64_t deadline_us = clock_mono_us() + (int64_t)limits->wall_s * 1000000;
	struct entry entry = { 0 };
	struct rusage used;
	pid_t parent = getpid(), child;
	bool entered, whole = false;
	int fds[2], status, e;

	memset(cost, 0, sizeof *cost);
	if (reply_size > CELL_REPLY_MAX) {
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
		live(in_fd, out_fd, fds[1], limits, parent, work, reply_size);

	close(fds[1]);
	entered = receive(fds[0], &entry, sizeof entry, deadline_us) && entry.error == 0;
	if (entered)
		whole = receive(fds[0], reply, reply_size, deadline_us);
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
	cost->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	return cost->signal == SIGKILL || cost->signal == SIGXCPU ? CELL_OVERRUN : CELL_CRASHED;
}
