/* image.c - a stranger's still picture: decoded once, written as often as wanted.  See render.h.
 *
 * No frame is allocated before its size is known to be sane: the decoder asks us for its memory. */
#include "media/render.h"

#include "media/cell.h"
#include "media/cover.h"

#include <errno.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BYTES_MAX (32 << 20)

static int
give_frame(AVCodecContext *dec, AVFrame *frame, int flags)
{
	struct eye *e = dec->opaque;

	if (!look_size(e, frame->width, frame->height))
		return AVERROR_EXTERNAL;
	return avcodec_default_get_buffer2(dec, frame, flags);
}

/* The whole file as a packet. */
static bool
read_file(struct eye *e, int in)
{
	off_t size = lseek(in, 0, SEEK_END);
	int rc;

	if (size > BYTES_MAX)
		return look_refuse(e, REFUSE_TOO_LARGE);
	if (size < 16)
		return look_refuse(e, REFUSE_UNREADABLE);
	rc = av_new_packet(e->pkt, (int)size);
	if (rc < 0)
		return look_refuse_for(e, rc, REFUSE_TOO_COMPLEX);
	for (int at = 0; at < e->pkt->size;) {
		ssize_t n = pread(in, e->pkt->data + at, (size_t)(e->pkt->size - at), at);

		if (n <= 0)
			return look_fail(e, n < 0 ? errno : EIO);
		at += (int)n;
	}
	return true;
}

/* Where in the data the last of these bytes stand; -1: nowhere. */
static ptrdiff_t
last_of(const AVPacket *pkt, const char *what, size_t n)
{
	for (ptrdiff_t i = pkt->size - (ptrdiff_t)n; i >= 0; i--)
		if (memcmp(pkt->data + i, what, n) == 0)
			return i;
	return -1;
}

/* Whether the end of the picture is there: decoders make do with less.  In a JPEG the last end
 * comes after the last beginning, however many pictures are in it. */
static bool
is_whole(const AVPacket *pkt, const char *kind)
{
	const uint8_t *p = pkt->data;

	if (strcmp(kind, "jpg") == 0)
		return last_of(pkt, "\xff\xd9", 2) > last_of(pkt, "\xff\xda", 2);
	if (strcmp(kind, "png") == 0)
		return last_of(pkt, "IEND", 4) > 0;
	return (p[4] | (int64_t)p[5] << 8 | (int64_t)p[6] << 16 | (int64_t)p[7] << 24) <=
	       pkt->size - 8;
}

static bool
decode(struct eye *e)
{
	static const char *const decoders[][2] = { { "jpg", "mjpeg" }, { "png", "png" },
		{ "webp", "webp" } };
	const char *kind = media_sniff_image(e->pkt->data, (size_t)e->pkt->size);
	const AVCodec *codec = NULL;
	int rc;

	for (size_t i = 0; kind != NULL && i < sizeof decoders / sizeof *decoders; i++)
		if (strcmp(kind, decoders[i][0]) == 0)
			codec = avcodec_find_decoder_by_name(decoders[i][1]);
	if (codec == NULL)
		return look_refuse(e, REFUSE_UNREADABLE);
	if (!is_whole(e->pkt, kind))
		return look_refuse(e, REFUSE_TRUNCATED);
	e->dec = avcodec_alloc_context3(codec);
	if (e->dec == NULL)
		return look_refuse(e, REFUSE_TOO_COMPLEX);
	e->dec->thread_count = 1;
	e->dec->opaque = e;
	e->dec->get_buffer2 = give_frame;
	rc = avcodec_open2(e->dec, codec, NULL);
	if (rc >= 0)
		rc = avcodec_send_packet(e->dec, e->pkt);
	if (rc >= 0)
		rc = avcodec_receive_frame(e->dec, e->best);
	/* The refusal by give_frame() stands. */
	if (rc < 0)
		return e->look->end != MEDIA_REFUSED && look_refuse_for(e, rc, REFUSE_DAMAGED);
	return !picture_is_spoilt(e->best) || look_refuse(e, REFUSE_DAMAGED);
}

/* Puts a picture that may be transparent on white. */
static int
lay_on_white(struct eye *e)
{
	const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(e->best->format);
	struct scaler scaler = { .flags = SWS_POINT };
	AVFrame *rgba;
	int rc;

	if (d == NULL || !(d->flags & AV_PIX_FMT_FLAG_ALPHA))
		return 0;
	rc = picture_new(&rgba, AV_PIX_FMT_RGBA, e->best->width, e->best->height);
	if (rc < 0)
		return rc;
	rc = scaler_run(&scaler, e->best, rgba);
	scaler_free(&scaler);
	for (int y = 0; rc >= 0 && y < rgba->height; y++) {
		uint8_t *p = rgba->data[0] + (ptrdiff_t)y * rgba->linesize[0];

		for (int x = 0; x < rgba->width; x++, p += 4)
			for (int i = 0; i < 3; i++)
				p[i] = (uint8_t)((p[i] * p[3] + 255 * (255 - p[3]) + 127) / 255);
	}
	if (rc < 0) {
		av_frame_free(&rgba);
		return rc;
	}
	rgba->format = AV_PIX_FMT_RGB0;
	av_frame_free(&e->best);
	e->best = rgba;
	return 0;
}

/* Decoders tell the orientation as text. */
static struct turn
turn_of(const AVFrame *frame)
{
	const AVDictionaryEntry *said = av_dict_get(frame->metadata, "Orientation", NULL, 0);
	const AVFrameSideData *d = av_frame_get_side_data(frame, AV_FRAME_DATA_DISPLAYMATRIX);

	if (said != NULL)
		return picture_exif_turn((int)strtol(said->value, NULL, 10));
	if (d != NULL && d->size >= PICTURE_MATRIX * sizeof(int32_t))
		return picture_matrix_turn((const int32_t *)(const void *)d->data);
	return picture_exif_turn(1);
}

void
render_still(
    int in, const int *outs, const struct media_limits *limits, const void *arg, void *reply)
{
	static struct eye eye; /* the cell ends with it, and so does all that it holds */
	struct eye *e = &eye;
	const struct still *still = arg;
	int rc;

	(void)limits;
	av_log_set_callback(render_say_nothing);
	e->look = reply;
	e->sar = (AVRational){ 1, 1 };
	e->pkt = av_packet_alloc();
	e->best = av_frame_alloc();
	if (e->pkt == NULL || e->best == NULL) {
		look_fail(e, ENOMEM);
		return;
	}
	if (!read_file(e, in) || !decode(e))
		return;
	e->turn = turn_of(e->best);
	rc = lay_on_white(e);
	if (rc < 0)
		look_refuse_for(e, rc, REFUSE_DAMAGED);
	else if (cover_write(e, still->pictures, still->n, outs))
		e->look->end = MEDIA_OK;
}
