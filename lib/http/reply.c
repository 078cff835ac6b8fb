/* reply.c - the handler's side of a reply.  Invariant: a field stands there once; what was set
 * last counts, where it was set first. */
#include "http/reply.h"

#include <string.h>

#include "http/reply_internal.h"

static const char *const field_names[][DIALECT_COUNT] = {
#define FIELD(name, douyin, api) { douyin, api },
	FIELD_TABLE(FIELD)
#undef FIELD
};

const char *
field_name(enum field f, enum dialect d)
{
	return field_names[f][d];
}

static struct reply_field *
put(struct reply *r, enum field f, enum output_type type)
{
	size_t i = 0;

	while (i < r->n && r->v[i].field != f)
		i++;
	if (i == r->n)
		r->n++;
	r->v[i].field = f;
	r->v[i].type = type;
	return &r->v[i];
}

void
reply_int(struct reply *r, enum field f, int64_t v)
{
	put(r, f, OUT_INT)->i = v;
}

void
reply_bool(struct reply *r, enum field f, bool v)
{
	put(r, f, OUT_BOOL)->i = v;
}

void
reply_str(struct reply *r, enum field f, const char *s)
{
	put(r, f, OUT_STR)->s = s;
}

void
reply_time(struct reply *r, enum field f, int64_t ms, const struct time_in *like)
{
	put(r, f, OUT_TIME)->i = like != NULL && like->seconds ? ms / 1000 : ms;
}

void
reply_row(struct reply *r, enum field f, const struct shape *shape, const void *row)
{
	struct reply_field *v = put(r, f, OUT_ROW);

	v->shape = shape;
	v->row = row;
}

void
reply_rows(
    struct reply *r, enum field f, const struct shape *shape, const void *const *rows, size_t n)
{
	struct reply_field *v = put(r, f, OUT_ROWS);

	v->shape = shape;
	v->rows = rows;
	v->n = n;
}

void
reply_cursor(struct reply *r, enum field f, int64_t a, int64_t b, int more)
{
	struct reply_field *v = put(r, f, OUT_CURSOR);

	v->cursor[0] = '\0';
	if (more)
		cursor_write(v->cursor, a, b);
}
