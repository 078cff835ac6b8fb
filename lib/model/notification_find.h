/* notification_find.h - private to the notification_*.c files: which sets of rows there are for a
 * receiver, and what stands in them now. */
#ifndef MODEL_NOTIFICATION_FIND_H
#define MODEL_NOTIFICATION_FIND_H

#include "model/notification.h"

/* A statement asks for so many sets at once: one part for each, of six parameters, so that constants
 * say where in an index it begins and ends. */
#define BLOCKS 16
#define UNION4(b) b " UNION ALL " b " UNION ALL " b " UNION ALL " b
#define UNION16(b) UNION4(b) " UNION ALL " UNION4(b) " UNION ALL " UNION4(b) " UNION ALL " UNION4(b)
#define ARGS16 "iiiiii" "iiiiii" "iiiiii" "iiiiii" "iiiiii" "iiiiii" "iiiiii" "iiiiii" "iiiiii"     \
	"iiiiii" "iiiiii" "iiiiii" "iiiiii" "iiiiii" "iiiiii" "iiiiii"

/* A row of notifications, and what it names. */
struct notification_row {
	int64_t id, type, subject_id, from_key, to_key, video_id, last_ms, read_ms;
	size_t actors_n; /* 0: nothing is left */
	int64_t actors[NOTIFICATION_ACTORS]; /* the newest first, each once */
	int64_t at_ms;   /* of the newest event */
	int64_t count;
	const char *text; /* of the newest event, or "" */
};

/* Makes the rows of what happened since the receiver last looked, unless that was just now. */
enum err notification_look(struct call *c, int64_t user_id) CHECKED;

/* Fills in actors, at_ms and text of n rows of one receiver, of any types; with count also count.
 * read_ms becomes the later one of its own and what was read of the messages. */
enum err notification_fill(struct call *c, int64_t user_id, struct notification_row **rows, size_t n,
    bool count) CHECKED;

#endif
