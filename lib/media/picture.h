/* picture.h - from a decoded frame to an upright JPEG, and how good a frame is as a cover. */
#ifndef MEDIA_PICTURE_H
#define MEDIA_PICTURE_H

#include <libavcodec/packet.h>
#include <libavutil/frame.h>
#include <libavutil/pixfmt.h>
#include <stddef.h>
#include <stdint.h>

struct SwsContext;

/* Scales frame after frame; what it has set up is kept while the frames stay alike. */
struct scaler {
	struct SwsContext *sws;
	int flags;                               /* SWS_... */
	int width, height, format, range, space; /* of the frames that sws takes */
	const AVFrame *to;
};

/* Scales frame into to, whose size, format and color_range say what is wanted; its colours are
 * those of JFIF (BT.601) in full range, else BT.709.  0 or a negative AVERROR. */
int scaler_run(struct scaler *s, const AVFrame *frame, AVFrame *to);
void scaler_free(struct scaler *s);

/* A frame with room for a picture. */
int picture_new(AVFrame **out, enum AVPixelFormat format, int width, int height);

/* Turns an 8-bit 4:2:0 frame of even size clockwise by 90, 180 or 270 degrees into to, which has
 * the turned size. */
void picture_turn(const AVFrame *from, int rotation, AVFrame *to);

/* v * by, even (so that a turned chroma plane fits) and at least 2. */
int picture_even(int64_t v, double by);

/* How much there is to see in a frame: 0 (one flat colour) .. 1, or a negative AVERROR. */
double picture_score(const AVFrame *frame);

/* The frame with square pixels (sar: the shape of its own), its short edge at most short_edge,
 * never enlarged, turned clockwise by 0, 90, 180 or 270 degrees, as 8-bit full-range 4:2:0 at *out,
 * which the caller frees.  0 or a negative AVERROR. */
int picture_upright(
    const AVFrame *frame, AVRational sar, int rotation, int short_edge, AVFrame **out);

/* The JPEG of such a picture, without metadata.  The caller frees *jpeg. */
int picture_jpeg(const AVFrame *picture, AVPacket **jpeg);

#endif
