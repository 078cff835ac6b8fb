/* publish.c - see publish.h.
 *
 * The order of the writes: the file under a temporary name, fsync, rename, then content, clip, job
 * and counter in one transaction.  So neither a row without a file nor a lost file can follow from a
 * crash.  Bytes that the user has stored already are not stored again: the clip joins their content,
 * whose lock the transaction takes, so that it cannot go meanwhile (content.h). */
#include "model/publish.h"

#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "model/video.h"
#include "model/words.h"
#include "store/files.h"

#define SHA256_HEX 64
#define TRIES 4

/* The whole file; false where it cannot be read. */
static bool
hash_file(struct arena *a, int fd, char out[SHA256_HEX + 1])
{
	enum { PIECE = 256 << 10 };
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char digest[EVP_MAX_MD_SIZE], *piece = arena_alloc(a, PIECE);
	bool good = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;
	off_t at = 0;
	ssize_t n;

	while (good && (n = pread(fd, piece, PIECE, at)) != 0) {
		good = n > 0 && EVP_DigestUpdate(md, piece, (size_t)n) == 1;
		at += n;
	}
	good = good && EVP_DigestFinal_ex(md, digest, NULL) == 1;
	EVP_MD_CTX_free(md);
	if (good)
		hex_encode(out, digest, SHA256_HEX / 2);
	return good;
}

/* Gives the file its place (once) and publishes it as a content of its own. */
static enum err
publish_new(struct call *c, const struct publish *p, struct video_new *v, int *fd, int64_t *id)
{
	char name[FILES_NAME + 1];
	enum err e = E_OK;

	if (*fd >= 0) {
		e = video_quota(c, c->viewer_id, p->size_bytes);
		if (e != E_OK)
			return e;
		files_name(name);
		v->play_path = files_path(c->mem, 'v', name, p->ext);
		e = files_keep(c->mem, c->conf, p->incoming, *fd, v->play_path);
		*fd = -1;
		if (e != E_OK)
			v->play_path = NULL;
	}
	return e == E_OK ? video_publish(c, v, id) : e;
}

enum err
publish_file(struct call *c, const struct publish *p, int64_t *id)
{
	char sha256[SHA256_HEX + 1];
	struct video_new v = { .author_id = c->viewer_id, .title = words_mask(c, WORDS_TITLE, p->title), .sha256 = sha256,
		.description = p->description, .upload_id = p->upload_id, .size_bytes = p->size_bytes };
	int64_t content_id = 0;
	int fd = p->fd;
	enum err e = p->ext == NULL ? E_NOT_VIDEO : E_DUPLICATE;

	if (e == E_DUPLICATE && !hash_file(c->mem, fd, sha256)) {
		log_error("%s: it cannot be read: %m", p->incoming);
		e = E_DISK;
	}
	if (v.description != NULL)
		v.description = words_mask(c, WORDS_TITLE, v.description);
	if (utf8_is_blank(v.title, strlen(v.title)))
		v.title = c->lang == LANG_ZH ? "无标题" : "untitled";
	/* The other one with the same bytes, or of the same upload, may come or go in between. */
	for (int i = 0; i < TRIES && (e == E_DUPLICATE || e == E_NO_ROW); i++) {
		e = E_OK;
		*id = 0;
		if (p->upload_id != NULL)
			e = video_of_upload(c, c->viewer_id, p->upload_id, id);
		if (e == E_OK && *id != 0)
			break;
		if (e == E_OK)
			e = content_find(c, c->viewer_id, sha256, &content_id);
		if (e == E_OK && content_id != 0)
			e = video_publish_again(c, &v, content_id, id);
		else if (e == E_OK)
			e = publish_new(c, p, &v, &fd, id);
		else
			break;
		if (e == E_OK && content_id == 0)
			v.play_path = NULL; /* it is somebody's now */
	}
	if (fd >= 0) {
		close(fd);
		if (e != E_NOT_VIDEO && e != E_QUOTA)
			files_drop(c->mem, c->conf->media_dir, p->incoming);
	}
	/* After E_UNSURE the row may stand: then its files must, too. */
	if (v.play_path != NULL && e != E_UNSURE)
		files_remove(c->mem, c->conf, v.play_path);
	return e == E_DUPLICATE || e == E_NO_ROW ? E_UNAVAILABLE : e;
}

enum err
publish_picture(struct call *c, const struct publish_picture *p, struct picture_wish *wish)
{
	char name[FILES_NAME + 1];
	enum err e = p->ext == NULL ? E_NOT_IMAGE
	    : p->size_bytes > c->conf->picture_max ? E_IMAGE_TOO_LARGE
						: video_quota(c, c->viewer_id, p->size_bytes);

	if (e != E_OK) {
		close(p->fd);
		return e;
	}
	files_name(name);
	wish->path = files_path(c->mem, 'c', name, p->ext);
	wish->size_bytes = p->size_bytes;
	e = files_keep(c->mem, c->conf, p->incoming, p->fd, wish->path);
	if (e == E_OK)
		e = picture_want(c, wish);
	if (e != E_OK && e != E_UNSURE)
		files_remove(c->mem, c->conf, wish->path);
	return e;
}
