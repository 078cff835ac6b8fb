"""owner.py - what the owner of a clip does in the /api dialect: ask for its state, change its words,
remove it.

The invariant: nobody else can, and what is removed is gone from rows, counters, lists and disk.
"""

import datetime
import json
import os

from report import same, wait_for
from world import filled, test

STATUS, UPDATE, DELETE = "/api/auth/video/status", "/api/auth/video/update", "/api/auth/video/delete"


def api(w, method, path, body=None, token=None, http=200, **headers):
    """Sends JSON (or asks); returns data, or the message where http is no success."""
    headers = {k.replace("_", "-"): v for k, v in headers.items()}
    if token:
        headers["Authorization"] = "Bearer " + token
    if body is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(body).encode()
    reply = w.client.request(method, path, headers, body)
    r = reply.json()
    same(reply.status, http, f"{reply.what} -> {r}: HTTP status")
    same(r["code"], http, "code")
    assert filled(r["message"]), r
    r.pop("next_cursor", None)  # of a list
    same(sorted(r), ["code", "data", "message"] if "data" in r else
         ["code", "message"] if http == 200 else ["code", "error", "message"])
    return r.get("data") if http == 200 else r["message"]


def same_moment(row):
    """createTime, in the zone of the suite (utc_offset), and createTimeMs say the same."""
    at = datetime.datetime.fromtimestamp(row["createTimeMs"] / 1000, datetime.timezone(datetime.timedelta(hours=8)))
    same(at.strftime("%Y-%m-%d %H:%M:%S"), row["createTime"])


def status(w, user, video, **more):
    return api(w, "GET", f"{STATUS}?video_id={video['id']}", token=user.token, **more)


@test
def test_status_of_a_ready_clip(w):
    a = w.user()
    v = w.publish(a)
    assert status(w, a, v)["state"] in ("received", "processing", "ready")
    w.settled(a)
    same(status(w, a, v), {"video_id": v["id"], "state": "ready", "percent": 100, "reason_code": "",
                           "reason": "", "cover": ""})


@test
def test_status_of_a_refused_clip(w):
    a = w.user()
    # The head of a clip and then nothing that could be played.
    v = w.publish(a, data=w.clip()[:64] + os.urandom(5000))
    same(w.settled(a)[0]["state"], "refused")
    s = status(w, a, v)
    same((s["state"], s["percent"] < 100, filled(s["reason_code"])), ("refused", True, True))
    zh = status(w, a, v, Accept_Language="zh-CN")["reason"]
    assert s["reason"].isascii() and filled(zh) and not zh.isascii(), (s, zh)


@test
def test_status_is_the_owners(w):
    a, b = w.user(), w.user()
    v = w.publish(a)
    assert "somebody else" in status(w, b, v, http=400)
    api(w, "GET", f"{STATUS}?video_id={v['id']}", http=401)
    assert "video_id" in api(w, "GET", STATUS, token=a.token, http=400)
    assert "video_id" in api(w, "GET", f"{STATUS}?video_id=x", token=a.token, http=400)
    api(w, "GET", f"{STATUS}?video_id=4711", token=a.token, http=400)


@test
def test_update_changes_what_is_given(w):
    a, b = w.user(), w.user()
    v = w.publish(a, "before")
    api(w, "POST", UPDATE, {"video_id": v["id"], "title": "新标题 after"}, a.token)
    same(w.mine(a)[0]["title"], "新标题 after")
    api(w, "POST", UPDATE, {"video_id": v["id"], "description": "two\nlines"}, a.token)
    same(w.mine(a)[0]["title"], "新标题 after", "a description leaves the title alone")
    same(w.stack.sql(f"SELECT description FROM videos WHERE id = {v['id']}"), [["two\\nlines"]])
    api(w, "POST", UPDATE, {"video_id": v["id"], "title": "x"}, b.token, http=400)
    api(w, "POST", UPDATE, {"video_id": v["id"], "title": "x"}, http=401)
    for title in ("", "  ", "\u200b", "\u3000\u2800"):
        assert "title must not be blank" in api(w, "POST", UPDATE, {"video_id": v["id"], "title": title}, a.token, http=400)
    assert "title" in api(w, "POST", UPDATE, {"video_id": v["id"], "title": "x" * 129}, a.token, http=400)
    same(w.mine(a)[0]["title"], "新标题 after")


@test
def test_delete_removes_everything(w):
    a, b = w.user(), w.user()
    v = w.publish(a)
    w.settled(a)
    row = w.mine(a)[0]
    w.like(b, v)
    w.comment(b, v)
    same((w.profile(a)["work_count"], w.profile(a)["total_favorited"], w.profile(b)["favorite_count"]),
         (1, 1, 1))
    api(w, "POST", DELETE, {"video_id": v["id"]}, b.token, http=400)
    api(w, "POST", DELETE, {"video_id": v["id"]}, http=401)
    api(w, "POST", DELETE, {"video_id": v["id"]}, a.token)
    same(w.mine(a), [])
    same(w.profile(a)["work_count"], 0)
    api(w, "POST", DELETE, {"video_id": v["id"]}, a.token, http=400)
    wait_for("the worker removes the rows", 20, lambda: w.stack.sql(
        f"SELECT (SELECT COUNT(*) FROM videos WHERE id = {v['id']}) + "
        f"(SELECT COUNT(*) FROM likes WHERE video_id = {v['id']}) + "
        f"(SELECT COUNT(*) FROM comments WHERE video_id = {v['id']}) + "
        f"(SELECT COUNT(*) FROM media_files WHERE author_id = {a.id}) + "
        f"(SELECT COUNT(*) FROM contents WHERE author_id = {a.id}) + "
        f"(SELECT COUNT(*) FROM counters WHERE owner_id = {v['id']})") == [["0"]], 0.1)
    same((w.profile(a)["total_favorited"], w.profile(b)["favorite_count"]), (0, 0))
    same(w.good("favorite_list", {"user_id": b.id})["video_list"], [])
    for address in (row["play_url"], row["cover_url"]):
        wait_for(f"{address} is gone", 5, lambda at=address: w.fetch(at).status == 404, 0.2)


@test
def test_delete_in_the_middle_of_processing(w):
    a = w.user()
    v = w.publish(a)
    api(w, "POST", DELETE, {"video_id": v["id"]}, a.token)
    wait_for("the worker removes the rows", 20, lambda: w.stack.sql(
        f"SELECT COUNT(*) FROM videos WHERE id = {v['id']}") == [["0"]], 0.1)
    w.quiet()
    wait_for("the file is gone", 5, lambda: w.fetch(v["play_url"]).status == 404, 0.2)
    same(w.stack.sql(f"SELECT path FROM media_files WHERE author_id = {a.id}"), [])
