/* clip.h - writes a small clip of our own drawing: the demo clips, and what the tests look at.
 *
 * Trusted input only: it runs outside of any cell. */
#ifndef MEDIA_CLIP_H
#define MEDIA_CLIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clip_plan {
	int width, height; /* even */
	int fps, ms;
	int sar_num, sar_den; /* pixel shape; 0: not said */
	int sound_late_ms;    /* the sound begins so much later */
	int key_ms;           /* between keyframes; 0: 2,000 */
	int rotation;         /* degrees clockwise that a player must turn it */
	bool mirror;          /* having swapped left and right */

	bool interlaced;      /* odd lines are of a later time */
	/* libav's number of HDR's transfer curve: what is drawn are its signals, in 10 bits and
	 * BT.2020; 0: SDR. */
	int curve;

	/* Names of libav's; NULL: libx264 and aac. */
	const char *video_encoder, *sound_encoder;

	/* Whether frame n is left out: the one before is shown for longer.  NULL: none is. */
	bool (*skip)(int frame, void *arg);
	/* The same for the packet of sound that begins with sample from: there is a hole. */
	bool (*skip_sound)(int64_t from, void *arg);
	/* Fills width * height * 3 bytes of RGB; called for frame 0, 1, 2 ...  NULL: no picture. */
	void (*draw)(uint8_t *rgb, int width, int height, int frame, void *arg);
	/* Fills n samples (44,100 a second, -1..1) from sample number `from` on.  NULL: no sound.
	 */
	void (*play)(float *to, int n, int64_t from, void *arg);
	void *arg;
};

#define CLIP_RATE 44100

/* Index first, in the container that the ending of path names.  0, or -1 with a sentence at why. */
int clip_write(const struct clip_plan *plan, const char *path, char *why, size_t why_size);

#endif
