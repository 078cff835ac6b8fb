/* main.c - the admin command: what a person does to an installation, not over HTTP.
 *
 * Reads the same configuration as the programs.  Exit status: 0 done, 1 failed, 2 wrong usage. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/text.h"
#include "doufu.h"
#include "model/account.h"
#include "model/recount.h"
#include "model/report.h"
#include "model/search.h"
#include "model/search_pack.h"
#include "model/video.h"
#include "store/jobs.h"
#include "store/migrate.h"

static const char usage[] =
    "usage: doufu COMMAND\n"
    "  migrate                      bring the database to the newest schema\n"
    "  ping [--wait SECONDS]        does the database answer\n"
    "  doctor [--fix]               check every part of the installation, and mend what is kept for clips\n"
    "  recount [--fix]              compare every counter with the rows that it counts\n"
    "  user create NAME             make an account (the password is read from standard input)\n"
    "  user passwd NAME             give a new password, which ends all sessions\n"
    "  user disable|enable NAME     shut an account, which ends all sessions, or open it again\n"
    "  user role NAME admin|user    let a user moderate, or no longer\n"
    "  moderate list                what users have reported, oldest first\n"
    "  moderate act ACT KIND ID [UNTIL] [NOTE]\n"
    "                               hide, restore, warn, suspend (UNTIL: seconds since 1970) or dismiss\n"
    "                               a video, comment, user or message\n"
    "  video hide|show|delete ID    take a clip out of sight, put it back, or remove it for ever\n"
    "  video status ID              what has become of it\n"
    "  search reindex               make the search index anew, while all goes on\n"
    "  search check                 compare the search index with the rows\n"
    "  search refresh               move what became more popular, now\n"
    "  search pack                  pack the rows of frequent words, now\n"
    "  jobs [retry]                 list the jobs that failed for good, or try them again\n"
    "  media move --to s3|files [--dry-run] [--verify] [--delete]\n"
    "                               copy all media to the other storage; then, once new ones go\n"
    "                               there, remove them from the old one (--verify: read all back)\n"
    "  media orphans [--delete] [--older SECONDS]\n"
    "                               list (remove) media older than a day that no clip has\n"
    "  recommend fold               fold what people did into what they are shown, now\n"
    "  recommend explain USER [N]   why a user (name or id) is shown his next N (20) clips\n"
    "  demo                         put a few self-made clips into an empty database\n"
    "  demo-clip N FILE             write self-made clip N (0..4) to FILE\n"
    "  conf [--sample|--markdown]   show the configuration in force, or all keys\n"
    "  gen PROGRAMS OUT             make route files out of the programs' descriptions\n";

SQL(jobs_dead, "SELECT id, kind, ref_id, attempts, error FROM jobs WHERE dead = 1 ORDER BY id LIMIT 1000",
    "", "iiiis");
SQL(jobs_retry, "UPDATE jobs SET dead = 0, attempts = 0, run_at_ms = ? WHERE dead = 1", "i", "");

static struct call call;

static int
fail(enum err e)
{
	char text[300];

	err_sentence(text, sizeof(text), e, &call.problem, LANG_EN);
	fprintf(stderr, "doufu: %s\n", text);
	return 1;
}

void
doufu_print_text(const char *s)
{
	for (; *s != '\0'; s++) {
		/* C2 80 to C2 9F are the control characters of C1 in UTF-8. */
		if (s[0] == '\xc2' && (unsigned char)s[1] < 0xa0) {
			putchar('?');
			s++;
		} else {
			putchar((unsigned char)*s < ' ' || *s == 0x7f ? '?' : *s);
		}
	}
	putchar('\n');
}

const char *
doufu_share(void)
{
	static char share[3100];
	static const char *const beside[] = { "/../..", "/../../..", "/../share/doufu",
		"/../../share/doufu", "/.." };
	char exe[3000], path[3200];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (slash == NULL)
		return NULL;
	*slash = '\0';
	for (size_t i = 0; i < sizeof(beside) / sizeof(*beside); i++) {
		snprintf(share, sizeof(share), "%s%s", exe, beside[i]);
		snprintf(path, sizeof(path), "%s/sql/0001_base.sql", share);
		if (access(path, R_OK) == 0)
			return share;
	}
	return NULL;
}

static int
cmd_migrate(void)
{
	const char *share = doufu_share();
	char dir[3200], why[600];
	int64_t indexed;
	bool index;
	int applied;
	enum err e;

	if (share == NULL) {
		fputs("doufu: sql/ was not found beside this program\n", stderr);
		return 1;
	}
	snprintf(dir, sizeof(dir), "%s/sql", share);
	if (migrate_apply(call.db, call.mem, dir, &applied, why, sizeof(why)) != E_OK) {
		fprintf(stderr, "doufu: %s\n", why);
		return 1;
	}
	printf("schema %d, %d migrations applied\n", migrate_newest(dir), applied);
	/* What was written before there was an index. */
	e = search_wants_reindex(&call, &index);
	if (e == E_OK && index)
		e = search_reindex(&call, NULL, &indexed);
	return e == E_OK ? 0 : fail(e);
}

static int
cmd_ping(int argc, char **argv)
{
	int64_t until_us = clock_mono_us();
	char version[100];
	enum err e;

	if (argc == 4 && strcmp(argv[2], "--wait") == 0)
		until_us += strtoll(argv[3], NULL, 10) * 1000000;
	else if (argc != 2)
		return 2;
	/* While it waits, "not yet" is no news. */
	log_open("doufu", "/dev/null", LOG_ERROR);
	while ((e = db_ping(call.db, version, sizeof(version))) != E_OK && clock_mono_us() < until_us)
		usleep(100000);
	if (e != E_OK)
		return fail(e);
	printf("%s\n", version);
	return 0;
}

static void
difference(int64_t owner_id, const char *counter, int64_t stored, int64_t real)
{
	printf("%lld: %s is %lld, counted %lld\n", (long long)owner_id, counter, (long long)stored,
	    (long long)real);
}

static int
cmd_recount(int argc, char **argv)
{
	bool fix = argc == 3 && strcmp(argv[2], "--fix") == 0;
	int64_t n;
	enum err e;

	if (argc > 2 && !fix)
		return 2;
	e = recount(&call, fix, difference, &n);
	if (e != E_OK)
		return fail(e);
	printf("%lld differences%s\n", (long long)n, fix && n ? ", mended" : "");
	return n > 0 && !fix;
}

/* A line of standard input, not echoed to a terminal. */
static bool
read_password(char *out, size_t size)
{
	struct termios old, quiet;
	bool tty = tcgetattr(STDIN_FILENO, &old) == 0, good;

	if (tty) {
		fputs("password: ", stderr);
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
	}
	good = fgets(out, (int)size, stdin) != NULL;
	if (tty) {
		tcsetattr(STDIN_FILENO, TCSANOW, &old);
		fputc('\n', stderr);
	}
	if (!good)
		return false;
	out[strcspn(out, "\r\n")] = '\0';
	return out[0] != '\0' && utf8_valid(out, strlen(out)) &&
	    utf8_count(out, strlen(out)) <= ACCOUNT_PASSWORD_MAX;
}

static int
cmd_user(int argc, char **argv)
{
	char password[200] = "";
	const char *what = argc == 4 || (argc == 5 && strcmp(argv[2], "role") == 0) ? argv[2] : "";
	bool create = strcmp(what, "create") == 0, passwd = strcmp(what, "passwd") == 0;
	struct account_login login;
	enum err e;

	if ((create || passwd) && !read_password(password, sizeof(password))) {
		fprintf(stderr, "doufu: give a password of 1 to %d characters on standard input\n",
		    ACCOUNT_PASSWORD_MAX);
		return 1;
	}
	if (create) {
		if (utf8_count(argv[3], strlen(argv[3])) > ACCOUNT_NAME_MAX) {
			fprintf(stderr, "doufu: a name has at most %d characters\n", ACCOUNT_NAME_MAX);
			return 1;
		}
		e = account_register(
		    &call, &(struct account_new){ .name = argv[3], .password = password }, &login);
		if (e == E_OK)
			printf("user %lld\n", (long long)login.user_id);
	} else if (passwd) {
		e = account_set_password(&call, argv[3], password);
	} else if (argc == 5) {
		bool admin = strcmp(argv[4], "admin") == 0;

		if (!admin && strcmp(argv[4], "user") != 0)
			return 2;
		e = report_role(&call, argv[3], admin);
	} else if (strcmp(what, "disable") == 0 || strcmp(what, "enable") == 0) {
		e = account_set_disabled(&call, argv[3], what[0] == 'd');
	} else {
		return 2;
	}
	return e == E_OK ? 0 : fail(e);
}

static int
moderate_list(void)
{
	struct page page = { .n = REPORT_LIST_MAX };
	struct report_list list;
	size_t n = 0;

	do {
		enum err e = report_queue(&call, &page, &list);

		if (e != E_OK)
			return fail(e);
		for (size_t i = 0; i < list.n; i++) {
			const struct report *r = list.rows[i];

			printf("%s %lld of user %lld, %lld reports: ", r->kind, (long long)r->thing_id,
			    (long long)r->about_id, (long long)r->count);
			doufu_print_text(r->content);
			for (size_t k = 0; k < r->reasons.n; k++) {
				const struct report_reason *why = r->reasons.rows[k];

				printf("    %lld %s ", (long long)why->count, why->reason);
				doufu_print_text(why->text);
			}
		}
		n += list.n;
		page.a = list.last_a;
		page.b = list.last_b;
	} while (list.more);
	printf("%zu reported\n", n);
	return 0;
}

static int
cmd_moderate(int argc, char **argv)
{
	struct report_act act = { .note = "" };
	int at = 6;
	enum err e;

	if (argc == 3 && strcmp(argv[2], "list") == 0)
		return moderate_list();
	if (argc < 6 || strcmp(argv[2], "act") != 0 || !id_parse_int(argv[5], strlen(argv[5]), &act.thing_id))
		return 2;
	act.act = argv[3];
	act.kind = argv[4];
	if (strcmp(act.act, "suspend") == 0) {
		if (argc < 7 || !id_parse_int(argv[at], strlen(argv[at]), &act.until_ms))
			return 2;
		act.until_ms *= 1000;
		at++;
	}
	if (argc > at + 1)
		return 2;
	if (argc > at)
		act.note = argv[at];
	/* The user sends it back as he read it, and then it is a parameter. */
	if (!utf8_valid(act.note, strlen(act.note)) || utf8_has_control(act.note, strlen(act.note), false) ||
	    utf8_count(act.note, strlen(act.note)) > REPORT_NOTE_MAX)
		return 2;
	e = report_do(&call, &act);
	return e == E_OK ? 0 : fail(e);
}

static int
cmd_video(int argc, char **argv)
{
	int64_t id;
	enum err e;

	if (argc != 4 || !id_parse_int(argv[3], strlen(argv[3]), &id))
		return 2;
	if (strcmp(argv[2], "status") == 0) {
		const struct video *v;

		e = video_get(&call, id, &v);
		if (e == E_OK)
			printf("%s%s%s%s\n", v->state_name, v->reason[0] ? ": " : "", v->reason,
			    v->visible ? "" : " (not visible)");
	} else if (strcmp(argv[2], "hide") == 0 || strcmp(argv[2], "delete") == 0)
		e = report_do(&call, &(struct report_act){ argv[2], "video", "", id, 0 });
	else if (strcmp(argv[2], "show") == 0)
		e = report_do(&call, &(struct report_act){ "restore", "video", "", id, 0 });
	else
		return 2;
	return e == E_OK ? 0 : fail(e);
}

static void
search_difference(int64_t id, const char *what)
{
	printf("%lld %s\n", (long long)id, what);
}

static void
search_progress(int64_t done)
{
	if (isatty(STDOUT_FILENO) && done % 10240 == 0)
		printf("%lld\n", (long long)done);
}

static int
cmd_search(int argc, char **argv)
{
	const char *what = argc == 3 ? argv[2] : "";
	bool check = strcmp(what, "check") == 0;
	int64_t n;
	enum err e;

	if (check)
		e = search_check(&call, search_difference, &n);
	else if (strcmp(what, "reindex") == 0)
		e = search_reindex(&call, search_progress, &n);
	else if (strcmp(what, "refresh") == 0)
		e = search_refresh(&call, SIZE_MAX, &n);
	else if (strcmp(what, "pack") == 0)
		e = search_pack(&call, SIZE_MAX, &n);
	else
		return 2;
	if (e != E_OK)
		return fail(e);
	printf("%lld %s\n", (long long)n, check ? "differences"
		: strcmp(what, "refresh") == 0	 ? "moved"
		: strcmp(what, "pack") == 0	 ? "postings packed"
						 : "rows");
	return check && n > 0;
}

static int
cmd_jobs(int argc, char **argv)
{
	static const char *const kinds[] = { "job", "first look", "removal", "clean-up", "renditions",
		"preview", "picture" };
	struct rows r;
	int64_t n;
	enum err e;

	if (argc == 3 && strcmp(argv[2], "retry") == 0) {
		e = db_exec(call.db, &jobs_retry, ARGS(I(clock_ms())), &n);
		if (e != E_OK)
			return fail(e);
		printf("%lld jobs will be tried again\n", (long long)n);
		jobs_nudge(call.conf->media_socket);
		return 0;
	}
	if (argc != 2)
		return 2;
	e = db_select(call.db, call.mem, &jobs_dead, ARGS({ 0 }), &r);
	if (e != E_OK)
		return fail(e);
	for (size_t i = 0; i < r.n; i++) {
		const struct val *v = r.v + i * r.cols;

		printf("job %lld: %s of %lld, %lld attempts: %s\n", (long long)v[0].i,
		    v[1].i >= 0 && v[1].i < (int64_t)(sizeof kinds / sizeof *kinds) ? kinds[v[1].i] : "job",
		    (long long)v[2].i, (long long)v[3].i,
		    v[4].s);
	}
	printf("%zu failed jobs\n", r.n);
	return 0;
}

static int
cmd_conf(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[2], "--sample") == 0)
		conf_print_sample(stdout);
	else if (argc == 3 && strcmp(argv[2], "--markdown") == 0)
		conf_print_markdown(stdout);
	else
		return 2;
	return 0;
}

/* What works without a configuration; -1: not one of these. */
static int
without_conf(int argc, char **argv)
{
	if (strcmp(argv[1], "conf") == 0 && argc == 3)
		return cmd_conf(argc, argv);
	if (strcmp(argv[1], "demo-clip") == 0)
		return argc == 4 ? doufu_demo_clip((int)strtol(argv[2], NULL, 10), argv[3]) : 2;
	if (strcmp(argv[1], "gen") == 0)
		return argc == 4 ? doufu_gen(argv[2], argv[3]) : 2;
	if (strcmp(argv[1], "doctor") == 0) {
		bool fix = argc == 3 && strcmp(argv[2], "--fix") == 0;

		return argc == 2 || fix ? doufu_doctor(doufu_share(), fix) : 2;
	}
	return -1;
}

static void
print_conf(const struct conf *conf)
{
#define SHOW_TEXT(key) printf("%s = %s\n", #key, conf->key)
#define SHOW_SECRET(key) printf("# %s is %s\n", #key, conf->key[0] ? "set" : "not set")
#define SHOW_INT(key) printf("%s = %lld\n", #key, (long long)conf->key)
#define SHOW_BYTES SHOW_INT
#define SHOW_SPAN SHOW_INT
#define CONF(kind, key, dflt, min, max, doc) SHOW_##kind(key);
	CONF_TABLE(CONF)
#undef CONF
}

int
main(int argc, char **argv)
{
	const struct conf *conf;
	char why[400];
	int rc = argc > 1 ? without_conf(argc, argv) : 2;

	if (rc < 0) {
		log_open("doufu", NULL, LOG_WARN);
		conf = conf_load(NULL, why, sizeof(why));
		if (conf == NULL || !call_open(&call, conf, why, sizeof(why))) {
			fprintf(stderr, "doufu: %s\n", why);
			return 1;
		}
		if (strcmp(argv[1], "migrate") == 0 && argc == 2)
			rc = cmd_migrate();
		else if (strcmp(argv[1], "ping") == 0)
			rc = cmd_ping(argc, argv);
		else if (strcmp(argv[1], "recount") == 0)
			rc = cmd_recount(argc, argv);
		else if (strcmp(argv[1], "user") == 0)
			rc = cmd_user(argc, argv);
		else if (strcmp(argv[1], "moderate") == 0)
			rc = cmd_moderate(argc, argv);
		else if (strcmp(argv[1], "video") == 0)
			rc = cmd_video(argc, argv);
		else if (strcmp(argv[1], "search") == 0)
			rc = cmd_search(argc, argv);
		else if (strcmp(argv[1], "jobs") == 0)
			rc = cmd_jobs(argc, argv);
		else if (strcmp(argv[1], "media") == 0)
			rc = doufu_media(&call, argc, argv);
		else if (strcmp(argv[1], "recommend") == 0) {
			enum err e = E_OK;

			rc = doufu_recommend(&call, argc, argv, &e);
			if (rc == 1)
				rc = fail(e);
		} else if (strcmp(argv[1], "demo") == 0 && argc == 2)
			rc = doufu_demo(&call);
		else if (strcmp(argv[1], "conf") == 0)
			print_conf(conf), rc = 0;
		else
			rc = 2;
		call_close(&call);
	}
	if (rc == 2)
		fputs(usage, stderr);
	return rc;
}
