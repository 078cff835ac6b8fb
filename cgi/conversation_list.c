/* conversation_list.c - the viewer's conversations, the newest message first. */

#include "http/page.h"
#include "model/conversation.h"

struct in {
	struct page_in page;
};

static const struct param params[] = {
	API_PAGE_PARAMS(struct in, 20, CONVERSATION_LIST_MAX),
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/auth/message/conversations", API, VIEWER_REQUIRED, .bare = FIELD_CONVERSATIONS },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_CONVERSATIONS, OUT_ROWS, &conversation_shape, .doc = "newest message first" },
	PAGE_OUTPUT,
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_OK };

static enum err
conversation_list(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct conversation_list list;
	struct page page;
	enum err e = page_of(c, &in->page, &page);

	if (e == E_OK)
		e = conversation_list_of(c, &page, &list);
	if (e != E_OK)
		return e;
	reply_rows(out, FIELD_CONVERSATIONS, &conversation_shape, list.rows, list.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, list.last_a, list.last_b, list.more);
	return E_OK;
}

ENDPOINT(conversation_list, struct in, "The viewer's conversations", .pool = 1, .marks = true)
