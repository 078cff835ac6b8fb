/* jobs.c - see jobs.h.
 *
 * The invariant: whoever changes a claimed job names its id and the token of his lease; a claim is
 * one UPDATE, so that no lock is held while working and Galera, Vitess and TiDB can do it. */
#include "store/jobs.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

#define ERROR_MAX 500
#define PAUSE_MS INT64_C(10000)
#define PAUSE_MAX_MS INT64_C(3600000)

SQL(job_add, "INSERT INTO jobs (id, kind, ref_id, run_at_ms, lane) VALUES (?, ?, ?, ?, ?)", "iiiii", "");
SQL(job_claim,
    "UPDATE jobs SET token = ?, run_at_ms = ?, attempts = attempts + 1 "
    "WHERE lane = ? AND dead = 0 AND run_at_ms <= ? ORDER BY run_at_ms, id LIMIT 1",
    "siii", "");
SQL(job_claimed, "SELECT id, kind, ref_id, attempts FROM jobs WHERE token = ?", "s", "iiii");
SQL(job_renew, "UPDATE jobs SET run_at_ms = ? WHERE id = ? AND token = ?", "iis", "");
SQL(job_held, "SELECT id FROM jobs WHERE id = ? AND token = ?", "is", "i");
SQL(job_done, "DELETE FROM jobs WHERE id = ? AND token = ?", "is", "");
SQL(job_fail,
    "UPDATE jobs SET token = '', dead = ?, run_at_ms = ?, error = ? WHERE id = ? AND token = ?",
    "iisis", "");
SQL(job_release,
    "UPDATE jobs SET token = '', run_at_ms = ?, attempts = attempts - 1 WHERE id = ? AND token = ?", "iis",
    "");
SQL(job_give_back, "UPDATE jobs SET token = '', run_at_ms = ? WHERE token >= ? AND token < ?", "iss", "");
SQL(job_next, "SELECT MIN(run_at_ms) FROM jobs WHERE lane = ? AND dead = 0", "i", "i");

static char owner_of_all[JOB_OWNER + 1];

void
jobs_owner(const char *owner)
{
	size_t n = strnlen(owner, JOB_OWNER);

	memcpy(owner_of_all, owner, n);
	owner_of_all[n] = '\0';
}

enum err
jobs_give_back(struct db *db, const char owner[JOB_OWNER + 1], int64_t now_ms)
{
	char first[JOB_OWNER + 2], last[JOB_OWNER + 2];

	memcpy(first, owner, JOB_OWNER);
	memcpy(last, owner, JOB_OWNER);
	memcpy(first + JOB_OWNER, "0", 2);
	memcpy(last + JOB_OWNER, "g", 2);
	return db_exec(db, &job_give_back, ARGS(I(now_ms), S(first), S(last)), NULL);
}

enum err
jobs_add(struct db *db, int64_t id, enum job_kind kind, int64_t ref_id, int64_t run_at_ms)
{
	bool slow = kind == JOB_RUNGS || kind == JOB_EXPORT || kind == JOB_LEAVE;
	enum job_lane lane = slow ? LANE_SLOW : LANE_QUICK;

	return db_exec(db, &job_add, ARGS(I(id), I(kind), I(ref_id), I(run_at_ms), I(lane)), NULL);
}

static enum err
one_changed(enum err e, int64_t changed)
{
	return e == E_OK && changed == 0 ? E_NO_ROW : e;
}

static enum err
fail(struct db *db, const struct job *j, bool dead, int64_t run_at_ms, const char *why)
{
	char text[ERROR_MAX + 1];
	size_t n = strnlen(why, ERROR_MAX);
	int64_t changed = 0;
	enum err e;

	memcpy(text, why, n);
	/* Perhaps cut within a character, and the column takes valid text only. */
	if (!utf8_valid(text, n))
		for (size_t i = 0; i < n; i++)
			if ((unsigned char)text[i] >= 0x80)
				text[i] = '?';
	e = db_exec(db, &job_fail, ARGS(I(dead), I(run_at_ms), SN(text, n), I(j->id), S(j->token)),
	    &changed);
	return one_changed(e, changed);
}

static enum err
claim_one(struct db *db, struct arena *a, enum job_lane lane, int64_t now_ms, int64_t lease_ms,
    struct job *out, int *found)
{
	unsigned char r[16];
	struct rows rows;
	int64_t changed = 0;
	enum err e;

	random_bytes(r, sizeof r);
	hex_encode(out->token, r, sizeof r);
	memcpy(out->token, owner_of_all, strlen(owner_of_all));
	e = db_exec(db, &job_claim, ARGS(S(out->token), I(now_ms + lease_ms), I(lane), I(now_ms)),
	    &changed);
	if (e != E_OK || changed == 0)
		return e;
	e = db_select(db, a, &job_claimed, ARGS(S(out->token)), &rows);
	if (e != E_OK || rows.n == 0)
		return e;
	out->id = rows.v[0].i;
	out->kind = (enum job_kind)rows.v[1].i;
	out->ref_id = rows.v[2].i;
	out->attempts = (int)rows.v[3].i;
	*found = 1;
	return E_OK;
}

enum err
jobs_claim(struct db *db, struct arena *a, enum job_lane lane, int64_t now_ms, int64_t lease_ms,
    struct job *out, int *found)
{
	enum err e;

	*found = 0;
	out->dead = false;
	e = claim_one(db, a, lane, now_ms, lease_ms, out, found);
	if (e != E_OK || *found == 0 || out->attempts <= JOB_ATTEMPTS)
		return e;
	/* Each of its workers died without a word: it must not kill another one. */
	log_error("job %lld is dead: its workers died", (long long)out->id);
	out->dead = true;
	e = fail(db, out, true, now_ms, "the workers died");
	return e == E_NO_ROW ? E_OK : e;
}

enum err
jobs_renew(struct db *db, const struct job *j, int64_t until_ms)
{
	int64_t changed = 0;
	struct arena *a;
	struct rows rows = { 0 };
	enum err e = db_exec(db, &job_renew, ARGS(I(until_ms), I(j->id), S(j->token)), &changed);

	if (e != E_OK || changed > 0)
		return e;
	/* Nothing changed: lost, or renewed twice to the same millisecond. */
	a = arena_new();
	e = db_select(db, a, &job_held, ARGS(I(j->id), S(j->token)), &rows);
	arena_free(a);
	return one_changed(e, (int64_t)rows.n);
}

enum err
jobs_done(struct db *db, const struct job *j)
{
	int64_t changed = 0;
	enum err e = db_exec(db, &job_done, ARGS(I(j->id), S(j->token)), &changed);

	return one_changed(e, changed);
}

enum err
jobs_fail(struct db *db, const struct job *j, int64_t now_ms, const char *why)
{
	int64_t pause_ms = PAUSE_MS;

	for (int i = 1; i < j->attempts && pause_ms < PAUSE_MAX_MS; i++)
		pause_ms *= 2;
	if (pause_ms > PAUSE_MAX_MS)
		pause_ms = PAUSE_MAX_MS;
	return fail(db, j, j->attempts >= JOB_ATTEMPTS, now_ms + pause_ms, why);
}

enum err
jobs_release(struct db *db, const struct job *j, int64_t now_ms)
{
	int64_t changed = 0;
	enum err e = db_exec(db, &job_release, ARGS(I(now_ms), I(j->id), S(j->token)), &changed);

	return one_changed(e, changed);
}

enum err
jobs_next_due(struct db *db, struct arena *a, enum job_lane lane, int64_t now_ms, int64_t *wait_ms)
{
	struct rows rows;
	enum err e = db_select(db, a, &job_next, ARGS(I(lane)), &rows);

	if (e != E_OK)
		return e;
	if (rows.n == 0 || rows.v[0].type == 0)
		*wait_ms = -1;
	else
		*wait_ms = rows.v[0].i > now_ms ? rows.v[0].i - now_ms : 0;
	return E_OK;
}

void
jobs_nudge(const char *socket_path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t n = strlen(socket_path);
	int fd;

	if (n == 0 || n >= sizeof to.sun_path)
		return;
	memcpy(to.sun_path, socket_path, n);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* Where it cannot be sent, the worker finds the job by itself a little later. */
	if (sendto(fd, "", 0, MSG_NOSIGNAL, (const struct sockaddr *)&to, sizeof to) < 0)
		log_debug("nobody listens at %s", socket_path);
	close(fd);
}
