/* still.c - the last part of picture.h: an upright picture of a frame, and its file.
 *
 * Runs in the cell.  A JPEG holds BT.601 in full range, a lossy WebP in limited range: that is what
 * their readers take them for. */
#include "media/picture.h"

#include <libavcodec/avcodec.h>
#include <libswscale/swscale.h>

/* As libav counts: of JPEG 2 is best and 31 worst, of WebP 100 is best. */
#define JPEG_QUALITY 4
#define WEBP_QUALITY 78

/* Leaves the middle square of an upright picture of even size. */
static void
cut_square(AVFrame *f)
{
	int edge = f->width < f->height ? f->width : f->height;
	int x = (f->width - edge) / 4 * 2, y = (f->height - edge) / 4 * 2;

	for (int i = 0; i < 3; i++)
		f->data[i] += (ptrdiff_t)(i > 0 ? y / 2 : y) * f->linesize[i] + (i > 0 ? x / 2 : x);
	f->width = f->height = edge;
}

int
picture_upright(const AVFrame *frame, AVRational sar, struct turn turn,
    const struct media_picture *want, AVFrame **out)
{
	double width = frame->width * av_q2d(sar),
	       less = width < frame->height ? width : frame->height;
	double by = less > want->short_edge ? want->short_edge / less : 1;
	struct scaler scaler = { .flags = SWS_AREA | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP };
	int w = picture_even(frame->width, by * av_q2d(sar)), h = picture_even(frame->height, by);
	bool lying = turn.rotation % 180 != 0;
	AVFrame *plain;
	int rc = picture_new(&plain, AV_PIX_FMT_YUV420P, w, h);

	if (rc < 0)
		return rc;
	plain->colorspace = AVCOL_SPC_SMPTE170M;
	plain->color_range = want->kind == MEDIA_JPEG ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
	rc = scaler_run(&scaler, frame, plain);
	scaler_free(&scaler);
	if (rc >= 0 && picture_turns(turn)) {
		rc = picture_new(out, plain->format, lying ? h : w, lying ? w : h);
		if (rc >= 0)
			picture_turn(plain, turn, *out);
		av_frame_free(&plain);
	} else if (rc >= 0) {
		*out = plain;
	} else {
		av_frame_free(&plain);
	}
	if (rc >= 0 && want->square)
		cut_square(*out);
	return rc;
}

static int
set_up(AVCodecContext *ctx, AVFrame *frame, enum media_kind kind)
{
	bool jpeg = kind == MEDIA_JPEG;

	ctx->width = frame->width;
	ctx->height = frame->height;
	ctx->pix_fmt = jpeg ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_YUV420P;
	ctx->color_range = jpeg ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
	ctx->colorspace = AVCOL_SPC_SMPTE170M;
	ctx->sample_aspect_ratio = (AVRational){ 1, 1 };
	ctx->time_base = (AVRational){ 1, 25 };
	ctx->thread_count = 1;
	/* Bit-exact leaves out the comment that names the encoder. */
	ctx->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
	ctx->global_quality = (jpeg ? JPEG_QUALITY : WEBP_QUALITY) * FF_QP2LAMBDA;
	frame->format = ctx->pix_fmt;
	frame->color_range = ctx->color_range;
	frame->quality = ctx->global_quality;
	frame->pts = 0;
	return avcodec_open2(ctx, NULL, NULL);
}

int
picture_encode(const AVFrame *picture, enum media_kind kind, AVPacket **pkt)
{
	const AVCodec *codec =
	    avcodec_find_encoder_by_name(kind == MEDIA_JPEG ? "mjpeg" : "libwebp");
	AVCodecContext *ctx = codec ? avcodec_alloc_context3(codec) : NULL;
	AVFrame *frame = av_frame_clone(picture);
	int rc = AVERROR(ENOMEM);

	*pkt = av_packet_alloc();
	if (ctx != NULL && frame != NULL && *pkt != NULL) {
		rc = set_up(ctx, frame, kind);
		if (rc >= 0)
			rc = avcodec_send_frame(ctx, frame);
		if (rc >= 0)
			rc = avcodec_send_frame(ctx, NULL);
		if (rc >= 0)
			rc = avcodec_receive_packet(ctx, *pkt);
	}
	av_frame_free(&frame);
	avcodec_free_context(&ctx);
	if (rc < 0)
		av_packet_free(pkt);
	return rc;
}
