/* hls.c - one of our own MP4s, cut for HLS without encoding it anew.  See render.h.
 *
 * One file, in which every segment is a fragment that begins with a keyframe; a playlist that says
 * where.  The last segment is no shorter than the others may be. */
#include "media/render.h"

#include "media/cell.h"
#include "media/cover.h"
#include "media/mp4.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LEAST_US (2 * LOOK_US)
#define USUAL_US (4 * LOOK_US)
/* Keyframes are a frame early or late. */
#define SLACK_US (LOOK_US / 4)
#define SEGMENTS_MAX 2048

struct segment {
	int64_t at, size, us;
};

struct hls {
	struct eye eye;
	struct mp4 out;
	int64_t head, begin_us, end_us;
	struct segment segments[SEGMENTS_MAX];
	int n;
};

static bool
broken(struct hls *h, int rc)
{
	if (rc == AVERROR(ENOSPC) || rc == AVERROR(EIO) || rc == AVERROR(EDQUOT) ||
	    rc == AVERROR(EFBIG))
		return look_fail(&h->eye, AVUNERROR(rc));
	return look_refuse_for(&h->eye, rc, REFUSE_DAMAGED);
}

/* Ends the segment that began at begin_us, at us. */
static bool
cut(struct hls *h, int64_t us)
{
	struct segment *s = &h->segments[h->n];
	int rc = 0;

	/* The first time, the head is written. */
	if (h->n == 0) {
		rc = mp4_cut(&h->out);
		h->head = h->out.size;
	}
	s->at = h->out.size;
	if (rc >= 0)
		rc = mp4_cut(&h->out);
	s->size = h->out.size - s->at;
	s->us = us - h->begin_us;
	h->begin_us = us;
	h->n++;
	return rc < 0 ? broken(h, rc)
		      : (s->size > 0 && s->us > 0) || look_refuse(&h->eye, REFUSE_DAMAGED);
}

static bool
take_picture(struct hls *h)
{
	struct eye *e = &h->eye;
	AVRational base = e->video->time_base;
	int64_t us = look_us(e->pkt->pts, base);
	int64_t end = us == AV_NOPTS_VALUE ? us : us + look_us(e->pkt->duration, base);
	int rc;

	if (us == AV_NOPTS_VALUE || !look_time_sane(us) || !look_time_sane(end))
		return look_refuse(e, REFUSE_DAMAGED);
	if (!e->seen.any)
		h->begin_us = e->seen.first = us;
	e->seen.any = true;
	if ((e->pkt->flags & AV_PKT_FLAG_KEY) && us - h->begin_us >= USUAL_US - SLACK_US &&
	    e->seen.first + look_us(e->video->duration, base) - us >= LEAST_US - SLACK_US) {
		if (h->n == SEGMENTS_MAX - 1)
			return look_refuse(e, REFUSE_TOO_LONG);
		if (!cut(h, us))
			return false;
	}
	if (end > h->end_us)
		h->end_us = end;
	rc = mp4_picture(&h->out, e->pkt, base);
	return rc >= 0 || broken(h, rc);
}

static bool
take_sound(struct hls *h)
{
	struct eye *e = &h->eye;
	int rc = mp4_sound(&h->out, e->pkt, e->sound->time_base);

	return rc >= 0 || broken(h, rc);
}

static bool
read_through(struct hls *h)
{
	struct eye *e = &h->eye;
	int rc;

	while ((rc = av_read_frame(e->fmt, e->pkt)) >= 0) {
		bool ok = e->pkt->stream_index == e->video->index ? take_picture(h) : take_sound(h);

		av_packet_unref(e->pkt);
		if (!ok)
			return false;
	}
	if (rc != AVERROR_EOF)
		return broken(h, rc);
	if (!e->seen.any || !cut(h, h->end_us))
		return e->seen.any ? false : look_refuse(e, REFUSE_DAMAGED);
	rc = mp4_end(&h->out);
	return rc >= 0 || broken(h, rc);
}

static bool
write_list(struct hls *h, int out, const char *uri)
{
	int64_t most = 0;
	char line[400];
	bool ok;

	for (int i = 0; i < h->n; i++)
		if (h->segments[i].us > most)
			most = h->segments[i].us;
	snprintf(line, sizeof line,
	    "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:%lld\n#EXT-X-MEDIA-SEQUENCE:0\n"
	    "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n"
	    "#EXT-X-MAP:URI=\"%s\",BYTERANGE=\"%lld@0\"\n",
	    (long long)((most + LOOK_US - 1) / LOOK_US), uri, (long long)h->head);
	ok = cover_put(&h->eye, out, (const uint8_t *)line, strlen(line));
	for (int i = 0; ok && i < h->n; i++) {
		const struct segment *s = &h->segments[i];

		snprintf(line, sizeof line,
		    "#EXTINF:%lld.%06lld,\n#EXT-X-BYTERANGE:%lld@%lld\n%s\n",
		    (long long)(s->us / LOOK_US), (long long)(s->us % LOOK_US), (long long)s->size,
		    (long long)s->at, uri);
		ok = cover_put(&h->eye, out, (const uint8_t *)line, strlen(line));
	}
	return ok && cover_put(&h->eye, out, (const uint8_t *)"#EXT-X-ENDLIST\n", 15);
}

static bool
open_output(struct hls *h, int out)
{
	struct eye *e = &h->eye;
	const AVStream *v = e->video, *s = e->sound;
	struct turn turn = picture_matrix_turn(
	    look_side_data(v, AV_PKT_DATA_DISPLAYMATRIX, PICTURE_MATRIX * sizeof(int32_t)));
	int rc;

	if (v->codecpar->codec_id != AV_CODEC_ID_H264 || v->codecpar->extradata_size < 7 ||
	    (s != NULL && s->codecpar->codec_id != AV_CODEC_ID_AAC))
		return look_refuse(e, REFUSE_CODEC);
	for (unsigned i = 0; i < e->fmt->nb_streams; i++)
		if (e->fmt->streams[i] != v && e->fmt->streams[i] != s)
			e->fmt->streams[i]->discard = AVDISCARD_ALL;
	rc = mp4_open(&h->out, out, v->codecpar, v->time_base, turn, s != NULL ? s->codecpar : NULL,
	    s != NULL ? s->time_base : (AVRational){ 1, 1 },
	    "frag_custom+empty_moov+delay_moov+default_base_moof+skip_trailer");
	return rc >= 0 || broken(h, rc);
}

void
render_hls(int in, const int *outs, const struct media_limits *limits, const void *arg, void *reply)
{
	static struct hls hls; /* the cell ends with it, and so does all that it holds */
	struct hls *h = &hls;

	(void)limits;
	av_log_set_callback(render_say_nothing);
	if (look_open(&h->eye, in, reply) && open_output(h, outs[0]) && read_through(h) &&
	    write_list(h, outs[1], arg))
		h->eye.look->end = MEDIA_OK;
}
