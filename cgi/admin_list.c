/* admin_list.c - for moderators: what is reported, oldest first, and what was done, newest first. */

#include "http/page.h"
#include "model/report.h"

struct in {
	struct page_in page;
	int64_t audit;
};

static const struct param params[] = {
	{ "audit", PARAM_INT, offsetof(struct in, audit), .max = 1, .doc = "1: what was done" },
	API_PAGE_PARAMS(struct in, 20, REPORT_LIST_MAX),
	{ 0 },
};

static const struct route routes[] = {
	{ GET, "/api/admin/reports", API, VIEWER_ADMIN, .set = "audit=0", .bare = FIELD_REPORTS },
	{ GET, "/api/admin/audit", API, VIEWER_ADMIN, .set = "audit=1", .bare = FIELD_ENTRIES },
	{ 0 },
};

static const struct output outputs[] = {
	{ FIELD_REPORTS, OUT_ROWS, &report_shape, .doc = "the queue, one for each thing" },
	{ FIELD_ENTRIES, OUT_ROWS, &audit_shape, .doc = "the acts" },
	PAGE_OUTPUT,
	{ 0 },
};

static const enum err errors[] = { E_TOKEN, E_FORBIDDEN, E_OK };

static enum err
admin_list(struct call *c, const void *arg, struct reply *out)
{
	const struct in *in = arg;
	struct report_list list;
	struct page page;
	enum err e = page_of(c, &in->page, &page);

	if (e == E_OK)
		e = in->audit ? report_audit(c, &page, &list) : report_queue(c, &page, &list);
	if (e != E_OK)
		return e;
	if (in->audit)
		reply_rows(out, FIELD_ENTRIES, &audit_shape, list.rows, list.n);
	else
		reply_rows(out, FIELD_REPORTS, &report_shape, list.rows, list.n);
	reply_cursor(out, FIELD_NEXT_CURSOR, list.last_a, list.last_b, list.more);
	return E_OK;
}

ENDPOINT(admin_list, struct in, "What is reported, what was done", .pool = 1)
