/* spawn.c - the supervisor: keeps the pools of FastCGI workers and the daemons beside them alive.
 *
 *     spawn SERVICES        runs in the foreground until SIGTERM or SIGINT, then stops all of it
 *                           (the loss of its terminal is one, too)
 *     SIGHUP                lets every pool worker end its request and start anew
 *
 * SERVICES is a text file, one line each, words split by blanks ("..." keeps them together):
 *
 *     dir PATH              where everything runs
 *     user NAME             become this user first, where started as root
 *     env NAME=VALUE        for everything that is started
 *     pid PATH              locked while the supervisor lives: there is never a second one
 *     status PATH           rewritten (by rename) whenever something starts or ends
 *     mother NAME [option=value ...] -- COMMAND [ARGUMENT ...]
 *     daemon NAME [option=value ...] -- COMMAND [ARGUMENT ...]
 *     once   NAME [option=value ...] -- COMMAND [ARGUMENT ...]
 *     pool   NAME socket=PATH [option=value ...] -- PROGRAM [ARGUMENT ...]
 *
 * with the options workers=N (pools; 1), mode=OCTAL (of the socket; 0600), nice=N (0), log=PATH
 * (standard output and error; the supervisor's own), grace=SECONDS (from the polite signal to
 * SIGKILL; 5), stop=TERM|INT|QUIT|WINCH (the polite signal; TERM), mother=yes (pools, see below),
 * idle=SECONDS (pools of one worker: it is started by the first connection, and is told by SPAWN_IDLE
 * in its environment to end, with 0, after so many seconds without one).
 *
 * Services start from top to bottom, a "once" must end with 0 before the next line starts, and
 * all stop from bottom to top (neighbouring pools together).  What dies is started again at once;
 * what dies within a second again and again waits 0.2, 0.5, then 1 s, and ends the start where
 * the start is not over.
 *
 * The mother (one at most, above the pools) makes the workers of the pools that ask for her, by fork, so
 * that all share what she has loaded.  She is started with SPAWN_MOTHER=3 in her environment:
 * descriptor 3 is her end of a socket of packets.  For each order (order.h) she makes one child of the
 * supervisor (CLONE_PARENT), a process group of its own that dies with it and writes to her log, and
 * that child answers with its number; if it cannot send that, it ends.  Where she answers that she
 * cannot make one, PROGRAM is started.  A mother that has died is started again when a worker is needed.
 * If even a new one does not answer within 2 s, for a while no mother is tried.
 *
 * The invariant: the listening sockets belong to the supervisor and every child is its own
 * process group that dies with it.  So a killed worker loses one request at most, never the queue,
 * and a killed supervisor leaves nothing behind. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "order.h"

#define MOTHER_FD 3
#define MOTHER_FD_TEXT "3"

enum {
	BACKLOG = 1024,
	SERVICES_MAX = 256,
	WORDS_MAX = 96,
	WORKERS_MAX = 512,
	QUICK_MS = 1000,      /* a shorter life is a quick death */
	START_DEATHS_MAX = 5, /* quick deaths in a row that end the start */
	MOTHER_MS = 2000,     /* for a worker from a mother */
	PAUSE_MS = 30000,     /* without a mother, after one that did not answer */
	LOG_EVERY = 60,       /* of a longer row of quick deaths only every so many are logged */
	TAIL_BYTES = 1500,
};

enum kind { MOTHER, DAEMON, ONCE, POOL };
enum phase { STARTING, READY, STOPPING };

struct process {
	pid_t pid;                           /* 0: not running */
	bool told;                           /* has got its polite signal */
	int64_t began_ms, start_ms, kill_ms; /* start_ms, kill_ms: 0 for never */
	unsigned streak;                     /* quick deaths in a row */
};

struct service {
	enum kind kind;
	char *name, *socket, *log, **argv;
	int64_t grace_ms;
	int stop_signal, nice, listen_fd;
	mode_t mode;
	unsigned workers;
	long idle_s; /* 0: always there */
	unsigned long restarts;
	bool done; /* a "once" that ended well */
	bool of_mother;
	struct process *processes;
};

static struct {
	struct service service; /* .name NULL: there is none in the file */
	pid_t pid;              /* 0: not running */
	int fd;                 /* -1: not running */
	int64_t wait_ms;        /* not before */
} mother = { .fd = -1 };

static struct service services[SERVICES_MAX];
static size_t service_count, next_service;
static enum phase phase = STARTING;
static int exit_code;
static bool status_stale = true;
static char *status_path, *pid_path, *user_name, *run_dir;
static int pid_fd = -1;
static pid_t own_pid;

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

__attribute__((format(printf, 1, 2))) static void
say(const char *fmt, ...)
{
	char text[1024], when[32];
	time_t t = time(NULL);
	struct tm tm;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (isatty(STDERR_FILENO)) {
		fprintf(stderr, "spawn: %s\n", text);
		return;
	}
	strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", localtime_r(&t, &tm));
	fprintf(stderr, "%s spawn: %s\n", when, text);
}

__attribute__((format(printf, 1, 2), noreturn)) static void
die(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	fprintf(stderr, "spawn: %s\n", text);
	exit(1);
}

static void *
must(void *p)
{
	if (p == NULL)
		die("out of memory");
	return p;
}

/* ---- the service file ---- */

/* Splits a line into words in place.  Returns their number, -1 for an open quote or too many. */
static int
split(char *line, char **words)
{
	char *in = line, *out;
	int n = 0;

	for (;;) {
		in += strspn(in, " \t\r\n");
		if (*in == '\0' || (n == 0 && *in == '#'))
			return n;
		if (n == WORDS_MAX)
			return -1;
		words[n++] = out = in;
		for (bool quoted = false; *in != '\0'; in++) {
			if (*in == '"')
				quoted = !quoted;
			else if (!quoted && strchr(" \t\r\n", *in) != NULL)
				break;
			else
				*out++ = *in;
			if (in[1] == '\0' && quoted)
				return -1;
		}
		if (*in != '\0')
			in++;
		*out = '\0';
	}
}

static bool
number(const char *text, int base, long least, long most, long *out)
{
	char *end;

	errno = 0;
	*out = strtol(text, &end, base);
	return errno == 0 && end != text && *end == '\0' && *out >= least && *out <= most;
}

static bool
signal_named(const char *name, int *out)
{
	static const struct {
		const char *name;
		int signal;
	} known[] = { { "TERM", SIGTERM }, { "INT", SIGINT }, { "QUIT", SIGQUIT },
		{ "WINCH", SIGWINCH } };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(name, known[i].name) == 0) {
			*out = known[i].signal;
			return true;
		}
	return false;
}

/* One option=value of a service.  False: unknown or bad. */
static bool
option(struct service *s, char *word)
{
	char *value = strchr(word, '=');
	long n;

	if (value == NULL)
		return false;
	*value++ = '\0';
	if (strcmp(word, "socket") == 0) {
		s->socket = must(strdup(value));
		return s->kind == POOL && strlen(value) < sizeof((struct sockaddr_un *)0)->sun_path;
	}
	if (strcmp(word, "log") == 0) {
		s->log = must(strdup(value));
		return true;
	}
	if (strcmp(word, "stop") == 0)
		return signal_named(value, &s->stop_signal);
	if (strcmp(word, "workers") == 0 && s->kind == POOL &&
	    number(value, 10, 1, WORKERS_MAX, &n)) {
		s->workers = (unsigned)n;
		return true;
	}
	if (strcmp(word, "idle") == 0 && s->kind == POOL && number(value, 10, 0, 86400, &n)) {
		s->idle_s = n;
		return true;
	}
	if (strcmp(word, "mother") == 0 && s->kind == POOL) {
		s->of_mother = strcmp(value, "yes") == 0;
		return s->of_mother || strcmp(value, "no") == 0;
	}
	if (strcmp(word, "mode") == 0 && number(value, 8, 0, 0777, &n)) {
		s->mode = (mode_t)n;
		return true;
	}
	if (strcmp(word, "nice") == 0 && number(value, 10, -20, 19, &n)) {
		s->nice = (int)n;
		return true;
	}
	if (strcmp(word, "grace") == 0 && number(value, 10, 0, 3600, &n)) {
		s->grace_ms = n * 1000;
		return true;
	}
	return false;
}

static const char *
read_service(enum kind kind, char **words, int n)
{
	struct service *s = kind == MOTHER ? &mother.service : &services[service_count];
	int i = 2;

	if (kind == MOTHER && s->name != NULL)
		return "a second mother";
	if (kind != MOTHER && service_count == SERVICES_MAX)
		return "too many services";
	if (n < 2)
		return "a service needs a name";
	if (strlen(words[1]) >= sizeof((struct order *)0)->name)
		return "its name is too long";
	*s = (struct service){ .kind = kind,
		.workers = 1,
		.grace_ms = 5000,
		.mode = 0600,
		.stop_signal = SIGTERM,
		.listen_fd = -1,
		.name = must(strdup(words[1])) };
	for (; i < n && strcmp(words[i], "--") != 0; i++)
		if (!option(s, words[i]))
			return "unknown option or bad value";
	if (i + 1 >= n)
		return "no \"-- COMMAND\"";
	if (kind == POOL && s->socket == NULL)
		return "a pool needs socket=PATH";
	if (s->of_mother && mother.service.name == NULL)
		return "mother=yes, and no mother above";
	/* Of several, one might end while the others are busy. */
	if (s->workers > 1)
		s->idle_s = 0;
	s->argv = must(calloc((size_t)(n - i), sizeof *s->argv));
	for (int k = i + 1; k < n; k++)
		s->argv[k - i - 1] = must(strdup(words[k]));
	s->processes = must(calloc(s->workers, sizeof *s->processes));
	if (kind != MOTHER)
		service_count++;
	return NULL;
}

static const char *
read_line(char *line)
{
	static const struct {
		const char *word;
		char **path;
	} settings[] = { { "dir", &run_dir }, { "user", &user_name }, { "pid", &pid_path },
		{ "status", &status_path } };
	static const char *const kinds[] = {
		[MOTHER] = "mother", [DAEMON] = "daemon", [ONCE] = "once", [POOL] = "pool"
	};
	char *words[WORDS_MAX];
	int n = split(line, words);

	if (n == 0)
		return NULL;
	if (n < 0)
		return "open quote, or too many words";
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(words[0], kinds[i]) == 0)
			return read_service((enum kind)i, words, n);
	if (n != 2)
		return "not understood";
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		if (strcmp(words[0], settings[i].word) == 0) {
			*settings[i].path = must(strdup(words[1]));
			return NULL;
		}
	if (strcmp(words[0], "env") != 0 || strchr(words[1], '=') == NULL)
		return "not understood";
	return putenv(must(strdup(words[1]))) == 0 ? NULL : strerror(errno);
}

static void
read_services(const char *path)
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (in == NULL)
		die("%s: %s", path, strerror(errno));
	for (unsigned long at = 1; getline(&line, &size, in) >= 0; at++) {
		const char *why = read_line(line);

		if (why != NULL)
			die("%s:%lu: %s", path, at, why);
	}
	if (ferror(in))
		die("%s: %s", path, strerror(errno));
	free(line);
	fclose(in);
	if (service_count == 0)
		die("%s: no services", path);
}

/* ---- before anything starts ---- */

static void
become(const char *name)
{
	const struct passwd *who;

	if (name == NULL || geteuid() != 0)
		return;
	who = getpwnam(name);
	if (who == NULL)
		die("there is no user \"%s\"", name);
	if (initgroups(name, who->pw_gid) != 0 || setgid(who->pw_gid) != 0 ||
	    setuid(who->pw_uid) != 0)
		die("cannot become \"%s\": %s", name, strerror(errno));
}

static void
take_pid_file(void)
{
	char text[32];
	int n;

	if (pid_path == NULL)
		return;
	pid_fd = open(pid_path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (pid_fd < 0)
		die("%s: %s", pid_path, strerror(errno));
	if (flock(pid_fd, LOCK_EX | LOCK_NB) != 0)
		die("%s is locked: another supervisor runs these services", pid_path);
	n = snprintf(text, sizeof text, "%ld\n", (long)own_pid);
	if (ftruncate(pid_fd, 0) != 0 || write(pid_fd, text, (size_t)n) != n)
		die("%s: %s", pid_path, strerror(errno));
}

static void
open_socket(struct service *s)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	/* Its length was checked when it was read. */
	snprintf(name.sun_path, sizeof name.sun_path, "%s", s->socket);
	s->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unlink(s->socket);
	if (s->listen_fd < 0 ||
	    bind(s->listen_fd, (const struct sockaddr *)&name, sizeof name) != 0 ||
	    chmod(s->socket, s->mode) != 0 || listen(s->listen_fd, BACKLOG) != 0)
		die("%s: %s", s->socket, strerror(errno));
}

/* ---- processes ---- */

/* In the child: never returns.  control: what a mother takes orders from, else -1. */
__attribute__((noreturn)) static void
become_service(const struct service *s, int control)
{
	int in = s->listen_fd, out;
	char idle[24];
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0);
	/* Daemons may have children of their own to end, MariaDB its tables to close. */
	prctl(PR_SET_PDEATHSIG, s->kind == POOL || s->kind == MOTHER ? SIGKILL : SIGTERM);
	if (getppid() != own_pid)
		_exit(1);
	if (s->log != NULL) {
		out = open(s->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
		if (out < 0)
			dprintf(STDERR_FILENO, "spawn: %s: %s\n", s->log, strerror(errno));
		else if (dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
			_exit(127);
	}
	if (in < 0)
		in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (in < 0 || dup2(in, STDIN_FILENO) < 0)
		_exit(127);
	if (s->nice != 0 && setpriority(PRIO_PROCESS, 0, s->nice) != 0)
		dprintf(
		    STDERR_FILENO, "spawn: %s: nice %d: %s\n", s->name, s->nice, strerror(errno));
	if (control >= 0 &&
	    ((control == MOTHER_FD ? fcntl(control, F_SETFD, 0) : dup2(control, MOTHER_FD)) < 0 ||
		setenv("SPAWN_MOTHER", MOTHER_FD_TEXT, 1) != 0))
		_exit(127);
	if (s->idle_s > 0) {
		snprintf(idle, sizeof idle, "%ld", s->idle_s);
		if (setenv("SPAWN_IDLE", idle, 1) != 0)
			_exit(127);
	}
	execvp(s->argv[0], s->argv);
	dprintf(STDERR_FILENO, "spawn: %s: %s: %s\n", s->name, s->argv[0], strerror(errno));
	_exit(127);
}

static void
drop_mother(void)
{
	if (mother.pid != 0)
		kill(mother.pid, SIGKILL);
	if (mother.fd >= 0)
		close(mother.fd);
	mother.pid = 0;
	mother.fd = -1;
	status_stale = true;
}

static bool
start_mother(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	mother.pid = fork();
	if (mother.pid == 0)
		become_service(&mother.service, pair[1]);
	close(pair[1]);
	mother.fd = pair[0];
	status_stale = true;
	if (mother.pid < 0) {
		mother.pid = 0;
		drop_mother();
		return false;
	}
	setpgid(mother.pid, mother.pid);
	return true;
}

static bool
send_order(const struct service *s)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof s->listen_fd)];
	} with = { .head = { .cmsg_level = SOL_SOCKET,
		       .cmsg_type = SCM_RIGHTS,
		       .cmsg_len = CMSG_LEN(sizeof s->listen_fd) } };
	struct order o = { .nice = s->nice, .idle_s = (int)s->idle_s };
	struct iovec part = { &o, sizeof o };
	struct msghdr m = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &with, .msg_controllen = sizeof with
	};

	/* Its length was checked when it was read. */
	snprintf(o.name, sizeof o.name, "%s", s->name);
	memcpy(CMSG_DATA(&with.head), &s->listen_fd, sizeof s->listen_fd);
	return sendmsg(mother.fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

/* The process id of a new worker; negative: she cannot make this one; 0: she does not answer. */
static pid_t
ask_mother(const struct service *s)
{
	struct pollfd answer = { .fd = mother.fd, .events = POLLIN };
	pid_t pid = 0;

	if (!send_order(s))
		return 0;
	if (poll(&answer, 1, MOTHER_MS) != 1) {
		say("the mother (%ld) does not answer", (long)mother.pid);
		/* From here on nobody's answer can be sent: what did not arrive will not live. */
		shutdown(mother.fd, SHUT_RD);
	}
	return recv(mother.fd, &pid, sizeof pid, MSG_DONTWAIT) == sizeof pid ? pid : 0;
}

/* The process id of a new worker, or 0 where no mother makes it. */
static pid_t
born(const struct service *s)
{
	bool fresh = false;

	if (!s->of_mother || now_ms() < mother.wait_ms)
		return 0;
	while (!fresh) {
		pid_t pid;

		/* One that runs may have died just now: then a new one. */
		fresh = mother.pid == 0;
		if (fresh && !start_mother())
			break;
		pid = ask_mother(s);
		if (pid != 0)
			return pid > 0 ? pid : 0;
		drop_mother();
	}
	if (mother.wait_ms == 0)
		say("no worker from a mother; they are started one by one");
	mother.wait_ms = now_ms() + PAUSE_MS;
	return 0;
}

static void
launch(struct service *s, struct process *p)
{
	pid_t pid = born(s);

	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			become_service(s, -1);
		/* The child does it, too: whoever comes first. */
		if (pid > 0)
			setpgid(pid, pid);
	}
	status_stale = true;
	if (pid < 0) {
		say("%s: fork: %s", s->name, strerror(errno));
		p->start_ms = now_ms() + 1000;
		return;
	}
	p->pid = pid;
	p->told = false;
	p->began_ms = now_ms();
	p->start_ms = p->kill_ms = 0;
}

static void
tell(const struct service *s, struct process *p)
{
	/* The commands of a step go with its shell; a daemon ends its own children itself. */
	kill(s->kind == ONCE ? -p->pid : p->pid, s->stop_signal);
	p->told = true;
	p->kill_ms = now_ms() + s->grace_ms;
}

static void
show_tail(const char *path)
{
	char text[TAIL_BYTES + 1];
	int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	off_t size;
	ssize_t n;
	const char *from = text;

	if (fd < 0)
		return;
	size = lseek(fd, 0, SEEK_END);
	n = pread(fd, text, TAIL_BYTES, size > TAIL_BYTES ? size - TAIL_BYTES : 0);
	close(fd);
	if (n <= 0)
		return;
	text[n] = '\0';
	if (size > TAIL_BYTES && strchr(text, '\n') != NULL)
		from = strchr(text, '\n') + 1;
	fprintf(stderr, "---- the end of %s\n%s----\n", path, from);
}

static void
stop_all(int code)
{
	if (phase == STOPPING)
		return;
	phase = STOPPING;
	exit_code = code;
	drop_mother(); /* nobody is started any more */
}

static void
describe_end(const siginfo_t *info, char *out, size_t size)
{
	if (info->si_code == CLD_EXITED)
		snprintf(out, size, "ended with %d", info->si_status);
	else
		snprintf(out, size, "was killed by signal %d (%s)", info->si_status,
		    strsignal(info->si_status));
}

/* A process ended: what now? */
static void
ended(struct service *s, struct process *p, const siginfo_t *info)
{
	static const int64_t waits_ms[] = { 0, 200, 500, 1000 };
	bool clean = info->si_code == CLD_EXITED && info->si_status == 0;
	bool quick = now_ms() - p->began_ms < QUICK_MS;
	bool told = p->told;
	pid_t pid = p->pid;
	char how[100];
	size_t wait;

	describe_end(info, how, sizeof how);
	p->pid = 0;
	p->told = false;
	p->kill_ms = 0;
	status_stale = true;
	if (phase == STOPPING)
		return;
	/* The next connection starts it. */
	if (s->idle_s > 0 && (clean || told))
		return;
	if (s->kind == ONCE) {
		s->done = clean;
		if (!clean) {
			say("the step \"%s\" %s: the start is over", s->name, how);
			show_tail(s->log);
			stop_all(1);
		}
		return;
	}
	s->restarts++;
	p->streak = quick && !told ? p->streak + 1 : 0;
	if (phase == STARTING && p->streak >= START_DEATHS_MAX) {
		say("%s %s, %d times: the start is over", s->name, how, START_DEATHS_MAX);
		show_tail(s->log);
		stop_all(1);
		return;
	}
	wait = p->streak == 0 ? 0 : p->streak - 1;
	if (wait >= sizeof waits_ms / sizeof *waits_ms)
		wait = sizeof waits_ms / sizeof *waits_ms - 1;
	if (!told && !(clean && s->kind == POOL && !quick) &&
	    (p->streak <= START_DEATHS_MAX || p->streak % LOG_EVERY == 0))
		say("%s (%ld) %s after %.1f s; starts again%s%s", s->name, (long)pid, how,
		    (double)(now_ms() - p->began_ms) / 1000, p->streak > 1 ? ", and again" : "",
		    s->log == NULL ? "" : ", see its log");
	p->start_ms = now_ms() + waits_ms[wait];
}

static void
lost_mother(const siginfo_t *info)
{
	char how[100];

	describe_end(info, how, sizeof how);
	say("the mother (%ld) %s; a new one comes with the next worker", (long)mother.pid, how);
	mother.pid = 0; /* its number is nobody's any more */
	drop_mother();
}

static void
reap(void)
{
	for (;;) {
		siginfo_t info = { 0 };

		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
			return;
		/* While it is a zombie its number cannot be anybody else's group. */
		kill(-info.si_pid, SIGKILL);
		waitpid(info.si_pid, NULL, 0);
		if (mother.pid == info.si_pid)
			lost_mother(&info);
		for (size_t i = 0; i < service_count; i++)
			for (unsigned k = 0; k < services[i].workers; k++)
				if (services[i].processes[k].pid == info.si_pid)
					ended(&services[i], &services[i].processes[k], &info);
	}
}

static bool
running(const struct service *s)
{
	for (unsigned k = 0; k < s->workers; k++)
		if (s->processes[k].pid != 0)
			return true;
	return false;
}

/* Starts line after line, up to a "once" that has not ended. */
static void
go_on_starting(void)
{
	while (phase == STARTING && next_service < service_count) {
		struct service *s = &services[next_service];

		if (s->kind == ONCE && running(s))
			return;
		if (s->idle_s == 0 && (s->kind != ONCE || !s->done))
			for (unsigned k = 0; k < s->workers; k++)
				launch(s, &s->processes[k]);
		if (s->kind == ONCE && !s->done)
			return;
		next_service++;
	}
	if (phase == STARTING) {
		phase = READY;
		status_stale = true;
	}
}

/* Tells the lowest services that still run to stop.  False: nothing runs any more. */
static bool
go_on_stopping(void)
{
	size_t i = service_count;

	while (i > 0 && !running(&services[i - 1]))
		i--;
	if (i == 0)
		return false;
	do {
		struct service *s = &services[--i];

		for (unsigned k = 0; k < s->workers; k++)
			if (s->processes[k].pid != 0 && !s->processes[k].told)
				tell(s, &s->processes[k]);
	} while (i > 0 && services[i].kind == POOL && services[i - 1].kind == POOL);
	return true;
}

static void
renew_pools(void)
{
	say("SIGHUP: the pools start anew");
	/* There may be another program by now. */
	drop_mother();
	mother.wait_ms = 0;
	for (size_t i = 0; i < service_count; i++)
		for (unsigned k = 0; services[i].kind == POOL && k < services[i].workers; k++)
			if (services[i].processes[k].pid != 0 && !services[i].processes[k].told)
				tell(&services[i], &services[i].processes[k]);
}

/* Does what is due and returns the milliseconds to the next thing, -1 for none. */
static int
run_timers(void)
{
	int64_t now = now_ms(), first = -1;

	for (size_t i = 0; i < service_count; i++)
		for (unsigned k = 0; k < services[i].workers; k++) {
			struct process *p = &services[i].processes[k];
			int64_t due;

			if (p->kill_ms != 0 && p->kill_ms <= now && p->pid != 0) {
				say("%s (%ld) did not stop in time: killed", services[i].name,
				    (long)p->pid);
				kill(-p->pid, SIGKILL);
				p->kill_ms = 0;
			}
			if (p->start_ms != 0 && p->start_ms <= now && phase != STOPPING)
				launch(&services[i], p);
			due = p->pid != 0 ? p->kill_ms : phase == STOPPING ? 0 : p->start_ms;
			if (due != 0 && (first < 0 || due < first))
				first = due;
		}
	if (first < 0)
		return -1;
	return first <= now ? 0 : (int)(first - now);
}

/* Whether it has no worker and a connection may start one. */
static bool
sleeps(const struct service *s)
{
	return s->idle_s > 0 && s->processes[0].pid == 0 && s->processes[0].start_ms == 0;
}

/* ---- what others see ---- */

/* pid N, state S, since SECONDS (Unix time), then a line for the mother, where she runs, and for each
 * daemon and pool:
 * mother NAME PID
 * service NAME KIND WANTED RESTARTS PID...    (wanted: 0 while it waits for a connection) */
static void
write_status(void)
{
	static const char *const names[] = {
		[STARTING] = "starting", [READY] = "ready", [STOPPING] = "stopping"
	};
	static time_t since;
	char path[4096];
	FILE *out;

	status_stale = false;
	if (since == 0)
		since = time(NULL);
	if (status_path == NULL ||
	    snprintf(path, sizeof path, "%s.new", status_path) >= (int)sizeof path)
		return;
	out = fopen(path, "we");
	if (out == NULL) {
		say("%s: %s", path, strerror(errno));
		return;
	}
	fprintf(
	    out, "pid %ld\nstate %s\nsince %lld\n", (long)own_pid, names[phase], (long long)since);
	if (mother.pid != 0)
		fprintf(out, "mother %s %ld\n", mother.service.name, (long)mother.pid);
	for (size_t i = 0; i < service_count; i++) {
		const struct service *s = &services[i];

		if (s->kind == ONCE)
			continue;
		fprintf(out, "service %s %s %u %lu", s->name, s->kind == POOL ? "pool" : "daemon",
		    sleeps(s) ? 0 : s->workers, s->restarts);
		for (unsigned k = 0; k < s->workers; k++)
			if (s->processes[k].pid != 0)
				fprintf(out, " %ld", (long)s->processes[k].pid);
		fputc('\n', out);
	}
	if (fclose(out) != 0 || rename(path, status_path) != 0)
		say("%s: %s", path, strerror(errno));
}

static int
watch_signals(void)
{
	static const int mine[] = { SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGCHLD };
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof mine / sizeof *mine; i++) {
		/* An ignored signal (a shell's background job) would never reach the descriptor. */
		signal(mine[i], SIG_DFL);
		sigaddset(&set, mine[i]);
	}
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_SETMASK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		die("signalfd: %s", strerror(errno));
	return fd;
}

static void
take_signals(int fd)
{
	struct signalfd_siginfo got;

	while (read(fd, &got, sizeof got) == sizeof got) {
		/* A hang-up from the kernel is a lost terminal, one from a process an order. */
		if (got.ssi_signo == SIGHUP && got.ssi_code != SI_KERNEL) {
			if (phase != STOPPING)
				renew_pools();
		} else if (got.ssi_signo != SIGCHLD) {
			stop_all(0);
		}
	}
	reap(); /* many deaths may be one SIGCHLD */
}

int
main(int argc, char **argv)
{
	int signals, terminal = isatty(STDERR_FILENO) ? STDERR_FILENO : -1;

	if (argc != 2 || argv[1][0] == '-') {
		fprintf(stderr,
		    "usage: spawn SERVICES (the file is described at the top of spawn.c)\n");
		return 2;
	}
	own_pid = getpid();
	read_services(argv[1]);
	become(user_name);
	if (run_dir != NULL && chdir(run_dir) != 0)
		die("%s: %s", run_dir, strerror(errno));
	take_pid_file();
	signals = watch_signals();
	for (size_t i = 0; i < service_count; i++)
		if (services[i].kind == POOL)
			open_socket(&services[i]);
	for (;;) {
		/* The terminal is watched for its end only. */
		struct pollfd watched[2 + SERVICES_MAX] = { { .fd = signals, .events = POLLIN },
			{ .fd = terminal } };
		struct service *sleeping[SERVICES_MAX];
		nfds_t n = 0;
		int wait_ms;

		go_on_starting();
		if (phase == STOPPING && !go_on_stopping())
			break;
		wait_ms = run_timers();
		if (status_stale)
			write_status();
		for (size_t i = 0; phase != STOPPING && i < next_service; i++)
			if (sleeps(&services[i])) {
				watched[2 + n].fd = services[i].listen_fd;
				watched[2 + n].events = POLLIN;
				sleeping[n++] = &services[i];
			}
		if (poll(watched, 2 + n, wait_ms) < 0) {
			if (errno != EINTR)
				die("poll: %s", strerror(errno));
			continue;
		}
		for (nfds_t i = 0; i < n; i++)
			if (watched[2 + i].revents != 0)
				launch(sleeping[i], &sleeping[i]->processes[0]);
		if (watched[1].revents != 0) {
			terminal = -1;
			stop_all(0);
		}
		take_signals(signals);
	}
	for (size_t i = 0; i < service_count; i++)
		if (services[i].kind == POOL)
			unlink(services[i].socket);
	if (status_path != NULL)
		unlink(status_path);
	if (pid_fd >= 0 && ftruncate(pid_fd, 0) != 0)
		say("%s: %s", pid_path, strerror(errno));
	return exit_code;
}
