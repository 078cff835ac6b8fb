/* content.c - see content.h.  Invariant: a file's row goes only after the file is gone, so that a
 * removal that was broken off is found and repeated.  A file whose row was never written is what a
 * crash between the two leaves: `doufu doctor --fix` finds it. */
#include "model/content.h"

#include "store/files.h"

#define LATE_MS (60 * INT64_C(60000))

SQL(content_by_hash, "SELECT id FROM contents WHERE author_id = ? AND sha256 = ?", "is", "i");
SQL(content_insert, "INSERT INTO contents (author_id, id, sha256) VALUES (?, ?, ?)", "iis", "");
SQL(content_hold, "SELECT author_id FROM contents WHERE id = ? FOR UPDATE", "i", "i");
SQL(content_clips, "SELECT id FROM videos WHERE content_id = ? AND deleted = 0 LIMIT 1", "i", "i");
SQL(content_delete, "DELETE FROM contents WHERE author_id = ? AND id = ?", "ii", "");
SQL(file_insert,
    "INSERT INTO media_files (content_id, path, author_id, video_id, kind, rung, width, height, "
    "size_bytes, bitrate_kbps, codecs) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "isiiiiiiiis", "");
SQL(file_doom_all,
    "UPDATE media_files SET remove_ms = ? WHERE content_id = ? AND (remove_ms = 0 OR remove_ms > ?)",
    "iii", "");
SQL(file_doom_own,
    "UPDATE media_files SET remove_ms = ? WHERE content_id = ? AND video_id = ? AND "
    "(remove_ms = 0 OR remove_ms > ?)",
    "iiii", "");
SQL(file_doom_kind,
    "UPDATE media_files SET remove_ms = ? WHERE content_id = ? AND video_id = ? AND kind = ? AND "
    "remove_ms = 0",
    "iiii", "");
SQL(file_of_kind,
    "SELECT path FROM media_files WHERE content_id = ? AND kind = ? AND video_id = 0 AND remove_ms = 0 "
    "ORDER BY width DESC LIMIT 1",
    "ii", "s");
SQL(file_due,
    "SELECT path FROM media_files WHERE content_id = ? AND remove_ms > 0 AND remove_ms <= ? LIMIT 1000",
    "ii", "s");
SQL(file_late,
    "SELECT DISTINCT content_id FROM media_files WHERE remove_ms > 0 AND remove_ms <= ? LIMIT 1000", "i",
    "i");
SQL(file_delete, "DELETE FROM media_files WHERE content_id = ? AND path = ?", "is", "");
SQL(file_bytes, "SELECT COALESCE(SUM(size_bytes), 0) FROM media_files WHERE author_id = ? AND remove_ms = 0",
    "i", "i");
enum err
content_find(struct call *c, int64_t author_id, const char *sha256, int64_t *id)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &content_by_hash, ARGS(I(author_id), S(sha256)), &r);

	*id = e == E_OK && r.n == 1 ? r.v[0].i : 0;
	return e;
}

enum err
content_add(struct call *c, int64_t author_id, int64_t id, const char *sha256)
{
	return db_exec(c->db, &content_insert,
	    ARGS(I(author_id), I(id), sha256 != NULL ? S(sha256) : (struct val){ 0 }), NULL);
}

enum err
content_lock(struct call *c, int64_t id, int64_t *author_id)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &content_hold, ARGS(I(id)), &r);

	if (e == E_OK && r.n == 0)
		return E_NO_ROW;
	if (e == E_OK)
		*author_id = r.v[0].i;
	return e;
}

enum err
content_file_add(struct call *c, int64_t id, int64_t author_id, int64_t video_id,
    const struct media_file *f)
{
	return db_exec(c->db, &file_insert,
	    ARGS(I(id), S(f->path), I(author_id), I(video_id), I(f->kind), I(f->rung), I(f->width),
		I(f->height), I(f->size_bytes), I(f->bitrate_kbps), S(f->codecs)),
	    NULL);
}

enum err
content_doom(struct call *c, int64_t id, int64_t video_id, enum file_kind kind, int64_t remove_ms)
{
	return db_exec(c->db, &file_doom_kind, ARGS(I(remove_ms), I(id), I(video_id), I(kind)), NULL);
}

enum err
content_leave(struct call *c, int64_t id, int64_t video_id)
{
	int64_t author_id;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &content_clips, ARGS(I(id)), &r);

	if (e != E_OK)
		return e;
	if (r.n > 0)
		return db_exec(c->db, &file_doom_own, ARGS(I(c->now_ms), I(id), I(video_id), I(c->now_ms)),
		    NULL);
	e = content_lock(c, id, &author_id);
	if (e == E_OK)
		e = db_exec(c->db, &content_delete, ARGS(I(author_id), I(id)), NULL);
	return e == E_OK ? db_exec(c->db, &file_doom_all, ARGS(I(c->now_ms), I(id), I(c->now_ms)), NULL)
			 : e;
}

enum err
content_path(struct call *c, int64_t id, enum file_kind kind, const char **path)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &file_of_kind, ARGS(I(id), I(kind)), &r);

	*path = e == E_OK && r.n == 1 ? r.v[0].s : "";
	return e;
}

enum err
content_sweep(struct call *c, int64_t id)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &file_due, ARGS(I(id), I(c->now_ms)), &r);

	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		e = files_remove(c->mem, c->conf, r.v[i].s);
		if (e == E_OK)
			e = db_exec(c->db, &file_delete, ARGS(I(id), S(r.v[i].s)), NULL);
	}
	return e;
}

enum err
content_sweep_all(struct call *c)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &file_late, ARGS(I(c->now_ms - LATE_MS)), &r);

	for (size_t i = 0; e == E_OK && i < r.n; i++)
		e = content_sweep(c, r.v[i].i);
	return e;
}

enum err
content_bytes_of(struct call *c, int64_t author_id, int64_t *bytes)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &file_bytes, ARGS(I(author_id)), &r);

	*bytes = e == E_OK && r.n == 1 ? r.v[0].i : 0;
	return e;
}
