/* fuzz.h - what the targets share: an endpoint with a parameter of every type, and what must hold
 * for whatever was decoded.  A broken promise is an abort(). */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "http/param.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PROMISE(cond)            \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)

struct fuzz_in {
	int64_t id, count;
	const char *text, *lines;
	struct time_in latest;
	struct cursor cursor;
	bool has_text, yes;
	struct ids_in ids;
	struct list_in list;
};

struct fuzz_entry {
	int64_t id, count;
	const char *text;
	bool yes;
};

static const struct param fuzz_entry_params[] = {
	{ "id", PARAM_ID, offsetof(struct fuzz_entry, id), .required = true },
	{ "n", PARAM_INT, offsetof(struct fuzz_entry, count), .min = -5, .max = 100 },
	{ "t", PARAM_TEXT, offsetof(struct fuzz_entry, text), .max = 9 },
	{ "b", PARAM_BOOL, offsetof(struct fuzz_entry, yes) },
	{ .name = NULL },
};

static const struct param fuzz_params[] = {
	{ "id", PARAM_ID, offsetof(struct fuzz_in, id) },
	{ "n", PARAM_INT, offsetof(struct fuzz_in, count), .min = -5, .max = 100 },
	{ "t", PARAM_TEXT, offsetof(struct fuzz_in, text), offsetof(struct fuzz_in, has_text),
	    .max = 9 },
	{ "l", PARAM_LINES, offsetof(struct fuzz_in, lines), .min = 1 },
	{ "latest_time", PARAM_TIME, offsetof(struct fuzz_in, latest) },
	{ "cursor", PARAM_CURSOR, offsetof(struct fuzz_in, cursor), .api = "c" },
	{ "b", PARAM_BOOL, offsetof(struct fuzz_in, yes) },
	{ "ids", PARAM_IDS, offsetof(struct fuzz_in, ids), .max = 5 },
	{ "list", PARAM_LIST, offsetof(struct fuzz_in, list), .max = 5, .of = fuzz_entry_params,
	    .of_size = sizeof(struct fuzz_entry) },
	{ .name = NULL },
};

static const struct endpoint fuzz_endpoint = {
	.name = "fuzz", .params = fuzz_params, .in_size = sizeof(struct fuzz_in)
};

/* A call for one input; its arena is emptied. */
static inline struct call
fuzz_call(void)
{
	static struct arena *mem;
	static const struct conf conf = { .public_url = "", .media_url = "", .upload_max = 1000 };

	if (mem == NULL)
		mem = arena_new();
	arena_reset(mem);
	return (
	    struct call){ .mem = mem, .conf = &conf, .now_ms = INT64_C(1800000000000), .addr = "" };
}

static inline void
fuzz_check(struct call *c, const struct request *r)
{
	for (size_t i = 0; i < r->values.n; i++)
		PROMISE(r->values.v[i].value[r->values.v[i].value_n] == '\0');
	for (size_t i = 0; i < r->body.n; i++)
		PROMISE(r->body.v[i].value[r->body.v[i].value_n] == '\0');
	for (int d = DOUYIN; d <= API; d++) {
		struct route route = { .dialect = (enum dialect)d };
		struct source set = { .what = "route" };
		struct fuzz_in in;
		char sentence[300];

		memset(&in, 0, sizeof in);
		c->problem = (struct problem){ .param = NULL };
		if (params_decode(c, &fuzz_endpoint, &route, r, &set, &in) != E_OK) {
			PROMISE(c->problem.why != WHY_NONE && c->problem.param != NULL);
			err_sentence(sentence, sizeof sentence, E_PARAM, &c->problem, LANG_ZH);
			PROMISE(utf8_valid(sentence, strlen(sentence)));
			continue;
		}
		PROMISE(in.id >= 0 && in.id <= ID_MAX && in.count >= -5 && in.count <= 100);
		PROMISE(utf8_valid(in.text, strlen(in.text)) &&
			utf8_count(in.text, strlen(in.text)) <= 9);
		PROMISE(!utf8_has_control(in.text, strlen(in.text), true));
		PROMISE(utf8_valid(in.lines, strlen(in.lines)));
		PROMISE(in.latest.ms > 0 && in.latest.ms <= c->now_ms);
		PROMISE(in.ids.n <= 5 && in.list.n <= 5);
		for (size_t i = 0; i < in.ids.n; i++)
			PROMISE(in.ids.v[i] > 0 && in.ids.v[i] <= ID_MAX);
		for (size_t i = 0; i < in.list.n; i++) {
			const struct fuzz_entry *entry = (const struct fuzz_entry *)in.list.v + i;

			PROMISE(entry->id > 0 && entry->count >= -5 && entry->count <= 100);
			PROMISE(utf8_valid(entry->text, strlen(entry->text)));
		}
	}
}

#endif
