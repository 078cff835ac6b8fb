/* stats.c - numbers about users and clips.  Invariant: what is counted in `counters` is never counted
 * again from rows, but for what no counter holds. */
#include "model/stats.h"

#include "model/follow.h"
#include "model/user.h"
#include "model/video.h"
#include "model/viewer.h"

#define TOTALS_ID 1

SQL(stats_comments,
    "SELECT COALESCE(SUM(c.comments), 0) FROM videos v FORCE INDEX (author) STRAIGHT_JOIN counters c "
    "ON c.owner_id = v.id WHERE v.author_id = ? AND v.visible > 0",
    "i", "i");
/* With what others answered under them, as in video.c. */
SQL(stats_hidden_comments,
    "SELECT COUNT(*) FROM (SELECT c.id FROM blocks b JOIN comments c ON c.user_id = b.other_id JOIN videos v "
    "ON v.id = c.video_id WHERE b.user_id = ? AND b.kind IN (1, 2) AND v.author_id = ? AND v.visible > 0 UNION "
    "SELECT k.id FROM blocks b JOIN comments r ON r.user_id = b.other_id AND r.root_id = 0 JOIN videos v "
    "ON v.id = r.video_id JOIN comments k FORCE INDEX (thread) ON k.video_id = r.video_id AND k.root_id = r.id "
    "WHERE b.user_id = ? AND b.kind IN (1, 2) AND v.author_id = ? AND v.visible > 0) q",
    "iiii", "i");
SQL(stats_video,
    "SELECT COALESCE(SUM(views), 0), COALESCE(SUM(likes), 0), COALESCE(SUM(comments), 0), "
    "COALESCE(SUM(shares), 0) FROM counters WHERE owner_id = ?",
    "i", "iiii");
SQL(stats_videos, "SELECT COUNT(*) FROM videos FORCE INDEX (feed) WHERE visible = 1", "", "i");
SQL(stats_hidden_videos,
    "SELECT COUNT(DISTINCT v.id) FROM blocks b STRAIGHT_JOIN videos v FORCE INDEX (author) "
    "ON v.author_id = b.other_id WHERE b.user_id = ? AND b.kind IN (1, 2) AND v.visible = 1",
    "i", "i");

#define U(m) offsetof(struct user_stats, m)
static const struct member user_members[] = {
	{ { NULL, "userId" }, M_INT, U(user_id), NULL, "the user" },
	{ { NULL, "videoCount" }, M_INT, U(videos), NULL, "his visible clips" },
	{ { NULL, "totalLikesReceived" }, M_INT, U(likes), NULL, "likes that his clips got" },
	{ { NULL, "totalComments" }, M_INT, U(comments), NULL, "comments that his clips got" },
	{ { NULL, "followCount" }, M_INT, U(follows), NULL, "users that he follows" },
	{ { NULL, "followerCount" }, M_INT, U(followers), NULL, "users that follow him" },
	{ { NULL, "friendCount" }, M_INT, U(friends), NULL, "users who are both" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape user_stats_shape = { .name = "UserStats", .members = user_members };

#define V(m) offsetof(struct video_stats, m)
static const struct member video_members[] = {
	{ { NULL, "videoId" }, M_INT, V(video_id), NULL, "the clip" },
	{ { NULL, "viewCount" }, M_INT, V(views), NULL, "plays" },
	{ { NULL, "likeCount" }, M_INT, V(likes), NULL, "likes" },
	{ { NULL, "commentCount" }, M_INT, V(comments), NULL, "comments" },
	{ { NULL, "shareCount" }, M_INT, V(shares), NULL, "shares" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape video_stats_shape = { .name = "VideoStats", .members = video_members };

/* Numbers that take a walk over a whole index: kept for as long as the cache keeps a row. */
struct totals {
	struct row row;
	int64_t videos;
};

static enum err
load(void *ctx, const int64_t *ids, size_t n, struct rows_loader *into)
{
	struct call *c = ctx;
	struct totals t = { .row.id = TOTALS_ID };
	struct rows r;
	enum err e = db_select(c->db, c->mem, &stats_videos, ARGS({ 0 }), &r);

	if (e != E_OK || n != 1 || ids[0] != TOTALS_ID || r.n != 1)
		return e;
	t.videos = r.v[0].i;
	rows_put(into, &t, NULL, 0);
	return E_OK;
}

static const uint16_t no_strings[] = { 0 };
static const struct row_class totals_class = {
	.key = 'S', .layout = 1, .local = 1, .size = sizeof(struct totals), .strings = no_strings,
	.load = load,
};

enum err
stats_of_user(struct call *c, int64_t user_id, struct user_stats *out)
{
	const struct user *u;
	struct rows r, hidden = { 0 };
	enum err e = user_seen(c, user_id, &u);

	if (e == E_OK)
		e = db_select(c->db, c->mem, &stats_comments, ARGS(I(user_id)), &r);
	if (e == E_OK && viewer_bars(c))
		e = db_select(c->db, c->mem, &stats_hidden_comments,
		    ARGS(I(c->viewer_id), I(user_id), I(c->viewer_id), I(user_id)), &hidden);
	if (e != E_OK)
		return e;
	*out = (struct user_stats){ .user_id = user_id, .videos = u->n.works, .likes = u->n.likes,
		.comments = (r.n == 1 ? r.v[0].i : 0) - (hidden.n == 1 ? hidden.v[0].i : 0), .follows = u->n.follows,
		.followers = u->n.followers };
	return friend_count(c, user_id, &out->friends);
}

enum err
stats_of_video(struct call *c, int64_t video_id, struct video_stats *out)
{
	const struct video *v, *raw;
	struct rows r;
	enum err e = video_seen(c, video_id, &v);

	if (e == E_OK)
		e = video_get(c, video_id, &raw);
	if (e == E_OK)
		e = db_select(c->db, c->mem, &stats_video, ARGS(I(video_id)), &r);
	if (e == E_OK && r.n == 1)
		*out = (struct video_stats){ .video_id = video_id, .views = r.v[0].i, .likes = r.v[1].i,
			.comments = r.v[2].i + v->n.comments - raw->n.comments, .shares = r.v[3].i };
	return e;
}

enum err
stats_video_count(struct call *c, int64_t user_id, int64_t *out)
{
	const int64_t id = TOTALS_ID;
	const struct user *u;
	const void *row;
	struct rows hidden = { 0 };
	enum err e;

	if (user_id != 0) {
		e = user_seen(c, user_id, &u);
		if (e == E_OK)
			*out = u->n.works;
		return e;
	}
	e = rows_get(c->rows, c->mem, &totals_class, c, &id, 1, &row);
	if (e == E_OK && !c->unblocked)
		e = viewer_know(c, NULL, 0, NULL, 0);
	if (e == E_OK && viewer_bars(c))
		e = db_select(c->db, c->mem, &stats_hidden_videos, ARGS(I(c->viewer_id)), &hidden);
	if (e == E_OK)
		*out = row != NULL ? ((const struct totals *)row)->videos : 0;
	/* The number may be older than what is taken out of it. */
	if (e == E_OK && hidden.n == 1)
		*out = *out > hidden.v[0].i ? *out - hidden.v[0].i : 0;
	return e;
}
