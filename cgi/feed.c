/* feed.c - the video stream: newest first, one page per call.
 *
 * Anyone may read it.  A valid token only adds the viewer's own marks (is_favorite, is_follow).
 * Paging walks back in time: send the last next_time again as latest_time. */

#include "http/endpoint.h"
#include "model/video.h"

#define DOUYIN_PAGE_MAX 30
#define PAGES_OF_A_SECOND 3 /* how long a page gets, at most, to end where a second does */

struct in {
	struct time_in latest;
	int64_t page_size;
	struct cursor cursor;
	bool whole_seconds;
};

static const struct param params[] = {
	{ "latest_time", PARAM_TIME, offsetof(struct in, latest),
	    .doc = "clips older than this (ms, or s below 10^11); absent, 0 or garbage means now" },
	{ "page_size", PARAM_INT, offsetof(struct in, page_size), .min = 1, .max = DOUYIN_PAGE_MAX,
	    .doc = "at most this many clips; absent: feed_page of the configuration",
	    .only = ONLY_DOUYIN },
	{ "page_size", PARAM_INT, offsetof(struct in, page_size), .min = 1, .max = VIDEO_FEED_MAX,
	    .dflt = 10, .only = ONLY_API,
	    .doc = "at most this many clips; without a cursor or a latest_time in ms up to three times as many, where "
		   "the last ones are of one second: latest_time in s could not go on within it" },
	{ "cursor", PARAM_CURSOR, offsetof(struct in, cursor), .only = ONLY_API,
	    .doc = "next_cursor of the page before: exact where latest_time counts whole seconds" },
	{ "whole_seconds", PARAM_BOOL, offsetof(struct in, whole_seconds), .only = ONLY_API,
	    .doc = "whether a page ends where a second does" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/douyin/feed/", DOUYIN, VIEWER_OPTIONAL },
	{ GET, "/api/video/feed", API, VIEWER_OPTIONAL, .set = "whole_seconds=1" },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_VIDEOS, OUT_ROWS, &video_shape, .on_error = true, .doc = "newest first" },
	{ FIELD_NEXT_TIME, OUT_TIME, .doc = "send it as latest_time to get the next page" },
	{ FIELD_NEXT_CURSOR, OUT_CURSOR, .only = ONLY_API,
	    .doc = "send it as cursor to get the next page; \"\" on the last one" },
	{ 0 },
};

static const enum err errors[] = { E_OK };

static enum err
feed(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	int64_t n = in->page_size ? in->page_size : c->conf->feed_page;
	struct video_list page;
	int64_t before_ms = in->cursor.given ? in->cursor.a : in->latest.ms, next_ms;
	bool to_second = in->whole_seconds && in->latest.seconds && !in->cursor.given;
	int64_t most = to_second ? n * PAGES_OF_A_SECOND : n;
	enum err e = video_feed(c, before_ms, (size_t)n, (size_t)most, &page, &next_ms);

	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_VIDEOS, &video_shape, page.rows, page.n);
	reply_time(out, FIELD_NEXT_TIME, next_ms, &in->latest);
	reply_cursor(out, FIELD_NEXT_CURSOR, next_ms, 0, page.more);
	return E_OK;
}

ENDPOINT(feed, struct in, "The video stream, newest first", .marks = true)
