/* message_chat.c - the messages between the viewer and another user, oldest first; in /api newest
 * first.
 *
 * The Android client polls this about once a second with the newest time that it knows as
 * pre_msg_time, and shows its own messages itself: then only the other's newer ones come. */

#include "http/page.h"
#include "model/message.h"

struct in {
	struct page_in page;
	int64_t user_id, after_ms, last_id;
	bool newest_first;
};

static const struct param params[] = {
	{ "to_user_id", PARAM_ID, offsetof(struct in, user_id), .required = true,
	    .doc = "the other one", .api = "other_user_id" },
	{ "pre_msg_time", PARAM_INT, offsetof(struct in, after_ms), .min = 0, .max = INT64_MAX,
	    .doc = "ms; only what the other one sent after it.  Absent or 0: the history" },
	{ "last_message_id", PARAM_ID, offsetof(struct in, last_id), .only = ONLY_API,
	    .doc = "of the history: what is older than this message" },
	{ "newest_first", PARAM_BOOL, offsetof(struct in, newest_first), .only = ONLY_API,
	    .doc = "the order" },
	BOTH_PAGE_PARAMS(struct in, MESSAGE_LIST_MAX, 20, 100),
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/douyin/message/chat/", DOUYIN, VIEWER_REQUIRED },
	{ GET, "/api/auth/message/list", API, VIEWER_REQUIRED, .set = "newest_first=1",
	    .bare = FIELD_MESSAGES },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_MESSAGES, OUT_ROWS, &message_shape, .on_error = true,
	    .doc = "oldest first, or newest first where it was said so" },
	{ FIELD_NEXT_CURSOR, OUT_CURSOR, .doc = "of the history: send it as cursor for what is older" },
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_USER_UNKNOWN, E_OK };

static enum err
message_chat(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct message_list list;
	struct page page;
	enum err e = page_of(c, &in->page, &page);

	if (e == E_OK && in->last_id != 0)
		e = message_time(c, in->user_id, in->last_id, &page.a);
	if (e == E_OK)
		e = in->after_ms > 0 ? message_news(c, in->user_id, in->after_ms, page.n, &list)
				     : message_history(c, in->user_id, &page, &list);
	if (e != E_OK)
		return e;
	if (in->newest_first)
		message_reverse(&list);
	reply_rows(out, FIELD_MESSAGES, &message_shape, list.rows, list.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, list.first_ms, 0, list.more);
	return E_OK;
}

ENDPOINT(message_chat, struct in, "The messages with another user")
