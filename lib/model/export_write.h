/* export_write.h - the file of an export (export.h): a tar of JSON, an array for each kind of row, and of media. */
#ifndef MODEL_EXPORT_WRITE_H
#define MODEL_EXPORT_WRITE_H

#include "model/call.h"

/* Writes it to fd, which is empty and stays the caller's.  alive(arg) is asked now and then, false:
 * E_UNAVAILABLE.  E_DISK: it could not be written. */
enum err export_write(struct call *c, int fd, int64_t user_id, bool (*alive)(void *arg), void *arg) CHECKED;

#endif
