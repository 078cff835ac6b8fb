/* sound.c - see sound.h.
 *
 * Runs in the cell and holds what it holds to its end.  Sums of samples fit: nothing is put in
 * beyond `longest`, an hour and a little. */
#include "media/sound.h"

#include <libavutil/samplefmt.h>
#include <stdlib.h>
#include <string.h>

/* AAC's own, and of every decoder that has to play it. */
#define CHUNK 1024
/* So far may the times of the input be off (in parts of a second) before they are believed. */
#define SLACK 32
/* Microseconds: more would overflow the sums. */
#define TIME_MAX (INT64_C(1) << 60)
/* Samples that come out of one frame: ten seconds.  A rate of 1 Hz would make hours of it. */
#define FRAME_MAX 480000

static const struct kind {
	enum AVCodecID id;
	const char *decoder;
} kinds[] = {
	{ AV_CODEC_ID_AAC, "aac" },
	{ AV_CODEC_ID_MP3, "mp3float" },
	{ AV_CODEC_ID_OPUS, "opus" },
	{ AV_CODEC_ID_VORBIS, "vorbis" },
	{ AV_CODEC_ID_PCM_U8, "pcm_u8" },
	{ AV_CODEC_ID_PCM_S16LE, "pcm_s16le" },
	{ AV_CODEC_ID_PCM_S16BE, "pcm_s16be" },
	{ AV_CODEC_ID_PCM_S24LE, "pcm_s24le" },
	{ AV_CODEC_ID_PCM_S24BE, "pcm_s24be" },
	{ AV_CODEC_ID_PCM_S32LE, "pcm_s32le" },
	{ AV_CODEC_ID_PCM_F32LE, "pcm_f32le" },
	{ AV_CODEC_ID_PCM_ALAW, "pcm_alaw" },
	{ AV_CODEC_ID_PCM_MULAW, "pcm_mulaw" },
};

bool
sound_is_fit(const AVCodecParameters *par)
{
	/* The first five bits of its configuration are the kind of AAC: 2 is Low Complexity.  Four
	 * bits of rate (3: 48,000, 4: 44,100), four of channels. */
	const uint8_t *conf = par->extradata;
	int rate, channels;

	if (par->codec_id != AV_CODEC_ID_AAC || par->extradata_size < 2 || conf[0] >> 3 != 2)
		return false;
	rate = (conf[0] & 7) << 1 | conf[1] >> 7;
	channels = conf[1] >> 3 & 15;
	return (rate == 3 || rate == 4) && (channels == 1 || channels == 2);
}

AVCodecContext *
sound_decoder(const AVCodecParameters *par, AVRational base)
{
	const AVCodec *codec = NULL;
	AVCodecContext *dec;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].id == par->codec_id)
			codec = avcodec_find_decoder_by_name(kinds[i].decoder);
	dec = codec != NULL ? avcodec_alloc_context3(codec) : NULL;
	if (dec == NULL)
		return NULL;
	if (avcodec_parameters_to_context(dec, par) >= 0) {
		dec->pkt_timebase = base;
		dec->thread_count = 1;
		if (avcodec_open2(dec, codec, NULL) >= 0)
			return dec;
	}
	avcodec_free_context(&dec);
	return NULL;
}

int
sound_open(struct sound *s, AVCodecContext *dec, const AVFrame *frame, AVRational base,
    int64_t origin_us, int64_t longest_us)
{
	const AVCodec *codec = avcodec_find_encoder_by_name("aac");
	bool mono = frame->ch_layout.nb_channels == 1;
	int rc;

	s->dec = dec;
	s->base = base;
	s->origin_us = origin_us;
	s->enc = codec != NULL ? avcodec_alloc_context3(codec) : NULL;
	s->in = av_frame_alloc();
	s->out = av_frame_alloc();
	s->pkt = av_packet_alloc();
	if (s->enc == NULL || s->in == NULL || s->out == NULL || s->pkt == NULL)
		return AVERROR(ENOMEM);
	/* 44,100 and its fractions stay what they are; all else becomes 48,000. */
	s->enc->sample_rate = frame->sample_rate % 11025 == 0 ? 44100 : 48000;
	s->enc->sample_fmt = AV_SAMPLE_FMT_FLTP;
	s->enc->ch_layout = mono ? (AVChannelLayout)AV_CHANNEL_LAYOUT_MONO
				 : (AVChannelLayout)AV_CHANNEL_LAYOUT_STEREO;
	s->enc->bit_rate = mono ? 96000 : 128000;
	s->enc->time_base = (AVRational){ 1, s->enc->sample_rate };
	s->enc->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
	s->enc->thread_count = 1;
	rc = avcodec_open2(s->enc, codec, NULL);
	if (rc < 0)
		return rc;
	s->longest = av_rescale(longest_us, s->enc->sample_rate, 1000000);
	s->queue = av_audio_fifo_alloc(
	    s->enc->sample_fmt, s->enc->ch_layout.nb_channels, s->enc->sample_rate);
	return s->queue != NULL ? 0 : AVERROR(ENOMEM);
}

/* s->out with room for n samples. */
static int
new_out(struct sound *s, int n)
{
	int rc;

	av_frame_unref(s->out);
	s->out->format = s->enc->sample_fmt;
	s->out->sample_rate = s->enc->sample_rate;
	s->out->nb_samples = n;
	rc = av_channel_layout_copy(&s->out->ch_layout, &s->enc->ch_layout);
	return rc < 0 ? rc : av_frame_get_buffer(s->out, 0);
}

/* Encodes frame (NULL: the rest). */
static int
encode(struct sound *s, const AVFrame *frame)
{
	int rc = avcodec_send_frame(s->enc, frame);

	while (rc >= 0) {
		rc = avcodec_receive_packet(s->enc, s->pkt);
		if (rc >= 0) {
			rc = s->give(s->arg, s->pkt);
			av_packet_unref(s->pkt);
		}
	}
	return rc == AVERROR(EAGAIN) || rc == AVERROR_EOF ? 0 : rc;
}

/* Encodes what is in the queue, up to a last piece if all is wanted. */
static int
drain(struct sound *s, bool all)
{
	int rc = 0, n;

	while (rc >= 0 && (n = av_audio_fifo_size(s->queue)) > 0 && (n >= CHUNK || all)) {
		n = n < CHUNK ? n : CHUNK;
		rc = new_out(s, n);
		if (rc >= 0)
			rc = av_audio_fifo_read(s->queue, (void **)s->out->data, n);
		if (rc >= 0) {
			s->out->pts = s->taken;
			s->taken += n;
			rc = encode(s, s->out);
		}
	}
	return rc;
}

static int
put_silence(struct sound *s, int64_t n)
{
	int rc = 0;

	while (rc >= 0 && n > 0) {
		int some = n < CHUNK ? (int)n : CHUNK;

		rc = new_out(s, some);
		if (rc >= 0)
			rc = av_samples_set_silence(s->out->data, 0, some,
			    s->enc->ch_layout.nb_channels, s->enc->sample_fmt);
		if (rc >= 0)
			rc = av_audio_fifo_write(s->queue, (void **)s->out->data, some);
		if (rc >= 0)
			rc = drain(s, false);
		n -= some;
		s->put += some;
	}
	return rc;
}

/* Makes swr fit for s->in, which may be of another sort than the frames before. */
static int
set_up(struct sound *s)
{
	AVFrame *f = s->in;
	int rc;

	/* Some decoders know how many channels there are and not which. */
	if (f->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC) {
		int n = f->ch_layout.nb_channels;

		av_channel_layout_uninit(&f->ch_layout);
		av_channel_layout_default(&f->ch_layout, n);
	}
	if (s->swr != NULL && s->rate == f->sample_rate && s->format == f->format &&
	    av_channel_layout_compare(&s->layout, &f->ch_layout) == 0)
		return 0;
	rc = swr_alloc_set_opts2(&s->swr, &s->enc->ch_layout, s->enc->sample_fmt,
	    s->enc->sample_rate, &f->ch_layout, f->format, f->sample_rate, 0, NULL);
	if (rc >= 0)
		rc = swr_init(s->swr);
	if (rc >= 0)
		rc = av_channel_layout_copy(&s->layout, &f->ch_layout);
	s->rate = f->sample_rate;
	s->format = f->format;
	if (rc < 0)
		swr_free(&s->swr);
	return rc;
}

/* Puts n samples of s->out into the queue, less those that come too late. */
static int
put_sound(struct sound *s, int n, int64_t late)
{
	uint8_t *data[2] = { s->out->data[0], s->out->data[1] };
	const size_t sample = sizeof(float);
	int rc;

	if (late >= n)
		return 0;
	n -= (int)late;
	for (int i = 0; i < 2 && data[i] != NULL; i++)
		data[i] += (size_t)late * sample;
	rc = av_audio_fifo_write(s->queue, (void **)data, n);
	if (rc < 0)
		return rc;
	s->put += n;
	return drain(s, false);
}

/* Resamples s->in and queues it at its time. */
static int
take_frame(struct sound *s)
{
	int64_t at = s->put, late = 0;
	int rc = set_up(s), n;

	/* Of a kind that cannot be converted: silence. */
	if (rc < 0)
		return rc == AVERROR(ENOMEM) ? rc : 0;
	if (s->in->pts != AV_NOPTS_VALUE) {
		int64_t us = av_rescale_q(s->in->pts, s->base, (AVRational){ 1, 1000000 });

		if (us < -TIME_MAX || us > TIME_MAX)
			return 0;
		at = av_rescale(us - s->origin_us, s->enc->sample_rate, 1000000);
	}
	if (at > s->longest)
		return 0;
	if (at > s->put + (s->put > 0 ? s->enc->sample_rate / SLACK : 0)) {
		rc = put_silence(s, at - s->put);
		if (rc < 0)
			return rc;
	} else if (at < s->put - (s->put > 0 ? s->enc->sample_rate / SLACK : 0)) {
		late = s->put - at;
	}
	n = swr_get_out_samples(s->swr, s->in->nb_samples);
	if (n <= 0 || n > FRAME_MAX)
		return 0;
	rc = new_out(s, n);
	if (rc >= 0)
		rc = swr_convert(s->swr, s->out->data, n,
		    (const uint8_t **)(void *)s->in->extended_data, s->in->nb_samples);
	if (rc <= 0)
		return rc == AVERROR(ENOMEM) ? rc : 0;
	return s->put + rc > s->longest ? 0 : put_sound(s, rc, late);
}

int
sound_packet(struct sound *s, const AVPacket *pkt)
{
	int rc = avcodec_send_packet(s->dec, pkt), done = 0;

	while (rc >= 0 && done >= 0) {
		rc = avcodec_receive_frame(s->dec, s->in);
		if (rc >= 0)
			done = take_frame(s);
		av_frame_unref(s->in);
	}
	if (rc == AVERROR(ENOMEM) || done < 0)
		return done < 0 ? done : rc;
	if (pkt == NULL) {
		rc = drain(s, true);
		return rc < 0 ? rc : encode(s, NULL);
	}
	return 0;
}
