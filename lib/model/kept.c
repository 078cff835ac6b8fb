/* kept.c - see kept.h.  Invariant: every kept file has a row in media_files, also where
 * videos.play_path, cover_path or original_path, picture_wishes.path or exports.path name it. */
#include "model/kept.h"

#include <stdio.h>

#define ROWS 200

SQL(kept_page,
    "SELECT content_id, path, remove_ms FROM media_files "
    "WHERE content_id >= ? AND (content_id > ? OR path > ?) ORDER BY content_id, path LIMIT 200",
    "iis", "isi");

enum err
kept_files(struct call *c, struct kept_cursor *at, struct kept_page *out, bool *end)
{
	struct rows r;
	enum err e = db_select(c->db, c->mem, &kept_page,
	    ARGS(I(at->content_id), I(at->content_id), S(at->path)), &r);

	*out = (struct kept_page){ 0 };
	*end = e == E_OK && r.n < ROWS;
	if (e != E_OK || r.n == 0)
		return e;
	out->n = r.n;
	out->files = arena_array(c->mem, r.n, sizeof *out->files);
	for (size_t i = 0; i < r.n; i++) {
		const struct val *row = r.v + i * r.cols;

		out->files[i] = (struct kept){ .content_id = row[0].i, .path = row[1].s,
			.leaving = row[2].i != 0 };
	}
	at->content_id = out->files[r.n - 1].content_id;
	snprintf(at->path, sizeof at->path, "%s", out->files[r.n - 1].path);
	return E_OK;
}
