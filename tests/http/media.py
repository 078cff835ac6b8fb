"""media.py - what a clip is made into, and which files are kept for it.

The invariant: the same bytes of the same user are stored once, for as long as one of his clips has
them; every kept file has a row, and goes with it.
"""

import os
import time

from owner import DELETE, api
from report import same, wait_for
from world import test


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
