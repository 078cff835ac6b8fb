/* message_unread_count.c - how many messages to the viewer are unread; clients may poll it. */

#include "http/endpoint.h"
#include "model/message.h"

struct in {
	int64_t none;
};

static const struct param params[] = { { 0 } };

static const struct route routes[] = {
	{ GET, "/api/auth/message/unread", API, VIEWER_REQUIRED },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_NUMBER, OUT_INT, .doc = "messages of all conversations" },
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_OK };

static enum err
message_unread_count(struct call *c, const void *arg, struct reply *out)
{
	int64_t n;
	enum err e = message_unread(c, &n);

	(void)arg;
	if (e == E_OK)
		reply_int(out, FIELD_NUMBER, n);
	return e;
}

ENDPOINT(message_unread_count, struct in, "How many messages are unread", .pool = 1)
