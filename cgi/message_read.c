/* message_read.c - mark what another user sent as read. */

#include "http/endpoint.h"
#include "model/conversation.h"

struct in {
	int64_t user_id, message_id;
};

static const struct param params[] = {
	{ "other_user_id", PARAM_ID, offsetof(struct in, user_id), .required = true,
	    .doc = "who sent it" },
	{ "message_id", PARAM_ID, offsetof(struct in, message_id),
	    .doc = "up to this message of his; absent or 0: all" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/auth/message/read", API, VIEWER_REQUIRED },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_TOKEN, E_USER_UNKNOWN, E_MESSAGE_UNKNOWN, E_OK };

static enum err
message_read(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;

	(void)out;
	return conversation_read_to(c, in->user_id, in->message_id);
}

ENDPOINT(message_read, struct in, "Mark messages as read", .pool = 1)
