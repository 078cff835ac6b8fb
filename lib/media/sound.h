/* sound.h - the sound of a clip made into AAC-LC, as it goes by.
 *
 * Its time is kept by counting: what is missing in the input becomes silence, what comes twice is
 * left out, so that sound and picture stay together to the end. */
#ifndef MEDIA_SOUND_H
#define MEDIA_SOUND_H

#include <libavcodec/avcodec.h>
#include <libavutil/audio_fifo.h>
#include <libswresample/swresample.h>
#include <stdbool.h>
#include <stdint.h>

struct sound {
	AVCodecContext *dec, *enc;
	AVRational base;    /* of the input's times */
	int64_t origin_us;  /* the input's time that becomes 0 */
	int64_t longest;    /* samples; no silence is put in beyond */
	int64_t put, taken; /* samples into and out of the queue */
	SwrContext *swr;
	int rate, format; /* of what swr takes */
	AVChannelLayout layout;
	AVAudioFifo *queue;
	AVFrame *in, *out;
	AVPacket *pkt;
	int (*give)(void *arg, const AVPacket *pkt); /* times in samples of enc */
	void *arg;
};

/* Whether a packet of this stream can go into an MP4 as it is: AAC-LC, mono or stereo. */
bool sound_is_fit(const AVCodecParameters *par);

/* A decoder for the stream; NULL: none that we allow. */
AVCodecContext *sound_decoder(const AVCodecParameters *par, AVRational base);

/* Sets up the encoder for sound like that of frame, which dec has decoded.  The caller has set
 * give and arg.  0 or a negative AVERROR. */
int sound_open(struct sound *s, AVCodecContext *dec, const AVFrame *frame, AVRational base,
    int64_t origin_us, int64_t longest_us);

/* Takes a packet of the input (NULL: the end) and gives what comes out.  What cannot be decoded is
 * silence.  0 or a negative AVERROR. */
int sound_packet(struct sound *s, const AVPacket *pkt);

#endif
