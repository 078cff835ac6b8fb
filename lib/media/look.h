/* look.h - what happens first inside the cell: one clip is opened, checked and looked through.
 *
 * Each function that returns bool goes on (true) or has ended the work with a reason (false). */
#ifndef MEDIA_LOOK_H
#define MEDIA_LOOK_H

#include "media/media.h"
#include "media/picture.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#define LOOK_LONGEST_MS 3600000
/* 8192 pixels, each up to ten times as wide as high. */
#define LOOK_WIDEST 81920
#define LOOK_US INT64_C(1000000)

/* The answer that leaves the cell: plain bytes, believed by nobody. */
struct look {
	enum media_end end;
	enum refuse why;
	int error; /* MEDIA_FAILED: errno */
	struct media_info info;
	struct media_output outs[MEDIA_RUNGS_MAX];
	int outs_n;
	struct look_picture {
		int width, height;
	} pictures[MEDIA_PICTURES_MAX];
};

/* What the packets of one stream cover, in microseconds, and of what sort they are. */
struct span {
	int64_t first, last, gap;
	bool any;
	int64_t packets, bytes;
	int64_t last_dts, last_key, key_gap;
	bool ragged; /* times missing, not rising, or shown before they are decoded; holes */
	bool cut;    /* parts of it are decoded and not shown, or its parameters change */
};

/* Times of keyframes that the scan remembers; beyond it every other one is forgotten. */
#define LOOK_KEYS 512

struct eye {
	int in;
	int64_t at, size; /* of the file */
	AVFormatContext *fmt;
	AVStream *video, *sound; /* sound: may be NULL */
	AVCodecContext *dec;
	AVPacket *pkt;
	AVFrame *frame, *best;
	double best_score;       /* -1: no frame yet */
	int64_t keys[LOOK_KEYS]; /* presentation times, in the stream's time base */
	int key_count, key_step, key_skip;
	struct span seen, heard; /* picture and sound */
	AVRational sar;          /* shape of the pixels of best */
	struct turn turn;        /* what makes it upright */
	struct look *look;
};

bool look_refuse(struct eye *e, enum refuse why);

/* libav could not: for want of memory, or for what the file is. */
bool look_refuse_for(struct eye *e, int rc, enum refuse why);

/* Our side could not. */
bool look_fail(struct eye *e, int error);

/* Opens the clip and chooses its streams. */
bool look_open(struct eye *e, int in, struct look *look);

/* Opens the clip, checks it and reads all of its packets.  Fills e and, of the info of look, the
 * codecs and the duration. */
bool look_at(struct eye *e, int in, struct look *look);

/* Opens the clip again, to be read from its first packet on; only packets of e->video and e->sound
 * come. */
bool look_again(struct eye *e);

/* Whether a frame of this size may be worked on. */
bool look_size(struct eye *e, int width, int height);

/* t in microseconds; AV_NOPTS_VALUE stays. */
int64_t look_us(int64_t t, AVRational base);

/* Times that are not (beyond some 300 years) would overflow sums. */
bool look_time_sane(int64_t us);

/* What the container says beside the packets of s, of at least so many bytes; NULL: nothing. */
const void *look_side_data(const AVStream *s, enum AVPacketSideDataType type, size_t least);

#endif
