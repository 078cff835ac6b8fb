/* clip.c - see clip.h.
 *
 * Pictures and sound are pulled from the plan in the order of time, so that a clip of any length
 * needs the memory of one frame. */
#include "media/clip.h"

#include "media/mp4.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* One encoder and its stream. */
struct track {
	AVCodecContext *enc;
	AVStream *stream;
	AVFrame *frame;
	int64_t next, end; /* in the encoder's time base */
};

struct writer {
	const struct clip_plan *plan;
	AVFormatContext *fmt;
	AVPacket *pkt;
	struct SwsContext *sws;
	uint8_t *rgb;
	struct track video, audio;
};

/* Opens the encoder that is set up at t->enc and adds its stream. */
static int
add_track(struct writer *w, struct track *t, AVDictionary **options)
{
	int rc;

	t->enc->flags |= AV_CODEC_FLAG_BITEXACT;
	if (w->fmt->oformat->flags & AVFMT_GLOBALHEADER)
		t->enc->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
	rc = avcodec_open2(t->enc, NULL, options);
	if (rc < 0)
		return rc;
	t->stream = avformat_new_stream(w->fmt, NULL);
	t->frame = av_frame_alloc();
	if (t->stream == NULL || t->frame == NULL)
		return AVERROR(ENOMEM);
	t->stream->time_base = t->enc->time_base;
	return avcodec_parameters_from_context(t->stream->codecpar, t->enc);
}

static int
add_video(struct writer *w)
{
	const struct clip_plan *plan = w->plan;
	const char *name = plan->video_encoder != NULL ? plan->video_encoder : "libx264";
	const AVCodec *codec = avcodec_find_encoder_by_name(name);
	struct track *t = &w->video;
	AVDictionary *options = NULL;
	int rc;

	if (codec == NULL)
		return AVERROR_ENCODER_NOT_FOUND;
	t->enc = avcodec_alloc_context3(codec);
	w->rgb = av_mallocz((size_t)plan->width * (size_t)plan->height * 3);
	w->sws = sws_getContext(plan->width, plan->height, AV_PIX_FMT_RGB24, plan->width,
	    plan->height, plan->curve != 0 ? AV_PIX_FMT_YUV420P10 : AV_PIX_FMT_YUV420P,
	    SWS_BICUBIC, NULL, NULL, NULL);
	if (t->enc == NULL || w->rgb == NULL || w->sws == NULL)
		return AVERROR(ENOMEM);
	t->enc->width = plan->width;
	t->enc->height = plan->height;
	t->enc->pix_fmt = AV_PIX_FMT_YUV420P;
	if (plan->curve != 0) {
		t->enc->pix_fmt = AV_PIX_FMT_YUV420P10;
		t->enc->color_range = AVCOL_RANGE_MPEG;
		t->enc->color_primaries = AVCOL_PRI_BT2020;
		t->enc->colorspace = AVCOL_SPC_BT2020_NCL;
		t->enc->color_trc = (enum AVColorTransferCharacteristic)plan->curve;
		sws_setColorspaceDetails(w->sws, sws_getCoefficients(SWS_CS_DEFAULT), 1,
		    sws_getCoefficients(SWS_CS_BT2020), 0, 0, 1 << 16, 1 << 16);
	}
	if (plan->interlaced)
		t->enc->flags |= AV_CODEC_FLAG_INTERLACED_DCT | AV_CODEC_FLAG_INTERLACED_ME;
	t->enc->time_base = (AVRational){ 1, plan->fps };
	t->enc->framerate = (AVRational){ plan->fps, 1 };
	t->enc->gop_size = plan->fps * (plan->key_ms > 0 ? plan->key_ms : 2000) / 1000;
	if (plan->video_encoder == NULL)
		t->enc->flags |= AV_CODEC_FLAG_CLOSED_GOP;
	t->enc->thread_count = 1;
	t->enc->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL; /* MJPEG in limited range */
	if (plan->sar_num > 0)
		t->enc->sample_aspect_ratio = (AVRational){ plan->sar_num, plan->sar_den };
	/* What another encoder does not know it leaves alone. */
	rc = av_dict_set(&options, "preset", "veryfast", 0);
	if (rc >= 0)
		rc = av_dict_set(&options, "crf", "25", 0);
	if (rc >= 0)
		rc = av_dict_set(&options, "x265-params", "log-level=none", 0);
	if (rc >= 0)
		rc = add_track(w, t, &options);
	av_dict_free(&options);
	if (rc < 0)
		return rc;
	t->end = (int64_t)plan->ms * plan->fps / 1000;
	t->stream->avg_frame_rate = t->enc->framerate;
	t->stream->sample_aspect_ratio = t->enc->sample_aspect_ratio;
	if (plan->rotation != 0 || plan->mirror) {
		rc = mp4_turn(t->stream, (struct turn){ plan->rotation, plan->mirror });
		if (rc < 0)
			return rc;
	}
	t->frame->format = t->enc->pix_fmt;
	t->frame->width = plan->width;
	t->frame->height = plan->height;
	return av_frame_get_buffer(t->frame, 0);
}

static int
add_audio(struct writer *w)
{
	const char *name = w->plan->sound_encoder != NULL ? w->plan->sound_encoder : "aac";
	const AVCodec *codec = avcodec_find_encoder_by_name(name);
	struct track *t = &w->audio;
	int rc;

	if (codec == NULL)
		return AVERROR_ENCODER_NOT_FOUND;
	t->enc = avcodec_alloc_context3(codec);
	if (t->enc == NULL)
		return AVERROR(ENOMEM);
	t->enc->sample_rate = CLIP_RATE;
	/* The same bytes, as there is one channel. */
	t->enc->sample_fmt =
	    codec->id == AV_CODEC_ID_PCM_F32LE ? AV_SAMPLE_FMT_FLT : AV_SAMPLE_FMT_FLTP;
	t->enc->ch_layout = (AVChannelLayout)AV_CHANNEL_LAYOUT_MONO;
	t->enc->bit_rate = 64000;
	t->enc->time_base = (AVRational){ 1, CLIP_RATE };
	rc = add_track(w, t, NULL);
	if (rc < 0)
		return rc;
	t->end = (int64_t)w->plan->ms * CLIP_RATE / 1000;
	t->frame->format = t->enc->sample_fmt;
	t->frame->sample_rate = CLIP_RATE;
	t->frame->nb_samples = t->enc->frame_size > 0 ? t->enc->frame_size : 1024;
	rc = av_channel_layout_copy(&t->frame->ch_layout, &t->enc->ch_layout);
	return rc < 0 ? rc : av_frame_get_buffer(t->frame, 0);
}

/* Encodes frame (NULL: the rest) and writes what comes out. */
static int
encode(struct writer *w, struct track *t, const AVFrame *frame)
{
	int rc = avcodec_send_frame(t->enc, frame);

	while (rc >= 0) {
		rc = avcodec_receive_packet(t->enc, w->pkt);
		if (rc < 0)
			break;
		if (t == &w->video)
			w->pkt->duration = 1;
		av_packet_rescale_ts(w->pkt, t->enc->time_base, t->stream->time_base);
		w->pkt->stream_index = t->stream->index;
		rc = av_interleaved_write_frame(w->fmt, w->pkt);
	}
	return rc == AVERROR(EAGAIN) || rc == AVERROR_EOF ? 0 : rc;
}

static int
next_picture(struct writer *w)
{
	const struct clip_plan *plan = w->plan;
	struct track *t = &w->video;
	const uint8_t *from[] = { w->rgb };
	int stride[] = { plan->width * 3 }, rc = av_frame_make_writable(t->frame);

	if (rc < 0)
		return rc;
	plan->draw(w->rgb, plan->width, plan->height, (int)t->next, plan->arg);
	rc = sws_scale(w->sws, from, stride, 0, plan->height, t->frame->data, t->frame->linesize);
	if (rc < 0)
		return rc;
	t->frame->pts = t->next++;
	if (plan->skip != NULL && plan->skip((int)t->frame->pts, plan->arg))
		return 0;
	return encode(w, t, t->frame);
}

static int
next_sound(struct writer *w)
{
	struct track *t = &w->audio;
	int rc = av_frame_make_writable(t->frame);

	if (rc < 0)
		return rc;
	w->plan->play(
	    (float *)(void *)t->frame->data[0], t->frame->nb_samples, t->next, w->plan->arg);
	t->frame->pts = t->next + (int64_t)w->plan->sound_late_ms * CLIP_RATE / 1000;
	t->next += t->frame->nb_samples;
	if (w->plan->skip_sound != NULL &&
	    w->plan->skip_sound(t->next - t->frame->nb_samples, w->plan->arg))
		return 0;
	return encode(w, t, t->frame);
}

static int
write_tracks(struct writer *w)
{
	struct track *v = &w->video, *a = &w->audio;
	int rc = 0;

	while (rc >= 0 && (v->next < v->end || a->next < a->end)) {
		bool picture = a->next >= a->end ||
			       (v->next < v->end && av_compare_ts(v->next, v->enc->time_base,
							a->next, a->enc->time_base) <= 0);

		rc = picture ? next_picture(w) : next_sound(w);
	}
	if (rc >= 0 && v->enc != NULL)
		rc = encode(w, v, NULL);
	if (rc >= 0 && a->enc != NULL)
		rc = encode(w, a, NULL);
	return rc;
}

static int
write_clip(struct writer *w, const char *url)
{
	AVDictionary *options = NULL;
	int rc = avformat_alloc_output_context2(&w->fmt, NULL, NULL, url);

	if (rc < 0)
		return rc;
	w->fmt->flags |= AVFMT_FLAG_BITEXACT;
	w->pkt = av_packet_alloc();
	if (w->pkt == NULL)
		return AVERROR(ENOMEM);
	if (w->plan->draw != NULL && (rc = add_video(w)) < 0)
		return rc;
	if (w->plan->play != NULL && (rc = add_audio(w)) < 0)
		return rc;
	rc = avio_open(&w->fmt->pb, url, AVIO_FLAG_WRITE);
	if (rc >= 0)
		rc = av_dict_set(&options, "movflags", "+faststart", 0);
	if (rc >= 0)
		rc = avformat_write_header(w->fmt, &options);
	av_dict_free(&options);
	if (rc >= 0)
		rc = write_tracks(w);
	if (rc >= 0)
		rc = av_write_trailer(w->fmt);
	return rc;
}

int
clip_write(const struct clip_plan *plan, const char *path, char *why, size_t why_size)
{
	struct writer w = { .plan = plan };
	char url[1024], text[128];
	int rc = AVERROR(ENAMETOOLONG), level = av_log_get_level(), closed;

	/* The encoders print statistics, even when freed; ours is the error below. */
	av_log_set_level(AV_LOG_QUIET);
	if (snprintf(url, sizeof url, "file:%s", path) < (int)sizeof url)
		rc = write_clip(&w, url);
	if (w.fmt != NULL && w.fmt->pb != NULL) {
		closed = avio_closep(&w.fmt->pb);
		if (rc >= 0)
			rc = closed;
	}
	avcodec_free_context(&w.video.enc);
	avcodec_free_context(&w.audio.enc);
	av_frame_free(&w.video.frame);
	av_frame_free(&w.audio.frame);
	av_packet_free(&w.pkt);
	sws_freeContext(w.sws);
	av_free(w.rgb);
	avformat_free_context(w.fmt);
	av_log_set_level(level);
	if (rc < 0) {
		if (av_strerror(rc, text, sizeof text) < 0)
			snprintf(text, sizeof text, "error %d", rc);
		snprintf(why, why_size, "cannot write the clip %s: %s", path, text);
		return -1;
	}
	return 0;
}
