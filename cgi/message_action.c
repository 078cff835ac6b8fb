/* message_action.c - send a message to a user.  Both sides can read it when the answer comes. */

#include <string.h>

#include "base/text.h"
#include "http/endpoint.h"
#include "model/message.h"

struct in {
	int64_t user_id, action;
	const char *content;
};

static const struct param params[] = {
	{ "to_user_id", PARAM_ID, offsetof(struct in, user_id), .required = true, .doc = "to whom",
	    .api = "receiver_id" },
	{ "action_type", PARAM_INT, offsetof(struct in, action), .required = true, .min = 1, .max = 1,
	    .doc = "1: send" },
	{ "content", PARAM_LINES, offsetof(struct in, content), .required = true, .min = 1,
	    .max = MESSAGE_TEXT_MAX, .doc = "not blank" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/douyin/message/action/", DOUYIN, VIEWER_REQUIRED },
	{ POST, "/api/auth/message/send", API, VIEWER_REQUIRED, .set = "action_type=1" },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_MESSAGE_ID, OUT_INT, .doc = "of the new message", .only = ONLY_API },
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_USER_UNKNOWN, E_SELF_MESSAGE, E_TOO_FAST, E_OK };

static enum err
message_action(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	int64_t id;
	enum err e;

	if (utf8_is_blank(in->content, strlen(in->content)))
		return call_param(c, "content", WHY_BLANK, 0);
	e = message_send(c, in->user_id, in->content, &id);
	if (e == E_OK)
		reply_int(out, FIELD_MESSAGE_ID, id);
	return e;
}

ENDPOINT(message_action, struct in, "Send a message", .pool = 6, .rate = RATE_USER)
