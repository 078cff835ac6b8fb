"""search.py - finding clips, users and tags, the tags themselves, and forbidden words.

The invariant: what others may not see is never found, and what is found is found once.
"""

import json
import os
import random
import re
from urllib.parse import quote

import stack as stack_module
import titles
from report import Skip, same, wait_for
from world import World, test

SEARCH, SUGGEST, HOT, TAG = "/api/search", "/api/search/suggest", "/api/tags/hot", "/api/tag/videos"
UPDATE, DELETE = "/api/auth/video/update", "/api/auth/video/delete"


def ask(w, path, http=200, token=None, **params):
    """data, or the message where http is no success."""
    query = "&".join(f"{k}={quote(str(v).encode() if not isinstance(v, bytes) else v)}" for k, v in params.items())
    reply = w.client.request("GET", path + ("?" + query if query else ""),
                             {"Authorization": "Bearer " + token} if token else {})
    r = reply.json()
    same((reply.status, r["code"]), (http, http), f"{path} {params} -> {r}")
    return r.get("data") if http == 200 else r["message"]


def post(w, path, body, token):
    reply = w.client.request("POST", path, {"Content-Type": "application/json",
                                            "Authorization": "Bearer " + token}, json.dumps(body).encode())
    same(reply.status, 200, f"{path} {body} -> {reply.body}")


def found(w, keyword, **more):
    return [v["title"] for v in ask(w, SEARCH, keyword=keyword, **more)["videos"]]


# Of CJK extension B, which real titles do not have; each once, so that what looks for one finds its own.
RARE = random.SystemRandom().sample(range(0x20000, 0x2A6D0), 2000)


def rare(n=3):
    """Characters that no other test's titles have."""
    return "".join(chr(RARE.pop()) for _ in range(n))


@test
def test_search_finds_parts_of_titles(w):
    a, x = w.user(), w.name("x")
    for title in (f"短视频教程 {x}", f"教程：短视频 {x}", f"{x} Minecraft TUTORIAL part", f"學Python視頻{x}",
                  f"ＦＵＬＬ　ｗｉｄｔｈ {x}"):
        w.publish(a, title)
    for keyword, want in ((f"教程 {x}", [f"短视频教程 {x}", f"教程：短视频 {x}"]),
                          (f"minecraft tut {x}", [f"{x} Minecraft TUTORIAL part"]),
                          (f"{x} min", [f"{x} Minecraft TUTORIAL part"]),
                          (f"{x} craft", []),
                          (f"学python {x}", [f"學Python視頻{x}"]),
                          (f"學PYTHON視頻{x}", [f"學Python視頻{x}"]),
                          (f'"视频{x[:-1]}"', [f"學Python視頻{x}"]),
                          (f"full {x}", [f"ＦＵＬＬ　ｗｉｄｔｈ {x}"]),
                          (f'"频教程 {x}"', [f"短视频教程 {x}"]),
                          (f"程频 {x}", [])):
        same(found(w, keyword), want, keyword)


@test
def test_search_puts_whole_phrases_first(w):
    a, b, x = w.user(), w.user("作者"), rare()
    y = rare(2)
    for title in (f"{x}{y}", f"{y}与{x}", f"前{x}{y}后", f"{x} {y}"):
        w.publish(a, title)
    r = ask(w, SEARCH, keyword=x + y)
    same([v["title"] for v in r["videos"]][:2], [f"前{x}{y}后", f"{x}{y}"])
    assert r["phrase_total"] == 2 and r["total_exact"] is True, r
    same(found(w, f'"{x}{y}"'), [f"前{x}{y}后", f"{x}{y}"])
    same(found(w, f"“{x} {y}”"), [f"{x} {y}"])
    same(found(w, f"{x} {y}"), [f"{x} {y}", f"前{x}{y}后", f"{y}与{x}", f"{x}{y}"])
    # Description and author's name count, after titles.
    v = w.publish(b, f"other {x}")
    post(w, UPDATE, {"video_id": v["id"], "description": f"about {y}"}, b.token)
    assert f"other {x}" in found(w, f"{y} {x}")
    same(found(w, f"{b.name} {x}"), [f"other {x}"])


@test
def test_search_finds_the_end_of_a_long_description(w):
    a, x, y = w.user(), rare(3), rare(2)
    v = w.publish(a, "t" * 100 + x)
    some = random.Random(x)
    for text in ("".join(chr(some.randrange(0x4e00, 0x9fa0)) for _ in range(996)),
                 " ".join(chr(some.randrange(97, 123)) for _ in range(498)),
                 "".join(chr(some.randrange(0x4e00, 0x9fa0)) + chr(some.randrange(97, 123)) for _ in range(498)),
                 " ".join(some.choice(("abcdefgh", "xyz")) + "%03d" % i for i in range(83))):
        words = (text + " " + y)[-1000:]
        post(w, UPDATE, {"video_id": v["id"], "description": words}, a.token)
        same(found(w, f"{y} {x}"), ["t" * 100 + x], words[:20])
        same(w.stack.admin("search", "check").stdout, b"0 differences\n")
    # As an installation that had it before there was room for all.
    w.stack.sql(f"UPDATE search_docs SET body = LEFT(body, 300) WHERE id = {v['id']}")
    with open(os.path.join(stack_module.ROOT, "sql/0015_search_bodies.sql"), encoding="utf-8") as f:
        migration = f.read()
    w.stack.sql(migration[migration.index("INSERT"):])
    same(w.stack.sql("SELECT name FROM search_state WHERE name LIKE 'reindex%'"), [["reindex videos"]])
    w.stack.admin("migrate")
    same(w.stack.sql("SELECT name FROM search_state WHERE name LIKE 'reindex%'"), [])
    same(w.stack.admin("search", "check").stdout, b"0 differences\n")
    most = int(w.stack.sql(f"SELECT COUNT(*) FROM search_postings WHERE place & 9007199254740991 = {v['id']}")[0][0])
    # It moves with all its grams, and they go with it.
    w.like(a, v), w.comment(a, v)
    w.stack.admin("search", "refresh")
    same(found(w, f"{y} {x}"), ["t" * 100 + x])
    post(w, UPDATE, {"video_id": v["id"], "description": ""}, a.token)
    same(found(w, f"{y} {x}"), [])
    left = int(w.stack.sql(f"SELECT COUNT(*) FROM search_postings WHERE place & 9007199254740991 = {v['id']}")[0][0])
    assert left < most, (left, most)
    same(w.stack.admin("search", "check").stdout, b"0 differences\n")


@test
def test_search_moves_long_texts(w):
    """With a few statements for each, not one for each gram; and in transactions that come to an end."""
    a, x, n = w.user(), rare(3), 12
    some = random.Random(x)
    clips = [w.publish(a, f"{x} {i}") for i in range(n)]
    for v in clips:
        words = "".join(chr(some.randrange(0x4e00, 0x9fa0)) for _ in range(1000))
        post(w, UPDATE, {"video_id": v["id"], "description": words}, a.token)
    w.quiet()
    w.stack.admin("search", "refresh")
    for v in clips[:6]:
        w.like(a, v)

    def counts():
        return [int(v) for _, v in w.stack.sql("SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_commit', 'Com_stmt_execute')")]
    before = counts()
    said = w.stack.admin("search", "refresh").stdout
    commits, statements = (y - x for x, y in zip(before, counts()))
    moved = int(said.split()[0])
    assert moved >= 6 and commits >= 6 and statements < 400 + 100 * moved, (said, commits, statements)
    same(found(w, x, page_size=50), [f"{x} {i}" for i in (5, 4, 3, 2, 1, 0, 11, 10, 9, 8, 7, 6)])
    same(w.stack.admin("search", "check").stdout, b"0 differences\n")


@test
def test_search_pages(w):
    a, x = w.user(), rare()
    titles_ = [f"{x}第{i}集" for i in range(13)]
    for title in titles_:
        w.publish(a, title)
    newest_first = titles_[::-1]
    r = ask(w, SEARCH, keyword=x, page_size=5)
    same((r["total"], r["total_exact"], r["page"], r["size"]), (13, True, 1, 5))
    same(sum((found(w, x, page=p, page_size=5) for p in (1, 2, 3, 4)), []), newest_first)
    same(ask(w, SEARCH, keyword=x, page=9, page_size=50)["videos"], [])
    same(len(found(w, x)), 10, "ten rows without page_size")
    # A cursor goes on where it was, whatever comes meanwhile.
    seen, cursor = [], None
    for _ in range(10):
        r = ask(w, SEARCH, keyword=x, page_size=4, **({"cursor": cursor} if cursor else {}))
        seen += [v["title"] for v in r["videos"]]
        cursor = r["next_cursor"]
        w.publish(a, f"{x}又来")
        if not cursor:
            break
    same(seen, newest_first)


@test
def test_search_shows_only_what_may_be_seen(w):
    a, x = w.user(), rare()
    v = w.publish(a, f"{x} first")
    same(found(w, x), [f"{x} first"])
    post(w, UPDATE, {"video_id": v["id"], "title": f"{x} second"}, a.token)
    same((found(w, x), found(w, f"{x} first")), ([f"{x} second"], []))
    w.stack.admin("video", "hide", str(v["id"]))
    r = ask(w, SEARCH, keyword=x)
    same((r["videos"], r["total"]), ([], 0))
    w.stack.admin("video", "show", str(v["id"]))
    same(found(w, x), [f"{x} second"])
    # A refused clip is never found, nor is one that was removed.
    w.publish(a, f"{x} broken", data=w.clip()[:64] + os.urandom(5000))
    w.settled(a)
    same(found(w, x), [f"{x} second"])
    post(w, DELETE, {"video_id": v["id"]}, a.token)
    same(found(w, x), [])
    same(w.stack.sql(f"SELECT COUNT(*) FROM search_docs WHERE id = {v['id']}"), [["0"]])
    same(w.stack.sql(f"SELECT COUNT(*) FROM search_postings WHERE place & 9007199254740991 = {v['id']}"), [["0"]])


@test
def test_search_of_users(w):
    x = rare()
    a, b, c = w.user(f"{x}甲"), w.user(f"{x}乙"), w.user()

    def names(keyword):
        return [u["username"] for u in ask(w, SEARCH, keyword=keyword, type="user", token=c.token)["users"]]

    same(names(x), [b.name, a.name])
    w.follow(c, a)
    same(ask(w, SEARCH, keyword=a.name, type="user", token=c.token)["users"][0]["isFollow"], True)
    w.stack.admin("search", "refresh")
    same(names(x), [a.name, b.name], "who is followed comes first")
    w.stack.admin("user", "disable", a.name)
    same(names(x), [b.name])
    w.stack.admin("user", "enable", a.name)
    same(names(x), [a.name, b.name])
    assert ask(w, SEARCH, type="user")["total"] >= 2


@test
def test_search_popular_first(w):
    a, x = w.user(), rare()
    old, new = w.publish(a, f"{x} old"), w.publish(a, f"{x} new")
    same(found(w, x), [f"{x} new", f"{x} old"])
    for fan in (w.user(), w.user()):
        w.like(fan, old)
    w.stack.admin("search", "refresh")
    same(found(w, x), [f"{x} old", f"{x} new"])
    r = ask(w, SEARCH, keyword=x, token=fan.token)["videos"]
    same([(v["likeCount"], v["isLike"]) for v in r], [(2, True), (0, False)])


@test
def test_search_popular_first_with_the_next_fold(w):
    a, x = w.user(), rare()
    old, new = w.publish(a, f"{x} old"), w.publish(a, f"{x} new")
    for fan in (w.user(), w.user()):
        w.like(fan, old)
    w.stack.admin("recommend", "fold")
    same(found(w, x), [f"{x} old", f"{x} new"])
    same(w.stack.admin("search", "check").stdout, b"0 differences\n")


@test
def test_search_without_a_keyword(w):
    a = w.user()
    want = [w.publish(a)["id"] for _ in range(3)][::-1]
    same([v["id"] for v in ask(w, SEARCH, page_size=3)["videos"]], want)
    same([v["id"] for v in ask(w, SEARCH, keyword="", page=2, page_size=2)["videos"]][:1], want[2:])
    seen, cursor = [], ""
    while True:
        r = ask(w, SEARCH, keyword=" ", page_size=50, cursor=cursor)
        seen += [v["id"] for v in r["videos"]]
        cursor = r["next_cursor"]
        if not cursor:
            break
    same(len(seen), len(set(seen)), "nothing comes twice")
    same([[str(len(seen))]], w.stack.sql("SELECT COUNT(*) FROM videos WHERE visible = 1"))


@test
def test_search_of_bad_parameters(w):
    for params, word in (({"type": "x"}, "type"), ({"page": 0}, "page"), ({"page": "x"}, "page"),
                         ({"page_size": 51}, "page_size"), ({"page_size": 0}, "page_size"),
                         ({"page": 10000, "page_size": 10}, "page"), ({"cursor": "x"}, "cursor"),
                         ({"keyword": "x" * 65}, "keyword"), ({"keyword": b"\xff"}, "keyword"),
                         ({"keyword": "a\0b"}, "keyword")):
        assert word in ask(w, SEARCH, http=400, **params), params
    for keyword in ("%", "_", "...", "\\", "'", "\"", "\"\"", "“”", "' OR 1=1 --", "%_%", "😀", "*"):
        r = ask(w, SEARCH, keyword=keyword)
        assert r["total"] == len(r["videos"]) or r["total"] >= 10, (keyword, r["total"])
    same(found(w, "..."), [])
    for cursor in ("-1_-1", "5_5", "9223372036854775807_9223372036854775807", "-9223372036854775807_0", "0_0", "1_1"):
        for keyword in ("a", "a b", ""):
            ask(w, SEARCH, keyword=keyword, cursor=cursor)
    ask(w, SEARCH, keyword="a b c d e f g h i j k l m n o p q r s t u v w x y z")
    ask(w, SEARCH, keyword="的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生")
    for path in (SUGGEST, TAG):
        assert "missing" in ask(w, path, http=400)
    assert "keyword" in ask(w, SUGGEST, http=400, keyword=" ")


@test
def test_search_suggests(w):
    x = rare(2)
    a = w.user(f"{x}人")
    w.publish(a, f"{x}剧 #{x}话题")
    r = ask(w, SUGGEST, keyword=x)
    same(([t["name"] for t in r["tags"]], [u["username"] for u in r["users"]], [v["title"] for v in r["videos"]]),
         ([f"{x}话题"], [a.name], [f"{x}剧 #{x}话题"]))
    assert x + "话题" in [t["name"] for t in ask(w, SUGGEST, keyword=x[:1] + "?")["tags"]]
    r = ask(w, SUGGEST, keyword=rare(5))
    same((r["tags"], r["users"], r["videos"]), ([], [], []))
    for i in range(7):
        w.publish(a, f"{x}剧 {i}")
    same(len(ask(w, SUGGEST, keyword=x)["videos"]), 5)


@test
def test_tags_are_rows(w):
    a, x = w.user(), rare()
    tags = {"#%s" % x: [x], f"a#{x}b": [], f"好#{x}，": [x], f"＃{x}ＡＢ": [f"{x}ＡＢ"], f"#{x}ab": [f"{x}ab"],
            f"#{x}一#{x}二": [f"{x}一", f"{x}二"], "#123": [], "# x": [], f"#{x}_😀y": [f"{x}_"], "#" + "长" * 41: [],
            f"http://h/#{x}": []}
    for title, want in tags.items():
        v = w.publish(a, title)
        rows = w.stack.sql("SELECT name FROM tags JOIN tag_videos ON tag_id = tags.id "
                           f"WHERE video_id = {v['id']} ORDER BY name")
        # The second way to write a tag finds the first one's row.
        folded = {f"{x}ab": f"{x}ＡＢ"} if title == f"#{x}ab" else {}
        same([r[0] for r in rows], sorted(folded.get(t, t) for t in want), title)


@test
def test_tag_pages(w):
    a, x = w.user(), rare()
    assert "tag" in ask(w, TAG, http=400, tag=x)
    clips = [w.publish(a, f"{i} #{x}") for i in range(5)]
    ids = [v["id"] for v in clips][::-1]
    r = ask(w, TAG, tag=x)
    same((r["tag"]["name"], r["tag"]["videoCount"], [v["id"] for v in r["videos"]], r["next_cursor"]),
         (x, 5, ids, ""))
    first = ask(w, TAG, tag="#" + x, page_size=3)
    second = ask(w, TAG, tag=x, page_size=3, cursor=first["next_cursor"])
    same([v["id"] for v in first["videos"] + second["videos"]], ids)
    w.like(a, clips[0])
    w.stack.admin("search", "refresh")
    first = ask(w, TAG, tag=x, sort="hot", page_size=2)
    second = ask(w, TAG, tag=x, sort="hot", page_size=50, cursor=first["next_cursor"])
    same([v["id"] for v in first["videos"] + second["videos"]], [clips[0]["id"], *ids[:4]])
    assert "sort" in ask(w, TAG, http=400, tag=x, sort="old")
    # In titles and descriptions, while they say so, and while the clip is seen.
    post(w, UPDATE, {"video_id": ids[0], "title": "none", "description": f"#{x}二"}, a.token)
    same((ask(w, TAG, tag=x)["tag"]["videoCount"], ask(w, TAG, tag=x + "二")["tag"]["videoCount"]), (4, 1))
    same([t["name"] for t in ask(w, SEARCH, type="tag", keyword=x)["tags"]], [x, x + "二"])
    post(w, DELETE, {"video_id": ids[0]}, a.token)
    same([t["name"] for t in ask(w, SEARCH, type="tag", keyword=x)["tags"]], [x])
    ask(w, TAG, http=400, tag=x + "二")
    w.stack.admin("video", "hide", str(ids[1]))
    same(len(ask(w, TAG, tag=x)["videos"]), 3)


@test
def test_tags_hot(w):
    a, x = w.user(), rare()
    for i in range(6):
        w.publish(a, f"#{x}热" + (f" #{x}温" if i < 3 else ""))
    hot = [t["name"] for t in ask(w, HOT, page_size=50)]
    assert x + "热" in hot and hot.index(x + "热") < hot.index(x + "温"), hot
    same(len(ask(w, HOT, page_size=1)), 1)
    assert "page_size" in ask(w, HOT, http=400, page_size=51)


@test
def test_search_index_is_checked_and_mended(w):
    a, x = w.user(), rare()
    kept, lost, torn = (w.publish(a, f"{x} {word} #{x}{word}") for word in ("kept", "lost", "torn"))
    same(w.stack.admin("search", "check").stdout, b"0 differences\n")
    w.stack.sql(f"DELETE FROM search_docs WHERE id = {lost['id']}")
    w.stack.sql(f"DELETE FROM search_postings WHERE place & 9007199254740991 = {torn['id']} LIMIT 5")
    w.stack.sql(f"UPDATE search_docs SET title = 'x' WHERE id = {kept['id']}")
    w.stack.sql("INSERT INTO search_docs VALUES (4711, 1, 4711, 'x', '', '')")
    w.stack.sql("INSERT INTO search_docs VALUES (4712, 3, 4712, 'x', 'x', '')")
    w.stack.sql("UPDATE tag_counts SET videos = videos + 1 LIMIT 1")
    done = w.stack.admin("search", "check", ok=False)
    said = done.stdout.decode()
    same(done.returncode, 1)
    for word in (f"{lost['id']} is not in the index", f"{torn['id']} lacks postings", f"{kept['id']} has another text",
                 "4711 is in the index, but must not be seen", "4712 is in the index, but", "is a tag with a wrong count",
                 "postings belong to nothing"):
        assert word in said, (word, said)
    w.stack.admin("search", "reindex")
    same(w.stack.admin("search", "check").stdout, b"0 differences\n")
    same(found(w, x), [f"{x} {word} #{x}{word}" for word in ("torn", "lost", "kept")])
    # Postings that a clip that is there has no more.
    w.stack.sql("INSERT INTO search_postings SELECT 4711, place FROM search_docs WHERE id = " + str(kept["id"]))
    done = w.stack.admin("search", "check", ok=False)
    same((done.returncode, done.stdout), (1, b"1 postings belong to nothing\n1 differences\n"))
    w.stack.admin("search", "reindex")
    same(w.stack.admin("search", "check").stdout, b"0 differences\n")


@test
def test_search_quality(w):
    """20,000 titles, 200 queries, against substring search: as tests/bench/search, but smaller."""
    if w.stack.web != "lighttpd":
        raise Skip("the programs are the same under both servers")
    s = stack_module.Stack(demo=0)
    try:
        s.start()
        own = World(s, w.described)
        author = own.user()
        own.stack.sql("INSERT INTO counters (owner_id, lane, works) VALUES "
                      f"({author.id}, 0, 20000) ON DUPLICATE KEY UPDATE works = 20000")
        made = titles.titles(20000)
        for at in range(0, len(made), 1000):
            rows = ",".join("(%d,%d,'%s',1,3,%d,1,'v/x','c/x',1)" % (
                at + i + 1, author.id, t.replace("\\", "\\\\").replace("'", "\\'"), at + i + 1)
                for i, t in enumerate(made[at:at + 1000]))
            s.sql("INSERT INTO videos (id, author_id, title, visible, state, published_ms, updated_ms, "
                  "play_path, cover_path, size_bytes) VALUES " + rows)
        s.admin("search", "reindex")
        simple = titles.simplified(os.path.join(stack_module.ROOT, "lib/base/han.c"))
        texts = [titles.normal(t, simple) for t in made]
        typed, quoted = titles.Score(), titles.Score()
        for query in titles.queries(texts, 200):
            true = titles.truth(texts, query)
            for score, keyword in ((typed, query), (quoted, f'"{query}"')):
                r = ask(own, SEARCH, keyword=keyword, page_size=20)
                ids = [v["id"] - 1 for v in r["videos"]]
                same(len(ids), len(set(ids)), query)
                score.add(ids, true)
            if not re.search("[0-9a-z]", query):  # of others the beginnings of words count
                same((r["total"], r["total_exact"]), (min(len(true), 1000), len(true) <= 1000), query)
        for one, other in (("视频", "美食"), ("教程", "日常"), ("旅行", "手机"), ("云南", "咖啡")):
            true = titles.truth(texts, one) & titles.truth(texts, other)
            r = ask(own, SEARCH, keyword=f"{one} {other}", page_size=20)
            same((r["total"], r["total_exact"]), (min(len(true), 1000), len(true) <= 1000), one + other)
        assert typed.means()[0] >= 0.99 and quoted.means()[0] >= 0.99, (typed.means(), quoted.means())
        assert quoted.means()[1] >= 0.999, quoted.means()
        same(s.admin("recount").returncode, 0)
        packs_are_kept_up(own, author, texts)
    finally:
        s.close()


def packs_are_kept_up(own, author, texts):
    """What happens to clips whose postings are packed."""
    s = own.stack
    assert int(s.sql("SELECT COUNT(*) FROM search_packs")[0][0]) > 100
    same(s.admin("search", "check").stdout, b"0 differences\n")
    edited, back, kept = sorted(titles.truth(texts, "火锅"))[:3]

    def hot_pots():
        seen, cursor = set(), ""
        while True:
            r = ask(own, SEARCH, keyword='"火锅"', page_size=50, cursor=cursor)
            seen |= {v["id"] - 1 for v in r["videos"]}
            cursor = r["next_cursor"]
            if not cursor:
                return seen, r["total"]

    want = titles.truth(texts, "火锅")
    same(hot_pots(), (want, len(want)))
    for i in (edited, back):
        post(own, UPDATE, {"video_id": i + 1, "title": "没有了"}, author.token)
    # As if it had become popular: it moves.
    s.sql(f"INSERT INTO counters (owner_id, lane, likes) VALUES ({kept + 1}, 0, 5000)")
    s.admin("search", "refresh")
    want -= {edited, back}
    same(hot_pots(), (want, len(want)))
    same(ask(own, SEARCH, keyword="火锅")["videos"][0]["id"], kept + 1)
    same(s.admin("search", "check").stdout, b"0 differences\n")
    # The hits of one gram are read off its list alone.
    same(ask(own, SEARCH, keyword="火")["total"], min(1000, len([t for t in texts if "火" in t]) - 2))
    # The same once there are so many new rows that they are packed, too.
    s.sql("UPDATE videos SET title = CONCAT(title, '火锅') WHERE id % 50 = 0 AND visible = 1")
    want |= {int(r[0]) - 1 for r in s.sql("SELECT id FROM videos WHERE id % 50 = 0 AND visible = 1")}
    s.admin("search", "reindex")
    same(hot_pots(), (want, min(len(want), 1000)))
    post(own, UPDATE, {"video_id": back + 1, "title": "又是火锅"}, author.token)
    want |= {back}
    same(hot_pots()[0], want)
    s.sql("UPDATE search_packs SET places = CONCAT(places, CHAR(128)) ORDER BY term, first LIMIT 1")
    # A pack that the rows of its gram do not fill again.
    s.sql("INSERT INTO search_packs VALUES (4711, 4711, CHAR(128))")
    done = s.admin("search", "check", ok=False)
    assert b"lacks postings" in done.stdout and done.returncode == 1, done.stdout[:300]
    assert b"2 packs cannot be read" in done.stdout, done.stdout[-300:]
    s.admin("search", "reindex")
    same(s.admin("search", "check").stdout, b"0 differences\n")
    # A row that is lost, of what stands elsewhere by now: its old place stays in packs.
    lost = min(i for i in titles.truth(texts, "火锅") - {edited, back, kept} if "火" in texts[i])
    total = ask(own, SEARCH, keyword="火", page_size=1)["total"]
    s.sql(f"DELETE FROM search_docs WHERE id = {lost + 1}")
    s.sql(f"INSERT INTO counters (owner_id, lane, likes) VALUES ({lost + 1}, 0, 9000)")
    done = s.admin("search", "check", ok=False)
    assert b"is not in the index" in done.stdout and b"postings belong to nothing" in done.stdout, done.stdout
    s.admin("search", "reindex")
    same(s.admin("search", "check").stdout, b"0 differences\n")
    r = [ask(own, SEARCH, keyword="火", page_size=50, page=page) for page in range(1, total // 50 + 2)]
    seen = [v["id"] for page in r for v in page["videos"]]
    same((r[0]["total"], seen[0], seen.count(lost + 1)), (total, lost + 1, 1))
    assert len(seen) == len(set(seen)) == total, (len(seen), len(set(seen)), total)
    same(s.admin("search", "pack").stdout, b"0 postings packed\n")
    same(hot_pots()[0], want)


@test
def test_forbidden_words(w):
    s = stack_module.Stack(demo=0, settings={"DOUFU_WORDS_FILE": "words.txt"})
    try:
        s.start(w.stack.web)
        own = World(s, w.described)
        a = own.user()
        v = own.publish(a, "赌博 without a dictionary")
        same(v["title"], "赌博 without a dictionary", "a dictionary that is missing forbids nothing")

        def dictionary(text):
            path = os.path.join(s.var, "words.txt")
            with open(path + ".new", "w", encoding="utf-8") as f:
                f.write(text)
            os.chmod(path + ".new", 0o644)
            os.rename(path + ".new", path)

        dictionary("# bad ones\n赌博\nfuck\n")
        wait_for("the dictionary is read", 10,
                 lambda: own.comment(a, v, "要赌博吗")["content"] == "要**吗", 0.3)
        same(own.comment(a, v, "F u c k 賭-博 pass")["content"], "* * * * *-* pass")
        wait_for("by the uploader, too", 10, lambda: own.publish(a, "来赌博")["title"] == "来**", 0.3)
        post(own, UPDATE, {"video_id": v["id"], "title": "ＦＵＣＫ", "description": "赌博"}, a.token)
        same(own.mine(a)[-1]["title"], "****")
        same(s.sql(f"SELECT description FROM videos WHERE id = {v['id']}"), [["**"]])
        wait_for("by registration, too", 10, lambda: own.call("user_register", {
            "username": "我爱赌博" + os.urandom(2).hex(), "password": "x"})["status_code"] == 10071, 0.3)
        own.user("pass")
        post(own, "/api/auth/live/start", {"room_id": 0}, a.token)

        def danmaku():
            post(own, "/api/auth/danmu/send", {"live_id": a.id, "content": "赌博吧"}, a.token)
            return ask(own, "/api/danmu/list", live_id=a.id)[-1]["content"]
        def room(path, http=200):
            ask_room = own.client.request("POST", path, {"Content-Type": "application/json",
                                                         "Authorization": "Bearer " + a.token},
                                          json.dumps({"title": "来赌博"}).encode())
            same(ask_room.status, http)
            return ask_room.json().get("data", {}).get("title")
        wait_for("by live rooms, too", 10, lambda: room("/api/auth/live/create") == "来**", 0.5)
        same(ask(own, "/api/live/detail", room_id=a.id)["title"], "来**")
        post(own, "/api/auth/live/stop", {"room_id": 0}, a.token)
        same(room("/api/auth/live/start"), "来**")
        wait_for("by danmaku, too", 10, lambda: danmaku() == "**吧", 0.5)
        dictionary("另一个\n")
        wait_for("the new one is read", 10,
                 lambda: own.comment(a, v, "赌博另一个")["content"] == "赌博***", 0.3)
        assert os.path.exists(os.path.join(s.var, "run/words.image")), "processes share one image"
    finally:
        s.close()
