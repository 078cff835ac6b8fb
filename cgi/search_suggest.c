/* search_suggest.c - what somebody may mean while he is still typing. */

#include "http/endpoint.h"
#include "model/search.h"
#include "model/tag.h"
#include "model/user.h"
#include "model/video.h"

#define EACH 5

struct in {
	const char *keyword;
};

static const struct param params[] = {
	{ "keyword", PARAM_LINES, offsetof(struct in, keyword), .min = 1, .max = SEARCH_KEYWORD_MAX,
	    .required = true, .doc = "what was typed so far" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/search/suggest", API, VIEWER_OPTIONAL },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_TAGS, OUT_ROWS, &tag_shape, .doc = "tags with it, most used first, at most five" },
	{ FIELD_USERS, OUT_ROWS, &user_shape, .doc = "users, most followed first, at most five" },
	{ FIELD_VIDEOS, OUT_ROWS, &video_shape, .doc = "clips with it in their title, most popular first, at most five" },
	{ 0 },
};

static const enum err errors[] = { E_OK };

static enum err
find(struct call *c, const char *typed, struct tag_list *tags, struct user_list *users,
    struct video_list *videos)
{
	int64_t *ids;
	size_t n;
	enum err e = search_typed(c, SEARCH_TAG, typed, EACH, &ids, &n);

	if (e == E_OK)
		e = tag_list_of(c, ids, n, tags);
	if (e == E_OK)
		e = search_typed(c, SEARCH_USER, typed, EACH, &ids, &n);
	if (e == E_OK)
		e = user_list_of(c, ids, n, users);
	if (e == E_OK)
		e = search_typed(c, SEARCH_VIDEO, typed, EACH, &ids, &n);
	return e == E_OK ? video_list_of(c, ids, n, videos) : e;
}

static enum err
search_suggest(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct tag_list tags;
	struct user_list users;
	struct video_list videos;
	enum err e = find(c, in->keyword, &tags, &users, &videos);

	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_TAGS, &tag_shape, tags.rows, tags.n);
	reply_rows(out, FIELD_USERS, &user_shape, users.rows, users.n);
	reply_rows(out, FIELD_VIDEOS, &video_shape, videos.rows, videos.n);
	return E_OK;
}

ENDPOINT(search_suggest, struct in, "Tags, users and titles for what is being typed", .pool = 1, .marks = true)
