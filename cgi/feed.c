/* feed.c - the video stream: newest first, one page per call.
 *
 * Anyone may read it.  A valid token only adds the viewer's own marks (is_favorite, is_follow).
 * Paging walks back in time: send the last next_time again as latest_time. */

#include "http/endpoint.h"
#include "model/video.h"

struct in {
	struct time_in latest;
	int64_t page_size;
};

static const struct param params[] = {
	{ "latest_time", PARAM_TIME, offsetof(struct in, latest),
	    .doc = "clips older than this (ms, or s below 10^11); absent, 0 or garbage means now" },
	{ "page_size", PARAM_INT, offsetof(struct in, page_size), .min = 1, .max = VIDEO_FEED_MAX,
	    .doc = "at most this many clips; absent: feed_page of the configuration" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/douyin/feed/", DOUYIN, VIEWER_OPTIONAL },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_VIDEOS, OUT_ROWS, &video_shape, .on_error = true, .doc = "newest first" },
	{ FIELD_NEXT_TIME, OUT_TIME, .doc = "send it as latest_time to get the next page" },
	{ 0 },
};

static const enum err errors[] = { E_OK };

static enum err
feed(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	int64_t n = in->page_size ? in->page_size : c->conf->feed_page;
	struct video_list page;
	int64_t next_ms;
	enum err e = video_feed(c, in->latest.ms, (size_t)n, &page, &next_ms);

	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_VIDEOS, &video_shape, page.rows, page.n);
	reply_time(out, FIELD_NEXT_TIME, next_ms, &in->latest);
	return E_OK;
}

ENDPOINT(feed, struct in, "The video stream, newest first", .marks = true)
