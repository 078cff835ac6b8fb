/* endpoint.c - decides what the program is this time: FastCGI worker, mother of such workers, CGI
 * program, or command.  Invariant: --help and --describe need no configuration. */
#include "http/endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/describe.h"
#include "http/mother.h"
#include "http/serve.h"
#include "http/shell.h"

static void
serve(void *arg, struct io *io)
{
	serve_request(arg, io);
}

int
endpoint_main(const struct endpoint *ep, int argc, char **argv)
{
	bool fastcgi = io_is_fastcgi();
	int control = fastcgi ? mother_control() : -1;
	/* io_fastcgi() and io_cgi() hand it back to serve() as it is. */
	void *arg = (void *)(uintptr_t)ep;
	char why[512];

	if (!fastcgi && argc > 1 && strcmp(argv[1], "--describe") == 0) {
		describe_json(ep, stdout);
		return fflush(stdout) == 0 ? 0 : 1;
	}
	if (!fastcgi && argc > 1 && strcmp(argv[1], "--help") == 0) {
		describe_help(ep, stdout);
		return fflush(stdout) == 0 ? 0 : 1;
	}
	if (!fastcgi && (argc > 1 || getenv("REQUEST_METHOD") == NULL))
		return shell_main(ep, argc, argv);
	log_open(ep->name, NULL, LOG_INFO);
	if (control >= 0) {
		if (!serve_load(ep, LOG_DEBUG, why, sizeof why))
			return 1; /* the worker that will be started instead says why */
		mother_load();
		if (!mother_work(control))
			return 0;
	}
	if (!serve_open(ep, LOG_DEBUG, why, sizeof why)) {
		log_error("%s", why);
		return 1;
	}
	if (fastcgi)
		return io_fastcgi(serve, arg);
	io_cgi(serve, arg);
	return 0;
}
