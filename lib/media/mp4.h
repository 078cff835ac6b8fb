/* mp4.h - writes one MP4 through a descriptor, its index first. */
#ifndef MEDIA_MP4_H
#define MEDIA_MP4_H

#include "media/picture.h"

#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <stdbool.h>
#include <stdint.h>

struct mp4 {
	int fd;
	int64_t at, size;
	int64_t end_us; /* where the last packet so far ends */
	AVFormatContext *fmt;
	AVBSFContext *filter; /* of the picture */
	AVStream *video, *sound;
	AVPacket *pkt;
	bool fragmented;
};

/* All return 0 or a negative AVERROR; of a failed one nothing more is to be asked but mp4_close(),
 * which takes one that is all zeros, too. */

/* fd: an empty file, open for reading and writing.  sound: NULL for none.  turn: what
 * makes the picture upright.  The time bases are those of the packets.  movflags:
 * NULL for an index first, else those of a fragmented file, whose fragments end at mp4_cut(). */
int mp4_open(struct mp4 *m, int fd, const AVCodecParameters *video, AVRational video_base,
    struct turn turn, const AVCodecParameters *sound, AVRational sound_base, const char *movflags);

/* Writes a packet of the picture or of the sound; it stays the caller's.  base is that of its
 * times. */
int mp4_picture(struct mp4 *m, const AVPacket *pkt, AVRational base);
int mp4_sound(struct mp4 *m, const AVPacket *pkt, AVRational base);

/* Ends a fragment, and the file's head before the first; m->size is where it ends. */
int mp4_cut(struct mp4 *m);

/* Ends the file, whose size is in m->size then. */
int mp4_end(struct mp4 *m);
void mp4_close(struct mp4 *m);

/* Writes what codecs are in it, as RFC 6381 says; to be asked after mp4_open(). */
void mp4_codecs(const struct mp4 *m, char *to, size_t size);

/* Tells of a stream of a muxer what makes its picture upright. */
int mp4_turn(AVStream *stream, struct turn turn);

#endif
