/* publish.c - see publish.h.
 *
 * The order of the writes: the file under a temporary name, fsync, rename, then its row, job and
 * counter in one transaction.  So neither a row without a file nor a lost file can follow from a
 * crash.  The cover's URL shows a placeholder until the media worker has made the cover. */
#include "model/publish.h"

#include <unistd.h>

#include "model/video.h"
#include "model/words.h"
#include "store/files.h"

enum err
publish_file(struct call *c, const struct publish *p, int64_t *id)
{
	struct video_new v = { .author_id = c->viewer_id, .title = words_mask(c, WORDS_TITLE, p->title),
		.description = p->description, .size_bytes = p->size_bytes };
	char name[FILES_NAME + 1];
	enum err e = p->ext == NULL ? E_NOT_VIDEO : video_quota(c, c->viewer_id, p->size_bytes);

	if (e != E_OK) {
		close(p->fd);
		return e;
	}
	if (v.description != NULL)
		v.description = words_mask(c, WORDS_TITLE, v.description);
	if (v.title[0] == '\0')
		v.title = c->lang == LANG_ZH ? "无标题" : "untitled";
	files_name(name);
	v.play_path = files_path(c->mem, 'v', name, p->ext);
	v.cover_path = files_path(c->mem, 'c', name, "jpg");
	e = files_keep(c->mem, c->conf, p->incoming, p->fd, v.play_path);
	if (e == E_OK)
		e = files_copy(c->mem, c->conf, c->conf->cover_file, v.cover_path);
	if (e == E_OK)
		e = video_publish(c, &v, id);
	/* After E_UNSURE the row may stand: then its files must, too. */
	if (e != E_OK && e != E_UNSURE) {
		files_remove(c->mem, c->conf, v.play_path);
		files_remove(c->mem, c->conf, v.cover_path);
	}
	return e;
}
