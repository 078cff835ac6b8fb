/* call.h - what a handler and the model may touch while one request runs. */
#ifndef MODEL_CALL_H
#define MODEL_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/shape.h"
#include "model/token.h"
#include "store/db.h"
#include "store/rows.h"
#include "store/shm.h"

struct viewer_marks; /* viewer.h */

struct call {
	struct arena *mem;        /* of this request */
	const struct conf *conf;
	struct shm *shm;
	struct db *db;
	struct rows_store *rows;
	int64_t now_ms;           /* when the request began */
	int64_t viewer_id;        /* 0: nobody */
	struct token_claims token; /* what the viewer's token says */
	const struct viewer_marks *marks; /* what he likes and follows, NULL: not asked for */
	bool unblocked;           /* known: the viewer blocks nobody, and nobody him */
	const char *addr;         /* of the client, "" from a shell */
	const char *client;       /* what it calls itself (User-Agent), as it came, or "" */
	enum lang lang;
	bool head;                /* only the header goes out: nobody sees what is told */
	struct problem problem;   /* beside the error that is returned */
};

/* Which rows of a list are wanted: n of them, behind the row whose sort key is (a, b) (0, 0: from the
 * beginning), less the first `skip`. */
struct page {
	int64_t a, b;
	size_t skip, n;
};

/* Fills c with the services of this process (shared memory, database, rows, an arena); nothing
 * connects yet.  false with a sentence at why. */
bool call_open(struct call *c, const struct conf *conf, char *why, size_t why_size);
void call_close(struct call *c);

/* Begins a request: forgets the one before, takes the time; addr, client, lang and viewer are the
 * caller's to fill in. */
void call_begin(struct call *c);

/* For work in many steps within one request: what is allocated between the two, the viewer's marks too, goes
 * with the second, which gets what the first gave. */
struct call_step {
	struct arena *mem;
	const struct viewer_marks *marks;
};
struct call_step call_step(struct call *c);
void call_step_end(struct call *c, struct call_step before);

/* Notes what is wrong with a parameter and returns E_PARAM. */
enum err call_param(struct call *c, const char *param, enum why why, int64_t limit) CHECKED;

/* A new id. */
int64_t call_new_id(struct call *c);

#endif
