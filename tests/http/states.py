"""states.py - accounts that leave, are suspended, disabled or warned: what others see of them, what they
may do, and what is written down about it.

The invariant: who is leaving is nowhere, in no list and no number, and is everywhere as before when he is
back; what a moderator decided holds whatever the account does.
"""

import json

from api_live import CREATE, DETAIL, HISTORY, JOIN, ROOMS, SEND, START
from api_live import LIST as DANMUS
from inbox import DELETE, add_up, brief, history, send, talks, unread
from inbox import READ as READ_MESSAGES
from notices import LIST as NOTICES
from notices import listed, told, will_be_unread
from owner import api
from report import same
from safety import ACT, AUDIT, SOCIAL, USER, ids, look, moderator, post
from social_api import LIKE as LIKE_COMMENT
from social_api import say
from world import test

FAR = 4102444800  # 2100-01-01


def leave(w, user):
    post(w, USER + "delete", user, password=user.password)


def login(w, user, http=200):
    r = api(w, "POST", "/api/user/login", {"username": user.name, "password": user.password}, http=http)
    if http == 200:
        user.token = r["token"]
    return r


def act(w, m, name, kind, id, **more):
    return post(w, ACT, m, act=name, kind=kind, id=id, **more)


def audited(w, m, user):
    """What the audit says of a user, the oldest first: (act, kind, thing, by whom)."""
    return [(r["act"], r["kind"], r["thingId"], r["adminId"])
            for r in reversed(look(w, AUDIT, m, page_size=50)[1]) if r["userId"] == user.id]


# ---- leaving, and what was decided about the account ----


@test
def test_a_suspension_holds_for_one_who_leaves(w):
    a, b, m = w.user(), w.user(), moderator(w)
    leave(w, a)
    act(w, m, "suspend", "user", a.id, until=FAR)
    assert login(w, a, 403)[-1].isdigit(), "without a reason only until when"
    act(w, m, "suspend", "user", a.id, until=FAR, note="for good reason")
    for _ in range(2):
        why = login(w, a, 403)
        assert "2100-01-01" in why and why.endswith(": for good reason"), why
    same(look(w, "/api/user/info", b, user_id=a.id)[0], 400, "he did not come back")
    assert "wrong" in api(w, "POST", "/api/user/login", {"username": a.name, "password": "x"}, http=400)
    act(w, m, "restore", "user", a.id)
    same(look(w, "/api/user/info", b, user_id=a.id)[0], 400, "a moderator does not bring him back")
    login(w, a)
    same(look(w, "/api/user/info", b, user_id=a.id)[0], 200)
    same(look(w, USER + "profile", a)[0], 200)


@test
def test_leaving_is_not_disabled_or_enabled(w):
    a, m = w.user(), moderator(w)
    leave(w, a)
    row = f"SELECT status, purge_at_ms FROM users WHERE id = {a.id}"
    was = w.stack.sql(row)
    same(was[0][0], "3")
    for what in ("disable", "enable"):
        done = w.stack.admin("user", what, a.name, ok=False)
        assert done.returncode == 1 and b"suspend him" in done.stderr, done
    same((w.stack.sql(row), audited(w, m, a)), (was, []), "he still ends when it was said")
    login(w, a)
    w.stack.admin("user", "disable", a.name)
    login(w, a, 403)
    same(audited(w, m, a), [("disable", "user", a.id, 0)])


# ---- what others see of one who is leaving ----


@test
def test_notifications_of_one_who_leaves(w):
    a, b, c = w.user(), w.user(), w.user()
    video = w.publish(a, "mine")
    top = say(w, a, video, "my comment")
    for u in (c, b):
        w.follow(u, a)
        w.like(u, video)
        api(w, "POST", LIKE_COMMENT, {"video_id": video["id"], "comment_id": top["id"]}, u.token)
    say(w, b, video, "LEAKED comment")
    say(w, b, video, "LEAKED answer", top)
    theirs = w.publish(c)
    mention = say(w, b, theirs, f"LEAKED @{a.name}")
    titled = w.publish(b, f"LEAKED title @{a.name}")
    w.tell(b, a, "LEAKED message")
    both = [("follow", b.id, 2, (b.id, c.id)), ("like", video["id"], 2, (b.id, c.id)),
            ("like", top["id"], 2, (b.id, c.id)), ("comment", video["id"], 1, (b.id,)),
            ("reply", top["id"], 1, (b.id,)), ("mention", mention["id"], 1, (b.id,)),
            ("mention", titled["id"], 1, (b.id,)), ("message", b.id, 1, (b.id,))]
    all_unread = {"follow": 1, "like": 2, "comment": 1, "reply": 1, "mention": 2, "message": 1}
    told(w, a, both)
    will_be_unread(w, a, all_unread)
    leave(w, b)
    rows = told(w, a, [("follow", c.id, 1, (c.id,)), ("like", video["id"], 1, (c.id,)), ("like", top["id"], 1, (c.id,))])
    assert "LEAKED" not in json.dumps(rows) and all(r["title"].startswith(c.name + " ") for r in rows), rows
    for type_ in ("comment", "reply", "mention", "message"):
        same(listed(w, a, type=type_), [])
    will_be_unread(w, a, {"follow": 1, "like": 2})
    same(len(api(w, "GET", NOTICES + "?page_size=2", token=a.token)), 2, "no hole in a page")
    login(w, b)
    told(w, a, both)
    will_be_unread(w, a, all_unread)


@test
def test_a_request_of_one_who_leaves(w):
    a, b = w.user(), w.user()
    post(w, USER + "privacy", a, private=True)
    post(w, SOCIAL + "follow", b, target_user_id=a.id)
    told(w, a, [("request", b.id, 1, (b.id,))])
    leave(w, b)
    told(w, a, [])
    will_be_unread(w, a, {})
    login(w, b)
    told(w, a, [("request", b.id, 1, (b.id,))])


@test
def test_messages_of_one_who_leaves(w):
    a, b, c = w.user(), w.user(), w.user()
    for i in range(3):
        send(w, b, a, f"b{i}")
    send(w, c, a, "c")
    both = [(c.id, "c", 1), (b.id, "b2", 3)]
    same((brief(talks(w, a)), unread(w, a)), (both, 4))
    for _ in range(2):  # the second time everything was seen both ways
        leave(w, b)
        same((brief(talks(w, a)), unread(w, a)), (both[:1], 1))
        same(look(w, "/api/auth/message/list", a, other_user_id=b.id)[0], 400)
        api(w, "POST", READ_MESSAGES, {"other_user_id": b.id}, a.token, http=400)
        post(w, "/api/auth/message/send", a, 400, receiver_id=b.id, content="x")
        login(w, b)
        same((brief(talks(w, a)), unread(w, a)), (both, 4))
    api(w, "POST", READ_MESSAGES, {"other_user_id": b.id}, a.token)
    same(unread(w, a), 1)
    add_up(w, a, b)


@test
def test_unread_of_very_many_conversations(w):
    """More than are held in the cache: summed up by the database, by the same rule."""
    a, b, c, d = (w.user() for _ in range(4))
    w.stack.sql("INSERT INTO conversations (lo_id, hi_id, last_ms, last_from_id, last_text, lo_unread, hi_unread) "
                f"SELECT seq, {a.id}, 1, seq, '', 0, 1 FROM seq_1_to_501")
    for u in (b, c, d):
        send(w, u, a, "hello")
    send(w, d, a, "again")
    same(unread(w, a), 4, "those who are not there do not count")
    leave(w, b)
    same(unread(w, a), 3)
    post(w, USER + "block", c, target_user_id=a.id)
    same(unread(w, a), 2)
    login(w, b)
    same(unread(w, a), 3)
    post(w, USER + "unblock", c, target_user_id=a.id)
    api(w, "POST", READ_MESSAGES, {"other_user_id": d.id}, a.token)
    same(unread(w, a), 2)
    w.stack.sql(f"DELETE FROM conversations WHERE lo_id < 502 AND hi_id = {a.id}")


@test
def test_danmaku_of_one_who_leaves(w):
    h, a, b = w.user("host"), w.user(), w.user()
    api(w, "POST", START, {}, h.token)
    for user, words in ((a, "one"), (b, "two"), (a, "three"), (b, "four")):
        api(w, "POST", SEND, {"live_id": h.id, "content": words}, user.token)

    def seen():
        lists = [[d["content"] for d in look(w, path, viewer, live_id=h.id, **more)[1]]
                 for path, more in ((DANMUS, {}), (HISTORY, {"start_time": 1})) for viewer in (None, a, h)]
        lists.append([d["content"] for d in api(w, "POST", JOIN, {"room_id": h.id}, a.token)["danmus"]])
        same(lists[1:], lists[:1] * 6)
        return lists[0]
    same(seen(), ["one", "two", "three", "four"])
    leave(w, b)
    same(seen(), ["one", "three"])
    login(w, b)
    same(seen(), ["one", "two", "three", "four"])


# ---- a show ends with what its host may do ----


@test
def test_a_host_who_may_not_is_not_live(w):
    viewer, m = w.user(), moderator(w)
    ends = [("suspended", lambda h: act(w, m, "suspend", "user", h.id, until=FAR),
             lambda h: act(w, m, "restore", "user", h.id)),
            ("disabled", lambda h: w.stack.admin("user", "disable", h.name),
             lambda h: w.stack.admin("user", "enable", h.name)),
            ("leaving", lambda h: leave(w, h), lambda h: None)]
    for what, end, back in ends:
        h = w.user("host")
        api(w, "POST", START, {"title": what}, h.token)
        api(w, "POST", JOIN, {"room_id": h.id}, viewer.token)
        assert h.id in ids(look(w, ROOMS, page_size=50)[1])
        end(h)
        assert h.id not in ids(look(w, ROOMS, page_size=50)[1]), what
        same(w.stack.sql(f"SELECT is_live, viewer_count FROM live_rooms WHERE id = {h.id}"), [["0", "0"]], what)
        for path, name in ((JOIN, "room_id"), (SEND, "live_id")):
            api(w, "POST", path, {name: h.id, "content": "x"}, viewer.token, http=400)
        api(w, "POST", START, {}, h.token, http=401)
        back(h)
        login(w, h)
        row = look(w, DETAIL, viewer, room_id=h.id)[1]
        same((row["title"], row["isLive"], row["hlsUrl"]), (what, False, ""), "his show does not go on by itself")
        api(w, "POST", START, {}, h.token)
        same(look(w, DETAIL, viewer, room_id=h.id)[1]["isLive"], True)


@test
def test_a_start_looks_at_the_host(w):
    """As when he is suspended while his own request is on its way."""
    h = w.user("host")
    api(w, "POST", CREATE, {"title": "t"}, h.token)
    w.stack.sql(f"UPDATE users SET suspended_until_ms = {FAR * 1000} WHERE id = {h.id}")
    api(w, "POST", START, {}, h.token, http=401)
    same(look(w, DETAIL, room_id=h.id)[1]["isLive"], False)
    w.stack.sql(f"UPDATE users SET suspended_until_ms = 0 WHERE id = {h.id}")
    api(w, "POST", START, {}, h.token)


# ---- what moderators do ----


@test
def test_a_warning_is_told_until_it_is_read(w):
    a, b, m = w.user(), w.user(), moderator(w)

    def notice():
        row = look(w, USER + "profile", a)[1]
        same(login(w, a)["notice"], row.get("notice", ""), "the same at both places")
        return row.get("notice")

    def read(text, http=200):
        return api(w, "PUT", USER + "update", {"notice": text}, a.token, http=http)
    same(notice(), None)
    act(w, m, "warn", "user", a.id, note="be nice\n请友善")
    same(notice(), "be nice\n请友善")
    for viewer in (None, b, m):
        assert "notice" not in look(w, "/api/user/info", viewer, user_id=a.id, self=1)[1]
    read("something else")
    same(notice(), "be nice\n请友善", "another one was read")
    act(w, m, "warn", "user", a.id, note="be nicer")
    read("be nice\n请友善")
    same(notice(), "be nicer", "which he has not seen")
    api(w, "PUT", USER + "update", {"notice": "be nicer"}, b.token)
    same(notice(), "be nicer", "nobody reads it for him")
    assert "notice" in read("x" * 501, 400)
    read("be nicer")
    same(notice(), None)
    api(w, "PUT", USER + "update", {"about": "me"}, a.token)
    same(notice(), None)


@test
def test_a_message_hidden_by_a_moderator(w):
    a, b, m = w.user(), w.user(), moderator(w)
    w.follow(a, b), w.follow(b, a)
    first, second = send(w, b, a, "first"), send(w, b, a, "a threat")
    post(w, "/api/auth/report", a, kind="message", id=second, reason="violence")
    told(w, a, [("message", b.id, 2, (b.id,))], type="message")

    def friend_text(user):
        return w.good("relation_friend_list", {"token": user.token})["user_list"][0]["message"]
    whole = ([(b.id, "a threat", 2)], 2, "a threat")

    def seen():
        add_up(w, a, b)
        return brief(talks(w, a)), unread(w, a), friend_text(a)
    same(seen(), whole)
    act(w, m, "hide", "message", second)
    same(seen(), ([(b.id, "first", 1)], 1, ""))
    act(w, m, "hide", "message", second)
    same(seen(), ([(b.id, "first", 1)], 1, ""), "twice is once")
    told(w, a, [("message", b.id, 1, (b.id,))], type="message")
    same((brief(talks(w, b)), friend_text(b)), ([(a.id, "a threat", 0)], "a threat"), "its sender sees it")
    for path in (DELETE, READ_MESSAGES):
        api(w, "POST", path, {"message_id": second, "other_user_id": b.id}, a.token, http=400)
    act(w, m, "restore", "message", second)
    same(seen(), whole)
    # Read, then hidden: nothing is unread less.
    same([r["content"] for r in history(w, a, b)], ["a threat", "first"])
    act(w, m, "hide", "message", second)
    same(([r["content"] for r in history(w, a, b)], unread(w, a)), (["first"], 0))
    act(w, m, "restore", "message", second)
    same((len(history(w, a, b)), unread(w, a)), (2, 0))
    # What he removed himself does not come back.
    api(w, "POST", DELETE, {"message_id": first}, a.token)
    act(w, m, "hide", "message", first)
    act(w, m, "restore", "message", first)
    same([r["content"] for r in history(w, a, b)], ["a threat"])
    third = send(w, b, a, "third")
    act(w, m, "hide", "message", third)
    api(w, "POST", DELETE, {"message_id": third}, b.token)
    add_up(w, a, b)
    same((unread(w, a), friend_text(a)), (0, "a threat"))
    assert "message" in post(w, ACT, m, 400, act="hide", kind="message", id=third)
    same([x[:3] for x in audited(w, m, b)][:3],
         [("hide", "message", second), ("hide", "message", second), ("restore", "message", second)])


@test
def test_the_admin_command_is_audited(w):
    a, m = w.user(), moderator(w)
    video = w.publish(a)
    for what in ("hide", "show", "delete"):
        w.stack.admin("video", what, str(video["id"]))
    for what in ("disable", "enable"):
        w.stack.admin("user", what, a.name)
    for role in ("admin", "user"):
        w.stack.admin("user", "role", a.name, role)
    same(audited(w, m, a),
         [(what, "video", video["id"], 0) for what in ("hide", "restore", "delete")] +
         [(what, "user", a.id, 0) for what in ("disable", "enable", "promote", "demote")])
    n = len(look(w, AUDIT, m, page_size=50)[1])
    same(w.stack.admin("moderate", "act", "warn", "user", str(a.id), "a\x1b[2J", ok=False).returncode, 2)
    for args in (("video", "delete", str(video["id"])), ("video", "hide", "4711"), ("user", "disable", "nobody"),
                 ("user", "role", "nobody", "admin"), ("moderate", "act", "delete", "user", str(a.id))):
        same(w.stack.admin(*args, ok=False).returncode, 1, str(args))
    same(len(look(w, AUDIT, m, page_size=50)[1]), n, "what was not done is not told")
    other = w.publish(w.user())
    assert "act" in post(w, ACT, m, 400, act="delete", kind="video", id=other["id"]), "only the command removes"
