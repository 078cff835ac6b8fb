/* rows.c - see rows.h.
 *
 * What makes it right on one host, whatever memcached loses, delays or keeps too long: every cached
 * row carries the instance of the host's shared memory and the row's version in it, read *before*
 * the row was.  A reader of the same instance believes it only if that is still the version; and a
 * writer bumps the version after COMMIT and before he returns.  The marks do the same between
 * hosts, where memcached behaves.
 *
 * A row in process memory (struct piece) is counted: the table has one reference, and each arena
 * that a pointer went to has one, so that a request's rows stay when the table replaces them. */
#include "store/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "store/cache.h"
#include "store/rows_pack.h"

#define BATCH_MAX 1024
#define MAGIC UINT32_C(0xd0f0c001)

enum kind { KIND_ROW = 1, KIND_UNKNOWN, KIND_HOLD, KIND_DROP };

/* What stands before the image in memcached. */
struct head {
	uint32_t magic;
	uint8_t kind, layout;
	uint16_t struct_size;
	uint32_t size; /* of the image */
	uint32_t version;
	uint64_t instance;
	int64_t id;
};

struct piece {
	uint64_t refs;
	uint64_t pad; /* the row has the alignment of any type */
	char row[];
};

struct entry {
	int64_t id;
	int64_t until_us; /* 0: the entry is empty */
	uint32_t version;
	struct piece *piece; /* NULL: there is no such row */
};

/* The rows of one class in process memory. */
struct table {
	const struct row_class *k;
	struct table *next;
	struct entry *entries; /* k->local */
};

struct rows_store {
	const struct conf *conf;
	struct shm *shm;
	struct db *db;
	struct cache *cache; /* NULL: none */
	struct table *tables;
	uint64_t stamp; /* the last one given */
	uint64_t luck;  /* state of the jitter */
	int64_t local_us; /* how long process memory is believed */
};

/* A row that process memory did not have. */
struct want {
	struct table *t;
	int64_t id;
	uint32_t version; /* before the fetch */
	bool done, held;
	uint64_t cas; /* of what stands in memcached now, 0: nothing */
	struct piece *piece;
	char *value; /* to be filled in: head and image; NULL: unknown */
	size_t value_n;
};

/* The references of one call, given back when its arena is reset. */
struct holding {
	size_t n;
	struct piece *pieces[];
};

struct batch {
	struct rows_store *s;
	struct arena *a;
	struct want *wants;
	size_t n;
	uint16_t *index; /* open addressing: number of the want + 1 */
	size_t mask;
	int64_t begin_us;
	struct holding *holding;
};

struct rows_loader {
	struct batch *b;
	const struct row_class *k; /* of rows_put() */
	enum err e;
};

#define PARTS_MAX 4

/* --- process memory ---------------------------------------------------------------------- */

static void
piece_give(struct piece *p)
{
	if (p != NULL && --p->refs == 0)
		free(p);
}

static void
give_back(void *arg)
{
	struct holding *h = arg;

	while (h->n > 0)
		piece_give(h->pieces[--h->n]);
}

static const void *
hold_piece(struct batch *b, struct piece *p)
{
	if (p == NULL)
		return NULL;
	p->refs++;
	b->holding->pieces[b->holding->n++] = p;
	return p->row;
}

static struct table *
table_of(struct rows_store *s, const struct row_class *k)
{
	struct table *t;

	for (t = s->tables; t != NULL; t = t->next)
		if (t->k == k)
			return t;
	t = xcalloc(1, sizeof *t);
	t->k = k;
	t->entries = xcalloc(k->local > 0 ? k->local : 1, sizeof *t->entries);
	t->next = s->tables;
	s->tables = t;
	return t;
}

static struct entry *
entry_of(struct table *t, int64_t id)
{
	return t->k->local > 0 ? &t->entries[hash_id(id) & (t->k->local - 1u)] : NULL;
}

/* The entry, if it may be used; *version is the row's version now, in any case. */
static struct entry *
look(struct rows_store *s, struct table *t, int64_t id, int64_t now_us, uint32_t *version)
{
	struct entry *e = entry_of(t, id);

	*version = shm_version(s->shm, t->k->key, id);
	return e != NULL && e->until_us > now_us && e->id == id && e->version == *version ? e
											  : NULL;
}

/* Takes a valid image (NULL: there is no such row) as the answer to a want, and into the table. */
static void
take(struct batch *b, struct want *w, const void *image, size_t size)
{
	struct entry *e = entry_of(w->t, w->id);
	struct piece *old = e != NULL && e->id == w->id ? e->piece : NULL;

	w->done = true;
	if (image != NULL && old != NULL && rows_image_same(w->t->k, old->row, image, size)) {
		/* Also keeps what was rendered from it. */
		w->piece = old;
	} else if (image != NULL) {
		struct row *row;

		w->piece = xmalloc(sizeof *w->piece + size);
		w->piece->refs = 0;
		memcpy(w->piece->row, image, size);
		rows_image_fix(w->t->k, w->piece->row);
		row = (struct row *)(void *)w->piece->row;
		row->stamp = ++b->s->stamp;
	}
	hold_piece(b, w->piece);
	/* A row that is being written is nobody's to keep: its writer may die after COMMIT. */
	if (e == NULL || w->held)
		return;
	if (w->piece != NULL)
		w->piece->refs++;
	piece_give(e->piece);
	*e = (struct entry){
		.id = w->id,
		.until_us = b->begin_us +
		    (w->t->k->prepared ? INT64_C(1000) * PREPARED_LOCAL_MS : b->s->local_us),
		.version = w->version,
		.piece = w->piece,
	};
}

/* --- a batch ----------------------------------------------------------------------------- */

static void
batch_begin(struct batch *b, struct rows_store *s, struct arena *a, size_t n)
{
	*b = (struct batch){ .s = s, .a = a, .begin_us = clock_mono_us(), .mask = 1 };
	if (n > BATCH_MAX) {
		log_error("rows_get: %zu rows at once", n);
		abort();
	}
	b->holding = arena_alloc(a, sizeof *b->holding + n * sizeof b->holding->pieces[0]);
	b->holding->n = 0;
	arena_defer(a, give_back, b->holding);
}

static struct want *
find_want(const struct batch *b, char klass, int64_t id, size_t *at)
{
	if (b->index == NULL)
		return NULL;
	for (*at = hash_id(id) & b->mask; b->index[*at] != 0; *at = (*at + 1) & b->mask) {
		struct want *w = &b->wants[b->index[*at] - 1];

		if (w->id == id && w->t->k->key == klass)
			return w;
	}
	return NULL;
}

/* most: how many wants there can be. */
static size_t
add_want(struct batch *b, struct table *t, int64_t id, uint32_t version, size_t most)
{
	size_t at = 0;
	struct want *w = find_want(b, t->k->key, id, &at);

	if (w != NULL)
		return (size_t)(w - b->wants);
	if (b->index == NULL) {
		while (b->mask < 2 * most)
			b->mask = 2 * b->mask + 1;
		b->index = arena_array(b->a, b->mask + 1, sizeof *b->index);
		b->wants = arena_array(b->a, most, sizeof *b->wants);
		at = hash_id(id) & b->mask;
	}
	b->wants[b->n] = (struct want){ .t = t, .id = id, .version = version,
		.held = shm_held(b->s->shm, t->k->key, id, clock_ms()) };
	b->index[at] = (uint16_t)(b->n + 1);
	return b->n++;
}

/* --- memcached --------------------------------------------------------------------------- */

static void
found(void *arg, struct cache_key key, const void *p, size_t n, uint64_t cas)
{
	struct batch *b = arg;
	const char *image = (const char *)p + sizeof(struct head);
	const struct row_class *k;
	struct head h;
	size_t at;
	struct want *w = find_want(b, key.klass, key.id, &at);

	if (w == NULL || w->done)
		return;
	w->cas = cas;
	if (n < sizeof h)
		return;
	memcpy(&h, p, sizeof h);
	n -= sizeof h;
	k = w->t->k;
	if (h.magic != MAGIC)
		return;
	if (h.kind == KIND_HOLD)
		w->held = true;
	if ((h.kind != KIND_ROW && h.kind != KIND_UNKNOWN) || h.layout != k->layout ||
	    h.struct_size != (uint16_t)k->size || h.id != w->id || h.size != n)
		return;
	if (h.instance == b->s->shm->instance) {
		/* Filled on this host: good if nobody has written since. */
		if (h.version != shm_version(b->s->shm, k->key, w->id))
			return;
		w->version = h.version;
	}
	if (h.kind == KIND_UNKNOWN)
		take(b, w, NULL, 0);
	else if (rows_image_valid(k, w->id, image, n))
		take(b, w, image, n);
}

/* Asks memcached for all wants.  Returns whether what it lacks may be filled in. */
static bool
ask_cache(struct batch *b)
{
	struct cache_key *keys;
	size_t hits = 0;
	bool ok;

	if (!cache_ready(b->s->cache))
		return false;
	keys = arena_array(b->a, b->n, sizeof *keys);
	for (size_t i = 0; i < b->n; i++)
		keys[i] = (struct cache_key){ b->wants[i].t->k->key, b->wants[i].id };
	ok = cache_get(b->s->cache, keys, b->n, found, b);
	for (size_t i = 0; i < b->n; i++)
		hits += b->wants[i].done;
	shm_count(b->s->shm, SHM_cache_hits, hits);
	shm_count(b->s->shm, SHM_cache_misses, b->n - hits);
	return ok;
}

/* ttl_s, less up to a quarter of it, so that what came together does not go together. */
static int64_t
jitter(struct rows_store *s, int64_t ttl_s)
{
	int64_t quarter = ttl_s / 4;

	s->luck = s->luck * UINT64_C(6364136223846793005) + 1;
	if (quarter > 0)
		ttl_s -= (int64_t)((s->luck >> 33) % (uint64_t)(quarter + 1));
	return ttl_s;
}

static void
head_make(const struct rows_store *s, const struct want *w, enum kind kind, size_t size, void *out)
{
	struct head h = {
		.magic = MAGIC,
		.kind = (uint8_t)kind,
		.layout = w->t->k->layout,
		.struct_size = (uint16_t)w->t->k->size,
		.size = (uint32_t)size,
		.version = w->version,
		.instance = s->shm->instance,
		.id = w->id,
	};

	memcpy(out, &h, sizeof h);
}

static void
fill(struct batch *b, const struct want *w)
{
	struct rows_store *s = b->s;
	struct cache_key key = { w->t->k->key, w->id };
	int64_t ttl_s = s->conf->cache_ttl;
	char unknown[sizeof(struct head)];

	/* A newer version: whoever wrote meanwhile has dropped the key or is about to. */
	if (w->held || shm_version(s->shm, key.klass, key.id) != w->version)
		return;
	if (w->value != NULL) {
		if (w->t->k->prepared && ttl_s < PREPARED_S)
			ttl_s = PREPARED_S;
		head_make(s, w, KIND_ROW, w->value_n - sizeof(struct head), w->value);
		cache_fill(s->cache, key, w->value, w->value_n, w->cas, jitter(s, ttl_s));
	} else {
		head_make(s, w, KIND_UNKNOWN, 0, unknown);
		cache_fill(s->cache, key, unknown, sizeof unknown, w->cas, jitter(s, UNKNOWN_S));
	}
}

/* --- loading ----------------------------------------------------------------------------- */

void
rows_put(struct rows_loader *into, const void *tmpl, const void *tail, size_t tail_n)
{
	rows_put_as(into, into->k, tmpl, tail, tail_n);
}

void
rows_put_as(struct rows_loader *into, const struct row_class *k, const void *tmpl, const void *tail,
    size_t tail_n)
{
	struct batch *b = into->b;
	struct row head;
	struct want *w;
	size_t at, size;

	memcpy(&head, tmpl, sizeof head);
	w = find_want(b, k->key, head.id, &at);
	if (w == NULL || w->done)
		return;
	size = rows_image_size(k, tmpl, tail_n);
	if (size == 0) {
		log_error(
		    "row %c:%lld is larger than %d bytes", k->key, (long long)head.id, ROW_MAX);
		into->e = E_INTERNAL;
		return;
	}
	w->value_n = sizeof(struct head) + size;
	w->value = arena_alloc(b->a, w->value_n);
	rows_image_make(k, tmpl, tail, tail_n, w->value + sizeof(struct head));
	take(b, w, w->value + sizeof(struct head), size);
}

/* How a batch is loaded: by one function of the caller's, or (NULL) each class by its own. */
struct loading {
	const struct rows_part *parts;
	size_t n;
	enum err (*load)(void *ctx, const struct rows_part *missing, struct rows_loader *into);
	void *ctx;
};

/* Loads the wants that are still open. */
static enum err
load_rest(struct batch *b, const struct loading *l, bool may_fill)
{
	struct rows_loader into = { .b = b };
	struct rows_part missing[PARTS_MAX];
	struct want **open = arena_array(b->a, b->n, sizeof *open);
	int64_t *ids = arena_array(b->a, b->n, sizeof *ids);
	size_t n = 0;
	enum err e = E_OK;

	for (size_t k = 0; k < l->n; k++) {
		missing[k] = (struct rows_part){ .k = l->parts[k].k, .ids = ids + n };
		for (size_t i = 0; i < b->n; i++) {
			struct want *w = &b->wants[i];

			if (w->done || w->t->k != missing[k].k)
				continue;
			missing[k].n++;
			open[n] = w;
			ids[n++] = w->id;
		}
	}
	if (n == 0)
		return E_OK;
	if (l->load != NULL)
		e = l->load(l->ctx, missing, &into);
	for (size_t k = 0; l->load == NULL && e == E_OK && k < l->n; k++) {
		into.k = missing[k].k;
		if (missing[k].n > 0)
			e = into.k->load(l->ctx, missing[k].ids, missing[k].n, &into);
	}
	if (e == E_OK)
		e = into.e;
	if (e != E_OK)
		return e;
	may_fill = may_fill && clock_mono_us() - b->begin_us < INT64_C(1000) * FILL_MS;
	for (size_t i = 0; i < n; i++) {
		if (!open[i]->done)
			take(b, open[i], NULL, 0);
		if (may_fill)
			fill(b, open[i]);
	}
	if (may_fill)
		cache_flush(b->s->cache);
	return E_OK;
}

static const void *
row_of(const struct want *w)
{
	return w->piece != NULL ? w->piece->row : NULL;
}

static enum err
get(struct rows_store *s, struct arena *a, const struct loading *l)
{
	struct batch b;
	size_t n = 0, at = 0;
	uint16_t *which = NULL; /* of each place: number of the want + 1 */
	enum err e;

	for (size_t k = 0; k < l->n; k++)
		n += l->parts[k].n;
	if (n == 0)
		return E_OK;
	batch_begin(&b, s, a, n);
	for (size_t k = 0; k < l->n; k++) {
		const struct rows_part *p = &l->parts[k];
		struct table *t = table_of(s, p->k);

		for (size_t i = 0; i < p->n; i++, at++) {
			uint32_t version;
			struct entry *entry = look(s, t, p->ids[i], b.begin_us, &version);

			if (entry != NULL) {
				p->out[i] = hold_piece(&b, entry->piece);
				continue;
			}
			p->out[i] = NULL;
			if (which == NULL)
				which = arena_array(a, n, sizeof *which);
			which[at] = (uint16_t)(add_want(&b, t, p->ids[i], version, n) + 1);
		}
	}
	if (which == NULL)
		return E_OK;
	e = load_rest(&b, l, ask_cache(&b));
	if (e != E_OK)
		return e;
	at = 0;
	for (size_t k = 0; k < l->n; k++) {
		for (size_t i = 0; i < l->parts[k].n; i++, at++)
			if (which[at] != 0)
				l->parts[k].out[i] = row_of(&b.wants[which[at] - 1]);
	}
	return E_OK;
}

enum err
rows_get(struct rows_store *s, struct arena *a, const struct row_class *k, void *ctx,
    const int64_t *ids, size_t n, const void **out)
{
	struct rows_part part = { k, ids, n, out };

	return get(s, a, &(struct loading){ .parts = &part, .n = 1, .ctx = ctx });
}

enum err
rows_get_parts(struct rows_store *s, struct arena *a, const struct rows_part *parts, size_t parts_n,
    enum err (*load)(void *ctx, const struct rows_part *missing, struct rows_loader *into), void *ctx)
{
	if (parts_n == 0 || parts_n > PARTS_MAX) {
		log_error("rows_get_parts: %zu parts", parts_n);
		abort();
	}
	return get(s, a, &(struct loading){ parts, parts_n, load, ctx });
}

/* --- writing ----------------------------------------------------------------------------- */

static void
mark(struct rows_store *s, const struct row_ref *refs, size_t n, enum kind kind, int64_t ttl_s)
{
	struct head h = { .magic = MAGIC, .kind = (uint8_t)kind, .instance = s->shm->instance };
	struct cache_key keys[64];

	for (size_t part; n > 0; n -= part, refs += part) {
		part = n < 64 ? n : 64;
		if (!cache_ready(s->cache))
			return;
		for (size_t i = 0; i < part; i++)
			keys[i] = (struct cache_key){ refs[i].k->key, refs[i].id };
		/* Where it does not arrive, the versions protect this host, and TTLs the others. */
		cache_mark(s->cache, keys, part, &h, sizeof h, ttl_s);
	}
}

static int64_t
hold_s(const struct rows_store *s)
{
	/* Longer than a transaction can last: its last statement, or COMMIT, begins before
	 * DB_TRANSACTION_MS and ends, one way or another, after db_timeout. */
	int64_t least = DB_TRANSACTION_MS / 1000 + s->conf->db_timeout + 3;

	return least > HOLD_S ? least : HOLD_S;
}

static void
bump(struct rows_store *s, const struct row_ref *refs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		shm_version_bump(s->shm, refs[i].k->key, refs[i].id);
}

enum err
rows_write(struct rows_store *s, const struct row_ref *refs, size_t n, enum err (*fn)(void *arg),
    void *arg)
{
	int64_t now_ms = clock_ms();
	bool others = s->conf->hosts > 1;
	enum err e;

	for (size_t i = 0; i < n; i++)
		shm_hold(s->shm, refs[i].k->key, refs[i].id, now_ms);
	if (others)
		mark(s, refs, n, KIND_HOLD, hold_s(s));
	e = db_transaction(s->db, fn, arg);
	/* Where nobody knows, the server may commit after this: the rows stay held for a while. */
	if (e == E_UNSURE) {
		bump(s, refs, n);
		mark(s, refs, n, KIND_HOLD, hold_s(s));
		return e;
	}
	for (size_t i = 0; i < n; i++)
		shm_release(s->shm, refs[i].k->key, refs[i].id);
	mark(s, refs, n, KIND_DROP, DROP_S);
	return e;
}

void
rows_drop(struct rows_store *s, const struct row_ref *refs, size_t n)
{
	bump(s, refs, n);
	mark(s, refs, n, KIND_DROP, DROP_S);
}

bool
rows_cache_alive(struct rows_store *s)
{
	return cache_alive(s->cache);
}

struct rows_store *
rows_store_new(const struct conf *conf, struct shm *shm, struct db *db)
{
	struct rows_store *s = xcalloc(1, sizeof *s);

	s->conf = conf;
	s->shm = shm;
	s->db = db;
	s->cache = cache_new(conf, shm);
	s->local_us = INT64_C(1000) * (conf->hosts > 1 ? LOCAL_SHARED_MS : LOCAL_MS);
	random_bytes(&s->luck, sizeof s->luck);
	return s;
}

void
rows_store_free(struct rows_store *s)
{
	if (s == NULL)
		return;
	for (struct table *t = s->tables, *next; t != NULL; t = next) {
		next = t->next;
		for (size_t i = 0; i < t->k->local; i++)
			piece_give(t->entries[i].piece);
		free(t->entries);
		free(t);
	}
	cache_free(s->cache);
	free(s);
}
