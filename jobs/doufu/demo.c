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
#include "model/publish.h"
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

/* Makes a clip and publishes it as everybody does; NULL or what is wrong. */
static const char *
publish(struct call *c, int n)
{
	const struct conf *conf = c->conf;
	struct publish p = { .ext = "mp4", .title = media_demo_title(n) };
	char why[200], *incoming, *at, *made;
	struct stat st;
	int64_t id;

	p.fd = files_receive(c->mem, conf->media_dir, &incoming);
	if (p.fd < 0)
		return "media_dir cannot be written";
	close(p.fd);
	/* The muxer goes by the ending of the name. */
	at = arena_printf(c->mem, "%s/%s", conf->media_dir, incoming);
	made = arena_printf(c->mem, "%s.mp4", at);
	if (media_demo(n, made, why, sizeof(why)) != 0)
		return arena_strdup(c->mem, why);
	p.fd = rename(made, at) == 0 ? open(at, O_RDWR | O_CLOEXEC) : -1;
	if (p.fd < 0 || fstat(p.fd, &st) != 0)
		return "media_dir cannot be written";
	p.incoming = incoming;
	p.size_bytes = st.st_size;
	return publish_file(c, &p, &id) == E_OK ? NULL : "it could not be published";
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
		const char *why;

		call_begin(c);
		c->viewer_id = author.user_id;
		why = publish(c, n);

		if (why != NULL) {
			fprintf(stderr, "doufu: demo clip %d: %s\n", n, why);
			return 1;
		}
	}
	printf("%d demo clips\n", MEDIA_DEMOS);
	return 0;
}
