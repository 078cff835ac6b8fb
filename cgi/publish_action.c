/* publish_action.c - upload a clip in one request (upload.c: in as many as it takes). */

#include "http/endpoint.h"
#include "media/media.h"
#include "model/publish.h"
#include "model/video.h"

struct in {
	struct file_in data;
	const char *title;
};

static const struct param params[] = {
	{ "data", PARAM_FILE, offsetof(struct in, data), .required = true,
	    .doc = "the clip: MP4, MOV, WebM, MKV or AVI" },
	{ "title", PARAM_TEXT, offsetof(struct in, title), .max = VIDEO_TITLE_MAX,
	    .doc = "absent or blank: untitled" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/douyin/publish/action/", DOUYIN, VIEWER_REQUIRED },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_TOKEN, E_NOT_VIDEO, E_FILE_TOO_LARGE, E_QUOTA, E_TOO_FAST,
	E_DISK, E_OK };

static enum err
publish_action(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	const struct publish p = { .incoming = in->data.path, .fd = file_in_take(&in->data),
		.size_bytes = in->data.size, .ext = media_sniff(in->data.head, in->data.head_n),
		.title = in->title };
	int64_t id;

	(void)out;
	return publish_file(c, &p, &id);
}

ENDPOINT(publish_action, struct in, "Upload a clip", .rate = RATE_USER)
