"""sessions.py - where somebody is logged in, and how that ends.

The invariant: a token holds as long as its session does, in both dialects, whatever is cached.
"""

import base64
import json
import time

from owner import api
from report import same
from world import TOKEN, test

LIST, END = "/api/auth/user/sessions", "/api/auth/user/session/end"


def log_in(w, u, client=None):
    headers = {"Content-Type": "application/json"}
    if client is not None:
        headers["User-Agent"] = client
    body = json.dumps({"username": u.name, "password": u.password}).encode()
    return w.client.request("POST", "/api/user/login", headers, body).json()["data"]["token"]


def look(w, token):
    return api(w, "GET", LIST, None, token)


def end(w, token, http=200, **body):
    return api(w, "POST", END, body, token, http=http)


def holds(w, token):
    """Whether all who look at a token take it: with the viewer's marks, without, and where it may be missing."""
    own = w.call("user", {"token": token})["status_code"]
    unread = w.client.request("GET", "/api/auth/message/unread", {"Authorization": "Bearer " + token}).status
    assert (own, unread) in ((0, 200), (TOKEN, 401)), (own, unread)
    w.good("feed", {"token": token})
    return own == 0


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@test
def test_each_login_is_a_session(w):
    u = w.user()
    before = int(time.time()) - 1
    phone, long = log_in(w, u, "Phone/1.0 (手机)".encode().decode("latin-1")), log_in(w, u, "x" * 300)
    by_douyin = w.good("user_login", {"username": u.name, "password": u.password})["token"]
    rows = look(w, phone)
    same(len(rows), 4, "register, and three log-ins")
    same([r["current"] for r in rows], [False, False, True, False], "newest first")
    same([r["client"] for r in rows], ["", "x" * 100, "Phone/1.0 (手机)", ""])
    same([str(claims(t)["session"]) for t in (by_douyin, long, phone, u.token)], [r["id"] for r in rows])
    assert all(before <= r["createTime"] <= time.time() + 1 for r in rows), rows
    same([r["current"] for r in look(w, u.token)], [False, False, False, True])
    same(len(look(w, w.user().token)), 1, "nobody else's")


@test
def test_what_a_client_calls_itself_is_cut(w):
    u = w.user()
    for raw, shown in ((b"\xff\xfe AB \xe6", "AB"), ("名".encode() * 130, "名" * 100),
                       (b"<script>alert(1)</script>", "<script>alert(1)</script>")):
        token = log_in(w, u, raw.decode("latin-1"))
        same(look(w, token)[0]["client"].strip(), shown.strip(), f"{raw[:20]}")


@test
def test_a_session_ends(w):
    u, other = w.user(), w.user()
    here, there = log_in(w, u), log_in(w, u)
    assert all(holds(w, t) for t in (u.token, here, there))
    rows = look(w, here)
    gone, own = rows[0]["id"], rows[1]["id"]
    assert "no such session" in end(w, other.token, 400, session_id=gone), "a foreign one"
    assert "no such session" in end(w, here, 400, session_id=4711)
    assert "session_id" in end(w, here, 400)
    assert "session_id" in end(w, here, 400, others=False)
    assert "session_id" in end(w, here, 400, session_id="-1")
    assert "others" in end(w, here, 400, others="maybe")
    end(w, None, 401, session_id=gone)
    assert holds(w, there)
    same(end(w, here, session_id=gone), None, "his own token stays")
    same([holds(w, t) for t in (u.token, here, there)], [True, True, False])
    same([r["id"] for r in look(w, here)], [r["id"] for r in rows[1:]])
    assert "no such session" in end(w, here, 400, session_id=gone), "twice"
    for program, path in (("user", "/douyin/user/"), ("message_unread_count", "/api/auth/message/unread")):
        for token, good in ((here, True), (there, False)):  # the database says so, too, to one that knows nothing
            w.stack.cache("flush_all")
            done = w.stack.run([w.stack.program("cgi/" + program), "GET", f"{path}?token={token}"])
            same(b"log in" not in done.stdout, good, f"{program}: {done.stdout}")
    same(end(w, here, session_id=own), None, "log out")
    same([holds(w, t) for t in (u.token, here, there)], [True, False, False])
    same(len(look(w, u.token)), 1)
    assert holds(w, log_in(w, u)), "and in again"


@test
def test_all_others_end(w):
    u = w.user()
    here, there = log_in(w, u), log_in(w, u)
    old = w.forge({**claims(u.token), "session": None})
    assert holds(w, old), "a token that names no session"
    same([r["current"] for r in look(w, old)], [False] * 3)
    fresh = end(w, here, others=True)["token"]
    same([holds(w, t) for t in (u.token, here, there, old)], [False] * 4)
    same([(str(claims(fresh)["session"]), True)], [(r["id"], r["current"]) for r in look(w, fresh)])
    same(claims(fresh)["exp"], claims(here)["exp"], "it lives no longer for that")
    # A token without a session gets one.
    old = w.forge({**claims(fresh), "session": None})
    third = end(w, old, others=True)["token"]
    same([holds(w, t) for t in (old, fresh, third)], [False, False, True])
    same([r["current"] for r in look(w, third)], [True])


@test
def test_a_new_password_ends_all(w):
    u = w.user()
    here = log_in(w, u)
    fresh = api(w, "PUT", "/api/auth/user/update", {"old_password": u.password, "new_password": "other"}, here)["token"]
    same([holds(w, t) for t in (u.token, here, fresh)], [False, False, True])
    same([r["current"] for r in look(w, fresh)], [True])


@test
def test_many_ended_one_by_one(w):
    """64 are remembered; one more, and all but the one that asks end."""
    u = w.user()
    here, there, last = (log_in(w, u) for _ in range(3))
    expires = (claims(here)["exp"]) * 1000
    epoch = claims(here)["epoch"]
    w.stack.sql("INSERT INTO sessions (user_id, session_id, epoch, ended_ms, created_ms, expires_ms, client) VALUES "
                + ", ".join(f"({u.id}, {n}, {epoch}, {n}, {n}, {expires}, '')" for n in range(1, 64)))
    same(end(w, here, session_id=claims(there)["session"]), None)
    same([holds(w, t) for t in (u.token, here, there, last)], [True, True, False, True])
    fresh = end(w, here, session_id=claims(last)["session"])["token"]
    same([holds(w, t) for t in (u.token, here, there, last, fresh)], [False] * 4 + [True])
    same([r["id"] for r in look(w, fresh)], [str(claims(here)["session"])])
    # The same by the one that ends itself: there is nothing to go on with.
    w.stack.sql(f"UPDATE sessions SET epoch = epoch + 1 WHERE user_id = {u.id} AND ended_ms > 0")
    w.stack.cache("flush_all")
    same(end(w, fresh, session_id=claims(fresh)["session"]), None)
    same(holds(w, fresh), False)


@test
def test_expired_sessions_are_removed(w):
    u = w.user()
    gone = log_in(w, u)
    w.stack.sql(f"UPDATE sessions SET expires_ms = 1 WHERE session_id = {claims(gone)['session']}")
    same(len(look(w, u.token)), 1)
    assert "no such session" in end(w, u.token, 400, session_id=claims(gone)["session"])
    done = w.stack.run([w.stack.program("bin/media_worker"), "--sweep"])
    same((done.returncode, w.stack.sql(f"SELECT COUNT(*) FROM sessions WHERE user_id = {u.id}")), (0, [["1"]]), done.stderr)
    assert holds(w, u.token)
