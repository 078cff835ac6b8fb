"""safety.py - blocks, mutes, private accounts, reports, moderation, comment rules, leaving.

The invariant: whom somebody may not see is missing wherever he looks, at once; graph.py's oracle says
what that means after each of many random steps.
"""

import io
import json
import os
import tarfile
import time

from client import File
from graph import Graph
from media import AVATAR, COVER, png, send
from owner import api, same_moment
from report import same, wait_for
from social_api import query
from world import fold, test

USER, SOCIAL = "/api/auth/user/", "/api/auth/social/"


def post(w, path, user, http=200, **body):
    return api(w, "POST", path, body, user.token if user else None, http=http)


def ids(rows):
    return [r["id"] for r in rows]


@test
def test_graph_of_random_states(w):
    g = Graph(w, 4711)
    for n in range(int(os.environ.get("GRAPH_STEPS", "200"))):
        a, b = g.step()
        g.compare(a, notices=n % 10 == 0)
        g.compare((b, 0, g.random.choice(g.users).id)[n % 3])


def look(w, path, user=None, **params):
    """(code, data) of a GET."""
    headers = {"Authorization": "Bearer " + user.token} if user else {}
    body = w.client.request("GET", query(path, **params), headers).json()
    return body["code"], body.get("data")


def relation(w, a, b):
    """What a's relation to b has beside the follows."""
    row = look(w, SOCIAL + "check", a, target_user_id=b.id)[1]
    same([row], look(w, SOCIAL + "check/batch", a, ids=b.id)[1])
    return {k: v for k, v in row.items() if k in ("isRequested", "isMuted")}


@test
def test_safety_is_nobody_elses(w):
    a = w.user()
    for path in ("/api/auth/user/block", "/api/auth/user/unblock", "/api/auth/user/mute", "/api/auth/user/unmute",
                 "/api/auth/user/privacy", "/api/auth/user/delete", "/api/auth/user/export",
                 "/api/auth/social/accept", "/api/auth/social/decline", "/api/auth/report",
                 "/api/auth/video/comments", "/api/admin/act"):
        post(w, path, None, 401)
        reply = w.client.request("POST", path, {"Authorization": "Bearer x.y.z", "Content-Length": "0"})
        same(reply.status, 401, path)
    for path in ("/api/auth/user/blocks", "/api/auth/user/mutes", "/api/auth/user/export",
                 "/api/auth/social/requests", "/api/auth/video/comments", "/api/admin/reports", "/api/admin/audit"):
        same(look(w, path)[0], 401, path)
    for path in ("/api/admin/reports", "/api/admin/audit"):
        same(look(w, path, a)[0], 403, path)


# ---- blocks, mutes ----


@test
def test_block_errors(w):
    a, b = w.user(), w.user()
    for path in ("block", "unblock", "mute", "unmute"):
        post(w, USER + path, None, 401, target_user_id=b.id)
        assert "target_user_id" in post(w, USER + path, a, 400)
        assert "oneself" in post(w, USER + path, a, 400, target_user_id=a.id)
        assert "no such user" in post(w, USER + path, a, 400, target_user_id=4711)
    for on, off in (("block", "unblock"), ("mute", "unmute")):
        assert "undo" in post(w, USER + off, a, 400, target_user_id=b.id)
        post(w, USER + on, a, target_user_id=b.id)
        assert "already" in post(w, USER + on, a, 400, target_user_id=b.id)
        same(ids(look(w, USER + on + "s", a)[1]), [b.id])
        same(look(w, USER + on + "s", b), (200, []), "his own list does not tell")
        same(look(w, USER + on + "s")[0], 401)
        post(w, USER + off, a, target_user_id=b.id)
        same(look(w, USER + on + "s", a), (200, []))


@test
def test_block_list_pages(w):
    a, others = w.user(), [w.user() for _ in range(5)]
    for o in others:
        post(w, USER + "block", a, target_user_id=o.id)
    rows, cursor = [], ""
    for _ in range(3):
        body = w.client.request("GET", query(USER + "blocks", page_size=2, cursor=cursor),
                                {"Authorization": "Bearer " + a.token}).json()
        rows += body["data"]
        cursor = body["next_cursor"]
    same((sorted(ids(rows)), cursor), (sorted(o.id for o in others), ""))
    same(len(look(w, USER + "blocks", a, page=3, page_size=2)[1]), 1)


@test
def test_a_block_is_as_if_he_did_not_exist(w):
    a, b, c = w.user(), w.user(), w.user()
    video = w.publish(a)
    w.follow(a, b), w.follow(b, a)
    comment = w.comment(b, video)
    reply = w.good("comment_action", {"token": c.token, "video_id": video["id"], "action_type": 1,
                                      "comment_text": f"@{b.name} hi", "reply_to_id": comment["id"]})["comment"]
    post(w, USER + "block", a, target_user_id=b.id)
    same([w.profile(u)["follow_count"] + w.profile(u)["follower_count"] for u in (a, b)], [0, 0])
    for viewer, other in ((a, b), (b, a)):
        for path in ("/api/user/info", "/api/user/videos", "/api/user/likes", "/api/user/stats"):
            same(look(w, path, viewer, user_id=other.id)[0], 400, path)
        for path in ("follow", "unfollow"):
            post(w, SOCIAL + path, viewer, 400, target_user_id=other.id)
        post(w, "/api/auth/message/send", viewer, 400, receiver_id=other.id, content="x")
        same(look(w, "/api/auth/message/list", viewer, other_user_id=other.id)[0], 400)
        same(look(w, "/api/user/batch", viewer, ids=f"{a.id},{b.id},{c.id}")[1][0]["id"] != other.id, True)
    one = {"video_id": video["id"]}
    for path in ("like", "star", "comment"):
        post(w, "/api/auth/interaction/" + path, b, 400, content="x", **one)
    same(look(w, "/api/video/detail", b, id=video["id"])[0], 400)
    same(ids(look(w, "/api/interaction/comments", a, **one)[1]), [])
    same(look(w, "/api/video/stats", a, **one)[1]["commentCount"], 0, "c's reply stands under it")
    same(look(w, "/api/interaction/replies", a, comment_id=comment["id"], **one)[0], 400)
    same(ids(look(w, "/api/interaction/replies", c, comment_id=comment["id"], **one)[1]), [reply["id"]])
    same(look(w, "/api/video/stats", c, **one)[1]["commentCount"], 2)
    post(w, "/api/auth/interaction/comment", a, 400, content="x", reply_to_id=comment["id"], **one)
    post(w, "/api/auth/interaction/comment/like", a, 400, comment_id=comment["id"], **one)
    flat = w.good("comment_list", {"video_id": video["id"], "token": a.token})["comment_list"]
    same(flat, [], "nor does the flat list show what stands under it")
    hidden = w.good("comment_list", {"video_id": video["id"]})["comment_list"]
    same(len(hidden), 2, "nobody is blocked for nobody")
    post(w, USER + "unblock", a, target_user_id=b.id)
    same(len(look(w, "/api/interaction/comments", a, **one)[1]), 1, "what was there is there again")


@test
def test_a_mute_is_quiet(w):
    a, b = w.user(), w.user()
    video = w.publish(b)
    post(w, USER + "mute", a, target_user_id=b.id)
    feed = ids(look(w, "/api/video/feed", a, page_size=50)[1]["videos"])
    assert video["id"] not in feed
    assert video["id"] in ids(look(w, "/api/video/feed", b, page_size=50)[1]["videos"])
    same(look(w, "/api/video/detail", a, id=video["id"])[0], 200, "who asks for it sees it")
    same(relation(w, a, b), {"isMuted": True})
    same(relation(w, b, a), {}, "he does not learn of it")
    w.follow(b, a)
    w.stack.sql(f"UPDATE notification_marks SET seen_ms = 1 WHERE user_id = {a.id}")
    same(look(w, "/api/auth/notifications", a)[1], [])


# ---- private accounts ----


@test
def test_private_account(w):
    a, b, c = w.user(), w.user(), w.user()
    word = w.name("geheim")  # what an earlier run left is public by now
    video = w.publish(a, f"{word} 秘密")
    w.quiet()
    w.follow(c, a)
    post(w, USER + "privacy", None, 401, private=True)
    assert "private" in post(w, USER + "privacy", a, 400)
    assert "private" in post(w, USER + "privacy", a, 400, private="x")
    post(w, USER + "privacy", a, private=True)
    post(w, USER + "privacy", a, 400, private=True)
    same(look(w, "/api/user/info", b, user_id=a.id)[1]["isPrivate"], True)
    for viewer in (None, b):
        same(look(w, "/api/user/videos", viewer, user_id=a.id), (200, []))
        same(look(w, "/api/video/detail", viewer, id=video["id"])[0], 400)
        same(look(w, "/api/interaction/comments", viewer, video_id=video["id"])[0], 400)
        same(look(w, "/api/video/batch", viewer, ids=video["id"])[1], [])
        assert video["id"] not in ids(look(w, "/api/video/feed", viewer, page_size=50)[1]["videos"])
        same(look(w, "/api/search", viewer, keyword=word)[1]["videos"], [])
    post(w, "/api/auth/interaction/like", b, 400, video_id=video["id"])
    for viewer in (a, c):
        same(ids(look(w, "/api/user/videos", viewer, user_id=a.id)[1]), [video["id"]])
    w.like(c, video)
    same(post(w, SOCIAL + "follow", b, target_user_id=a.id), {"status": "requested"})
    post(w, SOCIAL + "follow", b, 400, target_user_id=a.id)
    same(w.profile(a)["follower_count"], 1, "who asks does not count")
    same((relation(w, b, a), relation(w, a, b)), ({"isRequested": True}, {}))
    same(ids(look(w, SOCIAL + "requests", a)[1]), [b.id])
    same(look(w, SOCIAL + "requests")[0], 401)
    for path in ("accept", "decline"):
        post(w, SOCIAL + path, None, 401, target_user_id=b.id)
        assert "not asked" in post(w, SOCIAL + path, a, 400, target_user_id=c.id)
        assert "target_user_id" in post(w, SOCIAL + path, a, 400)
    post(w, SOCIAL + "decline", a, target_user_id=b.id)
    same(look(w, SOCIAL + "requests", a), (200, []))
    post(w, SOCIAL + "follow", b, target_user_id=a.id)
    same(post(w, SOCIAL + "unfollow", b, target_user_id=a.id), {"status": "none"})
    same(relation(w, b, a), {})
    post(w, SOCIAL + "accept", a, 400, target_user_id=b.id)
    post(w, SOCIAL + "follow", b, target_user_id=a.id)
    post(w, SOCIAL + "accept", a, target_user_id=b.id)
    same(ids(look(w, "/api/user/videos", b, user_id=a.id)[1]), [video["id"]])
    later = w.publish(a, f"noch ein {word}")
    w.quiet()
    same(look(w, "/api/video/detail", None, id=later["id"])[0], 400, "what is published later, too")
    d = w.user()
    post(w, SOCIAL + "follow", d, target_user_id=a.id)
    post(w, USER + "privacy", a, private=False)
    post(w, USER + "privacy", a, 400, private=False)
    same(w.profile(a)["follower_count"], 3, "who asked follows")
    assert {video["id"], later["id"]} <= set(ids(look(w, "/api/video/feed", None, page_size=50)[1]["videos"]))
    same(len(look(w, "/api/search", None, keyword=word)[1]["videos"]), 2)


ASKING = 1 << 50  # ids of people who were never registered


def number(w, table, where):
    return int(w.stack.sql(f"SELECT COUNT(*) FROM {table} WHERE {where}")[0][0])


def let_in(w, n):
    """One whose account was private and is no longer; of the n who asked some wait for the job, which is at work."""
    a = w.user()
    post(w, USER + "privacy", a, private=True)
    w.stack.sql(f"INSERT INTO follow_requests (follower_id, followee_id, created_ms) SELECT {ASKING} + seq, {a.id}, 1 "
                f"FROM seq_1_to_{n}")
    post(w, USER + "privacy", a, private=False)
    wait_for("the job is at work", 20, lambda: number(w, "jobs", f"kind = 11 AND ref_id = {a.id} AND token <> ''"), 0.01)
    return a


def never_asked(w, a):
    w.stack.sql(f"DELETE FROM follow_requests WHERE followee_id = {a.id}; DELETE FROM follows WHERE followee_id = {a.id}; "
                f"DELETE FROM counters WHERE owner_id = {a.id} OR owner_id > {ASKING}")


@test
def test_who_asked_is_no_longer_let_in(w):
    """While those who asked are let in, the account is made private again, or deleted: that is the end of it."""
    b, n = w.user(), 20000
    for path, body in (("privacy", {"private": True}), ("delete", None)):
        a = let_in(w, n)
        try:
            if path == "privacy":  # others need not wait for all of them
                w.publish(b)
                w.settled(b)
                assert number(w, "follow_requests", f"followee_id = {a.id}") > 0
            post(w, USER + path, a, **(body or {"password": a.password}))
            followers = number(w, "follows", f"followee_id = {a.id}")
            assert 0 < followers < n, followers
            if path == "privacy":
                same(post(w, SOCIAL + "follow", b, target_user_id=a.id), {"status": "requested"})
            w.quiet()
            same(number(w, "follows", f"followee_id = {a.id}"), followers)
            same(number(w, "follow_requests", f"followee_id = {a.id} AND follower_id > {ASKING}"), n - followers)
            if path == "privacy":
                same(relation(w, b, a), {"isRequested": True})
        finally:
            never_asked(w, a)


@test
def test_who_asked_and_is_blocked_is_not_let_in(w):
    a, b, c = w.user(), w.user(), w.user()
    post(w, USER + "privacy", a, private=True)
    w.stack.sql(f"INSERT INTO blocks (user_id, other_id, kind, created_ms) VALUES ({a.id}, {b.id}, 1, 1), "
                f"({b.id}, {a.id}, 2, 1); INSERT INTO follow_requests (follower_id, followee_id, created_ms) "
                f"VALUES ({b.id}, {a.id}, 1), ({c.id}, {a.id}, 2)")
    post(w, USER + "privacy", a, private=False)
    w.quiet()
    same(number(w, "follow_requests", f"followee_id = {a.id}"), 0)
    same(w.stack.sql(f"SELECT follower_id FROM follows WHERE followee_id = {a.id}"), [[str(c.id)]])


@test
def test_who_asked_last_follows_last(w):
    """All requests are accepted at once when an account is private no more: in the order in which they came."""
    a, fans = w.user(), [w.user() for _ in range(6)]
    post(w, USER + "privacy", a, private=True)
    asked = [fans[i] for i in (3, 0, 5, 1, 4, 2)]
    for u in asked:
        post(w, SOCIAL + "follow", u, target_user_id=a.id)
        time.sleep(0.003)
    post(w, USER + "privacy", a, private=False)
    newest = [u.id for u in reversed(asked)]
    wait_for("all of them follow", 10, lambda: len(look(w, SOCIAL + "follower", a, user_id=a.id)[1]) == 6, 0.2)
    same(ids(look(w, SOCIAL + "follower", a, user_id=a.id)[1]), newest)


@test
def test_a_private_accounts_clips_follow_in_small_steps(w):
    """First the request that switched, then its job; a transaction changes a few, as others wait for them."""
    a, n = w.user(), 600
    w.stack.sql("INSERT INTO videos (id, author_id, title, visible, state, published_ms, updated_ms, play_path, cover_path, "
                f"size_bytes, description) SELECT {ASKING} + seq, {a.id}, 'x', 1, 3, 1, 1, '', '', 1, '' FROM seq_1_to_{n}")
    try:
        w.quiet()
        before = w.stack.sql("SHOW GLOBAL STATUS LIKE 'Com_commit'")
        post(w, USER + "privacy", a, private=True)
        w.quiet()
        commits = int(w.stack.sql("SHOW GLOBAL STATUS LIKE 'Com_commit'")[0][1]) - int(before[0][1])
        same(number(w, "videos", f"author_id = {a.id} AND visible <> 2"), 0)
        assert commits > n // 20, commits
    finally:
        w.stack.sql(f"DELETE FROM videos WHERE author_id = {a.id}")


@test
def test_a_private_accounts_job_waits_for_its_request(w):
    later = []
    for _ in range(20):  # on a slow day it has run before it is seen
        b = w.user()
        post(w, USER + "privacy", b, private=True)
        later = w.stack.sql(f"SELECT j.run_at_ms - u.updated_ms FROM jobs j JOIN users u ON u.id = j.ref_id WHERE "
                            f"j.kind = 11 AND j.ref_id = {b.id} AND j.token = ''")
        if later:
            break
    same(later, [["500"]])


# ---- reports, moderation ----


def moderator(w):
    m = w.user("mod")
    same(w.stack.admin("user", "role", m.name, "admin").returncode, 0)
    return m


@test
def test_only_oneself_is_told_that_one_moderates(w):
    m, a = moderator(w), w.user()
    same([look(w, USER + "profile", u)[1].get("isAdmin") for u in (m, a)], [True, None])
    for viewer in (None, a, m):
        assert "isAdmin" not in look(w, "/api/user/info", viewer, user_id=m.id, self=1)[1]
    same(w.stack.admin("user", "role", m.name, "user").returncode, 0)
    same(look(w, USER + "profile", m)[1].get("isAdmin"), None, "asked anew")


REPORT, QUEUE, ACT, AUDIT = "/api/auth/report", "/api/admin/reports", "/api/admin/act", "/api/admin/audit"


def queued(w, m, thing):
    rows = look(w, QUEUE, m, page_size=50)[1]
    return next((r for r in rows if r["id"] == thing), None)


@test
def test_reports_of_what_its_writer_deleted(w):
    a, b, m = w.user(), w.user(), moderator(w)
    video, kept = w.publish(b, "insult"), w.publish(a)
    comment = w.comment(b, kept, "insult")
    w.tell(b, a, "insult")
    message = look(w, "/api/auth/message/list", a, other_user_id=b.id)[1][0]
    things = (("video", video["id"]), ("comment", comment["id"]), ("message", message["id"]))
    for kind, thing in things:
        post(w, REPORT, a, kind=kind, id=thing, reason="hate")
    post(w, "/api/auth/video/delete", b, video_id=video["id"])
    post(w, "/api/auth/interaction/comment/delete", b, video_id=kept["id"], comment_id=comment["id"])
    post(w, "/api/auth/message/delete", b, message_id=message["id"])
    w.quiet()
    for kind, thing in things:
        assert kind in post(w, ACT, m, 400, act="hide", kind=kind, id=thing), "there is nothing to hide"
        same(queued(w, m, thing)["content"], "insult")
    post(w, ACT, m, act="warn", kind="video", id=video["id"], note="be nice")
    same(api(w, "POST", "/api/user/login", {"username": b.name, "password": b.password})["notice"], "be nice")
    post(w, ACT, m, act="suspend", kind="comment", id=comment["id"], until=4102444800, note="was not nice")
    same(look(w, "/api/auth/user/profile", b)[0], 401)
    same(w.stack.admin("moderate", "act", "dismiss", "message", str(message["id"])).returncode, 0)
    same([queued(w, m, thing) for _, thing in things], [None] * 3)
    for kind, thing in things:
        assert kind in post(w, ACT, m, 400, act="dismiss", kind=kind, id=thing), "its reports are over"


@test
def test_reports_and_acts(w):
    a, b, c, m = w.user(), w.user(), w.user(), moderator(w)
    video = w.publish(a, "reported title")
    comment = w.comment(b, video, "rude words")
    w.tell(b, a, "rude message")
    message = look(w, "/api/auth/message/list", a, other_user_id=b.id)[1][0]
    things = [("video", video["id"], b, a), ("comment", comment["id"], a, b), ("user", b.id, a, b),
              ("message", message["id"], a, b)]
    for kind, thing, who, whose in things:
        body = {"kind": kind, "id": thing, "reason": "hate", "text": "look"}
        post(w, REPORT, None, 401, **body)
        assert "yours" in post(w, REPORT, whose, 400, **body)
        post(w, REPORT, who, **body)
        assert "already" in post(w, REPORT, who, 400, **body)
        r = queued(w, m, thing)
        same((r["kind"], r["userId"], r["count"], r["reasons"]),
             (kind, whose.id, 1, [{"reason": "hate", "count": 1, "text": "look"}]))
        same_moment(r)
    post(w, REPORT, c, kind="video", id=video["id"], reason="spam")
    same((queued(w, m, video["id"])["count"], queued(w, m, video["id"])["content"]), (2, "reported title"))
    assert "such message" in post(w, REPORT, c, 400, kind="message", id=message["id"], reason="spam"), "not his"
    for kind, word in (("video", "video"), ("comment", "comment"), ("user", "user"), ("message", "message")):
        assert word in post(w, REPORT, c, 400, kind=kind, id=4711, reason="spam")
    assert "kind" in post(w, REPORT, c, 400, kind="x", id=1, reason="spam")
    assert "reason" in post(w, REPORT, c, 400, kind="user", id=b.id, reason="x")
    # Nobody else, and no hint.
    for path in (QUEUE, AUDIT):
        same((look(w, path)[0], look(w, path, a)[0], look(w, path, a, page_size="x")[0]), (401, 403, 403))
    post(w, ACT, None, 401)
    post(w, ACT, a, 403)
    for body, word in (({"act": "x", "kind": "video", "id": 1}, "act"), ({"act": "hide", "kind": "x", "id": 1}, "kind"),
                       ({"act": "hide", "kind": "user", "id": b.id}, "act"), ({"act": "hide", "kind": "video"}, "id"),
                       ({"act": "suspend", "kind": "user", "id": b.id}, "until"),
                       ({"act": "hide", "kind": "video", "id": 4711}, "video")):
        assert word in post(w, ACT, m, 400, **body), body
    w.settled(a)
    post(w, ACT, m, act="hide", kind="video", id=video["id"], note="no")
    same((look(w, "/api/video/detail", b, id=video["id"])[0], queued(w, m, video["id"])), (400, None))
    told = look(w, "/api/auth/video/status", a, video_id=video["id"])[1]
    same((told["state"], told["reason"], told["reason_code"]), ("hidden", "no", ""), "what its owner is told")
    post(w, ACT, m, act="restore", kind="video", id=video["id"])
    told = look(w, "/api/auth/video/status", a, video_id=video["id"])[1]
    same((told["state"], told["reason"]), ("ready", ""))
    same(look(w, "/api/video/detail", b, id=video["id"])[0], 200)
    post(w, ACT, m, act="hide", kind="comment", id=comment["id"])
    assert "moderator" in look(w, "/api/interaction/comments", a, video_id=video["id"])[1][0]["content"]
    post(w, ACT, m, act="restore", kind="comment", id=comment["id"])
    same(look(w, "/api/interaction/comments", a, video_id=video["id"])[1][0]["content"], "rude words")
    post(w, ACT, m, act="dismiss", kind="message", id=message["id"])
    same(queued(w, m, message["id"]), None)
    post(w, ACT, m, act="warn", kind="user", id=b.id, note="be nice")
    login = {"username": b.name, "password": b.password}
    same(api(w, "POST", "/api/user/login", login)["notice"], "be nice")
    post(w, ACT, m, act="suspend", kind="user", id=b.id, until=4102444800, note="was not nice")
    same(look(w, "/api/auth/user/profile", b)[0], 401, "logged out at once")
    told = api(w, "POST", "/api/user/login", login, http=403)
    assert "2100-01-01" in told and "was not nice" in told, told
    post(w, ACT, m, act="restore", kind="user", id=b.id)
    api(w, "POST", "/api/user/login", login)
    done = [e for e in look(w, AUDIT, m, page_size=8)[1] if e["adminId"] == m.id]
    acts = [(e["act"], e["kind"]) for e in done]
    for e in done:
        same_moment(e)
    same(acts, [("restore", "user"), ("suspend", "user"), ("warn", "user"), ("dismiss", "message"),
                ("restore", "comment"), ("hide", "comment"), ("restore", "video"), ("hide", "video")])
    # The same by the admin command.
    post(w, REPORT, c, kind="user", id=a.id, reason="other", text="cli\nand a line")
    out = w.stack.admin("moderate", "list").stdout.decode()
    assert f"user {a.id}" in out and "other cli?and a line\n" in out, out
    same(w.stack.admin("moderate", "act", "dismiss", "user", str(a.id), "fine").returncode, 0)
    same((queued(w, m, a.id), look(w, AUDIT, m)[1][0]["adminId"], look(w, AUDIT, m)[1][0]["note"]), (None, 0, "fine"))
    assert w.stack.admin("moderate", "act", "hide", "user", str(a.id), ok=False).returncode != 0
    same(w.stack.admin("user", "role", m.name, "user").returncode, 0)
    same(look(w, QUEUE, m)[0], 403)


@test
def test_a_block_prevents_no_report(w):
    a, b, c, m = w.user(), w.user(), w.user(), moderator(w)
    clip, other = w.publish(a), w.publish(c)
    comments = [w.comment(a, v, "rude words") for v in (clip, other)]
    w.tell(a, b, "a threat"), w.tell(b, a, "stop it")
    threat = next(r["id"] for r in look(w, "/api/auth/message/list", b, other_user_id=a.id)[1] if r["sendId"] == a.id)
    post(w, USER + "block", a, target_user_id=b.id)
    things = [("message", threat), ("user", a.id), ("video", clip["id"])] + [("comment", k["id"]) for k in comments]
    for kind, thing in things:
        same(post(w, REPORT, b, kind=kind, id=thing, reason="violence"), None, kind)
        assert "already" in post(w, REPORT, b, 400, kind=kind, id=thing, reason="violence")
        same((queued(w, m, thing)["userId"], queued(w, m, thing)["count"]), (a.id, 1), kind)
    same(queued(w, m, threat)["content"], "a threat")
    assert "such message" in post(w, REPORT, c, 400, kind="message", id=threat, reason="spam"), "not his"
    # Nor does a block of the victim's own.
    post(w, USER + "block", c, target_user_id=a.id)
    for kind, thing in things[1:]:
        same(post(w, REPORT, c, kind=kind, id=thing, reason="hate"), None, kind)
        same(queued(w, m, thing)["count"], 2, kind)
    # What is hidden, private or gone is as unknown as before, but for a message that one has.
    d = w.user()
    post(w, ACT, m, act="hide", kind="video", id=clip["id"])
    for user in (b, d):
        assert "such video" in post(w, REPORT, user, 400, kind="video", id=clip["id"], reason="sex"), "hidden"
        assert "such comment" in post(w, REPORT, user, 400, kind="comment", id=comments[0]["id"], reason="sex")
    post(w, ACT, m, act="restore", kind="video", id=clip["id"])
    post(w, USER + "privacy", a, private=True)
    assert "such video" in post(w, REPORT, d, 400, kind="video", id=clip["id"], reason="sex"), "private"
    assert "such comment" in post(w, REPORT, d, 400, kind="comment", id=comments[0]["id"], reason="sex")
    post(w, REPORT, d, kind="comment", id=comments[1]["id"], reason="sex")
    w.tell(a, d, "another threat")
    threat = look(w, "/api/auth/message/list", d, other_user_id=a.id)[1][0]["id"]
    post(w, USER + "delete", a, password=a.password)
    for kind, thing in (("user", a.id), ("video", clip["id"]), ("comment", comments[1]["id"])):
        assert kind in post(w, REPORT, b, 400, kind=kind, id=thing, reason="other"), "leaving"
    post(w, REPORT, d, kind="message", id=threat, reason="violence")
    same(queued(w, m, threat)["content"], "another threat")


def notice(w, user):
    return w.stack.sql(f"SELECT notice, suspended_until_ms > 0 FROM users WHERE id = {user.id}")[0]


@test
def test_a_warning_stands_until_it_is_read(w):
    a, m = w.user(), moderator(w)
    user, login = {"kind": "user", "id": a.id}, {"username": a.name, "password": a.password}
    same(post(w, ACT, m, act="warn", note="be nice", **user), None)
    n = len(look(w, AUDIT, m, page_size=50)[1])
    for note in ({}, {"note": ""}, {"note": " \n\u3000\u200b"}):
        assert post(w, ACT, m, 400, act="warn", **user, **note).startswith("note is missing"), note
    done = w.stack.admin("moderate", "act", "warn", "user", str(a.id), ok=False)
    same((done.returncode, b"note is missing" in done.stderr), (1, True), done.stderr)
    same((notice(w, a), len(look(w, AUDIT, m, page_size=50)[1])), (["be nice", "0"], n))
    # Nothing to restore.
    post(w, ACT, m, act="restore", **user)
    w.stack.admin("moderate", "act", "restore", "user", str(a.id))
    same(notice(w, a), ["be nice", "0"])
    # Why he is suspended stays what he is told.
    post(w, ACT, m, act="suspend", until=4102444800, note="was not nice", **user)
    assert "suspended" in post(w, ACT, m, 400, act="warn", note="W later", **user)
    done = w.stack.admin("moderate", "act", "warn", "user", str(a.id), "W later", ok=False)
    same((done.returncode, b"suspended" in done.stderr), (1, True), done.stderr)
    assert "was not nice" in api(w, "POST", "/api/user/login", login, http=403)
    w.stack.admin("moderate", "act", "restore", "user", str(a.id))
    same(api(w, "POST", "/api/user/login", login)["notice"], "")
    # One that has ended by itself: he is told why until he has read it.
    w.stack.sql(f"UPDATE users SET suspended_until_ms = 1, notice = 'was not nice' WHERE id = {a.id}")
    post(w, ACT, m, act="restore", **user)
    same(notice(w, a), ["was not nice", "0"])
    post(w, ACT, m, act="warn", note="W later", **user)
    same(api(w, "POST", "/api/user/login", login)["notice"], "W later")


@test
def test_nobody_moderates_himself(w):
    m, n, b = moderator(w), moderator(w), w.user()
    video = w.publish(m)
    comment = w.comment(m, w.publish(b))
    w.tell(m, b, "x")
    message = look(w, "/api/auth/message/list", b, other_user_id=m.id)[1][0]
    things = (("user", m.id), ("video", video["id"]), ("comment", comment["id"]), ("message", message["id"]))
    for kind, thing in things:
        post(w, REPORT, b, kind=kind, id=thing, reason="spam")
        for act in ("suspend", "warn", "hide", "restore", "dismiss"):
            if (kind, act) != ("user", "hide"):
                assert "yours" in post(w, ACT, m, 400, act=act, kind=kind, id=thing, until=4102444800, note="x"), act
        same(queued(w, n, thing)["count"], 1)
    same((look(w, "/api/auth/user/profile", m)[0], notice(w, m)), (200, ["", "0"]))
    # Another one does, and the admin command.
    for kind, thing in things:
        post(w, ACT, n, act="dismiss", kind=kind, id=thing)
    w.stack.admin("moderate", "act", "suspend", "user", str(m.id), "4102444800", "why")
    same((look(w, "/api/auth/user/profile", m)[0], notice(w, m)), (401, ["why", "1"]))


# ---- comment rules ----


@test
def test_comment_rules(w):
    a, b, c = w.user(), w.user(), w.user()
    one, two = w.publish(a, "one"), w.publish(a, "two")
    w.follow(c, a)
    path = "/api/auth/video/comments"

    def say(user, video, words, http=200):
        return post(w, "/api/auth/interaction/comment", user, http, video_id=video["id"], content=words)
    same(look(w, path)[0], 401)
    same(look(w, path, a)[1], {"videoId": 0, "mode": "all", "words": ""})
    same(look(w, path, a, video_id=one["id"])[1]["mode"], "account")
    assert "somebody else" in post(w, path, b, 400, video_id=one["id"], mode="off")
    assert "video" in post(w, path, b, 400, video_id=4711, mode="off")
    assert "mode" in post(w, path, a, 400, mode="x")
    assert "words" in post(w, path, a, 400, words=["x" * 33])
    assert "words" in post(w, path, a, 400, words=["\u200b"])
    post(w, path, None, 401, mode="off")
    post(w, path, a, mode="followers")
    assert "no comments" in say(b, one, "hi", 400)
    say(c, one, "hi"), say(a, one, "mine")
    post(w, path, a, video_id=one["id"], mode="all")
    say(b, one, "hi")
    say(b, two, "hi", 400)
    post(w, path, a, video_id=two["id"], mode="off")
    say(c, two, "hi", 400)
    say(a, two, "hi")
    same(post(w, path, a, words=["Spam", "广告"])["words"], "spam\n广告\n")
    same(look(w, path, a)[1], {"videoId": 0, "mode": "followers", "words": "spam\n广告\n"})
    for words in ("this is SPAM!", "ｓｐａｍ", "好广告啊", "廣告"):
        assert "words" in say(b, one, words, 400), words
    say(b, one, "fine"), say(a, one, "spam")
    post(w, path, a, words=[])
    say(b, one, "spam")
    same(look(w, path, a)[1]["mode"], "followers", "absent: as it is")


# ---- leaving ----


@test
def test_leave_and_come_back(w):
    a, b = w.user(), w.user()
    video = w.publish(a)
    w.quiet()
    w.follow(b, a)
    path = USER + "delete"
    post(w, path, None, 401, password="x")
    assert "password" in post(w, path, a, 400)
    assert "wrong" in post(w, path, a, 400, password="not this")
    post(w, path, a, password=a.password)
    same(look(w, "/api/auth/user/profile", a)[0], 401)
    same([look(w, "/api/user/info", b, user_id=a.id)[0], look(w, "/api/video/detail", b, id=video["id"])[0]], [400] * 2)
    assert video["id"] not in ids(look(w, "/api/video/feed", None, page_size=50)[1]["videos"])
    same(look(w, SOCIAL + "following", b)[1], [])
    assert "such user" in post(w, SOCIAL + "follow", b, 400, target_user_id=a.id)
    api(w, "POST", "/api/user/login", {"username": a.name, "password": a.password})
    same(look(w, "/api/video/detail", b, id=video["id"])[0], 200)
    assert video["id"] in ids(look(w, "/api/video/feed", None, page_size=50)[1]["videos"])
    same(ids(look(w, SOCIAL + "following", b)[1]), [a.id])


def names(w, user):
    """Tables in which a column that is somebody's id says this user."""
    columns = w.stack.sql(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND "
        "data_type = 'bigint' AND (column_name LIKE '%user_id' OR column_name IN ('author_id', 'follower_id', "
        "'followee_id', 'lo_id', 'hi_id', 'from_id', 'other_id', 'owner_id', 'reporter_id', 'about_id', "
        "'last_from_id') OR (table_name IN ('users', 'live_rooms', 'search_docs', 'recommend_near') AND "
        "column_name = 'id') OR (table_name = 'recommend_dismissed' AND column_name = 'ref_id'))")
    return sorted({t for t, col in columns
                   if t != "audit" and w.stack.sql(f"SELECT 1 FROM {t} WHERE {col} = {user.id} LIMIT 1")})


@test
def test_purge_leaves_nothing(w):
    a, b, c = w.user(), w.user(), w.user()
    mine, other = w.publish(a, f"@{b.name} @{a.name}"), w.publish(b)
    w.quiet()
    for x, y in ((a, b), (b, a), (c, a)):
        w.follow(x, y)
    for video in (mine, other):
        for u in (a, b, c):
            w.like(u, video)
            top = w.comment(u, video, f"hello @{a.name}")
            reply = w.good("comment_action", {"token": a.token, "video_id": video["id"], "action_type": 1,
                                              "comment_text": "reply", "reply_to_id": top["id"]})["comment"]
            w.good("comment_action", {"token": b.token, "video_id": video["id"], "action_type": 1,
                                      "comment_text": "answer", "reply_to_id": reply["id"]})
            api(w, "POST", "/api/auth/interaction/comment/like", {"video_id": video["id"], "comment_id": top["id"]},
                a.token)
        api(w, "POST", "/api/auth/interaction/star", {"video_id": video["id"]}, a.token)
        api(w, "POST", "/api/interaction/share", {"video_id": video["id"]}, a.token)
        api(w, "POST", "/api/video/view", {"views": [{"video_id": video["id"], "watched_ms": 10}]}, a.token)
    w.tell(a, b, "x"), w.tell(c, a, "y")
    post(w, REPORT, a, kind="user", id=c.id, reason="spam"), post(w, REPORT, c, kind="user", id=a.id, reason="spam")
    post(w, USER + "mute", c, target_user_id=a.id), post(w, USER + "block", a, target_user_id=c.id)
    post(w, "/api/auth/video/comments", a, words=["x"])
    api(w, "POST", "/api/auth/live/start", {"title": "t"}, b.token)
    api(w, "POST", "/api/auth/live/join", {"room_id": b.id}, a.token)
    look(w, "/api/auth/notifications", a)
    api(w, "POST", "/api/auth/recommend/dismiss", {"video_id": other["id"]}, a.token)
    api(w, "POST", "/api/auth/recommend/dismiss", {"author_id": a.id}, b.token)
    api(w, "POST", "/api/auth/recommend/dismiss", {"video_id": mine["id"]}, b.token)
    fold(w)
    assert api(w, "GET", "/api/auth/recommend/videos", token=a.token)
    assert len(names(w, a)) > 15, names(w, a)
    assert {"recommend_users", "recommend_dismissed", "recommend_near", "recommend_clips"} <= set(names(w, a))
    post(w, USER + "delete", a, password=a.password)
    w.quiet()
    w.stack.sql(f"UPDATE users SET purge_at_ms = 1 WHERE id = {a.id}")
    assert "wrong" in api(w, "POST", "/api/user/login", {"username": a.name, "password": a.password}, http=400), "too late"
    w.stack.sql(f"UPDATE jobs SET run_at_ms = 1 WHERE kind = 13 AND ref_id = {a.id}")

    def gone():
        w.stack.sql(f"UPDATE jobs SET run_at_ms = 1 WHERE kind = 13 AND ref_id = {a.id} AND token = ''")
        done = w.publish(b)  # wakes the worker
        api(w, "POST", "/api/auth/video/delete", {"video_id": done["id"]}, b.token)
        return names(w, a) == []
    try:
        wait_for("nothing names him", 30, gone, 0.5)
    except AssertionError:
        same(names(w, a), [])
    same(w.stack.sql(f"SELECT * FROM recommend_dismissed WHERE ref_id = {mine['id']}"), [])
    same(look(w, "/api/video/stats", None, video_id=other["id"])[1]["commentCount"], 4)
    same((w.profile(b)["follow_count"], w.profile(b)["total_favorited"]), (0, 2))
    counted = w.stack.admin("recount", ok=False)
    same(counted.returncode, 0, counted.stdout)


@test
def test_export(w):
    a, b = w.user(), w.user()
    path = USER + "export"
    same((look(w, path)[0], look(w, path, a)[0]), (401, 400))
    post(w, path, None, 401)
    video = w.publish(a, "mine 我的")
    w.settled(a)
    w.follow(a, b), w.follow(b, a), w.like(a, video), w.tell(a, b, "sent"), w.tell(b, a, "got")
    comment = w.comment(a, video, 'a "quoted" word')
    other, stranger, private, annoying = w.publish(b), w.user(), w.user(), w.user()
    his = w.comment(b, other, "liked")
    post(w, USER + "privacy", private, private=True)
    for where, body in (
            ("auth/interaction/comment/like", {"video_id": other["id"], "comment_id": his["id"]}),
            ("interaction/share", {"video_id": other["id"], "target": "mail"}),
            ("auth/social/follow", {"target_user_id": private.id}),
            ("auth/user/privacy", {"private": True}),
            ("auth/user/mute", {"target_user_id": stranger.id}),
            ("auth/user/block", {"target_user_id": annoying.id}),
            ("auth/report", {"kind": "user", "id": stranger.id, "reason": "spam", "text": "why"}),
            ("auth/recommend/dismiss", {"video_id": other["id"]}),
            ("auth/video/comments", {"mode": "followers", "words": ["ugly"]}),
            ("auth/live/create", {"title": "my room"}),
            ("video/view", {"views": [{"video_id": other["id"], "watched_ms": 900}]})):
        post(w, "/api/" + where, a, **body)
    post(w, "/api/auth/social/follow", stranger, target_user_id=a.id)
    post(w, "/api/auth/live/start", b)
    post(w, "/api/auth/live/join", a, room_id=b.id)
    danmu = post(w, "/api/auth/danmu/send", a, live_id=b.id, content="over it")["danmu_id"]
    before = w.mine(a)[0]["cover_url"]
    send(w, AVATAR, [("avatar", File(png(400, 400, 10), "a.png"))], a)
    send(w, COVER, [("video_id", video["id"]), ("cover", File(png(320, 240, 20), "c.png"))], a)
    wait_for("the pictures are there", 20, lambda: "/img/" not in w.profile(a)["avatar"] and
             w.mine(a)[0]["cover_url"] != before, 0.2)
    same(post(w, path, a)["state"], "making")
    post(w, path, a, 400)
    row = wait_for("the export is ready", 20, lambda: next(
        (r for r in [look(w, path, a)[1]] if r["state"] == "ready"), None), 0.2)
    same(look(w, path, b)[0], 400, "his own only")
    reply = w.client.request("GET", row["url"][row["url"].index("/media/"):])
    same((reply.status, len(reply.body)), (200, row["bytes"]))
    same(reply.header("cache-control"), "private, no-store", "what caches may do with it")
    same([v for k, v in reply.headers if k in ("expires", "cache-control")], ["private, no-store"])
    same(reply.header("x-content-type-options"), "nosniff")
    with tarfile.open(fileobj=io.BytesIO(reply.body)) as tar:
        files = {m.name: tar.extractfile(m).read() for m in tar.getmembers()}
    data = {k[:-5]: json.loads(v) for k, v in files.items() if k.endswith(".json")}
    same([r["name"] for r in data["profile"]], [a.name])
    same([(r["id"], r["title"]) for r in data["clips"]], [(video["id"], "mine 我的")])
    same([(r["id"], r["content"]) for r in data["comments"]], [(comment["id"], 'a "quoted" word')])
    same([r["video_id"] for r in data["likes"]], [video["id"]])
    same([[r["user_id"] for r in data[k]] for k in ("follows", "followers")], [[b.id], [b.id]])
    same([(r["to_user_id"], r["content"]) for r in data["messages"]], [(b.id, "sent")])
    same({k for k in files if k.startswith("clips/")}, {f"clips/{video['id']}.mp4"})
    assert files[f"clips/{video['id']}.mp4"][4:8] == b"ftyp"
    assert "pass_hash" not in json.dumps(data["profile"])
    same([(r["client"], r["ended_ms"]) for r in data["sessions"]], [("", 0)])
    same([(r["video_id"], r["comment_id"]) for r in data["comment_likes"]], [(other["id"], his["id"])])
    same([(r["video_id"], r["target"]) for r in data["shares"]], [(other["id"], "mail")])
    same([[r["user_id"] for r in data[k]] for k in ("requests", "requests_got", "mutes", "blocks")],
         [[private.id], [stranger.id], [stranger.id], [annoying.id]])
    same([(r["what"], r["id"], r["reason"], r["text"]) for r in data["reports"]],
         [("user", stranger.id, "spam", "why")])
    same([(r["what"], r["id"]) for r in data["dismissed"]], [("video", other["id"])])
    same([(r["video_id"], r["mode"], r["words"].split()) for r in data["comment_rules"]], [(0, "followers", ["ugly"])])
    same([[(r["id"], r["title"]) for r in data["live_room"]], [r["room_id"] for r in data["live_rooms_seen"]]],
         [[(a.id, "my room")], [b.id]])
    same([(r["room_id"], r["id"], r["content"]) for r in data["danmaku"]], [(b.id, danmu, "over it")])
    same([(r["video_id"], r["watched_ms"]) for r in data["history"]], [(other["id"], 900)])
    same([files[k][:2] for k in sorted(files) if k.startswith(("avatar/", "covers/"))], [b"\xff\xd8"] * 2)
    w.stack.sql(f"UPDATE exports SET expires_ms = 1 WHERE user_id = {a.id}")
    same((look(w, path, a)[1]["state"], look(w, path, a)[1]["url"]), ("expired", ""))
