"""npm.py - what tests need from npm, into node_modules beside them, which git ignores.

The invariant: versions are those of package-lock.json."""

import os
import shutil
import subprocess


def lacks(where, *programs):
    """Why what is in `where` cannot run, or None: needs node, npm and these programs."""
    for program in ("node", "npm", *programs):
        if not shutil.which(program):
            return f"{program} is not installed"
    have, want = (os.path.join(where, n) for n in ("node_modules/.package-lock.json", "package-lock.json"))
    if not os.path.exists(have) or os.path.getmtime(have) < os.path.getmtime(want):
        done = subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=where, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            return "npm ci failed: " + " ".join(done.stderr.split())[-200:]
    return None
