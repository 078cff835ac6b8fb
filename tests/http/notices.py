"""notices.py - notifications: grouped, counted from what there is, read and unread.

The invariant: after any deeds, what the list says is what a naive reading of those deeds says; and
who does something writes nothing for it.
"""

import random
import re
import time

from owner import DELETE, api, same_moment
from report import same, wait_for
from social_api import LIKE as LIKE_COMMENT
from social_api import UNLIKE as UNLIKE_COMMENT
from social_api import REMOVE, at_once, query, say
from world import test

LIST, UNREAD, READ = "/api/auth/notifications", "/api/auth/notifications/unread", "/api/auth/notifications/read"


def listed(w, user, size=50, **more):
    rows, cursor = [], ""
    while True:
        reply = w.client.request("GET", query(LIST, page_size=size, cursor=cursor, **more),
                                 {"Authorization": "Bearer " + user.token})
        body = reply.json()
        same(reply.status, 200, body)
        assert len(body["data"]) <= size
        rows += body["data"]
        cursor = body["next_cursor"]
        if not cursor:
            return rows


def brief(rows):
    return sorted((r["type"], r["relatedId"], r["count"], tuple(a["id"] for a in r["actors"])) for r in rows)


def told(w, user, want, **more):
    """Waits until exactly these (type, related, count, actors) are told; a look lasts a second."""
    seen = []

    def look():
        seen[:] = listed(w, user, **more)
        return brief(seen) == sorted(want)
    try:
        wait_for("notifications", 5, look, 0.2)
    except AssertionError:
        same(brief(seen), sorted(want))
    return seen


def unread(w, user):
    r = api(w, "GET", UNREAD, token=user.token)
    same(r.pop("total"), sum(r.values()))
    return {k: v for k, v in r.items() if v}


def will_be_unread(w, user, want):
    seen = {}

    def look():
        seen.clear()
        seen.update(unread(w, user))
        return seen == want
    try:
        wait_for("unread", 8, look, 0.3)
    except AssertionError:
        same(seen, want)


@test
def test_notice_of_each_type(w):
    a, b, c = w.user(), w.user(), w.user()
    video = w.publish(a, "我的视频")
    w.follow(b, a)
    w.like(c, video)
    w.like(b, video)
    top = say(w, a, video, "mine")
    comment = say(w, b, video, "their text")
    reply = say(w, b, video, "an answer", top)
    mention = say(w, b, w.publish(c), f"look @{a.name}")
    w.tell(c, a, "psst")
    rows = told(w, a, [("follow", b.id, 1, (b.id,)), ("like", video["id"], 2, (b.id, c.id)),
                       ("comment", video["id"], 1, (b.id,)), ("reply", top["id"], 1, (b.id,)),
                       ("mention", mention["id"], 1, (b.id,)), ("message", c.id, 1, (c.id,))])
    by = {r["type"]: r for r in rows}
    same({t: r["content"] for t, r in by.items()},
         {"follow": "", "like": "我的视频", "comment": "their text", "reply": "an answer",
          "mention": f"look @{a.name}", "message": "psst"})
    same({r["userId"] for r in rows}, {a.id})
    same([r["isRead"] for r in rows], [False] * 6)
    for r in rows:
        same_moment(r)
    same(by["like"]["title"], f"{b.name} and 1 other liked your video")
    same(by["reply"]["title"], f"{b.name} replied to your comment")
    assert all(r["createTime"] for r in rows) and comment and reply
    zh = api(w, "GET", LIST, token=a.token, Accept_Language="zh-CN")
    same(next(r for r in zh if r["type"] == "like")["title"], f"{b.name} 等 2 人赞了你的视频")
    for type_ in by:
        same([r["id"] for r in listed(w, a, type=type_)], [by[type_]["id"]])
    same([r["id"] for r in listed(w, a, size=2)], [r["id"] for r in rows], "page by page")
    same([r["id"] for page in (1, 2, 3) for r in api(w, "GET", query(LIST, page=page, page_size=2), token=a.token)],
         [r["id"] for r in rows], "by number")


@test
def test_notice_errors(w):
    a, b = w.user(), w.user()
    for path in (LIST, UNREAD):
        api(w, "GET", path, http=401)
    api(w, "POST", READ, {}, http=401)
    why = api(w, "GET", query(LIST, type="x"), token=a.token, http=400)
    same(why, "type must be follow, request, like, comment, reply, mention or message")
    for type_ in re.findall(r"\w+", why.partition("be ")[2].replace(" or", "")):
        api(w, "GET", query(LIST, type=type_), token=a.token)
    assert "page_size" in api(w, "GET", query(LIST, page_size=51), token=a.token, http=400)
    w.follow(b, a)
    row = told(w, a, [("follow", b.id, 1, (b.id,))])[0]
    api(w, "POST", READ, {"notification_id": row["id"]}, b.token, http=400)
    api(w, "POST", READ, {"notification_id": 4711}, a.token, http=400)
    same(listed(w, a)[0]["isRead"], False, "nobody else reads it")
    same(listed(w, b), [])


@test
def test_notice_of_a_request(w):
    a, b, c = w.user(), w.user(), w.user()
    api(w, "POST", "/api/auth/user/privacy", {"private": True}, a.token)
    for u in (b, c):
        api(w, "POST", "/api/auth/social/follow", {"target_user_id": a.id}, u.token)
    row = told(w, a, [("request", c.id, 2, (c.id, b.id))], type="request")[0]
    same((row["title"], row["isRead"]), (f"{c.name} and 1 other asked to follow you", False))
    will_be_unread(w, a, {"request": 1})
    api(w, "POST", "/api/auth/social/decline", {"target_user_id": c.id}, a.token)
    told(w, a, [("request", b.id, 1, (b.id,))])
    api(w, "POST", "/api/auth/social/accept", {"target_user_id": b.id}, a.token)
    told(w, a, [("follow", b.id, 1, (b.id,))])


@test
def test_notice_not_of_oneself(w):
    a, b = w.user(), w.user()
    video = w.publish(a, f"@{a.name}")
    w.like(a, video)
    top = say(w, a, video, f"@{a.name}")
    say(w, a, video, "r", top)
    other = w.publish(b)
    theirs = say(w, a, other, "x")
    say(w, a, other, "to myself", theirs)
    api(w, "POST", LIKE_COMMENT, {"video_id": video["id"], "comment_id": top["id"]}, a.token)
    w.tell(a, b, "hello")
    told(w, b, [("comment", other["id"], 2, (a.id,)), ("message", a.id, 1, (a.id,))])
    same(listed(w, a), [])
    same(unread(w, a), {})


@test
def test_notice_once_of_a_comment(w):
    """Who is told of a comment as a reply, or on his clip, is not told of it as a mention."""
    a, b, c = w.user(), w.user(), w.user()
    video = w.publish(a)
    top = say(w, b, video, "top")
    own = say(w, a, video, "own")
    say(w, c, video, f"@{a.name} @{b.name} @{c.name}", top)
    say(w, c, video, "to the author", own)
    told(w, a, [("comment", video["id"], 2, (c.id, b.id)), ("reply", own["id"], 1, (c.id,))])
    told(w, b, [("reply", top["id"], 1, (c.id,))])
    same(listed(w, c), [])


@test
def test_notice_of_what_was_undone(w):
    a, b, c = w.user(), w.user(), w.user()
    video = w.publish(a)
    for user in (b, c):
        w.like(user, video)
        w.follow(user, a)
    one, two = say(w, b, video, "1"), say(w, c, video, f"2 @{b.name}")
    w.tell(b, a, "m")
    told(w, a, [("follow", c.id, 2, (c.id, b.id)), ("like", video["id"], 2, (c.id, b.id)),
                ("comment", video["id"], 2, (c.id, b.id)), ("message", b.id, 1, (b.id,))])
    told(w, b, [("mention", two["id"], 1, (c.id,))])
    w.like(c, video, False)
    w.follow(b, a, False)
    w.uncomment(c, video, two)
    same(brief(listed(w, a)), sorted([("follow", c.id, 1, (c.id,)), ("like", video["id"], 1, (b.id,)),
                                      ("comment", video["id"], 1, (b.id,)), ("message", b.id, 1, (b.id,))]))
    same(listed(w, b), [])
    w.like(b, video, False)
    w.follow(c, a, False)
    w.uncomment(b, video, one)
    same(brief(listed(w, a)), [("message", b.id, 1, (b.id,))])
    w.like(c, video)
    told(w, a, [("like", video["id"], 1, (c.id,)), ("message", b.id, 1, (b.id,))])


@test
def test_notice_read_and_unread(w):
    a, b, c = w.user(), w.user(), w.user()
    video, other = w.works(a, 2)
    w.like(b, video)
    w.like(b, other)
    w.follow(b, a)
    rows = told(w, a, [("like", video["id"], 1, (b.id,)), ("like", other["id"], 1, (b.id,)),
                       ("follow", b.id, 1, (b.id,))])
    will_be_unread(w, a, {"like": 2, "follow": 1})
    same(unread(w, b), {})
    first = next(r for r in rows if r["relatedId"] == video["id"])
    api(w, "POST", READ, {"notification_id": first["id"]}, a.token)
    api(w, "POST", READ, {"notification_id": first["id"]}, a.token)
    same(unread(w, a), {"like": 1, "follow": 1}, "one's own marks count at once")
    same([r["isRead"] for r in listed(w, a) if r["id"] == first["id"]], [True])
    time.sleep(0.01)
    w.like(c, video)
    row = next(r for r in told(w, a, [("like", video["id"], 2, (c.id, b.id)), ("follow", b.id, 1, (b.id,)),
                                      ("like", other["id"], 1, (b.id,))]) if r["id"] == first["id"])
    same(row["isRead"], False, "a newer like makes it unread")
    w.like(c, video, False)
    same([r["isRead"] for r in listed(w, a) if r["id"] == first["id"]], [True], "and is undone")
    api(w, "POST", READ, {}, a.token)
    same(unread(w, a), {})
    same([r["isRead"] for r in listed(w, a)], [True] * 3)
    time.sleep(0.01)
    w.follow(c, a)
    will_be_unread(w, a, {"follow": 1})


@test
def test_notices_read_up_to_what_was_shown(w):
    a, b, c = w.user(), w.user(), w.user()
    video = w.publish(a)
    w.like(b, video)
    w.follow(b, a)
    shown = told(w, a, [("like", video["id"], 1, (b.id,)), ("follow", b.id, 1, (b.id,))])
    time.sleep(0.01)
    w.follow(c, a)
    w.like(c, video)
    told(w, a, [("like", video["id"], 2, (c.id, b.id)), ("follow", c.id, 2, (c.id, b.id))])
    api(w, "POST", READ, {"until_ms": max(r["createTimeMs"] for r in shown)}, a.token)
    will_be_unread(w, a, {"like": 1, "follow": 1}) # what came after the list that he saw
    assert "until_ms" in api(w, "POST", READ, {"until_ms": -1}, a.token, http=400)
    api(w, "POST", READ, {"until_ms": 1 << 50}, a.token)
    same(unread(w, a), {})
    time.sleep(0.01)
    w.like(w.user(), video)
    will_be_unread(w, a, {"like": 1})


@test
def test_notice_of_a_clip_out_of_sight(w):
    a, b = w.user(), w.user()
    video = w.publish(a)
    w.like(b, video)
    reply = say(w, a, video, "r", say(w, b, video, "top"))
    told(w, a, [("like", video["id"], 1, (b.id,)), ("comment", video["id"], 1, (b.id,))])
    told(w, b, [("reply", reply["id"] and listed(w, b)[0]["relatedId"], 1, (a.id,))])
    w.stack.admin("video", "hide", str(video["id"]))
    same((listed(w, a), listed(w, b)), ([], []))
    w.stack.admin("video", "show", str(video["id"]))
    same(len(listed(w, a)), 2)
    api(w, "POST", DELETE, {"video_id": video["id"]}, a.token)
    same((listed(w, a), listed(w, b)), ([], []))
    will_be_unread(w, a, {})


@test
def test_notice_of_a_liked_comment(w):
    a, b, c, d = (w.user() for _ in range(4))
    video = w.publish(a, "the clip")
    top = say(w, b, video, "a good line")
    other = say(w, b, video, "another")

    def like(user, comment, path=LIKE_COMMENT):
        api(w, "POST", path, {"video_id": video["id"], "comment_id": comment["id"]}, user.token)
    for user in (b, c, a, d):  # one's own is no news
        like(user, top)
    like(c, other)
    w.like(c, video)
    rows = told(w, b, [("like", top["id"], 3, (d.id, a.id, c.id)), ("like", other["id"], 1, (c.id,))])
    row = next(r for r in rows if r["relatedId"] == top["id"])
    same((row["videoId"], row["content"], row["title"]),
         (video["id"], "a good line", f"{d.name} and 2 others liked your comment"))
    zh = api(w, "GET", LIST, token=b.token, Accept_Language="zh-CN")
    assert f"{d.name} 等 3 人赞了你的评论" in [r["title"] for r in zh], zh
    told(w, a, [("like", video["id"], 1, (c.id,)), ("comment", video["id"], 2, (b.id,))])
    same((len(listed(w, b, type="like")), listed(w, b, type="comment")), (2, []))
    will_be_unread(w, b, {"like": 2})
    like(c, other, UNLIKE_COMMENT)
    same(brief(listed(w, b)), [("like", top["id"], 3, (d.id, a.id, c.id))], "undone")
    api(w, "POST", "/api/auth/user/mute", {"target_user_id": d.id}, b.token)
    api(w, "POST", "/api/auth/user/block", {"target_user_id": b.id}, c.token)
    same(brief(listed(w, b)), [("like", top["id"], 1, (a.id,))], "muted, blocked")
    w.stack.sql(f"UPDATE comments SET hidden = 1 WHERE id = {top['id']}")
    assert listed(w, b)[0]["content"] != "a good line", "a moderator hides the text"
    api(w, "POST", "/api/auth/user/privacy", {"private": True}, a.token)
    same(listed(w, b), [], "the clip is out of his sight")
    api(w, "POST", "/api/auth/user/privacy", {"private": False}, a.token)
    same(len(listed(w, b)), 1)
    w.uncomment(b, video, top)
    same(listed(w, b), [])
    will_be_unread(w, b, {})


@test
def test_notice_of_many_likes_is_one(w):
    """Ten thousand likes of a clip within a minute: a row or, around midnight, two."""
    a, b = w.user(), w.user()
    video = w.publish(a)
    now = int(time.time() * 1000)
    w.stack.sql(f"INSERT INTO likes (user_id, video_id, created_ms) SELECT seq, {video['id']}, "
                f"{now} - 60000 + seq * 6 FROM seq_1_to_9999")
    w.stack.sql(f"INSERT INTO counters (owner_id, lane, favorites) SELECT seq, 0, 1 FROM seq_1_to_9999")
    w.stack.sql(f"UPDATE counters SET likes = likes + 9999 WHERE owner_id = {a.id} LIMIT 1")
    w.stack.sql(f"INSERT INTO counters (owner_id, lane, likes) VALUES ({video['id']}, 0, 9999)")
    w.like(b, video)
    wait_for("all likes are told", 5, lambda: sum(r["count"] for r in listed(w, a)) == 10000, 0.3)
    assert len(listed(w, a)) <= 2
    assert int(w.stack.sql(f"SELECT COUNT(*) FROM notifications WHERE user_id = {a.id}")[0][0]) <= 2
    same(listed(w, a)[0]["actors"][0]["id"], b.id)
    w.stack.sql(f"DELETE FROM likes WHERE video_id = {video['id']} AND user_id < 10000")
    w.stack.sql("DELETE FROM counters WHERE owner_id < 10000")
    w.stack.sql(f"UPDATE counters SET likes = likes - 9999 WHERE owner_id IN ({video['id']}, {a.id}) AND likes >= 9999")
    same([r["count"] for r in listed(w, a)], [1])


@test
def test_notice_late_and_old(w):
    """What commits late is found; what is older than a month is not told; days are apart."""
    a, b, c = w.user(), w.user(), w.user()
    video = w.publish(a)
    w.follow(b, a)
    told(w, a, [("follow", b.id, 1, (b.id,))])
    w.like(b, video)
    w.like(c, video)
    day = 86400000
    w.stack.sql(f"UPDATE likes SET created_ms = created_ms - 30000 WHERE video_id = {video['id']}")
    told(w, a, [("follow", b.id, 1, (b.id,)), ("like", video["id"], 2, (c.id, b.id))])
    w.stack.sql(f"UPDATE likes SET created_ms = created_ms - {day} WHERE video_id = {video['id']} AND "
                f"user_id = {b.id}")
    w.stack.sql(f"UPDATE notification_marks SET seen_ms = 0 WHERE user_id = {a.id}")
    told(w, a, [("follow", b.id, 1, (b.id,)), ("like", video["id"], 1, (c.id,)),
                ("like", video["id"], 1, (b.id,))])
    w.stack.sql(f"DELETE FROM notifications WHERE user_id = {a.id}")
    w.stack.sql(f"UPDATE likes SET created_ms = created_ms - {31 * day} WHERE video_id = {video['id']} AND "
                f"user_id = {b.id}")
    w.stack.sql(f"UPDATE notification_marks SET seen_ms = 0 WHERE user_id = {a.id}")
    told(w, a, [("follow", b.id, 1, (b.id,)), ("like", video["id"], 1, (c.id,))])


@test
def test_notice_looks_at_once(w):
    a, fans = w.user(), [w.user() for _ in range(5)]
    video = w.publish(a)
    at_once([lambda u=u: w.like(u, video) for u in fans] + [lambda u=u: w.follow(u, a) for u in fans] +
            [lambda: listed(w, a) for _ in range(6)] + [lambda: unread(w, a) for _ in range(4)])
    wait_for("both are told whole", 5,
             lambda: sorted((r["type"], r["count"]) for r in listed(w, a)) == [("follow", 5), ("like", 5)], 0.3)


@test
def test_notice_oracle(w):
    """Random deeds of six people, then everybody's list against a naive reading of them."""
    rng = random.Random(11)
    users = [w.user() for _ in range(6)]
    videos = [w.publish(u) for u in users[:3]]
    owner = {v["id"]: users[i] for i, v in enumerate(videos)}
    follows, likes, comments, texts = [], [], [], []
    for _ in range(160):
        user, deed = rng.choice(users), rng.randrange(8)
        other = rng.choice([u for u in users if u is not user])
        video = rng.choice(videos)
        if deed == 0:
            on = (user.id, other.id) not in follows
            w.follow(user, other, on)
            follows = follows + [(user.id, other.id)] if on else [f for f in follows if f != (user.id, other.id)]
        elif deed < 3:
            on = (user.id, video["id"]) not in likes
            w.like(user, video, on)
            likes = likes + [(user.id, video["id"])] if on else [f for f in likes if f != (user.id, video["id"])]
        elif deed < 5:
            to = rng.choice([None] + [c for c in comments if c["video"] == video["id"]])
            at = rng.choice([None, *users])
            id = say(w, user, video, f"hi @{at.name}" if at else "hi", to)["id"]
            comments.append({"id": id, "video": video["id"], "user": user.id, "to": to and to["id"],
                             "to_user": to and to["user"], "root": to and (to["root"] or to["id"]),
                             "at": at and at.id})
        elif deed == 5 and comments:
            gone = rng.choice(comments)
            api(w, "POST", REMOVE, {"video_id": gone["video"], "comment_id": gone["id"]},
                owner[gone["video"]].token)
            comments = [c for c in comments if gone["id"] not in (c["id"], c["root"])]
        elif deed > 5:
            w.tell(user, other, "m")
            texts.append((user.id, other.id))
    for user in users:
        sets = {}

        def event(type_, related, actor):
            sets.setdefault((type_, related), []).append(actor)

        for f, t in follows:
            if t == user.id:
                event("follow", None, f)
        for f, v in likes:
            if owner[v] is user and f != user.id:
                event("like", v, f)
        for c in comments:
            if c["user"] == user.id:
                continue
            if c["to_user"] == user.id:
                event("reply", c["to"], c["user"])
            elif owner[c["video"]] is user:
                event("comment", c["video"], c["user"])
            elif c["at"] == user.id:
                event("mention", c["id"], c["user"])
        for f, t in texts:
            if t == user.id:
                event("message", f, f)
        want = []
        for (type_, related), actors in sets.items():
            last = []
            for actor in actors[:-4:-1]:  # the last three events, each actor once
                if actor not in last:
                    last.append(actor)
            want.append((type_, related or last[0], len(actors), tuple(last)))
        told(w, user, want)
        types = {}
        for type_, *_ in want:
            types[type_] = types.get(type_, 0) + 1
        will_be_unread(w, user, types)
