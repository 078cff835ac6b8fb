/* shape.h - how a row of the model looks on the wire, in each dialect, as data.
 *
 * The model declares shapes, lib/http interprets them: a row is a C struct, a shape says for each
 * member which name it has in each dialect (NULL: it does not appear there), its type and where
 * it stands in the struct. */
#ifndef BASE_SHAPE_H
#define BASE_SHAPE_H

#include <stddef.h>
#include <stdint.h>

enum dialect { DOUYIN, API, DIALECT_COUNT };

enum member_type {
	M_INT,       /* int64_t */
	M_STR,       /* const char *, never NULL */
	M_STR_OPT,   /* const char *, the member is left out where it is NULL or "" */
	M_BOOL,      /* bool */
	M_URL,       /* const char *: a path becomes public base + path, a full URL stays */
	M_MEDIA,     /* const char *: a path below media_dir becomes media base + path, one that begins
	              * with '/' public base + path, a full URL stays */
	M_MONTH_DAY, /* int64_t ms, as "MM-DD" in the configured zone */
	M_DATE_TIME, /* int64_t ms, as "YYYY-MM-DD hh:mm:ss" in the configured zone */
	M_SECONDS,   /* int64_t ms, as whole seconds */
	M_LIKED,     /* int64_t video id: does the viewer like it */
	M_FOLLOWED,  /* int64_t user id: does the viewer follow him */
	M_ROW,       /* const struct * to a row of .shape, nested as an object */
	M_INLINE,    /* const struct * to a row of .shape, its members stand at this level */
	M_STARRED,   /* int64_t video id: did the viewer star it */
	M_LIST,      /* struct shape_list: rows of .shape, as a list; not in a shape that is a row */
	M_ROWS,      /* struct row_part: elements of the row's own tail, each of .shape, as a list */
	M_STR_IN,    /* char[] within a tail element, NUL-terminated or to the element's end */
	M_MEDIA_IN,  /* the same, shown as M_MEDIA */
};

struct member {
	const char *name[DIALECT_COUNT];
	enum member_type type;
	uint16_t offset;
	const struct shape *shape; /* M_ROW, M_INLINE, M_LIST, M_ROWS */
	const char *doc;
};

struct shape {
	const char *name;             /* "Video": a schema name in the API description */
	const struct member *members; /* ends with a member without names */
	/* Where the row begins with a struct row (store/rows.h), so that its rendered text may be
	 * kept for as long as its stamp is the same. */
	int is_row;
	/* Inlined: all its members may be missing. */
	int optional;
	uint16_t size; /* M_ROWS: of one element */
};

/* Elements in the tail of a struct row (store/rows.h): n of them, the first one `at` bytes behind the
 * row's begin, so that it holds wherever the row is copied to.  What is beyond the row is not shown. */
struct row_part {
	uint32_t at, n;
};

/* n pointers to rows, of the request's memory. */
struct shape_list {
	size_t n;
	const void *const *rows;
};

#endif
