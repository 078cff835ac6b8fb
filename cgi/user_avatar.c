/* user_avatar.c - the viewer chooses his avatar: an image, of which the middle is taken. */

#include "http/endpoint.h"
#include "media/media.h"
#include "model/publish.h"

struct in {
	struct file_in avatar;
};

static const struct param params[] = {
	{ "avatar", PARAM_FILE, offsetof(struct in, avatar), .required = true,
	    .doc = "an image: JPEG, PNG or WebP, at most picture_max bytes" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/api/auth/user/avatar", API, VIEWER_REQUIRED },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_TOKEN, E_NOT_IMAGE, E_IMAGE_TOO_LARGE, E_QUOTA, E_TOO_FAST, E_DISK,
	E_OK };

static enum err
user_avatar(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct picture_wish wish = { .owner_id = c->viewer_id, .path = "" };

	(void)out;
	return publish_picture(c, &(struct publish_picture){ .incoming = in->avatar.path,
	    .fd = file_in_take(&in->avatar), .size_bytes = in->avatar.size,
	    .ext = media_sniff_image(in->avatar.head, in->avatar.head_n) }, &wish);
}

ENDPOINT(user_avatar, struct in, "Choose one's avatar", .pool = 1, .rate = RATE_USER)
