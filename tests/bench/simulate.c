/* simulate.c - people with hidden tastes, to see what the ranking is worth.
 *
 *     simulate [USERS CLIPS SEED]
 *
 * A world is drawn: topics, authors who keep to one or two of them, clips (each with topics, a
 * quality and some tags), people (each with tastes).  For 60 days people are shown clips by other means
 * than our ranking (what is popular, what is new, what they search for, chance) and watch, finish,
 * like and follow.  Then time is cut: every policy sees that log only, and shows each person 30 clips
 * that he has not seen.  How he reacts is drawn from the hidden truth, the same for every policy.
 *
 * Assumptions: a person's taste and a clip's topics do not change; that he likes a clip depends on
 * their fit and on the clip's quality, not on its place in the list; four of ten clips carry no tag,
 * and one tag in five has nothing to do with the clip; half of what people see is what is popular.
 *
 * Printed: hit rate (people who like at least one of the first k), NDCG at k (liked = 1; the ideal list has
 * likes in every place), coverage (clips that anybody is shown), new clips (under three days old) among
 * what is shown.  Candidates and ranking are lib/model/rank*.c and near.c, as in the programs, and the limits and
 * numbers of the job are those of its headers; they know events only.
 *
 * The invariant: no policy reads what is hidden (struct truth). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "model/near.h"
#include "model/rank_gather.h"
#include "model/recommend_fold.h"

enum { TOPICS = 24, TAGS_OF_TOPIC = 25, DAYS = 60, LIST = 30, TAG_COUNT = 1 + TOPICS * TAGS_OF_TOPIC };

#define DAY_MS (INT64_C(86400000))
#define NOW_MS (DAYS * DAY_MS)
#define NEW_MS (3 * DAY_MS)
#define WINDOW_MS (90 * DAY_MS) /* recommend_window: all there is */
#define HALF_LIFE_MS (14 * DAY_MS)
#define TREND_MS (1 * DAY_MS)

/* What nobody but the world knows. */
static struct truth {
	float (*taste)[TOPICS]; /* of people */
	float (*topics)[TOPICS]; /* of clips */
	float *quality;
	float *activity;
} truth;

struct event {
	int user, clip;
	int64_t at_ms;
	bool finished, liked, skipped;
};

struct author {
	float topics[TOPICS], talent;
	int clips[400], clips_n;
};

static int users_n = 4000, clips_n = 12000, authors_n;
static const size_t near_events = 500000; /* recommend_events */
static uint64_t seed = 1, state;
static struct author *authors;
static struct rank_card *cards;
static int *author_of;
static struct event *events;
static size_t events_n, events_cap;
static unsigned char **saw;     /* [user] bits of clips */
static int (*follows)[64], *follows_n;
static int64_t (*followed_ms)[64];
static double *popular;         /* likes that it got, decayed by day */

static uint64_t
next(void)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static double
uniform(void)
{
	return (double)(next() >> 11) / 9007199254740992.0;
}

static double
normal(void)
{
	return sqrt(-2 * log(uniform() + 1e-12)) * cos(6.283185307179586 * uniform());
}

static int
below(int n)
{
	return (int)(next() % (uint64_t)n);
}

/* A few topics with most of the weight; of length 1. */
static void
draw_topics(float *out, int strong, double noise)
{
	double length = 0;

	for (int k = 0; k < TOPICS; k++)
		out[k] = (float)(noise * uniform());
	for (int i = 0; i < strong; i++)
		out[below(TOPICS)] += (float)(1.0 / (1 + i) * (0.6 + 0.4 * uniform()));
	for (int k = 0; k < TOPICS; k++)
		length += (double)out[k] * out[k];
	for (int k = 0; k < TOPICS; k++)
		out[k] /= (float)sqrt(length);
}

static double
fit(int user, int clip)
{
	double sum = 0;

	for (int k = 0; k < TOPICS; k++)
		sum += (double)truth.taste[user][k] * truth.topics[clip][k];
	return sum;
}

static double
sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

static double
appeal(int user, int clip)
{
	return 5.0 * fit(user, clip) + 0.6 * truth.quality[clip];
}

/* How a person reacts; the same whenever and by whomever he is shown it. */
static void
react(int user, int clip, bool *finished, bool *liked, bool *skipped)
{
	double x = appeal(user, clip);
	int64_t key = (int64_t)user * 1000003 + clip;

	*finished = rank_luck(seed * 3 + 1, key) < sigmoid(x - 2.6);
	*liked = *finished && rank_luck(seed * 3 + 2, key) < sigmoid(x - 3.4);
	*skipped = !*finished && rank_luck(seed * 3 + 3, key) < sigmoid(1.5 - x);
}

static void
draw_world(void)
{
	authors_n = clips_n / 12;
	authors = xcalloc((size_t)authors_n, sizeof(*authors));
	cards = xcalloc((size_t)clips_n, sizeof(*cards));
	author_of = xcalloc((size_t)clips_n, sizeof(*author_of));
	truth.taste = xcalloc((size_t)users_n, sizeof(*truth.taste));
	truth.topics = xcalloc((size_t)clips_n, sizeof(*truth.topics));
	truth.quality = xcalloc((size_t)clips_n, sizeof(*truth.quality));
	truth.activity = xcalloc((size_t)users_n, sizeof(*truth.activity));
	follows = xcalloc((size_t)users_n, sizeof(*follows));
	follows_n = xcalloc((size_t)users_n, sizeof(*follows_n));
	followed_ms = xcalloc((size_t)users_n, sizeof(*followed_ms));
	saw = xcalloc((size_t)users_n, sizeof(*saw));
	popular = xcalloc((size_t)clips_n, sizeof(*popular));
	for (int i = 0; i < authors_n; i++) {
		draw_topics(authors[i].topics, 1 + below(2), 0.05);
		authors[i].talent = (float)(0.6 * normal());
	}
	for (int i = 0; i < users_n; i++) {
		draw_topics(truth.taste[i], 2 + below(2), 0.08);
		truth.activity[i] = (float)exp(0.8 * normal());
		saw[i] = xcalloc(1, (size_t)clips_n / 8 + 1);
	}
	for (int i = 0; i < clips_n; i++) {
		/* Some authors are much busier than others. */
		int a = author_of[i] = (int)(authors_n * pow(uniform(), 1.6));
		int tags = below(10) < 4 ? 0 : 1 + below(RANK_TAGS);

		for (int k = 0; k < TOPICS; k++)
			truth.topics[i][k] = authors[a].topics[k];
		if (uniform() < 0.25)
			draw_topics(truth.topics[i], 1, 0.05);
		truth.quality[i] = authors[a].talent + (float)(0.8 * normal());
		cards[i] = (struct rank_card){ .id = i + 1, .author_id = 1000000 + a,
			.published_ms = (int64_t)((double)NOW_MS * (i + uniform()) / clips_n) };
		for (int k = 0; k < tags; k++) {
			int topic = below(TOPICS);

			for (int tries = 0; tries < 40 && uniform() > 0.2 && truth.topics[i][topic] < 0.4; tries++)
				topic = below(TOPICS);
			cards[i].tags[k] = 1 + topic * TAGS_OF_TOPIC +
			    (int)(TAGS_OF_TOPIC * pow(uniform(), 2));
		}
		if (authors[a].clips_n < 400)
			authors[a].clips[authors[a].clips_n++] = i;
	}
}

static bool
seen(int user, int clip)
{
	return saw[user][clip / 8] >> clip % 8 & 1;
}

/* One of the n clips there are, by other means than ours. */
static int
other_means(int user, int n, const int *top, int top_n)
{
	double u = uniform();
	int best = below(n);

	if (u < 0.5 && top_n > 0)
		return top[(int)(top_n * pow(uniform(), 1.5))];
	if (u < 0.65)
		return n - 1 - below(n < 400 ? n : 400);
	if (u < 0.75 && follows_n[user] > 0) {
		const struct author *a = &authors[follows[user][below(follows_n[user])]];
		int clip = a->clips_n ? a->clips[below(a->clips_n)] : best;

		return clip < n ? clip : best;
	}
	if (u < 0.9) /* he looks for something */
		for (int k = 0; k < 12; k++) {
			int clip = below(n);

			if (fit(user, clip) > fit(user, best))
				best = clip;
		}
	return best;
}

static int
by_popular(const void *x, const void *y)
{
	double a = popular[*(const int *)x], b = popular[*(const int *)y];

	return (a < b) - (a > b);
}

static void
live(void)
{
	int *top = xcalloc((size_t)clips_n, sizeof(*top));

	for (int day = 1; day < DAYS; day++) {
		int n = (int)((double)clips_n * day / DAYS), top_n;

		for (int i = 0; i < n; i++) {
			top[i] = i;
			popular[i] *= 0.9;
		}
		qsort(top, (size_t)n, sizeof(*top), by_popular);
		top_n = n < 500 ? n : 500;
		for (int u = 0; u < users_n; u++) {
			int shown = (int)(2.0 * truth.activity[u] + uniform());

			for (int k = 0; k < shown && k < 60; k++) {
				int clip = other_means(u, n, top, top_n);
				struct event *e;

				if (seen(u, clip))
					continue;
				saw[u][clip / 8] |= (unsigned char)(1 << clip % 8);
				if (events_n == events_cap) {
					events_cap = events_cap ? 2 * events_cap : 1 << 16;
					events = xrealloc(events, events_cap * sizeof(*events));
				}
				e = &events[events_n++];
				*e = (struct event){ .user = u, .clip = clip,
					.at_ms = day * DAY_MS + (int64_t)(uniform() * (double)DAY_MS) };
				react(u, clip, &e->finished, &e->liked, &e->skipped);
				if (e->liked) {
					popular[clip] += 1;
					if (uniform() < 0.15 && follows_n[u] < 64) {
						followed_ms[u][follows_n[u]] = e->at_ms;
						follows[u][follows_n[u]++] = author_of[clip];
					}
				}
			}
		}
	}
	free(top);
}

/* ---- what the job makes of the log: recommend_fold*.c and recommend_rows*.c in memory ---- */

static struct rank_card *hot, *fresh;
static size_t hot_n, fresh_n;
static struct rank_one (*near)[NEAR_MAX];
static struct near_one (*anear)[NEAR_MAX];
static size_t *near_n, *anear_n, *works_n;
static struct rank_card (*works)[RANK_WORKS], (*tagged)[RANK_TAGGED];
static size_t *tagged_n;
static double *total_likes;

static int
by_hot(const void *x, const void *y)
{
	const struct rank_card *a = x, *b = y;

	return (a->hot < b->hot) - (a->hot > b->hot);
}

static int
by_quality(const void *x, const void *y)
{
	const struct rank_card *a = x, *b = y;

	return a->quality < b->quality || a->quality > b->quality ? (a->quality < b->quality ? 1 : -1)
								   : (a->id < b->id) - (a->id > b->id);
}

static int
by_plays(const void *x, const void *y)
{
	const struct rank_card *a = x, *b = y;

	return a->plays < b->plays || a->plays > b->plays ? (a->plays > b->plays ? 1 : -1)
							   : (a->id < b->id) - (a->id > b->id);
}

static int
newest_first(const void *x, const void *y)
{
	const struct near_event *a = x, *b = y;

	return (a->at_ms < b->at_ms) - (a->at_ms > b->at_ms);
}

/* What is shown of each clip. */
static void
count(void)
{
	double *positives = xcalloc((size_t)clips_n, sizeof(double)), all = 0, plays = 0;

	total_likes = xcalloc((size_t)clips_n, sizeof(double));
	for (size_t i = 0; i < events_n; i++) {
		const struct event *e = &events[i];
		int64_t age_ms = NOW_MS - e->at_ms;
		double positive = e->finished * FOLD_FINISHED + e->liked * FOLD_LIKED;
		double heat = FOLD_PLAYED_HOT + e->finished * FOLD_FINISHED_HOT + e->liked * FOLD_LIKED_HOT;

		positives[e->clip] += rank_decay(positive / 1e6, age_ms, HALF_LIFE_MS);
		cards[e->clip].plays += (float)rank_decay(1, age_ms, HALF_LIFE_MS);
		cards[e->clip].hot += (float)rank_decay(heat / 1e6, age_ms, TREND_MS);
		total_likes[e->clip] += e->liked;
	}
	for (int i = 0; i < clips_n; i++) {
		all += positives[i];
		plays += (double)cards[i].plays;
	}
	for (int i = 0; i < clips_n; i++)
		cards[i].quality = (float)rank_quality(positives[i], (double)cards[i].plays, all / plays);
	free(positives);
}

/* The newest plays, likes and follows of the window, the same number of each at most; the follows only of
 * authors. */
static size_t
near_rows(bool of_authors, struct near_event *out)
{
	size_t n = 0;

	for (int kind = 0; kind < (of_authors ? 3 : 2); kind++) {
		size_t from = n;

		for (size_t i = 0; kind < 2 && i < events_n; i++) {
			const struct event *e = &events[i];
			enum rank_event what = kind == 1 ? RANK_LIKED : e->finished ? RANK_FINISHED : RANK_WATCHED;

			if (e->at_ms > NOW_MS - WINDOW_MS && (kind == 0 || e->liked))
				out[n++] = (struct near_event){ e->user + 1, of_authors ? author_of[e->clip] + 1 : e->clip + 1,
					e->at_ms, rank_near_value(what, cards[e->clip].quality) };
		}
		for (int u = 0; kind == 2 && u < users_n; u++) {
			for (int k = 0; k < follows_n[u]; k++) {
				if (followed_ms[u][k] > NOW_MS - WINDOW_MS)
					out[n++] = (struct near_event){ u + 1, follows[u][k] + 1, followed_ms[u][k],
						rank_near_value(RANK_FOLLOWED, 0) };
			}
		}
		qsort(out + from, n - from, sizeof(*out), newest_first);
		if (n - from > near_events)
			n = from + near_events;
	}
	return n;
}

static void
neighbours(void)
{
	struct near_event *rows = xcalloc(2 * events_n + (size_t)users_n * 64, sizeof(*rows));
	struct near *m = near_new(rows, near_rows(false, rows));

	near = xcalloc((size_t)clips_n, sizeof(*near));
	near_n = xcalloc((size_t)clips_n, sizeof(*near_n));
	for (size_t i = 0; i < near_clips(m); i++) {
		int64_t clip = near_clip(m, i) - 1;
		struct near_one found[NEAR_MAX];

		near_n[clip] = near_of(m, i, found);
		for (size_t k = 0; k < near_n[clip]; k++)
			near[clip][k] = (struct rank_one){ cards[found[k].video_id - 1], (double)found[k].similarity };
	}
	near_free(m);
	m = near_new(rows, near_rows(true, rows));
	anear = xcalloc((size_t)authors_n, sizeof(*anear));
	anear_n = xcalloc((size_t)authors_n, sizeof(*anear_n));
	for (size_t i = 0; i < near_clips(m); i++) {
		int64_t author = near_clip(m, i) - 1;

		anear_n[author] = near_of(m, i, anear[author]);
		for (size_t k = 0; k < anear_n[author]; k++)
			anear[author][k].video_id += 1000000 - 1;
	}
	near_free(m);
	free(rows);
}

static void
lists(void)
{
	struct rank_card (*of_tag)[RANK_TAG_NEWEST] = xcalloc(TAG_COUNT, sizeof(*of_tag));

	hot = xcalloc((size_t)clips_n, sizeof(*hot));
	fresh = xcalloc((size_t)clips_n, sizeof(*fresh));
	memcpy(hot, cards, (size_t)clips_n * sizeof(*hot));
	qsort(hot, (size_t)clips_n, sizeof(*hot), by_hot);
	hot_n = RANK_HOT_MAX;
	works = xcalloc((size_t)authors_n, sizeof(*works));
	works_n = xcalloc((size_t)authors_n, sizeof(*works_n));
	tagged = xcalloc(TAG_COUNT, sizeof(*tagged));
	tagged_n = xcalloc(TAG_COUNT, sizeof(*tagged_n));
	for (int i = clips_n - 1; i >= 0; i--) {
		const struct rank_card *c = &cards[i];

		if (c->published_ms > NOW_MS - NEW_MS && c->plays < 50)
			fresh[fresh_n++] = *c;
		if (c->published_ms > NOW_MS - WINDOW_MS && works_n[author_of[i]] < RANK_WORKS)
			works[author_of[i]][works_n[author_of[i]]++] = *c;
		for (int k = 0; k < RANK_TAGS && c->tags[k]; k++) {
			if (tagged_n[c->tags[k]] < RANK_TAG_NEWEST)
				of_tag[c->tags[k]][tagged_n[c->tags[k]]++] = *c;
		}
	}
	qsort(fresh, fresh_n, sizeof(*fresh), by_plays);
	if (fresh_n > RANK_NEW_MAX)
		fresh_n = RANK_NEW_MAX;
	for (int i = 0; i < TAG_COUNT; i++) {
		qsort(of_tag[i], tagged_n[i], sizeof(**of_tag), by_quality);
		if (tagged_n[i] > RANK_TAGGED)
			tagged_n[i] = RANK_TAGGED;
		memcpy(tagged[i], of_tag[i], tagged_n[i] * sizeof(**of_tag));
	}
	free(of_tag);
}

static void
fold(void)
{
	count();
	neighbours();
	lists();
}

/* ---- policies: each fills list with up to LIST clips that the person has not seen ---- */

/* What a request reads of a user at most: recommend_user.c. */
enum { LIKES_READ = 64, PLAYS_READ = 120 };

static struct rank_weights weights = { .near = 1, .taste = 1, .follow = 1, .hot = 1, .explore = 0.1f,
	.audience = 50, .new_ms = NEW_MS };
static int **events_of, *events_of_n; /* of each person, newest last */

static enum err
shelf_authors(void *ctx, const int64_t *ids, size_t n, struct rank_author *out)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++) {
		int64_t au = ids[i] - 1000000;

		out[i] = (struct rank_author){ { works[au], works_n[au] }, anear[au], anear_n[au] };
	}
	return E_OK;
}

static enum err
shelf_around(void *ctx, const int64_t *clips, size_t near_of_n, struct rank_nears *near_out, const int64_t *tags,
    size_t tags_n, struct rank_list *tagged_out)
{
	(void)ctx;
	for (size_t i = 0; i < near_of_n; i++)
		near_out[i] = (struct rank_nears){ near[clips[i] - 1], near_n[clips[i] - 1] };
	for (size_t i = 0; i < tags_n; i++)
		tagged_out[i] = (struct rank_list){ tagged[tags[i]], tagged_n[tags[i]] };
	return E_OK;
}

/* The newest plays and likes, each clip once. */
static size_t
seeds_of(int user, struct rank_seed *seeds)
{
	size_t n = 0, likes = 0, plays = 0;

	for (int k = events_of_n[user] - 1; k >= 0; k--) {
		const struct event *e = &events[events_of[user][k]];
		bool liked = e->liked && likes++ < LIKES_READ, played = plays++ < PLAYS_READ;
		enum rank_event what = liked ? RANK_LIKED
		    : e->finished	     ? RANK_FINISHED
		    : e->skipped	     ? RANK_SKIPPED
					     : RANK_WATCHED;

		if (liked || played)
			seeds[n++] = (struct rank_seed){ cards[e->clip],
				rank_event_weight(what, cards[e->clip].quality, NOW_MS - e->at_ms, HALF_LIFE_MS) };
	}
	return n;
}

static int
ours(struct arena *a, int user, int *list)
{
	static const struct rank_shelf shelf = { shelf_authors, shelf_around, NULL };
	struct rank_pool *p = rank_pool_new(a, hot[0].hot);
	struct rank_seed seeds[LIKES_READ + PLAYS_READ];
	const struct rank_pick *picks[LIST];
	int64_t followed[RANK_AUTHORS];
	struct rank_person who = { .seeds = seeds, .seeds_n = seeds_of(user, seeds), .follows = followed };
	size_t n;

	for (int c = 0; c < clips_n; c++)
		if (seen(user, c))
			rank_skip(p, c + 1);
	for (int k = follows_n[user] - 1; k >= 0 && who.follows_n < RANK_AUTHORS; k--)
		followed[who.follows_n++] = 1000000 + follows[user][k];
	if (rank_know(&shelf, &who) != E_OK ||
	    rank_gather(&shelf, &who, (struct rank_list){ hot, hot_n }, (struct rank_list){ fresh, fresh_n }, p) != E_OK)
		abort();
	rank_score(p, &who.tastes, &weights, NOW_MS, (uint64_t)user * 31 + seed);
	n = rank_pick(p, LIST, picks);
	for (size_t k = 0; k < n; k++)
		list[k] = (int)picks[k]->card.id - 1;
	return (int)n;
}

static int *order;

static int
in_order(struct arena *a, int user, int *list)
{
	int n = 0;

	(void)a;
	for (int i = 0; i < clips_n && n < LIST; i++)
		if (!seen(user, order[i]))
			list[n++] = order[i];
	return n;
}

static int
at_random(struct arena *a, int user, int *list)
{
	int n = 0;

	(void)a;
	while (n < LIST) {
		int clip = below(clips_n);

		if (!seen(user, clip))
			list[n++] = clip;
	}
	return n;
}

/* The best that could be: what only the world knows.  For comparison. */
static double *chance_of;

static int
by_chance(const void *x, const void *y)
{
	double a = chance_of[*(const int *)x], b = chance_of[*(const int *)y];

	return (a < b) - (a > b);
}

static int
oracle(struct arena *a, int user, int *list)
{
	int *all = arena_alloc(a, (size_t)clips_n * sizeof(*all)), n = 0;

	for (int i = 0; i < clips_n; i++) {
		double x = appeal(user, i);

		all[i] = i;
		chance_of[i] = seen(user, i) ? 0 : sigmoid(x - 2.6) * sigmoid(x - 3.4);
	}
	qsort(all, (size_t)clips_n, sizeof(*all), by_chance);
	for (; n < LIST; n++)
		list[n] = all[n];
	return n;
}

static int
by_likes(const void *x, const void *y)
{
	double a = total_likes[*(const int *)x], b = total_likes[*(const int *)y];

	return (a < b) - (a > b);
}

static int
by_age(const void *x, const void *y)
{
	return *(const int *)y - *(const int *)x;
}

/* What a policy is worth. */
struct worth {
	double ndcg10, coverage, young;
};

static struct worth
measure(const char *name, int (*policy)(struct arena *a, int user, int *list))
{
	struct arena *a = arena_new();
	unsigned char *shown = xcalloc(1, (size_t)clips_n);
	double ideal10 = 0, ideal30 = 0, ndcg10 = 0, ndcg30 = 0;
	int hits10 = 0, hits30 = 0, likes = 0, places = 0, covered = 0, young = 0;

	for (int k = 0; k < LIST; k++)
		*(k < 10 ? &ideal10 : &ideal30) += 1 / log2(k + 2);
	ideal30 += ideal10;
	for (int u = 0; u < users_n; u++) {
		int list[LIST], first = LIST, n;

		arena_reset(a);
		n = policy(a, u, list);
		for (int k = 0; k < n; k++) {
			bool finished, liked, skipped;

			react(u, list[k], &finished, &liked, &skipped);
			shown[list[k]] = 1;
			young += cards[list[k]].published_ms > NOW_MS - NEW_MS;
			places++;
			if (!liked)
				continue;
			likes++;
			if (first == LIST)
				first = k;
			if (k < 10)
				ndcg10 += 1 / log2(k + 2) / ideal10;
			ndcg30 += 1 / log2(k + 2) / ideal30;
		}
		hits10 += first < 10;
		hits30 += first < LIST;
	}
	for (int i = 0; i < clips_n; i++)
		covered += shown[i];
	printf("| %-10s | %.3f | %.3f | %.3f | %.3f | %.3f | %4.1f %% | %4.1f %% |\n", name,
	    (double)hits10 / users_n, (double)hits30 / users_n, ndcg10 / users_n, ndcg30 / users_n,
	    (double)likes / places, 100.0 * covered / clips_n, 100.0 * young / places);
	free(shown);
	arena_free(a);
	return (struct worth){ ndcg10 / users_n, (double)covered / clips_n, (double)young / places };
}

static int
by_user_and_time(const void *x, const void *y)
{
	const struct event *a = x, *b = y;

	return a->user != b->user ? a->user - b->user : (a->at_ms > b->at_ms) - (a->at_ms < b->at_ms);
}

int
main(int argc, char **argv)
{
	int likes = 0, finishes = 0;
	struct worth best, popularity;
	bool passed;

	if (argc == 4) {
		users_n = (int)strtol(argv[1], NULL, 10);
		clips_n = (int)strtol(argv[2], NULL, 10);
		seed = strtoull(argv[3], NULL, 10);
	}
	if ((argc != 1 && argc != 4) || users_n < 100 || users_n > 100000 || clips_n < 1000 || clips_n > 1000000) {
		fputs("usage: simulate [USERS CLIPS SEED]\n", stderr);
		return 2;
	}
	state = seed * 7919;
	draw_world();
	live();
	qsort(events, events_n, sizeof(*events), by_user_and_time);
	events_of = xcalloc((size_t)users_n, sizeof(*events_of));
	events_of_n = xcalloc((size_t)users_n, sizeof(*events_of_n));
	for (size_t i = 0; i < events_n; i++) {
		int u = events[i].user;

		if (events_of_n[u] % 64 == 0)
			events_of[u] = xrealloc(events_of[u], (size_t)(events_of_n[u] + 64) * sizeof(int));
		events_of[u][events_of_n[u]++] = (int)i;
		likes += events[i].liked;
		finishes += events[i].finished;
	}
	fold();
	printf("%d people, %d clips of %d authors, %d days: %zu plays, %.1f %% finished, %.1f %% liked\n",
	    users_n, clips_n, authors_n, DAYS, events_n, 100.0 * finishes / (double)events_n,
	    100.0 * likes / (double)events_n);
	puts("| policy     | HR@10 | HR@30 | NDCG@10 | NDCG@30 | liked | coverage | new clips |");
	puts("|---|---|---|---|---|---|---|---|");
	best = measure("ours", ours);
	order = xcalloc((size_t)clips_n, sizeof(*order));
	for (int i = 0; i < clips_n; i++)
		order[i] = i;
	qsort(order, (size_t)clips_n, sizeof(*order), by_likes);
	popularity = measure("popularity", in_order);
	for (int i = 0; i < clips_n; i++)
		order[i] = (int)hot[i].id - 1;
	measure("trending", in_order);
	qsort(order, (size_t)clips_n, sizeof(*order), by_age);
	measure("newest", in_order);
	measure("random", at_random);
	chance_of = xcalloc((size_t)clips_n, sizeof(*chance_of));
	measure("(oracle)", oracle);
	passed = best.ndcg10 >= 2 * popularity.ndcg10 && best.coverage > 0.3 && best.young > 0.05;
	printf("NDCG@10 against popularity: %.2f (>= 2), coverage > 30 %%, new clips > 5 %%: %s\n",
	    best.ndcg10 / popularity.ndcg10, passed ? "PASS" : "MISS");
	return !passed;
}
