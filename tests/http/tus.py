"""tus.py - resumable upload, tus 1.0.0, as tus-js-client speaks it, and as nobody should.

The invariant: what was once told as received is never lost, and the clip has the bytes that were sent.
"""

import base64
import hashlib
import os
import re
import time

from owner import DELETE, STATUS, api
from report import same, wait_for
from world import filled, test

UPLOAD = "/upload/"
OFFSET_TYPE = "application/offset+octet-stream"


def meta(**words):
    return ",".join(f"{k} {base64.b64encode(v if isinstance(v, bytes) else v.encode()).decode()}"
                    for k, v in words.items())


def ask(w, method, path, user=None, body=None, http=None, length=None, token=None, **headers):
    headers = {k.replace("_", "-"): str(v) for k, v in headers.items()}
    headers = {"Tus-Resumable": "1.0.0", **headers}
    if user or token:
        headers["Authorization"] = "Bearer " + (token or user.token)
    reply = w.client.request(method, path, headers, body, length)
    assert http is None or reply.status == http, \
        f"{method} {path} {headers}: HTTP {reply.status}, not {http}: {reply.body[:200]}"
    same(reply.header("tus-resumable"), "1.0.0")
    assert reply.header("x-request-id") and reply.header("access-control-allow-origin") == "*", reply.headers
    assert "Upload-Offset" in reply.header("access-control-expose-headers"), reply.headers
    if method != "HEAD" and reply.status >= 400:
        assert filled(reply.json()["message"]), reply.body
        same(reply.json()["code"], reply.status)
        assert reply.json()["error"], reply.body
    return reply


def create(w, user, length, http=201, body=None, **headers):
    """The path of a new upload, or the reply where it is refused."""
    if body is not None:
        headers["Content_Type"] = OFFSET_TYPE
    r = ask(w, "POST", UPLOAD, user, body or b"", http, Upload_Length=length, **headers)
    if http != 201:
        return r
    path = w.path_of(r.header("location"))
    assert re.fullmatch(r"/upload/[0-9a-f]{32}", path), path
    return path


def patch(w, user, path, offset, body, http=204, length=None, **headers):
    return ask(w, "PATCH", path, user, body, http, length, Upload_Offset=offset,
               **{"Content_Type": OFFSET_TYPE, **headers})


def offset_of(w, user, path):
    r = ask(w, "HEAD", path, user)
    if r.status == 423:  # the broken request's end has not been noticed yet
        return None
    same(r.status, 200)
    same(r.header("cache-control"), "no-store")
    return int(r.header("upload-offset"))


def files(w, path):
    id = path.rsplit("/", 1)[1]
    where = os.path.join(w.stack.var, "media/incoming")
    return [os.path.join(where, n) for n in sorted(os.listdir(where)) if n.startswith(id)]


def is_clip(w, user, reply, data):
    """The finished upload is the user's clip, byte by byte."""
    rows = [v for v in w.mine(user) if v["id"] == int(reply.header("x-video-id"))]
    same(len(rows), 1)
    # The worker may have made something else of it already: what came stays for a while.
    came = "/media/" + w.stack.sql("SELECT IF(original_path = '', play_path, original_path) FROM videos "
                                   f"WHERE id = {rows[0]['id']}")[0][0]
    got = w.client.get(came, Range="bytes=100-299")
    same((got.status, got.body == data[100:300]), (206, True), "a part of the clip")
    same(w.client.get(came).body == data, True, "the clip")
    same(w.fetch(rows[0]["play_url"], Range="bytes=0-9").status, 206, "what is played")
    return rows[0]


@test
def test_tus_options(w):
    for path in (UPLOAD, UPLOAD + "0" * 32):
        r = ask(w, "OPTIONS", path, http=204, Origin="https://example.org",
                Access_Control_Request_Method="PATCH")
        same(r.header("tus-version"), "1.0.0")
        same(set(r.header("tus-extension").split(",")), {"creation", "creation-with-upload", "checksum",
                                                        "expiration", "termination"})
        same(r.header("tus-checksum-algorithm"), "sha1,sha256")
        assert int(r.header("tus-max-size")) > 0
        for word in ("PATCH", "HEAD", "DELETE", "POST"):
            assert word in r.header("access-control-allow-methods"), r.headers
        for word in ("Authorization", "Upload-Offset", "Upload-Metadata", "Upload-Checksum"):
            assert word in r.header("access-control-allow-headers"), r.headers


@test
def test_tus_one_patch(w):
    a, data = w.user(), w.clip()
    told = meta(filename="我的.mp4", filetype="video/mp4", title="标题", description="two\nlines")
    path = create(w, a, len(data), Upload_Metadata=told)
    r = ask(w, "HEAD", path, a, http=200)
    same((r.header("upload-offset"), r.header("upload-length"), r.header("upload-metadata")),
         ("0", str(len(data)), told))
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT", r.header("upload-expires")), r.headers
    r = patch(w, a, path, 0, data)
    same(r.header("upload-offset"), str(len(data)))
    v = is_clip(w, a, r, data)
    same(v["title"], "标题")
    same(w.stack.sql(f"SELECT description, size_bytes FROM videos WHERE id = {v['id']}"),
         [["two\\nlines", str(len(data))]])
    # Whoever missed the answer gets it again, and no second clip.
    for again in (ask(w, "HEAD", path, a, http=200), patch(w, a, path, len(data), b"")):
        same((again.header("upload-offset"), again.header("x-video-id")), (str(len(data)), str(v["id"])))
    same(len(w.mine(a)), 1)
    same([os.path.basename(f)[32:] for f in files(w, path)], [".info"])


@test
def test_tus_creation_with_upload(w):
    a, data = w.user(), w.clip()
    r = ask(w, "POST", UPLOAD, a, data, 201, Upload_Length=len(data), Content_Type=OFFSET_TYPE)
    same(r.header("upload-offset"), str(len(data)))
    is_clip(w, a, r, data)
    path = create(w, a, len(data), body=data[:5000])
    same(offset_of(w, a, path), 5000)
    is_clip(w, a, patch(w, a, path, 5000, data[5000:]), data)
    ask(w, "POST", UPLOAD, a, data, 415, Upload_Length=len(data), Content_Type="video/mp4")


@test
def test_tus_chunks(w):
    a, data = w.user(), w.clip(1)
    path, at = create(w, a, len(data)), 0
    step = len(data) // 5
    while at < len(data):
        r = patch(w, a, path, at, data[at:at + step])
        at = min(at + step, len(data))
        same(r.header("upload-offset"), str(at))
        assert at == len(data) or r.header("upload-expires")
    is_clip(w, a, r, data)


@test
def test_tus_wrong_requests(w):
    a, data = w.user(), w.clip()
    path = create(w, a, len(data))
    patch(w, a, path, 0, data[:1000])
    for wrong in (0, 999, 1001, len(data), 1 << 60):
        patch(w, a, path, wrong, b"x" * 10, http=400 if wrong == 1 << 60 else 409)
    for wrong in ("-1", "x", ""):
        patch(w, a, path, wrong, b"x" * 10, http=400)
    patch(w, a, path, 1000, b"x" * 10, http=415, Content_Type="video/mp4")
    patch(w, a, path, 1000, b"x" * 10, http=412, Tus_Resumable="0.2.2")
    same(ask(w, "PATCH", path, a, b"", 412, Tus_Resumable="2").header("tus-version"), "1.0.0")
    patch(w, a, path, 1000, data, http=413)
    ask(w, "GET", path, a, http=405)
    ask(w, "PUT", path, a, b"", http=405)
    ask(w, "PATCH", UPLOAD, a, b"", http=405)
    ask(w, "POST", path, a, b"", http=405)
    same(offset_of(w, a, path), 1000)
    # POST that means PATCH, for networks that let nothing else through.
    r = ask(w, "POST", path, a, data[1000:], 204, X_HTTP_Method_Override="PATCH", Upload_Offset=1000,
            Content_Type=OFFSET_TYPE)
    is_clip(w, a, r, data)


@test
def test_tus_interrupted(w):
    a, data = w.user(), w.clip()
    path = create(w, a, len(data))
    with w.client.connect() as s:
        s.sendall((f"PATCH {path} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
                   f"Authorization: Bearer {a.token}\r\nContent-Type: {OFFSET_TYPE}\r\n"
                   "Content-Length: 1000\r\n\r\n").encode() + data[:400])
        time.sleep(0.5)
        ask(w, "HEAD", path, a, http=423)
        ask(w, "DELETE", path, a, http=423)
        patch(w, a, path, 0, data, http=423)
    same(wait_for("the broken request ends", 20, lambda: offset_of(w, a, path), 0.1), 400)
    same(w.mine(a), [])
    is_clip(w, a, patch(w, a, path, 400, data[400:]), data)


@test
def test_tus_checksum(w):
    a, data = w.user(), w.clip()
    def told(kind, part):
        return f"{kind} {base64.b64encode(hashlib.new(kind, part).digest()).decode()}"
    path = create(w, a, len(data))
    patch(w, a, path, 0, data[:5000], Upload_Checksum=told("sha1", data[:5000]))
    patch(w, a, path, 5000, data[5000:9000], http=460, Upload_Checksum=told("sha1", b"else"))
    for wrong in ("md5 AAAA", "sha1", "sha1 !", "sha1 AAAA", told("sha256", b"")[:-1],
                  told("sha1", b"") + "AAAA" * 40):
        patch(w, a, path, 5000, data[5000:9000], http=400, Upload_Checksum=wrong)
    same(offset_of(w, a, path), 5000)
    patch(w, a, path, 5000, data[5000:], http=460, Upload_Checksum=told("sha256", data))
    same(w.mine(a), [])
    r = patch(w, a, path, 5000, data[5000:], Upload_Checksum=told("sha256", data[5000:]))
    is_clip(w, a, r, data)


@test
def test_tus_is_the_owners(w):
    a, b, data = w.user(), w.user(), w.clip()
    path = create(w, a, len(data))
    for method in ("HEAD", "DELETE"):
        ask(w, method, path, b, http=404)
        ask(w, method, path, http=401)
        ask(w, method, path, token="x.y.z", http=401)
    patch(w, b, path, 0, data, http=404)
    patch(w, None, path, 0, data[:10], http=401)
    ask(w, "POST", UPLOAD, None, b"", 401, Upload_Length=10)
    ask(w, "POST", f"{UPLOAD}?token={a.token}", None, b"", 401, Upload_Length=10)
    same(offset_of(w, a, path), 0)


@test
def test_tus_creation_refused(w):
    a = w.user()
    most = int(ask(w, "OPTIONS", UPLOAD).header("tus-max-size"))
    create(w, a, most + 1, http=413)
    for wrong in ("", "x", "-5", "0", "1.5", "9" * 30):
        create(w, a, wrong, http=400)
    ask(w, "POST", UPLOAD, a, b"", 400, Upload_Defer_Length=1)
    create(w, a, 100, http=400, Upload_Concat="partial")
    for wrong in ("title !", "title YQ", ",", "a YQ==,,b YQ==", meta(title=b"\xff\xfe"),
                  meta(title="x" * 129), meta(title="a\nb"), meta(filename="x" * 256),
                  meta(description=b"a\0b"), ",".join(f"k{i} YQ==" for i in range(500))):
        said = create(w, a, 100, http=400, Upload_Metadata=wrong).json()["message"]
        assert re.search("Upload-Metadata|title|filename|description", said), (wrong, said)
    same(w.mine(a), [])


@test
def test_tus_no_video(w):
    a, junk = w.user(), os.urandom(3000)
    path = create(w, a, len(junk))
    patch(w, a, path, 0, junk[:2000])
    assert "video" in patch(w, a, path, 2000, junk[2000:], http=400).json()["message"]
    ask(w, "HEAD", path, a, http=404)
    same((files(w, path), w.mine(a)), ([], []))
    create(w, a, 3, body=b"abc", http=400)


@test
def test_tus_delete(w):
    a, data = w.user(), w.clip()
    path = create(w, a, len(data), body=data[:100])
    same(len(files(w, path)), 2)
    ask(w, "DELETE", path, a, http=204)
    same(files(w, path), [])
    for method in ("HEAD", "DELETE"):
        ask(w, method, path, a, http=404)
    patch(w, a, path, 100, data[100:], http=404)


@test
def test_tus_expired(w):
    a, data = w.user(), w.clip()
    old, young = create(w, a, len(data), body=data[:100]), create(w, a, len(data), body=data[:100])
    for f in files(w, old):
        os.utime(f, (time.time() - 25 * 3600,) * 2)
    ask(w, "HEAD", old, a, http=404)
    patch(w, a, old, 100, data[100:], http=404)
    w.quiet()
    w.stack.run([w.stack.program("bin/media_worker")])
    same((files(w, old), len(files(w, young))), ([], 2))
    same(offset_of(w, a, young), 100)


@test
def test_tus_status(w):
    """The owner asks for the state by the upload's id, before there is a clip and after."""
    a, b, data = w.user(), w.user(), w.fresh_clip()
    path = create(w, a, len(data))
    id = path.rsplit("/", 1)[1]
    def status(user=a, http=200, id=id):
        return api(w, "GET", f"{STATUS}?upload_id={id}", token=user.token, http=http)
    blank = {"video_id": 0, "state": "uploading", "percent": 0, "reason_code": "", "reason": "", "cover": ""}
    same(status(), blank)
    half = len(data) // 2
    patch(w, a, path, 0, data[:half])
    same(status(), dict(blank, percent=half * 100 // len(data)))
    assert "upload" in status(b, 404)
    for wrong in ("0" * 32, "x", "..", "0" * 31 + "%2e"):
        assert "upload" in status(http=404, id=wrong)
    status(http=400, id="0" * 33)
    video = int(patch(w, a, path, half, data[half:]).header("x-video-id"))
    assert status()["state"] in ("received", "processing", "ready")
    w.settled(a)
    same(status(), dict(blank, video_id=video, state="ready", percent=100))
    # Also when nothing of the part is there any more.
    for f in files(w, path):
        os.remove(f)
    same(status()["video_id"], video)
    api(w, "POST", DELETE, {"video_id": video}, a.token)
    status(http=400)


@test
def test_tus_uploads_are_forgotten(w):
    a = w.user()
    now = int(time.time() * 1000)
    w.stack.sql(f"INSERT INTO uploads VALUES ({a.id}, '{'a' * 32}', 1, {now - 4 * 86400000}), "
                f"({a.id}, '{'b' * 32}', 1, {now - 2 * 86400000})")
    w.quiet()
    w.stack.run([w.stack.program("bin/media_worker")])
    same(w.stack.sql(f"SELECT upload_id FROM uploads WHERE user_id = {a.id}"), [["b" * 32]])


@test
def test_tus_bad_ids(w):
    a = w.user()
    for id in ("0" * 32, "0" * 31, "0" * 33, "A" * 32, "..%2f..%2fsecret", "%2e%2e", "0" * 32 + ".info",
               "..%00", "x" * 300, "*"):
        r = w.client.request("HEAD", UPLOAD + id, {"Tus-Resumable": "1.0.0",
                                                   "Authorization": "Bearer " + a.token})
        assert r.status in (404, 400, 403) or (id == "%2e%2e" and r.status in (200, 304)), (id, r.status)
    for path in (UPLOAD + "a/b", UPLOAD + "0" * 32 + "/x"):
        same(w.client.request("HEAD", path, {"Tus-Resumable": "1.0.0"}).status, 404)


@test
def test_tus_whole_but_unpublished(w):
    """The program was killed between the last byte and the clip: the client's HEAD finishes it."""
    a, data = w.user(), w.clip()
    path = create(w, a, len(data), body=data[:-10])
    with open(next(f for f in files(w, path) if f.endswith(".part")), "ab") as f:
        f.write(data[-10:])
    r = ask(w, "HEAD", path, a, http=200)
    same(r.header("upload-offset"), str(len(data)))
    v = is_clip(w, a, r, data)
    # The program was killed between the clip and its note beside the part: no second clip.
    info, = files(w, path)
    with open(info) as f:
        text = f.read()
    with open(info, "w") as f:
        f.write(text.replace(f" {v['id']}\n", " 0\n", 1))
    part = info.replace(".info", ".part")
    with open(part, "wb") as f:
        f.write(data)
    os.chmod(part, 0o666)
    for _ in range(2):
        same(ask(w, "HEAD", path, a, http=200).header("x-video-id"), str(v["id"]))
    same(len(w.mine(a)), 1)
    same([os.path.basename(f)[32:] for f in files(w, path)], [".info"])
    same(w.stack.sql(f"SELECT video_id FROM uploads WHERE user_id = {a.id}"), [[str(v["id"])]])
    # The next ring's web server begins with a worker that has nothing to do.
    wait_for("no clip is being made", 60, lambda: w.stack.sql(
        "SELECT COUNT(*) FROM videos WHERE state < 3 AND deleted = 0") == [["0"]], 0.2)
