/* publish_action.c - upload a clip.
 *
 * The order of the writes: the file under a temporary name, fsync, rename, then its row, job and
 * counter in one transaction.  So neither a row without a file nor a lost file can follow from a
 * crash.  The cover's URL shows a placeholder until the media worker has made the cover. */

#include "http/endpoint.h"
#include "media/media.h"
#include "model/video.h"
#include "store/files.h"

struct in {
	struct file_in data;
	const char *title;
};

static const struct param params[] = {
	{ "data", PARAM_FILE, offsetof(struct in, data), .required = true,
	    .doc = "the clip: MP4, MOV, WebM, MKV or AVI" },
	{ "title", PARAM_TEXT, offsetof(struct in, title), .max = VIDEO_TITLE_MAX,
	    .doc = "absent or empty: untitled" },
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
	const char *ext = media_sniff(in->data.head, in->data.head_n);
	struct video_new v = { .author_id = c->viewer_id, .title = in->title,
		.size_bytes = in->data.size };
	char name[FILES_NAME + 1];
	int64_t id;
	enum err e;

	(void)out;
	if (ext == NULL)
		return E_NOT_VIDEO;
	e = video_quota(c, c->viewer_id, in->data.size);
	if (e != E_OK)
		return e;
	if (v.title[0] == '\0')
		v.title = c->lang == LANG_ZH ? "无标题" : "untitled";
	files_name(name);
	v.play_path = files_path(c->mem, 'v', name, ext);
	v.cover_path = files_path(c->mem, 'c', name, "jpg");
	e = files_keep(c->mem, c->conf->media_dir, in->data.path, file_in_take(&in->data), v.play_path);
	if (e == E_OK)
		e = files_copy(c->mem, c->conf->media_dir, c->conf->cover_file, v.cover_path);
	if (e == E_OK)
		e = video_publish(c, &v, &id);
	/* After E_UNSURE the row may stand: then its files must, too. */
	if (e != E_OK && e != E_UNSURE) {
		files_remove(c->mem, c->conf->media_dir, v.play_path);
		files_remove(c->mem, c->conf->media_dir, v.cover_path);
	}
	return e;
}

ENDPOINT(publish_action, struct in, "Upload a clip", .rate = RATE_USER)
