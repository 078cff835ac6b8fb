"""shell.py - the cgi ring: every program as a command, as CGI, by cgi-fcgi against its pool, under
lighttpd's mod_cgi, and under valgrind.

The invariant: the four ways give the same reply, and each program is tried in each of them.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from client import Client, File, encode, multipart
from protocol import Cast
from report import Skip, same, wait_for
from stack import BUILD, SAN, free_port
from world import ENDPOINTS, LISTS, PARAM, SHAPES, TOKEN, conforms

KEYS = {"name": str, "summary": str, "pool": int, "nice": int, "rate": str, "marks": bool, "raw": bool,
        "routes": list, "params": list, "reply": list, "shapes": dict, "errors": list}


def request_of(w, cast, name):
    """(method, target, content type, body) of a request that succeeds."""
    method, path, viewer = ENDPOINTS[name]
    if name == "publish_action":
        kind, body = multipart([("data", File(w.clip())), ("token", cast.a.token), ("title", "shell")])
        return method, path, kind, body
    params = dict(cast.params(name))
    if name == "user_register":
        params["username"] = w.name("shell")
    if viewer != "none":
        params["token"] = cast.a.token
    if method == "GET":
        return method, path + "?" + encode(params), "", b""
    return method, path, "application/x-www-form-urlencoded", encode(params).encode()


def check(name, body, code=0):
    r = json.loads(body)
    same(r["status_code"], code, f"{name}: {body[:300]!r}")
    if code == 0:
        rest = {k: v for k, v in r.items() if k not in ("status_code", "status_msg")}
        if name == "comment_action":
            assert rest.pop("comment")["id"] > 0
        if name == "publish_list":
            assert rest["video_list"]
            return r
        conforms(rest, SHAPES[name], name)
        if name in LISTS:
            assert rest[LISTS[name]], f"{name}: an empty list"
    return r


def split(out):
    """(status, headers, body) of a CGI reply."""
    head, blank, body = out.partition(b"\r\n\r\n")
    assert blank, f"no CGI header: {out[:200]!r}"
    headers = {k.lower(): v.strip() for k, _, v in
               (line.partition(":") for line in head.decode().split("\r\n"))}
    same(int(headers.get("content-length", len(body))), len(body), "Content-Length")
    return int(headers.get("status", "200").split()[0]), headers, body


def as_command(w, cast, name, wrap=()):
    method, target, kind, body = request_of(w, cast, name)
    command = [*wrap, w.stack.program("cgi/" + name), method, target]
    if name == "publish_action":
        path = os.path.join(w.stack.dir, "shell.mp4")
        if not os.path.exists(path):
            with open(path, "wb") as f:
                f.write(w.clip())
        command += ["-F", f"data=@{path}", "-F", f"token={cast.a.token}", "-F", "title=shell"]
    elif body:
        command.append(body.decode())
    return w.stack.run(command, seconds=120)


def cgi_environment(w, method, target, kind, body, **more):
    path, _, query = target.partition("?")
    return w.stack.small_environment(
        GATEWAY_INTERFACE="CGI/1.1", REQUEST_METHOD=method, SCRIPT_NAME=path, QUERY_STRING=query,
        CONTENT_TYPE=kind, CONTENT_LENGTH=str(len(body)), SERVER_NAME="cgi.example", SERVER_PORT="80",
        SERVER_PROTOCOL="HTTP/1.1", REMOTE_ADDR="192.0.2.1", **more)


def command(w, cast, name):
    done = as_command(w, cast, name)
    same(done.returncode, 0, f"exit status: {done.stderr.decode()[:300]} {done.stdout.decode()[:300]}")
    check(name, done.stdout)
    same(done.stderr, b"", "standard error")


def command_errors(w, cast, name):
    """1 for an error reply, 2 for wrong usage."""
    program = w.stack.program("cgi/" + name)
    method, path, viewer = ENDPOINTS[name]
    bad = {"feed": "?page_size=x"}.get(name, "?token=x&user_id=x&video_id=x&to_user_id=x")
    done = w.stack.run([program, method, path + bad])
    same(done.returncode, 1, f"an error reply: {done.stdout[:200]!r} {done.stderr[:200]!r}")
    assert json.loads(done.stdout)["status_code"] in (PARAM, TOKEN), done.stdout
    for args in ([], [method], ["--nonsense"], [method, "no-slash"], [method, path, "a", "b", "c"],
                 [method, path, "-H"], [method, path, "-H", "no colon"], [method, path, "-F", "nothing"],
                 [method, path, "-F", "data=@/does/not/exist"]):
        done = w.stack.run([program, *args])
        same(done.returncode, 2, f"{args}: {done.stdout[:200]!r}")
        assert done.stderr, f"{args}: no word of what is wrong"
    for env in ({"DOUFU_CONF": "/does/not/exist"}, {"DOUFU_NONSENSE": "1"}, {"DOUFU_FEED_PAGE": "x"}):
        done = w.stack.run([program, method, path], **env)
        same(done.returncode, 2, f"{env}")
        assert list(env)[0] in done.stderr.decode() or "/does/not/exist" in done.stderr.decode(), \
            f"{env}: {done.stderr!r}"
    done = w.stack.run([program, "-i", method, path + bad])
    assert done.stdout.startswith(b"Status: 200") or b"\r\n\r\n{" in done.stdout, done.stdout[:100]


def described(w, cast, name):
    done = w.stack.run([w.stack.program("cgi/" + name), "--describe"])
    same((done.returncode, done.stderr), (0, b""))
    d = json.loads(done.stdout)
    same({k: type(v) for k, v in d.items()}, KEYS, "keys of --describe")
    same(d["name"], name)
    for route in d["routes"]:
        assert set(route) >= {"method", "path", "dialect", "access"}, route
    for param in d["params"]:
        assert set(param) >= {"name", "type", "required", "doc"}, param
    for field in d["reply"]:
        assert set(field) >= {"type", "on_error", "doc"} and set(field) & {"douyin", "api"}, field
        assert field.get("shape") is None or field["shape"] in d["shapes"], field
    for error in d["errors"]:
        assert set(error) == {"name", "error", "code", "http", "text"}, error
    same(len({e["code"] for e in d["errors"]}), len(d["errors"]), "codes are unique")
    # It needs no configuration: `make gen` runs it on a machine that has none.
    bare = w.stack.run([w.stack.program("cgi/" + name), "--describe"], env={"PATH": "/usr/bin:/bin"})
    same(bare.stdout, done.stdout, "without a configuration")
    done = w.stack.run([w.stack.program("cgi/" + name), "--help"])
    same(done.returncode, 0)
    text = done.stdout.decode()
    for word in [name, "--describe", ENDPOINTS[name][1], *(p["name"] for p in d["params"])]:
        assert word in text, f"--help does not say {word}"


def as_cgi(w, cast, name):
    method, target, kind, body = request_of(w, cast, name)
    done = w.stack.run([w.stack.program("cgi/" + name)], stdin=body,
                       env=cgi_environment(w, method, target, kind, body))
    same(done.returncode, 0, f"exit status: {done.stderr.decode()[:300]}")
    status, headers, text = split(done.stdout)
    same((status, headers["content-type"]), (200, "application/json; charset=utf-8"))
    assert headers["x-request-id"]
    check(name, text)
    # A body that ends before its length, and one that was never told.
    if body:
        done = w.stack.run([w.stack.program("cgi/" + name)], stdin=body[:len(body) // 2],
                           env=cgi_environment(w, method, target, kind, body))
        assert json.loads(split(done.stdout)[2])["status_code"] != 0, "half a body was taken"
    path = target.partition("?")[0]
    for env in (dict(SCRIPT_NAME="", PATH_INFO=path), dict(SCRIPT_NAME=path[:8], PATH_INFO=path[8:]),
                dict(SCRIPT_NAME="", PATH_INFO="", REQUEST_URI=target)):
        if method != "GET":
            continue
        done = w.stack.run([w.stack.program("cgi/" + name)], env={
            **cgi_environment(w, method, target, kind, body), **env})
        check(name, split(done.stdout)[2])
    done = w.stack.run([w.stack.program("cgi/" + name)],
                       env=cgi_environment(w, "GET", "/elsewhere", "", b""))
    same(split(done.stdout)[0], 404, "an address of another program")
    done = w.stack.run([w.stack.program("cgi/" + name)],
                       env=cgi_environment(w, "OPTIONS", path, "", b""))
    assert split(done.stdout)[0] in (200, 204)


def cgi_fcgi(w, where, method, target, kind, body):
    """The command of the FastCGI developer's kit that sends a request to a socket; its input is the body."""
    if not shutil.which("cgi-fcgi"):
        raise Skip("cgi-fcgi is not installed (package libfcgi-bin)")
    env = cgi_environment(w, method, target, kind, body)
    return ["env", "-i", *(f"{k}={v}" for k, v in env.items() if not k.startswith("DOUFU")),
            "cgi-fcgi", "-bind", "-connect", where]


def by_cgi_fcgi(w, cast, name):
    """One call against the pool that runs."""
    request = request_of(w, cast, name)
    done = w.stack.run(cgi_fcgi(w, os.path.join(w.stack.var, f"run/{name}.sock"), *request), stdin=request[-1])
    status, _, text = split(done.stdout)
    same(status, 200)
    check(name, text)


class ModCgi:
    """A lighttpd that starts every program anew, as on a classic host."""

    def __init__(self, w):
        self.stack = w.stack
        self.port = free_port()
        self.child = None
        conf = os.path.join(w.stack.dir, "mod_cgi.conf")
        # Longer paths first: the first alias that fits is taken.
        paths = sorted(((p.rstrip("/"), n) for n, (_, p, _) in ENDPOINTS.items()), key=lambda x: -len(x[0]))
        alias = ",\n".join(f'\t"{path}" => "{w.stack.program("cgi/" + name)}"' for path, name in paths)
        with open(conf, "w", encoding="utf-8") as f:
            f.write(f"""server.document-root = "{w.stack.dir}"
server.bind = "127.0.0.1"
server.port = {self.port}
server.modules = ( "mod_setenv", "mod_alias", "mod_cgi" )
server.upload-dirs = ( "{w.stack.var}/tmp" )
server.http-parseopts = ( "method-get-body" => "enable" )
setenv.add-environment = ( {", ".join(f'"{k}" => "{v}"' for k, v in w.stack.small_environment().items())} )
alias.url = (
{alias}
)
cgi.assign = ( "" => "" )
""")
        with open(os.path.join(w.stack.dir, "mod_cgi.log"), "wb") as log:
            self.child = subprocess.Popen(w.stack.as_user(["lighttpd", "-D", "-f", conf]),
                                          stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        w.stack.children.append(self.child)
        self.client = Client("127.0.0.1", self.port)
        wait_for("lighttpd with mod_cgi listens", 10, self.listens)

    def listens(self):
        assert self.child.poll() is None, "lighttpd with mod_cgi does not start"
        try:
            self.client.connect(1).close()
            return True
        except OSError:
            return False

    def close(self):
        if self.child and self.child.poll() is None:
            self.child.terminate()
            self.child.wait(timeout=20)


def under_mod_cgi(w, cast, name, server):
    method, target, kind, body = request_of(w, cast, name)
    headers = {"Content-Type": kind} if kind else {}
    reply = server.client.request(method, target, headers, body if method == "POST" else None)
    same((reply.status, reply.header("content-type")), (200, "application/json; charset=utf-8"))
    check(name, reply.body)
    if method == "GET":
        path, _, query = target.partition("?")
        reply = server.client.request("GET", path.rstrip("/"),
                                      {"Content-Type": "application/x-www-form-urlencoded"},
                                      query.encode())
        check(name, reply.body)
    r = server.client.request("GET" if method == "GET" else "POST", target.split("?")[0] + "?page_size=x"
                              "&token=x", {}, b"" if method == "POST" else None)
    same(r.status, 200)


def under_valgrind(w, cast, name):
    if SAN:
        raise Skip("valgrind does not go with the sanitizers")
    if not shutil.which("valgrind"):
        raise Skip("valgrind is not installed")
    done = as_command(w, cast, name, ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full",
                                      "--errors-for-leak-kinds=definite"])
    same(done.returncode, 0, done.stderr.decode()[-1500:])
    check(name, done.stdout)


def started_by_a_server(w, cast, stop):
    """A program that a web server starts itself, as with mod_fastcgi, ends what is under way before it ends."""
    request = request_of(w, cast, "publish_action")
    body, where = request[-1], os.path.join(w.stack.dir, f"own-{stop.name}.sock")
    command = cgi_fcgi(w, where, *request)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(where)
        listener.listen(5)
        os.chmod(where, 0o777)
        program = subprocess.Popen(w.stack.as_user([w.stack.program("cgi/publish_action")]), stdin=listener,
                                   stderr=subprocess.DEVNULL, cwd=w.stack.var, env=w.stack.small_environment())
    asks = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        asks.stdin.write(body[:len(body) // 2])
        asks.stdin.flush()
        files = f"/proc/{program.pid}/fd"
        wait_for("the program reads a body", 20, lambda: sum(
            os.readlink(os.path.join(files, fd)).startswith("socket:") for fd in os.listdir(files)) >= 2)
        program.send_signal(stop)
        time.sleep(0.2)
        out, err = asks.communicate(body[len(body) // 2:], timeout=20)
        same(split(out)[0], 200, f"{out[:300]!r} {err!r}")
        check("publish_action", split(out)[2])
        same(program.wait(20), 0, "exit status")
    finally:
        for child in (program, asks):
            child.kill()
            child.wait()


def from_the_checkout(w, cast):
    """As a developer types it: build/cgi/feed GET '/douyin/feed/?latest_time=0'."""
    program = os.path.join(BUILD, "cgi/feed")
    if os.getuid() == 0 and subprocess.run(w.stack.as_user(["test", "-x", program])).returncode != 0:
        raise Skip(f"{w.stack.user} cannot read the checkout")
    done = w.stack.run([program, "GET", "/douyin/feed/?latest_time=0"])
    same(done.returncode, 0, done.stderr.decode())
    assert check("feed", done.stdout)["video_list"]


def shell_bodies(w, cast):
    program = w.stack.program("cgi/favorite_action")
    body = {"token": cast.a.token, "video_id": cast.video["id"], "action_type": 1}
    for args, stdin in (([json.dumps(body)], b""), ([encode(body)], b""), (["-"], encode(body).encode()),
                        (["-"], json.dumps(body).encode()),
                        (["-F", f"token={cast.a.token}", "-F", f"video_id={cast.video['id']}", "-F",
                          "action_type=1"], b"")):
        done = w.stack.run([program, "POST", "/douyin/favorite/action/", *args], stdin=stdin)
        same((done.returncode, json.loads(done.stdout)["status_code"]), (0, 0), str(args)[:60])
    done = w.stack.run([program, "POST", f"/douyin/favorite/action?video_id={cast.video['id']}&action_type=2",
                        "-H", f"Authorization: Bearer {cast.a.token}", "-H", "Accept-Language: zh"])
    same(json.loads(done.stdout)["status_msg"], "成功")


def run(w, report):
    cast = Cast(w)
    report.run("cgi from_the_checkout", from_the_checkout, w, cast)
    report.run("cgi shell_bodies", shell_bodies, w, cast)
    for stop in (signal.SIGTERM, signal.SIGUSR1):
        report.run(f"cgi started_by_a_server_until_{stop.name}", started_by_a_server, w, cast, stop)
    server = None
    try:
        server = ModCgi(w)
    except AssertionError as why:
        report.fail("cgi mod_cgi", why)
    # Most of the time goes into starting programs: as many at once as there are processors.
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for name in ENDPOINTS:
            for kind, function in (("command", command), ("errors", command_errors),
                                   ("describe", described), ("cgi", as_cgi), ("cgi_fcgi", by_cgi_fcgi)):
                pool.submit(report.run, f"cgi {kind}_{name}", function, w, cast, name)
            if server:
                pool.submit(report.run, f"cgi mod_cgi_{name}", under_mod_cgi, w, cast, name, server)
            pool.submit(report.run, f"cgi valgrind_{name}", under_valgrind, w, cast, name)
    if server:
        server.close()
