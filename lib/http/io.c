/* io.c - libfcgi and plain CGI behind struct io.  Invariant: signals are libfcgi's while it runs:
 * its SIGTERM handler lets the request under way finish and then ends the accept loop, which a
 * handler of our own that only sets a flag would not. */
#include "http/io.h"

#include <errno.h>
#include <fcgiapp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

extern char **environ;

static const int stops[] = { SIGTERM, SIGUSR1 };

static size_t
fcgi_read(struct io *io, void *p, size_t n)
{
	FCGX_Request *request = io->arg;
	int got = FCGX_GetStr(p, n < INT_MAX ? (int)n : INT_MAX, request->in);

	return got > 0 ? (size_t)got : 0;
}

static bool
fcgi_write(struct io *io, const char *p, size_t n, size_t body_at)
{
	FCGX_Request *request = io->arg;

	(void)body_at;
	return n <= INT_MAX && FCGX_PutStr(p, (int)n, request->out) == (int)n;
}

bool
io_is_fastcgi(void)
{
	bool fastcgi;
	sigset_t none;

	/* A spawner may have left them ignored or blocked, and libfcgi takes only what is default;
	 * it takes them in this call. */
	for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
		signal(stops[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	fastcgi = !FCGX_IsCGI();
	for (size_t i = 0; !fastcgi && i < sizeof stops / sizeof *stops; i++)
		signal(stops[i], SIG_DFL);
	return fastcgi;
}

/* Waits for a connection as long as the supervisor lets a seldom used program wait (spawn.c, idle=).
 * false: nobody came, and whoever comes starts us again. */
static bool
somebody_comes(const FCGX_Request *request, int idle_ms)
{
	struct pollfd listening = { .fd = STDIN_FILENO, .events = POLLIN };

	/* A connection that stays open brings the next request itself. */
	return idle_ms <= 0 || (request->keepConnection && request->ipcFd >= 0) ||
	    poll(&listening, 1, idle_ms) != 0;
}

static int
idle_from_supervisor(void)
{
	const char *text = getenv("SPAWN_IDLE");
	long idle_s = text == NULL ? 0 : strtol(text, NULL, 10);

	return idle_s > 0 && idle_s <= 86400 ? (int)idle_s * 1000 : 0;
}

int
io_fastcgi(void (*serve)(void *arg, struct io *io), void *arg)
{
	FCGX_Request request;
	int idle_ms = idle_from_supervisor();
	sigset_t stopping;

	sigemptyset(&stopping);
	for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
		sigaddset(&stopping, stops[i]);
	signal(SIGPIPE, SIG_IGN);
	if (FCGX_Init() != 0 || FCGX_InitRequest(&request, STDIN_FILENO, 0) != 0) {
		log_error("libfcgi does not start");
		return 1;
	}
	while (somebody_comes(&request, idle_ms) && FCGX_Accept_r(&request) == 0) {
		struct io io = { .env = request.envp,
			.read = fcgi_read,
			.write = fcgi_write,
			.ends = true,
			.arg = &request };

		/* They would break off a body: libfcgi takes an interrupted read for the end. */
		sigprocmask(SIG_BLOCK, &stopping, NULL);
		serve(arg, &io);
		FCGX_Finish_r(&request);
		sigprocmask(SIG_UNBLOCK, &stopping, NULL);
	}
	return 0;
}

static size_t
cgi_read(struct io *io, void *p, size_t n)
{
	size_t have = 0;

	(void)io;
	while (have < n) {
		ssize_t got = read(STDIN_FILENO, (char *)p + have, n - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		have += (size_t)got;
	}
	return have;
}

static bool
cgi_write(struct io *io, const char *p, size_t n, size_t body_at)
{
	(void)io;
	(void)body_at;
	while (n > 0) {
		ssize_t done = write(STDOUT_FILENO, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

void
io_cgi(void (*serve)(void *arg, struct io *io), void *arg)
{
	struct io io = { .env = environ, .read = cgi_read, .write = cgi_write };

	signal(SIGPIPE, SIG_IGN);
	serve(arg, &io);
}
