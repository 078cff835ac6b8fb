"""web.py - the ring that needs a browser: every clip that must be ready is played by headless Chromium,
and tus-js-client uploads in it.

Clips are the samples of $DOUFU_SAMPLES or ../shared/samples, as their README.md names them; without
them five clips of the suite's own.  The programs in JavaScript are beside this file; npm brings what
they need into tests/web/node_modules, which git ignores.

The invariant: what is expected of a clip stands in the README of the samples, not in what we made.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import time

import npm
import table
from owner import api
from recommend import fold
from report import same, wait_for
from stack import BUILD, ROOT, SAN, Stack
from world import World

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLES = os.environ.get("DOUFU_SAMPLES") or os.path.join(ROOT, "../shared/samples")
MB = 1 << 20
TUS_BYTES = 40 * MB
READY_S = 240
RUNGS = (720, 480)
# What an MP4 file needs to be played, and libav's empty list of tags; anything else could tell who made
# a clip, where, and by what.
SILENT = set(b"ftyp moov mvhd trak tkhd edts elst mdia mdhd hdlr minf vmhd smhd dinf dref stbl stsd stts stss ctts "
             b"stsc stsz stco co64 sgpd sbgp sdtp udta meta ilst free mdat".split())
INNER = set(b"moov trak mdia minf stbl edts dinf udta meta ilst".split())


def lacks():
    """Why the ring cannot run, or nothing."""
    return npm.lacks(HERE, "chromium")


# ---- what is expected ----


class Sample:
    def __init__(self, path, width=0, height=0, rotation=0, sar=1.0):
        self.path, self.name = path, os.path.basename(path)
        self.turned = rotation % 360 != 0
        self.reshaped = sar != 1.0
        self.width, self.height = round(width * sar), height
        if rotation % 180 != 0:
            self.width, self.height = self.height, self.width

    def sizes(self):
        """(short edge, width / height) of each rung, as they must be shown."""
        short = min(self.width, self.height)
        return [(edge, self.width / self.height)
                for edge in sorted({min(r - r % 2, short - short % 2) for r in RUNGS}, reverse=True)]


def samples():
    """Those that must end ready."""
    readme = os.path.join(SAMPLES, "README.md")
    if not os.path.exists(readme):
        return []
    found = []
    with open(readme, encoding="utf-8") as f:
        for line in f:
            cells = [c.strip() for c in line.strip().strip("|").split("|")]
            if len(cells) != 8 or not cells[1].startswith("ready"):
                continue
            size = re.fullmatch(r"(\d+)x(\d+)(?: SAR (\d+):(\d+))?", cells[4])
            found.append(Sample(os.path.join(SAMPLES, cells[0]), int(size[1]), int(size[2]), int(cells[5]),
                                int(size[3]) / int(size[4]) if size[3] else 1.0))
    return found


def own(w):
    found = []
    for n in range(5):
        w.clip(n)
        found.append(Sample(os.path.join(w.stack.dir, f"clip{n}.mp4")))
    return found


# ---- what came out ----


def boxes(data, at=0, end=None):
    """The types of all boxes of an MP4 file, at any depth."""
    end = len(data) if end is None else end
    while at + 8 <= end:
        size, kind, head = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8:at + 16], "big"), 16
        if size == 0:
            size = end - at
        assert size >= head, f"a box {kind} of {size} bytes at {at}"
        yield kind
        if kind in INNER:
            yield from boxes(data, at + head + (4 if kind == b"meta" else 0), at + size)
        at += size


def silent(w, url):
    data = w.fetch(url).body
    talk = set(boxes(data)) - SILENT
    assert not talk, f"{url} has {sorted(talk)}"
    for word in (b"com.apple.quicktime", b"+51.", b"iPhone", b"Android"):
        assert word not in data[:65536] and word not in data[-65536:], f"{url} says {word}"


def clip_of(w, user, video, sample):
    """What play.mjs must know of a clip."""
    rows = w.stack.sql("SELECT f.path, f.width, f.height FROM videos v JOIN media_files f ON f.content_id = v.content_id "
                       f"WHERE v.id = {video['id']} AND f.kind = 2 AND f.remove_ms = 0 ORDER BY f.width * f.height DESC")
    base = f"{w.client.base}/media/"
    rungs = [{"url": base + path, "width": int(x), "height": int(y)} for path, x, y in rows]
    assert rungs, f"{sample.name} has no renditions"
    same(video["play_url"], rungs[0]["url"], "the clip plays its best rung")
    if sample.width:
        same([min(r["width"], r["height"]) for r in rungs], [edge for edge, _ in sample.sizes()],
             f"rungs of {sample.name}")
        for r in rungs:
            off = abs(r["width"] / r["height"] / (sample.width / sample.height) - 1)
            assert off < 0.02, f"{sample.name} is {r['width']}x{r['height']}, {sample.width}x{sample.height} came"
    for r in rungs:
        silent(w, r["url"])
    return {"name": sample.name, "rungs": rungs, "cover": video["cover_url"], "turned": sample.turned,
            "reshaped": sample.reshaped, "upload": sample.path}


def node(w, report, lines_of, program, **facts):
    """Runs a program of ours; what it said beside its lines."""
    job = os.path.join(w.stack.dir, program + ".json")
    with open(job, "w", encoding="utf-8") as f:
        json.dump({"base": w.client.base, "chromium": shutil.which("chromium"), "patience": 5 if SAN else 2, **facts}, f)
    failed = report.failed
    seen, code, other = lines_of(report, "web", ["node", os.path.join(HERE, program), job], dict(os.environ), 600)
    if seen == 0 or (code != 0 and report.failed == failed):
        report.fail(f"web {program}", f"exit status {code}: {other[-900:]}")
    if report.verbose:
        print(other, end="")
    return other


def run_play(w, report, lines_of):
    found = samples()
    if not found:
        print(f"   no samples in {SAMPLES}: clips of our own are played")
        found = own(w)
    if not any(report.wants(f"web {what} {s.name}") for what in ("ready", "play") for s in found):
        return
    user, clips = w.user("player"), []
    rows = {}
    for s in found:
        with open(s.path, "rb") as f:
            rows[s.name] = w.publish(user, s.name, f.read())["id"]
    done = {v["id"]: v for v in w.settled(user, READY_S)}
    for s in found:
        def one(s=s):
            video = done[rows[s.name]]
            same((video["state"], video["reason"]), ("ready", ""), s.name)
            clips.append(clip_of(w, user, video, s))
        report.run(f"web ready {s.name}", one)
    if clips and any(report.wants(f"web play {c['name']}") for c in clips):
        node(w, report, lines_of, "play.mjs", clips=[c for c in clips if report.wants(f"web play {c['name']}")])


def large_clip(w):
    """A clip that plays, made TUS_BYTES long by a box that is to be skipped."""
    path = os.path.join(w.stack.dir, "large 大.mp4")
    clip = w.clip()
    rest = TUS_BYTES - len(clip)
    with open(path, "wb") as f:
        f.write(clip + rest.to_bytes(4, "big") + b"free" + os.urandom(rest - 8))
    return path


def run_tus(w, report, lines_of):
    if not any(report.wants(f"web tus {t}") for t in ("cut twice and reloaded", "identical bytes", "plays")):
        return
    user, path = w.user("uploader"), large_clip(w)
    said = node(w, report, lines_of, "tus.mjs", file=path, token=user.token)

    def bytes_are_the_same():
        clips = w.mine(user)
        same([str(v["id"]) for v in clips], re.findall(r"(?m)^video (\d+)$", said), "one clip, the one that was told")
        same(clips[0]["title"], "in the browser 浏览器")
        kept = w.stack.sql("SELECT IF(original_path = '', play_path, original_path) FROM videos "
                           f"WHERE id = {clips[0]['id']}")[0][0]
        sums = []
        for file in (path, os.path.join(w.stack.var, "media", kept)):
            with open(file, "rb") as f:
                sums.append(hashlib.file_digest(f, "sha256").hexdigest())
        same(sums[1], sums[0], "sha256")
        same([n for n in os.listdir(os.path.join(w.stack.var, "media/incoming")) if n.endswith(".part")], [])

    report.run("web tus identical bytes", bytes_are_the_same)
    report.run("web tus plays", lambda: same(w.settled(user, READY_S)[0]["state"], "ready"))


APP_TESTS = [f"app {kind} {name}" for kind in ("phone", "desktop") for name in (
    "feed", "nothing there", "log in", "clip", "comments", "profile", "own", "search", "upload", "settings", "offline",
    "talk")] + ["app tablet feed", "app first screen", "app installs", "app swipes", "app upload cut twice and reloaded"]


def session_of(w, user):
    """What the client keeps of who is logged in."""
    row = json.loads(w.client.get(f"/api/user/info?user_id={user.id}").body)["data"]
    return {"token": user.token, "user": row}


def run_app(w, report, lines_of):
    wanted = [t for t in APP_TESTS if report.wants(f"web {t}")]
    if not wanted:
        return
    author, viewers = w.user("author"), {kind: w.user(kind) for kind in ("phone", "desktop")}
    for n, title in enumerate(("tofu the first #tofu", "tofu 豆腐 @" + author.name, "a third #tofu #cat", "the fourth")):
        w.publish(author, title, w.fresh_clip(n))
    clips = [v["id"] for v in w.settled(author, READY_S)]
    w.quiet(READY_S)
    fold(w)  # the front page has what it will have
    file = os.path.join(w.stack.dir, "clip0.mp4")
    node(w, report, lines_of, "app.mjs", tests=wanted, texts=os.path.join(ROOT, "htdocs/src/text"),
         shots=os.path.join(ROOT, "var/shots"), clips=clips, author=session_of(w, author),
         viewer=session_of(w, viewers["phone"]), viewers={k: session_of(w, u) for k, u in viewers.items()},
         password=viewers["phone"].password, swipes=int(os.environ.get("SWIPES", "60")), file=file, large=large_clip(w))


SAFETY_TESTS = [f"safety {kind} {name}" for kind in ("phone", "desktop") for name in (
    "block", "mute", "private", "report", "rules", "export", "back", "trouble", "moderate", "leave", "sessions")]


def people_of(w, kind, clip):
    """Two with a clip each who commented on the same clip and wrote to each other, a moderator, one who leaves,
    and one who only logs in."""
    ann, bob, mod, leaver, single = (w.user(name) for name in ("ann", "bob", "mod", "leaver", "single"))
    anns, bobs = (w.publish(u, f"of {u.name}", w.fresh_clip(n))["id"] for n, u in ((1, ann), (2, bob)))
    w.settled(ann, READY_S), w.settled(bob, READY_S)
    words = {u: f"{kind} {u.name} was here" for u in (ann, bob)}
    for u in (ann, bob):
        w.comment(u, {"id": clip}, words[u])
        w.comment(u, {"id": bobs}, "on bob's clip")
    w.tell(bob, ann, "buy now"), w.tell(ann, bob, "no")
    same(w.stack.admin("user", "role", mod.name, "admin").returncode, 0)
    return {"ann": session_of(w, ann), "bob": session_of(w, bob), "mod": session_of(w, mod), "anns": anns, "bobs": bobs,
            "annSaid": words[ann], "bobSaid": words[bob], "clip": clip, "leaver": session_of(w, leaver),
            "bobPassword": bob.password, "leaverPassword": leaver.password, "single": session_of(w, single),
            "singlePassword": single.password}


SCREENS_TESTS = [f"screens {kind} {name}" for kind in ("phone", "desktop") for name in (
    "gate", "names", "out", "owners", "plain", "form", "unlucky", "search", "place", "chat", "profile", "chat words",
    "fresh")]


def run_screens(w, report, lines_of):
    wanted = [t for t in SCREENS_TESTS if report.wants(f"web {t}")]
    if not wanted:
        return
    author = w.user("author")
    for n, title in enumerate(("natto the first #natto", "natto 纳豆", "a third #natto #cat", "the fourth")):
        w.publish(author, title, w.fresh_clip(n))
    clips = [v["id"] for v in sorted(w.settled(author, READY_S), key=lambda v: v["title"] != "natto the first #natto")]
    w.quiet(READY_S)
    people = {}
    for kind in ("phone", "desktop"):
        one, two, odd, long = w.user("one"), w.user("two"), w.user("what/is?50%25"), w.name("long")
        words = "a sentence is a good password, if longer than the app takes"
        api(w, "POST", "/api/user/register", {"username": long, "password": words})
        people[kind] = {"one": session_of(w, one), "onePassword": one.password, "two": session_of(w, two),
                        "twoPassword": two.password, "odd": session_of(w, odd), "long": {"user": {"username": long}},
                        "longPassword": words}
    large = large_clip(w)
    other = shutil.copy(large, os.path.join(w.stack.dir, "other.mp4"))
    node(w, report, lines_of, "screens.mjs", tests=wanted, texts=os.path.join(ROOT, "htdocs/src/text"),
         shots=os.path.join(ROOT, "var/shots"), clips=clips, author=session_of(w, author), people=people,
         file=os.path.join(w.stack.dir, "clip0.mp4"), large=large, other=other)


def run_safety(w, report, lines_of):
    wanted = [t for t in SAFETY_TESTS if report.wants(f"web {t}")]
    if not wanted:
        return
    # The queue and its acts are about what is reported before.
    wanted += [t for t in SAFETY_TESTS if t.endswith("report") and t not in wanted and
               t.replace("report", "moderate") in wanted]
    author = w.user("author")
    clip = w.publish(author, "what all talk about", w.fresh_clip())["id"]
    w.settled(author, READY_S)
    people = {kind: people_of(w, kind, clip) for kind in ("phone", "desktop")}
    w.quiet(READY_S)
    node(w, report, lines_of, "safety.mjs", tests=wanted, texts=os.path.join(ROOT, "htdocs/src/text"),
         shots=os.path.join(ROOT, "var/shots"), people=people)


FEED_TESTS = [f"feed {name}" for name in (
    "way back", "refused", "language", "plain http", "skip link", "addresses", "mentions", "comment box", "guest",
    "slow", "pieces", "rests", "elsewhere", "sound", "full disk", "sheet", "whose words", "wanted",
    "changes", "again", "uninterested")]


def run_feed(w, report, lines_of):
    wanted = [t for t in FEED_TESTS if report.wants(f"web {t}")]
    if not wanted:
        return
    author, other, viewer, named = (w.user(name) for name in ("author", "other", "viewer", "小明"))
    titles = {"talked": f"😀 #tofu @{named.name}你好", "closed": "nobody may comment", "box": "for the box", "quiet": "quiet"}
    clips = {}
    for n in range(5):
        w.publish(other, f"{n} of another", w.clip(n))
    for n, (key, title) in enumerate(titles.items()):
        clips[key] = w.publish(author, title, w.clip(n))["id"]
    w.settled(other, READY_S), w.settled(author, READY_S)
    w.comment(viewer, {"id": clips["talked"]}, f"😀 @{named.name}你好 @nobody-has-it")
    w.quiet(READY_S)
    fold(w)
    node(w, report, lines_of, "feed.mjs", tests=wanted, texts=os.path.join(ROOT, "htdocs/src/text"),
         shots=os.path.join(ROOT, "var/shots"), clips=clips, author=session_of(w, author),
         viewer=session_of(w, viewer), named=named.name, authorPassword=author.password, viewerPassword=viewer.password)


FIT_TESTS = [f"fit {name}" for name in (
    "sideways", "enlarged", "small", "small zh", "narrow", "words", "words wide", "light", "light wide", "tags", "counts",
    "answers", "keys")]


def run_fit(w, report, lines_of):
    wanted = [t for t in FIT_TESTS if report.wants(f"web {t}")]
    if not wanted:
        return
    author, viewer, long = (w.user(name) for name in ("author", "viewer", "W" * 22))
    about = "I film rabbits\nand write to me about them:\n" + "word " * 40 + "x" * 50
    description = "the first line\nthe second " + "L" * 60
    tagged = "#हिन्दी x #สวัสดี #café a#b ##two #1 #2024 ＃豆腐 x/#y 好#吃 #c#d &#e #_#½ #" + "t" * 41
    clips = {"tagged": (author, "tags", tagged), "counted": (author, "counted", ""), "short": (author, "short", ""),
             "long": (long, "W" * 128, description)}
    for n, (key, (user, title, text)) in enumerate(clips.items()):
        clips[key] = w.publish(user, title, w.fresh_clip(n))["id"]
        if text:
            api(w, "POST", "/api/auth/video/update", {"video_id": clips[key], "description": text}, user.token)
    w.settled(author, READY_S), w.settled(long, READY_S)
    api(w, "PUT", "/api/auth/user/update", {"about": about}, long.token)
    api(w, "POST", "/api/auth/user/privacy", {"private": True}, viewer.token)
    for user in (author, long):  # one friend, one who asks
        api(w, "POST", "/api/auth/social/follow", {"target_user_id": viewer.id}, user.token)
    api(w, "POST", "/api/auth/social/accept", {"target_user_id": author.id}, viewer.token)
    w.comment(long, {"id": clips["long"]}, "W" * 80)
    w.comment(viewer, {"id": clips["short"]}, f"@{author.name} #tofu 豆腐")
    message = "a long message " * 60
    w.tell(long, viewer, message.strip()), w.tell(author, viewer, "hello")
    w.quiet(READY_S)
    fold(w)
    tags = [name for name, in w.stack.sql("SELECT t.name FROM tags t JOIN tag_videos v ON v.tag_id = t.id "
                                          f"WHERE v.video_id = {clips['tagged']}")]
    assert len(tags) > 5, tags
    node(w, report, lines_of, "fit.mjs", tests=wanted, texts=os.path.join(ROOT, "htdocs/src/text"),
         shots=os.path.join(ROOT, "var/shots"), clips=clips, author=session_of(w, author), viewer=session_of(w, viewer),
         long=session_of(w, long), about=about, description=description, message=message, tags=tags)


def run(report, lines_of):
    why = lacks()
    if why:
        report.skip("web", why)
        return
    report.run("web client asks for what openapi.json has", table.client_is_true)
    report.run("web client misses no route", table.nothing_is_missing)
    stack = Stack(demo=0, settings={"DOUFU_UPLOAD_MAX": "100M"})
    try:
        subprocess.run(["sh", os.path.join(ROOT, "jobs/stack"), "web"], cwd=ROOT, env=stack.environment(),
                       stdin=subprocess.DEVNULL, check=True, timeout=300)
        stack.start()
        w = World(stack, {})
        run_app(w, report, lines_of)
        run_screens(w, report, lines_of)
        run_safety(w, report, lines_of)
        run_feed(w, report, lines_of)
        run_fit(w, report, lines_of)
        run_tus(w, report, lines_of)
        w.quiet(READY_S)
        run_play(w, report, lines_of)
    finally:
        stack.close()
