"""seen.py - what a viewer who has blocks finds, counts and may do.

The invariant: of two people one of whom blocks the other neither is in anything that the other is told:
no row, no number, no page that is shorter for it, no answer that differs from that about nobody.
"""

from media import RUNGS, Stopped
from recommend import pages
from report import same, wait_for
from safety import ids, look, post
from search import HOT, SEARCH, SUGGEST, TAG, ask, rare
from world import fold, test

BLOCK, UNBLOCK = "/api/auth/user/block", "/api/auth/user/unblock"


def barred(w, word="u"):
    """Two users, the first of whom blocks the other, and one who is nobody's concern."""
    a, b, c = w.user(word), w.user(word), w.user(word)
    post(w, BLOCK, a, target_user_id=b.id)
    return a, b, c


def totals(w, viewer, **params):
    r = ask(w, SEARCH, token=viewer.token if viewer else None, **params)
    return ids(r["videos"]), r["total"], r["total_exact"], r["phrase_total"]


def paged(w, path, viewer, size, field, by_number=False, **params):
    """Ids of all pages, each of which but the last is full."""
    out, cursor, page = [], "", 1
    while True:
        where = {"page": page} if by_number else {"cursor": cursor} if cursor else {}
        r = ask(w, path, token=viewer.token, page_size=size, **where, **params)
        out += ids(r[field])
        cursor, page = r["next_cursor"], page + 1
        if not cursor:
            return out
        same(len(r[field]), size, f"{path} {params}: a page in the middle")


@test
def test_a_search_tells_nothing_of_whom_one_does_not_see(w):
    a, b, c = barred(w)
    x, y = rare(), rare(1)
    clip = w.publish(a, f"{x} {y}")["id"]
    words = w.publish(a, f"{x}之{y}")["id"]
    for keyword, n in ((x, 2), (f'"{x}"', 2), (y, 2), (f'"{x} {y}"', 1), (f"{a.name} {x}", 2)):
        seen = totals(w, c, keyword=keyword)
        same((seen[1:3], len(seen[0])), ((n, True), n), keyword)
        same(totals(w, b, keyword=keyword), ([], 0, True, 0), keyword)
    # Both ways; and when it is over they are there again.
    his = w.publish(b, f"{x} his")["id"]
    same(totals(w, a, keyword=x)[:2], ([words, clip], 2))
    same(totals(w, b, keyword=x), ([his], 1, True, 1))
    same(totals(w, None, keyword=x)[:2], ([his, words, clip], 3))
    post(w, UNBLOCK, a, target_user_id=b.id)
    same(totals(w, b, keyword=x)[:2], ([his, words, clip], 3))


@test
def test_pages_of_a_search_are_full(w):
    a, b, c = barred(w)
    x = rare(2)
    mine = []
    for i in range(14):
        who = a if i % 2 else c
        v = w.publish(who, f"{x}{i} #{x}" if i % 4 < 2 else f"{x[0]}和{x[1]} #{x}")["id"]
        mine += [v] if who is c else []
    for keyword, n in ((x, 7), (x[0], 7), (f'"{x[0]}和{x[1]}"', 3)):
        for by_number in (False, True):
            if by_number:
                r = [ask(w, SEARCH, token=b.token, keyword=keyword, page_size=2, page=p) for p in range(1, 5)]
                got = sum((ids(p["videos"]) for p in r), [])
            else:
                got = paged(w, SEARCH, b, 2, "videos", keyword=keyword)
            same((len(got), set(got) <= set(mine)), (n, True), keyword)
    same(paged(w, TAG, b, 2, "videos", tag=x, sort="hot"), mine[::-1])
    same(ask(w, TAG, token=b.token, tag=x)["tag"]["videoCount"], 7)
    same(ask(w, TAG, token=c.token, tag=x)["tag"]["videoCount"], 14)
    same(ids(ask(w, TAG, token=b.token, tag=x, page_size=50)["videos"]), mine[::-1])


@test
def test_no_keyword_no_blocked_clips(w):
    a, b, c = barred(w)
    clips = [w.publish(who)["id"] for who in (c, a, c, a, a, c)]
    theirs = {clips[1], clips[3], clips[4]}
    w.settled(a), w.settled(c)
    public = int(w.stack.sql("SELECT COUNT(*) FROM videos WHERE visible = 1")[0][0])
    same(ask(w, SEARCH, token=c.token, page_size=50)["total"], min(public, 1000))
    r = ask(w, SEARCH, token=b.token, page_size=3)
    same((ids(r["videos"]), r["total"]), ([clips[5], clips[2], clips[0]], min(public - 3, 1000)))
    seen = paged(w, SEARCH, b, 7, "videos")
    same((len(seen), len(set(seen)), theirs & set(seen)), (public - 3, public - 3, set()))
    got = [ids(ask(w, SEARCH, token=b.token, page_size=7, page=p)["videos"]) for p in (1, 2)]
    same(sum(got, []), seen[:14])


@test
def test_users_tags_and_what_is_suggested(w):
    x = rare(2)
    a, b, c = barred(w, x)
    w.publish(a, f"{x}剧 #{x}题")
    w.publish(c, f"{x}戏 #{x}目"), w.publish(a, f"{x}戏 #{x}目")

    def people(viewer):
        r = ask(w, SEARCH, token=viewer.token, keyword=x, type="user")
        return ids(r["users"]), r["total"], r["total_exact"], r["phrase_total"]

    same(people(b), ([c.id, b.id], 2, True, 2))
    same(people(a), ([c.id, a.id], 2, True, 2))
    same(people(c)[:2], ([c.id, b.id, a.id], 3))
    for viewer, want in ((b, [(x + "目", 1)]), (c, [(x + "目", 2), (x + "题", 1)])):
        r = ask(w, SEARCH, token=viewer.token, keyword=x, type="tag")
        same(sorted((t["name"], t["videoCount"]) for t in r["tags"]), want)
        same((r["total"], r["total_exact"]), (len(want), True))
        s = ask(w, SUGGEST, token=viewer.token, keyword=x)
        same(sorted((t["name"], t["videoCount"]) for t in s["tags"]), want)
        same((len(s["users"]), len(s["videos"])), (2, 1) if viewer is b else (3, 3))
        hot = ask(w, HOT, token=viewer.token, page_size=50)
        same(sorted((t["name"], t["videoCount"]) for t in hot if t["name"].startswith(x)), want)
    ask(w, TAG, token=b.token, http=400, tag=x + "题")
    same(ask(w, TAG, token=c.token, tag=x + "题")["tag"]["videoCount"], 1)
    r = ask(w, SEARCH, token=b.token, type="user", page_size=50)
    same((len(r["users"]), a.id in ids(r["users"])), (min(r["total"], 50), False))


@test
def test_numbers_leave_out_whom_one_does_not_see(w):
    a, b, c = barred(w)
    clip, other = w.publish(c), w.publish(c)
    for who, v in ((a, clip), (a, other), (b, clip), (c, clip)):
        w.comment(who, v)
    for path in ("/api/user/stats", "/api/social/stats"):
        same([look(w, path, viewer, user_id=c.id)[1]["totalComments"] for viewer in (a, b, c, None)], [3, 2, 4, 4])
        same(look(w, path, b, user_id=a.id)[0], 400)
        same(look(w, path, a, user_id=b.id)[0], 400)
    # The platform's number may be some seconds old, and an author's is his.
    w.publish(a)
    same(look(w, "/api/video/count", b, user_id=a.id)[0], 400)
    same([look(w, "/api/video/count", viewer, user_id=a.id)[1]["count"] for viewer in (a, c)], [1, 1])

    def less():
        return look(w, "/api/video/count", c)[1]["count"] - look(w, "/api/video/count", b)[1]["count"] == 1
    wait_for("the number of clips is one less for who does not see one", 10, less, 0.2)


@test
def test_live_rooms_and_danmaku_of_the_blocked(w):
    a, b, c = barred(w)
    w.stack.sql("UPDATE live_rooms SET is_live = 0, viewer_count = 0")
    post(w, "/api/auth/live/start", a, title="his show")
    post(w, "/api/auth/live/start", c, title="another show")
    own = {"room_id": a.id}
    same(look(w, "/api/live/detail", b, **own)[0], 400)
    same(ids(look(w, "/api/live/list", b)[1]), [c.id])
    same(sorted(ids(look(w, "/api/live/list", c)[1])), sorted([a.id, c.id]))
    assert "no such live room" in post(w, "/api/auth/live/join", b, 400, **own)
    assert "no such live room" in post(w, "/api/auth/live/leave", b, 400, **own)
    for path in ("list", "history", "stats"):
        same(look(w, "/api/danmu/" + path, b, live_id=a.id, start_time=1)[0], 400, path)
        same(look(w, "/api/danmu/" + path, c, live_id=a.id, start_time=1)[0], 200, path)
    assert "no such live room" in post(w, "/api/auth/danmu/send", b, 400, live_id=a.id, content="x")
    # Who was there before leaves it all the same.
    post(w, UNBLOCK, a, target_user_id=b.id)
    same(post(w, "/api/auth/live/join", b, **own)["viewer_count"], 1)
    post(w, BLOCK, a, target_user_id=b.id)
    post(w, "/api/auth/live/leave", b, 400, **own)
    same(look(w, "/api/live/detail", c, **own)[1]["viewerCount"], 0)
    # In a third one's room.
    sent = {u.id: post(w, "/api/auth/danmu/send", u, live_id=c.id, content="hi")["danmu_id"] for u in (a, b, c, a)}
    for viewer, n, users in ((a, 3, 2), (b, 2, 2), (c, 4, 3), (None, 4, 3)):
        for path in ("list", "history"):
            rows = look(w, "/api/danmu/" + path, viewer, live_id=c.id, start_time=1)[1]
            same(len(rows), n, path)
        stats = look(w, "/api/danmu/stats", viewer, live_id=c.id)[1]
        same((stats["total"], stats["activeUsers"]), (n, users))
        assert (n + 1) // 2 <= stats["peakPerMinute"] <= n, stats
    joined = post(w, "/api/auth/live/join", b, room_id=c.id)["danmus"]
    same(sorted(ids(joined)), sorted([sent[b.id], sent[c.id]]))
    w.stack.sql("UPDATE live_rooms SET is_live = 0, viewer_count = 0")


@test
def test_what_one_may_do_to_whom_one_does_not_see(w):
    a, b, c = w.user(), w.user(), w.user()
    clip = w.publish(a)
    w.settled(a)
    theirs = w.comment(a, clip)
    w.tell(a, b, "before")
    message = look(w, "/api/auth/message/list", b, other_user_id=a.id)[1][0]["id"]
    w.tell(a, b, "unread")
    for _ in range(4):  # that it trends whatever other tests have published
        w.like(w.user(), clip)
    fold(w)
    assert clip["id"] in pages(w, "/api/video/hot", 100, b)
    post(w, BLOCK, a, target_user_id=b.id)
    # As about somebody who is not there.
    same(look(w, "/api/video/preview", b, video_id=clip["id"]), look(w, "/api/video/preview", b, video_id=4711))
    assert clip["id"] not in pages(w, "/api/video/hot", 100, b)
    shares = "SELECT COALESCE(SUM(shares), 0) FROM counters WHERE owner_id = " + str(clip["id"])
    before = w.stack.sql(shares)
    same(post(w, "/api/interaction/share", b, 400, video_id=clip["id"]),
         post(w, "/api/interaction/share", b, 400, video_id=4711))
    same(w.stack.sql(shares), before)
    # But what he knows of he reports, and is told nothing by that.
    for kind, thing in (("video", clip["id"]), ("user", a.id), ("comment", theirs["id"]), ("message", message)):
        same(post(w, "/api/auth/report", b, kind=kind, id=thing, reason="spam"), None, kind)
    row = look(w, "/api/auth/social/check", b, target_user_id=a.id)[1]
    none = look(w, "/api/auth/social/check", b, target_user_id=4711)[1]
    same({k: v for k, v in row.items() if k != "userId"}, {k: v for k, v in none.items() if k != "userId"})
    batch = look(w, "/api/auth/social/check/batch", b, ids=f"{a.id},4711")[1]
    same(batch, [row, none])
    for more in ({}, {"message_id": message}):
        same(post(w, "/api/auth/message/read", b, 400, other_user_id=a.id, **more),
             post(w, "/api/auth/message/read", b, 400, other_user_id=4711, **more))
    same(look(w, "/api/auth/message/unread", b)[1]["count"], 0)
    post(w, UNBLOCK, a, target_user_id=b.id)
    same(look(w, "/api/auth/message/unread", b)[1]["count"], 1, "it was not read meanwhile")


@test
def test_more_blocks_than_are_kept_at_hand(w):
    """Beyond 512 those with the highest ids are kept: these here are of older ones."""
    a, b, c, d = w.user(), w.user(), w.user(), w.user()
    clip = w.publish(c, rare())
    root = w.comment(c, clip)
    for who in (a, b, a):
        w.comment(who, clip)
        w.good("comment_action", {"token": who.token, "video_id": clip["id"], "action_type": 1,
                                  "comment_text": "x", "reply_to_id": root["id"]})
    w.follow(a, c), w.follow(c, a), w.follow(b, c), w.follow(a, d)
    w.publish(a, clip["title"])
    rows = ",".join(f"({d.id}, {d.id + 100000 + i}, {1 + i % 2}, 1)" for i in range(600))
    # Both ways, as a pair may have it: it counts once.
    w.stack.sql(f"INSERT INTO blocks VALUES {rows}, ({d.id}, {a.id}, 1, 1), ({d.id}, {a.id}, 2, 1)")
    w.stack.admin("user", "disable", d.name), w.stack.admin("user", "enable", d.name)  # forgets what is cached
    d.token = w.good("user_login", {"username": d.name, "password": d.password})["token"]
    same(look(w, "/api/user/info", d, user_id=a.id)[0], 400)
    one = look(w, "/api/user/info", d, user_id=c.id)[1]
    same((one["followerCount"], one["followCount"]), (1, 0))
    same(look(w, "/api/video/stats", d, video_id=clip["id"])[1]["commentCount"], 3)
    comments = look(w, "/api/interaction/comments", d, video_id=clip["id"])[1]
    same([(r["id"], r["replyCount"]) for r in comments if r["id"] == root["id"]], [(root["id"], 1)])
    same(len(comments), 2)
    same(look(w, "/api/user/stats", d, user_id=c.id)[1]["totalComments"], 3)
    same(look(w, "/api/user/stats", d, user_id=c.id)[1]["friendCount"], 0)
    same(totals(w, d, keyword=clip["title"]), ([clip["id"]], 1, True, 1))
    same(look(w, "/api/user/info", None, user_id=c.id)[1]["followerCount"], 2)
    w.stack.sql(f"DELETE FROM blocks WHERE user_id = {d.id}")


@test
def test_cursors_before_everything(w):
    a, x = w.user(), rare()
    w.publish(a, f"{x} #{x}")
    for path, more in ((TAG, {"tag": x, "sort": "hot"}), (SEARCH, {"keyword": x})):
        assert "cursor" in ask(w, path, http=400, cursor="0_-9223372036854775808", **more)
    for n in ("-9223372036854775807", "-1", "0", "1"):
        for path, more in ((TAG, {"tag": x, "sort": "hot"}), (SEARCH, {"keyword": x}), (SEARCH, {"keyword": f'"{x}"'})):
            for first in ("0", "1"):
                r = ask(w, path, cursor=f"{first}_{n}", **more)
                # 0 as a cursor of a tag is its beginning.
                want = [] if n != "0" or path != TAG else [w.mine(a)[0]["id"]]
                same((ids(r["videos"]), r["next_cursor"]), (want, ""), f"{path} {more} {first}_{n}")


@test
def test_an_account_that_is_switched_while_its_clips_are_made(w):
    """The users row is written first, the clips follow; the worker may come in between."""
    a, b, x = w.user(), w.user(), rare()
    title = f"{x} #{x}"

    def public(n):
        same(ask(w, SEARCH, keyword=x)["total"], n)
        same(ask(w, TAG, tag=x)["tag"]["videoCount"] if n else ask(w, TAG, http=400, tag=x) and n, n)

    with Stopped(w) as media:
        w.publish(a, title)
        public(1)
        w.stack.sql(f"UPDATE users SET private = 1 WHERE id = {a.id}")
        media.worker("--quick", **RUNGS)
        same(w.stack.sql(f"SELECT visible FROM videos WHERE author_id = {a.id}"), [["2"]])
        public(0)
        w.stack.sql(f"UPDATE users SET private = 1 WHERE id = {b.id}")
        w.publish(b, title)
        same(w.stack.sql(f"SELECT visible FROM videos WHERE author_id = {b.id}"), [["2"]])
        w.stack.sql(f"UPDATE users SET private = 0 WHERE id = {b.id}")
        media.worker("--jobs", **RUNGS)
        same(w.stack.sql(f"SELECT visible FROM videos WHERE author_id = {b.id}"), [["1"]])
        public(1)
        same(w.stack.admin("search", "check").stdout, b"0 differences\n")
    w.stack.sql(f"UPDATE users SET private = 0 WHERE id = {a.id}")
