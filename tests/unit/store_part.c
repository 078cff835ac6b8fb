/* Uploads in parts: who may open them, locks, what is left after each way in which they end. */
#include "store/part.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit.h"

static char dir[] = "/tmp/doufu-part-XXXXXX";
static struct arena *mem;

static void
begin(struct part *p, int64_t user_id, int64_t length)
{
	if (mem == NULL) {
		mem = arena_new();
		CHECK(mkdtemp(dir) != NULL);
	}
	*p = (struct part){ .user_id = user_id, .length_bytes = length, .note = "title YQ==" };
	CHECK(part_create(mem, dir, p) == E_OK);
}

static int
files_in_incoming(void)
{
	DIR *d = opendir(arena_printf(mem, "%s/incoming", dir));
	int n = 0;

	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

CASE(grows_and_is_found_again)
{
	struct part p, q;

	begin(&p, 7, 10);
	CHECK(part_append(&p, "hello", 5) == E_OK && part_sync(&p, clock_ms()) == E_OK);
	CHECK(part_open(mem, dir, p.id, 7, clock_ms(), &q) == E_UPLOAD_BUSY);
	part_close(&p);
	CHECK(part_open(mem, dir, p.id, 8, clock_ms(), &q) == E_UPLOAD_UNKNOWN);
	CHECK(part_open(mem, dir, p.id, 7, clock_ms(), &q) == E_OK);
	CHECK_INT(q.offset_bytes, 5);
	CHECK_INT(q.length_bytes, 10);
	CHECK_STR(q.note, "title YQ==");
	CHECK(part_append(&q, "xyz", 3) == E_OK && part_cut(&q, 6) == E_OK);
	CHECK(part_append(&q, "1", 1) == E_OK);
	CHECK_INT(q.offset_bytes, 7);
	part_close(&q);
	CHECK(part_open(mem, dir, p.id, 7, clock_ms() + INT64_C(1000) * PART_AGE_S + 5000, &q) ==
	    E_UPLOAD_UNKNOWN);
	CHECK_INT(part_pending(mem, dir, 7, clock_ms()), 10);
	CHECK_INT(part_pending(mem, dir, 8, clock_ms()), 0);
	CHECK(part_open(mem, dir, p.id, 7, clock_ms(), &q) == E_OK);
	part_remove(&q);
	part_close(&q);
	CHECK(part_open(mem, dir, p.id, 7, clock_ms(), &q) == E_UPLOAD_UNKNOWN);
	CHECK_INT(files_in_incoming(), 0);
}

CASE(becomes_a_clip)
{
	const char *incoming;
	struct part p, q;
	int fd;

	begin(&p, 7, 3);
	CHECK(part_append(&p, "abc", 3) == E_OK);
	CHECK(part_link(mem, &p, &incoming, &fd) == E_OK);
	CHECK(files_keep(mem, &(struct conf){ .media_dir = dir }, incoming, fd, "v/00/x.mp4") == E_OK);
	part_done(mem, &p, 4711);
	part_close(&p);
	CHECK(part_open(mem, dir, p.id, 7, clock_ms(), &q) == E_OK);
	CHECK_INT(q.video_id, 4711);
	CHECK_INT(q.offset_bytes, 3);
	CHECK_INT(part_pending(mem, dir, 7, clock_ms()), 0);
	part_remove(&q);
	part_close(&q);
	CHECK_INT(files_in_incoming(), 0);
}

CASE(ids_that_are_none)
{
	static const char *const bad[] = { "", "..", "0", "0123456789abcdef0123456789abcdeg",
		"0123456789ABCDEF0123456789ABCDEF", "0123456789abcdef0123456789abcdef0",
		"../0123456789abcdef0123456789abc" };
	struct part p;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK(part_open(mem, dir, bad[i], 7, clock_ms(), &p) == E_UPLOAD_UNKNOWN);
}

CASE(links_and_damage)
{
	struct part p, q;
	char *part, *info;
	int fd;

	begin(&p, 7, 3);
	part_close(&p);
	part = arena_printf(mem, "%s/incoming/%s.part", dir, p.id);
	info = arena_printf(mem, "%s/incoming/%s.info", dir, p.id);
	CHECK(unlink(part) == 0 && symlink("/etc/passwd", part) == 0);
	CHECK(part_open(mem, dir, p.id, 7, clock_ms(), &q) == E_DISK);
	CHECK(unlink(part) == 0 && mkfifo(part, 0600) == 0);
	CHECK(part_open(mem, dir, p.id, 7, clock_ms(), &q) == E_UPLOAD_UNKNOWN);
	CHECK(unlink(part) == 0);
	CHECK(part_open(mem, dir, p.id, 7, clock_ms(), &q) == E_UPLOAD_UNKNOWN);
	CHECK((fd = open(info, O_WRONLY | O_TRUNC)) >= 0 && write(fd, "7 x", 3) == 3);
	close(fd);
	CHECK(part_open(mem, dir, p.id, 7, clock_ms(), &q) == E_UPLOAD_UNKNOWN);
	CHECK(unlink(info) == 0);
	CHECK(rmdir(arena_printf(mem, "%s/incoming", dir)) == 0);
	unlink(arena_printf(mem, "%s/v/00/x.mp4", dir));
	rmdir(arena_printf(mem, "%s/v/00", dir));
	rmdir(arena_printf(mem, "%s/v", dir));
	CHECK(rmdir(dir) == 0);
	arena_free(mem);
	mem = NULL;
}

UNIT_MAIN
