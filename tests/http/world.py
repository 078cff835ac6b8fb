"""world.py - what the http tests share: the endpoints and shapes of wire.md (written down here a
second time, by hand, so that the code is not its own witness), callers, users, clips.

The invariant: every reply of a /douyin program passes through verify(), whatever a test wants
of it.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import subprocess
import threading
import time

import stack as stack_module
from client import Client, File, encode, multipart
from report import same, short, wait_for

# name: (method, path, viewer: none, optional or required)
ENDPOINTS = {
    "feed": ("GET", "/douyin/feed/", "optional"),
    "user_register": ("POST", "/douyin/user/register/", "none"),
    "user_login": ("POST", "/douyin/user/login/", "none"),
    "user": ("GET", "/douyin/user/", "optional"),
    "publish_action": ("POST", "/douyin/publish/action/", "required"),
    "publish_list": ("GET", "/douyin/publish/list/", "optional"),
    "favorite_action": ("POST", "/douyin/favorite/action/", "required"),
    "favorite_list": ("GET", "/douyin/favorite/list/", "optional"),
    "comment_action": ("POST", "/douyin/comment/action/", "required"),
    "comment_list": ("GET", "/douyin/comment/list/", "optional"),
    "relation_action": ("POST", "/douyin/relation/action/", "required"),
    "relation_follow_list": ("GET", "/douyin/relation/follow/list/", "optional"),
    "relation_follower_list": ("GET", "/douyin/relation/follower/list/", "optional"),
    "relation_friend_list": ("GET", "/douyin/relation/friend/list/", "required"),
    "message_chat": ("GET", "/douyin/message/chat/", "required"),
    "message_action": ("POST", "/douyin/message/action/", "required"),
}

LISTS = {"feed": "video_list", "publish_list": "video_list", "favorite_list": "video_list",
         "comment_list": "comment_list", "relation_follow_list": "user_list",
         "relation_follower_list": "user_list", "relation_friend_list": "user_list",
         "message_chat": "message_list"}

# Codes of lib/base/err.h; released ones never change.
OK, NAME_TAKEN, LOGIN, TOKEN, NOT_VIDEO = 0, 10001, 10003, 10004, 10007
USER_UNKNOWN, FILE_TOO_LARGE, VIDEO_UNKNOWN, COMMENT_UNKNOWN = 10013, 10014, 10015, 10016
NOT_OWNER, SELF_FOLLOW, SELF_MESSAGE, ACCOUNT_DISABLED = 10017, 10018, 10019, 10020
PARAM, TOO_LARGE, TOO_FAST, FROZEN, NOT_FOUND, METHOD, BODY = 40002, 40003, 40004, 40005, 40006, 40007, 40008
# Any program may answer with these.
COMMON_CODES = {40002, 40003, 10004, 10020, 40004, 40008, 50001, 50002, 50003, 50004, 50005, 40006,
                40007}

# ---- shapes: a dict is an object with exactly these keys, a list of one is a list of such ----


def positive(v):
    return type(v) is int and 0 < v < 1 << 53


def count(v):
    return type(v) is int and v >= 0


def text(v):
    return type(v) is str


def filled(v):
    return type(v) is str and v.strip() != ""


def flag(v):
    return type(v) is bool


def url(v):
    return type(v) is str and re.fullmatch(r"https?://[^/\s]+/\S+", v) is not None


def month_day(v):
    return type(v) is str and re.fullmatch(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", v) is not None


def millis(v):
    return type(v) is int and v > 10 ** 12


def zero_one(v):
    return type(v) is int and v in (0, 1)


def state(v):
    return v in ("received", "processing", "ready", "hidden", "refused", "failed")


USER = {"id": positive, "name": filled, "follow_count": count, "follower_count": count,
        "is_follow": flag, "avatar": url, "background_image": url, "signature": text,
        "total_favorited": count, "work_count": count, "favorite_count": count}
VIDEO = {"id": positive, "author": USER, "play_url": url, "cover_url": url, "favorite_count": count,
         "comment_count": count, "is_favorite": flag, "title": text}
OWN_VIDEO = dict(VIDEO, state=state, reason=text)
COMMENT = {"id": positive, "user": USER, "content": filled, "create_date": month_day}
FRIEND = dict(USER, message=text, msgType=zero_one)
MESSAGE = {"id": positive, "to_user_id": positive, "from_user_id": positive, "content": filled,
           "create_time": millis}

SHAPES = {
    "feed": {"video_list": [VIDEO], "next_time": count},
    "user_register": {"user_id": positive, "token": filled},
    "user_login": {"user_id": positive, "token": filled},
    "user": {"user": USER},
    "publish_action": {},
    "publish_list": {"video_list": [VIDEO], "next_cursor": text},
    "favorite_action": {},
    "favorite_list": {"video_list": [VIDEO], "next_cursor": text},
    "comment_action": {},
    "comment_list": {"comment_list": [COMMENT], "next_cursor": text},
    "relation_action": {},
    "relation_follow_list": {"user_list": [USER], "next_cursor": text},
    "relation_follower_list": {"user_list": [USER], "next_cursor": text},
    "relation_friend_list": {"user_list": [FRIEND], "next_cursor": text},
    "message_chat": {"message_list": [MESSAGE], "next_cursor": text},
    "message_action": {},
}
ERROR_FIELDS = {**{name: {field: lambda v: v == []} for name, field in LISTS.items()},
                "user_register": {"user_id": lambda v: v == 0 and type(v) is int, "token": lambda v: v == ""},
                "user_login": {"user_id": lambda v: v == 0 and type(v) is int, "token": lambda v: v == ""}}


def conforms(value, shape, where):
    if isinstance(shape, dict):
        assert isinstance(value, dict), f"{where} is no object: {short(value)}"
        same(sorted(value), sorted(shape), f"keys of {where}")
        for key, inner in shape.items():
            conforms(value[key], inner, f"{where}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), f"{where} is no list: {short(value)}"
        for i, row in enumerate(value):
            conforms(row, shape[0], f"{where}[{i}]")
    else:
        assert shape(value), f"{where} is {short(value)}: not {shape.__name__}"


# ---- what the programs say of themselves ----


class Description:
    """--describe of a program, the parts that tests use."""

    def __init__(self, data):
        self.data = data
        self.name = data["name"]
        # What belongs to /douyin: api.py looks at the rest.
        self.params = [p for p in data["params"] if p.get("only") != "api"]
        self.outputs = {o["douyin"] for o in data["reply"] if "douyin" in o}
        self.on_error = {o["douyin"] for o in data["reply"] if o["on_error"] and "douyin" in o}
        self.errors = {e["code"]: e["name"] for e in data["errors"]}
        self.routes = [(r["method"], r["path"], r["access"]) for r in data["routes"]
                       if r["dialect"] == "douyin"]


def describe(stack):
    found = {}
    for name in ENDPOINTS:
        done = stack.run([stack.program("cgi/" + name), "--describe"])
        assert done.returncode == 0, f"{name} --describe: {done.stderr.decode()[:300]}"
        found[name] = Description(json.loads(done.stdout))
    return found


class User:
    def __init__(self, id, name, password, token):
        self.id, self.name, self.password, self.token = id, name, password, token


class World:
    def __init__(self, stack, descriptions):
        self.stack = stack
        self.client = Client(stack.host, stack.port)
        self.described = descriptions
        self.seed = os.urandom(3).hex()
        self.count = 0
        self.lock = threading.Lock()
        self.clips = {}
        self.codes_seen = set()

    # ---- calls ----

    def verify(self, name, reply, method=None):
        """Everything that holds for each reply of a program; returns the body."""
        r = reply.json()
        kind = reply.header("content-type") or ""
        what = f"{reply.what} -> {short(reply.body.decode(errors='replace'), 200)}"
        assert kind.lower().replace(" ", "") == "application/json;charset=utf-8", f"{what}: {kind}"
        assert isinstance(r, dict) and type(r.get("status_code")) is int, f"{what}: no status_code"
        code = r["status_code"]
        assert filled(r.get("status_msg")), f"{what}: no status_msg"
        assert 0 <= code < 1 << 31, f"{what}: code out of range"
        assert code < 50000, f"{what}: our fault, they say"
        assert reply.header("x-request-id"), f"{what}: no X-Request-Id"
        if code in (METHOD, NOT_FOUND):  # no handler spoke
            assert reply.status in (404, 405), f"{what}: HTTP {reply.status}"
        else:
            same(reply.status, 200, f"{what}: HTTP status")
        self.codes_seen.add(code)
        said = self.described.get(name)
        if said:
            assert code in COMMON_CODES or code in said.errors or code == 0, \
                f"{what}: {name} does not declare this code"
            extra = set(r) - {"status_code", "status_msg"} - said.outputs
            assert not extra, f"{what}: undeclared fields {sorted(extra)}"
        if code in (METHOD, NOT_FOUND):
            return r
        rest = {k: v for k, v in r.items() if k not in ("status_code", "status_msg")}
        if code == 0:
            self.verify_success(name, rest, what)
        else:
            conforms(rest, ERROR_FIELDS.get(name, {}), name)
        return r

    def verify_success(self, name, rest, what):
        shape = SHAPES[name]
        if name == "comment_action" and "comment" in rest:
            shape = {"comment": COMMENT}
        if name == "publish_list" and any("state" in v for v in rest.get("video_list") or []):
            shape = dict(shape, video_list=[OWN_VIDEO])
        conforms(rest, shape, name)

    def send(self, name, params=None, how=None, headers=None, client=None, method=None, path=None):
        """Sends params as query, form, get-form (a GET with a body), multipart or json; returns the
        Reply.  how None: as the Android client does, everything in the query."""
        verb, where, _ = ENDPOINTS[name]
        headers = dict(headers or {})
        pairs = list(params.items() if isinstance(params, dict) else params or [])
        target, body = path or where, None
        if how in (None, "query"):
            target += "?" + encode(pairs) if pairs else ""
            if (method or verb) == "POST":
                body = b""
        elif how == "form":
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
            body = encode(pairs).encode()
        elif how == "multipart":
            headers["Content-Type"], body = multipart(pairs)
        elif how == "json":
            headers.setdefault("Content-Type", "application/json")
            body = json.dumps(dict(pairs)).encode()
        return (client or self.client).request(method or verb, target, headers, body)

    def call(self, name, params=None, **more):
        """The verified body."""
        return self.verify(name, self.send(name, params, **more))

    def good(self, name, params=None, **more):
        r = self.call(name, params, **more)
        assert r["status_code"] == 0, f"{name} {short(params)} -> {short(r)}"
        return r

    def bad(self, code, name, params=None, **more):
        r = self.call(name, params, **more)
        same(r["status_code"], code, f"{name} {short(params)} -> {short(r)}: status_code")
        return r

    def bad_param(self, param, name, params=None, **more):
        r = self.bad(PARAM, name, params, **more)
        assert param in r["status_msg"], f"{name}: \"{r['status_msg']}\" does not name {param}"
        return r

    # ---- people and clips ----

    def name(self, word="u"):
        with self.lock:
            self.count += 1
            return f"{word}{self.seed}{self.count}"

    def user(self, word="u", password=None, client=None):
        name = self.name(word)
        r = self.good("user_register", {"username": name, "password": password or name},
                      client=client)
        return User(r["user_id"], name, password or name, r["token"])

    def clip(self, n=0):
        """The bytes of one of the suite's self-made clips."""
        with self.lock:
            if n not in self.clips:
                path = os.path.join(self.stack.dir, f"clip{n}.mp4")
                done = subprocess.run([os.path.join(stack_module.BUILD, "bin/doufu"), "demo-clip",
                                       str(n), path], capture_output=True, timeout=120,
                                      env=dict(self.stack.small_environment()))
                assert done.returncode == 0, f"doufu demo-clip: {done.stderr.decode()[:300]}"
                with open(path, "rb") as f:
                    self.clips[n] = f.read()
            return self.clips[n]

    def fresh_clip(self, n=0):
        """The same clip with other bytes: the same user's clips of the same bytes share their files."""
        return self.clip(n) + (24).to_bytes(4, "big") + b"free" + os.urandom(16)

    def upload(self, user, title="t", data=None, filename="clip.mp4", order="data token title",
               **more):
        values = {"data": File(self.clip() if data is None else data, filename),
                  "token": user.token, "title": title}
        return self.call("publish_action", [(k, values[k]) for k in order.split()], how="multipart",
                         **more)

    def publish(self, user, title=None, data=None, **more):
        """Uploads a clip and returns its row in the author's list."""
        r = self.upload(user, title or self.name("title "), self.fresh_clip() if data is None else data,
                        **more)
        same(r["status_code"], 0, f"publish -> {short(r)}")
        return self.mine(user)[0]

    def original(self, video):
        """The path of what came, whatever is played by now."""
        return "/media/" + self.stack.sql("SELECT path FROM media_files WHERE kind = 1 AND content_id = "
                                          f"(SELECT content_id FROM videos WHERE id = {video['id']})")[0][0]

    def mine(self, user):
        return self.good("publish_list", {"user_id": user.id, "token": user.token})["video_list"]

    def works(self, user, n):
        """n clips of a user, oldest first, each of its own millisecond."""
        return [self.publish(user, f"work {i}") for i in range(n)]

    def profile(self, user, viewer=None):
        return self.good("user", {"user_id": user.id,
                                  **({"token": viewer.token} if viewer else {})})["user"]

    def like(self, user, video, on=True):
        return self.good("favorite_action", {"token": user.token, "video_id": video["id"],
                                             "action_type": 1 if on else 2})

    def follow(self, user, other, on=True):
        return self.good("relation_action", {"token": user.token, "to_user_id": other.id,
                                             "action_type": 1 if on else 2})

    def comment(self, user, video, words="nice"):
        return self.good("comment_action", {"token": user.token, "video_id": video["id"],
                                            "action_type": 1, "comment_text": words})["comment"]

    def uncomment(self, user, video, comment):
        return self.good("comment_action", {"token": user.token, "video_id": video["id"],
                                            "action_type": 2, "comment_id": comment["id"]})

    def tell(self, user, other, words):
        return self.good("message_action", {"token": user.token, "to_user_id": other.id,
                                            "action_type": 1, "content": words})

    def chat(self, user, other, **more):
        return self.good("message_chat", {"token": user.token, "to_user_id": other.id,
                                          **more})["message_list"]

    def pages(self, name, params, size, most=200):
        """All rows of a list, page by page through next_cursor; asserts the size of each page."""
        field, rows, cursor = LISTS[name], [], ""
        for _ in range(most):
            r = self.good(name, {**params, "page_size": size, **({"cursor": cursor} if cursor else {})})
            assert len(r[field]) <= size, f"{name}: {len(r[field])} rows in a page of {size}"
            rows.append(r[field])
            cursor = r["next_cursor"]
            if cursor == "":
                return rows
            assert r[field], f"{name}: an empty page that is not the last"
        raise AssertionError(f"{name}: more than {most} pages")

    def settled(self, user, seconds=20):
        """The user's clips once none of them waits for the media worker."""
        def look():
            rows = self.mine(user)
            return rows if all(v["state"] in ("ready", "refused") for v in rows) else None
        return wait_for("clips are ready or refused", seconds, look, 0.2)

    def quiet(self, seconds=60):
        """Waits until the media worker has nothing to do, so that rows stay as they are."""
        # A job at work has a token, and its lease's end as its time.
        wait_for("no job is due", seconds, lambda: self.stack.sql(
            "SELECT COUNT(*) FROM jobs WHERE dead = 0 AND (token <> '' OR "
            f"run_at_ms < {int(time.time() * 1000) + 60000})") == [["0"]], 0.1)

    def path_of(self, address):
        """The path of one of our own URLs."""
        assert address.startswith(self.client.base + "/"), f"{address} is not at {self.client.base}"
        return address[len(self.client.base):]

    def fetch(self, address, **headers):
        return self.client.get(self.path_of(address), **headers)

    # ---- tokens ----

    def claims(self, user, **more):
        now = int(time.time())
        return {"user_id": user.id, "epoch": 1, "iat": now, "nbf": now, "exp": now + 3600, **more}

    def forge(self, claims, head=None, key=None, digest=hashlib.sha256, signature=None):
        """A token by our own hand.  key None: the right one."""
        key = bytes.fromhex(self.stack.key("token_key")) if key is None else key
        part = ".".join(b64(json.dumps(x, separators=(",", ":")).encode())
                        for x in (head or {"alg": "HS256", "typ": "JWT"},
                                  {k: v for k, v in claims.items() if v is not None}))
        if signature is None:
            signature = b64(hmac.new(key, part.encode(), digest).digest())
        return f"{part}.{signature}"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


# ---- the list of tests ----

TESTS = []


def test(function):
    """Marks a function of a World as a test; its name, less `test_`, is the test's."""
    TESTS.append((function.__name__.removeprefix("test_"), function))
    return function


def tests_of(function):
    """Marks a generator of (name, function of a World) pairs, known once the programs speak."""
    TESTS.append((None, function))
    return function


def fold(w):
    """What `doufu recommend fold` prints, when no other run is at work."""
    for _ in range(200):
        said = w.stack.admin("recommend", "fold").stdout.decode()
        if "another run" not in said:
            return said
        time.sleep(0.1)
    raise AssertionError("another run of the job does not end")
