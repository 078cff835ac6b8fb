/* cache.c - see cache.h.
 *
 * The invariant: after an error that may leave answers under way, the connections are closed, so
 * that an answer is never taken for that of a later question. */
#include "store/cache.h"

#include <libmemcached/memcached.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "store/hosts.h"

#define KEY_SIZE 48 /* prefix (16), class, ':', 20 digits */
#define ANSWER_MS 50
#define TIMEOUTS 2
#define SKIP_US 1000000

struct cache {
	memcached_st *mc;
	memcached_result_st result;
	struct shm *shm;
	char prefix[17];
	size_t prefix_n;
	int timeouts;    /* in a row */
	int64_t skip_us; /* until then the breaker is open */
	bool warned;
	const char *keys[CACHE_KEYS];
	size_t sizes[CACHE_KEYS];
	char texts[CACHE_KEYS][KEY_SIZE];
};

static bool
add_servers(memcached_st *mc, const char *list, int *n)
{
	struct host hosts[HOSTS_MAX];

	if (list[0] == '/') {
		*n = 1;
		return memcached_server_add_unix_socket(mc, list) == MEMCACHED_SUCCESS;
	}
	*n = hosts_parse(list, 11211, hosts);
	for (int i = 0; i < *n; i++)
		if (memcached_server_add(mc, hosts[i].name, hosts[i].port) != MEMCACHED_SUCCESS)
			return false;
	return *n > 0;
}

static void
set_behaviours(memcached_st *mc, int servers)
{
	static const struct {
		memcached_behavior_t what;
		uint64_t value;
		bool fleet; /* only where there are several servers */
	} table[] = {
		{ MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED, 1, false },
		{ MEMCACHED_BEHAVIOR_TCP_NODELAY, 1, false },
		{ MEMCACHED_BEHAVIOR_CONNECT_TIMEOUT, ANSWER_MS, false },
		{ MEMCACHED_BEHAVIOR_POLL_TIMEOUT, ANSWER_MS, false },
		{ MEMCACHED_BEHAVIOR_SUPPORT_CAS, 1, false },
		{ MEMCACHED_BEHAVIOR_RETRY_TIMEOUT, 1, false },
		{ MEMCACHED_BEHAVIOR_BUFFER_REQUESTS, 1, false },
		{ MEMCACHED_BEHAVIOR_NOREPLY, 1, false },
		{ MEMCACHED_BEHAVIOR_SERVER_FAILURE_LIMIT, 2, true },
		{ MEMCACHED_BEHAVIOR_AUTO_EJECT_HOSTS, 1, true },
		{ MEMCACHED_BEHAVIOR_DEAD_TIMEOUT, 5, true },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if ((!table[i].fleet || servers > 1) &&
		    memcached_behavior_set(mc, table[i].what, table[i].value) != MEMCACHED_SUCCESS)
			log_warn("memcached: behaviour %d is not known", (int)table[i].what);
}

struct cache *
cache_new(const struct conf *conf, struct shm *shm)
{
	struct cache *c;
	int servers = 0;

	if (conf->cache_servers[0] == '\0')
		return NULL;
	c = xcalloc(1, sizeof *c);
	c->shm = shm;
	c->mc = memcached_create(NULL);
	if (c->mc == NULL)
		abort();
	if (!add_servers(c->mc, conf->cache_servers, &servers)) {
		log_error("cache_servers \"%s\" cannot be used", conf->cache_servers);
		memcached_free(c->mc);
		free(c);
		return NULL;
	}
	set_behaviours(c->mc, servers);
	memcached_result_create(c->mc, &c->result);
	strncpy(c->prefix, conf->cache_prefix, sizeof c->prefix - 1);
	for (char *p = c->prefix; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f) /* would end the key */
			*p = '_';
	c->prefix_n = strlen(c->prefix);
	return c;
}

void
cache_free(struct cache *c)
{
	if (c == NULL)
		return;
	memcached_result_free(&c->result);
	memcached_free(c->mc);
	free(c);
}

bool
cache_ready(struct cache *c)
{
	if (c == NULL)
		return false;
	if (clock_mono_us() >= c->skip_us)
		return true;
	shm_count(c->shm, SHM_cache_skipped, 1);
	return false;
}

/* Keeps the breaker and the connections in order after an exchange that began at begin_us. */
static bool
settle(struct cache *c, bool ok, memcached_return_t rc, int64_t begin_us)
{
	int64_t now_us = clock_mono_us();

	if (ok) {
		c->timeouts = 0;
		c->warned = false;
		return true;
	}
	if (!c->warned)
		log_warn("memcached: %s", memcached_strerror(c->mc, rc));
	c->warned = true;
	memcached_quit(c->mc);
	/* A connection that cannot be made in time has another code. */
	if (rc == MEMCACHED_TIMEOUT || now_us - begin_us > ANSWER_MS * 900) {
		shm_count(c->shm, SHM_cache_timeouts, 1);
		if (++c->timeouts >= TIMEOUTS) {
			c->skip_us = clock_mono_us() + SKIP_US;
			/* After the pause one more is enough. */
			c->timeouts = TIMEOUTS - 1;
		}
	}
	return false;
}

static size_t
key_text(const struct cache *c, struct cache_key key, char *out)
{
	size_t n = c->prefix_n;

	memcpy(out, c->prefix, n);
	out[n++] = key.klass;
	out[n++] = ':';
	return n + text_from_int(out + n, key.id);
}

/* The key that a server's answer names; false where it is none of ours. */
static bool
key_parse(const struct cache *c, const char *p, size_t n, struct cache_key *out)
{
	char digits[24], *end;

	if (n < c->prefix_n + 3 || n - c->prefix_n - 2 >= sizeof digits ||
	    memcmp(p, c->prefix, c->prefix_n) != 0 || p[c->prefix_n + 1] != ':')
		return false;
	p += c->prefix_n;
	n -= c->prefix_n + 2;
	memcpy(digits, p + 2, n);
	digits[n] = '\0';
	out->klass = p[0];
	out->id = strtoll(digits, &end, 10);
	return *end == '\0';
}

bool
cache_get(struct cache *c, const struct cache_key *keys, size_t n, cache_found *found, void *arg)
{
	int64_t begin_us = clock_mono_us();
	memcached_return_t rc;
	bool sent;

	for (size_t i = 0; i < n; i++) {
		c->keys[i] = c->texts[i];
		c->sizes[i] = key_text(c, keys[i], c->texts[i]);
	}
	rc = memcached_mget(c->mc, c->keys, c->sizes, n);
	sent = memcached_success(rc);
	if (!sent)
		return settle(c, false, rc, begin_us);
	while (memcached_fetch_result(c->mc, &c->result, &rc) != NULL) {
		struct cache_key key;

		if (key_parse(c, memcached_result_key_value(&c->result),
			memcached_result_key_length(&c->result), &key))
			found(arg, key, memcached_result_value(&c->result),
			    memcached_result_length(&c->result), memcached_result_cas(&c->result));
	}
	return settle(c, rc == MEMCACHED_END || rc == MEMCACHED_NOTFOUND || rc == MEMCACHED_SUCCESS,
	    rc, begin_us);
}

static void
count_found(void *arg, struct cache_key key, const void *p, size_t n, uint64_t cas)
{
	size_t *count = arg;

	(void)key, (void)p, (void)n, (void)cas;
	++*count;
}

void
cache_mark(struct cache *c, const struct cache_key *keys, size_t n, const void *value, size_t size,
    int64_t ttl_s)
{
	int64_t begin_us = clock_mono_us();
	memcached_return_t rc = MEMCACHED_SUCCESS;

	for (size_t i = 0; i < n; i++) {
		char text[KEY_SIZE];
		size_t text_n = key_text(c, keys[i], text);
		memcached_return_t one = memcached_set(c->mc, text, text_n, value, size, ttl_s, 0);

		if (!memcached_success(one))
			rc = one;
	}
	if (memcached_success(rc))
		rc = memcached_flush_buffers(c->mc);
	settle(c, memcached_success(rc), rc, begin_us);
}

void
cache_fill(struct cache *c, struct cache_key key, const void *value, size_t size, uint64_t cas,
    int64_t ttl_s)
{
	char text[KEY_SIZE];
	size_t n = key_text(c, key, text);

	/* Best effort: what does not get there is loaded again. */
	if (cas != 0)
		(void)memcached_cas(c->mc, text, n, value, size, ttl_s, 0, cas);
	else
		(void)memcached_add(c->mc, text, n, value, size, ttl_s, 0);
}

void
cache_flush(struct cache *c)
{
	(void)memcached_flush_buffers(c->mc);
}

bool
cache_alive(struct cache *c)
{
	struct cache_key keys[64];
	size_t arrived = 0, n = sizeof keys / sizeof *keys;

	if (c == NULL)
		return false;
	/* So many that each server of a fleet has some of them. */
	for (size_t i = 0; i < n; i++)
		keys[i] = (struct cache_key){ '?', (int64_t)i };
	cache_mark(c, keys, n, "?", 1, 10);
	return cache_get(c, keys, n, count_found, &arrived) && arrived == n;
}
