/* words.c - see words.h.  Invariant: an image is used only with the very file (size and time of
 * change) that it was made of. */
#include "model/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/censor.h"
#include "base/log.h"

#define LOOK_MS 1000 /* the file is looked at so often */

/* At the end of an image in its file. */
struct source {
	int64_t size, changed_s, changed_ns;
	uint64_t inode;
};

static struct {
	struct censor *own;        /* made here, where it could not be shared */
	const struct censor *x;    /* own, or at map */
	void *map;
	size_t map_size;
	struct source source;
	int64_t looked_ms;
} the;

static void
forget(void)
{
	if (the.map != NULL)
		munmap(the.map, the.map_size);
	censor_free(the.own);
	memset(&the, 0, sizeof(the));
}

/* The image that another process left, where it is of this source. */
static bool
map_image(const char *path, const struct source *source)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *map;
	size_t size;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) != 0 || st.st_uid != geteuid() || st.st_size < (off_t)sizeof(*source)) {
		close(fd);
		return false;
	}
	size = (size_t)st.st_size;
	map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return false;
	if (memcmp(map + size - sizeof(*source), source, sizeof(*source)) != 0 ||
	    !censor_valid(map, size - sizeof(*source))) {
		munmap(map, size);
		return false;
	}
	the.map = map;
	the.map_size = size;
	the.x = (const struct censor *)(const void *)map;
	return true;
}

static bool
write_all(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		ssize_t done = write(fd, at, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		at += done;
		n -= (size_t)done;
	}
	return true;
}

static void
share_image(struct arena *a, const char *path, const struct source *source)
{
	char *temporary = arena_printf(a, "%s.XXXXXX", path);
	int fd = mkostemp(temporary, O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return;
	ok = write_all(fd, the.own, censor_size(the.own)) && write_all(fd, source, sizeof(*source));
	ok = close(fd) == 0 && ok;
	if (!ok || rename(temporary, path) != 0) {
		unlink(temporary);
	} else if (map_image(path, source)) {
		censor_free(the.own);
		the.own = NULL;
	}
}

/* Reads the dictionary whole; -1: not readable. */
static ssize_t
read_file(struct arena *a, int fd, size_t size, char **out)
{
	size_t n = 0;

	*out = arena_alloc(a, size + 1);
	while (n < size) {
		ssize_t got = read(fd, *out + n, size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

static void
load(struct call *c, int fd, const struct source *source)
{
	struct arena *a = arena_new();
	char *image = arena_printf(a, "%.*s/words.image",
	    (int)(strrchr(c->conf->shm_file, '/') - c->conf->shm_file), c->conf->shm_file);
	size_t words, left_out;
	char *text;
	ssize_t n;

	if (!map_image(image, source)) {
		n = read_file(a, fd, (size_t)source->size, &text);
		if (n < 0) {
			log_error("words_file: %s", strerror(errno));
			n = 0;
		}
		the.own = censor_build(text, (size_t)n, &words, &left_out);
		the.x = the.own;
		log_info("words_file: %zu words, %zu lines left out", words, left_out);
		share_image(a, image, source);
		if (the.own != NULL)
			the.x = the.own;
	}
	arena_free(a);
}

/* The automaton of the file as it is now, or NULL. */
static const struct censor *
current(struct call *c)
{
	struct source source;
	struct stat st;
	int fd;

	if (the.looked_ms != 0 && c->now_ms - the.looked_ms < LOOK_MS && c->now_ms >= the.looked_ms)
		return the.x;
	fd = open(c->conf->words_file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size > (off_t)CENSOR_DICTIONARY_MAX) {
		log_error("words_file %s: %s", c->conf->words_file,
		    fd < 0 ? strerror(errno) : "larger than 16 MiB, or not readable");
		forget();
	} else {
		memset(&source, 0, sizeof(source));
		source = (struct source){ st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec, st.st_ino };
		if (the.x == NULL || memcmp(&source, &the.source, sizeof(source)) != 0) {
			forget();
			load(c, fd, &source);
			the.source = source;
		}
	}
	if (fd >= 0)
		close(fd);
	the.looked_ms = c->now_ms;
	return the.x;
}

/* Whether the comma separated list has the name. */
static bool
listed(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = list; *p != '\0';) {
		size_t len;

		p += strspn(p, ", ");
		len = strcspn(p, ", ");
		if (len == n && memcmp(p, name, n) == 0)
			return true;
		p += len;
	}
	return false;
}

const char *
words_mask(struct call *c, enum words_where where, const char *text)
{
	static const char *const names[] = { "comment", "danmaku", "title", "name" };
	const struct censor *x;

	if (c->conf->words_file[0] == '\0' || !listed(c->conf->words_in, names[where]))
		return text;
	x = current(c);
	return x != NULL ? censor_mask(x, c->mem, text) : text;
}
