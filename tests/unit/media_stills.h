/* media_stills.h - what the tests of media ask of a still picture that was written. */
#ifndef TESTS_MEDIA_STILLS_H
#define TESTS_MEDIA_STILLS_H

#include "media_clips.h"

#include <libavcodec/avcodec.h>
#include <libswscale/swscale.h>
#include <unistd.h>

/* The picture in the file as this decoder reads it; NULL where it cannot. */
__attribute__((unused)) static AVFrame *
decode_still(const char *path, const char *decoder)
{
	AVCodecContext *ctx = avcodec_alloc_context3(avcodec_find_decoder_by_name(decoder));
	AVFrame *frame = av_frame_alloc();
	AVPacket *pkt = av_packet_alloc();
	size_t size;
	unsigned char *p = slurp(path, &size);
	int rc = av_new_packet(pkt, (int)size);

	if (rc >= 0) {
		memcpy(pkt->data, p, size);
		rc = avcodec_open2(ctx, NULL, NULL);
	}
	if (rc >= 0)
		rc = avcodec_send_packet(ctx, pkt);
	if (rc >= 0)
		rc = avcodec_receive_frame(ctx, frame);
	free(p);
	av_packet_free(&pkt);
	avcodec_free_context(&ctx);
	if (rc < 0)
		av_frame_free(&frame);
	return frame;
}

/* The light at a point, in hundredths of the picture. */
__attribute__((unused)) static int
light(const AVFrame *f, int x, int y)
{
	return f->data[0][y * f->height / 100 * f->linesize[0] + x * f->width / 100];
}

/* 64 bits of which neighbour is lighter in a grey copy of 9 x 8 of the upright picture. */
__attribute__((unused)) static uint64_t
hash(const AVFrame *f, int rotation)
{
	struct SwsContext *sws = sws_getContext(
	    f->width, f->height, f->format, 36, 36, AV_PIX_FMT_GRAY8, SWS_AREA, NULL, NULL, NULL);
	uint8_t grey[36 * 48], turned[36][36];
	uint8_t *to[4] = { grey };
	int stride[4] = { 48 };
	uint64_t h = 0;

	sws_scale(sws, (const uint8_t *const *)f->data, f->linesize, 0, f->height, to, stride);
	sws_freeContext(sws);
	for (int y = 0; y < 36; y++)
		for (int x = 0; x < 36; x++) {
			int tx = rotation == 90    ? 35 - y
				 : rotation == 180 ? 35 - x
				 : rotation == 270 ? y
						   : x;
			int ty = rotation == 90    ? x
				 : rotation == 180 ? 35 - y
				 : rotation == 270 ? 35 - x
						   : y;

			turned[ty][tx] = grey[y * 48 + x];
		}
	for (int y = 0; y < 8; y++)
		for (int x = 0; x < 8; x++) {
			int a = 0, b = 0;

			for (int k = 0; k < 16; k++) {
				a += turned[y * 4 + k / 4][x * 4 + k % 4];
				b += turned[y * 4 + k / 4][x * 4 + 4 + k % 4];
			}
			h = h << 1 | (a > b);
		}
	return h;
}

/* Where the sample files are: DOUFU_SAMPLES, else beside the checkout; NULL, and said so: nowhere.
 */
__attribute__((unused)) static const char *
samples_dir(void)
{
	const char *where = getenv("DOUFU_SAMPLES");

	if (where == NULL || where[0] == '\0')
		where = "../shared/samples";
	if (access(where, R_OK) == 0)
		return where;
	printf("# skip: there are no samples in %s (DOUFU_SAMPLES)\n", where);
	return NULL;
}

#endif
