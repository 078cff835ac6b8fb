/* reply.h - the handler's side of a reply: fields with values; lib/http makes the text.
 *
 * A field has a name in each dialect.  On an error the fields are thrown away and the envelope
 * carries the error.  Rendered text of rows with a stamp is kept in process memory for the next
 * request, with holes where the viewer's marks go. */
#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/shape.h"

/* FIELD(name, /douyin, /api) */
#define FIELD_TABLE(FIELD)                                                                         \
	FIELD(NONE, "", "")                                                                         \
	FIELD(USER, "user", "user")                                                                 \
	FIELD(USER_ID, "user_id", "user_id")                                                        \
	FIELD(TOKEN, "token", "token")                                                              \
	FIELD(VIDEOS, "video_list", "videos")                                                       \
	FIELD(NEXT_TIME, "next_time", "next_time")                                                  \
	FIELD(USERS, "user_list", "users")                                                          \
	FIELD(COMMENT, "comment", "comment")                                                        \
	FIELD(COMMENTS, "comment_list", "comments")                                                 \
	FIELD(MESSAGES, "message_list", "messages")                                                 \
	FIELD(NEXT_CURSOR, "next_cursor", "next_cursor")                                            \
	FIELD(STATUS, "status", "status")                                                           \
	FIELD(MESSAGE_ID, "message_id", "message_id")                                               \
	FIELD(ACCEPTED, "accepted", "accepted")                                                     \
	FIELD(IGNORED, "ignored", "ignored")                                                             \
	FIELD(VIDEO, "video", "video")                                                              \
	FIELD(STATS, "stats", "stats")                                                              \
	FIELD(NUMBER, "count", "count")                                                             \
	FIELD(NAME, "name", "name")                                                                 \
	FIELD(NAMES, "names", "names")                                                              \
	FIELD(RELATION, "relation", "relation")                                                     \
	FIELD(RELATIONS, "relations", "relations")                                                  \
	FIELD(ROOM, "room", "room")                                                                 \
	FIELD(ROOMS, "rooms", "rooms")                                                              \
	FIELD(HLS_URL, "hls_url", "hls_url")                                                        \
	FIELD(VIEWER_COUNT, "viewer_count", "viewer_count")                                         \
	FIELD(DANMU_ID, "danmu_id", "danmu_id")                                                     \
	FIELD(DANMUS, "danmus", "danmus")                                                           \
	FIELD(COUNTS, "counts", "counts")                                                           \
	FIELD(MARKS, "marks", "marks")                                                              \
	FIELD(UNREAD, "unread", "unread")                                                           \
	FIELD(NOTIFICATIONS, "notifications", "notifications")                                      \
	FIELD(CONVERSATIONS, "conversations", "conversations")                                      \
	FIELD(TAG, "tag", "tag")                                                                    \
	FIELD(TAGS, "tags", "tags")                                                                 \
	FIELD(TOTAL, "total", "total")                                                              \
	FIELD(TOTAL_EXACT, "total_exact", "total_exact")                                            \
	FIELD(PHRASE_TOTAL, "phrase_total", "phrase_total")                                         \
	FIELD(PAGE, "page", "page")                                                                 \
	FIELD(SIZE, "size", "size")                                                                 \
	FIELD(PREVIEW, "preview", "preview") \
	FIELD(REPORTS, "reports", "reports")                                                        \
	FIELD(ENTRIES, "entries", "entries")                                                        \
	FIELD(NOTICE, "notice", "notice")                                                           \
	FIELD(RULES, "rules", "rules")                                                              \
	FIELD(EXPORT, "export", "export")                                                           \
	FIELD(ACCOUNT, "account", "account")                                                        \
	FIELD(SESSIONS, "sessions", "sessions")                                                     \
	FIELD(SELF, "self", "self")

enum field {
#define FIELD(name, douyin, api) FIELD_##name,
	FIELD_TABLE(FIELD)
#undef FIELD
	    FIELD_COUNT
};

struct reply; /* opaque */
struct cursor; /* endpoint.h */
struct time_in;

void reply_int(struct reply *r, enum field f, int64_t v);
void reply_bool(struct reply *r, enum field f, bool v);
void reply_str(struct reply *r, enum field f, const char *s);

/* ms, told in the unit in which `like` came. */
void reply_time(struct reply *r, enum field f, int64_t ms, const struct time_in *like);

/* One row, and a list of n rows; rows[i] points to a struct of the shape. */
void reply_row(struct reply *r, enum field f, const struct shape *shape, const void *row);
void reply_rows(struct reply *r, enum field f, const struct shape *shape, const void *const *rows,
    size_t n);

/* Where the next page begins; "" on the last page (more is 0). */
void reply_cursor(struct reply *r, enum field f, int64_t a, int64_t b, int more);

#endif
