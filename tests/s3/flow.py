"""flow.py - the ring s3: the whole suite with its media in a bucket, on each server of servers.py.

The invariant: whatever happens to the store, there is no row without its files and no file without
its row, and nothing of a clip stays when it is removed.
"""

import http.client
import os
import re
import signal
import subprocess
import threading
import time
import urllib.parse

import servers
from report import Skip, same, wait_for
from stack import SAN, SANITIZERS, Stack

DISK = 50005


def run(report, lines_of, unit):
    for kind in (servers.S3rver, servers.Swift):
        name = f"s3 {kind.__name__.lower()}"
        try:
            server = kind()
        except Skip as why:
            report.skip(name, why)
            continue
        try:
            server.start()
            on_server(report, name, server, lines_of, unit)
        finally:
            server.stop()


def on_server(report, name, server, lines_of, unit):
    env = dict(os.environ, DOUFU_TEST_S3=server.endpoint, DOUFU_TEST_S3_BUCKET=server.bucket,
               DOUFU_TEST_S3_KEY=server.key, DOUFU_TEST_S3_SECRET=server.secret,
               DOUFU_TEST_S3_SIGNED=str(int(server.signatures)), **(SANITIZERS if SAN else {}))
    if report.wants(f"{name} unit"):
        failed = report.failed
        seen, code, other = lines_of(report, f"{name} unit", [unit], env)
        if (code != 0 and report.failed == failed) or seen == 0:
            report.fail(f"{name} unit", f"exit status {code}: {other[-600:]}")
    tests = TESTS if server.signatures else UNSIGNED
    if not any(report.wants(f"{name} {t.__name__}") for t in tests):
        return
    stack = Stack(demo=0, settings=server.settings(DOUFU_S3_TIMEOUT="6"))
    try:
        stack.start()
        s = Scene(stack, server)
        for test in tests:
            report.run(f"{name} {test.__name__}", test, s)
    finally:
        stack.close()


class Scene:
    def __init__(self, stack, server):
        from world import World, describe
        self.stack, self.server = stack, server
        self.w = World(stack, describe(stack))

    def paths(self):
        """Every file that a row names."""
        rows = self.stack.sql("SELECT path FROM media_files")
        return sorted(r[0] for r in rows if r and r[0])

    def local(self, *kinds):
        found = []
        for at, _, names in os.walk(os.path.join(self.stack.var, "media")):
            found += [os.path.relpath(os.path.join(at, n), os.path.join(self.stack.var, "media"))
                      for n in names]
        return sorted(f for f in found if f.split("/")[0] in (kinds or ("v", "c", "incoming")))

    def whole(self, seconds=20):
        """Rows and objects name the same files, and nothing is on disk."""
        def look():
            return self.server.keys() == self.paths()
        try:
            wait_for("objects are what the rows name", seconds, look, 0.3)
        except AssertionError:
            same(self.server.keys(), self.paths(), "objects of the bucket")
        same(self.local(), [], "files on disk")

    def get(self, url, method="GET"):
        at = urllib.parse.urlsplit(url)
        c = http.client.HTTPConnection(at.hostname, at.port, timeout=20)
        c.request(method, at.path)
        r = c.getresponse()
        return r, r.read()

    def upload(self, user, data=None):
        """The status_code and sentence; faults of ours included."""
        from client import File
        reply = self.w.send("publish_action", [("token", user.token), ("title", "t"),
                            ("data", File(self.w.clip() if data is None else data))], how="multipart")
        r = reply.json()
        return r["status_code"], r["status_msg"]

    def remove(self, user, video):
        import owner
        owner.api(self.w, "POST", owner.DELETE, {"video_id": video["id"]}, user.token)

    def worker(self, sig):
        os.killpg(self.stack.pids("media")[0], sig)

    def big(self):
        """A clip of some megabytes."""
        data = self.w.clip()
        free = 6 << 20
        return data + (free + 8).to_bytes(4, "big") + b"free" + os.urandom(free)

    def restart(self, **settings):
        self.stack.stop()
        self.stack.settings.update(settings)
        self.stack.start()

    def move(self, *args, ok=True, **env):
        done = self.stack.run([self.stack.program("bin/doufu"), "media", "move", *args], **env)
        text = (done.stdout + done.stderr).decode()
        if ok:
            same(done.returncode, 0, f"media move {' '.join(args)}: {text}: exit status")
        return text if ok else (done.returncode, text)


def number(text, what):
    found = re.search(rf"(\d+) {what}", text)
    assert found, f"no \"{what}\" in {text}"
    return int(found[1])


def publish_process_watch_delete(s):
    u = s.w.user()
    video = s.w.publish(u, "in the bucket", s.w.clip())
    assert video["play_url"].startswith(s.server.media_url + "/v/"), video["play_url"]
    # The worker may have made something else of it already: what came stays for a while.
    came = [s.get(f"{s.server.media_url}/{k}") for k in s.server.keys() if k.endswith(".mp4")]
    assert any(body == s.w.clip() and r.getheader("Content-Type") == "video/mp4" for r, body in came), \
        "the bytes that went are not in the bucket"
    ready = s.w.settled(u)[0]
    same(ready["state"], "ready")
    r, body = s.get(ready["play_url"])
    same((r.status, body[4:8], r.getheader("Content-Type")), (200, b"ftyp", "video/mp4"))
    if s.server.signatures:
        assert "immutable" in r.getheader("Cache-Control"), r.getheaders()
    r, body = s.get(ready["cover_url"])
    same((r.status, body[:2], r.getheader("Content-Type")), (200, b"\xff\xd8", "image/jpeg"))
    s.whole()
    assert len(s.paths()) >= 3, s.paths()
    s.remove(u, ready)
    wait_for("the clip's row is gone", 20, lambda: s.stack.sql("SELECT id FROM videos") == [], 0.2)
    same(s.server.keys(), [], "objects after the removal")
    same(s.local(), [], "files on disk")


def an_export_is_kept_by_no_cache(s):
    import owner
    u = s.w.user()
    path = "/api/auth/user/export"
    owner.api(s.w, "POST", path, {}, u.token)
    url = wait_for("the export is ready", 20, lambda: owner.api(s.w, "GET", path, token=u.token)["url"], 0.2)
    r, body = s.get(url)
    same((r.status, body[:12]), (200, b"profile.json"))
    if s.server.signatures:
        same(r.getheader("Cache-Control"), "private, no-store")
    s.stack.sql("UPDATE media_files SET remove_ms = 1")
    s.stack.run([s.stack.program("bin/media_worker"), "--sweep"])
    same(s.server.keys(), [], "objects after it ended")


def doctor_tries_the_bucket(s):
    text = s.stack.admin("doctor").stdout.decode()
    assert f"ok    bucket {s.server.endpoint}/{s.server.bucket}" in text, text
    same(s.server.keys(), [], "doctor removes what it puts there")
    done = s.stack.run([s.stack.program("bin/doufu"), "doctor"], DOUFU_S3_BUCKET="nowhere")
    text = done.stdout.decode()
    assert done.returncode == 1 and "NoSuchBucket" in text, text
    done = s.stack.run([s.stack.program("bin/doufu"), "doctor"], DOUFU_S3_SECRET="")
    assert b"s3_secret (in secret_file) is empty" in done.stdout and done.returncode == 1, done.stdout


def doctor_says_what_is_wrong(s):
    done = s.stack.run([s.stack.program("bin/doufu"), "doctor"], DOUFU_S3_SECRET="hush-hush")
    text = (done.stdout + done.stderr).decode()
    assert done.returncode == 1 and "HTTP 403 SignatureDoesNotMatch" in text, text
    assert "hush-hush" not in text, text
    done = s.stack.run([s.stack.program("bin/doufu"), "doctor"],
                       DOUFU_MEDIA_URL=f"{s.server.endpoint}/v1/AUTH_test/closed")
    text = done.stdout.decode()
    assert done.returncode == 1 and "nobody can watch" in text, text
    same(s.server.keys(), [])


def certificate_is_verified(s):
    done = s.stack.run([s.stack.program("bin/doufu"), "doctor"], DOUFU_S3_ENDPOINT=s.server.start_tls())
    text = done.stdout.decode()
    assert done.returncode == 1 and "certificate" in text and "does not work" in text, text
    same(s.server.keys(), [])


def upload_while_the_store_is_down(s):
    u = s.w.user()
    s.server.kill()
    began = time.monotonic()
    code, words = s.upload(u)
    same(code, DISK, words)
    assert time.monotonic() - began < 10, "it took too long to say so"
    assert "later" in words, words
    same(s.w.mine(u), [])
    same(s.stack.sql("SELECT id FROM videos"), [])
    same(s.w.good("feed", {})["video_list"], [], "the rest works")
    s.server.start()
    s.whole()
    same(s.upload(u)[0], 0, "as soon as it is back")
    s.w.settled(u)
    s.whole()


def upload_in_parts_survives_the_store(s):
    import tus
    u, data = s.w.user(), s.w.clip(2)
    path = tus.create(s.w, u, len(data))
    tus.patch(s.w, u, path, 0, data[:1000])
    s.server.kill()
    tus.patch(s.w, u, path, 1000, data[1000:], http=500)
    same(s.w.mine(u), [])
    s.server.start()
    same(tus.offset_of(s.w, u, path), len(data), "asking finishes it")
    same(len(s.w.mine(u)), 1)
    same(s.w.settled(u)[0]["state"], "ready")
    wait_for("nothing is left of the parts", 10, lambda: [
        f for f in s.local() if not f.endswith(".info")] == [], 0.2)
    tus.ask(s.w, "DELETE", path, u)
    s.whole()


def store_dies_in_the_middle_of_an_upload(s):
    u = s.w.user()
    answer = []
    s.server.freeze()
    client = threading.Thread(target=lambda: answer.append(s.upload(u, s.big())))
    client.start()
    time.sleep(1.5)
    assert not answer, f"answered while the store was frozen: {answer}"
    s.server.kill()
    client.join(30)
    assert answer and answer[0][0] == DISK, answer
    same(s.w.mine(u), [])
    s.server.start()
    s.whole()


def slow_store_is_waited_for(s):
    u = s.w.user()
    answer = []
    s.server.freeze()
    client = threading.Thread(target=lambda: answer.append(s.upload(u, s.big())))
    client.start()
    time.sleep(3)
    s.server.thaw()
    client.join(30)
    same(answer and answer[0][0], 0, answer)
    s.w.settled(u)
    s.whole()


def store_that_hangs_is_given_up(s):
    u = s.w.user()
    began = time.monotonic()
    s.server.freeze()
    try:
        code, words = s.upload(u, s.big())
    finally:
        s.server.thaw()
    same(code, DISK, words)
    assert 5 < time.monotonic() - began < 45, time.monotonic() - began
    same(s.w.mine(u), [])


def worker_and_removal_wait_for_the_store(s):
    u, other = s.w.user(), s.w.user()
    gone = s.w.publish(other)
    s.w.settled(other)
    s.worker(signal.SIGSTOP)
    try:
        s.w.publish(u)
        s.remove(other, gone)
        s.server.kill()
    finally:
        s.worker(signal.SIGCONT)
    wait_for("both jobs have failed once", 30, lambda: s.stack.sql(
        "SELECT COUNT(*) FROM jobs WHERE attempts > 0 AND error <> '' AND run_at_ms < "
        f"{int(time.time() * 1000) + 300000}") == [["2"]], 0.3)
    same(len(s.stack.sql(f"SELECT id FROM videos WHERE id = {gone['id']}")), 1,
         "the row stays while its files do")
    s.server.start()
    same(s.w.settled(u, 40)[0]["state"], "ready")
    wait_for("the removed clip's row is gone", 40, lambda: s.stack.sql(
        f"SELECT id FROM videos WHERE id = {gone['id']}") == [], 0.3)
    s.whole()


def move_from_disk_to_bucket_and_back(s):
    s.restart(DOUFU_STORAGE="files", DOUFU_MEDIA_URL="")
    u = s.w.user()
    for i in range(3):
        s.w.publish(u, f"on disk {i}", s.w.clip(i))
    s.w.settled(u, 40)
    before, disk = s.server.keys(), s.local("v", "c")
    assert len(disk) >= 9, disk
    text = s.move("--to", "s3", "--dry-run")
    same((number(text, "would be copied"), s.server.keys()), (len(disk), before))
    assert s.move("--to", "s3", "--delete", ok=False)[0] == 1, "before the switch nothing is deleted"
    same(s.local("v", "c"), disk)

    killed_and_run_again(s, before, len(disk))
    same(s.server.keys(), s.paths())
    same(s.local("v", "c"), disk)
    same(number(s.move("--to", "s3"), "copied"), 0)

    late = s.w.publish(u, "between the move and the switch")
    s.w.settled(u)
    s.restart(DOUFU_STORAGE="s3", DOUFU_MEDIA_URL=s.server.media_url)
    new = s.w.publish(u, "after the switch")
    s.w.settled(u)
    text = s.move("--to", "s3", "--verify", "--delete")
    assert number(text, "copied") >= 2 and number(text, "removed from the other storage") >= 9, text
    s.whole()
    for video in s.w.mine(u):
        for url in (video["play_url"], video["cover_url"]):
            same(s.get(url)[0].status, 200, url)
    assert {late["id"], new["id"]} <= {v["id"] for v in s.w.mine(u)}

    s.restart(DOUFU_STORAGE="files", DOUFU_MEDIA_URL="")
    text = s.move("--to", "files", "--verify", "--delete")
    same((s.server.keys(), s.local("v", "c"), s.local("incoming")), ([], s.paths(), []), text)
    for video in s.w.mine(u):
        same(s.w.fetch(video["play_url"]).status, 200)
    code, text = s.move("--to", "tape", ok=False)
    same(code, 2, text)
    os.unlink(os.path.join(s.stack.var, "media", s.paths()[0]))
    code, text = s.move("--to", "s3", "--dry-run", ok=False)
    assert code == 1 and f"missing: {s.paths()[0]}" in text, text


def orphans_are_found_in_both_storages(s):
    """And nothing else: a page of the bucket's list is 200 keys."""
    s.restart(DOUFU_STORAGE="s3", DOUFU_MEDIA_URL=s.server.media_url)
    u = s.w.user()
    s.w.publish(u)
    s.w.settled(u)
    named = s.server.keys()
    lost = [f"v/{i:02x}/{i:02x}lost.mp4" for i in range(203)]
    foreign = ["A Foreign/key+&<.txt", "zz"]
    for key in lost + foreign:
        s.server.put_object(key)
    at = os.path.join(s.stack.var, "media/v/00")
    s.stack.run(["mkdir", "-p", at])
    s.stack.run(["touch", at + "/0lost.mp4", os.path.join(s.stack.var, "media/.hidden")])

    def orphans(*args):
        done = s.stack.run([s.stack.program("bin/doufu"), "media", "orphans", *args])
        return done.returncode, (done.stdout + done.stderr).decode()
    code, text = orphans()
    same((code, number(text, "orphans")), (0, 0), text)
    time.sleep(1.1)  # Swift rounds times up to the next second
    code, text = orphans("--older", "0")
    same((code, number(text, "orphans")), (1, len(lost) + 2), text[-300:])
    assert "files: v/00/0lost.mp4" in text and "s3: zz" in text and "Foreign" not in text, text
    s.stack.run(["touch", "-d", "2 hours ago", at + "/0lost.mp4"])
    done = s.stack.run([s.stack.program("bin/doufu"), "doctor"])
    assert "1 files without a row" in done.stdout.decode(), done.stdout.decode()  # objects are young
    code, text = orphans("--older", "0", "--delete")
    same((code, number(text, "removed")), (0, len(lost) + 2), text[-300:])
    same(s.server.keys(), sorted([*named, foreign[0]]))
    same((s.local(), orphans("--older", "x")[0]), ([], 2))
    s.server.remove_object(foreign[0])
    s.whole()


def killed_and_run_again(s, before, files):
    """kill -9 in the middle, and once more by SIGTERM; then it goes on where it was."""
    for sig in (signal.SIGKILL, signal.SIGTERM):
        had = len(s.server.keys())
        child = subprocess.Popen(s.stack.as_user([s.stack.program("bin/doufu"), "media", "move", "--to", "s3"]),
                                 env=s.stack.small_environment(), cwd=s.stack.var, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        s.stack.children.append(child)
        wait_for("two more files are copied", 30, lambda: len(s.server.keys()) >= had + 2, 0.01)
        child.send_signal(sig)
        text = child.communicate(timeout=30)[0]
        assert child.returncode != 0, f"it came to its end before it was killed: {text}"
        if sig == signal.SIGTERM:
            assert "broken off: run it again" in text, text
    done = len(s.server.keys()) - len(before)
    assert done < files, "it was killed too late to see anything"
    text = s.move("--to", "s3")
    same((number(text, "copied"), number(text, "were there")), (files - done, done), text)


FLOW = [publish_process_watch_delete, an_export_is_kept_by_no_cache, doctor_tries_the_bucket]
UNSIGNED = [*FLOW, certificate_is_verified]  # for s3rver
TESTS = [*FLOW, doctor_says_what_is_wrong,
         upload_while_the_store_is_down, upload_in_parts_survives_the_store,
         store_dies_in_the_middle_of_an_upload,
         slow_store_is_waited_for, store_that_hangs_is_given_up, worker_and_removal_wait_for_the_store,
         orphans_are_found_in_both_storages, move_from_disk_to_bucket_and_back]
