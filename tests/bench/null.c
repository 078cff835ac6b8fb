/* null.c - the FastCGI program that does nothing: it answers every request with the same bytes.
 *
 *     null FILE      FILE: what to send, headers included, as a program sends it; the listening
 *                    socket is descriptor 0
 *
 * The baseline of the benchmarks: what web server, FastCGI and the bytes themselves cost. */
#include <fcgiapp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

int
main(int argc, char **argv)
{
	static char bytes[1 << 20];
	FCGX_Request request;
	FILE *f = argc == 2 ? fopen(argv[1], "re") : NULL;
	size_t n = f == NULL ? 0 : fread(bytes, 1, sizeof(bytes), f);

	if (n == 0 || n == sizeof(bytes)) {
		fputs("usage: null FILE, with a listening socket as descriptor 0\n", stderr);
		return 2;
	}
	fclose(f);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* not to outlive the benchmark */
	if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, FCGI_FAIL_ACCEPT_ON_INTR) != 0)
		return 1;
	while (FCGX_Accept_r(&request) == 0) {
		FCGX_PutStr(bytes, (int)n, request.out);
		FCGX_Finish_r(&request);
	}
	return 0;
}
