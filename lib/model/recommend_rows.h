/* recommend_rows.h - what recommend_fold has made, as cached rows: read by requests, for
 * lib/model/recommend*.c only. */
#ifndef MODEL_RECOMMEND_ROWS_H
#define MODEL_RECOMMEND_ROWS_H

#include "model/call.h"
#include "model/near.h"
#include "model/rank.h"

enum { LIST_HOT = 1, LIST_NEW = 2, LIST_PEOPLE = 3 };

/* How many of a hundred plays of a clip count for it, as long as nobody knows. */
#define RECOMMEND_MEAN 20

/* A clip; clips that are gone or hidden have no card. */
struct recommend_card {
	struct row row;
	struct rank_card card;
};

/* A clip's neighbours, the most similar first. */
struct recommend_one {
	struct rank_card card;
	double similarity;
};
struct recommend_near {
	struct row row; /* tail: struct recommend_one */
};

/* An author: the newest clips first (tail: struct rank_card), and authors liked by the same people. */
struct recommend_author {
	struct row row;
	int64_t near_n;
	struct near_one near[NEAR_MAX];
};

/* A list in its order: cards of clips, or of authors, of which only the id is set. */
struct recommend_list {
	struct row row; /* tail: struct rank_card */
};

extern const struct row_class recommend_card_class, recommend_near_class, recommend_author_class,
    recommend_list_class;

/* The tail of a row. */
const struct recommend_one *recommend_near_tail(const struct recommend_near *r);
const struct rank_card *recommend_author_tail(const struct recommend_author *r);
const struct rank_card *recommend_list_tail(const struct recommend_list *r);

/* Cards of clips, by SQL, in ascending order of their ids: those that others see. */
enum err recommend_cards(struct call *c, const int64_t *ids, size_t n, struct rank_card **out,
    size_t *out_n) CHECKED;

/* How ids and neighbours stand in the columns entries and near: 8 bytes each, and 8 + 4 bytes
 * (similarity in millionths), little endian. */
void recommend_put64(unsigned char *to, uint64_t v);
uint64_t recommend_get64(const char *from);
size_t recommend_pack_near(unsigned char *to, const struct near_one *near, size_t n);
size_t recommend_unpack_near(const char *from, size_t bytes, struct near_one out[NEAR_MAX]);

#endif
