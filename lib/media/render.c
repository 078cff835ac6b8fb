/* render.c - see render.h.
 *
 * The clip is read once: each packet goes into the outputs that take it as it is, and each decoded
 * frame down the ladder, every rung scaled from the one above.  Times in the outputs count from
 * the moment at which the first of picture and sound begins.  All outputs have their keyframes at
 * the same times, and none is open to what came before it. */
#include "media/render.h"

#include "media/cell.h"
#include "media/cover.h"
#include "media/look.h"
#include "media/mp4.h"
#include "media/picture.h"
#include "media/sound.h"

#include <errno.h>
#include <libswscale/swscale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The time base of encoded pictures, and in it: */
#define TICKS 90000
#define KEY_TICKS (2 * TICKS)
#define FRAME_TICKS (TICKS / 60) /* no more than 60 frames a second */
#define EARLY_TICKS 375          /* of a frame, against where the 60th of a second puts it */
#define END_TICKS ((LOOK_LONGEST_MS / 1000 + 60) * (int64_t)TICKS)

/* Level 4.2: so many blocks of 16 x 16 pixels, and a long edge that every decoder takes. */
#define LEVEL_MAX 42
#define BLOCKS_MAX 8704
#define LONGEST_EDGE 4096

/* A clip fits into a rung that is smaller than it by so little. */
#define FITS(edge, rung) ((edge)*10 <= (rung)*11)

/* Below it encoders have no threads and look ahead less. */
#define MEMORY_USUAL (INT64_C(768) << 20)

#define KEY_GAP_MAX (12 * LOOK_US)
#define COPY_FPS_MAX 62
#define SOUND_COPY_MAX 400000 /* bits a second */
#define SOUND_TRIES 200       /* packets, before a sound that cannot be decoded is left out */

/* Errors of decoding are borne up to this many, or to one in so many packets. */
#define ERRORS_FEW 2
#define ERRORS_SHARE 10

struct rung {
	int index; /* in the recipe */
	const struct media_rung *want;
	bool copy;
	int width, height; /* upright */
	AVCodecContext *enc;
	struct scaler scaler;
	AVFrame *lying, *picture; /* lying: only where it is turned */
	struct mp4 out;
};

struct render {
	struct eye eye;
	const struct media_recipe *recipe;
	const struct media_limits *limits;
	struct rung rungs[MEDIA_RUNGS_MAX]; /* from the largest to the smallest */
	int rungs_n, encoded;               /* of them by encoding */
	int64_t origin_us;
	AVRational fps;
	int64_t last_tick, due_tick, key;
	int64_t frames, errors;
	bool sound_copied, sound_made;
	struct sound sound;
	AVPacket *pkt; /* from the encoders */
};

/* Ends the work for an error of libav or of an output: ours, or the clip's. */
static bool
broken(struct render *r, int rc)
{
	switch (AVUNERROR(rc)) {
	case ENOSPC:
	case EDQUOT:
	case EIO:
	case EROFS:
	case EBADF:
		return look_fail(&r->eye, AVUNERROR(rc));
	case ENOMEM:
	case EFBIG:
		return look_refuse(&r->eye, REFUSE_TOO_COMPLEX);
	default:
		/* What x264 says when it gets no memory. */
		return look_refuse(
		    &r->eye, rc == AVERROR_EXTERNAL ? REFUSE_TOO_COMPLEX : REFUSE_DAMAGED);
	}
}

static int64_t
bits_a_second(const struct span *s)
{
	int64_t us = s->last - s->first;

	return us > 0 ? av_rescale(s->bytes, 8 * LOOK_US, us) : 0;
}

/* Whether the picture can be copied: every player takes it, and an MP4 can hold it. */
static bool
picture_is_fit(const struct render *r)
{
	const struct eye *e = &r->eye;
	const AVCodecParameters *par = e->video->codecpar;
	const uint8_t *conf = par->extradata; /* avcC: version, profile, constraints, level, ... */
	const struct span *seen = &e->seen;

	if (par->codec_id != AV_CODEC_ID_H264 || par->extradata_size < 7 || conf[0] != 1 ||
	    par->codec_tag == MKTAG('a', 'v', 'c', '3'))
		return false;
	if ((conf[1] != 66 && conf[1] != 77 && conf[1] != 100) || conf[3] > LEVEL_MAX ||
	    (conf[5] & 31) != 1)
		return false;
	if ((e->best->format != AV_PIX_FMT_YUV420P && e->best->format != AV_PIX_FMT_YUVJ420P) ||
	    e->sar.num != e->sar.den || e->turn.mirror || e->best->width != par->width ||
	    e->best->height != par->height || scaler_is_interlaced(e->best) ||
	    scaler_is_hdr(e->best))
		return false;
	return !seen->ragged && !seen->cut && seen->key_gap <= KEY_GAP_MAX &&
	       seen->packets * LOOK_US <= COPY_FPS_MAX * (seen->last - seen->first) + LOOK_US &&
	       bits_a_second(seen) <= r->recipe->copy_max_kbps * INT64_C(1000);
}

/* The size of a rung, which the encoder and level 4.2 must take. */
static void
set_size(struct rung *g, int width, int height)
{
	int edge = width < height ? width : height, longest = width < height ? height : width;
	double by = 1, most = BLOCKS_MAX * 256 * 0.97;

	if (edge > g->want->short_edge)
		by = (double)g->want->short_edge / edge;
	if (longest * by > LONGEST_EDGE)
		by = (double)LONGEST_EDGE / longest;
	if (width * by * height * by > most)
		by = sqrt(most / width / height);
	g->width = picture_even(width, by);
	g->height = picture_even(height, by);
}

/* Which rungs there are to be. */
static void
plan(struct render *r, const int *fds)
{
	const struct media_info *info = &r->eye.look->info;
	const struct media_recipe *recipe = r->recipe;
	int edge = info->width < info->height ? info->width : info->height;
	int n = (int)recipe->rungs_n, top = n - 1;

	while (top > 0 && !FITS(edge, recipe->rungs[top].short_edge))
		top--;
	for (int i = top; i < n; i++) {
		struct rung *g = &r->rungs[r->rungs_n];
		bool copy =
		    i == top && FITS(edge, recipe->rungs[i].short_edge) && picture_is_fit(r);

		if (fds[i] < 0 || (recipe->copy_only && !copy))
			continue;
		*g = (struct rung){ .index = i, .want = &recipe->rungs[i], .copy = copy };
		if (copy) {
			g->width = info->width;
			g->height = info->height;
		} else {
			set_size(g, info->width, info->height);
			r->encoded++;
		}
		r->rungs_n++;
	}
}

/* Whether the encoders must live on less memory than they would like to. */
static bool
memory_is_small(const struct render *r)
{
	return r->limits->memory_bytes < MEMORY_USUAL;
}

static int
set_options(const struct render *r, const struct rung *g, AVDictionary **options)
{
	int rc = av_dict_set(options, "preset", r->recipe->preset, 0);

	if (rc >= 0)
		rc = av_dict_set_int(options, "crf", g->want->crf, 0);
	if (rc >= 0)
		rc = av_dict_set(options, "profile", "high", 0);
	if (rc >= 0)
		rc = av_dict_set(options, "forced-idr", "1", 0);
	/* Each frame that waits to be looked at, and each one referred to, is one in memory. */
	if (rc >= 0 && memory_is_small(r))
		rc = av_dict_set(
		    options, "x264-params", "rc-lookahead=5:sync-lookahead=0:ref=1", 0);
	return rc;
}

static int
open_encoder(struct render *r, struct rung *g)
{
	const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
	bool lying = r->eye.look->info.rotation % 180 != 0;
	AVDictionary *options = NULL;
	AVCodecContext *enc;
	int rc;

	enc = g->enc = codec != NULL ? avcodec_alloc_context3(codec) : NULL;
	if (enc == NULL)
		return codec == NULL ? AVERROR(EINVAL) : AVERROR(ENOMEM);
	enc->width = g->width;
	enc->height = g->height;
	enc->pix_fmt = AV_PIX_FMT_YUV420P;
	enc->sample_aspect_ratio = (AVRational){ 1, 1 };
	enc->time_base = (AVRational){ 1, TICKS };
	enc->framerate = r->fps;
	/* Keyframes are asked for by time.  Others would make the rungs differ: so far apart, x264
	 * thinks of none. */
	enc->gop_size = 600;
	enc->keyint_min = 300;
	enc->rc_max_rate = g->want->max_kbps * INT64_C(1000);
	enc->rc_buffer_size = 2 * g->want->max_kbps * 1000;
	enc->color_range = AVCOL_RANGE_MPEG;
	enc->colorspace = AVCOL_SPC_BT709;
	enc->color_primaries = AVCOL_PRI_BT709;
	enc->color_trc = AVCOL_TRC_BT709;
	enc->thread_count = memory_is_small(r) ? 1 : r->limits->threads;
	enc->flags |=
	    AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_CLOSED_GOP | AV_CODEC_FLAG_BITEXACT;
	rc = set_options(r, g, &options);
	if (rc >= 0)
		rc = avcodec_open2(enc, codec, &options);
	av_dict_free(&options);
	if (rc >= 0)
		rc = picture_new(&g->picture, enc->pix_fmt, g->width, g->height);
	if (rc >= 0 && picture_turns(r->eye.turn))
		rc = picture_new(&g->lying, enc->pix_fmt, lying ? g->height : g->width,
		    lying ? g->width : g->height);
	if (rc < 0)
		return rc;
	g->scaler.flags = SWS_BICUBIC;
	g->picture->color_range = AVCOL_RANGE_MPEG;
	g->picture->colorspace = AVCOL_SPC_BT709;
	if (g->lying != NULL)
		g->lying->color_range = AVCOL_RANGE_MPEG;
	return 0;
}

static int
give_sound(void *arg, const AVPacket *pkt)
{
	struct render *r = arg;
	int rc = 0;

	for (int i = 0; rc >= 0 && i < r->rungs_n; i++)
		rc = mp4_sound(&r->rungs[i].out, pkt, r->sound.enc->time_base);
	return rc;
}

/* Decodes until it is known what the sound is like; without a frame there is no sound. */
static bool
open_sound(struct render *r)
{
	struct eye *e = &r->eye;
	AVRational base = e->sound->time_base;
	AVCodecContext *dec = sound_decoder(e->sound->codecpar, base);
	bool found = false;
	int rc = 0;

	for (int tries = 0; dec != NULL && !found && tries < SOUND_TRIES;) {
		if (av_read_frame(e->fmt, e->pkt) < 0)
			break;
		if (e->pkt->stream_index == e->sound->index) {
			tries++;
			found = avcodec_send_packet(dec, e->pkt) >= 0 &&
				avcodec_receive_frame(dec, e->frame) >= 0;
		}
		av_packet_unref(e->pkt);
	}
	/* A new decoder: not all of them forget what they have heard. */
	avcodec_free_context(&dec);
	if (found && (dec = sound_decoder(e->sound->codecpar, base)) != NULL) {
		r->sound.give = give_sound;
		r->sound.arg = r;
		rc = sound_open(&r->sound, dec, e->frame, base, r->origin_us,
		    e->look->info.duration_ms * 1000 + LOOK_US);
		av_frame_unref(e->frame);
		r->sound_made = rc >= 0;
	}
	return (rc >= 0 || broken(r, rc)) && look_again(e);
}

static bool
open_outputs(struct render *r, const int *fds)
{
	const struct eye *e = &r->eye;
	AVCodecParameters *video = avcodec_parameters_alloc(), *sound = avcodec_parameters_alloc();
	AVRational sound_base = { 1, 1 };
	int rc = video != NULL && sound != NULL ? 0 : AVERROR(ENOMEM);
	bool bad_recipe = false;

	if (rc >= 0 && r->sound_copied && e->sound != NULL) {
		rc = avcodec_parameters_copy(sound, e->sound->codecpar);
		sound_base = e->sound->time_base;
	} else if (rc >= 0 && r->sound_made) {
		rc = avcodec_parameters_from_context(sound, r->sound.enc);
		sound_base = r->sound.enc->time_base;
	}
	for (int i = 0; rc >= 0 && i < r->rungs_n; i++) {
		struct rung *g = &r->rungs[i];

		if (g->copy) {
			rc = avcodec_parameters_copy(video, e->video->codecpar);
		} else {
			rc = open_encoder(r, g);
			/* An option that it does not know: the recipe's. */
			if (rc == AVERROR(EINVAL)) {
				bad_recipe = true;
				break;
			}
			if (rc >= 0)
				rc = avcodec_parameters_from_context(video, g->enc);
		}
		if (rc >= 0)
			rc = mp4_open(&g->out, fds[g->index], video,
			    g->copy ? e->video->time_base : g->enc->time_base,
			    g->copy ? e->turn : (struct turn){ 0 },
			    r->sound_copied || r->sound_made ? sound : NULL, sound_base, NULL);
	}
	avcodec_parameters_free(&video);
	avcodec_parameters_free(&sound);
	if (bad_recipe)
		return look_fail(&r->eye, EINVAL);
	return rc >= 0 || broken(r, rc);
}

/* Encodes frame (NULL: the rest) and writes what comes out. */
static int
encode(struct render *r, struct rung *g, const AVFrame *frame)
{
	AVPacket *pkt = r->pkt;
	int64_t usual = av_rescale(TICKS, r->fps.den, r->fps.num);
	int64_t end = av_rescale(r->eye.seen.last - r->origin_us, TICKS, LOOK_US);
	int rc = avcodec_send_frame(g->enc, frame);

	while (rc >= 0) {
		rc = avcodec_receive_packet(g->enc, pkt);
		if (rc < 0)
			break;
		/* The last one is shown until the input's is over. */
		pkt->duration = frame == NULL && pkt->pts == r->last_tick && end - pkt->pts > 0
				    ? end - pkt->pts
				    : usual;
		rc = mp4_picture(&g->out, pkt, g->enc->time_base);
		av_packet_unref(pkt);
	}
	return rc == AVERROR(EAGAIN) || rc == AVERROR_EOF ? 0 : rc;
}

/* One frame down the ladder. */
static int
lower(struct render *r, const AVFrame *frame, int64_t tick, bool key)
{
	const AVFrame *from = frame;
	struct turn turn = r->eye.turn;
	int rc = 0;

	for (int i = 0; rc >= 0 && i < r->rungs_n; i++) {
		struct rung *g = &r->rungs[i];

		if (g->copy)
			continue;
		rc = av_frame_make_writable(g->picture);
		if (rc < 0)
			return rc;
		if (from == frame && picture_turns(turn)) {
			rc = scaler_run(&g->scaler, from, g->lying);
			if (rc >= 0)
				picture_turn(g->lying, turn, g->picture);
		} else {
			rc = scaler_run(&g->scaler, from, g->picture);
		}
		if (rc < 0)
			return rc;
		g->picture->pts = tick;
		g->picture->pict_type = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
		rc = encode(r, g, g->picture);
		from = g->picture;
	}
	return rc;
}

/* The frame at its time, unless there are too many. */
static bool
take_frame(struct render *r, const AVFrame *frame)
{
	struct eye *e = &r->eye;
	int64_t us = look_us(frame->best_effort_timestamp, e->video->time_base), tick;
	int rc;

	if (!look_size(e, frame->width, frame->height))
		return false;
	if (picture_is_spoilt(frame))
		r->errors++;
	if (us == AV_NOPTS_VALUE)
		tick = r->last_tick + av_rescale(TICKS, r->fps.den, r->fps.num);
	else if (us < r->origin_us || us - r->origin_us > LOOK_LONGEST_MS * INT64_C(1000))
		return true;
	else
		tick = av_rescale(us - r->origin_us, TICKS, LOOK_US);
	if (tick < r->due_tick - EARLY_TICKS || tick <= r->last_tick || tick > END_TICKS)
		return true;
	r->due_tick = r->due_tick + FRAME_TICKS > tick + FRAME_TICKS - EARLY_TICKS
			  ? r->due_tick + FRAME_TICKS
			  : tick + FRAME_TICKS - EARLY_TICKS;
	rc = lower(r, frame, tick, tick / KEY_TICKS > r->key);
	r->key = tick / KEY_TICKS;
	r->last_tick = tick;
	r->frames++;
	return rc >= 0 || broken(r, rc);
}

/* Decodes the packet (NULL: the rest).  A frame more or less that cannot be decoded is borne. */
static bool
decode(struct render *r, const AVPacket *pkt)
{
	struct eye *e = &r->eye;
	int rc = avcodec_send_packet(e->dec, pkt);

	while (rc >= 0) {
		bool ok;

		rc = avcodec_receive_frame(e->dec, e->frame);
		ok = rc < 0 || take_frame(r, e->frame);
		av_frame_unref(e->frame);
		if (!ok)
			return false;
	}
	if (rc == AVERROR(ENOMEM))
		return look_refuse(e, REFUSE_TOO_COMPLEX);
	if (rc != AVERROR(EAGAIN) && rc != AVERROR_EOF)
		r->errors++;
	return (r->errors <= ERRORS_FEW || r->errors <= e->seen.packets / ERRORS_SHARE) ||
	       look_refuse(e, REFUSE_DAMAGED);
}

/* Moves the times of a packet that is copied; base is that of its stream. */
static void
rebase(const struct render *r, AVPacket *pkt, AVRational base)
{
	int64_t origin = av_rescale_q(r->origin_us, (AVRational){ 1, LOOK_US }, base);

	pkt->pts -= origin;
	pkt->dts -= origin;
}

static bool
take_picture(struct render *r, AVPacket *pkt)
{
	AVRational base = r->eye.video->time_base;
	int rc = 0;

	if (r->encoded > 0 && !decode(r, pkt))
		return false;
	for (int i = 0; rc >= 0 && i < r->rungs_n; i++) {
		if (!r->rungs[i].copy)
			continue;
		rebase(r, pkt, base);
		rc = mp4_picture(&r->rungs[i].out, pkt, base);
	}
	return rc >= 0 || broken(r, rc);
}

static bool
take_sound(struct render *r, AVPacket *pkt)
{
	int rc = 0;

	if (r->sound_made) {
		rc = sound_packet(&r->sound, pkt);
	} else if (r->sound_copied && pkt != NULL) {
		rebase(r, pkt, r->eye.sound->time_base);
		for (int i = 0; rc >= 0 && i < r->rungs_n; i++)
			rc = mp4_sound(&r->rungs[i].out, pkt, r->eye.sound->time_base);
	}
	return rc >= 0 || broken(r, rc);
}

static void
tell(const struct render *r, const AVPacket *pkt)
{
	const struct span *seen = &r->eye.seen;
	int64_t us = look_us(pkt->dts, r->eye.video->time_base);

	if (us != AV_NOPTS_VALUE && us > seen->first && us <= seen->last)
		cell_progress((int)((us - seen->first) * 99 / (seen->last - seen->first)));
}

static bool
read_through(struct render *r)
{
	struct eye *e = &r->eye;
	int rc;

	while ((rc = av_read_frame(e->fmt, e->pkt)) >= 0) {
		bool ok = true;

		if (e->pkt->stream_index == e->video->index) {
			tell(r, e->pkt);
			ok = take_picture(r, e->pkt);
		} else if (e->sound != NULL && e->pkt->stream_index == e->sound->index) {
			ok = take_sound(r, e->pkt);
		}
		av_packet_unref(e->pkt);
		if (!ok)
			return false;
	}
	if (rc == AVERROR(ENOMEM))
		return broken(r, rc);
	if (r->encoded > 0) {
		if (!decode(r, NULL))
			return false;
		if (r->frames == 0)
			return look_refuse(e, REFUSE_DAMAGED);
	}
	return take_sound(r, NULL);
}

static bool
end_outputs(struct render *r)
{
	struct look *look = r->eye.look;
	int rc = 0;

	for (int i = 0; rc >= 0 && i < r->rungs_n; i++) {
		struct rung *g = &r->rungs[i];

		if (!g->copy)
			rc = encode(r, g, NULL);
		if (rc >= 0)
			rc = mp4_end(&g->out);
		if (rc < 0)
			return broken(r, rc);
		look->outs[look->outs_n] = (struct media_output){ .rung = g->index,
			.width = g->width,
			.height = g->height,
			.duration_ms = g->out.end_us / 1000,
			.bytes = g->out.size,
			.copied = g->copy,
			.sound = r->sound_copied || r->sound_made };
		mp4_codecs(&g->out, look->outs[look->outs_n].codecs, sizeof look->outs->codecs);
		look->outs_n++;
	}
	return true;
}

/* What both picture and sound are counted from, and how many frames a second there are. */
static void
set_times(struct render *r)
{
	const struct span *seen = &r->eye.seen, *heard = &r->eye.heard;
	int64_t us = seen->last - seen->first, begin = heard->first;

	r->origin_us = seen->first;
	/* Sound from before 0 is there to be decoded, not to be heard. */
	if (begin < 0 && seen->first >= 0)
		begin = 0;
	if (heard->any && begin < seen->first)
		r->origin_us = begin;
	if (us < 1 || av_reduce(&r->fps.num, &r->fps.den, seen->packets * LOOK_US, us, 60000) < 0 ||
	    r->fps.num < 1 || r->fps.den < 1)
		r->fps = (AVRational){ 30, 1 };
	if (av_q2d(r->fps) > 60)
		r->fps = (AVRational){ 60, 1 };
	r->last_tick = r->due_tick = r->key = -1;
}

static bool
render(struct render *r, const int *fds)
{
	struct eye *e = &r->eye;

	plan(r, fds);
	if (r->rungs_n == 0)
		return true;
	r->pkt = av_packet_alloc();
	if (r->pkt == NULL)
		return broken(r, AVERROR(ENOMEM));
	set_times(r);
	if (!look_again(e))
		return false;
	if (e->sound != NULL && e->heard.any) {
		r->sound_copied = sound_is_fit(e->sound->codecpar) && !e->heard.ragged &&
				  !e->heard.cut && bits_a_second(&e->heard) <= SOUND_COPY_MAX;
		if (!r->sound_copied && !open_sound(r))
			return false;
	}
	return open_outputs(r, fds) && read_through(r) && end_outputs(r);
}

void
render_say_nothing(void *context, int level, const char *fmt, va_list args)
{
	(void)context;
	(void)level;
	(void)fmt;
	(void)args;
}

void
render_clip(
    int in, const int *outs, const struct media_limits *limits, const void *arg, void *reply)
{
	static struct render state; /* the cell ends with it, and so does all that it holds */
	struct render *r = &state;
	const struct media_order *order = arg;
	bool cover = false;

	av_log_set_callback(render_say_nothing);
	r->recipe = order->recipe;
	r->limits = limits;
	for (size_t i = 0; i < order->pictures_n; i++)
		cover |= outs[i] >= 0;
	if (!look_at(&r->eye, in, reply) || !cover_find(&r->eye, order->cover_at_ms, cover) ||
	    !cover_write(&r->eye, order->pictures, order->pictures_n, outs))
		return;
	if (r->recipe != NULL && !render(r, outs + MEDIA_PICTURES_MAX))
		return;
	r->eye.look->end = MEDIA_OK;
	cell_progress(100);
}
