/* video_purge.c - the files of a clip, and its removal.  Invariant: files go before the row that
 * names them: a row without files is found and repeated, a file without a row never. */
#include "model/video.h"

#include "model/viewer.h"
#include "store/files.h"

#define PURGE_BATCH 200

SQL(purge_look,
    "SELECT author_id, state, deleted, play_path, cover_path, original_path FROM videos WHERE id = ?",
    "i", "iiisss");
SQL(video_forget_original, "UPDATE videos SET original_path = '', size_bytes = 0 WHERE id = ?", "i", "");
SQL(rendition_paths, "SELECT path FROM renditions WHERE video_id = ?", "i", "s");
SQL(purge_renditions, "DELETE FROM renditions WHERE video_id = ?", "i", "");
SQL(purge_likes_pick, "SELECT user_id FROM likes WHERE video_id = ? LIMIT 200", "i", "i");
SQL(purge_like, "DELETE FROM likes WHERE user_id = ? AND video_id = ?", "ii", "");
SQL(purge_comments, "DELETE FROM comments WHERE video_id = ? LIMIT 1000", "i", "");
SQL(purge_views, "DELETE FROM views WHERE video_id = ? LIMIT 1000", "i", "");
SQL(purge_counters, "DELETE FROM counters WHERE owner_id = ?", "i", "");
SQL(purge_video, "DELETE FROM videos WHERE id = ?", "i", "");

enum err
video_files(struct call *c, int64_t id, struct video_files *out)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &purge_look, ARGS(I(id)), &r);

	if (e != E_OK)
		return e;
	if (r.n == 0)
		return E_VIDEO_UNKNOWN;
	*out = (struct video_files){ .state = r.v[1].i, .deleted = r.v[2].i,
		.play_path = r.v[3].s, .cover_path = r.v[4].s, .original_path = r.v[5].s };
	return E_OK;
}

enum err
video_cleanup(struct call *c, int64_t id)
{
	struct video_files files;
	enum err e = video_files(c, id, &files);

	if (e == E_VIDEO_UNKNOWN || (e == E_OK && files.original_path[0] == '\0'))
		return E_OK;
	if (e != E_OK)
		return e;
	files_remove(c->mem, c->conf, files.original_path);
	return db_exec(c->db, &video_forget_original, ARGS(I(id)), NULL);
}

/* One like of a clip that goes: the row, what its giver gave, what the author got. */
struct purge {
	struct counted_write w;
	int64_t id, user_id;
};

static enum err
purge_one_like(void *arg)
{
	struct purge *p = arg;
	int64_t changed;
	enum err e = db_exec(p->w.c->db, &purge_like, ARGS(I(p->user_id), I(p->id)), &changed);

	return e == E_OK && changed == 1 ? counted_apply(&p->w) : e;
}

static enum err
purge_rest(void *arg)
{
	struct purge *p = arg;
	enum err e = db_exec(p->w.c->db, &purge_counters, ARGS(I(p->id)), NULL);

	if (e == E_OK)
		e = db_exec(p->w.c->db, &purge_renditions, ARGS(I(p->id)), NULL);
	return e == E_OK ? db_exec(p->w.c->db, &purge_video, ARGS(I(p->id)), NULL) : e;
}

enum err
video_purge(struct call *c, int64_t id)
{
	struct rows r;
	int64_t author_id, changed = 1;
	struct rows paths;
	const struct val *file;
	enum err e = db_select(c->db, c->mem, &purge_look, ARGS(I(id)), &r);

	if (e != E_OK || r.n == 0)
		return e;
	if (!r.v[2].i)
		return E_VIDEO_UNKNOWN;
	author_id = r.v[0].i;
	file = r.v + 3; /* what is played, the cover, what came */
	do {
		e = db_select(c->db, c->mem, &purge_likes_pick, ARGS(I(id)), &r);
		for (size_t i = 0; e == E_OK && i < r.n; i++) {
			int64_t user_id = r.v[i].i;
			struct purge p = {
				.w = { .c = c, .n = 3, .deltas = { { id, { .likes = -1 } },
							   { author_id, { .likes = -1 } },
							   { user_id, { .favorites = -1 } } } },
				.id = id, .user_id = user_id,
			};
			struct row_ref refs[] = { user_ref(author_id), user_ref(user_id),
				viewer_marks_ref(user_id) };

			e = counted_write(&p.w, refs, 3, purge_one_like, &p);
		}
	} while (e == E_OK && r.n == PURGE_BATCH);
	while (e == E_OK && changed > 0)
		e = db_exec(c->db, &purge_comments, ARGS(I(id)), &changed);
	for (changed = 1; e == E_OK && changed > 0;)
		e = db_exec(c->db, &purge_views, ARGS(I(id)), &changed);
	if (e != E_OK)
		return e;
	/* Files first: a row without files is found and repeated, a file without a row never. */
	e = db_select(c->db, c->mem, &rendition_paths, ARGS(I(id)), &paths);
	if (e != E_OK)
		return e;
	for (size_t i = 0; i < paths.n; i++)
		files_remove(c->mem, c->conf, paths.v[i].s);
	for (size_t i = 0; i < 3; i++) {
		if (file[i].n > 0)
			files_remove(c->mem, c->conf, file[i].s);
	}
	return counted_write(&(struct counted_write){ .c = c }, (struct row_ref[]){ video_ref(id) }, 1,
	    purge_rest, &(struct purge){ .w.c = c, .id = id });
}
