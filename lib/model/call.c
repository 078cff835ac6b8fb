/* call.c - the small services of a running request. */
#include "model/call.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"

bool
call_open(struct call *c, const struct conf *conf, char *why, size_t why_size)
{
	*c = (struct call){ .conf = conf, .addr = "", .client = "" };
	c->shm = shm_open_file(conf->shm_file);
	if (c->shm == NULL) {
		snprintf(why, why_size, "shm_file %s: %s", conf->shm_file, strerror(errno));
		return false;
	}
	c->mem = arena_new();
	c->db = db_new(conf, c->shm);
	c->rows = rows_store_new(conf, c->shm, c->db);
	call_begin(c);
	return true;
}

void
call_close(struct call *c)
{
	/* Rows that the arena gives back are of the rows store. */
	arena_free(c->mem);
	rows_store_free(c->rows);
	db_free(c->db);
	shm_close(c->shm);
	*c = (struct call){ .addr = "", .client = "" };
}

void
call_begin(struct call *c)
{
	arena_reset(c->mem);
	c->now_ms = clock_ms();
	c->viewer_id = 0;
	c->token = (struct token_claims){ 0 };
	c->marks = NULL;
	c->unblocked = false;
	c->addr = c->client = "";
	c->lang = LANG_EN;
	c->head = false;
	c->problem = (struct problem){ .param = NULL };
}

struct call_step
call_step(struct call *c)
{
	struct call_step before = { c->mem, c->marks };

	c->mem = arena_new();
	c->marks = NULL;
	return before;
}

void
call_step_end(struct call *c, struct call_step before)
{
	arena_free(c->mem);
	c->mem = before.mem;
	c->marks = before.marks;
}

enum err
call_param(struct call *c, const char *param, enum why why, int64_t limit)
{
	c->problem = (struct problem){ .param = param, .why = why, .limit = limit };
	return E_PARAM;
}

int64_t
call_new_id(struct call *c)
{
	return id_next(&c->shm->id_word, (unsigned)c->conf->host_id, c->now_ms);
}
