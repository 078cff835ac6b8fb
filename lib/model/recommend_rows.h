/* recommend_rows.h - what recommend_fold has made, as cached rows: read by requests, for
 * lib/model/recommend*.c only. */
#ifndef MODEL_RECOMMEND_ROWS_H
#define MODEL_RECOMMEND_ROWS_H

#include "model/call.h"
#include "model/near.h"
#include "model/rank_gather.h"

/* LIST_KINDS is no list: how many numbers there are. */
enum recommend_lists { LIST_HOT = 1, LIST_NEW = 2, LIST_PEOPLE = 3, LIST_KINDS = 4 };

#define LIST_KEPT_MS (INT64_C(1800) * 1000) /* versions of a list, for who turns its pages */

/* How many of a hundred plays of a clip count for it, as long as nobody knows. */
#define RECOMMEND_MEAN 20

/* A clip; clips that are gone or hidden have no card. */
struct recommend_card {
	struct row row;
	struct rank_card card;
};

/* A clip's neighbours, the most similar first. */
struct recommend_near {
	struct row row; /* tail: struct rank_one */
};

/* An author: the newest clips first (tail: struct rank_card), and authors liked by the same people. */
struct recommend_author {
	struct row row;
	int64_t near_n;
	struct near_one near[NEAR_MAX];
};

/* A list in its order, as it was made: cards of clips, or of authors, of which only the id is set.  The list of now
 * leaves out clips that are gone; in its kept version they stay, so that the others keep their places. */
struct recommend_list {
	struct row row; /* tail: struct rank_card */
	int64_t version; /* 0: the job has not run yet */
};

/* The best of the newest clips of a tag, the best first. */
struct recommend_tag {
	struct row row; /* tail: struct rank_card */
};

extern const struct row_class recommend_card_class, recommend_near_class, recommend_author_class,
    recommend_list_class, recommend_tag_class;

/* A row as rank_gather() has it; r may be NULL. */
struct rank_nears recommend_nears_of(const struct recommend_near *r);
struct rank_author recommend_author_of(const struct recommend_author *r);
struct rank_list recommend_list_of(const struct recommend_list *r);
struct rank_list recommend_tagged_of(const struct recommend_tag *r);

/* The second (since ID_EPOCH_MS: 31 bits) in which a list was made, which no two runs of the job have in common, and
 * the id of that version of it, which is kept for LIST_KEPT_MS.  Version 0 is the list of now. */
int64_t recommend_version_of(int64_t made_ms);
int64_t recommend_made_ms(int64_t version);
int64_t recommend_list_id(enum recommend_lists kind, int64_t version);

/* Cards of clips, by SQL, in ascending order of their ids: those that others see. */
enum err recommend_cards(struct call *c, const int64_t *ids, size_t n, struct rank_card **out,
    size_t *out_n) CHECKED;

/* The ids of the newest RANK_HOT_MAX clips that all see, newest first: what trends where little happens. */
enum err recommend_newest(struct call *c, struct rows *out) CHECKED;

/* One of these cards, and those of ids in their order that there are; returns how many. */
const struct rank_card *recommend_card_of(const struct rank_card *cards, size_t n, int64_t id);
size_t recommend_in_order(const struct rank_card *cards, size_t n, const int64_t *ids, size_t ids_n,
    struct rank_card *out);

/* How entries and neighbours stand in the columns entries and near: 8 bytes of id, quality, hot and plays as
 * floats, 8 bytes each of author, time and tags; 8 + 4 bytes (similarity in millionths), little endian. */
#define LIST_ENTRY (36 + 8 * RANK_TAGS)
size_t recommend_pack_list(unsigned char *to, const struct rank_card *cards, size_t n);
size_t recommend_unpack_list(const char *from, size_t bytes, struct rank_card *out);
void recommend_put64(unsigned char *to, uint64_t v);
uint64_t recommend_get64(const char *from);
size_t recommend_pack_near(unsigned char *to, const struct near_one *near, size_t n);
size_t recommend_unpack_near(const char *from, size_t bytes, struct near_one out[NEAR_MAX]);

#endif
