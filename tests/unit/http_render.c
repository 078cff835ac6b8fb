/* Rows to text: every member type, and kept texts equal to fresh ones byte by byte. */
#include "http/render.h"

#include <stdlib.h>

#include "store/rows.h"
#include "unit.h"

struct user_row {
	struct row row;
	const char *name, *avatar;
	int64_t fans;
};

struct clip_row {
	struct row row;
	const char *path, *title;
	int64_t made_ms;
	bool hot;
};

struct clip {
	const struct clip_row *clip;
	const struct user_row *author;
	const char *note;
};

static const struct member user_members[] = {
	{ { "id", "id" }, M_INT, offsetof(struct user_row, row.id), NULL, "" },
	{ { "name", "userName" }, M_STR, offsetof(struct user_row, name), NULL, "" },
	{ { "is_follow", "isFollow" }, M_FOLLOWED, offsetof(struct user_row, row.id), NULL, "" },
	{ { "avatar", "avatar" }, M_URL, offsetof(struct user_row, avatar), NULL, "" },
	{ { NULL, "fans" }, M_INT, offsetof(struct user_row, fans), NULL, "" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
static const struct shape user = { "User", user_members, 1 };

static const struct member clip_members[] = {
	{ { "is_favorite", "isFavorite" }, M_LIKED, offsetof(struct clip_row, row.id), NULL, "" },
	{ { "id", "id" }, M_INT, offsetof(struct clip_row, row.id), NULL, "" },
	{ { "play_url", "playUrl" }, M_MEDIA, offsetof(struct clip_row, path), NULL, "" },
	{ { "title", "title" }, M_STR_OPT, offsetof(struct clip_row, title), NULL, "" },
	{ { "day", NULL }, M_MONTH_DAY, offsetof(struct clip_row, made_ms), NULL, "" },
	{ { "at", NULL }, M_DATE_TIME, offsetof(struct clip_row, made_ms), NULL, "" },
	{ { NULL, "seconds" }, M_SECONDS, offsetof(struct clip_row, made_ms), NULL, "" },
	{ { "hot", "hot" }, M_BOOL, offsetof(struct clip_row, hot), NULL, "" },
	{ { "is_star", "isStar" }, M_STARRED, offsetof(struct clip_row, row.id), NULL, "" },
	{ { "again", "again" }, M_LIKED, offsetof(struct clip_row, row.id), NULL, "" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
static const struct shape clip_row = { "ClipRow", clip_members, 1 };

static const struct member members[] = {
	{ { "", "" }, M_INLINE, offsetof(struct clip, clip), &clip_row, "" },
	{ { "author", "author" }, M_ROW, offsetof(struct clip, author), &user, "" },
	{ { "note", "note" }, M_STR_OPT, offsetof(struct clip, note), NULL, "" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
static const struct shape clip = { "Clip", members, 0 };

static struct conf conf = { .media_url = "", .utc_offset = 480 };
static struct arena *mem;
static struct call call;
static struct buf out;
static bool likes_all, follows_all, stars_all;

static bool
likes(const struct call *c, int64_t id)
{
	(void)c;
	return likes_all || id == 7;
}

static bool
follows(const struct call *c, int64_t id)
{
	(void)c;
	return follows_all || id == 3;
}

static bool
stars(const struct call *c, int64_t id)
{
	(void)c;
	return stars_all || id == 5;
}

static struct render
begin(enum dialect d, const char *base)
{
	struct render r;

	mem = mem != NULL ? mem : arena_new();
	call = (struct call){ .mem = mem, .conf = &conf };
	render_init(&r, &call, d, base);
	r.likes = likes;
	r.follows = follows;
	r.stars = stars;
	if (out.max == 0)
		buf_init(&out, 1 << 20);
	buf_clear(&out);
	return r;
}

static const char *
text(enum dialect d, const char *base, const struct shape *shape, const void *row, bool kept)
{
	struct render r = begin(d, base);

	if (!kept)
		r.base_id = 0;
	render_row(&out, &r, shape, row);
	return out.p;
}

#define BASE "http://h"

CASE(a_clip)
{
	struct user_row u = { { .id = 3, .stamp = 11 }, "a\"n", "/img/a.png", 5 };
	struct clip_row v = { { .id = 7, .stamp = 12 }, "v/ab/x.mp4", "", INT64_C(1700000000123),
		true };
	struct clip k = { &v, &u, NULL };

	CHECK_STR(text(DOUYIN, BASE, &clip, &k, true),
	    "{\"is_favorite\":true,\"id\":7,\"play_url\":\"http://h/media/v/ab/x.mp4\","
	    "\"day\":\"11-15\",\"at\":\"2023-11-15 06:13:20\",\"hot\":true,\"is_star\":false,\"again\":true,"
	    "\"author\":{\"id\":3,\"name\":\"a\\\"n\",\"is_follow\":true,\"avatar\":\"http://h/img/"
	    "a.png\"}}");
	u.avatar = "";
	u.row.stamp++;
	k.note = "n";
	CHECK_STR(text(API, BASE, &clip, &k, true),
	    "{\"isFavorite\":true,\"id\":7,\"playUrl\":\"http://h/media/v/ab/x.mp4\","
	    "\"seconds\":1700000000,\"hot\":true,\"isStar\":false,\"again\":true,"
	    "\"author\":{\"id\":3,\"userName\":\"a\\\"n\",\"isFollow\":true,\"avatar\":\"\","
	    "\"fans\":5},"
	    "\"note\":\"n\"}");
	k.author = NULL;
	k.clip = NULL;
	CHECK_STR(text(DOUYIN, BASE, &clip, &k, true), "{\"note\":\"n\"}");
	k.note = "";
	CHECK_STR(text(DOUYIN, BASE, &clip, &k, true), "{}");
}

CASE(a_list_of_rows)
{
	static const struct member list_members[] = {
		{ { "users", "users" }, M_LIST, 0, &user, "" },
		{ { NULL }, M_INT, 0, NULL, NULL },
	};
	static const struct shape list = { "List", list_members, 0 };
	struct user_row u = { { .id = 3, .stamp = 21 }, "a", "", 5 };
	struct user_row v = { { .id = 4, .stamp = 22 }, "b", "", 6 };
	const void *rows[] = { &u, &v };
	struct shape_list l = { 0, NULL };

	CHECK_STR(text(API, BASE, &list, &l, true), "{\"users\":[]}");
	l = (struct shape_list){ 2, rows };
	for (int kept = 0; kept < 2; kept++)
		CHECK_STR(text(API, BASE, &list, &l, kept),
		    "{\"users\":[{\"id\":3,\"userName\":\"a\",\"isFollow\":true,\"avatar\":\"\",\"fans\":5},"
		    "{\"id\":4,\"userName\":\"b\",\"isFollow\":false,\"avatar\":\"\",\"fans\":6}]}");
}

struct part_row {
	int64_t width;
	char kind[8], path[24];
};
struct album {
	struct row row;
	struct row_part some, others;
};
static const struct member part_members[] = {
	{ { "url", "url" }, M_MEDIA_IN, offsetof(struct part_row, path), NULL, "" },
	{ { NULL, "width" }, M_INT, offsetof(struct part_row, width), NULL, "" },
	{ { "kind", "kind" }, M_STR_IN, offsetof(struct part_row, kind), NULL, "" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
static const struct shape part_shape = { "Part", part_members, .size = sizeof(struct part_row) };
static const struct member album_members[] = {
	{ { "id", "id" }, M_INT, offsetof(struct album, row.id), NULL, "" },
	{ { NULL, "some" }, M_ROWS, offsetof(struct album, some), &part_shape, "" },
	{ { "others", "others" }, M_ROWS, offsetof(struct album, others), &part_shape, "" },
	{ { NULL }, M_INT, 0, NULL, NULL },
};
static const struct shape album_shape = { "Album", album_members, 1 };

/* Lists out of a row's tail; what a damaged row says of it is not believed. */
CASE(parts_of_a_row)
{
	struct {
		struct album a;
		struct part_row parts[3];
		int64_t behind;
	} p = { .a = { .row = { .id = 7, .stamp = 91 } },
		.parts = { { 1, "a", "c/1.jpg" }, { 2, "b", "/img/2.jpg" }, { 3, "abcdefg", "http://x/3" } },
		.behind = 4711 };
	const uint32_t size = sizeof(struct part_row), at = offsetof(__typeof__(p), parts);

	p.a.row.size = at + 3 * size;
	p.a.some = (struct row_part){ at, 2 };
	p.a.others = (struct row_part){ at + 2 * size, 1 };
	for (int kept = 0; kept < 2; kept++) {
		CHECK_STR(text(API, BASE, &album_shape, &p, kept),
		    "{\"id\":7,\"some\":[{\"url\":\"http://h/media/c/1.jpg\",\"width\":1,\"kind\":\"a\"},"
		    "{\"url\":\"http://h/img/2.jpg\",\"width\":2,\"kind\":\"b\"}],"
		    "\"others\":[{\"url\":\"http://x/3\",\"width\":3,\"kind\":\"abcdefg\"}]}");
		CHECK_STR(text(DOUYIN, BASE, &album_shape, &p, kept),
		    "{\"id\":7,\"others\":[{\"url\":\"http://x/3\",\"kind\":\"abcdefg\"}]}");
	}
	p.a.row.stamp = 0;
	p.a.some.n = 0;
	p.a.others.n = UINT32_MAX;
	CHECK_STR(text(DOUYIN, BASE, &album_shape, &p, false),
	    "{\"id\":7,\"others\":[{\"url\":\"http://x/3\",\"kind\":\"abcdefg\"}]}");
	for (uint32_t bad = 0; bad < 3; bad++) {
		static const uint32_t ats[] = { UINT32_MAX, 3, 0xfffffff8 };

		p.a.others = (struct row_part){ ats[bad], UINT32_MAX };
		CHECK_STR(text(DOUYIN, BASE, &album_shape, &p, false), "{\"id\":7,\"others\":[]}");
	}
}

CASE(full_addresses_stay)
{
	struct user_row u = { { .id = 4, .stamp = 0 }, "n", "https://cdn/x?a=1&b=2", 0 };
	char want[700] = "";

	CHECK_STR(
	    text(DOUYIN, BASE, &user, &u, true), "{\"id\":4,\"name\":\"n\",\"is_follow\":false,"
						 "\"avatar\":\"https://cdn/x?a=1\\u0026b=2\"}");
	memset(want, '/', 600);
	u.avatar = want;
	CHECK_INT(strlen(text(DOUYIN, BASE, &user, &u, true)),
	    strlen("{\"id\":4,\"name\":\"n\",\"is_follow\":false,\"avatar\":\"\"}") + 8 + 600);
}

CASE(kept_equals_fresh)
{
	static const char *const bases[] = { "http://a", "https://b.example.org:8080", "http://a" };
	struct user_row u = { { .stamp = 1000 }, "name", "/a.png", 1 };
	struct clip_row v = { { .stamp = 5000 }, "v/x", "t<itle", 99, false };
	struct clip k = { &v, &u, "note" };

	for (size_t i = 0; i < 3000; i++) {
		enum dialect d = i % 3 == 0 ? API : DOUYIN;
		const char *base = bases[i % 3];
		char *fresh;

		u.row.id = (int64_t)(i % 9);
		u.row.stamp = 1000 + i % 9;
		v.row.id = (int64_t)(i % 11);
		v.row.stamp = 5000 + i % 11;
		likes_all = i % 5 == 0;
		follows_all = i % 7 == 0;
		stars_all = i % 4 == 0;
		fresh = strdup(text(d, base, &clip, &k, false));
		if (strcmp(text(d, base, &clip, &k, true), fresh) != 0) {
			printf("# %s\n# %s\n", out.p, fresh);
			CHECK(!"kept equals fresh");
		}
		free(fresh);
	}
	likes_all = follows_all = stars_all = false;
}

CASE(a_new_stamp_is_a_new_text)
{
	struct user_row u = { { .id = 50, .stamp = 90 }, "old", "", 0 };
	size_t bytes, before;

	text(DOUYIN, BASE, &user, &u, true);
	before = render_kept(&bytes);
	u.name = "new";
	/* It is kept: the same stamp promises the same content. */
	CHECK(strstr(text(DOUYIN, BASE, &user, &u, true), "old") != NULL);
	u.row.stamp = 91;
	CHECK(strstr(text(DOUYIN, BASE, &user, &u, true), "new") != NULL);
	u.row.stamp = 0;
	u.name = "none";
	CHECK(strstr(text(DOUYIN, BASE, &user, &u, true), "none") != NULL);
	CHECK(render_kept(&bytes) <= before + 1);
}

CASE(memory_has_a_ceiling)
{
	char *name = malloc(10001);
	struct user_row u = { { .id = 1 }, name, "", 0 };
	size_t bytes, most = 0;

	memset(name, 'x', 10000);
	name[10000] = '\0';
	for (uint64_t i = 0; i < 6000; i++) {
		u.row.stamp = 100000 + i;
		text(DOUYIN, BASE, &user, &u, true);
		render_kept(&bytes);
		most = bytes > most ? bytes : most;
		CHECK(bytes <= FRAGMENT_BYTES);
	}
	CHECK(most > FRAGMENT_BYTES / 2);
	free(name);
}

CASE(long_texts_are_not_kept)
{
	char *name = malloc(70001);
	struct user_row u = { { .id = 1, .stamp = 7777 }, name, "", 0 };
	size_t n;

	memset(name, 'y', 70000);
	name[70000] = '\0';
	n = strlen(text(DOUYIN, BASE, &user, &u, true));
	CHECK(n > 70000);
	CHECK_INT(strlen(text(DOUYIN, BASE, &user, &u, true)), n);
	free(name);
}

CASE(a_full_buffer_is_seen)
{
	struct user_row u = { { .id = 1, .stamp = 8888 }, "a name", "/x", 0 };
	struct render r = begin(DOUYIN, BASE);

	for (size_t max = 1; max < 60; max++) {
		struct buf small;

		buf_init(&small, max);
		render_row(&small, &r, &user, &u);
		CHECK(small.full);
		buf_free(&small);
	}
}

CASE(lists)
{
	struct user_row u = { { .id = 1, .stamp = 8900 }, "n", "", 0 };
	const void *rows[] = { NULL, &u, NULL, &u };
	struct reply_field f = { .type = OUT_ROWS, .shape = &user, .rows = rows, .n = 4 };
	struct render r = begin(DOUYIN, BASE);
#define ONE "{\"id\":1,\"name\":\"n\",\"is_follow\":false,\"avatar\":\"\"}"

	render_value(&out, &r, &f);
	CHECK_STR(out.p, "[" ONE "," ONE "]");
	buf_clear(&out);
	f.n = 1;
	render_value(&out, &r, &f);
	CHECK_STR(out.p, "[]");
}

UNIT_MAIN
