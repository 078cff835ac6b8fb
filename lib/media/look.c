/* look.c - the first work of the cell: demux and check.
 *
 * Each step either goes on or ends the look with a reason.  The order matters: nothing is decoded
 * before the size of the picture is known to be sane and the packets are known to be there, and no
 * codec but the one decoder below is ever opened (avformat_find_stream_info would open its own).
 * libav sees the file through read and seek only; it has no protocol to reach anything else. */
#include "media/look.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define SMALLEST 16
#define LARGEST 8192
#define MAX_PIXELS INT64_C(36000000)
#define SHORTEST_MS 100
/* So much missing sound is silence, which only an encoder can make. */
#define HOLE_US (US / 10)
#define MEMORY_LEFT (32 << 20)
#define US LOOK_US

static const struct kind {
	enum AVCodecID id;
	const char *decoder;
} kinds[] = {
	{ AV_CODEC_ID_H264, "h264" },
	{ AV_CODEC_ID_HEVC, "hevc" },
	{ AV_CODEC_ID_VP8, "vp8" },
	{ AV_CODEC_ID_VP9, "vp9" },
	{ AV_CODEC_ID_AV1, "libdav1d" },
	{ AV_CODEC_ID_MPEG4, "mpeg4" },
	{ AV_CODEC_ID_MJPEG, "mjpeg" },
};

/* Decoders that got no memory for a frame often call its data bad. */
static bool
memory_is_short(void)
{
	void *p = malloc(MEMORY_LEFT);

	free(p);
	return p == NULL;
}

bool
look_refuse(struct eye *e, enum refuse why)
{
	if (why == REFUSE_DAMAGED && memory_is_short())
		why = REFUSE_TOO_COMPLEX;
	e->look->end = MEDIA_REFUSED;
	e->look->why = why;
	return false;
}

bool
look_refuse_for(struct eye *e, int rc, enum refuse why)
{
	return look_refuse(e, rc == AVERROR(ENOMEM) ? REFUSE_TOO_COMPLEX : why);
}

bool
look_fail(struct eye *e, int error)
{
	e->look->end = MEDIA_FAILED;
	e->look->error = error;
	return false;
}

static int
read_in(void *opaque, uint8_t *to, int n)
{
	struct eye *e = opaque;
	ssize_t got = pread(e->in, to, (size_t)n, e->at);

	if (got < 0)
		return AVERROR(errno);
	e->at += got;
	return got == 0 ? AVERROR_EOF : (int)got;
}

static int64_t
seek_in(void *opaque, int64_t to, int whence)
{
	struct eye *e = opaque;

	whence &= ~AVSEEK_FORCE;
	if (whence == AVSEEK_SIZE)
		return e->size;
	if (whence == SEEK_CUR)
		to = to > INT64_MAX - e->at ? -1 : to + e->at;
	else if (whence == SEEK_END)
		to = to > 0 ? -1 : to + e->size;
	else if (whence != SEEK_SET)
		to = -1;
	if (to < 0)
		return AVERROR(EINVAL);
	return e->at = to;
}

/* References to other files lead nowhere. */
static int
open_nothing(
    AVFormatContext *fmt, AVIOContext **io, const char *url, int flags, AVDictionary **options)
{
	(void)fmt;
	(void)url;
	(void)flags;
	(void)options;
	*io = NULL;
	return AVERROR(EPERM);
}

static uint64_t
big_endian(const unsigned char *p, int n)
{
	uint64_t v = 0;

	for (int i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

/* Whether a file of the MPEG-4 family has its index (the moov box) whole. */
static bool
has_index(const struct eye *e)
{
	uint64_t size = (uint64_t)e->size, at = 0;

	for (int boxes = 0; boxes < 1000 && at + 8 <= size; boxes++) {
		unsigned char head[16];
		ssize_t got = pread(e->in, head, sizeof head, (off_t)at);
		uint64_t len;

		if (got < 8)
			return false;
		len = big_endian(head, 4);
		if (len == 0)
			len = size - at;
		else if (len == 1)
			len = got < 16 ? 0 : big_endian(head + 8, 8);
		if (len < 8 || len > size - at)
			return false;
		if (memcmp(head + 4, "moov", 4) == 0)
			return true;
		at += len;
	}
	return false;
}

static bool
open_clip(struct eye *e)
{
	static const struct {
		const char *sniffed, *demuxer;
	} demuxers[] = { { "mp4", "mov" }, { "mov", "mov" }, { "webm", "matroska" },
		{ "mkv", "matroska" }, { "avi", "avi" } };
	unsigned char head[4096];
	ssize_t n = pread(e->in, head, sizeof head, 0);
	const char *sniffed = n > 0 ? media_sniff(head, (size_t)n) : NULL;
	const AVInputFormat *demuxer = NULL;
	AVDictionary *options = NULL;
	unsigned char *buffer;
	bool boxes;
	int rc;

	for (size_t i = 0; sniffed != NULL && i < sizeof demuxers / sizeof *demuxers; i++)
		if (strcmp(sniffed, demuxers[i].sniffed) == 0)
			demuxer = av_find_input_format(demuxers[i].demuxer);
	if (demuxer == NULL)
		return look_refuse(e, REFUSE_UNREADABLE);

	e->fmt = avformat_alloc_context();
	buffer = av_malloc(65536);
	if (e->fmt == NULL || buffer == NULL)
		return look_refuse(e, REFUSE_TOO_COMPLEX);
	e->fmt->pb = avio_alloc_context(buffer, 65536, 0, e, read_in, NULL, seek_in);
	if (e->fmt->pb == NULL)
		return look_refuse(e, REFUSE_TOO_COMPLEX);
	e->fmt->io_open = open_nothing;
	/* The demuxer is given, not guessed; the lists bind what a demuxer opens by itself. */
	if (av_dict_set(&options, "format_whitelist", "mov,matroska,avi", 0) < 0 ||
	    av_dict_set(&options, "codec_whitelist", "none", 0) < 0 ||
	    av_dict_set(&options, "protocol_whitelist", "none", 0) < 0 ||
	    av_dict_set(&options, "probesize", "5000000", 0) < 0 ||
	    av_dict_set(&options, "analyzeduration", "5000000", 0) < 0 ||
	    av_dict_set(&options, "max_streams", "16", 0) < 0 ||
	    av_dict_set(&options, "enable_drefs", "0", 0) < 0)
		return look_refuse(e, REFUSE_TOO_COMPLEX);
	rc = avformat_open_input(&e->fmt, "", demuxer, &options);
	av_dict_free(&options);
	boxes = strcmp(sniffed, "mp4") == 0 || strcmp(sniffed, "mov") == 0;
	if (rc < 0)
		return look_refuse_for(
		    e, rc, boxes && has_index(e) ? REFUSE_DAMAGED : REFUSE_UNREADABLE);
	/* libav makes do with the part of an index that is there. */
	return !boxes || has_index(e) || look_refuse(e, REFUSE_TRUNCATED);
}

const void *
look_side_data(const AVStream *s, enum AVPacketSideDataType type, size_t least)
{
#if LIBAVCODEC_VERSION_MAJOR >= 61
	const AVPacketSideData *d = av_packet_side_data_get(
	    s->codecpar->coded_side_data, s->codecpar->nb_coded_side_data, type);

	return d != NULL && d->size >= least ? d->data : NULL;
#else
	size_t size = 0;
	const uint8_t *d = av_stream_get_side_data(s, type, &size);

	return d != NULL && size >= least ? d : NULL;
#endif
}

/* Sizes beyond these no decoder of ours is asked to fill. */
bool
look_size(struct eye *e, int width, int height)
{
	if (width > LARGEST || height > LARGEST || (int64_t)width * height > MAX_PIXELS)
		return look_refuse(e, REFUSE_TOO_LARGE);
	if (width < SMALLEST || height < SMALLEST)
		return look_refuse(e, REFUSE_TOO_SMALL);
	return true;
}

static void
name_codec(char name[24], enum AVCodecID id)
{
	snprintf(name, 24, "%s", avcodec_get_name(id));
}

/* Whether to take s and not the stream before it (NULL: none). */
static bool
is_better(const AVStream *s, const AVStream *before)
{
	return before == NULL || ((s->disposition & AV_DISPOSITION_DEFAULT) &&
				     !(before->disposition & AV_DISPOSITION_DEFAULT));
}

static bool
choose_streams(struct eye *e)
{
	const AVCodecParameters *par;
	struct media_info *info = &e->look->info;

	for (unsigned i = 0; i < e->fmt->nb_streams; i++) {
		AVStream *s = e->fmt->streams[i];

		if (s->codecpar->codec_type == AVMEDIA_TYPE_AUDIO && is_better(s, e->sound))
			e->sound = s;
		if (s->codecpar->codec_type != AVMEDIA_TYPE_VIDEO ||
		    (s->disposition &
			(AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS)))
			continue;
		if (is_better(s, e->video))
			e->video = s;
	}
	if (e->video == NULL)
		return look_refuse(e, REFUSE_NO_VIDEO);
	par = e->video->codecpar;
	if (par->codec_tag == MKTAG('e', 'n', 'c', 'v') ||
	    look_side_data(e->video, AV_PKT_DATA_ENCRYPTION_INIT_INFO, 1) != NULL)
		return look_refuse(e, REFUSE_ENCRYPTED);
	/* Some containers leave the size to the first frame: it is asked again there. */
	if ((par->width != 0 || par->height != 0) && !look_size(e, par->width, par->height))
		return false;
	name_codec(info->video_codec, par->codec_id);
	if (e->sound != NULL)
		name_codec(info->audio_codec, e->sound->codecpar->codec_id);
	return true;
}

static bool
open_decoder(struct eye *e)
{
	const AVCodec *codec = NULL;
	int rc;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].id == e->video->codecpar->codec_id)
			codec = avcodec_find_decoder_by_name(kinds[i].decoder);
	if (codec == NULL)
		return look_refuse(e, REFUSE_CODEC);
	e->dec = avcodec_alloc_context3(codec);
	if (e->dec == NULL)
		return look_refuse(e, REFUSE_TOO_COMPLEX);
	rc = avcodec_parameters_to_context(e->dec, e->video->codecpar);
	if (rc >= 0) {
		e->dec->pkt_timebase = e->video->time_base;
		e->dec->max_pixels = MAX_PIXELS;
		e->dec->thread_count = 1; /* the cell has no more */
		rc = avcodec_open2(e->dec, codec, NULL);
	}
	return rc >= 0 || look_refuse_for(e, rc, REFUSE_DAMAGED);
}

int64_t
look_us(int64_t t, AVRational base)
{
	return t == AV_NOPTS_VALUE ? AV_NOPTS_VALUE : av_rescale_q(t, base, (AVRational){ 1, US });
}

static int64_t
packet_time(const AVPacket *p)
{
	return p->pts != AV_NOPTS_VALUE ? p->pts : p->dts;
}

static void
remember_key(struct eye *e, int64_t t)
{
	if (e->key_skip > 0) {
		e->key_skip--;
		return;
	}
	if (e->key_count == LOOK_KEYS) {
		for (int i = 0; i < LOOK_KEYS / 2; i++)
			e->keys[i] = e->keys[2 * i];
		e->key_count = LOOK_KEYS / 2;
		e->key_step *= 2;
	}
	e->keys[e->key_count++] = t;
	e->key_skip = e->key_step - 1;
}

static void
span_add(struct span *s, int64_t t, int64_t duration)
{
	if (s->any && t > s->last && duration <= 0)
		s->gap = t - s->last;
	if (!s->any || t < s->first)
		s->first = t;
	if (duration <= 0)
		duration = s->gap;
	if (!s->any || t + duration > s->last)
		s->last = t + duration;
	s->any = true;
}

/* What a copy must know of the packet besides. */
static void
span_note(struct span *s, const AVPacket *p, AVRational base, bool may_prepare)
{
	int64_t t = look_us(packet_time(p), base);

	if (p->dts == AV_NOPTS_VALUE || p->pts == AV_NOPTS_VALUE || p->pts < p->dts ||
	    (s->packets > 0 && p->dts <= s->last_dts))
		s->ragged = true;
	s->last_dts = p->dts;
	/* Sound may begin with what only prepares the decoder. */
	if (((p->flags & AV_PKT_FLAG_DISCARD) && (s->any || !may_prepare)) ||
	    av_packet_get_side_data(p, AV_PKT_DATA_NEW_EXTRADATA, NULL) != NULL ||
	    av_packet_get_side_data(p, AV_PKT_DATA_PARAM_CHANGE, NULL) != NULL)
		s->cut = true;
	if (p->flags & AV_PKT_FLAG_KEY) {
		if (s->packets > 0 && t - s->last_key > s->key_gap)
			s->key_gap = t - s->last_key;
		s->last_key = t;
	} else if (s->packets == 0) {
		s->cut = true; /* begins with what cannot be decoded */
	}
	s->packets++;
	s->bytes += p->size;
}

bool
look_time_sane(int64_t us)
{
	return us > -(INT64_C(1) << 60) && us < INT64_C(1) << 60;
}

/* Whether so much is missing that somebody cut the file, and no muxer merely rounded. */
static bool
is_cut(int64_t expected_us, int64_t covered_us)
{
	int64_t missing = expected_us - covered_us;

	return missing > US / 2 && (missing > 3 * US || missing > expected_us / 10);
}

/* Reads every packet, decodes none: is all there that the header promises? */
static bool
scan(struct eye *e)
{
	struct span all = { 0 }, shown = { 0 }, *video = &e->seen;
	int64_t video_us = look_us(e->video->duration, e->video->time_base);
	int64_t whole_us = e->fmt->duration;
	int rc;

	if ((video_us != AV_NOPTS_VALUE && video_us > LOOK_LONGEST_MS * INT64_C(1000)) ||
	    (whole_us != AV_NOPTS_VALUE && whole_us > LOOK_LONGEST_MS * INT64_C(1000)))
		return look_refuse(e, REFUSE_TOO_LONG);

	for (; (rc = av_read_frame(e->fmt, e->pkt)) >= 0; av_packet_unref(e->pkt)) {
		const AVStream *s = e->fmt->streams[e->pkt->stream_index];
		int64_t t = look_us(packet_time(e->pkt), s->time_base);
		int64_t duration = look_us(e->pkt->duration, s->time_base);

		if (t == AV_NOPTS_VALUE || !look_time_sane(t) || !look_time_sane(duration) ||
		    (e->pkt->flags & AV_PKT_FLAG_CORRUPT)) {
			e->seen.ragged |= s == e->video;
			e->heard.ragged |= s == e->sound;
			continue;
		}
		if (s == e->video || s == e->sound)
			span_note(
			    s == e->video ? video : &e->heard, e->pkt, s->time_base, s == e->sound);
		if (e->pkt->flags & AV_PKT_FLAG_DISCARD)
			continue;
		span_add(&all, t, duration);
		if (s->codecpar->codec_type == AVMEDIA_TYPE_AUDIO || s == e->video)
			span_add(&shown, t, duration);
		if (s == e->sound) {
			/* Some containers tell a hole as the length of what comes before it. */
			e->heard.ragged |= duration > HOLE_US ||
					   (e->heard.any && t - e->heard.last > HOLE_US);
			span_add(&e->heard, t, duration);
		}
		if (s != e->video)
			continue;
		span_add(video, t, duration);
		if (av_packet_get_side_data(e->pkt, AV_PKT_DATA_ENCRYPTION_INFO, NULL) != NULL) {
			av_packet_unref(e->pkt);
			return look_refuse(e, REFUSE_ENCRYPTED);
		}
		if (e->pkt->flags & AV_PKT_FLAG_KEY)
			remember_key(e, packet_time(e->pkt));
		if (video->last - video->first > LOOK_LONGEST_MS * INT64_C(1000)) {
			av_packet_unref(e->pkt);
			return look_refuse(e, REFUSE_TOO_LONG);
		}
	}
	if (rc == AVERROR(ENOMEM))
		return look_refuse(e, REFUSE_TOO_COMPLEX);

	/* A stream knows its own length in MP4 and AVI; in Matroska only the whole has one, which
	 * counts from zero and may be that of another stream. */
	if (video_us != AV_NOPTS_VALUE && video_us > 0) {
		if (is_cut(video_us, video->last - video->first))
			return look_refuse(e, REFUSE_TRUNCATED);
	} else if (whole_us != AV_NOPTS_VALUE && whole_us > 0) {
		if (is_cut(whole_us, all.last))
			return look_refuse(e, REFUSE_TRUNCATED);
	}
	if (!video->any)
		return look_refuse(e, REFUSE_DAMAGED);
	if (video->last - video->last_key > video->key_gap)
		video->key_gap = video->last - video->last_key;
	e->look->info.duration_ms = (shown.last - shown.first) / 1000;
	if (e->look->info.duration_ms > LOOK_LONGEST_MS)
		return look_refuse(e, REFUSE_TOO_LONG);
	if (e->look->info.duration_ms < SHORTEST_MS)
		return look_refuse(e, REFUSE_TOO_SHORT);
	return true;
}

bool
look_open(struct eye *e, int in, struct look *look)
{
	*e = (struct eye){ .in = in, .key_step = 1, .best_score = -1, .look = look };
	e->size = lseek(in, 0, SEEK_END);
	e->pkt = av_packet_alloc();
	e->frame = av_frame_alloc();
	e->best = av_frame_alloc();
	if (e->size < 0 || e->pkt == NULL || e->frame == NULL || e->best == NULL)
		return look_fail(e, ENOMEM);
	return open_clip(e) && choose_streams(e);
}

bool
look_at(struct eye *e, int in, struct look *look)
{
	return look_open(e, in, look) && open_decoder(e) && scan(e);
}

bool
look_again(struct eye *e)
{
	int video = e->video->index, sound = e->sound != NULL ? e->sound->index : -1;
	AVIOContext *io = e->fmt->pb;

	avformat_close_input(&e->fmt);
	av_freep(&io->buffer);
	avio_context_free(&io);
	e->at = 0;
	if (!open_clip(e))
		return false;
	/* The same bytes: the same streams. */
	if (video >= (int)e->fmt->nb_streams || sound >= (int)e->fmt->nb_streams)
		return look_refuse(e, REFUSE_DAMAGED);
	e->video = e->fmt->streams[video];
	e->sound = sound >= 0 ? e->fmt->streams[sound] : NULL;
	for (int i = 0; i < (int)e->fmt->nb_streams; i++)
		if (i != video && i != sound)
			e->fmt->streams[i]->discard = AVDISCARD_ALL;
	avcodec_flush_buffers(e->dec);
	return true;
}
