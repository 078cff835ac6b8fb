"""pages.py - the web server's side: pages, media, logs; and what a warm and a cold feed cost."""

import gzip
import os
import re
import shutil
import signal
import time

from report import Skip, same, wait_for
from stack import SAN
from world import test


@test
def test_front_page(w):
    r = w.client.get("/")
    same(r.status, 200)
    assert (r.header("content-type") or "").startswith("text/html"), r.headers
    assert b"<html" in r.body.lower() and b"doufu" in r.body.lower()
    for path in sorted(set(re.findall(rb'(?:src|href)="(/[^"/][^"]*)"', r.body))):
        same(w.client.get(path.decode()).status, 200, path.decode())


PACKED = [  # Accept-Encoding, what comes
    ("br", "br"), ("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("gzip;q=1.0, br; q=0", "gzip"),
    ("br;q=0.001", "br"), ("deflate", None), ("br;q=0, gzip;q=0.0", None), ("identity", None), ("xbr, gzipped", None), (None, None)]


@test
def test_client_is_sent_packed(w):
    """Scripts and styles come in fewer bytes to who takes that: one address, three files, three ETags."""
    folder = os.path.join(w.stack.var, "app/htdocs/app")
    made = not os.path.isdir(folder)
    os.makedirs(folder, exist_ok=True)
    plain = b"/* the same again and again */\n" * 100
    files = {"": plain, ".gz": gzip.compress(plain), ".br": b"no browser here unpacks it"}
    try:
        for kind, mime in (("js", "text/javascript; charset=utf-8"), ("css", "text/css; charset=utf-8"),
                           ("-ABCD2345.js", "text/javascript; charset=utf-8")):
            name = "packed" + kind if kind[0] == "-" else "packed." + kind
            for end, content in files.items():
                with open(os.path.join(folder, name + end), "wb") as f:
                    f.write(content)
                os.chmod(f.name, 0o644)
            tags = {}
            for accept, coding in PACKED:
                what, asked = f"{name} to {accept}", {"Accept-Encoding": accept} if accept else {}
                r = w.client.request("GET", f"/app/{name}?v=1", asked)
                same((r.status, r.header("content-encoding"), r.header("content-type")), (200, coding, mime), what)
                same(r.body, files[{"br": ".br", "gzip": ".gz", None: ""}[coding]], what)
                same((r.header("vary") or "").lower(), "accept-encoding", what)
                same(("max-age=31" in r.header("cache-control"), "max-age=0" in r.header("cache-control")),
                     (kind[0] == "-", kind[0] != "-"), what)
                same(tags.setdefault(coding, r.header("etag")), r.header("etag"), what)
                r = w.client.request("GET", f"/app/{name}?v=1", {**asked, "If-None-Match": tags[coding]})
                same((r.status, r.body), (304, b""), what)
            same(len(set(tags.values()) - {None}), 3, f"ETags of {name}: {tags}")
        same(w.client.get("/app/packed.mjs", Accept_Encoding="br").status, 404)
    finally:
        for name in os.listdir(folder):
            if name.startswith("packed"):
                os.unlink(os.path.join(folder, name))
        if made:
            shutil.rmtree(folder)


@test
def test_media_is_sent_as_it_is(w):
    """Parts of a clip are parts of the file, whatever a client would unpack."""
    data = w.fresh_clip()
    path = w.original(w.publish(w.user(), data=data))
    r = w.client.get(path, Accept_Encoding="gzip, br", Range="bytes=10-109")
    same((r.status, r.header("content-encoding"), r.header("vary"), r.body), (206, None, None, data[10:110]))
    r = w.client.get(path, Accept_Encoding="gzip, br")
    same((r.status, r.header("content-encoding"), r.body == data), (200, None, True))


@test
def test_nothing_is_listed_or_leaked(w):
    incoming = os.path.join(w.stack.var, "media/incoming/secret.mp4")
    with open(incoming, "wb") as f:
        f.write(b"half an upload")
    os.chmod(incoming, 0o644)
    try:
        for path in ("/media/", "/media/v/", "/media/c/", "/media/v", "/media/incoming/",
                     "/media/incoming/secret.mp4", "/media/v/../incoming/secret.mp4",
                     "/media/v/%2e%2e/incoming/secret.mp4", "/media/v/..%2fincoming/secret.mp4",
                     "/media/../secret", "/media/v/../../secret", "/media/v/%2e%2e/%2e%2e/secret",
                     "/media/v/..%2f..%2fsecret", "/../secret", "/%2e%2e/secret", "/secret", "/doufu.conf",
                     "/media/v//etc/passwd", "/..%5csecret", "/cgi/feed", "/img/", "/.git/config",
                     "/httpd-conf/programs"):
            r = w.client.request("GET", path)
            assert r.status in (301, 400, 403, 404), f"{path}: HTTP {r.status}"
            assert b"half an upload" not in r.body and b"token_key" not in r.body, path
            assert b"Index of" not in r.body, path
    finally:
        os.unlink(incoming)


@test
def test_media_is_never_run(w):
    u, data = w.user(), w.fresh_clip()
    path = w.original(w.publish(u, data=data))
    for method in ("POST", "PUT", "DELETE"):
        r = w.client.request(method, path, {}, b"x")
        assert r.status in (200, 403, 405, 411, 501), f"{method} {path}: HTTP {r.status}"
    same(w.client.get(path).body == data, True, "the clip is as it was")
    status = w.client.get(path + "/x").status
    assert status in (403, 404), f"{path}/x: HTTP {status}"


@test
def test_access_log_keeps_secrets(w):
    u = w.user(password="LogSecret42")
    w.good("user_login", {"username": u.name, "password": u.password})
    w.good("user", {"token": u.token})
    w.good("user", headers={"Authorization": f"Bearer {u.token}"})
    w.call("user", {"token": "LogSecret42.x.y"})
    w.upload(u)
    time.sleep(1.2 if w.stack.web == "lighttpd" else 0.1)
    w.stack.renew("feed")  # lighttpd buffers its log for some seconds; the programs' is at once
    logs = w.stack.logs()
    for name, text in logs.items():
        assert u.token not in text, f"a token in {name}"
        assert "LogSecret42" not in text, f"a password in {name}"
        assert "token=" not in text and "password=" not in text, f"a query in {name}"
    assert any("GET /douyin/" in t for n, t in logs.items() if n == "access.log"), "no access log"


@test
def test_logs_are_cut(w):
    """Whoever writes a log goes on at the beginning of what was emptied; the old one is beside it."""
    daemon = w.stack.pids("logs")
    same(len(daemon), 1, "who looks at them all the time")

    def feeds(word):
        for i in range(10):
            w.client.get(f"/douyin/feed/?x={word}", User_Agent=f"cut-{word}-{i}")
        time.sleep(1.2 if w.stack.web == "lighttpd" else 0.1)
        w.stack.renew("feed")
        wait_for("the access log", 15, lambda: f"cut-{word}-9" in w.stack.logs()["access.log"], 0.2)
    feeds("before")
    small = w.stack.logs()["memcached.log"]
    assert len(small) <= 500, "a log too small to be cut"
    done = w.stack.run(["sh", os.path.join(w.stack.var, "app/bin/stack"), "rotate"], LOG_MAX="500", VAR=w.stack.var)
    same((done.returncode, done.stdout, done.stderr), (0, b"", b""))
    logs = w.stack.logs()
    for name in ("access.log", "doufu.log"):
        assert len(logs[name]) < len(logs[name + ".1"]), name
    assert "cut-before" in logs["access.log.1"] and "cut-before" not in logs["access.log"]
    same((logs["memcached.log"], "memcached.log.1" in logs), (small, False))
    feeds("after")
    logs = w.stack.logs()
    assert "\0" not in logs["access.log"] + logs["doufu.log"], "a hole: somebody does not append"
    assert "cut-after" not in logs["access.log.1"] and logs["doufu.log"], "it goes on in the new one"
    done = w.stack.run(["timeout", "2", "sh", os.path.join(w.stack.var, "app/bin/stack"), "logs"], LOG_MAX="500",
                       LOG_EVERY="0.3", VAR=w.stack.var)
    same((done.returncode, "cut-after" in w.stack.logs()["access.log.1"]), (124, True), "the daemon's own loop")
    same(w.stack.pids("logs"), daemon)


# ---- what a feed costs ----


def statements_of(w, requests):
    before = w.stack.statements()
    requests()
    return w.stack.statements() - before


def fill(w):
    """30 clips of several authors, and a viewer with marks on some."""
    if not hasattr(w, "costly"):
        authors = [w.user() for _ in range(4)]
        videos = [w.publish(authors[i % 4]) for i in range(30)]
        fan = w.user()
        for video in videos[::3]:
            w.like(fan, video)
        w.follow(fan, authors[0])
        w.quiet()
        w.costly = fan
    return w.costly


def least(w, requests, tries=6):
    """The media worker asks now and then, too: the least of some tries is the requests' own."""
    return min(statements_of(w, requests) for _ in range(tries))


@test
def test_warm_feed_needs_no_sql(w):
    fan = fill(w)
    def anonymous():
        for _ in range(16):
            same(len(w.good("feed")["video_list"]), 30)
    def marked():
        for _ in range(16):
            r = w.good("feed", {"token": fan.token})
            same(sum(v["is_favorite"] for v in r["video_list"]), 10)
    anonymous()
    marked()
    same(least(w, anonymous), 0, "statements of 16 anonymous feeds")
    same(least(w, marked), 0, "statements of 16 feeds with a token")


@test
def test_cold_feed_needs_four_statements(w):
    fan = fill(w)
    for params in ({}, {"token": fan.token}):
        counts = []
        for _ in range(4):
            w.stack.renew("feed")
            w.stack.cache("flush_all")
            time.sleep(0.02)
            counts.append(statements_of(w, lambda: w.good("feed", params)))
        assert 1 <= min(counts) <= 4, f"a cold feed {'with a token ' if params else ''}took {counts}"


@test
def test_workers_share_a_mother_and_nothing_else(w):
    if SAN:
        raise Skip("a leak checker must see fork()")
    s = w.stack
    mother = s.mother()
    assert mother, "there is no mother"
    s.renew("feed")
    w.client.get("/health")  # a program that one process is for, and that may have slept
    same(s.mother(), mother, "new workers of the same mother")
    for name, pid in [("feed", pid) for pid in s.pids("feed")] + [("health", pid) for pid in s.pids("health")]:
        same(os.readlink(f"/proc/{pid}/exe"), os.readlink(f"/proc/{mother}/exe"), name)
        same(read(f"/proc/{pid}/cmdline").rstrip("\0"), f"cgi/{name}")
        status = read(f"/proc/{pid}/status")
        same(int(re.search(r"PPid:\s+(\d+)", status)[1]), s.supervisor(), "a worker's parent")
        same(os.getpgid(pid), pid, "a worker's process group")
        if name != "feed":  # which has not worked yet
            continue
        links = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
        same(sum(link.startswith("socket:") for link in links), 1, f"only the listener is open: {links}")
    # Random state that was made before the fork would give each worker the same first numbers.
    ids = [w.client.get("/douyin/feed/").header("x-request-id") for _ in range(32)]
    same(len(set(ids)), len(ids), "request ids")


@test
def test_frozen_mother_is_replaced(w):
    if SAN:
        raise Skip("a leak checker must see fork()")
    s = w.stack
    old = s.mother()
    os.kill(old, signal.SIGSTOP)
    s.renew("feed")
    assert s.mother() not in (0, old), f"mother {s.mother()}, the frozen one was {old}"
    wait_for("the frozen mother ends", 5, lambda: not os.path.exists(f"/proc/{old}"), 0.05)
    same(w.client.get("/douyin/feed/").status, 200)


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()
