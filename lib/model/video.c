/* video.c - clips: rows cached as v:<id>, the newest ids cached as one list (the head of the
 * feed).  Invariant: visible is not 0 = state is not refused, not hidden, not deleted, and playable;
 * that changes only together with the author's counter of works.  Every clip that a viewer is shown
 * passes through look(). */
#include "model/video.h"

#include <string.h>

#include "model/video_rows.h"
#include "model/viewer.h"

/* Clips in the head of the feed: 17 pages that need no query. */
#define HEAD_MAX 512
#define HEAD_ID 1

#define FEED_TRIES 8      /* pages looked through for one that shows anything */
#define HIDDEN_PAIRS 8192 /* of a clip and a user, in one statement */

SQL(video_load, VIDEO_ROWS_SQL VIDEO_ROWS_ORDER, "LL", VIDEO_ROWS_OUT);
SQL(video_hidden_comments,
    "SELECT video_id, COUNT(*) FROM comments FORCE INDEX (by_author) WHERE video_id IN (?...) AND "
    "user_id IN (?...) GROUP BY video_id",
    "LL", "ii");
SQL(video_head,
    "SELECT published_ms, id FROM videos FORCE INDEX (feed) WHERE visible = 1 "
    "ORDER BY published_ms DESC, id DESC LIMIT 512",
    "", "ii");
SQL(video_before,
    "SELECT published_ms, id FROM videos FORCE INDEX (feed) WHERE visible = 1 AND "
    "published_ms < ? ORDER BY published_ms DESC, id DESC LIMIT ?",
    "ii", "ii");
SQL(video_by_author,
    "SELECT published_ms, id FROM videos FORCE INDEX (author) WHERE author_id = ? AND "
    "deleted = 0 AND (visible > 0 OR ? = 1) AND "
    "(published_ms < ? OR (published_ms = ? AND id < ?)) "
    "ORDER BY published_ms DESC, id DESC LIMIT ?, ?",
    "iiiiiii", "ii");
SQL(video_by_like,
    "SELECT created_ms, video_id FROM likes FORCE INDEX (by_time) WHERE user_id = ? AND "
    "(created_ms < ? OR (created_ms = ? AND video_id < ?)) "
    "ORDER BY created_ms DESC, video_id DESC LIMIT ?, ?",
    "iiiiii", "ii");

struct head_entry {
	int64_t published_ms, id;
};

struct head {
	struct row row;
	int64_t n;
	int64_t whole; /* there are no older clips */
};

const char *
video_state_name(int64_t state)
{
	static const char *const names[] = { "", "received", "processing", "ready", "refused", "failed" };

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

void
video_put_rows(struct call *c, const struct rows *r, struct rows_loader *into)
{
	static const uint32_t tail_at = (sizeof(struct video) + 7) & ~(size_t)7;
	struct content_part tail[VIDEO_PARTS_MAX];

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
			.state_name = video_state_name(v[4].i),
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
		rows_put_as(into, &video_class, &row, tail, tail_n);
	}
}

static enum err
load(void *ctx, const int64_t *ids, size_t n, struct rows_loader *into)
{
	struct call *c = ctx;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &video_load, ARGS(LIST(ids, n), LIST(ids, n)), &r);

	if (e == E_OK)
		video_put_rows(c, &r, into);
	return e;
}

static enum err
load_head(void *ctx, const int64_t *ids, size_t n, struct rows_loader *into)
{
	struct call *c = ctx;
	struct head h = { .row.id = HEAD_ID };
	struct head_entry *entries;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &video_head, ARGS({ 0 }), &r);

	if (e != E_OK || n != 1 || ids[0] != HEAD_ID)
		return e;
	entries = arena_array(c->mem, r.n + 1, sizeof(*entries));
	for (size_t i = 0; i < r.n; i++)
		entries[i] = (struct head_entry){ r.v[i * r.cols].i, r.v[i * r.cols + 1].i };
	h.n = (int64_t)r.n;
	h.whole = r.n < HEAD_MAX;
	rows_put(into, &h, entries, r.n);
	return E_OK;
}

static const uint16_t strings[] = { offsetof(struct video, title), offsetof(struct video, play_path),
	offsetof(struct video, cover_path), offsetof(struct video, state_name),
	offsetof(struct video, reason), offsetof(struct video, description),
	offsetof(struct video, hls_path), 0 };
static const uint16_t no_strings[] = { 0 };

const struct row_class video_class = {
	.key = 'v', .layout = 4, .local = 2048, .size = sizeof(struct video), .strings = strings,
	.tail_size = sizeof(struct content_part), .load = load,
};

static const struct row_class head_class = {
	.key = 'f', .layout = 1, .local = 1, .size = sizeof(struct head), .strings = no_strings,
	.tail_size = sizeof(struct head_entry), .load = load_head,
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
	    "received, processing, ready, refused or failed; only in one's own list" },
	{ { "reason", "reason" }, M_STR, V(reason), NULL, "why it was refused, as a code" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
static const struct shape row_shape = { "VideoRow", row_members, 1 };
static const struct shape own_row_shape = { "VideoState", own_members, 0, 1 };

#define ITEM(m) offsetof(struct video_item, m)
static const struct member item_members[] = {
	{ { "", "" }, M_INLINE, ITEM(video), &row_shape, "" },
	{ { "author", "author" }, M_ROW, ITEM(author), &user_shape, "its author" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
static const struct member own_item_members[] = {
	{ { "", "" }, M_INLINE, ITEM(video), &row_shape, "" },
	{ { "", "" }, M_INLINE, ITEM(video), &own_row_shape, "" },
	{ { "author", "author" }, M_ROW, ITEM(author), &user_shape, "its author" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape video_shape = { "Video", item_members, 0 };
const struct shape video_own_shape = { "OwnVideo", own_item_members, 0 };

struct row_ref
video_ref(int64_t id)
{
	return (struct row_ref){ &video_class, id };
}

struct row_ref
video_head_ref(void)
{
	return (struct row_ref){ &head_class, HEAD_ID };
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
	const struct video *v;
	enum err e;

	*author_id = shm_recall(c->shm, id);
	if (*author_id != 0)
		return E_OK;
	e = video_get(c, id, &v);
	if (e == E_OK) {
		*author_id = v->author_id;
		shm_remember(c->shm, id, v->author_id);
	}
	return e;
}

/* Which clips a list takes: those that may be seen, one's own in any state, those that may be
 * shown unasked, or those of the feed of everybody: there is none of a private account in it. */
enum taken { SEEN, OWN, FEED, PUBLIC };

/* Takes comments of those whom the viewer does not see out of the numbers; see user.c. */
static enum err
count_hidden(struct call *c, const struct video **videos, size_t n)
{
	size_t hidden_n, part;
	const int64_t *hidden = viewer_hidden(c, &hidden_n);
	int64_t *ids = arena_array(c->mem, n + 1, sizeof(*ids));
	struct rows r;

	if (hidden_n == 0)
		return E_OK;
	part = HIDDEN_PAIRS / hidden_n + 1;
	for (size_t i = 0; i < n; i++)
		ids[i] = videos[i]->row.id;
	for (size_t at = 0; at < n; at += part) {
		enum err e = db_select(c->db, c->mem, &video_hidden_comments,
		    ARGS(LIST(ids + at, n - at < part ? n - at : part), LIST(hidden, hidden_n)), &r);

		if (e != E_OK)
			return e;
		for (size_t i = 0; i < r.n * n; i++) {
			const struct val *v = r.v + i / n * r.cols;
			struct video *own;

			if (videos[i % n]->row.id != v[0].i)
				continue;
			own = arena_alloc(c->mem, videos[i % n]->row.size);
			memcpy(own, videos[i % n], videos[i % n]->row.size);
			own->row.stamp = 0;
			own->n.comments -= v[1].i;
			videos[i % n] = own;
		}
	}
	return E_OK;
}

/* The clips of ids with their authors; videos[i] is NULL where the viewer may not see it. */
static enum err
look(struct call *c, const int64_t *ids, size_t n, enum taken taken, const struct video **videos,
    const struct user **authors)
{
	int64_t *author_ids = arena_array(c->mem, n + 1, sizeof(*author_ids)), some = 0;
	enum err e = rows_get(c->rows, c->mem, &video_class, c, ids, n, (const void **)videos);

	for (size_t i = 0; e == E_OK && i < n; i++) {
		if (videos[i] != NULL && !videos[i]->visible && taken != OWN)
			videos[i] = NULL;
		if (videos[i] != NULL)
			some = videos[i]->author_id;
	}
	/* Where there is no clip, any author will do. */
	for (size_t i = 0; i < n; i++)
		author_ids[i] = e == E_OK && videos[i] != NULL ? videos[i]->author_id : some;
	if (e == E_OK && some != 0)
		e = user_shown(c, author_ids, n, authors);
	for (size_t i = 0; e == E_OK && i < n; i++) {
		if (videos[i] != NULL && (authors[i] == NULL || !user_opens(c, authors[i]) ||
		    (taken >= FEED && viewer_mutes(c, author_ids[i])) ||
		    (taken == PUBLIC && authors[i]->is_private)))
			videos[i] = NULL;
	}
	return e;
}

/* The clips of ids in their order, with authors and marks. */
static enum err
items(struct call *c, const int64_t *ids, size_t n, enum taken taken, struct video_list *out)
{
	const struct video **videos = arena_array(c->mem, n + 1, sizeof(*videos));
	const struct user **authors = arena_array(c->mem, n + 1, sizeof(*authors));
	struct video_item *item = arena_array(c->mem, n + 1, sizeof(*item));
	size_t kept = 0;
	enum err e;

	out->rows = arena_array(c->mem, n + 1, sizeof(void *));
	out->n = 0;
	if (n == 0)
		return E_OK;
	e = look(c, ids, n, taken, videos, authors);
	for (size_t i = 0; e == E_OK && i < n; i++) {
		if (videos[i] == NULL)
			continue;
		videos[kept] = videos[i];
		authors[kept++] = authors[i];
	}
	if (e == E_OK)
		e = count_hidden(c, videos, kept);
	if (e == E_OK)
		e = viewer_know(c, ids, n, NULL, 0);
	for (size_t i = 0; e == E_OK && i < kept; i++) {
		item[i] = (struct video_item){ videos[i], authors[i] };
		out->rows[out->n++] = &item[i];
	}
	return e;
}

enum err
video_seen_by_ids(struct call *c, const int64_t *ids, size_t n, const struct video **out)
{
	const struct user **authors = arena_array(c->mem, n + 1, sizeof(*authors));

	return n > 0 ? look(c, ids, n, SEEN, out, authors) : E_OK;
}

enum err
video_seen(struct call *c, int64_t id, const struct video **out)
{
	enum err e = video_seen_by_ids(c, &id, 1, out);

	if (e == E_OK && *out == NULL)
		return E_VIDEO_UNKNOWN;
	return e == E_OK ? count_hidden(c, out, 1) : e;
}

/* A page of the feed as it is in the head or the index. */
static enum err
feed_page(struct call *c, const struct head *h, int64_t before_ms, size_t n, int64_t *ids,
    size_t *found, int64_t *oldest_ms)
{
	const struct head_entry *entry = (const struct head_entry *)(h + 1);
	struct rows r;
	size_t i = 0;
	enum err e;

	*found = 0;
	/* A clip of this very millisecond, or of a host whose clock is ahead, is not hidden by "now". */
	if (before_ms < c->now_ms) {
		size_t lo = 0, hi = (size_t)h->n;

		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;

			if (entry[mid].published_ms < before_ms)
				hi = mid;
			else
				lo = mid + 1;
		}
		i = lo;
	}
	if (h->whole || (size_t)h->n - i >= n) {
		for (; *found < n && i < (size_t)h->n; i++) {
			*oldest_ms = entry[i].published_ms;
			ids[(*found)++] = entry[i].id;
		}
		return E_OK;
	}
	e = db_select(c->db, c->mem, &video_before, ARGS(I(before_ms), I((int64_t)n)), &r);
	for (; e == E_OK && *found < r.n && *found < n; ++*found) {
		*oldest_ms = r.v[*found * r.cols].i;
		ids[*found] = r.v[*found * r.cols + 1].i;
	}
	return e;
}

enum err
video_feed(struct call *c, int64_t before_ms, size_t n, struct video_list *out, int64_t *next_ms)
{
	int64_t ids[VIDEO_FEED_MAX], head_id = HEAD_ID;
	const void *row;
	size_t found = 0;
	enum err e;

	*out = (struct video_list){ 0 };
	*next_ms = c->now_ms;
	if (n > VIDEO_FEED_MAX)
		n = VIDEO_FEED_MAX;
	e = rows_get(c->rows, c->mem, &head_class, c, &head_id, 1, &row);
	if (e != E_OK || row == NULL)
		return e;
	/* A page of which the viewer sees nothing is not the end. */
	for (int tries = 0; e == E_OK && out->n == 0 && tries < FEED_TRIES; tries++) {
		e = feed_page(c, row, tries > 0 ? *next_ms : before_ms, n, ids, &found, next_ms);
		if (e == E_OK)
			e = items(c, ids, found, PUBLIC, out);
		out->more = found == n;
		if (!out->more)
			break;
	}
	return e;
}

/* A page out of rows of (sort key, id), of which one more than n was asked for. */
static enum err
page(struct call *c, const struct rows *r, size_t n, enum taken taken, struct video_list *out)
{
	size_t take = r->n < n ? r->n : n;
	int64_t *ids = arena_array(c->mem, take + 1, sizeof(*ids));

	*out = (struct video_list){ .more = r->n > n };
	for (size_t i = 0; i < take; i++) {
		out->last_a = r->v[i * r->cols].i;
		out->last_b = ids[i] = r->v[i * r->cols + 1].i;
	}
	return items(c, ids, take, taken, out);
}

enum err
video_of_author(struct call *c, int64_t author_id, const struct page *p, struct video_list *out)
{
	bool own = author_id == c->viewer_id;
	int64_t before = p->a ? p->a : INT64_MAX;
	const struct user *author;
	struct rows r;
	enum err e = user_seen(c, author_id, &author);

	*out = (struct video_list){ 0 };
	if (e == E_OK && !user_opens(c, author))
		return E_OK;
	if (e == E_OK)
		e = db_select(c->db, c->mem, &video_by_author,
		    ARGS(I(author_id), I(own), I(before), I(before), I(p->b), I((int64_t)p->skip),
			I((int64_t)p->n + 1)),
		    &r);
	return e == E_OK ? page(c, &r, p->n, own ? OWN : SEEN, out) : e;
}

enum err
video_liked_by(struct call *c, int64_t user_id, const struct page *p, struct video_list *out)
{
	int64_t before = p->a ? p->a : INT64_MAX;
	const struct user *user;
	struct rows r;
	enum err e = user_seen(c, user_id, &user);

	if (e == E_OK)
		e = db_select(c->db, c->mem, &video_by_like,
		    ARGS(I(user_id), I(before), I(before), I(p->b), I((int64_t)p->skip), I((int64_t)p->n + 1)),
		    &r);
	return e == E_OK ? page(c, &r, p->n, SEEN, out) : e;
}

enum err
video_shown(struct call *c, int64_t id, const struct video_item **out)
{
	struct video_list one;
	enum err e = video_list_of(c, &id, 1, &one);

	if (e == E_OK && one.n == 1)
		*out = one.rows[0];
	return e == E_OK && one.n == 0 ? E_VIDEO_UNKNOWN : e;
}

enum err
video_list_of(struct call *c, const int64_t *ids, size_t n, struct video_list *out)
{
	*out = (struct video_list){ 0 };
	return items(c, ids, n, SEEN, out);
}

enum err
video_list_for_feed(struct call *c, const int64_t *ids, size_t n, struct video_list *out)
{
	*out = (struct video_list){ 0 };
	return items(c, ids, n, FEED, out);
}
