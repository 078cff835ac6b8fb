/* shm.c - see shm.h.
 *
 * The invariant: the file is made and judged under flock() only, its magic is written last, and a
 * file of another layout is replaced by a new inode and never changed, since somebody may still
 * have it mapped. */
#include "store/shm.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"

/* The last digits count layouts whose size is the same. */
#define MAGIC ((UINT64_C(0xd0f00002) << 32) | (uint64_t)sizeof(struct shm))
#define LANES 32u
#define LAST_LANE (LANES - 1)

static struct shm *
map(int fd)
{
	void *p = mmap(NULL, sizeof(struct shm), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* Fills a new file.  Its blocks are reserved first: a full disk is an error here, not a SIGBUS
 * later. */
static struct shm *
make(int fd)
{
	struct shm *s;
	int64_t second = (clock_ms() - ID_EPOCH_MS) / 1000 + 1;
	int err;

	if (ftruncate(fd, 0) != 0)
		return NULL;
	err = posix_fallocate(fd, 0, sizeof(struct shm));
	if (err != 0) {
		if (ftruncate(fd, 0) != 0)
			err = errno;
		errno = err;
		return NULL;
	}
	if (fchmod(fd, 0660) != 0 && errno != EPERM)
		return NULL;
	s = map(fd);
	if (s == NULL)
		return NULL;
	random_bytes(&s->instance, sizeof s->instance);
	atomic_store(&s->id_word, (uint64_t)(second > 0 ? second : 0) << 15);
	atomic_store(&s->magic, MAGIC);
	return s;
}

/* One attempt, with the lock on fd held.  *again: the path leads to another file by now. */
static struct shm *
use(int fd, const char *path, bool *again)
{
	struct stat mine, named;
	struct shm *s;
	uint64_t magic = 0;

	if (fstat(fd, &mine) != 0)
		return NULL;
	if (!S_ISREG(mine.st_mode)) {
		errno = EINVAL;
		return NULL;
	}
	if (lstat(path, &named) != 0 || named.st_ino != mine.st_ino ||
	    named.st_dev != mine.st_dev) {
		*again = true;
		return NULL;
	}
	if (mine.st_size != 0 && pread(fd, &magic, sizeof magic, 0) < 0)
		return NULL;
	if (magic == 0) /* new, or whoever began it was killed: nobody uses it yet */
		return make(fd);
	if (magic == MAGIC && mine.st_size == (off_t)sizeof(struct shm)) {
		s = map(fd);
		return s;
	}
	if (unlink(path) != 0)
		return NULL;
	*again = true;
	return NULL;
}

struct shm *
shm_open_file(const char *path)
{
	for (int try = 0; try < 100; try++) {
		struct shm *s = NULL;
		bool again = false;
		int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0660);
		int err;

		if (fd < 0)
			return NULL;
		while ((err = flock(fd, LOCK_EX)) != 0 && errno == EINTR)
			;
		if (err == 0)
			s = use(fd, path, &again);
		err = errno;
		/* close() alone would leave the lock to the mapping. */
		flock(fd, LOCK_UN);
		close(fd);
		errno = err;
		if (!again)
			return s;
	}
	errno = EBUSY;
	return NULL;
}

void
shm_close(struct shm *s)
{
	if (s != NULL)
		munmap(s, sizeof *s);
}

static size_t
version_index(char klass, int64_t id)
{
	uint64_t spread = (uint64_t)(unsigned char)klass << 56;

	return hash_id((int64_t)((uint64_t)id ^ spread)) % SHM_VERSIONS;
}

/* A version's word: the version (32 bits), when it was last held in seconds of the clock (24
 * bits), and by how many writers (8 bits). */
#define HOLDERS UINT64_C(0xff)
#define WHEN(word) ((uint32_t)((word) >> 8) & 0xffffff)

static uint64_t
word_make(uint32_t version, int64_t second, uint64_t holders)
{
	return (uint64_t)version << 32 | ((uint64_t)second & 0xffffff) << 8 | holders;
}

uint32_t
shm_version(const struct shm *s, char klass, int64_t id)
{
	return (uint32_t)(atomic_load(&s->versions[version_index(klass, id)]) >> 32);
}

void
shm_version_bump(struct shm *s, char klass, int64_t id)
{
	atomic_fetch_add(&s->versions[version_index(klass, id)], UINT64_C(1) << 32);
}

void
shm_hold(struct shm *s, char klass, int64_t id, int64_t now_ms)
{
	_Atomic uint64_t *at = &s->versions[version_index(klass, id)];
	uint64_t seen = atomic_load(at), next;

	do {
		uint64_t holders = seen & HOLDERS;

		next = word_make((uint32_t)(seen >> 32) + 1, now_ms / 1000,
		    holders < HOLDERS ? holders + 1 : holders);
	} while (!atomic_compare_exchange_weak(at, &seen, next));
}

void
shm_release(struct shm *s, char klass, int64_t id)
{
	_Atomic uint64_t *at = &s->versions[version_index(klass, id)];
	uint64_t seen = atomic_load(at), next;

	do {
		uint64_t holders = seen & HOLDERS;

		next = word_make((uint32_t)(seen >> 32) + 1, WHEN(seen), holders > 0 ? holders - 1 : 0);
	} while (!atomic_compare_exchange_weak(at, &seen, next));
}

bool
shm_held(struct shm *s, char klass, int64_t id, int64_t now_ms)
{
	_Atomic uint64_t *at = &s->versions[version_index(klass, id)];
	uint64_t seen = atomic_load(at);

	while ((seen & HOLDERS) > 0) {
		uint32_t age_s = ((uint32_t)(now_ms / 1000) - WHEN(seen)) & 0xffffff;

		/* A clock that was set back a little makes a great age, too: then it waits. */
		if (age_s <= SHM_HOLD_S || age_s > 0x800000)
			return true;
		if (atomic_compare_exchange_weak(at, &seen,
			word_make((uint32_t)(seen >> 32) + 1, WHEN(seen), 0)))
			return false;
	}
	return false;
}

int64_t
shm_unique_ms(_Atomic int64_t *last, int64_t now_ms)
{
	int64_t seen = atomic_load(last), next;

	do
		next = now_ms > seen ? now_ms : seen + 1;
	while (!atomic_compare_exchange_weak(last, &seen, next));
	return next;
}

unsigned
shm_lane_take(struct shm *s, int64_t owner_id)
{
	_Atomic uint32_t *lanes = &s->lanes[hash_id(owner_id) % SHM_LANES];

	/* Lane 31 is never marked. */
	for (uint32_t seen = atomic_load(lanes);;) {
		unsigned lane = (unsigned)__builtin_ctz(~seen | UINT32_C(1) << LAST_LANE);

		if (lane == LAST_LANE ||
		    atomic_compare_exchange_weak(lanes, &seen, seen | UINT32_C(1) << lane))
			return lane;
	}
}

void
shm_lane_give(struct shm *s, int64_t owner_id, unsigned lane)
{
	_Atomic uint32_t *lanes = &s->lanes[hash_id(owner_id) % SHM_LANES];

	if (lane >= LAST_LANE)
		atomic_store(lanes, 0);
	else
		atomic_fetch_and(lanes, ~(UINT32_C(1) << lane));
}

int64_t
shm_recall(const struct shm *s, int64_t key)
{
	const struct shm_fact *f = &s->facts[hash_id(key) % SHM_FACTS];
	int64_t value = atomic_load(&f->value);

	return atomic_load(&f->key) == key && atomic_load(&f->check) == (key ^ value) ? value : 0;
}

void
shm_remember(struct shm *s, int64_t key, int64_t value)
{
	struct shm_fact *f = &s->facts[hash_id(key) % SHM_FACTS];

	atomic_store(&f->key, key);
	atomic_store(&f->value, value);
	atomic_store(&f->check, key ^ value);
}

void
shm_count(struct shm *s, enum shm_metric m, uint64_t n)
{
	if (s != NULL)
		atomic_fetch_add_explicit(&s->metrics[m], n, memory_order_relaxed);
}
