/* video_comments.c - who may comment on the viewer's clips, and with which words not: for one clip, or
 * for all of them. */

#include "http/endpoint.h"
#include "model/comment_rule.h"

struct in {
	int64_t video_id, set;
	const char *mode;
	struct texts_in words;
	bool has_mode, has_words;
};

static const struct param params[] = {
	{ "set", PARAM_INT, offsetof(struct in, set), .max = 1, .doc = "1: change it" },
	{ "video_id", PARAM_ID, offsetof(struct in, video_id), .doc = "the clip; absent or 0: all clips" },
	{ "mode", PARAM_TEXT, offsetof(struct in, mode), offsetof(struct in, has_mode), .max = 16,
	    .doc = "all, followers, off, or account: as the rule for all clips says; absent: as it is" },
	{ "words", PARAM_TEXTS, offsetof(struct in, words), offsetof(struct in, has_words),
	    .max = RULE_WORDS_MAX, .doc = "that no comment may have, each of at most 32 characters; absent: as they are" },
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/auth/video/comments", API, VIEWER_REQUIRED, .set = "set=0", .bare = FIELD_RULES },
	{ POST, "/api/auth/video/comments", API, VIEWER_REQUIRED, .set = "set=1", .bare = FIELD_RULES },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_RULES, OUT_ROW, &comment_rule_shape, .doc = "as it is now" },
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_VIDEO_UNKNOWN, E_NOT_OWNER, E_TOO_FAST, E_OK };

static enum err
video_comments(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct comment_rule *rule = arena_zalloc(c->mem, sizeof(*rule));
	int mode = in->set && in->has_mode ? rule_mode(in->mode) : -1;
	enum err e = E_OK;

	if (in->set && in->has_mode && mode < 0)
		return call_param(c, "mode", WHY_COMMENTS, 0);
	if (in->set)
		e = rule_set(c, in->video_id, mode, in->has_words ? in->words.v : NULL, in->words.n);
	if (e == E_OK)
		e = rule_get(c, in->video_id, rule);
	if (e == E_OK)
		reply_row(out, FIELD_RULES, &comment_rule_shape, rule);
	return e;
}

ENDPOINT(video_comments, struct in, "Who may comment on one's clips", .pool = 1, .rate = RATE_USER)
