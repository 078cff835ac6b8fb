"""protocol.py - paths, methods, bodies, headers, languages: what holds for every program alike."""

import json

from client import Client, Raw, encode, read_reply
from contract import programs
from report import Skip, same, wait_for
from world import (ENDPOINTS, ERROR_FIELDS, LISTS, METHOD, PARAM, TOKEN, USER_UNKNOWN, VIDEO_UNKNOWN,
                   test, tests_of)

READS = [n for n, (method, _, _) in ENDPOINTS.items() if method == "GET"]


class Cast:
    """Two users who follow each other, a clip, a comment, messages: so that no list is empty."""

    def __init__(self, w):
        self.a, self.b = w.user(), w.user()
        self.video = w.publish(self.a)
        w.follow(self.a, self.b)
        w.follow(self.b, self.a)
        w.like(self.a, self.video)
        self.comment = w.comment(self.a, self.video)
        w.tell(self.a, self.b, "hello")
        w.tell(self.b, self.a, "hello too")

    def params(self, name):
        """What succeeds, without the token; twice the same must do no harm."""
        a, b, video = self.a, self.b, self.video["id"]
        return {
            "feed": {"latest_time": 0},
            "user_register": {"username": "", "password": "secret"},
            "user_login": {"username": a.name, "password": a.password},
            "user": {"user_id": a.id},
            "publish_list": {"user_id": a.id},
            "favorite_action": {"video_id": video, "action_type": 1},
            "favorite_list": {"user_id": a.id},
            "comment_action": {"video_id": video, "action_type": 1, "comment_text": "好 & + % ="},
            "comment_list": {"video_id": video},
            "relation_action": {"to_user_id": b.id, "action_type": 1},
            "relation_follow_list": {"user_id": a.id},
            "relation_follower_list": {"user_id": a.id},
            "relation_friend_list": {"user_id": a.id},
            "message_chat": {"to_user_id": b.id, "pre_msg_time": 0},
            "message_action": {"to_user_id": b.id, "action_type": 1, "content": "好 & + % ="},
        }[name]

    def call(self, w, name, how=None, **more):
        params = dict(self.params(name))
        if name == "user_register":
            params["username"] = w.name()
        if ENDPOINTS[name][2] != "none":
            params["token"] = self.a.token
        return w.good(name, params, how=how, **more)


def cast(w):
    if not hasattr(w, "cast"):
        w.cast = Cast(w)
    return w.cast


BODILESS = [n for n in ENDPOINTS if n != "publish_action"]


@tests_of
def every_way_in(w):
    for name in BODILESS:
        yield f"ways_{name}", lambda w, name=name: ways(w, name)


def ways(w, name):
    c = Cast(w)
    method, path, _ = ENDPOINTS[name]
    for where in (path, path.rstrip("/")):
        for how in ("query", "form", "multipart", "json"):
            r = c.call(w, name, how=how, path=where)
            if name in LISTS:
                assert r[LISTS[name]], f"{where} by {how}: the list is empty"
            for row in ([r["comment"]] if name == "comment_action" else []):
                same(row["content"], "好 & + % =", how)
    if name == "message_action":
        same({m["content"] for m in w.chat(c.b, c.a)[2:]}, {"好 & + % ="})
    # Query and body with the same values, as the official tests send it; the query wins.
    params = {**c.params(name), **({"token": c.a.token} if ENDPOINTS[name][2] != "none" else {})}
    if name == "user_register":
        params["username"] = w.name()
    reply = w.client.request(method, path + "?" + encode(params),
                             {"Content-Type": "application/x-www-form-urlencoded"},
                             encode(params).encode())
    same(w.verify(name, reply)["status_code"], 0, "query and body")
    # Empty in the query: the body counts.
    if name == "user_register":
        params["username"] = w.name()
    reply = w.client.request(method, path + "?" + encode({k: "" for k in params}),
                             {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"},
                             encode(params).encode())
    same(w.verify(name, reply)["status_code"], 0, "empty in the query")


@test
def test_ids_in_scientific_notation(w):
    c = cast(w)
    def forms(n):
        digits = str(n)
        point = digits[0] + "." + digits[1:].rstrip("0")
        return [digits, "+" + digits, f"{digits}.0", f"{digits}.000", f"{digits}e0", f"{digits}e+00",
                f"{point}e+{len(digits) - 1:02d}", f"{point}E{len(digits) - 1}", f"000{digits}",
                f"{digits}0e-1", f"{digits}000e-3"]
    for text in forms(c.a.id):
        same(w.good("user", {"user_id": text})["user"]["id"], c.a.id, text)
        w.good("publish_list", {"user_id": text}, how="form")
    for text in forms(c.video["id"]):
        w.good("favorite_action", {"token": c.a.token, "video_id": text, "action_type": "1e+00"})
        w.good("comment_list", {"video_id": text})
    for text in ("1", "1.0", "1e0", "+1", "10e-1"):
        w.good("relation_action", {"token": c.a.token, "to_user_id": c.b.id, "action_type": text})


@test
def test_head(w):
    c = cast(w)
    for name in READS:
        params = encode({**c.params(name), "token": c.a.token})
        target = ENDPOINTS[name][1] + "?" + params
        get, head = w.client.request("GET", target), w.client.request("HEAD", target)
        same((head.status, head.header("content-type"), head.body),
             (get.status, get.header("content-type"), b""), name)


@test
def test_options_and_cors(w):
    for name, (method, path, _) in ENDPOINTS.items():
        for where in (path, path.rstrip("/")):
            r = w.client.request("OPTIONS", where, {"Origin": "https://example.org",
                                                    "Access-Control-Request-Method": method,
                                                    "Access-Control-Request-Headers": "authorization"})
            assert r.status in (200, 204), f"OPTIONS {where}: HTTP {r.status}"
            same(r.header("access-control-allow-origin"), "*", where)
            assert method in (r.header("access-control-allow-methods") or ""), r.headers
            allowed = (r.header("access-control-allow-headers") or "").lower()
            assert "authorization" in allowed and "content-type" in allowed, r.headers
            assert method in (r.header("allow") or ""), r.headers
        r = w.client.request(method, path, {"Origin": "https://example.org"}, b"" if method == "POST" else None)
        same(r.header("access-control-allow-origin"), "*", name)


@test
def test_every_method_at_every_path(w):
    """Nobody's request, without a body: no program falls, and each path says what it takes."""
    for name, told in programs().items():
        for path in sorted({r["path"] for r in told["routes"]}):
            takes = {r["method"] for r in told["routes"] if r["path"] == path}
            for where in (path, path + "4711") if told["raw"] and path.endswith("/") else (path,):
                for method in ("OPTIONS", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
                    r = w.client.request(method, where, {}, b"" if method[0] in "OP" else None)
                    what = f"{method} {where} of {name}: HTTP {r.status} {r.body[:100]!r}"
                    assert r.status < 500, what
                    taken = method in takes | {"OPTIONS"} | ({"HEAD"} if "GET" in takes else set())
                    same(r.status != 405, taken, what)
                    if method == "OPTIONS":
                        assert takes <= set((r.header("allow") or "").split(", ")), f"{what}: {r.headers}"


@test
def test_other_methods(w):
    c = cast(w)
    for name, (method, path, _) in ENDPOINTS.items():
        allowed = {"GET", "HEAD"} if method == "GET" else {method}
        allowed |= {"POST"} if name == "favorite_list" else set()
        for other in {"GET", "POST", "PUT", "DELETE", "PATCH"} - allowed:
            r = w.client.request(other, path + f"?token={c.a.token}", {}, b"" if other != "GET" else None)
            body = w.verify(name, r)
            same((r.status, body["status_code"]), (405, METHOD), f"{other} {path}")
            assert method in r.header("allow"), r.headers


@test
def test_paths_that_are_none(w):
    for path in ("/douyin/", "/douyin", "/douyin/nothing/", "/douyin/feed/x", "/douyin/feedx",
                 "/douyin/user/x/", "/douyin/user/login/x", "/douyin/FEED/", "/douyin/favorite/",
                 "/douyin/relation/friend/", "/nothing"):
        r = w.client.get(path)
        same(r.status, 404, path)
        assert r.header("location") is None
    for path in ("/douyin/feed", "/douyin/feed/"):
        same(w.client.get(path).status, 200, path)


@test
def test_unknown_and_doubled_parameters(w):
    c = cast(w)
    w.good("feed", [("latest_time", 0), ("latest_time", "x"), ("foo", "bar"), ("", ""), ("a[b]", "c")])
    # The first one counts.
    same(w.good("user", [("user_id", c.a.id), ("user_id", c.b.id)])["user"]["id"], c.a.id)
    same(w.good("user", [("user_id", c.a.id), ("user_id", "x")])["user"]["id"], c.a.id)
    w.bad_param("user_id", "user", [("user_id", "x"), ("user_id", c.a.id)])
    same(w.good("user", [("token", c.a.token), ("token", c.b.token)])["user"]["id"], c.a.id)
    r = w.client.request("GET", f"/douyin/user/?user_id={c.a.id}",
                         {"Content-Type": "application/x-www-form-urlencoded"},
                         f"user_id={c.b.id}".encode())
    same(w.verify("user", r)["user"]["id"], c.a.id, "the query wins over the body")
    w.good("message_action", [("token", c.a.token), ("to_user_id", c.b.id), ("action_type", 1),
                              ("content", "twice"), ("content", "twice")])
    same(w.chat(c.a, c.b)[-1]["content"], "twice")
    # Identity comes from the token alone.
    for key in ("user_id", "actor_id", "viewer_id", "from_user_id"):
        r = w.good("comment_action", {"token": c.a.token, "video_id": c.video["id"], "action_type": 1,
                                      "comment_text": "who?", key: c.b.id})
        same(r["comment"]["user"]["id"], c.a.id, key)
    many = [("p%d" % i, i) for i in range(2000)]
    r = w.send("feed", many)
    assert r.status in (200, 400, 414, 431), r.status
    r = w.call("feed", many, how="form")
    assert r["status_code"] in (0, PARAM), r


@test
def test_languages(w):
    for header, chinese in ((None, False), ("en", False), ("zh", True), ("zh-CN,zh;q=0.9,en;q=0.8", True),
                            ("en-US,en;q=0.9,zh;q=0.8", False), ("en;q=0.1, zh;q=0.9", True),
                            ("fr, de", False), ("zh-Hant-TW", True), ("", False), ("q=,;,;;zh;q=x", None),
                            ("x" * 2000, False), ("zh;q=0", False)):
        headers = {} if header is None else {"Accept-Language": header}
        for name, params in (("feed", {}), ("user", {}), ("comment_list", {"video_id": "x"})):
            text = w.call(name, params, headers=headers)["status_msg"]
            if chinese is not None:
                same(any("\u4e00" <= c <= "\u9fff" for c in text), chinese, f"{header!r}: \"{text}\"")
    for name in ("user", "feed"):
        same(w.call(name, {"user_id": "x"}, headers={"Accept-Language": "zh"})["status_code"],
             w.call(name, {"user_id": "x"})["status_code"], "codes do not depend on the language")


@test
def test_request_id(w):
    ids = [w.send("feed").header("x-request-id") for _ in range(5)]
    same(len(set(ids)), 5, "each its own")
    same(w.send("feed", headers={"X-Request-Id": "abcDEF-123_456"}).header("x-request-id"),
         "abcDEF-123_456", "the caller's")
    for bad in ("x" * 200, "a b c d e f g", "é" * 10, "<script>alert</script>", "short"):
        assert w.send("feed", headers={"X-Request-Id": bad}).header("x-request-id") != bad, bad


@test
def test_urls_follow_the_host(w):
    c = cast(w)
    for host in ("v.example.org", "v.example.org:8443", "192.0.2.7:81", "[::1]:8080"):
        with w.client.connect() as s:
            s.sendall(f"GET /douyin/user/?user_id={c.a.id} HTTP/1.1\r\nHost: {host}\r\n"
                      "Connection: close\r\n\r\n".encode())
            r = read_reply(s, "GET", f"Host: {host}")
        user = w.verify("user", r)["user"]
        assert user["avatar"].startswith(f"http://{host}/"), user["avatar"]
    r = w.send("feed", headers={"X-Forwarded-Proto": "https"})
    assert w.verify("feed", r)["video_list"][0]["play_url"].startswith("https://")
    for host in ('evil"host', "a/b", "a b", "a@b", "x" * 300):
        with w.client.connect() as s:
            s.sendall(f"GET /douyin/feed/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            r = read_reply(s, "GET", f"Host: {host}")
        assert r.status in (200, 400), f"Host {host}: HTTP {r.status}"
        if r.status == 200:
            assert json.dumps(host)[1:-1] not in r.body.decode(), f"Host {host} came back in a URL"


@test
def test_form_coding(w):
    c = cast(w)
    for coded, plain in (("a+b", "a b"), ("a%2Bb", "a+b"), ("%E4%BD%A0", "你"), ("100%", "100%"),
                         ("%zz", "%zz"), ("a%", "a%"), ("a=b", "a=b"), ("a;b", "a;b"), ("%26", "&")):
        for how in ("query", "form"):
            r = w.good("comment_action", [("token", c.a.token), ("video_id", c.video["id"]),
                                          ("action_type", 1), ("comment_text", Raw(coded))], how=how)
            same(r["comment"]["content"], plain, f"{coded} by {how}")
    for text in ("100%", "你 + & =", "\t x"):
        for how in ("multipart", "json"):
            r = w.good("comment_action", {"token": c.a.token, "video_id": c.video["id"],
                                          "action_type": 1, "comment_text": text}, how=how)
            same(r["comment"]["content"], text, how)


@test
def test_json_bodies(w):
    c = cast(w)
    path = ENDPOINTS["favorite_action"][1]
    def post(body):
        return w.verify("favorite_action", w.client.request(
            "POST", path, {"Content-Type": "application/json; charset=utf-8"}, body.encode()))
    same(post(json.dumps({"token": c.a.token, "video_id": c.video["id"], "action_type": 1}))[
        "status_code"], 0, "numbers")
    same(post(json.dumps({"token": c.a.token, "video_id": str(c.video["id"]), "action_type": "1"}))[
        "status_code"], 0, "text")
    for bad in ("{", "[]", "1", '"x"', "null", "{}x", "{'a':1}", '{"a":1,}', "\ufeff{}", "{" * 5000,
                '{"a":' * 100 + "1" + "}" * 100):
        r = post(bad)
        assert r["status_code"] in (PARAM, TOKEN), f"{bad[:20]}: {r}"
    for value in ("[1]", "{}", "true", "null", '"\\ud800"', "1e999", "-0"):
        r = post('{"token":"%s","video_id":%s,"action_type":1}' % (c.a.token, value))
        same(r["status_code"], PARAM, f"video_id {value}: {r}")
        assert "video_id" in r["status_msg"] or "body" in r["status_msg"], r


@test
def test_wrong_content_types(w):
    c = cast(w)
    body = encode({"token": c.a.token, "video_id": c.video["id"], "action_type": 1}).encode()
    for kind in ("text/plain", "application/xml", "x" * 300, "", ";;;", "multipart/form-data"):
        r = w.verify("favorite_action", w.client.request("POST", ENDPOINTS["favorite_action"][1],
                                                         {"Content-Type": kind}, body))
        assert r["status_code"] in (0, PARAM, TOKEN), f"{kind}: {r}"


@test
def test_empty_lists(w):
    u, other = w.user(), w.user()
    video = w.publish(other)
    for name, params in (("publish_list", {"user_id": u.id}), ("favorite_list", {"user_id": u.id}),
                         ("relation_follow_list", {"user_id": u.id}),
                         ("relation_follower_list", {"user_id": u.id}),
                         ("relation_friend_list", {"token": u.token}),
                         ("message_chat", {"token": u.token, "to_user_id": other.id}),
                         ("comment_list", {"video_id": video["id"]}),
                         ("feed", {"latest_time": 1})):
        r = w.good(name, params)
        same(r[LISTS[name]], [], name)
        if name != "feed":
            same(r["next_cursor"], "", name)


@test
def test_errors_carry_empty_lists(w):
    u = w.user()
    for name, params, code in (("publish_list", {"user_id": 4711}, USER_UNKNOWN),
                               ("favorite_list", {"user_id": 4711}, USER_UNKNOWN),
                               ("relation_follow_list", {"user_id": 4711}, USER_UNKNOWN),
                               ("relation_follower_list", {"user_id": 4711}, USER_UNKNOWN),
                               ("relation_friend_list", {"user_id": 4711, "token": u.token}, USER_UNKNOWN),
                               ("message_chat", {"to_user_id": 4711, "token": u.token}, USER_UNKNOWN),
                               ("comment_list", {"video_id": 4711}, VIDEO_UNKNOWN),
                               ("relation_friend_list", {}, TOKEN), ("message_chat", {}, TOKEN),
                               ("feed", {"page_size": 0}, PARAM)):
        r = w.bad(code, name, params)
        same(r[LISTS[name]], [], name)


@test
def test_descriptions_are_true(w):
    """What the programs say of themselves is what wire.md says."""
    kinds = {"integer": int, "string": str, "boolean": bool, "object": dict}
    for name, d in w.described.items():
        method, path, access = ENDPOINTS[name]
        assert (method, path, access) in d.routes, f"{name}: {d.routes}"
        same(d.on_error, set(ERROR_FIELDS.get(name, {})), f"{name}: fields of an error")
    c = cast(w)
    for name in BODILESS:
        d = w.described[name]
        r = c.call(w, name)
        shapes = d.data["shapes"]
        def fits(row, shape, where):
            members = {m["name"]: m for m in shapes[shape]["douyin"]}
            extra = set(row) - set(members)
            assert not extra, f"{where}: undeclared {extra}"
            for key, m in members.items():
                if m.get("optional") and key not in row:
                    continue
                assert type(row.get(key)) is kinds[m["type"]], f"{where}.{key}: {row.get(key)!r}"
                if "shape" in m:
                    fits(row[key], m["shape"], f"{where}.{key}")
        for out in d.data["reply"]:
            if "douyin" not in out:  # for /api alone
                continue
            value = r[out["douyin"]]
            for row in value if out["type"] == "rows" else [value] if out["type"] == "row" else []:
                shape = out["shape"]
                fits(row, shape, f"{name}.{out['douyin']}")


@test
def test_slow_client_does_not_hold_others(w):
    """Half a request in every process's way: others are served meanwhile."""
    if w.stack.web == "apache":
        raise Skip("Apache hands a body on while it comes; apache.conf bounds how long it may take")
    held = []
    try:
        for _ in range(20):
            s = w.client.connect()
            s.sendall(b"POST /douyin/user/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
                      b"Content-Type: application/x-www-form-urlencoded\r\n\r\nusername=")
            held.append(s)
        u = w.user()
        w.good("user_login", {"username": u.name, "password": u.password}, how="form")
    finally:
        for s in held:
            s.close()


@test
def test_two_clients_are_not_mixed_up(w):
    a, b = w.user(), w.user()
    other = Client(w.client.host, w.client.port, source="127.0.0.3")
    for _ in range(10):
        same(w.good("user", {"token": a.token})["user"]["id"], a.id)
        same(w.good("user", {"token": b.token}, client=other)["user"]["id"], b.id)


@test
def test_a_seldom_used_program_sleeps(w):
    """One process, started by the first request, gone after a while (5 s here), back at once."""
    def works():
        reply = w.client.get("/api/auth/video/status?video_id=1")
        same(reply.status, 401, "an answer")
        wait_for("one process", 2, lambda: len(w.stack.pids("video_status")) == 1)

    works()
    wait_for("no process", 20, lambda: w.stack.pids("video_status") == [], 0.2)
    before = w.stack.restarts()["video_status"]
    works()
    same(w.stack.restarts()["video_status"], before, "restarts")
