/* dialect.c - envelopes.  Invariant: an error reply carries nothing that the handler set. */
#include "http/dialect.h"

#include <string.h>

#include "base/json.h"

#define SENTENCE 512

enum dialect
dialect_of_path(const char *path)
{
	return strncmp(path, "/api/", 5) == 0 ? API : DOUYIN;
}

bool
dialect_success(enum dialect d, enum err e)
{
	/* The official tests like and follow the same things again and again. */
	return e == E_OK || (d == DOUYIN && (e == E_ALREADY || e == E_NOT_YET));
}

int
dialect_status(enum dialect d, const struct outcome *o)
{
	return dialect_success(d, o->e) || (d == DOUYIN && o->routed) ? 200 : err_http(o->e);
}

/* What a list endpoint's error still carries, so that a client finds the key. */
static void
empty_value(struct buf *b, enum output_type type)
{
	switch (type) {
	case OUT_INT:
	case OUT_TIME:
		buf_addc(b, '0');
		break;
	case OUT_BOOL:
		buf_adds(b, "false");
		break;
	case OUT_STR:
	case OUT_CURSOR:
		buf_adds(b, "\"\"");
		break;
	case OUT_ROW:
		buf_adds(b, "{}");
		break;
	case OUT_ROWS:
		buf_adds(b, "[]");
		break;
	}
}

static void
key(struct buf *b, const char *name)
{
	buf_addc(b, '"');
	buf_adds(b, name);
	buf_add(b, "\":", 2);
}

/* Whether the dialect tells of a field that was set. */
static bool
told(const struct endpoint *ep, enum field f, enum dialect d)
{
	const struct output *out = ep != NULL ? ep->outputs : NULL;

	for (; out != NULL && out->field != FIELD_NONE; out++) {
		if (out->field == f && !only_fits(out->only, d))
			return false;
	}
	return true;
}

static void
douyin(struct buf *b, const struct render *r, const struct endpoint *ep, const struct outcome *o,
    bool good, const char *sentence, const struct reply *reply)
{
	buf_adds(b, "{\"status_code\":");
	buf_addi(b, good ? err_code(E_OK) : err_code(o->e));
	buf_adds(b, ",\"status_msg\":");
	json_str(b, sentence);
	for (size_t i = 0; good && i < reply->n; i++) {
		if (!told(ep, reply->v[i].field, DOUYIN))
			continue;
		buf_addc(b, ',');
		key(b, field_name(reply->v[i].field, DOUYIN));
		render_value(b, r, &reply->v[i]);
	}
	for (const struct output *out = ep != NULL ? ep->outputs : NULL;
	     !good && out != NULL && out->field != FIELD_NONE; out++) {
		if (!out->on_error || !only_fits(out->only, DOUYIN))
			continue;
		buf_addc(b, ',');
		key(b, field_name(out->field, DOUYIN));
		empty_value(b, out->type);
	}
	buf_addc(b, '}');
}

/* The fields as members of an object, without its braces. */
static size_t
api_fields(struct buf *b, const struct render *r, const struct endpoint *ep,
    const struct reply *reply, const char *before)
{
	size_t n = 0;

	for (size_t i = 0; i < reply->n; i++) {
		if (!told(ep, reply->v[i].field, API))
			continue;
		buf_adds(b, n++ == 0 ? before : ",");
		key(b, field_name(reply->v[i].field, API));
		render_value(b, r, &reply->v[i]);
	}
	return n;
}

/* The data, and beside a bare list where its next page begins. */
static void
api_data(struct buf *b, const struct render *r, const struct endpoint *ep,
    const struct route *route, const struct reply *reply)
{
	if (route->bare == FIELD_NONE) {
		if (api_fields(b, r, ep, reply, ",\"data\":{") > 0)
			buf_addc(b, '}');
		return;
	}
	for (size_t i = 0; i < reply->n; i++) {
		const struct reply_field *f = &reply->v[i];

		if (f->field != route->bare && f->type != OUT_CURSOR)
			continue;
		buf_addc(b, ',');
		key(b, f->field == route->bare ? "data" : field_name(f->field, API));
		render_value(b, r, f);
	}
}

void
dialect_body(struct buf *b, const struct render *r, const struct endpoint *ep,
    const struct route *route, const struct outcome *o, enum lang lang, const struct reply *reply)
{
	bool good = dialect_success(r->dialect, o->e);
	char sentence[SENTENCE], word[ERR_WORD];

	err_sentence(sentence, sizeof sentence, good ? E_OK : o->e,
	    err_http(o->e) >= 500 ? NULL : o->problem, lang);
	if (r->dialect == DOUYIN) {
		douyin(b, r, ep, o, good, sentence, reply);
		return;
	}
	if (good && route != NULL && route->plain) {
		buf_addc(b, '{');
		api_fields(b, r, ep, reply, "");
		buf_addc(b, '}');
		return;
	}
	buf_adds(b, "{\"code\":");
	buf_addi(b, err_http(o->e));
	buf_adds(b, ",\"message\":");
	json_str(b, sentence);
	if (!good) {
		err_word(word, o->e);
		buf_adds(b, ",\"error\":");
		json_str(b, word);
	} else if (route != NULL) {
		api_data(b, r, ep, route, reply);
	}
	buf_addc(b, '}');
}
