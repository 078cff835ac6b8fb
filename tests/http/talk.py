"""talk.py - friends and messages."""

import time

from report import same
from world import SELF_MESSAGE, TOKEN, USER_UNKNOWN, test


def friends(w, viewer, user=None):
    return w.good("relation_friend_list", {"token": viewer.token,
                                           **({"user_id": user.id} if user else {})})["user_list"]


@test
def test_friends_follow_each_other(w):
    a, b, c = w.user(), w.user(), w.user()
    same(friends(w, a), [])
    w.follow(a, b)
    w.follow(c, a)
    same(friends(w, a), [], "one way only")
    w.follow(b, a)
    same([(f["id"], f["is_follow"], f["message"], f["msgType"]) for f in friends(w, a)],
         [(b.id, True, "", 0)])
    same([f["id"] for f in friends(w, b)], [a.id])
    same(friends(w, c), [])
    for i in range(20):
        w.follow(b, a, i % 2 == 1)
        same(len(friends(w, a)), i % 2, f"round {i}")
    w.bad(TOKEN, "relation_friend_list", {"user_id": a.id})
    w.bad(USER_UNKNOWN, "relation_friend_list", {"token": a.token, "user_id": 4711})


@test
def test_friend_list_order_and_messages(w):
    a = w.user()
    b, c, d, e = (w.user("friend") for _ in range(4))
    for other in (b, c, d, e):
        w.follow(a, other)
        w.follow(other, a)
    w.tell(b, a, "from b")
    time.sleep(0.003)
    w.tell(a, c, "to c")
    got = [(f["id"], f["message"], f["msgType"]) for f in friends(w, a)]
    names = sorted((d, e), key=lambda u: u.name)
    same(got, [(c.id, "to c", 1), (b.id, "from b", 0)] + [(u.id, "", 0) for u in names],
         "newest message first, then by name")
    time.sleep(0.003)
    w.tell(a, b, "answer to b")
    got = [(f["id"], f["message"], f["msgType"]) for f in friends(w, a)]
    same(got[:2], [(b.id, "answer to b", 1), (c.id, "to c", 1)])
    same([(f["message"], f["msgType"]) for f in friends(w, b)], [("answer to b", 0)])


@test
def test_friend_list_of_another_shows_no_messages(w):
    a, b, viewer = w.user(), w.user(), w.user()
    w.follow(a, b)
    w.follow(b, a)
    w.follow(viewer, b)
    w.tell(a, b, "private")
    same([(f["id"], f["message"], f["msgType"], f["is_follow"]) for f in friends(w, viewer, a)],
         [(b.id, "", 0, True)])
    same([(f["id"], f["message"], f["is_follow"]) for f in friends(w, viewer, b)], [(a.id, "", False)])
    same([f["message"] for f in friends(w, a, b)], [""], "a friend's list is another's, too")
    same([f["message"] for f in friends(w, a, a)], ["private"])


@test
def test_chat(w):
    a, b = w.user(), w.user()
    same(w.chat(a, b), [])
    said = []
    for i in range(6):
        sender, other = (a, b) if i % 3 else (b, a)
        w.tell(sender, other, f"message {i}")
        said.append((sender.id, other.id, f"message {i}"))
        for reader, peer in ((a, b), (b, a)):  # both sides, at once
            same([(m["from_user_id"], m["to_user_id"], m["content"]) for m in w.chat(reader, peer)],
                 said, "oldest first")
    rows = w.chat(a, b)
    times = [m["create_time"] for m in rows]
    assert times == sorted(set(times)), f"times are not unique and rising: {times}"
    assert abs(times[-1] - time.time() * 1000) < 60000, "create_time is in ms"
    same(w.chat(a, b, pre_msg_time=0), rows)
    same(w.chat(a, b, pre_msg_time=""), rows)


@test
def test_chat_pre_msg_time(w):
    a, b = w.user(), w.user()
    for i in range(8):
        w.tell(*((a, b) if i % 2 else (b, a)), f"{i}")
    rows = w.chat(a, b)
    for i, m in enumerate(rows):
        for reader, peer in ((a, b), (b, a)):
            same([x["id"] for x in w.chat(reader, peer, pre_msg_time=m["create_time"])],
                 [x["id"] for x in rows[i + 1:] if x["from_user_id"] == peer.id],
                 "only the other's newer ones")
    last = rows[-1]["create_time"]
    for i in range(20):
        same(w.chat(a, b, pre_msg_time=last), [], "nothing new")
        w.tell(b, a, f"news {i}")
        news = w.chat(a, b, pre_msg_time=last)
        same([m["content"] for m in news], [f"news {i}"])
        last = news[-1]["create_time"]
    same(w.chat(a, b, pre_msg_time=9007199254740991), [])


@test
def test_chat_errors(w):
    a, b = w.user(), w.user()
    w.bad(USER_UNKNOWN, "message_chat", {"token": a.token, "to_user_id": 4711})
    w.bad(USER_UNKNOWN, "message_action", {"token": a.token, "to_user_id": 4711, "action_type": 1,
                                           "content": "x"})
    w.bad(SELF_MESSAGE, "message_action", {"token": a.token, "to_user_id": a.id, "action_type": 1,
                                           "content": "x"})
    w.bad(TOKEN, "message_chat", {"to_user_id": b.id})
    base = {"token": a.token, "to_user_id": b.id}
    w.bad_param("action_type", "message_action", {**base, "action_type": 2, "content": "x"})
    for words in ("", " \n", "\u2800\u2800", "\u200b\u200d\ufeff", "x" * 1001):
        w.bad_param("content", "message_action", {**base, "action_type": 1, "content": words})
    w.bad_param("content", "message_action", {**base, "action_type": 1})
    same(w.chat(a, b), [])
    w.good("message_action", {**base, "action_type": 1, "content": "字" * 1000}, how="form")
    same(len(w.chat(b, a)[0]["content"]), 1000)


@test
def test_chat_is_for_the_two(w):
    a, b, c = w.user(), w.user(), w.user()
    w.tell(a, b, "between us")
    same(w.chat(c, a), [])
    same(w.chat(c, b), [])
    r = w.good("message_chat", [("token", c.token), ("to_user_id", b.id), ("user_id", a.id),
                                ("from_user_id", a.id), ("actor_id", a.id)])
    same(r["message_list"], [], "nobody becomes another by a parameter")
