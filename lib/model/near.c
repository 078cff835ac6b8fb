/* near.c - see near.h.  Invariant: the lists by person and by clip hold the same pairs. */
#include "model/near.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define SHRINK 5.0f   /* similarity counts n / (n + SHRINK) where n people speak for it */
#define TOGETHER_MIN 2

struct near {
	size_t clips_n, users_n, pairs_n;
	int64_t *clips;      /* ascending ids */
	int64_t *touched_ms; /* of each */
	uint32_t *user_at;   /* users_n + 1: where a person's clips begin */
	uint32_t *user_clip; /* pairs_n */
	uint32_t *clip_at;   /* clips_n + 1: where a clip's people begin, newest first */
	uint32_t *clip_user;
	float *user_value, *clip_value; /* pairs_n, beside user_clip and clip_user */
	float *length; /* of each clip: the root of the sum of its values' squares */

	/* The clip under way. */
	float *sum;
	uint16_t *together;
	uint32_t *found;
};

static int
compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int
by_user_and_clip(const void *x, const void *y)
{
	const struct near_event *a = x, *b = y;
	int d = compare(a->user_id, b->user_id);

	if (d == 0)
		d = compare(a->video_id, b->video_id);
	return d != 0 ? d : compare(b->at_ms, a->at_ms);
}

static int
by_user_newest_first(const void *x, const void *y)
{
	const struct near_event *a = x, *b = y;
	int d = compare(a->user_id, b->user_id);

	if (d == 0)
		d = compare(b->at_ms, a->at_ms);
	return d != 0 ? d : compare(a->video_id, b->video_id);
}

static int
by_time(const void *x, const void *y)
{
	const struct near_event *a = x, *b = y;
	int d = compare(b->at_ms, a->at_ms);

	if (d == 0)
		d = compare(a->user_id, b->user_id);
	return d != 0 ? d : compare(a->video_id, b->video_id);
}

static int
by_id(const void *x, const void *y)
{
	return compare(*(const int64_t *)x, *(const int64_t *)y);
}

/* Each pair once, and no more than NEAR_LIKED_MAX of a person. */
static size_t
thin(struct near_event *e, size_t n)
{
	size_t kept = 0, of_user = 0, out = 0;

	qsort(e, n, sizeof(*e), by_user_and_clip);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || e[kept - 1].user_id != e[i].user_id ||
		    e[kept - 1].video_id != e[i].video_id)
			e[kept++] = e[i];
		else
			e[kept - 1].value += e[i].value;
	for (size_t i = 0; i < kept; i++)
		e[i].value = fmaxf(-1, fminf(1, e[i].value));
	qsort(e, kept, sizeof(*e), by_user_newest_first);
	for (size_t i = 0; i < kept; i++) {
		of_user = i > 0 && e[i - 1].user_id == e[i].user_id ? of_user + 1 : 0;
		if (of_user < NEAR_LIKED_MAX)
			e[out++] = e[i];
	}
	return out;
}

static size_t
unique(int64_t *v, size_t n)
{
	size_t out = 0;

	qsort(v, n, sizeof(*v), by_id);
	for (size_t i = 0; i < n; i++)
		if (out == 0 || v[out - 1] != v[i])
			v[out++] = v[i];
	return out;
}

static uint32_t
index_of(const int64_t *v, size_t n, int64_t id)
{
	const int64_t *at = bsearch(&id, v, n, sizeof(*v), by_id);

	return (uint32_t)(at - v);
}

struct near *
near_new(struct near_event *e, size_t n)
{
	struct near *m = xcalloc(1, sizeof(*m));
	int64_t *users = xcalloc(n + 1, sizeof(*users));
	uint32_t *fill_user, *fill_clip;

	n = m->pairs_n = thin(e, n);
	m->clips = xcalloc(n + 1, sizeof(*m->clips));
	for (size_t i = 0; i < n; i++) {
		users[i] = e[i].user_id;
		m->clips[i] = e[i].video_id;
	}
	m->users_n = unique(users, n);
	m->clips_n = unique(m->clips, n);
	m->touched_ms = xcalloc(m->clips_n + 1, sizeof(*m->touched_ms));
	m->user_at = xcalloc(m->users_n + 2, sizeof(*m->user_at));
	m->clip_at = xcalloc(m->clips_n + 2, sizeof(*m->clip_at));
	m->user_clip = xcalloc(n + 1, sizeof(*m->user_clip));
	m->clip_user = xcalloc(n + 1, sizeof(*m->clip_user));
	m->user_value = xcalloc(n + 1, sizeof(*m->user_value));
	m->clip_value = xcalloc(n + 1, sizeof(*m->clip_value));
	m->length = xcalloc(m->clips_n + 1, sizeof(*m->length));
	m->sum = xcalloc(m->clips_n + 1, sizeof(*m->sum));
	m->together = xcalloc(m->clips_n + 1, sizeof(*m->together));
	m->found = xcalloc(m->clips_n + 1, sizeof(*m->found));
	qsort(e, n, sizeof(*e), by_time);
	for (size_t i = 0; i < n; i++) {
		m->user_at[index_of(users, m->users_n, e[i].user_id) + 1]++;
		m->clip_at[index_of(m->clips, m->clips_n, e[i].video_id) + 1]++;
	}
	for (size_t i = 0; i < m->users_n; i++)
		m->user_at[i + 1] += m->user_at[i];
	for (size_t i = 0; i < m->clips_n; i++)
		m->clip_at[i + 1] += m->clip_at[i];
	fill_user = xcalloc(m->users_n + 1, sizeof(*fill_user));
	fill_clip = xcalloc(m->clips_n + 1, sizeof(*fill_clip));
	for (size_t i = 0; i < n; i++) {
		uint32_t u = index_of(users, m->users_n, e[i].user_id);
		uint32_t c = index_of(m->clips, m->clips_n, e[i].video_id);

		m->user_value[m->user_at[u] + fill_user[u]] = e[i].value;
		m->user_clip[m->user_at[u] + fill_user[u]++] = c;
		m->clip_value[m->clip_at[c] + fill_clip[c]] = e[i].value;
		m->clip_user[m->clip_at[c] + fill_clip[c]++] = u;
		m->length[c] += e[i].value * e[i].value;
		if (m->touched_ms[c] < e[i].at_ms)
			m->touched_ms[c] = e[i].at_ms;
	}
	free(fill_user);
	free(fill_clip);
	free(users);
	return m;
}

void
near_free(struct near *m)
{
	if (m == NULL)
		return;
	free(m->clips);
	free(m->touched_ms);
	free(m->user_at);
	free(m->user_clip);
	free(m->clip_at);
	free(m->clip_user);
	free(m->user_value);
	free(m->clip_value);
	free(m->length);
	free(m->sum);
	free(m->together);
	free(m->found);
	free(m);
}

size_t
near_clips(const struct near *m)
{
	return m->clips_n;
}

int64_t
near_clip(const struct near *m, size_t i)
{
	return m->clips[i];
}

int64_t
near_touched_ms(const struct near *m, size_t i)
{
	return m->touched_ms[i];
}

/* Keeps the NEAR_MAX best in falling order. */
static size_t
enter(struct near_one *out, size_t n, struct near_one one)
{
	size_t i = n < NEAR_MAX ? n : NEAR_MAX - 1;

	if (n == NEAR_MAX && out[n - 1].similarity >= one.similarity)
		return n;
	while (i > 0 && out[i - 1].similarity < one.similarity) {
		out[i] = out[i - 1];
		i--;
	}
	out[i] = one;
	return n < NEAR_MAX ? n + 1 : n;
}

size_t
near_of(struct near *m, size_t i, struct near_one out[NEAR_MAX])
{
	uint32_t people = m->clip_at[i + 1] - m->clip_at[i];
	uint32_t looked = people < NEAR_USERS_MAX ? people : NEAR_USERS_MAX;
	size_t found = 0, n = 0;

	for (uint32_t k = 0; k < looked; k++) {
		uint32_t u = m->clip_user[m->clip_at[i] + k];

		for (uint32_t j = m->user_at[u]; j < m->user_at[u + 1]; j++) {
			uint32_t c = m->user_clip[j];

			if (c == i)
				continue;
			if (m->together[c] == 0)
				m->found[found++] = c;
			m->together[c]++;
			m->sum[c] += m->clip_value[m->clip_at[i] + k] * m->user_value[j];
		}
	}
	for (size_t k = 0; k < found; k++) {
		uint32_t c = m->found[k];
		float both = m->together[c], lengths;

		if (m->together[c] >= TOGETHER_MIN && m->sum[c] > 0) {
			/* Where only a part of the people was looked at, so were those of the other. */
			lengths = sqrtf(m->length[i] * m->length[c] * (float)looked / (float)people);
			n = enter(out, n,
			    (struct near_one){ m->clips[c], fminf(1, m->sum[c] / lengths * both / (both + SHRINK)) });
		}
		m->together[c] = 0;
		m->sum[c] = 0;
	}
	return n;
}
