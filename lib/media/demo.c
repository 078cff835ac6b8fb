/* demo.c - the demo clips: five small moving pictures, each with a tune, drawn here.
 *
 * A clip is a function of its number alone: made twice, it is the same twice. */
#include "media/clip.h"
#include "media/media.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 360
#define HEIGHT 640
#define FPS 30
#define TURN 6.28318531f

/* Sine of a whole turn in WAVE steps, -127..127: the pictures need millions. */
#define WAVE 1024

/* Conway's cells, ages in steps since birth; 0 is dead. */
enum { CELL = 10, COLUMNS = WIDTH / CELL, ROWS = HEIGHT / CELL };

struct stage {
	const struct demo *demo;
	int8_t wave[WAVE];
	uint8_t age[ROWS][COLUMNS], old[ROWS][COLUMNS];
};

static int
wave(const struct stage *s, float turns)
{
	return s->wave[(unsigned)(int)(turns * WAVE) % WAVE];
}

static uint8_t
clamp(float v)
{
	return v <= 0 ? 0 : v >= 255 ? 255 : (uint8_t)v;
}

static void
put(uint8_t *p, float r, float g, float b)
{
	p[0] = clamp(r);
	p[1] = clamp(g);
	p[2] = clamp(b);
}

/* A soft light added to what is there. */
static void
glow(uint8_t *rgb, int w, int h, float cx, float cy, float radius, const float colour[3])
{
	int x0 = (int)fmaxf(0, cx - radius), x1 = (int)fminf((float)w - 1, cx + radius);
	int y0 = (int)fmaxf(0, cy - radius), y1 = (int)fminf((float)h - 1, cy + radius);

	for (int y = y0; y <= y1; y++) {
		for (int x = x0; x <= x1; x++) {
			float dx = (float)x - cx, dy = (float)y - cy;
			float left = 1 - (dx * dx + dy * dy) / (radius * radius);
			uint8_t *p = rgb + (y * w + x) * 3;

			if (left > 0)
				for (int i = 0; i < 3; i++)
					p[i] = clamp(p[i] + colour[i] * left * left * left);
		}
	}
}

static void
draw_plasma(uint8_t *rgb, int w, int h, int frame, void *arg)
{
	const struct stage *s = arg;
	float t = (float)frame / FPS;

	for (int y = 0; y < h; y++) {
		float fy = (float)y / (float)h;
		int across = wave(s, fy * 1.3f - t * 0.21f);

		for (int x = 0; x < w; x++) {
			float fx = (float)x / (float)w;
			float sum =
			    (float)(wave(s, fx * 0.9f + t * 0.17f) + across +
				    wave(s, (fx + fy) * 0.8f + t * 0.13f + (float)across / 900) +
				    wave(s, fx * fy * 1.5f - t * 0.3f)) /
			    508;

			put(rgb + (y * w + x) * 3,
			    140 + 0.9f * (float)wave(s, sum * 0.7f + t * 0.1f),
			    110 + 0.8f * (float)wave(s, sum * 0.9f + 0.35f),
			    165 + 0.7f * (float)wave(s, sum * 0.6f + 0.6f));
		}
	}
}

static void
draw_orbits(uint8_t *rgb, int w, int h, int frame, void *arg)
{
	static const float colours[][3] = { { 255, 90, 120 }, { 90, 200, 255 }, { 255, 210, 90 },
		{ 150, 255, 150 }, { 200, 130, 255 } };
	const struct stage *s = arg;
	float t = (float)frame / FPS, cx = (float)w / 2, cy = (float)h / 2;
	const float sun[3] = { 255, 225, 160 };
	unsigned star = 12345;

	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++)
			put(rgb + (y * w + x) * 3, 8 + 18 * (float)y / (float)h, 10,
			    38 + 34 * (float)(h - y) / (float)h);
	for (int i = 0; i < 150; i++) {
		uint8_t *p;

		star = star * 1103515245u + 12345u;
		p = rgb + ((star >> 8) % (unsigned)(w * h)) * 3;
		memset(p, 150 + wave(s, t * 0.5f + (float)i / 19) * 3 / 4, 3);
	}
	glow(rgb, w, h, cx, cy, 62 + (float)wave(s, t * 0.5f) / 20, sun);
	for (int ring = 0; ring < 5; ring++) {
		for (int i = 0; i < 26; i++) {
			/* Each planet pulls a fading tail behind it. */
			float turns = t * 0.32f / (1 + (float)ring * 0.45f) + (float)ring * 0.23f -
				      (float)i * 0.009f;
			float r = 72 + 27 * (float)ring, fade = 1 - (float)i / 26;
			float colour[3];

			for (int k = 0; k < 3; k++)
				colour[k] = colours[ring][k] * fade * (i == 0 ? 1 : 0.35f);
			glow(rgb, w, h, cx + r * sinf(turns * TURN),
			    cy + r * 1.5f * cosf(turns * TURN), i == 0 ? 17 : 12 * fade + 2,
			    colour);
		}
	}
}

/* The set is drawn at half the size in both directions: the eye forgives it, the clock does not. */
static void
draw_julia(uint8_t *rgb, int w, int h, int frame, void *arg)
{
	const struct stage *s = arg;
	float t = (float)frame / FPS, zoom = 2.6f - 0.22f * t;
	float cr = 0.7885f * cosf(2.35f + 0.16f * t), ci = 0.7885f * sinf(2.35f + 0.16f * t);

	for (int y = 0; y + 1 < h; y += 2) {
		for (int x = 0; x + 1 < w; x += 2) {
			float zr = ((float)x / (float)w - 0.5f) * zoom,
			      zi = ((float)y / (float)h - 0.5f) * zoom * 1.6f;
			float rr = zr * zr, ii = zi * zi, depth;
			int n = 0;

			for (; n < 56 && rr + ii < 16; n++) {
				zi = 2 * zr * zi + ci;
				zr = rr - ii + cr;
				rr = zr * zr;
				ii = zi * zi;
			}
			depth = n == 56 ? 1 : ((float)n + 1 - log2f(log2f(rr + ii) / 4)) / 56;
			for (int k = 0; k < 4; k++)
				put(rgb + ((y + k / 2) * w + x + k % 2) * 3,
				    depth * (300 + (float)wave(s, depth * 1.5f)),
				    depth * (150 + 2 * (float)wave(s, depth + 0.1f)),
				    70 + depth * 160 + 0.4f * (float)wave(s, depth * 2));
		}
	}
}

static void
draw_sunset(uint8_t *rgb, int w, int h, int frame, void *arg)
{
	const struct stage *s = arg;
	float t = (float)frame / FPS, line = (float)h * 0.58f, sun_y = line - 105 + t * 17;
	float cx = (float)w / 2;
	const float halo[3] = { 150, 85, 25 };

	for (int y = 0; y < h; y++) {
		float depth = ((float)y - line) / ((float)h - line), up = (float)y / line;
		float ripple = 0.9f / (depth + 0.045f);

		for (int x = 0; x < w; x++) {
			uint8_t *p = rgb + (y * w + x) * 3;
			float dx = (float)x - cx, dy = (float)y - sun_y;

			if ((float)y < line) {
				if (dx * dx + dy * dy < 56 * 56)
					put(p, 255, 226 - dy * 0.9f, 130 - dy);
				else
					put(p, 70 + 178 * up, 38 + 92 * up * up, 110 - 30 * up);
				continue;
			}
			float shine =
			    (float)wave(
				s, ripple - t * 0.5f +
				       (float)wave(s, (float)x / 97 + t * 0.2f + depth * 3) / 500) /
			    127;
			float path = fmaxf(0, 1 - fabsf(dx) / (26 + 110 * depth));

			put(p, 92 - 62 * depth + 165 * path * fmaxf(0, shine) + 14 * shine,
			    54 - 28 * depth + 110 * path * fmaxf(0, shine) + 10 * shine,
			    92 - 22 * depth + 30 * path * fmaxf(0, shine) + 14 * shine);
		}
	}
	glow(rgb, w, (int)line, cx, sun_y, 150, halo);
}

static void
life_begin(struct stage *s)
{
	unsigned seed = 2024;

	/* Mirrored at the middle column: what lives stays symmetric. */
	for (int y = 0; y < ROWS; y++) {
		for (int x = 0; x < COLUMNS / 2; x++) {
			seed = seed * 1103515245u + 12345u;
			s->age[y][x] = s->age[y][COLUMNS - 1 - x] = (seed >> 16) % 100 < 34;
		}
	}
}

static void
life_step(struct stage *s)
{
	memcpy(s->old, s->age, sizeof s->old);
	for (int y = 0; y < ROWS; y++) {
		for (int x = 0; x < COLUMNS; x++) {
			int n = 0;

			for (int k = 0; k < 9; k++)
				n += k != 4 && s->old[(y + k / 3 + ROWS - 1) % ROWS]
						     [(x + k % 3 + COLUMNS - 1) % COLUMNS] > 0;
			if (n == 3 || (n == 2 && s->old[y][x] > 0))
				s->age[y][x] = s->old[y][x] < 250 ? s->old[y][x] + 1 : 250;
			else
				s->age[y][x] = 0;
		}
	}
}

static void
draw_life(uint8_t *rgb, int w, int h, int frame, void *arg)
{
	struct stage *s = arg;

	if (frame == 0)
		life_begin(s);
	else if (frame % 4 == 0)
		life_step(s);
	for (int y = 0; y < h; y++) {
		for (int x = 0; x < w; x++) {
			uint8_t *p = rgb + (y * w + x) * 3;
			int row = y / CELL, column = x / CELL;
			int age = row < ROWS && column < COLUMNS ? s->age[row][column] : 0;
			float hue =
			    0.05f * (float)(age < 14 ? age : 14) + 0.2f * (float)y / (float)h;

			if (age == 0 || x % CELL == 0 || y % CELL == 0)
				put(p, 14, 17, 30 + 22 * (float)y / (float)h);
			else
				put(p, 150 + 0.8f * (float)wave(s, hue + 0.25f),
				    140 + 0.8f * (float)wave(s, hue + 0.95f),
				    150 + 0.8f * (float)wave(s, hue + 0.6f));
		}
	}
}

static const struct demo {
	const char *title;
	void (*draw)(uint8_t *rgb, int width, int height, int frame, void *arg);
	int ms;
	float beat_s, root_hz;
	/* Steps of the pentatonic scale above the root; '.' holds, space rests. */
	const char *tune, *bass;
} demos[MEDIA_DEMOS] = {
	{ "流光溢彩 Plasma #艺术", draw_plasma, 5000, 0.25f, 440, "02434.2.13545.3.",
	    "0...2...1...0..." },
	{ "星轨 Orbits #星空", draw_orbits, 6000, 0.30f, 330, "0.2.4.7.6.4.3.2.1.3.",
	    "0.....2.....1....." },
	{ "分形之花 Julia set #数学", draw_julia, 5000, 0.20f, 392, "0246420213575310",
	    "0...1...3...2..." },
	{ "海上日落 Sunset #旅行", draw_sunset, 6000, 0.40f, 294, "4.3.2..1.0.2.1..",
	    "0...2...1...0..." },
	{ "生命游戏 Game of Life #编程", draw_life, 5000, 0.15f, 523, "0 2 0 4 2 5 4 2 ",
	    "0 0 2 2 1 1 0 0 " },
};

/* One voice of a tune at time t: plucked notes, each with its octave above. */
static float
voice(const char *notes, float beat_s, float root_hz, float t)
{
	static const int scale[] = { 0, 2, 4, 7, 9 };
	int n = (int)strlen(notes), at = (int)(t / beat_s), held = 0, step;
	float hz, since, turns;

	while (held < at && notes[(at - held) % n] == '.')
		held++;
	if (notes[(at - held) % n] < '0' || notes[(at - held) % n] > '9')
		return 0;
	step = notes[(at - held) % n] - '0';
	hz = root_hz * exp2f((float)(scale[step % 5] + 12 * (step / 5)) / 12);
	since = t - (float)(at - held) * beat_s;
	turns = since * hz;
	return fminf(1, since * 200) * expf(-4 * since) *
	       (sinf(turns * TURN) + 0.3f * sinf(2 * turns * TURN) * expf(-6 * since));
}

static void
play(float *to, int n, int64_t from, void *arg)
{
	const struct stage *s = arg;
	const struct demo *d = s->demo;
	float end = (float)d->ms / 1000;

	for (int i = 0; i < n; i++) {
		float t = (float)(from + i) / CLIP_RATE;

		to[i] = fminf(1, fmaxf(0, (end - t) * 4)) *
			(0.35f * voice(d->tune, d->beat_s, d->root_hz, t) +
			    0.25f * voice(d->bass, d->beat_s, d->root_hz / 2, t));
	}
}

int
media_demo(int n, const char *path, char *why, size_t why_size)
{
	struct clip_plan plan = { .width = WIDTH, .height = HEIGHT, .fps = FPS, .play = play };
	struct stage *s;
	int rc;

	if (n < 0 || n >= MEDIA_DEMOS) {
		snprintf(why, why_size, "there is no demo clip number %d", n);
		return -1;
	}
	s = calloc(1, sizeof *s);
	if (s == NULL) {
		snprintf(why, why_size, "no memory for a demo clip");
		return -1;
	}
	s->demo = &demos[n];
	for (int i = 0; i < WAVE; i++)
		s->wave[i] = (int8_t)lrintf(127 * sinf((float)i / WAVE * TURN));
	plan.ms = demos[n].ms;
	plan.draw = demos[n].draw;
	plan.arg = s;
	rc = clip_write(&plan, path, why, why_size);
	free(s);
	return rc;
}

const char *
media_demo_title(int n)
{
	return n >= 0 && n < MEDIA_DEMOS ? demos[n].title : "";
}
