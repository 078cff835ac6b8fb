"""api_live.py - live rooms, who watches them, and what is written over them.

The invariant: a room's viewer count is the number of those who came and did not go, whatever else
happens at the same time.
"""

import concurrent.futures
import json
import re
import time

from api import ROUTES, ask, data, date_time, filled, refused
from report import same
from world import count, flag, positive, test, text

START, STOP, CREATE = "/api/auth/live/start", "/api/auth/live/stop", "/api/auth/live/create"
JOIN, LEAVE = "/api/auth/live/join", "/api/auth/live/leave"
SEND, LIST, DELETE = "/api/auth/danmu/send", "/api/danmu/list", "/api/auth/danmu/delete"
DETAIL, ROOMS, HISTORY = "/api/live/detail", "/api/live/list", "/api/danmu/history"


def color(v):
    return isinstance(v, str) and re.fullmatch(r"#[0-9A-F]{6}", v) is not None


ROOM = {"id": positive, "hostId": positive, "title": filled, "coverUrl": text, "rtmpUrl": text, "hlsUrl": text,
        "viewerCount": count, "isLive": flag, "createTime": date_time}
DANMU = {"id": positive, "userId": positive, "liveId": positive, "content": filled, "color": color,
         "position": count, "createTime": date_time, "createTimeMs": positive}


def live_host(c):
    """A user who is live, made once."""
    if not hasattr(c, "live"):
        c.live = c.w.user("host")
        ask(c.w, START, {"room_id": 0}, c.live)
        data(c.w, SEND, {"live_id": c.live.id, "content": "hello"}, c.live)
    return c.live


def stopped(c):
    ask_quietly(c, STOP)
    return {"room_id": 0}


def ask_quietly(c, path):
    """Whatever it says: the state is then known."""
    c.w.client.request("POST", path, {"Authorization": "Bearer " + c.a.token, "Content-Type": "application/json"}, b"{}")


def started(c):
    ask_quietly(c, START)
    return {"room_id": c.a.id}


def own_danmu(c):
    return {"live_id": live_host(c).id,
            "danmu_id": data(c.w, SEND, {"live_id": c.live.id, "content": "bye"}, c.a)["danmu_id"]}


ROUTES.update({
    CREATE: ("POST", "required", ROOM, lambda c: {"title": "my room"}),
    START: ("POST", "required", ROOM, stopped),
    STOP: ("POST", "required", None, started),
    JOIN: ("POST", "required", {"viewer_count": count, "hls_url": filled, "danmus": [DANMU]},
           lambda c: {"room_id": live_host(c).id}),
    LEAVE: ("POST", "required", {"viewer_count": count}, lambda c: {"room_id": live_host(c).id}),
    SEND: ("POST", "required", {"danmu_id": positive}, lambda c: {"live_id": live_host(c).id, "content": "弹幕"}),
    DELETE: ("POST", "required", None, own_danmu),
    ROOMS: ("GET", "optional", [ROOM], lambda c: live_host(c) and {}),
    DETAIL: ("GET", "optional", {**ROOM, "onlineCount": count, "startTime": count},
             lambda c: {"room_id": live_host(c).id}),
    LIST: ("GET", "optional", [DANMU], lambda c: {"live_id": live_host(c).id}),
    HISTORY: ("GET", "optional", [DANMU], lambda c: {"live_id": live_host(c).id, "start_time": 1}),
    "/api/danmu/stats": ("GET", "optional", {"liveId": positive, "total": count, "activeUsers": count,
                                         "peakPerMinute": count}, lambda c: {"live_id": live_host(c).id}),
})


def room(w, host, viewer=None):
    return data(w, DETAIL, {"room_id": host.id}, viewer)


@test
def test_live_start_and_stop(w):
    h, x = w.user("host"), w.user()
    refused(w, "no such live room", DETAIL, {"room_id": h.id})
    refused(w, "no such live room", STOP, {}, h)
    r = data(w, START, {"room_id": 0, "rtmp_url": "rtmp://in.example/live/key?secret=1"}, h)
    same({k: r[k] for k in ("id", "hostId", "title", "rtmpUrl", "hlsUrl", "viewerCount", "isLive")},
         {"id": h.id, "hostId": h.id, "title": h.name, "rtmpUrl": "rtmp://in.example/live/key?secret=1",
          "hlsUrl": f"/live/{h.id}/index.m3u8", "viewerCount": 0, "isLive": True})
    refused(w, "live already", START, {"room_id": h.id}, h)
    refused(w, "somebody else", START, {"room_id": h.id}, x)
    refused(w, "somebody else", STOP, {"room_id": h.id}, x)
    refused(w, "no such live room", START, {"room_id": 4711}, x)
    # Where the host sends to is his secret: with it one could send instead of him.
    for viewer in (x, None):
        same(room(w, h, viewer)["rtmpUrl"], "")
        same([v["rtmpUrl"] for v in data(w, ROOMS, {"page_size": 50}, viewer) if v["id"] == h.id], [""])
    same(room(w, h, h)["rtmpUrl"], "rtmp://in.example/live/key?secret=1")
    assert h.id in [v["id"] for v in data(w, ROOMS, {"page_size": 50})]
    same("data" in ask(w, STOP, {"room_id": h.id}, h), False)
    refused(w, "not live now", STOP, {"room_id": h.id}, h)
    r = room(w, h)
    same((r["isLive"], r["hlsUrl"], r["viewerCount"]), (False, "", 0))
    assert h.id not in [v["id"] for v in data(w, ROOMS, {"page_size": 50})]
    # A room outlives its shows: words that are not sent stay, empty ones go.
    r = data(w, START, {"room_id": h.id, "title": "第二场", "cover_url": "https://c.example/1.jpg"}, h)
    same((r["title"], r["coverUrl"], r["rtmpUrl"]),
         ("第二场", "https://c.example/1.jpg", "rtmp://in.example/live/key?secret=1"))
    ask(w, STOP, {}, h)
    r = data(w, START, {"cover_url": "", "rtmp_url": ""}, h)
    same((r["title"], r["coverUrl"], r["rtmpUrl"]), ("第二场", "", ""))
    ask(w, STOP, {}, h)
    for bad in ({"rtmp_url": "http://x/"}, {"rtmp_url": "rtmp://"}, {"cover_url": "javascript:1"},
                {"cover_url": "//x/y"}, {"title": " "}, {"title": "x" * 129}):
        refused(w, list(bad)[0], START, bad, h)
    same(room(w, h)["isLive"], False, "a refused start starts nothing")


@test
def test_live_create(w):
    h = w.user("host")
    refused(w, "title", CREATE, {}, h)
    first = data(w, CREATE, {"title": "one", "cover_url": "http://c.example/x.png"}, h)
    same((first["id"], first["title"], first["isLive"], first["coverUrl"]),
         (h.id, "one", False, "http://c.example/x.png"))
    second = data(w, CREATE, {"title": "two"}, h)
    same((second["id"], second["title"], second["createTime"], second["coverUrl"]),
         (h.id, "two", first["createTime"], "http://c.example/x.png"), "one room for each host")
    same(room(w, h)["startTime"], 0)


@test
def test_live_viewers(w):
    h, a, b = w.user("host"), w.user(), w.user()
    ask(w, CREATE, {"title": "x"}, h)
    refused(w, "not live now", JOIN, {"room_id": h.id}, a)
    refused(w, "no such live room", JOIN, {"room_id": 4711}, a)
    ask(w, START, {}, h)
    def counts():
        stored = int(w.stack.sql("SELECT COUNT(*) FROM live_viewers v JOIN live_rooms r ON r.id = v.room_id AND "
                                 f"r.started_ms = v.started_ms WHERE r.id = {h.id} AND r.is_live = 1")[0][0])
        r = room(w, h)
        same((r["viewerCount"], r["onlineCount"]), (stored, stored))
        return stored
    same(data(w, JOIN, {"room_id": h.id}, a)["viewer_count"], 1)
    same(data(w, JOIN, {"room_id": h.id}, a)["viewer_count"], 1, "twice is once")
    same(data(w, JOIN, {"room_id": h.id}, b)["viewer_count"], 2)
    same(counts(), 2)
    same(data(w, LEAVE, {"room_id": h.id}, a)["viewer_count"], 1)
    same(data(w, LEAVE, {"room_id": h.id}, a)["viewer_count"], 1)
    ask(w, STOP, {}, h)
    same((counts(), room(w, h)["viewerCount"]), (0, 0))
    refused(w, "not live now", LEAVE, {"room_id": h.id}, b)
    # b never left the first show: he is not in the second before he comes again.
    ask(w, START, {}, h)
    same(data(w, LEAVE, {"room_id": h.id}, b)["viewer_count"], 0)
    same(data(w, JOIN, {"room_id": h.id}, b)["viewer_count"], 1)
    same(counts(), 1)
    users = [w.user() for _ in range(8)]
    def come_and_go(user):
        for i in range(5):
            ask(w, LEAVE if i % 2 else JOIN, {"room_id": h.id}, user)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(come_and_go, users))
    same(counts(), 9)
    ask(w, STOP, {}, h)


@test
def test_live_list_order_and_pages(w):
    w.stack.sql("UPDATE live_rooms SET is_live = 0, viewer_count = 0")
    fan = w.user()
    hosts = [w.user("host") for _ in range(7)]
    for i, h in enumerate(hosts):
        ask(w, START, {"title": f"room {i}"}, h)
        w.stack.sql(f"UPDATE live_rooms SET viewer_count = {[3, 1, 3, 0, 9, 0, 1][i]} WHERE id = {h.id}")
    want = [hosts[i].id for i in (4, 2, 0, 6, 1, 5, 3)]
    same([r["id"] for r in data(w, ROOMS)], want)
    same([r["id"] for p in (1, 2, 3) for r in data(w, ROOMS, {"page": p, "page_size": 3})], want)
    seen, cursor = [], ""
    while True:
        r = ask(w, ROOMS, {"page_size": 2, **({"cursor": cursor} if cursor else {})})
        seen += [x["id"] for x in r["data"]]
        cursor = r["next_cursor"]
        if not cursor:
            break
    same(seen, want)
    for i in (1, 4, 5):
        w.follow(fan, hosts[i])
    same([r["id"] for r in data(w, ROOMS, {"following": "true"}, fan)], [hosts[i].id for i in (4, 1, 5)])
    ask(w, ROOMS, {"following": "1"}, http=401)
    # Another size than 1 .. 50 is ten, as clients of this dialect have it; what is no number is wrong.
    w.stack.sql("INSERT INTO live_rooms (id, title, is_live, viewer_count, created_ms, updated_ms) VALUES " +
                ", ".join(f"({w.user('h').id}, 'more', 1, 0, 1, 1)" for _ in range(5)))
    same([len(data(w, ROOMS, {"page_size": n})) for n in (50, 51, 100, 0, -1, 10 ** 30, 9)], [12, 10, 10, 10, 10, 10, 9])
    refused(w, "page_size", ROOMS, {"page_size": "x"})
    w.stack.sql("UPDATE live_rooms SET is_live = 0, viewer_count = 0")


@test
def test_danmu(w):
    h, a, b = w.user("host"), w.user(), w.user()
    refused(w, "no such live room", SEND, {"live_id": h.id, "content": "x"}, a)
    ask(w, CREATE, {"title": "x"}, h)
    refused(w, "not live now", SEND, {"live_id": h.id, "content": "x"}, a)
    same(data(w, LIST, {"live_id": h.id}), [])
    ask(w, START, {}, h)
    began = int(time.time() * 1000) - 1
    def send(user, words, **more):
        return data(w, SEND, {"live_id": h.id, "content": words, **more}, user)["danmu_id"]
    ids = [send(a, "one"), send(b, "two", color="#ff8800"), send(a, "字" * 100, position=1),
           send(h, "four", position=2, color="#00FF00")]
    rows = data(w, LIST, {"live_id": h.id})
    same([(d["id"], d["userId"], d["content"], d["color"], d["position"], d["liveId"]) for d in rows],
         [(ids[0], a.id, "one", "#FFFFFF", 0, h.id), (ids[1], b.id, "two", "#FF8800", 0, h.id),
          (ids[2], a.id, "字" * 100, "#FFFFFF", 1, h.id), (ids[3], h.id, "four", "#00FF00", 2, h.id)])
    for bad in ({"color": "red"}, {"color": "#FFF"}, {"color": "#GGGGGG"}, {"color": "#FFFFFF;"},
                {"position": 3}, {"position": -1}, {"content": ""}, {"content": "  "}, {"content": "x" * 101},
                {"content": "a\nb"}):
        refused(w, list(bad)[0], SEND, {"live_id": h.id, "content": "x", **bad}, a)
    same([d["id"] for d in data(w, LIST, {"live_id": h.id, "limit": 2})], ids[2:], "the newest, oldest first")
    times = [d["createTimeMs"] for d in rows]
    same([d["id"] for d in data(w, HISTORY, {"live_id": h.id, "start_time": began, "limit": 2})], ids[:2])
    same([d["id"] for d in data(w, HISTORY, {"live_id": h.id, "start_time": times[1], "end_time": times[2]})],
         [i for i, t in zip(ids, times) if times[1] <= t <= times[2]])
    same([d["id"] for d in data(w, LIST, {"live_id": h.id, "end_time": times[0]})],
         [i for i, t in zip(ids, times) if t <= times[0]])
    refused(w, "end_time", HISTORY, {"live_id": h.id, "start_time": 10, "end_time": 9})
    refused(w, "no such live room", LIST, {"live_id": 4711})
    new = send(b, "new")
    same(data(w, JOIN, {"room_id": h.id}, a)["danmus"], data(w, LIST, {"live_id": h.id}))
    s = data(w, "/api/danmu/stats", {"live_id": h.id})
    same((s["total"], s["activeUsers"]), (5, 3))
    assert 3 <= s["peakPerMinute"] <= 5, s  # a minute may end in between
    # Its author may take it away, and the host; nobody else.
    refused(w, "somebody else", DELETE, {"live_id": h.id, "danmu_id": ids[0]}, b)
    ask(w, DELETE, {"live_id": h.id, "danmu_id": ids[0]}, a)
    ask(w, DELETE, {"live_id": h.id, "danmu_id": ids[1]}, h)
    refused(w, "no such danmaku", DELETE, {"live_id": h.id, "danmu_id": ids[0]}, a)
    refused(w, "no such live room", DELETE, {"live_id": 4711, "danmu_id": ids[2]}, a)
    same([d["id"] for d in data(w, LIST, {"live_id": h.id})], [ids[2], ids[3], new])
    ask(w, STOP, {}, h)
    refused(w, "not live now", SEND, {"live_id": h.id, "content": "late"}, a)
    same(len(data(w, LIST, {"live_id": h.id})), 3, "what was written stays")
    ask(w, START, {}, h)
    same(data(w, "/api/danmu/stats", {"live_id": h.id})["total"], 0, "a show is counted for itself")
    ask(w, STOP, {}, h)


@test
def test_danmu_are_polled_without_loss(w):
    """What commits late, or is stamped by a host whose clock is behind, has an older time than what was
    read already; a row that is written by hand is such a one."""
    h, a = w.user("host"), w.user()
    ask(w, START, {}, h)

    def late(id, ms):
        w.stack.sql("INSERT INTO danmus (room_id, id, user_id, content, color, position, created_ms) VALUES "
                    f"({h.id}, {id}, {a.id}, 'late', '#FFFFFF', 0, {ms})")

    def poll(cursor, **more):
        r = ask(w, LIST, {"live_id": h.id, **({"cursor": cursor} if cursor else {}), **more})
        return [d["id"] for d in r["data"]], r["next_cursor"]
    same(poll(""), ([], ""))
    first = data(w, SEND, {"live_id": h.id, "content": "first"}, a)["danmu_id"]
    sent = data(w, LIST, {"live_id": h.id})[0]["createTimeMs"]
    got, cursor = poll("")
    same(got, [first])
    late(1, sent - 5)
    same(poll(cursor)[0], [1, first], "what came late")
    # A page that is full begins where it began, or nothing of it was settled.
    late(2, sent + 5)
    got, cursor = poll("", limit=2)
    same(got, [first, 2])
    same(poll(cursor)[0], [first, 2])
    # Once it is old, it comes no more: neither to who reads on, nor to who reads from a time on.
    w.stack.sql(f"UPDATE danmus SET created_ms = created_ms - 60000 WHERE room_id = {h.id}")
    for more in ({}, {"start_time": sent - 60005}):
        got, cursor = poll("", **more)
        same(got, [1, first, 2])
        for _ in range(2):
            got, cursor = poll(cursor)
            same(got, [])
    new = data(w, SEND, {"live_id": h.id, "content": "new"}, a)["danmu_id"]
    for _ in range(2):
        got, cursor = poll(cursor)
        same(got, [new])
    same(poll("", start_time=sent + 600000), ([], f"{sent + 600000}_0"), "a time to come")
    ask(w, STOP, {}, h)


@test
def test_danmu_and_likes_are_bounded(w):
    """The token bucket of wire.md 1.1.8: here as for /douyin."""
    h = w.user("host")
    ask(w, START, {}, h)
    limits = {"DOUFU_RATE_PER_SECOND": "1", "DOUFU_RATE_BURST": "3"}
    got = []
    for _ in range(6):
        done = w.stack.run([w.stack.program("cgi/danmu_send"), "POST", SEND, f"live_id={h.id}&content=x",
                            "-H", f"Authorization: Bearer {h.token}"], **limits)
        got.append(json.loads(done.stdout))
    same([r["code"] for r in got[:3]], [200] * 3, "the burst")
    refusals = [r for r in got[3:] if r["code"] == 429]
    assert refusals and "seconds" in refusals[0]["message"], got
    ask(w, STOP, {}, h)
