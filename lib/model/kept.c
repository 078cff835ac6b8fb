/* kept.c - see kept.h.  Invariant: a column that names a kept file is in one of these lists; each
 * is walked by its primary key.  A rendition that its clip plays is in the first list. */
#include "model/kept.h"

#define ROWS 200

/* Columns: the cursor's two, the clip, whether it is deleted, then paths ("" is none).  Parameters:
 * a, a, b. */
SQL(kept_of_videos,
    "SELECT id, 0, id, deleted, play_path, cover_path, original_path FROM videos "
    "WHERE id > ? AND 0 <= ? + ? ORDER BY id LIMIT 200",
    "iii", "iiiisss");
SQL(kept_of_renditions,
    "SELECT r.video_id, r.rung, r.video_id, COALESCE(v.deleted, 1), r.path "
    "FROM renditions r LEFT JOIN videos v ON v.id = r.video_id "
    "WHERE r.video_id >= ? AND (r.video_id > ? OR r.rung > ?) "
    "AND r.path <> COALESCE(v.play_path, '') ORDER BY r.video_id, r.rung LIMIT 200",
    "iii", "iiiis");

static const struct sql *const lists[] = { &kept_of_videos, &kept_of_renditions };

#define LISTS (sizeof lists / sizeof *lists)

enum err
kept_files(struct call *c, struct kept_cursor *at, struct kept_page *out, bool *end)
{
	struct rows r;
	enum err e;

	*out = (struct kept_page){ 0 };
	*end = at->list >= LISTS;
	if (*end)
		return E_OK;
	e = db_select(c->db, c->mem, lists[at->list], ARGS(I(at->a), I(at->a), I(at->b)), &r);
	if (e != E_OK)
		return e;
	out->files = arena_array(c->mem, r.n * r.cols + 1, sizeof *out->files);
	for (size_t i = 0; i < r.n; i++) {
		const struct val *row = r.v + i * r.cols;

		for (size_t col = 4; col < r.cols; col++)
			if (row[col].n > 0)
				out->files[out->n++] = (struct kept){ .video_id = row[2].i,
					.path = row[col].s, .leaving = row[3].i != 0 };
		at->a = row[0].i;
		at->b = row[1].i;
	}
	if (r.n < ROWS)
		*at = (struct kept_cursor){ .list = at->list + 1 };
	*end = at->list >= LISTS;
	return E_OK;
}
