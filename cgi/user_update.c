/* user_update.c - one's own avatar, words about oneself, and password; and that one has read a notice.
 *
 * A new password ends all sessions: the reply then carries the token of a new one. */

#include "http/endpoint.h"
#include "model/account.h"
#include "model/report.h"
#include "model/user.h"

struct in {
	const char *avatar, *about, *old_password, *new_password, *notice;
	bool has_avatar, has_about;
};

static const struct param params[] = {
	{ "avatar", PARAM_TEXT, offsetof(struct in, avatar), offsetof(struct in, has_avatar),
	    .max = USER_AVATAR_MAX, .doc = "http or https; absent: as it is, empty: none" },
	{ "about", PARAM_LINES, offsetof(struct in, about), offsetof(struct in, has_about),
	    .max = USER_ABOUT_MAX, .doc = "absent: as it is, empty: none" },
	{ "old_password", PARAM_SECRET, offsetof(struct in, old_password),
	    .max = ACCOUNT_PASSWORD_API_MAX, .doc = "needed with new_password" },
	{ "new_password", PARAM_SECRET, offsetof(struct in, new_password), .min = 1,
	    .max = ACCOUNT_PASSWORD_API_MAX, .doc = "absent: as it is" },
	{ "notice", PARAM_LINES, offsetof(struct in, notice), .max = REPORT_NOTE_MAX,
	    .doc = "a moderator's warning as it was told, which was read: it is told no more" },
	{ 0 },
};

static const struct route routes[] = {
	{ PUT, "/api/auth/user/update", API, VIEWER_REQUIRED },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_TOKEN, OUT_STR, .doc = "only with a new password: older ones are void" },
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_PASSWORD, E_FROZEN, E_TOO_FAST, E_OK };

static enum err
user_update(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	bool old = *in->old_password != '\0', fresh = *in->new_password != '\0';
	const char *avatar = in->avatar;
	struct account_login login;
	enum err e = E_OK;

	if (old != fresh)
		return call_param(c, old ? "new_password" : "old_password", WHY_MISSING, 0);
	if (in->has_avatar && (e = user_avatar_check(c, &avatar)) != E_OK)
		return e;
	if (fresh)
		e = account_change_password(c, in->old_password, in->new_password, &login);
	if (e == E_OK && (in->has_avatar || in->has_about))
		e = user_edit(c, in->has_avatar ? avatar : NULL, in->has_about ? in->about : NULL);
	if (e == E_OK && *in->notice != '\0')
		e = account_notice_read(c, in->notice);
	if (e == E_OK && fresh)
		reply_str(out, FIELD_TOKEN, login.token);
	return e;
}

/* Hashing is slow on purpose: see user_register.c. */
ENDPOINT(user_update, struct in, "Change one's profile or password", .pool = 1, .nice = 5,
    .rate = RATE_USER)
