"""social.py - likes, comments, follows: counters exact, marks right, and both at once everywhere."""

from report import same
from world import (COMMENT_UNKNOWN, LISTS, NOT_OWNER, SELF_FOLLOW, TOKEN, USER_UNKNOWN, VIDEO_UNKNOWN,
                   test)


def seen(w, video, viewer=None):
    """The clip as the feed shows it."""
    r = w.good("feed", {"token": viewer.token} if viewer else None)
    return next(v for v in r["video_list"] if v["id"] == video["id"])


@test
def test_like_counts_once(w):
    author, fan = w.user(), w.user()
    video = w.publish(author)
    for round in range(2):
        for _ in range(3):
            w.like(fan, video)
            same(seen(w, video, fan)["favorite_count"], 1)
            same(seen(w, video, fan)["is_favorite"], True)
            same(w.profile(fan)["favorite_count"], 1, "likes given")
            same(w.profile(author)["total_favorited"], 1, "likes received")
        for _ in range(3):
            w.like(fan, video, False)
            same(seen(w, video, fan)["favorite_count"], 0)
            same(seen(w, video, fan)["is_favorite"], False)
            same(w.profile(fan)["favorite_count"], 0, "likes given")
            same(w.profile(author)["total_favorited"], 0, "likes received")
    w.like(author, video)
    me = w.profile(author)
    same((me["favorite_count"], me["total_favorited"]), (1, 1), "one's own clip")


@test
def test_like_is_read_by_every_process_at_once(w):
    fan, video = w.user(), w.publish(w.user())
    for i in range(20):
        on = i % 2 == 0
        w.like(fan, video, on)
        for _ in range(3):
            v = seen(w, video, fan)
            same((v["is_favorite"], v["favorite_count"]), (on, int(on)), f"round {i}, feed")
        same([v["id"] for v in w.good("favorite_list", {"token": fan.token, "user_id": fan.id})[
            "video_list"]], [video["id"]] if on else [], f"round {i}, favorite list")
        same(w.profile(fan, fan)["favorite_count"], int(on), f"round {i}, profile")


@test
def test_like_of_nothing(w):
    fan = w.user()
    for video in ({"id": 4711}, {"id": fan.id}):
        for action in (1, 2):
            w.bad(VIDEO_UNKNOWN, "favorite_action",
                  {"token": fan.token, "video_id": video["id"], "action_type": action})
    same(w.profile(fan)["favorite_count"], 0)
    w.bad(TOKEN, "favorite_action", {"video_id": 1, "action_type": 1})


@test
def test_favorite_list(w):
    author, fan, other = w.user(), w.user(), w.user()
    videos = w.works(author, 3)
    for i in (1, 0, 2):
        w.like(fan, videos[i])
    w.like(other, videos[0])
    ids = [videos[i]["id"] for i in (2, 0, 1)]
    same([v["id"] for v in w.good("favorite_list", {"user_id": fan.id})["video_list"]], ids,
         "newest like first")
    for viewer, marks in ((None, [0, 0, 0]), (fan, [1, 1, 1]), (other, [0, 1, 0])):
        rows = w.good("favorite_list", {"user_id": fan.id,
                                        **({"token": viewer.token} if viewer else {})})["video_list"]
        same([int(v["is_favorite"]) for v in rows], marks, "is_favorite")
        same([v["favorite_count"] for v in rows], [1, 2, 1], "favorite_count")
    same([v["id"] for v in w.good("favorite_list", {"token": fan.token})["video_list"]], ids,
         "without user_id")
    same([v["id"] for v in w.good("favorite_list", {"token": fan.token, "user_id": 0}, method="POST",
                                  how="form")["video_list"]], ids, "by POST")
    same(w.good("favorite_list", {"user_id": author.id})["video_list"], [])
    w.bad(USER_UNKNOWN, "favorite_list", {"user_id": 4711})
    w.bad(TOKEN, "favorite_list")


@test
def test_follow_counts_once(w):
    a, b = w.user(), w.user()
    for _ in range(2):
        for _ in range(3):
            w.follow(a, b)
            same((w.profile(a)["follow_count"], w.profile(b)["follower_count"]), (1, 1))
            same(w.profile(b, a)["is_follow"], True)
        for _ in range(3):
            w.follow(a, b, False)
            same((w.profile(a)["follow_count"], w.profile(b)["follower_count"]), (0, 0))
            same(w.profile(b, a)["is_follow"], False)
    same((w.profile(a)["follower_count"], w.profile(b)["follow_count"]), (0, 0), "the other way")
    w.bad(SELF_FOLLOW, "relation_action", {"token": a.token, "to_user_id": a.id, "action_type": 1})
    for action in (1, 2):
        w.bad(USER_UNKNOWN, "relation_action",
              {"token": a.token, "to_user_id": 4711, "action_type": action})
    same(w.profile(a)["follow_count"], 0)


@test
def test_follow_is_read_by_every_process_at_once(w):
    a, b = w.user(), w.user()
    video = w.publish(b)
    for i in range(20):
        on = i % 2 == 0
        w.follow(a, b, on)
        same(seen(w, video, a)["author"]["is_follow"], on, f"round {i}, feed")
        same(w.profile(b, a)["is_follow"], on, f"round {i}, profile")
        same(w.profile(b, a)["follower_count"], int(on), f"round {i}, counter")
        same([u["id"] for u in w.good("relation_follow_list", {"token": a.token})["user_list"]],
             [b.id] if on else [], f"round {i}, follow list")
        same([u["id"] for u in w.good("relation_follower_list", {"token": b.token})["user_list"]],
             [a.id] if on else [], f"round {i}, follower list")


@test
def test_follow_lists(w):
    a, b, c, d = (w.user() for _ in range(4))
    for user, others in ((a, (b, c, d)), (b, (a, c)), (d, (a,))):
        for other in others:
            w.follow(user, other)
    def rows(name, user, viewer=None):
        got = w.good(name, {"user_id": user.id, **({"token": viewer.token} if viewer else {})})
        return [(u["id"], u["is_follow"]) for u in got["user_list"]]
    follow, follower = "relation_follow_list", "relation_follower_list"
    same(rows(follow, a, a), [(d.id, True), (c.id, True), (b.id, True)], "newest first")
    same(rows(follow, a, b), [(d.id, False), (c.id, True), (b.id, False)], "the viewer's marks")
    same(rows(follow, a), [(d.id, False), (c.id, False), (b.id, False)], "anonymous")
    same(rows(follower, a, a), [(d.id, True), (b.id, True)])
    same(rows(follower, c, b), [(b.id, False), (a.id, True)])
    same(rows(follow, c), [])
    counts = {u["id"]: (u["follow_count"], u["follower_count"])
              for u in w.good(follow, {"user_id": a.id})["user_list"]}
    same(counts, {b.id: (2, 1), c.id: (0, 2), d.id: (1, 1)}, "counters in a list")
    for name in (follow, follower):
        w.bad(USER_UNKNOWN, name, {"user_id": 4711})
        w.bad(TOKEN, name)
        same(len(w.good(name, {"token": a.token})["user_list"]), 3 if name == follow else 2)


@test
def test_marks_in_publish_list_and_feed(w):
    author, fan = w.user(), w.user()
    videos = w.works(author, 2)
    w.like(fan, videos[0])
    w.follow(fan, author)
    for name, params in (("feed", {}), ("publish_list", {"user_id": author.id})):
        for viewer, marks in ((fan, (True, False, True)), (author, (False, False, False)),
                              (None, (False, False, False))):
            rows = {v["id"]: v for v in w.good(name, {
                **params, **({"token": viewer.token} if viewer else {})})["video_list"]}
            one, two = rows[videos[0]["id"]], rows[videos[1]["id"]]
            same((one["is_favorite"], two["is_favorite"], one["author"]["is_follow"]), marks, name)
            same((one["favorite_count"], two["favorite_count"]), (1, 0), name)
            same(one["author"]["follower_count"], 1, name)


@test
def test_comments(w):
    author, reader = w.user(), w.user()
    video, other = w.works(author, 2)
    first = w.comment(reader, video, "不错 👍\nsecond line")
    same((first["content"], first["user"]["id"]), ("不错 👍\nsecond line", reader.id))
    second = w.comment(author, video, "x" * 1000)
    rows = w.good("comment_list", {"video_id": video["id"]})["comment_list"]
    same([c["id"] for c in rows], [second["id"], first["id"]], "newest first")
    same([c["content"] for c in rows], ["x" * 1000, first["content"]])
    same([c["create_date"] for c in rows], [second["create_date"], first["create_date"]])
    same(seen(w, video)["comment_count"], 2)
    same(w.good("comment_list", {"video_id": other["id"]})["comment_list"], [])
    w.follow(author, reader)
    for viewer, mark in ((author, True), (reader, False), (None, False)):
        rows = w.good("comment_list", {"video_id": video["id"],
                                       **({"token": viewer.token} if viewer else {})})["comment_list"]
        same([c["user"]["is_follow"] for c in rows], [False, mark], "user.is_follow")
    for video_id in (4711, reader.id):
        w.bad(VIDEO_UNKNOWN, "comment_list", {"video_id": video_id})
        w.bad(VIDEO_UNKNOWN, "comment_action", {"token": reader.token, "video_id": video_id,
                                                "action_type": 1, "comment_text": "x"})


@test
def test_comment_counters_and_deletion(w):
    author, one, two = w.user(), w.user(), w.user()
    video, other = w.works(author, 2)
    mine, his, kept = w.comment(one, video, "a"), w.comment(two, video, "b"), w.comment(one, video, "c")
    same(seen(w, video)["comment_count"], 3)
    def delete(user, v, c):
        return {"token": user.token, "video_id": v["id"], "action_type": 2, "comment_id": c["id"]}
    w.bad(NOT_OWNER, "comment_action", delete(one, video, his))
    w.bad(COMMENT_UNKNOWN, "comment_action", delete(one, other, mine))
    w.bad(COMMENT_UNKNOWN, "comment_action", delete(one, video, {"id": 4711}))
    w.bad(VIDEO_UNKNOWN, "comment_action", delete(one, {"id": 4711}, mine))
    same((seen(w, video)["comment_count"], seen(w, other)["comment_count"]), (3, 0))
    r = w.uncomment(one, video, mine)
    assert "comment" not in r, "nothing comes back"
    same(seen(w, video)["comment_count"], 2)
    w.bad(COMMENT_UNKNOWN, "comment_action", delete(one, video, mine))
    same(seen(w, video)["comment_count"], 2, "deleted twice")
    w.uncomment(author, video, his)  # the clip's author may
    same([c["id"] for c in w.good("comment_list", {"video_id": video["id"]})["comment_list"]],
         [kept["id"]])
    same(seen(w, video)["comment_count"], 1)


@test
def test_comment_is_read_by_every_process_at_once(w):
    user, video = w.user(), w.publish(w.user())
    ids = []
    for i in range(20):
        ids.insert(0, w.comment(user, video, f"{i}")["id"])
        same([c["id"] for c in w.good("comment_list", {"video_id": video["id"],
                                                       "token": user.token})["comment_list"]], ids)
        same(seen(w, video)["comment_count"], i + 1)


@test
def test_comment_needs_words(w):
    user, video = w.user(), w.publish(w.user())
    base = {"token": user.token, "video_id": video["id"]}
    for words in ("", " \t\n", "　​", "\u200b\u200d\ufeff", "\u2800\u2800", "\u00ad \ufe0f"):
        w.bad_param("comment_text", "comment_action", {**base, "action_type": 1, "comment_text": words})
    w.bad_param("comment_text", "comment_action", {**base, "action_type": 1})
    w.bad_param("comment_text", "comment_action", {**base, "action_type": 1, "comment_text": "x" * 1001})
    w.bad_param("comment_id", "comment_action", {**base, "action_type": 2})
    w.bad_param("comment_id", "comment_action", {**base, "action_type": 2, "comment_id": 0})
    same(seen(w, video)["comment_count"], 0)


@test
def test_text_comes_back_as_it_went(w):
    """SQL, HTML, JSON and right-to-left marks are data."""
    user, video = w.user(), w.publish(w.user())
    other = w.user()
    for words in ("'; DROP TABLE comments; -- ", '" OR 1=1 #', "\\", "\\' \\\\", "%s%n%d", "</script><b>x",
                  '{"a":"\\u0000"}', "a\u202eb\u200fc", "🎬" * 20, "é" + "e\u0301", "\u2028x\u2029", "\uffff",
                  "a\tb\r\nc", "\\u0041", "&amp;&#0;", "${jndi:x}", "?...", "_%"):
        same(w.comment(user, video, words)["content"], words)
        same(w.good("comment_list", {"video_id": video["id"]})["comment_list"][0]["content"], words)
        w.tell(user, other, words)
        same(w.chat(other, user)[-1]["content"], words)
        if "\t" not in words:
            same(w.publish(user, words)["title"], words)


@test
def test_every_list_pages(w):
    """page_size and cursor cover every row once, in the order of the whole list."""
    a = w.user()
    others = [w.user() for _ in range(7)]
    videos = w.works(a, 7)
    for i, other in enumerate(others):
        w.follow(a, other)
        w.follow(other, a)
        w.like(a, videos[i])
        w.comment(other, videos[0], f"{i}")
        w.tell(other, a, f"hello {i}")
        w.tell(a, others[0], f"back {i}")
    for name, params in (("publish_list", {"user_id": a.id}),
                         ("publish_list", {"user_id": a.id, "token": a.token}),
                         ("favorite_list", {"user_id": a.id}),
                         ("comment_list", {"video_id": videos[0]["id"]}),
                         ("relation_follow_list", {"user_id": a.id}),
                         ("relation_follower_list", {"user_id": a.id}),
                         ("relation_friend_list", {"token": a.token}),
                         ("message_chat", {"token": a.token, "to_user_id": others[0].id})):
        whole = w.good(name, params)
        same(whole["next_cursor"], "", f"{name}: the cursor of a whole list")
        ids = [row["id"] for row in whole[LISTS[name]]]
        same(len(ids), 8 if name == "message_chat" else 7, name)
        for size in (1, 2, 3, 7, 8, 100):
            pages = w.pages(name, params, size)
            if name == "message_chat":  # the newest page comes first, each oldest first
                pages = pages[::-1]
            same([row["id"] for page in pages for row in page], ids, f"{name} by {size}")
    for name, params in (("comment_list", {"video_id": videos[0]["id"]}),
                         ("favorite_list", {"user_id": a.id})):
        for size in ("0", "-1", "1001", "x"):
            w.bad_param("page_size", name, {**params, "page_size": size})
        w.bad_param("cursor", name, {**params, "cursor": "garbage"})


@test
def test_rows_that_come_while_paging_shift_nothing(w):
    a = w.user()
    videos = w.works(a, 4)
    r = w.good("publish_list", {"user_id": a.id, "page_size": 2})
    w.publish(a)
    rest = w.good("publish_list", {"user_id": a.id, "page_size": 2, "cursor": r["next_cursor"]})
    same([v["id"] for v in r["video_list"] + rest["video_list"]], [v["id"] for v in videos[::-1]])
