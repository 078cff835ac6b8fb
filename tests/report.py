"""report.py - how every ring tells its results: `ok NAME`, `not ok NAME: why`, `skip NAME: why`.

The invariant: a test that did not come to its end is never counted as passed.
"""

import fnmatch
import sys
import threading
import time
import traceback


class Skip(Exception):
    """This test cannot run here; the text says why."""


class Report:
    def __init__(self, only=None, verbose=False, out=sys.stdout):
        self.passed = self.failed = self.skipped = 0
        self.failures = []
        self.only = only
        self.verbose = verbose
        self.out = out
        self.lock = threading.Lock()

    def wants(self, name):
        return self.only is None or any(fnmatch.fnmatch(name, "*" + p + "*") for p in self.only)

    def line(self, kind, name, why=""):
        why = " ".join(str(why).split())
        if len(why) > 900:
            why = why[:900] + " ..."
        with self.lock:
            if kind == "ok":
                self.passed += 1
            elif kind == "skip":
                self.skipped += 1
            else:
                self.failed += 1
                self.failures.append(name)
            print(f"{kind} {name}" + (f": {why}" if why else ""), file=self.out, flush=True)

    def ok(self, name):
        self.line("ok", name)

    def fail(self, name, why):
        self.line("not ok", name, why)

    def skip(self, name, why):
        self.line("skip", name, why)

    def run(self, name, function, *args):
        """Runs one test; False when it failed."""
        if not self.wants(name):
            return True
        began = time.monotonic()
        try:
            function(*args)
        except Skip as why:
            self.skip(name, why)
        except AssertionError as why:
            at = traceback.extract_tb(why.__traceback__)
            own = [f for f in at if not f.filename.endswith(("world.py", "report.py"))]
            where = (own or at)[-1]
            self.fail(name, f"{str(why) or where.line} "
                      f"[{where.filename.rsplit('/', 1)[-1]}:{where.lineno}]")
            return False
        except Exception as why:  # a broken test is a failed test
            where = traceback.extract_tb(why.__traceback__)[-1]
            self.fail(name, f"{type(why).__name__}: {why} "
                      f"[{where.filename.rsplit('/', 1)[-1]}:{where.lineno}]")
            if self.verbose:
                traceback.print_exc()
            return False
        else:
            self.ok(name)
            if self.verbose:
                print(f"   {time.monotonic() - began:.2f} s", file=self.out)
        return True

    def summary(self):
        text = f"{self.passed} passed, {self.failed} failed"
        return text + (f", {self.skipped} skipped" if self.skipped else "")


def same(got, want, what=""):
    """Asserts equality and says both."""
    assert got == want, f"{what + ': ' if what else ''}got {short(got)}, not {short(want)}"


def short(value, most=300):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= most else text[:most] + "..."


def wait_for(what, seconds, look, every=0.05):
    """What look() returns once it is true; fails after so many seconds."""
    until = time.monotonic() + seconds
    while True:
        got = look()
        if got:
            return got
        assert time.monotonic() < until, f"not within {seconds} s: {what}"
        time.sleep(every)
