/* tone.c - see tone.h.
 *
 * Light counts in parts of diffuse white, 203 cd/m2 (BT.2408).  Up to KNEE it stays as it is;
 * above, a hyperbola with the same slope leads to white at the peak of 1000 cd/m2.  The brightest
 * of the three colours says by how much all three are lowered, so that hues stay. */
#include "media/tone.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#define WHITE 203.0
#define PEAK (1000.0 / WHITE)
#define KNEE 0.3

/* Tables by signal (12 bits of it are enough for both curves), by luminance and by light. */
#define SIGNALS 4096
#define LUMINANCES 4096
#define LIGHTS 65536

struct tone {
	float light[SIGNALS];   /* of a signal */
	float gain[LUMINANCES]; /* HLG: of the whole by its luminance; PQ: not used */
	int hlg;
	uint8_t signal[LIGHTS];
};

static double
light_of_pq(double v)
{
	const double m1 = 2610.0 / 16384, m2 = 2523.0 / 32, c1 = 3424.0 / 4096, c2 = 2413.0 / 128,
		     c3 = 2392.0 / 128;
	double p = pow(v, 1 / m2);

	return pow(fmax(p - c1, 0) / (c2 - c3 * p), 1 / m1) * 10000 / WHITE;
}

/* Of the scene, 0..1: how much the screen makes of it depends on the luminance of the pixel. */
static double
light_of_hlg(double v)
{
	const double a = 0.17883277, b = 0.28466892, c = 0.55991073;

	return v <= 0.5 ? v * v / 3 : (exp((v - c) / a) + b) / 12;
}

struct tone *
tone_new(enum AVColorTransferCharacteristic curve)
{
	struct tone *t = malloc(sizeof *t);

	if (t == NULL)
		return NULL;
	t->hlg = curve == AVCOL_TRC_ARIB_STD_B67;
	for (int i = 0; i < SIGNALS; i++) {
		double v = i / (SIGNALS - 1.0);

		t->light[i] = (float)(t->hlg ? light_of_hlg(v) : light_of_pq(v));
	}
	for (int i = 0; i < LUMINANCES; i++)
		t->gain[i] = (float)(PEAK * pow(i / (LUMINANCES - 1.0), 0.2));
	for (int i = 0; i < LIGHTS; i++)
		t->signal[i] = (uint8_t)lround(255 * pow(i / (LIGHTS - 1.0), 1 / 2.4));
	return t;
}

void
tone_free(struct tone *t)
{
	free(t);
}

/* By how much light is lowered whose brightest colour is x. */
static float
lower(float x)
{
	const double p = PEAK, k = KNEE;
	const float a = (float)(-k * k * (p - 1) / (k * k - 2 * k + p));
	const float b = (float)((k * k - 2 * k * p + p) / (p - 1));
	const float scale = (float)((b * b + 2 * b * k + k * k) / (b - a));

	return x <= (float)KNEE ? 1 : scale * (x + a) / ((x + b) * x);
}

static uint8_t
signal_of(const struct tone *t, float light)
{
	return t->signal[light <= 0   ? 0
			 : light >= 1 ? LIGHTS - 1
				      : (int)(light * (LIGHTS - 1) + 0.5f)];
}

void
tone_map(const struct tone *t, const AVFrame *from, AVFrame *to)
{
	for (int y = 0; y < to->height; y++) {
		const uint16_t *p =
		    (const uint16_t *)(const void *)(from->data[0] +
						     (ptrdiff_t)y * from->linesize[0]);
		uint8_t *q = to->data[0] + (ptrdiff_t)y * to->linesize[0];

		for (int x = 0; x < to->width; x++, p += 3, q += 3) {
			float r = t->light[p[0] >> 4], g = t->light[p[1] >> 4],
			      b = t->light[p[2] >> 4];
			float red, green, blue, most, by;

			by = t->hlg ? t->gain[(int)((0.2627f * r + 0.6780f * g + 0.0593f * b) *
						    (LUMINANCES - 1))]
				    : 1;
			/* Of BT.2020's colours into those of BT.709. */
			red = by * (1.6605f * r - 0.5876f * g - 0.0728f * b);
			green = by * (-0.1246f * r + 1.1329f * g - 0.0083f * b);
			blue = by * (-0.0182f * r - 0.1006f * g + 1.1187f * b);
			most = red > green ? red : green;
			by = lower(most > blue ? most : blue);
			q[0] = signal_of(t, by * red);
			q[1] = signal_of(t, by * green);
			q[2] = signal_of(t, by * blue);
		}
	}
}
