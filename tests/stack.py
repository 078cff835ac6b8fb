"""stack.py - a private installation for tests: jobs/stack in a temporary directory with a free
port, its database, its cache, its programs as commands, and the signals to hurt it with.

The invariant: close() leaves no process and no file behind, whatever happened before; nothing
outside of the temporary directory is written.
"""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SAN = bool(os.environ.get("SAN"))
BUILD = os.path.join(ROOT, os.environ.get("B") or ("build/san" if SAN else "build"))

# Limits are tested by themselves; elsewhere they would only make tests slow or flaky.
SETTINGS = {
    "DOUFU_RATE_PER_SECOND": "0",
    "DOUFU_RATE_ADDR_PER_MINUTE": "0",
    "DOUFU_PASSWORD_COST": "1",
    "DOUFU_UPLOAD_MAX": "8M",
    "DOUFU_HLS_OVER": "6s",
    "DOUFU_PICTURE_MAX": "2M",
}
UPLOAD_MAX = 8 << 20

SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:exitcode=77",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def make(*targets):
    """Builds them as the sources are now: what measures by itself must not measure what was there."""
    subprocess.run(["make", "--no-print-directory", "-j2", "B=" + os.path.relpath(BUILD, ROOT), *targets], cwd=ROOT,
                   check=True, stdin=subprocess.DEVNULL)


class Stack:
    def __init__(self, demo=1, settings=None, keep=False):
        self.dir = tempfile.mkdtemp(prefix="doufu-test-")
        os.chmod(self.dir, 0o755)
        self.var = os.path.join(self.dir, "var")
        self.host, self.port = "127.0.0.1", free_port()
        self.demo = demo
        self.keep = keep
        self.web = None
        self.settings = dict(SETTINGS, **(settings or {}))
        self.children = []

    # ---- life ----

    def environment(self, **more):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("DOUFU_", "MAKE", "MFLAGS"))}
        env.update(self.settings)
        if SAN:
            env.update(SANITIZERS)
        env.update(VAR=self.var, HOST=self.host, PORT=str(self.port), DEMO=str(self.demo), BUILD=BUILD,
                   DB_BUFFER="64M", IDLE="5")
        env.pop("B", None)
        env.update(more)
        return env

    def start(self, web="lighttpd", seconds=120):
        began = time.monotonic()
        with open(os.path.join(self.dir, "start.log"), "w+") as log:
            done = subprocess.run(["sh", os.path.join(ROOT, "jobs/stack"), "start", web], cwd=ROOT,
                                  env=self.environment(), stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=subprocess.STDOUT, timeout=seconds)
            log.seek(0)
            text = log.read()
        if done.returncode != 0:
            raise RuntimeError("the stack does not start: " + text[-2000:])
        self.web = web
        self.seconds_to_start = time.monotonic() - began

    def stop(self):
        self.web = None
        if not os.path.isdir(self.var):
            return
        subprocess.run(["sh", os.path.join(ROOT, "jobs/stack"), "stop"], cwd=ROOT,
                       env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=90)

    def close(self):
        before = {s: signal.signal(s, signal.SIG_IGN) for s in (signal.SIGINT, signal.SIGTERM)}
        try:
            for child in self.children:
                if child.poll() is None:
                    child.kill()
                    child.wait()
            pids = [p for _, _, _, found in self.services() for p in found]
            pids += [self.supervisor()] if self.supervisor() else []
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                pass
            for pid in pids:  # only what did not obey, and only while it is still ours
                if self.is_ours(pid):
                    os.kill(pid, signal.SIGKILL)
            short = os.path.join(self.var, "run")
            if os.path.islink(short):
                shutil.rmtree(os.readlink(short), ignore_errors=True)
            if self.keep:
                print(f"kept: {self.dir}")
            else:
                shutil.rmtree(self.dir, ignore_errors=True)
        finally:
            for s, old in before.items():
                signal.signal(s, old)

    def is_ours(self, pid):
        """Whether the process was started by our supervisor: it is a program of our VAR, or its environment names
        that (bin/mother's workers have their names where that was)."""
        try:
            if os.readlink(f"/proc/{pid}/exe").startswith(os.path.join(self.var, "app", "")):
                return True
            with open(f"/proc/{pid}/environ", "rb") as f:
                return f"VAR={self.var}".encode() in f.read().split(b"\0")
        except OSError:
            return False

    # ---- what runs ----

    def read(self, name):
        with open(os.path.join(self.var, name), encoding="utf-8", errors="replace") as f:
            return f.read()

    def supervisor(self):
        try:
            return int(self.read("run/pid"))
        except (OSError, ValueError):
            return 0

    def services(self):
        """(name, kind, restarts, pids) of each daemon and pool."""
        try:
            lines = [line.split() for line in self.read("run/status").splitlines()]
        except OSError:
            return []
        return [(w[1], w[2], int(w[4]), [int(p) for p in w[5:]]) for w in lines
                if w and w[0] == "service"]

    def mother(self):
        """The process that makes the pools' workers; 0: there is none."""
        try:
            lines = [line.split() for line in self.read("run/status").splitlines()]
        except OSError:
            return 0
        return next((int(w[2]) for w in lines if w and w[0] == "mother"), 0)

    def pids(self, service):
        return next((p for name, _, _, p in self.services() if name == service), [])

    def restarts(self):
        return {name: n for name, _, n, _ in self.services()}

    def workers(self, service):
        """How many processes the pool should have."""
        for line in self.read("run/status").splitlines():
            w = line.split()
            if w[:2] == ["service", service]:
                return int(w[3])
        return 0

    def renew(self, service):
        """New processes for a pool, with nothing in their memory."""
        old, want = self.pids(service), self.workers(service)
        for pid in old:
            os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            now = self.pids(service)
            if len(now) == want and not set(now) & set(old):
                return
            time.sleep(0.02)
        raise AssertionError(f"the pool {service} did not start anew")

    # ---- as its user ----

    @property
    def user(self):
        return pwd.getpwuid(os.stat(self.var).st_uid).pw_name

    def as_user(self, command):
        if os.getuid() != 0:
            return list(command)
        who = pwd.getpwnam(self.user)
        return ["setpriv", "--reuid", who.pw_name, "--regid", str(who.pw_gid), "--init-groups",
                *command]

    def small_environment(self, **more):
        env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8",
               "DOUFU_CONF": os.path.join(self.var, "doufu.conf"), **self.settings}
        if SAN:
            env.update(SANITIZERS)
        env.update(more)
        return env

    def program(self, name):
        return os.path.join(self.var, "app", name)

    def run(self, command, stdin=b"", seconds=60, env=None, **more):
        """A command as the stack's user; returns what subprocess.run() does, in bytes."""
        return subprocess.run(self.as_user(command), input=stdin, capture_output=True, cwd=self.var,
                              timeout=seconds,
                              env=self.small_environment(**more) if env is None else env)

    def admin(self, *args, stdin=b"", ok=True):
        done = self.run([self.program("bin/doufu"), *args], stdin=stdin)
        if ok:
            assert done.returncode == 0, f"doufu {' '.join(args)}: {done.stderr or done.stdout}"
        return done

    # ---- its parts ----

    def key(self, name):
        """A key of doufu.conf or of the secrets."""
        found = re.findall(rf"(?m)^\s*{name}\s*=\s*(.*?)\s*$", self.read("doufu.conf") + "\n" +
                           self.read("secret"))
        return found[-1] if found else ""

    def sql(self, query):
        """Rows of text columns."""
        done = subprocess.run(["mariadb", "--no-defaults", "-S", os.path.join(self.var, "run/db.sock"),
                               "-u", "doufu", "--default-character-set=utf8mb4", "-N", "-B", "doufu",
                               "-e", query],
                              env=dict(os.environ, MYSQL_PWD=self.key("db_password")),
                              capture_output=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"{query}: {done.stderr.decode()}")
        return [line.split("\t") for line in done.stdout.decode().splitlines()]

    def sql_as_owner(self, query):
        """As who owns the private server, for what the suite's own user may not."""
        done = self.run(["mariadb", "--no-defaults", "-S", os.path.join(self.var, "run/db.sock"),
                         "-u", self.user, "-e", query])
        if done.returncode != 0:
            raise RuntimeError(f"{query}: {done.stderr.decode()}")

    def checksums(self, but=()):
        tables = [r[0] for r in self.sql("SHOW TABLES") if r[0] not in but]
        return {r[0]: r[1] for r in self.sql("CHECKSUM TABLE " + ", ".join(tables))}

    def statements(self):
        """How many prepared statements the server has executed, transactions included."""
        rows = self.sql("SHOW GLOBAL STATUS WHERE Variable_name IN "
                        "('Com_stmt_execute', 'Com_begin', 'Com_commit')")
        return sum(int(n) for _, n in rows)

    def cache(self, command):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(5)
            s.connect(os.path.join(self.var, "run/cache.sock"))
            s.sendall(command.encode() + b"\r\n")
            return s.recv(65536).decode()

    def logs(self):
        """Everything that the programs wrote, by file."""
        found = {}
        where = os.path.join(self.var, "log")
        for name in sorted(os.listdir(where)) if os.path.isdir(where) else []:
            with open(os.path.join(where, name), encoding="utf-8", errors="replace") as f:
                found[name] = f.read()
        return found
