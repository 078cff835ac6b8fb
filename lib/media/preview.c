/* preview.c - a few moving seconds of a clip as one animated picture.  See render.h.
 *
 * It begins with the frame that is the cover, or earlier where the clip ends too soon after it. */
#include "media/render.h"

#include "media/cell.h"
#include "media/cover.h"

#include <libavutil/opt.h>

#define LENGTH_US (3 * LOOK_US)
#define FRAME_US (LOOK_US / 8)
#define FRAMES (int)(LENGTH_US / FRAME_US)
#define SHORT_EDGE 240
#define QUALITY 60

struct preview {
	struct eye eye;
	AVCodecContext *enc;
	int64_t begin_us;
	int next; /* number of the frame that is due */
};

static bool
open_encoder(struct preview *p, const AVFrame *like)
{
	const AVCodec *codec = avcodec_find_encoder_by_name("libwebp_anim");
	AVCodecContext *enc = p->enc = codec != NULL ? avcodec_alloc_context3(codec) : NULL;
	int rc = codec != NULL ? AVERROR(ENOMEM) : AVERROR(EINVAL);

	if (enc != NULL) {
		enc->width = like->width;
		enc->height = like->height;
		enc->pix_fmt = like->format;
		enc->time_base = (AVRational){ 1, 1000 };
		enc->thread_count = 1;
		enc->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
		enc->global_quality = QUALITY * FF_QP2LAMBDA;
		rc = avcodec_open2(enc, codec, NULL);
	}
	return rc >= 0 || look_refuse_for(&p->eye, rc, REFUSE_DAMAGED);
}

/* e->frame as the frame that is due. */
static bool
add(struct preview *p)
{
	static const struct media_picture want = { .kind = MEDIA_WEBP, .short_edge = SHORT_EDGE };
	struct eye *e = &p->eye;
	AVFrame *picture;
	int rc = picture_upright(e->frame, e->sar, e->turn, &want, &picture);

	if (rc < 0)
		return look_refuse_for(e, rc, REFUSE_DAMAGED);
	if (p->enc == NULL && !open_encoder(p, picture)) {
		av_frame_free(&picture);
		return false;
	}
	picture->pts = p->next * FRAME_US / 1000;
	/* A clip that changes its size on the way: the rest is left out. */
	if (picture->width == p->enc->width && picture->height == p->enc->height)
		rc = avcodec_send_frame(p->enc, picture);
	av_frame_free(&picture);
	return rc >= 0 || look_refuse_for(e, rc, REFUSE_DAMAGED);
}

/* Adds e->frame if it is due; p->next says how many are done. */
static bool
take(struct preview *p)
{
	struct eye *e = &p->eye;
	int64_t us = look_us(e->frame->best_effort_timestamp, e->video->time_base);
	int64_t at;

	if (us == AV_NOPTS_VALUE || us < p->begin_us || picture_is_spoilt(e->frame))
		return true;
	if (!look_size(e, e->frame->width, e->frame->height))
		return false;
	at = (us - p->begin_us) / FRAME_US;
	if (at < p->next)
		return true;
	p->next = at < FRAMES ? (int)at : FRAMES;
	if (p->next < FRAMES && !add(p))
		return false;
	p->next++;
	cell_progress(p->next < FRAMES ? p->next * 99 / FRAMES : 99);
	return true;
}

static bool
read_on(struct preview *p)
{
	struct eye *e = &p->eye;
	bool more = true;
	int rc;

	if (av_seek_frame(e->fmt, e->video->index,
		av_rescale_q(p->begin_us, (AVRational){ 1, LOOK_US }, e->video->time_base),
		AVSEEK_FLAG_BACKWARD) < 0)
		return look_refuse(e, REFUSE_DAMAGED);
	avcodec_flush_buffers(e->dec);
	while (more && p->next < FRAMES) {
		more = cover_next_packet(e);
		rc = avcodec_send_packet(e->dec, more ? e->pkt : NULL);
		av_packet_unref(e->pkt);
		while (rc >= 0 && (rc = avcodec_receive_frame(e->dec, e->frame)) >= 0) {
			bool ok = take(p);

			av_frame_unref(e->frame);
			if (!ok)
				return false;
		}
		if (rc == AVERROR(ENOMEM))
			return look_refuse(e, REFUSE_TOO_COMPLEX);
	}
	return p->enc != NULL || look_refuse(e, REFUSE_DAMAGED);
}

static bool
finish(struct preview *p, int out)
{
	struct eye *e = &p->eye;
	int rc = avcodec_send_frame(p->enc, NULL);

	if (rc >= 0)
		rc = avcodec_receive_packet(p->enc, e->pkt);
	if (rc < 0)
		return look_refuse_for(e, rc, REFUSE_DAMAGED);
	return cover_put(e, out, e->pkt->data, (size_t)e->pkt->size);
}

void
render_preview(
    int in, const int *outs, const struct media_limits *limits, const void *arg, void *reply)
{
	static struct preview preview; /* the cell ends with it, and so does all that it holds */
	struct preview *p = &preview;
	struct eye *e = &p->eye;

	(void)limits;
	(void)arg;
	av_log_set_callback(render_say_nothing);
	if (!look_at(e, in, reply) || !cover_find(e, -1, true))
		return;
	p->begin_us = e->seen.first + e->look->info.cover_ms * 1000;
	if (p->begin_us > e->seen.last - LENGTH_US)
		p->begin_us = e->seen.last - LENGTH_US;
	if (p->begin_us < e->seen.first)
		p->begin_us = e->seen.first;
	if (read_on(p) && finish(p, outs[0]))
		e->look->end = MEDIA_OK;
}
