/* clip.h - writes a small clip of our own drawing: the demo clips, and what the tests look at.
 *
 * Trusted input only: it runs outside of any cell. */
#ifndef MEDIA_CLIP_H
#define MEDIA_CLIP_H

#include <stddef.h>
#include <stdint.h>

struct clip_plan {
	int width, height; /* even */
	int fps, ms;
	int sar_num, sar_den; /* pixel shape; 0: not said */
	int rotation;         /* degrees clockwise that a player must turn it */

	/* Fills width * height * 3 bytes of RGB; called for frame 0, 1, 2 ...  NULL: no picture. */
	void (*draw)(uint8_t *rgb, int width, int height, int frame, void *arg);
	/* Fills n samples (44,100 a second, -1..1) from sample number `from` on.  NULL: no sound.
	 */
	void (*play)(float *to, int n, int64_t from, void *arg);
	void *arg;
};

#define CLIP_RATE 44100

/* H.264 and AAC, index first, in the container that the ending of path names; keyframes every two
 * seconds.  0, or -1 with a sentence at why. */
int clip_write(const struct clip_plan *plan, const char *path, char *why, size_t why_size);

#endif
