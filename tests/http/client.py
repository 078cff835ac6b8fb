"""client.py - HTTP as strangers speak it: raw sockets, so that a GET can have a body, a length can
lie, and no library repairs what a test wants to be wrong.

The invariant: a Reply is what the server sent, decoded in length only.
"""

import json
import os
import socket
from urllib.parse import quote_plus


class Reply:
    def __init__(self, status, headers, body, what):
        self.status, self.headers, self.body, self.what = status, headers, body, what

    def header(self, name):
        return next((v for k, v in self.headers if k == name.lower()), None)

    def json(self):
        try:
            return json.loads(self.body.decode("utf-8"))
        except (UnicodeDecodeError, ValueError) as why:
            raise AssertionError(f"{self.what}: no JSON ({why}): HTTP {self.status} "
                                 f"{self.body[:90]!r}") from None


def encode(params):
    """application/x-www-form-urlencoded text of a dict or of pairs; bytes go out as they are, a
    Raw text is taken as encoded already."""
    pairs = params.items() if isinstance(params, dict) else params or []
    return "&".join(f"{quote_plus(str(k))}={v.text if isinstance(v, Raw) else quote_plus(v if isinstance(v, bytes) else str(v))}"
                    for k, v in pairs)


class Raw:
    """A value that is percent-encoded already."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return f"Raw({self.text[:60]})"


class File:
    def __init__(self, data, name="clip.mp4", kind="application/octet-stream"):
        self.data, self.name, self.kind = data, name, kind


def multipart(pairs):
    """(content type, body) of (name, text, bytes or File) pairs, in their order."""
    boundary = os.urandom(15).hex()
    out = []
    for name, value in pairs:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        if isinstance(value, File):
            head += f'; filename="{value.name}"\r\nContent-Type: {value.kind}'
            value = value.data
        data = value if isinstance(value, bytes) else str(value).encode()
        out += [head.encode() + b"\r\n\r\n", data, b"\r\n"]
    out.append(f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(out)


def read_reply(sock, method, what):
    data = b""
    # A server that refuses early may reset the connection behind its answer.
    try:
        while True:
            piece = sock.recv(65536)
            if not piece:
                break
            data += piece
    except ConnectionResetError:
        pass
    assert data, f"{what}: the connection closed without an answer"
    while True:
        head, _, rest = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ", 2)[1])
        if status >= 200:
            break
        data = rest
    headers = [(k.strip().lower(), v.strip()) for k, _, v in (x.partition(":") for x in lines[1:])]
    reply = Reply(status, headers, rest, what)
    if (reply.header("transfer-encoding") or "").lower() == "chunked":
        body, at = b"", rest
        while at:
            size, _, at = at.partition(b"\r\n")
            n = int(size.split(b";")[0], 16)
            if n == 0:
                break
            body, at = body + at[:n], at[n + 2:]
        reply.body = body
    length = reply.header("content-length")
    if length is not None and method != "HEAD" and status not in (204, 304):
        assert len(reply.body) == int(length), \
            f"{what}: {len(reply.body)} bytes came, {length} were told"
    return reply


class Client:
    observer = None  # sees (method, target, reply): contract.py

    def __init__(self, host, port, source=None):
        self.host, self.port, self.source = host, port, source
        self.base = f"http://{host}:{port}"

    def connect(self, timeout=30):
        return socket.create_connection((self.host, self.port), timeout=timeout,
                                        source_address=(self.source, 0) if self.source else None)

    def request(self, method, target, headers=None, body=None, length=None):
        """target: path and query as they go out.  length: told instead of the true one, and then
        nothing more will come."""
        what = f"{method} {target[:160]}"
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self.host}:{self.port}", "Connection: close"]
        lines += [f"{k}: {v}" for k, v in (headers or {}).items()]
        if body is not None or length is not None:
            lines.append(f"Content-Length: {len(body or b'') if length is None else length}")
        with self.connect() as s:
            try:
                s.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b""))
                if length is not None:
                    s.shutdown(socket.SHUT_WR)
            except OSError:  # refused while we still sent: the answer tells
                pass
            reply = read_reply(s, method, what)
        if Client.observer:
            Client.observer(method, target, reply)
        return reply

    def get(self, target, **headers):
        return self.request("GET", target, {k.replace("_", "-"): v for k, v in headers.items()})
