"""graph.py - a small world of users that changes step by step, and a naive oracle of what each of them
may see of it: who blocks, mutes, follows whom, whose account is private, who said and liked what.

The invariant: the oracle knows only what was done and the sentences of the documentation; after each
step every list, count and single thing that a viewer can ask for is what it says.
"""

import http.client
import json
import random
import time

from report import wait_for

KINDS = ("follow",) * 4 + ("block",) * 3 + ("mute", "private", "like", "star", "watch") + \
    ("comment",) * 4 + ("uncomment", "comment_like") + ("message",) * 2 + ("answer",) * 2


class Http:
    """One connection that stays."""

    def __init__(self, host, port):
        self.host, self.port, self.line, self.asked = host, port, None, 0

    def ask(self, method, path, user=None, body=None):
        headers = {"Authorization": "Bearer " + user.token} if user else {}
        self.asked += 1
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        for again in (True, False):
            try:
                if self.line is None:
                    self.line = http.client.HTTPConnection(self.host, self.port, timeout=60)
                self.line.request(method, path, body, headers)
                reply = self.line.getresponse()
                return json.loads(reply.read())
            except (http.client.HTTPException, OSError):
                self.line = None
                if not again or method != "GET":
                    raise


class Graph:
    def __init__(self, w, seed, users=6, videos=8):
        self.w, self.random = w, random.Random(seed)
        self.http = Http(w.client.host, w.client.port)
        self.users = [w.user("graph") for _ in range(users)]
        self.by_id = {u.id: u for u in self.users}
        self.word = w.name("graph")  # and a tag, of all clips
        self.videos = []  # newest last
        for i in range(videos):
            author = self.users[i % (users - 1)]
            self.videos.append((w.publish(author, f"clip {i} #{self.word}")["id"], author.id))
            time.sleep(0.002)
        mine = ",".join(str(v) for v, _ in self.videos)
        # Not "no job is due": ten minutes later those that clean up are.
        wait_for("the clips are ready", 300, lambda: w.stack.sql(
            f"SELECT COUNT(*) FROM videos WHERE id IN ({mine}) AND state = 3") == [[str(videos)]], 0.1)
        self.author = dict(self.videos)
        self.oldest = w.stack.sql(f"SELECT published_ms FROM videos WHERE id = {self.videos[0][0]}")[0][0]
        # (who, whom), the newest last
        self.follows, self.requests, self.blocks, self.mutes = [], [], [], []
        self.private = set()
        self.likes, self.stars, self.watched = [], [], set()  # (who, clip)
        self.comments = {}  # id: (author, clip, root, reply_to, whose that was)
        self.comment_likes = {}  # (who, comment), as they came
        self.messages = []  # (from, to, text)
        self.steps, self.done = 0, ""

    # ---- the oracle ----

    def hides(self, a, b):
        return (a, b) in self.blocks or (b, a) in self.blocks

    def reads(self, viewer, i):
        """A comment, unless its author is hidden, or his under which it stands."""
        author, _, root, _, _ = self.comments[i]
        return not self.hides(viewer, author) and not (root and self.hides(viewer, self.comments[root][0]))

    def open(self, viewer, video):
        author = self.author[video]
        if self.hides(viewer, author):
            return False
        return author not in self.private or viewer == author or (viewer, author) in self.follows

    def seen_user(self, viewer, user):
        """id, follows, followers, whether he follows, whether it is private."""
        return (user, sum(a == user and not self.hides(viewer, b) for a, b in self.follows),
                sum(b == user and not self.hides(viewer, a) for a, b in self.follows),
                (viewer, user) in self.follows, user in self.private)

    def seen_users(self, viewer, users):
        return [self.seen_user(viewer, u) for u in users if not self.hides(viewer, u)]

    def seen_video(self, viewer, video):
        """id, likes, comments, stars, whether he likes and stars it."""
        return (video, sum(v == video for _, v in self.likes),
                sum(c[1] == video and self.reads(viewer, i) for i, c in self.comments.items()),
                sum(v == video for _, v in self.stars), (viewer, video) in self.likes,
                (viewer, video) in self.stars)

    def seen_videos(self, viewer, videos):
        return [self.seen_video(viewer, v) for v in videos if self.open(viewer, v)]

    def seen_comment(self, viewer, i):
        author, video, root, to, _ = self.comments[i]
        return (i, self.seen_user(viewer, author), root, to,
                sum(c == i for _, c in self.comment_likes),
                sum(c[2] == i and not self.hides(viewer, c[0]) for c in self.comments.values()),
                (viewer, i) in self.comment_likes)

    def friends(self, user):
        return [b for a, b in self.follows if a == user and (b, a) in self.follows]

    def told(self, me):
        """Notifications: {(type, related, clip): actors, the newest last} of one day."""
        out = {}

        def tell(kind, related, video, actor):
            barred = self.hides(me, actor) or (me, actor) in self.mutes
            if actor != me and not barred and (video == 0 or self.open(me, video)):
                out.setdefault((kind, related, video), []).append(actor)
        for a, b in self.follows:
            if b == me:
                tell("follow", 0, 0, a)
        for a, b in self.requests:
            if b == me:
                tell("request", 0, 0, a)
        for a, video in self.likes:
            if self.author[video] == me:
                tell("like", video, video, a)
        for a, i in self.comment_likes:
            author, video = self.comments[i][:2]
            if author == me:
                tell("like", i, video, a)
        for author, video, _, to, answered in self.comments.values():
            if answered == me:
                tell("reply", to, video, author)
            elif self.author[video] == me:
                tell("comment", video, video, author)
        for a, b, _ in self.messages:
            if b == me:
                tell("message", a, 0, a)
        return out

    # ---- what was done ----

    def post(self, path, user, **body):
        return self.http.ask("POST", path, self.by_id[user], body)

    def must(self, what, good, reply):
        self.done = f"{what} -> {reply}"
        assert (reply["code"] == 200) == good, f"step {self.steps}: {what}: expected {good}, got {reply}"
        return good

    def step(self):
        self.steps += 1
        r = self.random
        a, b = r.sample([u.id for u in self.users], 2)
        kind = r.choice(KINDS)
        getattr(self, "do_" + kind)(a, b, r)
        return a, b

    def pair(self, table, a, b, on, paths, **more):
        good = on != ((a, b) in table) and not more.pop("refuse", False)
        if self.must(f"{paths} {on} {a} {b}", good, self.post(paths[0 if on else 1], a, **more)):
            table.append((a, b)) if on else table.remove((a, b))
        return good

    def do_follow(self, a, b, r):
        path = "/api/auth/social/"
        if r.random() < 0.3:
            there = (a, b) in self.follows or (a, b) in self.requests
            if self.must(f"unfollow {a} {b}", there, self.post(path + "unfollow", a, target_user_id=b)):
                self.follows = [x for x in self.follows if x != (a, b)]
                self.requests = [x for x in self.requests if x != (a, b)]
            return
        good = (a, b) not in self.follows + self.requests and not self.hides(a, b)
        reply = self.post(path + "follow", a, target_user_id=b)
        if self.must(f"follow {a} {b}", good, reply):
            table = self.requests if b in self.private else self.follows
            want = "requested" if b in self.private else "following"
            assert reply["data"]["status"] == want, reply
            table.append((a, b))

    def do_answer(self, a, b, r):
        if self.requests and r.random() < 0.9:
            b, a = r.choice(self.requests)
        accept = r.random() < 0.7
        path = "/api/auth/social/" + ("accept" if accept else "decline")
        if self.must(f"{path} {a} {b}", (b, a) in self.requests, self.post(path, a, target_user_id=b)):
            self.requests.remove((b, a))
            if accept:
                self.follows.append((b, a))

    def do_block(self, a, b, r):
        on = r.random() < 0.5
        if self.pair(self.blocks, a, b, on, ("/api/auth/user/block", "/api/auth/user/unblock"),
                     target_user_id=b) and on:
            for table in ("follows", "requests"):
                setattr(self, table, [x for x in getattr(self, table) if x not in ((a, b), (b, a))])

    def do_mute(self, a, b, r):
        self.pair(self.mutes, a, b, r.random() < 0.5, ("/api/auth/user/mute", "/api/auth/user/unmute"),
                  target_user_id=b)

    def do_private(self, a, b, r):
        on = r.random() < 0.5
        if self.must(f"private {a} {on}", on != (a in self.private),
                     self.post("/api/auth/user/privacy", a, private=on)):
            self.private ^= {a}
            if not on:
                asked = [x for x in self.requests if x[1] == a]
                self.requests = [x for x in self.requests if x[1] != a]
                self.follows += asked

    def do_like(self, a, b, r, name="likes", paths=("like", "unlike")):
        video, table = r.choice(self.videos)[0], getattr(self, name)
        on = r.random() < 0.7
        self.pair(table, a, video, on, ["/api/auth/interaction/" + p for p in paths], video_id=video,
                  refuse=on and not self.open(a, video))

    def do_star(self, a, b, r):
        self.do_like(a, b, r, "stars", ("star", "unstar"))

    def do_watch(self, a, b, r):
        video = r.choice(self.videos)[0]
        reply = self.http.ask("POST", "/api/video/view", self.by_id[a],
                              {"views": [{"video_id": video, "watched_ms": 500}]})
        want = 1 if self.open(a, video) else 0
        assert reply["data"]["accepted"] == want, (reply, a, video)
        if want:
            self.watched.add((a, video))

    def do_comment(self, a, b, r):
        video = r.choice(self.videos)[0]
        there = [i for i, c in self.comments.items() if c[1] == video]
        to = r.choice(there) if there and r.random() < 0.5 else 0
        good = self.open(a, video) and not (to and self.hides(a, self.comments[to][0]))
        reply = self.post("/api/auth/interaction/comment", a, video_id=video, content=f"words {self.steps}",
                          reply_to_id=to)
        if self.must(f"comment {a} {video} {to}", good, reply):
            root = (self.comments[to][2] or to) if to else 0
            self.comments[reply["data"]["id"]] = (a, video, root, to, self.comments[to][0] if to else 0)
        if len(self.comments) > 40:
            self.do_uncomment(a, b, r)

    def do_uncomment(self, a, b, r):
        if not self.comments:
            return
        i = r.choice(list(self.comments))
        author, video, *_ = self.comments[i]
        reply = self.post("/api/auth/interaction/comment/delete", author, video_id=video, comment_id=i)
        self.must(f"uncomment {i}", True, reply)
        for k in [k for k, c in self.comments.items() if k == i or c[2] == i]:
            del self.comments[k]
            self.comment_likes = {x: True for x in self.comment_likes if x[1] != k}

    def do_comment_like(self, a, b, r):
        if not self.comments:
            return
        i = r.choice(list(self.comments))
        author, video, *_ = self.comments[i]
        good = self.open(a, video) and not self.hides(a, author) and (a, i) not in self.comment_likes
        if self.must(f"comment like {a} {i}", good,
                     self.post("/api/auth/interaction/comment/like", a, video_id=video, comment_id=i)):
            self.comment_likes[a, i] = True

    def do_message(self, a, b, r):
        reply = self.post("/api/auth/message/send", a, receiver_id=b, content=f"message {self.steps}")
        if self.must(f"message {a} {b}", not self.hides(a, b), reply):
            self.messages.append((a, b, f"message {self.steps}"))

    # ---- what they see ----

    def get(self, path, viewer, **params):
        query = "&".join(f"{k}={v}" for k, v in params.items())
        return self.http.ask("GET", f"{path}?{query}", self.by_id.get(viewer))

    def whole(self, path, viewer, size, field=None, **params):
        """All rows, page by page; None where it is refused."""
        rows, cursor = [], ""
        for _ in range(200):
            r = self.get(path, viewer, page_size=size, cursor=cursor, **params)
            if r["code"] != 200:
                return None
            page = r["data"][field] if field else r["data"]
            assert len(page) <= size, r
            rows += page
            cursor = r["next_cursor"] if not field else r["data"]["next_cursor"]
            if not cursor:
                return rows
        raise AssertionError(f"{path} has no end")

    def same(self, what, viewer, got, want):
        assert got == want, (f"step {self.steps} ({self.done}): {what} as {viewer} sees it:\n got  {got}\n "
                             f"want {want}\n blocks {self.blocks}\n private {self.private}")

    @staticmethod
    def user(u):
        return u["id"], u["followCount"], u["followerCount"], u["isFollow"], u.get("isPrivate", False)

    @staticmethod
    def video(v):
        return v["id"], v["likeCount"], v["commentCount"], v["starCount"], v["isLike"], v["isStar"]

    def users_seen(self, what, viewer, rows, want):
        self.same(what, viewer, None if rows is None else [self.user(u) for u in rows],
                  None if want is None else self.seen_users(viewer, want))

    def videos_seen(self, what, viewer, rows, want):
        self.same(what, viewer, None if rows is None else [self.video(v) for v in rows],
                  None if want is None else self.seen_videos(viewer, want))

    def compare(self, viewer, notices=False):
        size = self.random.choice((2, 3, 7))
        newest = [v for v, _ in reversed(self.videos)]
        self.feed(viewer, size, [v for v in newest if (viewer, self.author[v]) not in self.mutes
                                 and self.author[v] not in self.private])
        ids = ",".join(str(v) for v in newest)
        self.videos_seen("batch", viewer, self.get("/api/video/batch", viewer, ids=ids)["data"], newest)
        self.searched(viewer, size, newest)
        people = [u.id for u in self.users]
        self.users_seen("users", viewer, self.get("/api/user/batch", viewer, ids=",".join(map(str, people)))["data"],
                        people)
        for user in people:
            self.of_user(viewer, user, size, newest)
        for video in newest:
            self.of_video(viewer, video, size)
        if viewer:
            self.of_viewer(viewer, size)
        if viewer and notices:
            self.notices(viewer)

    def feed(self, viewer, size, want):
        rows, cursor = [], ""
        for _ in range(100):
            page = self.get("/api/video/feed", viewer, page_size=size, cursor=cursor)["data"]
            rows += [v for v in page["videos"] if v["id"] in self.author]
            cursor = page["next_cursor"]
            if not cursor or int(cursor.split(".")[0].split("_")[0] or 0) < int(self.oldest) and len(cursor) > 20:
                break
            if page["next_time"] * 1000 + 1000 < int(self.oldest):
                break
        self.videos_seen("feed", viewer, rows, want)

    def searched(self, viewer, size, newest):
        """Popularity moves clips now and then: in any order."""
        public = [v for v in newest if not self.hides(viewer, self.author[v]) and self.author[v] not in self.private]
        want = sorted(self.seen_videos(viewer, public))
        r = self.get("/api/search", viewer, keyword=self.word, page_size=50)["data"]
        self.same("search", viewer, (sorted(map(self.video, r["videos"])), r["total"], r["total_exact"]),
                  (want, len(want), True))
        r = self.get("/api/search/suggest", viewer, keyword=self.word)["data"]
        self.same("suggested", viewer, (len(r["videos"]), [t["videoCount"] for t in r["tags"]]),
                  (min(len(want), 5), [len(want)] if want else []))
        rows = self.whole("/api/tag/videos", viewer, size, "videos", tag=self.word)
        self.same("clips of a tag", viewer, None if rows is None else sorted(map(self.video, rows)), want or None)

    def of_user(self, viewer, user, size, newest):
        shown = not self.hides(viewer, user)
        one = self.get("/api/user/info", viewer, user_id=user)
        self.same("user", viewer, self.user(one["data"]) if one["code"] == 200 else None,
                  self.seen_user(viewer, user) if shown else None)
        own = [v for v in newest if self.author[v] == user]
        self.videos_seen("clips", viewer, self.whole("/api/user/videos", viewer, size, user_id=user),
                         own if shown else None)
        liked = [v for u, v in reversed(self.likes) if u == user]
        self.videos_seen("likes", viewer, self.whole("/api/user/likes", viewer, size, user_id=user),
                         liked if shown else None)
        stats = self.get("/api/user/stats", viewer, user_id=user)
        self.same("friends", viewer, stats["data"]["friendCount"] if stats["code"] == 200 else None,
                  len(self.seen_users(viewer, self.friends(user))) if shown else None)
        if not viewer:
            return
        for path, want in (("following", [b for a, b in reversed(self.follows) if a == user]),
                           ("follower", [a for a, b in reversed(self.follows) if b == user])):
            self.users_seen(path, viewer, self.whole("/api/auth/social/" + path, viewer, size, user_id=user),
                            want if shown else None)
        rows = self.whole("/api/auth/social/friends", viewer, size, user_id=user)
        self.same("friends", viewer, None if rows is None else sorted(self.user(u) for u in rows),
                  sorted(self.seen_users(viewer, self.friends(user))) if shown else None)
        if user != viewer:
            chat = self.get("/api/auth/message/list", viewer, other_user_id=user, page_size=100)
            want = [t for a, b, t in self.messages if {a, b} == {viewer, user}]
            self.same("chat", viewer, [m["content"] for m in chat["data"]][::-1] if chat["code"] == 200 else None,
                      want[-100:] if shown else None)
            if shown:
                self.read = getattr(self, "read", {})
                self.read[viewer, user] = len(self.messages)

    def of_video(self, viewer, video, size):
        shown = self.open(viewer, video)
        want = self.seen_video(viewer, video) if shown else None
        for path, key in (("/api/video/stats", "video_id"), ("/api/interaction/counts", "video_id")):
            r = self.get(path, viewer, **{key: video})
            self.same(path, viewer, (r["data"]["likeCount"], r["data"]["commentCount"]) if r["code"] == 200 else None,
                      want and want[1:3])
        if self.random.random() < 0.3:
            r = self.get("/api/video/detail", viewer, id=video)
            self.same("clip", viewer, self.video(r["data"]) if r["code"] == 200 else None, want)
            if shown and viewer:  # its page counts as a play
                self.watched.add((viewer, video))

        def brief(rows):
            return None if rows is None else [
                (r["id"], self.user(r["user"]), r["rootId"], r["replyToId"], r["likeCount"], r["replyCount"],
                 r["isLike"]) for r in rows]
        mine = [i for i, c in self.comments.items() if c[1] == video and self.reads(viewer, i)]
        self.same("comments", viewer, brief(self.whole("/api/interaction/comments", viewer, size, video_id=video)),
                  [self.seen_comment(viewer, i) for i in reversed(mine) if not self.comments[i][2]] if shown else None)
        flat = self.http.ask("GET", f"/douyin/comment/list/?video_id={video}" +
                             (f"&token={self.by_id[viewer].token}" if viewer else ""))
        self.same("flat comments", viewer, [c["id"] for c in flat["comment_list"]], mine[::-1] if shown else [])
        for i in [i for i, c in self.comments.items() if c[1] == video and not c[2]]:
            rows = self.whole("/api/interaction/replies", viewer, size, video_id=video, comment_id=i)
            self.same("replies", viewer, brief(rows),
                      [self.seen_comment(viewer, k) for k in mine if self.comments[k][2] == i]
                      if shown and i in mine else None)

    def of_viewer(self, viewer, size):
        self.users_seen("requests", viewer, self.whole("/api/auth/social/requests", viewer, size),
                        [a for a, b in reversed(self.requests) if b == viewer])
        for path, table in (("blocks", self.blocks), ("mutes", self.mutes)):
            rows = self.whole("/api/auth/user/" + path, viewer, size)
            self.same(path, viewer, [u["id"] for u in rows], [b for a, b in reversed(table) if a == viewer])
        self.videos_seen("stars", viewer, self.whole("/api/auth/interaction/stars", viewer, size),
                         [v for u, v in reversed(self.stars) if u == viewer])
        self.videos_seen("history", viewer,
                         sorted(self.whole("/api/auth/user/history", viewer, size, "videos"),
                                key=lambda v: v["id"]),
                         sorted({v for u, v in self.watched if u == viewer}))
        self.videos_seen("following feed", viewer, self.whole("/api/auth/feed/following", viewer, size, "videos"),
                         [v for v, _ in reversed(self.videos) if (viewer, self.author[v]) in self.follows
                          and (viewer, self.author[v]) not in self.mutes])
        talks, unread = {}, 0
        for n, (a, b, text) in enumerate(self.messages):
            if viewer in (a, b) and not self.hides(a, b):
                talks[b if a == viewer else a] = text
                unread += b == viewer and n >= getattr(self, "read", {}).get((viewer, a), 0)
        rows = self.whole("/api/auth/message/conversations", viewer, size)
        self.same("conversations", viewer, {r["user"]["id"]: r["lastMessage"]["content"] for r in rows}, talks)
        n = self.get("/api/auth/message/unread", viewer)["data"]["count"]
        self.same("unread messages", viewer, n, unread)

    def notices(self, viewer):
        """What is told is found at most once a second: let it be found now."""
        self.w.stack.sql(f"UPDATE notification_marks SET seen_ms = 1 WHERE user_id = {viewer}")
        got = {}
        for r in self.whole("/api/auth/notifications", viewer, 5):
            related = 0 if r["type"] in ("follow", "request") else r["relatedId"]
            n, who = got.get((r["type"], related, r["videoId"]), (0, set()))
            got[r["type"], related, r["videoId"]] = n + r["count"], who | {a["id"] for a in r["actors"]}
        want = self.told(viewer)
        self.same("notifications", viewer, {k: n for k, (n, _) in got.items()},
                  {k: len(who) for k, who in want.items()})
        # Three of the newest events are told; requests that were accepted together are of one time.
        for k, (_, who) in got.items():
            assert who <= set(want[k]) and len(who) == len(set(want[k][-3:])), (k, who, want[k])
