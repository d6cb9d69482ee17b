"""The newswire over real HTTP: feeds that parse, links that answer, pages whose text is found, conditional requests."""

import io
import json
import re
from collections.abc import AsyncIterator
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.sandbox.newswire import FeedStyle, Newswire, Outlet, Published, add_routes, load
from bot.sandbox.newswire.model import FICTION

if TYPE_CHECKING:
    from tests.conftest import Clock

OUTLETS = load()
ALL_OUT_S = 80 * 20.0
each_outlet = pytest.mark.parametrize("outlet", OUTLETS, ids=lambda outlet: outlet.slug)


@pytest.fixture
def wire(clock: "Clock") -> Newswire:
    return Newswire(clock, clock())


@pytest.fixture
async def base(wire: Newswire) -> AsyncIterator[str]:
    app = web.Application()
    add_routes(app, wire)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


async def read(session: aiohttp.ClientSession, url: str) -> bytes:
    async with session.get(url) as reply:
        assert reply.status == 200, url
        return await reply.read()


def entries(outlet: Outlet, body: bytes, front: str) -> list[dict[str, Any]]:
    """The feed's entries as title, absolute link and time, in the feed's order."""
    if outlet.feed_style is FeedStyle.JSON:
        items = json.loads(body)["items"]
        return [_entry(item["title"], item["url"], item["date_published"]) for item in items]
    import feedparser

    parsed = feedparser.parse(io.BytesIO(body))
    assert not parsed.bozo
    return [
        _entry(entry.title, urljoin(front, entry.link), entry.get("published") or entry.get("updated"))
        for entry in parsed.entries
    ]


def _entry(title: str, link: str, time: str) -> dict[str, Any]:
    at = datetime.fromisoformat(time) if time[0].isdigit() else parsedate_to_datetime(time)
    return {"title": title, "link": link, "at": at}


def expected(published: Published, front: str) -> dict[str, Any]:
    at = published.published_at.replace(microsecond=0)
    return {"title": published.article.headline, "link": front + published.path, "at": at}


# ---- feeds -----------------------------------------------------------------------------------------


@each_outlet
@pytest.mark.parametrize("after_s", [0, 60.0, ALL_OUT_S])
async def test_a_feed_holds_exactly_what_is_out(
    outlet: Outlet, after_s: float, wire: Newswire, base: str, session: aiohttp.ClientSession, clock: "Clock"
) -> None:
    clock.advance(seconds=after_s)
    front = base + outlet.path
    found = entries(outlet, await read(session, base + outlet.feed_path), front)
    assert found == [expected(published, front) for published in wire.out_of(outlet)]
    assert found


def test_feed_paths_are_the_six_feeds(wire: Newswire) -> None:
    assert set(wire.feed_paths()) == {
        "/wire/harbour-wire/feed.xml",
        "/wire/coast-daily/rss",
        "/wire/lantern/atom.xml",
        "/wire/field-and-market/index.rdf",
        "/wire/meridian/feed.json",
        "/wire/kuestenblatt/feed.xml",
    }


@pytest.mark.parametrize(
    ("path", "version", "content_type"),
    [
        ("/wire/harbour-wire/feed.xml", "rss20", "application/rss+xml; charset=utf-8"),
        ("/wire/coast-daily/rss", "rss20", "application/rss+xml; charset=utf-8"),
        ("/wire/kuestenblatt/feed.xml", "rss20", "application/rss+xml; charset=iso-8859-1"),
        ("/wire/lantern/atom.xml", "atom10", "application/atom+xml; charset=utf-8"),
        ("/wire/field-and-market/index.rdf", "rss10", "application/rdf+xml; charset=utf-8"),
    ],
)
async def test_feeds_are_of_the_kind_they_say(
    path: str, version: str, content_type: str, base: str, session: aiohttp.ClientSession
) -> None:
    import feedparser

    async with session.get(base + path) as reply:
        assert reply.headers["Content-Type"] == content_type
        parsed = feedparser.parse(io.BytesIO(await reply.read()))
    assert parsed.version == version
    assert content_type.endswith(parsed.encoding)
    assert parsed.feed.rights == FICTION
    assert FICTION in parsed.feed.subtitle


async def test_the_json_feed_is_version_1_1_with_a_language_for_each_entry(
    base: str, session: aiohttp.ClientSession, clock: "Clock"
) -> None:
    clock.advance(seconds=ALL_OUT_S)
    async with session.get(f"{base}/wire/meridian/feed.json") as reply:
        assert reply.content_type == "application/feed+json"
        feed = json.loads(await reply.read())
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert FICTION in feed["description"]
    assert {item["language"] for item in feed["items"]} == {"en", "es", "ar"}


async def test_manners_differ(base: str, session: aiohttp.ClientSession, wire: Newswire) -> None:
    import feedparser

    full = feedparser.parse(io.BytesIO(await read(session, f"{base}/wire/coast-daily/rss")))
    bare = feedparser.parse(io.BytesIO(await read(session, f"{base}/wire/kuestenblatt/feed.xml")))
    teasers = feedparser.parse(io.BytesIO(await read(session, f"{base}/wire/harbour-wire/feed.xml")))
    newest = {outlet.slug: wire.out_of(outlet)[0].article for outlet in wire.outlets}
    assert all(text in full.entries[0].content[0].value for text in newest["coast-daily"].paragraphs)
    assert re.fullmatch(r"\d{4}/[a-z-]+\.html", bare.entries[0].link)
    assert "id" not in bare.entries[0]
    assert teasers.entries[0].summary == newest["harbour-wire"].teaser
    assert teasers.feed.ttl == "5"
    assert "content" not in teasers.entries[0]


# ---- conditional requests ----------------------------------------------------------------------------


@each_outlet
@pytest.mark.parametrize("header", ["ETag", "Last-Modified"])
async def test_what_the_client_has_is_not_sent_again(
    outlet: Outlet, header: str, base: str, session: aiohttp.ClientSession
) -> None:
    url = base + outlet.feed_path
    async with session.get(url) as reply:
        validator = reply.headers[header]
    asked = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}[header]
    async with session.get(url, headers={asked: validator}) as reply:
        assert reply.status == 304
        assert reply.headers[header] == validator
        assert await reply.read() == b""


@each_outlet
async def test_a_new_article_changes_both_validators(
    outlet: Outlet, base: str, session: aiohttp.ClientSession, clock: "Clock"
) -> None:
    url = base + outlet.feed_path
    async with session.get(url) as reply:
        etag, modified = reply.headers["ETag"], reply.headers["Last-Modified"]
    clock.advance(seconds=ALL_OUT_S)
    for asked in ({"If-None-Match": etag}, {"If-Modified-Since": modified}):
        async with session.get(url, headers=asked) as reply:
            assert reply.status == 200
            assert reply.headers["ETag"] != etag
            assert parsedate_to_datetime(reply.headers["Last-Modified"]) > parsedate_to_datetime(modified)


async def test_an_etag_outweighs_a_time(base: str, session: aiohttp.ClientSession, clock: "Clock") -> None:
    asked = {"If-None-Match": '"old"', "If-Modified-Since": format_datetime(clock(), usegmt=True)}
    async with session.get(f"{base}/wire/lantern/atom.xml", headers=asked) as reply:
        assert reply.status == 200


# ---- pages -------------------------------------------------------------------------------------------


@each_outlet
async def test_every_link_answers_and_the_article_is_found_on_its_page(
    outlet: Outlet, wire: Newswire, base: str, session: aiohttp.ClientSession, clock: "Clock"
) -> None:
    clock.advance(seconds=ALL_OUT_S)
    front = base + outlet.path
    linked = [entry["link"] for entry in entries(outlet, await read(session, base + outlet.feed_path), front)]
    for link, published in zip(linked, wire.out_of(outlet), strict=True):
        _check_page((await read(session, link)).decode(), published, link)


def _check_page(html: str, published: Published, link: str) -> None:
    import trafilatura

    article = published.article
    page: Any = trafilatura.bare_extraction(html, url=link, fast=True, with_metadata=True, include_comments=False)
    assert [text for text in article.paragraphs if text not in page.text] == []
    others = [a for outlet in OUTLETS for a in outlet.articles if a.slug != article.slug]
    assert [a.headline for a in others if a.headline in page.text] == []
    for noise in ("Sign up", "cookie", "Cookie", "rights reserved", FICTION, "Read more", "Lesen Sie auch"):
        assert noise not in page.text
    assert page.title == article.headline
    assert page.date == f"{published.published_at:%Y-%m-%d}"
    assert page.image.endswith(f"/wire/static/art/{article.art}.svg")
    assert "Fictional sample" in html
    assert not re.search(r"</(h2|strong></p)>\s*<aside", html)  # a subhead heads text, not the inline teaser
    assert f'<html lang="{article.language}"' in html


async def test_a_dateline_capitalises_the_city_alone(base: str, session: aiohttp.ClientSession, clock: "Clock") -> None:
    clock.advance(seconds=ALL_OUT_S)
    html = (await read(session, f"{base}/wire/field-and-market/2026/hasakah-grain-queues.html")).decode()
    assert "<p>HASAKAH, Syria — A bumper crop" in html


async def test_an_arabic_page_reads_right_to_left(base: str, session: aiohttp.ClientSession, clock: "Clock") -> None:
    clock.advance(seconds=ALL_OUT_S)
    html = (await read(session, f"{base}/wire/meridian/2026/souq-halab-yaftah.html")).decode()
    assert '<html lang="ar" dir="rtl">' in html
    assert "اقرأ أيضًا" in html


async def test_a_page_has_the_furniture_of_a_news_page(base: str, session: aiohttp.ClientSession) -> None:
    html = (await read(session, f"{base}/wire/harbour-wire/2026/council-votes-new-bridge.html")).decode()
    assert "<p>PORT AVERIL (Harbour Wire) – Port Averil will replace" in html
    assert "<p><strong>FERRIES DURING THE WORKS</strong></p>" in html
    for part in ('class="masthead"', 'class="breadcrumb"', 'class="byline"', "<figcaption>", 'class="newsletter"'):
        assert part in html
    assert 'class="copyright">Copyright 2026 Harbour Wire' in html
    assert f'<link rel="canonical" href="{base}/wire/harbour-wire/2026/council-votes-new-bridge.html">' in html
    assert "Engineers find that a pillar of Sallow Bridge has moved</a></aside>" in html  # the inline teaser


async def test_a_page_never_changes_once_it_is_out(base: str, session: aiohttp.ClientSession, clock: "Clock") -> None:
    url = f"{base}/wire/harbour-wire/2026/council-votes-new-bridge.html"
    before = await read(session, url)
    clock.advance(seconds=ALL_OUT_S)
    assert await read(session, url) == before


async def test_linked_data_is_json(base: str, session: aiohttp.ClientSession) -> None:
    html = (await read(session, f"{base}/wire/lantern/2026/medieval-cog-in-the-mud.html")).decode()
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', html)
    assert found
    assert json.loads(found[1])["headline"] == "A medieval cargo ship slept under a German parking lot"


class _Links(HTMLParser):
    """Collects what a page links to and shows, and the feeds that it offers."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: set[str] = set()
        self.feeds: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if target := given.get("href") or given.get("src"):
            self.targets.add(target)
        if given.get("rel") == "alternate":
            self.feeds.append((str(given["type"]), str(given["href"])))


@each_outlet
async def test_front_and_article_pages_offer_the_feed_and_link_to_nothing_missing(
    outlet: Outlet, wire: Newswire, base: str, session: aiohttp.ClientSession, clock: "Clock"
) -> None:
    clock.advance(seconds=300)
    front = base + outlet.path
    for page in (front, front + wire.out_of(outlet)[0].path):
        links = _Links()
        html = (await read(session, page)).decode()
        links.feed(html)
        assert links.feeds[0][1] == base + outlet.feed_path
        assert FICTION in html
        for target in sorted(links.targets):
            await read(session, urljoin(page, target))


async def test_a_comment_feed_lies_beside_one_outlet_only(base: str, session: aiohttp.ClientSession) -> None:
    body = await read(session, f"{base}/wire/coast-daily/comments/feed.xml")
    assert b"Comments on: Coast Daily" in body
    async with session.get(f"{base}/wire/lantern/comments/feed.xml") as reply:
        assert reply.status == 404


async def test_the_index_names_all_outlets_and_feeds(base: str, session: aiohttp.ClientSession) -> None:
    html = (await read(session, f"{base}/wire")).decode()
    assert "14 of 80 articles are out" in " ".join(html.split())
    assert FICTION in html
    for outlet in OUTLETS:
        assert outlet.feed_path in html


# ---- what is not there --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/wire/nobody/",
        "/wire/nobody/feed.xml",
        "/wire/lantern/feed.xml",
        "/wire/lantern/2026/council-votes-new-bridge.html",
        "/wire/harbour-wire/2025/council-votes-new-bridge.html",
        "/wire/harbour-wire/2026/never-written.html",
        "/wire/static/../routes.py",
        "/wire/static/%2e%2e/routes.py",
    ],
)
async def test_what_does_not_exist_is_not_found(path: str, base: str, session: aiohttp.ClientSession) -> None:
    from yarl import URL

    async with session.get(URL(base + path, encoded=True)) as reply:
        assert reply.status == 404


async def test_what_is_not_out_yet_is_not_found(base: str, session: aiohttp.ClientSession, clock: "Clock") -> None:
    url = f"{base}/wire/lantern/2026/why-bridge-pillars-wander.html"
    clock.advance(seconds=19.9)
    async with session.get(url) as reply:
        assert reply.status == 404
    clock.advance(seconds=0.1)
    assert b"<h1>Why the pillars of old bridges wander</h1>" in await read(session, url)


async def test_addresses_follow_the_host_that_was_asked(base: str, session: aiohttp.ClientSession) -> None:
    async with session.get(f"{base}/wire/lantern/atom.xml", headers={"Host": "news.test:99"}) as reply:
        assert '<link rel="alternate" href="http://news.test:99/wire/lantern/"/>' in await reply.text()


async def test_a_hostile_host_is_not_markup(base: str, session: aiohttp.ClientSession) -> None:
    async with session.get(f"{base}/wire/lantern/", headers={"Host": '"><script>alert(1)</script>'}) as reply:
        assert b"<script>" not in await reply.read()
        assert reply.status < 500
