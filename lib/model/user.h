/* user.h - users as others see them. */
#ifndef MODEL_USER_H
#define MODEL_USER_H

#include "model/call.h"
#include "model/counter.h"

#define USER_AVATAR_MAX 500 /* characters */
#define USER_ABOUT_MAX 500

enum user_status { USER_ACTIVE = 1, USER_DISABLED = 2, USER_LEAVING = 3 };

struct user {
	struct row row;
	struct counters n;
	bool is_private; /* his clips are for his followers */
	bool gone;       /* he is leaving: nobody sees him */
	const char *name, *avatar, *background, *signature;
};

extern const struct row_class user_class;
extern const struct shape user_shape;

/* Oneself: a user, and what only he is told. */
struct self {
	const struct user *user;
	bool moderates;
	const char *notice; /* what a moderator warned of, or "" */
};
extern const struct shape self_shape;

/* out[i] is the user ids[i], NULL where there is none; disabled users are still shown.  As the rows
 * are: what a viewer is shown comes from user_shown(). */
enum err user_by_ids(struct call *c, const int64_t *ids, size_t n, const struct user **out) CHECKED;

/* The same as the viewer sees them, marks known: NULL also for who is leaving, and where one of the two
 * blocks the other; those whom he does not see are not counted as anybody's followers or followed.
 * n is at most 1024. */
enum err user_shown(struct call *c, const int64_t *ids, size_t n, const struct user **out) CHECKED;

/* The same, but his numbers count everybody: for who asks whether, not how many. */
enum err user_visible(struct call *c, const int64_t *ids, size_t n, const struct user **out) CHECKED;

/* One of them: E_USER_UNKNOWN where it is NULL. */
enum err user_seen(struct call *c, int64_t id, const struct user **out) CHECKED;

/* Whether the viewer may see the clips of one whom user_shown() gave. */
bool user_opens(const struct call *c, const struct user *u);

/* E_USER_UNKNOWN where there is none. */
enum err user_get(struct call *c, int64_t id, const struct user **out) CHECKED;

/* A profile: of user_id, or the viewer's own where it is 0; his mark is known afterwards. */
enum err user_profile(struct call *c, int64_t user_id, const struct user **out) CHECKED;

/* A list of users in the order of the ids, those that the viewer sees; marks known. */
struct user_list {
	size_t n;
	const void **rows; /* struct user */
};
enum err user_list_of(struct call *c, const int64_t *ids, size_t n, struct user_list *out) CHECKED;

/* The same with those whom he does not see: for the list of whom he blocks. */
enum err user_list_all(struct call *c, const int64_t *ids, size_t n, struct user_list *out) CHECKED;

/* E_PARAM where it is neither empty nor an http or https address, whose scheme then is in small letters, as
 * whoever shows it expects. */
enum err user_avatar_check(struct call *c, const char **avatar) CHECKED;

/* The viewer changes how others see him; NULL: as it is, "": none.  E_PARAM: see above. */
enum err user_edit(struct call *c, const char *avatar, const char *about) CHECKED;

struct row_ref user_ref(int64_t id);

#endif
