"""Threats on the way in: what a typed address, a page, or a list could make the service do."""

import asyncio
import resource
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from bot.domain.errors import UserError
from bot.engine.workers import ProcessWorkers
from bot.feeds.fetch import Fetcher
from bot.feeds.opml import MOST_FEEDS, read_opml
from bot.services.adding import Proposal
from bot.services.importing import Importing
from bot.services.offers import Offer
from bot.storage.database import Database
from tests.conftest import Clock
from tests.services.conftest import InlineWorkers, KeptSender, Site
from tests.services.newsroom import Newsroom
from tests.services.test_services_adding import another, page
from tests.services.test_services_importing import Told, opml

REFUSAL = "That address is not one that sources may use."


@pytest.fixture
def room(sqlite_database: Database, fetcher: Fetcher, sender: KeptSender, clock: Clock) -> Newsroom:
    return Newsroom(sqlite_database, fetcher, sender, clock)


@pytest.mark.parametrize(
    "address",
    ["[::1]", "0", "http://10.1.2.3/feed", "169.254.169.254", "http://[::ffff:10.0.0.1]/", "metadata.internal",
     "ftp://a.example/", "data:text/xml,<rss/>", "http://good.example\\@10.0.0.1/", "http://a.example:0/"],
)  # fmt: skip
async def test_t01_t27_what_must_not_be_reached_is_refused_in_one_sentence(room: Newsroom, address: str) -> None:
    with pytest.raises(UserError) as refused:
        await room.adding.look(address)
    assert "10." not in refused.value.message
    assert "\n" not in refused.value.message
    assert await room.sources.listed() == ()


async def test_t22_feeds_that_a_page_names_pass_the_same_guard(room: Newsroom, site: Site) -> None:
    site.tell("bridge", "Harbour bridge closed")
    page(site, "/feed.xml")
    status, kind, html = site.pages["/"]
    link = b"<link rel=alternate type=application/rss+xml href="
    inside = b"http://10.0.0.1/feed.xml>", b"file:///etc/passwd>", b"//[::1]/feed.xml>"
    site.pages["/"] = (status, kind, html.replace(b"<head>", b"<head>" + b"".join(link + each for each in inside)))
    found = await room.adding.look(site.url)
    assert isinstance(found, Proposal)
    assert [choice.url for choice in (await room.adding.feeds(found.offer_id)).choices] == [f"{site.url}/feed.xml"]


async def test_t22_a_list_passes_the_same_guard(room: Newsroom) -> None:
    report = await Importing(room.sources, InlineWorkers()).run(opml("http://10.0.0.1/", "http://[::1]/"), Told())
    assert [dead.why for dead in report.dead] == [REFUSAL, REFUSAL]


async def test_t41_a_page_with_a_thousand_feeds_costs_five_fetches(room: Newsroom, site: Site) -> None:
    paths = [f"/{number}.xml" for number in range(1000)]
    for path in paths[:10]:
        another(site, path, f"story{path}")
    page(site, *paths)
    found = await room.adding.look(site.url)
    assert isinstance(found, Offer)
    assert len(site.asked) == 6


def test_t41_a_list_of_a_million_is_cut() -> None:
    urls = (f"http://h{number}.example/" for number in range(MOST_FEEDS + 50))
    assert len(read_opml(opml(*urls))) == MOST_FEEDS


async def test_t43_a_list_nested_without_end_ends_with_a_sentence(room: Newsroom) -> None:
    workers = ProcessWorkers(processes=1)
    deep = b"<opml><body>" + b"<outline text='a'>" * 100_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        with pytest.raises(UserError):
            await Importing(room.sources, workers).run(deep, Told())
    finally:
        await workers.close()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


async def test_t45_a_title_of_a_million_characters(room: Newsroom, site: Site) -> None:
    long = "x" * 1_000_000
    for path in ("/a.xml", "/b.xml"):
        another(site, path, f"story{path}")
        status, kind, feed = site.pages[path]
        site.pages[path] = (status, kind, feed.replace(b"Coast Daily", long.encode()))
    page(site, "/a.xml", "/b.xml")
    offer = await room.adding.look(site.url)
    assert isinstance(offer, Offer)
    assert max(len(choice.title) for choice in offer.choices) <= 500
    source, _, _ = await room.adding.add(offer.id, 0)
    assert len(source.title) <= 120


async def test_t38_a_feed_that_hangs_leaves_the_others_to_choose_from(
    room: Newsroom, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.services.finding.MOST_S", 1.5)
    site.tell("bridge", "Harbour bridge closed")
    host = urlsplit(site.url).hostname
    held = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await held.wait()
        return web.Response()

    app = web.Application()
    app.router.add_get("/slow.xml", hang)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, 0).start()
    page(site, "/feed.xml")
    status, kind, html = site.pages["/"]
    slow = f"<link rel=alternate type=application/rss+xml href=http://{host}:{runner.addresses[0][1]}/slow.xml></head>"
    site.pages["/"] = (status, kind, html.replace(b"</head>", slow.encode()))
    try:
        found = await room.adding.look(site.url)
    finally:
        held.set()
        await runner.cleanup()
    assert isinstance(found, Proposal)
    assert [choice.url for choice in (await room.adding.feeds(found.offer_id)).choices] == [f"{site.url}/feed.xml"]
