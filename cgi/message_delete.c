/* message_delete.c - take a message back (its sender: for both), or hide it (its receiver: for
 * himself). */

#include "http/endpoint.h"
#include "model/conversation.h"

struct in {
	int64_t message_id;
};

static const struct param params[] = {
	{ "message_id", PARAM_ID, offsetof(struct in, message_id), .required = true,
	    .doc = "a message that the viewer sent or got" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/auth/message/delete", API, VIEWER_REQUIRED },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_TOKEN, E_MESSAGE_UNKNOWN, E_TOO_FAST, E_OK };

static enum err
message_delete(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;

	(void)out;
	return message_remove(c, in->message_id);
}

ENDPOINT(message_delete, struct in, "Delete a message", .pool = 1, .rate = RATE_USER)
