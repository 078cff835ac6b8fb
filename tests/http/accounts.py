"""accounts.py - names, passwords, tokens: register, login, profile, and how tokens end."""

import json
import time

from client import Client
from report import same
from world import (ACCOUNT_DISABLED, FROZEN, LOGIN, NAME_TAKEN, TOKEN, USER_UNKNOWN, test)


@test
def test_register_and_login(w):
    name = w.name()
    made = w.good("user_register", {"username": name, "password": "secret"})
    logged = w.good("user_login", {"username": name, "password": "secret"})
    same(logged["user_id"], made["user_id"], "user_id")
    for r in (made, logged):
        assert set(r["token"]) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."), \
            "a token must fit into a query as it is"
        same(w.good("user", {"token": r["token"]})["user"]["name"], name)


@test
def test_register_password_like_name(w):
    name = w.name("douyinTestUser")
    w.good("user_register", {"username": name, "password": name}, how="form")
    w.good("user_login", {"username": name, "password": name}, how="form")


@test
def test_register_taken(w):
    u = w.user()
    for name in (u.name, u.name.upper(), u.name.replace("u", "ｕ", 1)):  # names that read alike
        r = w.bad(NAME_TAKEN, "user_register", {"username": name, "password": "x"})
        same((r["user_id"], r["token"]), (0, ""))
    w.good("user_login", {"username": u.name, "password": u.password})


@test
def test_register_limits(w):
    for front in ("名" * 32, "x" * 32, "名", "<b>'\"--"):
        back = w.name()
        w.good("user_register", {"username": front[:32 - len(back)] + back, "password": "密码" * 16})
    for params, param in ((dict(username="x" * 33, password="x"), "username"),
                          (dict(username=w.name(), password="x" * 33), "password"),
                          (dict(username="", password="x"), "username"),
                          (dict(username=w.name(), password=""), "password"),
                          (dict(username=" 　", password="x"), "username"),
                          (dict(username="a\nb", password="x"), "username"),
                          (dict(username=w.name(), password="a\x07b"), "password"),
                          (dict(password="x"), "username"), (dict(username=w.name()), "password")):
        r = w.bad_param(param, "user_register", params)
        same((r["user_id"], r["token"]), (0, ""))


@test
def test_names_that_look_the_same(w):
    """Bytes that nobody sees make no name another one; what emoji and scripts need stays."""
    u = w.user("Bob")
    words = w.name("Bob ")
    w.good("user_register", {"username": words, "password": "x"})
    for name in (words.replace(" ", "\u2800"), words.replace(" ", "\u2028"), u.name + "\u2800", "\u2800" + u.name,
                 "\u2800", " ", u.name + "\u200b", "\u202e" + u.name[::-1], u.name + "\u3164", "x\u00ad" + u.name,
                 u.name + "\u200b "):
        r = w.bad_param("username", "user_register", {"username": name, "password": "x"})
        same((r["user_id"], r["token"]), (0, ""))
        reply = w.client.request("POST", "/api/user/register", {"Content-Type": "application/json"},
                                 json.dumps({"username": name, "password": "x"}).encode())
        same(reply.status, 400, repr(name))
    for name in (u.name + "\u200d", u.name + "\ufe0f", words.replace(" ", "\u3000"), words.replace(" ", "\u00a0"),
                 " " + u.name, u.name + " ", "\u3000" + u.name, words.replace(" ", "  "), words.replace(" ", " \u3000")):
        w.bad(NAME_TAKEN, "user_register", {"username": name, "password": "x"})
    same(w.stack.admin("user", "create", u.name + " ", stdin=b"secret\n", ok=False).returncode, 1)
    # Blanks are kept as they came (wire.md: trimmed of nothing), and who leaves one out is known all the same.
    wide = "  " + w.name("wide") + "  x "
    r = w.good("user_register", {"username": wide, "password": "x"})
    same(w.good("user", {"user_id": r["user_id"], "token": r["token"]})["user"]["name"], wide)
    for name in (wide, wide.strip(), wide.replace("  ", " ")):
        same(w.good("user_login", {"username": name, "password": "x"})["user_id"], r["user_id"])
    for name in ("张\u3000三 " + w.name(), "❤\ufe0f" + w.name(), "👨\u200d👩\u200d👧" + w.name(), "می\u200cخواهم" + w.name(),
                 "O´" + w.name(), "´" + w.name()):
        w.good("user_register", {"username": name, "password": "x"})
        w.good("user_login", {"username": name, "password": "x"})


@test
def test_password_is_kept_as_it_is(w):
    name = w.name()
    w.good("user_register", {"username": name, "password": " p&=+% "})
    w.good("user_login", {"username": name, "password": " p&=+% "}, how="form")
    w.bad(LOGIN, "user_login", {"username": name, "password": "p&=+%"})


@test
def test_login_says_not_which_was_wrong(w):
    u = w.user()
    wrong = w.bad(LOGIN, "user_login", {"username": u.name, "password": "nope"})
    unknown = w.bad(LOGIN, "user_login", {"username": w.name("nobody"), "password": "nope"})
    same(wrong, unknown)
    same((wrong["user_id"], wrong["token"]), (0, ""))


@test
def test_profile(w):
    u, other = w.user(), w.user()
    own = w.good("user", {"token": u.token})["user"]
    same(own, w.good("user", {"token": u.token, "user_id": 0})["user"], "user_id=0")
    same(own, w.good("user", {"token": u.token, "user_id": ""})["user"], "user_id empty")
    same(own, w.good("user", {"token": u.token, "user_id": u.id})["user"], "own user_id")
    same((own["id"], own["name"], own["is_follow"]), (u.id, u.name, False))
    same([own[k] for k in ("follow_count", "follower_count", "total_favorited", "work_count",
                           "favorite_count")], [0] * 5, "counters of a new user")
    same(own, w.profile(u), "the anonymous view")
    same(w.profile(other, u)["id"], other.id)
    w.bad(TOKEN, "user")
    w.bad(TOKEN, "user", {"token": "stale"})
    w.bad(USER_UNKNOWN, "user", {"user_id": 4711, "token": u.token})
    same(w.good("user", {"user_id": other.id, "token": "stale"})["user"]["id"], other.id,
         "a stale token counts as none")


@test
def test_avatar_and_background_are_there(w):
    me = w.profile(w.user())
    for key in ("avatar", "background_image"):
        r = w.fetch(me[key])
        same(r.status, 200, f"{key} {me[key]}: HTTP status")
        assert (r.header("content-type") or "").startswith("image/"), f"{key}: {r.header('content-type')}"


@test
def test_bearer_token(w):
    u = w.user()
    same(w.good("user", headers={"Authorization": f"Bearer {u.token}"})["user"]["id"], u.id)
    same(w.good("user", headers={"Authorization": f"bearer  {u.token}"})["user"]["id"], u.id)
    w.bad(TOKEN, "user", headers={"Authorization": "Bearer"})
    w.bad(TOKEN, "user", headers={"Authorization": f"Basic {u.token}"})


@test
def test_new_password_revokes_tokens(w):
    u, other = w.user(), w.user()
    w.good("user", {"token": u.token})
    w.stack.admin("user", "passwd", u.name, stdin=b"another one\n")
    w.bad(TOKEN, "user", {"token": u.token})
    w.bad(LOGIN, "user_login", {"username": u.name, "password": u.password})
    again = w.good("user_login", {"username": u.name, "password": "another one"})
    same(w.good("user", {"token": again["token"]})["user"]["id"], u.id)
    for _ in range(20):  # every process of the pool knows
        w.bad(TOKEN, "user", {"token": u.token})
    w.good("user", {"token": other.token})
    same(w.stack.sql(f"SELECT act, admin_id FROM audit WHERE thing_id = {u.id}"), [["password", "0"]])


@test
def test_disabled_account(w):
    u, other = w.user(), w.user()
    w.stack.admin("user", "disable", u.name)
    for _ in range(20):
        code = w.call("user", {"token": u.token})["status_code"]
        assert code in (TOKEN, ACCOUNT_DISABLED), f"a disabled account's token: {code}"
    w.bad(ACCOUNT_DISABLED, "user_login", {"username": u.name, "password": u.password})
    r = w.bad(LOGIN, "user_login", {"username": u.name, "password": "wrong"})
    same(r["token"], "")
    assert w.call("relation_action", {"token": u.token, "to_user_id": other.id, "action_type": 1})[
        "status_code"] in (TOKEN, ACCOUNT_DISABLED)
    same(w.profile(u)["id"], u.id, "others still see it")
    w.stack.admin("user", "enable", u.name)
    again = w.good("user_login", {"username": u.name, "password": u.password})
    w.good("user", {"token": again["token"]})
    same(w.call("user", {"token": u.token})["status_code"], TOKEN, "an old token stays revoked")


def fail_until_frozen(w, name):
    """Ten failures are free, the eleventh freezes."""
    for _ in range(10):
        w.bad(LOGIN, "user_login", {"username": name, "password": "wrong"})
    r = w.call("user_login", {"username": name, "password": "wrong"})
    assert r["status_code"] == FROZEN, r


@test
def test_login_freeze(w):
    u, other = w.user(), w.user()
    elsewhere = Client(w.client.host, w.client.port, source="127.0.0.2")
    fail_until_frozen(w, u.name)
    for password in ("wrong", u.password):
        r = w.bad(FROZEN, "user_login", {"username": u.name, "password": password})
        told = [int(x) for x in r["status_msg"].replace(":", " ").split() if x.isdigit()]
        assert told and 50 <= told[0] <= 60, f"no seconds in \"{r['status_msg']}\""
    zh = w.bad(FROZEN, "user_login", {"username": u.name, "password": "wrong"},
               headers={"Accept-Language": "zh-CN"})["status_msg"]
    assert any(c.isdigit() for c in zh) and "秒" in zh, zh
    w.good("user_login", {"username": other.name, "password": other.password})
    w.good("user_login", {"username": u.name, "password": u.password}, client=elsewhere)
    w.good("user", {"token": u.token})
    # The next rung, without waiting for it: the first one is over, and ten more fail.
    w.stack.sql("UPDATE login_guard SET frozen_until_ms = 1 WHERE level = 1")
    fail_until_frozen(w, u.name)
    r = w.bad(FROZEN, "user_login", {"username": u.name, "password": u.password})
    told = [int(x) for x in r["status_msg"].split() if x.isdigit()]
    assert told and 850 <= told[0] <= 900, f"the second time is 15 minutes: \"{r['status_msg']}\""
    w.stack.sql("UPDATE login_guard SET frozen_until_ms = 1 WHERE level = 2")
    w.good("user_login", {"username": u.name, "password": u.password})


@test
def test_freeze_holds_for_names_that_do_not_exist(w):
    name = w.name("ghost")
    fail_until_frozen(w, name)
    w.bad(FROZEN, "user_login", {"username": name, "password": "wrong"})


@test
def test_rate_limit(w):
    u = w.user()
    video = w.publish(w.user())
    limits = {"DOUFU_RATE_PER_SECOND": "1", "DOUFU_RATE_BURST": "3"}
    codes = []
    for i in range(6):
        target = (f"/douyin/favorite/action/?token={u.token}&video_id={video['id']}"
                  f"&action_type={1 + i % 2}")
        done = w.stack.run([w.stack.program("cgi/favorite_action"), "POST", target], **limits)
        codes.append((w_json(done.stdout), done))
    got = [c["status_code"] for c, _ in codes]
    same(got[:3], [0, 0, 0], "the burst")
    assert 40004 in got[3:], f"no limit: {got}"
    text = next(c["status_msg"] for c, _ in codes if c["status_code"] == 40004)
    assert any(x.isdigit() for x in text.split()), f"no seconds in \"{text}\""
    time.sleep(1.1)
    done = w.stack.run([w.stack.program("cgi/favorite_action"), "POST",
                        f"/douyin/favorite/action/?token={u.token}&video_id={video['id']}&action_type=1"],
                       **limits)
    same(w_json(done.stdout)["status_code"], 0, "after a second")
    w.good("favorite_action", {"token": w.user().token, "video_id": video["id"], "action_type": 1})


@test
def test_rate_limit_of_an_address(w):
    limits = {"DOUFU_RATE_ADDR_PER_MINUTE": "60", "DOUFU_RATE_ADDR_BURST": "3"}
    codes = []
    for _ in range(6):
        env = w.stack.small_environment(
            REQUEST_METHOD="POST", SCRIPT_NAME="/douyin/user/login/", REMOTE_ADDR="127.9.9.9",
            QUERY_STRING=f"username={w.name('x')}&password=x", CONTENT_LENGTH="0", **limits)
        done = w.stack.run([w.stack.program("cgi/user_login")], env=env)
        codes.append(w_json(done.stdout)["status_code"])
    same(codes[:3], [LOGIN] * 3, "the burst")
    assert 40004 in codes[3:], f"no limit: {codes}"


def w_json(out):
    """The body of a CGI or shell reply."""
    return json.loads(out[out.index(b"{"):])
