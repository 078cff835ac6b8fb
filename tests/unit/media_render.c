/* media_render.c - clips of our own making, and of strangers, through the whole of media_render();
 * what comes out is opened and decoded again.
 *
 * Where there are sample files (samples_dir()), each must come to its known end. */
#include "media/media.h"
#include "media_stills.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
/* The HEVC clip's encoder keeps something for ever. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:libx265";
}
#endif

static char dir[] = "/tmp/doufu-render-XXXXXX";
static char clip[64], cover[64], rung[2][64];
static char why_not[256];

static const struct media_rung rungs[] = { { 720, 2500, 26 }, { 480, 1200, 27 } };
static struct media_recipe recipe = {
	.rungs = rungs, .rungs_n = 2, .preset = "superfast", .copy_max_kbps = 20000
};
static struct media_limits limits = { .memory_bytes = INT64_C(1) << 30,
	.cpu_s = 60,
	.wall_s = 60,
	.output_bytes = 100 << 20,
	.threads = 2 };
static struct media_picture picture = { .kind = MEDIA_JPEG, .short_edge = 540 };

static struct media_info info;
static struct media_output outs[MEDIA_RUNGS_MAX];
static size_t outs_n;
static enum refuse why;
static int last_percent, stop_at;

__attribute__((constructor)) static void
make_dir(void)
{
	if (mkdtemp(dir) == NULL)
		abort();
	av_log_set_level(AV_LOG_QUIET);
	snprintf(clip, sizeof clip, "%s/clip.mp4", dir);
	snprintf(cover, sizeof cover, "%s/cover.jpg", dir);
	snprintf(rung[0], sizeof rung[0], "%s/0.mp4", dir);
	snprintf(rung[1], sizeof rung[1], "%s/1.mp4", dir);
}

__attribute__((destructor)) static void
remove_dir(void)
{
	unlink(clip);
	unlink(cover);
	unlink(rung[0]);
	unlink(rung[1]);
	rmdir(dir);
}

static bool
note(void *arg, int percent)
{
	(void)arg;
	if (percent < last_percent)
		abort();
	last_percent = percent;
	return percent < stop_at;
}

/* want: bits 0 and 1 for the rungs, bit 2 for the cover. */
static enum media_end
render_some(const char *path, unsigned want)
{
	int fds[2], out_fds[2], in = open(path, O_RDONLY), e;
	int jpeg = open(cover, O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct media_order order = { .in_fd = in,
		.pictures = &picture,
		.pictures_n = 1,
		.cover_at_ms = -1,
		.out_fds = out_fds,
		.limits = &limits,
		.recipe = &recipe,
		.progress = note };
	enum media_end end;

	for (int i = 0; i < 2; i++) {
		fds[i] = open(rung[i], O_RDWR | O_CREAT | O_TRUNC, 0600);
		out_fds[i] = want & (1u << i) ? fds[i] : -1;
	}
	picture.fd = want & 4 ? jpeg : -1;
	last_percent = 0;
	if (stop_at == 0)
		stop_at = 101;
	end = media_render(&order, &info, outs, &outs_n, &why);
	e = errno;
	close(in);
	close(jpeg);
	close(fds[0]);
	close(fds[1]);
	errno = e;
	return end;
}

static enum media_end
render(const char *path)
{
	return render_some(path, 7);
}

static bool
refused(const char *path, enum refuse as)
{
	enum media_end end = render(path);

	if (end == MEDIA_REFUSED && why == as && outs_n == 0)
		return true;
	printf("# end %d, reason %s\n", end, refuse_code(why));
	return false;
}

/* What a player finds in an output. */
struct found {
	int width, height, rotation, frames, sound_frames, streams;
	AVRational sar;
	enum AVPixelFormat format;
	enum AVColorRange range;
	enum AVColorSpace space;
	enum AVCodecID codec, sound_codec;
	int profile_idc, level_idc;
	double first_s, last_s, sound_first_s, sound_last_s; /* of frames, by their beginning */
	double tightest_s;                                   /* between two frames */
	double key_gap_s;
	bool first_is_key, open_gop, ordered, metadata;
	double heard_s;          /* the first sample that is not silence */
	double energy, loudness; /* root of the mean square; that of the tone is 0.21 */
	int64_t sound_n;
	int sound_rate, sound_channels;
	AVFrame *frame; /* the one at wanted_s */
};

static void
note_frame(struct found *f, AVFrame *frame, double t, double wanted_s)
{
	if (f->frames > 0 && t <= f->last_s)
		f->ordered = false;
	if (f->frames > 0 && t - f->last_s < f->tightest_s)
		f->tightest_s = t - f->last_s;
	if (f->frames == 0)
		f->first_s = t;
	f->last_s = t;
	f->frames++;
	if (f->frame == NULL || t <= wanted_s + 0.001) {
		av_frame_free(&f->frame);
		f->frame = av_frame_clone(frame);
		f->format = frame->format;
		f->range = frame->color_range;
		f->space = frame->colorspace;
	}
}

static void
note_sound(struct found *f, const AVFrame *frame, double t)
{
	const float *p = (const float *)(const void *)frame->data[0];

	if (f->sound_frames++ == 0)
		f->sound_first_s = t;
	f->sound_last_s = t + (double)frame->nb_samples / frame->sample_rate;
	f->sound_rate = frame->sample_rate;
	f->sound_channels = frame->ch_layout.nb_channels;
	for (int i = 0; i < frame->nb_samples; i++) {
		f->energy += p[i] * p[i];
		if (f->heard_s < 0 && fabsf(p[i]) > 0.1f)
			f->heard_s = t + (double)i / frame->sample_rate;
	}
	f->sound_n += frame->nb_samples;
	f->loudness = sqrt(f->energy / (double)f->sound_n);
}

static void
decode(struct found *f, AVCodecContext *dec, const AVPacket *pkt, AVStream *s, double wanted_s)
{
	AVFrame *frame = av_frame_alloc();

	if (avcodec_send_packet(dec, pkt) >= 0)
		while (avcodec_receive_frame(dec, frame) >= 0) {
			double t = (double)frame->best_effort_timestamp * av_q2d(s->time_base);

			if (s->codecpar->codec_type == AVMEDIA_TYPE_VIDEO)
				note_frame(f, frame, t, wanted_s);
			else
				note_sound(f, frame, t);
		}
	av_frame_free(&frame);
}

static int
rotation_of(const AVStream *s)
{
#if LIBAVCODEC_VERSION_MAJOR >= 61
	const AVPacketSideData *d = av_packet_side_data_get(s->codecpar->coded_side_data,
	    s->codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
	const uint8_t *matrix = d != NULL ? d->data : NULL;
#else
	const uint8_t *matrix = av_stream_get_side_data(s, AV_PKT_DATA_DISPLAYMATRIX, NULL);
#endif

	return matrix == NULL ? 0
			      : (360 - (int)lround(av_display_rotation_get(
					   (const int32_t *)(const void *)matrix))) %
				    360;
}

static void
describe(struct found *f, AVFormatContext *fmt, AVStream *s)
{
	const AVCodecParameters *par = s->codecpar;

	if (par->codec_type == AVMEDIA_TYPE_AUDIO) {
		f->sound_codec = par->codec_id;
		return;
	}
	f->width = par->width;
	f->height = par->height;
	f->codec = par->codec_id;
	f->sar = av_guess_sample_aspect_ratio(fmt, s, NULL);
	f->rotation = rotation_of(s);
	f->profile_idc = par->extradata_size > 4 ? par->extradata[1] : 0;
	f->level_idc = par->extradata_size > 4 ? par->extradata[3] : 0;
}

static bool
has_metadata(const AVFormatContext *fmt)
{
	static const char *const known[] = { "major_brand", "minor_version", "compatible_brands",
		"handler_name", "vendor_id", "language" };
	bool any = fmt->nb_chapters > 0;

	for (int i = -1; i < (int)fmt->nb_streams; i++) {
		const AVDictionary *d = i < 0 ? fmt->metadata : fmt->streams[i]->metadata;
		const AVDictionaryEntry *entry = NULL;

		while ((entry = av_dict_get(d, "", entry, AV_DICT_IGNORE_SUFFIX)) != NULL) {
			bool ours = false;

			for (size_t k = 0; k < sizeof known / sizeof *known; k++)
				ours |= strcmp(entry->key, known[k]) == 0;
			any |= !ours;
		}
	}
	return any;
}

/* The whole file decoded, with the frame at wanted_s kept. */
static struct found
examine(const char *path, double wanted_s)
{
	struct found f = { .ordered = true, .first_is_key = true, .tightest_s = 99, .heard_s = -1 };
	AVFormatContext *fmt = NULL;
	AVCodecContext *dec[2] = { NULL };
	AVPacket *pkt = av_packet_alloc();
	double last_key = -1;

	if (avformat_open_input(&fmt, path, NULL, NULL) < 0) {
		av_packet_free(&pkt);
		return f;
	}
	f.streams = (int)fmt->nb_streams;
	f.metadata = has_metadata(fmt);
	for (unsigned i = 0; i < fmt->nb_streams && i < 2; i++) {
		const AVCodecParameters *par = fmt->streams[i]->codecpar;

		describe(&f, fmt, fmt->streams[i]);
		dec[i] = avcodec_alloc_context3(avcodec_find_decoder(par->codec_id));
		avcodec_parameters_to_context(dec[i], par);
		dec[i]->pkt_timebase = fmt->streams[i]->time_base;
		avcodec_open2(dec[i], NULL, NULL);
	}
	while (av_read_frame(fmt, pkt) >= 0) {
		AVStream *s = fmt->streams[pkt->stream_index];
		double t = (double)pkt->pts * av_q2d(s->time_base);

		if (s->codecpar->codec_type == AVMEDIA_TYPE_VIDEO) {
			bool key = pkt->flags & AV_PKT_FLAG_KEY;

			f.first_is_key &= last_key >= 0 || key;
			f.open_gop |= t < last_key;
			if (last_key >= 0 && t - last_key > f.key_gap_s)
				f.key_gap_s = t - last_key;
			if (key)
				last_key = t;
		}
		decode(&f, dec[pkt->stream_index], pkt, s, wanted_s);
		av_packet_unref(pkt);
	}
	for (unsigned i = 0; i < fmt->nb_streams && i < 2; i++) {
		decode(&f, dec[i], NULL, fmt->streams[i], wanted_s);
		avcodec_free_context(&dec[i]);
	}
	avformat_close_input(&fmt);
	av_packet_free(&pkt);
	return f;
}

/* The file is boxes to its last byte: its type, its index, its data, in this order. */
static bool
index_is_first(const char *path)
{
	size_t size, at = 0;
	unsigned char *p = slurp(path, &size);
	char order[9] = "";
	bool ok = size > 0;

	while (ok && at + 8 <= size) {
		size_t len = (size_t)p[at] << 24 | (size_t)p[at + 1] << 16 |
			     (size_t)p[at + 2] << 8 | p[at + 3];

		ok = len >= 8 && len <= size - at && strlen(order) < 8;
		if (ok && memcmp(p + at + 4, "free", 4) != 0)
			strncat(order, (const char *)p + at + 4, 1);
		at += len;
	}
	ok = ok && at == size && strcmp(order, "fmm") == 0 && memcmp(p + 4, "ftyp", 4) == 0 &&
	     memmem(p, size, "moov", 4) < memmem(p, size, "mdat", 4);
	free(p);
	return ok;
}

static bool
contains(const char *path, const char *text)
{
	size_t size;
	unsigned char *p = slurp(path, &size);
	bool found = memmem(p, size, text, strlen(text)) != NULL;

	free(p);
	return found;
}

static void
draw_colour(uint8_t *rgb, int w, int h, int frame, void *arg)
{
	const uint8_t *colour = arg;

	(void)frame;
	for (int i = 0; i < w * h; i++)
		memcpy(rgb + i * 3, colour, 3);
}

static bool
make_at(const char *path, const struct clip_plan *plan)
{
	if (clip_write(plan, path, why_not, sizeof why_not) == 0)
		return true;
	printf("# %s\n", why_not);
	return false;
}

static bool
make(const struct clip_plan *plan)
{
	return make_at(clip, plan);
}

static double longest_pause_s = 0.1; /* between two frames of the clip */

/* What every output must be, whatever went in.  A copy may keep a rotation. */
static bool
plays_everywhere(const struct media_output *o)
{
	struct found f = examine(rung[o->rung], 0);
	double end_s = fmax(f.last_s, f.sound_last_s);
	bool turned = f.rotation % 180 != 0;
	bool ok = f.codec == AV_CODEC_ID_H264 && f.frames > 0 && f.ordered && f.first_is_key &&
		  !f.metadata && f.streams == 1 + o->sound && f.level_idc <= 42 &&
		  (f.profile_idc == 66 || f.profile_idc == 77 || f.profile_idc == 100);

	ok = ok && (turned ? f.height : f.width) == o->width &&
	     (turned ? f.width : f.height) == o->height &&
	     (f.sar.num == f.sar.den || (f.sar.num == 0 && o->copied));
	ok = ok && (!o->sound || (f.sound_codec == AV_CODEC_ID_AAC && f.sound_frames > 0 &&
				     f.sound_channels <= 2));
	ok = ok && end_s < (double)o->duration_ms / 1000 + 0.1;
	if (!o->copied)
		ok = ok && f.rotation == 0 && f.format == AV_PIX_FMT_YUV420P &&
		     f.range == AVCOL_RANGE_MPEG && f.space == AVCOL_SPC_BT709 && !f.open_gop &&
		     f.key_gap_s <= 2.0 + longest_pause_s && f.tightest_s > 0.008;
	ok = ok && index_is_first(rung[o->rung]) && !contains(rung[o->rung], "x264");
	if (!ok)
		printf("# rung %d: codec %d, %d frames %.3f..%.3f, %dx%d turned %d, "
		       "profile %d level %d, key gap %.3f, sound %d frames, %d streams, "
		       "metadata %d, said %dx%d %lld ms\n",
		    o->rung, f.codec, f.frames, f.first_s, f.last_s, f.width, f.height, f.rotation,
		    f.profile_idc, f.level_idc, f.key_gap_s, f.sound_frames, f.streams, f.metadata,
		    o->width, o->height, (long long)o->duration_ms);
	av_frame_free(&f.frame);
	return ok;
}

static bool
all_play(void)
{
	for (size_t i = 0; i < outs_n; i++)
		if (!plays_everywhere(&outs[i]))
			return false;
	return true;
}

CASE(which_rungs)
{
	static const struct {
		int width, height, copy_max_kbps;
		const char *want;
	} rows[] = {
		{ 1280, 720, 20000, "0c1280x720 1e854x480 " },
		{ 1280, 720, 1, "0e1280x720 1e854x480 " },
		{ 720, 1280, 20000, "0c720x1280 1e480x854 " },
		{ 1500, 1000, 20000, "0e1080x720 1e720x480 " },
		{ 1024, 768, 20000, "0c1024x768 1e640x480 " },
		{ 640, 600, 20000, "0c640x600 1e512x480 " },
		{ 854, 480, 20000, "1c854x480 " },
		{ 500, 500, 1, "1e480x480 " },
		{ 320, 180, 20000, "1c320x180 " },
		{ 320, 180, 1, "1e320x180 " },
		{ 3000, 16, 1, "1e3000x16 " },
		{ 6000, 32, 1, "1e4096x22 " },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct clip_plan plan = { .width = rows[i].width,
			.height = rows[i].height,
			.fps = 10,
			.ms = 300,
			.draw = draw_corner };
		char got[100] = "";

		CHECK(make(&plan));
		recipe.copy_max_kbps = rows[i].copy_max_kbps;
		CHECK_INT(render(clip), MEDIA_OK);
		recipe.copy_max_kbps = 20000;
		for (size_t k = 0; k < outs_n; k++)
			snprintf(got + strlen(got), sizeof got - strlen(got), "%d%c%dx%d ",
			    outs[k].rung, outs[k].copied ? 'c' : 'e', outs[k].width,
			    outs[k].height);
		CHECK_STR(got, rows[i].want);
		CHECK(all_play());
		CHECK_INT(last_percent, 100);
	}
}

CASE(rotation_is_applied_or_kept)
{
	static const struct {
		int degrees, x, y; /* where the white corner ends up */
	} turns[] = { { 0, 20, 20 }, { 90, 80, 20 }, { 180, 80, 80 }, { 270, 20, 80 } };

	for (size_t i = 0; i < 8; i++) {
		bool copy = i >= 4;
		int degrees = turns[i % 4].degrees;
		struct clip_plan plan = { .width = 160,
			.height = 96,
			.fps = 30,
			.ms = 300,
			.rotation = degrees,
			.draw = draw_corner,
			.play = play_tone };
		struct found f;

		CHECK(make(&plan));
		recipe.copy_max_kbps = copy ? 20000 : 1;
		CHECK_INT(render(clip), MEDIA_OK);
		recipe.copy_max_kbps = 20000;
		CHECK_INT(outs_n, 1);
		CHECK_INT(outs[0].copied, copy);
		CHECK_INT(outs[0].width, degrees % 180 ? 96 : 160);
		CHECK(plays_everywhere(&outs[0]));
		f = examine(rung[1], 0.1);
		CHECK_INT(f.rotation, copy ? degrees : 0);
		CHECK_INT(f.frames, 9);
		CHECK(f.loudness > 0.19 && f.loudness < 0.23);
		for (int y = 20; y <= 80 && !copy; y += 60)
			for (int x = 20; x <= 80; x += 60)
				CHECK((light(f.frame, x, y) > 180) ==
				      (x == turns[i].x && y == turns[i].y));
		av_frame_free(&f.frame);
	}
}

CASE(pixels_become_square)
{
	struct clip_plan plan = { .width = 160,
		.height = 96,
		.fps = 30,
		.ms = 300,
		.sar_num = 2,
		.sar_den = 1,
		.draw = draw_corner };

	CHECK(make(&plan));
	CHECK_INT(render(clip), MEDIA_OK);
	CHECK_INT(outs_n, 1);
	CHECK(!outs[0].copied && !outs[0].sound);
	CHECK_INT(outs[0].width, 320);
	CHECK_INT(outs[0].height, 96);
	CHECK(all_play());
}

CASE(what_is_not_copied)
{
	static const struct {
		const char *tag;
		size_t skip;
		const char *with;
		int key_ms;
		bool copied;
	} rows[] = {
		{ "avcC", 0, "avcC", 2000, true },  /* as it was */
		{ "avcC", 7, "\x33", 2000, false }, /* level 5.1 */
		{ "avcC", 5, "\x6e", 2000, false }, /* High 10 */
		{ "avcC", 0, "avcC", 11000, true },
		{ "avcC", 0, "avcC", 13000, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct clip_plan plan = { .width = 64,
			.height = 64,
			.fps = 5,
			.ms = 14000,
			.draw = draw_corner,
			.key_ms = rows[i].key_ms };

		CHECK(make(&plan));
		CHECK(patch(clip, rows[i].tag, rows[i].skip, rows[i].with, strlen(rows[i].with)));
		CHECK_INT(render(clip), MEDIA_OK);
		CHECK_INT(outs_n, 1);
		CHECK_INT(outs[0].copied, rows[i].copied);
		CHECK(all_play());
	}
}

CASE(closed_groups_of_two_seconds)
{
	struct clip_plan plan = {
		.width = 1280, .height = 720, .fps = 25, .ms = 7000, .draw = draw_corner
	};

	CHECK(make(&plan));
	recipe.copy_max_kbps = 1;
	CHECK_INT(render(clip), MEDIA_OK);
	recipe.copy_max_kbps = 20000;
	CHECK_INT(outs_n, 2);
	for (int i = 0; i < 2; i++) {
		struct found f = examine(rung[i], 0);

		CHECK_INT(f.frames, 175);
		CHECK(fabs(f.key_gap_s - 2) < 0.001);
		CHECK(!f.open_gop && f.first_is_key);
		CHECK(f.first_s == 0 && fabs(f.last_s - 6.96) < 0.001);
		av_frame_free(&f.frame);
	}
	CHECK_INT(outs[0].duration_ms, 7000);
}

/* One frame in ten, and once none for three seconds. */
static bool
skip_most(int frame, void *arg)
{
	(void)arg;
	return frame % 10 > 1 || (frame > 60 && frame < 150);
}

CASE(variable_frame_rate)
{
	struct clip_plan plan = { .width = 160,
		.height = 96,
		.fps = 30,
		.ms = 7000,
		.draw = draw_corner,
		.play = play_tone,
		.skip = skip_most };

	CHECK(make(&plan));
	for (int copy = 0; copy < 2; copy++) {
		struct found f;

		recipe.copy_max_kbps = copy ? 20000 : 1;
		CHECK_INT(render(clip), MEDIA_OK);
		recipe.copy_max_kbps = 20000;
		CHECK_INT(outs[0].copied, copy);
		CHECK(outs[0].duration_ms > 6900 && outs[0].duration_ms < 7100);
		f = examine(rung[1], 0);
		CHECK_INT(f.frames, 25);
		CHECK(fabs(f.last_s - 201 / 30.0) < 0.001);
		CHECK(fabs(f.sound_last_s - 7) < 0.1);
		av_frame_free(&f.frame);
	}
}

CASE(no_more_than_60_frames_a_second)
{
	static const struct {
		int fps, least, most;
	} rows[] = { { 60, 60, 60 }, { 120, 60, 61 }, { 100, 48, 61 }, { 24, 24, 24 } };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct clip_plan plan = { .width = 64,
			.height = 64,
			.fps = rows[i].fps,
			.ms = 1000,
			.draw = draw_corner };
		struct found f;

		CHECK(make(&plan));
		recipe.copy_max_kbps = rows[i].fps > 60 ? 20000 : 1;
		CHECK_INT(render(clip), MEDIA_OK);
		recipe.copy_max_kbps = 20000;
		CHECK(!outs[0].copied);
		f = examine(rung[1], 0);
		CHECK(f.frames >= rows[i].least && f.frames <= rows[i].most);
		av_frame_free(&f.frame);
		CHECK(outs[0].duration_ms >= 990 && outs[0].duration_ms <= 1010);
	}
}

static bool
skip_half_a_second(int frame, void *arg)
{
	(void)arg;
	return frame < 15;
}

CASE(what_begins_later_stays_later)
{
	static const char *const encoders[] = { NULL, "libmp3lame" };

	for (int i = 0; i < 4; i++) {
		bool picture_late = i % 2 == 0, copy = i < 2;
		struct clip_plan plan = { .width = 160,
			.height = 96,
			.fps = 30,
			.ms = 2000,
			.sound_late_ms = picture_late ? 0 : 700,
			.skip = picture_late ? skip_half_a_second : NULL,
			.sound_encoder = encoders[!copy],
			.draw = draw_corner,
			.play = play_tone };
		struct found f;

		CHECK(make(&plan));
		recipe.copy_max_kbps = copy ? 20000 : 1;
		CHECK_INT(render(clip), MEDIA_OK);
		recipe.copy_max_kbps = 20000;
		CHECK_INT(outs[0].copied, copy);
		f = examine(rung[1], 0);
		av_frame_free(&f.frame);
		CHECK(fabs(f.first_s - (picture_late ? 0.5 : 0)) < 0.02);
		CHECK(fabs(f.last_s - 59 / 30.0) < 0.02);
		CHECK(fabs(f.sound_last_s - (picture_late ? 2 : 2.7)) < 0.1);
		/* Where the sound was encoded, silence stands for what is not there. */
		CHECK(fabs(f.heard_s - (picture_late ? 0 : 0.7)) < 0.06);
	}
}

/* The colour of the middle of a frame as BT.709 says it. */
static void
colour_of(const AVFrame *f, int rgb[3])
{
	double y = (f->data[0][f->height / 2 * f->linesize[0] + f->width / 2] - 16) / 219.0;
	double u = (f->data[1][f->height / 4 * f->linesize[1] + f->width / 4] - 128) / 224.0;
	double v = (f->data[2][f->height / 4 * f->linesize[2] + f->width / 4] - 128) / 224.0;

	rgb[0] = (int)lround(255 * (y + 1.5748 * v));
	rgb[1] = (int)lround(255 * (y - 0.1873 * u - 0.4681 * v));
	rgb[2] = (int)lround(255 * (y + 1.8556 * u));
}

CASE(colours_stay)
{
	/* A clip that says nothing of its colours and is small: BT.601, as everybody reads it. */
	static uint8_t colours[][3] = { { 255, 0, 0 }, { 0, 200, 0 }, { 250, 250, 250 } };

	for (size_t i = 0; i < 3; i++) {
		struct clip_plan plan = { .width = 160,
			.height = 96,
			.fps = 10,
			.ms = 500,
			.draw = draw_colour,
			.arg = colours[i] };
		struct found f;
		int rgb[3];

		CHECK(make(&plan));
		recipe.copy_max_kbps = 1;
		CHECK_INT(render(clip), MEDIA_OK);
		recipe.copy_max_kbps = 20000;
		f = examine(rung[1], 0.2);
		colour_of(f.frame, rgb);
		for (int k = 0; k < 3; k++)
			CHECK(abs(rgb[k] - colours[i][k]) < 12);
		av_frame_free(&f.frame);
	}
}

CASE(hdr_becomes_sdr)
{
	/* Signals in 8 bits, and in which bounds the light of an SDR picture may lie (16..235): black,
	 * the grey card (26 cd/m2), diffuse white (203), the peak (1000); of colours the order. */
	static const struct {
		int curve;
		uint8_t signal[3];
		int low, high;
	} rows[] = { { AVCOL_TRC_SMPTE2084, { 0, 0, 0 }, 15, 18 },
		{ AVCOL_TRC_SMPTE2084, { 95, 95, 95 }, 98, 122 },
		{ AVCOL_TRC_SMPTE2084, { 148, 148, 148 }, 190, 214 },
		{ AVCOL_TRC_SMPTE2084, { 192, 192, 192 }, 230, 236 },
		{ AVCOL_TRC_SMPTE2084, { 255, 255, 255 }, 232, 236 },
		{ AVCOL_TRC_ARIB_STD_B67, { 0, 0, 0 }, 15, 18 },
		{ AVCOL_TRC_ARIB_STD_B67, { 97, 97, 97 }, 98, 122 },
		{ AVCOL_TRC_ARIB_STD_B67, { 191, 191, 191 }, 190, 214 },
		{ AVCOL_TRC_ARIB_STD_B67, { 255, 255, 255 }, 230, 236 },
		{ AVCOL_TRC_ARIB_STD_B67, { 150, 60, 40 }, 60, 140 } };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t signal[3] = { rows[i].signal[0], rows[i].signal[1], rows[i].signal[2] };
		struct clip_plan plan = { .width = 160,
			.height = 96,
			.fps = 10,
			.ms = 500,
			.draw = draw_colour,
			.arg = signal,
			.curve = rows[i].curve };
		struct found f;
		int rgb[3], y;

		CHECK(make(&plan));
		CHECK_INT(render(clip), MEDIA_OK);
		CHECK(all_play());
		f = examine(rung[1], 0.2);
		y = light(f.frame, 50, 50);
		colour_of(f.frame, rgb);
		av_frame_free(&f.frame);
		printf("# curve %d, signal %d: light %d, red %d green %d blue %d\n", rows[i].curve,
		    signal[0], y, rgb[0], rgb[1], rgb[2]);
		CHECK(y >= rows[i].low && y <= rows[i].high);
		if (signal[0] == signal[2])
			CHECK(abs(rgb[0] - rgb[1]) < 6 && abs(rgb[2] - rgb[1]) < 6);
		else
			CHECK(rgb[0] > rgb[1] + 60 && rgb[1] > rgb[2]);
	}
}

/* A light block on its way to the right; the odd lines are half a frame later.  Below it something at
 * rest, with lines of one pixel. */
static void
draw_fields(uint8_t *rgb, int w, int h, int frame, void *arg)
{
	(void)arg;
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++) {
			int from = frame * 12 + y % 2 * 6;
			bool bright = y < h / 2 ? x >= from && x < from + 40
						: x < w / 2 && y % 8 > 3;

			memset(rgb + (y * w + x) * 3, bright ? 220 : 40, 3);
		}
}

/* How many points differ from both above and below them, to the same side. */
static int
combs(const AVFrame *f, int from, int to)
{
	int n = 0;

	for (int y = from + 1; y + 1 < to; y++)
		for (int x = 0; x < f->width; x++) {
			const uint8_t *p = f->data[0] + y * f->linesize[0] + x;

			n += (p[0] - p[-f->linesize[0]]) * (p[0] - p[f->linesize[0]]) > 900;
		}
	return n;
}

CASE(fields_are_joined)
{
	struct clip_plan plan = { .width = 320,
		.height = 192,
		.fps = 10,
		.ms = 800,
		.interlaced = true,
		.draw = draw_fields };

	for (int i = 0; i < 2; i++) {
		struct found f;

		/* Said to be interlaced or not: if not, nobody touches it. */
		plan.interlaced = i == 0;
		CHECK(make(&plan));
		CHECK_INT(render(clip), MEDIA_OK);
		CHECK_INT(outs_n, 1);
		CHECK_INT(outs[0].copied, i == 1);
		f = examine(rung[1], 0.5);
		printf("# %d combs\n", combs(f.frame, 0, 96));
		CHECK(i == 0 ? combs(f.frame, 0, 96) < 20 : combs(f.frame, 0, 96) > 500);
		CHECK(light(f.frame, 20, 53) > 180 || light(f.frame, 20, 54) > 180);
		CHECK_INT(f.height, 192);
		av_frame_free(&f.frame);
	}
}

CASE(mirrored_clips_are_swapped)
{
	static const struct {
		int degrees, x, y;
	} turns[] = { { 0, 80, 20 }, { 90, 80, 80 }, { 180, 20, 80 }, { 270, 20, 20 } };

	for (size_t i = 0; i < 4; i++) {
		struct clip_plan plan = { .width = 160,
			.height = 96,
			.fps = 30,
			.ms = 300,
			.rotation = turns[i].degrees,
			.mirror = true,
			.draw = draw_corner };
		struct found f;

		CHECK(make(&plan));
		CHECK_INT(render(clip), MEDIA_OK);
		CHECK_INT(outs_n, 1);
		CHECK(!outs[0].copied);
		CHECK(all_play());
		f = examine(rung[1], 0.1);
		for (int y = 20; y <= 80; y += 60)
			for (int x = 20; x <= 80; x += 60)
				CHECK((light(f.frame, x, y) > 180) ==
				      (x == turns[i].x && y == turns[i].y));
		av_frame_free(&f.frame);
	}
}

static bool
skip_the_third_second(int64_t from, void *arg)
{
	(void)arg;
	return from >= 2 * CLIP_RATE && from < 3 * CLIP_RATE;
}

CASE(holes_in_the_sound_are_silence)
{
	static const char *const encoders[] = { NULL, "libmp3lame" };

	for (int i = 0; i < 2; i++) {
		struct clip_plan plan = { .width = 160,
			.height = 96,
			.fps = 30,
			.ms = 4000,
			.sound_encoder = encoders[i],
			.skip_sound = skip_the_third_second,
			.draw = draw_corner,
			.play = play_tone };
		struct found f;

		CHECK(make(&plan));
		CHECK_INT(render(clip), MEDIA_OK);
		CHECK(outs[0].copied && all_play());
		f = examine(rung[1], 0);
		av_frame_free(&f.frame);
		printf("# sound to %.3f, %.3f s of it, as loud as %.3f\n", f.sound_last_s,
		    (double)f.sound_n / f.sound_rate, f.loudness);
		CHECK(fabs(f.sound_last_s - 4) < 0.12);
		/* Every sample is there, a quarter of them silent. */
		CHECK(fabs((double)f.sound_n / f.sound_rate - 4) < 0.15);
		CHECK(f.loudness > 0.212 * sqrt(0.68) && f.loudness < 0.212 * sqrt(0.82));
	}
}

/* Adds the one stream of another file to the clip, with this disposition, which the others lose; of a
 * picture one packet. */
static bool
add_stream(const char *path, int disposition)
{
	AVFormatContext *in[2] = { NULL }, *out = NULL;
	AVPacket *pkt = av_packet_alloc();
	char to[80];
	int first[2] = { 0 };
	bool ok;

	snprintf(to, sizeof to, "%s/joined.mp4", dir);
	ok = avformat_open_input(&in[0], clip, NULL, NULL) >= 0 &&
	     avformat_open_input(&in[1], path, NULL, NULL) >= 0 &&
	     avformat_find_stream_info(in[1], NULL) >= 0 &&
	     avformat_alloc_output_context2(&out, NULL, NULL, to) >= 0;
	for (int k = 0; ok && k < 2; k++) {
		first[k] = (int)out->nb_streams;
		for (unsigned i = 0; ok && i < in[k]->nb_streams; i++) {
			AVStream *s = avformat_new_stream(out, NULL);

			ok = s != NULL &&
			     avcodec_parameters_copy(s->codecpar, in[k]->streams[i]->codecpar) >= 0;
			s->codecpar->codec_tag = 0;
			s->time_base = in[k]->streams[i]->time_base;
			s->disposition = k == 1 ? disposition
					 : s->codecpar->codec_type == AVMEDIA_TYPE_AUDIO
					     ? 0
					     : AV_DISPOSITION_DEFAULT;
		}
	}
	ok = ok && avio_open(&out->pb, to, AVIO_FLAG_WRITE) >= 0 &&
	     avformat_write_header(out, NULL) >= 0;
	for (int k = 1; ok && k >= 0; k--)
		for (int n = 0; ok && av_read_frame(in[k], pkt) >= 0; n++) {
			AVStream *from = in[k]->streams[pkt->stream_index], *s;

			pkt->stream_index += first[k];
			s = out->streams[pkt->stream_index];
			av_packet_rescale_ts(pkt, from->time_base, s->time_base);
			if (n == 0 || !(s->disposition & AV_DISPOSITION_ATTACHED_PIC))
				ok = av_interleaved_write_frame(out, pkt) >= 0;
			av_packet_unref(pkt);
		}
	ok = ok && av_write_trailer(out) >= 0;
	if (out != NULL && out->pb != NULL)
		avio_closep(&out->pb);
	avformat_free_context(out);
	avformat_close_input(&in[0]);
	avformat_close_input(&in[1]);
	av_packet_free(&pkt);
	return ok && rename(to, clip) == 0;
}

/* As loud as a third of the tone. */
static void
play_softly(float *to, int n, int64_t from, void *arg)
{
	play_tone(to, n, from, arg);
	for (int i = 0; i < n; i++)
		to[i] /= 3;
}

CASE(several_streams)
{
	struct clip_plan plan = { .width = 160,
		.height = 96,
		.fps = 30,
		.ms = 1000,
		.draw = draw_corner,
		.play = play_tone };
	struct clip_plan soft = { .ms = 1000, .play = play_softly };
	struct clip_plan still = {
		.width = 320, .height = 320, .fps = 10, .ms = 100, .video_encoder = "mjpeg", .draw = draw_noise
	};
	char other[80];
	struct found f;

	/* The sound that is marked as the usual one. */
	snprintf(other, sizeof other, "%s/other.mp4", dir);
	CHECK(make(&plan) && make_at(other, &soft));
	CHECK(add_stream(other, AV_DISPOSITION_DEFAULT));
	unlink(other);
	CHECK_INT(render(clip), MEDIA_OK);
	CHECK(outs[0].copied && all_play());
	f = examine(rung[1], 0);
	av_frame_free(&f.frame);
	CHECK_INT(f.streams, 2);
	CHECK(f.loudness > 0.05 && f.loudness < 0.09);
	/* A picture that belongs to the clip is not the clip. */
	snprintf(other, sizeof other, "%s/other.avi", dir);
	CHECK(make(&plan) && make_at(other, &still));
	CHECK(add_stream(other, AV_DISPOSITION_ATTACHED_PIC));
	unlink(other);
	CHECK_INT(render(clip), MEDIA_OK);
	CHECK_STR(info.video_codec, "h264");
	CHECK_INT(info.width, 160);
	CHECK(outs[0].copied && all_play());
	f = examine(rung[1], 0);
	av_frame_free(&f.frame);
	CHECK_INT(f.streams, 2);
	CHECK_INT(f.frames, 30);
}

CASE(kinds_of_input)
{
	static const struct {
		const char *ending, *video, *sound;
	} rows[] = { { "mkv", "libvpx", "libvorbis" }, { "mkv", "libvpx-vp9", "libmp3lame" },
		{ "mov", "mpeg4", "pcm_f32le" }, { "avi", "mjpeg", "libmp3lame" },
		{ "mp4", "libx265", NULL }, { "mkv", NULL, NULL }, { "mov", NULL, "libmp3lame" },
		{ "mp4", NULL, "ac3" } };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct clip_plan plan = { .width = 160,
			.height = 96,
			.fps = 20,
			.ms = 2000,
			.video_encoder = rows[i].video,
			.sound_encoder = rows[i].sound,
			.draw = draw_corner,
			.play = play_tone };
		bool no_sound = rows[i].sound != NULL && strcmp(rows[i].sound, "ac3") == 0;
		char path[64];
		enum media_end end;
		struct found f;

		printf("# %s %s %s\n", rows[i].ending, rows[i].video ? rows[i].video : "-",
		    rows[i].sound ? rows[i].sound : "-");
		snprintf(path, sizeof path, "%s/input.%s", dir, rows[i].ending);
		if (clip_write(&plan, path, why_not, sizeof why_not) != 0) {
			printf("# skip: %s\n", why_not);
			unlink(path);
			continue;
		}
		end = render(path);
		unlink(path);
		CHECK_INT(end, MEDIA_OK);
		CHECK_INT(outs_n, 1);
		CHECK(all_play());
		f = examine(rung[1], 1);
		CHECK(f.frames >= 38 && f.frames <= 40);
		CHECK(light(f.frame, 20, 20) > 180 && light(f.frame, 80, 80) < 100);
		av_frame_free(&f.frame);
		CHECK_INT(outs[0].sound, !no_sound);
		CHECK(no_sound || (f.loudness > 0.19 && f.loudness < 0.23));
		CHECK(no_sound || (f.sound_first_s < 0.06 && fabs(f.sound_last_s - 2) < 0.12));
		CHECK(abs((int)outs[0].duration_ms - 2000) <= 100);
	}
}

CASE(nothing_of_the_input_is_told)
{
	/* What a phone writes: where it was.  A box of 25 bytes, and one of the 28 that are left.
	 */
	static const char place[] = "\0\0\0\x19\xa9xyz\0\x0d\x15\xc7+31.23+121.5/\0\0\0\x1cskip";
	struct clip_plan plan = { .width = 160,
		.height = 96,
		.fps = 30,
		.ms = 300,
		.draw = draw_corner,
		.play = play_tone };
	AVFormatContext *fmt = NULL;

	CHECK(make(&plan));
	CHECK(patch(clip, "udta", 4, place, sizeof place - 1));
	CHECK(avformat_open_input(&fmt, clip, NULL, NULL) >= 0);
	CHECK(av_dict_get(fmt->metadata, "location", NULL, 0) != NULL);
	avformat_close_input(&fmt);
	for (int copy = 0; copy < 2; copy++) {
		recipe.copy_max_kbps = copy ? 20000 : 1;
		CHECK_INT(render(clip), MEDIA_OK);
		recipe.copy_max_kbps = 20000;
		CHECK_INT(outs[0].copied, copy);
		CHECK(!contains(rung[1], "xyz") && !contains(rung[1], "31.23"));
		CHECK(!contains(rung[1], "Lav") && !contains(rung[1], "x264"));
		CHECK(all_play());
	}
}

CASE(the_copy_first_and_the_rest_later)
{
	struct clip_plan plan = { .width = 1280,
		.height = 720,
		.fps = 30,
		.ms = 500,
		.draw = draw_corner,
		.play = play_tone };
	struct stat st;

	CHECK(make(&plan));
	recipe.copy_only = true;
	CHECK_INT(render(clip), MEDIA_OK);
	recipe.copy_only = false;
	CHECK_INT(outs_n, 1);
	CHECK(outs[0].rung == 0 && outs[0].copied);
	CHECK(all_play());
	CHECK(stat(rung[1], &st) == 0 && st.st_size == 0);
	CHECK(stat(cover, &st) == 0 && st.st_size > 0);
	CHECK_INT(render_some(clip, 2), MEDIA_OK);
	CHECK_INT(outs_n, 1);
	CHECK(outs[0].rung == 1 && !outs[0].copied);
	CHECK(all_play());
	CHECK(stat(cover, &st) == 0 && st.st_size == 0);
	/* Nothing to copy is no error. */
	recipe.copy_only = true;
	recipe.copy_max_kbps = 1;
	CHECK_INT(render(clip), MEDIA_OK);
	recipe.copy_only = false;
	recipe.copy_max_kbps = 20000;
	CHECK_INT(outs_n, 0);
	CHECK_INT(info.width, 1280);
}

CASE(cut_and_damaged)
{
	struct clip_plan plan = { .width = 160,
		.height = 96,
		.fps = 30,
		.ms = 3000,
		.draw = draw_noise,
		.play = play_tone };
	static unsigned char noise[1000000];
	unsigned char *p, *data;
	size_t size, n;

	CHECK(make(&plan));
	p = slurp(clip, &size);
	data = memmem(p, size, "mdat", 4);
	CHECK(data != NULL);
	n = size - (size_t)(data - p);
	CHECK(n > 20000 && n < sizeof noise);
	recipe.copy_max_kbps = 1;
	CHECK(spill(clip, p, size / 2));
	CHECK(refused(clip, REFUSE_TRUNCATED));
	/* One hole: borne. */
	CHECK(spill(clip, p, size));
	CHECK(patch(clip, "mdat", n * 2 / 3, noise, 200));
	CHECK_INT(render(clip), MEDIA_OK);
	CHECK(all_play());
	/* Half of it. */
	CHECK(spill(clip, p, size));
	CHECK(patch(clip, "mdat", n / 2, noise, n / 2 - 100));
	CHECK(refused(clip, REFUSE_DAMAGED));
	recipe.copy_max_kbps = 20000;
	free(p);
}

CASE(what_ends_a_cell)
{
	struct clip_plan plan = {
		.width = 1280, .height = 720, .fps = 30, .ms = 1000, .draw = draw_noise
	};

	CHECK(make(&plan));
	recipe.copy_max_kbps = 1;
#ifndef __SANITIZE_ADDRESS__
	limits.memory_bytes = INT64_C(24) << 20;
	CHECK(refused(clip, REFUSE_TOO_COMPLEX));
	limits.memory_bytes = INT64_C(1) << 30;
#endif
	limits.cpu_s = 1;
	CHECK(refused(clip, REFUSE_TOO_COMPLEX));
	limits.cpu_s = 60;
	limits.output_bytes = 200000;
	picture.short_edge = 100;
	CHECK(refused(clip, REFUSE_TOO_COMPLEX));
	limits.output_bytes = 100 << 20;
	picture.short_edge = 540;
	stop_at = 30;
	CHECK_INT(render(clip), MEDIA_STOPPED);
	CHECK(last_percent >= 30 && last_percent < 100);
	CHECK_INT(outs_n, 0);
	stop_at = 0;
	recipe.copy_max_kbps = 20000;
}

#ifndef __SANITIZE_ADDRESS__
CASE(large_clips_on_a_small_machine)
{
	/* As a phone films it, at rest and turned; a machine of 1 GiB gives 450 MiB to the cell. */
	for (int rotation = 0; rotation <= 90; rotation += 90) {
		struct clip_plan plan = { .width = 1920,
			.height = 1080,
			.fps = 30,
			.ms = 1500,
			.rotation = rotation,
			.draw = draw_corner,
			.play = play_tone };

		CHECK(make(&plan));
		limits.memory_bytes = INT64_C(250) << 20;
		CHECK_INT(render(clip), MEDIA_OK);
		limits.memory_bytes = INT64_C(1) << 30;
		CHECK_INT(outs_n, 2);
		CHECK(all_play());
		printf("# %lld MB\n", (long long)info.peak_rss >> 20);
		CHECK(info.peak_rss < 200 << 20);
	}
}
#endif

CASE(our_own_failures)
{
	struct clip_plan plan = {
		.width = 160, .height = 96, .fps = 30, .ms = 300, .draw = draw_corner
	};
	struct media_recipe good = recipe;

	CHECK(make(&plan));
	recipe.copy_max_kbps = 1;
	recipe.preset = "no such thing";
	CHECK_INT(render(clip), MEDIA_FAILED);
	CHECK_INT(errno, EINVAL);
	recipe = good;
	recipe.rungs_n = 0;
	CHECK_INT(render(clip), MEDIA_FAILED);
	recipe.rungs_n = MEDIA_RUNGS_MAX + 1;
	CHECK_INT(render(clip), MEDIA_FAILED);
	recipe = good;
	/* One thread is as good, only slower. */
	limits.threads = 0;
	recipe.copy_max_kbps = 1;
	CHECK_INT(render(clip), MEDIA_OK);
	CHECK(all_play());
	limits.threads = 2;
	recipe = good;
}

/* The cover's hash, decoded. */
static bool
hash_cover(uint64_t *h)
{
	AVFrame *frame = decode_still(cover, "mjpeg");

	if (frame == NULL)
		return false;
	*h = hash(frame, 0);
	av_frame_free(&frame);
	return true;
}

static const struct sample {
	const char *name;
	enum refuse why; /* NONE: ready */
	const char *outs;
	uint64_t first; /* hash of the first frame of the largest output, which was looked at */
} samples[] = {
	{ "bower_bbb_480p_5s.mp4", REFUSE_NONE, "1c854x480+ " },
	{ "ch_bbb_480p_30s.mp4", REFUSE_NONE, "1c854x480+ " },
	{ "cut_faststart_250k.mp4", REFUSE_TRUNCATED, "", 0 },
	{ "cut_moov_at_end_200k.mp4", REFUSE_UNREADABLE, "", 0 },
	{ "dn_MVI_4823.avi", REFUSE_NONE, "1e640x480+ ", 0x0941670313391901 },
	{ "dn_ftyp3gp5.mp4", REFUSE_NONE, "0c720x1280+ 1e480x854+ ", 0x6252262b12a5d252 },
	{ "dn_with-gps.mov", REFUSE_NONE, "1c320x568+ ", 0x00403051c15dae06 },
	{ "evil_bomb_16000x16000.mp4", REFUSE_TOO_LARGE, "", 0 },
	{ "evil_ffconcat.mp4", REFUSE_UNREADABLE, "", 0 },
	{ "evil_hls_playlist.mp4", REFUSE_UNREADABLE, "", 0 },
	{ "mb_cursed-vfr.mp4", REFUSE_NONE, "0e1572x720 1e1048x480 " },
	{ "mb_rotate-buck-bunny.mp4", REFUSE_NONE, "0e720x1280+ 1e480x854+ " },
	{ "mb_sar_2x1.mp4", REFUSE_NONE, "1e1280x360 ", 0x1818181818181818 },
	{ "mb_video-h265.mp4", REFUSE_NONE, "0e1280x720+ 1e854x480+ ", 0xfffdfbf6feee5ebc },
	{ "moz_chunk_out_of_range.mp4", REFUSE_DAMAGED, "", 0 },
	{ "moz_short-cenc.mp4", REFUSE_ENCRYPTED, "", 0 },
	{ "moz_zero_empty_stsc.mp4", REFUSE_TRUNCATED, "", 0 },
	{ "small_AudioVideoInterleave.avi", REFUSE_TOO_SMALL, "", 0 },
	{ "tc_av1_video.mkv", REFUSE_NONE, "1e640x360 ", 0x246666666666666c },
	{ "tc_h264_10bits.mp4", REFUSE_NONE, "1e200x200 ", 0x1818181818181818 },
};

static bool
begins_as(const char *path, uint64_t first)
{
	struct found f = examine(path, 0);
	uint64_t h = hash(f.frame, f.rotation);

	av_frame_free(&f.frame);
	if (__builtin_popcountll(h ^ first) > 8)
		printf("# the first frame has hash 0x%016llx\n", (unsigned long long)h);
	return __builtin_popcountll(h ^ first) <= 8;
}

/* All outputs of one sample. */
static bool
sample_is_ready(const char *path, const char *want, uint64_t first)
{
	char got[100] = "";
	uint64_t shown, h;

	if (render(path) != MEDIA_OK) {
		printf("# refused: %s\n", refuse_code(why));
		return false;
	}
	for (size_t i = 0; i < outs_n; i++)
		snprintf(got + strlen(got), sizeof got - strlen(got), "%d%c%dx%d%s ", outs[i].rung,
		    outs[i].copied ? 'c' : 'e', outs[i].width, outs[i].height,
		    outs[i].sound ? "+" : "");
	printf("# %sin %lld ms of CPU, %lld MB\n", got, (long long)info.cpu_ms,
	    (long long)info.peak_rss >> 20);
	if (strcmp(got, want) != 0 || !all_play() || !hash_cover(&shown))
		return false;
	if (!begins_as(rung[outs[0].rung], first))
		return false;
	for (size_t i = 0; i < outs_n; i++) {
		/* Times in the outputs may count from the sound, which begins a little before. */
		struct found f = examine(rung[outs[i].rung], (double)info.cover_ms / 1000 + 0.1);
		int differ;

		h = hash(f.frame, f.rotation);
		differ = __builtin_popcountll(h ^ shown);
		av_frame_free(&f.frame);
		if (differ > 12 || h == 0 || llabs(outs[i].duration_ms - info.duration_ms) > 100) {
			printf("# rung %d: %d bits differ, %lld and %lld ms\n", outs[i].rung,
			    differ, (long long)outs[i].duration_ms, (long long)info.duration_ms);
			return false;
		}
		if (contains(rung[outs[i].rung], "com.apple.quick") ||
		    contains(rung[outs[i].rung], "\xa9xyz") || contains(rung[outs[i].rung], "loci"))
			return false;
	}
	return true;
}

CASE(samples_come_to_their_ends)
{
	const char *where = samples_dir();

	if (where == NULL)
		return;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		const struct sample *s = &samples[i];
		char path[512];

		snprintf(path, sizeof path, "%s/%s", where, s->name);
		if (access(path, R_OK) != 0) {
			printf("# skip: no %s\n", s->name);
			continue;
		}
		printf("# %s\n", s->name);
		longest_pause_s = strstr(s->name, "vfr") ? 4 : 0.1;
		CHECK(
		    s->why == REFUSE_NONE ? sample_is_ready(path, s->outs, s->first) : refused(path, s->why));
#ifndef __SANITIZE_ADDRESS__
		CHECK(info.peak_rss < 300 << 20);
#endif
	}
}

UNIT_MAIN
