"""inbox.py - conversations: what is unread, what is read, what is removed.

The invariant: the unread numbers of a conversation are those of its rows, whoever does what at once.
"""

import random
import time

from owner import api
from report import same
from social_api import at_once, query
from world import fold, test

CONVERSATIONS, UNREAD = "/api/auth/message/conversations", "/api/auth/message/unread"
READ, DELETE = "/api/auth/message/read", "/api/auth/message/delete"
SEND, LIST = "/api/auth/message/send", "/api/auth/message/list"


def send(w, user, other, words):
    return api(w, "POST", SEND, {"receiver_id": other.id, "content": words}, user.token)["message_id"]


def talks(w, user, size=100):
    rows, cursor = [], ""
    while True:
        body = w.client.request("GET", query(CONVERSATIONS, page_size=size, cursor=cursor),
                                {"Authorization": "Bearer " + user.token}).json()
        same(body["code"], 200, body)
        rows += body["data"]
        cursor = body["next_cursor"]
        if not cursor:
            return rows


def brief(rows):
    return [(r["user"]["id"], r["lastMessage"]["content"], r["unreadCount"]) for r in rows]


def unread(w, user):
    return api(w, "GET", UNREAD, token=user.token)["count"]


def history(w, user, other, **more):
    return api(w, "GET", query(LIST, other_user_id=other.id, **more), token=user.token)


def add_up(w, a, b):
    """The numbers in the conversation's row against its messages."""
    lo, hi = min(a.id, b.id), max(a.id, b.id)
    [[lo_read, hi_read, lo_unread, hi_unread]] = w.stack.sql(
        f"SELECT lo_read_ms, hi_read_ms, lo_unread, hi_unread FROM conversations WHERE lo_id = {lo} AND hi_id = {hi}")
    for from_id, read, told in ((hi, lo_read, lo_unread), (lo, hi_read, hi_unread)):
        same(told, w.stack.sql(f"SELECT COUNT(*) FROM messages WHERE lo_id = {lo} AND hi_id = {hi} AND "
                               f"from_id = {from_id} AND hidden = 0 AND created_ms > {read}")[0][0], "unread")


@test
def test_inbox_conversations(w):
    a, b, c, d = (w.user() for _ in range(4))
    same((talks(w, a), unread(w, a)), ([], 0))
    for i in range(3):
        send(w, b, a, f"b{i}")
    time.sleep(0.002)
    send(w, a, c, "to c")
    time.sleep(0.002)
    send(w, d, a, "d")
    want = [(d.id, "d", 1), (c.id, "to c", 0), (b.id, "b2", 3)]
    same(brief(talks(w, a)), want)
    same(brief(talks(w, a, 1)), want, "page by page")
    same(brief(api(w, "GET", query(CONVERSATIONS, page=2, page_size=2), token=a.token)), want[2:], "by number")
    same((unread(w, a), unread(w, b), unread(w, c)), (4, 0, 1))
    same(brief(talks(w, b)), [(a.id, "b2", 0)])
    same([r["lastMessage"]["isRead"] for r in talks(w, a)], [False] * 3)
    for path in (CONVERSATIONS, UNREAD):
        api(w, "GET", path, http=401)
    assert "page_size" in api(w, "GET", query(CONVERSATIONS, page_size=101), token=a.token, http=400)


@test
def test_inbox_a_list_is_read(w):
    a, b = w.user(), w.user()
    ids = [send(w, b, a, f"{i}") for i in range(5)]
    send(w, a, b, "mine")
    rows = history(w, a, b)
    same([(r["id"], r["isRead"]) for r in rows[1:]], [(i, False) for i in reversed(ids)], "as it was before")
    same((unread(w, a), unread(w, b)), (0, 1))
    same([r["isRead"] for r in history(w, a, b)], [False] + [True] * 5)
    same([r["isRead"] for r in history(w, b, a)][1:], [True] * 5, "the sender sees it")
    same([r["isRead"] for r in history(w, a, b)][0], True)
    # /douyin reads, too: the history, and news.
    send(w, b, a, "more")
    last = w.chat(a, b)[-1]["create_time"]
    same(unread(w, a), 0)
    send(w, b, a, "news")
    same((unread(w, a), len(w.chat(a, b, pre_msg_time=last)), unread(w, a)), (1, 1, 0))
    add_up(w, a, b)


@test
def test_head_changes_nothing(w):
    a, b = w.user(), w.user()
    send(w, b, a, "hello")
    video = w.publish(b)
    fold(w)
    auth = {"Authorization": "Bearer " + a.token}

    def state():
        return (unread(w, a), w.stack.sql(f"SELECT lo_read_ms, hi_read_ms FROM conversations WHERE {a.id} IN (lo_id, hi_id)"),
                w.stack.sql(f"SELECT COUNT(*) FROM views WHERE video_id = {video['id']}"),
                w.stack.sql(f"SELECT HEX(served) FROM recommend_users WHERE user_id = {a.id}"))
    before = state()
    for target in (query(LIST, other_user_id=b.id), f"/douyin/message/chat/?to_user_id={b.id}&token={a.token}",
                   f"/api/video/detail?id={video['id']}", "/api/auth/recommend/videos", "/api/recommend/videos"):
        same(w.client.request("HEAD", target, auth).status, 200, target)
        same(state(), before, target)
    for target in (query(LIST, other_user_id=b.id), f"/api/video/detail?id={video['id']}", "/api/auth/recommend/videos"):
        same(w.client.request("GET", target, auth).status, 200, target)
    same([x != y for x, y in zip(state(), before)], [True] * 4, "GET does")


@test
def test_inbox_an_old_page_reads_what_it_shows(w):
    a, b = w.user(), w.user()
    ids = [send(w, b, a, f"{i}") for i in range(6)]
    same(len(history(w, a, b, last_message_id=ids[3])), 3)
    same(unread(w, a), 3)
    add_up(w, a, b)


@test
def test_inbox_mark_read(w):
    a, b, c = w.user(), w.user(), w.user()
    ids = [send(w, b, a, f"{i}") for i in range(4)]
    mine = send(w, a, b, "mine")
    api(w, "POST", READ, {"other_user_id": b.id, "message_id": ids[1]}, a.token)
    same(unread(w, a), 2)
    api(w, "POST", READ, {"other_user_id": b.id, "message_id": ids[0]}, a.token)
    same(unread(w, a), 2, "what is read stays so")
    for bad in (mine, 4711):
        api(w, "POST", READ, {"other_user_id": b.id, "message_id": bad}, a.token, http=400)
    api(w, "POST", READ, {"other_user_id": a.id, "message_id": ids[2]}, c.token, http=400)
    api(w, "POST", READ, {"other_user_id": 4711}, a.token, http=400)
    api(w, "POST", READ, {"other_user_id": b.id}, http=401)
    assert "other_user_id" in api(w, "POST", READ, {}, a.token, http=400)
    api(w, "POST", READ, {"other_user_id": c.id}, a.token)
    same(unread(w, a), 2)
    api(w, "POST", READ, {"other_user_id": b.id}, a.token)
    same((unread(w, a), unread(w, b)), (0, 1))
    add_up(w, a, b)


@test
def test_inbox_delete(w):
    a, b, c = w.user(), w.user(), w.user()
    w.follow(a, b)
    w.follow(b, a)
    ids = [send(w, a, b, f"{i}") for i in range(4)]
    same(unread(w, b), 4)
    api(w, "POST", DELETE, {"message_id": ids[3]}, a.token)
    same([r["id"] for r in history(w, a, b)], ids[2::-1])
    same((unread(w, b), brief(talks(w, b))), (3, [(a.id, "2", 3)]), "gone for both")
    same([f["message"] for f in w.good("relation_friend_list", {"token": b.token})["user_list"]], ["2"])
    api(w, "POST", DELETE, {"message_id": ids[2]}, b.token)
    same((unread(w, b), brief(talks(w, b))), (2, [(a.id, "1", 2)]))
    same([r["id"] for r in history(w, a, b)], ids[2::-1], "hidden for its receiver only")
    same(brief(talks(w, a)), [(b.id, "2", 0)])
    same(len(w.chat(b, a)), 2)
    for user, id in ((b, ids[2]), (a, ids[3]), (c, ids[0]), (a, 4711)):
        api(w, "POST", DELETE, {"message_id": id}, user.token, http=400)
    api(w, "POST", DELETE, {"message_id": ids[0]}, http=401)
    assert "message_id" in api(w, "POST", DELETE, {}, a.token, http=400)
    api(w, "POST", DELETE, {"message_id": ids[2]}, a.token)
    same([r["id"] for r in history(w, a, b)], ids[1::-1])
    for id in ids[:2]:
        api(w, "POST", DELETE, {"message_id": id}, a.token)
    same((talks(w, a), talks(w, b), unread(w, b)), ([], [], 0))
    same([f["message"] for f in w.good("relation_friend_list", {"token": b.token})["user_list"]], [""])
    send(w, b, a, "again")
    same(brief(talks(w, a)), [(b.id, "again", 1)])
    add_up(w, a, b)


@test
def test_inbox_hidden_from_the_friend_list(w):
    a, b = w.user(), w.user()
    w.follow(a, b)
    w.follow(b, a)
    id = send(w, a, b, "hide me")
    api(w, "POST", DELETE, {"message_id": id}, b.token)
    same([f["message"] for f in w.good("relation_friend_list", {"token": b.token})["user_list"]], [""])
    same([f["message"] for f in w.good("relation_friend_list", {"token": a.token})["user_list"]], ["hide me"])
    # It is the last one again.
    newer = send(w, a, b, "newer")
    api(w, "POST", DELETE, {"message_id": newer}, a.token)
    same([f["message"] for f in w.good("relation_friend_list", {"token": b.token})["user_list"]], [""])
    same([f["message"] for f in w.good("relation_friend_list", {"token": a.token})["user_list"]], ["hide me"])


@test
def test_inbox_at_once(w):
    a, b = w.user(), w.user()
    for round in range(3):
        ids = [send(w, b, a, f"{round}.{i}") for i in range(6)]

        def remove(user, id):
            reply = w.client.request("POST", query(DELETE, message_id=id),
                                     {"Authorization": "Bearer " + user.token}, b"")
            assert reply.status in (200, 400), reply.body

        at_once([lambda i=i: send(w, b, a, f"{round}+{i}") for i in range(4)] +
                [lambda i=i: remove(b, ids[i]) for i in (0, 1, 1)] +
                [lambda i=i: remove(a, ids[i]) for i in (1, 2, 3)] +
                [lambda: api(w, "POST", READ, {"other_user_id": b.id, "message_id": ids[4]}, a.token)] +
                [lambda: send(w, a, b, "answer") for _ in range(2)])
        add_up(w, a, b)
        same(unread(w, a), brief(talks(w, a))[0][2])


@test
def test_inbox_random(w):
    """150 random deeds of two, against a list."""
    rng = random.Random(3)
    two = (w.user(), w.user())
    rows = []  # [id, sender, read, hidden]
    for i in range(150):
        who = rng.randrange(2)
        me, other = two[who], two[1 - who]
        deed = rng.randrange(10)
        if deed < 5:
            rows.append([send(w, me, other, f"{i}"), who, False, False])
        elif deed < 7 and rows:
            row = rng.choice(rows)
            if row[1] == who:
                rows.remove(row)
            elif row[3]:
                continue
            else:
                row[3] = True
            api(w, "POST", DELETE, {"message_id": row[0]}, me.token)
        elif deed == 7:
            theirs = [r for r in rows if r[1] != who and not r[3]]
            if not theirs:
                continue
            to = rng.choice(theirs)
            api(w, "POST", READ, {"other_user_id": other.id, "message_id": to[0]}, me.token)
            for r in rows[:rows.index(to) + 1]:
                r[2] |= r[1] != who
        elif deed == 8:
            seen = history(w, me, other, page_size=100)
            mine = [r for r in rows if r[1] == who or not r[3]]
            same([(m["id"], m["isRead"]) for m in seen], [(r[0], r[2]) for r in reversed(mine)][:100])
            if mine:
                for r in rows[:rows.index(mine[-1]) + 1]:
                    r[2] |= r[1] != who
        same(unread(w, me), sum(1 for r in rows if r[1] != who and not r[2] and not r[3]), f"step {i}")
    add_up(w, *two)
