/* arena.c - memory that is given out piece by piece and taken back at once.
 *
 * Blocks come from malloc and form one list; pieces are cut off the current block.  Invariant:
 * what is not handed out is poisoned under AddressSanitizer, in every block, at any time. */
#include "base/arena.h"

#include "base/log.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
/* Bytes that stay poisoned behind each piece, so that a step past its end is seen. */
#define GAP 16
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define GAP 0
#endif

#define ALIGN 16
#define BLOCK (32 * 1024)
/* From here on a piece gets a block of its own and the current block goes on being used. */
#define LARGE (BLOCK / 4)

struct block {
	alignas(ALIGN) struct block *next;
	size_t size;
	char bytes[];
};

struct cleanup {
	struct cleanup *next;
	void (*fn)(void *);
	void *arg;
};

struct arena {
	struct block *first; /* kept over resets */
	struct block *more;  /* newest first */
	char *at, *end;      /* the free part of the current block */
	struct cleanup *cleanups;
	size_t used;
};

static _Noreturn void
out_of_memory(size_t size)
{
	log_error("out of memory: %zu bytes were asked for", size);
	_exit(1);
}

void *
xmalloc(size_t size)
{
	void *p = malloc(size > 0 ? size : 1);

	if (p == NULL)
		out_of_memory(size);
	return p;
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n > 0 ? n : 1, size > 0 ? size : 1);

	if (p == NULL)
		out_of_memory(size);
	return p;
}

void *
xrealloc(void *p, size_t size)
{
	void *q = realloc(p, size > 0 ? size : 1);

	if (q == NULL)
		out_of_memory(size);
	return q;
}

char *
xstrdup(const char *s)
{
	size_t size = strlen(s) + 1;

	return memcpy(xmalloc(size), s, size);
}

static struct block *
block_new(size_t size)
{
	struct block *b = xmalloc(sizeof *b + size);

	b->next = NULL;
	b->size = size;
	ASAN_POISON_MEMORY_REGION(b->bytes, size);
	return b;
}

static void
block_free(struct block *b)
{
	ASAN_UNPOISON_MEMORY_REGION(b->bytes, b->size);
	free(b);
}

static void
use_block(struct arena *a, struct block *b)
{
	a->at = b->bytes;
	a->end = b->bytes + b->size;
}

struct arena *
arena_new(void)
{
	struct arena *a = xcalloc(1, sizeof *a);

	a->first = block_new(BLOCK);
	use_block(a, a->first);
	return a;
}

void
arena_reset(struct arena *a)
{
	/* A cleanup may still allocate, even defer: all memory stays until the last one ran. */
	while (a->cleanups != NULL) {
		struct cleanup *c = a->cleanups;

		a->cleanups = c->next;
		c->fn(c->arg);
	}
	while (a->more != NULL) {
		struct block *b = a->more;

		a->more = b->next;
		block_free(b);
	}
	ASAN_POISON_MEMORY_REGION(a->first->bytes, a->first->size);
	use_block(a, a->first);
	a->used = 0;
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	arena_reset(a);
	block_free(a->first);
	free(a);
}

void *
arena_alloc(struct arena *a, size_t size)
{
	size_t take;
	char *p;

	if (size > PTRDIFF_MAX / 2)
		out_of_memory(size);
	take = (size + GAP + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (take <= (size_t)(a->end - a->at)) {
		p = a->at;
		a->at += take;
	} else {
		bool own = take > LARGE;
		struct block *b = block_new(own ? take : BLOCK);

		b->next = a->more;
		a->more = b;
		p = b->bytes;
		if (!own) {
			use_block(a, b);
			a->at += take;
		}
	}
	a->used += size;
	ASAN_UNPOISON_MEMORY_REGION(p, size);
	return p;
}

void *
arena_zalloc(struct arena *a, size_t size)
{
	return memset(arena_alloc(a, size), 0, size);
}

void *
arena_array(struct arena *a, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		out_of_memory(SIZE_MAX);
	return arena_zalloc(a, total);
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *
arena_strndup(struct arena *a, const char *p, size_t n)
{
	char *s;

	if (n == SIZE_MAX)
		out_of_memory(n);
	s = arena_alloc(a, n + 1);
	if (n > 0)
		memcpy(s, p, n);
	s[n] = '\0';
	return s;
}

char *
arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	char *s;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		out_of_memory(INT32_MAX); /* a result beyond 2 GiB is all that it can be */
	s = arena_alloc(a, (size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	return s;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}

void
arena_defer(struct arena *a, void (*fn)(void *), void *arg)
{
	struct cleanup *c = arena_alloc(a, sizeof *c);

	c->next = a->cleanups;
	c->fn = fn;
	c->arg = arg;
	a->cleanups = c;
}

size_t
arena_used(const struct arena *a)
{
	return a->used;
}
