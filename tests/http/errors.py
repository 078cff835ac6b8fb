"""errors.py - errors that nothing else runs into: too many requests, a full disk quota, files that are too
large, tokens of disabled accounts, things that are not ready.

Every error that a program declares must have been seen by the end of the ring (contract.py).  The
invariant: what a program is asked here with another configuration, it is asked as CGI, and its reply is held
against openapi.json like those of the web server.
"""

import json

from api import ask, data, refused
from client import Client, File, Reply, encode, multipart
from contract import programs
from media import AVATAR, COVER, PREVIEW, Stopped, png, send
from report import same
from shell import cgi_environment, split
from world import test


def cgi(w, name, method, path, user=None, params=None, pairs=None, **env):
    """The reply of a program under another configuration, with an address of the documentation's."""
    kind, body = multipart(pairs) if pairs else ("application/json", json.dumps(params or {}).encode())
    target = path
    if method == "GET":
        target += "?" + encode(params or {})
    if method == "GET" or name == "upload":
        kind, body = "", b""
    if user:
        env["HTTP_AUTHORIZATION"] = "Bearer " + user.token
    done = w.stack.run([w.stack.program("cgi/" + name)], stdin=body,
                       env=cgi_environment(w, method, target, kind, body, **env))
    status, headers, text = split(done.stdout)
    reply = Reply(status, list(headers.items()), text, f"{method} {path} of {name}")
    if Client.observer:
        Client.observer(method, path, reply)
    return reply


def error(reply):
    """Its name, or its code in /douyin."""
    body = reply.json()
    return body.get("error") or body.get("status_code")


def anything(param):
    """A value that is good enough to reach the handler."""
    kind = param["type"]
    if kind == "int":
        return param["min"]
    return {"id": 4711, "bool": True, "ids": [4711], "texts": ["x"], "list": []}.get(kind, "x" * max(1, param.get("min", 1)))


@test
def test_every_rate_is_a_limit(w):
    limits = {"DOUFU_RATE_PER_SECOND": "1", "DOUFU_RATE_BURST": "1", "DOUFU_RATE_ADDR_PER_MINUTE": "1",
              "DOUFU_RATE_ADDR_BURST": "1"}
    tried = set()
    for name, told in programs().items():
        if told["rate"] == "none":
            continue
        for route in [r for r in told["routes"] if r["method"] == "POST" or r["method"] == "PUT" or r.get("rated")][:2]:
            user = w.user() if route["access"] != "none" else None
            fixed = {p.partition("=")[0] for p in route.get("set", "").split("&")}
            other = "douyin" if route["dialect"] == "api" else "api"
            params = {p["name"]: anything(p) for p in told["params"]
                      if (p["required"] or p["name"] == route.get("needs")) and p["name"] not in fixed and p.get("only") != other and p["type"] != "file"}
            pairs = [*params.items(), *((p["name"], File(b"no picture and no clip")) for p in told["params"]
                                        if p["type"] == "file")]
            for n in range(6):
                reply = cgi(w, name, route["method"], route["path"], user, params,
                            pairs if len(pairs) > len(params) else None, **limits)
                if error(reply) in ("too_fast", 40004):
                    break
            what = f"{name} {route['path']}: {reply.body[:200]!r}"
            assert error(reply) in ("too_fast", 40004), what
            assert "seconds" in (reply.json().get("message") or reply.json()["status_msg"]), what
            same(int(reply.header("retry-after") or 0) > 0, reply.status == 429, what)
            # Another user of the same address is no worse off, but where the address is what counts.
            if told["rate"] == "user":
                assert error(cgi(w, name, route["method"], route["path"], w.user(), params,
                                 pairs if len(pairs) > len(params) else None, **limits)) not in ("too_fast", 40004), what
            tried.add(name)
    assert {"user_check", "user_login", "video_view", "upload", "favorite_action"} <= tried, tried


@test
def test_disabled_accounts_and_no_token(w):
    """Of every operation that wants a token; by hand, as the admin command also ends the tokens."""
    gone = w.user()
    w.stack.sql(f"UPDATE users SET status = 2 WHERE id = {gone.id}")
    for name, told in programs().items():
        for route in told["routes"]:
            if route["access"] not in ("required", "admin") or route["method"] == "HEAD":
                continue
            path = route["path"] + ("0" * 32 if name == "upload" and route["method"] != "POST" else "")
            for user, words, http in ((None, "token", 401), (gone, "account_disabled", 403)):
                headers = {"Authorization": "Bearer " + user.token} if user else {}
                if route["method"] != "GET":
                    headers["Content-Type"] = "application/json"
                if name == "upload":
                    headers["Tus-Resumable"] = "1.0.0"
                reply = w.client.request(route["method"], path, headers, None if route["method"] == "GET" else b"")
                if route["dialect"] == "api":
                    same((reply.status, error(reply)), (http, words), f"{name} {path}")
                else:
                    same(error(reply), 10004 if user is None else 10020, f"{name} {path}")
    w.stack.sql(f"UPDATE users SET status = 1 WHERE id = {gone.id}")


@test
def test_what_does_not_fit(w):
    a = w.user()
    v = w.publish(a)
    w.settled(a)
    picture = File(png(300, 300, 7) + b"\0" * 2000, "p.png")
    uploads = [("publish_action", "/douyin/publish/action/", [("data", File(w.fresh_clip())), ("token", a.token), ("title", "x")]),
               ("user_avatar", AVATAR, [("avatar", picture)]),
               ("video_cover", COVER, [("video_id", v["id"]), ("cover", picture)])]
    for name, path, pairs in uploads:
        reply = cgi(w, name, "POST", path, a, pairs=pairs, DOUFU_USER_QUOTA="1")
        assert error(reply) in ("quota", 10021), f"{name}: {reply.body}"
        reply = cgi(w, name, "POST", path, a, pairs=pairs, DOUFU_UPLOAD_MAX="1K")
        assert error(reply) in ("file_too_large", 10014), f"{name}: {reply.body}"
    for name, path, pairs in uploads[1:]:
        reply = cgi(w, name, "POST", path, a, pairs=pairs, DOUFU_PICTURE_MAX="1K")
        same((reply.status, error(reply)), (413, "image_too_large"), name)
    reply = cgi(w, "upload", "POST", "/upload/", a, DOUFU_USER_QUOTA="1", HTTP_TUS_RESUMABLE="1.0.0",
                HTTP_UPLOAD_LENGTH="100000")
    same(error(reply), "quota")


@test
def test_what_is_not_ready(w):
    a = w.user()
    with Stopped(w):
        v = w.publish(a)
        refused(w, "processed", COVER, {"video_id": v["id"], "time_ms": 10}, a, method="POST")
        refused(w, "processed", PREVIEW, {"video_id": v["id"]}, a)
    w.settled(a)


@test
def test_what_is_not_there(w):
    a, m = w.user(), w.user()
    w.stack.admin("user", "role", m.name, "admin")
    for kind in ("video", "comment", "user", "message"):
        refused(w, "there is no such", "/api/admin/act", {"act": "dismiss", "kind": kind, "id": 4711}, m, method="POST")
    w.stack.admin("user", "role", m.name, "user")
    refused(w, "no such live room", "/api/danmu/stats", {"live_id": 4711})
    refused(w, "no such video", "/api/auth/video/update", {"video_id": 4711, "title": "x"}, a, method="POST")


@test
def test_too_many_mutes(w):
    a, b = w.user(), w.user()
    w.stack.sql("SET max_recursive_iterations = 10000; INSERT INTO blocks (user_id, other_id, kind, created_ms) WITH RECURSIVE n (i) AS (SELECT 1 "
                f"UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT {a.id}, i, 3, 1 FROM n")
    mute = "/api/auth/user/mute"
    refused(w, "release some first", mute, {"target_user_id": b.id}, a, method="POST")
    w.stack.sql(f"DELETE FROM blocks WHERE user_id = {a.id} AND other_id < 5000")
    data(w, mute, {"target_user_id": b.id}, a, method="POST")
    w.stack.sql(f"DELETE FROM blocks WHERE user_id = {a.id}")


@test
def test_guessing_to_delete_is_frozen(w):
    a = w.user()
    got = [error(cgi(w, "user_delete", "POST", "/api/auth/user/delete", a, {"password": "wrong"}, DOUFU_LOGIN_FREE="1"))
           for _ in range(3)]
    same(got, ["password", "frozen", "frozen"])
    ask(w, "/api/auth/user/profile", user=a)
