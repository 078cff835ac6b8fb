/* mother.c - see mother.h.
 *
 * The invariant: a worker that the supervisor did not hear of does not live.  It tells its number
 * itself, and what cannot be told any more ends; so nobody serves whom nobody watches. */
#include "http/mother.h"

#include <errno.h>
#include <mysql.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

/* A leak checker must see fork(). */
#if defined(__SANITIZE_ADDRESS__)
#define MAKES_WORKERS false
#else
#define MAKES_WORKERS true
#endif

static const int stops[] = { SIGTERM, SIGUSR1 };
#define STOPS (sizeof stops / sizeof *stops)

int
mother_control(void)
{
	const char *text = getenv("SPAWN_MOTHER");
	int fd = text == NULL ? -1 : (int)strtol(text, NULL, 10);

	unsetenv("SPAWN_MOTHER");
	return fd > STDERR_FILENO ? fd : -1;
}

void
mother_load(void)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned n;

	/* The first signature, of whatever, makes OpenSSL load its tables: most of what is shared. */
	if (HMAC(EVP_sha256(), "key", 3, mac, 0, mac, &n) == NULL ||
	    mysql_library_init(0, NULL, NULL) != 0)
		log_warn("a library does not start");
}

/* What a child of the supervisor is: a group of its own, which dies with him. */
static void
become_worker(int control, pid_t supervisor)
{
	pid_t self = getpid();

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != supervisor || send(control, &self, sizeof self, MSG_NOSIGNAL) < 0)
		_exit(0);
	close(control);
}

bool
mother_work(int control)
{
	struct sigaction usual = { .sa_handler = SIG_DFL }, workers[STOPS];
	pid_t supervisor = getppid();
	char order;

	/* libfcgi's handlers note that the process is to end: the workers would inherit that. */
	for (size_t i = 0; i < STOPS; i++)
		sigaction(stops[i], &usual, &workers[i]);
	while (MAKES_WORKERS && recv(control, &order, 1, 0) == 1) {
		/* fork() has no way to give a child to the caller's parent.  What it does beyond
		 * this is for processes that have threads. */
		pid_t pid = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);

		if (pid == 0) {
			become_worker(control, supervisor);
			for (size_t i = 0; i < STOPS; i++)
				sigaction(stops[i], &workers[i], NULL);
			return true;
		}
		if (pid < 0) {
			pid = -errno;
			log_error("no worker: %m");
			if (send(control, &pid, sizeof pid, MSG_NOSIGNAL) < 0)
				break;
		}
	}
	return false;
}
