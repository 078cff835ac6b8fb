/* media_cell.c - what the cell forbids, and what the parent learns of each way to end. */
#include "media/cell.h"
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
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

typedef void work_in_cell(int, const int *, const struct media_limits *, const void *, void *);

static struct media_limits limits;
static bool (*progress)(void *, int);

static struct cell_plan
plan_of(int in, const int *outs, int outs_n, work_in_cell *work)
{
	return (struct cell_plan){ .in_fd = in,
		.out_fds = outs,
		.outs = outs_n,
		.limits = &limits,
		.work = work,
		.arg = "argument",
		.reply_size = sizeof found,
		.progress = progress };
}

static enum cell_end
run(work_in_cell *work, int cpu_s, int wall_s)
{
	FILE *in = tmpfile(), *out = tmpfile(), *last = tmpfile();
	int outs[3] = { out ? fileno(out) : -2, -1, last ? fileno(last) : -2 };
	struct cell_plan plan = plan_of(in ? fileno(in) : -2, outs, 3, work);
	enum cell_end end = CELL_FAILED;

	limits.memory_bytes = INT64_C(512) << 20;
	limits.cpu_s = cpu_s;
	limits.wall_s = wall_s;
	limits.output_bytes = 1000;
	memset(&found, 0, sizeof found);
	if (in != NULL && fputs("strange", in) >= 0 && fflush(in) == 0)
		end = cell_run(&plan, &found, &cost);
	if (in != NULL)
		fclose(in);
	if (out != NULL)
		fclose(out);
	if (last != NULL)
		fclose(last);
	return end;
}

/* The cell was killed for the call; where the kernel has no filter, and under a sanitizer, the call
 * must fail all the same. */
static bool
is_forbidden(work_in_cell *work)
{
	enum cell_end end = run(work, 10, 20);
	struct cell_layers layers;

	cell_probe(&layers);
	if (layers.seccomp && !SANITIZED)
		return end == CELL_CRASHED && cost.signal == SIGSYS;
	return end == CELL_DONE && found.result < 0;
}

#define WORK_BEGIN(name)                                                            \
	static void name(int in, const int *outs, const struct media_limits *given, \
	    const void *arg, void *reply)                                           \
	{                                                                           \
		struct found *f = reply;                                            \
		(void)in;                                                           \
		(void)outs;                                                         \
		(void)given;                                                        \
		(void)arg;
#define WORK(name, call)          \
	WORK_BEGIN(name)          \
	f->result = (long)(call); \
	f->error = errno;         \
	}

static int
pthread_of(void *(*run_thread)(void *))
{
	pthread_t t;
	void *result = NULL;

	if (pthread_create(&t, NULL, run_thread, NULL) != 0)
		return -1;
	return pthread_join(t, &result) == 0 && result == &found ? 0 : -2;
}

static void *
in_thread(void *arg)
{
	(void)arg;
	return &found;
}

static void *
socket_in_thread(void *arg)
{
	(void)arg;
	return socket(AF_UNIX, SOCK_DGRAM, 0) < 0 ? NULL : &found;
}

WORK(do_read, pread(in, f->text, 7, 0))
WORK(do_write, write(outs[0], "cover", 5))
WORK(do_open, open("/etc/hostname", O_RDONLY))
WORK(do_create, open("/tmp/doufu-escaped", O_WRONLY | O_CREAT, 0600))
WORK(do_clone3, syscall(SYS_clone3, NULL, 0))
WORK(do_fork, syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL))
WORK(do_thread, pthread_of(in_thread))
WORK(do_socket_in_thread, pthread_of(socket_in_thread))
WORK(do_catch, signal(SIGSEGV, SIG_IGN) == SIG_ERR ? -1 : 0)
WORK(do_socket, socket(AF_UNIX, SOCK_DGRAM, 0))
WORK(do_exec, execl("/bin/true", "true", (char *)NULL))
WORK(do_ptrace, ptrace(PTRACE_ATTACH, getppid(), NULL, NULL))
WORK(do_kill, syscall(SYS_kill, 1, 0))
WORK(do_unlink, unlink("/tmp/doufu-nothing-is-here"))
WORK(do_spare, write(spare_fd, "x", 1))
WORK(do_write_in, write(in, "x", 1))
WORK(do_pwrite_in, pwrite(in, "x", 1, 0))
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

WORK_BEGIN(do_overflow)
char block[600] = { 0 };

while ((f->result = write(outs[2], block, sizeof block)) > 0)
	;
f->error = errno;
}

/* The second output is none; the third can be read again. */
WORK_BEGIN(do_outputs)
f->result = outs[1] == -1 && pwrite(outs[2], "ab", 2, 3) == 2 &&
		    pread(outs[2], f->text, 6, 0) == 5 && memcmp(f->text, "\0\0\0ab", 5) == 0 &&
		    strcmp(arg, "argument") == 0
		? 0
		: -1;
f->error = errno;
}

CASE(outputs_can_be_read_again)
{
	CHECK_INT(run(do_outputs, 10, 20), CELL_DONE);
	CHECK_INT(found.result, 0);
}

CASE(an_output_has_a_ceiling)
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
	CHECK_INT(run(do_clone3, 10, 20), CELL_DONE);
	CHECK_INT(found.result, -1);
	CHECK_INT(run(do_fork, 10, 20), CELL_DONE);
	CHECK_INT(found.result, -1);
	CHECK(is_forbidden(do_thread) || (run(do_thread, 10, 20) == CELL_DONE && found.result < 0));
}

CASE(threads_where_they_are_wanted_and_no_children)
{
	struct cell_layers layers;

	cell_probe(&layers);
	limits.threads = 3;
	CHECK_INT(run(do_thread, 10, 20), CELL_DONE);
	CHECK_INT(found.result, layers.seccomp ? 0 : -1);
	CHECK_INT(run(do_clone3, 10, 20), CELL_DONE);
	CHECK_INT(found.result, -1);
	CHECK_INT(run(do_fork, 10, 20), CELL_DONE);
	CHECK_INT(found.result, -1);
	CHECK(is_forbidden(do_exec));
	CHECK(is_forbidden(do_socket_in_thread));
	CHECK(SANITIZED || is_forbidden(do_catch));
	limits.threads = 0;
}

CASE(calls_that_kill)
{
	CHECK(is_forbidden(do_socket));
	CHECK(is_forbidden(do_exec));
	CHECK(is_forbidden(do_ptrace));
	CHECK(is_forbidden(do_kill));
	CHECK(is_forbidden(do_unlink));
	CHECK(is_forbidden(do_write_in));
	CHECK(is_forbidden(do_pwrite_in));
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

WORK_BEGIN(do_spin)
volatile unsigned n = 0;

(void)f;
while (n < 1 || n > 0)
	n++;
}

CASE(the_cpu_limit_ends_it)
{
	CHECK_INT(run(do_spin, 1, 60), CELL_OVERRUN);
	CHECK_INT(cost.signal, SIGXCPU);
	CHECK(cost.cpu_us >= 500000);
}

CASE(the_deadline_ends_it)
{
	CHECK_INT(run(do_spin, 60, 1), CELL_OVERRUN);
	CHECK_INT(cost.signal, SIGKILL);
}

WORK_BEGIN(do_allocate)
void *p = malloc((size_t)given->memory_bytes);

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
	struct cell_plan plan = plan_of(-1, (int[]){ 1 }, 1, do_read);

	CHECK_INT(cell_run(&plan, &found, &cost), CELL_FAILED);
	CHECK_INT(errno, EBADF);
	plan = plan_of(0, (int[]){ 999 }, 1, do_read);
	CHECK_INT(cell_run(&plan, &found, &cost), CELL_FAILED);
	CHECK_INT(errno, EBADF);
	plan.reply_size = CELL_REPLY_MAX + 1;
	CHECK_INT(cell_run(&plan, &found, &cost), CELL_FAILED);
	CHECK_INT(errno, EINVAL);
}

static int told[128], told_n, stop_at;

static bool
note(void *arg, int percent)
{
	(void)arg;
	if (told_n < 128)
		told[told_n++] = percent;
	return percent < stop_at;
}

WORK_BEGIN(do_progress)
cell_progress(7);
cell_progress(7);
cell_progress(3);
cell_progress(50);
cell_progress(101);
cell_progress(100);
f->result = 0;
}

/* What a taken-over cell could say. */
WORK_BEGIN(do_lie)
const unsigned char lie[] = { 9, 9 };

f->result = write(4, lie, sizeof lie);
}

CASE(progress_rises)
{
	static const int want[] = { 7, 50, 100 };

	progress = note;
	stop_at = 101;
	told_n = 0;
	CHECK_INT(run(do_progress, 10, 20), CELL_DONE);
	CHECK_INT(told_n, 3);
	for (int i = 0; i < 3; i++)
		CHECK_INT(told[i], want[i]);
	told_n = 0;
	CHECK_INT(run(do_lie, 10, 20), CELL_CRASHED);
	CHECK_INT(told_n, 1);
	progress = NULL;
	CHECK_INT(run(do_progress, 10, 20), CELL_DONE);
}

CASE(the_caller_can_stop_it)
{
	progress = note;
	told_n = 0;
	stop_at = 50;
	CHECK_INT(run(do_progress, 10, 20), CELL_STOPPED);
	CHECK_INT(told[told_n - 1], 50);
	/* A cell that says nothing: the caller is asked all the same. */
	told_n = 0;
	stop_at = 0;
	CHECK_INT(run(do_spin, 30, 60), CELL_STOPPED);
	CHECK_INT(told_n, 1);
	CHECK(cost.cpu_us < 20000000);
	progress = NULL;
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
	FILE *in = tmpfile();
	int kept[3], moved;

	CHECK(in != NULL && fputs("strange", in) >= 0 && fflush(in) == 0);
	moved = fcntl(fileno(in), F_DUPFD, 30);
	fclose(in);
	for (int i = 0; i < 3; i++)
		kept[i] = fcntl(3 + i, F_DUPFD, 20);
	for (int at = 3; at <= 5; at++) {
		int out = at == 3 ? 4 : 3;
		struct cell_plan plan = plan_of(at, &out, 1, do_read);

		CHECK(dup2(moved, at) == at && dup2(1, out) == out);
		memset(&found, 0, sizeof found);
		CHECK_INT(cell_run(&plan, &found, &cost), CELL_DONE);
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
