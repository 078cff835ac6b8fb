/* search_find.c - the handler's work for a search, without the web server: the time of each query.
 *
 *     search_find ROUNDS < QUERIES
 *
 * Reads a query a line, runs all of them ROUNDS times and prints for each a line: microseconds of the
 * best and of the median round (on a busy machine the best says what it costs), total, 1 if that is exact, hits with the whole phrase, and the ids of the first
 * twenty.  The first round is not counted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "model/search.h"
#include "model/video.h"

enum { QUERIES_MAX = 10000, ROUNDS_MAX = 100, SIZE = 20 };

static int
by_time(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int
main(int argc, char **argv)
{
	static char line[1000], *queries[QUERIES_MAX];
	static int64_t us[QUERIES_MAX][ROUNDS_MAX];
	size_t n = 0;
	int rounds = argc == 2 ? atoi(argv[1]) : 0;
	const struct conf *conf;
	struct call c = { 0 };
	char why[300];

	log_open("search_find", NULL, LOG_WARN);
	conf = conf_load(NULL, why, sizeof(why));
	if (rounds < 1 || rounds > ROUNDS_MAX || conf == NULL || !call_open(&c, conf, why, sizeof(why))) {
		fprintf(stderr, "usage: search_find ROUNDS < QUERIES %s\n", why);
		return 1;
	}
	while (n < QUERIES_MAX && fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		queries[n++] = strdup(line);
	}
	for (int round = -1; round < rounds; round++) {
		for (size_t i = 0; i < n; i++) {
			struct search_query q = { .kind = SEARCH_VIDEO, .keyword = queries[i], .page = 1,
				.size = SIZE };
			struct search_hits hits;
			struct video_list page;
			int64_t from = clock_mono_us();

			call_begin(&c);
			if (search_find(&c, &q, &hits) != E_OK ||
			    video_list_of(&c, hits.ids, hits.n, &page) != E_OK)
				return 1;
			if (round >= 0)
				us[i][round] = clock_mono_us() - from;
			if (round < rounds - 1)
				continue;
			qsort(us[i], (size_t)rounds, sizeof(us[i][0]), by_time);
			printf("%lld %lld %lld %d %lld", (long long)us[i][0], (long long)us[i][rounds / 2],
			    (long long)hits.total, hits.total_exact, (long long)hits.phrase);
			for (size_t k = 0; k < hits.n; k++)
				printf(" %lld", (long long)hits.ids[k]);
			putchar('\n');
		}
	}
	call_close(&c);
	return 0;
}
