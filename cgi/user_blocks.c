/* user_blocks.c - whom the viewer blocks, and whom he mutes, newest first. */

#include "http/page.h"
#include "model/block.h"

struct in {
	struct page_in page;
	int64_t kind;
};

static const struct param params[] = {
	{ "kind", PARAM_INT, offsetof(struct in, kind), .min = BLOCK, .max = MUTE,
	    .doc = "1: blocked, 3: muted" },
	API_PAGE_PARAMS(struct in, 10, BLOCK_LIST_MAX),
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/auth/user/blocks", API, VIEWER_REQUIRED, .set = "kind=1", .bare = FIELD_USERS },
	{ GET, "/api/auth/user/mutes", API, VIEWER_REQUIRED, .set = "kind=3", .bare = FIELD_USERS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_USERS, OUT_ROWS, &user_shape, .doc = "newest first" },
	PAGE_OUTPUT,
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_OK };

static enum err
user_blocks(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct follow_page list;
	struct page page;
	enum err e = page_of(c, &in->page, &page);

	if (e == E_OK)
		e = block_list(c, (enum block_kind)in->kind, &page, &list);
	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_USERS, &user_shape, list.users.rows, list.users.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, list.last_a, list.last_b, list.more);
	return E_OK;
}

ENDPOINT(user_blocks, struct in, "Whom the viewer blocks or mutes", .pool = 1, .marks = true)
