/* mutations.c - spoilt and hostile files through the real cell.
 *
 *   mutations COUNT SECONDS SEED [SAMPLES]
 *
 * Puts files that try to reach something (playlists, references), bombs, and COUNT mutations of
 * self-made clips and stills and of the files in SAMPLES through media_render() and its sisters, or
 * as many as SECONDS allow (0: all).  The invariant, checked after each: nothing connects to a
 * listening socket that the hostile files name; nobody opens a file that they name, and its bytes
 * are in no output; the end is never our own failure; no cell is left, late, or larger than its
 * limit. Crashes are told; a forbidden system call is a failure, because it is a hole in our own
 * list. */
#include "media/clip.h"
#include "media/media.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libavutil/log.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MEMORY (INT64_C(300) << 20)
#define WALL_S 20
#define CPU_S 8
#define SEED_MAX (3 << 20)
#define SEEDS_MAX 64

static char dir[] = "/tmp/doufu-cell-XXXXXX";
static char canary_path[64], bytes_of_canary[33];
static int listener, port, watch, fds[6];
static long ends[REFUSE_COUNT + 1], runs;
static uint64_t state;

enum work { RENDER, COPY, COVER, STILL, PREVIEW, HLS, WORKS };

struct seed {
	char name[64];
	unsigned char *p;
	size_t n;
	bool still;
};
static struct seed seeds[SEEDS_MAX];
static int seeds_n;

static _Noreturn void
give_up(const char *what, const char *detail)
{
	printf("not ok fuzz/cell: %s: %s\n", what, detail);
	exit(1);
}

static uint32_t
any(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return below > 0 ? (uint32_t)(state >> 24) % below : 0;
}

static const char *
in_dir(const char *name)
{
	static char path[2][512];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
	return path[turn];
}

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- what is watched ---- */

static void
set_traps(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	FILE *f;

	snprintf(canary_path, sizeof canary_path, "%s/canary.ts", dir);
	for (int i = 0; i < 32; i++)
		bytes_of_canary[i] = "0123456789abcdef"[any(16)];
	f = fopen(canary_path, "w");
	if (f == NULL || fputs(bytes_of_canary, f) < 0 || fclose(f) != 0)
		give_up("the canary cannot be written", strerror(errno));
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 10) != 0 ||
	    getsockname(listener, (struct sockaddr *)&at, &len) != 0)
		give_up("no listening socket", strerror(errno));
	port = ntohs(at.sin_port);
	watch = inotify_init1(IN_NONBLOCK);
	if (watch < 0 || inotify_add_watch(watch, canary_path, IN_OPEN | IN_ACCESS) < 0)
		give_up("no watch on the canary", strerror(errno));
}

/* Each trap springs when it is touched: else they would prove nothing. */
static void
try_traps(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int s = socket(AF_INET, SOCK_STREAM, 0), c, fd;
	char events[4096];

	c = connect(s, (struct sockaddr *)&at, sizeof at) == 0 ? accept(listener, NULL, NULL) : -1;
	if (c < 0)
		give_up("the listening socket does not hear", strerror(errno));
	close(c);
	close(s);
	fd = open(canary_path, O_RDONLY);
	close(fd);
	if (read(watch, events, sizeof events) <= 0)
		give_up("the watch does not see", strerror(errno));
}

static void
check_traps(const char *what)
{
	char events[4096];
	int c = accept(listener, NULL, NULL);

	if (c >= 0)
		give_up(what, "it connected to the listening socket");
	if (read(watch, events, sizeof events) > 0)
		give_up(what, "it opened the canary");
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
		struct stat st;
		char *p;

		if (fstat(fds[i], &st) != 0 || st.st_size == 0)
			continue;
		p = malloc((size_t)st.st_size);
		if (p == NULL || pread(fds[i], p, (size_t)st.st_size, 0) != st.st_size)
			give_up(what, "an output cannot be read");
		if (memmem(p, (size_t)st.st_size, bytes_of_canary, 32) != NULL)
			give_up(what, "the canary's bytes are in an output");
		free(p);
	}
}

/* ---- one file through the cell ---- */

static enum media_end
work_on(enum work work, int in, enum refuse *why)
{
	static const struct media_rung rungs[] = { { 128, 300, 35 }, { 64, 200, 35 } };
	struct media_recipe recipe = {
		.rungs = rungs, .rungs_n = 2, .preset = "ultrafast", .copy_max_kbps = 1
	};
	struct media_limits limits = { .memory_bytes = MEMORY,
		.cpu_s = CPU_S,
		.wall_s = WALL_S,
		.output_bytes = 32 << 20,
		.threads = (int)any(3) };
	struct media_picture pictures[] = { { .fd = fds[0], .kind = MEDIA_JPEG, .short_edge = 120 },
		{ .fd = fds[1], .kind = MEDIA_WEBP, .short_edge = 64, .square = true } };
	struct media_order order = { .in_fd = in,
		.out_fds = fds + 2,
		.pictures = pictures,
		.pictures_n = 2,
		.cover_at_ms = any(2) ? -1 : (int)any(3000),
		.limits = &limits,
		.recipe = &recipe };
	struct media_output outs[MEDIA_RUNGS_MAX];
	struct media_info info;
	size_t outs_n;

	switch (work) {
	case COPY:
		recipe.copy_max_kbps = 100000;
		recipe.copy_only = true;
		return media_render(&order, &info, outs, &outs_n, why);
	case COVER:
		return media_cover(in, order.cover_at_ms, pictures, 2, &limits, &info, why);
	case STILL:
		return media_image(in, pictures, 2, &limits, why);
	case PREVIEW:
		return media_preview(in, fds[0], &limits, why);
	case HLS:
		return media_hls(in, fds[0], fds[1], "a.mp4", &limits, why);
	default:
		return media_render(&order, &info, outs, &outs_n, why);
	}
}

static void
run(const char *what, enum work work, const void *p, size_t n)
{
	enum refuse why = REFUSE_NONE;
	enum media_end end;
	double began = now_s();
	char detail[200];
	int in, e;

	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		if (ftruncate(fds[i], 0) != 0 || lseek(fds[i], 0, SEEK_SET) != 0)
			give_up("an output", strerror(errno));
	in = open(in_dir("in"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (in < 0 || write(in, p, n) != (ssize_t)n)
		give_up("the input", strerror(errno));
	errno = 0;
	end = work_on(work, in, &why);
	e = errno;
	close(in);
	runs++;
	if (end == MEDIA_FAILED || end == MEDIA_STOPPED) {
		snprintf(detail, sizeof detail,
		    "work %d ended as our own failure: %s (the file: %s)", work, strerror(e),
		    in_dir("in"));
		memcpy(dir, "", 1); /* keeps it */
		give_up(what, detail);
	}
	if (now_s() - began > WALL_S + 5)
		give_up(what, "the cell outlived its deadline");
	if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD)
		give_up(what, "a process was left");
	check_traps(what);
	ends[end == MEDIA_OK ? 0 : why]++;
}

/* ---- seeds ---- */

static void
add_seed(const char *name, const char *path, bool still)
{
	struct seed *s = &seeds[seeds_n];
	FILE *f = fopen(path, "rb");

	if (f == NULL || seeds_n == SEEDS_MAX)
		give_up("a seed", path);
	s->p = malloc(SEED_MAX);
	s->n = s->p != NULL ? fread(s->p, 1, SEED_MAX, f) : 0;
	fclose(f);
	snprintf(s->name, sizeof s->name, "%s", name);
	s->still = still;
	if (s->n >= 16 && s->n < SEED_MAX)
		seeds_n++;
	else
		free(s->p);
}

static void
draw(uint8_t *rgb, int w, int h, int frame, void *arg)
{
	(void)arg;
	for (int i = 0; i < w * h * 3; i++)
		rgb[i] = (uint8_t)(i * 7 + frame * 5 + (i / 3 % w) * 3);
}

static void
play(float *to, int n, int64_t from, void *arg)
{
	(void)arg;
	for (int i = 0; i < n; i++)
		to[i] = 0.3f * sinf((float)(from + i) * 0.06f);
}

static void
make_seeds(void)
{
	static const struct {
		const char *name, *video, *sound;
		int rotation, curve;
		bool interlaced;
	} rows[] = { { "a.mp4", NULL, NULL, 0, 0, false },
		{ "b.mov", NULL, "pcm_f32le", 90, 0, false },
		{ "c.mkv", "libvpx-vp9", "libvorbis", 0, 0, false },
		{ "d.avi", "mpeg4", "libmp3lame", 0, 0, false },
		{ "e.mkv", "libvpx", NULL, 0, 0, false },
		{ "f.mp4", "libx265", NULL, 270, 0, false },
		{ "g.avi", "mjpeg", "libmp3lame", 0, 0, false },
		{ "h.mp4", NULL, NULL, 0, 16, false }, { "i.mp4", NULL, NULL, 180, 0, true } };
	char why[256];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct clip_plan plan = { .width = 96,
			.height = 64,
			.fps = 12,
			.ms = 900,
			.key_ms = 400,
			.video_encoder = rows[i].video,
			.sound_encoder = rows[i].sound,
			.rotation = rows[i].rotation,
			.mirror = rows[i].rotation == 270,
			.curve = rows[i].curve,
			.interlaced = rows[i].interlaced,
			.draw = draw,
			.play = play };

		if (clip_write(&plan, in_dir(rows[i].name), why, sizeof why) != 0)
			printf("# no seed: %s\n", why);
		else
			add_seed(rows[i].name, in_dir(rows[i].name), false);
		unlink(in_dir(rows[i].name));
	}
}

/* Stills, and what media_render() itself makes, which media_hls() takes. */
static void
make_more_seeds(void)
{
	static const struct {
		const char *name;
		bool still;
	} rows[] = { { "cover.jpg", true }, { "cover.webp", true }, { "rung.mp4", false } };
	char path[64];

	run("a clip of our own", RENDER, seeds[0].p, seeds[0].n);
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "/proc/self/fd/%d", fds[i < 2 ? i : 3]);
		add_seed(rows[i].name, path, rows[i].still);
	}
	if (seeds_n < 5 || ends[0] != 1)
		give_up("seeds", "a clip of our own does not come through");
}

static void
take_samples(const char *from)
{
	DIR *d = opendir(from);
	struct dirent *entry;
	char path[512];
	struct stat st;

	while (d != NULL && (entry = readdir(d)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", from, entry->d_name);
		if (strstr(entry->d_name, ".md") == NULL && stat(path, &st) == 0 &&
		    S_ISREG(st.st_mode) && st.st_size < SEED_MAX && seeds_n < SEEDS_MAX)
			add_seed(entry->d_name, path, false);
	}
	if (d != NULL)
		closedir(d);
}

/* ---- mutations ---- */

static unsigned char mutant[2 * SEED_MAX];

/* A box of the MPEG-4 family, chosen from those that look like one. */
static bool
choose_box(size_t n, size_t *at, size_t *len)
{
	static const char *const names[] = { "moov", "trak", "mdia", "minf", "stbl", "stsd", "stts",
		"stsc", "stsz", "stco", "mdat", "mvhd", "tkhd", "mdhd", "hdlr", "avcC", "esds",
		"edts", "elst", "ctts", "stss", "strl", "strh", "strf", "avih", "idx1" };
	size_t from = n > 0 ? any((uint32_t)n) : 0;
	const char *name = names[any(sizeof names / sizeof *names)];
	unsigned char *p = memmem(mutant + from, n - from, name, 4);

	if (p == NULL)
		p = memmem(mutant, n, name, 4);
	if (p == NULL || p - mutant < 4)
		return false;
	*at = (size_t)(p - mutant) - 4;
	*len = (size_t)p[-4] << 24 | (size_t)p[-3] << 16 | (size_t)p[-2] << 8 | p[-1];
	if (*len < 8 || *len > n - *at)
		*len = n - *at < 64 ? n - *at : 64;
	return true;
}

/* Where something is changed: mostly where the file says what it is. */
static size_t
place(size_t n)
{
	size_t at, len;

	if (n == 0)
		return 0;
	if (any(10) < 6 && choose_box(n, &at, &len))
		return at + any((uint32_t)(len < 400 ? len : 400));
	return any(3) ? any((uint32_t)(n < 3000 ? n : 3000)) : any((uint32_t)n);
}

static size_t
mutate(size_t n)
{
	static const uint32_t odd[] = { 0, 1, 2, 8, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff,
		0x80000000, 0xffffffff, 0xfffffff0 };
	size_t a, la, b, lb, at = place(n);
	uint32_t v;

	switch (any(10)) {
	case 0: /* bits */
		for (int i = (int)any(40); n > 0 && i >= 0; i--)
			mutant[place(n)] ^= (unsigned char)(1u << any(8));
		return n;
	case 1: /* a cut */
		return any((uint32_t)n + 1);
	case 2: /* a number */
		v = any(2) ? odd[any(sizeof odd / sizeof *odd)] : (uint32_t)state;
		for (size_t i = 0; i < 4 && at + i < n; i++)
			mutant[at + i] = (unsigned char)(v >> (24 - 8 * i));
		return n;
	case 3: /* a length */
		if (choose_box(n, &a, &la)) {
			v = any(2) ? odd[any(sizeof odd / sizeof *odd)]
				   : (uint32_t)la + any(17) - 8;
			for (int i = 0; i < 4; i++)
				mutant[a + (size_t)i] = (unsigned char)(v >> (24 - 8 * i));
		}
		return n;
	case 4: /* two boxes swapped, where they are of one size, else the one over the other */
		if (choose_box(n, &a, &la) && choose_box(n, &b, &lb)) {
			size_t some = la < lb ? la : lb;

			for (size_t i = 0; i < some && a + i < n && b + i < n; i++) {
				unsigned char c = mutant[a + i];

				mutant[a + i] = mutant[b + i];
				mutant[b + i] = c;
			}
		}
		return n;
	case 5: /* a box twice */
		if (choose_box(n, &a, &la) && n + la < sizeof mutant) {
			memmove(mutant + a + la, mutant + a, n - a);
			return n + la;
		}
		return n;
	case 6: /* bytes that are not there */
		lb = any(200);
		if (at + lb < n) {
			memmove(mutant + at, mutant + at + lb, n - at - lb);
			return n - lb;
		}
		return n;
	case 7: /* bytes from nowhere */
		lb = any(200);
		if (n + lb < sizeof mutant) {
			memmove(mutant + at + lb, mutant + at, n - at);
			for (size_t i = 0; i < lb; i++)
				mutant[at + i] = (unsigned char)any(256);
			return n + lb;
		}
		return n;
	case 8: /* nothing, or all */
		memset(mutant + at, any(2) ? 0 : 255,
		    n - at < 500 ? any((uint32_t)(n - at) + 1) : any(500));
		return n;
	default: /* a box of another name */
		if (choose_box(n, &a, &la))
			memcpy(mutant + a + 4, "free", 4);
		return n;
	}
}

static void
run_mutant(long number)
{
	const struct seed *s = &seeds[any((uint32_t)seeds_n)];
	enum work work = (enum work)any(WORKS);
	size_t n = s->n;
	char what[sizeof s->name + 100];
	uint64_t was = state;

	/* Large ones take long to encode. */
	if (s->n > 300000 && (work == RENDER || work == PREVIEW) && any(4) != 0)
		work = COPY;
	if (s->still)
		work = STILL;
	else if (work == STILL && any(4) != 0)
		work = RENDER;
	memcpy(mutant, s->p, n);
	for (int i = 1 + (int)any(3); i > 0; i--)
		n = mutate(n);
	snprintf(what, sizeof what, "mutation %ld of %.63s (state %llx)", number, s->name,
	    (unsigned long long)was);
	run(what, work, mutant, n);
}

/* ---- files that want something ---- */

static void
run_text(const char *what, const char *format)
{
	char text[2000];
	int n = 0;

	/* %U and %F stand for an address and the canary. */
	for (const char *p = format; *p != '\0' && n < (int)sizeof text - 200; p++) {
		if (p[0] == '%' && p[1] == 'U')
			n += snprintf(text + n, 100, "http://127.0.0.1:%d/x.ts", port), p++;
		else if (p[0] == '%' && p[1] == 'F')
			n += snprintf(text + n, 100, "%s", canary_path), p++;
		else
			text[n++] = *p;
	}
	for (int work = RENDER; work < WORKS; work++)
		run(what, (enum work)work, text, (size_t)n);
}

static void
put_32(unsigned char *p, size_t v)
{
	for (int i = 0; i < 4; i++, v >>= 8)
		p[i] = (unsigned char)v;
}

/* An AVI with a subtitle stream whose text is a playlist (the trick of 2017). */
static void
run_gab2(void)
{
	unsigned char file[2000] = "RIFF....AVI LIST....hdrlavih";
	char list[300];
	size_t at = 28, list_n = (size_t)snprintf(list, sizeof list,
			    "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1.0,\n%s\n#EXTINF:1.0,\n"
			    "http://127.0.0.1:%d/x.ts\n#EXT-X-ENDLIST\n",
			    canary_path, port);

	put_32(file + at, 56);
	at += 4 + 56;
	memcpy(file + at, "LIST....strlstrh", 16);
	put_32(file + at + 4, 4 + 8 + 56 + 8 + 40);
	put_32(file + at + 16, 56);
	memcpy(file + at + 20, "txts", 4);
	put_32(file + at + 20 + 20, 1);
	put_32(file + at + 20 + 24, 1);
	memcpy(file + at + 76, "strf", 4);
	put_32(file + at + 80, 40);
	at += 84 + 40;
	put_32(file + 16, at - 20);
	memcpy(file + at, "LIST....movi00tx", 16);
	put_32(file + at + 16, 17 + list_n);
	put_32(file + at + 4, 4 + 8 + 17 + list_n);
	memcpy(file + at + 20, "GAB2\0\2\0\0\0\0\0\4\0", 13);
	put_32(file + at + 33, list_n);
	memcpy(file + at + 37, list, list_n);
	at += 37 + list_n;
	put_32(file + 4, at - 8);
	for (int work = RENDER; work < WORKS; work++)
		run("an AVI with a playlist for subtitles", (enum work)work, file, at);
}

/* A clip of ours whose data are said to be in another file. */
static void
run_reference(void)
{
	size_t len = strlen(canary_path) + 1, n = seeds[0].n;
	unsigned char *url;

	memcpy(mutant, seeds[0].p, n);
	url = memmem(mutant, n, "dref", 4);
	if (url == NULL)
		give_up("a clip of our own", "it has no data reference");
	/* dref: its head, then url: size, name, flags (1: this file). */
	url += 12;
	url[11] = 0;
	run("a clip whose data are elsewhere", RENDER, mutant, n);
	memmove(url + 12 + len, url + 12, n - (size_t)(url + 12 - mutant));
	memcpy(url + 12, canary_path, len);
	url[3] = (unsigned char)(url[3] + len);
	for (int work = RENDER; work < WORKS; work++)
		run("a clip whose data are in the canary", (enum work)work, mutant, n + len);
}

static void
run_hostile(void)
{
	run_text("an HLS playlist of an address",
	    "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n%U\n#EXT-X-ENDLIST\n");
	run_text("an HLS playlist of a file", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n%F\n#"
					      "EXTINF:9,\nfile://%F\n#EXT-X-ENDLIST\n");
	run_text("an HLS playlist that concatenates",
	    "#EXTM3U\n#EXTINF:9,\nconcat:%F|%U\n#EXT-X-ENDLIST\n");
	run_text("ffconcat", "ffconcat version 1.0\nfile '%F'\nfile '%U'\n");
	run_text("DASH",
	    "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" "
	    "mediaPresentationDuration=\"PT9S\"><Period><AdaptationSet "
	    "mimeType=\"video/mp4\"><Representation "
	    "id=\"1\" "
	    "bandwidth=\"1\"><BaseURL>%U</BaseURL></Representation></AdaptationSet></Period></"
	    "MPD>");
	run_text("SDP", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 "
			"RTP/AVP 96\na=rtpmap:96 H264/90000\n");
	run_text("SVG",
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" "
	    "xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"99\" "
	    "height=\"99\"><image xlink:href=\"%U\"/><image xlink:href=\"file://%F\"/></svg>");
	run_text("a playlist that says it is an MP4", "\x20\x20\x20\x20"
						      "ftypisom#EXTM3U\n#EXTINF:9,\n%F\n%U\n");
	run_gab2();
	run_reference();
}

static bool
skip_most(int frame, void *arg)
{
	(void)arg;
	return frame % 60 != 0 && frame != 35999;
}

/* Small files that would be large. */
static void
run_bombs(void)
{
	/* A PNG of 16,000 x 16,000: its head is enough to ask for the memory. */
	static const unsigned char png[] =
	    "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x3e\x80\0\0\x3e\x80\x08\2\0\0\0"
	    "\xd8\x23\x5e\x6d\0\0\0\x0cIDAT\x78\x9c\x63\0\1\0\0\5\0\1\x0d\x0a\x2d\xb4"
	    "\0\0\0\0IEND\xae\x42\x60\x82";
	struct clip_plan plan = {
		.width = 32, .height = 32, .fps = 1, .ms = 36000000, .draw = draw, .skip = skip_most
	};
	char why[256];
	size_t n;
	unsigned char *p;
	FILE *f;

	run("a PNG of 256 megapixels", STILL, png, sizeof png - 1);
	run("a PNG called a clip", RENDER, png, sizeof png - 1);
	if (clip_write(&plan, in_dir("long.mp4"), why, sizeof why) != 0)
		give_up("ten hours", why);
	f = fopen(in_dir("long.mp4"), "rb");
	p = malloc(64 << 20);
	n = f != NULL && p != NULL ? fread(p, 1, 64 << 20, f) : 0;
	if (f != NULL)
		fclose(f);
	unlink(in_dir("long.mp4"));
	for (int work = RENDER; work <= PREVIEW; work++)
		run("ten hours", (enum work)work, p, n);
	if (ends[REFUSE_TOO_LONG] < 3)
		give_up("ten hours", "they are not too long");
	free(p);
}

static void
tell(long wanted, double seconds)
{
	struct rusage used;
	char line[2000];
	long crashes = 0;
	FILE *log = fopen(in_dir("log"), "r");

	while (log != NULL && fgets(line, sizeof line, log) != NULL) {
		char *crash = strstr(line, "crashed (");

		if (crash == NULL)
			continue;
		crashes++;
		crash[strcspn(crash, ")")] = '\0';
		printf("# a cell %s)\n", crash);
		if (strstr(crash, "Bad system call") != NULL)
			give_up("a system call", "the filter does not know one that libav makes");
	}
	if (log != NULL)
		fclose(log);
	getrusage(RUSAGE_CHILDREN, &used);
#ifndef __SANITIZE_ADDRESS__
	if ((int64_t)used.ru_maxrss * 1024 > MEMORY)
		give_up("memory", "a cell took more than its limit");
#endif
	for (int i = 1; i < REFUSE_COUNT; i++)
		printf("# %s: %ld\n", refuse_code((enum refuse)i), ends[i]);
	printf("ok fuzz/cell (%ld files, %ld of %ld mutations in %.0f s: %ld made, %ld crashes, at "
	       "most %ld MB)\n",
	    runs, ends[REFUSE_COUNT], wanted, seconds, ends[0], crashes, used.ru_maxrss / 1024);
}

#ifdef __SANITIZE_ADDRESS__
/* x265, which makes the clips here and is in no product's program, keeps a kilobyte. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libx265\n";
}
#endif

static pid_t owner;

static void
clean_up(void)
{
	DIR *d = getpid() == owner && dir[0] != '\0' ? opendir(dir) : NULL;
	struct dirent *entry;

	while (d != NULL && (entry = readdir(d)) != NULL)
		unlink(in_dir(entry->d_name));
	if (d != NULL) {
		closedir(d);
		rmdir(dir);
	}
}

int
main(int argc, char **argv)
{
	long wanted = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	double most = argc > 2 ? strtod(argv[2], NULL) : 0, began = now_s();

	state = argc > 3 ? strtoull(argv[3], NULL, 16) : 1;
	if (wanted < 1 || state == 0 || mkdtemp(dir) == NULL) {
		fprintf(stderr, "usage: mutations COUNT SECONDS SEED [SAMPLES]\n");
		return 2;
	}
	owner = getpid();
	atexit(clean_up);
	setvbuf(stdout, NULL, _IOLBF, 0);
	av_log_set_level(AV_LOG_QUIET);
	/* What the library logs of crashes; read again at the end. */
	if (freopen(in_dir("log"), "w", stderr) == NULL)
		return 2;
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
		char name[8];

		snprintf(name, sizeof name, "out%zu", i);
		fds[i] = open(in_dir(name), O_RDWR | O_CREAT, 0600);
	}
	set_traps();
	try_traps();
	make_seeds();
	make_more_seeds();
	if (argc > 4)
		take_samples(argv[4]);
	run_hostile();
	run_bombs();
	for (long i = 0; i < wanted && (most <= 0 || now_s() - began < most); i++) {
		run_mutant(i);
		ends[REFUSE_COUNT]++;
	}
	tell(wanted, now_s() - began);
	return 0;
}
