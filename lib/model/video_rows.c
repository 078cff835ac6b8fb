/* video_rows.c - the row of a clip: how it is loaded, cached as v:<id>, and shown.  Invariant: visible is
 * not 0 = state is not refused, not hidden, not deleted, and playable; that changes only together with
 * the author's counter of works. */
#include "model/video_rows.h"

#include <stdlib.h>
#include <string.h>

#include "model/mention.h"

#define MENTION_KIND 100 /* and its field: behind the kinds of files */
#define MENTIONS_MAX (2 * (size_t)MENTION_MAX)
/* Mentions share the tail with larger things. */
#define MENTIONS_TAIL ((MENTIONS_MAX * sizeof(struct video_mention) + sizeof(struct content_part) - 1) / \
	sizeof(struct content_part))

SQL(video_load, VIDEO_ROWS_SQL, VIDEO_ROWS_IN, VIDEO_ROWS_OUT);
SQL(video_author_of, "SELECT author_id FROM videos WHERE id = ? AND deleted = 0", "i", "i");

const char *
video_state_name(int64_t state, bool hidden)
{
	static const char *const names[] = { "", "received", "processing", "ready", "refused", "failed" };

	if (state == VIDEO_READY && hidden)
		return "hidden";
	return state >= 0 && state < (int64_t)(sizeof(names) / sizeof(*names)) ? names[state] : "";
}

static const char *
type_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot == NULL			? ""
	    : strcmp(dot, ".jpg") == 0	? "image/jpeg"
	    : strcmp(dot, ".webp") == 0 ? "image/webp"
					: "";
}

/* Takes one file of the clip into its row; *n counts the tail. */
static void
add_file(struct video *row, const struct val *v, bool own_cover,
    struct content_part tail[VIDEO_PARTS_MAX], size_t *n)
{
	int64_t kind = v[20].i, only_for = v[1].i;
	const char *path = v[5].s, *type = type_of(path);
	struct content_part *part = &tail[*n];

	if (kind == FILE_MASTER)
		row->hls_path = path;
	/* A cover of its own stands for the content's.  Old ones are of an unknown size. */
	if (kind == FILE_MASTER || *n == VIDEO_PARTS_MAX || v[5].n >= sizeof part->path || v[11].i == 0 ||
	    (kind == FILE_COVER && (only_for != 0) != own_cover))
		return;
	*part = (struct content_part){ .width = v[11].i, .height = v[12].i, .size_bytes = v[2].i,
		.bitrate = v[3].i * 1000 };
	memcpy(part->type, type, strlen(type));
	memcpy(part->path, path, v[5].n);
	(*n)++;
	if (kind == FILE_COVER) {
		row->covers.n++;
	} else {
		row->renditions.n++;
		row->covers.at += sizeof *part;
	}
}

static int
by_clip(const void *x, const void *y)
{
	const struct val *a = x, *b = y;

	if (a[0].i != b[0].i)
		return a[0].i < b[0].i ? -1 : 1;
	if (a[20].i != b[20].i)
		return a[20].i < b[20].i ? -1 : 1;
	if (a[11].i != b[11].i)
		return a[11].i > b[11].i ? -1 : 1;
	if (a[12].i != b[12].i)
		return a[12].i > b[12].i ? -1 : 1;
	return strcmp(b[5].s, a[5].s);
}

struct rows
video_rows_sorted(struct call *c, struct rows r)
{
	struct val *v = arena_array(c->mem, r.n * r.cols + 1, sizeof(*v));

	if (r.n > 0) {
		memcpy(v, r.v, r.n * r.cols * sizeof(*v));
		qsort(v, r.n, r.cols * sizeof(*v), by_clip);
	}
	return (struct rows){ r.n, r.cols, v };
}

void
video_put_rows(struct call *c, const struct rows *r, struct rows_loader *into)
{
	static const uint32_t tail_at = (sizeof(struct video) + 7) & ~(size_t)7;
	struct content_part tail[VIDEO_PARTS_MAX + MENTIONS_TAIL];
	struct video_mention mentions[MENTIONS_MAX];

	for (size_t i = 0; i < r->n;) {
		const struct val *v = r->v + i * r->cols;
		bool own_cover = v[14].i != 0;
		struct video row = {
			.row.id = v[0].i,
			.author_id = v[1].i,
			.published_ms = v[2].i,
			.visible = v[3].i,
			.state = v[4].i,
			.title = v[5].s,
			.play_path = v[6].s,
			.cover_path = v[7].n > 0 ? v[7].s : c->conf->cover,
			.hls_path = "",
			.state_name = video_state_name(v[4].i, v[3].i == VIDEO_HIDDEN),
			.reason = v[8].s,
			.description = v[9].s,
			.content_id = v[10].i,
			.width = v[11].i,
			.height = v[12].i,
			.duration_ms = v[13].i,
			.renditions.at = tail_at,
			.covers.at = tail_at,
		};
		size_t tail_n = 0;

		if (v[20].i >= VIDEO_ROWS_OTHER) {
			i++;
			continue;
		}
		for (; i < r->n && r->v[i * r->cols].i == row.row.id; i++) {
			v = r->v + i * r->cols;
			if (v[20].i >= VIDEO_ROWS_OTHER)
				break;
			if (v[20].i > MENTION_KIND) {
				if (row.mentions.n < MENTIONS_MAX)
					mentions[row.mentions.n++] = (struct video_mention){
						v[20].i - MENTION_KIND, v[1].i, -v[11].i, v[2].i };
				continue;
			}
			if (v[20].i != 0) {
				add_file(&row, v, own_cover, tail, &tail_n);
				continue;
			}
			row.n.likes += v[15].i;
			row.n.comments += v[16].i;
			row.n.views += v[17].i;
			row.n.stars += v[18].i;
			row.n.shares += v[19].i;
		}
		row.mentions.at = tail_at + (uint32_t)(tail_n * sizeof *tail);
		memset(tail + tail_n, 0, MENTIONS_TAIL * sizeof *tail);
		memcpy(tail + tail_n, mentions, row.mentions.n * sizeof *mentions);
		tail_n += (row.mentions.n * sizeof *mentions + sizeof *tail - 1) / sizeof *tail;
		rows_put_as(into, &video_class, &row, tail, tail_n);
	}
}

static enum err
load(void *ctx, const int64_t *ids, size_t n, struct rows_loader *into)
{
	struct call *c = ctx;
	struct rows r;
	enum err e =
	    db_select(c->db, c->mem, &video_load, ARGS(LIST(ids, n), LIST(ids, n), LIST(ids, n)), &r);

	if (e == E_OK) {
		r = video_rows_sorted(c, r);
		video_put_rows(c, &r, into);
	}
	return e;
}

static const uint16_t strings[] = { offsetof(struct video, title), offsetof(struct video, play_path),
	offsetof(struct video, cover_path), offsetof(struct video, state_name),
	offsetof(struct video, reason), offsetof(struct video, description),
	offsetof(struct video, hls_path), 0 };

const struct row_class video_class = {
	.key = 'v', .layout = 5, .local = 2048, .size = sizeof(struct video), .strings = strings,
	.tail_size = sizeof(struct content_part), .load = load,
};

#define P(m) offsetof(struct content_part, m)
static const struct member rendition_members[] = {
	{ { "url", "url" }, M_MEDIA_IN, P(path), NULL, "an MP4 file" },
	{ { "width", "width" }, M_INT, P(width), NULL, "pixels, upright" },
	{ { "height", "height" }, M_INT, P(height), NULL, "pixels" },
	{ { "bytes", "bytes" }, M_INT, P(size_bytes), NULL, "its size" },
	{ { "bitrate", "bitrate" }, M_INT, P(bitrate), NULL, "bits a second" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
static const struct shape rendition_shape = { "Rendition", rendition_members,
	.size = sizeof(struct content_part) };
static const struct member cover_members[] = {
	{ { "url", "url" }, M_MEDIA_IN, P(path), NULL, "a picture" },
	{ { "width", "width" }, M_INT, P(width), NULL, "pixels" },
	{ { "height", "height" }, M_INT, P(height), NULL, "pixels" },
	{ { "type", "type" }, M_STR_IN, P(type), NULL, "image/jpeg or image/webp" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
static const struct shape cover_shape = { "Cover", cover_members,
	.size = sizeof(struct content_part) };

#define V(m) offsetof(struct video, m)
static const struct member row_members[] = {
	{ { "id", "id" }, M_INT, V(row.id), NULL, "its id" },
	{ { NULL, "authorId" }, M_INT, V(author_id), NULL, "its author" },
	{ { "play_url", "url" }, M_MEDIA, V(play_path), NULL, "the clip; takes byte ranges" },
	{ { "cover_url", "coverUrl" }, M_MEDIA, V(cover_path), NULL, "a picture of it" },
	{ { "favorite_count", "likeCount" }, M_INT, V(n.likes), NULL, "likes" },
	{ { "comment_count", "commentCount" }, M_INT, V(n.comments), NULL, "comments" },
	{ { "is_favorite", "isLike" }, M_LIKED, V(row.id), NULL, "whether the viewer likes it" },
	{ { "title", "title" }, M_STR, V(title), NULL, "title" },
	{ { NULL, "description" }, M_STR, V(description), NULL, "description" },
	{ { NULL, "viewCount" }, M_INT, V(n.views), NULL,
	    "plays, as of some seconds ago (view.h); one's own likes are told at once, plays are not" },
	{ { NULL, "starCount" }, M_INT, V(n.stars), NULL, "users who starred it" },
	{ { NULL, "shareCount" }, M_INT, V(n.shares), NULL, "shares" },
	{ { NULL, "isStar" }, M_STARRED, V(row.id), NULL, "whether the viewer starred it" },
	{ { NULL, "publishTime" }, M_SECONDS, V(published_ms), NULL, "seconds since 1970" },
	{ { NULL, "width" }, M_INT, V(width), NULL, "pixels, upright; 0 until it is known" },
	{ { NULL, "height" }, M_INT, V(height), NULL, "pixels" },
	{ { NULL, "durationMs" }, M_INT, V(duration_ms), NULL, "its length; 0 until it is known" },
	{ { NULL, "renditions" }, M_ROWS, V(renditions), &rendition_shape,
	    "what it was made into, the best first" },
	{ { NULL, "covers" }, M_ROWS, V(covers), &cover_shape, "pictures of it, the largest first" },
	{ { NULL, "hlsUrl" }, M_MEDIA, V(hls_path), NULL, "the same as HLS; empty for short clips" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
static const struct member own_members[] = {
	{ { "state", "state" }, M_STR, V(state_name), NULL,
	    "received, processing, ready, hidden (by a moderator), refused or failed; only in one's own list" },
	{ { "reason", "reason" }, M_STR, V(reason), NULL, "why it was refused, as a code" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
static const struct shape row_shape = { "VideoRow", row_members, 1 };
static const struct shape own_row_shape = { "VideoState", own_members, 0, 1 };

#define ITEM(m) offsetof(struct video_item, m)
#define MENTION_MEMBERS                                                                            \
	{ { NULL, "mentions" }, M_LIST, ITEM(in_title), &mention_shape, "whom its title mentions" },   \
	{                                                                                           \
		{ NULL, "descriptionMentions" }, M_LIST, ITEM(in_description), &mention_shape,       \
		    "whom its description mentions"                                             \
	}
static const struct member item_members[] = {
	{ { "", "" }, M_INLINE, ITEM(video), &row_shape, "" },
	{ { "author", "author" }, M_ROW, ITEM(author), &user_shape, "its author" },
	MENTION_MEMBERS,
	{ { NULL }, M_INT, 0, NULL, NULL },
};
static const struct member own_item_members[] = {
	{ { "", "" }, M_INLINE, ITEM(video), &row_shape, "" },
	{ { "", "" }, M_INLINE, ITEM(video), &own_row_shape, "" },
	{ { "author", "author" }, M_ROW, ITEM(author), &user_shape, "its author" },
	MENTION_MEMBERS,
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape video_shape = { "Video", item_members, 0 };
const struct shape video_own_shape = { "OwnVideo", own_item_members, 0 };

struct row_ref
video_ref(int64_t id)
{
	return (struct row_ref){ &video_class, id };
}

enum err
video_get(struct call *c, int64_t id, const struct video **out)
{
	enum err e = rows_get(c->rows, c->mem, &video_class, c, &id, 1, (const void **)out);

	return e == E_OK && *out == NULL ? E_VIDEO_UNKNOWN : e;
}

enum err
video_author(struct call *c, int64_t id, int64_t *author_id)
{
	struct rows r;
	enum err e;

	*author_id = shm_recall(c->shm, id);
	if (*author_id != 0)
		return E_OK;
	/* Whoever asks is about to write, which drops the clip's row: nothing is won by loading all of it. */
	e = db_select(c->db, c->mem, &video_author_of, ARGS(I(id)), &r);
	if (e == E_OK && r.n == 0)
		return E_VIDEO_UNKNOWN;
	if (e == E_OK) {
		*author_id = r.v[0].i;
		shm_remember(c->shm, id, *author_id);
	}
	return e;
}
