"""recommend_fold.py - the job that turns what people did into what they are shown: who is counted, what
was taken back, runs that were broken off, more clips than one statement gives.

The invariant: what is shown of a clip follows from the rows, whatever the job was doing when.
"""

import time

from owner import api
from recommend import HOUR, clip_numbers, dismiss, fold, now_ms, old_plays
from report import same
from watch import report
from world import test

MADE_UP = 1 << 50  # ids of clips and people that were never registered


def fold_with(w, **settings):
    """A run of the job under other settings."""
    for _ in range(200):
        done = w.stack.run([w.stack.program("bin/doufu"), "recommend", "fold"],
                           **{f"DOUFU_{k.upper()}": v for k, v in settings.items()})
        same(done.returncode, 0, done.stderr)
        if b"another run" not in done.stdout:
            return
        time.sleep(0.1)
    raise AssertionError("another run of the job does not end")


def mark(w, name="closed"):
    return int(w.stack.sql(f"SELECT value FROM recommend_marks WHERE name = '{name}'")[0][0])


@test
def test_fold_counts_a_person_once(w):
    """Many comments, plays and shares of one are one; hidden comments and the author's own acts are none."""
    a, fan = w.user(), w.user()
    mine, flooded, once, replayed, hidden = w.works(a, 5)
    for _ in range(6):
        w.comment(a, mine)
        w.comment(fan, flooded)
    w.comment(w.user(), once)
    w.like(a, mine)
    for path in ("/api/auth/interaction/star", "/api/interaction/share"):
        api(w, "POST", path, {"video_id": mine["id"]}, token=a.token)
    report(w, [{"video_id": mine["id"], "watched_ms": 60000, "completed": True}], a, accepted=1)
    old_plays(w, replayed, [fan.id], now_ms() - 9000)
    old_plays(w, replayed, [fan.id], now_ms() - 6000)
    old_plays(w, replayed, [w.user().id], now_ms() - 3000)
    w.comment(fan, hidden)
    w.stack.sql(f"UPDATE comments SET hidden = 1 WHERE video_id = {hidden['id']}")
    fold(w)
    same(clip_numbers(w, mine, "hot"), None, "of the author alone")
    same(clip_numbers(w, hidden, "hot"), None, "hidden")
    same([clip_numbers(w, v, "hot") for v in (flooded, once)], [[1500000]] * 2)
    same(clip_numbers(w, replayed, "plays, hot"), [2000000, 2000000])
    # Also where the repetition comes after the first was added to the base.
    at = now_ms() - 6 * HOUR
    old_plays(w, once, [fan.id], at)
    w.stack.sql(f"UPDATE recommend_marks SET value = {now_ms() - 7 * HOUR} WHERE name = 'closed'")
    w.stack.sql("UPDATE recommend_clips SET base_plays = 0, base_positives = 0, base_hot = 0, base_ms = 0")
    fold(w)
    before = clip_numbers(w, once, "base_plays, plays")
    assert 980000 < before[1] <= before[0] <= 1000000, before
    report(w, [{"video_id": once["id"], "watched_ms": 60000, "completed": True}], fan, accepted=1)
    fold(w)
    after = clip_numbers(w, once, "base_plays, plays")
    assert after[0] == before[0] and after[1] <= before[1], (before, after)


@test
def test_fold_takes_back_what_was_taken_back(w):
    liked, starred, disliked = w.works(w.user(), 3)
    fan = w.user()
    star = {"video_id": starred["id"]}
    w.like(fan, liked)
    api(w, "POST", "/api/auth/interaction/star", star, token=fan.token)
    dismiss(w, fan, video_id=disliked["id"])
    fold(w)
    same([clip_numbers(w, v, "hot, plays") for v in (liked, starred, disliked)],
         [[2000000, 500000], [2000000, 500000], [0, 1000000]])
    w.like(fan, liked, False)
    api(w, "POST", "/api/auth/interaction/unstar", star, token=fan.token)
    dismiss(w, fan, video_id=disliked["id"], undo=True)
    fold(w)
    same([clip_numbers(w, v, "hot, plays") for v in (liked, starred, disliked)], [[0, 0]] * 3)
    same([clip_numbers(w, v, "due") for v in (liked, starred, disliked)], [[0]] * 3, "and rests")


@test
def test_fold_goes_on_after_a_run_that_broke_off(w):
    """What a run added to the base is shown by the next one, though nothing new happens to the clip."""
    v = w.publish(w.user())
    at = now_ms() - 6 * HOUR
    w.stack.sql(f"UPDATE recommend_marks SET value = {now_ms() - 7 * HOUR} WHERE name = 'closed'")
    w.stack.sql("UPDATE recommend_clips SET base_plays = 0, base_positives = 0, base_hot = 0, base_ms = 0")
    old_plays(w, v, range(MADE_UP, MADE_UP + 40), at)
    # A server that refuses to show anything ends the run between the two.
    w.stack.sql("RENAME TABLE recommend_lists TO recommend_lists_away")
    try:
        done = None
        for _ in range(100):
            done = w.stack.admin("recommend", "fold", ok=False)
            if done.returncode != 0:
                break
            time.sleep(0.1)
        assert done.returncode != 0, done
    finally:
        w.stack.sql("RENAME TABLE recommend_lists_away TO recommend_lists")
    assert mark(w) > at, "it was added"
    # As if it had come to an end before that.
    w.stack.sql(f"UPDATE recommend_clips SET plays = 0, quality = 0, hot = 0 WHERE video_id = {v['id']}")
    w.stack.sql("UPDATE recommend_marks SET value = 0 WHERE name = 'lease'")
    fold(w)
    plays, quality, hot = clip_numbers(w, v, "plays, quality, hot")
    assert plays > 39000000 and quality > 200000 and hot > 20000000, (plays, quality, hot)


@test
def test_fold_goes_on_where_search_fails(w):
    """Who likes the same is looked for though what became more popular cannot be moved in the search index."""
    v = w.publish(w.user())
    w.quiet()
    w.like(w.user(), v)
    w.stack.sql("UPDATE recommend_marks SET value = 0 WHERE name = 'near'; RENAME TABLE search_docs TO search_docs_away")
    try:
        fold(w)
    finally:
        w.stack.sql("RENAME TABLE search_docs_away TO search_docs")
    assert mark(w, "near") > 0
    fold(w)


@test
def test_fold_of_more_clips_than_a_page(w):
    """20,000 clips come from the database at a time: the last ones count like the first."""
    author, n, at = MADE_UP + 5000000, 20050, now_ms() - 30000
    w.stack.sql("INSERT INTO videos (id, author_id, title, visible, state, published_ms, updated_ms, play_path, "
                f"cover_path, size_bytes, description) SELECT {MADE_UP} + seq, {author}, 'x', 0, 3, {at}, {at}, '', '', 1, '' "
                f"FROM seq_1_to_{n}")
    try:
        w.stack.sql(f"INSERT INTO likes (user_id, video_id, created_ms) SELECT 7, {MADE_UP} + seq, {at} FROM seq_1_to_{n}")
        fold(w)
        same(w.stack.sql(f"SELECT COUNT(*), MIN(hot), MAX(hot) FROM recommend_clips WHERE author_id = {author}"),
             [[str(n), "2000000", "2000000"]], "open")
        w.stack.sql(f"UPDATE likes SET created_ms = {now_ms() - 6 * HOUR} WHERE user_id = 7")
        w.stack.sql(f"UPDATE recommend_marks SET value = {now_ms() - 7 * HOUR} WHERE name = 'closed'")
        w.stack.sql("UPDATE recommend_clips SET base_plays = 0, base_positives = 0, base_hot = 0, base_ms = 0")
        fold(w)
        same(w.stack.sql("SELECT COUNT(*), COUNT(DISTINCT base_hot) FROM recommend_clips WHERE base_hot > 1000000 AND "
                         f"author_id = {author}"), [[str(n), "1"]], "closed")
    finally:
        w.stack.sql("DELETE FROM likes WHERE user_id = 7")
        w.stack.sql(f"DELETE FROM videos WHERE author_id = {author}")
        w.stack.sql(f"DELETE FROM recommend_clips WHERE author_id = {author}")


@test
def test_fold_waits_for_the_window_of_a_play(w):
    """A play may be reported anew within its view_window, and each report may be late."""
    fold_with(w)
    w.stack.sql(f"UPDATE recommend_marks SET value = {now_ms() - 30 * HOUR} WHERE name = 'closed'")
    fold_with(w, view_window="3h")
    late = (now_ms() - mark(w)) / HOUR
    assert 4 < late < 4.2, late
    fold_with(w)
    late = (now_ms() - mark(w)) / HOUR
    assert 1.1 < late < 1.3, late


@test
def test_new_clips_that_nobody_played_come_first(w):
    """Whatever number of newer clips has had its audience, or has had a part of it."""
    old = w.publish(w.user())
    fold(w)
    author, n, at = MADE_UP + 6000000, 4300, now_ms()
    w.stack.sql("INSERT INTO videos (id, author_id, title, visible, state, published_ms, updated_ms, play_path, "
                f"cover_path, size_bytes, description) SELECT {MADE_UP} + seq, {author}, 'x', 1, 3, {at}, {at}, '', '', 1, '' "
                f"FROM seq_1_to_{n}")
    w.stack.sql("INSERT INTO recommend_clips (video_id, author_id, published_ms, plays) SELECT "
                f"{MADE_UP} + seq, {author}, {at}, IF(seq <= 100, 3, 90) * 1000000 FROM seq_1_to_{n}")
    try:
        fold(w)
        entries = w.stack.sql("SELECT HEX(entries) FROM recommend_lists WHERE id = 2")[0][0]
        ids = [int.from_bytes(bytes.fromhex(entries[i:i + 16]), "little") for i in range(0, len(entries), 120)]
        assert old["id"] in ids, len(ids)
        made_up = [i > MADE_UP for i in ids]
        same(sum(made_up), min(100, 800 - made_up.count(False)), "those with fewer plays than recommend_audience")
        assert True not in made_up[:ids.index(old["id"])], "the least played first"
    finally:
        w.stack.sql(f"DELETE FROM videos WHERE author_id = {author}")
        w.stack.sql(f"DELETE FROM recommend_clips WHERE author_id = {author}")
        fold(w)


def neighbours(w, id):
    r = w.stack.sql(f"SELECT HEX(near) FROM recommend_near WHERE id = {id}")
    near = bytes.fromhex(r[0][0]) if r else b""
    return [int.from_bytes(near[i:i + 8], "little") for i in range(0, len(near), 12)]


@test
def test_follows_and_dismissals_make_neighbours(w):
    """Authors whom the same people follow are near, unless those do not want to see one of them; clips that
    the same people share or comment on are near."""
    one, other, unwanted = authors = [w.user() for _ in range(3)]
    shared, commented = w.works(w.user(), 2)
    for fan in [w.user() for _ in range(4)]:
        for a in authors:
            w.follow(fan, a)
        dismiss(w, fan, author_id=unwanted.id)
    for fan in [w.user() for _ in range(4)]:
        api(w, "POST", "/api/interaction/share", {"video_id": shared["id"]}, token=fan.token)
        w.comment(fan, commented)
    fold(w)
    same(neighbours(w, one.id), [other.id])
    same(neighbours(w, other.id), [one.id])
    same(neighbours(w, unwanted.id), [])
    same(neighbours(w, shared["id"]), [commented["id"]])


@test
def test_fold_pages_cannot_be_forgotten_within_a_day(w):
    """What was shown is kept by whole days: a shorter recommend_again is refused, not obeyed by halves."""
    for bad in ("0", "1h", "86399s"):
        done = w.stack.run([w.stack.program("bin/doufu"), "recommend", "fold"], DOUFU_RECOMMEND_AGAIN=bad)
        assert done.returncode != 0 and b"RECOMMEND_AGAIN" in done.stderr, (bad, done)
