/* mp4.c - see mp4.h.
 *
 * libavformat puts the index (moov) first by opening the file a second time, which a cell cannot.
 * So it writes the index last, and we move it: read it, add its own size to every offset in it,
 * shift all that stands between, write it in front.  What was copied from the input is stripped:
 * parameters only, no metadata, no other side data, and from the picture every unit that is none
 * of it (SEI: cameras and encoders write text there). */
#include "media/mp4.h"

#include <errno.h>
#include <libavutil/display.h>
#include <libavutil/opt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define IO_BYTES 65536
#define SHIFT_BYTES (1 << 20)
/* An hour of 60 pictures a second has an index of some 5 MB. */
#define INDEX_MAX (64 << 20)
#define DEPTH_MAX 8

/* What the callback of a muxer is given. */
#if LIBAVFORMAT_VERSION_MAJOR >= 61
#define BYTES const uint8_t
#else
#define BYTES uint8_t
#endif

static int
put(int fd, const uint8_t *p, size_t n, int64_t at)
{
	while (n > 0) {
		ssize_t done = pwrite(fd, p, n, (off_t)at);

		if (done < 0)
			return AVERROR(errno);
		p += done;
		n -= (size_t)done;
		at += done;
	}
	return 0;
}

static int
get(int fd, uint8_t *p, size_t n, int64_t at)
{
	while (n > 0) {
		ssize_t done = pread(fd, p, n, (off_t)at);

		if (done < 0)
			return AVERROR(errno);
		if (done == 0)
			return AVERROR_EOF;
		p += done;
		n -= (size_t)done;
		at += done;
	}
	return 0;
}

static int
write_out(void *opaque, BYTES *from, int n)
{
	struct mp4 *m = opaque;
	int rc = put(m->fd, from, (size_t)n, m->at);

	if (rc < 0)
		return rc;
	m->at += n;
	if (m->at > m->size)
		m->size = m->at;
	return n;
}

static int64_t
seek_out(void *opaque, int64_t to, int whence)
{
	struct mp4 *m = opaque;

	whence &= ~AVSEEK_FORCE;
	if (whence == AVSEEK_SIZE)
		return m->size;
	if (whence == SEEK_CUR)
		to += m->at;
	else if (whence == SEEK_END)
		to += m->size;
	else if (whence != SEEK_SET)
		to = -1;
	if (to < 0)
		return AVERROR(EINVAL);
	return m->at = to;
}

int
mp4_turn(AVStream *stream, struct turn turn)
{
	const size_t size = 9 * sizeof(int32_t);
#if LIBAVCODEC_VERSION_MAJOR >= 61
	AVPacketSideData *d = av_packet_side_data_new(&stream->codecpar->coded_side_data,
	    &stream->codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX, size, 0);
	int32_t *matrix = d != NULL ? (int32_t *)(void *)d->data : NULL;
#else
	int32_t *matrix =
	    (int32_t *)(void *)av_stream_new_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, size);
#endif

	if (matrix == NULL)
		return AVERROR(ENOMEM);
	/* A matrix mirrors what it has turned. */
	av_display_rotation_set(matrix, turn.mirror ? 360 - turn.rotation : turn.rotation);
	if (turn.mirror)
		av_display_matrix_flip(matrix, 1, 0);
	return 0;
}

/* A stream with these parameters and nothing else. */
static int
add_stream(struct mp4 *m, const AVCodecParameters *par, AVRational base, AVStream **out)
{
	AVStream *s = avformat_new_stream(m->fmt, NULL);
	int rc;

	if (s == NULL)
		return AVERROR(ENOMEM);
	rc = avcodec_parameters_copy(s->codecpar, par);
	if (rc < 0)
		return rc;
#if LIBAVCODEC_VERSION_MAJOR >= 61
	av_packet_side_data_free(&s->codecpar->coded_side_data, &s->codecpar->nb_coded_side_data);
#endif
	s->codecpar->codec_tag = 0;
	s->time_base = base;
	*out = s;
	return 0;
}

/* Leaves in the picture what a decoder needs: no SEI (6), no filling (12), nothing unassigned. */
static int
add_filter(struct mp4 *m, const AVCodecParameters *par, AVRational base)
{
	const AVBitStreamFilter *f = av_bsf_get_by_name("filter_units");
	int rc = f != NULL ? av_bsf_alloc(f, &m->filter) : AVERROR_BSF_NOT_FOUND;

	if (rc >= 0)
		rc = avcodec_parameters_copy(m->filter->par_in, par);
	if (rc < 0)
		return rc;
	m->filter->time_base_in = base;
	rc = av_opt_set(m->filter, "remove_types", "6|12|24-31", AV_OPT_SEARCH_CHILDREN);
	return rc < 0 ? rc : av_bsf_init(m->filter);
}

int
mp4_open(struct mp4 *m, int fd, const AVCodecParameters *video, AVRational video_base,
    struct turn turn, const AVCodecParameters *sound, AVRational sound_base, const char *movflags)
{
	AVDictionary *options = NULL;
	unsigned char *buffer;
	int rc;

	*m = (struct mp4){ .fd = fd, .fragmented = movflags != NULL };
	rc = avformat_alloc_output_context2(&m->fmt, NULL, "mp4", NULL);
	if (rc < 0)
		return rc;
	m->pkt = av_packet_alloc();
	buffer = av_malloc(IO_BYTES);
	if (m->pkt == NULL || buffer == NULL)
		return AVERROR(ENOMEM);
	m->fmt->pb = avio_alloc_context(buffer, IO_BYTES, 1, m, NULL, write_out, seek_out);
	if (m->fmt->pb == NULL) {
		av_free(buffer);
		return AVERROR(ENOMEM);
	}
	/* No name and version of libav in the file. */
	m->fmt->flags |= AVFMT_FLAG_BITEXACT;
	rc = add_filter(m, video, video_base);
	if (rc >= 0)
		rc = add_stream(m, m->filter->par_out, video_base, &m->video);
	if (rc >= 0)
		m->video->sample_aspect_ratio = (AVRational){ 1, 1 };
	if (rc >= 0 && picture_turns(turn))
		rc = mp4_turn(m->video, turn);
	if (rc >= 0 && sound != NULL)
		rc = add_stream(m, sound, sound_base, &m->sound);
	if (rc >= 0)
		rc = av_dict_set(&options, "movflags", movflags, 0);
	if (rc >= 0)
		rc = avformat_write_header(m->fmt, &options);
	av_dict_free(&options);
	return rc;
}

/* Writes m->pkt, which is empty afterwards. */
static int
write_packet(struct mp4 *m, AVStream *s, AVRational base)
{
	int64_t end_us =
	    av_rescale_q(m->pkt->pts + m->pkt->duration, base, (AVRational){ 1, 1000000 });

	if (end_us > m->end_us)
		m->end_us = end_us;
	av_packet_rescale_ts(m->pkt, base, s->time_base);
	m->pkt->stream_index = s->index;
	m->pkt->pos = -1;
	return av_interleaved_write_frame(m->fmt, m->pkt);
}

/* A reference to the packet at m->pkt, without what its container said beside it. */
static int
take_packet(struct mp4 *m, const AVPacket *pkt)
{
	int rc = av_packet_ref(m->pkt, pkt);

	if (rc >= 0) {
		av_packet_free_side_data(m->pkt);
		m->pkt->flags &= AV_PKT_FLAG_KEY;
	}
	return rc;
}

int
mp4_picture(struct mp4 *m, const AVPacket *pkt, AVRational base)
{
	int rc = take_packet(m, pkt);

	if (rc >= 0)
		rc = av_bsf_send_packet(m->filter, m->pkt);
	while (rc >= 0) {
		rc = av_bsf_receive_packet(m->filter, m->pkt);
		if (rc >= 0)
			rc = write_packet(m, m->video, base);
	}
	av_packet_unref(m->pkt);
	return rc == AVERROR(EAGAIN) ? 0 : rc;
}

int
mp4_sound(struct mp4 *m, const AVPacket *pkt, AVRational base)
{
	int rc = take_packet(m, pkt);

	return rc < 0 ? rc : write_packet(m, m->sound, base);
}

static uint64_t
big_endian(const uint8_t *p, int n)
{
	uint64_t v = 0;

	for (int i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

static void
put_big_endian(uint8_t *p, int n, uint64_t v)
{
	for (int i = n - 1; i >= 0; i--, v >>= 8)
		p[i] = (uint8_t)v;
}

/* Adds by to the n offsets, each of width bytes, of a chunk table. */
static int
move_offsets(uint8_t *box, size_t size, int width, uint64_t by)
{
	uint64_t n;

	if (size < 16)
		return AVERROR_INVALIDDATA;
	n = big_endian(box + 12, 4);
	if (n > (size - 16) / (size_t)width)
		return AVERROR_INVALIDDATA;
	for (uint8_t *p = box + 16; n > 0; n--, p += width) {
		uint64_t v = big_endian(p, width) + by;

		/* Between 4 GiB and 4 GiB less an index: no such file is worth its own case. */
		if (width == 4 && v > UINT32_MAX)
			return AVERROR(EFBIG);
		put_big_endian(p, width, v);
	}
	return 0;
}

/* The same in every chunk table below the boxes of p. */
static int
move_index(uint8_t *p, size_t size, uint64_t by, int depth)
{
	static const char *const inner[] = { "moov", "trak", "mdia", "minf", "stbl" };
	int rc = 0;

	if (depth > DEPTH_MAX)
		return AVERROR_INVALIDDATA;
	while (rc >= 0 && size >= 8) {
		size_t len = (size_t)big_endian(p, 4);

		if (len < 8 || len > size)
			return AVERROR_INVALIDDATA;
		for (size_t i = 0; i < sizeof inner / sizeof *inner; i++)
			if (memcmp(p + 4, inner[i], 4) == 0)
				rc = move_index(p + 8, len - 8, by, depth + 1);
		if (memcmp(p + 4, "stco", 4) == 0)
			rc = move_offsets(p, len, 4, by);
		else if (memcmp(p + 4, "co64", 4) == 0)
			rc = move_offsets(p, len, 8, by);
		p += len;
		size -= len;
	}
	return rc < 0 || size == 0 ? rc : AVERROR_INVALIDDATA;
}

/* Where the type box ends and where the index begins, which is the last box of the file. */
static int
find_index(const struct mp4 *m, int64_t *type_end, int64_t *index)
{
	*type_end = *index = 0;
	for (int64_t at = 0; at <= m->size - 16;) {
		uint8_t head[16];
		uint64_t len;
		int rc = get(m->fd, head, sizeof head, at);

		if (rc < 0)
			return rc;
		len = big_endian(head, 4);
		if (len == 1)
			len = big_endian(head + 8, 8);
		if (len < 8 || len > (uint64_t)(m->size - at))
			return AVERROR_INVALIDDATA;
		if (memcmp(head + 4, "ftyp", 4) == 0)
			*type_end = at + (int64_t)len;
		if (memcmp(head + 4, "moov", 4) == 0)
			*index = at;
		at += (int64_t)len;
		if (*index > 0 && at == m->size)
			return m->size - *index <= INDEX_MAX ? 0 : AVERROR(EFBIG);
	}
	return AVERROR_INVALIDDATA;
}

/* Moves the bytes from..to of the file up by n, the last ones first. */
static int
shift(const struct mp4 *m, int64_t from, int64_t to, int64_t n)
{
	uint8_t *block = av_malloc(SHIFT_BYTES);
	int rc = block != NULL ? 0 : AVERROR(ENOMEM);

	while (rc >= 0 && to > from) {
		size_t some = to - from < SHIFT_BYTES ? (size_t)(to - from) : SHIFT_BYTES;

		to -= (int64_t)some;
		rc = get(m->fd, block, some, to);
		if (rc >= 0)
			rc = put(m->fd, block, some, to + n);
	}
	av_free(block);
	return rc;
}

static int
put_index_first(struct mp4 *m)
{
	int64_t type_end, at;
	uint8_t *index;
	size_t size;
	int rc = find_index(m, &type_end, &at);

	if (rc < 0)
		return rc;
	size = (size_t)(m->size - at);
	index = av_malloc(size);
	if (index == NULL)
		return AVERROR(ENOMEM);
	rc = get(m->fd, index, size, at);
	if (rc >= 0)
		rc = move_index(index, size, size, 0);
	if (rc >= 0)
		rc = shift(m, type_end, at, (int64_t)size);
	if (rc >= 0)
		rc = put(m->fd, index, size, type_end);
	av_free(index);
	return rc;
}

int
mp4_cut(struct mp4 *m)
{
	int rc = av_interleaved_write_frame(m->fmt, NULL);

	if (rc >= 0)
		rc = av_write_frame(m->fmt, NULL);
	if (rc < 0)
		return rc;
	avio_flush(m->fmt->pb);
	return m->fmt->pb->error;
}

int
mp4_end(struct mp4 *m)
{
	int rc = av_write_trailer(m->fmt);

	if (rc >= 0) {
		avio_flush(m->fmt->pb);
		rc = m->fmt->pb->error;
	}
	return rc < 0 || m->fragmented ? rc : put_index_first(m);
}

/* The profile, constraints and level of a picture: in avcC after its version, else in the first
 * unit that is a sequence's parameters. */
static const uint8_t *
profile_of(const AVCodecParameters *par)
{
	const uint8_t *p = par->extradata;

	if (par->extradata_size >= 4 && p[0] == 1)
		return p + 1;
	for (int i = 0; i + 7 <= par->extradata_size; i++)
		if (p[i] == 0 && p[i + 1] == 0 && p[i + 2] == 1 && (p[i + 3] & 31) == 7)
			return p + i + 4;
	return NULL;
}

void
mp4_codecs(const struct mp4 *m, char *to, size_t size)
{
	const uint8_t *p = profile_of(m->video->codecpar);

	snprintf(to, size, "avc1.%02x%02x%02x%s", p != NULL ? p[0] : 0, p != NULL ? p[1] : 0,
	    p != NULL ? p[2] : 0, m->sound != NULL ? ",mp4a.40.2" : "");
}

void
mp4_close(struct mp4 *m)
{
	if (m->fmt != NULL && m->fmt->pb != NULL) {
		av_freep(&m->fmt->pb->buffer);
		avio_context_free(&m->fmt->pb);
	}
	avformat_free_context(m->fmt);
	av_bsf_free(&m->filter);
	av_packet_free(&m->pkt);
	*m = (struct mp4){ 0 };
}
