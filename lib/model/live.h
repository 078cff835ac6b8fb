/* live.h - live rooms: one for each host, whose id is the host's; who watches them. */
#ifndef MODEL_LIVE_H
#define MODEL_LIVE_H

#include "model/call.h"

#define LIVE_TITLE_MAX 128 /* characters */
#define LIVE_URL_MAX 500
#define LIVE_LIST_MAX 50

struct live_room {
	int64_t id, host_id, viewer_count, created_ms, started_ms;
	bool is_live;
	const char *title, *cover_url;
	const char *rtmp_url; /* "" for all but the host: who knows it could send instead of him */
	const char *hls_url;  /* "" while it is not live */
};
extern const struct shape live_room_shape;

/* The same with what only its own page tells. */
struct live_detail {
	const struct live_room *room;
	int64_t online, started_ms;
};
extern const struct shape live_detail_shape;

struct live_list {
	size_t n;
	const void **rows; /* struct live_room */
	int64_t last_a, last_b;
	bool more;
};

/* E_LIVE_UNKNOWN. */
enum err live_get(struct call *c, int64_t room_id, struct live_room *out) CHECKED;

/* The rooms that are live, those with most viewers first (p->a, b: viewers, id); with following only
 * those of users whom the viewer follows.  Without those whom he does not see, or mutes. */
enum err live_page(struct call *c, bool following, const struct page *p, struct live_list *out) CHECKED;

/* What a host says of his room; NULL: as it is.  E_PARAM where an address is none: cover_url http or
 * https, rtmp_url rtmp or rtmps, or "". */
struct live_words {
	const char *title, *cover_url, *rtmp_url;
};

/* The viewer's own room, made where there is none; a new one without a title is called after him. */
enum err live_create(struct call *c, const struct live_words *w, struct live_room *out) CHECKED;

/* The viewer goes live in room_id (0: his own, made where there is none).  E_LIVE_UNKNOWN,
 * E_NOT_OWNER, E_LIVE_ON. */
enum err live_start(
    struct call *c, int64_t room_id, const struct live_words *w, struct live_room *out) CHECKED;

/* He stops (0: his own); nobody watches then.  E_LIVE_UNKNOWN, E_NOT_OWNER, E_LIVE_OFF. */
enum err live_stop(struct call *c, int64_t room_id) CHECKED;

/* In a transaction that ends what a user may do, after his row was changed: so does his show, if he is
 * live. */
enum err live_end(struct call *c, int64_t user_id) CHECKED;

/* The viewer comes or goes; doing it twice changes nothing.  *out: the room as it is then.
 * E_LIVE_UNKNOWN (who no longer sees it has gone all the same), E_LIVE_OFF. */
enum err live_watch(struct call *c, int64_t room_id, bool joins, struct live_room *out) CHECKED;

#endif
