/* user_block.c - block or mute a user, or no longer.
 *
 * Who blocks and who is blocked see nothing of each other any more, and follow each other no longer.
 * Whom one mutes is only missing in one's own feeds and notifications. */

#include "http/endpoint.h"
#include "model/block.h"

struct in {
	int64_t user_id, kind, on;
};

static const struct param params[] = {
	{ "target_user_id", PARAM_ID, offsetof(struct in, user_id), .required = true, .doc = "whom" },
	{ "kind", PARAM_INT, offsetof(struct in, kind), .min = BLOCK, .max = MUTE, .doc = "1: block, 3: mute" },
	{ "on", PARAM_INT, offsetof(struct in, on), .max = 1, .doc = "0: no longer" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/auth/user/block", API, VIEWER_REQUIRED, .set = "kind=1&on=1" },
	{ POST, "/api/auth/user/unblock", API, VIEWER_REQUIRED, .set = "kind=1&on=0" },
	{ POST, "/api/auth/user/mute", API, VIEWER_REQUIRED, .set = "kind=3&on=1" },
	{ POST, "/api/auth/user/unmute", API, VIEWER_REQUIRED, .set = "kind=3&on=0" },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_TOKEN, E_USER_UNKNOWN, E_SELF_BLOCK, E_BLOCKS_FULL, E_ALREADY, E_NOT_YET,
	E_TOO_FAST, E_OK };

static enum err
user_block(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;

	(void)out;
	return block_set(c, in->user_id, (enum block_kind)in->kind, in->on == 1);
}

ENDPOINT(user_block, struct in, "Block or mute a user", .pool = 1, .rate = RATE_USER)
