"""media.py - what a clip is made into, and which files are kept for it.

The invariant: the same bytes of the same user are stored once, for as long as one of his clips has
them; every kept file has a row, and goes with it.
"""

import os
import posixpath
import re
import signal
import threading
import time
import zlib

from client import File, multipart
from owner import DELETE, STATUS, api
from report import same, wait_for
from world import test

HLS_CLIP = 1  # of the self-made ones, the only one that is longer than the stack's hls_over


def rows_of(w, user, columns="path, kind, width, height, size_bytes", where="1"):
    return w.stack.sql(f"SELECT {columns} FROM media_files WHERE author_id = {user.id} AND {where} "
                       "ORDER BY kind, rung DESC, width DESC, path")


def delete(w, user, video):
    api(w, "POST", DELETE, {"video_id": video["id"]}, user.token)


def exists(w, path):
    return os.path.exists(os.path.join(w.stack.var, "media", path))


# ---- the same bytes ----


@test
def test_same_bytes_are_stored_once(w):
    a, b, data = w.user(), w.user(), w.fresh_clip()
    first = w.publish(a, "first", data)
    w.settled(a)
    files = rows_of(w, a)
    second = w.publish(a, "second", data)
    # Ready at once, without a job, and a clip of its own.
    same((second["state"], second["title"]), ("ready", "second"))
    assert second["id"] != first["id"]
    same(rows_of(w, a), files)
    rows = w.mine(a)
    same((rows[0]["play_url"], rows[0]["cover_url"]), (rows[1]["play_url"], rows[1]["cover_url"]))
    same(w.profile(a)["work_count"], 2)
    w.like(b, second)
    same([v["favorite_count"] for v in w.mine(a)], [1, 0])
    # Another user's are his own.
    w.publish(b, "third", data)
    w.settled(b)
    assert not {r[0] for r in rows_of(w, b)} & {r[0] for r in files}
    # The files go with the last clip.
    delete(w, a, first)
    w.quiet()
    same([w.fetch(rows[0][k]).status for k in ("play_url", "cover_url")], [200, 200])
    same(rows_of(w, a), files)
    delete(w, a, second)
    wait_for("the files are gone", 10, lambda: not rows_of(w, a), 0.1)
    same([f[0] for f in files if exists(w, f[0])], [])
    # And after that it is new again.
    third = w.publish(a, "again", data)
    assert third["state"] in ("received", "processing"), third
    same(w.settled(a)[0]["state"], "ready")


@test
def test_same_bytes_while_they_are_processed(w):
    a, data = w.user(), w.fresh_clip()
    clips = [w.publish(a, f"n{i}", data) for i in range(4)]
    delete(w, a, clips[0])
    delete(w, a, clips[2])
    same([v["state"] for v in w.settled(a)], ["ready", "ready"])
    same(len(w.stack.sql(f"SELECT id FROM contents WHERE author_id = {a.id}")), 1)
    same(w.profile(a)["work_count"], 2)
    w.quiet()
    same([r for r in rows_of(w, a) if not exists(w, r[0])], [])


@test
def test_same_bytes_that_are_refused(w):
    a, data = w.user(), w.clip(0)[:len(w.clip(0)) // 2] + os.urandom(8)
    w.publish(a, data=data)
    why = w.settled(a)[0]["reason"]
    again = w.publish(a, data=data)
    same((again["state"], again["reason"], w.profile(a)["work_count"]), ("refused", why, 0))


@test
def test_quota_counts_bytes_once(w):
    a, data = w.user(), w.fresh_clip()
    w.publish(a, data=data)
    w.settled(a)
    def stored():
        return int(w.stack.sql("SELECT SUM(size_bytes) FROM media_files WHERE remove_ms = 0 AND "
                               f"author_id = {a.id}")[0][0])
    before = stored()
    w.publish(a, data=data)
    same(stored(), before)
    on_disk = sum(os.path.getsize(os.path.join(w.stack.var, "media", r[0]))
                  for r in rows_of(w, a, where="remove_ms = 0"))
    same(before, on_disk, "the quota's bytes are those on disk")


# ---- what it was made into ----


@test
def test_files_of_a_ready_clip(w):
    a = w.user()
    w.publish(a)
    row = w.settled(a)[0]
    covers = rows_of(w, a, where="kind = 3")
    assert len(covers) in (2, 4), covers
    for path, _, width, height, size in covers:
        got = w.client.get("/media/" + path)
        same((got.status, len(got.body)), (200, int(size)))
        kind, magic = ("image/jpeg", b"\xff\xd8") if path.endswith(".jpg") else ("image/webp", b"RIFF")
        same((got.header("content-type"), got.body[:len(magic)]), (kind, magic))
        caching = ", ".join(v for k, v in got.headers if k == "cache-control")
        assert "max-age=31" in caching and "immutable" in caching, got.headers
        assert int(width) > 0 and int(height) > 0
    assert row["cover_url"].endswith(covers[0][0] if covers[0][0].endswith(".jpg") else covers[1][0])
    outputs = rows_of(w, a, where="kind = 2")
    assert outputs
    same(w.path_of(row["play_url"]), "/media/" + outputs[0][0])
    original = rows_of(w, a, "path, remove_ms", "kind = 1")
    soon = int(original[0][1]) / 1000 - time.time()
    assert 500 < soon < 601, f"what came goes in {soon} s"


@test
def test_rows_tell_what_there_is(w):
    a = w.user()
    with Stopped(w) as media:
        v = w.publish(a)
        def row():
            return next(r for r in api(w, "GET", "/api/video/feed?page_size=30")["videos"] if r["id"] == v["id"])
        r = row()
        same((r["width"], r["height"], r["durationMs"], r["renditions"], r["covers"], r["hlsUrl"]),
             (0, 0, 0, [], [], ""))
        same(w.path_of(r["coverUrl"]), "/img/cover.jpg")
        media.worker("--jobs", **RUNGS)
    r = row()
    same((r["width"], r["height"], 4000 < r["durationMs"] < 6000), (360, 640, True))
    same([(x["width"], x["height"]) for x in r["renditions"]], [(360, 640), (240, 426)])
    same(r["url"], r["renditions"][0]["url"])
    for x in r["renditions"]:
        same(len(w.fetch(x["url"]).body), x["bytes"])
        assert 0.5 < x["bytes"] * 8 / (r["durationMs"] / 1000) / x["bitrate"] < 2, x
    same(sorted(x["type"] for x in r["covers"]), ["image/jpeg", "image/webp"])
    for x in r["covers"]:
        same((w.fetch(x["url"]).header("content-type"), x["width"], x["height"]), (x["type"], 360, 640))
    assert r["coverUrl"] in [x["url"] for x in r["covers"]]


# ---- chosen pictures ----

COVER, AVATAR, PREVIEW = "/api/auth/video/cover", "/api/auth/user/avatar", "/api/video/preview"


def send(w, path, pairs, user=None, http=200):
    kind, body = multipart(pairs)
    headers = {"Content-Type": kind}
    if user:
        headers["Authorization"] = "Bearer " + user.token
    r = w.client.request("POST", path, headers, body)
    same(r.status, http, f"{path} {[p[0] for p in pairs]} -> {r.body[:200]}")
    return r.json()["message"]


def png(width, height, red):
    """A plain picture."""
    def chunk(kind, data):
        return (len(data).to_bytes(4, "big") + kind + data +
                zlib.crc32(kind + data).to_bytes(4, "big"))
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    lines = (b"\0" + bytes([red, 40, 40]) * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def status(w, user, video):
    return api(w, "GET", f"{STATUS}?video_id={video['id']}", token=user.token)


@test
def test_cover_of_its_own(w):
    a, data = w.user(), w.fresh_clip()
    v = w.publish(a, data=data)
    other = w.publish(a, data=data)
    before = w.settled(a)
    send(w, COVER, [("video_id", v["id"]), ("cover", File(png(900, 1000, 200), "c.png"))], a)
    def cover(video):
        return next(r["cover_url"] for r in w.mine(a) if r["id"] == video["id"])
    wait_for("the cover is another", 20, lambda: cover(v) != before[1]["cover_url"], 0.1)
    same(status(w, a, v)["cover"], "")
    got = w.fetch(cover(v))
    same((got.status, got.body[:2], got.header("content-type")), (200, b"\xff\xd8", "image/jpeg"))
    own = rows_of(w, a, "path, width, height", f"kind = 3 AND video_id = {v['id']}")
    same(sorted((r[0].rsplit(".")[1], r[1], r[2]) for r in own),
         [("jpg", "360", "400"), ("jpg", "720", "800"), ("webp", "360", "400"), ("webp", "720", "800")])
    # The other clip of the same bytes keeps the old one.
    same(cover(other), before[0]["cover_url"])
    # The image that was sent is not kept.
    same(rows_of(w, a, where="kind = 9"), [])
    # By a time of the clip: new names again; the ones before stay for those who hold rows.
    first = cover(v)
    api(w, "POST", COVER, {"video_id": v["id"], "time_ms": 500}, a.token)
    wait_for("the cover is another", 20, lambda: cover(v) != first, 0.1)
    same(w.fetch(first).status, 200)
    doomed = rows_of(w, a, "path", f"kind = 3 AND video_id = {v['id']} AND remove_ms > 0")
    same(sorted(r[0] for r in doomed), sorted(r[0] for r in own))
    # Removed with the clip, though the content stays.
    w.quiet()
    delete(w, a, v)
    wait_for("its covers are gone", 20, lambda: not rows_of(w, a, where=f"video_id = {v['id']}"), 0.1)
    same(w.fetch(cover(other)).status, 200)
    same([r[0] for r in own if exists(w, r[0])], [])


@test
def test_cover_errors(w):
    a, b = w.user(), w.user()
    v = w.publish(a)
    w.settled(a)
    image = File(png(64, 64, 9), "c.png")
    id = ("video_id", v["id"])
    assert "image" in send(w, COVER, [id, ("cover", File(w.clip(), "c.png"))], a, 400)
    assert "image" in send(w, COVER, [id, ("cover", File(b"x" * 100, "c.png"))], a, 400)
    big = File(image.data + b"\0" * (2 << 20), "c.png")
    assert send(w, COVER, [id, ("cover", big)], a, 413)
    assert "cover" in send(w, COVER, [id], a, 400)
    assert "cover" in send(w, COVER, [id, ("cover", "text")], a, 400)
    assert "end" in api(w, "POST", COVER, {"video_id": v["id"], "time_ms": 3600000}, a.token, http=400)
    for wrong in (-1, "x"):
        assert "time_ms" in api(w, "POST", COVER, {"video_id": v["id"], "time_ms": wrong}, a.token, http=400)
    send(w, COVER, [id, ("cover", image)], b, 400)
    send(w, COVER, [id, ("cover", image)], None, 401)
    send(w, COVER, [("video_id", 4711), ("cover", image)], a, 400)
    same(rows_of(w, a, where="kind = 9"), [])
    # An image by its first bytes, and nothing behind: the owner is told later.
    send(w, COVER, [id, ("cover", File(image.data[:40] + os.urandom(500), "c.png"))], a)
    wait_for("it is refused", 20, lambda: status(w, a, v)["cover"] not in ("", "making"), 0.1)
    same(rows_of(w, a, where="kind = 9"), [])
    same(status(w, a, v)["state"], "ready")


@test
def test_avatar(w):
    a, b = w.user(), w.user()
    before = w.profile(a)["avatar"]
    same(w.path_of(before), "/img/avatar.png")
    send(w, AVATAR, [("avatar", File(png(400, 900, 10), "a.png"))], a)
    wait_for("the avatar is another", 20, lambda: w.profile(a, b)["avatar"] != before, 0.1)
    first = w.profile(a)["avatar"]
    got = w.fetch(first)
    same((got.status, got.header("content-type")), (200, "image/jpeg"))
    same(rows_of(w, a, "width, height, kind"), [["320", "320", "8"]])
    send(w, AVATAR, [("avatar", File(png(400, 400, 250), "a.png"))], a)
    wait_for("the avatar is another", 20, lambda: w.profile(a, b)["avatar"] != first, 0.1)
    same([r[0] != "0" for r in rows_of(w, a, "remove_ms, path")].count(True), 1)
    assert "image" in send(w, AVATAR, [("avatar", File(b"GIF89a" + b"x" * 60, "a.gif"))], a, 400)
    assert "avatar" in send(w, AVATAR, [("x", "y")], a, 400)
    send(w, AVATAR, [("avatar", File(png(20, 20, 1), "a.png"))], None, 401)


# ---- the two steps ----


class Stopped:
    """Without a media worker, so that a test can run one itself."""

    def __init__(self, w):
        self.w = w

    def __enter__(self):
        self.w.quiet()
        self.pid = self.w.stack.pids("media")[0]
        os.kill(self.pid, signal.SIGSTOP)
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGCONT)

    def worker(self, *options, ok=True, **settings):
        done = self.w.stack.run([self.w.stack.program("bin/media_worker"), *options], **settings)
        assert not ok or done.returncode == 0, done.stderr.decode()[-500:]


RUNGS = {"DOUFU_MEDIA_RUNGS": "360:2500:26,240:300:30", "DOUFU_MEDIA_PRESET": "ultrafast"}


@test
def test_the_copy_is_seen_first(w):
    a, b = w.user(), w.user()
    with Stopped(w) as media:
        v = w.publish(a)
        original = v["play_url"]
        media.worker("--quick", **RUNGS)
        row = w.mine(a)[0]
        same(row["state"], "processing")
        assert row["play_url"] != original and w.path_of(row["cover_url"]).startswith("/media/c/"), row
        same(w.good("publish_list", {"user_id": a.id})["video_list"][0]["play_url"], row["play_url"])
        same(w.stack.sql(f"SELECT kind, lane FROM jobs WHERE ref_id = (SELECT content_id FROM videos "
                         f"WHERE id = {v['id']})"), [["4", "1"]])
        # The first step done again is no second one.
        w.stack.sql(f"INSERT INTO jobs (id, kind, ref_id, run_at_ms) SELECT 5, 1, content_id, 1 FROM videos "
                    f"WHERE id = {v['id']}")
        media.worker("--quick", **RUNGS)
        media.worker("--slow", **RUNGS)
        row = w.mine(a)[0]
        same((row["state"], status(w, a, v)["percent"]), ("ready", 100))
        same([r[:2] for r in rows_of(w, a, "rung, width, height", "kind = 2")], [["360", "360"], ["240", "240"]])
        same(row["play_url"], w.mine(a)[0]["play_url"])
        same(w.fetch(original).status, 200)  # for who has begun to watch it
        # Ten minutes later it goes.
        w.stack.sql(f"UPDATE media_files SET remove_ms = 1 WHERE author_id = {a.id} AND kind = 1")
        w.stack.sql("UPDATE jobs SET run_at_ms = 1 WHERE kind = 3")
        media.worker("--quick", **RUNGS)
        same(rows_of(w, a, where="kind = 1"), [])
        # The web server may know the file for a moment.
        wait_for("what came is gone", 5, lambda: w.fetch(original).status == 404, 0.2)
        same(w.fetch(row["play_url"]).status, 200)
        same(len(w.good("publish_list", {"user_id": a.id, "token": b.token})["video_list"]), 1)


@test
def test_what_is_not_copied_is_seen_as_it_came(w):
    a = w.user()
    none = {"DOUFU_MEDIA_RUNGS": "240:300:30", "DOUFU_MEDIA_PRESET": "ultrafast"}
    with Stopped(w) as media:
        v = w.publish(a)
        media.worker("--quick", **none)
        row = w.mine(a)[0]
        same((row["state"], row["play_url"]), ("processing", v["play_url"]))
        assert row["cover_url"] != v["cover_url"], "its cover is there first"
        same(len(w.good("publish_list", {"user_id": a.id})["video_list"]), 1)
        delete(w, a, v)
        media.worker("--jobs", **none)
        same((rows_of(w, a), w.stack.sql(f"SELECT id FROM videos WHERE author_id = {a.id}")), ([], []))


@test
def test_failed_is_told_and_tried_again(w):
    a = w.user()
    with Stopped(w) as media:
        v = w.publish(a)
        media.worker("--quick", DOUFU_MEDIA_RUNGS="what?")
        same(status(w, a, v)["state"], "failed")
        same(len(w.good("publish_list", {"user_id": a.id})["video_list"]), 1)
        again, = w.stack.sql("SELECT attempts, dead, run_at_ms FROM jobs WHERE kind = 1")
        same(again[:2], ["1", "0"])
        assert 3 < int(again[2]) / 1000 - time.time() <= 10, again
        # For good, until the admin command.
        w.stack.sql("UPDATE jobs SET dead = 1 WHERE kind = 1")
        assert b"first look" in w.stack.admin("jobs").stdout
        media.worker("--quick")
        same(status(w, a, v)["state"], "failed")
        w.stack.admin("jobs", "retry")
        media.worker("--jobs")
        same(status(w, a, v)["state"], "ready")


@test
def test_a_worker_that_dies(w):
    a = w.user()
    with Stopped(w) as media:
        v = w.publish(a)
        w.stack.sql("UPDATE jobs SET attempts = 5 WHERE kind = 1")
        media.worker("--quick")
        same(status(w, a, v)["state"], "failed")
        w.stack.admin("jobs", "retry")
        media.worker("--jobs")
        same(status(w, a, v)["state"], "ready")


@test
def test_early_view_off(w):
    """Others see a clip only when its first output is there."""
    env = {"DOUFU_EARLY_VIEW": "0"}
    a = w.user()
    with Stopped(w) as media:
        path = os.path.join(w.stack.dir, "early.mp4")
        with open(path, "wb") as f:
            f.write(w.fresh_clip())
        os.chmod(path, 0o644)
        done = w.stack.run([w.stack.program("cgi/publish_action"), "POST", "/douyin/publish/action/",
                            "-F", f"data=@{path}", "-F", f"token={a.token}"], **env)
        same(done.returncode, 0, done.stdout.decode())
        same((len(w.mine(a)), w.profile(a)["work_count"]), (1, 0))
        same(w.good("publish_list", {"user_id": a.id})["video_list"], [])
        media.worker("--quick", **RUNGS, **env)
        same((w.mine(a)[0]["state"], w.profile(a)["work_count"]), ("processing", 1))
        media.worker("--slow", **RUNGS, **env)
        same((w.mine(a)[0]["state"], w.profile(a)["work_count"]), ("ready", 1))


# ---- what is made on demand, and of long clips ----


@test
def test_preview_is_made_once(w):
    a = w.user()
    v = w.publish(a)
    w.settled(a)
    w.quiet()
    def ask(http=200, id=v["id"]):
        return api(w, "GET", f"{PREVIEW}?video_id={id}", http=http)
    worker = w.stack.pids("media")[0]
    os.kill(worker, signal.SIGSTOP)
    try:
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(ask())) for _ in range(20)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        same(answers, [{"url": "", "state": "making"}] * 20)
        same(w.stack.sql("SELECT COUNT(*) FROM jobs WHERE kind = 5"), [["1"]])
    finally:
        os.kill(worker, signal.SIGCONT)
    there = wait_for("the preview is there", 30, lambda: (lambda r: r["state"] == "ready" and r)(ask()), 0.1)
    got = w.fetch(there["url"])
    same((got.status, got.header("content-type"), got.body[:4]), (200, "image/webp", b"RIFF"))
    assert b"ANIM" in got.body[:200]
    same(rows_of(w, a, "size_bytes", "kind = 4"), [[str(len(got.body))]])
    ask(400, 4711)
    assert "video_id" in ask(400, "")
    delete(w, a, v)
    ask(400)
    wait_for("it is gone", 20, lambda: w.fetch(there["url"]).status == 404, 0.1)


@test
def test_hls_of_a_long_clip(w):
    a = w.user()
    v = w.publish(a, data=w.fresh_clip(HLS_CLIP))
    w.settled(a, 60)
    kinds = {}
    for path, kind in rows_of(w, a, "path, kind", "remove_ms = 0"):
        kinds.setdefault(int(kind), []).append(path)
    same((len(kinds[7]), len(kinds[5]), len(kinds[6])), (1, len(kinds[2]), len(kinds[2])))
    got = w.client.get("/media/" + kinds[7][0])
    same((got.status, got.header("content-type")), (200, "application/vnd.apple.mpegurl"))
    master = got.body.decode().splitlines()
    same(master[0], "#EXTM3U")
    streams = [(dict(p.split("=", 1) for p in re.findall(r'[A-Z-]+=(?:"[^"]*"|[^,]*)', line.split(":", 1)[1])),
                master[i + 1]) for i, line in enumerate(master) if line.startswith("#EXT-X-STREAM-INF:")]
    same(len(streams), len(kinds[2]))
    heights = [int(s["RESOLUTION"].split("x")[1]) for s, _ in streams]
    same(heights, sorted(heights), "the smallest first")
    for s, uri in streams:
        assert int(s["BANDWIDTH"]) >= int(s["AVERAGE-BANDWIDTH"]) > 0, s
        assert re.fullmatch(r'"avc1\.[0-9a-f]{6}(,mp4a\.40\.2)?"', s["CODECS"]), s
        list_path = posixpath.normpath(posixpath.join("/media/" + kinds[7][0], "..", uri))
        text = w.client.get(list_path).body.decode()
        assert "#EXT-X-ENDLIST" in text and "#EXT-X-MAP" in text, text
        names = {line for line in text.splitlines() if line and line[0] != "#"}
        same(len(names), 1)
        data = posixpath.normpath(posixpath.join(list_path, "..", names.pop()))
        assert data.removeprefix("/media/") in kinds[5], data
        last = re.findall(r"#EXT-X-BYTERANGE:(\d+)@(\d+)", text)[-1]
        got = w.client.get(data, Range=f"bytes={last[1]}-{int(last[0]) + int(last[1]) - 1}")
        same((got.status, len(got.body), got.header("content-type")), (206, int(last[0]), "video/iso.segment"))
    delete(w, a, v)
    wait_for("all is gone", 20, lambda: not rows_of(w, a), 0.1)
    same([p for k in kinds.values() for p in k if exists(w, p)], [])


# ---- what the doctor mends ----


@test
def test_doctor_mends_files_and_states(w):
    a = w.user()
    media = os.path.join(w.stack.var, "media")
    with Stopped(w) as worker:
        def doctor(*options):
            done = w.stack.admin("doctor", *options, ok=False)
            return done.returncode, done.stdout.decode()
        v = [w.publish(a) for _ in range(3)]
        worker.worker("--jobs", **RUNGS)
        same([r["state"] for r in w.mine(a)], ["ready"] * 3)
        code, text = doctor()
        assert "no rows whose files are lost" in text and "no files without a row" in text, text
        # A file without a row: left alone while it is young.
        stray = os.path.join(media, "c/00/" + "0" * 31 + "d.jpg")
        os.makedirs(os.path.dirname(stray), exist_ok=True)
        os.chmod(os.path.dirname(stray), 0o777)  # the stack is another user
        with open(stray, "wb") as f:
            f.write(b"x")
        assert "no files without a row" in doctor()[1]
        os.utime(stray, (time.time() - 7200,) * 2)
        # Rows without files: the best rendition of one clip, all of another, a cover of the third.
        content = {r[0]: r[1] for r in w.stack.sql(f"SELECT id, content_id FROM videos WHERE author_id = {a.id}")}
        def lose(video, where):
            paths = w.stack.sql(f"SELECT path FROM media_files WHERE content_id = {content[str(video['id'])]} "
                                f"AND {where}")
            assert paths
            for path, in paths:
                os.remove(os.path.join(media, path))
        lose(v[0], "kind = 2 AND rung = 360")
        lose(v[1], "kind IN (1, 2)")
        lose(v[2], "kind = 3 AND path LIKE '%.jpg'")
        # And a clip for which nobody works.
        waits = w.publish(a)
        w.stack.sql("DELETE FROM jobs WHERE kind = 1")
        code, text = doctor()
        same((code, text.count("BAD")), (1, 3), text)
        assert "is lost" in text and "has no row" in text and os.path.exists(stray), text
        doctor("--fix")
        code, text = doctor()
        same(("BAD" in text, os.path.exists(stray)), (False, False), text)
        worker.worker("--jobs", **RUNGS)
        rows = {r["id"]: r for r in w.mine(a)}
        same([rows[x["id"]]["state"] for x in (*v, waits)], ["ready", "refused", "ready", "ready"])
        same([w.fetch(rows[x["id"]]["play_url"]).status for x in (v[0], v[2], waits)], [200] * 3)
        same(w.path_of(rows[v[2]["id"]]["cover_url"]), "/img/cover.jpg")
        same(w.profile(a)["work_count"], 3)
