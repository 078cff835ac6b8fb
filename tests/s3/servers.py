"""servers.py - the S3-compatible servers that the ring s3 runs against, each below a temporary
directory, on free ports of loopback.

S3rver (npm ci --prefix tests/s3) shows the flow; Swift with s3api (Debian: swift-proxy,
swift-account, swift-container, swift-object) also verifies every signature.  The invariant: stop()
leaves no process and no file.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from urllib.parse import quote

from report import Skip
from stack import free_port

HERE = os.path.dirname(os.path.abspath(__file__))


class Server:
    """What all have in common: processes in groups of their own, a directory."""

    bucket, region = "clips", "us-east-1"

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="doufu-s3-")
        self.port = free_port()
        self.children = {}

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def settings(self, storage="s3", **more):
        """The configuration's keys, but for the secret, which is in the environment, too."""
        return {"DOUFU_STORAGE": storage, "DOUFU_S3_ENDPOINT": self.endpoint, "DOUFU_S3_BUCKET": self.bucket,
                "DOUFU_S3_REGION": self.region, "DOUFU_S3_KEY": self.key, "DOUFU_S3_SECRET": self.secret,
                "DOUFU_MEDIA_URL": self.media_url, **more}

    def spawn(self, name, command, env=None):
        with open(os.path.join(self.dir, name + ".log"), "ab") as log:
            self.children[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                   start_new_session=True, env=env, cwd=self.dir)

    def wait(self, port, seconds=30):
        until = time.monotonic() + seconds
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                dead = [n for n, c in self.children.items() if c.poll() is not None]
                if dead or time.monotonic() > until:
                    raise RuntimeError(f"{type(self).__name__} does not start: {dead} {self.tail()}")
                time.sleep(0.05)

    def tail(self):
        text = ""
        for name in self.children:
            with open(os.path.join(self.dir, name + ".log"), errors="replace") as f:
                text += f"{name}: {f.read()[-500:]}\n"
        return text

    def each(self, sig):
        for child in self.children.values():
            if child.poll() is None:
                os.killpg(child.pid, sig)

    def kill(self):
        """As a power cut would."""
        self.each(signal.SIGKILL)
        for child in self.children.values():
            child.wait()
        self.children = {}

    def freeze(self):
        self.each(signal.SIGSTOP)

    def thaw(self):
        self.each(signal.SIGCONT)

    def stop(self):
        self.kill()
        shutil.rmtree(self.dir, ignore_errors=True)


class S3rver(Server):
    key, secret = "S3RVER", "S3RVER"
    signatures = False

    def __init__(self):
        self.program = os.path.join(HERE, "node_modules/s3rver/bin/s3rver.js")
        if not shutil.which("node"):
            raise Skip("no node (Debian: nodejs)")
        if not os.path.exists(self.program):
            raise Skip("no s3rver: npm ci --prefix tests/s3")
        super().__init__()

    @property
    def media_url(self):
        return f"{self.endpoint}/{self.bucket}"

    def start(self):
        os.makedirs(os.path.join(self.dir, "data", self.bucket), exist_ok=True)
        self.spawn("s3rver", ["node", self.program, "-d", os.path.join(self.dir, "data"), "-p", str(self.port),
                              "-a", "127.0.0.1", "--no-vhost-buckets"])
        self.wait(self.port)

    def start_tls(self):
        """The same behind TLS on another port, with a certificate that nobody has signed; its address."""
        port, key, cert = free_port(), os.path.join(self.dir, "key.pem"), os.path.join(self.dir, "cert.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                        "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
                       check=True, capture_output=True, timeout=60)
        self.spawn("tls", ["node", self.program, "-d", os.path.join(self.dir, "data"), "-p", str(port),
                           "-a", "127.0.0.1", "--no-vhost-buckets", "--key", key, "--cert", cert])
        self.wait(port)
        return f"https://127.0.0.1:{port}"

    def keys(self):
        found = []
        top = os.path.join(self.dir, "data", self.bucket)
        for at, _, names in os.walk(top):
            found += [os.path.relpath(os.path.join(at, n), top).removesuffix("._S3rver_object")
                      for n in names if n.endswith("._S3rver_object")]
        return sorted(found)


class Swift(Server):
    key, secret = "test:tester", "testing"
    signatures = True
    parts = ("account", "container", "object")

    def __init__(self):
        lacking = [p for p in (*self.parts, "proxy") if not os.path.exists(f"/usr/bin/swift-{p}-server")]
        if lacking:
            raise Skip("no " + ", ".join(f"swift-{p}" for p in lacking) + " (Debian packages of these names)")
        super().__init__()
        try:
            os.setxattr(self.dir, "user.doufu", b"1")
        except OSError as why:
            shutil.rmtree(self.dir)
            raise Skip(f"the file system of {self.dir} has no user attributes ({why.strerror})")
        self.ports = {p: free_port() for p in self.parts}
        self.cache_port = free_port()
        self.configure()

    def put(self, name, text):
        with open(os.path.join(self.dir, name), "w") as f:
            f.write("\n".join(line.strip() for line in text.splitlines()) + "\n")

    def run(self, kind, *args):
        return ["/usr/bin/python3", "-W", "ignore", os.path.join(HERE, "swift_server.py"), kind, self.dir, *args]

    def configure(self):
        os.makedirs(os.path.join(self.dir, "devices/disk"))
        self.put("swift.conf", f"""
            [swift-hash]
            swift_hash_path_suffix = {os.urandom(8).hex()}
            [storage-policy:0]
            name = one
            default = yes
            [swift-constraints]
            max_file_size = 1073741824""")
        common = f"""
            bind_ip = 127.0.0.1
            user = {pwd.getpwuid(os.getuid()).pw_name}
            swift_dir = {self.dir}
            workers = 0
            log_level = WARNING
            log_address = {self.dir}/nolog"""
        for part in self.parts:
            self.put(part + ".conf", f"""
                [DEFAULT]{common}
                bind_port = {self.ports[part]}
                devices = {self.dir}/devices
                mount_check = false
                disable_fallocate = true
                [pipeline:main]
                pipeline = {part}-server
                [app:{part}-server]
                use = egg:swift#{part}""")
        self.put("proxy.conf", f"""
            [DEFAULT]{common}
            bind_port = {self.port}
            [pipeline:main]
            pipeline = catch_errors cache s3api tempauth proxy-server
            [app:proxy-server]
            use = egg:swift#proxy
            allow_account_management = true
            account_autocreate = true
            [filter:catch_errors]
            use = egg:swift#catch_errors
            [filter:cache]
            use = egg:swift#memcache
            memcache_servers = 127.0.0.1:{self.cache_port}
            [filter:s3api]
            use = egg:swift#s3api
            s3_acl = no
            location = {self.region}
            [filter:tempauth]
            use = egg:swift#tempauth
            reseller_prefix = AUTH
            user_test_tester = {self.secret} .admin""")
        subprocess.run(self.run("rings", *(f"{p}={n}" for p, n in self.ports.items())), check=True,
                       capture_output=True, timeout=60)

    @property
    def media_url(self):
        """Swift's own address of the container, which everybody may read."""
        return f"{self.endpoint}/v1/AUTH_test/{self.bucket}"

    def start(self):
        self.spawn("memcached", ["memcached", "-l", "127.0.0.1", "-p", str(self.cache_port), "-m", "16",
                                 *(["-u", "nobody"] if os.getuid() == 0 else [])])
        for kind in (*self.parts, "proxy"):
            self.spawn(kind, self.run(kind))
        for port in (*self.ports.values(), self.port):
            self.wait(port)
        self.make_bucket()

    def request(self, method, path, headers=None):
        """By Swift's own protocol, with the token of tempauth."""
        import http.client
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        c.request("GET", "/auth/v1.0", headers={"X-Auth-User": self.key, "X-Auth-Key": self.secret})
        r = c.getresponse()
        r.read()
        token = r.getheader("X-Auth-Token")
        c.request(method, "/v1/AUTH_test/" + path, headers={"X-Auth-Token": token or "", **(headers or {})})
        r = c.getresponse()
        return r.status, r.read()

    def make_bucket(self):
        until = time.monotonic() + 30
        while True:
            status, body = self.request("PUT", self.bucket, {"X-Container-Read": ".r:*"})
            if status in (201, 202, 204):
                return
            if time.monotonic() > until:
                raise RuntimeError(f"no container: HTTP {status} {body[:200]} {self.tail()}")
            time.sleep(0.3)

    def keys(self):
        status, body = self.request("GET", self.bucket)
        return sorted(body.decode().splitlines()) if status == 200 else []

    def put_object(self, key):
        status, body = self.request("PUT", f"{self.bucket}/{quote(key)}", {"Content-Length": "0"})
        if status != 201:
            raise RuntimeError(f"PUT {key}: HTTP {status} {body[:200]}")

    def remove_object(self, key):
        self.request("DELETE", f"{self.bucket}/{quote(key)}")


if __name__ == "__main__":  # by hand: tests/s3/servers.py S3rver|Swift
    server = {"S3rver": S3rver, "Swift": Swift}[sys.argv[1]]()
    try:
        server.start()
        for k, v in server.settings().items():
            print(f"{k}={v}")
        sys.stdout.flush()
        signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()
