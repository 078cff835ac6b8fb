/* upload.c - upload a clip in parts, which a broken line does not lose (lib/http/tus.h).
 *
 * A whole file becomes a clip by the same way as a multipart upload; its upload is noted with the clip,
 * so that it becomes one clip however often it is handed over. */

#include <unistd.h>

#include "http/tus.h"
#include "media/media.h"
#include "model/publish.h"
#include "model/video.h"

/* What Upload-Metadata may tell. */
struct in {
	const char *title, *description, *filename, *filetype;
};

static const struct param params[] = {
	{ "title", PARAM_TEXT, offsetof(struct in, title), .max = VIDEO_TITLE_MAX,
	    .doc = "in Upload-Metadata; absent or blank: untitled" },
	{ "description", PARAM_LINES, offsetof(struct in, description), .max = VIDEO_DESCRIPTION_MAX,
	    .doc = "in Upload-Metadata" },
	{ "filename", PARAM_TEXT, offsetof(struct in, filename), .max = 255,
	    .doc = "in Upload-Metadata; the client's own, not used" },
	{ "filetype", PARAM_TEXT, offsetof(struct in, filetype), .max = 255,
	    .doc = "in Upload-Metadata; not believed: the bytes tell" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/upload/", API, VIEWER_REQUIRED },
	{ HEAD, "/upload/", API, VIEWER_REQUIRED },
	{ PATCH, "/upload/", API, VIEWER_REQUIRED },
	{ DELETE, "/upload/", API, VIEWER_REQUIRED },
	{ 0 },
};

static const struct output outputs[] = { { 0 } };

static const enum err errors[] = { E_TOKEN, E_NOT_VIDEO, E_FILE_TOO_LARGE, E_QUOTA, E_TOO_FAST, E_DISK,
	E_UPLOAD_UNKNOWN, E_UPLOAD_OFFSET, E_UPLOAD_CHECKSUM, E_UPLOAD_BUSY, E_UPLOAD_VERSION,
	E_UPLOAD_TYPE, E_OK };

static enum err
may(struct call *c, struct raw *r, const struct part *p)
{
	struct in in;
	int64_t pending = 0;
	enum err e = raw_metadata(c, r, p->note, &in);

	if (e == E_OK && c->conf->user_quota > 0)
		pending = part_pending(c->mem, c->conf->media_dir, c->viewer_id, c->now_ms);
	return e == E_OK ? video_quota(c, c->viewer_id, p->length_bytes + pending) : e;
}

/* The whole file is there: makes a clip of it. */
static enum err
whole(struct call *c, struct raw *r, struct part *p)
{
	unsigned char head[64];
	ssize_t n = pread(p->fd, head, sizeof head, 0);
	struct publish clip = { .size_bytes = p->length_bytes, .upload_id = p->id };
	struct in in = { 0 };
	enum err e = raw_metadata(c, r, p->note, &in);
	int64_t id;

	if (e == E_OK)
		e = part_link(c->mem, p, &clip.incoming, &clip.fd);
	if (e != E_OK)
		return e;
	clip.ext = n >= 16 ? media_sniff(head, (size_t)n) : NULL;
	clip.title = in.title;
	clip.description = in.description;
	e = publish_file(c, &clip, &id);
	if (e == E_OK)
		part_done(c->mem, p, id);
	else
		files_drop(c->mem, c->conf->media_dir, clip.incoming);
	if (e == E_NOT_VIDEO)
		part_remove(p);
	return e;
}

static enum err
upload(struct call *c, struct raw *r)
{
	return tus_serve(c, r, &(struct tus){ .may = may, .whole = whole });
}

RAW_ENDPOINT(upload, struct in, "Upload a clip in parts (tus 1.0.0)", .pool = 4, .rate = RATE_USER,
    .headers = TUS_HEADERS)
