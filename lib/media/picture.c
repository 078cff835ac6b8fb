/* picture.c - see picture.h.
 *
 * Runs in the cell.  Frames have at most 36 million pixels when they come here; every product of
 * two sizes is taken in 64 bits. */
#include "media/picture.h"

#include <libavutil/display.h>
#include <libswscale/swscale.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 96, TILE = 32 };

static double
at_most_1(double v)
{
	return v < 1 ? v : 1;
}

/* Each of the four measures misses something alone: noise has entropy, a sunset is not sharp. */
static double
score_grey(const uint8_t *grey, int stride)
{
	double entropy = 0, sum = 0, squares = 0, edges = 0;
	const double n = SIDE * SIDE;
	int count[256] = { 0 };

	for (int y = 0; y < SIDE; y++) {
		for (int x = 0; x < SIDE; x++) {
			const uint8_t *p = grey + y * stride + x;

			count[*p]++;
			sum += *p;
			squares += *p * *p;
			if (x > 0 && y > 0 && x < SIDE - 1 && y < SIDE - 1)
				edges += abs(4 * p[0] - p[-1] - p[1] - p[-stride] - p[stride]);
		}
	}
	for (int i = 0; i < 256; i++)
		if (count[i] > 0)
			entropy -= count[i] / n * log2(count[i] / n);
	return 0.45 * at_most_1(entropy / 7.5) +
	       0.25 * at_most_1(sqrt(fmax(0, squares / n - sum / n * (sum / n))) / 64) +
	       0.20 * at_most_1(edges / n / 32) + 0.10 * (1 - fabs(sum / n - 128) / 128);
}

int
picture_new(AVFrame **out, enum AVPixelFormat format, int width, int height)
{
	int rc;

	*out = av_frame_alloc();
	if (*out == NULL)
		return AVERROR(ENOMEM);
	(*out)->format = format;
	(*out)->width = width;
	(*out)->height = height;
	rc = av_frame_get_buffer(*out, 0);
	if (rc < 0)
		av_frame_free(out);
	return rc;
}

double
picture_score(const AVFrame *frame)
{
	struct scaler scaler = { .flags = SWS_AREA };
	double score;
	AVFrame *grey;
	int rc = picture_new(&grey, AV_PIX_FMT_GRAY8, SIDE, SIDE);

	if (rc < 0)
		return rc;
	grey->color_range = AVCOL_RANGE_JPEG;
	rc = scaler_run(&scaler, frame, grey);
	scaler_free(&scaler);
	score = rc < 0 ? rc : score_grey(grey->data[0], grey->linesize[0]);
	av_frame_free(&grey);
	return score;
}

/* Turns one plane; to has room for its turned size.  Tile by tile: a row of the one is a column of
 * the other, and whole columns would never stay in the cache. */
static void
turn_plane(uint8_t *to, int to_stride, const uint8_t *from, int from_stride, int w, int h,
    struct turn turn)
{
	/* Where the first pixel goes, and how far apart its neighbours to the right and below. */
	ptrdiff_t stride = to_stride, right, below;
	uint8_t *first = to;

	switch (turn.rotation) {
	case 90:
		first += h - 1;
		right = stride;
		below = -1;
		break;
	case 180:
		first += (h - 1) * stride + w - 1;
		right = -1;
		below = -stride;
		break;
	case 270:
		first += (w - 1) * stride;
		right = -stride;
		below = 1;
		break;
	default:
		right = 1;
		below = stride;
	}
	if (turn.mirror) {
		first += (w - 1) * right;
		right = -right;
	}
	for (int ty = 0; ty < h; ty += TILE) {
		int y_end = ty + TILE < h ? ty + TILE : h;

		for (int tx = 0; tx < w; tx += TILE) {
			int x_end = tx + TILE < w ? tx + TILE : w;

			for (int x = tx; x < x_end; x++) {
				const uint8_t *p = from + (ptrdiff_t)ty * from_stride + x;
				uint8_t *q = first + x * right + ty * below;

				for (int y = ty; y < y_end; y++, p += from_stride, q += below)
					*q = *p;
			}
		}
	}
}

void
picture_turn(const AVFrame *from, struct turn turn, AVFrame *to)
{
	for (int i = 0; i < 3; i++)
		turn_plane(to->data[i], to->linesize[i], from->data[i], from->linesize[i],
		    i == 0 ? from->width : from->width / 2,
		    i == 0 ? from->height : from->height / 2, turn);
}

bool
picture_turns(struct turn turn)
{
	return turn.rotation != 0 || turn.mirror;
}

struct turn
picture_matrix_turn(const int32_t *matrix)
{
	struct turn turn = { 0 };
	int32_t plain[PICTURE_MATRIX];
	double angle;

	if (matrix == NULL)
		return turn;
	memcpy(plain, matrix, sizeof plain);
	turn.mirror =
	    (int64_t)matrix[0] * matrix[4] - (int64_t)matrix[1] * matrix[3] < 0;
	/* It mirrors what it has turned: the other way round it turns the other way. */
	for (int i = 0; turn.mirror && i < PICTURE_MATRIX; i += 3)
		plain[i] = (int32_t)-(int64_t)plain[i];
	angle = av_display_rotation_get(plain);
	if (isnan(angle))
		return (struct turn){ 0 };
	turn.rotation = (int)(lround((turn.mirror ? angle : -angle) / 90) * 90 + 360) % 360;
	return turn;
}

struct turn
picture_exif_turn(int orientation)
{
	static const struct turn turns[] = { { 0, false }, { 0, false }, { 0, true },
		{ 180, false }, { 180, true }, { 270, true }, { 90, false }, { 90, true },
		{ 270, false } };

	return turns[orientation >= 1 && orientation <= 8 ? orientation : 0];
}

bool
picture_is_spoilt(const AVFrame *frame)
{
	return frame->decode_error_flags != 0 || (frame->flags & AV_FRAME_FLAG_CORRUPT);
}

int
picture_even(int64_t v, double by)
{
	double wanted = (double)v * by;
	int64_t n = (int64_t)((wanted + 1) / 2) * 2;

	/* An odd size is not enlarged. */
	if ((double)n > ceil(wanted))
		n -= 2;
	return n < 2 ? 2 : (int)n;
}
