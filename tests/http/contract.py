"""contract.py - every reply that any test sees, against htdocs/openapi.json.

The invariant: what the description does not say does not come, and what it says always comes,
comes; every error that a program declares was seen.  Only JSON replies of paths that stand in it are looked at; a web server's own refusals
(411, 413 ...) are not the programs'.
"""

import json
import os
import subprocess

import client
from stack import BUILD, ROOT

# What lib/http may answer for any program, whatever it declares, and what is our fault: bad.py, protocol.py,
# the unit tests and the chaos ring look at those.
OF_ALL = {"E_PARAM", "E_TOO_LARGE", "E_BODY", "E_NOT_FOUND", "E_METHOD", "E_INTERNAL", "E_DB", "E_UNAVAILABLE",
          "E_UNSURE", "E_DISK"}


def programs():
    """{name: what it says of itself}."""
    where = os.path.join(BUILD, "cgi")
    return {name: json.loads(subprocess.run([os.path.join(where, name), "--describe"], check=True,
                                            capture_output=True).stdout)
            for name in sorted(os.listdir(where)) if "." not in name}

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool}


class Contract:
    def __init__(self):
        with open(os.path.join(ROOT, "htdocs/openapi.json"), encoding="utf-8") as f:
            self.spec = json.load(f)
        self.paths = {path.rstrip("/"): at for path, at in self.spec["paths"].items()}
        self.checked, self.broken, self.errors = {}, {}, set()

    def shape(self, schema):
        """What it refers to, with its own word on some of the members."""
        while "$ref" in schema:
            at = self.spec
            for word in schema["$ref"].split("/")[1:]:
                at = at[word]
            own = schema.get("properties", {})
            schema = dict(at, properties={**at["properties"], **own}) if own else at
        return schema

    def wrong(self, value, schema, where):
        """What is not as the schema says, or None."""
        schema = self.shape(schema)
        if "anyOf" in schema:
            each = [self.wrong(value, one, where) for one in schema["anyOf"]]
            # The first one is the success: its complaint tells more.
            return None if None in each else each[0]
        if "const" in schema:
            return None if value == schema["const"] else f"{where} is {value!r}, not {schema['const']!r}"
        if "enum" in schema:
            return None if value in schema["enum"] else f"{where} is {value!r}, none of {schema['enum']}"
        kind = schema.get("type")
        if kind == "integer" and (not isinstance(value, int) or isinstance(value, bool)):
            return f"{where} is no whole number: {value!r}"
        if kind in TYPES and not isinstance(value, TYPES[kind]):
            return f"{where} is not of type {kind}: {value!r}"
        if kind == "array":
            for i, one in enumerate(value):
                found = self.wrong(one, schema["items"], f"{where}[{i}]")
                if found:
                    return found
        if kind == "object":
            for name in schema.get("required", []):
                if name not in value:
                    return f"{where} has no {name}"
            for name, one in value.items():
                known = schema.get("properties", {}).get(name)
                if known is None and schema.get("additionalProperties") is False:
                    return f"{where} has {name}, which is not described"
                found = known and self.wrong(one, known, f"{where}.{name}")
                if found:
                    return found
        return None

    def see(self, method, target, reply):
        path = target.split("?")[0].rstrip("/")
        if path not in self.paths and path.rpartition("/")[0] + "/{id}" in self.paths:
            path = path.rpartition("/")[0] + "/{id}"
        operation = self.paths.get(path, {}).get(method.lower())
        if operation is None or method == "HEAD" or not (reply.header("content-type") or "").startswith("application/json"):
            return
        code = str(reply.status)
        told = operation["responses"].get(code) or operation["responses"].get(code[0] + "XX")
        key = f"{method} {path} {code}"
        self.checked[key] = self.checked.get(key, 0) + 1
        if told is None:
            found = f"{code} is not described"
        elif "content" in told:
            found = self.wrong(reply.json(), told["content"]["application/json"]["schema"], "reply")
            body = reply.json()
            if isinstance(body, dict):
                self.errors.add((method, path, body.get("error") or body.get("status_code")))
        else:
            found = None
        if found:
            self.broken.setdefault(key, f"{found} ({reply.body[:200]!r})")

    def watch(self):
        """From now on every reply is looked at, of every Client."""
        client.Client.observer = self.see

    def verdict(self):
        client.Client.observer = None
        seen = {tuple(key.split()[:2]) for key in self.checked if key.endswith(" 200")}
        never = [f"{method.upper()} {path}" for path, at in self.paths.items() for method, told in at.items()
                 if (method.upper(), path) not in seen and "200" in told["responses"]]
        assert not never, f"no test saw a success of {', '.join(never)}"
        never = []
        for name, told in programs().items():
            at = {(r["method"], r["path"].rstrip("/")) for r in told["routes"]}
            seen = {error for method, path, error in self.errors if (method, path.removesuffix("/{id}")) in at}
            never += [f"{e['name']} of {name}" for e in told["errors"]
                      if e["name"] not in OF_ALL and not {e["error"], e["code"]} & seen]
        assert not never, f"no test saw {', '.join(never)}"
        assert not self.broken, "\n".join(f"{k}: {v}" for k, v in sorted(self.broken.items()))
