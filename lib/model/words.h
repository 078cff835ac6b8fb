/* words.h - forbidden words, as words_file and words_in of the configuration say.
 *
 * The dictionary is read when it is first needed and again when its file changes; all processes of a
 * host share one mapped image of it beside shm_file.  Without words_file it costs nothing. */
#ifndef MODEL_WORDS_H
#define MODEL_WORDS_H

#include "model/call.h"

enum words_where { WORDS_COMMENT, WORDS_DANMAKU, WORDS_TITLE, WORDS_NAME };

/* text itself, or a copy with '*' for what is forbidden there.  A dictionary that cannot be read is
 * logged and forbids nothing. */
const char *words_mask(struct call *c, enum words_where where, const char *text);

#endif
