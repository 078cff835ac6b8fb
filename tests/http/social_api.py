"""social_api.py - replies, likes of comments, stars, shares and mentions in the /api dialect.

The invariant: whatever was done, by however many at once, every number is that of the rows, and what
is removed leaves nothing behind.
"""

import random
from concurrent.futures import ThreadPoolExecutor

from owner import DELETE, api
from report import same, wait_for
from world import test

COMMENTS, REPLIES = "/api/interaction/comments", "/api/interaction/replies"
LIKE, UNLIKE = "/api/auth/interaction/comment/like", "/api/auth/interaction/comment/unlike"
REMOVE = "/api/auth/interaction/comment/delete"
STAR, UNSTAR = "/api/auth/interaction/star", "/api/auth/interaction/unstar"
STARS, MARKS = "/api/auth/interaction/stars", "/api/auth/interaction/status"
SHARE, COUNTS = "/api/interaction/share", "/api/interaction/counts"


def token(user):
    return user.token if user else None


def query(path, **params):
    return path + "?" + "&".join(f"{k}={v}" for k, v in params.items())


def at_once(calls):
    """Runs them all at the same time; returns what they return."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [f.result() for f in [pool.submit(c) for c in calls]]


def say(w, user, video, words, to=None):
    return w.good("comment_action", {"token": user.token, "video_id": video["id"], "action_type": 1,
                                     "comment_text": words,
                                     **({"reply_to_id": to["id"]} if to else {})}, how="form")["comment"]


def listed(w, video, viewer=None, **more):
    """A whole list of the API, page after page by cursor."""
    path = REPLIES if "comment_id" in more else COMMENTS
    rows, cursor = [], ""
    while True:
        reply = w.client.request("GET", query(path, video_id=video["id"], page_size=3, cursor=cursor, **more),
                                 {"Authorization": "Bearer " + viewer.token} if viewer else {})
        body = reply.json()
        same((reply.status, body["code"]), (200, 200), body)
        assert len(body["data"]) <= 3
        rows += body["data"]
        cursor = body.get("next_cursor", "")
        if not cursor:
            return rows


def counts(w, video):
    r = api(w, "GET", query(COUNTS, video_id=video["id"]))
    same(r["videoId"], video["id"])
    return tuple(r[k] for k in ("likeCount", "commentCount", "starCount", "shareCount"))


def feed_row(w, video, user=None):
    headers = {"Authorization": "Bearer " + user.token} if user else {}
    rows = w.client.request("GET", "/api/user/videos?page_size=100&user_id=" + str(video["author"]["id"]),
                            headers).json()["data"]
    return next(r for r in rows if r["id"] == video["id"])


def left(w, table, where):
    return int(w.stack.sql(f"SELECT COUNT(*) FROM {table} WHERE {where}")[0][0])


# ---- replies ----


@test
def test_replies_stand_under_their_top_comment(w):
    author, a, b = w.user(), w.user(), w.user()
    video = w.publish(author)
    tops = [say(w, a, video, f"top {i}") for i in range(5)]
    first = say(w, b, video, "first", tops[1])
    second = say(w, a, video, "to the reply", first)
    more = [say(w, author, video, f"more {i}", tops[1]) for i in range(4)]
    rows = listed(w, video, a)
    same([r["id"] for r in rows], [t["id"] for t in reversed(tops)], "top-level, newest first")
    same([r["replyCount"] for r in rows], [0, 0, 0, 6, 0])
    same([(r["replyToId"], r["rootId"], r["likeCount"], r["isLike"], r["mentions"]) for r in rows],
         [(0, 0, 0, False, [])] * 5)
    same({r["user"]["id"] for r in rows}, {a.id})
    same(sorted(set(rows[0]["user"]) - {"about"}), ["avatar", "followCount", "followerCount", "id", "isFollow",
                                   "username"])
    under = listed(w, video, comment_id=tops[1]["id"])
    same([r["id"] for r in under], [r["id"] for r in [first, second, *more]], "oldest first")
    same([(r["rootId"], r["replyToId"], r["replyToUserId"]) for r in under[:3]],
         [(tops[1]["id"], tops[1]["id"], a.id), (tops[1]["id"], first["id"], b.id),
          (tops[1]["id"], tops[1]["id"], a.id)])
    same(counts(w, video)[1], 11)
    same(len(w.good("comment_list", {"video_id": video["id"]})["comment_list"]), 11, "flat in /douyin")
    same(listed(w, video, comment_id=tops[0]["id"]), [])
    same([r["id"] for r in api(w, "GET", query(COMMENTS, video_id=video["id"], page=2, page_size=2))],
         [tops[2]["id"], tops[1]["id"]], "pages by number")


@test
def test_replies_errors(w):
    a, b = w.user(), w.user()
    video, other = w.publish(a), w.publish(a)
    top = say(w, a, video, "top")
    reply = say(w, b, video, "reply", top)
    for to in (4711, say(w, a, other, "elsewhere")["id"]):
        r = w.call("comment_action", {"token": a.token, "video_id": video["id"], "action_type": 1,
                                      "comment_text": "x", "reply_to_id": to})
        same(r["status_code"], 10016)
    w.bad_param("reply_to_id", "comment_action", {"token": a.token, "video_id": video["id"],
                                                  "action_type": 1, "comment_text": "x", "reply_to_id": "x"})
    for comment in (4711, reply["id"]):
        api(w, "GET", query(REPLIES, video_id=video["id"], comment_id=comment), http=400)
    api(w, "GET", query(REPLIES, video_id=4711, comment_id=top["id"]), http=400)
    assert "comment_id" in api(w, "GET", query(REPLIES, video_id=video["id"]), http=400)
    assert "sort" in api(w, "GET", query(COMMENTS, video_id=video["id"], sort="old"), http=400)
    api(w, "GET", query(COMMENTS, video_id=4711), http=400)
    same(counts(w, video)[1], 2)


@test
def test_delete_of_a_thread(w):
    author, a, b, c = w.user(), w.user(), w.user(), w.user()
    video = w.publish(author)
    keep, top = say(w, b, video, "keep"), say(w, a, video, "top")
    replies = [say(w, b, video, f"r{i} @{a.name}", top) for i in range(3)]
    for liked in (top, replies[0], keep):
        api(w, "POST", LIKE, {"video_id": video["id"], "comment_id": liked["id"]}, c.token)
    body = {"video_id": video["id"], "comment_id": replies[1]["id"]}
    assert "somebody else" in api(w, "POST", REMOVE, body, c.token, http=400)
    api(w, "POST", REMOVE, body, http=401)
    api(w, "POST", REMOVE, body, b.token)
    api(w, "POST", REMOVE, body, b.token, http=400)
    same((counts(w, video)[1], listed(w, video)[0]["replyCount"]), (4, 2))
    api(w, "POST", REMOVE, {"video_id": video["id"], "comment_id": top["id"]}, author.token)
    same([(r["id"], r["likeCount"]) for r in listed(w, video)], [(keep["id"], 1)])
    same(counts(w, video)[1], 1)
    ids = ",".join(str(r["id"]) for r in [top, *replies])
    same([left(w, "comments", f"id IN ({ids})"), left(w, "comment_likes", f"comment_id IN ({ids})"),
          left(w, "counters", f"owner_id IN ({ids})"), left(w, "mentions", f"source_id IN ({ids})")], [0] * 4)


@test
def test_delete_of_a_long_thread(w):
    a = w.user()
    video = w.publish(a)
    top = say(w, a, video, "top")
    # 1,100 replies, as they would stand after so many calls.
    w.stack.sql(f"INSERT INTO comments (video_id, id, user_id, content, created_ms, root_id, reply_to_id, "
                f"to_user_id) SELECT {video['id']}, {top['id']} + seq, {a.id}, 'r', 1, {top['id']}, "
                f"{top['id']}, {a.id} FROM seq_1_to_1100")
    w.stack.sql(f"UPDATE counters SET comments = comments + 1100 WHERE owner_id IN ({video['id']}, {top['id']}) "
                f"AND lane = 0")
    w.stack.sql(f"INSERT IGNORE INTO counters (owner_id, lane, comments) VALUES ({top['id']}, 0, 1100)")
    api(w, "POST", REMOVE, {"video_id": video["id"], "comment_id": top["id"]}, a.token)
    same((left(w, "comments", f"video_id = {video['id']}"), left(w, "counters", f"owner_id = {top['id']}")), (0, 0))
    same(counts(w, video)[1], 0)


@test
def test_replies_while_their_thread_goes(w):
    a, users = w.user(), [w.user() for _ in range(6)]
    video = w.publish(a)
    for round in range(4):
        top = say(w, a, video, "top")

        def answer(user):
            r = w.call("comment_action", {"token": user.token, "video_id": video["id"], "action_type": 1,
                                          "comment_text": "x", "reply_to_id": top["id"]})
            assert r["status_code"] in (0, 10016), r

        at_once([lambda u=u: answer(u) for u in users] +
                [lambda: api(w, "POST", REMOVE, {"video_id": video["id"], "comment_id": top["id"]}, a.token)])
        same((left(w, "comments", f"video_id = {video['id']}"), counts(w, video)[1],
              left(w, "counters", f"owner_id = {top['id']}")), (0, 0, 0), f"round {round}")


# ---- likes of comments ----


@test
def test_comment_like_counts_once(w):
    a, fan = w.user(), w.user()
    video = w.publish(a)
    body = {"video_id": video["id"], "comment_id": say(w, a, video, "x")["id"]}
    for on, path in ((True, LIKE), (False, UNLIKE)) * 2:
        api(w, "POST", path, body, fan.token)
        api(w, "POST", path, body, fan.token, http=400)
        for viewer, mark in ((fan, on), (a, False), (None, False)):
            row = listed(w, video, viewer)[0]
            same((row["likeCount"], row["isLike"]), (int(on), mark))
    api(w, "POST", LIKE, body, http=401)
    api(w, "POST", LIKE, {"video_id": video["id"], "comment_id": 4711}, fan.token, http=400)
    api(w, "POST", LIKE, {"video_id": 4711, "comment_id": body["comment_id"]}, fan.token, http=400)
    api(w, "POST", UNLIKE, {"video_id": video["id"], "comment_id": 4711}, fan.token, http=400)
    assert "comment_id" in api(w, "POST", LIKE, {"video_id": video["id"]}, fan.token, http=400)


@test
def test_comment_likes_at_once(w):
    a, fans = w.user(), [w.user() for _ in range(8)]
    video = w.publish(a)
    comment = say(w, a, video, "x")
    body = {"video_id": video["id"], "comment_id": comment["id"]}

    def press(user, path):
        reply = w.client.request("POST", query(path, **body), {"Authorization": "Bearer " + user.token}, b"")
        assert reply.status in (200, 400), reply.body
        return reply.status == 200

    done = at_once([lambda u=u: press(u, LIKE) for u in fans for _ in range(3)])
    same(sum(done), len(fans), "each counts once")
    row = listed(w, video, fans[0])[0]
    same((row["likeCount"], row["isLike"]), (len(fans), True))
    same(int(w.stack.sql(f"SELECT heat FROM comments WHERE id = {comment['id']}")[0][0]), len(fans),
         "what it is sorted by, while likes are few")
    same(sum(at_once([lambda u=u: press(u, UNLIKE) for u in fans[:5] for _ in range(2)])), 5)
    same(listed(w, video)[0]["likeCount"], 3)


@test
def test_hot_comments_first(w):
    a, fans = w.user(), [w.user() for _ in range(4)]
    video = w.publish(a)
    comments = [say(w, a, video, f"{i}") for i in range(8)]
    likes = [1, 0, 3, 0, 4, 1, 0, 2]
    for comment, n in zip(comments, likes):
        for fan in fans[:n]:
            api(w, "POST", LIKE, {"video_id": video["id"], "comment_id": comment["id"]}, fan.token)
    order = sorted(range(8), key=lambda i: (-likes[i], -comments[i]["id"]))
    rows = listed(w, video, sort="hot")
    same([(r["id"], r["likeCount"]) for r in rows], [(comments[i]["id"], likes[i]) for i in order])
    same([r["id"] for r in listed(w, video, sort="new")], [c["id"] for c in reversed(comments)])


# ---- stars and shares ----


@test
def test_star_counts_once_and_is_listed(w):
    a, b = w.user(), w.user()
    videos = w.works(a, 5)
    for i in (2, 0, 4):
        api(w, "POST", STAR, {"video_id": videos[i]["id"]}, b.token)
        api(w, "POST", STAR, {"video_id": videos[i]["id"]}, b.token, http=400)
    same(counts(w, videos[2])[2], 1)
    row = feed_row(w, videos[2], b)
    same((row["starCount"], row["isStar"], row["isLike"]), (1, True, False))
    same(feed_row(w, videos[2])["isStar"], False)
    same(feed_row(w, videos[2], a)["isStar"], False)
    rows = api(w, "GET", STARS, token=b.token)
    same([(r["id"], r["isStar"]) for r in rows], [(videos[i]["id"], True) for i in (4, 0, 2)])
    first = w.client.request("GET", STARS + "?page_size=2", {"Authorization": "Bearer " + b.token}).json()
    same([r["id"] for r in first["data"]], [videos[4]["id"], videos[0]["id"]])
    same([r["id"] for r in api(w, "GET", query(STARS, cursor=first["next_cursor"]), token=b.token)],
         [videos[2]["id"]])
    same(api(w, "GET", STARS, token=a.token), [], "the list is one's own")
    api(w, "POST", UNSTAR, {"video_id": videos[0]["id"]}, b.token)
    api(w, "POST", UNSTAR, {"video_id": videos[0]["id"]}, b.token, http=400)
    same([r["id"] for r in api(w, "GET", STARS, token=b.token)], [videos[4]["id"], videos[2]["id"]])
    same(counts(w, videos[0])[2], 0)
    api(w, "POST", STAR, {"video_id": 4711}, b.token, http=400)
    api(w, "POST", STAR, {"video_id": videos[0]["id"]}, http=401)
    api(w, "GET", STARS, http=401)
    assert "video_id" in api(w, "POST", STAR, {}, b.token, http=400)


@test
def test_stars_at_once(w):
    a, fans = w.user(), [w.user() for _ in range(8)]
    video = w.publish(a)

    def press(user):
        return w.client.request("POST", query(STAR, video_id=video["id"]),
                                {"Authorization": "Bearer " + user.token}, b"").status == 200

    same(sum(at_once([lambda u=u: press(u) for u in fans for _ in range(3)])), 8)
    same(counts(w, video)[2], 8)


@test
def test_marks_of_many(w):
    a, b = w.user(), w.user()
    videos = w.works(a, 3)
    w.like(b, videos[0])
    api(w, "POST", STAR, {"video_id": videos[1]["id"]}, b.token)
    ids = [v["id"] for v in videos] + [4711]
    rows = api(w, "GET", query(MARKS, video_ids=",".join(map(str, ids))), token=b.token)
    same([(r["videoId"], r["isLike"], r["isStar"]) for r in rows],
         [(ids[0], True, False), (ids[1], False, True), (ids[2], False, False), (4711, False, False)])
    api(w, "GET", query(MARKS, video_ids="1"), http=401)
    assert "video_ids" in api(w, "GET", MARKS, token=b.token, http=400)
    assert "video_ids" in api(w, "GET", query(MARKS, video_ids=",".join(["1"] * 101)), token=b.token, http=400)


@test
def test_shares_count_once_an_hour(w):
    a, b = w.user(), w.user()
    video = w.publish(a)
    for _ in range(3):
        same(api(w, "POST", SHARE, {"video_id": video["id"], "target": "微信"}, b.token)["shareCount"], 1)
    same(api(w, "POST", SHARE, {"video_id": video["id"]}, a.token)["shareCount"], 2)
    for _ in range(2):
        same(api(w, "POST", SHARE, {"video_id": video["id"]})["shareCount"], 3, "nobody, by his address")
    same((counts(w, video)[3], feed_row(w, video)["shareCount"]), (3, 3))
    same(w.stack.sql(f"SELECT target FROM shares WHERE video_id = {video['id']} AND user_id = {b.id}"), [["微信"]])
    # The next hour.
    w.stack.sql(f"UPDATE shares SET slot = slot - 1 WHERE video_id = {video['id']} AND user_id = {b.id}")
    same(api(w, "POST", SHARE, {"video_id": video["id"]}, b.token)["shareCount"], 4)
    api(w, "POST", SHARE, {"video_id": 4711}, b.token, http=400)
    assert "target" in api(w, "POST", SHARE, {"video_id": video["id"], "target": "x" * 65}, b.token, http=400)
    api(w, "GET", query(COUNTS, video_id=4711), http=400)


@test
def test_shares_at_once(w):
    a, fans = w.user(), [w.user() for _ in range(6)]
    video = w.publish(a)
    at_once([lambda u=u: api(w, "POST", SHARE, {"video_id": video["id"]}, u.token)
             for u in fans for _ in range(3)])
    same(counts(w, video)[3], 6)


# ---- mentions ----


def mentions(w, user, video, words):
    """What a comment mentions, as [(name, text at its place)]; asserts that the list says the same."""
    comment = say(w, user, video, words)
    row = next(r for r in listed(w, video) if r["id"] == comment["id"])
    return [(m["name"], words[m["begin"]:m["end"]]) for m in row["mentions"]]


@test
def test_mentions_of_many_scripts(w):
    a = w.user()
    video = w.publish(a)
    tag = w.seed
    names = {k: f"{k}{tag}" for k in ("bob", "王小明", "Łukasz", "юля", "김민수", "ไทย")}
    users = {k: w.good("user_register", {"username": n, "password": "x"})["user_id"] for k, n in names.items()}
    longer = names["王小明"] + "二"
    w.good("user_register", {"username": longer, "password": "x"})
    bob, wang = names["bob"], names["王小明"]
    for words, want in (
            (f"@{bob}", [(bob, f"@{bob}")]),
            (f"@{bob}, hi", [(bob, f"@{bob}")]),
            (f"hi @{bob}! and @{bob.upper()}", [(bob, f"@{bob}"), (bob, f"@{bob.upper()}")]),
            (f"@{bob}by", []),
            (f"@{bob}_", []),
            (f"x@{bob}", []),
            (f"你好@{wang}早上好", [(wang, f"@{wang}")]),
            (f"@{longer}", [(longer, f"@{longer}")]),
            (f"＠{wang}，＠{bob}。", [(wang, f"＠{wang}"), (bob, f"＠{bob}")]),
            (f"😀@{names['Łukasz'].upper()}?", [(names["Łukasz"], f"@{names['Łukasz'].upper()}")]),
            (f"@{names['김민수']}야", [(names["김민수"], f"@{names['김민수']}")]),
            (f"@{names['юля']}а", []),
            (f"@@{bob}@{bob}", [(bob, f"@{bob}")]),
            ("@ @ @", []),
            ("@" + "x" * 400, []),
            (f"@\n{bob}", []),
    ):
        same(mentions(w, a, video, words), want, repr(words))
    same(len(mentions(w, a, video, f"@{bob} " * 30)), 20, "no more than 20 in a text")
    same(left(w, "mentions", f"user_id = {users['bob']} AND video_id = {video['id']}"), 26)


@test
def test_mentions_follow_an_edit(w):
    a, b, c = w.user(), w.user(), w.user()
    video = w.publish(a, f"with @{b.name}")

    def rows():
        return sorted((int(u), int(f)) for u, f in w.stack.sql(
            f"SELECT user_id, field FROM mentions WHERE source_id = {video['id']}"))

    same(rows(), [(b.id, 1)])
    edit = "/api/auth/video/update"
    api(w, "POST", edit, {"video_id": video["id"], "description": f"and @{c.name} @{b.name}"}, a.token)
    same(rows(), sorted([(b.id, 1), (b.id, 2), (c.id, 2)]))
    api(w, "POST", edit, {"video_id": video["id"], "title": "alone"}, a.token)
    same(rows(), sorted([(b.id, 2), (c.id, 2)]))
    api(w, "POST", edit, {"video_id": video["id"], "description": ""}, a.token)
    same(rows(), [])


@test
def test_mentions_in_a_clip_s_row(w):
    a, b, c, d = (w.user() for _ in range(4))
    title = f"与@{b.name} @{c.name}"
    about = f"@nobody_{w.name()} @{c.name} and\n@{d.name}"
    video = w.publish(a, title)
    plain = w.publish(a, "nobody")
    api(w, "POST", "/api/auth/video/update", {"video_id": video["id"], "description": about}, a.token)

    def told(viewer=None, id=video["id"], path="/api/video/detail"):
        row = api(w, "GET", query(path, id=id), token=viewer.token if viewer else None)
        return [[(m["name"], m["userId"], text[m["begin"]:m["end"]]) for m in row[key]]
                for key, text in (("mentions", title), ("descriptionMentions", about))]

    def at(user):
        return user.name, user.id, "@" + user.name
    for viewer in (None, a, d):
        same(told(viewer), [[at(b), at(c)], [at(c), at(d)]])
    same(told(id=plain["id"]), [[], []])
    rows = api(w, "GET", query("/api/user/videos", user_id=a.id), token=d.token)
    same([len(r["mentions"]) for r in rows], [0, 2])
    api(w, "POST", "/api/auth/user/block", {"target_user_id": d.id}, c.token)
    same(told(d), [[at(b)], [at(d)]], "who blocks him is plain text")
    same(told(b), [[at(b), at(c)], [at(c), at(d)]])
    api(w, "POST", "/api/auth/user/unblock", {"target_user_id": d.id}, c.token)
    same(told(d), [[at(b), at(c)], [at(c), at(d)]])
    api(w, "POST", "/api/auth/user/delete", {"password": b.password}, b.token)
    same(told(), [[at(c)], [at(c), at(d)]], "who has left, too")
    title, about = "alone", f"@{c.name}"
    api(w, "POST", "/api/auth/video/update",
        {"video_id": video["id"], "title": title, "description": about}, a.token)
    same(told(), [[], [at(c)]], "an edit")
    # As many as there may be, and the warm row asks for nothing.
    title = about = " ".join(f"@{u.name}" for u in (c, d)) + f" @{c.name}" * 30
    api(w, "POST", "/api/auth/video/update",
        {"video_id": video["id"], "title": title[:128], "description": about}, a.token)
    many = told(d)
    same([many[0][:2], len(many[1])], [[at(c), at(d)], 20])
    assert len(many[0]) == len(title[:128].split("@")) - (1 if title[:128].endswith(c.name) else 2), many


# ---- a clip that goes ----


@test
def test_purge_leaves_nothing(w):
    a, b = w.user(), w.user()
    video = w.publish(a, f"@{b.name}")
    top = say(w, b, video, f"@{a.name}")
    reply = say(w, a, video, "r", top)
    api(w, "POST", LIKE, {"video_id": video["id"], "comment_id": reply["id"]}, b.token)
    api(w, "POST", STAR, {"video_id": video["id"]}, b.token)
    api(w, "POST", SHARE, {"video_id": video["id"]}, b.token)
    api(w, "POST", "/api/auth/video/comments", {"video_id": video["id"], "mode": "followers"}, a.token)
    same(left(w, "comment_rules", f"video_id = {video['id']}"), 1)
    api(w, "POST", DELETE, {"video_id": video["id"]}, a.token)
    same(api(w, "GET", STARS, token=b.token), [])
    api(w, "POST", LIKE, {"video_id": video["id"], "comment_id": top["id"]}, a.token, http=400)
    api(w, "POST", STAR, {"video_id": video["id"]}, a.token, http=400)
    api(w, "POST", SHARE, {"video_id": video["id"]}, a.token, http=400)
    wait_for("the worker removes the rows", 20, lambda: w.stack.sql(
        "SELECT " + " + ".join(f"(SELECT COUNT(*) FROM {t} WHERE {k} = {video['id']})" for t, k in (
            ("videos", "id"), ("comments", "video_id"), ("comment_likes", "video_id"), ("stars", "video_id"),
            ("shares", "video_id"), ("mentions", "video_id"), ("comment_rules", "video_id"), ("counters", "owner_id")))) == [["0"]], 0.1)
    same(left(w, "counters", f"owner_id IN ({top['id']}, {reply['id']})"), 0)


@test
def test_random_deeds_add_up(w):
    """The numbers of everything after 150 random deeds, against a dictionary."""
    rng = random.Random(7)
    users = [w.user() for _ in range(4)]
    video = w.publish(users[0])
    tops, replies, likes, stars = [], {}, set(), set()
    for _ in range(150):
        user, deed = rng.choice(users), rng.randrange(10)
        every = tops + [r for rs in replies.values() for r in rs]
        if deed < 2 or not every:
            tops.append(say(w, user, video, "t")["id"])
            replies[tops[-1]] = []
        elif deed < 4:
            to = rng.choice(every)
            root = next(t for t in tops if t == to or to in replies[t])
            replies[root].append(say(w, user, video, "r", {"id": to})["id"])
        elif deed == 4:
            gone = rng.choice(every)
            api(w, "POST", REMOVE, {"video_id": video["id"], "comment_id": gone}, users[0].token)
            if gone in tops:
                tops.remove(gone)
                replies.pop(gone)
            else:
                next(rs for rs in replies.values() if gone in rs).remove(gone)
        elif deed < 8:
            pair = (rng.choice(every), user.id)
            api(w, "POST", UNLIKE if pair in likes else LIKE,
                {"video_id": video["id"], "comment_id": pair[0]}, user.token)
            likes ^= {pair}
        else:
            api(w, "POST", UNSTAR if user.id in stars else STAR, {"video_id": video["id"]}, user.token)
            stars ^= {user.id}
    viewer = users[1]
    like_count = lambda id: sum(1 for c, _ in likes if c == id)  # noqa: E731
    same([(r["id"], r["replyCount"], r["likeCount"], r["isLike"]) for r in listed(w, video, viewer)],
         [(t, len(replies[t]), like_count(t), (t, viewer.id) in likes) for t in reversed(tops)])
    for top in tops:
        same([(r["id"], r["likeCount"], r["isLike"]) for r in listed(w, video, viewer, comment_id=top)],
             [(r, like_count(r), (r, viewer.id) in likes) for r in replies[top]])
    hot = sorted(tops, key=lambda t: (-like_count(t), -t))
    same([r["id"] for r in listed(w, video, sort="hot")], hot)
    same(counts(w, video), (0, len(tops) + sum(map(len, replies.values())), len(stars), 0))
