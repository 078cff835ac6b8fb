/* report.h - what users report, and what moderators do about it.
 *
 * A thing is reported once by each; reports of the same thing are one row of the queue until a
 * moderator acts on it.  Every act is a row of the audit, the admin command's, too. */
#ifndef MODEL_REPORT_H
#define MODEL_REPORT_H

#include "model/call.h"

#define REPORT_TEXT_MAX 1000 /* characters */
#define REPORT_NOTE_MAX 500
#define REPORT_LIST_MAX 50

/* A thing that is reported; the names are what the API calls it. */
enum report_kind { REPORT_VIDEO = 1, REPORT_COMMENT, REPORT_USER, REPORT_MESSAGE, REPORT_KINDS };

/* 0 where it is none of these names. */
int64_t report_kind(const char *name);
const char *report_kind_name(int64_t kind);
int64_t report_reason(const char *name); /* spam, violence, sex, hate, fraud, minor, copyright, other */

/* The viewer reports something that he sees, or would if neither blocked the other; a message, whoever
 * its two are by now.  E_VIDEO_UNKNOWN, E_COMMENT_UNKNOWN, E_USER_UNKNOWN,
 * E_MESSAGE_UNKNOWN; E_SELF_REPORT: it is his; E_ALREADY. */
struct report_new {
	int64_t kind, thing_id, reason;
	const char *text;
};
enum err report_add(struct call *c, const struct report_new *r) CHECKED;

/* The queue, oldest first (p->a, b: time, id). */
struct report_reason {
	int64_t count;
	const char *reason, *text; /* one of the texts, or "" */
};
struct report {
	int64_t thing_id, about_id, video_id, count, first_ms;
	const char *kind, *content;
	struct shape_list reasons; /* struct report_reason */
};
extern const struct shape report_shape;

/* What was done, newest first (p->b: id). */
struct audit {
	int64_t id, admin_id, thing_id, about_id, until_ms, created_ms;
	const char *act, *kind, *note;
};
extern const struct shape audit_shape;

struct report_list {
	size_t n;
	const void **rows;
	int64_t last_a, last_b;
	bool more;
};

/* In the transaction of an act: its row, by the viewer and of now; id: a new one. */
enum err audit_add(struct call *c, const struct audit *a) CHECKED;

enum err report_queue(struct call *c, const struct page *p, struct report_list *out) CHECKED;
enum err report_audit(struct call *c, const struct page *p, struct report_list *out) CHECKED;

/* An act on a thing of somebody else's, which ends its reports:
 *
 *   hide, restore   a clip, a comment (its text), a message (from who got it); restore also ends a
 *                   user's suspension, and that he is told why
 *   warn            the user whose it is: he is told the note, which is needed, until he has read it.  Not one
 *                   who is suspended
 *   suspend         he is logged out, no longer live and cannot log in until then, and is told the note
 *   dismiss         nothing but that
 *   delete          a clip; for the admin command (nobody is the viewer)
 *
 * E_PARAM; E_SELF_ACT: it is the viewer's; the errors of report_add() where there is no such thing (to
 * warn, suspend or dismiss its reports are enough). */
struct report_act {
	const char *act, *kind, *note;
	int64_t thing_id, until_ms;
};
enum err report_do(struct call *c, const struct report_act *a) CHECKED;

/* For the admin command: whether he moderates, with a row of the audit.  E_USER_UNKNOWN. */
enum err report_role(struct call *c, const char *name, bool admin) CHECKED;

#endif
