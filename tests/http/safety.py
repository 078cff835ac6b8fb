"""safety.py - blocks, mutes, private accounts, reports, moderation, comment rules, leaving.

The invariant: whom somebody may not see is missing wherever he looks, at once; graph.py's oracle says
what that means after each of many random steps.
"""

import os

from graph import Graph
from owner import api
from report import same
from social_api import query
from world import test

USER, SOCIAL = "/api/auth/user/", "/api/auth/social/"


def post(w, path, user, http=200, **body):
    return api(w, "POST", path, body, user.token if user else None, http=http)


def ids(rows):
    return [r["id"] for r in rows]


@test
def test_graph_of_random_states(w):
    g = Graph(w, 4711)
    for n in range(int(os.environ.get("GRAPH_STEPS", "200"))):
        a, b = g.step()
        g.compare(a, notices=n % 10 == 0)
        g.compare((b, 0, g.random.choice(g.users).id)[n % 3])
