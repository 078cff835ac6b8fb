#!/usr/bin/env python3
"""pictures.py - makes the pictures of the web client that the READMEs show, on a private stack with the
suite's own clips:

    python3 tests/web/pictures.py     needs what `tests/run web` needs, and ffmpeg; writes pictures/ beside it

The invariant: nothing in a picture is anybody's but ours, so that it may stand in the repository."""

import json
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[1:1] = [os.path.join(HERE, "..", d) for d in ("", "http", "web")]

import web  # noqa: E402
from client import File, multipart  # noqa: E402
from owner import api  # noqa: E402
from stack import ROOT, Stack  # noqa: E402
from world import User, World  # noqa: E402

WIDEST = {"feed-phone": 390, "comments-desktop": 1000, "profile-phone": 390}
MAX_BYTES = 150_000
COLORS = {"小豆": "0xff9a9e:0xfad0c4", "anton": "0x2193b0:0x6dd5ed", "mei.cooks": "0xf7971e:0xffd200",
          "river": "0x11998e:0x38ef7d", "阿花": "0xc471f5:0xfa71cd", "lumen": "0x7f00ff:0xe100ff"}
TITLES = (("anton", "One second of plasma #generative #color"), ("小豆", "四颗星，一口锅 #治愈 #豆腐"),
          ("river", "Into the fractal 分形之旅 @lumen #math"), ("lumen", "Sunset, on a loop 日落循环 #calm #sea"),
          ("mei.cooks", "Five minutes to a good broth #cooking"))
COMMENTS = (("anton", "I watched this twelve times."), ("小豆", "颜色太好看了！求教程"), ("mei.cooks", "Where is that sea? @lumen"),
            ("river", "This is my wallpaper now 😍"), ("阿花", "循环得好自然"))


def person(w, name):
    r = w.good("user_register", {"username": name, "password": "a password"})
    user = User(r["user_id"], name, "a password", r["token"])
    first, second = COLORS[name].split(":")
    png = subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"gradients=s=256x256:c0={first}:c1={second}:x0=0:y0=0:"
                          "x1=256:y1=256:d=1", "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-"],
                         capture_output=True, check=True, timeout=60).stdout
    kind, body = multipart([("avatar", File(png, "avatar.png"))])
    reply = w.client.request("POST", "/api/auth/user/avatar", {"Authorization": "Bearer " + user.token, "Content-Type": kind}, body)
    assert reply.status == 200, reply.body
    return user


def live(w):
    """People, clips and what they said of them; the sessions that the pictures are taken with."""
    people = {name: person(w, name) for name in COLORS}
    clips = []
    for n, (name, title) in enumerate(TITLES):
        clips.append(w.publish(people[name], title, w.fresh_clip(n)))
        w.settled(people[name], web.READY_S)
    for n in range(4):
        w.publish(people["lumen"], f"study {n}", w.fresh_clip((n + 4) % 5))
        w.settled(people["lumen"], web.READY_S)
    api(w, "PUT", "/api/auth/user/update", {"about": "Light, slowly. 每天一段光。"}, people["lumen"].token)
    for i, user in enumerate(people.values()):
        for clip in clips[i % 3:]:
            w.like(user, clip)
        if user is not people["lumen"]:
            w.follow(user, people["lumen"])
    w.follow(people["lumen"], people["小豆"])
    for name, words in COMMENTS:
        said = w.comment(people[name], clips[3], words)
        api(w, "POST", "/api/auth/interaction/comment/like", {"video_id": clips[3]["id"], "comment_id": said["id"]},
            people["lumen"].token)
    w.quiet(web.READY_S)
    return {"clip": clips[3]["id"], "author": "lumen", "viewer": web.session_of(w, people["阿花"])}


def main():
    why = web.lacks() or (None if shutil.which("ffmpeg") else "ffmpeg is not installed")
    if why:
        sys.exit(why)
    stack = Stack(demo=0)
    try:
        subprocess.run(["sh", os.path.join(ROOT, "jobs/stack"), "web"], cwd=ROOT, env=stack.environment(),
                       stdin=subprocess.DEVNULL, check=True, timeout=300)
        stack.start()
        w = World(stack, {})
        job = os.path.join(stack.dir, "pictures.json")
        with open(job, "w", encoding="utf-8") as f:
            json.dump({"base": w.client.base, "chromium": shutil.which("chromium"), "patience": 3, "tests": [],
                       "texts": os.path.join(ROOT, "htdocs/src/text"), "shots": stack.dir, **live(w)}, f)
        subprocess.run(["node", os.path.join(HERE, "pictures.mjs"), job], check=True, timeout=300)
        for name, width in WIDEST.items():
            out = os.path.join(HERE, "pictures", name + ".webp")
            subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", os.path.join(stack.dir, name + ".png"), "-vf",
                            f"scale={width}:-1:flags=lanczos", "-c:v", "libwebp", "-quality", "82", out], check=True, timeout=60)
            size = os.path.getsize(out)
            assert size < MAX_BYTES, f"{out} has {size} bytes"
            print(f"{out}: {size} bytes")
    finally:
        stack.close()


if __name__ == "__main__":
    main()
