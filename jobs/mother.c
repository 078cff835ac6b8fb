/* mother.c - the process that the workers of all pools are made of: every program of cgi/ in one,
 * loaded once, so that they share what the libraries and the configuration take.  bin/spawn starts it
 * and sends it orders (order.h); each becomes a child that is the program of that name.
 *
 * The invariant: a worker that the supervisor did not hear of does not live.  It tells its number
 * itself, and what cannot be told any more ends; so nobody serves whom nobody watches. */
#include <errno.h>
#include <mysql.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "http/endpoint.h"
#include "http/serve.h"
#include "order.h"

/* A leak checker must see fork(). */
#if defined(__SANITIZE_ADDRESS__)
#define MAKES_WORKERS false
#else
#define MAKES_WORKERS true
#endif

/* Each file of cgi/ names its own (ENDPOINT). */
extern const struct endpoint *const __start_endpoints[], *const __stop_endpoints[];

static const struct endpoint *
find(const char *name)
{
	for (const struct endpoint *const *p = __start_endpoints; p != __stop_endpoints; p++)
		if (strcmp((*p)->name, name) == 0)
			return *p;
	return NULL;
}

/* What is the same in every worker and takes no connection. */
static bool
load(void)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	char why[512];
	unsigned n;

	log_open("mother", NULL, LOG_INFO);
	if (!serve_load(why, sizeof why))
		return false; /* the programs that are started instead say why */
	/* The first signature, of whatever, makes OpenSSL load its tables: most of what is shared. */
	if (HMAC(EVP_sha256(), "key", 3, mac, 0, mac, &n) == NULL ||
	    mysql_library_init(0, NULL, NULL) != 0)
		log_warn("a library does not start");
	return true;
}

/* Waits for one.  false: there will be none any more.  *ep is NULL, *listen_fd -1 where it says
 * nothing to us. */
static bool
take_order(int control, struct order *o, const struct endpoint **ep, int *listen_fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof *listen_fd)];
	} with;
	struct iovec part = { o, sizeof *o };
	struct msghdr m = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &with, .msg_controllen = sizeof with
	};
	ssize_t got = recvmsg(control, &m, MSG_CMSG_CLOEXEC);
	const struct cmsghdr *c = got > 0 ? CMSG_FIRSTHDR(&m) : NULL;

	*listen_fd = -1;
	if (c != NULL && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof *listen_fd))
		memcpy(listen_fd, CMSG_DATA(c), sizeof *listen_fd);
	*ep = got == sizeof *o && memchr(o->name, '\0', sizeof o->name) != NULL ? find(o->name) : NULL;
	return got > 0;
}

/* What ps and top show.  The kernel lays the environment behind the arguments: what of it is moved leaves
 * its room to a longer name. */
static void
call_oneself(char *arg, const char *name)
{
	char *end = arg + strlen(arg) + 1;

	for (char **e = environ; *e == end; e++) {
		char *moved = strdup(*e);

		if (moved == NULL)
			break;
		end += strlen(*e) + 1;
		*e = moved;
	}
	memset(arg, 0, (size_t)(end - arg));
	snprintf(arg, (size_t)(end - arg), "cgi/%s", name);
	prctl(PR_SET_NAME, name);
}

/* What a child of the supervisor is: a group of its own, which dies with him. */
static int
work(int control, pid_t supervisor, const struct order *o, const struct endpoint *ep, int listen_fd)
{
	pid_t self = getpid();
	char idle[16];

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != supervisor || send(control, &self, sizeof self, MSG_NOSIGNAL) < 0)
		return 0;
	close(control);
	snprintf(idle, sizeof idle, "%d", o->idle_s);
	if (dup2(listen_fd, STDIN_FILENO) < 0 || setenv("SPAWN_IDLE", idle, 1) != 0)
		return 127;
	close(listen_fd);
	if (o->nice != 0 && setpriority(PRIO_PROCESS, 0, o->nice) != 0)
		log_warn("%s: nice %d: %m", o->name, o->nice);
	return endpoint_serve(ep);
}

int
main(int argc, char **argv)
{
	const char *descriptor = getenv("SPAWN_MOTHER");
	int control = descriptor == NULL ? -1 : (int)strtol(descriptor, NULL, 10);
	pid_t supervisor = getppid();
	const struct endpoint *ep;
	struct order o;
	int listen_fd;

	if (argc != 1 || control <= STDERR_FILENO) {
		fprintf(stderr, "mother: bin/spawn starts it (see spawn.c)\n");
		return 2;
	}
	unsetenv("SPAWN_MOTHER");
	if (!MAKES_WORKERS || !load())
		return 1;
	while (take_order(control, &o, &ep, &listen_fd)) {
		/* fork() has no way to give a child to the caller's parent.  What it does beyond
		 * this is for processes that have threads. */
		pid_t pid = ep == NULL || listen_fd < 0
		                ? -EINVAL
		                : (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);

		if (pid == 0) {
			call_oneself(argv[0], ep->name);
			return work(control, supervisor, &o, ep, listen_fd);
		}
		if (pid == -1) {
			pid = -errno;
			log_error("no worker: %m");
		}
		if (listen_fd >= 0)
			close(listen_fd);
		if (pid < 0 && send(control, &pid, sizeof pid, MSG_NOSIGNAL) < 0)
			break;
	}
	return 0;
}
