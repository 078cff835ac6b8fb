/* danmu.h - danmaku: short texts over a live stream. */
#ifndef MODEL_DANMU_H
#define MODEL_DANMU_H

#include "model/call.h"

#define DANMU_TEXT_MAX 100 /* characters */
#define DANMU_LIST_MAX 1000
#define DANMU_COLOR "#FFFFFF"

enum danmu_position { DANMU_SCROLL, DANMU_TOP, DANMU_BOTTOM };

struct danmu {
	int64_t id, user_id, room_id, position, created_ms;
	const char *content, *color;
};
extern const struct shape danmu_shape;

/* Rows commit out of order, and hosts' clocks differ: what is younger than this may still get an older
 * neighbour, so that no cursor goes beyond it. */
#define DANMU_SETTLE_MS 3000

struct danmu_list {
	size_t n;
	const void **rows; /* struct danmu, oldest first */
	int64_t next_a, next_b; /* the cursor behind the last settled row; a is 0: there is none */
};

/* What the viewer writes: room_id, content, color ("": white), position; the rest is filled in.
 * E_LIVE_UNKNOWN, E_LIVE_OFF; E_PARAM: color is no #RRGGBB. */
enum err danmu_add(struct call *c, struct danmu *d) CHECKED;

/* Which danmaku of a room: those from from_ms on (or behind the cursor a, b: time, id), up to until_ms
 * (0: no end), the first n of them; without from_ms and cursor the newest n.  A cursor that this gave
 * out loses nothing, but rows of the last DANMU_SETTLE_MS come again. */
struct danmu_query {
	int64_t room_id, from_ms, until_ms, a, b;
	size_t n;
};

/* E_LIVE_UNKNOWN. */
enum err danmu_page(struct call *c, const struct danmu_query *q, struct danmu_list *out) CHECKED;

/* By its author or the room's host.  E_LIVE_UNKNOWN, E_DANMU_UNKNOWN, E_NOT_OWNER. */
enum err danmu_remove(struct call *c, int64_t room_id, int64_t id) CHECKED;

/* Of the show that is on, or the last one.  E_LIVE_UNKNOWN. */
struct danmu_stats {
	int64_t room_id, total, users, peak;
};
extern const struct shape danmu_stats_shape;
enum err danmu_numbers(struct call *c, int64_t room_id, struct danmu_stats *out) CHECKED;

#endif
