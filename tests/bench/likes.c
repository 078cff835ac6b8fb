/* likes.c - a like without the suite: the transaction of lib/model/like.c and counter.c in a bare
 * loop, on as many connections (processes) as there would be clients.
 *
 *     likes DIR USERS BASE CONNECTIONS SECONDS
 *
 * DIR: what generate wrote, of which so many USERS are taken.  BASE: number of the first pair of
 * user and clip; a pair is used once. Prints the likes committed, and the seconds.
 *
 * The invariant: statements, their order, the session and the durability are those of the suite;
 * only HTTP, cache and library are not there. */
#include <errno.h>
#include <mysql.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/conf.h"

#define MOST 20000
#define CONNECTIONS_MAX 256

static const char insert_like[] =
    "INSERT INTO likes (user_id, video_id, created_ms) SELECT ?, id, ? FROM videos "
    "WHERE id = ? AND visible = 1 LOCK IN SHARE MODE";
static const char insert_counters[] =
    "INSERT INTO counters (owner_id, lane, likes, comments, favorites, follows, followers, works) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?) "
    "ON DUPLICATE KEY UPDATE likes = likes + VALUES(likes), comments = comments + "
    "VALUES(comments), favorites = favorites + VALUES(favorites), follows = follows + "
    "VALUES(follows), followers = followers + VALUES(followers), works = works + VALUES(works)";

static long long users[MOST], videos[MOST], authors[MOST];
static size_t users_n, videos_n;
static const struct conf *conf;

struct board {
	_Atomic int ready, failed;
	_Atomic bool go;
	_Atomic long long likes;
};

static size_t
read_ids(const char *dir, const char *name, size_t most, long long *a, long long *b)
{
	char path[4096];
	FILE *f;
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "re");
	while (f != NULL && n < most && fscanf(f, "%lld", &a[n]) == 1) {
		if (b != NULL && fscanf(f, "%lld", &b[n]) != 1)
			break;
		n++;
	}
	if (f != NULL)
		fclose(f);
	return n;
}

static MYSQL *
connect_one(void)
{
	MYSQL *my = mysql_init(NULL);

	if (my == NULL)
		return NULL;
	mysql_options(my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	if (mysql_real_connect(my, "localhost", conf->db_user, conf->db_password, conf->db_name, 0,
		conf->db_socket, 0) == NULL ||
	    mysql_query(my, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED") != 0 ||
	    mysql_query(my, "SET SESSION autocommit = 1, innodb_lock_wait_timeout = 3") != 0)
		return NULL;
	return my;
}

static MYSQL_STMT *
prepare(MYSQL *my, const char *text, MYSQL_BIND *binds, long long *values, size_t n)
{
	MYSQL_STMT *s = mysql_stmt_init(my);

	if (s == NULL || mysql_stmt_prepare(s, text, strlen(text)) != 0)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		binds[i] = (MYSQL_BIND){ 0 };
		binds[i].buffer_type = MYSQL_TYPE_LONGLONG;
		binds[i].buffer = &values[i];
	}
	return mysql_stmt_bind_param(s, binds) == 0 ? s : NULL;
}

/* The counters of one owner: (owner, lane, likes, comments, favorites, ...). */
static void
delta(long long *at, long long owner, long long likes, long long favorites)
{
	memset(at, 0, 8 * sizeof(*at));
	at[0] = owner;
	at[2] = likes;
	at[4] = favorites;
}

static int
by_owner(const void *x, const void *y)
{
	const long long *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static bool
like(MYSQL *my, MYSQL_STMT *row, long long *row_values, MYSQL_STMT *counters, long long *values,
    size_t user, size_t video)
{
	row_values[0] = users[user];
	row_values[1] = clock_ms();
	row_values[2] = videos[video];
	delta(values, videos[video], 1, 0);
	delta(values + 8, authors[video], 1, 0);
	delta(values + 16, users[user], 0, 1);
	qsort(values, 3, 8 * sizeof(*values), by_owner);
	if (mysql_query(my, "START TRANSACTION") == 0 && mysql_stmt_execute(row) == 0 &&
	    mysql_stmt_affected_rows(row) == 1 && mysql_stmt_execute(counters) == 0 &&
	    mysql_query(my, "COMMIT") == 0)
		return true;
	mysql_query(my, "ROLLBACK");
	return false;
}

static void
loop(struct board *board, long long at, long long step, int64_t seconds)
{
	MYSQL *my = connect_one();
	MYSQL_BIND row_binds[3], binds[24];
	long long row_values[3], values[24], likes = 0;
	MYSQL_STMT *row = my == NULL ? NULL : prepare(my, insert_like, row_binds, row_values, 3);
	MYSQL_STMT *counters = row == NULL ? NULL : prepare(my, insert_counters, binds, values, 24);
	int64_t until_us;

	if (counters == NULL)
		board->failed++;
	board->ready++;
	while (!board->go)
		usleep(1000);
	if (counters == NULL)
		return;
	until_us = clock_mono_us() + seconds * 1000000;
	/* Pair n as load.lua makes it: a user meets another clip each time round. */
	for (; clock_mono_us() < until_us; at += step) {
		size_t user = (size_t)at % users_n, round = (size_t)at / users_n;

		if (like(my, row, row_values, counters, values, user,
			(user * 7919 + round) % videos_n))
			likes++;
	}
	board->likes += likes;
	mysql_close(my);
}

int
main(int argc, char **argv)
{
	struct board *board =
	    mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int users_wanted = argc == 6 ? atoi(argv[2]) : 0;
	int connections = argc == 6 ? atoi(argv[4]) : 0, seconds = argc == 6 ? atoi(argv[5]) : 0;
	char why[400];
	int64_t began_us;

	if (users_wanted < 1 || users_wanted > MOST || connections < 1 ||
	    connections > CONNECTIONS_MAX || seconds < 1 || board == MAP_FAILED) {
		fputs("usage: likes DIR USERS BASE CONNECTIONS SECONDS\n", stderr);
		return 2;
	}
	conf = conf_load(NULL, why, sizeof(why));
	users_n = read_ids(argv[1], "users", (size_t)users_wanted, users, NULL);
	videos_n = read_ids(argv[1], "videos", MOST, videos, authors);
	if (conf == NULL || users_n == 0 || videos_n == 0) {
		fprintf(stderr, "likes: %s\n", conf == NULL ? why : "nothing in DIR");
		return 1;
	}
	for (int i = 0; i < connections; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			loop(board, atoll(argv[3]) + i, connections, seconds);
			_exit(0);
		}
		if (pid < 0) {
			perror("likes: fork");
			return 1;
		}
	}
	while (board->ready < connections)
		usleep(1000);
	began_us = clock_mono_us();
	board->go = true;
	while (wait(NULL) > 0)
		;
	if (board->failed > 0) {
		fprintf(stderr, "likes: %d connections failed\n", board->failed);
		return 1;
	}
	printf("%lld %.3f\n", board->likes, (double)(clock_mono_us() - began_us) / 1e6);
	return 0;
}
