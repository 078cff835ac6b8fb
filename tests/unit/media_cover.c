/* media_cover.c - clips of our own making, and of strangers, through the whole of media_cover().
 *
 * Where there are sample files (samples_dir()), each must come to its known end, and its cover must
 * be the one that was once looked at. */
#include "media/media.h"
#include "media_stills.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/doufu-media-XXXXXX";
static char clip[64], cover[64];
static char why_not[256];

static struct media_info info;
static enum refuse why;
static struct media_limits limits = { .memory_bytes = INT64_C(1) << 30,
	.cpu_s = 60,
	.wall_s = 60,
	.output_bytes = 10 << 20 };
static int64_t at_ms = -1;
static struct media_picture picture = { .kind = MEDIA_JPEG, .short_edge = 540 };

__attribute__((constructor)) static void
make_dir(void)
{
	if (mkdtemp(dir) == NULL)
		abort();
	snprintf(clip, sizeof clip, "%s/clip.mp4", dir);
	snprintf(cover, sizeof cover, "%s/cover.jpg", dir);
}

__attribute__((destructor)) static void
remove_dir(void)
{
	unlink(clip);
	unlink(cover);
	rmdir(dir);
}

static enum media_end
look(const char *path)
{
	int in = open(path, O_RDONLY), out = open(cover, O_RDWR | O_CREAT | O_TRUNC, 0600), e;
	enum media_end end;

	picture.fd = out;
	end = media_cover(in, at_ms, &picture, 1, &limits, &info, &why);
	e = errno;
	close(in);
	close(out);
	errno = e;
	return end;
}

static bool
refused(const char *path, enum refuse want)
{
	enum media_end end = look(path);
	struct stat st;

	if (end == MEDIA_REFUSED && why == want && stat(cover, &st) == 0 && st.st_size == 0)
		return true;
	printf("# end %d, reason %s\n", end, refuse_code(why));
	return false;
}

static AVFrame *
decode_cover(void)
{
	return decode_still(cover, picture.kind == MEDIA_JPEG ? "mjpeg" : "webp");
}

static double
mean_light(const AVFrame *f)
{
	double sum = 0;

	for (int y = 0; y < f->height; y++)
		for (int x = 0; x < f->width; x++)
			sum += f->data[0][y * f->linesize[0] + x];
	return sum / f->width / f->height;
}

/* Black for a second (30 frames), then as above. */
static void
draw_late(uint8_t *rgb, int w, int h, int frame, void *arg)
{
	if (frame < 30)
		memset(rgb, 0, (size_t)w * (size_t)h * 3);
	else
		draw_corner(rgb, w, h, frame, arg);
}

static bool
make(const struct clip_plan *plan)
{
	if (clip_write(plan, clip, why_not, sizeof why_not) == 0)
		return true;
	printf("# %s\n", why_not);
	return false;
}

CASE(rotation)
{
	/* Where the white corner ends up, in hundredths. */
	static const struct {
		int degrees, x, y;
	} turns[] = { { 0, 20, 20 }, { 90, 80, 20 }, { 180, 80, 80 }, { 270, 20, 80 } };

	for (size_t i = 0; i < 4; i++) {
		struct clip_plan plan = { .width = 160,
			.height = 96,
			.fps = 30,
			.ms = 1000,
			.rotation = turns[i].degrees,
			.draw = draw_corner,
			.play = play_tone };
		bool lying = turns[i].degrees % 180 == 0;
		AVFrame *f;

		CHECK(make(&plan));
		CHECK_INT(look(clip), MEDIA_OK);
		CHECK_INT(info.rotation, turns[i].degrees);
		CHECK_INT(info.width, lying ? 160 : 96);
		CHECK_INT(info.height, lying ? 96 : 160);
		CHECK_STR(info.video_codec, "h264");
		CHECK_STR(info.audio_codec, "aac");
		CHECK(info.duration_ms >= 990 && info.duration_ms <= 1100);
		f = decode_cover();
		CHECK(f != NULL);
		CHECK_INT(f->width, info.width);
		CHECK_INT(f->height, info.height);
		for (int y = 20; y <= 80; y += 60)
			for (int x = 20; x <= 80; x += 60)
				CHECK(
				    (light(f, x, y) > 200) == (x == turns[i].x && y == turns[i].y));
		av_frame_free(&f);
	}
}

CASE(mirrored)
{
	/* Where the white corner, on the left above, ends up: swapped first, then turned. */
	static const struct {
		int degrees, x, y;
	} turns[] = { { 0, 80, 20 }, { 90, 80, 80 }, { 180, 20, 80 }, { 270, 20, 20 } };

	for (size_t i = 0; i < 4; i++) {
		struct clip_plan plan = { .width = 160,
			.height = 96,
			.fps = 30,
			.ms = 1000,
			.rotation = turns[i].degrees,
			.mirror = true,
			.draw = draw_corner };
		AVFrame *f;

		CHECK(make(&plan));
		CHECK_INT(look(clip), MEDIA_OK);
		CHECK_INT(info.rotation, turns[i].degrees);
		CHECK(info.mirrored);
		f = decode_cover();
		CHECK(f != NULL);
		CHECK_INT(f->width, info.width);
		for (int y = 20; y <= 80; y += 60)
			for (int x = 20; x <= 80; x += 60)
				CHECK(
				    (light(f, x, y) > 200) == (x == turns[i].x && y == turns[i].y));
		av_frame_free(&f);
	}
}

/* A light bar that is as far to the right as the clip is old; 30 frames are its width. */
static void
draw_bar(uint8_t *rgb, int w, int h, int frame, void *arg)
{
	(void)arg;
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++)
			memset(rgb + (y * w + x) * 3, x * 90 / w == frame ? 250 : 20, 3);
}

CASE(the_frame_at_a_time)
{
	struct clip_plan plan = {
		.width = 360, .height = 64, .fps = 30, .ms = 3000, .draw = draw_bar
	};
	static const int rows[][2] = { { 0, 0 }, { 33, 0 }, { 34, 1 }, { 1000, 30 }, { 1500, 45 },
		{ 2010, 60 }, { 2966, 88 }, { 99999999, 89 } };

	CHECK(make(&plan));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		AVFrame *f;
		int at = 0;

		at_ms = rows[i][0];
		CHECK_INT(look(clip), MEDIA_OK);
		at_ms = -1;
		f = decode_cover();
		CHECK(f != NULL);
		while (at < 90 && f->data[0][32 * f->linesize[0] + at * 4 + 2] < 130)
			at++;
		av_frame_free(&f);
		CHECK_INT(at, rows[i][1]);
		CHECK(llabs(info.cover_ms - rows[i][1] * 1000 / 30) <= 1);
	}
}

CASE(several_forms)
{
	struct clip_plan plan = { .width = 640,
		.height = 360,
		.fps = 10,
		.ms = 500,
		.rotation = 90,
		.draw = draw_corner };
	static const struct {
		enum media_kind kind;
		int short_edge, width, height;
		bool square;
	} rows[] = { { MEDIA_JPEG, 720, 360, 640, false }, { MEDIA_WEBP, 720, 360, 640, false },
		{ MEDIA_WEBP, 180, 180, 320, false }, { MEDIA_WEBP, 200, 200, 200, true } };
	struct media_picture p[4];
	char path[4][64];
	int in;

	CHECK(make(&plan));
	for (int i = 0; i < 4; i++) {
		snprintf(path[i], sizeof path[i], "%s/%d", dir, i);
		p[i] = (struct media_picture){ .kind = rows[i].kind,
			.short_edge = rows[i].short_edge,
			.square = rows[i].square,
			.fd = open(path[i], O_RDWR | O_CREAT | O_TRUNC, 0600) };
	}
	in = open(clip, O_RDONLY);
	CHECK_INT(media_cover(in, -1, p, 4, &limits, &info, &why), MEDIA_OK);
	close(in);
	for (int i = 0; i < 4; i++) {
		bool webp = rows[i].kind == MEDIA_WEBP;
		AVFrame *f = decode_still(path[i], webp ? "webp" : "mjpeg");
		size_t size;
		unsigned char *bytes = slurp(path[i], &size);

		close(p[i].fd);
		unlink(path[i]);
		CHECK(f != NULL);
		CHECK_INT(f->width, rows[i].width);
		CHECK_INT(f->height, rows[i].height);
		CHECK_INT(p[i].width, rows[i].width);
		CHECK_INT(p[i].height, rows[i].height);
		CHECK_INT(p[i].bytes, (int64_t)size);
		CHECK_STR(media_sniff_image(bytes, size), webp ? "webp" : "jpg");
		/* A lossy picture and nothing beside it. */
		CHECK(!webp || memcmp(bytes + 12, "VP8 ", 4) == 0);
		free(bytes);
		/* White, as the kind has it, above on the right; a square keeps the middle. */
		CHECK(abs(light(f, 80, 20) - (webp ? 231 : 250)) < 6);
		CHECK(light(f, 20, 20) < 100 && light(f, 80, 80) < 100);
		av_frame_free(&f);
	}
}

CASE(pixel_shape)
{
	struct clip_plan plan = { .width = 160,
		.height = 96,
		.fps = 30,
		.ms = 500,
		.sar_num = 2,
		.sar_den = 1,
		.rotation = 90,
		.draw = draw_corner };
	AVFrame *f;

	CHECK(make(&plan));
	CHECK_INT(look(clip), MEDIA_OK);
	CHECK_INT(info.width, 96);
	CHECK_INT(info.height, 320);
	CHECK_STR(info.audio_codec, "");
	f = decode_cover();
	CHECK(f != NULL);
	CHECK_INT(f->width, 96);
	CHECK_INT(f->height, 320);
	CHECK(light(f, 80, 20) > 200 && light(f, 20, 80) < 100);
	av_frame_free(&f);
}

CASE(cover_is_made_smaller_never_larger)
{
	struct clip_plan plan = {
		.width = 640, .height = 360, .fps = 10, .ms = 500, .draw = draw_corner
	};
	AVFrame *f;

	CHECK(make(&plan));
	picture.short_edge = 100;
	CHECK_INT(look(clip), MEDIA_OK);
	picture.short_edge = 540;
	CHECK_INT(info.width, 640);
	f = decode_cover();
	CHECK(f != NULL);
	CHECK_INT(f->width, 178);
	CHECK_INT(f->height, 100);
	/* White stays white: full range in, full range out. */
	CHECK(light(f, 20, 20) >= 244);
	av_frame_free(&f);
	CHECK_INT(look(clip), MEDIA_OK);
	f = decode_cover();
	CHECK(f != NULL);
	CHECK_INT(f->width, 640);
	av_frame_free(&f);
}

CASE(black_first_second_and_one_keyframe)
{
	struct clip_plan plan = {
		.width = 160, .height = 96, .fps = 30, .ms = 2000, .draw = draw_late
	};
	AVFrame *f;

	CHECK(make(&plan));
	CHECK_INT(look(clip), MEDIA_OK);
	CHECK(info.cover_ms >= 1000 && info.cover_ms <= 2000);
	f = decode_cover();
	CHECK(f != NULL);
	CHECK(mean_light(f) > 60);
	av_frame_free(&f);
}

CASE(black_all_through_is_still_a_clip)
{
	struct clip_plan plan = {
		.width = 64, .height = 64, .fps = 30, .ms = 900, .draw = draw_late
	};

	CHECK(make(&plan));
	CHECK_INT(look(clip), MEDIA_OK);
}

CASE(cover_has_no_metadata)
{
	struct clip_plan plan = {
		.width = 160, .height = 96, .fps = 30, .ms = 500, .draw = draw_corner
	};
	unsigned char *p;
	size_t size;

	CHECK(make(&plan));
	CHECK_INT(look(clip), MEDIA_OK);
	p = slurp(cover, &size);
	CHECK(size > 200 && memcmp(p, "\xff\xd8\xff", 3) == 0);
	CHECK(memcmp(p + size - 2, "\xff\xd9", 2) == 0);
	CHECK(memmem(p, size, "Lav", 3) == NULL);
	CHECK(memmem(p, size, "Exif", 4) == NULL);
	free(p);
}

CASE(cut_short)
{
	struct clip_plan plan = { .width = 160,
		.height = 96,
		.fps = 30,
		.ms = 3000,
		.draw = draw_noise,
		.play = play_tone };
	unsigned char *p;
	size_t size;

	CHECK(make(&plan));
	p = slurp(clip, &size);
	CHECK(size > 20000);
	CHECK_INT(look(clip), MEDIA_OK);
	CHECK(spill(clip, p, size / 2));
	CHECK(refused(clip, REFUSE_TRUNCATED));
	/* In the middle of the index. */
	CHECK(spill(clip, p, 400));
	CHECK(refused(clip, REFUSE_TRUNCATED));
	CHECK(spill(clip, p, 32));
	CHECK(refused(clip, REFUSE_UNREADABLE));
	free(p);
}

CASE(matroska)
{
	struct clip_plan plan = { .width = 160,
		.height = 96,
		.fps = 30,
		.ms = 3000,
		.draw = draw_noise,
		.play = play_tone };
	char path[64];
	unsigned char *p;
	size_t size;

	snprintf(path, sizeof path, "%s/clip.mkv", dir);
	CHECK_INT(clip_write(&plan, path, why_not, sizeof why_not), 0);
	CHECK_INT(look(path), MEDIA_OK);
	CHECK_INT(info.width, 160);
	p = slurp(path, &size);
	CHECK(spill(path, p, size / 2));
	CHECK(refused(path, REFUSE_TRUNCATED));
	CHECK(spill(path, p, 80));
	CHECK_INT(look(path), MEDIA_REFUSED);
	free(p);
	unlink(path);
}

CASE(sound_only)
{
	struct clip_plan plan = { .ms = 1000, .play = play_tone };

	CHECK(make(&plan));
	CHECK(refused(clip, REFUSE_NO_VIDEO));
}

CASE(sizes)
{
	struct clip_plan plan = {
		.width = 8, .height = 64, .fps = 10, .ms = 500, .draw = draw_noise
	};

	CHECK(make(&plan));
	CHECK(refused(clip, REFUSE_TOO_SMALL));
	plan.width = 16;
	CHECK(make(&plan));
	CHECK_INT(look(clip), MEDIA_OK);
	plan.width = 8208;
	plan.height = 16;
	CHECK(make(&plan));
	CHECK(refused(clip, REFUSE_TOO_LARGE));
	plan.width = 8192;
	CHECK(make(&plan));
	CHECK_INT(look(clip), MEDIA_OK);
	CHECK_INT(info.width, 8192);
}

CASE(lengths)
{
	struct clip_plan plan = {
		.width = 16, .height = 16, .fps = 30, .ms = 70, .draw = draw_corner
	};

	CHECK(make(&plan));
	CHECK(refused(clip, REFUSE_TOO_SHORT));
	plan.ms = 3602000;
	plan.fps = 1;
	CHECK(make(&plan));
	CHECK(refused(clip, REFUSE_TOO_LONG));
	plan.ms = 3590000;
	CHECK(make(&plan));
	CHECK_INT(look(clip), MEDIA_OK);
	CHECK(info.duration_ms >= 3589000);
}

CASE(no_clip_at_all)
{
	static const char playlist[] =
	    "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/hostname\n";
	unsigned char noise[5000];
	unsigned seed = 7;

	CHECK(spill(clip, "", 0));
	CHECK(refused(clip, REFUSE_UNREADABLE));
	CHECK(spill(clip, playlist, sizeof playlist - 1));
	CHECK(refused(clip, REFUSE_UNREADABLE));
	for (size_t i = 0; i < sizeof noise; i++)
		noise[i] = (unsigned char)((seed = seed * 1103515245u + 12345u) >> 16);
	memcpy(noise, "\0\0\0\30ftypmp42", 12);
	CHECK(spill(clip, noise, sizeof noise));
	CHECK(refused(clip, REFUSE_UNREADABLE));
	memcpy(noise, "RIFF\0\x10\0\0AVI LIST", 16);
	CHECK(spill(clip, noise, sizeof noise));
	CHECK_INT(look(clip), MEDIA_REFUSED);
}

/* Bytes of mdat, the last box of a clip of ours. */
static size_t
data_size(void)
{
	size_t size;
	unsigned char *p = slurp(clip, &size), *at = memmem(p, size, "mdat", 4);

	size = at != NULL ? size - (size_t)(at - p) - 4 : 0;
	free(p);
	return size;
}

CASE(patched)
{
	struct clip_plan plan = {
		.width = 160, .height = 96, .fps = 30, .ms = 1000, .draw = draw_corner
	};
	static const char zeros[20000];
	size_t size;

	CHECK(make(&plan));
	CHECK(patch(clip, "avc1", 32, "avc1", 0));
	CHECK_INT(look(clip), MEDIA_OK);
	/* The codec's name: the second one, the first is a brand of the file. */
	CHECK(patch(clip, "stsd", 16, "xyzw", 4) || patch(clip, "stsd", 12, "xyzw", 4));
	CHECK(refused(clip, REFUSE_CODEC));
	CHECK(make(&plan));
	CHECK(patch(clip, "stsd", 16, "encv", 4));
	CHECK(refused(clip, REFUSE_ENCRYPTED));
	/* Data that is no picture: all of it, at the end of the file. */
	CHECK(make(&plan));
	size = data_size();
	CHECK(size > 500 && size < sizeof zeros);
	CHECK(patch(clip, "mdat", 4, zeros, size));
	CHECK(refused(clip, REFUSE_DAMAGED));
	/* A keyframe that cannot be decoded: what follows it is no picture either. */
	CHECK(make(&plan));
	CHECK(patch(clip, "mdat", 4, zeros, size < 2000 ? size / 2 : 1000));
	CHECK(refused(clip, REFUSE_DAMAGED));
	/* An index that points behind the end of the file. */
	CHECK(make(&plan));
	CHECK(patch(clip, "stco", 12, "\x7f\xff\xff\xff", 4));
	CHECK(refused(clip, REFUSE_TRUNCATED));
}

CASE(a_size_that_lies)
{
	struct clip_plan plan = {
		.width = 8208, .height = 16, .fps = 10, .ms = 500, .draw = draw_noise
	};

	CHECK(make(&plan));
	/* stsd: version, count, size, name, 24 bytes, then width and height. */
	CHECK(patch(clip, "stsd", 44, "\0\x40\0\x40", 4));
	CHECK_INT(look(clip), MEDIA_REFUSED);
	CHECK(why == REFUSE_DAMAGED || why == REFUSE_TOO_LARGE);
}

CASE(our_own_failures)
{
	struct clip_plan plan = {
		.width = 160, .height = 96, .fps = 30, .ms = 500, .draw = draw_noise
	};
	int in;

	CHECK(make(&plan));
	limits.output_bytes = 100;
	CHECK_INT(look(clip), MEDIA_FAILED);
	CHECK_INT(errno, EFBIG);
	limits.output_bytes = 10 << 20;
	in = open(clip, O_RDONLY);
	picture.short_edge = 1;
	CHECK_INT(media_cover(in, -1, &picture, 1, &limits, &info, &why), MEDIA_FAILED);
	CHECK_INT(errno, EINVAL);
	picture.short_edge = 540;
	CHECK_INT(media_cover(in, -2, &picture, 1, &limits, &info, &why), MEDIA_FAILED);
	CHECK_INT(errno, EINVAL);
	/* No picture at all: a look alone. */
	CHECK_INT(media_cover(in, -1, NULL, 0, &limits, &info, &why), MEDIA_OK);
	CHECK_INT(info.width, 160);
	close(in);
}

CASE(demo_clips)
{
	for (int i = 0; i < MEDIA_DEMOS; i++) {
		unsigned char *p, *moov, *mdat;
		size_t size;

		CHECK(strchr(media_demo_title(i), '#') != NULL);
		CHECK_INT(media_demo(i, clip, why_not, sizeof why_not), 0);
		CHECK_INT(look(clip), MEDIA_OK);
		CHECK_INT(info.width, 360);
		CHECK_INT(info.height, 640);
		CHECK(info.duration_ms >= 4000 && info.duration_ms <= 6100);
		CHECK_STR(info.video_codec, "h264");
		CHECK_STR(info.audio_codec, "aac");
		p = slurp(clip, &size);
		moov = memmem(p, size, "moov", 4);
		mdat = memmem(p, size, "mdat", 4);
		CHECK(moov != NULL && mdat != NULL && moov < mdat);
		free(p);
	}
	CHECK_STR(media_demo_title(MEDIA_DEMOS), "");
	CHECK_INT(media_demo(MEDIA_DEMOS, clip, why_not, sizeof why_not), -1);
	CHECK_INT(media_demo(0, "/nowhere/clip.mp4", why_not, sizeof why_not), -1);
	CHECK(strstr(why_not, "/nowhere/clip.mp4") != NULL);
}

static const struct sample {
	const char *name;
	enum refuse why; /* NONE: a cover */
	int width, height;
	const char *codec;
	uint64_t hash; /* of the cover that was looked at */
} samples[] = {
	{ "bower_bbb_480p_5s.mp4", REFUSE_NONE, 854, 480, "h264", 0x00004052cbcf5ef9 },
	{ "ch_bbb_480p_30s.mp4", REFUSE_NONE, 854, 480, "h264", 0x31191d0647032115 },
	{ "cut_faststart_250k.mp4", REFUSE_TRUNCATED, 0, 0, "", 0 },
	{ "cut_moov_at_end_200k.mp4", REFUSE_UNREADABLE, 0, 0, "", 0 },
	{ "dn_MVI_4823.avi", REFUSE_NONE, 640, 480, "mjpeg", 0x470333321a0344b3 },
	{ "dn_ftyp3gp5.mp4", REFUSE_NONE, 720, 1280, "h264", 0x62d6aa2a8ae3d232 },
	{ "dn_with-gps.mov", REFUSE_NONE, 320, 568, "h264", 0x005070f1a05cae06 },
	{ "evil_bomb_16000x16000.mp4", REFUSE_TOO_LARGE, 0, 0, "", 0 },
	{ "evil_ffconcat.mp4", REFUSE_UNREADABLE, 0, 0, "", 0 },
	{ "evil_hls_playlist.mp4", REFUSE_UNREADABLE, 0, 0, "", 0 },
	{ "mb_cursed-vfr.mp4", REFUSE_NONE, 3026, 1386, "h264", 0x149918369d5080a0 },
	{ "mb_rotate-buck-bunny.mp4", REFUSE_NONE, 1080, 1920, "h264", 0x3d5f573737070717 },
	{ "mb_sar_2x1.mp4", REFUSE_NONE, 1280, 360, "h264", 0x1818181818181818 },
	{ "mb_video-h265.mp4", REFUSE_NONE, 1920, 1080, "hevc", 0xfcfafcfedade7cbc },
	{ "moz_chunk_out_of_range.mp4", REFUSE_DAMAGED, 0, 0, "", 0 },
	{ "moz_short-cenc.mp4", REFUSE_ENCRYPTED, 0, 0, "", 0 },
	{ "moz_zero_empty_stsc.mp4", REFUSE_TRUNCATED, 0, 0, "", 0 },
	{ "small_AudioVideoInterleave.avi", REFUSE_TOO_SMALL, 0, 0, "", 0 },
	{ "tc_av1_video.mkv", REFUSE_NONE, 640, 360, "av1", 0x246666666666666c },
	{ "tc_h264_10bits.mp4", REFUSE_NONE, 200, 200, "h264", 0x1818181818181818 },
};

CASE(samples_come_to_their_ends)
{
	const char *where = samples_dir();

	if (where == NULL)
		return;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		const struct sample *s = &samples[i];
		char path[512];
		uint64_t h;
		AVFrame *f;

		snprintf(path, sizeof path, "%s/%s", where, s->name);
		if (access(path, R_OK) != 0) {
			printf("# skip: no %s\n", s->name);
			continue;
		}
		printf("# %s\n", s->name);
		if (s->why != REFUSE_NONE) {
			CHECK(refused(path, s->why));
		} else {
			CHECK_INT(look(path), MEDIA_OK);
			CHECK_INT(info.width, s->width);
			CHECK_INT(info.height, s->height);
			CHECK_STR(info.video_codec, s->codec);
			f = decode_cover();
			CHECK(f != NULL);
			CHECK(mean_light(f) > 24 && mean_light(f) < 232);
			CHECK((f->width > f->height) == (s->width > s->height));
			h = hash(f, 0);
			printf("# hash 0x%016llx, at %lld ms\n", (unsigned long long)h,
			    (long long)info.cover_ms);
			CHECK(__builtin_popcountll(h ^ s->hash) <= 8);
			av_frame_free(&f);
		}
#ifndef __SANITIZE_ADDRESS__
		CHECK(info.peak_rss < 100 << 20);
#endif
	}
}

UNIT_MAIN
