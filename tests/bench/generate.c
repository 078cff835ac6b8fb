/* generate.c - a database full of people, for measuring: users, clips, likes, follows, comments and
 * messages in proportion, with the right counters.
 *
 *     generate VIDEOS USERS LIKES OUT [TITLES.csv]
 *
 * Fills the empty database that DOUFU_CONF names, over several connections with statements of
 * thousands of rows.  Rows only: the clips have no files.  What is popular follows Zipf's law.
 * OUT is a directory; it gets what a load script needs, one record a line: tokens (user id, token),
 * users (id), videos (id, author's id), discussed (id of a clip with 15 to 25 comments), password
 * (of every user).
 *
 * The invariant: all that is made follows from the three numbers, so that two runs give the same
 * data, and every counter is counted from the rows that were really made. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <mysql.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/id.h"
#include "base/text.h"
#include "model/password.h"
#include "model/token.h"

enum {
	CONNECTIONS = 4,
	CHUNK = 500,            /* users or clips of one transaction */
	PACKET_BYTES = 1 << 20, /* of one statement */
	FOLLOWS = 10,           /* of each user */
	LIKES_A_COMMENT = 5,
	MESSAGES = 4,          /* of each conversation */
	COMMENT_MAX = 2000000, /* so many ids there are, see comment_id() */
	SAMPLE_MAX = 20000,    /* lines of a file in OUT */
	DISCUSSED_MAX = 20,
	TITLES_MAX = 200,
	TITLE_BYTES = 300,
};

/* Hosts of the ids: the highest ones, which no real host should have. */
enum { HOST_COMMENT = 32, HOST_MESSAGE = 96, HOST_USER = 112, HOST_VIDEO = 120 };

#define YEAR_MS (INT64_C(365) * 86400 * 1000)
#define MIX UINT64_C(0x9e3779b97f4a7c15)

/* What happened to a user or a clip. */
struct tally {
	_Atomic uint32_t likes, comments, favorites, follows, followers, works;
};

static const struct conf *conf;
static uint64_t videos_n, users_n, likes_n, likes_made, comments_n;
static int64_t now_ms;
static struct tally *video_tally, *user_tally;
static const char *hash;
static char titles[TITLES_MAX][TITLE_BYTES];
static size_t titles_n;

__attribute__((format(printf, 1, 2), noreturn)) static void
die(const char *fmt, ...)
{
	va_list ap;

	fputs("generate: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

/* ---- chance that comes out the same each time ---- */

static uint64_t
next(uint64_t *state)
{
	uint64_t z = *state += MIX;

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* One of n by Zipf's law, with a head so flat that the first has about a thousandth of all. */
static uint64_t
zipf(uint64_t *state, uint64_t n)
{
	double u = (double)(next(state) >> 11) / 9007199254740992.0;
	double flat = 10 + (double)n / 20000;
	uint64_t rank = (uint64_t)(flat * (exp(u * log(1 + (double)n / flat)) - 1));

	return rank < n ? rank : n - 1;
}

/* Fixed orders of 0..n-1 that have nothing to do with time, nor with each other: the remainders of
 * a prime's multiples. */
static uint64_t
multiple(uint64_t i, uint64_t n, uint64_t prime, uint64_t other_prime)
{
	return i * (n % prime == 0 ? other_prime : prime) % n;
}

/* By popularity. */
static uint64_t
shuffled(uint64_t i, uint64_t n)
{
	return multiple(i, n, 7368787, 15485863);
}

static uint64_t
sampled(uint64_t i, uint64_t n)
{
	return multiple(i, n, 2750159, 1299709);
}

/* ---- who and what ---- */

static int64_t
make_id(int64_t ms, uint64_t host, uint64_t sequence)
{
	return id_floor(ms) | (int64_t)(host << 15 | (sequence & 32767));
}

static int64_t
user_ms(uint64_t i)
{
	return now_ms - 2 * YEAR_MS + (int64_t)((double)i * (double)YEAR_MS / (double)users_n);
}

static int64_t
user_id(uint64_t i)
{
	return make_id(user_ms(i), HOST_USER, i);
}

/* A millisecond of its own for each clip, the newest a minute ago. */
static int64_t
video_ms(uint64_t i)
{
	return now_ms - 60000 - (int64_t)((videos_n - 1 - i) * ((uint64_t)YEAR_MS / videos_n));
}

static int64_t
video_id(uint64_t i)
{
	return make_id(video_ms(i), HOST_VIDEO, i);
}

static uint64_t
author_of(uint64_t video)
{
	return shuffled(video % users_n, users_n);
}

/* The pair of host and sequence is another one for each of COMMENT_MAX. */
static int64_t
comment_id(uint64_t n, int64_t ms)
{
	return make_id(ms, HOST_COMMENT + (n >> 15), n);
}

static int64_t
message_id(uint64_t n, int64_t ms)
{
	return make_id(ms, HOST_MESSAGE + (n >> 15 & 15), n);
}

/* How many likes the users before i gave: each fiftieth gives thirteen times as many. */
static uint64_t
likes_before(uint64_t i)
{
	double weight = (double)i + 12 * (double)((i + 49) / 50);
	double all = (double)users_n + 12 * (double)((users_n + 49) / 50);

	return (uint64_t)((double)likes_n * weight / all);
}

/* ---- statements of many rows ---- */

struct into {
	MYSQL *my;
	const char *head;
	struct buf b;
};

static void
query(MYSQL *my, const char *text, size_t n)
{
	if (mysql_real_query(my, text, n) != 0)
		die("%u %s: %.100s", mysql_errno(my), mysql_error(my), text);
}

static void
say(MYSQL *my, const char *text)
{
	query(my, text, strlen(text));
}

static void
flush(struct into *t)
{
	if (t->b.full)
		die("a statement grew too large");
	if (t->b.len > 0)
		query(t->my, t->b.p, t->b.len);
	buf_clear(&t->b);
}

__attribute__((format(printf, 2, 3))) static void
row(struct into *t, const char *fmt, ...)
{
	char one[1500];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(one, sizeof(one), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(one))
		die("a row is too long");
	if (t->b.len == 0)
		buf_adds(&t->b, t->head);
	else
		buf_addc(&t->b, ',');
	buf_add(&t->b, one, (size_t)n);
	if (t->b.len > PACKET_BYTES - 4096)
		flush(t);
}

enum table {
	NAMES,
	USERS,
	VIDEOS,
	LIKES,
	FOLLOW,
	COMMENTS,
	CONVERSATIONS,
	MESSAGE,
	COUNTERS,
	TABLES
};

static const char *const heads[TABLES] = {
	[NAMES] = "INSERT INTO user_names (name_key, user_id) VALUES ",
	[USERS] = "INSERT INTO users (id, name, pass_hash, created_ms, updated_ms) VALUES ",
	[VIDEOS] =
	    "INSERT INTO videos (id, author_id, title, visible, state, published_ms, updated_ms, "
	    "play_path, cover_path, size_bytes, width, height, duration_ms) VALUES ",
	[LIKES] = "INSERT INTO likes (user_id, video_id, created_ms) VALUES ",
	[FOLLOW] = "INSERT INTO follows (follower_id, followee_id, created_ms) VALUES ",
	[COMMENTS] = "INSERT INTO comments (video_id, id, user_id, content, created_ms) VALUES ",
	[CONVERSATIONS] =
	    "INSERT INTO conversations (lo_id, hi_id, last_ms, last_from_id, last_text) "
	    "VALUES ",
	[MESSAGE] = "INSERT INTO messages (lo_id, hi_id, created_ms, id, from_id, content) VALUES ",
	[COUNTERS] = "INSERT INTO counters (owner_id, lane, likes, comments, favorites, follows, "
		     "followers, works) VALUES ",
};

struct worker {
	pthread_t thread;
	MYSQL *my;
	struct into t[TABLES];
	uint64_t *taken; /* bits of the clips that the user at hand likes */
	uint64_t *chosen;
};

static const char *const words[] = { "好看", "哈哈哈", "前排", "这个 BGM 叫什么", "学到了",
	"first!", "so good 😂", "再来一个", "where is this?", "周末愉快" };
#define WORDS (sizeof(words) / sizeof(*words))

static int64_t
between(uint64_t *state, int64_t from_ms)
{
	return from_ms + (int64_t)(next(state) % (uint64_t)(now_ms - from_ms));
}

static void
user_likes(struct worker *w, uint64_t i, uint64_t *state)
{
	uint64_t n = likes_before(i + 1) - likes_before(i), made = 0, video;

	if (n > videos_n / 2)
		n = videos_n / 2;
	while (made < n) {
		video = shuffled(zipf(state, videos_n), videos_n);
		if (w->taken[video / 64] >> video % 64 & 1)
			continue;
		w->taken[video / 64] |= UINT64_C(1) << video % 64;
		w->chosen[made++] = video;
		row(&w->t[LIKES], "(%lld,%lld,%lld)", (long long)user_id(i),
		    (long long)video_id(video), (long long)between(state, video_ms(video)));
		video_tally[video].likes++;
		user_tally[author_of(video)].likes++;
	}
	user_tally[i].favorites = (uint32_t)n;
	for (uint64_t k = 0; k < n; k++)
		w->taken[w->chosen[k] / 64] = 0;
}

/* The neighbour, who follows back, and some that everybody follows. */
static void
user_follows(struct worker *w, uint64_t i, uint64_t *state)
{
	uint64_t to[FOLLOWS], n = 0, most = users_n / 4 < FOLLOWS ? users_n / 4 : FOLLOWS;

	if ((i ^ 1) < users_n)
		to[n++] = i ^ 1;
	while (n < most) {
		uint64_t other = shuffled(zipf(state, users_n), users_n), k = 0;

		while (k < n && to[k] != other)
			k++;
		if (k == n && other != i)
			to[n++] = other;
	}
	for (uint64_t k = 0; k < n; k++) {
		row(&w->t[FOLLOW], "(%lld,%lld,%lld)", (long long)user_id(i),
		    (long long)user_id(to[k]), (long long)between(state, now_ms - YEAR_MS));
		user_tally[to[k]].followers++;
	}
	user_tally[i].follows = (uint32_t)n;
}

static void
user_comments(struct worker *w, uint64_t i, uint64_t *state)
{
	uint64_t from = comments_n * i / users_n, to = comments_n * (i + 1) / users_n;

	for (uint64_t n = from; n < to; n++) {
		uint64_t video = shuffled(zipf(state, videos_n), videos_n);
		int64_t ms = between(state, video_ms(video));

		row(&w->t[COMMENTS], "(%lld,%lld,%lld,'%s',%lld)", (long long)video_id(video),
		    (long long)comment_id(n, ms), (long long)user_id(i), words[next(state) % WORDS],
		    (long long)ms);
		video_tally[video].comments++;
	}
}

/* Between two neighbours; the first of them writes the rows. */
static void
user_messages(struct worker *w, uint64_t i, uint64_t *state)
{
	int64_t lo = user_id(i), hi, ms = between(state, now_ms - YEAR_MS);

	if (i % 2 != 0 || i + 1 >= users_n)
		return;
	hi = user_id(i + 1);
	for (uint64_t k = 0; k < MESSAGES; k++) {
		int64_t at = ms + (int64_t)k;
		const char *text = words[(i / 2 + k) % WORDS];

		row(&w->t[MESSAGE], "(%lld,%lld,%lld,%lld,%lld,'%s')", (long long)lo, (long long)hi,
		    (long long)at, (long long)message_id(i / 2 * MESSAGES + k, at),
		    (long long)(k % 2 ? hi : lo), text);
		if (k == MESSAGES - 1)
			row(&w->t[CONVERSATIONS], "(%lld,%lld,%lld,%lld,'%s')", (long long)lo,
			    (long long)hi, (long long)at, (long long)hi, text);
	}
}

static void
make_user(struct worker *w, uint64_t i)
{
	uint64_t state = i * MIX;
	int64_t id = user_id(i), ms = user_ms(i);

	row(&w->t[NAMES], "('viewer%llu',%lld)", (unsigned long long)i, (long long)id);
	row(&w->t[USERS], "(%lld,'viewer%llu','%s',%lld,%lld)", (long long)id,
	    (unsigned long long)i, hash, (long long)ms, (long long)ms);
	user_likes(w, i, &state);
	user_follows(w, i, &state);
	user_comments(w, i, &state);
	user_messages(w, i, &state);
}

static void
make_video(struct worker *w, uint64_t i)
{
	uint64_t author = author_of(i), state = ~i * MIX;
	int64_t ms = video_ms(i);
	char title[2 * TITLE_BYTES + 1], name[33];
	const char *plain = titles[next(&state) % titles_n];
	uint64_t part[2] = { next(&state), next(&state) };

	hex_encode(name, part, sizeof(part));
	mysql_real_escape_string(w->my, title, plain, strlen(plain));
	row(&w->t[VIDEOS],
	    "(%lld,%lld,'%s',1,3,%lld,%lld,'v/%.2s/%s.mp4','c/%.2s/%s.jpg',1048576,720,1280,"
	    "15000)",
	    (long long)video_id(i), (long long)user_id(author), title, (long long)ms, (long long)ms,
	    name, name, name, name);
	user_tally[author].works++;
}

static void
counters_of(struct worker *w, int64_t id, const struct tally *t)
{
	if (t->likes || t->comments || t->favorites || t->follows || t->followers || t->works)
		row(&w->t[COUNTERS], "(%lld,0,%u,%u,%u,%u,%u,%u)", (long long)id, t->likes,
		    t->comments, t->favorites, t->follows, t->followers, t->works);
}

static void
count_user(struct worker *w, uint64_t i)
{
	counters_of(w, user_id(i), &user_tally[i]);
}

static void
count_video(struct worker *w, uint64_t i)
{
	counters_of(w, video_id(i), &video_tally[i]);
}

/* ---- all connections at work ---- */

static MYSQL *
connect_one(void)
{
	const char *socket = conf->db_socket[0] ? conf->db_socket : NULL;
	MYSQL *my = mysql_init(NULL);

	if (my == NULL || conf->db_hosts[0] != '\0')
		die("only a database on db_socket can be filled");
	mysql_options(my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	if (mysql_real_connect(my, "localhost", conf->db_user, conf->db_password, conf->db_name, 0,
		socket, 0) == NULL)
		die("%s: %s", conf->db_socket, mysql_error(my));
	say(my, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
	return my;
}

static void (*make)(struct worker *w, uint64_t i);
static uint64_t make_n;
static _Atomic uint64_t make_next;

static void *
work(void *arg)
{
	struct worker *w = arg;
	uint64_t from;

	mysql_thread_init();
	while ((from = atomic_fetch_add(&make_next, CHUNK)) < make_n) {
		say(w->my, "START TRANSACTION");
		for (uint64_t i = from; i < make_n && i < from + CHUNK; i++)
			make(w, i);
		for (int k = 0; k < TABLES; k++)
			flush(&w->t[k]);
		say(w->my, "COMMIT");
	}
	mysql_thread_end();
	return NULL;
}

static void
all(const char *what, struct worker *w, void (*fn)(struct worker *w, uint64_t i), uint64_t n)
{
	int64_t began_us = clock_mono_us();

	make = fn;
	make_n = n;
	make_next = 0;
	for (int i = 0; i < CONNECTIONS; i++)
		if (pthread_create(&w[i].thread, NULL, work, &w[i]) != 0)
			die("no thread");
	for (int i = 0; i < CONNECTIONS; i++)
		pthread_join(w[i].thread, NULL);
	fprintf(stderr, "  %-9s %8llu in %.1f s\n", what, (unsigned long long)n,
	    (double)(clock_mono_us() - began_us) / 1e6);
}

/* ---- around it ---- */

/* The second column of a table whose texts need no quotes; other lines are left out. */
static void
read_titles(const char *path)
{
	static const char *const own[] = { "雨后的城市", "my cat learns to swim", "三分钟做一碗面",
		"一镜到底：海边日落 🌊" };
	char line[TITLE_BYTES];
	FILE *f = path == NULL ? NULL : fopen(path, "re");

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		snprintf(titles[titles_n++], TITLE_BYTES, "%s", own[i]);
	while (f != NULL && titles_n < TITLES_MAX && fgets(line, sizeof(line), f) != NULL) {
		char *title = strchr(line, ',');

		line[strcspn(line, "\r\n")] = '\0';
		if (title == NULL || title[1] == '"' || strchr(++title, ',') != NULL)
			continue;
		if (strcmp(title, "title") != 0 && utf8_valid(title, strlen(title)) &&
		    utf8_count(title, strlen(title)) <= 100 && title[0] != '\0')
			snprintf(titles[titles_n++], TITLE_BYTES, "%s", title);
	}
	if (f != NULL)
		fclose(f);
}

static FILE *
sample(const char *dir, const char *name)
{
	char path[4096];
	int fd;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (f == NULL)
		die("%s: %s", path, strerror(errno));
	return f;
}

static void
done(FILE *f)
{
	if (fclose(f) != 0)
		die("a sample could not be written: %s", strerror(errno));
}

static void
write_samples(const char *dir)
{
	FILE *tokens = sample(dir, "tokens"), *users = sample(dir, "users");
	FILE *videos = sample(dir, "videos"), *discussed = sample(dir, "discussed");
	int64_t now_s = now_ms / 1000;
	uint64_t found = 0;

	for (uint64_t k = 0; k < users_n && k < SAMPLE_MAX; k++) {
		int64_t id = user_id(sampled(k + 1, users_n));
		char *token = viewer_token_write(conf->token_key,
		    &(struct token_claims){ id, 1, now_s, now_s + conf->token_ttl, 0 });

		if (token == NULL)
			die("no token can be made: token_key is missing");
		fprintf(tokens, "%lld %s\n", (long long)id, token);
		fprintf(users, "%lld\n", (long long)id);
		free(token);
	}
	for (uint64_t k = 0; k < videos_n && k < SAMPLE_MAX; k++) {
		uint64_t i = sampled(k + 1, videos_n);

		fprintf(videos, "%lld %lld\n", (long long)video_id(i),
		    (long long)user_id(author_of(i)));
	}
	for (uint64_t i = 0; i < videos_n && found < DISCUSSED_MAX; i++) {
		if (video_tally[i].comments >= 15 && video_tally[i].comments <= 25) {
			fprintf(discussed, "%lld\n", (long long)video_id(i));
			found++;
		}
	}
	done(tokens);
	done(users);
	done(videos);
	done(discussed);
}

/* All users have one password, which is another one each time: nobody can know it. */
static void
make_password(struct arena *a, const char *dir)
{
	unsigned char secret[12];
	char password[25];
	FILE *f = sample(dir, "password");

	random_bytes(secret, sizeof(secret));
	hex_encode(password, secret, sizeof(secret));
	hash = password_hash(a, password, (int)conf->password_cost);
	if (hash == NULL)
		die("no hash can be made");
	fprintf(f, "%s\n", password);
	done(f);
}

static bool
number(const char *s, uint64_t least, uint64_t most, uint64_t *out)
{
	int64_t v;

	if (!id_parse_int(s, strlen(s), &v) || v < (int64_t)least || v > (int64_t)most)
		return false;
	*out = (uint64_t)v;
	return true;
}

static void
check_empty(MYSQL *my)
{
	MYSQL_RES *r;

	say(my, "SELECT id FROM users UNION ALL SELECT id FROM videos LIMIT 1");
	r = mysql_store_result(my);
	if (r == NULL || mysql_num_rows(r) != 0)
		die("the database has users or clips already: only an empty one is filled");
	mysql_free_result(r);
}

int
main(int argc, char **argv)
{
	static struct worker w[CONNECTIONS];
	struct arena *a = arena_new();
	char why[400];
	MYSQL_RES *r;

	if ((argc != 5 && argc != 6) || !number(argv[1], 20, 5000000, &videos_n) ||
	    !number(argv[2], 20, 1000000, &users_n) || !number(argv[3], 0, 100000000, &likes_n)) {
		fputs("usage: generate VIDEOS USERS LIKES OUT [TITLES.csv]\n", stderr);
		return 2;
	}
	conf = conf_load(NULL, why, sizeof(why));
	if (conf == NULL)
		die("%s", why);
	if (mkdir(argv[4], 0755) != 0 && errno != EEXIST)
		die("%s: %s", argv[4], strerror(errno));
	/* A whole second, so that milliseconds and the seconds of ids go together. */
	now_ms = clock_ms() / 1000 * 1000;
	comments_n =
	    likes_n / LIKES_A_COMMENT < COMMENT_MAX ? likes_n / LIKES_A_COMMENT : COMMENT_MAX;
	video_tally = xcalloc(videos_n, sizeof(*video_tally));
	user_tally = xcalloc(users_n, sizeof(*user_tally));
	read_titles(argc == 6 ? argv[5] : NULL);
	make_password(a, argv[4]);
	if (mysql_library_init(0, NULL, NULL) != 0)
		die("the connector does not start");
	for (int i = 0; i < CONNECTIONS; i++) {
		w[i].my = connect_one();
		w[i].taken = xcalloc(videos_n / 64 + 1, sizeof(*w[i].taken));
		w[i].chosen = xcalloc(videos_n / 2 + 1, sizeof(*w[i].chosen));
		for (int k = 0; k < TABLES; k++) {
			w[i].t[k] = (struct into){ .my = w[i].my, .head = heads[k] };
			buf_init(&w[i].t[k].b, PACKET_BYTES);
		}
	}
	check_empty(w[0].my);
	all("videos", w, make_video, videos_n);
	all("users", w, make_user, users_n);
	all("counters", w, count_video, videos_n);
	all("counters", w, count_user, users_n);
	say(w[0].my,
	    "ANALYZE TABLE users, videos, likes, follows, comments, conversations, messages, "
	    "counters");
	r = mysql_store_result(w[0].my);
	mysql_free_result(r);
	write_samples(argv[4]);
	for (uint64_t i = 0; i < videos_n; i++)
		likes_made += video_tally[i].likes;
	printf("%llu videos, %llu users, %llu likes, %llu comments\n", (unsigned long long)videos_n,
	    (unsigned long long)users_n, (unsigned long long)likes_made,
	    (unsigned long long)comments_n);
	for (int i = 0; i < CONNECTIONS; i++) {
		for (int k = 0; k < TABLES; k++)
			buf_free(&w[i].t[k].b);
		free(w[i].taken);
		free(w[i].chosen);
		mysql_close(w[i].my);
	}
	mysql_library_end();
	free(video_tally);
	free(user_tally);
	arena_free(a);
	return 0;
}
