/* user_privacy.c - make one's account private, or public again.
 *
 * Clips of a private account are for its followers, and who wants to follow it asks first.  When it
 * becomes public, who asked follows. */

#include "http/endpoint.h"
#include "model/block.h"

struct in {
	bool is_private;
};

static const struct param params[] = {
	{ "private", PARAM_BOOL, offsetof(struct in, is_private), .required = true,
	    .doc = "true: clips are for followers" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/auth/user/privacy", API, VIEWER_REQUIRED },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_TOKEN, E_ALREADY, E_NOT_YET, E_TOO_FAST, E_OK };

static enum err
user_privacy(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;

	(void)out;
	return privacy_set(c, in->is_private);
}

ENDPOINT(user_privacy, struct in, "Make one's account private or public", .pool = 1, .rate = RATE_USER)
