/* recommend.c - doufu recommend: folds now, or says why a user is shown what he is shown. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "doufu.h"
#include "model/recommend_fold.h"
#include "model/recommend.h"

#define EXPLAINED 20

SQL(explain_user, "SELECT id FROM users WHERE name = ?", "s", "i");

static enum err
fold(struct call *c)
{
	struct fold_report r;
	int64_t began_us = clock_mono_us();
	enum err e = fold_run(c, true, &r);

	if (e == E_OK && r.busy)
		puts("another run is at work: nothing was done");
	else if (e == E_OK)
		printf("%zu clips, neighbours of %zu clips and %zu authors out of %zu events; %zu trending, "
		       "%zu new, %zu authors; %lld ms\n",
		    r.clips, r.near_clips, r.near_authors, r.events, r.hot, r.fresh, r.people,
		    (long long)(clock_mono_us() - began_us) / 1000);
	return e;
}

/* A name, or an id. */
static enum err
find(struct call *c, const char *who, int64_t *id)
{
	const struct user *user;
	struct rows r;
	enum err e = db_select(c->db, c->mem, &explain_user, ARGS(S(who)), &r);

	if (e == E_OK && r.n > 0)
		*id = r.v[0].i;
	else if (e == E_OK && !id_parse_int(who, strlen(who), id))
		return E_USER_UNKNOWN;
	return e == E_OK ? user_get(c, *id, &user) : e;
}

static void
print_sources(uint32_t sources)
{
	static const char *const names[] = { "near", "author", "tag", "follow", "hot", "new" };
	const char *comma = "";

	for (int i = 0; i < 6; i++)
		if (sources >> i & 1) {
			printf("%s%s", comma, names[i]);
			comma = ",";
		}
}

static enum err
explain(struct call *c, const char *who, size_t most)
{
	const struct rank_pick **picks;
	struct video_list list;
	size_t candidates;
	enum err e = find(c, who, &c->viewer_id);

	if (e == E_OK)
		e = recommend_explain(c, most, &picks, &list, &candidates);
	if (e != E_OK)
		return e;
	printf("%zu candidates; score = (quality + 0.15) * (match + 0.15), "
	       "match = near + author + tag + follow + hot\n", candidates);
	puts("clip author score quality match near author tag follow hot plays sources title");
	for (size_t i = 0; i < list.n; i++) {
		const struct rank_pick *p = picks[i];

		printf("%lld %lld %.4f %.3f %.3f %.3f %.3f %.3f %.3f %.3f %.1f ", (long long)p->card.id,
		    (long long)p->card.author_id, (double)p->score, (double)p->card.quality,
		    (double)p->match, (double)p->near, (double)p->author, (double)p->tag, (double)p->follow,
		    (double)p->hot, (double)p->card.plays);
		print_sources(p->sources);
		fputs(p->explored ? ",explored " : " ", stdout);
		doufu_print_text(((const struct video_item *)list.rows[i])->video->title);
	}
	return E_OK;
}

int
doufu_recommend(struct call *c, int argc, char **argv, enum err *e)
{
	int64_t most = EXPLAINED;

	if (argc == 5 && (!id_parse_int(argv[4], strlen(argv[4]), &most) || most < 1 || most > RECOMMEND_EXPLAINED))
		return 2;
	if (argc == 3 && strcmp(argv[2], "fold") == 0)
		*e = fold(c);
	else if ((argc == 4 || argc == 5) && strcmp(argv[2], "explain") == 0)
		*e = explain(c, argv[3], (size_t)most);
	else
		return 2;
	return *e == E_OK ? 0 : 1;
}
