/* tone.h - HDR (PQ or HLG, BT.2020) to what a screen without it shows (BT.709). */
#ifndef MEDIA_TONE_H
#define MEDIA_TONE_H

#include <libavutil/frame.h>

struct tone;

/* For one of AVCOL_TRC_SMPTE2084 (PQ) and AVCOL_TRC_ARIB_STD_B67 (HLG); NULL: no memory. */
struct tone *tone_new(enum AVColorTransferCharacteristic curve);
void tone_free(struct tone *t);

/* from: RGB48, to: RGB24 of the same size. */
void tone_map(const struct tone *t, const AVFrame *from, AVFrame *to);

#endif
