"""api.py - the /api dialect: every route that does what /douyin does, and what only /api has; its
envelope, shapes, names, errors, pages.  (Live rooms are in api_live.py, clips of one's own in owner.py.)

The shapes and routes of wire.md section 2 are written down here a second time, by hand.  The
invariant: every reply passes through ask(), which holds it against the envelope.
"""

import json
import os
import re
import time

from bad import Untouched, wrong_values
from client import Client, Raw, encode
from report import same, short, wait_for
from shell import cgi_environment
from stack import ROOT
from world import User, count, filled, flag, fold, positive, test, tests_of, text, url


def date_time(v):
    return isinstance(v, str) and re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", v) is not None


def seconds(v):
    return type(v) is int and 10 ** 9 < v < 10 ** 10


# A name with a "?" at its end may be missing.
MENTION = {"userId": positive, "name": filled, "begin": count, "end": positive}
USER = {"id": positive, "username": filled, "avatar": url, "about?": filled, "followCount": count,
        "followerCount": count, "isFollow": flag, "isPrivate?": flag}
RENDITION = {"url": url, "width": positive, "height": positive, "bytes": positive, "bitrate": positive}
COVER = {"url": url, "width": positive, "height": positive, "type": filled}
VIDEO = {"id": positive, "authorId": positive, "author": USER, "url": url, "coverUrl": url, "likeCount": count,
         "commentCount": count, "isLike": flag, "title": text, "publishTime": seconds,
         "description": text, "viewCount": count, "starCount": count, "shareCount": count, "isStar": flag,
         "state?": filled, "reason?": text,
         "width": count, "height": count, "durationMs": count, "renditions": [RENDITION], "covers": [COVER],
         "hlsUrl": text, "mentions": [MENTION], "descriptionMentions": [MENTION]}
COMMENT = {"id": positive, "userId": positive, "videoId": positive, "content": filled,
           "createTime": date_time, "replyToId": count, "replyToUserId": count, "rootId": count,
           "user": USER, "likeCount": count, "replyCount": count, "isLike": flag,
           "mentions": [MENTION]}
MESSAGE = {"id": positive, "receiveId": positive, "sendId": positive, "content": filled,
           "createTime": date_time, "isRead": flag}
FRIEND = {**USER, "message": text, "msgType": count}
RELATION = {"userId": positive, "isFollow": flag, "isFollowed": flag, "isMutual": flag, "isRequested?": flag,
            "isMuted?": flag}
LOGIN = {"user": USER, "token": filled, "notice?": text}
USER_STATS = {"userId": positive, "videoCount": count, "totalLikesReceived": count,
              "totalComments": count, "followCount": count, "followerCount": count, "friendCount": count}
VIDEO_STATS = {"videoId": positive, "viewCount": count, "likeCount": count, "commentCount": count,
               "shareCount": count}
VIDEO_COUNTS = {"videoId": positive, "likeCount": count, "commentCount": count, "starCount": count,
                "shareCount": count}
NOTIFICATION = {"id": positive, "userId": positive, "title": filled, "content": text, "type": filled,
                "relatedId": positive, "videoId": count, "count": positive, "actors": [USER],
                "isRead": flag, "createTime": date_time, "createTimeMs": positive}
UNREAD = dict.fromkeys(("total", "follow", "like", "comment", "reply", "mention", "message", "request"), count)
CONVERSATION = {"user": USER, "lastMessage": MESSAGE, "unreadCount": count}

# path: (method, viewer, shape of data (None: no data), parameters of a success)
ROUTES = {
    "/api/user/register": ("POST", "none", LOGIN, lambda c: {"username": c.w.name("api"), "password": "pw"}),
    "/api/user/login": ("POST", "none", LOGIN, lambda c: {"username": c.a.name, "password": c.a.password}),
    "/api/user/info": ("GET", "optional", USER, lambda c: {"user_id": c.a.id}),
    "/api/user/batch": ("GET", "optional", [USER], lambda c: {"ids": f"{c.a.id},{c.b.id}"}),
    "/api/user/check": ("GET", "none", {"username": filled, "exists": flag}, lambda c: {"username": c.a.name}),
    "/api/user/check/batch": ("POST", "none", [{"username": text, "exists": flag}],
                              lambda c: {"usernames": [c.a.name, "nobody at all"]}),
    "/api/user/stats": ("GET", "optional", USER_STATS, lambda c: {"user_id": c.a.id}),
    "/api/social/stats": ("GET", "optional", USER_STATS, lambda c: {"user_id": c.a.id}),
    "/api/user/videos": ("GET", "optional", [VIDEO], lambda c: {"user_id": c.a.id}),
    "/api/user/likes": ("GET", "optional", [VIDEO], lambda c: {"user_id": c.b.id}),
    "/api/video/feed": ("GET", "optional", {"videos": [VIDEO], "next_time": seconds, "next_cursor": text},
                        lambda c: {}),
    "/api/video/detail": ("GET", "optional", VIDEO, lambda c: {"id": c.video["id"]}),
    "/api/video/batch": ("GET", "optional", [VIDEO], lambda c: {"ids": c.video["id"]}),
    "/api/video/stats": ("GET", "optional", VIDEO_STATS, lambda c: {"video_id": c.video["id"]}),
    "/api/video/count": ("GET", "optional", {"count": count}, lambda c: {"user_id": c.a.id}),
    "/api/interaction/comments": ("GET", "optional", [COMMENT], lambda c: {"video_id": c.video["id"]}),
    "/api/auth/user/profile": ("GET", "required", {**USER, "isAdmin?": flag, "notice?": filled}, lambda c: {}),
    "/api/auth/user/update": ("PUT", "required", None, lambda c: {"about": "me"}),
    "/api/auth/social/follow": ("POST", "required", {"status": filled}, lambda c: {"target_user_id": c.w.user().id}),
    "/api/auth/social/unfollow": ("POST", "required", {"status": filled}, lambda c: {"target_user_id": c.followed()}),
    "/api/auth/social/following": ("GET", "required", [USER], lambda c: {}),
    "/api/auth/social/follower": ("GET", "required", [USER], lambda c: {}),
    "/api/auth/social/friends": ("GET", "required", [FRIEND], lambda c: {}),
    "/api/auth/social/check": ("GET", "required", RELATION, lambda c: {"target_user_id": c.b.id}),
    "/api/auth/social/check/batch": ("GET", "required", [RELATION], lambda c: {"ids": [c.b.id]}),
    "/api/auth/interaction/like": ("POST", "required", None, lambda c: {"video_id": c.fresh(False)}),
    "/api/auth/interaction/unlike": ("POST", "required", None, lambda c: {"video_id": c.fresh(True)}),
    "/api/auth/interaction/comment": ("POST", "required", COMMENT,
                                      lambda c: {"video_id": c.video["id"], "content": "好"}),
    "/api/auth/message/send": ("POST", "required", {"message_id": positive},
                               lambda c: {"receiver_id": c.b.id, "content": "hello"}),
    "/api/auth/message/list": ("GET", "required", [MESSAGE], lambda c: {"other_user_id": c.b.id}),
    "/api/interaction/counts": ("GET", "optional", VIDEO_COUNTS, lambda c: {"video_id": c.video["id"]}),
    "/api/auth/interaction/status": ("GET", "required", [{"videoId": positive, "isLike": flag, "isStar": flag}],
                                     lambda c: {"video_ids": c.video["id"]}),
    "/api/auth/notifications": ("GET", "required", [NOTIFICATION], lambda c: {}),
    "/api/auth/notifications/unread": ("GET", "required", UNREAD, lambda c: {}),
    "/api/auth/message/conversations": ("GET", "required", [CONVERSATION], lambda c: {}),
    "/api/auth/message/unread": ("GET", "required", {"count": count}, lambda c: {}),
}
# Lists of which data is the list itself, and their other parameters.
PAGED = ["/api/user/videos", "/api/user/likes", "/api/interaction/comments", "/api/auth/social/following",
         "/api/auth/social/follower", "/api/auth/social/friends", "/api/auth/message/list"]
# And those that other modules look at.
CURSORS = ["/api/auth/notifications", "/api/auth/message/conversations"]


def fits(value, shape, where):
    if isinstance(shape, dict):
        assert isinstance(value, dict), f"{where} is no object: {short(value)}"
        names = {k.rstrip("?"): v for k, v in shape.items()}
        missing = {k for k in shape if not k.endswith("?")} - set(value)
        assert not missing and set(value) <= set(names), f"{where}: keys {sorted(value)}"
        for k, v in value.items():
            fits(v, names[k], f"{where}.{k}")
    elif isinstance(shape, list):
        assert isinstance(value, list), f"{where} is no list: {short(value)}"
        for i, row in enumerate(value):
            fits(row, shape[0], f"{where}[{i}]")
    else:
        assert shape(value), f"{where} is {short(value)}: not {shape.__name__}"


def ask(w, path, params=None, user=None, http=200, method=None, how=None, client=None, **headers):
    """The whole reply, held against the envelope and, where ROUTES has one, the shape."""
    verb, _, shape, _ = ROUTES.get(path, ("GET", "", None, None))
    method = method or verb
    headers = {k.replace("_", "-"): v for k, v in headers.items()}
    if user is not None:
        headers["Authorization"] = "Bearer " + (user.token if isinstance(user, User) else user)
    body, target = None, path
    if method == "GET":
        flat = {k: json.dumps(v) if isinstance(v, list) else v for k, v in (params or {}).items()}
        target += "?" + encode(flat) if flat else ""
    elif how == "form":
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = encode(params or {}).encode()
    else:
        headers["Content-Type"] = "application/json"
        body = json.dumps(params or {}).encode()
    reply = (client or w.client).request(method, target, headers, body)
    r = reply.json()
    what = f"{reply.what} {short(params)} -> {short(reply.body.decode(errors='replace'), 300)}"
    same((reply.status, r.get("code")), (http, http), what)
    same(reply.header("access-control-allow-origin"), "*", what)
    same(reply.header("content-type"), "application/json; charset=utf-8", what)
    assert filled(r.get("message")), what
    if http != 200:
        same(sorted(r), ["code", "error", "message"], what)
        return r
    assert set(r) <= {"code", "message", "data", "next_cursor"}, what
    same(r["message"], "success", what)
    if path in ROUTES:
        if shape is not None:
            fits(r.get("data"), shape, path)
        same("next_cursor" in r, path in PAGED or path in CURSORS or path == "/api/danmu/list" or path == "/api/danmu/history"
             or path == "/api/live/list", f"{what}: next_cursor")
    return r


def data(w, path, params=None, user=None, **more):
    return ask(w, path, params, user, **more).get("data")


def refused(w, word, path, params=None, user=None, http=400, **more):
    """An error whose message has the word."""
    message = ask(w, path, params, user, http=http, **more)["message"]
    assert word in message, f"{path} {short(params)}: \"{message}\" has no \"{word}\""


class Cast:
    """a has a clip that b likes and commented on; they are friends and wrote to each other."""

    def __init__(self, w):
        self.w = w
        self.a, self.b = w.user("A"), w.user("B")
        self.video = w.publish(self.a)
        w.like(self.b, self.video)
        w.comment(self.b, self.video)
        w.follow(self.a, self.b)
        w.follow(self.b, self.a)
        w.tell(self.a, self.b, "hi")
        ask(w, "/api/auth/interaction/star", {"video_id": self.video["id"]}, self.a, method="POST")
        w.quiet()

    def followed(self):
        other = self.w.user()
        self.w.follow(self.a, other)
        return other.id

    def fresh(self, liked):
        """The clip, which a likes or does not."""
        w = self.w
        w.call("favorite_action", {"token": self.a.token, "video_id": self.video["id"],
                                   "action_type": 1 if liked else 2})
        return self.video["id"]

    def params(self, path):
        return ROUTES[path][3](self)


def cast(w):
    if not hasattr(w, "api_cast"):
        w.api_cast = Cast(w)
    return w.api_cast


def described(w):
    """{path: (method, parameters as /api calls them, program)} of all programs that answer in /api."""
    if not hasattr(w, "api_described"):
        import os
        import stack
        found = {}
        for name in sorted(os.listdir(os.path.join(stack.BUILD, "cgi"))):
            if "." in name:
                continue
            d = json.loads(w.stack.run([w.stack.program("cgi/" + name), "--describe"]).stdout)
            for route in d["routes"]:
                if route["dialect"] != "api":
                    continue
                fixed = {p.partition("=")[0] for p in route.get("set", "").split("&")}
                found[route["path"]] = (route["method"], route["access"], [
                    {**p, "name": p.get("api", p["name"])} for p in d["params"]
                    if p.get("only") != "douyin" and p["name"] not in fixed])
        w.api_described = found
    return w.api_described


# ---- what holds for every route ----


@tests_of
def routes(w):
    for path in ROUTES:
        yield f"api_route {path}", lambda world, p=path: route(world, p)
        if described(w)[path][2]:
            yield f"api_bad {path}", lambda world, p=path: bad_values(world, p)


def route(w, path):
    c = cast(w)
    method, viewer, shape, _ = ROUTES[path]
    same(described(w)[path][:2], (method, viewer))
    if viewer == "required":
        same(ask(w, path, c.params(path), http=401)["code"], 401)
        for token in ("x", "a.b.c", w.forge(w.claims(c.a, exp=1)), w.forge(w.claims(c.a), key=b"x" * 64)):
            ask(w, path, c.params(path), token, http=401)
    else:
        ask(w, path, c.params(path))
        ask(w, path, c.params(path), "x.y.z")  # an old token is as none
    r = ask(w, path, c.params(path), c.a)
    same("data" in r, shape is not None, "data")
    if method == "GET":
        assert r["data"] != [], "an empty list shows nothing"
    else:
        ask(w, path, c.params(path), c.a, how="form") if not path.endswith("/batch") else None
    # The scheme's case and the token of the other dialect's login do not matter.
    login = w.good("user_login", {"username": c.a.name, "password": c.a.password})["token"]
    ask(w, path, c.params(path), Authorization="bearer " + login)
    for lang, word in (("zh-CN", "成功"), ("en", "success")):
        reply = w.client.request("OPTIONS", path, {"Accept-Language": lang})
        same((reply.status, reply.body), (204, b""))
        same(reply.header("access-control-allow-origin"), "*")
        same(reply.header("access-control-max-age"), "86400")
        assert {"GET", "POST", "PUT", "DELETE", "OPTIONS"} <= set(
            reply.header("access-control-allow-methods").split(", ")), reply.headers
        assert {"Content-Type", "Authorization"} <= set(
            reply.header("access-control-allow-headers").split(", ")), reply.headers
    ask(w, path, {}, http=405, method="DELETE")


def bad_values(w, path):
    """Every parameter, everything that can be wrong with it: 400, its name, and no row changes."""
    c = cast(w)
    method, viewer, params = described(w)[path]
    good = c.params(path)
    user = c.a if viewer != "none" else None
    with Untouched(w):
        for param in params:
            name = param["name"]
            if param["required"]:
                refused(w, name, path, {k: v for k, v in good.items() if k != name}, user)
            if param["type"] == "texts":
                for value in ("x", {}, [1], [None], ["a\0"], ["a"] * 101, ["x" * 1001]):
                    refused(w, name, path, {**good, name: value}, user)
                continue
            for value, must in wrong_values(param):
                size = len(value.text) if isinstance(value, Raw) else 3 * len(value)
                if not must or (method == "GET" and size > 4000):
                    continue
                refused(w, name, path, {**good, name: value}, user, how="form")


@test
def test_api_bodies(w):
    c = cast(w)
    path = "/api/user/login"
    for body in (b"{", b"[]", b"null", b"1", b'"x"', b"\xff", b'{"username":"a"', b"{" * 2000, b'{"username":{}}'):
        reply = w.client.request("POST", path, {"Content-Type": "application/json"}, body)
        same((reply.status, reply.json()["code"]), (400, 400), f"{body[:20]}")
    reply = w.client.request("POST", path, {"Content-Type": "application/json"}, b"{" + b" " * 70000 + b"}")
    same(reply.status, 413)
    # Unknown members are ignored, null is as if absent, numbers may stand where texts do.
    data(w, path, {"username": c.a.name, "password": c.a.password, "more": {"x": [1]}, "device": None})
    refused(w, "username", path, {"username": None, "password": "x"})


@test
def test_api_body_types(w):
    """A body is read or refused: one that was passed over would be one without parameters, which means all."""
    a, b = w.user(), w.user()
    clips = w.works(b, 2)
    clear, path = "/api/auth/user/history/clear", "/api/auth/user/update"

    def post(kind, body, target=clear, method="POST", **more):
        headers = {"Authorization": "Bearer " + a.token, **({"Content-Type": kind} if kind else {}), **more}
        return w.client.request(method, target, headers, body)

    def watched():
        return {v["id"] for v in data(w, "/api/auth/user/history", user=a)["videos"]}
    json_body = b' \r\n\t{"video_id": %d}' % clips[0]["id"]
    for kind in (None, "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "application/octet-stream",
                 "application/vnd.doufu+json", "APPLICATION/MERGE-PATCH+JSON; charset=utf-8", "text/json", "*"):
        ask(w, "/api/video/view", {"views": [{"video_id": v["id"], "watched_ms": 9} for v in clips]}, a, method="POST")
        same(watched(), {v["id"] for v in clips})
        same(post(kind, json_body).status, 200, kind)
        same(watched(), {clips[1]["id"]}, f"{kind}: only what was said")
        same(post(kind, b'{"about": "by %s"}' % (kind or "none").encode(), path, "PUT").status, 200)
        same(data(w, "/api/auth/user/profile", user=a)["about"], f"by {kind or 'none'}")
    for kind, body, error in (("text/plain", b"video_id=5", "body"), ("application/xml", b"<video_id>5</video_id>", "body"),
                              ("application/xml", b" ", "body"), (None, b"[5]", "param"), ("text/plain", b"{5", "param"),
                              ("text/x+json", b"5", "param"), ("multipart/mixed; boundary=x", b"--x--", "body"),
                              ("application/x-www-form-urlencoded", b'[{"video_id":5}]', "param"),
                              ("text/plain", b"x" * 70000, "too_large")):
        r = post(kind, body)
        same((r.status, r.json()["error"]), (413 if error == "too_large" else 400, error), f"{kind} {body[:20]}")
        if error == "body":
            assert "send application/json" in r.json()["message"], r.body
            zh = post(kind, body, Accept_Language="zh", **{"Accept-Language": "zh"}).json()["message"]
            assert "application/json" in zh and "请" in zh, zh
    same(watched(), {clips[1]["id"]}, "nothing was lost")
    same(post("text/plain", b"").status, 200, "nothing is nothing, of whatever type")
    same(watched(), set())
    # /douyin passes over what it cannot read: its parameters may stand in the query.
    w.good("user", {"user_id": a.id})
    r = w.client.request("GET", f"/douyin/user/?user_id={a.id}", {"Content-Type": "text/plain"}, b"{}")
    same(r.json()["status_code"], 0)


def sample(w, name, schema):
    """A value that the schema allows."""
    kind = schema["type"]
    if kind == "integer":
        return min(max(4711, schema.get("minimum", 0)), schema.get("maximum", 4711))
    if kind == "array":
        return [sample(w, name, schema["items"])]
    if kind == "object":
        return {n: sample(w, n, schema["properties"][n]) for n in schema.get("required", [])}
    return True if kind == "boolean" else w.name("o") if name == "username" else "x" * max(1, schema.get("minLength", 1))


# One of several is needed, which openapi.json says in words.
ONE_OF = {"/api/auth/recommend/dismiss", "/api/auth/user/session/end", "/api/auth/video/status", "/api/video/view"}


@test
def test_openapi_tells_what_is_required(w):
    with open(os.path.join(ROOT, "htdocs/openapi.json"), encoding="utf-8") as f:
        paths = json.load(f)["paths"]
    looked = 0
    for path, at in paths.items():
        for method, op in at.items() if path.startswith("/api/") else ():
            body = op.get("requestBody")
            if body and "application/json" not in body["content"]:
                continue
            schema = body["content"]["application/json"]["schema"] if body else {
                "type": "object", "properties": {p["name"]: p["schema"] for p in op.get("parameters", [])},
                "required": [p["name"] for p in op.get("parameters", []) if p["required"]]}
            same((body or {}).get("required", False), body is not None and "required" in schema, path)
            user = w.user() if op["security"] else None
            full = sample(w, "", schema)
            for left_out in [None, *full]:
                params = {k: v for k, v in full.items() if k != left_out}
                headers = {"Content-Type": "application/json", **({"Authorization": "Bearer " + user.token} if user else {})}
                target = path if body else path + "?" + encode({k: json.dumps(v) if isinstance(v, list) else v
                                                               for k, v in params.items()})
                r = w.client.request(method.upper(), target, headers, json.dumps(params).encode() if body else None)
                missing = "is missing" in r.json().get("message", "")
                if r.status not in (401, 403) and path not in ONE_OF:
                    same(missing, left_out is not None, f"{method} {path} without {left_out}: {r.body[:200]!r}")
                    looked += 1
            for name, one in schema["properties"].items():
                if name.endswith("_id") and one["type"] == "integer" and one.get("minimum") == 0:
                    assert name not in schema.get("required", []), f"{path} {name}"
    assert looked > 100, looked
    clear = paths["/api/auth/user/history/clear"]["post"]["requestBody"]
    same(clear["content"]["application/json"]["schema"]["properties"]["video_id"]["minimum"], 0, "absent or 0")
    assert "required" not in clear, clear


@test
def test_health_and_unknown_addresses(w):
    for path in ("/health", "/health/", "/api/", "/api"):
        reply = w.client.request("GET", path)
        same((reply.status, reply.json()), (200, {"status": "OK"}))
    for path in ("/api/nothing", "/api/user/nothing", "/api/auth/x", "/api/user/login/x"):
        reply = w.client.request("GET", path)
        same((reply.status, reply.json()["code"]), (404, 404), path)
        same(reply.header("access-control-allow-origin"), "*")
    same(w.client.request("POST", "/health", {}, b"").status, 405)


# ---- accounts ----


@test
def test_api_register_and_login(w):
    name = w.name("reg")
    r = data(w, "/api/user/register", {"username": name, "password": "p" * 72,
                                       "avatar": "https://pics.example/a.png", "about": "我\n是我"})
    u = r["user"]
    same({k: u[k] for k in ("username", "avatar", "about", "followCount", "followerCount", "isFollow")},
         {"username": name, "avatar": "https://pics.example/a.png", "about": "我\n是我", "followCount": 0,
          "followerCount": 0, "isFollow": False})
    same(w.good("user", {"token": r["token"]})["user"]["signature"], "我\n是我", "the token works in /douyin")
    same(data(w, "/api/user/login", {"username": name, "password": "p" * 72})["user"], u)
    refused(w, "taken", "/api/user/register", {"username": name, "password": "x"})
    refused(w, "taken", "/api/user/register", {"username": name.upper(), "password": "x"})
    for what in ({"username": name, "password": "wrong"}, {"username": w.name("no"), "password": "wrong"}):
        refused(w, "user name or password", "/api/user/login", what)
    refused(w, "password", "/api/user/register", {"username": w.name(), "password": "p" * 73})
    refused(w, "username", "/api/user/register", {"username": "n" * 33, "password": "p"})
    for avatar in ("javascript:alert(1)", "/etc/passwd", "ftp://x/y", "http://", "https:///x", "http://x y",
                   'http://x/"', "data:image/png;base64,xx", "http://x/<b>"):
        refused(w, "avatar", "/api/user/register", {"username": w.name(), "password": "p", "avatar": avatar})
    plain = data(w, "/api/user/register", {"username": w.name(), "password": "p"})["user"]
    assert "about" not in plain and plain["avatar"].startswith(w.client.base), plain
    # Accounts of one dialect are those of the other.
    d = w.user()
    same(data(w, "/api/user/login", {"username": d.name, "password": d.password})["user"]["id"], d.id)


@test
def test_api_update(w):
    u = w.user()
    path, me = "/api/auth/user/update", "/api/auth/user/profile"
    ask(w, path, {"avatar": "http://p.example/1.png", "about": "one"}, u)
    r = data(w, me, user=u)
    same((r["avatar"], r["about"]), ("http://p.example/1.png", "one"))
    ask(w, path, {"about": "two"}, u)
    r = data(w, me, user=u)
    same((r["avatar"], r["about"]), ("http://p.example/1.png", "two"), "absent leaves")
    # A scheme is written in any case.
    for avatar, stored in (("HTTP://X/Y", "http://X/Y"), ("Https://p.example/A.png", "https://p.example/A.png")):
        ask(w, path, {"avatar": avatar}, u)
        same(data(w, me, user=u)["avatar"], stored)
        made = data(w, "/api/user/register", {"username": w.name(), "password": "p", "avatar": avatar})["user"]
        same(made["avatar"], stored)
    ask(w, path, {"avatar": "", "about": ""}, u)
    r = data(w, me, user=u)
    assert "about" not in r and r["avatar"].startswith(w.client.base), f"empty clears: {r}"
    ask(w, path, {}, u)
    refused(w, "avatar", path, {"avatar": "javascript:1", "about": "no"}, u)
    assert "about" not in data(w, me, user=u), "a refused update changes nothing"
    refused(w, "old_password", path, {"new_password": "new"}, u)
    refused(w, "new_password", path, {"old_password": u.password}, u)
    refused(w, "password is wrong", path, {"old_password": "wrong", "new_password": "new", "about": "no"}, u)
    assert "about" not in data(w, me, user=u)
    token = data(w, path, {"old_password": u.password, "new_password": "new 密码", "about": "kept"}, u)["token"]
    ask(w, me, user=u, http=401)  # all older tokens are void
    same(data(w, me, user=token)["about"], "kept")
    refused(w, "user name or password", "/api/user/login", {"username": u.name, "password": u.password})
    same(data(w, "/api/user/login", {"username": u.name, "password": "new 密码"})["user"]["id"], u.id)
    # Guessing the old password freezes, as guessing at a login does.
    other = Client(w.client.host, w.client.port, source="127.0.0.77")
    statuses = []
    for _ in range(12):
        reply = other.request("PUT", path, {"Authorization": "Bearer " + token, "Content-Type": "application/json"},
                              b'{"old_password":"guess","new_password":"x"}')
        statuses.append(reply.status)
    same(statuses[-1], 429, f"{statuses}")


@test
def test_api_user_info(w):
    c = cast(w)
    by_id = data(w, "/api/user/info", {"user_id": c.a.id}, c.b)
    same(by_id, data(w, "/api/user/info", {"username": c.a.name.upper()}, c.b), "by name, as it is compared")
    same((by_id["id"], by_id["isFollow"]), (c.a.id, True))
    same(data(w, "/api/user/info", {"user_id": c.a.id})["isFollow"], False)
    same(data(w, "/api/user/info", user=c.b)["id"], c.b.id)
    ask(w, "/api/user/info", http=401)
    refused(w, "no such user", "/api/user/info", {"user_id": 4711})
    refused(w, "no such user", "/api/user/info", {"username": "nobody at all"})
    same(data(w, "/api/auth/user/profile", {"user_id": c.a.id, "username": c.a.name}, c.b)["id"], c.b.id,
         "a profile is one's own")


@test
def test_api_batches(w):
    c = cast(w)
    ids = [c.b.id, 4711, c.a.id, c.b.id]
    for value in (ids, ",".join(map(str, ids))):
        rows = data(w, "/api/user/batch", {"ids": value}, c.b)
        same([u["id"] for u in rows], [c.b.id, c.a.id, c.b.id])
        same([u["isFollow"] for u in rows], [False, True, False])
    same(data(w, "/api/user/batch", {"ids": 4711}), [])
    mine = [w.publish(c.a)["id"], c.video["id"]]
    rows = data(w, "/api/video/batch", {"ids": [mine[0], 4711, mine[1]]}, c.b)
    same([(v["id"], v["isLike"], v["authorId"]) for v in rows],
         [(mine[0], False, c.a.id), (mine[1], True, c.a.id)])
    w.stack.sql(f"UPDATE videos SET visible = 0, hidden = 1 WHERE id = {mine[0]}")
    w.stack.cache("flush_all")
    wait_for("what is hidden is left out", 10, lambda: [v["id"] for v in data(
        w, "/api/video/batch", {"ids": mine})] == [mine[1]], 0.3)
    refused(w, "no such video", "/api/video/detail", {"id": mine[0]})
    w.stack.sql(f"UPDATE videos SET visible = 1, hidden = 0 WHERE id = {mine[0]}")
    w.stack.cache("flush_all")
    wait_for("it is back", 10, lambda: len(data(w, "/api/video/batch", {"ids": mine})) == 2, 0.3)


@test
def test_api_name_checks(w):
    c = cast(w)
    same(data(w, "/api/user/check", {"username": c.a.name})["exists"], True)
    same(data(w, "/api/user/check", {"username": c.a.name.upper()})["exists"], True)
    same(data(w, "/api/user/check", {"username": w.name("free")}), {"username": f"free{w.seed}{w.count}",
                                                                    "exists": False})
    same(data(w, "/api/user/check/batch", {"usernames": [c.b.name, "x y z", " ", "字" * 500]}),
         [{"username": c.b.name, "exists": True}, {"username": "x y z", "exists": False},
          {"username": " ", "exists": False}, {"username": "字" * 500, "exists": False}])
    refused(w, "usernames", "/api/user/check/batch", {"usernames": []})
    refused(w, "usernames", "/api/user/check/batch", {"username": "x"})
    refused(w, "username", "/api/user/check", {})


# ---- clips ----


@test
def test_api_feed(w):
    a, b = w.user(), w.user()
    works = w.works(a, 3)
    w.quiet()
    r = data(w, "/api/video/feed", user=b)
    same(r["next_time"], r["videos"][-1]["publishTime"])
    times = [v["publishTime"] for v in r["videos"]]
    assert 10 <= len(times) <= 30 and times == sorted(times, reverse=True), times
    same([v["id"] for v in r["videos"][:3]], [v["id"] for v in works[::-1]])
    w.like(b, works[1])
    same([v["isLike"] for v in data(w, "/api/video/feed", {"page_size": 3}, b)["videos"][:3]], [False, True, False])
    same([v["isLike"] for v in data(w, "/api/video/feed", {"page_size": 3}, "stale")["videos"][:3]], [False] * 3)
    # Seconds in, seconds out, strictly older; ms are taken, too.
    at = r["videos"][0]["publishTime"]
    older = data(w, "/api/video/feed", {"latest_time": at})["videos"]
    assert all(v["publishTime"] < at for v in older), older
    assert data(w, "/api/video/feed", {"latest_time": 1})["videos"] == []
    same(abs(data(w, "/api/video/feed", {"latest_time": 1})["next_time"] - time.time()) < 60, True)
    # By cursor nothing is lost, repeated or disturbed by what arrives.
    seen, cursor, late = [], "", None
    for _ in range(300):
        r = data(w, "/api/video/feed", {"page_size": 7, **({"cursor": cursor} if cursor else {})})
        seen += [v["id"] for v in r["videos"]]
        cursor = r["next_cursor"]
        if late is None:
            late = w.publish(a)["id"]
        if not cursor:
            break
    rows = [int(x[0]) for x in w.stack.sql("SELECT id FROM videos WHERE visible = 1 "
                                           "ORDER BY published_ms DESC, id DESC")]
    rows.remove(late)
    same(seen, rows)
    r = w.client.get(f"/api/video/feed?page_size=50&latest_time={int(time.time() * 1000) - 1}").json()
    same(len(r["data"]["videos"]), min(50, len(rows) + 1))
    refused(w, "page_size", "/api/video/feed", {"page_size": 51})


@test
def test_api_feed_by_whole_seconds(w):
    """next_time sent again as latest_time loses nothing, however many clips are of one second."""
    a = w.user()
    w.quiet()
    time.sleep(1.02 - time.time() % 1)
    works = [v["id"] for v in w.works(a, 9)][::-1]
    seen, at, pages = [], {}, 0
    while not set(works) <= set(seen) and pages < 9:
        r = data(w, "/api/video/feed", {"page_size": 4, **at})
        assert len(r["videos"]) <= 12, len(r["videos"])
        seen += [v["id"] for v in r["videos"]]
        at, pages = {"latest_time": r["next_time"]}, pages + 1
    same([i for i in seen if i in works], works, "each once, newest first")
    same(len(seen), len(set(seen)))
    # Not where the place is exact, nor in /douyin.
    newest = {v: ms for v, ms in ((int(i), int(ms)) for i, ms in w.stack.sql(
        f"SELECT id, published_ms FROM videos WHERE author_id = {a.id}"))}[works[0]]
    for place in (f"latest_time={newest + 1}", f"cursor={newest + 1}_0"):
        r = w.client.get("/api/video/feed?page_size=2&" + place).json()["data"]
        same([v["id"] for v in r["videos"]], works[:2], place)
    for latest in (0, newest // 1000 + 100):
        same(len(w.good("feed", {"page_size": 2, "latest_time": latest})["video_list"]), 2, "/douyin")


@test
def test_api_feed_by_whole_seconds_beyond_its_head(w):
    """The same where the newest clips that are kept in memory (lib/model/video_feed.c) end, and behind them."""
    author, second, each, n = w.user(), 11 * 10 ** 8, 7, 560
    w.stack.sql("INSERT INTO videos (id, author_id, title, visible, state, published_ms, updated_ms, play_path, "
                f"cover_path, size_bytes) SELECT seq, {author.id}, 'x', 1, 3, {second}000 + (seq DIV {each}) * 1000 + "
                f"seq MOD {each}, 1, 'v/x', 'c/x', 1 FROM seq_1_to_{n}")
    try:
        w.publish(w.user())  # the head is read anew
        seen, sizes, at = [], [], second + n
        for _ in range(n):
            r = data(w, "/api/video/feed", {"page_size": 3, "latest_time": at})
            if not r["videos"]:
                break
            seen += [v["id"] for v in r["videos"]]
            sizes.append(len(r["videos"]))
            at = r["next_time"]
        same(seen, list(range(n, 0, -1)))
        same(set(sizes[1:-1]), {each}, "a second a page")
    finally:
        w.stack.sql(f"DELETE FROM videos WHERE author_id = {author.id}")
        w.publish(w.user())


@test
def test_api_detail_counts_plays(w):
    a, b = w.user(), w.user()
    v = w.publish(a)
    def stored():
        return int(w.stack.sql(f"SELECT COALESCE(SUM(views), 0) FROM counters WHERE owner_id = {v['id']}")[0][0])
    r = data(w, "/api/video/detail", {"id": v["id"]}, b)
    same((r["id"], r["authorId"], r["title"], r["isLike"]), (v["id"], a.id, v["title"], False))
    same(stored(), 1)
    data(w, "/api/video/detail", {"id": v["id"]}, b)
    same(stored(), 1, "once in a window")
    data(w, "/api/video/detail", {"id": v["id"]}, a)
    same(stored(), 2)
    same(data(w, "/api/video/stats", {"video_id": v["id"]})["viewCount"], 2)
    w.like(b, v)
    same(data(w, "/api/video/detail", {"id": v["id"]}, b)["isLike"], True)
    refused(w, "no such video", "/api/video/detail", {"id": 4711})
    refused(w, "no such video", "/api/video/stats", {"video_id": 4711})


@test
def test_api_likes_and_comments(w):
    a, b = w.user(), w.user()
    v = w.publish(a)
    like, unlike = "/api/auth/interaction/like", "/api/auth/interaction/unlike"
    ask(w, like, {"video_id": v["id"]}, b)
    refused(w, "already", like, {"video_id": v["id"]}, b)
    same(data(w, "/api/video/stats", {"video_id": v["id"]})["likeCount"], 1)
    same([x["id"] for x in data(w, "/api/user/likes", {"user_id": b.id}, a)], [v["id"]])
    same(w.profile(a)["total_favorited"], 1)
    refused(w, "no such video", like, {"video_id": 4711}, b)
    first = data(w, "/api/auth/interaction/comment", {"video_id": v["id"], "content": "one\ntwo"}, b)
    same((first["userId"], first["videoId"], first["content"], first["replyToId"]),
         (b.id, v["id"], "one\ntwo", 0))
    second = data(w, "/api/auth/interaction/comment", {"video_id": v["id"], "content": "again"}, a)
    same(data(w, "/api/interaction/comments", {"video_id": v["id"]}), [second, first], "newest first")
    for content in ("", " \n", "　"):
        refused(w, "content", "/api/auth/interaction/comment", {"video_id": v["id"], "content": content}, b)
    refused(w, "no such video", "/api/auth/interaction/comment", {"video_id": 4711, "content": "x"}, b)
    refused(w, "no such video", "/api/interaction/comments", {"video_id": 4711})
    r = data(w, "/api/video/detail", {"id": v["id"]}, b)
    same((r["likeCount"], r["commentCount"], r["isLike"]), (1, 2, True))
    same({k: n for k, n in data(w, "/api/user/stats", {"user_id": a.id}).items() if k != "userId"},
         {"videoCount": 1, "totalLikesReceived": 1, "totalComments": 2, "followCount": 0, "followerCount": 0,
          "friendCount": 0})
    ask(w, unlike, {"video_id": v["id"]}, b)
    refused(w, "nothing to undo", unlike, {"video_id": v["id"]}, b)
    same(data(w, "/api/video/stats", {"video_id": v["id"]})["likeCount"], 0)
    same(data(w, "/api/user/likes", user=b), [])
    ask(w, "/api/user/likes", http=401)
    refused(w, "no such user", "/api/user/likes", {"user_id": 4711})


@test
def test_api_user_videos_and_counts(w):
    a, b = w.user(), w.user()
    works = w.works(a, 2)
    w.quiet()
    rows = data(w, "/api/user/videos", {"user_id": a.id}, b)
    same([v["id"] for v in rows], [v["id"] for v in works[::-1]])
    assert not any("state" in v for v in rows), "only its owner sees a clip's state"
    own = data(w, "/api/user/videos", user=a)
    same([v["state"] for v in own], ["ready"] * 2)
    same(data(w, "/api/video/count", {"user_id": a.id})["count"], 2)
    same(data(w, "/api/video/count", {"user_id": b.id})["count"], 0)
    refused(w, "no such user", "/api/video/count", {"user_id": 4711})
    refused(w, "no such user", "/api/user/videos", {"user_id": 4711})
    w.stack.cache("flush_all")
    want = int(w.stack.sql("SELECT COUNT(*) FROM videos WHERE visible = 1")[0][0])
    wait_for("all clips are counted", 10, lambda: data(w, "/api/video/count")["count"] == want, 0.3)


# ---- people ----


@test
def test_api_follows(w):
    a, b, x = w.user(), w.user(), w.user()
    follow, unfollow = "/api/auth/social/follow", "/api/auth/social/unfollow"
    ask(w, follow, {"target_user_id": b.id}, a)
    refused(w, "already", follow, {"target_user_id": b.id}, a)
    refused(w, "oneself", follow, {"target_user_id": a.id}, a)
    refused(w, "no such user", follow, {"target_user_id": 4711}, a)
    refused(w, "nothing to undo", unfollow, {"target_user_id": x.id}, a)
    same([(u["id"], u["isFollow"]) for u in data(w, "/api/auth/social/following", user=a)], [(b.id, True)])
    same([(u["id"], u["isFollow"]) for u in data(w, "/api/auth/social/follower", user=b)], [(a.id, False)])
    same((data(w, "/api/auth/user/profile", user=a)["followCount"],
          data(w, "/api/auth/user/profile", user=b)["followerCount"]), (1, 1), "both counters moved")
    def relation(one, other):
        r = data(w, "/api/auth/social/check", {"target_user_id": other.id}, one)
        same(r["userId"], other.id)
        return r["isFollow"], r["isFollowed"], r["isMutual"]
    same((relation(a, b), relation(b, a), relation(a, x)),
         ((True, False, False), (False, True, False), (False, False, False)))
    same(data(w, "/api/auth/social/friends", user=a), [])
    ask(w, follow, {"target_user_id": a.id}, b)
    same(relation(a, b), (True, True, True))
    batch = data(w, "/api/auth/social/check/batch", {"ids": [x.id, b.id, 4711]}, a)
    same([(r["userId"], r["isMutual"]) for r in batch], [(x.id, False), (b.id, True), (4711, False)])
    refused(w, "ids", "/api/auth/social/check/batch", {"target_user_id": b.id}, a)
    refused(w, "target_user_id", "/api/auth/social/check", {"ids": [b.id]}, a)
    w.tell(b, a, "psst")
    r = data(w, "/api/auth/social/friends", user=a)
    same([(u["id"], u["message"], u["msgType"]) for u in r], [(b.id, "psst", 0)])
    stranger = data(w, "/api/auth/social/friends", {"user_id": a.id}, x)
    same([(u["id"], u["message"]) for u in stranger], [(b.id, "")], "what two people write is nobody else's")
    s = data(w, "/api/social/stats", {"user_id": a.id})
    same((s["followCount"], s["followerCount"], s["friendCount"]), (1, 1, 1))
    ask(w, unfollow, {"target_user_id": b.id}, a)
    s = data(w, "/api/social/stats", user=a)
    same((s["followCount"], s["followerCount"], s["friendCount"]), (0, 1, 0))
    ask(w, "/api/social/stats", http=401)
    refused(w, "no such user", "/api/social/stats", {"user_id": 4711})


@test
def test_api_messages(w):
    a, b, x = w.user(), w.user(), w.user()
    send, path = "/api/auth/message/send", "/api/auth/message/list"
    ids = [data(w, send, {"receiver_id": b.id, "content": f"m{i}"}, a)["message_id"] for i in range(5)]
    ids.append(data(w, send, {"receiver_id": a.id, "content": "reply"}, b)["message_id"])
    for user, other in ((a, b), (b, a)):
        rows = data(w, path, {"other_user_id": other.id}, user)
        same([m["id"] for m in rows], ids[::-1], "newest first")
        same((rows[0]["sendId"], rows[0]["receiveId"], rows[0]["content"]), (b.id, a.id, "reply"))
    same([m["content"] for m in w.chat(a, b)], ["m0", "m1", "m2", "m3", "m4", "reply"], "/douyin: oldest first")
    older = data(w, path, {"other_user_id": b.id, "last_message_id": ids[3], "page_size": 2}, a)
    same([m["id"] for m in older], [ids[2], ids[1]])
    same(data(w, path, {"other_user_id": x.id}, a), [])
    same(data(w, path, {"other_user_id": a.id}, x), [], "nobody else's messages")
    # One that belongs to others, or to nobody, only tells a time.
    assert len(data(w, path, {"other_user_id": x.id, "last_message_id": ids[3]}, a)) == 0
    same(data(w, path, {"other_user_id": b.id, "last_message_id": 1}, a), [])
    refused(w, "oneself", send, {"receiver_id": a.id, "content": "x"}, a)
    refused(w, "no such user", send, {"receiver_id": 4711, "content": "x"}, a)
    refused(w, "no such user", path, {"other_user_id": 4711}, a)
    refused(w, "page_size", path, {"other_user_id": b.id, "page_size": 101}, a)


# ---- pages ----


def filled_lists(w):
    """A user with 12 rows in every list, and the lists of the rows that must come."""
    a = w.user("pages")
    video = w.publish(a)
    others = [w.user() for _ in range(12)]
    for other in others:
        w.follow(a, other)
        w.follow(other, a)
        w.comment(other, video, "c " + other.name)
        w.tell(other, others[0] if other is not others[0] else a, "x")
    for i in range(12):
        w.tell(a, others[0], f"m{i}")
    mine = [w.publish(others[0]) for _ in range(12)]
    for v in mine:
        w.like(a, v)
    w.quiet()
    return a, video, others


@test
def test_api_pages(w):
    a, video, others = filled_lists(w)
    asked = {"/api/user/videos": {"user_id": others[0].id}, "/api/user/likes": {"user_id": a.id},
             "/api/interaction/comments": {"video_id": video["id"]},
             "/api/auth/message/list": {"other_user_id": others[0].id}}
    for path in PAGED:
        params = asked.get(path, {})
        everything = [r["id"] for r in data(w, path, {**params, "page_size": 100}, a)]
        assert len(everything) >= 12 and len(set(everything)) == len(everything), (path, everything)
        default = 20 if "message" in path else 10
        same([r["id"] for r in data(w, path, params, a)], everything[:default], f"{path}: the default page")
        by_number, by_cursor, cursor = [], [], ""
        for page in range(1, 5):
            r = ask(w, path, {**params, "page": page, "page_size": 5}, a)
            by_number += [x["id"] for x in r["data"]]
            same(r["next_cursor"] != "", page * 5 < len(everything), f"{path} page {page}: next_cursor")
        same(by_number, everything[:20], f"{path} by number")
        for _ in range(10):
            r = ask(w, path, {**params, "page_size": 5, **({"cursor": cursor, "page": 3} if cursor else {})}, a)
            by_cursor += [x["id"] for x in r["data"]]
            cursor = r["next_cursor"]
            if not cursor:
                break
        same(by_cursor, everything, f"{path} by cursor")
        same(data(w, path, {**params, "page": 100, "page_size": 10}, a), [], "behind the end")
        refused(w, "cursor", path, {**params, "page": 101, "page_size": 10}, a)
        for wrong in ({"page": 0}, {"page": -1}, {"page": "x"}, {"page": 1001}, {"page_size": 0},
                      {"page_size": 101}, {"cursor": "x"}):
            refused(w, list(wrong)[0], path, {**params, **wrong}, a)


@test
def test_api_pages_of_lists_in_an_object(w):
    a, b, word = w.user(), w.user(), w.name("Tag")
    clips = [w.publish(b, f"{i} #{word}") for i in range(12)]
    w.follow(a, b)
    ask(w, "/api/video/view", {"views": [{"video_id": v["id"], "watched_ms": 9} for v in clips]}, a, method="POST")
    for _ in range(12):
        w.follow(w.user(), a)
    w.stack.admin("search", "refresh")
    fold(w)
    for path, params, most in (("/api/tag/videos", {"tag": word}, 50), ("/api/tag/videos", {"tag": word, "sort": "hot"}, 50),
                               ("/api/video/hot", {}, 100), ("/api/auth/feed/following", {}, 50),
                               ("/api/auth/user/history", {}, 100), ("/api/auth/recommend/users", {}, 50)):
        name = "users" if path.endswith("users") else "videos"

        def page(**more):
            r = data(w, path, {**params, **more}, a)
            return [x["id"] for x in r[name]], r["next_cursor"]
        everything = page(page_size=most)[0]
        assert len(everything) >= 12, (path, everything)
        same(page()[0], everything[:10], f"{path}: the default page")
        same(page(page=2)[0], everything[10:20], f"{path}: page 2")
        same(sum((page(page=n, page_size=4)[0] for n in (1, 2, 3)), []), everything[:12], f"{path} by number")
        rows, cursor = page(page=2, page_size=4)
        same(rows + page(page_size=4, cursor=cursor)[0], everything[4:12], f"{path}: a cursor goes on from a number")
        same(page(page=7, page_size=4, cursor=cursor)[0], everything[8:12], f"{path}: a cursor beats it")
        refused(w, "cursor", path, {**params, "page": 101, "page_size": 10}, a)
        refused(w, "page", path, {**params, "page": 0}, a)


@test
def test_api_cursor_stays_while_rows_arrive(w):
    a, video, others = filled_lists(w)
    path = "/api/interaction/comments"
    before = [c["id"] for c in data(w, path, {"video_id": video["id"], "page_size": 50})]
    r = ask(w, path, {"video_id": video["id"], "page_size": 4})
    w.comment(a, video, "late")
    w.comment(a, video, "later")
    seen = [c["id"] for c in r["data"]]
    while r["next_cursor"]:
        r = ask(w, path, {"video_id": video["id"], "page_size": 4, "cursor": r["next_cursor"]})
        seen += [c["id"] for c in r["data"]]
    same(seen, before)


@test
def test_api_friends_stay_while_messages_arrive(w):
    """/douyin shows them by message, /api by follow: all of them, each once, whatever is written."""
    a, path = w.user(), "/api/auth/social/friends"
    friends = [w.user() for _ in range(5)]
    for f in friends:
        w.follow(a, f)
        w.follow(f, a)
    seen, cursor = [], {}
    while True:
        r = ask(w, path, {"page_size": 2, **cursor}, a)
        seen += [u["id"] for u in r["data"]]
        if not r["next_cursor"]:
            break
        cursor = {"cursor": r["next_cursor"]}
        for f in friends[::-1]:
            w.tell(f, a, f"page {len(seen)}")
    same(seen, [f.id for f in friends[::-1]], "who was followed last comes first")
    same([(u["id"], u["message"]) for u in r["data"]], [(friends[0].id, "page 4")])
    # Behind a thousand others, who are no users, he is still there, and nobody reads them all for a page.
    w.stack.sql("SET max_recursive_iterations = 10000; "
                "INSERT INTO follows (follower_id, followee_id, created_ms) WITH RECURSIVE n (i) AS (SELECT 1 "
                "UNION ALL SELECT i + 1 FROM n WHERE i < 1010) "
                f"SELECT {a.id}, i, 9000000000000 + i FROM n UNION ALL SELECT i, {a.id}, 1 FROM n")
    seen, cursor = [], {}
    for _ in range(11):
        r = ask(w, path, {"page_size": 100, **cursor}, a)
        seen += [u["id"] for u in r["data"]]
        cursor = {"cursor": r["next_cursor"]}
    w.stack.sql(f"DELETE FROM follows WHERE {a.id} IN (follower_id, followee_id) AND LEAST(follower_id, followee_id) < 1011")
    same((seen, r["next_cursor"]), ([f.id for f in friends[::-1]], ""))


@test
def test_api_names_are_asked_for_in_one(w):
    """A hundred names are two statements, and each has its own answer."""
    users = [w.user("Nm") for _ in range(70)]
    names = [x for u in users for x in (u.name.upper(), "no " + u.name)][:100]
    r = data(w, "/api/user/check/batch", {"usernames": names})
    same([(x["username"], x["exists"]) for x in r], [(n, i % 2 == 0) for i, n in enumerate(names)])
    done = w.stack.run([w.stack.program("cgi/user_check")], stdin=json.dumps({"usernames": names}).encode(),
                       env=cgi_environment(w, "POST", "/api/user/check/batch", "application/json",
                                           json.dumps({"usernames": names}).encode(), DOUFU_LOG_LEVEL="info",
                                           DOUFU_LOG_FILE=""))
    assert b" 2 sql" in done.stderr, done.stderr[-300:]
