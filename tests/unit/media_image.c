/* media_image.c - still pictures of our own making through the whole of media_image(). */
#include "media/media.h"
#include "media_stills.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static char dir[] = "/tmp/doufu-image-XXXXXX";
static char still[64], made[64];
static struct media_limits limits = {
	.memory_bytes = INT64_C(1) << 30, .cpu_s = 20, .wall_s = 20, .output_bytes = 10 << 20
};
static struct media_picture picture = { .kind = MEDIA_WEBP, .short_edge = 720 };
static enum refuse why;

__attribute__((constructor)) static void
make_dir(void)
{
	if (mkdtemp(dir) == NULL)
		abort();
	av_log_set_level(AV_LOG_QUIET);
	snprintf(still, sizeof still, "%s/still", dir);
	snprintf(made, sizeof made, "%s/made", dir);
}

__attribute__((destructor)) static void
remove_dir(void)
{
	unlink(still);
	unlink(made);
	rmdir(dir);
}

/* Encodes a picture of one plane: 4 bytes a pixel (RGBA), or 1 (grey). */
static bool
draw(const char *encoder, int w, int h, bool rgba, void (*paint)(uint8_t *, int, int))
{
	AVCodecContext *enc = avcodec_alloc_context3(avcodec_find_encoder_by_name(encoder));
	AVFrame *f = av_frame_alloc();
	AVPacket *pkt = av_packet_alloc();
	int rc;

	f->format = enc->pix_fmt = rgba ? AV_PIX_FMT_RGBA : AV_PIX_FMT_GRAY8;
	if (strcmp(encoder, "libwebp") == 0)
		f->format = enc->pix_fmt = AV_PIX_FMT_BGRA;
	if (strcmp(encoder, "mjpeg") == 0)
		f->format = enc->pix_fmt = AV_PIX_FMT_YUVJ444P;
	f->width = enc->width = w;
	f->height = enc->height = h;
	enc->time_base = (AVRational){ 1, 1 };
	rc = av_frame_get_buffer(f, 0);
	for (int y = 0; rc >= 0 && y < h; y++)
		for (int x = 0; x < w; x++) {
			if (f->format == AV_PIX_FMT_YUVJ444P) {
				uint8_t p[4];

				paint(p, x * 100 / w, y * 100 / h);
				f->data[0][y * f->linesize[0] + x] = p[0];
				f->data[1][y * f->linesize[1] + x] = 128;
				f->data[2][y * f->linesize[2] + x] = 128;
			} else {
				paint(f->data[0] + y * f->linesize[0] + x * (rgba ? 4 : 1),
				    x * 100 / w, y * 100 / h);
			}
		}
	f->pts = 0;
	if (rc >= 0)
		rc = avcodec_open2(enc, NULL, NULL);
	if (rc >= 0)
		rc = avcodec_send_frame(enc, f);
	if (rc >= 0)
		rc = avcodec_send_frame(enc, NULL);
	if (rc >= 0)
		rc = avcodec_receive_packet(enc, pkt);
	if (rc >= 0)
		rc = spill(still, pkt->data, (size_t)pkt->size) ? 0 : -1;
	av_packet_free(&pkt);
	av_frame_free(&f);
	avcodec_free_context(&enc);
	return rc >= 0;
}

/* Bright in the upper left corner. */
static void
corner(uint8_t *p, int x, int y)
{
	p[0] = x < 50 && y < 50 ? 250 : 20;
}

static void
corner_rgba(uint8_t *p, int x, int y)
{
	memset(p, x < 50 && y < 50 ? 250 : 20, 3);
	p[3] = 255;
}

/* Black that cannot be seen, but for the lower half. */
static void
half_clear(uint8_t *p, int x, int y)
{
	(void)x;
	memset(p, 0, 3);
	p[3] = y < 50 ? 0 : 255;
}

static enum media_end
run(void)
{
	int in = open(still, O_RDONLY), e;
	enum media_end end;

	picture.fd = open(made, O_RDWR | O_CREAT | O_TRUNC, 0600);
	end = media_image(in, &picture, 1, &limits, &why);
	e = errno;
	close(in);
	close(picture.fd);
	errno = e;
	return end;
}

static bool
refused(enum refuse as)
{
	enum media_end end = run();

	if (end == MEDIA_REFUSED && why == as)
		return true;
	printf("# end %d, reason %s\n", end, refuse_code(why));
	return false;
}

CASE(kinds)
{
	static const char *const encoders[] = { "png", "mjpeg", "libwebp" };
	static const char *const kinds[] = { "png", "jpg", "webp" };

	for (int i = 0; i < 3; i++) {
		AVFrame *f;
		unsigned char *p;
		size_t size;

		CHECK(draw(encoders[i], 200, 100, i != 1, i != 1 ? corner_rgba : corner));
		p = slurp(still, &size);
		CHECK_STR(media_sniff_image(p, size), kinds[i]);
		CHECK(media_sniff(p, size) == NULL);
		free(p);
		CHECK_INT(run(), MEDIA_OK);
		CHECK_INT(picture.width, 200);
		CHECK_INT(picture.height, 100);
		f = decode_still(made, "webp");
		CHECK(f != NULL && f->width == 200 && f->height == 100);
		CHECK(abs(light(f, 20, 20) - 231) < 6 && abs(light(f, 80, 80) - 33) < 6);
		av_frame_free(&f);
	}
}

CASE(smaller_and_square)
{
	AVFrame *f;

	CHECK(draw("png", 301, 199, false, corner));
	picture.short_edge = 100;
	picture.square = true;
	CHECK_INT(run(), MEDIA_OK);
	CHECK_INT(picture.width, 100);
	CHECK_INT(picture.height, 100);
	f = decode_still(made, "webp");
	CHECK(f != NULL && f->width == 100);
	CHECK(light(f, 40, 40) > 200 && light(f, 60, 40) < 60 && light(f, 40, 60) < 60);
	av_frame_free(&f);
	picture.square = false;
	CHECK_INT(run(), MEDIA_OK);
	CHECK_INT(picture.width, 152);
	CHECK_INT(picture.height, 100);
	picture.short_edge = 720;
}

/* Puts an EXIF block that says an orientation into the JPEG at still. */
static bool
orient(int n)
{
	unsigned char exif[] = "\xff\xe1\0\x22"
			       "Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\0\0\0\0\0\0\0\0";
	size_t size, len = sizeof exif - 1;
	unsigned char *p = slurp(still, &size);
	bool ok;

	exif[28] = (unsigned char)n;
	memmove(p + 2 + len, p + 2, size - 2);
	memcpy(p + 2, exif, len);
	ok = spill(still, p, size + len);
	free(p);
	return ok;
}

CASE(orientation)
{
	/* Where the bright corner is to be seen. */
	static const struct {
		int x, y;
		bool turned;
	} rows[] = { { 20, 20, false }, { 80, 20, false }, { 80, 80, false }, { 20, 80, false },
		{ 20, 20, true }, { 80, 20, true }, { 80, 80, true }, { 20, 80, true } };

	for (int i = 0; i < 8; i++) {
		AVFrame *f;

		CHECK(draw("mjpeg", 160, 96, false, corner));
		CHECK(orient(i + 1));
		CHECK_INT(run(), MEDIA_OK);
		CHECK_INT(picture.width, rows[i].turned ? 96 : 160);
		f = decode_still(made, "webp");
		CHECK(f != NULL);
		for (int y = 20; y <= 80; y += 60)
			for (int x = 20; x <= 80; x += 60)
				CHECK((light(f, x, y) > 150) == (x == rows[i].x && y == rows[i].y));
		av_frame_free(&f);
	}
}

CASE(nothing_is_told)
{
	size_t size;
	unsigned char *p;

	CHECK(draw("mjpeg", 160, 96, false, corner));
	CHECK(orient(6));
	for (int jpeg = 0; jpeg < 2; jpeg++) {
		picture.kind = jpeg ? MEDIA_JPEG : MEDIA_WEBP;
		CHECK_INT(run(), MEDIA_OK);
		p = slurp(made, &size);
		CHECK(memmem(p, size, "Exif", 4) == NULL && memmem(p, size, "EXIF", 4) == NULL);
		CHECK(memmem(p, size, "Lav", 3) == NULL);
		free(p);
	}
	picture.kind = MEDIA_WEBP;
}

CASE(white_shines_through)
{
	static const char *const encoders[] = { "png", "libwebp" };

	for (int i = 0; i < 2; i++) {
		AVFrame *f;

		CHECK(draw(encoders[i], 100, 100, true, half_clear));
		CHECK_INT(run(), MEDIA_OK);
		f = decode_still(made, "webp");
		CHECK(f != NULL);
		CHECK(light(f, 50, 20) > 230 && light(f, 50, 80) < 20);
		av_frame_free(&f);
	}
}

CASE(refusals)
{
	unsigned char *p;
	size_t size;

	CHECK(draw("png", 8, 100, false, corner));
	CHECK(refused(REFUSE_TOO_SMALL));
	/* A bomb: 36 megapixels and a little in a few bytes. */
	CHECK(draw("png", 6016, 6000, false, corner));
	CHECK(refused(REFUSE_TOO_LARGE));
	CHECK(draw("png", 9000, 16, false, corner));
	CHECK(refused(REFUSE_TOO_LARGE));
	for (int i = 0; i < 3; i++) {
		static const char *const encoders[] = { "png", "mjpeg", "libwebp" };

		CHECK(draw(encoders[i], 400, 300, i != 1, i != 1 ? corner_rgba : corner));
		p = slurp(still, &size);
		CHECK(spill(still, p, size * 2 / 3));
		free(p);
		CHECK(refused(REFUSE_TRUNCATED));
	}
	CHECK(draw("png", 400, 300, false, corner));
	CHECK(patch(still, "IHDR", 12, "\x77", 1));
	CHECK(refused(REFUSE_DAMAGED));
	CHECK(spill(still, "<svg xmlns='http://www.w3.org/2000/svg'/>", 40));
	CHECK(refused(REFUSE_UNREADABLE));
	CHECK(spill(still, "\x89PNG", 4));
	CHECK(refused(REFUSE_UNREADABLE));
	CHECK(spill(still, "", 0));
	CHECK(refused(REFUSE_UNREADABLE));
	CHECK_INT(truncate(still, (32 << 20) + 1), 0);
	CHECK(refused(REFUSE_TOO_LARGE));
}

CASE(our_own_failures)
{
	CHECK(draw("png", 400, 300, false, corner));
	limits.output_bytes = 50;
	CHECK_INT(run(), MEDIA_FAILED);
	CHECK_INT(errno, EFBIG);
	limits.output_bytes = 10 << 20;
	picture.short_edge = 0;
	CHECK_INT(run(), MEDIA_FAILED);
	CHECK_INT(errno, EINVAL);
	picture.short_edge = 720;
}

UNIT_MAIN
