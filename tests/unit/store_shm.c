/* Shared memory: made once by whoever comes first, replaced when its layout is another, and its
 * atomics under threads and processes. */
#include "unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "store/shm.h"

static char dir[] = "/tmp/doufu-shm-XXXXXX";
static char path[64];

__attribute__((constructor)) static void
make_dir(void)
{
	if (mkdtemp(dir) == NULL)
		abort();
	snprintf(path, sizeof path, "%s/shm", dir);
}

__attribute__((destructor)) static void
remove_dir(void)
{
	unlink(path);
	rmdir(dir);
}

CASE(made_and_found_again)
{
	struct shm *a, *b;
	struct stat st;
	int64_t before_ms;
	mode_t old;

	unlink(path);
	old = umask(077);
	before_ms = clock_ms();
	a = shm_open_file(path);
	umask(old);
	b = shm_open_file(path);
	CHECK(a != NULL && b != NULL && a != b);
	CHECK(stat(path, &st) == 0);
	CHECK_INT(st.st_mode & 0777, 0660);
	CHECK_INT(st.st_size, sizeof(struct shm));
	CHECK(a->instance != 0 && a->instance == b->instance);
	/* Ids begin ahead of the clock, so that none is given twice after a loss. */
	CHECK((int64_t)(a->id_word >> 15) * 1000 + ID_EPOCH_MS > before_ms);
	CHECK((int64_t)(a->id_word >> 15) * 1000 + ID_EPOCH_MS <= clock_ms() + 1000);
	shm_version_bump(a, 'u', 5);
	CHECK_INT(shm_version(b, 'u', 5), 1);
	CHECK_INT(shm_version(b, 'v', 5), 0);
	CHECK_INT(shm_version(b, 'u', 6), 0);
	shm_count(a, SHM_requests, 3);
	CHECK_INT(b->metrics[SHM_requests], 3);
	shm_count(NULL, SHM_requests, 1);
	shm_close(a);
	shm_close(b);
}

/* A process with the old layout still has its file: it must not change under it. */
CASE(another_layout_is_replaced)
{
	struct shm *a, *b;
	uint64_t instance;

	unlink(path);
	a = shm_open_file(path);
	CHECK(a != NULL);
	instance = a->instance;
	a->magic ^= 1;
	shm_version_bump(a, 'u', 1);
	b = shm_open_file(path);
	CHECK(b != NULL);
	CHECK(b->instance != instance);
	CHECK_INT(shm_version(b, 'u', 1), 0);
	CHECK_INT(shm_version(a, 'u', 1), 1);
	shm_close(b);
	CHECK(truncate(path, 4096) == 0);
	b = shm_open_file(path);
	CHECK(b != NULL);
	CHECK_INT(shm_version(b, 'u', 1), 0);
	shm_close(a);
	shm_close(b);
}

/* Whoever made the file was killed before it was complete. */
CASE(half_made_is_made)
{
	FILE *f;
	struct shm *a;

	unlink(path);
	f = fopen(path, "w");
	CHECK(f != NULL);
	fclose(f);
	a = shm_open_file(path);
	CHECK(a != NULL && a->instance != 0);
	a->magic = 0;
	shm_close(a);
	a = shm_open_file(path);
	CHECK(a != NULL && a->magic != 0);
	shm_close(a);
}

CASE(no_file_no_memory)
{
	CHECK(shm_open_file("/nowhere/at/all") == NULL);
	CHECK(shm_open_file(dir) == NULL);
}

CASE(processes_agree_on_one_file)
{
	for (int round = 0; round < 20; round++) {
		struct shm *s;
		int bad = 0;

		unlink(path);
		for (int i = 0; i < 6; i++) {
			if (fork() == 0) {
				s = shm_open_file(path);
				if (s == NULL)
					_exit(1);
				shm_count(s, SHM_requests, 1);
				_exit(0);
			}
		}
		for (int i = 0; i < 6; i++) {
			int status;

			wait(&status);
			bad |= status;
		}
		CHECK_INT(bad, 0);
		s = shm_open_file(path);
		CHECK(s != NULL);
		CHECK_INT(s->metrics[SHM_requests], 6);
		shm_close(s);
	}
}

static struct shm *shared;
static _Atomic int wrong;
static _Atomic int64_t last_ms;
static int64_t seen_ms[4][1000];

static void *
unique(void *arg)
{
	int64_t *out = arg;

	for (int i = 0; i < 1000; i++)
		out[i] = shm_unique_ms(&last_ms, 1000);
	return NULL;
}

static int
compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

CASE(holds)
{
	struct shm *s = calloc(1, sizeof *s);
	int64_t now_ms = INT64_C(1795204000000);

	CHECK(s != NULL);
	CHECK(!shm_held(s, 'u', 5, now_ms));
	shm_hold(s, 'u', 5, now_ms);
	shm_hold(s, 'u', 5, now_ms + 2000);
	CHECK_INT(shm_version(s, 'u', 5), 2);
	CHECK(shm_held(s, 'u', 5, now_ms));
	CHECK(!shm_held(s, 'u', 6, now_ms));
	shm_release(s, 'u', 5);
	CHECK(shm_held(s, 'u', 5, now_ms));
	shm_release(s, 'u', 5);
	CHECK(!shm_held(s, 'u', 5, now_ms));
	CHECK_INT(shm_version(s, 'u', 5), 4);
	/* One release too many changes no neighbour. */
	shm_release(s, 'u', 5);
	CHECK_INT(shm_version(s, 'u', 5), 5);
	CHECK(!shm_held(s, 'u', 5, now_ms));
	/* A killed writer: the hold ends by itself, with another version. */
	shm_hold(s, 'u', 5, now_ms);
	CHECK(shm_held(s, 'u', 5, now_ms + 1000 * SHM_HOLD_S));
	CHECK_INT(shm_version(s, 'u', 5), 6);
	CHECK(!shm_held(s, 'u', 5, now_ms + 1000 * SHM_HOLD_S + 1000));
	CHECK_INT(shm_version(s, 'u', 5), 7);
	/* More writers than can be counted hold it, too. */
	for (int i = 0; i < 300; i++)
		shm_hold(s, 'u', 5, now_ms);
	CHECK(shm_held(s, 'u', 5, now_ms));
	free(s);
}

CASE(unique_ms)
{
	_Atomic int64_t last = 0;
	pthread_t t[4];
	int64_t *all = seen_ms[0];

	CHECK_INT(shm_unique_ms(&last, 100), 100);
	CHECK_INT(shm_unique_ms(&last, 100), 101);
	CHECK_INT(shm_unique_ms(&last, 50), 102);
	CHECK_INT(shm_unique_ms(&last, 200), 200);
	for (int i = 0; i < 4; i++)
		CHECK(pthread_create(&t[i], NULL, unique, seen_ms[i]) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	qsort(all, 4000, sizeof *all, compare);
	for (int i = 0; i < 4000; i++)
		CHECK_INT(all[i], 1000 + i);
}

CASE(lanes_in_order)
{
	struct shm *s = calloc(1, sizeof *s);

	for (unsigned i = 0; i < 31; i++)
		CHECK_INT(shm_lane_take(s, 7), i);
	CHECK_INT(shm_lane_take(s, 7), 31);
	CHECK_INT(shm_lane_take(s, 7), 31);
	CHECK_INT(shm_lane_take(s, 8), 0);
	shm_lane_give(s, 7, 12);
	shm_lane_give(s, 7, 3);
	CHECK_INT(shm_lane_take(s, 7), 3);
	CHECK_INT(shm_lane_take(s, 7), 12);
	CHECK_INT(shm_lane_take(s, 7), 31);
	/* Leaks heal. */
	shm_lane_give(s, 7, 31);
	CHECK_INT(shm_lane_take(s, 7), 0);
	free(s);
}

static _Atomic int lane_used[32];

static void *
use_lanes(void *arg)
{
	(void)arg;
	for (int i = 0; i < 20000; i++) {
		unsigned lane = shm_lane_take(shared, 99);

		if (atomic_fetch_add(&lane_used[lane], 1) != 0 || lane > 3)
			wrong = 1;
		atomic_fetch_sub(&lane_used[lane], 1);
		shm_lane_give(shared, 99, lane);
	}
	return NULL;
}

CASE(lanes_are_exclusive)
{
	pthread_t t[4];

	shared = calloc(1, sizeof *shared);
	for (int i = 0; i < 4; i++)
		CHECK(pthread_create(&t[i], NULL, use_lanes, NULL) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	CHECK_INT(wrong, 0);
	CHECK_INT(shm_lane_take(shared, 99), 0);
	free(shared);
}

CASE(facts)
{
	struct shm *s = calloc(1, sizeof *s);
	int64_t id = INT64_C(382256141041665), other = id + 1;

	CHECK(s != NULL);
	CHECK_INT(shm_recall(s, id), 0);
	shm_remember(s, id, 7);
	CHECK_INT(shm_recall(s, id), 7);
	CHECK_INT(shm_recall(s, other), 0);
	/* Whoever takes the same place replaces it; half a write is no answer. */
	while (hash_id(other) % SHM_FACTS != hash_id(id) % SHM_FACTS)
		other++;
	shm_remember(s, other, 8);
	CHECK_INT(shm_recall(s, id), 0);
	CHECK_INT(shm_recall(s, other), 8);
	s->facts[hash_id(id) % SHM_FACTS].value = 9;
	CHECK_INT(shm_recall(s, other), 0);
	free(s);
}

UNIT_MAIN
