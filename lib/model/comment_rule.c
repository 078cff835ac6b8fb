/* comment_rule.c - see comment_rule.h.  Invariant: words are kept as fold_text() folds them, so that a
 * comment needs to be folded once only. */
#include "model/comment_rule.h"

#include <string.h>

#include "base/fold.h"
#include "base/text.h"
#include "model/comment.h"
#include "model/video.h"

#define FOLDED_MAX 4000 /* characters of a comment, folded */

SQL(rule_look, "SELECT video_id, mode, words FROM comment_rules WHERE user_id = ? AND video_id IN (0, ?)",
    "ii", "iis");
SQL(rule_follows, "SELECT 1 FROM follows WHERE follower_id = ? AND followee_id = ?", "ii", "i");
SQL(rule_write,
    "INSERT INTO comment_rules (user_id, video_id, mode, words) VALUES (?, ?, GREATEST(?, 0), "
    "COALESCE(?, '')) ON DUPLICATE KEY UPDATE mode = IF(? < 0, mode, ?), words = COALESCE(?, words)",
    "iiisiis", "");

static const char *const modes[RULE_MODES] = { "account", "all", "followers", "off" };

int
rule_mode(const char *name)
{
	for (int i = 0; i < RULE_MODES; i++) {
		if (strcmp(modes[i], name) == 0)
			return i;
	}
	return -1;
}

#define R(m) offsetof(struct comment_rule, m)
static const struct member members[] = {
	{ { NULL, "videoId" }, M_INT, R(video_id), NULL, "the clip; 0: all clips" },
	{ { NULL, "mode" }, M_STR, R(mode), NULL,
	    "all, followers, off, or account: as the rule for all clips says" },
	{ { NULL, "words" }, M_STR, R(words), NULL, "those that no comment may have, one in a line" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
const struct shape comment_rule_shape = { "CommentRule", members, 0 };

static enum err
owned(struct call *c, int64_t video_id)
{
	return video_id != 0 ? video_owned(c, video_id) : E_OK;
}

enum err
rule_set(struct call *c, int64_t video_id, int mode, const char *const *words, size_t n)
{
	struct val text = { .type = 0 };
	struct buf b;
	enum err e = owned(c, video_id);

	buf_init(&b, RULE_WORDS_MAX * RULE_WORD_MAX * 8);
	for (size_t i = 0; e == E_OK && words != NULL && i < n; i++) {
		const char *folded = fold_text(c->mem, words[i], RULE_WORD_MAX * 2);

		if (utf8_count(words[i], strlen(words[i])) > RULE_WORD_MAX)
			e = call_param(c, "words", WHY_TOO_LONG, RULE_WORD_MAX);
		else if (utf8_is_blank(folded, strlen(folded)))
			e = call_param(c, "words", WHY_BLANK, 0);
		buf_adds(&b, folded + strspn(folded, " "));
		buf_addc(&b, '\n');
	}
	if (e == E_OK && b.full)
		e = call_param(c, "words", WHY_TOO_LONG, RULE_WORD_MAX);
	if (words != NULL)
		text = SN(b.len > 0 ? b.p : "", b.len);
	if (e == E_OK)
		e = db_exec(c->db, &rule_write,
		    ARGS(I(c->viewer_id), I(video_id), I(mode), text, I(mode), I(mode), text), NULL);
	buf_free(&b);
	return e;
}

enum err
rule_get(struct call *c, int64_t video_id, struct comment_rule *out)
{
	struct rows r;
	enum err e = owned(c, video_id);

	*out = (struct comment_rule){ video_id, modes[video_id != 0 ? RULE_ACCOUNT : RULE_ALL], "" };
	if (e == E_OK)
		e = db_select(c->db, c->mem, &rule_look, ARGS(I(c->viewer_id), I(video_id)), &r);
	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		const struct val *v = r.v + i * r.cols;
		char *words;

		if (v[0].i != video_id)
			continue;
		if (video_id != 0 || v[1].i != RULE_ACCOUNT)
			out->mode = modes[v[1].i];
		out->words = words = arena_strdup(c->mem, v[2].s);
		/* What marks where words begin is not for people. */
		for (const char *from = v[2].s; *from != '\0'; from++) {
			if (*from != FOLD_WORD)
				*words++ = *from;
		}
		*words = '\0';
	}
	return e;
}

enum err
rule_check(struct call *c, int64_t author_id, int64_t video_id, const char *content)
{
	const char *folded = NULL;
	int64_t mode = RULE_ACCOUNT, account = RULE_ALL;
	struct rows r, follows;
	enum err e;

	if (author_id == c->viewer_id)
		return E_OK;
	e = db_select(c->db, c->mem, &rule_look, ARGS(I(author_id), I(video_id)), &r);
	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		const struct val *v = r.v + i * r.cols;

		if (v[0].i != 0)
			mode = v[1].i;
		else if (v[1].i != RULE_ACCOUNT)
			account = v[1].i;
	}
	if (e == E_OK && mode == RULE_ACCOUNT)
		mode = account;
	if (e == E_OK && mode == RULE_FOLLOWERS) {
		e = db_select(c->db, c->mem, &rule_follows, ARGS(I(c->viewer_id), I(author_id)), &follows);
		if (e == E_OK && follows.n == 0)
			mode = RULE_OFF;
	}
	if (e == E_OK && mode == RULE_OFF)
		return E_COMMENTS_OFF;
	for (size_t i = 0; e == E_OK && i < r.n; i++) {
		const char *p = r.v[i * r.cols + 2].s;

		for (size_t n; *p != '\0'; p += n + (p[n] != '\0')) {
			n = strcspn(p, "\n");
			if (folded == NULL)
				folded = fold_text(c->mem, content, FOLDED_MAX);
			if (n > 0 && strstr(folded, arena_strndup(c->mem, p, n)) != NULL)
				return E_COMMENT_WORDS;
		}
	}
	return e;
}
