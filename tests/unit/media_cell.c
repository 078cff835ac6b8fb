/* media_cell.c - what the cell forbids, and what the parent learns of each way to end. */
#include "media/cell.h"
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

/* What the work found out: the result of a call and its errno. */
struct found {
	long result;
	int error;
	char text[8];
};

static struct found found;
static struct cell_cost cost;
static int spare_fd = -1; /* open in the parent, no business of the cell */

static enum cell_end
run(void (*work)(int, int, const struct media_limits *, void *), int cpu_s, int wall_s)
{
	struct media_limits limits = { .memory_bytes = INT64_C(512) << 20,
		.cpu_s = cpu_s,
		.wall_s = wall_s,
		.output_bytes = 1000,
		.cover_short_edge = 540 };
	FILE *in = tmpfile(), *out = tmpfile();
	enum cell_end end = CELL_FAILED;

	memset(&found, 0, sizeof found);
	if (in != NULL && out != NULL && fputs("strange", in) >= 0 && fflush(in) == 0)
		end = cell_run(fileno(in), fileno(out), &limits, work, &found, sizeof found, &cost);
	if (in != NULL)
		fclose(in);
	if (out != NULL)
		fclose(out);
	return end;
}

/* The cell was killed for the call; where the kernel has no filter, and under a sanitizer, the call
 * must fail all the same. */
static bool
is_forbidden(void (*work)(int, int, const struct media_limits *, void *))
{
	enum cell_end end = run(work, 10, 20);
	struct cell_layers layers;

	cell_probe(&layers);
	if (layers.seccomp && !SANITIZED)
		return end == CELL_CRASHED && cost.signal == SIGSYS;
	return end == CELL_DONE && found.result < 0;
}

#define WORK(name, call)                                                                  \
	static void name(int in, int out, const struct media_limits *limits, void *reply) \
	{                                                                                 \
		struct found *f = reply;                                                  \
		(void)in;                                                                 \
		(void)out;                                                                \
		(void)limits;                                                             \
		f->result = (long)(call);                                                 \
		f->error = errno;                                                         \
	}

WORK(do_read, pread(in, f->text, 7, 0))
WORK(do_write, write(out, "cover", 5))
WORK(do_open, open("/etc/hostname", O_RDONLY))
WORK(do_create, open("/tmp/doufu-escaped", O_WRONLY | O_CREAT, 0600))
WORK(do_thread, syscall(SYS_clone3, NULL, 0))
WORK(do_socket, socket(AF_UNIX, SOCK_DGRAM, 0))
WORK(do_exec, execl("/bin/true", "true", (char *)NULL))
WORK(do_ptrace, ptrace(PTRACE_ATTACH, getppid(), NULL, NULL))
WORK(do_kill, syscall(SYS_kill, 1, 0))
WORK(do_unlink, unlink("/tmp/doufu-nothing-is-here"))
WORK(do_spare, write(spare_fd, "x", 1))
WORK(do_write_in, write(in, "x", 1))
WORK(do_run_memory,
    (long)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
WORK(do_abort, (abort(), 0))
WORK(do_exit, (_exit(0), 0))

CASE(layers_are_there)
{
	struct cell_layers layers;

	cell_probe(&layers);
	CHECK(layers.no_new_privs);
	CHECK(layers.rlimits == !SANITIZED);
	printf("# seccomp %d, landlock ABI %d\n", layers.seccomp, layers.landlock_abi);
}

CASE(the_file_can_be_read)
{
	CHECK_INT(run(do_read, 10, 20), CELL_DONE);
	CHECK_INT(found.result, 7);
	CHECK_STR(found.text, "strange");
	CHECK(cost.peak_rss > 1000000);
	CHECK_INT(cost.signal, 0);
}

CASE(the_cover_can_be_written)
{
	CHECK_INT(run(do_write, 10, 20), CELL_DONE);
	CHECK_INT(found.result, 5);
}

static void
do_overflow(int in, int out, const struct media_limits *limits, void *reply)
{
	struct found *f = reply;
	char block[600] = { 0 };

	(void)in;
	(void)limits;
	while ((f->result = write(out, block, sizeof block)) > 0)
		;
	f->error = errno;
}

CASE(the_cover_has_a_ceiling)
{
	CHECK_INT(run(do_overflow, 10, 20), CELL_DONE);
	CHECK_INT(found.result, -1);
	CHECK_INT(found.error, EFBIG);
}

CASE(nothing_can_be_opened)
{
	CHECK_INT(run(do_open, 10, 20), CELL_DONE);
	CHECK_INT(found.result, -1);
	CHECK_INT(run(do_create, 10, 20), CELL_DONE);
	CHECK_INT(found.result, -1);
	CHECK(access("/tmp/doufu-escaped", F_OK) != 0);
}

CASE(no_threads_no_children)
{
	CHECK_INT(run(do_thread, 10, 20), CELL_DONE);
	CHECK_INT(found.result, -1);
}

CASE(calls_that_kill)
{
	CHECK(is_forbidden(do_socket));
	CHECK(is_forbidden(do_exec));
	CHECK(is_forbidden(do_ptrace));
	CHECK(is_forbidden(do_kill));
	CHECK(is_forbidden(do_unlink));
	CHECK(is_forbidden(do_write_in));
	CHECK(is_forbidden(do_run_memory));
}

CASE(other_descriptors_are_gone)
{
	int fds[2];

	CHECK_INT(pipe(fds), 0);
	spare_fd = dup2(fds[1], 77);
	CHECK_INT(spare_fd, 77);
	CHECK(is_forbidden(do_spare));
	close(77);
	close(fds[0]);
	close(fds[1]);
}

static void
do_spin(int in, int out, const struct media_limits *limits, void *reply)
{
	volatile unsigned n = 0;

	(void)in;
	(void)out;
	(void)limits;
	(void)reply;
	while (n < 1 || n > 0)
		n++;
}

CASE(the_cpu_limit_ends_it)
{
	CHECK_INT(run(do_spin, 1, 60), CELL_OVERRUN);
	CHECK_INT(cost.signal, SIGXCPU);
	CHECK(cost.cpu_us >= 900000);
}

CASE(the_deadline_ends_it)
{
	CHECK_INT(run(do_spin, 60, 1), CELL_OVERRUN);
	CHECK_INT(cost.signal, SIGKILL);
}

static void
do_allocate(int in, int out, const struct media_limits *limits, void *reply)
{
	struct found *f = reply;
	void *p = malloc((size_t)limits->memory_bytes);

	(void)in;
	(void)out;
	f->result = p != NULL;
	free(p);
}

CASE(memory_has_a_ceiling)
{
	CHECK_INT(run(do_allocate, 10, 20), CELL_DONE);
	/* A sanitized process has terabytes of address space: see cell.c. */
	CHECK(SANITIZED || found.result == 0);
}

CASE(a_crash_is_a_result)
{
	CHECK_INT(run(do_abort, 10, 20), CELL_CRASHED);
	CHECK(cost.signal != 0);
	CHECK_INT(run(do_exit, 10, 20), CELL_CRASHED);
	CHECK_INT(cost.signal, 0);
}

CASE(a_bad_descriptor_is_our_failure)
{
	struct media_limits limits = {
		.memory_bytes = INT64_C(512) << 20, .cpu_s = 5, .wall_s = 5, .output_bytes = 1000
	};

	CHECK_INT(cell_run(-1, 1, &limits, do_read, &found, sizeof found, &cost), CELL_FAILED);
	CHECK_INT(errno, EBADF);
	CHECK_INT(cell_run(0, 1, &limits, do_read, &found, CELL_REPLY_MAX + 1, &cost), CELL_FAILED);
	CHECK_INT(errno, EINVAL);
}

static int
count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	if (d == NULL)
		return -1;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

CASE(nothing_is_left_behind)
{
	int before = count_descriptors(), status;

	CHECK_INT(run(do_read, 10, 20), CELL_DONE);
	CHECK_INT(run(do_abort, 10, 20), CELL_CRASHED);
	CHECK_INT(count_descriptors(), before);
	CHECK_INT(waitpid(-1, &status, WNOHANG), -1);
	CHECK_INT(errno, ECHILD);
}

/* The cell's own numbers are 3, 4 and 5: the caller's may be the same in another order. */
CASE(descriptors_in_any_order)
{
	struct media_limits limits = {
		.memory_bytes = INT64_C(512) << 20, .cpu_s = 5, .wall_s = 5, .output_bytes = 1000
	};
	FILE *in = tmpfile();
	int kept[3], moved;

	CHECK(in != NULL && fputs("strange", in) >= 0 && fflush(in) == 0);
	moved = fcntl(fileno(in), F_DUPFD, 30);
	fclose(in);
	for (int i = 0; i < 3; i++)
		kept[i] = fcntl(3 + i, F_DUPFD, 20);
	for (int at = 3; at <= 5; at++) {
		int out = at == 3 ? 4 : 3;

		CHECK(dup2(moved, at) == at && dup2(1, out) == out);
		memset(&found, 0, sizeof found);
		CHECK_INT(
		    cell_run(at, out, &limits, do_read, &found, sizeof found, &cost), CELL_DONE);
		CHECK_STR(found.text, "strange");
	}
	for (int i = 0; i < 3; i++) {
		if (kept[i] >= 0)
			dup2(kept[i], 3 + i);
		else
			close(3 + i);
		close(kept[i]);
	}
	close(moved);
}

UNIT_MAIN
