/* cover.c - see cover.h.
 *
 * A frame that was decoded with errors never becomes a cover, unless a time was asked for at which
 * there is no other.  What the search costs is bounded by packets and CPU time, not by the clip. */
#include "media/cover.h"

#include <errno.h>
#include <math.h>
#include <time.h>
#include <unistd.h>

#define US LOOK_US

/* So many keyframes are tried; below the scores the frames after them are, too, three a second, for
 * so much of the clip and of the CPU, and never for more packets than that. */
#define TRIES 6
#define SCORE_GOOD 0.45
#define SCORE_GOOD_ALONE 0.6
#define FORWARD_US (8 * US)
#define FORWARD_STEP_US (US / 3)
#define FORWARD_CPU_US (US + US / 2)
#define FORWARD_PACKETS 1000

/* Keeps the decoded frame if it is the best so far.  What was decoded with errors does not count:
 * it is half green. */
static bool
weigh(struct eye *e)
{
	double score;

	if (picture_is_spoilt(e->frame))
		return true;
	if (!look_size(e, e->frame->width, e->frame->height))
		return false;
	score = picture_score(e->frame);
	if (score < 0)
		return score != AVERROR(ENOMEM) || look_refuse(e, REFUSE_TOO_COMPLEX);
	if (score > e->best_score) {
		e->best_score = score;
		av_frame_unref(e->best);
		av_frame_move_ref(e->best, e->frame);
	}
	return true;
}

bool
cover_next_packet(struct eye *e)
{
	while (av_read_frame(e->fmt, e->pkt) >= 0) {
		if (e->pkt->stream_index == e->video->index)
			return true;
		av_packet_unref(e->pkt);
	}
	return false;
}

static bool
weigh_keyframe(struct eye *e, int64_t t)
{
	int rc;

	if (av_seek_frame(e->fmt, e->video->index, t, AVSEEK_FLAG_BACKWARD) < 0)
		return true;
	avcodec_flush_buffers(e->dec);
	if (!cover_next_packet(e))
		return true;
	rc = avcodec_send_packet(e->dec, e->pkt);
	av_packet_unref(e->pkt);
	/* Drained at once: the frame need not wait for those that are shown before it. */
	if (rc >= 0)
		rc = avcodec_send_packet(e->dec, NULL);
	while (rc >= 0) {
		rc = avcodec_receive_frame(e->dec, e->frame);
		if (rc >= 0 && !weigh(e))
			return false;
		av_frame_unref(e->frame);
	}
	return rc != AVERROR(ENOMEM) || look_refuse(e, REFUSE_TOO_COMPLEX);
}

static int64_t
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * US + t.tv_nsec / 1000;
}

/* Decodes from the start on.  The CPU budget binds only once there is a frame to show. */
static bool
weigh_forward(struct eye *e)
{
	int64_t next_us = INT64_MIN, stop_us = e->seen.first + FORWARD_US;
	int64_t stop_cpu = cpu_us() + FORWARD_CPU_US;
	bool more = true;
	int packets = 0, rc;

	if (av_seek_frame(e->fmt, e->video->index,
		av_rescale_q(e->seen.first, (AVRational){ 1, US }, e->video->time_base),
		AVSEEK_FLAG_BACKWARD) < 0)
		return true;
	avcodec_flush_buffers(e->dec);
	while (more && (e->best_score < 0 || cpu_us() < stop_cpu)) {
		more = packets++ < FORWARD_PACKETS && cover_next_packet(e);
		rc = avcodec_send_packet(e->dec, more ? e->pkt : NULL);
		av_packet_unref(e->pkt);
		while (rc >= 0 && (rc = avcodec_receive_frame(e->dec, e->frame)) >= 0) {
			int64_t t = look_us(e->frame->best_effort_timestamp, e->video->time_base);

			if (t != AV_NOPTS_VALUE && t > stop_us && e->best_score >= 0)
				more = false;
			else if (t == AV_NOPTS_VALUE || t >= next_us) {
				if (!weigh(e))
					return false;
				if (t != AV_NOPTS_VALUE && look_time_sane(t))
					next_us = t + FORWARD_STEP_US;
			}
			av_frame_unref(e->frame);
		}
		if (rc == AVERROR(ENOMEM))
			return look_refuse(e, REFUSE_TOO_COMPLEX);
	}
	return true;
}

static bool
choose_frame(struct eye *e, bool cover)
{
	int64_t tried = AV_NOPTS_VALUE;
	int tries = 0, most = cover ? TRIES : 1;

	/* Spread evenly over the keyframes that there are, the first and the last left for last. */
	for (int i = 0; i < most && e->key_count > 0; i++) {
		int64_t t = e->keys[(2 * i + 1) * e->key_count / (2 * most)];

		if (t == tried)
			continue;
		tried = t;
		tries++;
		if (!weigh_keyframe(e, t))
			return false;
	}
	if (e->best_score < (!cover         ? 0
				: tries > 1 ? SCORE_GOOD
					    : SCORE_GOOD_ALONE) &&
	    !weigh_forward(e))
		return false;
	return e->best_score >= 0 || look_refuse(e, REFUSE_DAMAGED);
}

static AVRational
pixel_shape(const struct eye *e)
{
	AVRational sar = av_guess_sample_aspect_ratio(e->fmt, e->video, e->best);

	/* Beyond ten to one nobody filmed it. */
	if (sar.num <= 0 || sar.den <= 0 || sar.num / sar.den >= 10 || sar.den / sar.num >= 10)
		return (AVRational){ 1, 1 };
	return sar;
}

/* What is shown: the size of the best frame, upright, and its time. */
static void
describe(struct eye *e)
{
	struct media_info *info = &e->look->info;
	int width, height = e->best->height;
	int64_t at_us = look_us(e->best->best_effort_timestamp, e->video->time_base);

	e->sar = pixel_shape(e);
	e->turn = picture_matrix_turn(
	    look_side_data(e->video, AV_PKT_DATA_DISPLAYMATRIX, PICTURE_MATRIX * sizeof(int32_t)));
	width = (int)lround(e->best->width * av_q2d(e->sar));
	if (width < 1)
		width = 1;
	info->rotation = e->turn.rotation;
	info->mirrored = e->turn.mirror;
	info->width = info->rotation % 180 ? height : width;
	info->height = info->rotation % 180 ? width : height;
	if (at_us != AV_NOPTS_VALUE && at_us > e->seen.first && at_us <= e->seen.last)
		info->cover_ms = (at_us - e->seen.first) / 1000;
}

/* Keeps the decoded frame if it is shown at us or before, or if there is none yet; *past: it comes
 * later. */
static bool
keep_at(struct eye *e, int64_t us, bool *past)
{
	int64_t t = look_us(e->frame->best_effort_timestamp, e->video->time_base);

	*past = t != AV_NOPTS_VALUE && t > us;
	if (!look_size(e, e->frame->width, e->frame->height))
		return false;
	if ((*past && e->best_score >= 0) || picture_is_spoilt(e->frame))
		return true;
	e->best_score = 0;
	av_frame_unref(e->best);
	av_frame_move_ref(e->best, e->frame);
	return true;
}

/* Decodes from the keyframe before us up to the frame that is shown then. */
static bool
find_at(struct eye *e, int64_t us)
{
	bool more = true, past = false;
	int rc;

	/* Where it cannot seek it reads from where it is: after the scan, from nowhere. */
	if (av_seek_frame(e->fmt, e->video->index,
		av_rescale_q(us, (AVRational){ 1, US }, e->video->time_base),
		AVSEEK_FLAG_BACKWARD) < 0)
		return true;
	avcodec_flush_buffers(e->dec);
	while (more && !past) {
		more = cover_next_packet(e);
		rc = avcodec_send_packet(e->dec, more ? e->pkt : NULL);
		av_packet_unref(e->pkt);
		while (rc >= 0 && !past && (rc = avcodec_receive_frame(e->dec, e->frame)) >= 0) {
			if (!keep_at(e, us, &past))
				return false;
			av_frame_unref(e->frame);
		}
		if (rc == AVERROR(ENOMEM))
			return look_refuse(e, REFUSE_TOO_COMPLEX);
	}
	return true;
}

bool
cover_find(struct eye *e, int64_t at_ms, bool wanted)
{
	int64_t us = at_ms * 1000;

	for (unsigned i = 0; i < e->fmt->nb_streams; i++)
		if (e->fmt->streams[i] != e->video)
			e->fmt->streams[i]->discard = AVDISCARD_ALL;
	if (wanted && at_ms >= 0) {
		if (us > e->seen.last - e->seen.first)
			us = e->seen.last - e->seen.first;
		if (!find_at(e, e->seen.first + us))
			return false;
	}
	if (e->best_score < 0 && !choose_frame(e, wanted))
		return false;
	describe(e);
	return true;
}

bool
cover_put(struct eye *e, int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0)
			return look_fail(e, errno);
		p += done;
		n -= (size_t)done;
	}
	return true;
}

bool
cover_write(struct eye *e, const struct media_picture *pictures, size_t n, const int *fds)
{
	for (size_t i = 0; i < n; i++) {
		AVFrame *picture;
		AVPacket *pkt;
		bool ok;
		int rc;

		if (fds[i] < 0)
			continue;
		rc = picture_upright(e->best, e->sar, e->turn, &pictures[i], &picture);
		if (rc < 0)
			return look_refuse_for(e, rc, REFUSE_DAMAGED);
		rc = picture_encode(picture, pictures[i].kind, &pkt);
		e->look->pictures[i] = (struct look_picture){ picture->width, picture->height };
		av_frame_free(&picture);
		if (rc < 0)
			return look_refuse_for(e, rc, REFUSE_DAMAGED);
		ok = cover_put(e, fds[i], pkt->data, (size_t)pkt->size);
		av_packet_free(&pkt);
		if (!ok)
			return false;
	}
	return true;
}
