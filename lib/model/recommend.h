/* recommend.h - what people are shown without asking: clips for a user, trending clips, the clips of
 * those whom he follows, users whom he might follow.
 *
 * recommend_fold (recommend_fold.h) prepares lists, qualities and neighbours; a request joins them with what the
 * user did up to this moment (likes, stars, plays, follows, dismissals), ranks (rank.h), and remembers
 * what it gave him, so that asking again is the next page. */
#ifndef MODEL_RECOMMEND_H
#define MODEL_RECOMMEND_H

#include "model/rank.h"
#include "model/video.h"

#define RECOMMEND_MAX 100      /* clips in a page */
#define RECOMMEND_FOLLOWING 50
#define RECOMMEND_PEOPLE 50
#define RECOMMEND_EXPLAINED 1000

struct recommend_people {
	struct user_list list;
	int64_t last_a, last_b; /* the cursor behind the last of them */
	bool more;
};

/* The next n clips at most for the viewer: none that he was shown, watched, likes, made or
 * dismissed (recommend_again), and none of an author whom he dismissed.  Remembers them, but for HEAD. */
enum err recommend_next(struct call *c, size_t n, struct video_list *out) CHECKED;

/* The same with the reasons of each row, and without remembering; n is at most RECOMMEND_EXPLAINED; *candidates:
 * how many there were. */
enum err recommend_explain(struct call *c, size_t n, const struct rank_pick ***picks, struct video_list *out,
    size_t *candidates) CHECKED;

/* A place in a list that recommend_fold makes anew again and again: 0 is the beginning of the one of now, others
 * are given out as last_a or last_b and name the list that they were of, which is kept for half an hour. */
#define RECOMMEND_FROM(place) ((size_t)((place) & 4095))

#define RECOMMEND_ANYBODY_MAX 1000 /* clips for nobody in particular, on all pages together */

/* For nobody in particular: trending and new clips in an order that `luck` decides, from a place on, whose
 * RECOMMEND_FROM() is at most RECOMMEND_ANYBODY_MAX: there they end, however many are on a page.  last_a: luck,
 * last_b: the next place; out->more: there is more. */
enum err recommend_anybody(struct call *c, uint64_t luck, int64_t place, size_t n,
    struct video_list *out) CHECKED;

/* What is trending, the hottest first, from a place on.  last_a: the next place. */
enum err recommend_hot(struct call *c, int64_t place, size_t n, struct video_list *out) CHECKED;

/* A page of the clips of those whom the viewer follows, newest first; the cursor is published_ms, id. */
enum err recommend_following(struct call *c, const struct page *p, struct video_list *out) CHECKED;

/* Users whom the viewer might follow, the likeliest first: who follows him, whom those follow whom he
 * follows, whose clips he likes, who is popular.  The cursor names the last of the page before by his score
 * and id, and the list of popular users that it was made with. */
enum err recommend_people(struct call *c, const struct page *page, struct recommend_people *out) CHECKED;

/* The viewer does not want to see a clip (video_id) or an author (author_id; the other one is 0) any
 * more, or does again.  E_VIDEO_UNKNOWN, E_USER_UNKNOWN, E_SELF_DISMISS; E_ALREADY and E_NOT_YET
 * when nothing had to change. */
enum err recommend_dismissal(struct call *c, int64_t video_id, int64_t author_id, bool on) CHECKED;

#endif
