/* doctor.c - looks at every part of an installation and says what is wrong and how to mend it.
 *
 * One line a check: "ok", "note" (works, could be better) or "BAD" with a remedy.  It changes
 * nothing, but with --fix what doctor_media.c finds in the files and states of clips; an object that it
 * puts into the bucket it also removes. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/id.h"
#include "base/log.h"
#include "doufu.h"
#include "media/media.h"
#include "model/password.h"
#include "model/search.h"
#include "store/files.h"
#include "store/migrate.h"
#include "store/s3.h"

#define LOW_BYTES (INT64_C(1) << 30)
#define STUCK_MS (10 * INT64_C(60000))

SQL(doctor_clock, "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)", "", "i");
SQL(doctor_variables, "SELECT @@innodb_flush_log_at_trx_commit, @@max_connections", "", "ii");
SQL(doctor_jobs,
    "SELECT COALESCE(SUM(dead), 0), COUNT(*), COALESCE(MIN(CASE WHEN dead = 0 THEN run_at_ms END), 0) "
    "FROM jobs",
    "", "iii");

static int bad;

__attribute__((format(printf, 2, 3))) static void
say(const char *how, const char *fmt, ...)
{
	va_list ap;

	printf("%-5s ", how);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	bad += strcmp(how, "BAD") == 0;
}

static void
check_secrets(const struct conf *conf)
{
	if (conf->token_key[0] == '\0')
		say("BAD", "token_key is not set: put \"token_key = HEX\" with the output of "
			   "`openssl rand -hex 32` into %s, mode 0600", conf->secret_file);
	else
		say("ok", "token_key is set");
}

static void
check_password_hash(struct call *c)
{
	if (password_hash(c->mem, "doctor", 1) == NULL)
		say("BAD", "crypt(3) knows no yescrypt: install libcrypt1 4.3 or newer");
	else
		say("ok", "passwords are hashed by yescrypt, cost %lld", (long long)c->conf->password_cost);
}

static void
check_schema(struct call *c, const char *share)
{
	char dir[3200];
	int version, newest;

	snprintf(dir, sizeof(dir), "%s/sql", share ? share : ".");
	newest = share ? migrate_newest(dir) : -1;
	if (migrate_version(c->db, c->mem, &version) != E_OK)
		say("BAD", "the schema cannot be read: give user %s all rights on database %s",
		    c->conf->db_user, c->conf->db_name);
	else if (newest < 0)
		say("BAD", "sql/ was not found beside this program: install it as `make install` does");
	else if (version != newest)
		say("BAD", "the schema is %d, this program wants %d: run `doufu migrate`", version, newest);
	else
		say("ok", "schema %d", version);
}

static void
check_database(struct call *c, const char *share)
{
	const struct conf *conf = c->conf;
	char version[100];
	struct rows r;

	if (db_ping(c->db, version, sizeof(version)) != E_OK) {
		say("BAD", "no database at %s: is it running, and are db_user and db_password right?",
		    conf->db_hosts[0] ? conf->db_hosts : conf->db_socket);
		return;
	}
	say("ok", "database %s", version);
	check_schema(c, share);
	if (db_select(c->db, c->mem, &doctor_clock, ARGS({ 0 }), &r) == E_OK && r.n == 1) {
		int64_t off_ms = r.v[0].i - c->now_ms;

		if (off_ms > 5000 || off_ms < -5000)
			say("note", "the database's clock is %lld ms off: run NTP on both", (long long)off_ms);
	}
	if (db_select(c->db, c->mem, &doctor_variables, ARGS({ 0 }), &r) == E_OK && r.n == 1) {
		if (r.v[0].i != 1)
			say("note", "innodb_flush_log_at_trx_commit is %lld: a power cut can lose what was "
				    "acknowledged; 1 loses nothing", (long long)r.v[0].i);
		if (r.v[1].i < 150)
			say("note", "max_connections is %lld: every program of a pool holds one",
			    (long long)r.v[1].i);
	}
	if (db_select(c->db, c->mem, &doctor_jobs, ARGS({ 0 }), &r) == E_OK && r.n == 1) {
		if (r.v[0].i > 0)
			say("note", "%lld media jobs failed for good: see `doufu jobs`, mend the cause, "
				    "`doufu jobs retry`", (long long)r.v[0].i);
		if (r.v[2].i > 0 && r.v[2].i < c->now_ms - STUCK_MS)
			say("BAD", "a media job has waited for %lld minutes: does media_watch run, or "
				   "cron media_worker?", (long long)((c->now_ms - r.v[2].i) / 60000));
		else
			say("ok", "%lld media jobs in the queue", (long long)(r.v[1].i - r.v[0].i));
	}
}

static void
check_search(struct call *c)
{
	bool unfinished;

	if (search_wants_reindex(c, &unfinished) != E_OK)
		return;
	say(unfinished ? "note" : "ok", unfinished
	    ? "the search index is empty or was not finished: `doufu search reindex`"
	    : "search index (`doufu search check` compares it with the rows)");
}

static void
check_cache(struct call *c)
{
	if (c->conf->cache_servers[0] == '\0')
		say("note", "no memcached is configured (cache_servers): everything works, but slower");
	else if (!rows_cache_alive(c->rows))
		say("BAD", "memcached does not answer at %s: everything works, but slower",
		    c->conf->cache_servers);
	else
		say("ok", "memcached answers");
}

static void
check_media(const struct conf *conf)
{
	struct statvfs fs;
	int64_t free_bytes;

	if (access(conf->media_dir, W_OK | X_OK) != 0 || statvfs(conf->media_dir, &fs) != 0) {
		say("BAD", "media_dir %s: %s (make it, owned by the user of the programs)", conf->media_dir,
		    strerror(errno));
		return;
	}
	free_bytes = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	say(free_bytes < LOW_BYTES ? "note" : "ok", "media_dir %s, %lld MB free", conf->media_dir,
	    (long long)(free_bytes >> 20));
}

/* An object, there and back and away. */
static void
check_bucket(struct arena *a, const struct conf *conf)
{
	char name[FILES_NAME + 1], *path, *incoming, *url;
	int fd = files_receive(a, conf->media_dir, &incoming);
	struct digest d;
	bool found = false;
	enum err e = E_DISK;
	long status;

	if (fd < 0)
		return; /* media_dir was told of */
	files_drop(a, conf->media_dir, incoming);
	files_name(name);
	path = files_path(a, 'p', name, "txt");
	if (write(fd, name, FILES_NAME) == FILES_NAME && digest_fd(fd, &d))
		e = s3_put(conf, path, fd, &d);
	close(fd);
	if (e == E_OK)
		e = s3_get(conf, path, -1, &found);
	if (e != E_OK || !found) {
		say("BAD", "the bucket %s does not work: %s", conf->s3_url, e != E_OK ? s3_why()
		    : "what was put there cannot be read");
		return;
	}
	url = arena_printf(a, "%s/%s", conf->media_url, path);
	status = conf->storage_is_s3 ? s3_public_status(conf, url) : 200;
	if (status != 200)
		say("BAD", "nobody can watch: %s answers HTTP %ld to who is not signed in: let everybody "
			   "read the bucket's objects, or set media_url", conf->media_url, status);
	if (s3_remove(conf, path) != E_OK)
		say("BAD", "objects cannot be removed from %s: %s", conf->s3_url, s3_why());
	else if (status == 200)
		say("ok", "bucket %s%s", conf->s3_url, conf->storage_is_s3 ? "" : " (new files go to media_dir)");
}

static void
check_cell(void)
{
	struct cell_layers layers;

	cell_probe(&layers);
	say(layers.seccomp && layers.no_new_privs ? "ok" : "note",
	    "media cell: rlimits %s, no_new_privs %s, seccomp %s, landlock %s",
	    layers.rlimits ? "yes" : "no", layers.no_new_privs ? "yes" : "no",
	    layers.seccomp ? "yes" : "NO", layers.landlock_abi ? "yes" : "no");
}

static void
check_shm(struct call *c)
{
	uint64_t last_s = atomic_load(&c->shm->id_word) >> 15;
	int64_t ahead_s = (int64_t)last_s - (c->now_ms - ID_EPOCH_MS) / 1000;
	static const char *const names[] = {
#define M(name) #name,
		SHM_METRIC_TABLE(M)
#undef M
	};

	if (ahead_s > 60)
		say("BAD", "the newest id is %lld s ahead of the clock: was the clock set back?  Ids stay "
			   "right, but times look odd", (long long)ahead_s);
	else
		say("ok", "shared memory %s", c->conf->shm_file);
	for (size_t i = 0; i < SHM_METRIC_COUNT; i++)
		printf("      %s %llu\n", names[i], (unsigned long long)atomic_load(&c->shm->metrics[i]));
}

int
doufu_doctor(const char *share, bool fix)
{
	const struct conf *conf;
	struct call c;
	char why[400];

	log_open("doufu", NULL, LOG_ERROR);
	conf = conf_load(NULL, why, sizeof(why));
	if (conf == NULL) {
		say("BAD", "%s", why);
		return 1;
	}
	say("ok", "configuration %s", conf->file[0] ? conf->file : "from the environment");
	check_secrets(conf);
	check_media(conf);
	check_cell();
	if (!call_open(&c, conf, why, sizeof(why))) {
		say("BAD", "%s (its directory must be writable for the user of the programs)", why);
		return 1;
	}
	check_shm(&c);
	if (conf->s3_url != NULL)
		check_bucket(c.mem, conf);
	check_password_hash(&c);
	check_database(&c, share);
	check_search(&c);
	check_cache(&c);
	bad += doufu_doctor_media(&c, fix);
	call_close(&c);
	printf(bad ? "%d things to mend\n" : "all is well\n", bad);
	return bad > 0;
}
