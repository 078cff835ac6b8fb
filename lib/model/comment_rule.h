/* comment_rule.h - who may comment on an author's clips, and with which words not.
 *
 * An author has a rule for all his clips and one for each clip that differs.  The words of both hold;
 * they are found in whatever form they are written (fold.h).  What was written before stays. */
#ifndef MODEL_COMMENT_RULE_H
#define MODEL_COMMENT_RULE_H

#include "model/call.h"

#define RULE_WORDS_MAX 100
#define RULE_WORD_MAX 32 /* characters */

enum rule_mode { RULE_ACCOUNT = 0, RULE_ALL = 1, RULE_FOLLOWERS = 2, RULE_OFF = 3, RULE_MODES };

/* -1 where it is none of account, all, followers, off. */
int rule_mode(const char *name);

struct comment_rule {
	int64_t video_id; /* 0: all clips */
	const char *mode, *words; /* words: folded, one in a line */
};
extern const struct shape comment_rule_shape;

/* The viewer's rule for a clip of his, or for all (video_id 0).  mode -1, words NULL: as it is.
 * E_VIDEO_UNKNOWN, E_NOT_OWNER; E_PARAM: a word is too long, or says nothing. */
enum err rule_set(struct call *c, int64_t video_id, int mode, const char *const *words, size_t n) CHECKED;
enum err rule_get(struct call *c, int64_t video_id, struct comment_rule *out) CHECKED;

/* In the transaction that writes a comment of the viewer's: E_COMMENTS_OFF, E_COMMENT_WORDS. */
enum err rule_check(struct call *c, int64_t author_id, int64_t video_id, const char *content) CHECKED;

#endif
