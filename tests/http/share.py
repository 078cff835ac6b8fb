"""share.py - pages for those who are shown a link: /v/ID, /u/NAME, /embed/ID, /oembed, /rss/NAME,
/robots.txt, /sitemap.xml.

The invariant: what a user wrote is text in every one of them, and of what nobody may see none says a
word."""

import json
import re
import urllib.parse
import xml.etree.ElementTree as xml
from html.parser import HTMLParser

from report import same
from world import test

NASTY = "<script>alert(1)</script> \"' onload=x &amp; ]]> <!-- 豆腐 \u202e😀 #tag"


class Page(HTMLParser):
    """Tags with their attributes, and the texts between them."""

    def __init__(self, body):
        super().__init__()
        self.tags, self.text = [], {}
        self.open = None
        self.feed(body.decode("utf-8"))

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open = tag

    def handle_data(self, data):
        self.text[self.open] = self.text.get(self.open, "") + data

    def meta(self, key):
        return [a.get("content") for t, a in self.tags if t == "meta" and key in (a.get("property"), a.get("name"))]


def addresses(w, video, user):
    base = w.client.base
    return [f"/v/{video['id']}", f"/embed/{video['id']}",
            "/oembed?url=" + urllib.parse.quote(f"{base}/v/{video['id']}", safe="")]


@test
def test_share_pages_escape(w):
    u = w.user()
    v = w.publish(u, NASTY)
    for path in addresses(w, v, u)[:2]:
        r = w.client.get(path)
        same(r.status, 200, path)
        page = Page(r.body)
        assert NASTY in page.text["title"], page.text
        assert all(t != "script" or a.get("src") in ("/app/early.js", "/app/main.js") for t, a in page.tags), page.tags
        assert not any(k.startswith("on") for _, a in page.tags for k in a), page.tags
    page = Page(w.client.get(f"/v/{v['id']}").body)
    same(page.meta("og:title"), [NASTY])
    same(page.meta("twitter:card"), ["player"])
    assert v["cover_url"] in page.meta("og:image"), page.meta("og:image")
    oembed = [a["href"] for t, a in page.tags if t == "link" and a.get("type") == "application/json+oembed"]
    found = json.loads(w.fetch(oembed[0]).body)
    same((found["title"], found["author_name"], found["type"]), (NASTY, u.name, "video"))
    frame = Page(found["html"].encode())
    same([t for t, _ in frame.tags], ["iframe"])
    same(w.fetch(frame.tags[0][1]["src"]).status, 200)


@test
def test_share_of_a_user(w):
    u = w.user()
    v = w.publish(u, NASTY)
    r = w.client.get(f"/u/{u.name}")
    same(r.status, 200)
    same(Page(r.body).meta("og:title"), [u.name])
    r = w.client.get(f"/rss/{u.name}")
    same(r.status, 200)
    assert "rss+xml" in r.header("content-type"), r.headers
    items = xml.fromstring(r.body).findall("channel/item")
    same([i.findtext("title") for i in items], [NASTY])
    same(items[0].findtext("link"), f"{w.client.base}/v/{v['id']}")
    w.settled(u)
    file = xml.fromstring(w.client.get(f"/rss/{u.name}").body).find("channel/item/enclosure")
    whole = w.fetch(file.get("url"))
    same((whole.status, file.get("length")), (200, str(len(whole.body))))
    for path in ("/rss/", "/rss/nobody-has-this-name", "/rss/%FF", "/u/nobody-has-this-name", "/u/%FF"):
        same(w.client.get(path).status, 404, path)


@test
def test_a_name_in_a_path_is_decoded_once(w):
    u = w.user("名 50%41 ")
    once, page = urllib.parse.quote(u.name, safe=""), w.stack.program("cgi/page")
    twice = urllib.parse.quote(once, safe="")
    for path in ("/u/", "/rss/"):
        same([w.client.get(path + name).status for name in (once, twice)], [200, 404], path)
    assert u.name.encode() in w.stack.run([page, "GET", "/u/" + once]).stdout, "from a shell"
    assert u.name.encode() not in w.stack.run([page, "GET", "/u/" + twice]).stdout, "twice, from a shell"


@test
def test_embed_may_be_framed_and_runs_nothing(w):
    u = w.user()
    r = w.client.get(f"/embed/{w.publish(u)['id']}")
    policy = r.header("content-security-policy")
    assert "frame-ancestors *" in policy and "default-src 'none'" in policy and "script-src" not in policy, policy
    same(w.client.get("/player.css").status, 200)
    page = w.client.get("/").header("content-security-policy")
    assert "frame-ancestors 'none'" in page and "unsafe" not in page, page


@test
def test_share_says_nothing_of_what_is_gone(w):
    u = w.user()
    hidden, gone = w.publish(u, "a hidden word"), w.publish(u, "a removed word")
    w.stack.admin("video", "hide", str(hidden["id"]))
    w.stack.admin("video", "delete", str(gone["id"]))
    for video in (hidden, gone):
        for path in addresses(w, video, u):
            r = w.client.get(path)
            same(r.status, 404, path)
            assert b"word" not in r.body and u.name.encode() not in r.body, path
    assert b"word" not in w.client.get(f"/rss/{u.name}").body
    listed = w.client.get("/sitemap.xml").body
    assert str(hidden["id"]).encode() not in listed and str(gone["id"]).encode() not in listed
    for below in ("", "x", "0", "-1", "9" * 30, "1/2", "%00"):
        for path in ("/v/", "/embed/"):
            r = w.client.get(path + below)
            assert r.status in (400, 404), f"{path}{below}: HTTP {r.status}"


@test
def test_oembed_parameters(w):
    u = w.user()
    video = w.publish(u)
    url = f"{w.client.base}/v/{video['id']}"

    def ask(**params):
        return w.client.get("/oembed?" + urllib.parse.urlencode(params))

    small = json.loads(ask(url=url, maxwidth=100, maxheight=90).body)
    assert small["width"] <= 100 and small["height"] <= 90, small
    same(ask(url=url, format="json").status, 200)
    same([v for k, v in ask(url=url).headers if k == "access-control-allow-origin"], ["*"])
    r = ask(url=url, format="xml")
    same((r.status, r.json()["message"]), (400, "format must be json"))
    for status, params in ((400, {}), (400, {"url": url, "maxheight": "x"}), (400, {"url": url, "maxwidth": "0"}),
                           (404, {"url": "http://elsewhere.example/v/1"}), (404, {"url": w.client.base}),
                           (404, {"url": f"{w.client.base}/v/1"}), (404, {"url": "x"})):
        same(ask(**params).status, status, params)


@test
def test_for_search_engines(w):
    u = w.user()
    v = w.publish(u)
    r = w.client.get("/robots.txt")
    same(r.status, 200)
    found = re.search(rb"^Sitemap: (\S+)$", r.body, re.M)
    urls = [x.text for x in xml.fromstring(w.fetch(found[1].decode()).body).iter() if x.tag.endswith("loc")]
    assert f"{w.client.base}/v/{v['id']}" in urls, urls[:5]
    assert len(urls) <= 1001
    for path in ("/robots.txt", "/sitemap.xml", f"/v/{v['id']}", f"/embed/{v['id']}", f"/rss/{u.name}"):
        r = w.client.request("HEAD", path)
        same((r.status, r.body), (200, b""), path)
