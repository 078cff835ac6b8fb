/* log.h - one line an event, as JSON, to standard error (or the file that `log_file` names).
 *
 * Never give it tokens, passwords or query strings. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* program: name in each line (kept).  path: file to append to, NULL or "" for standard error. */
void log_open(const char *program, const char *path, enum log_level least);

/* The request id that following lines carry; NULL for none.  Kept as a pointer. */
void log_request(const char *id);

void log_write(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)

/* The level that "error", "warn", "info" or "debug" names; -1 for any other word. */
int log_level_parse(const char *word);

/* Whether a line of this level would be written. */
int log_wants(enum log_level level);

#endif
