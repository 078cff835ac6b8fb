"""bad.py - every endpoint, every parameter that it declares, everything that can be wrong with it;
and every way to get a token wrong.  Each is answered by a clear error that names the parameter, none
by a 5xx, and no row changes.

The values come from what the programs say of themselves (--describe), so that a new parameter is
tried without anybody's thinking of it.
"""

import hashlib
import os
import re
from urllib.parse import unquote_to_bytes

from client import File, Raw
from protocol import Cast
from report import same, wait_for
from world import (COMMENT_UNKNOWN, ENDPOINTS, LISTS, NAME_TAKEN, NOT_OWNER, OK, PARAM,
                   SELF_FOLLOW, SELF_MESSAGE, TOKEN, TOO_LARGE, USER_UNKNOWN, VIDEO_UNKNOWN, tests_of)

# Failed logins are counted, and a bad request may be one; freezes have a test of their own.
UNTOUCHED_BUT = ("login_guard",)
FAR_MS = 1 << 52

WHOLE_WRONG = ["abc", "-1", "1.5", "1e", "e5", "--1", "0x10", "1_000", "1,000", " 1", "1 ", "NaN", "Infinity",
               "9223372036854775808", "18446744073709551617", "1e400", "-1e400", "1e19", "9" * 200,
               "１２", "1;2", "1 OR 1=1", "'; DROP TABLE users; --", "<script>alert(1)</script>",
               "[1]", "{}", "null", "true", Raw("%ff%fe"), Raw("1%00"), Raw("%00"), Raw("1%0d%0aX:y"),
               "9" * 20000]
TEXT_WRONG = [Raw("%ff%fe"), Raw("a%00b"), Raw("%00"), Raw("%ed%a0%80"), Raw("%c0%af"), Raw("%f4%90%80%80"),
              Raw("a%01b"), Raw("%1b[31m"), Raw("%7f"), Raw("%c2%85"), "x" * 20000, "字" * 6000]
CURSOR_WRONG = ["garbage", "1", "_", "1_", "_1", "1_2_3", "x_y", "1e3_1", "9" * 40 + "_1", Raw("1%00_1"),
                Raw("%ff%fe"), "'; --", "-_-", " 1_1", "1_1 ", "9" * 20000]


def wrong_values(param):
    """(value, must it be refused) for a parameter as it describes itself."""
    kind = param["type"]
    if kind in ("id", "int"):
        values = list(WHOLE_WRONG)
        if kind == "id":
            values += ["9007199254740992", "9007199254740993"] + (["0", "0e5"] if param["required"] else [])
        else:
            values += [str(param["min"] - 1), "1.0001"]
            if param["max"] < 1 << 62:
                values.append(str(param["max"] + 1))
            if "otherwise" in param:  # a number is never wrong
                values = [v for v in values if isinstance(v, Raw) or not re.fullmatch(r"-?\d+(e\d+)?", v, re.ASCII)]
        values = [v for v in values if not (v == "-1" and param["min"] < 0)]
        return [(v, True) for v in values]
    if kind in ("text", "lines", "secret"):
        values = list(TEXT_WRONG) + ["x" * (param["max"] + 1)]
        if kind != "lines":
            values += ["a\nb", "a\tb"]
        return [(v, True) for v in values]
    if kind == "cursor":
        return [(v, True) for v in CURSOR_WRONG]
    if kind == "time":  # never an error
        return [(v, False) for v in WHOLE_WRONG + TEXT_WRONG]
    if kind == "file":
        return [("text", True), (Raw("%ff%fe"), True), ("x" * 20000, True)]
    if kind == "bool":
        return [(v, True) for v in ("yes", "2", "TRUE", " true", "[true]", Raw("1%00"), Raw("%ff%fe"), "1" * 20000)]
    if kind == "ids":
        values = [v for v in WHOLE_WRONG if v not in ("1,000", "[1]")]
        return [(v, True) for v in values + ["1,", ",1", "[", "[0]", "[1,null]", "[[1]]", '{"a":1}',
                                             ",".join("1" * (param["max"] + 1))]]
    if kind == "list":
        return [(v, True) for v in ("x", "{}", "[1]", "[null]", "[[]]", "[{}", "[" * 5000, Raw("%ff%fe"), "null")]
    raise AssertionError(f"unknown type {kind} of {param['name']}")


def whole(c, w, name):
    """Parameters that would succeed, token and all."""
    if name == "publish_action":
        params = {"data": File(w.clip()), "title": "x"}
    else:
        params = dict(c.params(name))
    if name == "user_register":
        params["username"] = c.b.name  # taken: nothing could be made even if a check failed
    if ENDPOINTS[name][2] != "none":
        params["token"] = c.a.token
    return params


def ways(name, value):
    """How a value can be sent; a long one does not fit into a query."""
    if name == "publish_action":
        return ["multipart"]
    size = len(value.text) if isinstance(value, Raw) else 3 * len(value)
    return ["form"] if size > 4000 else ["query", "form"]


def unraw(value):
    """The bytes of a value, for multipart."""
    if isinstance(value, Raw):
        return unquote_to_bytes(value.text)
    return value


def send(w, name, params, how):
    if how == "multipart":
        params = {k: unraw(v) for k, v in params.items()}
    return w.call(name, params, how=how)


class Untouched:
    """No row changes inside; the clip of the cast is settled before, and recommend_fold, which would write its own
    when its time comes, believes that another run is at work."""

    def __init__(self, w):
        self.w = w

    def lease(self):
        sql = self.w.stack.sql
        sql(f"UPDATE recommend_marks SET value = {FAR_MS} WHERE name = 'lease' AND "
            "value < 1000 * UNIX_TIMESTAMP()")
        return sql(f"SELECT 1 FROM recommend_marks WHERE name = 'lease' AND value = {FAR_MS}")

    def __enter__(self):
        self.w.quiet()
        wait_for("the run of the job ends", 60, self.lease)
        self.before = self.w.stack.checksums(but=UNTOUCHED_BUT)
        self.restarts = self.w.stack.restarts()

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                now = self.w.stack.checksums(but=UNTOUCHED_BUT)
                same({t: n for t, n in now.items() if n != self.before.get(t)}, {}, "tables whose rows changed")
                same(self.w.stack.restarts(), self.restarts, "a program crashed")
        finally:
            self.w.stack.sql(f"UPDATE recommend_marks SET value = 0 WHERE name = 'lease' AND value = {FAR_MS}")


def cast(w):
    if not hasattr(w, "bad_cast"):
        w.bad_cast = Cast(w)
    return w.bad_cast


@tests_of
def parameters(w):
    for name in ENDPOINTS:
        for param in w.described[name].params:
            yield (f"bad_{name}_{param['name']}",
                   lambda w, name=name, param=param: one_parameter(w, name, param))
        yield f"bad_{name}_sizes", lambda w, name=name: sizes(w, name)
        yield f"bad_{name}_foreign", lambda w, name=name: foreign(w, name)
        if ENDPOINTS[name][2] != "none":
            yield f"bad_{name}_tokens", lambda w, name=name: tokens(w, name)


def one_parameter(w, name, param):
    c, key = cast(w), param["name"]
    good = whole(c, w, name)
    with Untouched(w):
        for value, refused in wrong_values(param):
            for how in ways(name, value):
                r = send(w, name, {**good, key: value}, how)
                what = f"{name} {key}={str(value)[:60]} by {how}: {r}"
                if refused:
                    assert r["status_code"] == PARAM, what
                    assert key in r["status_msg"], f"{what} does not name {key}"
                else:
                    assert r["status_code"] == OK, what
        without = {k: v for k, v in good.items() if k != key}
        for how in ways(name, ""):
            for params in (without, {**without, key: b"" if param["type"] == "file" else ""}):
                if not param["required"]:
                    continue
                r = send(w, name, params, how)
                assert r["status_code"] == PARAM and key in r["status_msg"], \
                    f"{name} without {key} by {how}: {r}"
        # The first of two counts, so a good one behind it saves nothing.
        value, refused = wrong_values(param)[0]
        if param["type"] not in ("file", "time"):
            pairs = [(key, value), *good.items()]
            r = w.call(name, [(k, unraw(v)) for k, v in pairs] if name == "publish_action" else pairs,
                       how=ways(name, value)[0])
            assert r["status_code"] == PARAM and key in r["status_msg"], f"{name} {key} twice: {r}"


def sizes(w, name):
    """100 KB in every place, by query and by body."""
    c = cast(w)
    good = whole(c, w, name)
    big = "9" * 100000
    with Untouched(w):
        for key in [p["name"] for p in w.described[name].params] + ["nobody_asked"] + \
                (["token"] if ENDPOINTS[name][2] != "none" else []):
            params = {**good, key: big}
            if name != "publish_action":
                r = w.call(name, params, how="form")
                assert r["status_code"] in (TOO_LARGE, PARAM), f"{name} {key} of 100 KB in a form: {r}"
            r = w.call(name, params, how="multipart")
            assert r["status_code"] in (TOO_LARGE, PARAM), f"{name} {key} of 100 KB in a part: {r}"
            r = w.send(name, {k: v for k, v in params.items() if not isinstance(v, File)}, how="query")
            if r.status == 200:
                r = w.verify(name, r)
                assert r["status_code"] in (TOO_LARGE, PARAM, TOKEN), f"{name} {key} in the query: {r}"
            else:  # the web server's own ceiling
                assert r.status in (400, 413, 414, 431), f"{name} {key}: HTTP {r.status}"
        for key in ("Authorization", "Accept-Language", "Cookie", "X-Request-Id"):
            r = w.client.request("GET", "/douyin/feed/", {key: "x" * 100000})
            assert r.status in (200, 400, 413, 431), f"{key} of 100 KB: HTTP {r.status}"


def foreign(w, name):
    """Ids of the wrong sort, of nobody, and of others."""
    c = cast(w)
    good = whole(c, w, name)
    expected = {USER_UNKNOWN, VIDEO_UNKNOWN, COMMENT_UNKNOWN, NOT_OWNER, SELF_FOLLOW, SELF_MESSAGE, PARAM}
    with Untouched(w):
        for param in w.described[name].params:
            key = param["name"]
            if param["type"] != "id" or key == "comment_id":
                continue
            own = good.get(key)
            for value in (1, 4711, 9007199254740991, c.video["id"], c.comment["id"], c.a.id):
                if value == own or (value == c.a.id and key == "user_id"):
                    continue
                if key == "reply_to_id" and value == c.comment["id"]:  # that is no mistake
                    continue
                if name == "message_chat" and value == c.a.id:  # a talk with oneself is empty
                    continue
                r = w.call(name, {**good, key: value})
                assert r["status_code"] in expected, f"{name} {key}={value}: {r}"
        if name == "comment_action":
            for user, video, comment, code in (
                    (c.b, c.video["id"], c.comment["id"], NOT_OWNER),
                    (c.a, c.video["id"], c.video["id"], COMMENT_UNKNOWN),
                    (c.a, c.a.id, c.comment["id"], VIDEO_UNKNOWN)):
                w.bad(code, name, {"token": user.token, "video_id": video, "action_type": 2,
                                   "comment_id": comment})
        if name == "user_register":
            w.bad(NAME_TAKEN, name, {"username": c.a.name, "password": "x"})


def wrong_tokens(w, user):
    """(what, token)."""
    right = w.claims(user)
    now = right["iat"]
    good = w.forge(right)
    head, claims, signature = good.split(".")
    flipped = signature[:10] + ("A" if signature[10] != "A" else "B") + signature[11:]
    other = w.forge(w.claims(user, user_id=user.id + 1)).split(".")[1]
    none = {"alg": "none", "typ": "JWT"}
    yield "expired", w.forge({**right, "exp": now - 1, "iat": now - 100, "nbf": now - 100})
    yield "expires now", w.forge({**right, "exp": now})
    yield "not yet valid", w.forge({**right, "nbf": now + 1000})
    yield "another epoch", w.forge({**right, "epoch": 2})
    yield "epoch 0", w.forge({**right, "epoch": 0})
    yield "nobody's", w.forge({**right, "user_id": 4711})
    yield "a negative id", w.forge({**right, "user_id": -user.id})
    for claim in ("user_id", "epoch", "nbf", "exp"):
        yield f"without {claim}", w.forge({**right, claim: None})
        yield f"{claim} as text", w.forge({**right, claim: str(right[claim])})
        yield f"{claim} as a list", w.forge({**right, claim: [right[claim]]})
        yield f"{claim} as an object", w.forge({**right, claim: {"a": right[claim]}})
    yield "a flipped signature", f"{head}.{claims}.{flipped}"
    yield "other claims", f"{head}.{other}.{signature}"
    yield "alg none, no signature", w.forge(right, none, signature="")
    yield "alg none, the right signature", w.forge(right, none)
    yield "alg None", w.forge(right, {"alg": "None"}, signature="")
    yield "alg nOnE", w.forge(right, {"alg": "nOnE"})
    yield "alg HS512", w.forge(right, {"alg": "HS512", "typ": "JWT"}, digest=hashlib.sha512)
    yield "alg HS384", w.forge(right, {"alg": "HS384", "typ": "JWT"}, digest=hashlib.sha384)
    yield "alg HS512 by SHA-256", w.forge(right, {"alg": "HS512", "typ": "JWT"})
    yield "alg RS256", w.forge(right, {"alg": "RS256", "typ": "JWT"})
    yield "no alg", w.forge(right, {"typ": "JWT"})
    yield "another key", w.forge(right, key=os.urandom(64))
    yield "an empty key", w.forge(right, key=b"\0")
    yield "the key as text", w.forge(right, key=w.stack.key("token_key").encode())
    yield "claims that are no JSON", w.forge(right, signature=signature).replace(claims, "bm9wZQ")
    yield "no dots", good.replace(".", "")
    yield "two parts", f"{head}.{claims}"
    yield "two parts and a dot", f"{head}.{claims}."
    yield "four parts", good + ".x"
    yield "a line behind it", good + "\n"
    yield "a blank before it", " " + good
    yield "padded", good + "="
    yield "NUL behind it", Raw(good + "%00")
    yield "dots", "..."
    yield "one dot", "."
    yield "5 KB", "a" * 5000
    yield "5 KB in parts", ".".join(["a" * 1600] * 3)
    yield "bytes", Raw("%ff%fe%00%01")
    yield "null", "null"
    yield "SQL", "' OR 1=1 --"


def tokens(w, name):
    c = cast(w)
    access = ENDPOINTS[name][2]
    good = whole(c, w, name)
    good.pop("token")
    how = "multipart" if name == "publish_action" else "query"
    if access == "required":
        # The witness: our own hand makes a token that works, so each of the others fails for what
        # is wrong with it.
        if name not in ("publish_action", "comment_action", "message_action"):
            w.good(name, {**good, "token": w.forge(w.claims(c.a))})
    nobody = None
    if access == "optional":
        nobody = w.good(name, good)
        own = w.good(name, {**good, "token": w.forge(w.claims(c.a))})
        if name != "feed":
            same(sorted(own), sorted(nobody))
    with Untouched(w):
        for what, token in wrong_tokens(w, c.a):
            params = {**good, "token": token}
            r = send(w, name, params, how)
            told = f"{name} with a token that is {what}: {r}"
            if access == "required":
                assert r["status_code"] == TOKEN, told
                if name in LISTS:
                    same(r[LISTS[name]], [], told)
            else:
                assert r["status_code"] == OK, told
                if name != "feed":
                    same(r, nobody, f"{name} with a token that is {what} is not as without")
                else:
                    assert not any(v["is_favorite"] for v in r["video_list"]), told
            # White space around a header's value is not part of it.
            if not isinstance(token, Raw) and len(token) < 4000 and token.strip() == token:
                r = w.call(name, good, how=how, headers={"Authorization": f"Bearer {token}"})
                same(r["status_code"], TOKEN if access == "required" else OK, f"Bearer: {told}")
        for token in ("", None):
            params = {**good, **({} if token is None else {"token": token})}
            r = send(w, name, params, how)
            same(r["status_code"], TOKEN if access == "required" else OK, f"{name} without a token")
