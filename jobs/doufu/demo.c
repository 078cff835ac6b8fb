/* demo.c - a first evening: a few self-made clips for an empty database, so that the feed of a new
 * installation is not empty.  They belong to the user `doufu`, whose password nobody knows. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "doufu.h"
#include "media/media.h"
#include "model/account.h"
#include "model/video.h"
#include "store/files.h"

SQL(demo_any, "SELECT id FROM videos LIMIT 1", "", "i");

int
doufu_demo_clip(int n, const char *path)
{
	char why[200] = "there are clips 0 to 4";

	if (n >= 0 && n < MEDIA_DEMOS && media_demo(n, path, why, sizeof(why)) == 0)
		return 0;
	fprintf(stderr, "doufu: %s\n", why);
	return 1;
}

/* The clip and its cover, made and published; NULL or what is wrong. */
static const char *
publish(struct call *c, int64_t author_id, int n)
{
	const struct conf *conf = c->conf;
	struct media_limits limits = { .memory_bytes = conf->media_memory,
		.cpu_s = (int)conf->media_cpu, .wall_s = (int)conf->media_wall, .output_bytes = 8 << 20,
		.cover_short_edge = 720 };
	struct video_new v = { .author_id = author_id, .title = media_demo_title(n) };
	struct media_info info;
	enum refuse refused;
	char name[FILES_NAME + 1], why[200], *clip_path, *cover_path, *at, *made;
	struct stat st;
	int clip, cover;
	int64_t id;

	files_name(name);
	v.play_path = files_path(c->mem, 'v', name, "mp4");
	v.cover_path = files_path(c->mem, 'c', name, "jpg");
	clip = files_receive(c->mem, conf->media_dir, &clip_path);
	cover = files_receive(c->mem, conf->media_dir, &cover_path);
	if (clip < 0 || cover < 0)
		return "media_dir cannot be written";
	/* The muxer goes by the ending of the name. */
	at = arena_printf(c->mem, "%s/%s", conf->media_dir, clip_path);
	made = arena_printf(c->mem, "%s.mp4", at);
	if (media_demo(n, made, why, sizeof(why)) != 0)
		return arena_strdup(c->mem, why);
	close(clip);
	clip = rename(made, at) == 0 ? open(at, O_RDWR | O_CLOEXEC) : -1;
	if (clip < 0 || fstat(clip, &st) != 0 ||
	    media_cover(clip, cover, &limits, &info, &refused) != MEDIA_OK)
		return "no cover could be made";
	v.size_bytes = st.st_size;
	if (files_keep(c->mem, conf, clip_path, clip, v.play_path) != E_OK ||
	    files_keep(c->mem, conf, cover_path, cover, v.cover_path) != E_OK)
		return "media_dir cannot be written";
	if (video_publish(c, &v, &id) != E_OK ||
	    video_ready(c, id, &(struct video_facts){ info.width, info.height, info.duration_ms }) != E_OK)
		return "the database did not take it";
	return NULL;
}

int
doufu_demo(struct call *c)
{
	struct account_login author;
	unsigned char secret[16];
	char password[33];
	struct rows r;
	enum err e = db_select(c->db, c->mem, &demo_any, ARGS({ 0 }), &r);

	if (e == E_OK && r.n > 0) {
		puts("there are clips already");
		return 0;
	}
	random_bytes(secret, sizeof(secret));
	hex_encode(password, secret, sizeof(secret));
	if (e == E_OK)
		e = account_register(
		    c, &(struct account_new){ .name = "doufu", .password = password }, &author);
	if (e != E_OK) {
		fprintf(stderr, "doufu: %s\n", err_text(e, LANG_EN));
		return 1;
	}
	for (int n = MEDIA_DEMOS - 1; n >= 0; n--) {
		const char *why = publish(c, author.user_id, n);

		if (why != NULL) {
			fprintf(stderr, "doufu: demo clip %d: %s\n", n, why);
			return 1;
		}
		call_begin(c);
	}
	printf("%d demo clips\n", MEDIA_DEMOS);
	return 0;
}
