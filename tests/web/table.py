"""table.py - the client's table of operations (htdocs/src/operations.js) beside openapi.json: each is there
with its method, token and parameters, and each route that a person can use has a way to it in the client.

The invariant: a route that the client does not need stands here with the reason."""

import json
import os
import re
import subprocess

from stack import ROOT

PAGES = ("/v/{id}", "/u/{id}")
OTHERS = {
    "/embed/{id}": "for other sites' pages",
    "/oembed": "for other sites",
    "/rss/{id}": "for feed readers",
    "/robots.txt": "for search engines",
    "/sitemap.xml": "for search engines",
    "/health": "for load balancers",
    "/api/": "for load balancers",
    "/upload/": "by tus-js-client, in uploads.js",
    "/upload/{id}": "by tus-js-client, in uploads.js",
    "/api/user/check/batch": "for programs that make many accounts; the client asks for one name",
    "/api/social/stats": "the same as /api/user/stats",
    "/api/video/batch": "for programs that have ids: lists have whole rows",
    "/api/video/count": "for monitoring",
    "/api/interaction/counts": "rows have these numbers",
    "/api/auth/interaction/status": "rows have these marks",
    "/api/auth/social/check": "the same as /api/auth/social/check/batch",
}
# Live rooms and danmaku come with push, and have no screen yet: take them out with the screen that they get.
LATER = re.compile(r"/api/(auth/)?(live|danmu)/")


def operations():
    source = ("const m = await import(process.argv[1]);"
              "console.log(JSON.stringify({ operations: m.operations, optional: [...m.optional] }))")
    done = subprocess.run(["node", "--input-type=module", "-e", source,
                           os.path.join(ROOT, "htdocs/src/operations.js")], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-400:]
    found = json.loads(done.stdout)
    return found["operations"], set(found["optional"])


def openapi():
    with open(os.path.join(ROOT, "htdocs/openapi.json"), encoding="utf-8") as f:
        return json.load(f)["paths"]


def client_is_true():
    """Every operation is a route, with these parameters, and this need of a token."""
    paths, wrong = openapi(), []
    table, optional = operations()
    for name, (method, path, token, params) in table.items():
        route = paths.get(path, {}).get(method.lower())
        if route is None:
            if name not in optional:
                wrong.append(f"{name}: there is no {method} {path}")
            continue
        known = {p["name"] for p in route.get("parameters", [])}
        needed = {p["name"] for p in route.get("parameters", []) if p.get("required")}
        for content in route.get("requestBody", {}).get("content", {}).values():
            known |= set(content["schema"].get("properties", {}))
            needed |= set(content["schema"].get("required", []))
        said = set(params.split())
        if said - known:
            wrong.append(f"{name}: {path} has no parameter {sorted(said - known)}")
        if needed - said:
            wrong.append(f"{name}: {path} needs {sorted(needed - said)}")
        security = route["security"]
        if (0 if not security else 1 if {} in security else 2) != token:
            wrong.append(f"{name}: token is {token}, openapi.json says {security}")
    assert not wrong, "; ".join(wrong)


def nothing_is_missing():
    """Every route that a person can use is used by a screen, or stands above with a reason."""
    paths, wrong = openapi(), []
    table, _ = operations()
    mine = {(method, path): name for name, (method, path, _, _) in table.items()}
    sources = ""
    for folder, _, names in os.walk(os.path.join(ROOT, "htdocs/src")):
        for name in names:
            if name.endswith(".js") and name != "operations.js":
                with open(os.path.join(folder, name), encoding="utf-8") as f:
                    sources += f.read()
    for path, methods in paths.items():
        if path.startswith("/douyin/") or path in PAGES or path in OTHERS or LATER.match(path):
            continue
        for method in methods:
            name = mine.get((method.upper(), path))
            if name is None:
                wrong.append(f"{method.upper()} {path} has no way to it in the client")
    for name in table:
        if f"'{name}'" not in sources:
            wrong.append(f"{name}: no screen asks for it")
    for path in OTHERS:
        if path not in paths:
            wrong.append(f"{path} is no route any more")
    assert not wrong, "; ".join(wrong)
