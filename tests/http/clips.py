"""clips.py - publishing, the feed, files and covers."""

import os
import re
import signal
import time

import stack as stack_module
from client import File, multipart, read_reply
from report import Skip, same, wait_for
from world import (FILE_TOO_LARGE, NOT_VIDEO, PARAM, TOKEN, TOO_LARGE, USER_UNKNOWN,
                   VIDEO_UNKNOWN, test, tests_of)

SAMPLES = os.path.join(stack_module.ROOT, "../shared/samples")


def feed(w, **params):
    return w.good("feed", params)


@test
def test_published_clip_is_there_at_once(w):
    u = w.user()
    data = w.clip(1)
    for i in range(5):
        video = w.publish(u, f"第 {i} 个", data)
        same(video["title"], f"第 {i} 个")
        for _ in range(4):
            first = feed(w)["video_list"][0]
            same(first["id"], video["id"], "first of the feed")
            same({k: first[k] for k in ("title", "favorite_count", "comment_count")},
                 {k: video[k] for k in ("title", "favorite_count", "comment_count")})
            assert first["play_url"] and first["cover_url"], first
            same(first["author"]["id"], u.id)
        same(w.profile(u)["work_count"], i + 1)
        same(len(w.mine(u)), i + 1)
    same([v["title"] for v in w.mine(u)], [f"第 {i} 个" for i in (4, 3, 2, 1, 0)], "newest first")


@test
def test_clip_bytes_and_ranges(w):
    data = w.clip(0)
    video = w.publish(w.user(), data=data)
    video["play_url"] = w.client.base + w.original(video)
    whole = w.fetch(video["play_url"])
    same(whole.status, 200)
    assert whole.body == data, "the bytes that came back are not those that went"
    same(whole.header("content-type"), "video/mp4")
    same(whole.header("accept-ranges"), "bytes")
    for spec, part in (("0-99", data[:100]), ("100-", data[100:]), ("-50", data[-50:]),
                       (f"{len(data) - 1}-", data[-1:]), ("0-999999999", data)):
        r = w.fetch(video["play_url"], Range="bytes=" + spec)
        same(r.status, 206, spec)
        assert r.body == part, f"Range {spec}: other bytes"
        assert re.fullmatch(rf"bytes \d+-\d+/{len(data)}", r.header("content-range")), r.headers
    same(w.fetch(video["play_url"], Range=f"bytes={len(data)}-").status, 416)
    head = w.client.request("HEAD", w.path_of(video["play_url"]))
    same((head.status, head.header("content-length"), head.body), (200, str(len(data)), b""))
    tag = whole.header("etag")
    if tag:
        same(w.fetch(video["play_url"], If_None_Match=tag).status, 304)


@test
def test_cover_is_a_placeholder_and_then_a_picture(w):
    u = w.user()
    worker = w.stack.pids("media")
    assert worker, "no media worker runs"
    os.killpg(worker[0], signal.SIGSTOP)  # with what it may have started
    try:
        video = w.publish(u)
        same(video["state"], "received")
        same(video["reason"], "")
        placeholder = w.fetch(video["cover_url"])
        same((placeholder.status, placeholder.header("content-type")), (200, "image/jpeg"))
        same(w.path_of(video["cover_url"]), "/img/cover.jpg")
        assert placeholder.body[:2] == b"\xff\xd8", "the placeholder is no JPEG"
    finally:
        os.killpg(worker[0], signal.SIGCONT)
    row = w.settled(u, 10)[0]
    same((row["state"], row["reason"]), ("ready", ""))
    w.placeholder = placeholder.body
    cover = w.fetch(row["cover_url"])
    same((cover.status, cover.header("content-type"), cover.body[:2]), (200, "image/jpeg", b"\xff\xd8"))
    assert cover.body != placeholder.body, "the cover is still the placeholder"


@test
def test_state_is_for_the_owner_only(w):
    u, other = w.user(), w.user()
    w.publish(u)
    for viewer in ({}, {"token": other.token}):
        row = w.good("publish_list", {"user_id": u.id, **viewer})["video_list"][0]
        assert "state" not in row and "reason" not in row, row
    assert "state" in w.good("publish_list", {"token": u.token})["video_list"][0]
    assert "state" not in feed(w, token=u.token)["video_list"][0]


@test
def test_refused_clip(w):
    """The front half of a clip: a video by its first bytes, and cut short."""
    u, fan = w.user(), w.user()
    data = w.clip(0)
    video = w.publish(u, data=data[:len(data) // 2])
    row = w.settled(u)[0]
    same(row["state"], "refused")
    assert row["reason"], "no reason"
    assert row["cover_url"]
    same(w.profile(u)["work_count"], 0, "a refused clip counts no more")
    assert video["id"] not in [v["id"] for v in feed(w)["video_list"]], "it is in the feed"
    same(w.good("publish_list", {"user_id": u.id})["video_list"], [], "others see it not")
    w.bad(VIDEO_UNKNOWN, "favorite_action", {"token": fan.token, "video_id": video["id"],
                                             "action_type": 1})
    w.bad(VIDEO_UNKNOWN, "comment_list", {"video_id": video["id"]})


@test
def test_publish_order_and_names_of_parts(w):
    u = w.user()
    for order in ("data token title", "token title data", "title data token", "data title token"):
        same(w.upload(u, order, order=order)["status_code"], 0, order)
        same(w.mine(u)[0]["title"], order)
    for filename in ("../public/bear.mp4", "/etc/passwd", "a\\..\\b.mp4", "x.php", "名.mp4", ".",
                     "%2e%2e%2f", "a;b=c.mp4", "x" * 500 + ".mp4"):
        same(w.upload(u, "t", filename=filename)["status_code"], 0, filename)
        row = w.mine(u)[0]
        path = w.path_of(row["play_url"])
        assert re.fullmatch(r"/media/v/[A-Za-z0-9/_-]+\.mp4", path), f"{filename}: {path}"
    assert not os.path.exists(os.path.join(w.stack.var, "public"))


@test
def test_publish_token_in_query_or_header(w):
    u = w.user()
    kind, body = multipart([("data", File(w.clip())), ("title", "q")])
    for target, headers in ((f"?token={u.token}", {}), ("", {"Authorization": f"Bearer {u.token}"})):
        r = w.client.request("POST", "/douyin/publish/action/" + target,
                             {"Content-Type": kind, **headers}, body)
        same(w.verify("publish_action", r)["status_code"], 0)
    same(len(w.mine(u)), 2)
    for target in ("", "?token=", "?token=stale"):
        r = w.client.request("POST", "/douyin/publish/action/" + target, {"Content-Type": kind}, body)
        same(w.verify("publish_action", r)["status_code"], TOKEN)
    same(len(w.mine(u)), 2)
    nothing_left(w)


def nothing_left(w):
    """A file that was not kept goes with its request, a moment after the reply."""
    incoming = os.path.join(w.stack.var, "media/incoming")
    # Uploads in parts (names with a dot) stay: tus.py.
    wait_for(f"incoming is empty: {os.listdir(incoming)}", 5,
             lambda: not [n for n in os.listdir(incoming) if "." not in n])


@test
def test_publish_titles(w):
    u = w.user()
    for pairs in ([("data", File(w.clip())), ("token", u.token)],
                  [("data", File(w.clip())), ("token", u.token), ("title", "")],
                  [("data", File(w.clip())), ("token", u.token), ("title", "   ")],
                  [("data", File(w.clip())), ("token", u.token), ("title", "\u200b\u3164")]):
        for lang, title in (("en", "untitled"), ("zh-CN,zh;q=0.9", "无标题")):
            w.good("publish_action", pairs, how="multipart", headers={"Accept-Language": lang})
            same(w.mine(u)[0]["title"], title)
    for title in ("题" * 128, "#tag @user", "<i>'\"\\", "  two  "):
        w.publish(u, title)
        same(w.mine(u)[0]["title"], title)
    n = len(w.mine(u))
    for title in ("题" * 129, "a\nb", "a\x00b", b"\xff\xfe"):
        r = w.call("publish_action", [("data", File(w.clip())), ("token", u.token), ("title", title)],
                   how="multipart")
        same(r["status_code"], PARAM, repr(title)[:40])
        assert "title" in r["status_msg"], r
    same(len(w.mine(u)), n)
    nothing_left(w)


@test
def test_publish_what_is_no_clip(w):
    u = w.user()
    for data in (b"hello, this is text, and long enough to look at it", b"x", b"\0" * 100,
                 b"\x89PNG\r\n\x1a\n" + b"\0" * 100, b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
                 b"RIFF\0\0\0\0WAVEfmt " + b"\0" * 50, w.clip()[1:]):
        r = w.upload(u, data=data)
        same(r["status_code"], NOT_VIDEO, repr(data[:20]))
    for pairs in ([("token", u.token), ("title", "x")],
                  [("data", File(b"", "")), ("token", u.token)],
                  [("data", File(b"", "a.mp4")), ("token", u.token)],
                  [("data", "text"), ("token", u.token)],
                  [("data", w.clip()[:60000]), ("token", u.token)],
                  [("file", File(w.clip())), ("token", u.token)]):
        r = w.call("publish_action", pairs, how="multipart")
        same(r["status_code"], PARAM, f"{r} for {[p[0] for p in pairs]}")
        assert "data" in r["status_msg"], r
    for how in ("query", "form", "json"):
        r = w.bad_param("data", "publish_action", {"token": u.token, "title": "x"}, how=how)
    same(w.mine(u), [])
    nothing_left(w)


@test
def test_publish_damaged_bodies(w):
    u = w.user()
    kind, body = multipart([("token", u.token), ("data", File(w.clip())), ("title", "x")])
    bound = kind.split("=")[1]
    for what, headers, sent in (
            ("no end", {"Content-Type": kind}, body[:len(body) // 2]),
            ("no last dashes", {"Content-Type": kind}, body[:-6]),
            ("another boundary", {"Content-Type": kind + "x"}, body),
            ("no boundary", {"Content-Type": "multipart/form-data"}, body),
            ("an empty boundary", {"Content-Type": "multipart/form-data; boundary="}, body),
            ("a boundary of 200", {"Content-Type": "multipart/form-data; boundary=" + "b" * 200}, body),
            ("a head without end", {"Content-Type": kind}, f"--{bound}\r\nX: ".encode() + b"y" * 100000),
            ("no body", {"Content-Type": kind}, b""),
            ("a long field", {"Content-Type": kind}, multipart([("title", "x" * 100000)])[1]),
            ("many parts", {"Content-Type": kind},
             b"".join(f'--{bound}\r\nContent-Disposition: form-data; name="p{i}"\r\n\r\nx\r\n'.encode()
                      for i in range(200)) + f"--{bound}--\r\n".encode()),
            ("a JSON text", {"Content-Type": "application/json"}, b'{"title": '),
            ("nested JSON", {"Content-Type": "application/json"}, b"[" * 50000)):
        for target in ("", f"?token={u.token}"):
            r = w.verify("publish_action", w.client.request(
                "POST", "/douyin/publish/action/" + target, headers, sent))
            assert r["status_code"] in (PARAM, TOO_LARGE, TOKEN), f"{what}: {r}"
    same(w.mine(u), [])
    nothing_left(w)


@test
def test_publish_too_large(w):
    u = w.user()
    big = w.clip() + b"\0" * (stack_module.UPLOAD_MAX - len(w.clip()))
    same(w.upload(u, "just fits", big)["status_code"], 0)
    same(len(w.client.get(w.original(w.mine(u)[0])).body), stack_module.UPLOAD_MAX)
    same(w.upload(u, "too large", big + b"\0")["status_code"], FILE_TOO_LARGE)
    same(w.upload(u, "far too large", big + b"\0" * 500000)["status_code"], FILE_TOO_LARGE)
    for length in (40 << 20, 1 << 40, 1 << 62):
        r = w.client.request("POST", f"/douyin/publish/action/?token={u.token}",
                             {"Content-Type": "multipart/form-data; boundary=b"}, b"--b\r\n", length)
        if r.status == 200:
            same(w.verify("publish_action", r)["status_code"], FILE_TOO_LARGE)
        else:
            assert r.status in (400, 413), f"Content-Length {length}: HTTP {r.status}"
    for length in (-1, "1e3", "0x10", "12 12", "", 1 << 70):
        r = w.client.request("POST", f"/douyin/publish/action/?token={u.token}",
                             {"Content-Type": "multipart/form-data; boundary=b"}, b"", length)
        assert 400 <= r.status < 500 or (r.status == 200 and r.json()["status_code"] in (
            PARAM, 40008, FILE_TOO_LARGE)), f"Content-Length {length}: HTTP {r.status} {r.body[:200]}"
    same(len(w.mine(u)), 1)
    nothing_left(w)


@test
def test_publish_broken_off(w):
    u = w.user()
    kind, body = multipart([("data", File(w.clip())), ("token", u.token), ("title", "never")])
    for part in (0, 10, len(body) // 2, len(body) - 1):
        with w.client.connect() as s:
            s.sendall((f"POST /douyin/publish/action/ HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n"
                       f"Content-Length: {len(body)}\r\n\r\n").encode() + body[:part])
    w.publish(u, "after")
    same([v["title"] for v in w.mine(u)], ["after"])
    nothing_left(w)


@test
def test_publish_chunked(w):
    u = w.user()
    kind, body = multipart([("data", File(w.clip())), ("token", u.token), ("title", "chunked")])
    with w.client.connect() as s:
        s.sendall((f"POST /douyin/publish/action/ HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n"
                   "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n").encode())
        for i in range(0, len(body), 30000):
            piece = body[i:i + 30000]
            s.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        s.sendall(b"0\r\n\r\n")
        r = read_reply(s, "POST", "chunked upload")
    same(w.verify("publish_action", r)["status_code"], 0)
    same(w.client.get(w.original(w.mine(u)[0])).body == w.clip(), True, "its bytes")


@test
def test_publish_list_of_others(w):
    u, other = w.user(), w.user()
    w.publish(u)
    same(w.good("publish_list", {"user_id": other.id})["video_list"], [])
    same(len(w.good("publish_list", {"user_id": u.id})["video_list"]), 1)
    same(len(w.good("publish_list", {"user_id": 0, "token": u.token})["video_list"]), 1)
    w.bad(USER_UNKNOWN, "publish_list", {"user_id": 4711})
    w.bad(TOKEN, "publish_list")


@test
def test_hidden_and_deleted_clips(w):
    u, fan = w.user(), w.user()
    hidden, gone, stays = w.works(u, 3)
    for video in (hidden, gone, stays):
        w.like(fan, video)
        w.comment(fan, video, "x")
    w.settled(u)
    def ids(rows):
        return [v["id"] for v in rows if v["author"]["id"] == u.id]
    def all_lists(owner):
        return (ids(feed(w)["video_list"]), ids(w.good("publish_list", {"user_id": u.id})["video_list"]),
                ids(w.good("favorite_list", {"user_id": fan.id})["video_list"]), ids(w.mine(owner)))
    w.stack.admin("video", "hide", str(hidden["id"]))
    w.stack.admin("video", "delete", str(gone["id"]))
    left = [stays["id"]]
    same(all_lists(u), (left, left, left, [stays["id"], hidden["id"]]))
    same(w.profile(u)["work_count"], 1)
    same([v["state"] for v in w.mine(u)], ["ready", "hidden"])
    for video in (hidden, gone):
        w.bad(VIDEO_UNKNOWN, "favorite_action", {"token": fan.token, "video_id": video["id"],
                                                 "action_type": 1})
        w.bad(VIDEO_UNKNOWN, "comment_list", {"video_id": video["id"]})
    w.quiet()
    path = w.path_of(gone["play_url"])
    wait_for("the deleted clip's file is gone", 15, lambda: w.client.get(path).status == 404, 0.2)
    w.stack.admin("video", "show", str(hidden["id"]))
    same(all_lists(u)[0], [stays["id"], hidden["id"]], "shown again")
    same((w.profile(u)["work_count"], w.profile(u)["total_favorited"]), (2, 2), "counters")


# ---- the feed ----


@test
def test_feed_is_newest_first_and_full(w):
    u = w.user()
    w.works(u, 3)
    r = feed(w)
    assert 0 < len(r["video_list"]) <= 30
    same(r["video_list"], sorted(r["video_list"], key=lambda v: -v["id"]), "order")
    same(len(feed(w, page_size=2)["video_list"]), 2)
    for size in ("0", "31", "-1", "x"):
        w.bad_param("page_size", "feed", {"page_size": size})


@test
def test_feed_pages_by_next_time(w):
    u = w.user()
    mine = {v["id"] for v in w.works(u, 7)}
    w.quiet()  # a refusal takes a clip out
    everything = int(w.stack.sql("SELECT COUNT(*) FROM videos WHERE visible = 1")[0][0])
    for size in (1, 3, 30):
        seen, latest = [], None
        for _ in range(everything + 2):
            r = feed(w, page_size=size, **({"latest_time": latest} if latest else {}))
            if not r["video_list"]:
                break
            seen += [v["id"] for v in r["video_list"]]
            assert latest is None or r["next_time"] < latest, "next_time goes back"
            latest = r["next_time"]
        same(len(seen), len(set(seen)), f"repeats with pages of {size}")
        same(len(seen), everything, f"rows with pages of {size}")
        assert mine <= set(seen)
    assert abs(r["next_time"] - time.time() * 1000) < 60000, "an empty page begins again at now"
    same(feed(w, latest_time=r["next_time"])["video_list"][0]["id"], max(mine), "and it does")


@test
def test_feed_time_units(w):
    w.publish(w.user())
    now = time.time()
    newest = feed(w)["video_list"][0]["id"]
    same(feed(w, latest_time=int(now) + 2)["video_list"][0]["id"], newest, "seconds")
    r = feed(w, latest_time=int(now) + 2)
    assert r["next_time"] < 10 ** 11, f"asked in seconds, answered {r['next_time']}"
    r = feed(w, latest_time=int(now * 1000) + 2000)
    same(r["video_list"][0]["id"], newest, "milliseconds")
    assert r["next_time"] > 10 ** 11, f"asked in ms, answered {r['next_time']}"
    r = feed(w, latest_time=1000)  # 1970, in seconds
    same(r["video_list"], [])
    assert abs(r["next_time"] - now) < 60, f"the empty page's next_time, in seconds: {r['next_time']}"
    r = feed(w, latest_time=100000000001)  # 1973, in ms
    same(r["video_list"], [])
    assert abs(r["next_time"] - now * 1000) < 60000, r["next_time"]
    same(feed(w, latest_time=f"{float(r['next_time']):e}".replace("+", "%2B"))["status_code"], 0)


@test
def test_feed_takes_any_time(w):
    newest = w.publish(w.user())["id"]
    for text in ("", "0", "-1", "-5e9", "abc", "2023-01-01 00:00:00", "1e400", "9" * 40, "NaN", "null",
                 "0x10", "1.5.5", " ", "9007199254740993", "99999999999999999999", "1e", "é", "\x00"):
        r = feed(w, latest_time=text)
        same(r["video_list"][0]["id"], newest, f"latest_time={text!r} means now")


@test
def test_feed_ignores_a_bad_token(w):
    u, fan = w.user(), w.user()
    video = w.publish(u)
    w.like(fan, video)
    for token in ("", "stale", fan.token + "x", "a.b.c"):
        row = feed(w, token=token)["video_list"][0]
        same((row["id"], row["is_favorite"], row["favorite_count"]), (video["id"], False, 1))


# ---- the samples ----


def expectations():
    path = os.path.join(SAMPLES, "README.md")
    if not os.path.exists(path):
        return []
    rows = []
    with open(path, encoding="utf-8") as f:
        for line in f:
            cells = [c.strip() for c in line.split("|")]
            if len(cells) > 3 and re.match(r"(ready|refused)", cells[2]):
                rows.append((cells[1], cells[2].split()[0].rstrip(":;,").split(":")[0]))
    return rows


def sample_state(w, user, name, want):
    path = os.path.join(SAMPLES, name)
    if not os.path.exists(path):
        raise Skip(f"{name} is not in ../shared/samples")
    with open(path, "rb") as f:
        data = f.read()
    r = w.upload(user, name, data)
    if want == "refused" and r["status_code"] == NOT_VIDEO:
        return
    same(r["status_code"], 0, str(r))
    row = w.settled(user, 60)[0]
    same((row["state"], bool(row["reason"])), (want, want == "refused"),
         f"state, has reason ({row['reason']})")
    if want == "ready":
        cover = w.fetch(row["cover_url"])
        same((cover.status, cover.body[:2]), (200, b"\xff\xd8"))
        assert cover.body != getattr(w, "placeholder", b""), "the cover is still the placeholder"


@tests_of
def samples(w):
    rows = expectations()
    if not rows:
        def none(w):
            raise Skip("../shared/samples is not there")
        yield "samples", none
    for name, want in rows:
        yield f"sample_{name}", lambda w, name=name, want=want: sample_state(w, w.user(), name, want)
