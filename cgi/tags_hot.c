/* tags_hot.c - the tags of the moment. */

#include "http/endpoint.h"
#include "model/tag.h"

struct in {
	int64_t n;
};

static const struct param params[] = {
	{ "page_size", PARAM_INT, offsetof(struct in, n), .min = 1, .max = TAG_HOT_MAX, .dflt = 10,
	    .doc = "how many" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/tags/hot", API, VIEWER_OPTIONAL, .bare = FIELD_TAGS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_TAGS, OUT_ROWS, &tag_shape, .doc = "what the newest clips are tagged with most" },
	{ 0 },
};

static const enum err errors[] = { E_OK };

static enum err
tags_hot(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct tag_list tags;
	enum err e = tag_hot(c, (size_t)in->n, &tags);

	if (e == E_OK)
		reply_rows(out, FIELD_TAGS, &tag_shape, tags.rows, tags.n);
	return e;
}

ENDPOINT(tags_hot, struct in, "The tags of the moment", .pool = 1)
