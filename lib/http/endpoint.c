/* endpoint.c - decides what the program is this time: FastCGI worker, CGI program, or command.
 * Invariant: --help and --describe need no configuration. */
#include "http/endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/describe.h"
#include "http/serve.h"
#include "http/shell.h"

static void
serve(void *arg, struct io *io)
{
	serve_request(arg, io);
}

/* io_fastcgi() and io_cgi() hand it back to serve() as it is. */
static void *
as_arg(const struct endpoint *ep)
{
	return (void *)(uintptr_t)ep;
}

static bool
opened(const struct endpoint *ep)
{
	char why[512];

	log_open(ep->name, NULL, LOG_INFO);
	if (serve_open(ep, LOG_DEBUG, why, sizeof why))
		return true;
	log_error("%s", why);
	return false;
}

static int
serve_fastcgi(const struct endpoint *ep)
{
	return opened(ep) ? io_fastcgi(serve, as_arg(ep)) : 1;
}

int
endpoint_serve(const struct endpoint *ep)
{
	/* The question makes libfcgi ready. */
	return io_is_fastcgi() ? serve_fastcgi(ep) : 1;
}

int
endpoint_main(const struct endpoint *ep, int argc, char **argv)
{
	if (io_is_fastcgi())
		return serve_fastcgi(ep);
	if (argc > 1 && strcmp(argv[1], "--describe") == 0) {
		describe_json(ep, stdout);
		return fflush(stdout) == 0 ? 0 : 1;
	}
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		describe_help(ep, stdout);
		return fflush(stdout) == 0 ? 0 : 1;
	}
	if (argc > 1 || getenv("REQUEST_METHOD") == NULL)
		return shell_main(ep, argc, argv);
	if (!opened(ep))
		return 1;
	io_cgi(serve, as_arg(ep));
	return 0;
}
