/* export.c - see export.h; what is in the file is said in export_write.c.  Invariant: a user has one row, and
 * the file of an older one is to be removed before there is another. */
#include "model/export.h"

#include <unistd.h>

#include "model/content.h"
#include "model/export_write.h"
#include "store/files.h"
#include "store/jobs.h"

enum { MAKING = 1, READY, FAILED };

SQL(export_row, "SELECT state, path, size_bytes, created_ms, expires_ms FROM exports WHERE user_id = ?", "i",
    "isiii");
SQL(export_lock,
    "SELECT state, path, size_bytes, created_ms, expires_ms FROM exports WHERE user_id = ? FOR UPDATE", "i",
    "isiii");
SQL(export_put,
    "INSERT INTO exports (user_id, state, path, size_bytes, created_ms, expires_ms) VALUES (?, ?, ?, ?, ?, ?) "
    "ON DUPLICATE KEY UPDATE state = VALUES(state), path = VALUES(path), size_bytes = VALUES(size_bytes), "
    "created_ms = VALUES(created_ms), expires_ms = VALUES(expires_ms)",
    "iisiii", "");
SQL(export_fail, "UPDATE exports SET state = 3 WHERE user_id = ? AND state = 1", "i", "");

#define X(m) offsetof(struct export, m)
static const struct member members[] = {
	{ { NULL, "state" }, M_STR, X(state), NULL, "making, ready, failed or expired" },
	{ { NULL, "url" }, M_MEDIA, X(url), NULL, "where it is, once it is ready" },
	{ { NULL, "bytes" }, M_INT, X(size_bytes), NULL, "its size" },
	{ { NULL, "createTime" }, M_SECONDS, X(created_ms), NULL, "when it was asked for, seconds since 1970" },
	{ { NULL, "expireTime" }, M_SECONDS, X(expires_ms), NULL, "when it is removed, or 0" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape export_shape = { "Export", members, 0 };

struct change {
	struct call *c;
	int64_t user_id, job_id, size_bytes, expires_ms;
	const char *path;
};

static enum err
write_ask(void *arg)
{
	struct change *x = arg;
	struct call *c = x->c;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &export_lock, ARGS(I(x->user_id)), &r);

	if (e == E_OK && r.n > 0 && r.v[0].i != FAILED && r.v[3].i > c->now_ms - EXPORT_PAUSE_MS)
		return E_ALREADY;
	if (e == E_OK)
		e = content_doom(c, x->user_id, x->user_id, FILE_EXPORT, c->now_ms);
	if (e == E_OK)
		e = db_exec(c->db, &export_put,
		    ARGS(I(x->user_id), I(MAKING), S(""), I(0), I(c->now_ms), I(0)), NULL);
	return e == E_OK ? jobs_add(c->db, x->job_id, JOB_EXPORT, x->user_id, c->now_ms) : e;
}

enum err
export_ask(struct call *c)
{
	struct change x = { .c = c, .user_id = c->viewer_id, .job_id = call_new_id(c) };
	enum err e = db_transaction(c->db, write_ask, &x);

	if (e == E_OK)
		jobs_nudge(c->conf->media_socket);
	return e;
}

enum err
export_state(struct call *c, struct export *out)
{
	static const char *const states[] = { "", "making", "ready", "failed" };
	struct rows r;
	enum err e = db_select(c->db, c->mem, &export_row, ARGS(I(c->viewer_id)), &r);

	if (e == E_OK && r.n == 0)
		return E_EXPORT_UNKNOWN;
	if (e != E_OK)
		return e;
	*out = (struct export){ states[r.v[0].i], r.v[1].s, r.v[2].i, r.v[3].i, r.v[4].i };
	if (r.v[0].i == READY && out->expires_ms <= c->now_ms) {
		out->state = "expired";
		out->url = "";
	}
	return E_OK;
}

static enum err
write_ready(void *arg)
{
	struct change *x = arg;
	struct call *c = x->c;
	const struct media_file file = { .kind = FILE_EXPORT, .size_bytes = x->size_bytes, .path = x->path,
		.codecs = "" };
	struct rows r;
	enum err e = db_select(c->db, c->mem, &export_lock, ARGS(I(x->user_id)), &r);

	if (e == E_OK && (r.n == 0 || r.v[0].i != MAKING))
		return E_NO_ROW;
	if (e == E_OK)
		e = content_file_add(c, x->user_id, x->user_id, x->user_id, &file);
	if (e == E_OK)
		e = content_doom(c, x->user_id, x->user_id, FILE_EXPORT, x->expires_ms);
	return e == E_OK ? db_exec(c->db, &export_put,
			       ARGS(I(x->user_id), I(READY), S(x->path), I(x->size_bytes), r.v[3],
				   I(x->expires_ms)),
			       NULL)
			 : e;
}

enum err
export_make(struct call *c, int64_t user_id, bool (*alive)(void *arg), void *arg)
{
	struct change x = { .c = c, .user_id = user_id, .expires_ms = c->now_ms + EXPORT_KEEP_MS };
	char name[FILES_NAME + 1], *incoming;
	enum err e;
	int fd = files_receive(c->mem, c->conf->media_dir, &incoming);

	if (fd < 0)
		return E_DISK;
	e = export_write(c, fd, user_id, alive, arg);
	x.size_bytes = lseek(fd, 0, SEEK_CUR);
	if (e != E_OK) {
		close(fd);
		files_drop(c->mem, c->conf->media_dir, incoming);
		return e;
	}
	files_name(name);
	x.path = files_path(c->mem, 'v', name, "tar");
	e = files_keep(c->mem, c->conf, incoming, fd, x.path);
	if (e == E_OK)
		e = db_transaction(c->db, write_ready, &x);
	if (e != E_OK && e != E_UNSURE && e != E_DISK)
		files_remove(c->mem, c->conf, x.path);
	return e == E_NO_ROW ? E_OK : e;
}

enum err
export_failed(struct call *c, int64_t user_id)
{
	return db_exec(c->db, &export_fail, ARGS(I(user_id)), NULL);
}
