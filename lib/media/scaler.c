/* scaler.c - see scaler.h.
 *
 * Runs in the cell.  swscale knows matrices and ranges; what it does not know (fields, transfer
 * curves of HDR) is done before it, or between two of its steps. */
#include "media/scaler.h"

#include "media/tone.h"

#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

/* A line that differs from both its neighbours, to the same side, by more than that (the product of
 * the differences) was filmed at another time. */
#define COMBED 64

/* The matrix of a frame's colours.  Where it says nothing it is guessed as browsers do. */
static const int *
colours_of(const AVFrame *frame)
{
	int space = frame->colorspace;

	if (space == AVCOL_SPC_UNSPECIFIED)
		space = frame->height >= 720 ? SWS_CS_ITU709 : SWS_CS_ITU601;
	return sws_getCoefficients(space);
}

static int
set_up(struct scaler_step *s, int flags, const AVFrame *frame, const AVFrame *to)
{
	enum AVPixelFormat format = frame->format;
	bool full = frame->color_range == AVCOL_RANGE_JPEG;
	bool to_full = to->color_range == AVCOL_RANGE_JPEG;
	bool to_601 = to->colorspace == AVCOL_SPC_SMPTE170M;
	int rc;

	sws_freeContext(s->sws);
	s->sws = sws_alloc_context();
	if (s->sws == NULL)
		return AVERROR(ENOMEM);
	/* The J formats are their plain twins with a range of their own. */
	switch (format) {
	case AV_PIX_FMT_YUVJ420P:
		format = AV_PIX_FMT_YUV420P;
		full = true;
		break;
	case AV_PIX_FMT_YUVJ422P:
		format = AV_PIX_FMT_YUV422P;
		full = true;
		break;
	case AV_PIX_FMT_YUVJ444P:
		format = AV_PIX_FMT_YUV444P;
		full = true;
		break;
	case AV_PIX_FMT_YUVJ440P:
		format = AV_PIX_FMT_YUV440P;
		full = true;
		break;
	default:
		break;
	}
	av_opt_set_int(s->sws, "srcw", frame->width, 0);
	av_opt_set_int(s->sws, "srch", frame->height, 0);
	av_opt_set_int(s->sws, "src_format", format, 0);
	av_opt_set_int(s->sws, "dstw", to->width, 0);
	av_opt_set_int(s->sws, "dsth", to->height, 0);
	av_opt_set_int(s->sws, "dst_format", to->format, 0);
	av_opt_set_int(s->sws, "sws_flags", flags, 0);
	/* Said before it begins: else a picture of the same size would be copied as it is. */
	av_opt_set_int(s->sws, "src_range", full, 0);
	av_opt_set_int(s->sws, "dst_range", to_full, 0);
	rc = sws_init_context(s->sws, NULL, NULL);
	if (rc < 0)
		return rc;
	/* Fails for kinds that have no such coefficients: then there is nothing to set. */
	sws_setColorspaceDetails(s->sws, colours_of(frame), full,
	    sws_getCoefficients(to_601 ? SWS_CS_ITU601 : SWS_CS_ITU709), to_full, 0, 1 << 16,
	    1 << 16);
	s->width = frame->width;
	s->height = frame->height;
	s->format = frame->format;
	s->range = frame->color_range;
	s->space = frame->colorspace;
	s->to = to;
	return 0;
}

static int
run_step(struct scaler_step *s, int flags, const AVFrame *frame, AVFrame *to)
{
	int rc = 0;

	if (s->sws == NULL || s->to != to || s->width != frame->width ||
	    s->height != frame->height || s->format != frame->format ||
	    s->range != (int)frame->color_range || s->space != (int)frame->colorspace)
		rc = set_up(s, flags, frame, to);
	if (rc >= 0)
		rc = sws_scale(s->sws, (const uint8_t *const *)frame->data, frame->linesize, 0,
		    frame->height, to->data, to->linesize);
	return rc < 0 ? rc : 0;
}

bool
scaler_is_interlaced(const AVFrame *frame)
{
#ifdef AV_FRAME_FLAG_INTERLACED
	return frame->flags & AV_FRAME_FLAG_INTERLACED;
#else
	return frame->interlaced_frame;
#endif
}

bool
scaler_is_hdr(const AVFrame *frame)
{
	return frame->color_trc == AVCOL_TRC_SMPTE2084 ||
	       frame->color_trc == AVCOL_TRC_ARIB_STD_B67;
}

/* *to becomes a frame of this sort, if it is none yet. */
static int
make(AVFrame **to, int format, int width, int height)
{
	int rc;

	if (*to != NULL && (*to)->format == format && (*to)->width == width &&
	    (*to)->height == height)
		return 0;
	av_frame_free(to);
	*to = av_frame_alloc();
	if (*to == NULL)
		return AVERROR(ENOMEM);
	(*to)->format = format;
	(*to)->width = width;
	(*to)->height = height;
	rc = av_frame_get_buffer(*to, 0);
	if (rc < 0)
		av_frame_free(to);
	return rc;
}

/* Mends every other line of a plane. */
static void
mend(uint8_t *p, int stride, int width, int height)
{
	for (int y = 1; y + 1 < height; y += 2) {
		const uint8_t *above = p + (ptrdiff_t)(y - 1) * stride, *below = above + 2 * stride;
		uint8_t *line = p + (ptrdiff_t)y * stride;

		for (int x = 0; x < width; x++) {
			int mean = (above[x] + below[x] + 1) / 2;

			line[x] = (uint8_t)((line[x] - above[x]) * (line[x] - below[x]) > COMBED
						? mean
						: line[x]);
		}
	}
}

/* The frame with its fields brought together at *out; other kinds than planes of bytes stay. */
static int
join_fields(struct scaler *s, const AVFrame *frame, const AVFrame **out)
{
	const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(frame->format);
	int rc;

	if (d == NULL || !(d->flags & AV_PIX_FMT_FLAG_PLANAR) || d->comp[0].depth != 8 ||
	    (d->flags & AV_PIX_FMT_FLAG_RGB))
		return 0;
	rc = make(&s->fields, frame->format, frame->width, frame->height);
	if (rc >= 0)
		rc = av_frame_copy(s->fields, frame);
	if (rc < 0)
		return rc;
	s->fields->color_range = frame->color_range;
	s->fields->colorspace = frame->colorspace;
	s->fields->color_trc = frame->color_trc;
	for (int i = 0; i < 3 && s->fields->data[i] != NULL; i++)
		mend(s->fields->data[i], s->fields->linesize[i],
		    i == 0 ? frame->width : AV_CEIL_RSHIFT(frame->width, d->log2_chroma_w),
		    i == 0 ? frame->height : AV_CEIL_RSHIFT(frame->height, d->log2_chroma_h));
	*out = s->fields;
	return 0;
}

static int
run_hdr(struct scaler *s, const AVFrame *frame, AVFrame *to)
{
	int rc = make(&s->deep, AV_PIX_FMT_RGB48, to->width, to->height);

	if (rc >= 0)
		rc = make(&s->rgb, AV_PIX_FMT_RGB24, to->width, to->height);
	if (rc >= 0 && s->tone == NULL) {
		s->tone = tone_new(frame->color_trc);
		rc = s->tone != NULL ? 0 : AVERROR(ENOMEM);
	}
	if (rc >= 0)
		rc = run_step(&s->step, s->flags, frame, s->deep);
	if (rc < 0)
		return rc;
	tone_map(s->tone, s->deep, s->rgb);
	return run_step(&s->last, SWS_BILINEAR | SWS_ACCURATE_RND, s->rgb, to);
}

int
scaler_run(struct scaler *s, const AVFrame *frame, AVFrame *to)
{
	int rc = 0;

	if (scaler_is_interlaced(frame))
		rc = join_fields(s, frame, &frame);
	if (rc < 0)
		return rc;
	return scaler_is_hdr(frame) ? run_hdr(s, frame, to)
				    : run_step(&s->step, s->flags, frame, to);
}

void
scaler_free(struct scaler *s)
{
	sws_freeContext(s->step.sws);
	sws_freeContext(s->last.sws);
	av_frame_free(&s->fields);
	av_frame_free(&s->deep);
	av_frame_free(&s->rgb);
	tone_free(s->tone);
	*s = (struct scaler){ .flags = s->flags };
}
