/* base_arena.c - tests of the request's memory: alignment, big pieces, cleanups, and an end of the
 * process instead of NULL. */
#include "base/arena.h"

#include "unit.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

CASE(pieces_are_aligned_and_apart)
{
	struct arena *a = arena_new();
	char *before = NULL;
	size_t size, last = 0;

	for (size = 0; size < 300; size++) {
		char *p = arena_alloc(a, size);

		CHECK((uintptr_t)p % 16 == 0);
		memset(p, (int)size, size);
		if (last > 0)
			CHECK(before[0] == (char)last && before[last - 1] == (char)last);
		before = p;
		last = size;
	}
	CHECK_INT(arena_used(a), 299 * 300 / 2);
	arena_free(a);
}

CASE(large_pieces_leave_the_current_block_in_use)
{
	struct arena *a = arena_new();
	char *small = arena_alloc(a, 16), *large = arena_alloc(a, 1 << 20);
	char *next = arena_alloc(a, 16);

	memset(large, 'x', 1 << 20);
	CHECK(next > small && next - small <= 64);
	CHECK(large + (1 << 20) <= small || large > next);
	arena_free(a);
}

CASE(many_blocks_keep_their_content)
{
	struct arena *a = arena_new();
	int *kept[2000];
	int i;

	for (i = 0; i < 2000; i++) {
		kept[i] = arena_alloc(a, 100);
		*kept[i] = i;
	}
	for (i = 0; i < 2000; i++)
		CHECK_INT(*kept[i], i);
	arena_free(a);
}

CASE(first_block_is_kept_over_resets)
{
	struct arena *a = arena_new();
	void *first = arena_alloc(a, 100);

	arena_alloc(a, 100000);
	CHECK_INT(arena_used(a), 100100);
	arena_reset(a);
	CHECK_INT(arena_used(a), 0);
	CHECK(arena_alloc(a, 100) == first);
	arena_free(a);
	arena_free(NULL);
}

CASE(zalloc_and_array_are_clear_after_use)
{
	struct arena *a = arena_new();
	unsigned char *p = arena_alloc(a, 1000);
	int i;

	memset(p, 0xff, 1000);
	arena_reset(a);
	p = arena_zalloc(a, 500);
	for (i = 0; i < 500; i++)
		CHECK_INT(p[i], 0);
	arena_reset(a);
	memset(arena_alloc(a, 1000), 0xff, 1000);
	arena_reset(a);
	p = arena_array(a, 100, 9);
	for (i = 0; i < 900; i++)
		CHECK_INT(p[i], 0);
	arena_free(a);
}

CASE(copies_and_printf)
{
	struct arena *a = arena_new();
	char *s;

	CHECK_STR(arena_strdup(a, ""), "");
	CHECK_STR(arena_strdup(a, "abc"), "abc");
	CHECK_STR(arena_strndup(a, "abcdef", 3), "abc");
	CHECK_STR(arena_strndup(a, NULL, 0), "");
	CHECK(memcmp(arena_strndup(a, "a\0b", 3), "a\0b", 4) == 0);
	CHECK_STR(arena_printf(a, "%d-%s", -7, "x"), "-7-x");
	s = arena_printf(a, "%*s", 70000, "end");
	CHECK_INT(strlen(s), 70000);
	CHECK_STR(s + 69997, "end");
	arena_free(a);
}

static char order[10];
static struct arena *order_arena;

static void
note(void *arg)
{
	strncat(order, arg, 1);
}

static void
note_and_defer(void *arg)
{
	note(arg);
	arena_defer(order_arena, note, arena_strdup(order_arena, "z"));
}

CASE(cleanups_run_newest_first_before_memory_goes)
{
	struct arena *a = order_arena = arena_new();

	order[0] = '\0';
	arena_defer(a, note, arena_strdup(a, "a"));
	arena_alloc(a, 100000);
	arena_defer(a, note_and_defer, arena_strdup(a, "b"));
	arena_defer(a, note, arena_strdup(a, "c"));
	arena_reset(a);
	CHECK_STR(order, "cbza");
	arena_reset(a);
	CHECK_STR(order, "cbza");
	arena_defer(a, note, arena_strdup(a, "d"));
	arena_free(a);
	CHECK_STR(order, "cbzad");
}

/* What the process would end with; without its message. */
static int
status_of(void (*fn)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, STDERR_FILENO);
		fn();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
ask_overflowing_product(void)
{
	volatile size_t n = SIZE_MAX / 8 + 1;

	arena_array(arena_new(), n, 8);
}

static void
ask_all_memory(void)
{
	volatile size_t n = SIZE_MAX - 1;

	arena_alloc(arena_new(), n);
}

static void
ask_endless_copy(void)
{
	volatile size_t n = SIZE_MAX;

	arena_strndup(arena_new(), "", n);
}

CASE(impossible_sizes_end_the_process)
{
	CHECK_INT(status_of(ask_overflowing_product), 1);
	CHECK_INT(status_of(ask_all_memory), 1);
	CHECK_INT(status_of(ask_endless_copy), 1);
}

CASE(xmalloc_family)
{
	size_t none = 0; /* gcc 14 refuses a plain one */
	char *p = xmalloc(none), *s;
	int *n = xcalloc(3, sizeof *n);

	CHECK(p != NULL);
	p = xrealloc(p, 10);
	strcpy(p, "123456789");
	p = xrealloc(p, 1000);
	CHECK_STR(p, "123456789");
	CHECK(n[0] == 0 && n[2] == 0);
	s = xstrdup("copy");
	CHECK_STR(s, "copy");
	free(p);
	free(n);
	free(s);
}

#ifdef __SANITIZE_ADDRESS__
CASE(free_part_is_poisoned)
{
	struct arena *a = arena_new();
	char *p = arena_alloc(a, 32), *q = arena_alloc(a, 5), *large = arena_alloc(a, 40000);

	CHECK(!__asan_address_is_poisoned(p + 31));
	CHECK(__asan_address_is_poisoned(p + 32));
	CHECK(!__asan_address_is_poisoned(q + 4));
	CHECK(__asan_address_is_poisoned(q + 5));
	CHECK(__asan_address_is_poisoned(q + 11000));
	CHECK(!__asan_address_is_poisoned(large + 39999));
	CHECK(__asan_address_is_poisoned(large + 40000));
	arena_reset(a);
	CHECK(__asan_address_is_poisoned(p));
	CHECK(__asan_address_is_poisoned(q));
	arena_free(a);
}
#endif

UNIT_MAIN
