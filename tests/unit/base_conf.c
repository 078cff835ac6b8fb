/* base_conf.c - tests of the configuration: files, secrets, environment, and an error that names
 * the place for each way to get it wrong. */
#include "base/conf.h"

#include "unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEX64 "0123456789abcdefABCDEF0123456789abcdef0123456789abcdef0123456789"

extern char **environ;

static char dir[] = "/tmp/doufu-conf-XXXXXX";
static char main_path[64], secret_path[64], var_dir[64], var_path[80];
static char why[600];

static void
remove_dir(void)
{
	unlink(main_path);
	unlink(secret_path);
	rmdir(secret_path);
	unlink(var_path);
	rmdir(var_dir);
	rmdir(dir);
}

/* An empty directory as the current one, and nothing of ours in the environment. */
static void
start(void)
{
	char **e = environ;

	if (main_path[0] == '\0') {
		CHECK(mkdtemp(dir) != NULL);
		snprintf(main_path, sizeof main_path, "%s/doufu.conf", dir);
		snprintf(secret_path, sizeof secret_path, "%s/secret", dir);
		snprintf(var_dir, sizeof var_dir, "%s/var", dir);
		snprintf(var_path, sizeof var_path, "%s/doufu.conf", var_dir);
		atexit(remove_dir);
	}
	CHECK(chdir(dir) == 0);
	unlink(main_path);
	unlink(secret_path);
	rmdir(secret_path);
	unlink(var_path);
	rmdir(var_dir);
	while (*e != NULL) {
		char name[64];

		if (strncmp(*e, "DOUFU_", 6) != 0) {
			e++;
			continue;
		}
		snprintf(name, sizeof name, "%.*s", (int)strcspn(*e, "="), *e);
		unsetenv(name);
		e = environ;
	}
}

static void
put_bytes(const char *path, const char *text, size_t n, mode_t mode)
{
	FILE *f = fopen(path, "w");

	CHECK(f != NULL);
	CHECK(fwrite(text, 1, n, f) == n);
	fclose(f);
	CHECK(chmod(path, mode) == 0);
}

static void
put(const char *path, const char *text, mode_t mode)
{
	put_bytes(path, text, strlen(text), mode);
}

/* The configuration of a main file with this text; NULL and why if it is refused. */
static const struct conf *
load(const char *text)
{
	put(main_path, text, 0644);
	why[0] = '\0';
	return conf_load(main_path, why, sizeof why);
}

/* Checks that the text is refused, with what (a part of the sentence, from the file's name on). */
#define REFUSED(text, what)                                  \
	do {                                                 \
		CHECK(load(text) == NULL);                   \
		if (strstr(why, "doufu.conf:" what) == NULL) \
			CHECK_STR(why, "doufu.conf:" what);  \
	} while (0)

CASE(defaults)
{
	const struct conf *c;
	char want[100];

	start();
	c = load("");
	CHECK(c != NULL);
	CHECK_STR(c->file, main_path);
	CHECK_STR(c->public_url, "");
	CHECK_STR(c->db_name, "doufu");
	CHECK_INT(c->db_timeout, 10);
	CHECK_INT(c->cache_ttl, 120);
	CHECK_INT(c->token_ttl, 7 * 86400);
	CHECK_INT(c->upload_max, 1 << 30);
	CHECK_INT(c->user_quota, INT64_C(20) << 30);
	CHECK_INT(c->utc_offset, 480);
	CHECK_STR(c->log_level, "info");
	CHECK_STR(c->token_key, "");
	CHECK_STR(c->db_socket, "");
	CHECK_STR(c->log_file, "");
	snprintf(want, sizeof want, "%s/run/shm", dir);
	CHECK_STR(c->shm_file, want);
	snprintf(want, sizeof want, "%s/media", dir);
	CHECK_STR(c->media_dir, want);
	CHECK_STR(c->secret_file, secret_path);
	CHECK_STR(c->avatar, "/img/avatar.png");
}

CASE(lines)
{
	const struct conf *c;

	start();
	c = load("# a comment\n\n   \t\n  # another = one\n"
		 "db_name=a\n\tdb_user  =  b c # d \t\r\ncache_prefix = x=y\n"
		 "public_url = https://v.example.org\nfeed_page = 7");
	CHECK_STR(why, "");
	CHECK(c != NULL);
	CHECK_STR(c->db_name, "a");
	CHECK_STR(c->db_user, "b c # d");
	CHECK_STR(c->cache_prefix, "x=y");
	CHECK_STR(c->public_url, "https://v.example.org");
	CHECK_INT(c->feed_page, 7);
}

CASE(lines_that_are_wrong)
{
	start();
	REFUSED("\n\nfoo\n", "3: expected");
	REFUSED("db_nam = x\n", "1: unknown key \"db_nam\"");
	REFUSED("DB_NAME = x\n", "1: unknown key \"DB_NAME\"");
	REFUSED("= x\n", "1: unknown key \"\"");
	REFUSED("db_name = x\n# c\ndb_name = x\n", "3: db_name stands here for the second time");
	REFUSED("db_name = x\x01y\n", "1: db_name must be UTF-8 without control");
	REFUSED("db_name = \xff\n", "1: db_name must be UTF-8");
	put_bytes(main_path, "db_name = x\ndb\0_user = y\n", 25, 0644);
	CHECK(conf_load(main_path, why, sizeof why) == NULL);
	CHECK(strstr(why, "doufu.conf:2: a NUL byte") != NULL);
	put_bytes(main_path, "db_name = x\n\0", 13, 0644);
	CHECK(conf_load(main_path, why, sizeof why) == NULL);
}

CASE(numbers)
{
	const struct conf *c;

	start();
	c = load(
	    "utc_offset = -840\nhost_id = 127\nlogin_free = 0007\n"
	    "upload_max = 1024\nuser_quota = 0\nmedia_memory = 256M\n"
	    "cache_ttl = 1h\ntoken_ttl = 3650d\ndb_timeout = 10m\nmedia_wall = 90s\nmedia_cpu=1\n");
	CHECK_STR(why, "");
	CHECK_INT(c->utc_offset, -840);
	CHECK_INT(c->host_id, 127);
	CHECK_INT(c->login_free, 7);
	CHECK_INT(c->upload_max, 1024);
	CHECK_INT(c->user_quota, 0);
	CHECK_INT(c->media_memory, 268435456);
	CHECK_INT(c->cache_ttl, 3600);
	CHECK_INT(c->token_ttl, 315360000);
	CHECK_INT(c->db_timeout, 600);
	CHECK_INT(c->media_wall, 90);
	CHECK_INT(c->media_cpu, 1);
	c = load("upload_max = 1K\nuser_quota = 1024G\n");
	CHECK(c != NULL);
	CHECK_INT(c->upload_max, 1024);
	CHECK_INT(c->user_quota, INT64_C(1) << 40);
}

CASE(numbers_that_are_wrong)
{
	static const char *const bad[] = { "", "x", "1.0", "1e1", "+5", "-", "--1", "1 0", "0x1",
		"5s", "5K", "5 M", "99999999999999999999" };
	char line[100];
	size_t i;

	start();
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(line, sizeof line, "\nfeed_page = %s\n", bad[i]);
		REFUSED(line, "2: feed_page must be a whole number");
	}
	REFUSED("feed_page = 0", "1: feed_page must be 1 to 30");
	REFUSED("feed_page = 31", "1: feed_page must be 1 to 30");
	REFUSED("feed_page = -1", "1: feed_page must be 1 to 30");
	REFUSED("utc_offset = -841", "1: utc_offset must be -840 to 840");
	REFUSED("upload_max = 1023", "1: upload_max must be 1024 to 1099511627776 bytes");
	REFUSED("upload_max = 1025G", "1: upload_max must be 1024 to");
	REFUSED("upload_max = 9223372036854775807G", "1: upload_max must be 1024 to");
	REFUSED("upload_max = 18014398509481985K", "1: upload_max must be"); /* 2^64 + 1024 */
	REFUSED("upload_max = G", "1: upload_max must be a whole number");
	REFUSED("upload_max = 5k", "1: upload_max must be a whole number");
	REFUSED("upload_max = 5GG", "1: upload_max must be a whole number");
	REFUSED("upload_max = 5m", "1: upload_max must be a whole number");
	REFUSED("cache_ttl = 4", "1: cache_ttl must be 5 to 3600 seconds");
	REFUSED("cache_ttl = 2h", "1: cache_ttl must be 5 to 3600 seconds");
	REFUSED("cache_ttl = 1M", "1: cache_ttl must be a whole number");
	REFUSED("cache_ttl = 1 m", "1: cache_ttl must be a whole number");
}

CASE(texts_that_are_wrong)
{
	char line[700];

	start();
	REFUSED("db_name =", "1: db_name must have 1 to 64 bytes, not 0");
	snprintf(line, sizeof line, "db_name = %064d\n", 1);
	CHECK(load(line) != NULL);
	snprintf(line, sizeof line, "db_name = %065d\n", 1);
	REFUSED(line, "1: db_name must have 1 to 64 bytes, not 65");
	CHECK(load("public_url =\nmedia_socket =\navatar = ") != NULL);
	CHECK(load("log_level = debug") != NULL && load("log_level = error") != NULL);
	REFUSED("log_level = trace", "1: log_level must be error, warn, info or debug");
	REFUSED("log_level = INFO", "1: log_level must be");
	CHECK(load("media_url = http://c") != NULL && load("media_url = https://c/x") != NULL);
	REFUSED("public_url = v.example.org", "1: public_url must begin with http");
	REFUSED("public_url = https://v.example.org/", "1: public_url must begin with http");
	REFUSED("media_url = ftp://x", "1: media_url must begin with http");
	REFUSED("media_url = https://", "1: media_url must begin with http");
	REFUSED("media_url = http:///x", "1: media_url must begin with http");
}

CASE(files_that_cannot_be)
{
	static char big[70000];
	size_t i;

	start();
	CHECK(conf_load("/nonexistent/doufu.conf", why, sizeof why) == NULL);
	CHECK(strstr(why, "/nonexistent/doufu.conf: No such file") != NULL);
	CHECK(conf_load(dir, why, sizeof why) == NULL);
	CHECK(strstr(why, "Is a directory") != NULL);
	for (i = 0; i < sizeof big; i += 2)
		memcpy(big + i, "#\n", 2);
	put_bytes(main_path, big, 65536, 0644);
	CHECK(conf_load(main_path, why, sizeof why) != NULL);
	put_bytes(main_path, big, 65537, 0644);
	CHECK(conf_load(main_path, why, sizeof why) == NULL);
	CHECK(strstr(why, "larger than 64 KiB") != NULL);
	put_bytes(main_path, big, 70000, 0644);
	CHECK(conf_load(main_path, why, sizeof why) == NULL);
	/* a sentence is cut, not written beyond its place */
	memset(why, 'x', sizeof why);
	CHECK(conf_load(main_path, why, 8) == NULL);
	CHECK(strlen(why) == 7 && why[8] == 'x');
	CHECK(conf_load(main_path, NULL, 0) == NULL);
}

CASE(secrets)
{
	const struct conf *c;

	start();
	put(secret_path, "# keys\ndb_password = p w\ntoken_key = " HEX64 "\n", 0600);
	c = load("");
	CHECK_STR(why, "");
	CHECK(c != NULL);
	CHECK_STR(c->db_password, "p w");
	CHECK_STR(c->token_key, HEX64);
	chmod(secret_path, 0400);
	CHECK(load("") != NULL);
	CHECK(load("secret_file = other\n") != NULL); /* a missing one is empty */
	REFUSED("db_password = x\n", "1: db_password is a secret: put it in secret_file");
	CHECK(strstr(why, "= x") == NULL);
}

CASE(secret_files_that_are_wrong)
{
	static const mode_t open_modes[] = { 0640, 0604, 0644, 0620, 0601 };
	size_t i;

	start();
	for (i = 0; i < sizeof open_modes / sizeof *open_modes; i++) {
		char want[100];

		put(secret_path, "", open_modes[i]);
		CHECK(load("") == NULL);
		snprintf(want, sizeof want, "chmod 600 %s", secret_path);
		CHECK(strstr(why, want) != NULL);
	}
	put(secret_path, "db_name = x\n", 0600);
	CHECK(load("") == NULL);
	CHECK(strstr(why, "secret:1: db_name is no secret") != NULL);
	put(secret_path, "\nhunter2 = \n", 0600);
	CHECK(load("") == NULL);
	CHECK(strstr(why, "secret:2: unknown key") != NULL);
	CHECK(strstr(why, "hunter2") == NULL);
	put(secret_path, "hunter2\n", 0600);
	CHECK(load("") == NULL);
	CHECK(strstr(why, "hunter2") == NULL);
	put(secret_path, "token_key = deadbeef\n", 0600);
	CHECK(load("") == NULL);
	CHECK(strstr(why, "secret:1: token_key must have 64 to 128 bytes, not 8") != NULL);
	put(secret_path, "token_key = x" HEX64 "\n", 0600);
	CHECK(load("") == NULL);
	CHECK(strstr(why, "hex") != NULL && strstr(why, HEX64) == NULL);
	put(secret_path, "token_key = 0" HEX64 "\n", 0600);
	CHECK(load("") == NULL);
	CHECK(strstr(why, "an even number of hex digits") != NULL);
	put(secret_path, "token_key =\ntoken_key =\n", 0600);
	CHECK(load("") == NULL);
	CHECK(strstr(why, "secret:2: token_key stands here for the second time") != NULL);
	unlink(secret_path);
	CHECK(mkdir(secret_path, 0700) == 0);
	CHECK(load("") == NULL);
	CHECK(strstr(why, "must be a regular file") != NULL);
	rmdir(secret_path);
	CHECK(mkfifo(secret_path, 0600) == 0);
	CHECK(load("") == NULL);
	CHECK(strstr(why, "must be a regular file") != NULL);
}

CASE(environment_wins)
{
	const struct conf *c;

	start();
	put(secret_path, "db_password = file\ntoken_key = " HEX64 "\n", 0600);
	setenv("DOUFU_DB_NAME", "env", 1);
	setenv("DOUFU_DB_PASSWORD", "env", 1);
	setenv("DOUFU_CACHE_TTL", "1m", 1);
	setenv("DOUFU_PUBLIC_URL", "", 1);
	setenv("DOUFU", "no matter", 1);
	c = load("db_name = file\ndb_user = file\npublic_url = https://x\n");
	CHECK_STR(why, "");
	CHECK(c != NULL);
	CHECK_STR(c->db_name, "env");
	CHECK_STR(c->db_user, "file");
	CHECK_STR(c->db_password, "env");
	CHECK_STR(c->token_key, HEX64);
	CHECK_STR(c->public_url, "");
	CHECK_INT(c->cache_ttl, 60);
	unsetenv("DOUFU");
}

CASE(environment_that_is_wrong)
{
	start();
	setenv("DOUFU_DB_NAMES", "x", 1);
	CHECK(load("") == NULL);
	CHECK_STR(why, "DOUFU_DB_NAMES: no key has this name");
	unsetenv("DOUFU_DB_NAMES");
	setenv("DOUFU_DB_NAM", "x", 1);
	CHECK(load("") == NULL);
	unsetenv("DOUFU_DB_NAM");
	setenv("DOUFU_db_name", "x", 1);
	CHECK(load("") == NULL);
	unsetenv("DOUFU_db_name");
	setenv("DOUFU_", "x", 1);
	CHECK(load("") == NULL);
	unsetenv("DOUFU_");
	setenv("DOUFU_FEED_PAGE", "31", 1);
	CHECK(load("feed_page = 5") == NULL);
	CHECK_STR(why, "DOUFU_FEED_PAGE: feed_page must be 1 to 30");
	unsetenv("DOUFU_FEED_PAGE");
	setenv("DOUFU_TOKEN_KEY", "hunter2", 1);
	CHECK(load("") == NULL);
	CHECK(strstr(why, "DOUFU_TOKEN_KEY: ") == why && strstr(why, "hunter2") == NULL);
}

CASE(secret_file_may_come_from_the_environment)
{
	const struct conf *c;

	start();
	put(secret_path, "db_password = found\n", 0600);
	setenv("DOUFU_SECRET_FILE", secret_path, 1);
	c = load("secret_file = elsewhere\n");
	CHECK(c != NULL);
	CHECK_STR(c->db_password, "found");
}

CASE(paths_are_taken_from_the_directory_of_the_file)
{
	const struct conf *c;
	char want[200];

	start();
	CHECK(mkdir(var_dir, 0700) == 0);
	put(var_path,
	    "db_socket = sock/db\nlog_file = ../log\nmedia_dir = /srv/media\nmedia_socket =\n"
	    "cache_servers = run/mc,/run/mc2,host:11211\navatar = img/a.png\n",
	    0644);
	c = conf_load(NULL, why, sizeof why); /* var/doufu.conf is found by itself */
	CHECK(c != NULL);
	CHECK_STR(c->file, "var/doufu.conf");
	snprintf(want, sizeof want, "%s/sock/db", var_dir);
	CHECK_STR(c->db_socket, want);
	snprintf(want, sizeof want, "%s/../log", var_dir);
	CHECK_STR(c->log_file, want);
	snprintf(want, sizeof want, "%s/run/shm", var_dir);
	CHECK_STR(c->shm_file, want);
	CHECK_STR(c->media_dir, "/srv/media");
	CHECK_STR(c->media_socket, "");
	CHECK_STR(c->cache_servers, "run/mc,/run/mc2,host:11211");
	CHECK_STR(c->avatar, "img/a.png");

	put(main_path, "", 0644);
	c = conf_load("doufu.conf", why, sizeof why);
	CHECK(c != NULL);
	snprintf(want, sizeof want, "%s/run/shm", dir);
	CHECK_STR(c->shm_file, want);
}

CASE(which_file)
{
	const struct conf *c;
	char want[200];

	start();
	CHECK(mkdir(var_dir, 0700) == 0);
	put(var_path, "db_name = var\n", 0644);
	put(main_path, "db_name = main\n", 0644);
	setenv("DOUFU_CONF", main_path, 1);
	c = conf_load(NULL, why, sizeof why);
	CHECK(c != NULL);
	CHECK_STR(c->db_name, "main");
	c = conf_load(var_path, why, sizeof why);
	CHECK(c != NULL);
	CHECK_STR(c->db_name, "var");
	setenv("DOUFU_CONF", "/nonexistent", 1);
	CHECK(conf_load(NULL, why, sizeof why) == NULL);
	CHECK(strstr(why, "/nonexistent: No such file") != NULL);
	setenv("DOUFU_CONF", "", 1);
	c = conf_load(NULL, why, sizeof why);
	CHECK(c != NULL);
	CHECK_STR(c->db_name, "var");
	unlink(var_path);
	if (access("/etc/doufu/doufu.conf", F_OK) == 0)
		return;
	unsetenv("DOUFU_CONF");
	CHECK(conf_load(NULL, why, sizeof why) == NULL);
	CHECK(strstr(why, "no configuration") == why);
	setenv("DOUFU_DB_NAME", "env", 1);
	c = conf_load(NULL, why, sizeof why);
	CHECK(c != NULL);
	CHECK_STR(c->file, "");
	CHECK_STR(c->db_name, "env");
	snprintf(want, sizeof want, "%s/run/shm", dir);
	CHECK_STR(c->shm_file, want);
}

CASE(a_failed_load_changes_nothing)
{
	const struct conf *c;
	const char *name;

	start();
	c = load("db_name = good\n");
	CHECK(c != NULL);
	name = c->db_name;
	CHECK(load("db_name = other\nfeed_page = 0\n") == NULL);
	CHECK_STR(c->db_name, "good");
	CHECK(load("db_name = other\n") == c);
	CHECK_STR(c->db_name, "other");
	CHECK_STR(name, "good");
}

/* What print writes. */
static char *
printed(void (*print)(FILE *))
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	print(f);
	fclose(f);
	return text;
}

CASE(sample_is_a_configuration)
{
	char *text = printed(conf_print_sample), *line, *rest = NULL, *live;
	struct conf with, without;
	const struct conf *c;
	size_t keys = 0;

	start();
	CHECK(strstr(text, "\n#feed_page = 30\n") != NULL);
	CHECK(strstr(text, "\n#public_url =\n") != NULL);
	CHECK(strstr(text, "\n#token_key") == NULL && strstr(text, "\n# token_key: ") != NULL);
	CHECK(strstr(text, "\n#db_password") == NULL && strstr(text, "\n# db_password: ") != NULL);
	c = load("");
	CHECK(c != NULL);
	without = *c;
	c = load(text); /* all in comments */
	CHECK(c != NULL);
	/* now with every key live: nothing may change */
	live = calloc(1, strlen(text) + 2);
	for (line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		CHECK(strlen(line) <= 78 || line[1] != ' ');
		CHECK(line[0] == '#');
		keys += line[1] != ' ';
		strcat(live, line + (line[1] != ' '));
		strcat(live, "\n");
	}
	c = load(live);
	CHECK_STR(why, "");
	CHECK(c != NULL);
	with = *c;
#define CONF(kind, key, dflt, min, max, doc) SAME_##kind(key);
#define SAME_TEXT(key) CHECK_STR(with.key, without.key)
#define SAME_SECRET(key) SAME_TEXT(key)
#define SAME_INT(key) CHECK_INT(with.key, without.key)
#define SAME_BYTES(key) CHECK_INT(with.key, without.key)
#define SAME_SPAN(key) CHECK_INT(with.key, without.key)
	CONF_TABLE(CONF)
#undef CONF
#define CONF(kind, key, dflt, min, max, doc) +1
	CHECK_INT(keys + 3, 0 CONF_TABLE(CONF));
#undef CONF
	free(live);
	free(text);
}

CASE(markdown_has_a_row_for_each_key)
{
	char *text = printed(conf_print_markdown), *p;
	int rows = 0;

	CHECK(strstr(text, "| key | default | meaning |\n| --- | --- | --- |\n") == text);
	CHECK(strstr(text, "\n| `feed_page` | `30` | Clips in one page of the feed. |\n") != NULL);
	CHECK(strstr(text, "\n| `token_key` |  | Key of the tokens") != NULL);
	for (p = text; (p = strchr(p, '\n')) != NULL; p++)
		rows++;
#define CONF(kind, key, dflt, min, max, doc) +1
	CHECK_INT(rows, 2 CONF_TABLE(CONF));
#undef CONF
	free(text);
}

UNIT_MAIN

#define BUCKET "s3_endpoint = https://s3.example.org:9000\ns3_bucket = clips\ns3_key = id\n"

/* What is wrong with several keys together has no line. */
#define REFUSED_WHOLE(text, begins)                                                                \
	do {                                                                                        \
		CHECK(load(text) == NULL);                                                          \
		CHECK_INT(strncmp(why, begins, strlen(begins)), 0);                                 \
	} while (0)

CASE(a_bucket_is_named_whole_or_not_at_all)
{
	const struct conf *c;

	start();
	c = load("");
	CHECK(c != NULL && !c->storage_is_s3 && c->s3_url == NULL);
	REFUSED("storage = tape", "1: storage must be files or s3");
	REFUSED_WHOLE("storage = s3", "storage = s3: s3_endpoint is empty");
	REFUSED("s3_endpoint = ftp://x", "1: s3_endpoint must be http");
	REFUSED("s3_endpoint = https://x/y", "1: s3_endpoint must be http");
	REFUSED("s3_bucket = Clips", "1: s3_bucket must be of a-z");
	REFUSED("s3_bucket = ab", "1: s3_bucket must have 3 to 63");
	REFUSED("s3_region = a/b", "1: s3_region must be of a-z");
	REFUSED("s3_path_style = 2", "1: s3_path_style must be 0 to 1");
	REFUSED("s3_secret = x", "1: s3_secret is a secret");
	REFUSED_WHOLE("s3_endpoint = https://x", "s3_endpoint is set: s3_bucket is empty");
	REFUSED_WHOLE(BUCKET, "s3_endpoint is set: s3_secret (in secret_file) is empty");
	put(secret_path, "s3_secret = hush:hush\n", 0600);
	c = load(BUCKET);
	CHECK(c != NULL && !c->storage_is_s3);
	CHECK_STR(c->s3_url, "https://s3.example.org:9000/clips");
	CHECK_STR(c->media_url, "");
	c = load(BUCKET "storage = s3\n");
	CHECK(c != NULL && c->storage_is_s3);
	CHECK_STR(c->media_url, "https://s3.example.org:9000/clips");
	CHECK_STR(c->s3_secret, "hush:hush");
	c = load(BUCKET "storage = s3\ns3_path_style = 0\nmedia_url = https://cdn.example.org\n");
	CHECK(c != NULL);
	CHECK_STR(c->s3_url, "https://clips.s3.example.org:9000");
	CHECK_STR(c->media_url, "https://cdn.example.org");
	REFUSED_WHOLE(BUCKET "storage = s3\nupload_max = 6G\n", "storage = s3: upload_max must be at most 5G");
}
