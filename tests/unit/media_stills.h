/* media_stills.h - what the tests of media ask of a still picture that was written. */
#ifndef TESTS_MEDIA_STILLS_H
#define TESTS_MEDIA_STILLS_H

#include "media_clips.h"

#include <libavcodec/avcodec.h>
#include <libswscale/swscale.h>

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

#endif
