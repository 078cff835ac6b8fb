/* render.c - the interpreter of shapes, and the table of rendered rows.
 *
 * Invariant: a kept text depends on nothing but shape, dialect, addresses and the row's content
 * (id and stamp), so a shape that is a row may not nest another row, only what is in its own tail;
 * what depends on the viewer is a hole.  Addresses come from the client's Host header: they are compared in full, once a
 * request, and stand in the key as a number that no client can choose. */
#include "http/render.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "model/viewer.h"
#include "store/rows.h"

#define HOLES 16
#define FRAGMENT_MAX 65536 /* longer texts are not kept */
#define BASES 8
#define DEPTH 8

struct hole {
	uint32_t at; /* before this byte of the text */
	enum member_type mark;
	int64_t id;
};

/* A member list without its braces. */
struct fragment {
	const struct shape *shape;
	int64_t id;
	uint64_t stamp;
	uint32_t base_id, len;
	uint8_t dialect, holes_n;
	struct hole *holes; /* then the text, in one piece */
};

static struct fragment table[FRAGMENTS];
static size_t table_bytes;

/* Where marks go while a fragment is made; NULL: they are written. */
struct holes {
	size_t n, start;
	struct hole v[HOLES];
};

static void members(struct buf *b, const struct render *r, const struct shape *shape,
    const void *p, struct holes *holes, bool *first, int depth);
static void interpret(struct buf *b, const struct render *r, const struct shape *shape,
    const void *row, struct holes *holes, bool *first, int depth);

/* The number of a pair of addresses.  A number is never used again for another pair. */
static uint32_t
base_number(const char *base, const char *media)
{
	static struct {
		char *base, *media;
		uint32_t id;
	} known[BASES];
	static uint32_t last_id;
	size_t at;

	for (size_t i = 0; i < BASES; i++) {
		if (known[i].id != 0 && strcmp(known[i].base, base) == 0 &&
		    strcmp(known[i].media, media) == 0)
			return known[i].id;
	}
	if (last_id == UINT32_MAX)
		return 0;
	at = last_id % BASES;
	free(known[at].base);
	free(known[at].media);
	known[at].base = xstrdup(base);
	known[at].media = xstrdup(media);
	return known[at].id = ++last_id;
}

void
render_init(struct render *r, const struct call *c, enum dialect d, const char *base)
{
	const char *media = c->conf->media_url;

	if (*media == '\0')
		media = arena_printf(c->mem, "%s/media", base);
	*r = (struct render){ .dialect = d,
		.call = c,
		.base = base,
		.media = media,
		.base_id = base_number(base, media),
		.likes = viewer_likes,
		.follows = viewer_follows,
		.stars = viewer_stars };
}

static void
url(struct buf *b, const struct render *r, const char *base, const char *slash, const char *path)
{
	char small[512], *text = small;
	size_t n, base_n = strlen(base), slash_n = strlen(slash), path_n = strlen(path);

	if (path_n == 0 || strncmp(path, "http://", 7) == 0 || strncmp(path, "https://", 8) == 0) {
		json_strn(b, path, path_n);
		return;
	}
	n = base_n + slash_n + path_n;
	if (n > sizeof small)
		text = arena_alloc(r->call->mem, n);
	memcpy(text, base, base_n);
	memcpy(text + base_n, slash, slash_n);
	memcpy(text + base_n + slash_n, path, path_n);
	json_strn(b, text, n);
}

static void
media(struct buf *b, const struct render *r, const char *path)
{
	if (*path == '/')
		url(b, r, r->base, "", path);
	else
		url(b, r, r->media, "/", path);
}

/* The part of the row's tail that really is in the row: it may come from a cache. */
static void
part(struct buf *b, const struct render *r, const struct member *m, const struct row *row,
    const struct row_part *p, int depth)
{
	size_t size = m->shape->size, n = p->n;

	if (p->at > row->size || p->at % sizeof(int64_t) != 0)
		n = 0;
	else if (n > (row->size - p->at) / size)
		n = (row->size - p->at) / size;
	buf_addc(b, '[');
	for (size_t i = 0; i < n; i++) {
		bool first = true;

		buf_adds(b, i > 0 ? ",{" : "{");
		interpret(b, r, m->shape, (const char *)row + p->at + i * size, NULL, &first, depth + 1);
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
}

static bool
marked(const struct render *r, enum member_type mark, int64_t id)
{
	return mark == M_LIKED ? r->likes(r->call, id)
	    : mark == M_STARRED ? r->stars(r->call, id)
				: r->follows(r->call, id);
}

static void
list(struct buf *b, const struct render *r, const struct shape *shape, const struct shape_list *l,
    int depth)
{
	buf_addc(b, '[');
	for (size_t i = 0; i < l->n; i++) {
		bool first = true;

		buf_adds(b, i > 0 ? ",{" : "{");
		members(b, r, shape, l->rows[i], NULL, &first, depth + 1);
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
}

static void
value(struct buf *b, const struct render *r, const struct shape *shape, const struct member *m,
    const void *row, struct holes *holes, int depth)
{
	const void *at = (const char *)row + m->offset;
	int utc_offset = (int)r->call->conf->utc_offset;
	const char *text = NULL;
	int64_t number = 0;
	char date[20];

	switch (m->type) {
	case M_STR:
	case M_STR_OPT:
	case M_URL:
	case M_MEDIA:
		memcpy(&text, at, sizeof text);
		break;
	case M_BOOL:
	case M_ROW:
	case M_ROWS:
	case M_INLINE:
	case M_LIST:
		break;
	case M_STR_IN:
	case M_MEDIA_IN:
		text = arena_strndup(r->call->mem, at, strnlen(at, shape->size - m->offset));
		break;
	default:
		memcpy(&number, at, sizeof number);
		break;
	}
	switch (m->type) {
	case M_INT:
		buf_addi(b, number);
		break;
	case M_STR:
	case M_STR_OPT:
	case M_STR_IN:
		json_str(b, text != NULL ? text : "");
		break;
	case M_BOOL:
		json_boolean(b, *(const bool *)at);
		break;
	case M_URL:
		url(b, r, r->base, "", text != NULL ? text : "");
		break;
	case M_MEDIA:
	case M_MEDIA_IN:
		media(b, r, text != NULL ? text : "");
		break;
	case M_MONTH_DAY:
		clock_month_day(date, number, utc_offset);
		json_str(b, date);
		break;
	case M_DATE_TIME:
		clock_date_time(date, number, utc_offset);
		json_str(b, date);
		break;
	case M_SECONDS:
		buf_addi(b, number / 1000);
		break;
	case M_LIKED:
	case M_FOLLOWED:
	case M_STARRED:
		if (holes == NULL) {
			json_boolean(b, marked(r, m->type, number));
		} else {
			assert(holes->n < HOLES);
			holes->v[holes->n++] = (struct hole){ (uint32_t)(b->len - holes->start),
				m->type, number };
		}
		break;
	case M_ROW: {
		bool first = true;

		buf_addc(b, '{');
		members(b, r, m->shape, *(const void *const *)at, NULL, &first, depth + 1);
		buf_addc(b, '}');
		break;
	}
	case M_LIST:
		list(b, r, m->shape, at, depth);
		break;
	case M_ROWS:
		assert(shape->is_row);
		part(b, r, m, row, at, depth);
		break;
	case M_INLINE:
		break;
	}
}

/* A member that has nothing to show is left out. */
static bool
left_out(const struct member *m, const void *at)
{
	const void *p;

	if (m->type != M_STR_OPT && m->type != M_ROW && m->type != M_INLINE)
		return false;
	memcpy(&p, at, sizeof p);
	return p == NULL || (m->type == M_STR_OPT && *(const char *)p == '\0');
}

static void
interpret(struct buf *b, const struct render *r, const struct shape *shape, const void *row,
    struct holes *holes, bool *first, int depth)
{
	const struct member *m = shape->members;

	assert(depth < DEPTH);
	for (; m->name[DOUYIN] != NULL || m->name[API] != NULL; m++) {
		const void *at = (const char *)row + m->offset;
		const char *name = m->name[r->dialect];

		/* A nested row has a stamp of its own. */
		assert(holes == NULL ||
		    (m->type != M_ROW && m->type != M_INLINE && m->type != M_LIST));
		if (name == NULL || left_out(m, at))
			continue;
		if (m->type == M_INLINE) {
			members(b, r, m->shape, *(const void *const *)at, NULL, first, depth + 1);
			continue;
		}
		if (!*first)
			buf_addc(b, ',');
		*first = false;
		buf_addc(b, '"');
		buf_adds(b, name);
		buf_add(b, "\":", 2);
		value(b, r, shape, m, row, holes, depth);
	}
}

static void
splice(struct buf *b, const struct render *r, const struct fragment *f)
{
	const char *text = (const char *)(f->holes + f->holes_n);
	char *start = buf_reserve(b, f->len + f->holes_n * sizeof "false"), *out = start;
	uint32_t done = 0;

	if (start == NULL)
		return;
	for (size_t i = 0; i < f->holes_n; i++) {
		const struct hole *h = &f->holes[i];
		bool v = marked(r, h->mark, h->id);

		memcpy(out, text + done, h->at - done);
		out += h->at - done;
		done = h->at;
		memcpy(out, v ? "true" : "false", v ? 4 : 5);
		out += v ? 4 : 5;
	}
	memcpy(out, text + done, f->len - done);
	out += f->len - done;
	b->len += (size_t)(out - start);
	b->p[b->len] = '\0';
}

static size_t
fragment_bytes(const struct fragment *f)
{
	return f->holes == NULL ? 0 : f->len + f->holes_n * sizeof(struct hole);
}

static void
forget(struct fragment *f)
{
	table_bytes -= fragment_bytes(f);
	free(f->holes);
	*f = (struct fragment){ .len = 0 };
}

/* Renders the row into the slot; false where it is too long to keep. */
static bool
keep(struct fragment *f, const struct render *r, const struct shape *shape, const struct row *row,
    int depth)
{
	static struct buf text;
	struct holes holes = { .n = 0 };
	size_t holes_size;
	bool first = true;

	if (text.max == 0)
		buf_init(&text, FRAGMENT_MAX);
	buf_clear(&text);
	interpret(&text, r, shape, row, &holes, &first, depth);
	if (text.full || first)
		return false;
	holes_size = holes.n * sizeof(struct hole);
	/* Old texts are only found by the slot that they stand in: when all is full, begin anew. */
	if (table_bytes + text.len + holes_size - fragment_bytes(f) > FRAGMENT_BYTES) {
		for (size_t i = 0; i < FRAGMENTS; i++)
			forget(&table[i]);
	}
	forget(f);
	*f = (struct fragment){ .shape = shape,
		.id = row->id,
		.stamp = row->stamp,
		.base_id = r->base_id,
		.len = (uint32_t)text.len,
		.dialect = (uint8_t)r->dialect,
		.holes_n = (uint8_t)holes.n,
		.holes = xmalloc(holes_size + text.len) };
	memcpy(f->holes, holes.v, holes_size);
	memcpy(f->holes + holes.n, text.p, text.len);
	table_bytes += fragment_bytes(f);
	return true;
}

static void
members(struct buf *b, const struct render *r, const struct shape *shape, const void *p,
    struct holes *holes, bool *first, int depth)
{
	const struct row *row = p;
	struct fragment *f;
	uint64_t hash;

	if (p == NULL)
		return;
	if (!shape->is_row || row->stamp == 0 || r->base_id == 0) {
		interpret(b, r, shape, p, holes, first, depth);
		return;
	}
	hash = hash_id((int64_t)(row->stamp ^ (uint64_t)row->id << 20 ^ (uintptr_t)shape << 8 ^
				 (uint64_t)r->base_id << 3 ^ (uint64_t)r->dialect));
	f = &table[hash % FRAGMENTS];
	if (f->stamp != row->stamp || f->id != row->id || f->shape != shape ||
	    f->base_id != r->base_id || f->dialect != r->dialect) {
		if (!keep(f, r, shape, row, depth)) {
			interpret(b, r, shape, p, holes, first, depth);
			return;
		}
	}
	if (!*first)
		buf_addc(b, ',');
	*first = false;
	splice(b, r, f);
}

void
render_row(struct buf *b, const struct render *r, const struct shape *shape, const void *row)
{
	bool first = true;

	buf_addc(b, '{');
	members(b, r, shape, row, NULL, &first, 0);
	buf_addc(b, '}');
}

void
render_value(struct buf *b, const struct render *r, const struct reply_field *f)
{
	bool any = false;

	switch (f->type) {
	case OUT_INT:
	case OUT_TIME:
		buf_addi(b, f->i);
		break;
	case OUT_BOOL:
		json_boolean(b, f->i != 0);
		break;
	case OUT_STR:
		json_str(b, f->s != NULL ? f->s : "");
		break;
	case OUT_CURSOR:
		json_str(b, f->cursor);
		break;
	case OUT_ROW:
		render_row(b, r, f->shape, f->row);
		break;
	case OUT_ROWS:
		buf_addc(b, '[');
		for (size_t i = 0; i < f->n; i++) {
			if (f->rows[i] == NULL)
				continue;
			if (any)
				buf_addc(b, ',');
			any = true;
			render_row(b, r, f->shape, f->rows[i]);
		}
		buf_addc(b, ']');
		break;
	}
}

size_t
render_kept(size_t *bytes)
{
	size_t n = 0;

	for (size_t i = 0; i < FRAGMENTS; i++)
		n += table[i].holes != NULL;
	*bytes = table_bytes;
	return n;
}
