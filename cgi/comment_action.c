/* comment_action.c - comment on a clip, or take a comment away (its author, or the clip's). */

#include <string.h>

#include "base/text.h"
#include "http/endpoint.h"
#include "model/comment.h"

struct in {
	int64_t video_id, action, comment_id, reply_to_id;
	const char *text;
};

static const struct param params[] = {
	{ "video_id", PARAM_ID, offsetof(struct in, video_id), .required = true, .doc = "the clip" },
	{ "action_type", PARAM_INT, offsetof(struct in, action), .required = true, .min = 1, .max = 2,
	    .doc = "1: comment, 2: delete" },
	{ "comment_text", PARAM_LINES, offsetof(struct in, text), .max = COMMENT_TEXT_MAX,
	    .doc = "needed for action_type 1; not blank", .api = "content" },
	{ "comment_id", PARAM_ID, offsetof(struct in, comment_id), .doc = "needed for action_type 2" },
	{ "reply_to_id", PARAM_ID, offsetof(struct in, reply_to_id),
	    .doc = "the comment that is answered; absent or 0: the clip" },
	{ 0 },
};

static const struct route routes[] = {
	{ POST, "/douyin/comment/action/", DOUYIN, VIEWER_REQUIRED },
	{ POST, "/api/auth/interaction/comment/delete", API, VIEWER_REQUIRED,
	    .set = "action_type=2", .needs = "comment_id" },
	{ POST, "/api/auth/interaction/comment", API, VIEWER_REQUIRED, .set = "action_type=1",
	    .bare = FIELD_COMMENT, .needs = "comment_text" },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_COMMENT, OUT_ROW, &comment_shape, .doc = "the new comment; only for action_type 1" },
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_VIDEO_UNKNOWN, E_COMMENT_UNKNOWN, E_NOT_OWNER,
	E_COMMENTS_OFF, E_COMMENT_WORDS, E_TOO_FAST, E_OK };

static enum err
comment_action(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	const struct comment *comment;
	enum err e;

	if (in->action == 2) {
		if (in->comment_id == 0)
			return call_param(c, "comment_id", WHY_MISSING, 0);
		return comment_delete(c, in->video_id, in->comment_id);
	}
	if (in->text[0] == '\0')
		return call_param(c, "comment_text", WHY_MISSING, 0);
	if (utf8_is_blank(in->text, strlen(in->text)))
		return call_param(c, "comment_text", WHY_BLANK, 0);
	e = comment_add(c, in->video_id, in->reply_to_id, in->text, &comment);
	if (e == E_OK)
		reply_row(out, FIELD_COMMENT, &comment_shape, comment);
	return e;
}

ENDPOINT(comment_action, struct in, "Comment on a clip, or delete a comment", .pool = 6,
    .rate = RATE_USER, .marks = true)
