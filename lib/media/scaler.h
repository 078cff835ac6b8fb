/* scaler.h - decoded frames of any sort made into frames of a size and sort that we want. */
#ifndef MEDIA_SCALER_H
#define MEDIA_SCALER_H

#include <libavutil/frame.h>
#include <stdbool.h>

struct SwsContext;

/* One conversion; what it has set up is kept while the frames stay alike. */
struct scaler_step {
	struct SwsContext *sws;
	int width, height, format, range, space; /* of the frames that sws takes */
	const AVFrame *to;
};

/* Scales frame after frame.  All zeros but flags to begin with. */
struct scaler {
	int flags; /* SWS_... */
	struct scaler_step step, last;
	AVFrame *fields;     /* an interlaced frame made whole */
	AVFrame *deep, *rgb; /* an HDR frame, before and after it was tone mapped */
	struct tone *tone;
};

/* Scales frame into to, whose size, format, color_range and colorspace (BT.601 where it is
 * SMPTE170M, else BT.709) say what is wanted.  Of an interlaced frame the lines of the second field
 * that were filmed at another time are taken from their neighbours; HDR becomes SDR.  0 or a
 * negative AVERROR. */
int scaler_run(struct scaler *s, const AVFrame *frame, AVFrame *to);
void scaler_free(struct scaler *s);

/* Whether an encoder of our own must make a frame like this anew for it to look right. */
bool scaler_is_interlaced(const AVFrame *frame);
bool scaler_is_hdr(const AVFrame *frame);

#endif
