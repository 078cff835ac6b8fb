"""media.py - the bars of the media pipeline: how soon a clip that is copied can be played, and what
uploads and transcodes cost everybody else.

The invariant: the load really runs while something is measured: clips are being transcoded and bytes
are coming at the beginning and at the end of each round.
"""

import json
import os
import shutil
import socket
import statistics
import subprocess
import threading
import time

SECONDS, MBIT = 15, 16   # 30 MB
UPLINK = 2500000         # bytes a second of one upload


def make_clip(path):
    """A clip as a phone's camera makes it, or None where there is no ffmpeg."""
    if not shutil.which("ffmpeg"):
        return None
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i",
                    f"testsrc2=s=720x1280:r=30:d={SECONDS},noise=alls=60:allf=t", "-f", "lavfi", "-i",
                    f"sine=440:d={SECONDS}", "-c:v", "libx264", "-preset", "ultrafast", "-b:v", f"{MBIT}M",
                    "-maxrate", f"{MBIT}M", "-bufsize", f"{MBIT}M", "-pix_fmt", "yuv420p", "-g", "60", "-c:a", "aac",
                    "-movflags", "+faststart", path], check=True, timeout=300)
    with open(path, "rb") as f:
        return f.read()


class Uploader:
    """Clips of one user, each of other bytes."""

    def __init__(self, s, clip):
        self.s, self.clip = s, clip
        name = f"up{os.urandom(4).hex()}"
        r = s.ask(f"/douyin/user/register/?username={name}&password=x", "POST")
        self.token, self.user_id = r["token"], r["user_id"]

    def publish(self, pace=None, stop=None):
        """Returns the time of the last byte."""
        data = self.clip + (16).to_bytes(4, "big") + b"free" + os.urandom(8)
        head = (f'--b\r\nContent-Disposition: form-data; name="token"\r\n\r\n{self.token}\r\n'
                '--b\r\nContent-Disposition: form-data; name="data"; filename="a.mp4"\r\n\r\n').encode()
        body, tail = head + data, b"\r\n--b--\r\n"
        with socket.create_connection(("127.0.0.1", self.s.port), timeout=120) as link:
            link.sendall(("POST /douyin/publish/action/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: "
                          f"multipart/form-data; boundary=b\r\nContent-Length: {len(body) + len(tail)}\r\n\r\n").encode())
            step = len(body) if pace is None else pace // 20
            for at in range(0, len(body), step):
                if stop is not None and stop.is_set():
                    return None
                link.sendall(body[at:at + step])
                if pace is not None:
                    time.sleep(0.05)
            link.sendall(tail)
            last = time.monotonic()
            answer = b""
            while piece := link.recv(65536):
                answer += piece
        if b'"status_code":0' not in answer:
            raise RuntimeError(answer[-300:])
        return last

    def newest(self):
        return self.s.ask(f"/douyin/publish/list/?token={self.token}&page_size=1")["video_list"][0]


def copy_path(s, clip):
    """Seconds from the last byte to a clip that others can play as a copy, its cover beside it."""
    up = Uploader(s, clip)
    last = up.publish()
    first = None
    while time.monotonic() - last < 30:
        now = s.sql(f"SELECT original_path <> '', cover_path <> '' FROM videos WHERE author_id = {up.user_id}")[0]
        if now == ["1", "1"]:
            row = up.newest()
            if row["cover_url"].endswith("/img/cover.jpg"):
                raise RuntimeError(f"no cover: {row}")
            first = time.monotonic() - last
            break
        time.sleep(0.01)
    if first is None:
        raise RuntimeError("no copy within 30 s")
    return first


def wait_idle(s, seconds=300):
    until = time.monotonic() + seconds
    while s.sql("SELECT COUNT(*) FROM videos WHERE state IN (1, 2) AND deleted = 0") != [["0"]]:
        if time.monotonic() > until:
            raise RuntimeError("clips are not ready")
        time.sleep(0.2)


class Load:
    """Four uploads at the pace of a phone's line, and clips enough that two are always transcoded."""

    def __init__(self, s, clip):
        self.s, self.stop = s, threading.Event()
        self.ups = [Uploader(s, clip) for _ in range(4)]
        self.threads = [threading.Thread(target=self.run, args=(u,)) for u in self.ups]
        self.wrong = []

    def run(self, up):
        try:
            while not self.stop.is_set():
                up.publish(UPLINK, self.stop)
        except (OSError, RuntimeError) as why:
            self.wrong.append(why)

    def busy(self):
        return int(self.s.sql("SELECT COUNT(*) FROM jobs WHERE kind = 4 AND token <> ''")[0][0])

    def __enter__(self):
        for up in self.ups:
            up.publish()
        until = time.monotonic() + 60
        while self.busy() < 2:
            if time.monotonic() > until:
                raise RuntimeError("two clips are not transcoded at once")
            time.sleep(0.1)
        for t in self.threads:
            t.start()
        time.sleep(0.5)
        return self

    def __exit__(self, *_):
        self.at_end = self.busy()
        self.stop.set()
        for t in self.threads:
            t.join()
        # The rest of the queue is not wanted.
        ids = ",".join(str(u.user_id) for u in self.ups)
        for id, in self.s.sql(f"SELECT id FROM videos WHERE author_id IN ({ids}) AND deleted = 0"):
            self.s.admin("video", "delete", id)
        wait_idle(self.s)
        if self.wrong or self.at_end < 2:
            raise RuntimeError(f"the load broke off: {self.wrong[:1]}, {self.at_end} transcodes at its end")


def run(make_stack, rounds, tell):
    """make_stack(settings): a started stack with data and wrk."""
    s = make_stack({"DOUFU_MEDIA_COPY_KBPS": "20000", "DOUFU_MEDIA_WORKERS": "1"})
    clip = make_clip(os.path.join(s.dir, "phone.mp4"))
    if clip is None:
        tell("copy path, 15 s / 30 MB", "-", "<= 1.0 s", None, "needs the command ffmpeg")
        return
    took = []
    for _ in range(rounds):
        took.append(copy_path(s, clip))
        wait_idle(s)
    s.close()
    tell("copy path, 15 s / 30 MB", f"{statistics.median(took):.2f} s", "<= 1.0 s", statistics.median(took) <= 1.0,
         f"{len(clip) / 1e6:.0f} MB, worst {max(took):.2f} s")
    s = make_stack({"DOUFU_MEDIA_WORKERS": "2"})
    s.wrk("token", "/douyin/feed/", seconds=1)
    idle, loaded = [], []
    for _ in range(rounds):
        idle.append(s.wrk("token", "/douyin/feed/", clients=4, seconds=4)["p99"])
        with Load(s, clip):
            loaded.append(s.wrk("token", "/douyin/feed/", clients=4, seconds=4)["p99"])
    a, b = statistics.median(loaded), statistics.median(idle)
    tell("p99 of feed, 4 uploads + 2 transcodes / idle", f"{a / b:.2f}", "<= 2", a / b <= 2,
         f"{a:.0f} us, {b:.0f} us; " + ", ".join(f"{x:.0f}/{y:.0f}" for x, y in zip(loaded, idle)))
