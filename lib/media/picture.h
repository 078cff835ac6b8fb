/* picture.h - from a decoded frame to an upright still picture, and how good a cover it is. */
#ifndef MEDIA_PICTURE_H
#define MEDIA_PICTURE_H

#include "media/media.h"
#include "media/scaler.h"

#include <libavcodec/packet.h>
#include <libavutil/frame.h>
#include <libavutil/pixfmt.h>
#include <stddef.h>
#include <stdint.h>

/* What makes a picture upright: left and right swapped first, then degrees clockwise. */
struct turn {
	int rotation; /* 0, 90, 180, 270 */
	bool mirror;
};

/* Whether it does anything at all. */
bool picture_turns(struct turn turn);

#define PICTURE_MATRIX 9

/* That of a container's display matrix of PICTURE_MATRIX words; NULL, or one that shows nothing:
 * none. */
struct turn picture_matrix_turn(const int32_t *matrix);

/* That of the orientation (1..8) of EXIF; none for other numbers. */
struct turn picture_exif_turn(int orientation);

/* Whether the frame was decoded with errors: it is half green. */
bool picture_is_spoilt(const AVFrame *frame);

/* A frame with room for a picture. */
int picture_new(AVFrame **out, enum AVPixelFormat format, int width, int height);

/* Turns an 8-bit 4:2:0 frame of even size into to, which has the turned size. */
void picture_turn(const AVFrame *from, struct turn turn, AVFrame *to);

/* v * by, even (so that a turned chroma plane fits) and at least 2. */
int picture_even(int64_t v, double by);

/* How much there is to see in a frame: 0 (one flat colour) .. 1, or a negative AVERROR. */
double picture_score(const AVFrame *frame);

/* The frame with square pixels (sar: the shape of its own), upright, of the size and for the kind
 * that want says (its fd is not looked at), as 8-bit 4:2:0 at *out, which the caller frees.  0 or
 * a negative AVERROR. */
int picture_upright(const AVFrame *frame, AVRational sar, struct turn turn,
    const struct media_picture *want, AVFrame **out);

/* The whole file of such a picture, without metadata.  The caller frees *pkt. */
int picture_encode(const AVFrame *picture, enum media_kind kind, AVPacket **pkt);

#endif
