/* export_write.c - see export_write.h.  Invariant: a member of the tar is written behind an empty header,
 * which gets its size when that is known: so no part is ever held in memory whole. */
#include "model/export_write.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "store/files.h"

#define BLOCK 512
#define BATCH 1000
#define PIECE_MAX (8 << 20) /* JSON of one batch */

/* The first column, or the first two, is what goes on behind the last row of a batch. */
SQL(export_profile,
    "SELECT id, name, avatar, background, signature, private, created_ms, updated_ms, notice FROM users "
    "WHERE id = ? AND id > ?",
    "ii", "issssiiis");
SQL(export_clips,
    "SELECT id, title, description, published_ms, state, visible, duration_ms, play_path FROM videos "
    "FORCE INDEX (author) WHERE author_id = ? AND id > ? AND deleted = 0 ORDER BY id LIMIT 1000",
    "ii", "issiiiis");
SQL(export_comments,
    "SELECT id, video_id, reply_to_id, content, created_ms FROM comments FORCE INDEX (by_user) "
    "WHERE user_id = ? AND id > ? ORDER BY id LIMIT 1000",
    "ii", "iiisi");
SQL(export_likes,
    "SELECT video_id, created_ms FROM likes WHERE user_id = ? AND video_id > ? ORDER BY video_id LIMIT 1000",
    "ii", "ii");
SQL(export_stars,
    "SELECT video_id, created_ms FROM stars WHERE user_id = ? AND video_id > ? ORDER BY video_id LIMIT 1000",
    "ii", "ii");
SQL(export_follows,
    "SELECT followee_id, created_ms FROM follows WHERE follower_id = ? AND followee_id > ? "
    "ORDER BY followee_id LIMIT 1000",
    "ii", "ii");
SQL(export_followers,
    "SELECT follower_id, created_ms FROM follows FORCE INDEX (followers) WHERE followee_id = ? AND "
    "follower_id > ? ORDER BY follower_id LIMIT 1000",
    "ii", "ii");
SQL(export_blocks,
    "SELECT other_id, created_ms FROM blocks WHERE user_id = ? AND other_id > ? AND kind = 1 "
    "ORDER BY other_id LIMIT 1000",
    "ii", "ii");
SQL(export_mutes,
    "SELECT other_id, created_ms FROM blocks WHERE user_id = ? AND other_id > ? AND kind = 3 "
    "ORDER BY other_id LIMIT 1000",
    "ii", "ii");
SQL(export_asked,
    "SELECT followee_id, created_ms FROM follow_requests WHERE follower_id = ? AND followee_id > ? "
    "ORDER BY followee_id LIMIT 1000",
    "ii", "ii");
SQL(export_asked_by,
    "SELECT follower_id, created_ms FROM follow_requests FORCE INDEX (requests) WHERE followee_id = ? AND "
    "follower_id > ? ORDER BY follower_id LIMIT 1000",
    "ii", "ii");
SQL(export_rules,
    "SELECT video_id, ELT(mode + 1, 'account', 'all', 'followers', 'off'), words FROM comment_rules "
    "WHERE user_id = ? AND video_id > ? ORDER BY video_id LIMIT 1000",
    "ii", "iss");
SQL(export_room,
    "SELECT id, title, cover_url, rtmp_url, is_live, viewer_count, started_ms, created_ms FROM live_rooms "
    "WHERE id = ? AND id > ?",
    "ii", "isssiiii");
SQL(export_rooms_seen,
    "SELECT room_id, started_ms FROM live_viewers FORCE INDEX (by_user) WHERE user_id = ? AND room_id > ? "
    "ORDER BY room_id LIMIT 1000",
    "ii", "ii");
/* Keys of two columns: a row behind (a, b) has a larger a, or this one and a larger b. */
#define BEHIND(a, b) "(" a " > ? OR (" a " = ? AND " b " > ?)) ORDER BY " a ", " b " LIMIT 1000"
SQL(export_comment_likes,
    "SELECT video_id, comment_id, created_ms FROM comment_likes FORCE INDEX (by_user) WHERE user_id = ? AND "
    BEHIND("video_id", "comment_id"),
    "iiii", "iii");
SQL(export_shares,
    "SELECT video_id, slot, created_ms, target FROM shares FORCE INDEX (by_user) WHERE user_id = ? AND "
    BEHIND("video_id", "slot"),
    "iiii", "iiis");
SQL(export_danmus,
    "SELECT room_id, id, content, color, position, created_ms FROM danmus FORCE INDEX (by_user) "
    "WHERE user_id = ? AND " BEHIND("room_id", "id"),
    "iiii", "iissii");
SQL(export_dismissed,
    "SELECT kind, ref_id, ELT(kind, 'video', 'user'), created_ms FROM recommend_dismissed WHERE user_id = ? AND "
    BEHIND("kind", "ref_id"),
    "iiii", "iisi");
SQL(export_reports,
    "SELECT kind, thing_id, ELT(kind, 'video', 'comment', 'user', 'message'), ELT(reason, 'spam', 'violence', "
    "'sex', 'hate', 'fraud', 'minor', 'copyright', 'other'), text, created_ms, open FROM reports "
    "FORCE INDEX (by_reporter) WHERE reporter_id = ? AND " BEHIND("kind", "thing_id"),
    "iiii", "iisssii");
/* What he made besides clips: the last column is the file.  8: FILE_AVATAR. */
SQL(export_covers,
    "SELECT id, cover_path FROM videos FORCE INDEX (author) WHERE author_id = ? AND id > ? AND deleted = 0 AND "
    "own_cover = 1 ORDER BY id LIMIT 1000",
    "ii", "is");
SQL(export_avatar,
    "SELECT content_id, path FROM media_files WHERE content_id = ? AND content_id > ? AND kind = 8 AND "
    "remove_ms = 0 ORDER BY size_bytes DESC LIMIT 1",
    "ii", "is");
SQL(export_messages_lo,
    "SELECT id, hi_id, content, created_ms FROM messages WHERE lo_id = ? AND id > ? AND from_id = lo_id "
    "ORDER BY id LIMIT 1000",
    "ii", "iisi");
SQL(export_messages_hi,
    "SELECT m.id, m.lo_id, m.content, m.created_ms FROM conversations c FORCE INDEX (by_hi) STRAIGHT_JOIN "
    "messages m ON m.lo_id = c.lo_id AND m.hi_id = c.hi_id WHERE c.hi_id = ? AND m.id > ? AND "
    "m.from_id = m.hi_id ORDER BY m.id LIMIT 1000",
    "ii", "iisi");
SQL(export_history,
    "SELECT video_id, MAX(at_ms), MAX(watched_ms) FROM views WHERE user_id = ? AND video_id > ? AND "
    "hidden = 0 GROUP BY video_id ORDER BY video_id LIMIT 1000",
    "ii", "iii");
SQL(export_sessions,
    "SELECT session_id, created_ms, ended_ms, expires_ms, client FROM sessions WHERE user_id = ? AND "
    "session_id > ? ORDER BY session_id LIMIT 1000",
    "ii", "iiiis");

static const struct {
	const char *file;
	const struct sql *q, *more; /* more: a second statement of the same columns */
	bool pair; /* the first two columns are the key */
	const char *columns[10];
} parts[] = {
	{ "profile.json", &export_profile, .columns = { "id", "name", "avatar", "background", "signature",
						"private", "created_ms", "updated_ms", "notice" } },
	{ "clips.json", &export_clips, .columns = { "id", "title", "description", "published_ms", "state",
					       "visible", "duration_ms", "file" } },
	{ "comments.json", &export_comments,
	    .columns = { "id", "video_id", "reply_to_id", "content", "created_ms" } },
	{ "comment_likes.json", &export_comment_likes, .pair = true,
	    .columns = { "video_id", "comment_id", "created_ms" } },
	{ "comment_rules.json", &export_rules, .columns = { "video_id", "mode", "words" } },
	{ "likes.json", &export_likes, .columns = { "video_id", "created_ms" } },
	{ "stars.json", &export_stars, .columns = { "video_id", "created_ms" } },
	{ "shares.json", &export_shares, .pair = true, .columns = { "video_id", "hour", "created_ms", "target" } },
	{ "follows.json", &export_follows, .columns = { "user_id", "created_ms" } },
	{ "followers.json", &export_followers, .columns = { "user_id", "created_ms" } },
	{ "requests.json", &export_asked, .columns = { "user_id", "created_ms" } },
	{ "requests_got.json", &export_asked_by, .columns = { "user_id", "created_ms" } },
	{ "blocks.json", &export_blocks, .columns = { "user_id", "created_ms" } },
	{ "mutes.json", &export_mutes, .columns = { "user_id", "created_ms" } },
	{ "reports.json", &export_reports, .pair = true,
	    .columns = { "kind", "id", "what", "reason", "text", "created_ms", "open" } },
	{ "messages.json", &export_messages_lo, &export_messages_hi,
	    .columns = { "id", "to_user_id", "content", "created_ms" } },
	{ "live_room.json", &export_room, .columns = { "id", "title", "cover_url", "rtmp_url", "is_live",
					      "viewer_count", "started_ms", "created_ms" } },
	{ "live_rooms_seen.json", &export_rooms_seen, .columns = { "room_id", "started_ms" } },
	{ "danmaku.json", &export_danmus, .pair = true,
	    .columns = { "room_id", "id", "content", "color", "position", "created_ms" } },
	{ "history.json", &export_history, .columns = { "video_id", "watched_at_ms", "watched_ms" } },
	{ "dismissed.json", &export_dismissed, .pair = true, .columns = { "kind", "id", "what", "created_ms" } },
	{ "sessions.json", &export_sessions,
	    .columns = { "id", "created_ms", "ended_ms", "expires_ms", "client" } },
};

/* Files, and the directory of the tar where they are. */
static const struct {
	const char *directory;
	const struct sql *q;
} media[] = { { "clips", &export_clips }, { "covers", &export_covers }, { "avatar", &export_avatar } };

/* ---- tar ---- */

struct tar {
	int fd;
	int64_t header_at, size; /* of the member under way */
	int64_t now_s;
	bool bad;
};

static void
tar_write(struct tar *t, const void *p, size_t n)
{
	const char *at = p;

	t->size += (int64_t)n;
	while (n > 0 && !t->bad) {
		ssize_t k = write(t->fd, at, n);

		if (k < 0 && errno == EINTR)
			continue;
		t->bad = k <= 0;
		at += k > 0 ? k : 0;
		n -= k > 0 ? (size_t)k : 0;
	}
}

static void
tar_begin(struct tar *t)
{
	static const char none[BLOCK];
	off_t at = lseek(t->fd, 0, SEEK_CUR);

	t->header_at = at;
	t->bad |= at < 0;
	tar_write(t, none, BLOCK);
	t->size = 0;
}

/* POSIX ustar; sizes of 8 GiB and more do not fit, and no clip is that large. */
static void
tar_end(struct tar *t, const char *name)
{
	static const char none[BLOCK];
	char h[BLOCK] = "";
	unsigned sum = 0;
	int64_t size = t->size;

	if (size % BLOCK != 0)
		tar_write(t, none, (size_t)(BLOCK - size % BLOCK));
	snprintf(h, 100, "%s", name);
	snprintf(h + 100, 8, "%07o", 0644U);
	snprintf(h + 108, 8, "%07o", 0U);
	snprintf(h + 116, 8, "%07o", 0U);
	snprintf(h + 124, 12, "%011llo", (unsigned long long)size & 077777777777ULL);
	snprintf(h + 136, 12, "%011llo", (unsigned long long)t->now_s & 077777777777ULL);
	memset(h + 148, ' ', 8);
	h[156] = '0';
	memcpy(h + 257, "ustar\00000", 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 8, "%06o", sum & 0777777U);
	t->bad |= size >= INT64_C(1) << 33 || pwrite(t->fd, h, BLOCK, t->header_at) != BLOCK;
}

/* ---- what is in it ---- */

struct making {
	struct call *c;
	struct tar tar;
	int64_t user_id;
	bool (*alive)(void *arg);
	void *arg;
};

static void
put_row(struct buf *b, const struct val *v, size_t cols, const char *const *columns, bool first)
{
	buf_adds(b, first ? "\n{" : ",\n{");
	for (size_t i = 0; i < cols; i++) {
		if (i > 0)
			buf_addc(b, ',');
		json_str(b, columns[i]);
		buf_addc(b, ':');
		if (v[i].type == 'i')
			buf_addi(b, v[i].i);
		else
			json_strn(b, v[i].s != NULL ? v[i].s : "", v[i].n);
	}
	buf_addc(b, '}');
}

static enum err
put_rows(struct making *m, const struct sql *q, bool pair, const char *const *columns, bool *first)
{
	struct call *c = m->c;
	int64_t after = -1, second = -1; /* a rule for all clips has the id 0 */
	struct rows r;
	enum err e;

	do {
		struct buf b;

		e = db_select(c->db, c->mem, q,
		    pair ? ARGS(I(m->user_id), I(after), I(after), I(second)) : ARGS(I(m->user_id), I(after)),
		    &r);
		if (e != E_OK)
			return e;
		if (!m->alive(m->arg))
			return E_UNAVAILABLE;
		buf_init(&b, PIECE_MAX);
		for (size_t i = 0; i < r.n; i++) {
			after = r.v[i * r.cols].i;
			second = pair ? r.v[i * r.cols + 1].i : 0;
			put_row(&b, r.v + i * r.cols, r.cols, columns, *first);
			*first = false;
		}
		m->tar.bad |= b.full;
		tar_write(&m->tar, b.len > 0 ? b.p : "", b.len);
		buf_free(&b);
	} while (r.n == BATCH && !m->tar.bad);
	return E_OK;
}

static enum err
put_file(struct making *m, const char *directory, int64_t id, const char *path)
{
	static char piece[1 << 16];
	struct call *c = m->c;
	const char *dot = strrchr(path, '.');
	int fd;
	ssize_t n = 1;

	if (*path == '\0')
		return E_OK;
	fd = files_open(c->mem, c->conf, path);
	if (fd < 0) {
		log_warn("export: %s: %s", path, strerror(errno));
		return E_OK;
	}
	tar_begin(&m->tar);
	while (n > 0 && !m->tar.bad && m->alive(m->arg)) {
		n = read(fd, piece, sizeof(piece));
		if (n > 0)
			tar_write(&m->tar, piece, (size_t)n);
	}
	close(fd);
	tar_end(&m->tar, arena_printf(c->mem, "%s/%lld%s", directory, (long long)id, dot != NULL ? dot : ""));
	return n == 0 ? E_OK : E_UNAVAILABLE;
}

static enum err
put_files(struct making *m, const struct sql *q, const char *directory)
{
	struct call *c = m->c;
	int64_t after = 0;
	struct rows r;
	enum err e;

	do {
		e = db_select(c->db, c->mem, q, ARGS(I(m->user_id), I(after)), &r);
		for (size_t i = 0; e == E_OK && i < r.n; i++) {
			after = r.v[i * r.cols].i;
			e = put_file(m, directory, after, r.v[i * r.cols + r.cols - 1].s);
		}
	} while (e == E_OK && r.n == BATCH);
	return e;
}

enum err
export_write(struct call *c, int fd, int64_t user_id, bool (*alive)(void *arg), void *arg)
{
	static const char end[2 * BLOCK];
	struct making m = { .c = c, .user_id = user_id, .alive = alive, .arg = arg,
		.tar = { .fd = fd, .now_s = c->now_ms / 1000 } };
	enum err e = E_OK;

	for (size_t i = 0; e == E_OK && i < sizeof(parts) / sizeof(*parts); i++) {
		bool first = true;

		tar_begin(&m.tar);
		tar_write(&m.tar, "[", 1);
		e = put_rows(&m, parts[i].q, parts[i].pair, parts[i].columns, &first);
		if (e == E_OK && parts[i].more != NULL)
			e = put_rows(&m, parts[i].more, parts[i].pair, parts[i].columns, &first);
		tar_write(&m.tar, "\n]\n", 3);
		tar_end(&m.tar, parts[i].file);
	}
	for (size_t i = 0; e == E_OK && i < sizeof(media) / sizeof(*media); i++)
		e = put_files(&m, media[i].q, media[i].directory);
	tar_write(&m.tar, end, sizeof(end));
	return e == E_OK && m.tar.bad ? E_DISK : e;
}
