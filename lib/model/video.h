/* video.h - clips: the feed, lists of them, publishing, and what becomes of them. */
#ifndef MODEL_VIDEO_H
#define MODEL_VIDEO_H

#include "model/call.h"
#include "model/content.h"
#include "model/counter.h"
#include "model/user.h"

#define VIDEO_FEED_MAX 50   /* clips in a page of the feed */
#define VIDEO_FEED_MOST 150 /* in one that ends where a second does */
#define VIDEO_LIST_MAX 1000 /* clips in any other list */
#define VIDEO_TITLE_MAX 128 /* characters */
#define VIDEO_DESCRIPTION_MAX 1000
#define VIDEO_PARTS_MAX 12 /* renditions and covers that a row shows */

enum video_state {
	VIDEO_RECEIVED = 1,
	VIDEO_PROCESSING = 2,
	VIDEO_READY = 3,
	VIDEO_REFUSED = 4,
	VIDEO_FAILED = 5, /* our fault: tried again by itself, then by `doufu jobs retry` */
};

/* "received" ...; hidden: by a moderator, which is told of what would be ready. */
const char *video_state_name(int64_t state, bool hidden);

/* For everybody; for followers, as the account is private; for nobody, while the account is leaving.
 * The last two follow the account within seconds (video_follow_account()); what is shown is decided by
 * the account itself, so this only keeps them out of public indexes. */
enum video_visible { VIDEO_HIDDEN = 0, VIDEO_PUBLIC = 1, VIDEO_FOLLOWERS = 2, VIDEO_LEAVING = 3 };

/* In SQL: whether the viewer (VIDEO_OPEN_TO) may see the clip v. */
#define VIDEO_OPEN                                                                                 \
	"v.visible > 0 AND NOT EXISTS (SELECT 1 FROM blocks vb WHERE vb.user_id = ? AND "           \
	"vb.other_id = v.author_id AND vb.kind IN (1, 2)) AND EXISTS (SELECT 1 FROM users vu WHERE " \
	"vu.id = v.author_id AND vu.status <> 3 AND (vu.private = 0 OR vu.id = ? OR EXISTS "         \
	"(SELECT 1 FROM follows vf WHERE vf.follower_id = ? AND vf.followee_id = vu.id))) "
#define VIDEO_OPEN_IN "iii"
#define VIDEO_OPEN_TO(c) I((c)->viewer_id), I((c)->viewer_id), I((c)->viewer_id)

struct video {
	struct row row;
	int64_t author_id, content_id, published_ms, visible, state;
	int64_t width, height, duration_ms; /* 0: not known yet */
	struct counters n; /* likes, comments, views, stars, shares */
	const char *title, *description, *play_path;
	const char *cover_path, *hls_path; /* the placeholder until there is one; "" where none is */
	const char *state_name, *reason; /* for its owner */
	struct row_part renditions, covers; /* struct content_part, the largest first */
	struct row_part mentions; /* struct video_mention, of the title, then of the description */
};

/* Whom a clip's texts name, as the row keeps it: who of them is seen, and under what name, is the
 * viewer's. */
struct video_mention {
	int64_t field, user_id; /* enum mention_field */
	int64_t begin, end;     /* in characters */
};

/* A clip in a list. */
struct video_item {
	const struct video *video;
	const struct user *author;
	struct shape_list in_title, in_description; /* struct mention, of whom the viewer sees */
};

struct video_list {
	size_t n;
	const void **rows;         /* struct video_item */
	int64_t last_a, last_b;    /* the cursor behind the last row */
	bool more;
};

extern const struct row_class video_class;
extern const struct shape video_shape;     /* of struct video_item */
extern const struct shape video_own_shape; /* the same with state and reason, for its owner */

/* Clips older than before_ms, newest first, at most n, but up to `most` (n: no more) where those are of the
 * second of the n-th.  *next_ms: the time of the oldest one, or now when there is none; out->more where the
 * page is full. */
enum err video_feed(struct call *c, int64_t before_ms, size_t n, size_t most, struct video_list *out,
    int64_t *next_ms) CHECKED;

/* The clips of an author, newest first (p->a, b: published_ms, id).  The author himself sees those
 * that are refused or hidden, too. */
enum err video_of_author(struct call *c, int64_t author_id, const struct page *p,
    struct video_list *out) CHECKED;

/* The clips that a user likes, newest like first (p->a, b: time of the like, id). */
enum err video_liked_by(struct call *c, int64_t user_id, const struct page *p,
    struct video_list *out) CHECKED;

/* The clips of ids in their order, with authors and marks; those that the viewer may not see are left
 * out.  In comment counts those whom he does not see are not counted. */
enum err video_list_of(struct call *c, const int64_t *ids, size_t n, struct video_list *out) CHECKED;

/* The same for what is shown unasked (feeds, recommendations): also without those whom he mutes. */
enum err video_list_for_feed(struct call *c, const int64_t *ids, size_t n, struct video_list *out) CHECKED;

/* The bare rows of those that the viewer may see, NULL for the others: no marks, no counts of his. */
enum err video_seen_by_ids(struct call *c, const int64_t *ids, size_t n, const struct video **out) CHECKED;

/* One of them; E_VIDEO_UNKNOWN where it is left out. */
enum err video_shown(struct call *c, int64_t id, const struct video_item **out) CHECKED;

/* The clip that an address names by n digits.  E_NOT_FOUND: they are no id, or of no clip that
 * anybody may see. */
enum err video_of_digits(struct call *c, const char *digits, size_t n, const struct video_item **out) CHECKED;

/* The row as it is, whoever may see it; E_VIDEO_UNKNOWN. */
enum err video_get(struct call *c, int64_t id, const struct video **out) CHECKED;

/* One that the viewer may see, with its comments as he counts them; E_VIDEO_UNKNOWN. */
enum err video_seen(struct call *c, int64_t id, const struct video **out) CHECKED;

/* A clip's author, which never changes: the host remembers the answer, which says nothing about
 * whether the clip still exists.  E_VIDEO_UNKNOWN where it never did, as far as is known. */
enum err video_author(struct call *c, int64_t id, int64_t *author_id) CHECKED;

/* What publishing needs. */
struct video_new {
	int64_t author_id;
	const char *title;
	const char *description; /* NULL: none */
	const char *sha256;      /* of the bytes, hex */
	const char *upload_id;   /* of an upload in parts; NULL: it came at once */
	const char *play_path;   /* the file, in its place already */
	int64_t size_bytes;
};

/* E_QUOTA where what is stored for the author would be more than user_quota. */
enum err video_quota(struct call *c, int64_t author_id, int64_t size_bytes) CHECKED;

/* The clip, its content, its job, its author's counter, in one transaction; then nudges the media
 * worker.  Others see an MP4, MOV or WebM file at once (early_view), anything else when it is ready.
 * E_DUPLICATE: there is a content of these bytes, or a clip of this upload. */
enum err video_publish(struct call *c, const struct video_new *v, int64_t *id) CHECKED;

/* The same for bytes that are stored already (play_path is not looked at): the clip is at once
 * what the other clips of that content are.  E_NO_ROW: the content is gone. */
enum err video_publish_again(struct call *c, const struct video_new *v, int64_t content_id,
    int64_t *id) CHECKED;

/* The clip that an upload in parts has become, *id 0 where none.  video_sweep() forgets uploads that
 * are older than any client may ask for. */
enum err video_of_upload(struct call *c, int64_t user_id, const char *upload_id, int64_t *id) CHECKED;
enum err video_sweep(struct call *c) CHECKED;

/* --- What the media worker says of all clips of a content; E_VIDEO_UNKNOWN: there is none any more,
 * E_ALREADY: they have been judged.  In both cases nothing changed. --- */

#define VIDEO_FILES_MAX 16
struct video_facts {
	int64_t width, height, duration_ms;
	struct media_file files[VIDEO_FILES_MAX]; /* in their places; renditions: the best first */
	size_t files_n;
	bool whole; /* all is made: ready.  Else the clip can be seen, and more will come */
	int64_t job_id; /* of what comes next: removal of what came, or the other renditions */
};
enum err video_made(struct call *c, int64_t content_id, const struct video_facts *facts) CHECKED;
enum err video_refuse(struct call *c, int64_t content_id, const char *reason) CHECKED; /* refuse_code() */
enum err video_failed(struct call *c, int64_t content_id) CHECKED;

/* How far the worker is, 0..100; makes received clips processing ones. */
enum err video_progress(struct call *c, int64_t content_id, int percent) CHECKED;

/* What there is to do; path: what came. */
struct video_task {
	int64_t state, duration_ms;
	const char *path;
	bool seen_to; /* covers and the copy, if it fits to be copied, are made */
	struct media_file copy; /* its path is NULL where there is none */
};
enum err video_task(struct call *c, int64_t content_id, struct video_task *out) CHECKED;

/* Removes the files of a content that are due to be removed; may be repeated. */
enum err video_cleanup(struct call *c, int64_t content_id) CHECKED;

/* What its owner asks while he waits; only he may (E_NOT_OWNER).  E_VIDEO_UNKNOWN. */
struct video_status {
	int64_t video_id, percent;
	const char *state, *reason_code, *reason; /* reason is the caller's to fill in */
	const char *cover; /* picture_state() */
};
extern const struct shape video_status_shape;
enum err video_state_of(struct call *c, int64_t id, struct video_status *out) CHECKED;

/* The owner changes title or description; NULL: as it is.  E_VIDEO_UNKNOWN, E_NOT_OWNER. */
enum err video_edit(struct call *c, int64_t id, const char *title, const char *description) CHECKED;

/* Brings `visible` of an account's clips up to what the account is now, step by step, as long as
 * more(arg) wants; may be repeated. */
enum err video_follow_account(struct call *c, int64_t author_id, bool (*more)(void *arg), void *arg) CHECKED;

/* Whether the viewer is its author.  E_VIDEO_UNKNOWN, E_NOT_OWNER. */
enum err video_owned(struct call *c, int64_t id) CHECKED;

/* Takes a clip out of everybody's sight, or puts it back; also(arg), unless it is NULL, is called at the
 * end of the transaction. */
enum err video_hide(struct call *c, int64_t id, bool hidden, enum err (*also)(void *arg),
    void *arg) CHECKED;

/* Marks a clip as deleted (at once out of sight, also for its owner, and no longer counted in his
 * quota) and queues the removal of its rows and, where no other clip shares them, its files;
 * video_purge() does that work and may be repeated.  also as above. */
enum err video_remove(struct call *c, int64_t id, enum err (*also)(void *arg), void *arg) CHECKED;
enum err video_purge(struct call *c, int64_t id) CHECKED;

struct row_ref video_ref(int64_t id);
struct row_ref video_head_ref(void);

#endif
