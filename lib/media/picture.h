/* picture.h - from a decoded frame to an upright JPEG, and how good a frame is as a cover. */
#ifndef MEDIA_PICTURE_H
#define MEDIA_PICTURE_H

#include <libavcodec/packet.h>
#include <libavutil/frame.h>
#include <stddef.h>
#include <stdint.h>

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
