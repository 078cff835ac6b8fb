/* video_rows.h - private to lib/model: what loads the rows of clips and of users, so that one
 * statement can load both (recommend_page.c).  Columns are the same ones in both texts: 5 numbers, 5
 * texts, 10 numbers, and which kind of row it is. */
#ifndef MODEL_VIDEO_ROWS_H
#define MODEL_VIDEO_ROWS_H

#include "model/user.h"
#include "model/video.h"

#define VIDEO_ROWS_OUT "iiiiisssssiiiiiiiiiii"
#define VIDEO_ROWS_OTHER 200 /* kinds from here on are no rows of clips */

/* The clips, one row for each lane of their counters (kind 0), and of each the files that it shows and
 * the mentions in its texts.  Three lists, of the same ids. */
#define VIDEO_ROWS_IN "LLL"
#define VIDEO_ROWS_SQL \
	"SELECT v.id, v.author_id, v.published_ms, v.visible, v.state, v.title, v.play_path, " \
	"v.cover_path, v.reason, v.description, v.content_id, v.width, v.height, v.duration_ms, " \
	"v.own_cover, c.likes, c.comments, c.views, c.stars, c.shares, 0 AS kind FROM videos v " \
	"LEFT JOIN counters c ON c.owner_id = v.id WHERE v.id IN (?...) AND v.deleted = 0 " \
	"UNION ALL SELECT v.id, f.video_id, f.size_bytes, f.bitrate_kbps, 0, f.path, '', '', '', '', " \
	"0, f.width, f.height, 0, 0, 0, 0, 0, 0, 0, f.kind FROM videos v STRAIGHT_JOIN media_files f " \
	"ON f.content_id = v.content_id WHERE v.id IN (?...) AND v.deleted = 0 AND f.remove_ms = 0 " \
	"AND f.kind IN (2, 3, 7) AND f.video_id IN (0, v.id) " \
	"UNION ALL SELECT v.id, m.user_id, m.end_at, 0, 0, '', '', '', '', '', 0, -m.begin_at, 0, 0, " \
	"0, 0, 0, 0, 0, 0, 100 + m.field FROM videos v STRAIGHT_JOIN mentions m " \
	"FORCE INDEX (by_source) ON m.source_id = v.id WHERE v.id IN (?...) AND v.deleted = 0 " \
	"AND m.field IN (1, 2)"

/* One row for each lane of their counters; one list. */
#define USER_ROWS 200
#define USER_ROWS_SQL \
	"SELECT u.id, u.private, u.status, 0, 0, u.name, u.avatar, u.background, u.signature, '', " \
	"c.likes, c.comments, c.favorites, c.follows, c.followers, c.works, 0, 0, 0, 0, 200 AS kind " \
	"FROM users u LEFT JOIN counters c ON c.owner_id = u.id WHERE u.id IN (?...)"

/* The rows of such a result by id and kind, then the larger and the last named before the others.  Not by ORDER BY:
 * the server sends a UNION ALL as it reads it, and makes a temporary table where it has to sort one. */
struct rows video_rows_sorted(struct call *c, struct rows r);

/* In a load function: puts what is among the rows of a result, which are in that order. */
void video_put_rows(struct call *c, const struct rows *r, struct rows_loader *into);
void user_put_rows(struct call *c, const struct rows *r, struct rows_loader *into);

#endif
