/* arena.h - the memory of one request.
 *
 * Everything that a request allocates comes from its arena and goes with it; nothing is freed one
 * by one.  Foreign objects (a libav context, a malloc'ed row) are tied to it by arena_defer().
 * Out of memory ends the process (the web server or the spawner starts a new one), so no caller
 * checks for NULL.  The free part is poisoned under AddressSanitizer. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena; /* opaque */

/* A new empty arena; arena_free() ends it.  Keeps its first block (32 KiB) over resets. */
struct arena *arena_new(void);
void arena_free(struct arena *a);

/* Runs what was deferred, newest first, and forgets all allocations. */
void arena_reset(struct arena *a);

/* size bytes aligned for any type; arena_zalloc() clears them. */
void *arena_alloc(struct arena *a, size_t size) __attribute__((malloc, alloc_size(2)));
void *arena_zalloc(struct arena *a, size_t size) __attribute__((malloc, alloc_size(2)));

/* n * size bytes, cleared; a product that overflows ends the process. */
void *arena_array(struct arena *a, size_t n, size_t size) __attribute__((malloc));

/* Copies, always NUL-terminated. */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *p, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

/* Calls fn(arg) at the next reset. */
void arena_defer(struct arena *a, void (*fn)(void *), void *arg);

/* Bytes handed out since the last reset (for tests and limits). */
size_t arena_used(const struct arena *a);

/* malloc and realloc that end the process instead of failing, for what lives as long as it. */
void *xmalloc(size_t size) __attribute__((malloc, alloc_size(1)));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, alloc_size(1, 2)));
void *xrealloc(void *p, size_t size) __attribute__((alloc_size(2)));
char *xstrdup(const char *s) __attribute__((malloc));

#endif
