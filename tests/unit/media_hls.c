/* media_hls.c - previews, and outputs of media_render() cut for HLS: what is written is read again.
 *
 * Read as a player reads: the head, then a segment from the middle of the list, nothing else. */
#include "media/media.h"
#include "media_clips.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <unistd.h>

static char dir[] = "/tmp/doufu-hls-XXXXXX";
static char clip[64], rung[64], file[64], list[64], part[64];
static char why_not[256];
static struct media_limits limits = { .memory_bytes = INT64_C(1) << 30,
	.cpu_s = 60,
	.wall_s = 60,
	.output_bytes = 100 << 20,
	.threads = 2 };
static enum refuse why;

static char *const all[] = { clip, rung, file, list, part };

__attribute__((constructor)) static void
make_dir(void)
{
	static const char *const names[] = { "clip.mp4", "rung.mp4", "s.mp4", "s.m3u8",
		"part.mp4" };

	if (mkdtemp(dir) == NULL)
		abort();
	av_log_set_level(AV_LOG_QUIET);
	for (int i = 0; i < 5; i++)
		snprintf(all[i], 64, "%s/%s", dir, names[i]);
}

__attribute__((destructor)) static void
remove_dir(void)
{
	for (int i = 0; i < 5; i++)
		unlink(all[i]);
	rmdir(dir);
}

static int
fresh(const char *path)
{
	return open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
}

/* clip made into rung; copy: by copy. */
static bool
render(bool copy)
{
	static const struct media_rung step = { 480, 1200, 28 };
	struct media_recipe recipe = { .rungs = &step,
		.rungs_n = 1,
		.preset = "ultrafast",
		.copy_max_kbps = copy ? 20000 : 1 };
	int in = open(clip, O_RDONLY), out = fresh(rung);
	struct media_order order = { .in_fd = in,
		.out_fds = &out,
		.limits = &limits,
		.recipe = &recipe,
		.cover_at_ms = -1 };
	struct media_output outs[MEDIA_RUNGS_MAX];
	struct media_info info;
	size_t n;
	enum media_end end = media_render(&order, &info, outs, &n, &why);

	close(in);
	close(out);
	return end == MEDIA_OK && n == 1 && outs[0].copied == copy;
}

static enum media_end
cut(const char *path, const char *uri)
{
	int in = open(path, O_RDONLY), out = fresh(file), text = fresh(list), e;
	enum media_end end = media_hls(in, out, text, uri, &limits, &why);

	e = errno;
	close(in);
	close(out);
	close(text);
	errno = e;
	return end;
}

static enum media_end
preview(const char *path)
{
	int in = open(path, O_RDONLY), out = fresh(file), e;
	enum media_end end = media_preview(in, out, &limits, &why);

	e = errno;
	close(in);
	close(out);
	errno = e;
	return end;
}

struct segment {
	double s;
	long size, at;
};

/* What the playlist says; false where it is not what a playlist must be. */
static bool
read_list(long *head, struct segment *segments, int *n, int *target)
{
	FILE *f = fopen(list, "r");
	char line[300];
	bool end = false, version = false;
	long expected;

	*n = 0;
	*head = 0;
	*target = 0;
	while (f != NULL && fgets(line, sizeof line, f) != NULL) {
		struct segment *s = &segments[*n];

		version |= strcmp(line, "#EXT-X-VERSION:7\n") == 0;
		end = strcmp(line, "#EXT-X-ENDLIST\n") == 0;
		sscanf(line, "#EXT-X-TARGETDURATION:%d", target);
		sscanf(line, "#EXT-X-MAP:URI=\"s.mp4\",BYTERANGE=\"%ld@0\"", head);
		sscanf(line, "#EXTINF:%lf,", &s->s);
		sscanf(line, "#EXT-X-BYTERANGE:%ld@%ld", &s->size, &s->at);
		if (strcmp(line, "s.mp4\n") == 0)
			++*n;
	}
	if (f != NULL)
		fclose(f);
	expected = *head;
	for (int i = 0; i < *n; i++) {
		if (segments[i].at != expected || segments[i].s > *target)
			return false;
		expected += segments[i].size;
	}
	return version && end && *n > 0 && *head > 0;
}

struct found {
	double first, last, sound_first, sound_last;
	int frames, packets, errors;
	bool first_is_key;
};

/* Decodes a file. */
static struct found
examine(const char *path)
{
	struct found f = { .first = -1, .sound_first = -1 };
	AVFormatContext *fmt = NULL;
	AVCodecContext *dec = NULL;
	AVPacket *pkt = av_packet_alloc();
	AVFrame *frame = av_frame_alloc();
	int rc = avformat_open_input(&fmt, path, NULL, NULL);

	if (rc >= 0) {
		dec = avcodec_alloc_context3(
		    avcodec_find_decoder(fmt->streams[0]->codecpar->codec_id));
		avcodec_parameters_to_context(dec, fmt->streams[0]->codecpar);
		avcodec_open2(dec, NULL, NULL);
	}
	for (bool more = rc >= 0; more;) {
		more = av_read_frame(fmt, pkt) >= 0;
		if (more && pkt->stream_index != 0) {
			double base = av_q2d(fmt->streams[pkt->stream_index]->time_base);

			if (f.sound_first < 0)
				f.sound_first = (double)pkt->pts * base;
			f.sound_last = (double)(pkt->pts + pkt->duration) * base;
		} else {
			if (more && f.packets++ == 0)
				f.first_is_key = pkt->flags & AV_PKT_FLAG_KEY;
			f.errors += avcodec_send_packet(dec, more ? pkt : NULL) < 0;
			while (avcodec_receive_frame(dec, frame) >= 0) {
				double t = (double)frame->best_effort_timestamp *
					   av_q2d(fmt->streams[0]->time_base);

				if (f.frames++ == 0)
					f.first = t;
				f.last = t;
				f.errors += frame->decode_error_flags != 0;
				av_frame_unref(frame);
			}
		}
		av_packet_unref(pkt);
	}
	avcodec_free_context(&dec);
	avformat_close_input(&fmt);
	av_packet_free(&pkt);
	av_frame_free(&frame);
	return f;
}

/* The head and one segment, as a file of its own. */
static bool
take_part(long head, const struct segment *s)
{
	size_t size;
	unsigned char *p = slurp(file, &size);
	bool ok = (size_t)(s->at + s->size) <= size;

	if (ok)
		memmove(p + head, p + s->at, (size_t)s->size);
	ok = ok && spill(part, p, (size_t)(head + s->size));
	free(p);
	return ok;
}

/* Cuts the rung and looks at all of it; the number of segments, or 0. */
static int
segments_of(double clip_s, double fps)
{
	struct segment s[100];
	struct found whole, was = examine(rung);
	double sum = 0;
	long head;
	int n, target;
	size_t size;
	unsigned char *p;

	if (cut(rung, "s.mp4") != MEDIA_OK || !read_list(&head, s, &n, &target))
		return 0;
	p = slurp(file, &size);
	free(p);
	if ((long)size != s[n - 1].at + s[n - 1].size)
		return 0;
	whole = examine(file);
	if (whole.frames != was.frames || whole.errors != 0 ||
	    fabs(whole.first - was.first) > 0.002 || fabs(whole.last - was.last) > 0.002 ||
	    fabs(whole.sound_last - was.sound_last) > 0.03)
		return 0;
	for (int i = 0; i < n; i++) {
		struct found f;

		if (!take_part(head, &s[i]))
			return 0;
		f = examine(part);
		if (!f.first_is_key || f.errors != 0 || fabs(f.first - sum - was.first) > 0.002 ||
		    fabs(f.frames / fps - s[i].s) > 1.5 / fps ||
		    (was.sound_first >= 0 && fabs(f.sound_first - sum) > 0.3)) {
			printf("# segment %d: %d frames from %.3f (%.3f), key %d, %d errors, sound "
			       "from %.3f, said %.3f\n",
			    i, f.frames, f.first, was.first, f.first_is_key, f.errors,
			    f.sound_first, s[i].s);
			return 0;
		}
		if (s[i].s < 1.7 && n > 1) {
			printf("# segment %d has %.3f s\n", i, s[i].s);
			return 0;
		}
		sum += s[i].s;
	}
	return fabs(sum - clip_s) < 0.1 ? n : 0;
}

CASE(segments)
{
	/* Of keyframes every two seconds, and where there are fewer; the last segment is no stump.
	 */
	static const struct {
		int ms, key_ms, rotation;
		bool copy;
		int n;
	} rows[] = { { 12000, 2000, 0, false, 3 }, { 13000, 2000, 0, false, 3 },
		{ 14000, 2000, 0, true, 4 }, { 9000, 3000, 0, true, 2 },
		{ 30000, 10000, 90, true, 3 }, { 1000, 2000, 0, true, 1 },
		{ 9000, 60000, 0, true, 1 } };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int sound = 0; sound < 2; sound++) {
			struct clip_plan plan = { .width = 160,
				.height = 96,
				.fps = 10,
				.ms = rows[i].ms,
				.key_ms = rows[i].key_ms,
				.rotation = rows[i].rotation,
				.draw = draw_corner,
				.play = sound ? play_tone : NULL };

			CHECK_INT(clip_write(&plan, clip, why_not, sizeof why_not), 0);
			CHECK(render(rows[i].copy));
			CHECK_INT(segments_of(rows[i].ms / 1000.0, 10), rows[i].n);
		}
}

CASE(only_what_can_be_cut)
{
	struct clip_plan plan = { .width = 64,
		.height = 64,
		.fps = 10,
		.ms = 1000,
		.video_encoder = "mpeg4",
		.draw = draw_corner };
	unsigned char *p;
	size_t size;

	CHECK_INT(clip_write(&plan, clip, why_not, sizeof why_not), 0);
	CHECK_INT(cut(clip, "s.mp4"), MEDIA_REFUSED);
	CHECK_INT(why, REFUSE_CODEC);
	plan.video_encoder = NULL;
	CHECK_INT(clip_write(&plan, clip, why_not, sizeof why_not), 0);
	p = slurp(clip, &size);
	CHECK(spill(clip, p, 300));
	free(p);
	CHECK_INT(cut(clip, "s.mp4"), MEDIA_REFUSED);
	CHECK(spill(clip, "#EXTM3U\n/etc/passwd\n", 20));
	CHECK_INT(cut(clip, "s.mp4"), MEDIA_REFUSED);
	CHECK_INT(why, REFUSE_UNREADABLE);
}

CASE(names)
{
	static const char *const bad[] = { "", "/etc/passwd", "a\nb", "a\"b", "http://x/y", "a b" };
	struct clip_plan plan = {
		.width = 64, .height = 64, .fps = 10, .ms = 1000, .draw = draw_corner
	};

	CHECK_INT(clip_write(&plan, clip, why_not, sizeof why_not), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		CHECK_INT(cut(clip, bad[i]), MEDIA_FAILED);
		CHECK_INT(errno, EINVAL);
	}
	CHECK_INT(cut(clip, "ab/cd-1_2.mp4"), MEDIA_OK);
}

static unsigned
little_endian(const unsigned char *p, int n)
{
	unsigned v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

/* Follows the chunks of an animation: its size, how often it loops, frames and their time. */
static bool
read_animation(unsigned *w, unsigned *h, unsigned *loops, int *frames, unsigned *ms)
{
	size_t size, at = 12;
	unsigned char *p = slurp(file, &size);
	bool ok = size > 30 && memcmp(p, "RIFF", 4) == 0 && memcmp(p + 8, "WEBPVP8X", 8) == 0 &&
		  little_endian(p + 4, 4) + 8 == size;

	*frames = 0;
	*ms = 0;
	while (ok && at + 8 <= size) {
		unsigned len = little_endian(p + at + 4, 4);

		ok = at + 8 + len <= size;
		if (ok && memcmp(p + at, "VP8X", 4) == 0) {
			*w = little_endian(p + at + 12, 3) + 1;
			*h = little_endian(p + at + 15, 3) + 1;
			ok = (p[at + 8] & ~0x12) == 0; /* animation and alpha; no EXIF, XMP, ICC */
		} else if (ok && memcmp(p + at, "ANIM", 4) == 0) {
			*loops = little_endian(p + at + 12, 2);
		} else if (ok && memcmp(p + at, "ANMF", 4) == 0) {
			++*frames;
			*ms += little_endian(p + at + 20, 3);
		} else {
			ok = false;
		}
		at += 8 + len + (len & 1);
	}
	free(p);
	return ok;
}

CASE(previews)
{
	static const struct {
		int width, height, rotation, fps, ms;
		unsigned w, h;
		int least, most;
	} rows[] = { { 640, 360, 0, 30, 5000, 426, 240, 24, 24 },
		{ 640, 360, 90, 24, 3000, 240, 426, 24, 24 },
		{ 160, 96, 0, 30, 1000, 160, 96, 8, 8 }, { 160, 96, 0, 5, 3000, 160, 96, 15, 15 },
		{ 160, 96, 0, 120, 400, 160, 96, 4, 4 } };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct clip_plan plan = { .width = rows[i].width,
			.height = rows[i].height,
			.rotation = rows[i].rotation,
			.fps = rows[i].fps,
			.ms = rows[i].ms,
			.draw = draw_noise,
			.play = play_tone };
		unsigned w = 0, h = 0, loops = 9, ms, length = (unsigned)rows[i].ms;
		int frames;

		CHECK_INT(clip_write(&plan, clip, why_not, sizeof why_not), 0);
		CHECK_INT(preview(clip), MEDIA_OK);
		CHECK(read_animation(&w, &h, &loops, &frames, &ms));
		printf("# %u x %u, %d frames, %u ms, loops %u\n", w, h, frames, ms, loops);
		CHECK_INT(w, rows[i].w);
		CHECK_INT(h, rows[i].h);
		CHECK_INT(loops, 0);
		CHECK(frames >= rows[i].least && frames <= rows[i].most);
		CHECK(ms <= 3100 && ms + 400 >= (length < 3000 ? length : 3000));
	}
}

CASE(no_preview)
{
	struct clip_plan plan = { .ms = 1000, .play = play_tone };

	CHECK_INT(clip_write(&plan, clip, why_not, sizeof why_not), 0);
	CHECK_INT(preview(clip), MEDIA_REFUSED);
	CHECK_INT(why, REFUSE_NO_VIDEO);
	plan = (struct clip_plan){
		.width = 64, .height = 64, .fps = 10, .ms = 1000, .draw = draw_noise
	};
	CHECK_INT(clip_write(&plan, clip, why_not, sizeof why_not), 0);
	limits.output_bytes = 100;
	CHECK_INT(preview(clip), MEDIA_FAILED);
	CHECK_INT(errno, EFBIG);
	CHECK_INT(cut(clip, "s.mp4"), MEDIA_FAILED);
	CHECK_INT(errno, EFBIG);
	limits.output_bytes = 100 << 20;
}

UNIT_MAIN
