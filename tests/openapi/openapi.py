"""openapi.py - the ring that holds htdocs/openapi.json against the schema of OpenAPI 3.1, by a public
validator from npm.

The invariant: the validator is shown to refuse what is wrong before it is believed.
"""

import json
import os
import subprocess

import npm
from report import same
from stack import ROOT

HERE = os.path.dirname(os.path.abspath(__file__))


def check(document):
    done = subprocess.run(["node", os.path.join(HERE, "check.mjs")], input=json.dumps(document),
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-400:]
    return json.loads(done.stdout)


def load():
    with open(os.path.join(ROOT, "htdocs/openapi.json"), encoding="utf-8") as f:
        return json.load(f)


def refuses_what_is_wrong():
    def broken(change):
        document = load()
        change(document)
        return check(document)["errors"]

    def operation(d):
        return next(iter(next(iter(d["paths"].values())).values()))
    for name, change in (
            ("no paths, components or webhooks", lambda d: (d.pop("paths"), d.pop("components"))),
            ("a version that is none", lambda d: d.update(openapi="3.1")),
            ("an operation that answers nothing", lambda d: operation(d).update(responses=[])),
            ("a parameter nowhere", lambda d: operation(d).update(parameters=[{"name": "x", "in": "nowhere"}])),
            ("a $ref to nothing", lambda d: d["components"]["schemas"].pop("api.Error"))):
        assert broken(change), f"{name} was taken"


def is_valid():
    found = check(load())
    same((found["errors"], found["version"]), ([], "3.1"))


def run(report):
    why = npm.lacks(HERE)
    if why:
        report.skip("openapi", why)
        return
    report.run("openapi validator refuses what is wrong", refuses_what_is_wrong)
    report.run("openapi.json is valid", is_valid)
